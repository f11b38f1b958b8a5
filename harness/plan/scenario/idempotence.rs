//! Plans `idempotence`: every stage over its own outputs, beside a second copy, and the predicting ones without rows.

use std::collections::{BTreeMap, BTreeSet};

use super::{Before, How, Planner, Scenario};
use crate::case::{Case, Role, Stage};
use crate::vary::data::Edit;

/// See the module.
pub(super) struct Idempotence;

impl Planner for Idempotence {
    fn audit(&self) -> &'static str {
        "idempotence"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let Some(wish) = &case.audits.wishes.idempotence else {
            let silent = case.stages.iter().any(|stage| stage.silent);
            let why = "declare `[audit.idempotence]`, or `stdout = \"silent\"` in a stage";
            return if silent { Ok(Vec::new()) } else { Err(why.to_owned()) };
        };
        let mut scenarios = Vec::new();
        if wish.again {
            let again = How::After(vec![Before::default()]);
            scenarios.extend(case.stages.iter().map(|stage| alone(stage, again.clone())));
        }
        if wish.twins {
            let free = case.stages.iter().filter(|stage| stage.exclusive.is_empty());
            scenarios.extend(free.map(|stage| alone(stage, How::Twins)));
        }
        scenarios.extend(wish.empty.as_ref().and_then(|data| empty(case, data)));
        Ok(scenarios)
    }
}

/// One stage, on what the baseline left before it.
fn alone(stage: &Stage, how: How) -> Scenario {
    Scenario {
        how,
        stage: Some(stage.name.clone()),
        wanted: stage.outputs.keys().cloned().collect(),
        ..Scenario::default()
    }
}

/// The predictions that are made from a data set when it has no rows; `None` where there are none.
fn empty(case: &Case, data: &str) -> Option<Scenario> {
    let mut readers: BTreeSet<&str> = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    for stage in &case.stages {
        let through = |input: &String| {
            case.producer(input).is_some_and(|producer| readers.contains(producer.name.as_str()))
        };
        if stage.data.iter().any(|name| name == data) || stage.inputs.iter().any(through) {
            readers.insert(&stage.name);
            let predictions = stage.outputs.iter().filter(|(_, output)| output.role == Role::Predictions);
            wanted.extend(predictions.map(|(name, _)| name.clone()));
        }
    }
    let edits = BTreeMap::from([(data.to_owned(), vec![Edit::Empty])]);
    (!wanted.is_empty()).then(|| Scenario { edits, wanted, ..Scenario::default() })
}
