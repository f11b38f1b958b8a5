//! What differs between two sessions: times, sizes, and the adapters that were there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::KERNEL;
use crate::case::Case;
use crate::flow::Session;
use crate::run::adapter::AdapterFacts;
use crate::run::fingerprint::{Fingerprint, Left};
use crate::run::{Record, wording};

/// Times, sizes and adapters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Measured {
    /// Per case and stage.
    pub stages: Vec<StageCost>,
    /// Every execution of a program, in the order in which they began.
    #[serde(default)]
    pub executions: Vec<Execution>,
    /// By case: the day on which all its audits were last proved able to fail, `YYYY-MM-DD`.
    #[serde(default)]
    pub canaries: BTreeMap<String, String>,
    /// The adapters that kernels ran on.
    #[serde(default)]
    pub adapters: Vec<AdapterUse>,
    /// What the results may depend on besides the case files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

impl Measured {
    /// What was measured of one case.
    #[must_use]
    pub fn of(case: &Case, session: &Session) -> Self {
        Self {
            stages: costs(case, session),
            executions: executions(case, session),
            adapters: adapters(case, session),
            ..Self::default()
        }
    }

    /// Puts executions in the order in which they began, and counts their begins from the first.
    pub(super) fn settle(&mut self) {
        let first = self.executions.iter().map(|one| one.began_us).min().unwrap_or(0);
        self.executions.iter_mut().for_each(|one| one.began_us -= first);
        self.executions.sort_by(|left, right| {
            let key = |one: &Execution| (one.began_us, one.case.clone(), one.stage.clone());
            key(left).cmp(&key(right))
        });
    }

    /// Adds what was measured of another case.
    pub(super) fn add(&mut self, other: Self) {
        self.stages.extend(other.stages);
        self.executions.extend(other.executions);
        self.canaries.extend(other.canaries);
        for mut new in other.adapters {
            match self.adapters.iter_mut().find(|known| known.adapter == new.adapter) {
                Some(known) => {
                    known.cases.append(&mut new.cases);
                    known.settings.append(&mut new.settings);
                }
                None => self.adapters.push(new),
            }
        }
    }
}

/// An adapter that kernels ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AdapterUse {
    /// The adapter, its driver, its features and its limits, all of which programs get.
    pub adapter: AdapterFacts,
    /// Settings of the driver that were tried beside the usual ones.
    pub settings: BTreeSet<String>,
    /// The cases that ran on it.
    pub cases: Vec<String>,
}

/// One execution of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Execution {
    /// The case.
    pub case: String,
    /// The stage.
    pub stage: String,
    /// What was changed in it, in few words; `baseline` where nothing was.
    pub change: String,
    /// When it began, in microseconds since the first one of the session began.
    pub began_us: u64,
    /// Wall time, in microseconds.
    pub wall_us: u64,
    /// Processor time of its process tree, in microseconds.
    pub cpu_us: u64,
    /// Peak of resident memory, in bytes.
    pub peak_bytes: u64,
    /// How it ended: `finished`, or the sentence that findings have.
    pub end: String,
}

/// What one stage cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StageCost {
    /// The case.
    pub case: String,
    /// The stage.
    pub stage: String,
    /// Wall time of all its executions, in microseconds.
    pub wall_us: u64,
    /// Processor time of all its executions, in microseconds.
    pub cpu_us: u64,
    /// Largest peak of resident memory, in bytes.
    pub peak_bytes: u64,
    /// Processes that outlived their program and were ended.
    pub left_running: u32,
    /// Where the logs of the baseline lie, relative to the project where they lie in it.
    pub logs: String,
}

/// What the baseline of a case left; of kernels, on the reference machine, whose bits are the same on every computer.
#[must_use]
pub fn left(case: &Case, session: &Session) -> Vec<Left> {
    let stages = session.stages.iter().flat_map(|run| {
        let record = run.records.get(&crate::plan::Question::default());
        let outputs = record.into_iter().flat_map(|record| &record.outputs);
        outputs.filter_map(|(name, output)| {
            let declared = case.output(name)?;
            Some(Left {
                name: name.clone(),
                stage: run.plan.stage.clone(),
                role: Some(declared.role.word().to_owned()),
                path: declared.path.display().to_string(),
                format: declared.format.name().to_owned(),
                sha256: output.digest,
            })
        })
    });
    let kernel = session.kernel.iter().filter_map(|runs| runs.reference.as_ref().ok());
    let buffers = kernel.flat_map(crate::run::kernel::ReferenceRuns::usual).map(|(name, artifact)| Left {
        path: format!("{name}.{}", artifact.format.name()),
        name,
        stage: KERNEL.to_owned(),
        role: None,
        format: artifact.format.name().to_owned(),
        sha256: artifact.digest,
    });
    stages.chain(buffers).collect()
}

/// What the stages of a session cost.
fn costs(case: &Case, session: &Session) -> Vec<StageCost> {
    let cost = |run: &crate::flow::StageRun| {
        let records = session.executions(&run.plan.stage);
        let costs = || records.iter().map(|record| record.cost);
        let baseline = run.records.get(&crate::plan::Question::default());
        StageCost {
            case: case.name.clone(),
            stage: run.plan.stage.clone(),
            wall_us: costs().map(|cost| cost.wall_us).sum(),
            cpu_us: costs().map(|cost| cost.cpu_us).sum(),
            peak_bytes: costs().map(|cost| cost.peak_bytes).max().unwrap_or(0),
            left_running: costs().map(|cost| cost.left_running).sum(),
            logs: baseline.map(|record| wording::place_text(&record.logs, &case.project)).unwrap_or_default(),
        }
    };
    session.stages.iter().map(cost).chain(kernel_cost(case, session)).collect()
}

/// Every execution of a session's programs, each once: scenarios share them.
fn executions(case: &Case, session: &Session) -> Vec<Execution> {
    let own = session.stages.iter().flat_map(|run| {
        run.records.iter().map(|(question, record)| (crate::flow::describe(&run.plan, question), record))
    });
    let walked = session
        .scenarios
        .iter()
        .flat_map(|(scenario, run)| run.records.values().map(|record| (scenario.describe(), record)));
    let mut each = BTreeMap::new();
    for (change, record) in own.chain(walked) {
        each.entry(&record.invocation).or_insert((change, record));
    }
    let execution = |(change, record): (String, &Record)| Execution {
        case: case.name.clone(),
        stage: record.invocation.stage.clone(),
        change,
        began_us: record.cost.began_us,
        wall_us: record.cost.wall_us,
        cpu_us: record.cost.cpu_us,
        peak_bytes: record.cost.peak_bytes,
        end: record.end.sentence(),
    };
    each.into_values().map(execution).collect()
}

/// The adapters of a session, each with all settings of its driver.
fn adapters(case: &Case, session: &Session) -> Vec<AdapterUse> {
    let mut all: Vec<AdapterUse> = Vec::new();
    for runs in session.kernel.iter().flat_map(|kernel| &kernel.adapters) {
        let setting = runs.setting.map(|setting| setting.name.to_owned());
        match all.iter_mut().find(|known| known.adapter == runs.facts) {
            Some(known) => known.settings.extend(setting),
            None => all.push(AdapterUse {
                adapter: runs.facts.clone(),
                settings: setting.into_iter().collect(),
                cases: vec![case.name.clone()],
            }),
        }
    }
    all
}

/// Kernels run in this process and on adapters: their time is that of everything around them, too.
fn kernel_cost(case: &Case, session: &Session) -> Option<StageCost> {
    let runs = session.kernel.as_ref()?;
    Some(StageCost {
        case: case.name.clone(),
        stage: KERNEL.to_owned(),
        wall_us: runs.wall_us,
        cpu_us: 0,
        peak_bytes: 0,
        left_running: 0,
        logs: String::new(),
    })
}
