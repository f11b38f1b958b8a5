//! Bins of numbers, fixed on the reference, and the shares of what falls into them.

use super::exact;

/// Bins of numbers, as is the custom (N. Siddiqi, "Credit Risk Scorecards", 2006, chapter 8).
pub const BINS: usize = 10;

/// The rows that are added to each bin of both sides, so that an empty bin makes no logarithm infinite: half a row, the
/// estimate of R. E. Krichevsky and V. K. Trofimov, "The performance of universal encoding", IEEE Transactions on
/// Information Theory 27, 1981.
pub const ADDED_ROWS: f64 = 0.5;

/// The lower bounds of all bins but the first: the deciles of the reference, which is sorted, equal ones falling together.
/// What lies below the first bound or above the last one is in the outer bins, however far.
///
/// A value that two deciles hit holds a tenth of the rows or more: it gets a bin of its own, so that numbers of which most
/// are zero have two bins and not one. Empty where the reference has one value.
#[must_use]
pub fn bounds(sorted: &[f64]) -> Vec<f64> {
    let deciles: Vec<f64> =
        (1..BINS).filter_map(|tenth| sorted.get(tenth * sorted.len() / BINS).copied()).collect();
    let mut bounds = deciles.clone();
    for pair in deciles.windows(2).filter(|pair| same(pair[0], pair[1])) {
        let above = sorted.partition_point(|value| *value <= pair[0]);
        bounds.extend(sorted.get(above));
    }
    bounds.sort_unstable_by(f64::total_cmp);
    bounds.dedup();
    // What lies at the lowest value is in the first bin whether or not that value is a bound.
    bounds.retain(|bound| sorted.first().is_some_and(|lowest| bound > lowest));
    bounds
}

/// How many of some sorted numbers fall into each bin. A bin holds what lies at or above its lower bound.
#[must_use]
pub fn counts(sorted: &[f64], bounds: &[f64]) -> Vec<u64> {
    let mut below = 0;
    let mut counts = Vec::with_capacity(bounds.len() + 1);
    for bound in bounds {
        let end = sorted.partition_point(|value| value < bound);
        counts.push((end - below) as u64);
        below = end;
    }
    counts.push((sorted.len() - below) as u64);
    counts
}

/// The share of each bin, [`ADDED_ROWS`] added to each.
#[must_use]
pub fn shares(counts: &[u64]) -> Vec<f64> {
    let total = exact(counts.iter().sum()) + ADDED_ROWS * exact(counts.len() as u64);
    counts.iter().map(|count| (exact(*count) + ADDED_ROWS) / total).collect()
}

/// Whether two numbers are one, signs of zero aside.
fn same(left: f64, right: f64) -> bool {
    left.total_cmp(&right).is_eq()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_the_deciles() {
        let numbers: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(bounds(&numbers), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        assert_eq!(counts(&numbers, &bounds(&numbers)), [10; 10]);
    }

    #[test]
    fn values_outside_the_reference_fall_into_the_outer_bins() {
        assert_eq!(counts(&[f64::NEG_INFINITY, -5.0, 1.5, 9.0, f64::INFINITY], &[1.0, 2.0]), [2, 1, 2]);
    }

    #[test]
    fn a_frequent_value_has_a_bin_of_its_own() {
        let mut numbers = vec![0.0; 95];
        numbers.extend([1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(bounds(&numbers), [1.0]);
        assert_eq!(bounds(&[7.0; 50]), [0.0; 0]);
        assert_eq!(bounds(&[]), [0.0; 0]);
        let mut middle: Vec<f64> = (0..40).map(f64::from).collect();
        middle.extend([50.0; 40]);
        middle.extend((60..80).map(f64::from));
        assert_eq!(bounds(&middle), [10.0, 20.0, 30.0, 50.0, 60.0, 70.0]);
    }

    #[test]
    fn an_empty_bin_counts_half_a_row() {
        assert_eq!(shares(&[9, 0]), [9.5 / 10.0, 0.5 / 10.0]);
    }
}
