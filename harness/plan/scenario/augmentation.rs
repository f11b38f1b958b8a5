//! Plans `augmentation`: the predicting stages start from another seed, on the model that the baseline trained.

use std::collections::BTreeMap;

use super::{Planner, Scenario, predicting, uses_knob};
use crate::case::{Case, Output, Role, Stage};
use crate::plan::other_value;

/// See the module.
pub(super) struct Augmentation;

impl Planner for Augmentation {
    fn audit(&self) -> &'static str {
        "augmentation"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        let knob = case.audits.wishes.augmentation.knob.as_deref().unwrap_or("seed");
        let stages: Vec<_> = predicting(case).filter(|stage| uses_knob(stage, knob)).collect();
        if stages.is_empty() {
            return Err(format!("no stage that only predicts takes `{{{knob}}}`"));
        }
        let value = case.knobs.get(knob).map(String::as_str).unwrap_or_default();
        let other = other_value(value)
            .ok_or_else(|| format!("`{knob} = {value}` is no whole number, so there is no other seed"))?;
        Ok(stages.into_iter().map(|stage| other_seed(stage, knob, &other)).collect())
    }
}

/// The walk in which a stage that predicts starts from another seed.
pub(super) fn other_seed(stage: &Stage, knob: &str, other: &str) -> Scenario {
    let looked_at =
        |output: &Output| matches!(output.role, Role::Predictions | Role::Inputs | Role::Features);
    let wanted = stage.outputs.iter().filter(|(_, output)| looked_at(output));
    Scenario {
        knobs: BTreeMap::from([(knob.to_owned(), other.to_owned())]),
        stage: Some(stage.name.clone()),
        wanted: wanted.map(|(name, _)| name.clone()).collect(),
        ..Scenario::default()
    }
}
