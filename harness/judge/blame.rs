//! What the varied runs say of each stage, shared by the audits that vary factors.

use super::{Finding, View, failure};
use crate::artifact::{self, Artifact};
use crate::case::Case;
use crate::flow::StageRun;
use crate::plan::inquiry::{self, Searched};
use crate::plan::search::{FactorSet, Outcome};
use crate::plan::{self, Question};
use crate::relate::{self, Class};
use crate::run::{End, Record};
use crate::vary::{Carrier, Kind};

/// What became of one stage when its factors were varied.
pub(super) enum Blame {
    /// The joint run gave the baseline's bits.
    Clean,
    /// Two pinned runs differ: nothing can be blamed on a factor.
    Unrepeatable,
    /// The search ended.
    Found(Outcome),
}

pub(super) fn blame(run: &StageRun) -> Blame {
    if inquiry::pinned_runs_differ(&run.answers) {
        return Blame::Unrepeatable;
    }
    match inquiry::search(&run.plan, &run.answers) {
        Searched::Found(outcome) => Blame::Found(outcome),
        Searched::Asks(_) | Searched::NotNeeded => Blame::Clean,
    }
}

/// One finding per cause and artifact that it reaches, for causes that hold a factor of these kinds.
pub(super) fn findings(
    view: &View<'_>,
    audit: &str,
    run: &StageRun,
    outcome: &Outcome,
    kinds: &[Kind],
) -> Result<Vec<Finding>, artifact::Error> {
    let mut findings = Vec::new();
    for cause in &outcome.causes {
        let factors: Vec<&'static str> = inquiry::names(&run.plan, cause.factors).collect();
        if !factors.iter().any(|name| is_of(name, kinds)) {
            continue;
        }
        let Some(witness) = witness(run, outcome, cause.factors) else { continue };
        let factors: Vec<String> = factors.into_iter().map(str::to_owned).collect();
        findings.extend(compare(view, audit, run, &factors, witness)?);
    }
    Ok(findings)
}

/// The factor that moves addresses on purpose.
pub(super) const ADDRESSES: &str = "address-layout";

/// Takes out the findings that are most likely consequences: where a place shows an address, everything that makes a
/// program allocate otherwise (a longer variable, another order of files) changes that place, too. Returns what is left and
/// the factors taken out, if there are any.
pub(super) fn without_moved(findings: Vec<Finding>) -> (Vec<Finding>, Option<Vec<String>>) {
    let place = |finding: &Finding| {
        let place = finding.difference.as_ref().and_then(|difference| difference.place.clone());
        place.map(|place| (finding.artifact.clone(), place))
    };
    let by_address: Vec<_> =
        findings.iter().filter(|finding| finding.factors == [ADDRESSES]).filter_map(place).collect();
    let is_moved = |finding: &Finding| {
        finding.factors != [ADDRESSES] && place(finding).is_some_and(|place| by_address.contains(&place))
    };
    let (moved, rest): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_moved);
    let mut names: Vec<String> = moved.into_iter().flat_map(|finding| finding.factors).collect();
    names.dedup();
    (rest, (!names.is_empty()).then_some(names))
}

/// Whether a factor is of one of these kinds.
pub(super) fn is_of(name: &str, kinds: &[Kind]) -> bool {
    plan::factor(name).is_some_and(|factor| kinds.contains(&factor.kind()))
}

/// The run that shows a cause best: it varies the cause, as few other guilty factors as there is, and as little else.
fn witness<'a>(run: &'a StageRun, outcome: &Outcome, cause: FactorSet) -> Option<&'a Record> {
    let indexes = |question: &Question| -> FactorSet {
        let place = |name: &&'static str| run.plan.factors.iter().position(|factor| factor == name);
        question.varied.iter().filter_map(place).collect()
    };
    run.records
        .iter()
        .filter(|(question, _)| question.seed.is_none() && inquiry::differs(&run.answers, question))
        .map(|(question, record)| (indexes(question), record))
        .filter(|(set, _)| cause.is_subset(*set))
        .min_by_key(|(set, _)| (set.intersection(outcome.guilty).minus(cause).len(), set.len()))
        .map(|(_, record)| record)
}

/// The findings of one run against the baseline: one per artifact that differs, or the failure.
pub(super) fn compare(
    view: &View<'_>,
    audit: &str,
    run: &StageRun,
    factors: &[String],
    record: &Record,
) -> Result<Vec<Finding>, artifact::Error> {
    if record.end != End::Finished {
        return Ok(vec![failure(view.case, audit, &run.plan.stage, factors, record)]);
    }
    let Some(baseline) = run.records.get(&Question::default()) else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    for name in baseline.outputs.keys() {
        let (Some(left), Some(right)) = (stored(view.case, baseline, name), stored(view.case, record, name))
        else {
            continue;
        };
        let difference = relate::compare(&left, &right)?;
        if difference.class != Class::Identical {
            findings.push(Finding {
                stage: run.plan.stage.clone(),
                on: None,
                source: Vec::new(),
                regions: Vec::new(),
                artifact: Some(name.clone()),
                factors: factors.to_vec(),
                difference: Some(difference),
                failure: None,
                rerun: view.rerun(audit, factors),
            });
        }
    }
    Ok(findings)
}

/// An artifact of a run as it lies in the store.
pub(crate) fn stored(case: &Case, record: &Record, name: &str) -> Option<Artifact> {
    let output = record.outputs.get(name)?;
    let declared = case.output(name)?;
    Some(Artifact {
        path: output.path.clone(),
        format: declared.format,
        id: declared.id.clone(),
        digest: output.digest,
    })
}

/// Factors that were varied but never reached the program, each with the reason.
pub(super) fn unreached(run: &StageRun, kinds: &[Kind]) -> Vec<String> {
    let Some(record) = inquiry::joint(&run.plan).and_then(|question| run.records.get(&question)) else {
        return Vec::new();
    };
    let of = |carrier: Carrier| -> Vec<&str> {
        let carried = |name: &&&str| {
            plan::factor(name)
                .is_some_and(|factor| factor.carrier() == carrier && kinds.contains(&factor.kind()))
        };
        run.plan.factors.iter().filter(carried).copied().collect()
    };
    let mut lines = Vec::new();
    let mut tell = |factors: Vec<&str>, why: &str| {
        if !factors.is_empty() {
            lines.push(format!("{} in stage `{}`: {why}", factors.join(", "), run.plan.stage));
        }
    };
    if !record.reach.preload {
        tell(of(Carrier::Preload), "the program is linked statically, or this system has no preloading");
    }
    if !record.reach.shim {
        tell(of(Carrier::Shim), "no Python program was seen");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relate::{Difference, Place};

    fn finding(factor: &str, line: u64) -> Finding {
        let difference =
            Difference { class: Class::Labels, place: Some(Place::Line(line)), ..Difference::identical() };
        Finding {
            stage: "train".to_owned(),
            on: None,
            source: Vec::new(),
            regions: Vec::new(),
            artifact: Some("log".to_owned()),
            factors: vec![factor.to_owned()],
            difference: Some(difference),
            failure: None,
            rerun: String::new(),
        }
    }

    #[test]
    fn what_moves_addresses_is_not_blamed_beside_the_addresses() {
        let all = [finding("home", 2), finding(ADDRESSES, 2), finding("clock", 3)];
        let (left, moved) = without_moved(all.to_vec());
        assert_eq!(left, [finding(ADDRESSES, 2), finding("clock", 3)]);
        assert_eq!(moved, Some(vec!["home".to_owned()]));
    }

    #[test]
    fn without_addresses_every_finding_stays() {
        let all = vec![finding("home", 2), finding("clock", 2)];
        assert_eq!(without_moved(all.clone()), (all, None));
    }
}
