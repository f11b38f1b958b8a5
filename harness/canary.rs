//! Canaries: an audit that cannot fail is worthless, so each is shown a fault that we plant, on the user's own pipeline.
//!
//! The pipeline is not changed and mostly not even run again. What its runs left is copied, one copy is spoilt as the fault
//! would spoil it, and the audit judges again: it must object. Where it asks for more runs to name the cause, they are
//! executed and spoilt alike. Where nothing can be planted, that is said.

mod kernel;
mod plant;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::case::Case;
use crate::flow::{self, Progress, ScenarioRun, Session, StageRun};
use crate::judge::{self, Status};
use crate::plan::scenario::leakage;
use crate::plan::search::Answer;
use crate::plan::{Question, Scenario};
use crate::run::{Record, Runner};

use plant::Plant;

/// What became of one canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Canary {
    /// The audit.
    pub audit: String,
    /// What was planted.
    pub planted: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a canary ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The audit objected: it is proved able to fail here.
    Proved,
    /// The audit did not object: what it says of this case is worth nothing.
    Missed(String),
    /// Nothing could be planted, for this reason.
    NotPlanted(String),
}

/// Why a canary could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something around a run.
    #[error(transparent)]
    Run(#[from] crate::run::Error),
    /// An artifact that cannot be read.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::Error),
    /// A file of ours.
    #[error("cannot write a spoilt copy: {0}")]
    Write(#[from] std::io::Error),
}

/// Plants a fault for every audit of a case that was judged, and looks whether the audit sees it. `session` is the case's
/// own, already walked; it is not changed.
///
/// # Errors
/// Where something around the user's programs fails.
pub fn all(
    case: &Case,
    session: &Session,
    runner: &Runner,
    progress: &dyn Progress,
) -> Result<Vec<Canary>, Error> {
    if let Some(runs) = &session.kernel {
        return kernel::all(case, session, runs, runner);
    }
    let mut canaries = Vec::new();
    for name in &session.plan.audits {
        let Some(audit) = audit::by_name(name) else { continue };
        let trial = Trial { case, session, runner, progress, audit: name };
        let outcome = trial.outcome()?;
        let planted = audit.canary().to_owned() + trial.let_through()?.unwrap_or_default();
        canaries.push(Canary { audit: (*name).to_owned(), planted, outcome });
    }
    Ok(canaries)
}

/// One audit and the fault planted for it.
struct Trial<'a> {
    case: &'a Case,
    session: &'a Session,
    runner: &'a Runner,
    progress: &'a dyn Progress,
    audit: &'static str,
}

impl Trial<'_> {
    fn outcome(&self) -> Result<Outcome, Error> {
        if self.session.baseline_failed() {
            return Ok(Outcome::NotPlanted("the baseline did not finish".to_owned()));
        }
        let plant = match Plant::of(self.audit, self.case, self.session, self.runner)? {
            Ok(plant) => plant,
            Err(reason) => return Ok(Outcome::NotPlanted(reason)),
        };
        let case = plant.case(self.case);
        let mut spoilt = self.copy();
        Self::spoil_stages(&plant, &mut spoilt);
        plant.spoil_baseline(self.case, &mut spoilt);
        self.spoil_scenarios(&plant, &case, &mut spoilt)?;
        let verdicts = judge::judge(&case, &spoilt)?;
        let verdict = verdicts.iter().find(|verdict| verdict.audit == self.audit);
        Ok(match verdict {
            Some(verdict) if matches!(verdict.status, Status::Drifted | Status::Blind) => Outcome::Proved,
            Some(verdict) => {
                Outcome::Missed(format!("it says `{}`: {}", verdict.status.word(), verdict.headline))
            }
            None => Outcome::Missed("it says nothing".to_owned()),
        })
    }

    /// For `leakage`, on the pipeline itself: a held-out row is let through into the training rows, and then changed. What
    /// training leaves must follow it, or training does not feel single rows.
    fn let_through(&self) -> Result<Option<&'static str>, Error> {
        let pair = if self.audit == "leakage" { leakage::canary(self.case) } else { None };
        let Some((plain, changed)) = pair.filter(|_| !self.session.baseline_failed()) else {
            return Ok(None);
        };
        let walk = |scenario: &Scenario| {
            flow::walk_scenario(self.case, self.session, scenario, self.runner, self.progress)
        };
        let (one, other) = (walk(&plain)?, walk(&changed)?);
        if [&one, &other].iter().any(|walk| !walk.is_whole()) {
            return Ok(Some(
                "; a held-out row let through into training makes it fail, so that was not tried",
            ));
        }
        let left = |walk: &ScenarioRun, name: &String| {
            let stage = self.case.producer(name)?;
            Some(walk.records.get(&stage.name)?.outputs.get(name)?.digest)
        };
        let seen = plain.wanted.iter().any(|name| left(&one, name) != left(&other, name));
        Ok(Some(if seen {
            "; a held-out row let through into training is seen"
        } else {
            "; a held-out row let through into training changes nothing there: it does not feel single rows"
        }))
    }

    /// The session as it was walked, for this audit alone.
    fn copy(&self) -> Session {
        let mut plan = self.session.plan.clone();
        plan.audits.retain(|name| *name == self.audit);
        Session {
            plan,
            python: self.session.python.clone(),
            missing: Vec::new(),
            broken: None,
            stages: self.session.stages.clone(),
            scenarios: BTreeMap::new(),
            kernel: self.session.kernel.clone(),
        }
    }

    /// Asks each stage again, as the search would, with answers that follow the planted fault.
    fn spoil_stages(plant: &Plant, spoilt: &mut Session) {
        for run in &mut spoilt.stages {
            let Some(baseline) = run.records.get(&Question::default()).cloned() else { continue };
            if !plant.spoils_stage(&run.plan) {
                continue;
            }
            run.records.retain(|question, _| *question == Question::default());
            run.answers.retain(|question, _| *question == Question::default());
            ask(plant, run, &baseline);
        }
    }

    /// Judges with spoilt walks, executing those that are wanted on top.
    fn spoil_scenarios(&self, plant: &Plant, case: &Case, spoilt: &mut Session) -> Result<(), Error> {
        loop {
            let asked: Vec<Scenario> = judge::wanted(case, spoilt)?
                .into_iter()
                .filter(|scenario| !spoilt.scenarios.contains_key(scenario))
                .collect();
            if asked.is_empty() {
                return Ok(());
            }
            for scenario in asked {
                let walked = match self.session.scenarios.get(&scenario) {
                    Some(known) => known.clone(),
                    None => {
                        flow::walk_scenario(self.case, self.session, &scenario, self.runner, self.progress)?
                    }
                };
                let walked: ScenarioRun =
                    plant.walk(self.case, self.session, &scenario, walked, self.runner)?;
                spoilt.scenarios.insert(scenario, walked);
            }
        }
    }
}

/// Asks a stage what the plan asks, with answers that follow the planted fault.
fn ask(plant: &Plant, run: &mut StageRun, baseline: &Record) {
    let honest = run.answers.get(&Question::default()).copied().unwrap_or(Answer::Bits(0));
    loop {
        let questions = crate::plan::next(&run.plan, &run.answers);
        if questions.is_empty() {
            return;
        }
        for question in questions {
            let bits = plant.bits(&question);
            let record = plant.record(baseline, bits);
            let answer = if bits == 0 { honest } else { Answer::Bits(u32::MAX - bits) };
            run.answers.insert(question.clone(), answer);
            run.records.insert(question, record);
        }
    }
}
