//! The file mode creation mask.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Umask;

impl Factor for Umask {
    fn name(&self) -> &'static str {
        "umask"
    }

    fn summary(&self) -> &'static str {
        "the file mode creation mask (022 or 027)"
    }

    fn mend(&self) -> &'static str {
        "The mode of an output, or of an entry in an archive, follows the umask of whoever runs the \
         program. Set modes explicitly, and normalise them in archives."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.umask = level.pick(0o022, 0o027);
    }
}
