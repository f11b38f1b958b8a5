//! Walks of the whole pipeline with something changed: held-out rows, the order of rows, the batch size, a seed.
//!
//! A scenario runs the stages in order, each on what the scenario's earlier stages left. Stages that the change does not
//! reach are not run again: their invocation is the baseline's. So a change of the test data runs the prediction alone,
//! and a change that a preparation lets through reaches the training behind it.

mod augmentation;
mod drift;
pub mod eval_mode;
mod idempotence;
pub mod leakage;
mod metrics;
mod normalization;
pub mod overlap;
mod payload;
mod planners;
mod resume;
mod shuffle;
pub mod shuffled_targets;
pub mod tested;
mod too_deterministic;
pub mod variance;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::case::{Case, Role, Stage};
use crate::vary::data::Edit;

pub use super::uses_knob;
pub use payload::checkpoints;
pub use planners::PLANNERS;
pub use resume::{Strike, killed, kills, lasting, stopped};

/// What is changed in one walk of the pipeline. The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scenario {
    /// Changes to declared data, in order, by name.
    pub edits: BTreeMap<String, Vec<Edit>>,
    /// Other values of knobs.
    pub knobs: BTreeMap<String, String>,
    /// Nuisance factors that are varied.
    pub varied: BTreeSet<&'static str>,
    /// How the stage is run.
    pub how: How,
    /// The folder of a second pipeline that stands in for the case's own files.
    pub dir: Option<PathBuf>,
    /// The stage to which knobs, factors and manner apply; all where `None`.
    pub stage: Option<String>,
    /// The artifacts that are looked at: stages that none of them needs are not run. All where empty.
    pub wanted: BTreeSet<String>,
    /// 0 for the first walk under these conditions.
    pub repetition: u32,
}

/// How a stage is run.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Once, in a fresh place.
    #[default]
    Once,
    /// After these runs in the same place, over what they left.
    After(Vec<Before>),
    /// Together with a second copy at the same time, in the same place, with outputs of its own where the command names them.
    Twins,
}

/// A run that comes before the one that counts, in the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Before {
    /// Other values of knobs.
    pub knobs: BTreeMap<String, String>,
    /// When and how it is ended; it ends by itself where `None`.
    pub kill: Option<Kill>,
}

/// An end from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kill {
    /// The signal's number.
    pub signal: i32,
    /// When.
    pub moment: Moment,
}

/// When a run is ended from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// So many milliseconds after its start.
    AfterMs(u64),
    /// As soon as this output is there and holds something.
    Appears(String),
    /// As soon as this output has changed so many times since it appeared.
    Changes(String, u32),
}

impl Scenario {
    /// What is changed, in words, for people who wait.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (data, edits) in &self.edits {
            let words: Vec<&str> = edits.iter().map(edit_word).collect();
            parts.push(format!("`{data}`: {}", words.join(", ")));
        }
        parts.extend(self.knobs.iter().map(|(knob, value)| format!("{knob} = {value}")));
        parts.extend(self.varied.iter().map(|name| (*name).to_owned()));
        match &self.how {
            How::Once => {}
            How::After(before) if before.iter().any(|run| run.kill.is_some()) => {
                parts.push("after a run that was killed".to_owned());
            }
            How::After(_) => parts.push("over its own outputs".to_owned()),
            How::Twins => parts.push("two copies at once".to_owned()),
        }
        parts.extend(self.dir.as_ref().map(|dir| format!("the pipeline in `{}`", dir.display())));
        if parts.is_empty() { "nothing changed".to_owned() } else { parts.join("; ") }
    }

    /// Whether anything is changed at all.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        let plain = Self { wanted: self.wanted.clone(), stage: self.stage.clone(), ..Self::default() };
        *self != plain
    }

    /// Whether knobs, factors and manner apply to a stage.
    #[must_use]
    pub fn concerns(&self, stage: &str) -> bool {
        self.stage.as_deref().is_none_or(|own| own == stage)
    }
}

fn edit_word(edit: &Edit) -> &'static str {
    match edit {
        Edit::Change { .. } => "values changed",
        Edit::PermuteRows { .. } => "rows in another order",
        Edit::DropRows { .. } => "rows dropped",
        Edit::DoubleRow { .. } => "a row doubled",
        Edit::PermuteColumns { .. } => "columns in another order",
        Edit::Keep { .. } => "some rows alone",
        Edit::PermuteTargets { .. } => "targets permuted",
        Edit::Empty => "no rows",
        Edit::Take { .. } => "rows of another file",
        Edit::Append { .. } => "rows of another file added",
    }
}

/// Plans the scenarios of one audit.
pub trait Planner: Sync {
    /// The audit's name.
    fn audit(&self) -> &'static str;

    /// The scenarios that a clean pipeline costs; more may be asked for once these are judged. May be empty: some audits
    /// only read what the baseline left.
    ///
    /// # Errors
    /// Why the audit does not apply to this case, in words that say what to declare.
    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String>;
}

/// The planner of an audit, where it walks scenarios.
#[must_use]
pub fn planner(audit: &str) -> Option<&'static dyn Planner> {
    PLANNERS.iter().copied().find(|planner| planner.audit() == audit)
}

/// The stages that predict and do not train: they leave predictions, and read a model that another stage left.
pub fn predicting(case: &Case) -> impl Iterator<Item = &Stage> {
    let reads_model = |stage: &&Stage| stage.inputs.iter().any(|input| case.is_model(input));
    let predicts = |stage: &&Stage| stage.outputs.values().any(|output| output.role == Role::Predictions);
    let trains = |stage: &&Stage| stage.outputs.values().any(|output| output.role == Role::Model);
    case.stages.iter().filter(predicts).filter(reads_model).filter(move |stage| !trains(stage))
}

/// Whether a scenario runs a stage at all: one of the artifacts that it wants needs it.
#[must_use]
pub fn runs(case: &Case, scenario: &Scenario, stage: &Stage) -> bool {
    scenario.wanted.is_empty() || case.behind(&scenario.wanted).contains(&stage.name)
}

/// Whether a stage is shown declared data: its command names it, or it lies in the pipeline's own folder.
#[must_use]
pub fn shows(case: &Case, stage: &Stage, data: &str) -> bool {
    let inside = || case.data.get(data).is_some_and(|data| data.path.starts_with(&case.dir));
    stage.data.iter().any(|name| name == data) || inside()
}

/// Whether a scenario changes what a stage is shown, or how it is run. What a changed stage leaves is counted as changed:
/// before anything is run, nothing says that it is not.
#[must_use]
pub fn reaches(case: &Case, scenario: &Scenario, stage: &str) -> bool {
    let mut touched: BTreeSet<&str> = BTreeSet::new();
    for stage in case.stages.iter().filter(|stage| runs(case, scenario, stage)) {
        let edited = scenario.edits.keys().any(|name| shows(case, stage, name));
        let knobs = scenario.knobs.keys().any(|knob| uses_knob(stage, knob));
        let own = knobs || !scenario.varied.is_empty() || scenario.how != How::Once || scenario.dir.is_some();
        let inherits = stage.inputs.iter().any(|input| {
            case.producer(input).is_some_and(|producer| touched.contains(producer.name.as_str()))
        });
        if edited || inherits || (own && scenario.concerns(&stage.name)) {
            touched.insert(&stage.name);
        }
    }
    touched.contains(stage)
}
