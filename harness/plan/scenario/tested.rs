//! Which stages leave predictions by id, and which declared rows these are made for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Scenario, predicting};
use crate::case::{Case, Data, Output, Role, RowOrder, Stage};
use crate::vary::data::Edit;

/// Where the random orders begin; the same everywhere, so that audits share executions.
const SEED: u64 = 1;
/// How many of a hundred rows are left out.
const DROPPED_PERCENT: u8 = 30;

/// A stage that leaves predictions by id.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// Its tables of predictions, by name.
    pub outputs: BTreeSet<String>,
    /// Declared data whose rows may be the predicted ones. One where the declarations settle it; several are told apart
    /// by the ids that the baseline predicts.
    pub data: Vec<String>,
}

/// What is changed in the rows that predictions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowChange {
    /// Order of rows, some rows dropped, order of columns: all at once.
    Joint,
    /// The rows in another order.
    Order,
    /// Some rows are not there.
    Dropped,
    /// The columns in another order.
    Columns,
    /// One row stands twice.
    Doubled,
}

impl RowChange {
    /// The edits, in order.
    #[must_use]
    pub fn edits(self) -> Vec<Edit> {
        let order = Edit::PermuteRows { seed: SEED };
        let dropped = Edit::DropRows { seed: SEED, percent: DROPPED_PERCENT };
        let columns = Edit::PermuteColumns { seed: SEED };
        match self {
            Self::Joint => vec![order, dropped, columns],
            Self::Order => vec![order],
            Self::Dropped => vec![dropped],
            Self::Columns => vec![columns],
            Self::Doubled => vec![Edit::DoubleRow { seed: SEED }],
        }
    }

    /// The name of the change in findings; the joint one has none.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Joint => None,
            Self::Order => Some("row-order"),
            Self::Dropped => Some("dropped-rows"),
            Self::Columns => Some("column-order"),
            Self::Doubled => Some("doubled-row"),
        }
    }
}

impl Tested<'_> {
    /// The walk in which the rows of `data` are changed.
    #[must_use]
    pub fn scenario(&self, data: &str, change: RowChange) -> Scenario {
        Scenario {
            edits: BTreeMap::from([(data.to_owned(), change.edits())]),
            wanted: self.outputs.clone(),
            ..Scenario::default()
        }
    }

    /// The data, where the declarations settle it.
    #[must_use]
    pub fn only_data(&self) -> Option<&String> {
        match self.data.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// The stages that leave predictions by id and see rows that can be told from training rows.
#[must_use]
pub fn tested(case: &Case) -> Vec<Tested<'_>> {
    let all = case.stages.iter().map(|stage| of_stage(case, stage));
    all.filter(|tested| !tested.outputs.is_empty() && !tested.data.is_empty()).collect()
}

fn of_stage<'a>(case: &Case, stage: &'a Stage) -> Tested<'a> {
    let keyed = |output: &Output| {
        output.role == Role::Predictions && !output.id.is_empty() && output.format.is_table()
    };
    let tables: BTreeMap<&String, &Output> =
        stage.outputs.iter().filter(|(_, output)| keyed(output)).collect();
    let ids = tables.values().map(|output| &output.id).collect();
    Tested {
        stage,
        outputs: tables.keys().map(|name| (*name).clone()).collect(),
        data: data_of(case, stage, &ids),
    }
}

/// The stages among them that predict and do not train, and those for which the case file names the knob of the batch size,
/// so that it cannot be one of training; for those without rows that can be told apart the data is empty.
#[must_use]
pub fn evaluated(case: &Case) -> Vec<Tested<'_>> {
    let named = |stage: &&Stage| {
        let knob = case.audits.wishes.eval_mode.knob.as_ref();
        knob.is_some_and(|knob| super::uses_knob(stage, knob))
    };
    let known: Vec<&Stage> = predicting(case).collect();
    let unknown = |stage: &&Stage| known.iter().all(|other| other.name != stage.name);
    let others: Vec<&Stage> = case.stages.iter().filter(named).filter(unknown).collect();
    let all = known.into_iter().chain(others).map(|stage| of_stage(case, stage));
    all.filter(|tested| !tested.outputs.is_empty()).collect()
}

/// Declared data whose rows a stage predicts for: what reaches it and does not reach its model. Held-out data comes first;
/// a stage that trains by itself shows its training rows by their target.
fn data_of(case: &Case, stage: &Stage, ids: &BTreeSet<&Vec<String>>) -> Vec<String> {
    let models: Vec<&String> = stage.inputs.iter().filter(|name| case.is_model(name)).collect();
    let trains = models.is_empty() || stage.outputs.values().any(|output| output.role.is_trained());
    let training = reaching(case, models.iter().filter_map(|name| case.producer(name)).collect());
    let samples: BTreeSet<&String> = stage
        .outputs
        .values()
        .filter_map(|output| match &output.order {
            Some(RowOrder::Sample(name)) => Some(name),
            _ => None,
        })
        .collect();
    let fits = |data: &Data| data.format.is_table() && ids.iter().any(|id| id.len() == data.id.len());
    let usable = |name: &String, data: &Data| {
        let told_apart = data.held_out || !trains || data.target.is_none() && data.split.is_none();
        fits(data) && told_apart && !training.contains(name) && !samples.contains(name)
    };
    let mut found: Vec<String> = reaching(case, vec![stage]).into_iter().collect();
    found.retain(|name| case.data.get(name).is_some_and(|data| usable(name, data)));
    // The first wish that anything meets narrows the choice.
    let held_out = |name: &String| case.data[name].held_out;
    let same_names = |name: &String| ids.contains(&case.data[name].id);
    let own = |name: &String| stage.data.contains(name);
    let wishes: [&dyn Fn(&String) -> bool; 3] = [&held_out, &same_names, &own];
    for wish in wishes {
        if found.iter().any(wish) {
            found.retain(wish);
        }
    }
    found
}

/// Names of all declared data that stages read, or that an earlier stage read for them; models are not looked behind,
/// unless they are where one begins.
fn reaching(case: &Case, stages: Vec<&Stage>) -> BTreeSet<String> {
    let (mut data, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), stages);
    while let Some(stage) = open.pop() {
        if seen.insert(stage.name.clone()) {
            data.extend(stage.data.iter().cloned());
            let inputs = stage.inputs.iter().filter(|name| !case.is_model(name));
            open.extend(inputs.filter_map(|name| case.producer(name)));
        }
    }
    data
}
