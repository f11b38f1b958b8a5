//! The home directory, and with it the XDG folders: no `XDG_*` variable is set, so they all follow HOME.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Home;

impl Factor for Home {
    fn name(&self) -> &'static str {
        "home"
    }

    fn summary(&self) -> &'static str {
        "the home directory, and the XDG folders below it"
    }

    fn mend(&self) -> &'static str {
        "A cache, a configuration file or a downloaded model under HOME is an input that nobody \
         declared. Declare it as data, or pass its path explicitly."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.other_home = level == Level::Varied;
    }
}
