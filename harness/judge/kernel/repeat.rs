//! Judges `repeat` for kernels.

use super::{Verdict, View, drifted, held, name};
use crate::artifact;
use crate::judge::rate::Rate;
use crate::judge::skipped;
use crate::relate;

const NAME: &str = "repeat";

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    // Where the fault is known, to repeat only shows now and then what `schedule` and `races` show always.
    if let Some(why) = view.has_no_one_result() {
        return Ok(skipped(NAME, why));
    }
    let (mut findings, mut notes, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for (adapter, left) in view.adapters() {
        let (total, deviating) = left.deviating();
        runs.push(format!("{total} on {}", name(adapter)));
        if deviating == 0 {
            continue;
        }
        let rate = Rate { drifted: u64::from(deviating), runs: u64::from(total.saturating_sub(1)) };
        notes.push(format!("{} {rate}", name(adapter)));
        for (buffer, contents) in &left.contents {
            let [(first, _), (other, _), ..] = contents.as_slice() else { continue };
            let found = (buffer.clone(), relate::compare(first, other)?);
            findings.push(view.finding(NAME, &name(adapter), &[], Some(found)));
        }
    }
    if runs.is_empty() {
        return Ok(view.without_adapter(NAME));
    }
    if findings.is_empty() {
        return Ok(held(view, NAME, format!("runs gave the same bits: {}", runs.join(", "))));
    }
    let mut verdict = drifted(NAME, "a run over the same buffers gives other bits".to_owned(), findings);
    verdict.notes = notes;
    Ok(verdict)
}
