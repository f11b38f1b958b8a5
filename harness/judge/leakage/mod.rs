//! Judges `leakage`: held-out rows become other rows, and what training leaves must keep its bits.
//!
//! Rows that the case file names (whole files, rows by a column, rows by an output) are judged in `declared`; files that the program
//! splits by itself in `inside`. A case may hold both; then the worse of the two decides.

mod answers;
mod declared;
mod inside;
mod rules;
mod seen;

use super::{Error, Judge, Status, Verdict, View};
use crate::case::Split;
use crate::plan::Scenario;
use crate::plan::scenario::leakage::{Standing, standing};

/// See the module.
pub(super) struct Leakage;

/// The audit's name.
const AUDIT: &str = "leakage";

impl Judge for Leakage {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        let mut all = view.first(AUDIT);
        all.extend(declared::wanted(view)?);
        for data in inside_data(view) {
            all.extend(inside::wanted(view, data)?);
        }
        Ok(all)
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let mut verdicts = Vec::new();
        verdicts.extend(declared::judge(view)?);
        for data in inside_data(view) {
            verdicts.push(inside::judge(view, data)?);
        }
        let mut verdict = worst(verdicts);
        verdict.not_checked.extend(left_out(view));
        verdict.notes.extend(guessed(view, &verdict));
        Ok(verdict)
    }
}

/// The files that the program splits by itself without saying how.
fn inside_data<'a>(view: &View<'a>) -> impl Iterator<Item = &'a String> {
    let inside =
        view.case.data.iter().filter(|(_, data)| data.split == Some(Split::Inside) && !data.held_out);
    inside.map(|(name, _)| name)
}

/// Several verdicts as one.
fn worst(verdicts: Vec<Verdict>) -> Verdict {
    let rank = |status: Status| match status {
        Status::Drifted => 0,
        Status::Blind => 1,
        Status::Inconclusive => 2,
        Status::Held | Status::Skipped => 3,
    };
    let mut verdicts = verdicts;
    verdicts.sort_by_key(|verdict| rank(verdict.status));
    let mut verdicts = verdicts.into_iter();
    let mut first = verdicts.next().unwrap_or_else(|| {
        super::walked::inconclusive(AUDIT, "no row is held out".to_owned(), super::Cause::NothingVaried)
    });
    for other in verdicts {
        first.headline = format!("{}; {}", first.headline, other.headline);
        first.findings.extend(other.findings);
        first.notes.extend(other.notes);
        first.not_checked.extend(other.not_checked);
    }
    first
}

/// Outputs that were not judged, with the reason and what to declare.
fn left_out(view: &View<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for stage in &view.case.stages {
        for (name, output) in &stage.outputs {
            if let Standing::LeftOut(why) = standing(view.case, stage, name, output) {
                let guessed = if output.role_declared { "" } else { " (its role was guessed from its name)" };
                lines.push(format!(
                    "`{name}`: {why}{guessed}; `role = \"model\"` or `artifacts = [\"{name}\"]` has it judged"
                ));
            }
        }
    }
    lines
}

/// What was taken for a training artifact by its name alone, where that decides something.
fn guessed(view: &View<'_>, verdict: &Verdict) -> Vec<String> {
    let mut names: Vec<&String> = verdict
        .findings
        .iter()
        .filter_map(|finding| finding.artifact.as_ref())
        .filter(|name| view.case.output(name).is_some_and(|output| !output.role_declared))
        .filter(|name| !view.case.audits.wishes.leakage.artifacts.contains(name))
        .collect();
    names.sort();
    names.dedup();
    let line = |name: &String| {
        format!(
            "`{name}` declares no role and is taken for something that training leaves; if it is not, say so (`role = \"metrics\"`)"
        )
    };
    names.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Cause, verdict, walked::inconclusive};
    use super::*;

    #[test]
    fn the_worse_of_two_verdicts_decides_and_both_are_told() {
        let held = verdict(AUDIT, Status::Held, "a".to_owned());
        let unsure = inconclusive(AUDIT, "b".to_owned(), Cause::NothingVaried);
        let drifted = verdict(AUDIT, Status::Drifted, "c".to_owned());
        let all = worst(vec![held.clone(), unsure.clone(), drifted]);
        assert_eq!((all.status, all.headline.as_str()), (Status::Drifted, "c; b; a"));
        assert_eq!(worst(vec![held, unsure]).status, Status::Inconclusive);
        assert_eq!(worst(Vec::new()).status, Status::Inconclusive);
    }
}
