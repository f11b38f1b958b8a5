//! The name of the machine.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct HostName;

impl Factor for HostName {
    fn name(&self) -> &'static str {
        "host-name"
    }

    fn summary(&self) -> &'static str {
        "the host name"
    }

    fn mend(&self) -> &'static str {
        "The host name went into an output or a seed, or picks a branch (`if socket.gethostname() == \
         ...`). Take such settings from a file or an argument."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Preload
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        let name = level.pick("pinned", "another-machine.example");
        conditions.preload.insert("HOSTNAME".to_owned(), name.to_owned());
        conditions.env.insert("HOSTNAME".to_owned(), name.to_owned());
    }
}
