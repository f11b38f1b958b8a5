//! What stands against a report, as one flat list: the formats for machines that know no cases are made from it.

use std::fmt::Write as _;

use super::letters::in_a_line;
use super::text::{finding_block, place};
use super::{CaseReport, Report, Snapshot};
use crate::canary::{Canary, Outcome};
use crate::judge::{Finding, Status, Verdict};
use crate::rule::{Problem, Severity};

/// How much a remark weighs, the heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Something drifted, an audit is blind, or the gate is closed.
    Error,
    /// Worth a look.
    Warning,
    /// Nothing could be concluded.
    Open,
    /// Not run.
    Skipped,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The file, relative to the project where it lies in it.
    pub(super) file: String,
    /// Line, from 1.
    pub(super) line: Option<u64>,
    /// Column, from 1, in characters.
    pub(super) column: Option<u64>,
}

/// Something that is not held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// How much it weighs.
    pub(super) weight: Weight,
    /// The audit or the rule of the gate.
    pub(super) rule: String,
    /// What it is about and how that came out, in few words.
    pub(super) title: String,
    /// What was found, in one line.
    pub(super) sentence: String,
    /// The same at length, in lines.
    pub(super) block: String,
    /// Where it stands; the case file where nothing better is known.
    pub(super) spots: Vec<Spot>,
    /// What makes it the same remark in another session: neither times nor lines nor values.
    pub(super) mark: Vec<String>,
}

/// Everything that is not held, in the order of the report; what the gate says comes last.
pub(super) fn all(report: &Report) -> Vec<Remark> {
    let cases = report.cases.iter().flat_map(of_case);
    let problems = report.gate.iter().flat_map(|gate| &gate.problems).map(of_problem);
    cases.chain(problems).collect()
}

fn of_case(case: &CaseReport) -> Vec<Remark> {
    let verdicts = case.verdicts.iter().flat_map(|verdict| of_verdict(case, verdict));
    let snapshots = case.snapshots.iter().filter_map(|(audit, snapshot)| of_snapshot(case, audit, snapshot));
    let canaries = case.canaries.iter().filter_map(|canary| of_canary(case, canary));
    verdicts.chain(snapshots).chain(canaries).collect()
}

/// How much a verdict weighs; `None` where it held.
fn weight(status: Status) -> Option<Weight> {
    match status {
        Status::Held => None,
        Status::Drifted | Status::Blind => Some(Weight::Error),
        Status::Inconclusive => Some(Weight::Open),
        Status::Skipped => Some(Weight::Skipped),
    }
}

fn of_verdict(case: &CaseReport, verdict: &Verdict) -> Vec<Remark> {
    let Some(weight) = weight(verdict.status) else { return Vec::new() };
    let title = format!("{}: {} {}", case.name, verdict.audit, verdict.status.word());
    let whole = Remark {
        weight,
        rule: verdict.audit.clone(),
        title,
        sentence: verdict.headline.clone(),
        block: verdict.headline.clone(),
        spots: vec![file(case)],
        mark: vec![case.name.clone(), verdict.audit.clone(), verdict.status.word().to_owned()],
    };
    if verdict.findings.is_empty() {
        return vec![whole];
    }
    let one = |finding: &Finding| {
        let mut mark = whole.mark.clone();
        mark.push(finding.stage.clone());
        mark.extend(finding.artifact.clone());
        mark.extend(finding.factors.iter().cloned());
        Remark {
            sentence: sentence(finding),
            block: finding_block(verdict, finding),
            spots: spots(case, finding),
            mark,
            ..whole.clone()
        }
    };
    verdict.findings.iter().map(one).collect()
}

/// Guilty factors, stage and artifact.
pub(super) fn place_of(finding: &Finding) -> String {
    if finding.factors.is_empty() {
        return place(finding);
    }
    format!("{} ({})", finding.factors.join(" with "), place(finding))
}

/// What was found, in one line.
pub(super) fn sentence(finding: &Finding) -> String {
    let sentence = place_of(finding);
    let how = match (&finding.difference, &finding.failure) {
        (Some(difference), _) => Some(difference.sentence()),
        (None, Some(failure)) => Some(failure.end.clone()),
        (None, None) => (!finding.source.is_empty()).then(|| finding.source.join("; ")),
    };
    in_a_line(&how.map_or_else(|| sentence.clone(), |how| format!("{sentence}: {how}")))
}

fn file(case: &CaseReport) -> Spot {
    Spot { file: case.file.clone(), line: None, column: None }
}

fn spots(case: &CaseReport, finding: &Finding) -> Vec<Spot> {
    if finding.regions.is_empty() {
        return vec![file(case)];
    }
    let spot = |region: &crate::judge::Region| Spot {
        file: region.file.clone(),
        line: Some(region.line.into()),
        column: Some(region.column.into()),
    };
    finding.regions.iter().map(spot).collect()
}

fn of_snapshot(case: &CaseReport, audit: &str, snapshot: &Snapshot) -> Option<Remark> {
    let Snapshot::Changed(difference) = snapshot else { return None };
    Some(error(
        case,
        audit,
        "snapshot",
        "it differs from the accepted snapshot".to_owned(),
        &format!("\n{difference}"),
    ))
}

fn of_canary(case: &CaseReport, canary: &Canary) -> Option<Remark> {
    let Outcome::Missed(why) = &canary.outcome else { return None };
    let sentence = format!("the audit did not object to a planted fault: {}", canary.planted);
    Some(error(case, &canary.audit, "canary", sentence, &format!("; {why}")))
}

fn error(case: &CaseReport, audit: &str, what: &str, sentence: String, more: &str) -> Remark {
    Remark {
        weight: Weight::Error,
        rule: audit.to_owned(),
        title: format!("{}: {what} of {audit}", case.name),
        block: sentence.clone() + more,
        sentence,
        spots: vec![file(case)],
        mark: vec![case.name.clone(), audit.to_owned(), what.to_owned()],
    }
}

fn of_problem(problem: &Problem) -> Remark {
    let mut block = problem.message.clone();
    if let Some(value) = &problem.value {
        block.push_str("\nvalue: ");
        block.push_str(value);
    }
    if problem.count > 1 {
        let _ = write!(block, "\nplaces: {}, this is the first", problem.count);
    }
    let _ = write!(block, "\nmend: {}", problem.mend);
    Remark {
        weight: match problem.severity {
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
        },
        rule: problem.rule.clone(),
        title: problem.rule.clone(),
        sentence: problem.message.clone(),
        block,
        spots: vec![Spot { file: problem.file.clone(), line: problem.line, column: None }],
        mark: [problem.rule.clone(), problem.file.clone()].into_iter().chain(problem.value.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn everything_that_is_not_held_is_remarked_once_and_nothing_else() {
        let told: Vec<(Weight, String)> =
            all(&sample::full()).into_iter().map(|remark| (remark.weight, remark.title)).collect();
        let told: Vec<(Weight, &str)> =
            told.iter().map(|(weight, title)| (*weight, title.as_str())).collect();
        assert_eq!(
            told,
            [
                (Weight::Error, "a: nuisance drifted"),
                (Weight::Open, "a: leakage inconclusive"),
                (Weight::Skipped, "a: resume skipped"),
                (Weight::Error, "a: snapshot of nuisance"),
                (Weight::Error, "a: canary of repeat"),
                (Weight::Error, "k: races drifted"),
                (Weight::Error, "k: reference blind"),
                (Weight::Error, "repository/merge-marks"),
                (Weight::Error, "rebuild/drift"),
            ]
        );
    }

    #[test]
    fn a_finding_is_one_sentence() {
        assert_eq!(
            sentence(&sample::drift()),
            "threads (stage `train`, artifact `scores`): row 3 (id=17), column `score`: 0.1 (0x3fb999999999999a) \
             against 0.10000000000000002 (0x3fb999999999999b); 4 of 120 values differ, rounding, at most 1 ULP"
        );
        assert_eq!(sentence(&sample::crash()), "stage `train`: exit code 1");
        assert_eq!(
            sentence(&sample::race()),
            "race (kernel `main` on the reference machine): variable `tile`, byte 4; invocation (0, 0, 0), line 12: x = 1;"
        );
    }
}
