//! Judges `repeat`.

use super::{Cause, Error, Finding, Judge, Status, Verdict, View, blame, rate, verdict};
use crate::artifact;
use crate::flow::StageRun;
use crate::plan::search::Answer;
use crate::plan::{Question, inquiry};

const AUDIT: &str = "repeat";

pub(super) struct Repeat;

impl Judge for Repeat {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        Ok(judge(view)?)
    }
}

fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    for run in view.stages() {
        let Some((question, _)) =
            inquiry::pinned(&run.answers).find(|(question, _)| inquiry::differs(&run.answers, question))
        else {
            continue;
        };
        notes.push(rate_of(run));
        findings.extend(blame::compare(view, AUDIT, run, &[], &run.records[question])?);
    }
    if findings.is_empty() {
        return Ok(held(view));
    }
    notes.push(REMAINING.to_owned());
    Ok(drifted(findings, notes))
}

/// What is left when everything that can be pinned is pinned.
const REMAINING: &str = "everything that can be pinned was pinned; what remains is the process id, elapsed time and the \
                         monotonic clock, the order in which threads or processes finish, addresses that the system \
                         chose, and memory that was never set";

fn drifted(findings: Vec<Finding>, notes: Vec<String>) -> Verdict {
    let failed = findings.iter().all(|finding| finding.failure.is_some());
    let mut stages: Vec<String> =
        findings.iter().map(|finding| format!("stage `{}`", finding.stage)).collect();
    stages.dedup();
    let list = stages.join(" and ");
    let mut verdict = if failed {
        let mut verdict = verdict(
            AUDIT,
            Status::Inconclusive,
            format!("a second run of {list} under the same conditions failed"),
        );
        verdict.cause = Some(Cause::Unrepeatable);
        verdict
    } else {
        verdict(
            AUDIT,
            Status::Drifted,
            format!("a second run of {list} under the same conditions gives other bits"),
        )
    };
    verdict.findings = findings;
    verdict.notes = notes;
    verdict
}

/// How often pinned runs differed from the first one.
fn rate_of(run: &StageRun) -> String {
    let later = || inquiry::pinned(&run.answers).filter(|(question, _)| question.repetition > 0);
    let differing = later().filter(|(question, _)| inquiry::differs(&run.answers, question)).count();
    let rate = rate::Rate { drifted: differing as u64, runs: later().count() as u64 };
    format!("stage `{}` {rate}", run.plan.stage)
}

fn held(view: &View<'_>) -> Verdict {
    let pinned = view.stages().iter().map(|run| inquiry::pinned(&run.answers).count()).min().unwrap_or(0);
    let implied = |run: &StageRun| {
        inquiry::joint(&run.plan)
            .filter(|joint| run.answers.get(joint) == run.answers.get(&Question::default()))
            .map(|joint| joint.varied.len())
    };
    let headline = match view.stages().iter().filter_map(implied).max() {
        Some(factors) if pinned < 2 => {
            format!("2 runs gave the same bits, one of them with {factors} factors varied")
        }
        _ => format!("{pinned} runs under the same conditions gave the same bits"),
    };
    let mut verdict = verdict(AUDIT, Status::Held, headline);
    if view.stages().iter().any(|run| run.answers.values().any(|answer| *answer == Answer::Failed)) {
        verdict.notes.push("a run with something varied failed; see the other audits".to_owned());
    }
    verdict
}
