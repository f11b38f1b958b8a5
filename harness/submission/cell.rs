//! What a cell says: a number, something that is no number, or nothing.

/// Kinds of cells, in the order of [`KINDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A finite number.
    Number,
    /// `nan`, `inf`, or a number too large for 64 bits.
    NotFinite,
    /// `None`, `NULL`, `NA` and the like.
    Null,
    /// Nothing.
    Empty,
    /// A number with a decimal comma: `0,5`.
    Comma,
    /// Several numbers with blanks between them.
    List,
    /// Anything else.
    Text,
}

/// How many kinds there are.
pub(super) const KINDS: usize = 7;

/// What was read in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) kind: Kind,
    /// The value of a number; else NaN.
    pub(super) value: f64,
    /// Whether blanks stand before or after it.
    pub(super) padded: bool,
}

/// Reads a cell. Numbers are what C and pandas read as such: a sign, digits with a point anywhere, an exponent.
pub(super) fn read(bytes: &[u8]) -> Cell {
    let text = bytes.trim_ascii();
    let padded = text.len() != bytes.len();
    let cell = |kind, value| Cell { kind, value, padded };
    if let Some(value) = short_number(text) {
        return cell(Kind::Number, value);
    }
    match shape(text, b'.') {
        Some(_) => {
            return number(text).map_or(cell(Kind::Text, f64::NAN), |value| {
                cell(if value.is_finite() { Kind::Number } else { Kind::NotFinite }, value)
            });
        }
        None if text.is_empty() => return cell(Kind::Empty, f64::NAN),
        None => {}
    }
    let kind = if is_not_finite(text) {
        Kind::NotFinite
    } else if is_null(text) {
        Kind::Null
    } else if shape(text, b',').is_some() {
        Kind::Comma
    } else if is_list(text) {
        Kind::List
    } else {
        Kind::Text
    };
    let value = if kind == Kind::Comma { comma_value(text) } else { f64::NAN };
    cell(kind, value)
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Digits after the point; `None` where there is no point.
    pub(super) decimals: Option<usize>,
    pub(super) exponent: bool,
}

/// How a number is written, with this byte as its point; `None` where the text is no number.
pub(super) fn shape(text: &[u8], point: u8) -> Option<Shape> {
    let mut rest = unsigned(text);
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(rest);
    rest = &rest[whole..];
    let mut decimals = None;
    if let [first, fraction @ ..] = rest
        && *first == point
    {
        let count = digits(fraction);
        decimals = Some(count);
        rest = &fraction[count..];
    }
    if whole + decimals.unwrap_or(0) == 0 {
        return None;
    }
    let exponent = matches!(rest, [b'e' | b'E', ..]);
    if exponent {
        rest = unsigned(&rest[1..]);
        let count = digits(rest);
        if count == 0 {
            return None;
        }
        rest = &rest[count..];
    }
    rest.is_empty().then_some(Shape { decimals, exponent })
}

/// A text without its sign.
fn unsigned(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text)
}

/// The value of digits with a point, of which there are so few that both the digits as a whole number and the power of ten
/// below them are exact in 64 bits, so that one division rounds correctly (Clinger 1990). Most predictions are such.
fn short_number(text: &[u8]) -> Option<f64> {
    const DIGITS_MAX: usize = 15;
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let bare = unsigned(text);
    let (mut whole, mut digits, mut point) = (0_u64, 0, None);
    for byte in bare {
        match byte {
            b'0'..=b'9' if digits < DIGITS_MAX => {
                whole = 10 * whole + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are below 2^53")]
    let value = whole as f64 / POWERS[digits - point.unwrap_or(digits)];
    Some(if text.starts_with(b"-") { -value } else { value })
}

/// The value of a text of the right shape.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn comma_value(text: &[u8]) -> f64 {
    let pointed: Vec<u8> = text.iter().map(|byte| if *byte == b',' { b'.' } else { *byte }).collect();
    number(&pointed).unwrap_or(f64::NAN)
}

fn is_not_finite(text: &[u8]) -> bool {
    let bare = unsigned(text);
    let words: [&[u8]; 7] = [b"nan", b"inf", b"infinity", b"1.#inf", b"1.#qnan", b"1.#ind", b"nan(ind)"];
    bare.len() <= 8 && words.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

fn is_null(text: &[u8]) -> bool {
    let words: [&[u8]; 10] =
        [b"none", b"null", b"na", b"n/a", b"<na>", b"nat", b"#n/a", b"#na", b"nil", b"missing"];
    text.len() <= 7 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_list(text: &[u8]) -> bool {
    let mut tokens = text.split(|byte| *byte == b' ').filter(|token| !token.is_empty());
    text.contains(&b' ') && tokens.all(|token| shape(token, b'.').is_some())
}

/// The spellings that a program leaves where it has no value, and that are no likely name of a class.
pub(super) fn is_leftover(text: &[u8]) -> bool {
    [b"nan".as_slice(), b"NaN", b"<NA>", b"NaT"].contains(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_to_a_number_gives_the_bits_of_the_long_one(text in "[+-]?[0-9]{0,9}\\.?[0-9]{0,9}") {
            if let Some(value) = short_number(text.as_bytes()) {
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
                prop_assert!(shape(text.as_bytes(), b'.').is_some());
            }
        }
    }

    #[test]
    fn cells_are_what_programs_read_in_them() {
        for (text, kind) in [
            ("0", Kind::Number),
            ("-0", Kind::Number),
            ("+1", Kind::Number),
            (".5", Kind::Number),
            ("1.", Kind::Number),
            ("1e-05", Kind::Number),
            ("1E+5", Kind::Number),
            ("007", Kind::Number),
            ("1e400", Kind::NotFinite),
            ("nan", Kind::NotFinite),
            ("-Infinity", Kind::NotFinite),
            ("", Kind::Empty),
            ("  ", Kind::Empty),
            ("None", Kind::Null),
            ("<NA>", Kind::Null),
            ("0,5", Kind::Comma),
            ("1 2 3", Kind::List),
            ("1 2 0.5", Kind::List),
            ("0x10", Kind::Text),
            ("1_000", Kind::Text),
            ("1,234.5", Kind::Text),
            ("1,234,567", Kind::Text),
            ("\u{ff11}", Kind::Text),
            ("1\u{a0}", Kind::Text),
            (".", Kind::Text),
            ("1e", Kind::Text),
            ("1.5.2", Kind::Text),
            ("cat", Kind::Text),
        ] {
            assert_eq!(read(text.as_bytes()).kind, kind, "{text:?}");
        }
        assert!(read(b" 1").padded && read(b"1\t").padded && !read(b"1").padded);
        assert!((read(b"0,5").value - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn the_shape_of_a_number_counts_its_decimals() {
        let shape = |text: &str| shape(text.as_bytes(), b'.').unwrap();
        assert_eq!(shape("-1.250"), Shape { decimals: Some(3), exponent: false });
        assert_eq!(shape("1e-3"), Shape { decimals: None, exponent: true });
        assert_eq!(shape("1."), Shape { decimals: Some(0), exponent: false });
    }
}
