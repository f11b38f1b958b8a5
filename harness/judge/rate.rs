//! How often a flaky pipeline drifts: an exact interval from few runs.

use std::fmt;

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

/// Two-sided bounds on a probability.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Interval {
    /// Lower bound, 0 to 1.
    pub low: f64,
    /// Upper bound, 0 to 1.
    pub high: f64,
}

/// The Clopper-Pearson interval: whatever the true rate of drift is, the interval holds it with at least the given
/// confidence (0.95 for 95 %). No run at all gives the whole range.
///
/// The bounds are quantiles of the beta distribution: with `x` of `n` runs drifted and `a = 1 - confidence`, the
/// lower is that of Beta(x, n - x + 1) at `a / 2`, the upper that of Beta(x + 1, n - x) at `1 - a / 2`; 0 of
/// `n` has the lower bound 0, `n` of `n` the upper bound 1.
/// (C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
/// binomial", Biometrika 26, 1934; in the form of L. D. Brown, T. T. Cai and A. `DasGupta`, "Interval estimation
/// for a binomial proportion", Statistical Science 16, 2001.)
///
/// # Panics
///
/// If more runs drifted than there were, or if the confidence is not between 0 and 1.
#[must_use]
pub fn interval(drifted: u64, runs: u64, confidence: f64) -> Interval {
    assert!(drifted <= runs, "{drifted} of {runs} runs cannot drift");
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence of {confidence} is not between 0 and 1");
    let tail = (1.0 - confidence) / 2.0;
    let held = runs - drifted;
    let low = if drifted == 0 { 0.0 } else { quantile(drifted, held + 1, tail) };
    let high = if held == 0 { 1.0 } else { quantile(drifted + 1, held, 1.0 - tail) };
    Interval { low, high }
}

/// A quantile of a beta distribution whose parameters are positive.
fn quantile(left: u64, right: u64, probability: f64) -> f64 {
    let [left, right] = [left, right].map(exact);
    Beta::new(left, right).map_or(f64::NAN, |beta| beta.inverse_cdf(probability))
}

#[expect(clippy::cast_precision_loss, reason = "nobody runs a pipeline 2^53 times")]
fn exact(count: u64) -> f64 {
    count as f64
}

/// A count of drifting runs, as it is shown to people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rate {
    /// Runs that differed from the baseline.
    pub drifted: u64,
    /// Runs in all.
    pub runs: u64,
}

impl Rate {
    /// The 95 % interval.
    #[must_use]
    pub fn interval(self) -> Interval {
        interval(self.drifted, self.runs, 0.95)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Interval { low, high } = self.interval();
        let runs = if self.runs == 1 { "run" } else { "runs" };
        let (low, high) = (low * 100.0, high * 100.0);
        write!(
            formatter,
            "drifts in {} of {} {runs} (95 % interval {low:.0} to {high:.0} %)",
            self.drifted, self.runs
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn interval_of_ten_runs_agrees_with_published_tables() {
        close(interval(0, 10, 0.95), 0.0, 0.3085);
        close(interval(1, 10, 0.95), 0.0025, 0.4450);
        close(interval(3, 10, 0.95), 0.0667, 0.6525);
        close(interval(5, 10, 0.95), 0.1871, 0.8129);
        close(interval(10, 10, 0.95), 0.6915, 1.0);
    }

    #[test]
    fn interval_of_no_or_all_runs_has_a_closed_form() {
        for runs in 1..=60_u32 {
            let bound = 0.005_f64.powf(1.0 / f64::from(runs));
            close(interval(0, runs.into(), 0.99), 0.0, 1.0 - bound);
            close(interval(runs.into(), runs.into(), 0.99), bound, 1.0);
        }
    }

    #[test]
    fn interval_without_any_run_is_the_whole_range() {
        assert_eq!(interval(0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    /// The definition itself: at either bound, a count this extreme has the probability of one tail.
    #[test]
    fn interval_bounds_leave_one_tail_each() {
        for runs in 1..=30_u32 {
            for drifted in 0..=runs {
                let Interval { low, high } = interval(drifted.into(), runs.into(), 0.9);
                let at_least: f64 = (drifted..=runs).map(|count| binomial(runs, count, low)).sum();
                let at_most: f64 = (0..=drifted).map(|count| binomial(runs, count, high)).sum();
                assert!(drifted == 0 || (at_least - 0.05).abs() < 1e-6, "{drifted} of {runs}: {at_least}");
                assert!(drifted == runs || (at_most - 0.05).abs() < 1e-6, "{drifted} of {runs}: {at_most}");
            }
        }
    }

    fn binomial(runs: u32, count: u32, rate: f64) -> f64 {
        let ways: f64 = (0..count).map(|taken| f64::from(runs - taken) / f64::from(taken + 1)).product();
        let [hits, misses] = [count, runs - count].map(|power| i32::try_from(power).expect("small"));
        ways * rate.powi(hits) * (1.0 - rate).powi(misses)
    }

    #[test]
    fn interval_of_many_runs_is_narrow_and_finite() {
        let Interval { low, high } = interval(300_000, 1_000_000, 0.95);
        assert!(0.299 < low && low < 0.3 && 0.3 < high && high < 0.301, "{low} {high}");
    }

    #[test]
    fn a_rate_reads_as_a_sentence() {
        let rate = Rate { drifted: 3, runs: 10 };
        assert_eq!(rate.to_string(), "drifts in 3 of 10 runs (95 % interval 7 to 65 %)");
        let rate = Rate { drifted: 1, runs: 1 };
        assert_eq!(rate.to_string(), "drifts in 1 of 1 run (95 % interval 3 to 100 %)");
    }
}
