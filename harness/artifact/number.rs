//! Numbers as they are written: in CSV cells and JSON documents the digits count too.

/// Whether a text is a number as JSON (RFC 8259) writes it: no leading zeros, no sign `+`, no blanks. So `007` stays the
/// label it most likely is.
pub(crate) fn is_number(text: &str) -> bool {
    is_float(text).is_some()
}

/// Whether a number has a point or an exponent; `None` where the text is no number. One pass, for every cell that
/// differs comes through here.
fn is_float(text: &str) -> Option<bool> {
    let mut rest = text.as_bytes();
    rest = rest.strip_prefix(b"-").unwrap_or(rest);
    let whole = rest;
    rest = digits(rest)?;
    if whole[0] == b'0' && whole.len() - rest.len() > 1 {
        return None;
    }
    let mut float = false;
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = digits(fraction)?;
        float = true;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        rest = match exponent {
            [b'+' | b'-', exponent @ ..] => digits(exponent)?,
            _ => digits(exponent)?,
        };
        float = true;
    }
    rest.is_empty().then_some(float)
}

/// What follows at least one digit.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| &text[count..])
}

/// What a text says, as far as numbers are concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Written {
    /// Digits and perhaps a minus sign.
    Integer,
    /// With a point or exponent, or not finite.
    Float(f64),
    /// Anything else.
    Text,
}

/// Reads a text as a number, if it is one. The spellings of what is not finite are those of Python, NumPy, R and Rust.
pub(crate) fn written(text: &str) -> Written {
    match is_float(text) {
        Some(false) => return Written::Integer,
        Some(true) => return text.parse().map_or(Written::Text, Written::Float),
        None => {}
    }
    match text {
        "nan" | "NaN" | "NAN" => Written::Float(f64::NAN),
        "inf" | "Inf" | "Infinity" | "INF" => Written::Float(f64::INFINITY),
        "-inf" | "-Inf" | "-Infinity" | "-INF" => Written::Float(f64::NEG_INFINITY),
        _ => Written::Text,
    }
}

/// The value of any number, integers included.
pub(crate) fn value(text: &str) -> Option<f64> {
    match written(text) {
        Written::Integer => text.parse().ok(),
        Written::Float(value) => Some(value),
        Written::Text => None,
    }
}

/// Whether two numbers with equally many decimals differ by exactly one unit of the last printed digit, as `0.123456`
/// and `0.123457` do.
pub(crate) fn one_unit_of_last_digit(left: &str, right: &str) -> bool {
    fn digits(text: &str) -> Option<(i128, usize, &str)> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        let decimals = mantissa.split_once('.')?.1.len();
        Some((mantissa.replace('.', "").parse().ok()?, decimals, exponent))
    }
    match (digits(left), digits(right)) {
        (Some((left, decimals, exponent)), Some((right, other_decimals, other_exponent))) => {
            decimals == other_decimals && exponent == other_exponent && left.abs_diff(right) == 1
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_with_leading_zeros_or_blanks_are_not_numbers() {
        for text in ["", "-", "007", "+1", " 1", "1 ", "1.", ".5", "1e", "0x10", "1_000", "--1", "1.5.2"] {
            assert_eq!(written(text), Written::Text, "{text}");
        }
        for text in ["0", "-12", "123456789012345678901234567890"] {
            assert_eq!(written(text), Written::Integer, "{text}");
        }
        assert_eq!(written("-0.0"), Written::Float(-0.0));
        assert_eq!(written("1e-05"), Written::Float(1e-5));
        assert_eq!(written("-inf"), Written::Float(f64::NEG_INFINITY));
        assert_eq!(value("12"), Some(12.0));
        assert_eq!(value("twelve"), None);
    }

    #[test]
    fn the_last_printed_digit_is_recognised() {
        assert!(one_unit_of_last_digit("0.123456", "0.123457"));
        assert!(one_unit_of_last_digit("0.999999", "1.000000"));
        assert!(one_unit_of_last_digit("-0.000001", "0.000000"));
        assert!(one_unit_of_last_digit("1.5e-05", "1.6e-05"));
        assert!(!one_unit_of_last_digit("1.5e-05", "1.6e-06"));
        assert!(!one_unit_of_last_digit("0.12", "0.123"));
        assert!(!one_unit_of_last_digit("0.10", "0.12"));
        assert!(!one_unit_of_last_digit("1", "2"));
    }

    proptest! {
        #[test]
        fn every_finite_float_that_is_printed_is_a_number(value in any::<f64>()) {
            prop_assume!(value.is_finite());
            prop_assert_eq!(written(&format!("{value:?}")), Written::Float(value));
        }

        #[test]
        fn no_text_makes_it_panic(left in ".{0,12}", right in "[-0-9.eE\u{fc}]{0,12}") {
            let _ = (written(&left), written(&right), one_unit_of_last_digit(&left, &right));
        }
    }
}
