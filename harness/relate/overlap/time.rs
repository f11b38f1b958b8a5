//! Points in time: ISO 8601 dates and times, or numbers.

use super::hash::{self, Value};

/// A cell as a point on a line: seconds since 1970 for dates (UTC where no offset is written), the value for numbers;
/// `None` where it is neither.
pub(super) fn point(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Nothing => None,
        Value::Number(value) => Some(*value).filter(|value| value.is_finite()),
        Value::Text(text) => {
            let text = text.trim();
            date(text).or_else(|| hash::number(text).filter(|value| value.is_finite()))
        }
    }
}

/// Whether a text is a date or a time of ISO 8601.
pub(super) fn is_date(text: &str) -> bool {
    date(text.trim()).is_some()
}

/// `2024-02-29`, `2024-02`, `2024-02-29T12:30`, `2024-02-29 12:30:59.5Z`, `…+02:00`.
fn date(text: &str) -> Option<f64> {
    let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    let mut parts = day.split('-');
    let year = part(parts.next()?, 4)?;
    let month = part(parts.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let of_month = match parts.next() {
        Some(text) => part(text, 2).filter(|day| (1..=31).contains(day))?,
        None if rest.is_empty() => 1,
        None => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let seconds = f64::from(days(year, month, of_month)) * 86_400.0;
    match rest.as_bytes().first() {
        None => Some(seconds),
        Some(b'T' | b't' | b' ') => Some(seconds + clock(&rest[1..])?),
        Some(_) => None,
    }
}

/// Seconds since midnight, UTC.
fn clock(text: &str) -> Option<f64> {
    let (time, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) if matches!(&text[at..], "Z" | "z") => (&text[..at], 0),
        Some(at) => {
            let digits = text[at + 1..].replace(':', "");
            let minutes = match digits.len() {
                2 => part(&digits, 2)? * 60,
                4 => part(&digits[..2], 2)? * 60 + part(&digits[2..], 2)?,
                _ => return None,
            };
            (&text[..at], if text[at..].starts_with('+') { minutes } else { -minutes })
        }
        None => (text, 0),
    };
    let mut parts = time.trim_end().split(':');
    let hour = part(parts.next()?, 2).filter(|hour| *hour <= 24)?;
    let minute = part(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = match parts.next() {
        Some(text) if text.starts_with(|first: char| first.is_ascii_digit()) => text.parse::<f64>().ok()?,
        Some(_) => return None,
        None => 0.0,
    };
    let valid = parts.next().is_none() && second < 61.0;
    valid.then(|| f64::from(hour * 3600 + minute * 60 - offset * 60) + second)
}

/// Exactly so many digits.
fn part(text: &str, digits: usize) -> Option<i32> {
    let valid = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// Days since 1970 of a day of the Gregorian calendar. Years are counted from March, so that the leap day is the last.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_seconds_since_1970() {
        for (text, seconds) in [
            ("1970-01-01", 0.0),
            ("2000-03-01", 951_868_800.0),
            ("2024-02-29", 1_709_164_800.0),
            ("2024-02", 1_706_745_600.0),
            ("2024-02-29T12:30", 1_709_209_800.0),
            ("2024-02-29 12:30:59.5Z", 1_709_209_859.5),
            ("2024-02-29T12:30:00+02:00", 1_709_202_600.0),
            ("1969-12-31", -86_400.0),
            ("1700000000", 1.7e9),
            ("12.5", 12.5),
        ] {
            assert_eq!(point(&Value::Text(text.into())), Some(seconds), "{text}");
        }
        for text in ["", "2024-13-01", "2024-02-29x", "29.02.2024", "2024-02-29T25:00", "yesterday", "nan"] {
            assert_eq!(point(&Value::Text(text.into())), None, "{text}");
        }
        assert!(is_date("2024-02-29") && !is_date("12"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-0-9T:Z+. \u{fc}]{0,30}") {
            let _ = point(&Value::Text(text.into()));
        }

        #[test]
        fn later_dates_are_later(left in (1600_i32..2400, 1_i32..13, 1_i32..29), right in (1600_i32..2400, 1_i32..13, 1_i32..29)) {
            let of = |(year, month, day): (i32, i32, i32)| days(year, month, day);
            prop_assert_eq!(of(left).cmp(&of(right)), left.cmp(&right));
        }
    }
}
