//! Cells and rows as 64-bit numbers: equal values have equal numbers, whatever their spelling.
//!
//! Two rows of different values share a number with probability 2^-64, so that among ten million training and ten
//! million held-out rows one false match is found in 200,000 such comparisons. What is shown is read from the files.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::artifact::number::{self, Written};
use crate::artifact::table::Cell;

/// Nothing: an empty cell, a null, or not a number.
pub(super) const NOTHING: u64 = 0;
/// The number 0.
pub(super) const ZERO: u64 = 1;

/// Odd constants without pattern: digits of pi after the point (Blowfish's first boxes).
const KEYS: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// A cell as it stands in its file.
pub(super) enum Value<'a> {
    Nothing,
    Text(Cow<'a, str>),
    Number(f64),
}

impl<'a> Value<'a> {
    pub(super) fn of(cell: Cell<'a>) -> Self {
        match cell {
            Cell::Null => Self::Nothing,
            Cell::Written(text) | Cell::Text(text) => Self::Text(Cow::Borrowed(text)),
            Cell::Single(value) => Self::Number(value.into()),
            Cell::Double(value) => Self::Number(value),
            Cell::Integer(value) => match i32::try_from(value) {
                Ok(value) => Self::Number(value.into()),
                // Longer ones take the way of texts, which knows where a double ends.
                Err(_) => Self::Text(Cow::Owned(value.to_string())),
            },
            Cell::Bool(value) => Self::Text(Cow::Borrowed(if value { "true" } else { "false" })),
            Cell::Other(text) => Self::Text(Cow::Owned(text)),
        }
    }

    /// The hash of the cell as it is written.
    pub(super) fn exact(&self) -> u64 {
        match self {
            Self::Nothing => NOTHING,
            Self::Text(text) => bytes(text.as_bytes()),
            Self::Number(value) => join(KEYS[2], value.to_bits()),
        }
    }

    /// The hash of what the cell means. Numbers are compared by value, optionally rounded to some decimals; texts
    /// without their case, their outer blanks, the width of inner blanks, and in Unicode's composed form.
    pub(super) fn normal(&self, decimals: Option<i32>) -> u64 {
        let text = match self {
            Self::Nothing => return NOTHING,
            Self::Number(value) => return of_number(*value, decimals),
            Self::Text(text) => trimmed(text),
        };
        if text.is_empty() {
            return NOTHING;
        }
        match number(text) {
            Some(value) => of_number(value, decimals),
            None => of_text(text),
        }
    }
}

/// A text without outer blanks. Most cells have none, which their first and last byte tell.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// The number that a text is, unless it is an integer too long for a double: those are names.
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(value) = short_decimal(text.as_bytes()) {
        return Some(value);
    }
    // Names mostly begin with a letter; only these begin a number or its absence.
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | 'n' | 'N' | 'i' | 'I'))
    {
        return None;
    }
    match number::written(text) {
        Written::Integer if text.len() <= 15 => number::value(text),
        Written::Float(value) => Some(value),
        _ => None,
    }
}

/// A decimal of at most 15 digits without exponent. Digits and the power of ten are exact doubles then, and one division
/// rounds once, as reading by the book does (W. D. Clinger, "How to read floating point numbers accurately", 1990).
#[expect(clippy::cast_precision_loss, reason = "15 digits are less than 2^53")]
fn short_decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 16 || (digits[0] == b'0' && digits.len() > 1 && digits[1] != b'.')
    {
        return None;
    }
    let (mut mantissa, mut point) = (0_u64, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() && place > 0 && place + 1 < digits.len() => point = Some(place),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |point| digits.len() - 1 - point);
    if digits.len() - usize::from(point.is_some()) > 15 {
        return None;
    }
    let value = mantissa as f64 / POWERS[decimals];
    Some(if negative { -value } else { value })
}

fn of_number(value: f64, decimals: Option<i32>) -> u64 {
    let value = match decimals {
        Some(decimals) if value.is_finite() => {
            let scale = 10_f64.powi(decimals);
            let scaled = (value * scale).round();
            if scaled.is_finite() { scaled / scale } else { value }
        }
        _ => value,
    };
    if value.is_nan() {
        return NOTHING;
    }
    // Zero of either sign.
    if value.abs() <= 0.0 { ZERO } else { join(KEYS[0], value.to_bits()) }
}

fn of_text(text: &str) -> u64 {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_whitespace()) {
        return bytes(text.as_bytes());
    }
    bytes(folded(text).as_bytes())
}

/// A text without case, in composed form, with single blanks.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word.nfc().collect::<String>().to_lowercase());
    }
    // Lowering can decompose what was composed.
    if folded.is_ascii() { folded } else { folded.nfc().collect() }
}

/// The hash of some bytes.
pub(super) fn bytes(bytes: &[u8]) -> u64 {
    let mut hash = join(KEYS[3], bytes.len() as u64);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let mut whole = [0; 8];
        whole.copy_from_slice(word);
        hash = join(hash, u64::from_le_bytes(whole));
    }
    let mut rest = [0; 8];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    join(hash, u64::from_le_bytes(rest))
}

/// The hash so far and one more word: the two halves of their product, folded. Source of the mixing: Wang Yi, wyhash.
pub(super) fn join(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ KEYS[1]) * u128::from(word ^ KEYS[2]);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are folded into one")]
    let halves = [product as u64, (product >> 64) as u64];
    halves[0] ^ halves[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> u64 {
        Value::Text(Cow::Borrowed(text)).normal(None)
    }

    #[test]
    fn spellings_of_one_value_are_one_number() {
        for group in [
            &["1.5", "1.50", "1.5e0", " 1.5 ", "15e-1"][..],
            &["0", "-0", "0.0", "-0.0", "0e5"],
            &["0.1", "0.10000000000000001"],
            &["New York", "new york", " NEW   YORK ", "new\tyork"],
            &["Z\u{fc}rich", "zu\u{308}rich", "Z\u{dc}RICH"],
            &["", "  ", "nan", "NaN"],
        ] {
            for text in group {
                assert_eq!(normal(text), normal(group[0]), "{text:?}");
            }
        }
        assert_eq!(normal("2.5"), Value::Number(2.5).normal(None));
        assert_eq!(normal("7"), Value::of(Cell::Integer(7)).normal(None));
    }

    #[test]
    fn other_values_are_other_numbers() {
        for (left, right) in [
            ("007", "7"),
            ("1.5", "1.6"),
            ("ab", "a b"),
            ("9007199254740993", "9007199254740992"),
            ("0", ""),
            ("1", "-1"),
            ("none", ""),
        ] {
            assert_ne!(normal(left), normal(right), "{left} {right}");
        }
        assert_ne!(Value::Text("1.5".into()).exact(), Value::Text("1.50".into()).exact());
    }

    #[test]
    fn rounding_joins_neighbours() {
        let rounded = |text: &str| Value::Text(Cow::Borrowed(text)).normal(Some(2));
        assert_eq!(rounded("1.2341"), rounded("1.2299"));
        assert_ne!(rounded("1.2341"), rounded("1.25"));
        assert_eq!(rounded("-0.001"), ZERO);
        assert_eq!(rounded("1e308"), Value::Number(1e308).normal(Some(2)));
    }

    proptest! {
        #[test]
        fn short_decimals_are_read_as_the_standard_library_reads_them(text in "-?[0-9]{1,9}(\\.[0-9]{1,9})?") {
            if let Some(value) = short_decimal(text.as_bytes()) {
                prop_assert_eq!(Some(value.to_bits()), number::value(&text).map(f64::to_bits));
            }
        }

        #[test]
        fn what_is_no_number_is_no_short_decimal(text in "[-0-9.e+ a]{0,8}") {
            if let Some(value) = short_decimal(text.as_bytes()) {
                prop_assert_eq!(number::value(&text), Some(value));
            }
        }

        #[test]
        fn different_bytes_hash_apart(left in any::<Vec<u8>>(), right in any::<Vec<u8>>()) {
            prop_assert_eq!(bytes(&left) == bytes(&right), left == right);
        }
    }
}
