//! Judges `adapters`.

use super::{MACHINE, Verdict, View, difference, drifted, held, name};
use crate::artifact;
use crate::judge::skipped;
use crate::run::kernel::Outputs;

const NAME: &str = "adapters";

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    if let Some(why) = view.has_no_one_result() {
        return Ok(skipped(NAME, why));
    }
    let adapters = view.adapters().map(|(adapter, left)| (name(adapter), left.first()));
    let mut all: Vec<(String, Outputs)> = adapters.collect();
    if all.is_empty() {
        return Ok(view.without_adapter(NAME));
    }
    if let Ok(runs) = view.reference(NAME) {
        let usual = runs.usual();
        all.insert(0, (MACHINE.to_owned(), usual));
    }
    let mut findings = Vec::new();
    let (usual, others) = (&all[0], &all[1..]);
    for (on, outputs) in others {
        if let Some(found) = difference(usual.1.iter(), outputs)? {
            let mut finding = view.finding(NAME, on, &["adapter"], Some(found));
            finding.source.push(format!("compared with {}", usual.0));
            findings.push(finding);
        }
    }
    if others.is_empty() {
        return Ok(skipped(NAME, format!("there is nothing but {} to compare", usual.0)));
    }
    let names: Vec<&str> = all.iter().map(|(on, _)| on.as_str()).collect();
    Ok(if findings.is_empty() {
        held(view, NAME, format!("the same bits on {}", names.join(", ")))
    } else {
        drifted(NAME, format!("other bits on {} of {} adapters", findings.len(), others.len()), findings)
    })
}
