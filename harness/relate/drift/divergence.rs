//! How far two distributions over the same bins lie apart. All shares must be above 0, as [`super::bins::shares`] gives them.

use crate::relate::moments::sum;

/// The population stability index: the sum over bins of (q - p) ln(q / p), where p and q are the shares of the reference and
/// of now. It is the symmetric sum of both Kullback-Leibler divergences (H. Jeffreys, "An invariant form for the prior
/// probability in estimation problems", Proceedings of the Royal Society A 186, 1946).
#[must_use]
pub fn population_stability(reference: &[f64], current: &[f64]) -> f64 {
    sum(reference.iter().zip(current).map(|(p, q)| (q - p) * libm::log(q / p)))
}

/// The Kullback-Leibler divergence of what is now from the reference, the sum of q ln(q / p), in nats: how surprising what is
/// now would be to one who expects the reference (S. Kullback and R. A. Leibler, "On information and sufficiency", Annals of
/// Mathematical Statistics 22, 1951). `scipy.stats.entropy(current, reference)`.
#[must_use]
pub fn kullback_leibler(reference: &[f64], current: &[f64]) -> f64 {
    sum(reference.iter().zip(current).map(|(p, q)| q * libm::log(q / p))).max(0.0)
}

/// The Jensen-Shannon distance: the root of the Jensen-Shannon divergence to base 2, from 0 to 1 (J. Lin, "Divergence measures
/// based on the Shannon entropy", IEEE Transactions on Information Theory 37, 1991; D. M. Endres and J. E. Schindelin, "A new
/// metric for probability distributions", the same 49, 2003). `scipy.spatial.distance.jensenshannon(p, q, base=2)`.
#[must_use]
pub fn jensen_shannon(left: &[f64], right: &[f64]) -> f64 {
    let part = |share: f64, middle: f64| share * libm::log2(share / middle);
    let bins = left.iter().zip(right).map(|(p, q)| {
        let middle = f64::midpoint(*p, *q);
        part(*p, middle) + part(*q, middle)
    });
    (sum(bins) / 2.0).clamp(0.0, 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "equal distributions have no distance at all")]

    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found:e} is not {expected:e}");
    }

    #[test]
    fn they_agree_with_scipy() {
        let (p, q) = ([0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]);
        // scipy.stats.entropy(q, p) and entropy(q, p) + entropy(p, q), spatial.distance.jensenshannon(p, q, base=2).
        close(kullback_leibler(&p, &q), 0.121_777_274_287_168_67);
        close(population_stability(&p, &q), 0.228_217_409_573_391_84);
        close(jensen_shannon(&p, &q), 0.200_503_322_531_428_2);
    }

    #[test]
    fn equal_distributions_have_no_distance() {
        let p = [0.1, 0.2, 0.7];
        assert_eq!(population_stability(&p, &p), 0.0);
        assert_eq!(kullback_leibler(&p, &p), 0.0);
        assert_eq!(jensen_shannon(&p, &p), 0.0);
    }
}
