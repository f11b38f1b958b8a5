//! Judges `shuffled-targets`: does training on permuted targets fall to chance?

use super::scored;
use super::statistics;
use super::walked::{found, inconclusive, run_failed, told};
use super::{Cause, Error, Judge, Status, Verdict, View, verdict};
use crate::artifact::{Artifact, column};
use crate::case::{MetricFrom, ShuffledTargets as Wish};
use crate::flow::ScenarioRun;
use crate::plan::Scenario;
use crate::plan::scenario::shuffled_targets::permuted;
use crate::relate::{Class, Place, metric};

const AUDIT: &str = "shuffled-targets";

/// Permutations of one round, and the fewest that are run.
const ROUND: u32 = 6;
/// The confidence at which the mean of permuted scores must exceed chance to be called a leak.
const CONFIDENCE: f64 = 0.998;
/// Scores within this distance of chance are chance: rows of small test sets are few, and a model that names the most
/// frequent class of its permuted training rows may be lucky there.
const MARGIN: f64 = 0.05;

/// See the module.
pub(super) struct ShuffledTargets;

impl Judge for ShuffledTargets {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    /// Goes on while p can still fall to the level: mostly until a permutation scores as well as the real targets. A few are
    /// run in any case, to tell scores above chance from chance.
    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        let Some(wish) = &view.case.audits.wishes.shuffled_targets else { return Ok(Vec::new()) };
        let first = view.first(AUDIT);
        let Some(known) = walked(view, wish)? else { return Ok(first) };
        let done = u32::try_from(known.scores.len()).unwrap_or(u32::MAX);
        let decided = done >= ROUND && known.p_can_only_exceed(wish);
        if known.broken.is_some() || done >= wish.permutations || decided {
            return Ok(first);
        }
        let all = permuted(view.case, wish, 0..wish.permutations.min(done.saturating_add(ROUND)));
        Ok(all.unwrap_or(first))
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.shuffled_targets else {
            return Ok(inconclusive(AUDIT, "nothing is declared".to_owned(), Cause::NothingVaried));
        };
        let Some(known) = walked(view, wish)? else {
            let headline = format!("no {} without permutation", scored::name(&wish.metric));
            return Ok(inconclusive(AUDIT, headline, Cause::NothingVaried));
        };
        match &known.broken {
            Some(broken) => Ok((**broken).clone()),
            None => conclude(view, wish, &known),
        }
    }
}

/// What the walks so far gave.
struct Known {
    /// On the real targets.
    real: f64,
    /// On permuted ones, in order.
    scores: Vec<f64>,
    higher: bool,
    /// The verdict where a walk gave no score.
    broken: Option<Box<Verdict>>,
}

impl Known {
    /// Permutations that score as well as the real targets.
    fn as_good(&self) -> u64 {
        let good = |score: &&f64| if self.higher { **score >= self.real } else { **score <= self.real };
        self.scores.iter().filter(good).count() as u64
    }

    fn p(&self) -> f64 {
        statistics::permutation_p(self.as_good(), self.scores.len() as u64)
    }

    fn p_can_only_exceed(&self, wish: &Wish) -> bool {
        statistics::permutation_p(self.as_good(), u64::from(wish.permutations).max(self.as_good()))
            > wish.level
    }
}

fn walked(view: &View<'_>, wish: &Wish) -> Result<Option<Known>, Error> {
    let Ok(real) = scored::value(view, None, &wish.metric)? else { return Ok(None) };
    let mut known =
        Known { real, scores: Vec::new(), higher: scored::higher_is_better(&wish.metric), broken: None };
    let all = permuted(view.case, wish, 0..wish.permutations).unwrap_or_default();
    for walk in all.iter().map_while(|scenario| view.walk(scenario)) {
        match score(view, wish, walk)? {
            Ok(score) => known.scores.push(score),
            Err(verdict) => {
                known.broken = Some(verdict);
                break;
            }
        }
    }
    Ok(Some(known))
}

/// The score of one walk, or the verdict where it has none.
fn score(view: &View<'_>, wish: &Wish, walk: &ScenarioRun) -> Result<Result<f64, Box<Verdict>>, Error> {
    if !walk.is_whole() {
        return Ok(Err(Box::new(run_failed(view, AUDIT, walk, &["targets"]))));
    }
    let nothing = |headline: String| Ok(Err(Box::new(inconclusive(AUDIT, headline, Cause::NothingVaried))));
    let edited = walk.edited();
    if edited.values().all(|applied| applied.cells_changed == 0) {
        return nothing("the targets are all equal, so permuting them changes nothing".to_owned());
    }
    match scored::value(view, Some(walk), &wish.metric)? {
        Ok(value) if value.is_finite() => Ok(Ok(value)),
        Ok(value) => nothing(format!("{} is {value} on permuted targets", scored::name(&wish.metric))),
        Err(why) => nothing(why),
    }
}

fn conclude(view: &View<'_>, wish: &Wish, known: &Known) -> Result<Verdict, Error> {
    let name = scored::name(&wish.metric);
    let count = known.scores.len();
    let mean = statistics::mean(&known.scores).unwrap_or(f64::NAN);
    let least = statistics::least_permutation_p(u64::from(wish.permutations));
    if least > wish.level {
        let headline = format!(
            "{} permutations cannot show p <= {}: the least is {least:.3}; ask for more",
            wish.permutations, wish.level
        );
        return Ok(inconclusive(AUDIT, headline, Cause::NothingVaried));
    }
    let p = known.p();
    let sentence = format!(
        "{name} {:.4} on the real targets, {mean:.4} in the mean of {count} permutations, p = {p:.3} (the least that {} can give: {least:.3})",
        known.real, wish.permutations
    );
    let chance = chance(view, wish)?;
    let leak = |what: String| {
        let mut verdict = verdict(AUDIT, Status::Drifted, what.clone());
        let difference = told(Class::Values, Some(Place::Whole), format!("{what}; {sentence}"));
        verdict.findings.push(found(view, AUDIT, scored::output(&wish.metric), &["targets"], difference));
        verdict
    };
    if let Some(chance) = chance.filter(|chance| exceeds(&known.scores, *chance, known.higher)) {
        return Ok(leak(format!(
            "permuted targets still give {name} {mean:.4}, where chance is {chance:.4}"
        )));
    }
    if p <= wish.level {
        let mut held = verdict(AUDIT, Status::Held, sentence);
        match chance {
            Some(chance) => held.notes.push(format!("chance is taken to be {chance:.4}")),
            None => held.not_checked.push(format!(
                "whether {name} falls to chance altogether: what chance is, is known for accuracy, balanced accuracy, ROC-AUC and R² only"
            )),
        }
        return Ok(held);
    }
    if chance.is_some() {
        let headline =
            format!("no better on the real targets than on permuted ones, so nothing can fall: {sentence}");
        return Ok(inconclusive(AUDIT, headline, Cause::NothingVaried));
    }
    Ok(leak(format!("permuted targets score as well as the real ones ({name})")))
}

/// Whether the permuted scores lie above chance for certain.
fn exceeds(scores: &[f64], chance: f64, higher: bool) -> bool {
    let sign = if higher { 1.0 } else { -1.0 };
    let above: Vec<f64> = scores.iter().map(|score| sign * (score - chance)).collect();
    let mean = statistics::mean(&above).unwrap_or(0.0);
    let low = statistics::mean_interval(&above, CONFIDENCE).map_or(mean, |bounds| bounds.low);
    low > 0.0 && mean > MARGIN
}

/// What a model reaches that has learnt nothing, where the metric's name and the data say it.
fn chance(view: &View<'_>, wish: &Wish) -> Result<Option<f64>, Error> {
    let Some(name) = metric::canonical_name(scored::name(&wish.metric)) else { return Ok(None) };
    match name {
        "roc-auc" => return Ok(Some(0.5)),
        "r2" => return Ok(Some(0.0)),
        "accuracy" | "balanced-accuracy" => {}
        _ => return Ok(None),
    }
    let targets = match &wish.metric.from {
        MetricFrom::Computed { scoring, .. } => {
            scored::rows(view, None, scoring)?.ok().map(|rows| rows.truth)
        }
        MetricFrom::Reported { .. } => targets(view)?,
    };
    Ok(targets.and_then(|targets| metric::baseline(name, &targets, None).ok()))
}

/// The targets of the first declared table that has some.
fn targets(view: &View<'_>) -> Result<Option<Vec<String>>, Error> {
    let mut declared = view.case.data.values().filter(|data| data.format.is_table());
    let Some((data, target)) = declared.find_map(|data| Some((data, data.target.clone()?))) else {
        return Ok(None);
    };
    let artifact = Artifact::at(data.path.clone(), data.format, data.id.clone())?;
    Ok(column::columns(&artifact, &[target])?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_about_chance_do_not_exceed_it_and_scores_far_above_do() {
        assert!(!exceeds(&[0.48, 0.55, 0.51, 0.53], 0.5, true));
        assert!(exceeds(&[0.8, 0.82, 0.79, 0.81], 0.5, true));
        assert!(!exceeds(&[0.9, 0.2, 0.5, 0.6], 0.5, true), "too few to be certain");
        assert!(exceeds(&[0.1, 0.12, 0.11], 0.5, false));
    }

    #[test]
    fn one_score_as_good_ends_the_search_at_the_least_level() {
        let known = |scores: &[f64]| Known { real: 0.9, scores: scores.to_vec(), higher: true, broken: None };
        assert_eq!(known(&[0.5, 0.9]).as_good(), 1);
        assert!((known(&[0.5; 19]).p() - 0.05).abs() < 1e-12);
    }
}
