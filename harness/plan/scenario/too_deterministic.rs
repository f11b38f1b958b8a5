//! Plans `too-deterministic`, which runs nothing of its own.

use super::{Planner, Scenario};
use crate::case::Case;

/// See the module.
pub(super) struct TooDeterministic;

impl Planner for TooDeterministic {
    fn audit(&self) -> &'static str {
        "too-deterministic"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let wish = case.audits.wishes.too_deterministic.as_ref();
        let wish = wish.ok_or(
            "declare `[audit.too-deterministic]` with `output`, `index` and `epoch`, `worker` or `rank`",
        )?;
        let table = case.output(&wish.output).is_some_and(|output| output.format.is_table());
        if table { Ok(Vec::new()) } else { Err(format!("`{}` is no table", wish.output)) }
    }
}
