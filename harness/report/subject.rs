//! The pipelines that cards and bills of materials speak of: those that leave a model or predictions, or were measured.

use super::{CaseReport, DataNode, Datasheet, OutputNode, Pipeline, Report};
use crate::case::Card;
use crate::judge::Figure;
use crate::judge::figure::{Metric, Seeds};
use crate::run::fingerprint::{CaseFacts, Python};

/// Libraries that load weights: the name of the distribution, and the name that hubs have for it.
const LIBRARIES: [(&str, &str); 8] = [
    ("scikit-learn", "sklearn"),
    ("torch", "pytorch"),
    ("tensorflow", "keras"),
    ("keras", "keras"),
    ("xgboost", "xgboost"),
    ("lightgbm", "lightgbm"),
    ("catboost", "catboost"),
    ("jax", "jax"),
];

/// One pipeline with what is known of it.
pub(super) struct Subject<'a> {
    pub(super) case: &'a CaseReport,
    pub(super) pipeline: &'a Pipeline,
    /// What the fingerprint has of it.
    pub(super) facts: Option<&'a CaseFacts>,
    /// The interpreter it ran with.
    pub(super) python: Option<&'a Python>,
}

/// The pipelines of a report that leave a model or predictions, or whose metrics were measured, by name.
pub(super) fn all<'a>(report: &'a Report) -> Vec<Subject<'a>> {
    let fingerprint = report.measured.fingerprint.as_ref();
    let subject = |case: &'a CaseReport| -> Option<Subject<'a>> {
        let pipeline = case.pipeline.as_ref()?;
        let facts = fingerprint.and_then(|fingerprint| fingerprint.case(&case.name));
        let python = facts.and_then(|facts| fingerprint?.pythons.get(facts.python?));
        let subject = Subject { case, pipeline, facts, python };
        let leaves =
            subject.outputs().any(|(_, output)| ["model", "predictions"].contains(&output.role.as_str()));
        (leaves || subject.figures().next().is_some()).then_some(subject)
    };
    report.cases.iter().filter_map(subject).collect()
}

impl<'a> Subject<'a> {
    /// The declared name, or the case's.
    pub(super) fn name(&self) -> &'a str {
        self.text("name").unwrap_or(&self.case.name)
    }

    /// What the user says.
    pub(super) fn card(&self) -> Option<&'a Card> {
        self.case.declared.as_ref()
    }

    /// A declared text.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.card()?.text(key)
    }

    /// A declared list; empty where it is not declared.
    pub(super) fn list(&self, key: &str) -> &'a [String] {
        self.card().map(|card| card.list(key)).unwrap_or_default()
    }

    /// Something declared of data.
    pub(super) fn of_data(&self, name: &str, key: &str) -> Option<&'a str> {
        self.card()?.of_data(name, key)
    }

    /// Outputs with their stages, in stage order.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (&'a str, &'a OutputNode)> + use<'a> {
        let stages = self.pipeline.stages.iter();
        stages.flat_map(|stage| stage.outputs.iter().map(|output| (stage.name.as_str(), output)))
    }

    /// What training leaves.
    pub(super) fn weights(&self) -> Vec<&'a OutputNode> {
        self.outputs().map(|(_, output)| output).filter(|output| output.role == "model").collect()
    }

    /// The sha256 of what the baseline left under a name.
    pub(super) fn digest(&self, output: &str) -> Option<String> {
        let left = self.facts?.outputs.iter().find(|left| left.name == output)?;
        Some(left.sha256.to_string())
    }

    fn figures(&self) -> impl Iterator<Item = &'a Figure> + use<'a> {
        self.case.verdicts.iter().flat_map(|verdict| &verdict.figures)
    }

    /// Metrics of the baseline, those of groups included.
    pub(super) fn metrics(&self) -> Vec<&'a Metric> {
        let metric = |figure: &'a Figure| {
            let Figure::Metric(metric) = figure else { return None };
            Some(metric)
        };
        self.figures().filter_map(metric).collect()
    }

    /// Metrics over seeds.
    pub(super) fn seeds(&self) -> Vec<&'a Seeds> {
        let seeds = |figure: &'a Figure| {
            let Figure::Seeds(seeds) = figure else { return None };
            Some(seeds)
        };
        self.figures().filter_map(seeds).collect()
    }

    /// What is known of declared data.
    pub(super) fn sheet(&self, name: &str) -> Option<&'a Datasheet> {
        self.case.data.iter().find(|sheet| sheet.name == name)
    }

    /// Declared data that models are evaluated on: held out, or the truth of a metric.
    pub(super) fn evaluation(&self) -> Vec<&'a DataNode> {
        self.pipeline.data.iter().filter(|data| self.is_evaluation(data)).collect()
    }

    /// All other declared data that a stage reads.
    pub(super) fn training(&self) -> Vec<&'a DataNode> {
        let read =
            |data: &&DataNode| self.pipeline.stages.iter().any(|stage| stage.data.contains(&data.name));
        self.pipeline.data.iter().filter(|data| !self.is_evaluation(data)).filter(read).collect()
    }

    fn is_evaluation(&self, data: &DataNode) -> bool {
        data.held_out || self.metrics().iter().any(|metric| metric.truth == data.name)
    }

    /// The library that loads the weights: declared, or the only one that stands in the pipeline's own environment.
    pub(super) fn library(&self) -> Option<&'a str> {
        if let Some(library) = self.text("library") {
            return Some(library);
        }
        self.pipeline.lock.as_ref()?;
        let installed = &self.python?.libraries;
        let mut found: Vec<&str> =
            LIBRARIES.iter().filter(|(name, _)| installed.contains_key(*name)).map(|(_, hub)| *hub).collect();
        found.dedup();
        match found.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}
