//! What people and machines read: one file per format, all from the same [`Report`].
//!
//! Everything but [`Report::measured`] is the same for two sessions over the same tree.

pub mod bom;
pub mod card;
pub mod checklist;
pub mod compare;
pub mod data;
pub mod datasheet;
pub mod files;
pub mod format;
pub mod fuzzed;
pub mod gated;
pub mod github;
mod guarantee;
pub mod html;
pub mod json;
pub mod junit;
pub(crate) mod letters;
pub mod markdown;
mod measured;
pub mod pipeline;
mod prose;
pub mod provenance;
mod remark;
#[cfg(test)]
pub(crate) mod sample;
pub mod sarif;
pub mod session;
mod subject;
pub mod text;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::canary::{Canary, Outcome};
use crate::case::{Card, Case};
use crate::flow::Session;
use crate::judge::{Cause, Status, Verdict};

pub use data::Datasheet;
pub use guarantee::Guarantee;
pub use measured::{AdapterUse, Execution, Measured, StageCost, left};
use pipeline::{DataNode, OutputNode};
pub use pipeline::{Pipeline, Tolerated};

/// Version of the JSON layout.
pub const FORMAT: u32 = 1;

/// The verdicts of all cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Report {
    /// Version of this layout.
    pub format: u32,
    /// Version of driftless.
    pub version: String,
    /// One entry per case, by name.
    pub cases: Vec<CaseReport>,
    /// What the gate said of the project, where it was asked in the same session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<gated::Gated>,
    /// What was measured: differs between sessions.
    pub measured: Measured,
}

/// The verdicts of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CaseReport {
    /// The case's name.
    pub name: String,
    /// The case file, relative to the project.
    pub file: String,
    /// One line.
    pub summary: String,
    /// One verdict per audit, in registry order.
    pub verdicts: Vec<Verdict>,
    /// Faults that were planted to prove that the audits can fail; empty unless that was asked for.
    #[serde(default)]
    pub canaries: Vec<Canary>,
    /// What became of each verdict's snapshot, by audit; empty where snapshots are not in use.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Audits that do not apply, each with what would have to be declared.
    #[serde(default)]
    pub not_asked: BTreeMap<String, String>,
    /// Of a kernel, what it promises and what was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<Guarantee>,
    /// Executions of each stage, in stage order.
    pub executions: Vec<StageCount>,
    /// How it is put together; absent for kernels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<Pipeline>,
    /// What its user accepts for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Tolerated>,
    /// What its declared data hold, by name; empty where nobody looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Datasheet>,
    /// What only its user can say, for cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Card>,
}

/// How often a stage was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StageCount {
    /// The stage.
    pub stage: String,
    /// Executions.
    pub count: usize,
}

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Snapshot {
    /// It matches.
    Same,
    /// It differs; the lines that do.
    Changed(String),
    /// There is none for this class of machines: recorded for review, not compared.
    Recorded,
    /// There is none for this class of machines, and none was recorded.
    Unknown,
}

/// How a run of the harness ends, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// 0: everything that was asked held.
    Held = 0,
    /// 1: the command line or a case file is wrong, or nothing matched.
    Usage = 1,
    /// 2: something drifted, or an audit is blind.
    Drift = 2,
    /// 3: a run passed its time limit.
    Timeout = 3,
    /// 4: a baseline failed, a varied run failed, or something required could not run: inconclusive.
    Inconclusive = 4,
    /// 5: a required snapshot is missing or not accepted yet.
    Snapshot = 5,
    /// 70: a fault of driftless, or of the machine under it.
    Fault = 70,
    /// 130: interrupted.
    Interrupted = 130,
}

/// What `--require` turns from a remark into a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Require {
    /// Audits must run.
    pub audits: bool,
    /// Snapshots must exist.
    pub snapshots: bool,
}

impl CaseReport {
    /// The report of one case, without snapshots.
    #[must_use]
    pub fn new(case: &Case, session: &Session, verdicts: Vec<Verdict>) -> Self {
        let file = case.file.strip_prefix(&case.project).unwrap_or(&case.file);
        let count = |run: &crate::flow::StageRun| StageCount {
            stage: run.plan.stage.clone(),
            count: session.executions(&run.plan.stage).len(),
        };
        Self {
            name: case.name.clone(),
            file: file.display().to_string(),
            summary: case.summary.clone(),
            guarantee: case.kernel.as_ref().map(|kernel| Guarantee::of(kernel, &verdicts)),
            pipeline: Pipeline::of(case),
            tolerations: Tolerated::of(case, &verdicts),
            data: Vec::new(),
            declared: case.card.clone(),
            verdicts,
            canaries: Vec::new(),
            snapshots: BTreeMap::new(),
            not_asked: session
                .plan
                .not_asked
                .iter()
                .map(|(audit, reason)| ((*audit).to_owned(), reason.clone()))
                .collect(),
            executions: session.stages.iter().map(count).chain(kernel_count(session)).collect(),
        }
    }

    /// How this case alone would end a run.
    #[must_use]
    pub fn exit(&self, require: Require) -> Exit {
        let verdicts = self.verdicts.iter().map(|verdict| exit_of(verdict, require));
        let snapshots = self.snapshots.values().map(|snapshot| match snapshot {
            Snapshot::Changed(_) => Exit::Drift,
            Snapshot::Recorded | Snapshot::Unknown if require.snapshots => Exit::Snapshot,
            Snapshot::Same | Snapshot::Recorded | Snapshot::Unknown => Exit::Held,
        });
        let blind = self.canaries.iter().any(|canary| matches!(canary.outcome, Outcome::Missed(_)));
        let unkept = self.snapshots.is_empty() && require.snapshots;
        let rest = [unkept.then_some(Exit::Snapshot), blind.then_some(Exit::Drift)];
        worst(verdicts.chain(snapshots).chain(rest.into_iter().flatten()))
    }
}

impl Report {
    /// A report over cases in the order of their names.
    #[must_use]
    pub fn new(mut cases: Vec<(CaseReport, Measured)>) -> Self {
        cases.sort_by(|left, right| left.0.name.cmp(&right.0.name));
        let mut measured = Measured::default();
        let add = |(case, own): (CaseReport, Measured)| {
            measured.add(own);
            case
        };
        let cases = cases.into_iter().map(add).collect();
        measured.settle();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, version, cases, gate: None, measured }
    }

    /// The exit code of the whole run.
    #[must_use]
    pub fn exit(&self, require: Require) -> Exit {
        worst(self.cases.iter().map(|case| case.exit(require)))
    }
}

/// How a kernel stands among stages.
const KERNEL: &str = "kernel";

fn kernel_count(session: &Session) -> Option<StageCount> {
    let runs = session.kernel.as_ref()?;
    Some(StageCount { stage: KERNEL.to_owned(), count: runs.executions })
}

fn exit_of(verdict: &Verdict, require: Require) -> Exit {
    match (verdict.status, verdict.cause) {
        (Status::Drifted | Status::Blind, _) => Exit::Drift,
        (Status::Inconclusive, Some(Cause::TimedOut)) => Exit::Timeout,
        (Status::Inconclusive, _) => Exit::Inconclusive,
        (Status::Skipped, _) if require.audits => Exit::Inconclusive,
        (Status::Held | Status::Skipped, _) => Exit::Held,
    }
}

/// Drift outweighs a run that failed, which outweighs a missing snapshot.
fn worst(exits: impl Iterator<Item = Exit>) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Held => 0,
        Exit::Snapshot => 1,
        Exit::Inconclusive => 2,
        Exit::Timeout => 3,
        Exit::Drift => 4,
        Exit::Usage => 5,
        Exit::Fault => 6,
        Exit::Interrupted => 7,
    };
    exits.max_by_key(weight).unwrap_or(Exit::Held)
}
