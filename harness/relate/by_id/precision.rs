//! In which precision numbers were computed, as far as the numbers and the weights tell.
//!
//! A value tells by its bits: the distance from its highest to its lowest set bit is at most the precision of the type
//! that it was rounded to (24 bits for float32, 11 for float16, 8 for bfloat16; IEEE 754-2019, table 3.5). Numbers of
//! few bits say nothing alone (0.25 fits everywhere). A grid such as the votes of 128 trees fits into few bits too, but
//! only the values of one octave use all of them; roundings to a float use them in every octave.

use std::collections::BTreeSet;

use crate::artifact::archive::Archive;
use crate::artifact::npy::{self, Array};
use crate::artifact::safetensors::Safetensors;
use crate::artifact::tensor::Dtype;
use crate::artifact::{Artifact, Error, Format};

use super::read::Value;

/// A floating-point type, from fine to coarse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// float64.
    Double,
    /// float32.
    Single,
    /// float16.
    Half,
    /// bfloat16.
    Brain,
}

/// Values with all bits in use from which a 16-bit type is recognised.
const WITNESSES_MIN: usize = 16;

impl Precision {
    /// Distance from 1 to the next larger value.
    #[must_use]
    pub fn epsilon(self) -> f64 {
        match self {
            Self::Double => f64::EPSILON,
            Self::Single => f64::from(f32::EPSILON),
            Self::Half => 1.0 / 1024.0,
            Self::Brain => 1.0 / 128.0,
        }
    }

    /// The name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "float64",
            Self::Single => "float32",
            Self::Half => "float16",
            Self::Brain => "bfloat16",
        }
    }

    fn bits(self) -> u32 {
        match self {
            Self::Double => 53,
            Self::Single => 24,
            Self::Half => 11,
            Self::Brain => 8,
        }
    }

    /// The coarsest type to which all these values seem to be rounded.
    pub(super) fn of_values<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let mut spans = Vec::new();
        let (mut single, mut informed) = (true, false);
        for value in values {
            let Some(number) = value.number().filter(|number| number.is_finite() && *number != 0.0) else {
                continue;
            };
            let span = Span::of(as_single(value).unwrap_or(number));
            informed |= span.bits > 12;
            single &= matches!(value, Value::Single(_)) || span.bits <= 24;
            spans.push(span);
        }
        for precision in [Self::Brain, Self::Half] {
            if fills(&spans, precision.bits()) {
                return precision;
            }
        }
        if single && informed { Self::Single } else { Self::Double }
    }
}

/// The float32 that a text stands for, where it has no more digits than are needed to tell that from its neighbours (nine
/// at most) and they are its digits, correctly rounded; of two that are as near either will do.
fn as_single(value: &Value) -> Option<f64> {
    let Value::Written(text) = value else { return None };
    let count = digits(text).len();
    let single = text.parse::<f32>().ok().filter(|single| single.is_finite() && *single != 0.0)?;
    if count > 9 || count < digits(&format!("{single:e}")).len() {
        return None;
    }
    let (exact, number) = (f64::from(single), value.number()?);
    let last = exact.abs().log10().floor() + 1.0 - f64::from(u32::try_from(count).ok()?);
    ((exact - number).abs() <= 0.5 * (1.0 + 1e-6) * 10_f64.powf(last)).then_some(exact)
}

/// The significant digits of a number as text, without zeros at either end.
pub(super) fn digits(text: &str) -> String {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    all.trim_matches('0').to_owned()
}

/// Where the highest set bit of a number stands, and how many bits lie from there to the lowest.
#[derive(Clone, Copy, Debug)]
struct Span {
    top: i32,
    bits: u32,
}

impl Span {
    /// Of a finite number that is not zero.
    fn of(number: f64) -> Self {
        let bits = number.to_bits();
        let field = i32::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
        let fraction = bits & ((1 << 52) - 1);
        if field == 0 {
            let top = 63 - i32::try_from(fraction.leading_zeros()).unwrap_or_default();
            return Self { top: top - 1074, bits: 64 - fraction.leading_zeros() - fraction.trailing_zeros() };
        }
        let mantissa = fraction | 1 << 52;
        Self { top: field - 1023, bits: 53 - mantissa.trailing_zeros() }
    }
}

/// Whether all values fit into so many bits, and a quarter of them, in two octaves or more, use all of these: half do
/// where values are rounded to a float; where they lie on a grid, those of a single octave.
fn fills(spans: &[Span], bits: u32) -> bool {
    let full: Vec<i32> = spans.iter().filter(|span| span.bits == bits).map(|span| span.top).collect();
    let octaves: BTreeSet<&i32> = full.iter().collect();
    spans.iter().all(|span| span.bits <= bits)
        && full.len() >= WITNESSES_MIN
        && octaves.len() >= 2
        && 4 * full.len() >= spans.len()
}

/// The precision in which weights are stored: float64 where all floating-point tensors are, else float32 (coarser types
/// are widened before sums are formed). `None` where the file does not say, as a pickle.
///
/// # Errors
/// When the file cannot be read at all.
pub fn of_weights(artifact: &Artifact) -> Result<Option<Precision>, Error> {
    let types = match artifact.format {
        Format::Npy | Format::Npz => arrays(artifact),
        Format::Safetensors => tensors(artifact),
        _ => Ok(Vec::new()),
    };
    let floats = match types {
        Ok(types) => types,
        Err(error) if error.is_about_content() => return Ok(None),
        Err(error) => return Err(error),
    };
    let coarse = |dtype: &Dtype| matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::Bf16 | Dtype::Complex64);
    if floats.iter().any(coarse) {
        return Ok(Some(Precision::Single));
    }
    Ok(floats.contains(&Dtype::F64).then_some(Precision::Double))
}

fn arrays(artifact: &Artifact) -> Result<Vec<Dtype>, Error> {
    let origin = artifact.origin();
    let dtype = |array: Array<'_>| match array {
        Array::Elements(elements) => Some(elements.dtype),
        Array::Objects => None,
    };
    if artifact.format == Format::Npy {
        return Ok(dtype(npy::open(&origin)?).into_iter().collect());
    }
    let mut archive = Archive::open(&origin)?;
    let mut types = Vec::new();
    for name in archive.names().to_vec() {
        let (length, input) = archive.entry(&name)?;
        types.extend(dtype(npy::read(&origin, length, input)?));
    }
    Ok(types)
}

fn tensors(artifact: &Artifact) -> Result<Vec<Dtype>, Error> {
    let file = Safetensors::open(&artifact.origin())?;
    file.names().iter().map(|name| Ok(file.elements(name)?.dtype)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without pattern in (0, 1).
    fn numbers(count: u32) -> Vec<f64> {
        (1..=count).map(|place| (f64::from(place) * 0.618_033_988_749_894_9).fract()).collect()
    }

    fn rounded(value: f64, bits: u32) -> f64 {
        let scale = (f64::from(bits) - 1.0 - value.abs().log2().floor()).exp2();
        (value * scale).round() / scale
    }

    fn of_doubles(values: &[f64]) -> Precision {
        let values: Vec<Value> = values.iter().map(|value| Value::Double(*value)).collect();
        Precision::of_values(values.iter())
    }

    fn of_texts(values: impl Iterator<Item = String>) -> Precision {
        let values: Vec<Value> = values.map(|text| Value::Written(text.into())).collect();
        Precision::of_values(values.iter())
    }

    #[test]
    fn a_type_is_recognised_from_values_in_double() {
        let all = numbers(200);
        let rounded_to = |bits| all.iter().map(|value| rounded(*value, bits)).collect::<Vec<f64>>();
        assert_eq!(of_doubles(&all), Precision::Double);
        assert_eq!(of_doubles(&rounded_to(24)), Precision::Single);
        assert_eq!(of_doubles(&rounded_to(11)), Precision::Half);
        assert_eq!(of_doubles(&rounded_to(8)), Precision::Brain);
        assert_eq!(of_doubles(&[0.0, f64::NAN]), Precision::Double);
    }

    #[test]
    fn a_type_is_recognised_from_text() {
        let all = numbers(50);
        #[expect(clippy::cast_possible_truncation, reason = "made to be float32")]
        let singles: Vec<f32> = all.iter().map(|value| *value as f32).collect();
        assert_eq!(of_texts(singles.iter().map(|value| format!("{value}"))), Precision::Single);
        assert_eq!(of_texts(singles.iter().map(|value| format!("{value:.8e}"))), Precision::Single);
        assert_eq!(of_texts(singles.iter().map(|value| format!("{}", f64::from(*value)))), Precision::Single);
        let brains = all.iter().map(|value| rounded(*value, 8));
        #[expect(clippy::cast_possible_truncation, reason = "widened to float32, as frameworks do")]
        let widened: Vec<f32> = brains.map(|value| value as f32).collect();
        // NumPy writes 0.197265625 as the first, Rust as the second.
        for tie in ["-0.19726562", "-0.19726563"] {
            assert_eq!(as_single(&Value::Written(tie.into())), Some(-0.197_265_625));
        }
        assert_eq!(as_single(&Value::Written("0.197265631".into())), None);
        assert_eq!(of_texts(widened.iter().map(|value| format!("{value}"))), Precision::Brain);
        assert_eq!(of_texts(all.iter().map(|value| format!("{value}"))), Precision::Double);
    }

    #[test]
    fn votes_of_trees_are_no_sixteen_bit_floats() {
        for trees in [8_u32, 16, 64, 100, 128, 256, 1024] {
            let votes: Vec<f64> = (0..=trees).map(|vote| f64::from(vote) / f64::from(trees)).collect();
            assert!(of_doubles(&votes) <= Precision::Single, "{trees} trees");
        }
    }
}
