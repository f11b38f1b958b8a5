//! What scenarios say, shared by the audits that walk them.

use std::collections::BTreeMap;

use super::{Cause, Error, Finding, Status, Verdict, View, cause_of, failure, stored, verdict};
use crate::artifact::Artifact;
use crate::flow::ScenarioRun;
use crate::plan::{Scenario, inquiry};
use crate::relate::{self, Class, Difference};
use crate::run::{End, Record};
use crate::vary::data::{Applied, Source};

impl View<'_> {
    /// The scenarios with which an audit begins.
    pub(super) fn first(&self, audit: &str) -> Vec<Scenario> {
        let own = self.session.plan.scenarios.iter().find(|(name, _)| *name == audit);
        own.map(|(_, scenarios)| scenarios.clone()).unwrap_or_default()
    }

    /// What was run for a scenario, once it was.
    pub(super) fn walk(&self, scenario: &Scenario) -> Option<&ScenarioRun> {
        self.session.scenarios.get(scenario)
    }

    /// An artifact as the baseline left it.
    pub(super) fn baseline(&self, name: &str) -> Option<Artifact> {
        let stage = self.case.producer(name)?;
        stored(self.case, self.session.baseline(&stage.name)?, name)
    }

    /// An artifact as a scenario left it: the baseline's where the change did not reach its stage. `None` where its stage
    /// failed or was not run.
    pub(super) fn artifact(&self, walk: &ScenarioRun, name: &str) -> Option<Artifact> {
        let stage = self.case.producer(name)?;
        match walk.records.get(&stage.name) {
            Some(record) if record.end != End::Finished => None,
            Some(record) => stored(self.case, record, name),
            None => self.baseline(name),
        }
    }

    /// How an artifact of a scenario differs from the baseline's; `None` where one of the two is not there.
    pub(super) fn difference(&self, walk: &ScenarioRun, name: &str) -> Result<Option<Difference>, Error> {
        let (Some(left), Some(right)) = (self.baseline(name), self.artifact(walk, name)) else {
            return Ok(None);
        };
        Ok(Some(relate::compare(&left, &right)?))
    }

    /// Whether two pinned runs of a stage gave different bits: then no difference can be blamed on a change.
    pub(super) fn is_unrepeatable(&self, stage: &str) -> bool {
        let mut runs = self.session.stages.iter().filter(|run| run.plan.stage == stage);
        runs.any(|run| inquiry::pinned_runs_differ(&run.answers))
    }

    /// A declared data file as it lies in the project.
    pub(super) fn source(&self, data: &str) -> Option<Source> {
        let declared = self.case.data.get(data)?;
        Some(declared.source(declared.path.clone()))
    }
}

impl ScenarioRun {
    /// What the changes to the data came to, over all stages: the same file is changed once.
    pub(super) fn edited(&self) -> BTreeMap<String, Applied> {
        self.records.values().flat_map(|record| record.edited.clone()).collect()
    }

    /// The record of the stage that did not finish.
    pub(super) fn failure(&self) -> Option<(&String, &Record)> {
        let stage = self.failed.as_ref()?;
        Some((stage, self.records.get(stage)?))
    }
}

/// A finding about an artifact.
pub(super) fn found(
    view: &View<'_>,
    audit: &str,
    artifact: &str,
    factors: &[&str],
    difference: Difference,
) -> Finding {
    let stage = view.case.producer(artifact).map(|stage| stage.name.clone()).unwrap_or_default();
    Finding {
        stage,
        on: None,
        source: Vec::new(),
        regions: Vec::new(),
        artifact: Some(artifact.to_owned()),
        factors: factors.iter().map(|name| (*name).to_owned()).collect(),
        difference: Some(difference),
        failure: None,
        rerun: view.rerun(audit, &[]),
    }
}

/// A difference that is told in a sentence: what was looked at was no pair of artifacts.
#[must_use]
pub(super) fn told(class: Class, place: Option<relate::Place>, note: String) -> Difference {
    Difference { class, place, note: Some(note), ..Difference::identical() }
}

/// Nothing can be concluded.
pub(super) fn inconclusive(audit: &str, headline: String, cause: Cause) -> Verdict {
    Verdict { cause: Some(cause), ..verdict(audit, Status::Inconclusive, headline) }
}

/// Nothing can be concluded since a run failed when something was changed: its end, log and hint.
pub(super) fn run_failed(view: &View<'_>, audit: &str, walk: &ScenarioRun, factors: &[&str]) -> Verdict {
    if let Some(reason) = &walk.unfit {
        return inconclusive(audit, reason.clone(), Cause::NothingVaried);
    }
    let Some((stage, record)) = walk.failure() else {
        return inconclusive(audit, "a run left nothing to compare".to_owned(), Cause::VariedRunFailed);
    };
    let what = factors.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let headline = format!("stage `{stage}` fails when {what} is changed: {}", record.end.sentence());
    let mut verdict = inconclusive(audit, headline, cause_of(&record.end, Cause::VariedRunFailed));
    verdict.findings.push(failed(view, audit, stage, record, factors));
    verdict
}

/// A finding about a run that failed.
pub(super) fn failed(
    view: &View<'_>,
    audit: &str,
    stage: &str,
    record: &Record,
    factors: &[&str],
) -> Finding {
    let factors: Vec<String> = factors.iter().map(|name| (*name).to_owned()).collect();
    failure(view.case, audit, stage, &factors, record)
}

/// Nothing can be blamed on a change: the stage does not repeat itself.
pub(super) fn unrepeatable(audit: &str, stage: &str) -> Verdict {
    let headline = format!("stage `{stage}` does not repeat itself, so nothing can be blamed on a change");
    inconclusive(audit, headline, Cause::Unrepeatable)
}
