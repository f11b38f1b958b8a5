//! How many equal rows chance explains.

/// How many of `test` rows are expected to repeat a training row, when `repeats` of `train` training rows repeat each
/// other. One is added to both, or no repeat among few rows would mean that there is never any (Laplace's rule).
pub(super) fn expected(test: u64, repeats: u64, train: u64) -> f64 {
    exact(test) * (exact(repeats) + 1.0) / (exact(train) + 1.0)
}

/// The probability of at least `count` events where `mean` are expected, by Poisson's distribution.
pub(super) fn poisson_tail(count: u64, mean: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    // Summed from the term nearest to the mean outwards, so that every sum begins with its largest term.
    let upper = exact(count) > mean;
    let start = if upper { count } else { count - 1 };
    let (mut term, mut total) = (1.0, 0.0);
    let mut events = start;
    while term > total * 1e-17 {
        total += term;
        if upper {
            events += 1;
            term *= mean / exact(events);
        } else if events > 0 {
            term *= exact(events) / mean;
            events -= 1;
        } else {
            break;
        }
    }
    let first = (exact(start) * mean.ln() - mean - ln_factorial(start)).exp();
    let tail = if upper { first * total } else { 1.0 - first * total };
    tail.clamp(0.0, 1.0)
}

/// The logarithm of a factorial: multiplied out while small, then Stirling's series (Abramowitz and Stegun, "Handbook of
/// Mathematical Functions", 1964, 6.1.41).
fn ln_factorial(count: u64) -> f64 {
    if count < 20 {
        return (1..=count).map(|factor| exact(factor).ln()).sum();
    }
    let size = exact(count);
    (size + 0.5) * size.ln() - size + 0.5 * std::f64::consts::TAU.ln() + 1.0 / (12.0 * size)
        - 1.0 / (360.0 * size.powi(3))
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
pub(super) fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_agree_with_scipy() {
        // `stats.poisson.sf(count - 1, mean)` of SciPy 1.10.1.
        for (count, mean, expected) in POISSON {
            let found = poisson_tail(*count, *mean);
            assert!((found - expected).abs() <= 1e-9 * expected, "{count} {mean}: {found:e} {expected:e}");
        }
        assert!((poisson_tail(0, 3.0) - 1.0).abs() < 1e-15);
    }

    const POISSON: &[(u64, f64, f64)] = &[
        (1, 0.42, 0.342_953_180_184_943_2),
        (5, 0.5, 0.000_172_115_629_955_840_72),
        (3, 3.0, 0.576_809_918_873_156_6),
        (10, 20.0, 0.995_004_587_691_692_4),
        (100, 60.0, 1.481_527_632_646_049_4e-06),
        (5000, 4900.0, 0.077_944_956_226_513_93),
        (4800, 4900.0, 0.924_822_019_086_303_2),
    ];
}
