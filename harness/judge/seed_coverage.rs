//! Judges `seed-coverage`.

use std::collections::BTreeSet;

use super::blame;
use super::gathered::{self, Gathered};
use super::{Cause, Error, Judge, Status, Verdict, View, cause_of, failure, verdict};
use crate::artifact;
use crate::plan::{Question, inquiry};
use crate::run::End;
use crate::vary::Kind;

const AUDIT: &str = "seed-coverage";
const KINDS: &[Kind] = &[Kind::Generator];

pub(super) struct SeedCoverage;

impl Judge for SeedCoverage {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        Ok(judge(view)?)
    }
}

fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let gathered = gathered::gather(view, AUDIT, KINDS)?;
    let coverage = Coverage::of(view, &gathered);
    let effect = Effect::of(view);
    let mut verdict = match (gathered.conclude(AUDIT), &effect) {
        (Some(mut verdict), _) => {
            if verdict.status == Status::Drifted {
                verdict.headline = coverage.sentence();
            }
            verdict
        }
        (None, Effect::Failed) => seed_run_failed(view),
        (None, Effect::None) => blind(view),
        (None, Effect::Seen | Effect::NotAsked) => {
            verdict(AUDIT, Status::Held, format!("{}{}", coverage.sentence(), effect.sentence()))
        }
    };
    verdict.notes.extend(gathered.notes);
    verdict.notes.extend(coverage.places(view));
    verdict.not_checked = gathered::not_varied(view, KINDS);
    verdict.not_checked.extend(view.session.plan.not_checked.clone());
    for run in view.stages() {
        verdict.not_checked.extend(blame::unreached(run, KINDS));
        verdict.notes.extend(gathered::tolerations(run, KINDS));
    }
    Ok(verdict)
}

/// Which generators the program consumed, and which of them its seed does not cover.
struct Coverage {
    consumed: BTreeSet<String>,
    unseeded: BTreeSet<String>,
}

impl Coverage {
    fn of(view: &View<'_>, gathered: &Gathered) -> Self {
        let unseeded: BTreeSet<String> = gathered
            .findings
            .iter()
            .flat_map(|finding| finding.factors.iter())
            .filter(|name| blame::is_of(name, KINDS))
            .cloned()
            .collect();
        let mut consumed = unseeded.clone();
        for record in view.stages().iter().filter_map(|run| run.records.get(&Question::default())) {
            let seen = record.reach.seeded.keys().chain(record.reach.drawn.keys());
            consumed.extend(seen.filter(|name| blame::is_of(name, KINDS)).cloned());
        }
        Self { consumed, unseeded }
    }

    fn sentence(&self) -> String {
        let (all, open) = (self.consumed.len(), self.unseeded.len());
        if all == 0 {
            return "no generator was seen in use, and none changes the bits".to_owned();
        }
        let coverage = format!("seed coverage {} of {all}", all - open);
        if open == 0 {
            return coverage;
        }
        let names: Vec<_> = self.unseeded.iter().map(|name| format!("`{name}`")).collect();
        let verb = if open == 1 { "is" } else { "are" };
        format!("{coverage}: {} {verb} drawn unseeded", names.join(", "))
    }

    /// Where the program was seen to draw from an uncovered source.
    fn places(&self, view: &View<'_>) -> Vec<String> {
        let mut lines = BTreeSet::new();
        for record in view.stages().iter().filter_map(|run| run.records.get(&Question::default())) {
            for (source, place) in
                record.reach.drawn.iter().filter(|(source, _)| self.unseeded.contains(*source))
            {
                if !place.is_empty() {
                    lines.insert(format!("`{source}` is first drawn from at {place}"));
                }
            }
        }
        lines.into_iter().collect()
    }
}

/// What another seed did.
enum Effect {
    Seen,
    None,
    Failed,
    NotAsked,
}

impl Effect {
    fn of(view: &View<'_>) -> Self {
        let mut effect = Effect::NotAsked;
        for (run, question, record) in gathered::seed_runs(view) {
            if record.end != End::Finished {
                return Effect::Failed;
            }
            if inquiry::differs(&run.answers, question) {
                effect = Effect::Seen;
            } else if matches!(effect, Effect::NotAsked) {
                effect = Effect::None;
            }
        }
        effect
    }

    fn sentence(&self) -> &'static str {
        match self {
            Effect::Seen => "; another seed gives other bits",
            Effect::None | Effect::Failed | Effect::NotAsked => "",
        }
    }
}

fn blind(view: &View<'_>) -> Verdict {
    let stages: Vec<String> =
        gathered::seed_runs(view).map(|(run, _, _)| format!("`{}`", run.plan.stage)).collect();
    let seeds = view.stages().iter().find_map(|run| {
        let (knob, other) = run.plan.seed.as_ref()?;
        Some(format!("`{knob}` {} and {other}", view.case.knobs.get(knob)?))
    });
    let headline = format!(
        "{} give the same bits in {}: the seed is ignored",
        seeds.unwrap_or_default(),
        stages.join(", ")
    );
    verdict(AUDIT, Status::Blind, headline)
}

fn seed_run_failed(view: &View<'_>) -> Verdict {
    let mut verdict = verdict(
        AUDIT,
        Status::Inconclusive,
        "a run with another seed failed, so its effect is unknown".to_owned(),
    );
    for (run, _, record) in gathered::seed_runs(view).filter(|(_, _, record)| record.end != End::Finished) {
        verdict.cause = Some(cause_of(&record.end, Cause::VariedRunFailed));
        verdict.findings.push(failure(view.case, AUDIT, &run.plan.stage, &[], record));
    }
    verdict
}
