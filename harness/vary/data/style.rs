//! Numbers and points in time in the spelling of the file they stand in.

use super::dice::Dice;

/// The value of a number as data files write it: as JSON does, and besides with a plus sign, blanks around it or a point at
/// either end. Labels such as `007` and what is not finite are no numbers.
pub(super) fn number(text: &str) -> Option<f64> {
    let bare = text.trim();
    let digits = bare.strip_prefix(['+', '-']).unwrap_or(bare);
    let bytes = digits.as_bytes();
    let label = bytes.len() > 1 && bytes[0] == b'0' && bytes[1].is_ascii_digit();
    let plain =
        bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if label || !plain {
        return None;
    }
    bare.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The value of a whole number without point or exponent.
pub(super) fn integer(text: &str) -> Option<i128> {
    number(text)?;
    text.trim().parse().ok()
}

/// A number in the spelling of another: its blanks, its plus sign, its decimals, its exponent.
pub(super) fn like(template: &str, value: f64) -> String {
    let bare = template.trim();
    let (before, after) = template.split_once(bare).unwrap_or(("", ""));
    let sign = if bare.starts_with('+') && value >= 0.0 { "+" } else { "" };
    let (mantissa, exponent) = match bare.find(['e', 'E']) {
        Some(place) => (&bare[..place], Some(&bare[place..])),
        None => (bare, None),
    };
    let (decimals, point) = match mantissa.split_once('.') {
        Some((_, "")) => (0, "."),
        Some((_, decimals)) => (decimals.len(), ""),
        None => (0, ""),
    };
    let number = match exponent {
        None => format!("{value:.decimals$}{point}"),
        Some(exponent) => {
            let text = format!("{value:.decimals$e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{digits}{point}{}", power_like(exponent, power))
        }
    };
    format!("{before}{sign}{number}{after}")
}

/// A whole number with the blanks and the plus sign of another.
pub(super) fn whole_like(template: &str, value: i128) -> String {
    let bare = template.trim();
    let (before, after) = template.split_once(bare).unwrap_or(("", ""));
    let sign = if bare.starts_with('+') && value >= 0 { "+" } else { "" };
    format!("{before}{sign}{value}{after}")
}

/// An exponent in the spelling of another: `e-05`, `E+3`.
fn power_like(template: &str, power: &str) -> String {
    let letter = &template[..1];
    let digits = template[1..].trim_start_matches(['+', '-']).len();
    let (sign, magnitude) = match power.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => (if template[1..].starts_with(['+', '-']) { "+" } else { "" }, power),
    };
    format!("{letter}{sign}{magnitude:0>digits$}")
}

/// Whether a text is a date, a date with a time, or a time, in ISO 8601 form.
pub(super) fn is_time(text: &str) -> bool {
    match split(text.trim()) {
        Some((date, clock)) => date.is_some() || !clock.is_empty(),
        None => false,
    }
}

/// A date and what follows it: a separator and a time of the day.
type Split<'a> = (Option<(i64, i64, i64)>, &'a str);

fn split(text: &str) -> Option<Split<'_>> {
    if clock(text) {
        return Some((None, text));
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let date = parse_date(date)?;
    let fits = rest.is_empty() || (rest.starts_with(['T', 't', ' ']) && clock(&rest[1..]));
    fits.then_some((Some(date), rest))
}

fn parse_date(text: &str) -> Option<(i64, i64, i64)> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = text.get(range)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    (bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-')).then_some(())?;
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// `HH:MM`, perhaps with seconds, a fraction and an offset.
fn clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    let hour = digit(0) && digit(1) && text.get(..2).is_some_and(|hour| hour < "24");
    let shape = hour && bytes.get(2) == Some(&b':') && digit(3) && digit(4);
    let rest = bytes.iter().skip(5);
    shape
        && rest.clone().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'+' | b'-' | b'Z'))
}

/// Another point in time in the same form: 3 to 8 years and up to 27 days later (earlier near the year 9999), or some hours
/// later where there is no date.
pub(super) fn shift_time(text: &str, dice: &mut Dice) -> Option<String> {
    let bare = text.trim();
    let (before, after) = text.split_once(bare)?;
    let years = 3 + i64::try_from(dice.below(6)).ok()?;
    let days = i64::try_from(dice.below(28)).ok()?;
    let shifted = match split(bare)? {
        (None, clock) => {
            let hour = (clock.get(..2)?.parse::<i64>().ok()? + years) % 24;
            format!("{hour:02}{}", &clock[2..])
        }
        (Some((year, month, day)), rest) => {
            let years = if year + years > 9990 { -years } else { years };
            let (year, month, day) = from_days(to_days(year + years, month, day) + days);
            format!("{year:04}-{month:02}-{day:02}{rest}")
        }
    };
    Some(format!("{before}{shifted}{after}"))
}

/// Days since 1970-01-01 in the Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (2013).
fn to_days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`to_days`].
fn from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_told_from_labels() {
        for text in ["007", "", " ", "nan", "inf", "1e999", "1_0", "0x1", "e", "-", "."] {
            assert_eq!(number(text), None, "{text}");
        }
        for text in [".5", "+0.5", " 0.5", "0.50", "5e-1"] {
            assert_eq!(number(text), Some(0.5), "{text}");
        }
        assert_eq!((integer(" 12"), integer("12.0"), integer("1e3")), (Some(12), None, None));
    }

    #[test]
    fn spellings_are_kept() {
        for (template, value, expected) in [
            ("1.250", 3.5, "3.500"),
            (" 7", 12.4, " 12"),
            ("+1.5", 2.0, "+2.0"),
            ("+1.5", -2.0, "-2.0"),
            ("5.", 7.0, "7."),
            ("1.5e-05", 0.000_25, "2.5e-04"),
            ("1E+10", 3e5, "3E+05"),
            ("1e3", 2000.0, "2e3"),
        ] {
            assert_eq!(like(template, value), expected, "{template}");
        }
    }

    #[test]
    fn times_are_recognised_and_keep_their_form() {
        for text in ["2020-02-29", "2020-02-29T10:00:00Z", "2020-02-29 10:00:00.123456+01:00", "09:30"] {
            assert!(is_time(text), "{text}");
            let shifted = shift_time(text, &mut Dice::new(1, &[])).unwrap();
            assert!(is_time(&shifted) && shifted.len() == text.len() && shifted != text, "{shifted}");
        }
        for text in ["2020-13-01", "2020-02", "2020-02-29x", "25:00", "20200229", "9:30", "2020-02-29T"] {
            assert!(!is_time(text), "{text}");
        }
        assert_eq!(from_days(to_days(2024, 2, 28) + 2), (2024, 3, 1));
    }

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(days in -700_000_i64..2_900_000) {
            let (year, month, day) = from_days(days);
            prop_assert_eq!(to_days(year, month, day), days);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9TZ:.eE+ \u{fc}]{0,24}", value in any::<f64>()) {
            let _ = (number(&text), integer(&text), is_time(&text), like(&text, value));
            let _ = shift_time(&text, &mut Dice::new(1, &[]));
        }
    }
}
