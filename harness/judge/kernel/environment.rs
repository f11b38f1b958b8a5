//! Judges `environment`.

use super::{MACHINE, Verdict, View, difference, drifted, held, name};
use crate::artifact;
use crate::case::kernel::Level;
use crate::judge::skipped;
use crate::plan::kernel::Change;
use crate::run::kernel::Outputs;

const NAME: &str = "environment";

/// One run with another setting.
struct Other {
    on: String,
    factor: &'static str,
    /// In words, after "with".
    setting: String,
    usual: Outputs,
    outputs: Outputs,
}

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    if let Some(why) = view.has_no_one_result() {
        return Ok(skipped(NAME, why));
    }
    let (others, mut notes) = others(view);
    let mut findings = Vec::new();
    for other in &others {
        let Some((buffer, difference)) = difference(other.usual.iter(), &other.outputs)? else { continue };
        let Other { on, setting, .. } = other;
        notes.push(format!("{on} with {setting}: `{buffer}` has other bits, {}", difference.sentence()));
        let mut finding = view.finding(NAME, on, &[other.factor], Some((buffer, difference)));
        finding.source.push(format!("with {setting}"));
        findings.push(finding);
    }
    if others.is_empty() {
        let failed = notes.first().cloned();
        let why = failed.unwrap_or_else(|| "no adapter here has settings that could be varied".to_owned());
        return Ok(match &view.runs.no_adapter {
            Some(_) => view.without_adapter(NAME),
            None => skipped(NAME, why),
        });
    }
    let (differing, compared) = (findings.len(), others.len());
    let counted = format!("{differing} of {compared} settings change bits");
    let mut verdict = match (differing, view.kernel.level) {
        (0, _) => held(view, NAME, format!("{compared} other settings gave the same bits")),
        (_, Level::AdapterToAdapter) => drifted(NAME, counted, findings),
        (_, level) => held(view, NAME, format!("{counted}, which the level `{}` leaves open", level.word())),
    };
    if verdict.findings.is_empty() {
        verdict.notes = notes;
    }
    Ok(verdict)
}

/// The runs with another setting, on the reference machine and on adapters; and why one failed.
fn others(view: &View<'_>) -> (Vec<Other>, Vec<String>) {
    let (mut others, mut failed) = (Vec::new(), Vec::new());
    if let Ok(runs) = view.reference(NAME) {
        let usual = runs.usual();
        let sizes = runs.runs.iter().filter(|(change, _)| matches!(change, Change::Subgroups(_)));
        others.extend(sizes.map(|(change, outputs)| Other {
            on: MACHINE.to_owned(),
            factor: "subgroup-size",
            setting: change.describe(view.kernel),
            usual: usual.clone(),
            outputs: outputs.clone(),
        }));
    }
    for adapter in &view.runs.adapters {
        let Some(setting) = adapter.setting else { continue };
        let usual = view.adapters().find(|(usual, _)| usual.facts == adapter.facts);
        let Some((_, usual)) = usual else { continue };
        match adapter.runs.get(&Change::Nothing) {
            Some(Ok(left)) => others.push(Other {
                on: name(adapter),
                factor: setting.factor,
                setting: setting.name.to_owned(),
                usual: usual.first(),
                outputs: left.first(),
            }),
            Some(Err(why)) => failed.push(format!("{} with {}: {why}", name(adapter), setting.name)),
            None => {}
        }
    }
    (others, failed)
}
