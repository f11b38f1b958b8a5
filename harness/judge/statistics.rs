//! Statistics of few numbers: what several seeds, permutations or paired runs allow to say, and what they do not.
//!
//! Everything here is exact for the model it names; where the numbers are too few for an answer, it is `None` or the
//! least value that a test of this size can reach at all.

use statrs::distribution::{Binomial, ChiSquared, Continuous, ContinuousCDF, DiscreteCDF, StudentsT};
use statrs::function::gamma::gamma_ur;

use crate::relate::moments;

/// More pairs than this are not tested exactly: 2^20 sums take a few milliseconds, 2^30 take minutes.
pub const PAIRS_MAX: usize = 20;

/// Two bounds, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Bounds {
    fn around(centre: f64, reach: f64) -> Self {
        Self { low: centre - reach, high: centre + reach }
    }

    /// Whether a value lies between the bounds, ends included.
    #[must_use]
    pub fn hold(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// The arithmetic mean; `None` of no values, or of values that are not all finite.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    let finite = !values.is_empty() && values.iter().all(|value| value.is_finite());
    finite.then(|| moments::sum(values.iter().copied()) / size(values))
}

/// The standard deviation of a sample, with n - 1 in the denominator (Bessel's correction); `None` below two values.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares = moments::sum(values.iter().map(|value| (value - mean).powi(2)));
    (values.len() > 1).then(|| (squares / (size(values) - 1.0)).sqrt())
}

/// The two-sided interval for the mean of normal values, `mean ± t s / sqrt(n)` with the quantile of Student's t with
/// n - 1 degrees of freedom (Student, "The probable error of a mean", Biometrika 6, 1908). `None` below two values.
///
/// # Panics
///
/// If the confidence is not between 0 and 1.
#[must_use]
pub fn mean_interval(values: &[f64], confidence: f64) -> Option<Bounds> {
    let reach = student(values, confidence)? * deviation(values)? / size(values).sqrt();
    Some(Bounds::around(mean(values)?, reach))
}

/// The two-sided interval that holds one further value drawn like these, `mean ± t s sqrt(1 + 1/n)` (G. J. Hahn and
/// W. Q. Meeker, "Statistical Intervals", 1991, section 4.7). It is wider than the mean's, for one run scatters as all
/// others did. `None` below two values.
///
/// # Panics
///
/// If the confidence is not between 0 and 1.
#[must_use]
pub fn prediction_interval(values: &[f64], confidence: f64) -> Option<Bounds> {
    let reach = student(values, confidence)? * deviation(values)? * (1.0 + 1.0 / size(values)).sqrt();
    Some(Bounds::around(mean(values)?, reach))
}

/// The two-sided interval for the standard deviation of normal values: `s sqrt((n - 1) / q)` with the upper and lower
/// quantile of chi-square with n - 1 degrees of freedom (Hahn and Meeker 1991, section 4.5). `None` below two values.
///
/// # Panics
///
/// If the confidence is not between 0 and 1.
#[must_use]
pub fn deviation_interval(values: &[f64], confidence: f64) -> Option<Bounds> {
    let deviation = deviation(values)?;
    let freedom = size(values) - 1.0;
    let tail = tail(confidence);
    let bound = |probability: f64| Some(deviation * (freedom / chi_square(freedom, probability)?).sqrt());
    Some(Bounds { low: bound(1.0 - tail)?, high: bound(tail)? })
}

/// The two-sided p-value of a mean against 0 where the standard deviation is known: `erfc(z / sqrt(2))` with `z = |mean|
/// sqrt(n) / sd`. `None` where the deviation is not positive or there are no values.
#[must_use]
pub fn z_test(mean: f64, deviation: f64, count: u64) -> Option<f64> {
    let usable = deviation > 0.0 && count > 0 && mean.is_finite() && deviation.is_finite();
    // The upper incomplete gamma function has more digits than the library's erfc: erfc(x) = Q(1/2, x²) (M. Abramowitz
    // and I. A. Stegun, "Handbook of Mathematical Functions", 1964, 6.5.17).
    usable
        .then(|| (mean / deviation).powi(2) * exact(count) / 2.0)
        .map(|half_square| gamma_ur(0.5, half_square))
}

/// The p-value of a permutation test: `(b + 1) / (m + 1)` where `b` of `m` random permutations came out at least as
/// extreme as what was observed. Without the ones a p-value of 0 would be claimed, and the test would reject too often
/// (B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics and
/// Molecular Biology 9, 2010).
///
/// # Panics
///
/// If more permutations were extreme than there were.
#[must_use]
pub fn permutation_p(extreme: u64, permutations: u64) -> f64 {
    assert!(extreme <= permutations, "{extreme} of {permutations} permutations cannot be extreme");
    (exact(extreme) + 1.0) / (exact(permutations) + 1.0)
}

/// The least p-value that so many permutations can give: 19 reach 0.05, 18 do not.
#[must_use]
pub fn least_permutation_p(permutations: u64) -> f64 {
    permutation_p(0, permutations)
}

/// The probability that at least `successes` of `trials` succeed by chance, each with probability `rate`.
///
/// # Panics
///
/// If the rate is not a probability.
#[must_use]
pub fn binomial_tail(successes: u64, trials: u64, rate: f64) -> f64 {
    assert!((0.0..=1.0).contains(&rate), "a rate of {rate} is no probability");
    let Some(fewer) = successes.checked_sub(1) else { return 1.0 };
    Binomial::new(rate, trials).map_or(f64::NAN, |binomial| binomial.sf(fewer))
}

/// What a paired sign-flip test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignFlip {
    /// Two-sided p-value.
    pub both: f64,
    /// p-value against "not greater than 0".
    pub greater: f64,
    /// p-value against "not less than 0".
    pub less: f64,
    /// The least two-sided p-value that so many pairs can give, 2 / 2^n: 0.0625 for five pairs, 0.03125 for six.
    pub least: f64,
}

/// The exact paired permutation test: if neither of two methods is better, each difference might as well have the other
/// sign, so the observed sum is compared with the sums under all 2^n choices of signs (R. A. Fisher, "The Design of
/// Experiments", 1935, section 21). Sums are called equal within the rounding of n additions.
///
/// The two-sided p-value is that of the sum's magnitude, which for this symmetric distribution is twice the smaller
/// one-sided value, at most 1.
///
/// `None` of no pairs, of more than [`PAIRS_MAX`], or of differences that are not finite.
#[must_use]
pub fn sign_flip(differences: &[f64]) -> Option<SignFlip> {
    let count = differences.len();
    if count == 0 || count > PAIRS_MAX || !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let total: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let slack = 2.0 * size(differences) * f64::EPSILON * total;
    let observed: f64 = differences.iter().sum();
    let choices = 1_u32 << count;
    let [mut greater, mut less] = [0_u32; 2];
    for choice in 0..choices {
        let flipped = |(place, value): (usize, &f64)| if choice >> place & 1 == 1 { -value } else { *value };
        let sum: f64 = differences.iter().enumerate().map(flipped).sum();
        greater += u32::from(sum >= observed - slack);
        less += u32::from(sum <= observed + slack);
    }
    let choices = f64::from(choices);
    let [greater, less] = [greater, less].map(|extreme| f64::from(extreme) / choices);
    Some(SignFlip {
        both: (2.0 * greater.min(less)).min(1.0),
        greater,
        less,
        least: (2.0 / choices).min(1.0),
    })
}

/// Student's t that leaves one tail on each side.
fn student(values: &[f64], confidence: f64) -> Option<f64> {
    let confidence = 1.0 - 2.0 * tail(confidence);
    let freedom = values.len().checked_sub(1)?;
    let distribution = StudentsT::new(0.0, 1.0, exact(freedom as u64)).ok()?;
    let mut quantile = distribution.inverse_cdf(1.0 - tail(confidence));
    // Newton's steps bring the library's ten digits to the precision of the closed form.
    for _ in 0..3 {
        let step = (central(quantile, freedom) - confidence) / (2.0 * distribution.pdf(quantile));
        if !step.is_finite() {
            break;
        }
        quantile -= step;
    }
    Some(quantile)
}

/// The probability that Student's t with a whole number of degrees of freedom lies between `-value` and `value`
/// (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
fn central(value: f64, freedom: usize) -> f64 {
    let angle = (value / exact(freedom as u64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // Odd: cos + 2/3 cos³ + 2·4/(3·5) cos⁵ + …; even: 1 + 1/2 cos² + 1·3/(2·4) cos⁴ + …
    let mut term = if odd { cosine } else { 1.0 };
    let (mut total, mut power) = (0.0, usize::from(odd));
    while power + 2 <= freedom {
        total += term;
        term *= cosine * cosine * exact(power as u64 + 1) / exact(power as u64 + 2);
        power += 2;
    }
    if odd { std::f64::consts::FRAC_2_PI * (angle + sine * total) } else { sine * total }
}

fn tail(confidence: f64) -> f64 {
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence of {confidence} is not between 0 and 1");
    (1.0 - confidence) / 2.0
}

/// A quantile of chi-square.
fn chi_square(freedom: f64, probability: f64) -> Option<f64> {
    let distribution = ChiSquared::new(freedom).ok()?;
    let quantile = distribution.inverse_cdf(probability);
    // One of Newton's steps, for the library stops a few digits early.
    let step = (distribution.cdf(quantile) - probability) / distribution.pdf(quantile);
    Some(if step.is_finite() { quantile - step } else { quantile })
}

fn size(values: &[f64]) -> f64 {
    exact(values.len() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "nobody runs a pipeline 2^53 times")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "what is compared is exact by construction")]

    use super::*;
    use proptest::prelude::*;

    /// Accuracies of five seeds.
    const RUNS: [f64; 5] = [0.912, 0.905, 0.921, 0.899, 0.917];

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found:e} is not {expected:e}");
    }

    // The literals of the next four tests were computed with SciPy 1.10.1: `numpy.std(ddof=1)`, `stats.t.interval`,
    // `stats.chi2.ppf`, `stats.binom.sf` and `stats.norm.sf`.

    #[test]
    fn intervals_agree_with_scipy() {
        close(mean(&RUNS).unwrap(), 0.9108);
        close(deviation(&RUNS).unwrap(), 0.008_899_438_184_514_804);
        let interval = mean_interval(&RUNS, 0.95).unwrap();
        close(interval.low, 0.899_749_888_002_048_1);
        close(interval.high, 0.921_850_111_997_952);
        let one_more = prediction_interval(&RUNS, 0.95).unwrap();
        close(one_more.low, 0.883_732_864_004_411_5);
        close(one_more.high, 0.937_867_135_995_588_6);
        let spread = deviation_interval(&RUNS, 0.95).unwrap();
        close(spread.low, 0.005_331_948_336_018_594);
        close(spread.high, 0.025_573_030_735_243_352);
    }

    #[test]
    fn quantiles_agree_with_scipy_and_mpmath_from_one_degree_of_freedom_to_many() {
        // Student's were solved with mpmath at 40 digits: SciPy's `stats.t.ppf` is off from the tenth digit on.
        for (freedom, expected) in [
            (1, 12.706_204_736_174_705),
            (2, 4.302_652_729_749_464),
            (4, 2.776_445_105_197_794_4),
            (9, 2.262_157_162_798_205_5),
            (30, 2.042_272_456_301_238),
            (1000, 1.962_339_080_826_408_5),
        ] {
            close(student(&vec![0.0; freedom + 1], 0.95).unwrap(), expected);
        }
        for (freedom, low, high) in [
            (1.0, 0.000_982_069_117_175_255_5, 5.023_886_187_314_888),
            (4.0, 0.484_418_557_087_929_9, 11.143_286_781_877_796),
            (29.0, 16.047_071_695_364_89, 45.722_285_804_174_52),
            (500.0, 439.935_991_261_874_6, 563.851_529_344_285_2),
        ] {
            close(chi_square(freedom, 0.025).unwrap(), low);
            close(chi_square(freedom, 0.975).unwrap(), high);
        }
    }

    #[test]
    fn tails_agree_with_scipy() {
        close(binomial_tail(3, 10, 0.2), 0.322_200_473_600_000_15);
        close(binomial_tail(45, 45, 0.9), 0.008_727_963_568_087_718);
        close(binomial_tail(1, 200, 1.0 / 1001.0), 0.181_187_424_299_519_06);
        close(binomial_tail(600, 1000, 0.5), 1.364_232_078_032_988e-10);
        close(binomial_tail(0, 10, 0.2), 1.0);
        close(z_test(1.959_963_984_540_054, 1.0, 1).unwrap(), 0.05);
        close(z_test(-0.25, 1.0, 4).unwrap(), 0.617_075_077_451_973_8);
        close(z_test(5.0, 2.0, 4).unwrap(), 5.733_031_437_583_866e-7);
        close(z_test(9.0, 1.0, 1).unwrap(), 2.257_176_811_907_664_7e-19);
    }

    #[test]
    fn sign_flips_agree_with_scipy() {
        // `stats.permutation_test(permutation_type="samples", n_resamples=inf)` of the mean.
        let six = sign_flip(&[0.02, 0.01, -0.005, 0.03, 0.015, 0.007]).unwrap();
        close(six.both, 0.0625);
        let eight = sign_flip(&[0.02, -0.01, 0.005, -0.03, 0.015, 0.04, -0.02, 0.01]).unwrap();
        close(eight.both, 0.703_125);
        close(eight.greater, 0.351_562_5);
        close(eight.less, 0.703_125);
    }

    #[test]
    fn five_pairs_cannot_be_significant_and_six_can() {
        let five = sign_flip(&[0.02, 0.01, 0.005, 0.03, 0.015]).unwrap();
        close(five.both, 0.0625);
        close(five.least, 0.0625);
        let six = sign_flip(&[0.02, 0.01, 0.005, 0.03, 0.015, 0.1]).unwrap();
        close(six.both, 0.031_25);
        close(six.least, 0.031_25);
    }

    #[test]
    fn too_few_numbers_and_numbers_that_are_not_finite_give_no_answer() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1.0, f64::NAN]), None);
        assert_eq!(deviation(&[1.0]), None);
        assert_eq!(mean_interval(&[1.0], 0.95), None);
        assert_eq!(prediction_interval(&[], 0.95), None);
        assert_eq!(deviation_interval(&[1.0], 0.95), None);
        assert_eq!(z_test(1.0, 0.0, 5), None);
        assert_eq!(sign_flip(&[]), None);
        assert_eq!(sign_flip(&[f64::INFINITY]), None);
        assert_eq!(sign_flip(&[1.0; 21]), None);
    }

    #[test]
    fn equal_runs_have_an_interval_of_no_width() {
        let interval = mean_interval(&[0.5; 4], 0.95).unwrap();
        assert!(interval.hold(0.5) && !interval.hold(0.500_001));
        assert_eq!(deviation(&[0.1; 7]), Some(0.0));
    }

    #[test]
    fn nineteen_permutations_reach_the_usual_level_and_eighteen_do_not() {
        assert!(least_permutation_p(19) <= 0.05);
        assert!(least_permutation_p(18) > 0.05);
        close(permutation_p(4, 99), 0.05);
        close(permutation_p(0, 0), 1.0);
    }

    proptest! {
        #[test]
        fn all_differences_of_one_sign_give_the_least_p(count in 1_usize..10, value in 0.001_f64..10.0) {
            let found = sign_flip(&vec![value; count]).unwrap();
            prop_assert_eq!(found.both, found.least);
            prop_assert_eq!(found.less, 1.0);
        }

        #[test]
        fn mirrored_differences_swap_the_sides(differences in proptest::collection::vec(-1.0_f64..1.0, 1..9)) {
            let mirrored: Vec<f64> = differences.iter().map(|difference| -difference).collect();
            let (found, mirror) = (sign_flip(&differences).unwrap(), sign_flip(&mirrored).unwrap());
            prop_assert_eq!((found.both, found.greater, found.less), (mirror.both, mirror.less, mirror.greater));
        }

        #[test]
        fn one_more_run_is_less_certain_than_the_mean(values in proptest::collection::vec(0.0_f64..1.0, 2..9)) {
            let (mean, next) =
                (mean_interval(&values, 0.95).unwrap(), prediction_interval(&values, 0.95).unwrap());
            prop_assert!(next.low <= mean.low && mean.high <= next.high);
        }
    }
}
