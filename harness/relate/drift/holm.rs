//! Holm's correction for several tests.

use super::exact;

/// The corrected p-values, in the order given: a family of true hypotheses is left alone with the stated probability, however
/// the tests hang together (S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
/// Statistics 6, 1979).
///
/// Not Benjamini and Hochberg's, which bounds the share of false findings among the findings: here one false finding makes a
/// sound table drift, and columns of one table depend on each other.
#[must_use]
pub fn corrected(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|left, right| p[*left].total_cmp(&p[*right]));
    let mut corrected = vec![1.0; p.len()];
    let mut least = 0.0_f64;
    for (place, test) in order.iter().enumerate() {
        least = least.max((exact((p.len() - place) as u64) * p[*test]).min(1.0));
        corrected[*test] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_a_worked_example() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
        let found = corrected(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        assert_eq!(corrected(&[0.5, 1.0, 0.9]), [1.0; 3]);
        assert_eq!(corrected(&[]), [0.0; 0]);
    }
}
