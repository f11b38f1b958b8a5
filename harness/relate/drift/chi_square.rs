//! The chi-square test of whether two samples of categories come from one distribution.

use super::exact;
use crate::relate::moments::sum;

/// Categories that either side expects fewer rows of are put together, for the distribution of the statistic is a limit (W. G.
/// Cochran, "Some methods for strengthening the common χ² tests", Biometrics 10, 1954).
pub const EXPECTED_MIN: f64 = 5.0;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The sum of (observed - expected)² / expected over both samples, without Yates' correction.
    pub statistic: f64,
    /// Categories, rare ones together, less one.
    pub freedom: u32,
    /// The probability of at least this statistic where both samples come from one distribution.
    pub p: f64,
}

/// Tests the counts of two samples over the same categories (K. Pearson, "On the criterion that a given system of deviations …",
/// Philosophical Magazine 50, 1900). `scipy.stats.chi2_contingency([left, right], correction=False)` of the pooled counts.
/// `None` where fewer than two categories are left, or one side is empty.
#[must_use]
pub fn test(counts: &[(u64, u64)]) -> Option<Found> {
    let pooled = pooled(counts);
    let (left, right) = totals(&pooled);
    let freedom = u32::try_from(pooled.len()).ok()?.checked_sub(1)?;
    if freedom == 0 || left == 0 || right == 0 {
        return None;
    }
    let all = exact(left) + exact(right);
    let part = |observed: u64, side: u64, category: u64| {
        let expected = exact(category) * exact(side) / all;
        (exact(observed) - expected).powi(2) / expected
    };
    let statistic = sum(pooled.iter().map(|(ours, theirs)| {
        let category = ours + theirs;
        part(*ours, left, category) + part(*theirs, right, category)
    }));
    Some(Found { statistic, freedom, p: survival(statistic, freedom) })
}

/// The counts with rare categories put together: from the rarest on, until both sides expect [`EXPECTED_MIN`] rows of what is
/// left and of the heap.
#[must_use]
pub fn pooled(counts: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let (left, right) = totals(counts);
    let smaller = exact(left.min(right)) / exact((left + right).max(1));
    let rare = |(ours, theirs): &(u64, u64)| exact(ours + theirs) * smaller < EXPECTED_MIN;
    let mut sorted: Vec<(u64, u64)> =
        counts.iter().copied().filter(|(ours, theirs)| ours + theirs > 0).collect();
    sorted.sort_unstable_by_key(|(ours, theirs)| (ours + theirs, *ours));
    let mut heap = (0, 0);
    let mut kept = sorted.into_iter().peekable();
    while let Some((ours, theirs)) = kept.next_if(|next| rare(next) || heap != (0, 0) && rare(&heap)) {
        heap = (heap.0 + ours, heap.1 + theirs);
    }
    (heap != (0, 0)).then_some(heap).into_iter().chain(kept).collect()
}

fn totals(counts: &[(u64, u64)]) -> (u64, u64) {
    counts.iter().fold((0, 0), |(left, right), (ours, theirs)| (left + ours, right + theirs))
}

/// The probability that chi-square with a whole number of degrees of freedom is at least `x`: finite sums of positive terms,
/// and erfc where the number is odd (M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 1964, 26.4.4 and
/// 26.4.5).
#[must_use]
pub fn survival(x: f64, freedom: u32) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let half = x / 2.0;
    let odd = freedom % 2 == 1;
    let (first, shift) = if odd { (libm::erfc(half.sqrt()), 0.5) } else { (0.0, 0.0) };
    // The first term of the sum: 1, or sqrt(x / 2) / Γ(3/2).
    let mut term = if odd { 2.0 * (half / std::f64::consts::PI).sqrt() } else { 1.0 };
    let mut total = 0.0;
    for step in 1..=freedom / 2 {
        total += term;
        term *= half / (f64::from(step) + shift);
    }
    (first + libm::exp(-half) * total).min(1.0)
}

/// The value that chi-square passes with this probability.
#[must_use]
pub fn quantile(probability: f64, freedom: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while survival(high, freedom) > probability && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if survival(middle, freedom) > probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found:e} is not {expected:e}");
    }

    #[test]
    fn the_survival_function_agrees_with_scipy() {
        // scipy.stats.chi2.sf(x, freedom).
        for (x, freedom, expected) in [
            (0.5, 1, 0.479_500_122_186_953_37),
            (3.841_458_820_694_124, 1, 0.049_999_999_999_999_89),
            (1.0, 2, 0.606_530_659_712_633_4),
            (7.0, 3, 0.071_897_772_496_465_09),
            (27.877, 9, 0.001_000_063_357_757_273),
            (300.0, 18, 4.815_821_847_121_125e-53),
        ] {
            close(survival(x, freedom), expected);
        }
    }

    #[test]
    fn quantiles_turn_it_round() {
        for freedom in [1, 2, 9, 20] {
            close(survival(quantile(0.001, freedom), freedom), 0.001);
        }
    }

    #[test]
    fn a_worked_table_agrees_with_scipy() {
        let found = test(&[(10, 20), (20, 20), (30, 10)]).unwrap();
        // scipy.stats.chi2_contingency([[10, 20, 30], [20, 20, 10]], correction=False)
        close(found.statistic, 12.527_777_777_777_78);
        close(found.p, 0.001_903_827_607_695_494_3);
        assert_eq!(found.freedom, 2);
    }

    #[test]
    fn rare_categories_are_put_together() {
        assert_eq!(pooled(&[(50, 50), (40, 40), (1, 2)]), [(41, 42), (50, 50)]);
        assert_eq!(pooled(&[(50, 50), (6, 6), (3, 4), (1, 2)]), [(10, 12), (50, 50)]);
        assert_eq!(test(&[(50, 60)]), None);
        assert_eq!(test(&[(50, 0), (3, 0)]), None);
    }
}
