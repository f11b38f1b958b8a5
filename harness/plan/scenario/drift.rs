//! Plans `drift`: nothing is run, tables are read.

use super::{Planner, Scenario};
use crate::case::Case;

/// See the module.
pub(super) struct Drift;

impl Planner for Drift {
    fn audit(&self) -> &'static str {
        "drift"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        match &case.audits.wishes.drift {
            Some(_) => Ok(Vec::new()),
            None => Err("declare `reference` and `current` under `[audit.drift]`".to_owned()),
        }
    }
}
