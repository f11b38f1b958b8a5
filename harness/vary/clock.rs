//! The real-time clock at start: another year, month, weekday and fraction of a second. It ticks on at its usual speed.
//!
//! `SOURCE_DATE_EPOCH` is the same at both levels: a program that stamps its output with it, and not with
//! the clock, does what it should.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct Clock;

impl Factor for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn summary(&self) -> &'static str {
        "the date and time of day"
    }

    fn mend(&self) -> &'static str {
        "A time stamp in an output, a seed taken from the clock, or a default such as `until today` \
         makes every run another one. Pass the date as an argument, or honour SOURCE_DATE_EPOCH."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Preload
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        // A Tuesday evening in November 2023, a Sunday noon in September 2020; in the varied time zone it is already
        // the next day in both.
        let base = level.pick("1700000000.123456789", "1600000007.987654321");
        conditions.preload.insert("CLOCK".to_owned(), base.to_owned());
        conditions.set(level, "SOURCE_DATE_EPOCH", "1577836800", "1577836800");
    }
}
