//! What the stages say together, for the audits that vary factors.

use super::blame::{self, Blame};
use super::walked::inconclusive;
use super::{Cause, Finding, Status, Verdict, View, verdict};
use crate::artifact;
use crate::flow::StageRun;
use crate::plan::search::{Irregular, Outcome};
use crate::plan::{Question, inquiry};
use crate::run::End;
use crate::vary::Kind;

/// Findings of all stages, and the stages about which nothing can be said.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
    unrepeatable: Vec<String>,
    unexplained: Vec<String>,
    timed_out: bool,
}

/// Gathers what concerns factors of these kinds.
pub(super) fn gather(view: &View<'_>, audit: &str, kinds: &[Kind]) -> Result<Gathered, artifact::Error> {
    let mut gathered = Gathered::default();
    for run in view.stages() {
        let stage = run.plan.stage.clone();
        let outcome = match blame::blame(run) {
            Blame::Clean => continue,
            Blame::Unrepeatable => {
                gathered.unrepeatable.push(stage);
                continue;
            }
            Blame::Found(outcome) => outcome,
        };
        let (found, moved) = blame::without_moved(blame::findings(view, audit, run, &outcome, kinds)?);
        gathered.notes.extend(moved.map(|names| moves_addresses(&stage, &names)));
        if let Some(irregular) = &outcome.irregular {
            gathered.notes.push(odd(run, &outcome, *irregular));
            let suspected = inquiry::names(&run.plan, outcome.suspects).any(|name| blame::is_of(name, kinds));
            if !outcome.settled && suspected && found.is_empty() {
                gathered.unexplained.push(stage.clone());
            }
        }
        let late = |record: &crate::run::Record| matches!(record.end, End::TimedOut { .. });
        gathered.timed_out |= run.records.values().any(late);
        gathered.findings.extend(found);
    }
    Ok(gathered)
}

impl Gathered {
    /// The verdict where something was found; `None` where all held.
    pub(super) fn conclude(&self, audit: &str) -> Option<Verdict> {
        let (failures, drifts): (Vec<_>, Vec<_>) =
            self.findings.iter().cloned().partition(|finding| finding.failure.is_some());
        if !drifts.is_empty() {
            let sentences: Vec<_> =
                std::iter::once(headline(&drifts)).chain(failures.first().map(failing)).collect();
            let mut verdict = verdict(audit, Status::Drifted, sentences.join("; "));
            verdict.findings = [drifts, failures].concat();
            return Some(verdict);
        }
        if let Some(first) = failures.first() {
            let headline = failing(first);
            let cause = if self.timed_out { Cause::TimedOut } else { Cause::VariedRunFailed };
            return Some(Verdict { findings: failures, ..inconclusive(audit, headline, cause) });
        }
        if let Some(stage) = self.unrepeatable.first() {
            let headline =
                format!("stage `{stage}` does not repeat itself, so nothing can be blamed on a factor");
            return Some(inconclusive(audit, headline, Cause::Unrepeatable));
        }
        let stage = self.unexplained.first()?;
        let headline =
            format!("stage `{stage}` gives other bits now and then, and no fixed set of factors explains it");
        Some(inconclusive(audit, headline, Cause::Unrepeatable))
    }
}

fn moves_addresses(stage: &str, names: &[String]) -> String {
    format!(
        "stage `{stage}`: {} changes the same place; it moves addresses, too. Mend `{}` first, then run again",
        names.join(", "),
        blame::ADDRESSES
    )
}

fn failing(failure: &Finding) -> String {
    format!("stage `{}` fails when {} is varied", failure.stage, quoted(&failure.factors))
}

/// What was odd about the answers, in words.
fn odd(run: &StageRun, outcome: &Outcome, irregular: Irregular) -> String {
    let stage = &run.plan.stage;
    let listed = |set| inquiry::names(&run.plan, set).collect::<Vec<_>>().join(", ");
    match irregular {
        Irregular::Baseline => format!("stage `{stage}`: the baseline gave two answers"),
        Irregular::Unrepeatable { .. } if outcome.settled => {
            format!("stage `{stage}`: what {} does differs from run to run", listed(outcome.guilty))
        }
        Irregular::Unrepeatable { .. } => {
            format!("stage `{stage}`: one of these acts now and then: {}", listed(outcome.suspects))
        }
        Irregular::Unexplained => format!(
            "stage `{stage}`: the limit on runs was reached; suspected are: {}",
            listed(outcome.suspects)
        ),
    }
}

/// `` `hash-seed` changes `order`; `clock` changes `meta` ``, each pair once.
pub(super) fn headline(drifts: &[Finding]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for drift in drifts {
        let artifact = drift.artifact.as_deref().unwrap_or("nothing");
        let part = format!("{} changes `{artifact}` of stage `{}`", quoted(&drift.factors), drift.stage);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

/// `` `a` together with `b` ``.
pub(super) fn quoted(factors: &[String]) -> String {
    factors.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" together with ")
}

/// How many of these factors are of these kinds.
pub(super) fn count(factors: &[&'static str], kinds: &[Kind]) -> usize {
    factors.iter().filter(|name| blame::is_of(name, kinds)).count()
}

/// Factors of these kinds that were not varied, with their reasons.
pub(super) fn not_varied(view: &View<'_>, kinds: &[Kind]) -> Vec<String> {
    let lines = view.session.plan.not_varied.iter().filter(|(name, _)| blame::is_of(name, kinds));
    lines.map(|(name, reason)| format!("{name}: {reason}")).collect()
}

/// A toleration that no longer has anything to tolerate is said so: it would hide the next drift.
pub(super) fn tolerations(run: &StageRun, kinds: &[Kind]) -> Option<String> {
    let question = inquiry::tolerated(&run.plan)?;
    let names: Vec<_> = run.plan.tolerated.iter().copied().filter(|name| blame::is_of(name, kinds)).collect();
    if names.is_empty() {
        return None;
    }
    let (names, stage) = (names.join(", "), &run.plan.stage);
    Some(if inquiry::differs(&run.answers, &question) {
        format!("tolerated in stage `{stage}`: {names} still changes the bits")
    } else {
        format!("the toleration of {names} is not needed in stage `{stage}`: the bits stay")
    })
}

/// The stages whose run with another seed is among the records.
pub(super) fn seed_runs<'a>(
    view: &'a View<'_>,
) -> impl Iterator<Item = (&'a StageRun, &'a Question, &'a crate::run::Record)> {
    view.stages().iter().flat_map(|run| {
        run.records
            .iter()
            .filter(|(question, _)| question.seed.is_some())
            .map(move |(question, record)| (run, question, record))
    })
}
