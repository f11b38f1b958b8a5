//! Plans `normalization`: raw training rows go through the inference path.

use std::collections::{BTreeMap, BTreeSet};

use super::{Planner, Scenario, reaches};
use crate::case::{Case, Normalization as Wish};
use crate::vary::data::{self, Edit, Rows};

/// See the module.
pub(super) struct Normalization;

impl Planner for Normalization {
    fn audit(&self) -> &'static str {
        "normalization"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let Some(wish) = &case.audits.wishes.normalization else {
            return Err("declare `train`, `infer`, `from` and `to` under `[audit.normalization]`".to_owned());
        };
        // Both paths read the same rows: the baseline has both answers.
        if wish.from == wish.to {
            return Ok(Vec::new());
        }
        let scenario = through(case, wish)?;
        let producer = case.producer(&wish.infer).map(|stage| stage.name.as_str()).unwrap_or_default();
        if !reaches(case, &scenario, producer) {
            return Err(format!(
                "stage `{producer}`, which leaves `{}`, does not read `{}`",
                wish.infer, wish.to
            ));
        }
        Ok(vec![scenario])
    }
}

/// The first half of the training rows through the inference path. Half of them, since statistics that are taken from the
/// rows at hand would be the right ones if all training rows were at hand.
fn through(case: &Case, wish: &Wish) -> Result<Scenario, String> {
    let Some(from) = case.data.get(&wish.from) else { return Err(format!("`{}` is no data", wish.from)) };
    let rows = data::row_count(&from.source(from.path.clone())).map_err(|error| error.to_string())?;
    let half = Rows::Numbers((0..rows.div_ceil(2)).collect());
    Ok(Scenario {
        edits: BTreeMap::from([(
            wish.to.clone(),
            vec![Edit::Take { from: wish.from.clone() }, Edit::Keep { rows: half }],
        )]),
        wanted: BTreeSet::from([wish.infer.clone()]),
        ..Scenario::default()
    })
}
