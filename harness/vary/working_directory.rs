//! The directory in which the program runs: another length, a space, a non-ASCII letter.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct WorkingDirectory;

impl Factor for WorkingDirectory {
    fn name(&self) -> &'static str {
        "working-directory"
    }

    fn summary(&self) -> &'static str {
        "the working directory (another length, a space, a non-ASCII letter)"
    }

    fn mend(&self) -> &'static str {
        "A path that was written into an output, hashed, or split at spaces makes the result depend \
         on where the project lies. Use paths relative to the script, quote them in shell, and keep \
         absolute paths out of outputs."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.other_directory = level == Level::Varied;
    }
}
