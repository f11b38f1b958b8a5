//! Plans `eval-mode`: batches of another size and of other rows, and another seed, on the model that the baseline trained.

use std::collections::{BTreeMap, BTreeSet};

use super::augmentation::other_seed;
use super::tested::{RowChange, Tested, evaluated};
use super::{Planner, Scenario, uses_knob};
use crate::case::{Case, Stage};
use crate::plan::other_value;
use crate::vary::data;

/// Names by which the knob of the batch size is found.
const KNOBS: [&str; 3] = ["batch_size", "batch-size", "batch"];
/// Batch sizes that hardly divide anything: the second where the first is the declared one.
const PRIMES: [&str; 2] = ["7", "13"];
/// Factors that change the order of sums and nothing else.
const ROUNDING: [&str; 2] = ["threads", "instruction-set"];

/// See the module.
pub(super) struct EvalMode;

impl Planner for EvalMode {
    fn audit(&self) -> &'static str {
        "eval-mode"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let stages = evaluated(case);
        if stages.is_empty() {
            return Err("no stage reads the model of another stage and leaves predictions by id; declare \
                        `out.NAME = { path = \"p.csv\", id = \"id\", role = \"predictions\" }`"
                .to_owned());
        }
        let mut scenarios = Vec::new();
        for tested in &stages {
            let data = tested.only_data();
            scenarios.extend(sizes(case, tested, data).into_iter().map(|(_, scenario)| scenario));
            scenarios.extend(data.map(|data| tested.scenario(data, RowChange::Joint)));
            scenarios.extend(seed(case, tested.stage));
        }
        if scenarios.is_empty() && stages.iter().all(|tested| tested.data.is_empty()) {
            return Err("neither a knob of the batch size nor the predicted rows are declared; declare \
                        `batch_size = 64` under `[knobs]` and `{batch_size}` in the command, and `id` for the data"
                .to_owned());
        }
        Ok(scenarios)
    }
}

/// The knob of the batch size that a stage takes.
#[must_use]
pub fn knob<'a>(case: &'a Case, stage: &Stage) -> Option<&'a str> {
    let usable = |knob: &&str| case.knobs.contains_key(*knob) && uses_knob(stage, knob);
    match &case.audits.wishes.eval_mode.knob {
        Some(own) => Some(own.as_str()).filter(usable),
        None => KNOBS.into_iter().find(usable),
    }
}

/// The walks with other batch sizes, with the sizes: the declared ones, else 1, a prime, and all rows at once. What is no
/// other size than the baseline's is left out.
#[must_use]
pub fn sizes(case: &Case, tested: &Tested<'_>, data: Option<&String>) -> Vec<(String, Scenario)> {
    let Some(knob) = knob(case, tested.stage) else { return Vec::new() };
    let declared = case.knobs.get(knob).map(String::as_str).unwrap_or_default();
    let declared_data = data.and_then(|name| case.data.get(name));
    let rows = declared_data.and_then(|data| data::row_count(&data.source(data.path.clone())).ok());
    let wished: Vec<String> = case.audits.wishes.eval_mode.sizes.iter().map(u64::to_string).collect();
    let usual = || {
        let prime = if declared == PRIMES[0] { PRIMES[1] } else { PRIMES[0] };
        ["1", prime].map(str::to_owned).into_iter().chain(rows.map(|rows| rows.to_string())).collect()
    };
    let all: Vec<String> = if wished.is_empty() { usual() } else { wished };
    let mut seen = BTreeSet::new();
    let other = |size: &String| size != declared && size != "0" && seen.insert(size.clone());
    let scenario = |size: String| {
        let walk = Scenario {
            knobs: BTreeMap::from([(knob.to_owned(), size.clone())]),
            stage: Some(tested.stage.name.clone()),
            wanted: tested.outputs.clone(),
            ..Scenario::default()
        };
        (size, walk)
    };
    all.into_iter().filter(other).map(scenario).collect()
}

/// The walk with another seed, where the stage takes one: the same as that of `augmentation`.
#[must_use]
pub fn seed(case: &Case, stage: &Stage) -> Option<Scenario> {
    let knob = case.audits.wishes.augmentation.knob.as_deref().unwrap_or("seed");
    let other = other_value(case.knobs.get(knob)?)?;
    uses_knob(stage, knob).then(|| other_seed(stage, knob, &other))
}

/// The walk in which a stage can only round otherwise: the reference for what is noise.
#[must_use]
pub fn reference(tested: &Tested<'_>) -> Scenario {
    Scenario {
        varied: BTreeSet::from(ROUNDING),
        stage: Some(tested.stage.name.clone()),
        wanted: tested.outputs.clone(),
        ..Scenario::default()
    }
}
