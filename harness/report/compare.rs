//! What has changed between two sessions: the accepted one and this one.

use std::collections::{BTreeMap, BTreeSet};

use super::remark::place_of;
use super::{CaseReport, Report, Snapshot};
use crate::canary::Outcome;
use crate::judge::figure::{Interval, Metric, Seeds};
use crate::judge::{Figure, Finding, Status, Verdict};

/// How something stands in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It held.
    Held,
    /// It drifted, is blind or inconclusive, or the gate objects.
    Failing(&'static str),
    /// It was not run.
    Skipped,
    /// It is not there.
    Absent,
}

/// Something that stands otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The case, or `gate`.
    pub case: String,
    /// The audit, its snapshot or canary, or the rule and file of the gate.
    pub what: String,
    /// In the accepted session.
    pub before: Standing,
    /// In this one.
    pub after: Standing,
}

/// A failing audit that finds something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The case.
    pub case: String,
    /// The audit.
    pub audit: String,
    /// What is found no longer: guilty factors, stage, artifact and first place.
    pub gone: Vec<String>,
    /// What is found now.
    pub come: Vec<String>,
}

/// A number that is another one.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricChange {
    /// The case.
    pub case: String,
    /// The metric, with averaging, group and what was scored where that matters.
    pub metric: String,
    /// In the accepted session.
    pub before: f64,
    /// In this one.
    pub after: f64,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// The interval over seeds, where one was measured: the accepted one, or else this one's.
    pub interval: Option<Interval>,
}

impl MetricChange {
    /// By how much it grew.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.after - self.before
    }

    /// Whether it is better than before.
    #[must_use]
    pub fn is_better(&self) -> bool {
        (self.after > self.before) == self.higher_is_better
    }

    /// Whether it lies inside the interval over seeds.
    #[must_use]
    pub fn is_inside(&self) -> Option<bool> {
        self.interval.map(|interval| interval.low <= self.after && self.after <= interval.high)
    }
}

/// What has changed. Lists are in the order of names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Failing now and not before, whether it held, was skipped or was not there.
    pub failing: Vec<Change>,
    /// Failing before and not now: mended where it holds now.
    pub no_longer: Vec<Change>,
    /// Failing in both.
    pub still: Vec<Change>,
    /// Held before, and now skipped or not there.
    pub lost: Vec<Change>,
    /// Held now, and skipped or not there before.
    pub gained: Vec<Change>,
    /// Cases that are new.
    pub new_cases: Vec<String>,
    /// Cases that are gone.
    pub gone_cases: Vec<String>,
    /// Failing in both, for another reason.
    pub moved: Vec<Moved>,
    /// Metrics with other values.
    pub metrics: Vec<MetricChange>,
}

impl Comparison {
    /// Whether all is as it was; what still fails is no change.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        *self == Self { still: self.still.clone(), ..Self::default() }
    }
}

/// What stands otherwise in `after` than in `before`.
#[must_use]
pub fn compare(before: &Report, after: &Report) -> Comparison {
    let mut comparison = Comparison::default();
    let (old, new) = (standings(before), standings(after));
    for (case, what) in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let of =
            |all: &Standings| all.get(&(case.clone(), what.clone())).copied().unwrap_or(Standing::Absent);
        let change = Change { case: case.clone(), what: what.clone(), before: of(&old), after: of(&new) };
        let list = match (change.before, change.after) {
            (Standing::Failing(_), Standing::Failing(_)) => &mut comparison.still,
            (_, Standing::Failing(_)) => &mut comparison.failing,
            (Standing::Failing(_), _) => &mut comparison.no_longer,
            (Standing::Held, Standing::Skipped | Standing::Absent) => &mut comparison.lost,
            (Standing::Skipped | Standing::Absent, Standing::Held) => &mut comparison.gained,
            _ => continue,
        };
        list.push(change);
    }
    let names =
        |report: &Report| -> BTreeSet<String> { report.cases.iter().map(|case| case.name.clone()).collect() };
    comparison.new_cases = names(after).difference(&names(before)).cloned().collect();
    comparison.gone_cases = names(before).difference(&names(after)).cloned().collect();
    comparison.moved = moved(before, after, &comparison.still);
    comparison.metrics = metrics(before, after);
    comparison
}

type Standings = BTreeMap<(String, String), Standing>;

fn standings(report: &Report) -> Standings {
    let cases = report.cases.iter().flat_map(|case| {
        of_case(case).into_iter().map(|(what, standing)| ((case.name.clone(), what), standing))
    });
    let problems = report.gate.iter().flat_map(|gate| &gate.problems).map(|problem| {
        let what = format!("{} {}", problem.rule, problem.file);
        (("gate".to_owned(), what), Standing::Failing(problem.severity.word()))
    });
    cases.chain(problems).collect()
}

fn of_case(case: &CaseReport) -> Vec<(String, Standing)> {
    let verdicts = case.verdicts.iter().map(|verdict| (verdict.audit.clone(), standing(verdict)));
    let snapshots = case.snapshots.iter().map(|(audit, snapshot)| {
        let standing = match snapshot {
            Snapshot::Same => Standing::Held,
            Snapshot::Changed(_) => Standing::Failing("changed"),
            Snapshot::Recorded | Snapshot::Unknown => Standing::Skipped,
        };
        (format!("{audit}: snapshot"), standing)
    });
    let canaries = case.canaries.iter().map(|canary| {
        let standing = match canary.outcome {
            Outcome::Proved => Standing::Held,
            Outcome::Missed(_) => Standing::Failing("missed"),
            Outcome::NotPlanted(_) => Standing::Skipped,
        };
        (format!("{}: canary", canary.audit), standing)
    });
    verdicts.chain(snapshots).chain(canaries).collect()
}

fn standing(verdict: &Verdict) -> Standing {
    match verdict.status {
        Status::Held => Standing::Held,
        Status::Skipped => Standing::Skipped,
        Status::Drifted | Status::Blind | Status::Inconclusive => Standing::Failing(verdict.status.word()),
    }
}

/// Audits that fail in both sessions and find something else.
fn moved(before: &Report, after: &Report, still: &[Change]) -> Vec<Moved> {
    let each = still.iter().filter_map(|change| {
        let (old, new) = (found(before, change)?, found(after, change)?);
        let only = |here: &[String], there: &[String]| -> Vec<String> {
            here.iter().filter(|one| !there.contains(one)).cloned().collect()
        };
        let (gone, come) = (only(&old, &new), only(&new, &old));
        let is_moved = !gone.is_empty() || !come.is_empty();
        is_moved.then(|| Moved { case: change.case.clone(), audit: change.what.clone(), gone, come })
    });
    each.collect()
}

fn found(report: &Report, change: &Change) -> Option<Vec<String>> {
    let case = report.cases.iter().rfind(|case| case.name == change.case)?;
    let verdict = case.verdicts.iter().rfind(|verdict| verdict.audit == change.what)?;
    Some(verdict.findings.iter().map(reason).collect())
}

/// Guilty factors, stage, artifact and first place.
fn reason(finding: &Finding) -> String {
    let place = finding.difference.as_ref().and_then(|difference| difference.place.as_ref());
    let failure = finding.failure.as_ref().map(|failure| failure.end.clone());
    let more = place.map(ToString::to_string).or(failure);
    more.map_or_else(|| place_of(finding), |more| format!("{}: {more}", place_of(finding)))
}

/// Metrics that both sessions measured, where the numbers are not the same.
fn metrics(before: &Report, after: &Report) -> Vec<MetricChange> {
    let (old, new) = (numbers(before), numbers(after));
    let each = new.iter().filter_map(|((case, metric), number)| {
        let known = old.get(&(case.clone(), metric.clone()))?;
        let differs = known.value.to_bits() != number.value.to_bits();
        differs.then(|| MetricChange {
            case: case.clone(),
            metric: metric.clone(),
            before: known.value,
            after: number.value,
            higher_is_better: number.higher_is_better,
            interval: known.interval.or(number.interval),
        })
    });
    each.collect()
}

struct Number {
    value: f64,
    higher_is_better: bool,
    interval: Option<Interval>,
}

fn numbers(report: &Report) -> BTreeMap<(String, String), Number> {
    let mut numbers = BTreeMap::new();
    for case in &report.cases {
        let figures = || case.verdicts.iter().flat_map(|verdict| &verdict.figures);
        let seeds = || {
            figures().filter_map(|figure| match figure {
                Figure::Seeds(seeds) => Some(seeds),
                Figure::Metric(_) | Figure::Drift(_) => None,
            })
        };
        for figure in figures() {
            let (name, number) = match figure {
                Figure::Metric(metric) => of_metric(metric, seeds().find(|seeds| is_of(seeds, metric))),
                Figure::Seeds(seeds) => of_seeds(seeds),
                // Its columns are many, and the verdict says which of them matter.
                Figure::Drift(_) => continue,
            };
            numbers.insert((case.name.clone(), name), number);
        }
    }
    numbers
}

/// Whether an interval over seeds is about a metric: that of all rows.
fn is_of(seeds: &Seeds, metric: &Metric) -> bool {
    metric.group.is_none() && seeds.metric == metric.name
}

fn of_metric(metric: &Metric, seeds: Option<&Seeds>) -> (String, Number) {
    let mut name = metric.name.clone();
    if let Some(averaging) = &metric.averaging {
        name = format!("{name} ({averaging})");
    }
    name = format!("{name} of {}", metric.predictions);
    if let Some(group) = &metric.group {
        name = format!("{name}, {} = {}", group.column, group.value);
    }
    let interval = seeds.map(|seeds| seeds.interval);
    (name, Number { value: metric.value, higher_is_better: metric.higher_is_better, interval })
}

fn of_seeds(seeds: &Seeds) -> (String, Number) {
    let name = format!("{}, mean over {} seeds", seeds.metric, seeds.seeds.len());
    let interval = Some(seeds.interval);
    (name, Number { value: seeds.mean, higher_is_better: seeds.higher_is_better, interval })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample;

    fn metrics_at(value: f64) -> Report {
        let mut verdict = sample::verdict("metrics", Status::Held, "x");
        let seeds = Figure::Seeds(sample::seeds(0.85, 0.95));
        verdict.figures = vec![Figure::Metric(sample::metric("accuracy", value)), seeds];
        sample::report(vec![sample::case("a", vec![verdict])])
    }

    #[test]
    fn a_metric_says_by_how_much_whether_it_is_better_and_whether_seeds_explain_it() {
        let changes = compare(&metrics_at(0.875), &metrics_at(0.75)).metrics;
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((change.metric.as_str(), change.difference()), ("accuracy of scores", -0.125));
        assert_eq!((change.is_better(), change.is_inside()), (false, Some(false)));
        let back = &compare(&metrics_at(0.75), &metrics_at(0.875)).metrics[0];
        assert_eq!((back.is_better(), back.is_inside()), (true, Some(true)));
    }

    #[test]
    fn what_is_no_longer_run_is_not_mended() {
        let with =
            |status| sample::report(vec![sample::case("a", vec![sample::verdict("repeat", status, "x")])]);
        let none = sample::report(vec![]);
        let drifted = with(Status::Drifted);
        let gone = compare(&drifted, &none);
        assert_eq!(gone.no_longer[0].after, Standing::Absent);
        assert_eq!(gone.gone_cases, ["a"]);
        assert_eq!(compare(&drifted, &with(Status::Skipped)).no_longer[0].after, Standing::Skipped);
        assert_eq!(compare(&drifted, &with(Status::Held)).no_longer[0].after, Standing::Held);
        assert_eq!(compare(&with(Status::Held), &with(Status::Skipped)).lost.len(), 1);
        assert_eq!(compare(&with(Status::Held), &with(Status::Inconclusive)).failing.len(), 1);
    }

    #[test]
    fn another_factor_and_another_place_are_told() {
        let with = |change: &dyn Fn(&mut Finding)| {
            let mut verdict = sample::verdict("nuisance", Status::Drifted, "x");
            let mut finding = sample::drift();
            change(&mut finding);
            verdict.findings = vec![finding];
            sample::report(vec![sample::case("a", vec![verdict])])
        };
        let usual = with(&|_| {});
        let other_factor = with(&|finding| finding.factors = vec!["locale".to_owned()]);
        let other_place = with(&|finding| {
            finding.difference.as_mut().unwrap().place = Some(crate::relate::Place::Line(9));
        });
        let moved = &compare(&usual, &other_factor).moved[0];
        assert_eq!(moved.come, ["locale (stage `train`, artifact `scores`): row 3 (id=17), column `score`"]);
        assert_eq!(
            compare(&usual, &other_place).moved[0].come,
            ["threads (stage `train`, artifact `scores`): line 9"]
        );
        assert!(compare(&usual, &usual).is_unchanged());
    }

    fn any_report() -> impl Strategy<Value = Report> {
        let status = prop::sample::select(vec![
            Status::Held,
            Status::Drifted,
            Status::Blind,
            Status::Inconclusive,
            Status::Skipped,
        ]);
        let audit = prop::sample::select(vec!["repeat", "nuisance", "leakage"]);
        let verdict = (audit, status, prop::option::of(0.0_f64..1.0)).prop_map(|(audit, status, value)| {
            let mut verdict = sample::verdict(audit, status, "x");
            if status == Status::Drifted {
                verdict.findings = vec![sample::drift()];
            }
            verdict.figures.extend(value.map(|value| Figure::Metric(sample::metric("accuracy", value))));
            verdict
        });
        let name = prop::sample::select(vec!["a", "b", "c"]);
        let case =
            (name, prop::collection::vec(verdict, 0..4)).prop_map(|(name, all)| sample::case(name, all));
        (prop::collection::vec(case, 0..4), any::<bool>()).prop_map(|(cases, gate)| {
            let mut report = sample::report(cases);
            report.gate = gate.then(sample::gate);
            report
        })
    }

    fn mirrored(changes: &[Change]) -> Vec<Change> {
        let mirror =
            |change: &Change| Change { before: change.after, after: change.before, ..change.clone() };
        changes.iter().map(mirror).collect()
    }

    proptest! {
        #[test]
        fn a_report_is_as_it_was_beside_itself(report in any_report()) {
            prop_assert!(compare(&report, &report).is_unchanged());
        }

        #[test]
        fn two_sides_swapped_swap_what_is_new_and_what_is_gone(one in any_report(), other in any_report()) {
            let (there, back) = (compare(&one, &other), compare(&other, &one));
            prop_assert_eq!(mirrored(&there.failing), back.no_longer);
            prop_assert_eq!(mirrored(&there.lost), back.gained);
            prop_assert_eq!(mirrored(&there.still), back.still);
            prop_assert_eq!(there.new_cases, back.gone_cases);
            prop_assert_eq!(there.moved.len(), back.moved.len());
            prop_assert_eq!(there.metrics.len(), back.metrics.len());
            for (change, mirror) in there.metrics.iter().zip(&back.metrics) {
                prop_assert!((change.difference() + mirror.difference()).abs() == 0.0);
                prop_assert_ne!(change.is_better(), mirror.is_better());
            }
        }
    }
}
