//! The real-time clock at start: another year, month, weekday and fraction of a second. It ticks on at its usual speed.
//!
//! Files carry times, too: those of the inputs, and those that the program writes and packs into an archive, follow.
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
        "the date and time of day, also as the time of files"
    }

    fn mend(&self) -> &'static str {
        "A time stamp in an output, a seed taken from the clock, a default such as `until today`, or the file times that \
         `tar`, `zip` and `gzip` record make every run another one. Pass the date as an argument, honour \
         SOURCE_DATE_EPOCH, and set file times before packing (`tar --mtime`, `gzip -n`)."
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
        // Some days earlier: a copy or a checkout gives inputs other times on every machine.
        conditions.input_time_s = level.pick(1_699_500_000, 1_599_500_000);
        conditions.set(level, "SOURCE_DATE_EPOCH", "1577836800", "1577836800");
    }
}
