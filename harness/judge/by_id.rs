//! Predictions by id, shared by the judges of `eval-mode` and `shuffle`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::walked::{found, inconclusive};
use super::{Cause, Error, Finding, Verdict, View};
use crate::artifact::Artifact;
use crate::case::{RowOrder, Stage};
use crate::flow::ScenarioRun;
use crate::plan::scenario::eval_mode::reference;
use crate::plan::scenario::tested::{RowChange, Tested};
use crate::relate::by_id::{self, Given, Id, Kind, Misplaced, Outcome, Precision, Table};
use crate::relate::{Class, Difference, Place};
use crate::run::End;
use crate::vary::data;

/// Why a judgement ends early.
pub(super) enum Stop {
    /// Nothing can be concluded, for this reason.
    Told(String),
    /// Something could not be read at all.
    Error(Error),
}

impl From<crate::artifact::Error> for Stop {
    fn from(error: crate::artifact::Error) -> Self {
        if error.is_about_content() {
            Self::Told(format!("{error} ({})", error.hint()))
        } else {
            Self::Error(error.into())
        }
    }
}

impl From<data::Error> for Stop {
    fn from(error: data::Error) -> Self {
        Self::Error(error.into())
    }
}

impl Stop {
    /// The verdict it comes to.
    pub(super) fn verdict(self, audit: &str) -> Result<Verdict, Error> {
        match self {
            Self::Told(reason) => Ok(inconclusive(audit, reason, Cause::NothingVaried)),
            Self::Error(error) => Err(error),
        }
    }
}

/// One stage that predicts, with what its baseline left.
pub(super) struct Site<'a> {
    view: &'a View<'a>,
    audit: &'static str,
    pub(super) tested: Tested<'a>,
    /// The data whose rows are predicted, and their ids; `None` where none can be told.
    pub(super) data: Option<(String, Vec<Id>)>,
    pub(super) tables: BTreeMap<String, Table>,
    weights: Option<Precision>,
    /// The ids of the data after a change, made once.
    changed: RefCell<BTreeMap<RowChange, Vec<Id>>>,
}

impl<'a> Site<'a> {
    /// Reads what the baseline left.
    pub(super) fn new(view: &'a View<'a>, audit: &'static str, tested: Tested<'a>) -> Result<Self, Stop> {
        let mut tables = BTreeMap::new();
        for name in &tested.outputs {
            if let Some(artifact) = view.baseline(name) {
                tables.insert(name.clone(), Table::read(&artifact)?);
            }
        }
        let data = predicted_data(view, &tested, &tables)?;
        let models = tested.stage.inputs.iter().filter(|name| view.case.is_model(name));
        let mut weights: Option<Precision> = None;
        for artifact in models.filter_map(|name| view.baseline(name)) {
            weights = weights.max(by_id::of_weights(&artifact)?);
        }
        Ok(Self { view, audit, tested, data, tables, weights, changed: RefCell::default() })
    }

    /// The predicting stage.
    pub(super) fn stage(&self) -> &'a Stage {
        self.tested.stage
    }

    /// The walk in which the rows are changed, once it was walked.
    pub(super) fn walk(&self, change: RowChange) -> Option<&'a ScenarioRun> {
        let (data, _) = self.data.as_ref()?;
        self.view.walk(&self.tested.scenario(data, change))
    }

    /// The ids of the data after a change.
    pub(super) fn ids_after(&self, change: RowChange) -> Result<Vec<Id>, Stop> {
        if let Some(known) = self.changed.borrow().get(&change) {
            return Ok(known.clone());
        }
        let Some(source) = self.data.as_ref().and_then(|(name, _)| self.view.source(name)) else {
            return Ok(Vec::new());
        };
        let write = |error| data::Error::Write { path: source.path.clone(), source: error };
        let folder = tempfile::tempdir().map_err(write)?;
        let path = folder.path().join("rows");
        data::apply(&change.edits(), &source, &BTreeMap::new(), &path)?;
        let ids = data::ids(&data::Source { path, ..source })?;
        self.changed.borrow_mut().insert(change, ids.clone());
        Ok(ids)
    }

    /// Compares an output of a walk with the baseline's. `None` where one of the two is not there.
    pub(super) fn compare(
        &self,
        walk: &ScenarioRun,
        output: &str,
        change: Option<RowChange>,
    ) -> Result<Option<Outcome>, Stop> {
        let (Some(left), Some(artifact)) = (self.tables.get(output), self.view.artifact(walk, output)) else {
            return Ok(None);
        };
        let right = Table::read(&artifact)?;
        let ids = change.map(|change| self.ids_after(change)).transpose()?.map(|ids| left.aligned(&ids));
        let asked: Option<BTreeSet<Id>> = ids.as_ref().map(|ids| ids.iter().cloned().collect());
        let doubled: Option<BTreeSet<Id>> = ids.map(|ids| repeated(&ids));
        let spreads = self.spreads(output)?;
        let order = self.stage().outputs.get(output).and_then(|output| output.order.as_ref());
        let given = Given {
            asked: asked.as_ref(),
            doubled: doubled.as_ref(),
            each: order == Some(&RowOrder::AsInput),
            weights: self.weights,
            reference: spreads.as_ref(),
        };
        Ok(Some(by_id::compare(left, &right, &given)))
    }

    /// How far the scores of an output move under changes that can only round, where that was measured.
    fn spreads(&self, output: &str) -> Result<Option<BTreeMap<String, f64>>, Stop> {
        let Some(walk) = self.view.walk(&reference(&self.tested)) else { return Ok(None) };
        if walk.failed.is_some() {
            return Ok(None);
        }
        let (Some(left), Some(artifact)) = (self.tables.get(output), self.view.artifact(walk, output)) else {
            return Ok(None);
        };
        Ok(Some(by_id::compare(left, &Table::read(&artifact)?, &Given::NOTHING).spreads()))
    }

    /// The first output of a walk that differs by more than it may.
    pub(super) fn drift(
        &self,
        walk: &ScenarioRun,
        change: Option<RowChange>,
        strict: bool,
    ) -> Result<Option<(String, Outcome)>, Stop> {
        for output in &self.tested.outputs {
            if let Some(outcome) = self.compare(walk, output, change)?
                && outcome.kind.is_drift(strict)
            {
                return Ok(Some((output.clone(), outcome)));
            }
        }
        Ok(None)
    }

    /// What comparing all outputs of a walk came to, where ids were compared.
    pub(super) fn outcomes(
        &self,
        walk: &ScenarioRun,
        change: Option<RowChange>,
    ) -> Result<Vec<Outcome>, Stop> {
        let mut outcomes = Vec::new();
        for output in &self.tested.outputs {
            let outcome = self.compare(walk, output, change)?;
            outcomes.extend(outcome.filter(|outcome| outcome.ids > 0));
        }
        Ok(outcomes)
    }

    /// Whether some output of these walks differs in a way that the reference could turn into noise.
    pub(super) fn needs_reference<'b>(
        &self,
        walks: impl Iterator<Item = (&'b ScenarioRun, Option<RowChange>)>,
    ) -> Result<bool, Stop> {
        for (walk, change) in walks.filter(|(walk, _)| walk.is_whole()) {
            for output in &self.tested.outputs {
                let outcome = self.compare(walk, output, change)?;
                if outcome.is_some_and(|outcome| may_be_noise(&outcome)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The artifacts of training that a walk changed although it should reach prediction alone.
    pub(super) fn trained_anew(&self, walk: &ScenarioRun) -> Option<String> {
        let models = self.stage().inputs.iter().filter(|name| self.view.case.is_model(name));
        let digest = |artifact: Option<Artifact>| artifact.map(|artifact| artifact.digest);
        models
            .filter(|name| {
                let now = digest(self.view.artifact(walk, name));
                now.is_some() && now != digest(self.view.baseline(name))
            })
            .map(Clone::clone)
            .next()
    }

    /// A finding about an output.
    pub(super) fn finding(&self, output: &str, factors: &[&str], difference: Difference) -> Finding {
        found(self.view, self.audit, output, factors, difference)
    }

    /// Where the rows of a table break the declared order; `None` where they keep it, or none is declared.
    pub(super) fn misplaced(
        &self,
        output: &str,
        table: &Table,
        input: &[Id],
    ) -> Result<Option<(Misplaced, String)>, Stop> {
        let order = self.stage().outputs.get(output).and_then(|output| output.order.as_ref());
        let (wrong, rule) = match order {
            None => return Ok(None),
            Some(RowOrder::AsInput) => {
                (by_id::follows(table.ids(), &table.aligned(input)), "the order of the input".to_owned())
            }
            Some(RowOrder::ById) => (by_id::ascending(table.ids()), "ascending ids".to_owned()),
            Some(RowOrder::Sample(name)) => {
                let Some(source) = self.view.source(name) else { return Ok(None) };
                let ids = data::ids(&source)?;
                (by_id::follows(table.ids(), &table.aligned(&ids)), format!("the order of `{name}`"))
            }
        };
        Ok(wrong.map(|wrong| (wrong, rule)))
    }
}

/// Whether a reference could turn this outcome into noise.
fn may_be_noise(outcome: &Outcome) -> bool {
    matches!(outcome.kind, Kind::StateLeak | Kind::LabelFlips) && !outcome.noises.is_empty()
}

/// Ids that stand more than once.
fn repeated(ids: &[Id]) -> BTreeSet<Id> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| !seen.insert(*id)).cloned().collect()
}

/// The data whose rows are predicted: the only one that may be meant, or the first that holds every predicted id.
fn predicted_data(
    view: &View<'_>,
    tested: &Tested<'_>,
    tables: &BTreeMap<String, Table>,
) -> Result<Option<(String, Vec<Id>)>, Stop> {
    for name in &tested.data {
        let Some(source) = view.source(name) else { continue };
        let ids = data::ids(&source)?;
        let held: BTreeSet<&Id> = ids.iter().collect();
        let holds_all = |table: &Table| {
            let aligned: BTreeSet<Id> = table.aligned(&ids).into_iter().collect();
            table.ids().iter().all(|id| aligned.contains(id) || held.contains(id))
        };
        if tested.data.len() == 1 || tables.values().all(holds_all) {
            return Ok(Some((name.clone(), ids)));
        }
    }
    Ok(None)
}

/// The difference of a row that stands elsewhere, told in a sentence.
pub(super) fn order_difference(table: &Table, wrong: &Misplaced, rule: &str, when: &str) -> Difference {
    let as_text = table.ids().iter().is_sorted() && by_id::ascending(table.ids()).is_some();
    let why = if as_text {
        "; the ids are sorted as text, which puts `10` before `2`"
    } else if by_id::ascending(table.ids()).is_none() {
        "; the rows ascend by id"
    } else {
        ""
    };
    let (found, expected) = (wrong.found.join(", "), wrong.expected.join(", "));
    Difference {
        class: Class::OrderOnly,
        place: Some(Place::Row { row: wrong.row, key: Some(table.key(&wrong.found)) }),
        left: Some(found),
        right: Some(expected.clone()),
        note: Some(format!("{rule} is declared, and id {expected} should stand here{when}{why}")),
        ..Difference::identical()
    }
}

/// An outcome as a difference that also says what was measured, and something more.
pub(super) fn difference(outcome: &Outcome, more: &str) -> Difference {
    let mut difference = outcome.difference.clone();
    let parts = [difference.note.take(), outcome.measured(), Some(more.to_owned())];
    let told: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    difference.note = (!told.is_empty()).then(|| told.join("; "));
    difference
}

/// How a walk failed to leave anything: its stage ended with an error of its own, so that it refuses what it was shown.
pub(super) fn refuses(walk: &ScenarioRun) -> bool {
    walk.failure().is_some_and(|(_, record)| matches!(record.end, End::Failed { .. }))
}

/// What equal outcomes and mere rounding come to, in words.
pub(super) fn held_words(outcomes: &[Outcome]) -> (&'static str, Option<String>) {
    let worst = outcomes.iter().max_by(|one, other| {
        one.kind.cmp(&other.kind).then(one.noise_share().total_cmp(&other.noise_share()))
    });
    match worst {
        Some(worst) if worst.kind == Kind::FlipsByRounding => {
            ("differ by rounding only, labels included", worst.measured())
        }
        Some(worst) if worst.kind == Kind::Rounding => ("differ by rounding only", worst.measured()),
        _ => ("keep their bits", None),
    }
}
