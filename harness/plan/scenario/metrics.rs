//! Plans `metrics`: nothing is run, the baseline's predictions are read.

use super::{Planner, Scenario};
use crate::case::Case;

/// See the module.
pub(super) struct Metrics;

impl Planner for Metrics {
    fn audit(&self) -> &'static str {
        "metrics"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        match &case.audits.wishes.metrics {
            Some(_) => Ok(Vec::new()),
            None => Err("declare `truth`, `predictions` and `floors` under `[audit.metrics]`".to_owned()),
        }
    }
}
