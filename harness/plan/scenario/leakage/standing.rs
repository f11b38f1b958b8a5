//! Which outputs training leaves, so that held-out rows must not reach them.

use std::collections::BTreeSet;

use super::super::{Scenario, predicting, reaches};
use super::{HeldOut, is_shown, ladder, walk};
use crate::case::{Case, Data, Output, Role, Split, Stage};
use crate::vary::data::Rows;

/// What an output is to the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Training leaves it: every bit must stay.
    Whole,
    /// Training leaves it, and it holds rows: those that are not held out must stay.
    Rows,
    /// It may follow held-out rows: predictions for them, or what else a stage leaves that only predicts.
    Evaluation,
    /// It cannot be told; why.
    LeftOut(String),
}

/// Words in names of what belongs to training or to held-out rows.
const TRAIN: &[&str] = &["train", "training", "fit"];
const TEST: &[&str] =
    &["test", "val", "valid", "validation", "holdout", "hold", "heldout", "held", "dev", "eval", "unseen"];

/// The outputs that training leaves.
#[must_use]
pub fn training_artifacts(case: &Case) -> BTreeSet<String> {
    let all = case.stages.iter().flat_map(|stage| stage.outputs.iter().map(move |output| (stage, output)));
    let judged: Vec<(&String, &Output)> = all
        .filter(|(stage, (name, output))| {
            matches!(standing(case, stage, name, output), Standing::Whole | Standing::Rows)
        })
        .map(|(_, output)| output)
        .collect();
    // The rows of predictions are held-out ones in all but few programs, and those can name the output.
    let named = !case.audits.wishes.leakage.artifacts.is_empty();
    if !named && judged.iter().all(|(_, output)| output.role == Role::Predictions) {
        return BTreeSet::new();
    }
    judged.into_iter().map(|(name, _)| name.clone()).collect()
}

/// What an output is to the audit.
#[must_use]
pub fn standing(case: &Case, stage: &Stage, name: &str, output: &Output) -> Standing {
    let asked = &case.audits.wishes.leakage.artifacts;
    let by_rows = holds_rows(case, output);
    if asked.iter().any(|wanted| wanted == name) {
        return if by_rows { Standing::Rows } else { Standing::Whole };
    }
    if !asked.is_empty() {
        return Standing::Evaluation;
    }
    match output.role {
        Role::Metrics => Standing::LeftOut("metrics may follow held-out rows".to_owned()),
        Role::Log => Standing::LeftOut("a log is not judged".to_owned()),
        Role::Predictions | Role::Inputs | Role::Features if only_predicts(case, stage) => {
            Standing::Evaluation
        }
        _ if only_predicts(case, stage) => Standing::LeftOut("its stage only predicts".to_owned()),
        _ if by_rows => Standing::Rows,
        Role::Model | Role::Checkpoint => Standing::Whole,
        Role::Predictions | Role::Inputs => {
            Standing::LeftOut("its rows cannot be told apart without `id`".to_owned())
        }
        Role::Features | Role::Data => without_id(case, stage, name, output),
    }
}

/// Features or data without ids: only names tell of which rows they are.
fn without_id(case: &Case, stage: &Stage, name: &str, output: &Output) -> Standing {
    let is_test = speaks_of(name, output, TEST);
    if !reads_held_out(case, stage) || (speaks_of(name, output, TRAIN) && !is_test) {
        return Standing::Whole;
    }
    let why = if is_test { "its name speaks of held-out rows" } else { "it may hold held-out rows, too" };
    Standing::LeftOut(format!("{why}, and it has no `id`"))
}

fn speaks_of(name: &str, output: &Output, words: &[&str]) -> bool {
    let path = output.path.to_string_lossy();
    let both = format!("{name} {path}").to_lowercase();
    both.split(|letter: char| !letter.is_ascii_alphabetic()).any(|word| words.contains(&word))
}

/// Whether an output holds rows that are known by the ids of declared data. The columns must have the same names where it is said
/// or taken to be a model: a table of classes may have ids of its own.
fn holds_rows(case: &Case, output: &Output) -> bool {
    let marked = || case.data.values().filter(|data| data.held_out || data.split.is_some());
    let known = |data: &Data| !data.id.is_empty() && data.id.len() == output.id.len();
    !output.id.is_empty()
        && marked().all(known)
        && (!output.role.is_trained() || marked().any(|data| data.id == output.id))
}

/// Whether a stage predicts and does not train: it reads a model of another stage, leaves predictions, and either leaves no model
/// itself or reads no row to train on and was not said to leave one.
fn only_predicts(case: &Case, stage: &Stage) -> bool {
    if predicting(case).any(|other| other.name == stage.name) {
        return true;
    }
    let said = |output: &Output| output.role == Role::Model && output.role_declared;
    let reads_model = stage.inputs.iter().any(|input| case.is_model(input));
    let held_out = |name: &String| case.data.get(name).is_some_and(|data| data.held_out);
    reads_model
        && stage.outputs.values().any(|output| output.role == Role::Predictions)
        && !stage.outputs.values().any(said)
        && !stage.data.is_empty()
        && stage.data.iter().all(held_out)
}

/// Whether a stage is shown held-out rows, in a file or in what an earlier stage left.
fn reads_held_out(case: &Case, stage: &Stage) -> bool {
    reaches(case, &everything(case), &stage.name)
}

/// All marked files changed: which rows does not matter to where the change goes.
fn everything(case: &Case) -> Scenario {
    let marked = case.data.iter().filter(|(_, data)| data.held_out || data.split.is_some());
    let held: Vec<HeldOut> =
        marked.map(|(name, _)| HeldOut { data: name.clone(), rows: Rows::All, countable: true }).collect();
    walk(&held, &ladder(false)[0], &BTreeSet::new())
}

/// The outputs with predictions of stages that are shown held-out rows of files that are split outside the program.
pub(super) fn predictions(case: &Case) -> BTreeSet<String> {
    let inside = case.data.values().any(|data| matches!(data.split, Some(Split::Inside | Split::Output(_))));
    if inside {
        return BTreeSet::new();
    }
    let all = case.stages.iter().flat_map(|stage| &stage.outputs);
    let shown = everything(case);
    all.filter(|(name, output)| output.role == Role::Predictions && is_shown(case, &shown, name))
        .map(|(name, _)| name.clone())
        .collect()
}
