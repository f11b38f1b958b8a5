//! When the audits of each case were last proved able to fail, remembered in the store.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::canary::{Canary, Outcome};
use crate::case::Case;
use crate::report::Report;
use crate::run::clock;
use crate::run::store::{Store, write_whole};

/// What was proved, by case file and name.
type Proofs = BTreeMap<String, Proof>;

/// Audits that were proved able to fail, and the day.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Proof {
    day: String,
    audits: BTreeSet<String>,
}

/// Notes which canaries were seen today, and returns the day for each reported case all of whose audits were proved.
///
/// # Errors
/// Where the store cannot be written.
pub(super) fn remember(
    store: &Store,
    cases: &[Case],
    report: &Report,
) -> Result<BTreeMap<String, String>, crate::run::Error> {
    let path = store.root().join("canaries.json");
    // What cannot be read was not proved.
    let mut proofs: Proofs =
        std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let key = |case: &Case| format!("{} {}", case.file.display(), case.name);
    let (year, month, day) = clock::today();
    let today = format!("{year:04}-{month:02}-{day:02}");
    let mut news = false;
    for tried in report.cases.iter().filter(|tried| !tried.canaries.is_empty()) {
        let Some(case) = cases.iter().find(|case| case.name == tried.name) else { continue };
        let proved = |canary: &&Canary| !matches!(canary.outcome, Outcome::Missed(_));
        let audits = tried.canaries.iter().filter(proved).map(|canary| canary.audit.clone()).collect();
        proofs.insert(key(case), Proof { day: today.clone(), audits });
        news = true;
    }
    if news {
        write_whole(&path, &serde_json::to_vec_pretty(&proofs).unwrap_or_default())?;
    }
    let of = |case: &Case| {
        let judged = report.cases.iter().find(|judged| judged.name == case.name)?;
        let proof = proofs.get(&key(case))?;
        let whole = judged.verdicts.iter().all(|verdict| proof.audits.contains(&verdict.audit));
        whole.then(|| (case.name.clone(), proof.day.clone()))
    };
    Ok(cases.iter().filter_map(of).collect())
}
