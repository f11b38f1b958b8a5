//! How alike two lists of numbers are in their ranks.

/// Spearman's rank correlation of paired numbers: Pearson's correlation of their ranks, equal numbers sharing the mean of
/// their ranks (C. Spearman, 1904). `None` for fewer than three pairs, or where one side has one value only.
pub(super) fn rank_correlation(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() < 3 {
        return None;
    }
    let (left, right) = (ranks(left), ranks(right));
    #[expect(clippy::cast_precision_loss, reason = "counts of rows lie far below 2^53")]
    let mean = (left.len() + 1) as f64 / 2.0;
    let moment = |one: &[f64], other: &[f64]| -> f64 {
        one.iter().zip(other).map(|(one, other)| (one - mean) * (other - mean)).sum()
    };
    let spread = (moment(&left, &left) * moment(&right, &right)).sqrt();
    (spread > 0.0).then(|| moment(&left, &right) / spread)
}

/// The rank of each number, from 1.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|left, right| values[*left].total_cmp(&values[*right]).is_eq()) {
        #[expect(clippy::cast_precision_loss, reason = "counts of rows lie far below 2^53")]
        let rank = (2 * start + group.len() + 1) as f64 / 2.0;
        for place in group {
            ranks[*place] = rank;
        }
        start += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_numbers_share_the_mean_of_their_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn the_correlation_is_that_of_a_worked_example() {
        // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) = 0.8207826816681233
        let found =
            rank_correlation(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).expect("a number");
        assert!((found - 0.820_782_681_668_123_3).abs() < 1e-12, "{found}");
        assert_eq!(rank_correlation(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    }

    proptest! {
        #[test]
        fn ranks_do_not_care_for_the_scale(values in prop::collection::vec(-1e6..1e6, 3..50)) {
            let scaled: Vec<f64> = values.iter().map(|value: &f64| value.powi(3) + 7.0).collect();
            if let Some(found) = rank_correlation(&values, &scaled) {
                prop_assert!((found - 1.0).abs() < 1e-9, "{found}");
            }
        }
    }
}
