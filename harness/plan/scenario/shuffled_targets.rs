//! Plans `shuffled-targets`: the whole pipeline on training rows whose targets are permuted, again and again.

use std::collections::BTreeMap;

use super::{Planner, Scenario, variance};
use crate::case::{Case, Data, MetricFrom, ShuffledTargets as Wish, Split, marks_held_out};
use crate::vary::data::{self, Edit, Rows};

/// Scenarios of the first round; the others follow while no permutation scores as well as the real targets.
const FIRST: u32 = 2;

/// See the module.
pub(super) struct ShuffledTargets;

impl Planner for ShuffledTargets {
    fn audit(&self) -> &'static str {
        "shuffled-targets"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let Some(wish) = &case.audits.wishes.shuffled_targets else {
            return Err("declare `metric` under `[audit.shuffled-targets]`".to_owned());
        };
        permuted(case, wish, 0..FIRST.min(wish.permutations))
    }
}

/// The scenarios with these numbers.
///
/// # Errors
/// Why no targets can be permuted.
pub fn permuted(case: &Case, wish: &Wish, numbers: std::ops::Range<u32>) -> Result<Vec<Scenario>, String> {
    let trained: Vec<_> =
        case.data.iter().filter(|(_, data)| !data.held_out && data.target.is_some()).collect();
    if trained.is_empty() {
        return Err("no data with a `target` is there to train on".to_owned());
    }
    if let MetricFrom::Computed { scoring, .. } = &wish.metric.from
        && let Some((name, data)) = trained.iter().find(|(name, _)| **name == scoring.truth)
        && !matches!(data.split, Some(Split::Column { .. }))
    {
        return Err(format!(
            "the truth `{name}` is permuted itself; let the metric be one that the program reports"
        ));
    }
    let mut rows = BTreeMap::new();
    for (name, data) in trained {
        rows.insert(name.clone(), training_rows(data)?);
    }
    let scenario = |number: u32| Scenario {
        edits: rows
            .iter()
            .map(|(name, rows)| {
                let edit = Edit::PermuteTargets { rows: rows.clone(), seed: u64::from(number) + 1 };
                (name.clone(), vec![edit])
            })
            .collect(),
        wanted: variance::outputs(&wish.metric),
        ..Scenario::default()
    };
    Ok(numbers.map(scenario).collect())
}

/// All rows, or those that no column holds out.
fn training_rows(data: &Data) -> Result<Rows, String> {
    let Some(Split::Column { column, held_out }) = &data.split else { return Ok(Rows::All) };
    let source = data.source(data.path.clone());
    let values = data::column(&source, column).map_err(|error| error.to_string())?;
    let trained = |value: &String| !marks_held_out(value, held_out);
    let numbers = (0_u64..).zip(&values).filter(|(_, value)| trained(value)).map(|(row, _)| row);
    Ok(Rows::Numbers(numbers.collect()))
}
