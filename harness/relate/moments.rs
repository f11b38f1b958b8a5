//! Counts, means, deviations and quartiles of numbers, so that the statistics that a scaler claims can be recomputed.
//!
//! Sums are compensated (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54,
//! 1974): their error is a few units in the last place whatever the number of values. Programs sum otherwise (plainly,
//! by pairs, in batches), so that a right claim differs from ours by their rounding; [`agrees`] bounds it.

use super::overlap::{Selection, TableFile, source};
use crate::artifact::Error;

/// Half the distance from 1 to the next larger double: the relative error of one rounding.
const UNIT_DOUBLE: f64 = f64::EPSILON / 2.0;
/// The same for single precision.
const UNIT_SINGLE: f64 = f32::EPSILON as f64 / 2.0;

/// No bound is looser than this part of the magnitude. In single precision the worst case over ten million values
/// would allow anything.
const LOOSEST: f64 = 1e-3;

/// The sum of numbers, compensated.
#[must_use]
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        // The part of the smaller number that did not fit into the sum.
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    // Where a value is not finite, what was lost is not a number, and the plain sum is the answer.
    if lost.is_finite() { total + lost } else { total }
}

/// What is known about the numbers of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Numbers that are not missing.
    pub count: u64,
    /// Empty cells and NaN.
    pub missing: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with n in the denominator, as scikit-learn's `StandardScaler` has it.
    pub deviation: f64,
    /// Standard deviation with n - 1 in the denominator, as pandas and torch have it; `None` of a single number.
    pub sample_deviation: Option<f64>,
    /// Mean of the magnitudes, by which rounding is weighed.
    pub magnitude: f64,
    /// Least number.
    pub min: f64,
    /// Greatest number.
    pub max: f64,
    /// Lower quartile, median and upper quartile, interpolated linearly between neighbours as NumPy does (method 7 of
    /// R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996).
    pub quartiles: [f64; 3],
}

impl Moments {
    /// The moments of some numbers; `None` where all are missing.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*present.first()?, *present.last()?);
        let count = present.len() as u64;
        let total = exact(count);
        let mean = sum(present.iter().copied()) / total;
        let squares = sum(present.iter().map(|value| (value - mean).powi(2)));
        Some(Self {
            count,
            missing: values.len() as u64 - count,
            mean,
            deviation: (squares / total).sqrt(),
            sample_deviation: (count > 1).then(|| (squares / (total - 1.0)).sqrt()),
            magnitude: sum(present.iter().map(|value| value.abs())) / total,
            min,
            max,
            quartiles: [1, 2, 3].map(|quarter| quartile(&present, quarter)),
        })
    }

    /// The median.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quartiles[1]
    }

    /// Whether a claimed mean is this one, up to the rounding of the claimant's sum.
    #[must_use]
    pub fn mean_agrees(&self, claimed: f64) -> bool {
        agrees(claimed, self.mean, self.count, self.magnitude)
    }

    /// Whether a claimed standard deviation is this one with n or with n - 1 in the denominator, up to rounding.
    ///
    /// The textbook formula (mean of squares less square of the mean) loses digits in proportion to
    /// `1 + mean² / variance`; the bound allows for it (T. F. Chan, G. H. Golub and R. J. `LeVeque`, "Algorithms for
    /// computing the sample variance", The American Statistician 37, 1983).
    #[must_use]
    pub fn deviation_agrees(&self, claimed: f64) -> bool {
        let fits = |deviation: f64| {
            let magnitude = if deviation > 0.0 {
                deviation * (1.0 + (self.mean / deviation).powi(2))
            } else {
                self.magnitude
            };
            agrees(claimed, deviation, self.count, magnitude)
        };
        fits(self.deviation) || self.sample_deviation.is_some_and(fits)
    }
}

/// Whether a claimed statistic of `count` values is the recomputed one, as far as the claimant's rounding allows.
///
/// Summing n numbers one after the other errs by at most `(n - 1) u Σ|x|` to first order, whatever the order (N. J.
/// Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, 2002, section 4.2, equation 4.4), and every
/// other order of summation errs less. So the bound is `(n + 3) u` times `magnitude`, the mean of the magnitudes; the 3
/// stands for the division, the root and the claim's own rounding (the same book, problem 1.10). `u` is that of single
/// precision where the claim is a single-precision number. No bound is looser than a thousandth of the magnitude.
#[must_use]
pub fn agrees(claimed: f64, recomputed: f64, count: u64, magnitude: f64) -> bool {
    if claimed.to_bits() == recomputed.to_bits() {
        return true;
    }
    let unit = if is_single(claimed) { UNIT_SINGLE } else { UNIT_DOUBLE };
    let reach = ((exact(count) + 3.0) * unit).min(LOOSEST) * magnitude;
    (claimed - recomputed).abs() <= reach
}

/// Whether a number is one of single precision that is not also a short number which any precision would have.
fn is_single(value: f64) -> bool {
    let low_bits = value.to_bits().trailing_zeros();
    // A single has 23 bits behind the point, a double 52. A number of very few bits says nothing, and counts as double.
    value.is_finite() && (29..44).contains(&low_bits)
}

/// The moments of every numeric column of the selected rows, in the order of the columns. A column is numeric if every
/// cell is a number or empty, and one is a number. Two-dimensional arrays are tables whose columns are `0`, `1`, …
///
/// # Errors
/// When the file cannot be read or is malformed.
pub fn of_table(file: &TableFile) -> Result<Vec<(String, Moments)>, Error> {
    let mut table = source::open(file)?;
    let names = table.columns().to_vec();
    let rows = Selection::bind(file.rows.as_ref(), &names, file)?;
    let mut columns: Vec<Option<Vec<f64>>> = vec![Some(Vec::new()); names.len()];
    while table.advance()? {
        if !rows.keeps(table.as_mut()) {
            continue;
        }
        for (place, column) in columns.iter_mut().enumerate() {
            if let Some(values) = column {
                match source::number(&table.cell(place)) {
                    Some(value) => values.push(value),
                    None => *column = None,
                }
            }
        }
    }
    let moments = |(name, values): (String, Option<Vec<f64>>)| Some((name, Moments::of(&values?)?));
    Ok(names.into_iter().zip(columns).filter_map(moments).collect())
}

fn quartile(sorted: &[f64], quarter: usize) -> f64 {
    let steps = (sorted.len() - 1) * quarter;
    let (below, fraction) = (steps / 4, exact((steps % 4) as u64) / 4.0);
    match sorted.get(below + 1) {
        Some(above) if fraction > 0.0 => sorted[below] + (above - sorted[below]) * fraction,
        _ => sorted[below],
    }
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "what is compared is exact by construction")]

    use super::*;
    use crate::artifact::Format;
    use crate::artifact::float::ulps;
    use proptest::prelude::*;

    fn of_csv(text: &str, rows: Option<Selection>) -> Vec<(String, Moments)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        std::fs::write(&path, text).unwrap();
        of_table(&TableFile { path, format: Format::Csv, id: Vec::new(), target: None, rows }).unwrap()
    }

    #[test]
    fn sums_keep_what_plain_addition_loses() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(vec![0.1; 10]), 1.0);
        assert_eq!(sum([f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(sum([f64::NAN]).is_nan());
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn moments_are_those_of_numpy() {
        // `numpy.percentile` and `numpy.std` of these seven values, NumPy 1.24.
        let found = Moments::of(&[7.0, 1.0, f64::NAN, 4.0, 2.5, -3.0, 9.0, 0.5]).unwrap();
        assert_eq!((found.count, found.missing), (7, 1));
        assert_eq!(found.mean, 3.0);
        assert_eq!(ulps(found.deviation, 3.770_183_777_256_185), Some(0));
        assert!(ulps(found.sample_deviation.unwrap(), 4.072_263_907_623_538_5).unwrap() <= 1);
        assert_eq!(found.quartiles, [0.75, 2.5, 5.5]);
        assert_eq!((found.min, found.median(), found.max), (-3.0, 2.5, 9.0));
        assert_eq!(Moments::of(&[f64::NAN]), None);
        assert_eq!(Moments::of(&[2.0]).unwrap().sample_deviation, None);
    }

    #[test]
    fn selected_rows_of_numeric_columns_are_counted() {
        let text = "name,x,fold\na,1.5,train\nb,,train\nc,9,test\nd,2.5,train\n";
        let rows = Selection { column: "fold".to_owned(), values: vec!["train".to_owned()], others: false };
        let found = of_csv(text, Some(rows));
        assert_eq!(found.len(), 1);
        let (name, moments) = &found[0];
        assert_eq!(name, "x");
        assert_eq!((moments.count, moments.missing, moments.mean), (2, 1, 2.0));
        let rest = Selection { column: "fold".to_owned(), values: vec!["train".to_owned()], others: true };
        assert_eq!(of_csv(text, Some(rest))[0].1.mean, 9.0);
    }

    #[test]
    fn arrays_are_tables_whose_columns_are_numbered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.npy");
        std::fs::write(&path, crate::artifact::npy::tests::encode_f64(&[2, 2], &[1.0, 10.0, 3.0, 30.0]))
            .unwrap();
        let file = TableFile { path, format: Format::Npy, id: Vec::new(), target: None, rows: None };
        let means: Vec<_> =
            of_table(&file).unwrap().into_iter().map(|(name, moments)| (name, moments.mean)).collect();
        assert_eq!(means, [("0".to_owned(), 2.0), ("1".to_owned(), 20.0)]);
    }

    #[test]
    fn statistics_of_other_rows_or_another_formula_do_not_agree() {
        let values: Vec<f64> = (0..1000).map(|place| f64::from(place).sin()).collect();
        let all = Moments::of(&values).unwrap();
        let most = Moments::of(&values[..999]).unwrap();
        assert!(!all.mean_agrees(most.mean));
        assert!(!all.deviation_agrees(most.deviation));
        assert!(all.deviation_agrees(all.deviation) && all.deviation_agrees(all.sample_deviation.unwrap()));
        assert!(!all.mean_agrees(f64::NAN));
    }

    #[test]
    fn statistics_in_single_precision_agree() {
        let values: Vec<f64> = (0..1000).map(|place| 100.0 + f64::from(place).sin()).collect();
        let all = Moments::of(&values).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "that is what single precision does")]
        let single = |value: f64| f64::from(value as f32);
        assert!(all.mean_agrees(single(all.mean)));
        assert!(all.deviation_agrees(single(all.deviation)));
    }

    proptest! {
        #[test]
        fn any_order_of_summation_agrees(
            values in proptest::collection::vec(-1e6_f64..1e6, 1..200),
        ) {
            let moments = Moments::of(&values).unwrap();
            let forwards = values.iter().sum::<f64>() / exact(values.len() as u64);
            let backwards = values.iter().rev().sum::<f64>() / exact(values.len() as u64);
            prop_assert!(moments.mean_agrees(forwards) && moments.mean_agrees(backwards));
            // The textbook formula, which loses most.
            let squares = values.iter().map(|value| value * value).sum::<f64>() / exact(values.len() as u64);
            let variance = (squares - forwards * forwards).max(0.0);
            if values.len() > 2 {
                prop_assert!(moments.deviation_agrees(variance.sqrt()));
            }
        }

        #[test]
        fn a_compensated_sum_of_whole_numbers_is_exact(values in proptest::collection::vec(any::<i32>(), 0..100)) {
            let expected: i64 = values.iter().map(|value| i64::from(*value)).sum();
            #[expect(clippy::cast_precision_loss, reason = "a hundred numbers of 32 bits fit")]
            let expected = expected as f64;
            prop_assert_eq!(sum(values.iter().map(|value| f64::from(*value))), expected);
        }
    }
}
