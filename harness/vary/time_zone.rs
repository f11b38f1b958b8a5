//! The time zone: UTC, or 13:45 hours east of it, where both the hour and the date are other ones.
//!
//! Where the zone database is installed the varied zone goes by its name, since programs exist that accept
//! nothing else; a POSIX rule stands in for it elsewhere, and needs no database.

use std::path::Path;

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct TimeZone;

impl Factor for TimeZone {
    fn name(&self) -> &'static str {
        "time-zone"
    }

    fn summary(&self) -> &'static str {
        "the time zone (TZ): UTC or 13:45 hours east"
    }

    fn mend(&self) -> &'static str {
        "`datetime.now()`, `datetime.fromtimestamp()` and naive time stamps take the local zone: days \
         begin at another hour, and daily groups hold other rows. Say the zone: \
         `datetime.now(timezone.utc)`, `pd.to_datetime(..., utc=True)`."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        let east = if Path::new("/usr/share/zoneinfo/Pacific/Chatham").is_file() {
            "Pacific/Chatham"
        } else {
            "<+1345>-13:45"
        };
        conditions.set(level, "TZ", "UTC0", east);
    }
}
