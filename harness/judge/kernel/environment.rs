//! Judges `environment`.

use super::{Verdict, View, difference, drifted, held, name};
use crate::artifact;
use crate::case::kernel::Level;
use crate::judge::skipped;
use crate::plan::kernel::Change;

const NAME: &str = "environment";

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    if let Some(why) = view.has_no_one_result() {
        return Ok(skipped(NAME, why));
    }
    let (mut findings, mut notes, mut compared) = (Vec::new(), Vec::new(), 0);
    for other in &view.runs.adapters {
        let Some(setting) = other.setting else { continue };
        let usual = view.adapters().find(|(usual, _)| usual.facts == other.facts);
        let Some((_, usual)) = usual else { continue };
        let left = match other.runs.get(&Change::Nothing) {
            Some(Ok(left)) => left,
            Some(Err(why)) => {
                notes.push(format!("with {setting}: {why}"));
                continue;
            }
            None => continue,
        };
        compared += 1;
        if let Some((buffer, difference)) = difference(usual.first().iter(), &left.first())? {
            notes.push(format!("with {setting}, `{buffer}` has other bits: {}", difference.sentence()));
            let mut finding =
                view.finding(NAME, &name(other), &["driver-settings"], Some((buffer, difference)));
            finding.source.push(format!("with {setting}"));
            findings.push(finding);
        }
    }
    if compared == 0 {
        let failed = notes.first().cloned();
        let why = failed.unwrap_or_else(|| "no adapter here has settings that could be varied".to_owned());
        return Ok(match &view.runs.no_adapter {
            Some(_) => view.without_adapter(NAME),
            None => skipped(NAME, why),
        });
    }
    let differing = findings.len();
    let counted = format!("{differing} of {compared} settings of a software driver change bits");
    let mut verdict = match (differing, view.kernel.level) {
        (0, _) => {
            held(view, NAME, format!("{compared} other settings of a software driver gave the same bits"))
        }
        (_, Level::AdapterToAdapter) => drifted(NAME, counted, findings),
        (_, level) => held(view, NAME, format!("{counted}, which the level `{}` leaves open", level.word())),
    };
    if verdict.findings.is_empty() {
        verdict.notes = notes;
    }
    Ok(verdict)
}
