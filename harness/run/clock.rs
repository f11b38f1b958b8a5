//! The only door to the clock.

use std::time::{Duration, Instant, SystemTime};

/// A started stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Seconds since 1970-01-01 UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Microseconds since 1970-01-01 UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// Today's year, month and day in UTC.
#[must_use]
pub fn today() -> (u16, u8, u8) {
    date(unix_seconds() / 86_400)
}

/// A number of seconds since 1970-01-01 UTC as RFC 3339 writes it: `2026-06-30T23:59:59Z`.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    let (year, month, day) = date(seconds / 86_400);
    let rest = seconds % 86_400;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The civil date of a day count since 1970-01-01.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(days: u64) -> (u16, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let small = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
    (u16::try_from(year).unwrap_or(u16::MAX), small(month), small(day))
}

#[cfg(test)]
mod tests {
    use super::{date, rfc3339};

    #[test]
    fn dates_of_known_days_are_right() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(19_723), (2024, 1, 1));
        assert_eq!(date(20_634), (2026, 6, 30));
    }

    #[test]
    fn a_moment_is_written_as_rfc_3339_does() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_782_863_999), "2026-06-30T23:59:59Z");
    }
}
