//! Where rounding ends, for the scores of one column.
//!
//! Two runs that differ only in how rows are put into batches form the same sums in another order. A sum of n terms in
//! two orders differs by at most 2 n u / (1 - n u) times the sum of magnitudes, and typically by
//! sqrt(n) u (Higham, Accuracy and Stability of Numerical Algorithms, 2002, sections 3.1 and 4.2; Higham and Mary, A New
//! Approach to Probabilistic Rounding Error Analysis, 2019). A network of depth d and width w chains d such sums of w
//! terms: sqrt(d w) u typically, d w u at worst. So a cell is within rounding where
//!
//! ```text
//!     |a - b|  <=  1024 eps S + q        eps = 2 u of the type, S = max(|a|, |b|, scale of the column)
//! ```
//!
//! 1024 roundings are the typical error of d w = a million terms, and the worst case of a thousand: for float32 1.2e-4 of
//! the scale. Measured: correct networks in float32 differ by 3e-8 to 1e-6 of it, a forgotten evaluation mode by 1e-2 and
//! more. 16-bit types are summed up in float32 and rounded once per layer: 4 eps.
//!
//! - *eps*: the coarser of what the numbers and the weights tell. Where the weights tell nothing (a pickle) float32 is
//!   taken, since many models compute in float32 and write float64; no leak is known that stays below 1e-4.
//! - *scale*: of the column, not of the cell: where large terms cancel, what is left carries an error of their size. It is
//!   the largest magnitude where all values lie in [0, 1] (there 1 - p is as natural as p), else the 99th percentile of
//!   magnitudes, so that a single huge value does not excuse all others.
//! - *q*: one unit of the last printed digit, where numbers are printed with fixed decimals or few digits: rounding may
//!   carry a value over the border between two printed ones. That happens to a share of |a - b| / q of all values; where
//!   far more values move by a unit, it is no rounding.
//! - A *reference*, where it was measured: how far the same predictions move when threads and instruction set change,
//!   which can only round. Up to 32 times that is rounding as well (another change of order is another draw of the same
//!   errors, so their largest values differ by a small factor; 32 leaves room for few rows), but no more than 2^-6 of the
//!   scale: what moves further under another number of threads is no rounding either.

use super::precision::{Precision, digits};
use super::read::Value;

/// Roundings that count as noise in float64 and float32.
const ROUNDINGS: f64 = 1024.0;
/// The same for 16-bit types.
const ROUNDINGS_SHORT: f64 = 4.0;
/// How far beyond the reference spread is still noise.
const REFERENCE_FACTOR: f64 = 32.0;
/// No reference excuses more than this share of the scale.
const REFERENCE_SHARE_MAX: f64 = 1.0 / 64.0;
/// Digits up to which a text is taken for rounded on purpose rather than for a whole float.
const SHORT_DIGITS_MAX: usize = 8;
/// Digits from which a column of shortest texts of float32 is taken for that: any text of six digits is one.
const SINGLE_DIGITS_MIN: u32 = 7;

/// What is noise in one column, and what was measured there.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// The column.
    pub column: String,
    /// The precision assumed.
    pub precision: Precision,
    /// Whether the weights said nothing, so that float32 was assumed.
    pub assumed: bool,
    /// The scale of the column.
    pub scale: f64,
    /// How numbers are printed.
    pub step: Step,
    /// The largest difference that threads and instruction set make, where it was measured.
    pub reference: Option<f64>,
    /// The largest difference found between finite values.
    pub spread: f64,
}

/// How numbers are printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// In full.
    None,
    /// With so many decimals.
    Decimals(u32),
    /// With at most so many significant digits.
    Digits(u32),
}

impl Step {
    /// How a column is printed, from all its values.
    fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let (mut decimals, mut fixed, mut significant) = (None, true, 0);
        for value in values {
            let Value::Written(text) = value else {
                if *value == Value::Missing {
                    continue;
                }
                return Self::None;
            };
            if value.number().is_none_or(|number| !number.is_finite()) {
                continue;
            }
            let own = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            fixed &= !text.contains(['e', 'E']) && *decimals.get_or_insert(own) == own;
            significant = significant.max(digits(text).len());
        }
        match decimals.map(u32::try_from) {
            Some(Ok(decimals)) if fixed && decimals <= 15 => Self::Decimals(decimals),
            _ if (1..=SHORT_DIGITS_MAX).contains(&significant) => {
                Self::Digits(u32::try_from(significant).unwrap_or(u32::MAX))
            }
            _ => Self::None,
        }
    }

    /// The unit of the last digit of a value.
    fn unit(self, value: f64) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Decimals(decimals) => 10_f64.powf(-f64::from(decimals)),
            Self::Digits(_) if value == 0.0 => 0.0,
            Self::Digits(digits) => 10_f64.powf(value.abs().log10().floor() + 1.0 - f64::from(digits)),
        }
    }
}

impl Noise {
    /// From all values of a column in both tables, and the precision that all columns of scores together show.
    pub(super) fn of<'a>(
        column: &str,
        values: impl Iterator<Item = &'a Value> + Clone,
        common: Precision,
        weights: Option<Precision>,
        reference: Option<f64>,
    ) -> Self {
        let mut step = Step::of(values.clone());
        let seen = Precision::of_values(values.clone()).max(common);
        // The shortest text of a float32 has few digits too, and nothing was rounded away.
        if matches!(step, Step::Digits(SINGLE_DIGITS_MIN..)) && seen > Precision::Double {
            step = Step::None;
        }
        // Rounded texts do not tell what they were rounded from.
        let written = if step == Step::None { seen } else { Precision::Double };
        let precision = written.max(weights.unwrap_or(Precision::Single));
        let assumed = weights.is_none() && written == Precision::Double;
        let scale = scale(values.filter_map(Value::number));
        Self { column: column.to_owned(), precision, assumed, scale, step, reference, spread: 0.0 }
    }

    /// What is rounding for a pair of values, printing aside.
    pub(super) fn tolerance(&self, left: f64, right: f64) -> f64 {
        let scale = self.scale.max(left.abs()).max(right.abs());
        let roundings = if self.precision <= Precision::Single { ROUNDINGS } else { ROUNDINGS_SHORT };
        let reference = self.reference.unwrap_or(0.0) * REFERENCE_FACTOR;
        (roundings * self.precision.epsilon() * scale).max(reference.min(REFERENCE_SHARE_MAX * scale))
    }

    /// One unit of the last printed digit of the larger of two values, and a little for reading decimals.
    pub(super) fn unit(&self, left: f64, right: f64) -> f64 {
        let larger = if left.abs() > right.abs() { left } else { right };
        self.step.unit(larger) * (1.0 + 1e-6)
    }

    /// How many of so many values may move by a printed unit: the expected number where each moves by the tolerance, and
    /// four standard deviations, and three for small numbers.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bound on a count"
    )]
    pub(super) fn carried_max(&self, count: u64) -> u64 {
        let unit = self.unit(self.scale, 0.0);
        if unit == 0.0 {
            return count;
        }
        let expected = count as f64 * (self.tolerance(self.scale, 0.0) / unit).min(1.0);
        (expected + 4.0 * expected.sqrt() + 3.0) as u64
    }

    /// The threshold at the scale of the column.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.tolerance(self.scale, 0.0) + self.unit(self.scale, 0.0)
    }

    /// The measured spread as a share of the threshold.
    pub(super) fn share(&self) -> f64 {
        if self.spread == 0.0 { 0.0 } else { self.spread / self.threshold() }
    }

    /// Measured spread, threshold, and why.
    #[must_use]
    pub fn sentence(&self) -> String {
        let precision = self.precision.name();
        let assumed = if self.assumed { " (assumed: neither numbers nor weights tell)" } else { "" };
        let printed = match self.step {
            Step::None => String::new(),
            Step::Decimals(decimals) => format!(", and one unit of {decimals} printed decimals"),
            Step::Digits(digits) => format!(", and one unit of {digits} printed digits"),
        };
        let reference = match self.reference {
            None => String::new(),
            Some(0.0) => "; other threads and instructions do not move it".to_owned(),
            Some(spread) => format!(
                "; other threads and instructions move it by {spread:.1e}, of which {REFERENCE_FACTOR} times counts as rounding"
            ),
        };
        let roundings = if self.precision <= Precision::Single { ROUNDINGS } else { ROUNDINGS_SHORT };
        format!(
            "`{}` differs by at most {:.1e}, rounding goes up to {:.1e}: {roundings} roundings of {precision}{assumed} at a scale of {:.1e}{printed}{reference}",
            self.column,
            self.spread,
            self.threshold(),
            self.scale,
        )
    }
}

/// The largest magnitude of values in [0, 1], else the 99th percentile of magnitudes (the nearest rank; the largest of
/// fewer than a hundred). Zero where nothing is finite.
fn scale(values: impl Iterator<Item = f64>) -> f64 {
    let mut shares = true;
    let mut magnitudes: Vec<f64> = values
        .filter(|value| value.is_finite())
        .inspect(|value| shares &= (0.0..=1.0).contains(value))
        .map(f64::abs)
        .collect();
    magnitudes.sort_unstable_by(f64::total_cmp);
    let last = magnitudes.len().saturating_sub(1);
    let place = if shares { last } else { last - magnitudes.len() / 100 };
    magnitudes.get(place).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(cells: &[&str], weights: Option<Precision>, reference: Option<f64>) -> Noise {
        let values: Vec<Value> = cells.iter().map(|cell| Value::Written((*cell).into())).collect();
        Noise::of("p", values.iter(), Precision::Double, weights, reference)
    }

    #[test]
    fn the_threshold_follows_the_precision() {
        let double = ["0.1234567890123456", "0.9876543210987654"];
        let threshold = |weights| noise(&double, weights, None).threshold();
        assert!((threshold(Some(Precision::Double)) / (1024.0 * f64::EPSILON) - 0.987_654).abs() < 1e-5);
        assert!((threshold(None) / 1.2e-4 - 1.0).abs() < 0.02);
        assert!(noise(&double, None, None).assumed);
        assert!(!noise(&["0.12345679", "0.98765433"], Some(Precision::Single), None).assumed);
    }

    #[test]
    fn printed_digits_add_one_unit() {
        let fixed = noise(&["0.25", "0.50"], None, None);
        assert_eq!(fixed.step, Step::Decimals(2));
        assert!((fixed.threshold() - 0.01).abs() < 1e-3);
        assert_eq!(noise(&["0.25", "12.5"], None, None).step, Step::Digits(3));
        assert_eq!(noise(&["1.5e-05", "0.123"], None, None).step, Step::Digits(3));
        assert_eq!(noise(&["0.123456789012", "1.5"], None, None).step, Step::None);
    }

    #[test]
    fn a_reference_raises_the_threshold_within_reason() {
        let with = |reference| noise(&["0.1234567890123456", "1.0"], None, Some(reference)).threshold();
        assert!((with(1e-4) - 3.2e-3).abs() < 1e-9);
        assert!((with(1e-9) - 1024.0 * f64::from(f32::EPSILON)).abs() < 1e-9);
        assert!((with(0.3) - 1.0 / 64.0).abs() < 1e-9);
    }

    #[test]
    fn the_scale_is_that_of_most_values() {
        assert!((scale([0.0, 0.2, 1.0].into_iter()) - 1.0).abs() < 1e-12);
        let many = (0..1000).map(|_| 2.0).chain([1e9]);
        assert!((scale(many) - 2.0).abs() < 1e-12);
        let few_sure = (0..1000).map(|_| 1e-6).chain([0.99]);
        assert!((scale(few_sure) - 0.99).abs() < 1e-12);
        assert!(scale(std::iter::empty()).abs() < 1e-12);
    }
}
