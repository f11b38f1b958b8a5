//! Durations and sizes as people write them: `1h30min`, `4GiB`.

use std::time::Duration;

const TIME: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

const SIZE: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Reads a duration: numbers with units `d`, `h`, `min`, `s`, `ms`, the larger ones first.
///
/// # Errors
/// Says what is wrong with it, in a few words.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut milliseconds = 0_u64;
    let mut units_left = TIME;
    if rest.is_empty() {
        return Err("is empty".to_owned());
    }
    while !rest.is_empty() {
        let (number, unit, after) = leading(rest)?;
        let Some(at) = units_left.iter().position(|(name, _)| *name == unit) else {
            return Err(match TIME.iter().any(|(name, _)| *name == unit) {
                true => format!("has the unit `{unit}` twice or after a smaller one"),
                false if unit.is_empty() => "has a number without a unit".to_owned(),
                false => unknown(unit, TIME),
            });
        };
        milliseconds = number
            .checked_mul(units_left[at].1)
            .and_then(|more| milliseconds.checked_add(more))
            .ok_or("is too long")?;
        units_left = &units_left[at + 1..];
        rest = after;
    }
    Ok(Duration::from_millis(milliseconds))
}

/// Reads a size in bytes: one whole number with a decimal (`MB`) or binary (`MiB`) unit.
///
/// # Errors
/// Says what is wrong with it, in a few words.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    let (number, unit, after) = leading(text)?;
    if !after.is_empty() {
        return Err(format!("goes on with `{after}` after its unit"));
    }
    match SIZE.iter().find(|(name, _)| *name == unit) {
        Some((_, bytes)) => number.checked_mul(*bytes).ok_or_else(|| "is too large".to_owned()),
        None if unit.is_empty() => Err("has a number without a unit".to_owned()),
        None => Err(unknown(unit, SIZE)),
    }
}

fn unknown(unit: &str, known: &[(&str, u64)]) -> String {
    let lower = unit.to_lowercase();
    let meant = match lower.as_str() {
        "m" | "mins" | "minute" | "minutes" => Some("min"),
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "day" | "days" => Some("d"),
        _ => None,
    };
    let meant =
        known.iter().map(|(name, _)| *name).find(|name| Some(*name) == meant || name.to_lowercase() == lower);
    match meant {
        Some(meant) => format!("has the unknown unit `{unit}` (did you mean `{meant}`?)"),
        None => format!("has the unknown unit `{unit}`"),
    }
}

/// A number, its unit (which may be empty) and what follows.
fn leading(text: &str) -> Result<(u64, &str, &str), String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if digits == 0 {
        return Err("does not start with a whole number".to_owned());
    }
    let number = text[..digits].parse().map_err(|_| "is too large".to_owned())?;
    let rest = text[digits..].trim_start();
    if rest.starts_with(['.', ',']) {
        return Err("is not a whole number".to_owned());
    }
    let end = rest.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(rest.len());
    Ok((number, &rest[..end], rest[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read() {
        let seconds = |text| duration(text).map(|d| d.as_secs_f64());
        assert_eq!(seconds("90s"), Ok(90.0));
        assert_eq!(seconds("10min"), Ok(600.0));
        assert_eq!(seconds("1h30min"), Ok(5400.0));
        assert_eq!(seconds(" 1h 30 min "), Ok(5400.0));
        assert_eq!(seconds("2d"), Ok(172_800.0));
        assert_eq!(seconds("250ms"), Ok(0.25));
        assert_eq!(seconds("0s"), Ok(0.0));
    }

    #[test]
    fn wrong_durations_say_why() {
        let wrong = |text| duration(text).unwrap_err();
        assert_eq!(wrong(""), "is empty");
        assert_eq!(wrong("90"), "has a number without a unit");
        assert_eq!(wrong("10m"), "has the unknown unit `m` (did you mean `min`?)");
        assert_eq!(wrong("3 fortnights"), "has the unknown unit `fortnights`");
        assert_eq!(wrong("1.5h"), "is not a whole number");
        assert_eq!(wrong("30min1h"), "has the unit `h` twice or after a smaller one");
        assert_eq!(wrong("1h1h"), "has the unit `h` twice or after a smaller one");
        assert_eq!(wrong("soon"), "does not start with a whole number");
        assert_eq!(wrong("-5s"), "does not start with a whole number");
        assert_eq!(wrong("99999999999999999999s"), "is too large");
        assert_eq!(wrong("18446744073709551615d"), "is too long");
    }

    #[test]
    fn sizes_tell_decimal_from_binary_units() {
        assert_eq!(size("512MB"), Ok(512_000_000));
        assert_eq!(size("4GiB"), Ok(4 << 30));
        assert_eq!(size("4 GB"), Ok(4_000_000_000));
        assert_eq!(size("0B"), Ok(0));
        assert_eq!(size("1gb").unwrap_err(), "has the unknown unit `gb` (did you mean `GB`?)");
        assert_eq!(size("16").unwrap_err(), "has a number without a unit");
        assert_eq!(size("1GB2MB").unwrap_err(), "goes on with `2MB` after its unit");
        assert_eq!(size("18446744073709551615TB").unwrap_err(), "is too large");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in "\\PC{0,40}") {
            let _ = (duration(&text), size(&text));
        }

        #[test]
        fn written_durations_are_read_back(h in 0_u64..1000, min in 0_u64..1000, s in 0_u64..1000) {
            let read = duration(&format!("{h}h{min}min{s}s")).unwrap();
            prop_assert_eq!(read.as_secs(), h * 3600 + min * 60 + s);
        }

        #[test]
        fn written_sizes_are_read_back(n in 0_u64..1 << 20, unit in 0..SIZE.len()) {
            prop_assert_eq!(size(&format!("{n}{}", SIZE[unit].0)), Ok(n * SIZE[unit].1));
        }
    }
}
