//! The folder for temporary files.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct TempDirectory;

impl Factor for TempDirectory {
    fn name(&self) -> &'static str {
        "temp-directory"
    }

    fn summary(&self) -> &'static str {
        "the folder for temporary files (TMPDIR)"
    }

    fn mend(&self) -> &'static str {
        "A temporary path leaked into an output, or a file left in the shared temporary folder was \
         found again. Make a fresh folder per run and keep its name out of the results."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.other_temp = level == Level::Varied;
    }
}
