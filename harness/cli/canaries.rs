//! When the audits of each case were last proved able to fail, remembered in the store.

use std::collections::BTreeMap;

use crate::canary::Outcome;
use crate::case::Case;
use crate::report::Report;
use crate::run::clock;
use crate::run::store::{Store, write_whole};

/// Day by case file and name.
type Days = BTreeMap<String, String>;

/// Notes the cases whose canaries were all seen today, and returns what is known of the reported ones by their name.
///
/// # Errors
/// Where the store cannot be written.
pub(super) fn remember(store: &Store, cases: &[Case], report: &Report) -> Result<Days, crate::run::Error> {
    let path = store.root().join("canaries.json");
    // What cannot be read was not proved.
    let mut days: Days =
        std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let key = |case: &Case| format!("{} {}", case.file.display(), case.name);
    let (year, month, day) = clock::today();
    let today = format!("{year:04}-{month:02}-{day:02}");
    let mut news = false;
    for tried in report.cases.iter().filter(|tried| !tried.canaries.is_empty()) {
        let Some(case) = cases.iter().find(|case| case.name == tried.name) else { continue };
        let missed = tried.canaries.iter().any(|canary| matches!(canary.outcome, Outcome::Missed(_)));
        news = true;
        if missed {
            days.remove(&key(case));
        } else {
            days.insert(key(case), today.clone());
        }
    }
    if news {
        write_whole(&path, &serde_json::to_vec_pretty(&days).unwrap_or_default())?;
    }
    Ok(cases.iter().filter_map(|case| Some((case.name.clone(), days.get(&key(case))?.clone()))).collect())
}
