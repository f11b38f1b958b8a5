//! Judges `variance`: the spread over seeds, a claim against it, and a second pipeline seed by seed.

use super::figure::{Figure, Interval, Seeds};
use super::scored;
use super::statistics::{self, Bounds};
use super::walked::{found, inconclusive, run_failed, told};
use super::{Cause, Error, Finding, Judge, Status, Verdict, View, verdict};
use crate::case::Variance as Wish;
use crate::plan::scenario::variance::of_seed;
use crate::relate::{Class, Place};

const AUDIT: &str = "variance";

/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;
/// The level at which two pipelines are called different.
const LEVEL: f64 = 0.05;

/// See the module.
pub(super) struct Variance;

impl Judge for Variance {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.variance else {
            return Ok(inconclusive(AUDIT, "nothing is declared".to_owned(), Cause::NothingVaried));
        };
        let own = match values(view, wish, None)? {
            Ok(values) => values,
            Err(verdict) => return Ok(*verdict),
        };
        let spread = Spread::of(&own);
        let mut verdict = spread.judge(view, wish, &own);
        verdict.notes.extend(notes(wish, &own, &spread));
        verdict.figures.push(spread.figure(wish, own.clone()));
        if let Some(dir) = &wish.against {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match values(view, wish, Some(dir))? {
                Ok(other) => {
                    verdict.notes.push(paired(&own, &other, &name, scored::higher_is_better(&wish.metric)));
                }
                Err(verdict) => return Ok(*verdict),
            }
        }
        Ok(verdict)
    }
}

/// The metric for each seed, or the verdict where a run gave none.
fn values(
    view: &View<'_>,
    wish: &Wish,
    dir: Option<&std::path::PathBuf>,
) -> Result<Result<Vec<f64>, Box<Verdict>>, Error> {
    let mut values = Vec::new();
    for seed in &wish.seeds {
        let Some(walk) = view.walk(&of_seed(wish, seed, dir.cloned())) else {
            let headline = format!("seed {seed} was not run");
            return Ok(Err(Box::new(inconclusive(AUDIT, headline, Cause::NothingVaried))));
        };
        if !walk.is_whole() {
            return Ok(Err(Box::new(run_failed(view, AUDIT, walk, &["seed"]))));
        }
        match scored::value(view, Some(walk), &wish.metric)? {
            Ok(value) if value.is_finite() => values.push(value),
            Ok(value) => {
                let headline = format!("{} is {value} with seed {seed}", scored::name(&wish.metric));
                return Ok(Err(Box::new(inconclusive(AUDIT, headline, Cause::VariedRunFailed))));
            }
            Err(why) => {
                let headline = format!("no {} with seed {seed}: {why}", scored::name(&wish.metric));
                return Ok(Err(Box::new(inconclusive(AUDIT, headline, Cause::NothingVaried))));
            }
        }
    }
    Ok(Ok(values))
}

/// What the seeds give.
struct Spread {
    mean: f64,
    deviation: f64,
    /// Of the mean.
    interval: Bounds,
    /// Of one further run.
    single: Bounds,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let mean = statistics::mean(values).unwrap_or(f64::NAN);
        let point = Bounds { low: mean, high: mean };
        Self {
            mean,
            deviation: statistics::deviation(values).unwrap_or(0.0),
            interval: statistics::mean_interval(values, CONFIDENCE).unwrap_or(point),
            single: statistics::prediction_interval(values, CONFIDENCE).unwrap_or(point),
        }
    }

    fn figure(&self, wish: &Wish, values: Vec<f64>) -> Figure {
        Figure::Seeds(Seeds {
            metric: scored::name(&wish.metric).to_owned(),
            higher_is_better: scored::higher_is_better(&wish.metric),
            seeds: wish.seeds.clone(),
            values,
            mean: self.mean,
            deviation: self.deviation,
            interval: Interval { low: self.interval.low, high: self.interval.high, confidence: CONFIDENCE },
            claim: wish.claim,
        })
    }

    fn sentence(&self, name: &str, count: usize) -> String {
        format!(
            "{name} {:.4} ± {:.4} (mean and deviation over {count} seeds), 95 % interval of the mean {:.4} to {:.4}",
            self.mean, self.deviation, self.interval.low, self.interval.high
        )
    }

    fn judge(&self, view: &View<'_>, wish: &Wish, values: &[f64]) -> Verdict {
        let sentence = self.sentence(scored::name(&wish.metric), values.len());
        let Some(claim) = wish.claim else { return verdict(AUDIT, Status::Held, sentence) };
        let Some((word, what)) = self.objection(claim, values, scored::higher_is_better(&wish.metric)) else {
            return verdict(AUDIT, Status::Held, format!("the claim {claim} fits: {sentence}"));
        };
        let mut verdict = verdict(AUDIT, Status::Drifted, format!("the claim {claim} {what}"));
        verdict.findings.push(finding(view, wish, word, format!("the claim {claim} {what}; {sentence}")));
        verdict
    }

    /// What is wrong with a claim, if something is.
    fn objection(&self, claim: f64, values: &[f64], higher: bool) -> Option<(&'static str, String)> {
        let quantum = quantum(claim);
        let is = |value: f64| (value - claim).abs() <= quantum / 2.0 * (1.0 + 1e-9);
        let best = values.iter().copied().fold(
            if higher { f64::NEG_INFINITY } else { f64::INFINITY },
            |best, value| {
                if higher { best.max(value) } else { best.min(value) }
            },
        );
        let reached = values.iter().filter(|value| is(**value)).count();
        if is(best) && !is(self.mean) && 2 * reached < values.len() {
            return Some(("best-run", format!("is that of the best of {} seeds alone", values.len())));
        }
        // A claim is written with few digits: it may be off by half of the last one.
        let (low, high) = (self.interval.low - quantum / 2.0, self.interval.high + quantum / 2.0);
        if (low..=high).contains(&claim) {
            return None;
        }
        let one = if self.single.hold(claim) { "; one run may give it, the mean does not" } else { "" };
        Some((
            "claim",
            format!(
                "lies outside the 95 % interval of the mean, {:.4} to {:.4}{one}",
                self.interval.low, self.interval.high
            ),
        ))
    }
}

fn finding(view: &View<'_>, wish: &Wish, word: &'static str, note: String) -> Finding {
    let difference = told(Class::Values, Some(Place::Whole), note);
    found(view, AUDIT, scored::output(&wish.metric), &[word], difference)
}

/// One in the last decimal of a number as people write it: 0.01 of 0.93.
fn quantum(claim: f64) -> f64 {
    let text = claim.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    10_f64.powi(-i32::try_from(decimals).unwrap_or(0))
}

fn notes(wish: &Wish, values: &[f64], spread: &Spread) -> Vec<String> {
    let each = wish.seeds.iter().zip(values).map(|(seed, value)| format!("{seed}: {value:.6}"));
    let mut notes =
        vec![format!("{} by seed: {}", scored::name(&wish.metric), each.collect::<Vec<_>>().join(", "))];
    if spread.deviation > 0.0 {
        // Two runs differ by sqrt(2) deviations; the t quantile is the one in the interval of the mean.
        let reach =
            (spread.interval.high - spread.mean) * exact(values.len()).sqrt() * std::f64::consts::SQRT_2;
        notes.push(format!(
            "noise floor: two runs that differ by less than {reach:.4} may differ by the seed alone"
        ));
    } else {
        notes.push("all seeds give the same number: the metric may be too coarse to see the seed".to_owned());
    }
    notes
}

#[expect(clippy::cast_precision_loss, reason = "nobody runs 2^53 seeds")]
fn exact(count: usize) -> f64 {
    count as f64
}

/// Two pipelines on the same seeds.
fn paired(own: &[f64], other: &[f64], name: &str, higher: bool) -> String {
    let sign = if higher { 1.0 } else { -1.0 };
    let differences: Vec<f64> = own.iter().zip(other).map(|(own, other)| sign * (own - other)).collect();
    let count = differences.len();
    let mean = statistics::mean(&differences).unwrap_or(0.0);
    let Some(test) = statistics::sign_flip(&differences) else {
        return format!(
            "against `{name}`: {count} pairs are too many for the exact test; mean difference {mean:.4}"
        );
    };
    let best = if mean > 0.0 { "this one is better" } else { "the other one is better" };
    let p = format!("p = {:.4}, exact paired permutation test", test.both);
    if test.least > LEVEL {
        let least = test.least;
        return format!(
            "against `{name}`: mean difference {mean:.4}, but {count} pairs cannot decide: p cannot fall below {least:.4}; run more seeds"
        );
    }
    if test.both <= LEVEL {
        format!("against `{name}`: {best} by {:.4} in the mean ({p})", mean.abs())
    } else {
        format!("against `{name}`: no difference is shown, mean {mean:.4} ({p})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objection(claim: f64, values: &[f64]) -> Option<&'static str> {
        Spread::of(values).objection(claim, values, true).map(|(word, _)| word)
    }

    #[test]
    fn an_honest_claim_is_the_mean_within_its_interval() {
        let values = [0.90, 0.91, 0.92, 0.93, 0.94];
        assert_eq!(objection(0.92, &values), None);
        assert_eq!(objection(0.93, &values), None, "inside the interval, 0.9004 to 0.9396, and not the best");
        assert_eq!(objection(0.94, &values), Some("best-run"));
        assert_eq!(objection(0.97, &values), Some("claim"));
        assert_eq!(objection(0.88, &values), Some("claim"));
    }

    #[test]
    fn a_claim_is_as_exact_as_it_is_written() {
        let values = [0.921, 0.922, 0.923];
        assert_eq!(objection(0.92, &values), None);
        assert_eq!(objection(0.9, &values), None);
        assert_eq!(objection(0.91, &values), Some("claim"));
        assert_eq!(objection(1.0, &[1.0, 1.0, 1.0]), None);
    }

    #[test]
    fn less_is_better_for_errors() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0];
        let spread = Spread::of(&values);
        assert_eq!(spread.objection(1.0, &values, false).map(|(word, _)| word), Some("best-run"));
        assert_eq!(spread.objection(3.0, &values, false), None);
    }

    #[test]
    fn five_pairs_cannot_decide_and_six_can() {
        let (ones, zeros) = ([1.0; 6], [0.0; 6]);
        assert!(paired(&ones[..5], &zeros[..5], "old", true).contains("cannot fall below 0.0625"));
        assert!(paired(&ones, &zeros, "old", true).contains("this one is better by 1.0000"));
        assert!(paired(&ones, &zeros, "old", false).contains("the other one is better"));
    }
}
