//! The level that a kernel promises, and those that its audits showed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Kernel;
use crate::case::kernel::Level;
use crate::judge::{Status, Verdict};

/// What a kernel promises of its bits, and what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Guarantee {
    /// The level that the case declares.
    pub promised: String,
    /// The levels that were shown here, the least first.
    pub shown: Vec<String>,
}

impl Guarantee {
    /// A level is shown where the audits that are about it held; one that was skipped shows nothing.
    #[must_use]
    pub fn of(kernel: &Kernel, verdicts: &[Verdict]) -> Self {
        let held = |audit: &str| {
            verdicts.iter().any(|verdict| verdict.audit == audit && verdict.status == Status::Held)
        };
        let shown = |level: &Level| match level {
            Level::RunToRun => held("repeat"),
            Level::ScheduleIndependent => held("schedule") && held("races"),
            Level::AdapterToAdapter => held("adapters"),
        };
        let levels = [Level::RunToRun, Level::ScheduleIndependent, Level::AdapterToAdapter];
        Self {
            promised: kernel.level.word().to_owned(),
            shown: levels.iter().filter(|level| shown(level)).map(|level| level.word().to_owned()).collect(),
        }
    }
}
