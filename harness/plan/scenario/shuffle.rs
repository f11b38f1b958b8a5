//! Plans `shuffle`: the rows that predictions are made for stand in another order, some are missing, one stands twice.

use super::tested::{RowChange, tested};
use super::{Planner, Scenario};
use crate::case::Case;

/// See the module.
pub(super) struct Shuffle;

impl Planner for Shuffle {
    fn audit(&self) -> &'static str {
        "shuffle"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let tested = tested(case);
        if tested.is_empty() {
            return Err("no stage leaves a table of predictions with `id` for declared rows that can be told from \
                        training rows; declare `out.NAME = { path = \"p.csv\", id = \"id\", role = \"predictions\" }`, and \
                        `id` and `held-out = true` for the data"
                .to_owned());
        }
        // Where several files may be meant, the ids that the baseline predicts decide.
        let settled = tested.iter().filter_map(|tested| Some((tested, tested.only_data()?)));
        let both = settled.flat_map(|(tested, data)| {
            [RowChange::Joint, RowChange::Doubled].map(|change| tested.scenario(data, change))
        });
        Ok(both.collect())
    }
}
