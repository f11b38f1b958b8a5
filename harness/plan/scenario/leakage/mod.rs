//! Plans `leakage`: held-out rows become other rows, and what training leaves must stay.

mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::overlap::held_out_values;
use super::{Planner, Scenario};
use crate::case::{Case, Split};
use crate::vary::data::{self, Edit, Part, Rows};

pub use standing::{Standing, standing, training_artifacts};

/// Where the random numbers of the changes begin.
pub const SEED: u64 = 11;

/// See the module.
pub(super) struct Leakage;

/// Held-out rows of one declared file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOut {
    /// The file's name.
    pub data: String,
    /// Which of its rows.
    pub rows: Rows,
    /// Whether some may be left out. Not where the program splits by itself: with fewer rows it would split otherwise.
    pub countable: bool,
}

impl Planner for Leakage {
    fn audit(&self) -> &'static str {
        "leakage"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        if !case.data.values().any(|data| data.held_out || data.split.is_some()) {
            return Err(
                "no data is held out: declare `held-out = true` for a file, or `split = …` for a column"
                    .to_owned(),
            );
        }
        let artifacts = training_artifacts(case);
        if artifacts.is_empty() && of_targets(case).is_none() {
            return Err("no output shows what training leaves: declare what it fits (a model, a scaler) as an output with \
                        `role = \"model\"`".to_owned());
        }
        let asked = case.data.values().any(|data| matches!(data.split, Some(Split::Output(_))));
        // Rows that only the baseline tells, and files that cannot be read, are the judge's to plan or to speak of.
        let held = if asked { Vec::new() } else { held_out(case).unwrap_or_default() };
        let parts = &ladder(false)[0];
        let joint = (!held.is_empty() && !artifacts.is_empty()).then(|| walk(&held, parts, &artifacts));
        Ok(joint.into_iter().chain(of_targets(case)).collect())
    }
}

/// The held-out rows that the case file names: whole files, and rows by a column.
///
/// # Errors
/// When a file cannot be read, or lacks the column.
pub fn held_out(case: &Case) -> Result<Vec<HeldOut>, data::Error> {
    let mut all = Vec::new();
    for (name, declared) in &case.data {
        let rows = match &declared.split {
            _ if declared.held_out => Rows::All,
            Some(Split::Column { column, held_out }) => Rows::Where {
                column: column.clone(),
                values: if held_out.is_empty() {
                    held_out_values(declared, column, held_out)?
                } else {
                    held_out.clone()
                },
            },
            _ => continue,
        };
        all.push(HeldOut { data: name.clone(), rows, countable: true });
    }
    Ok(all)
}

/// What is changed at once, first everything; then, should a run fail on that, ever less. With `by_program` the program splits by
/// itself: counts stay, and so do targets in the end, since a stratified split follows them; then features of few values, and
/// one half or the other of the rest, since a split may follow some features.
#[must_use]
pub fn ladder(by_program: bool) -> Vec<BTreeSet<Part>> {
    use Part::{Categories, Count, Features, FirstHand, SecondHand, Targets};
    let rungs: &[&[Part]] = if by_program {
        &[
            &[Features, Targets, Categories],
            &[Features, Targets],
            &[Features, Categories],
            &[Features],
            &[FirstHand, SecondHand],
            &[FirstHand],
            &[SecondHand],
        ]
    } else {
        &[
            &[Features, Targets, Categories, Count],
            &[Features, Targets, Count],
            &[Features, Targets],
            &[Features],
        ]
    };
    rungs.iter().map(|rung| rung.iter().copied().collect()).collect()
}

/// The walk with these parts of all held-out rows changed.
#[must_use]
pub fn walk(held: &[HeldOut], parts: &BTreeSet<Part>, wanted: &BTreeSet<String>) -> Scenario {
    let mut edits = BTreeMap::new();
    for held in held {
        let mut parts = parts.clone();
        if !held.countable {
            parts.remove(&Part::Count);
        }
        if !parts.is_empty() {
            let change = Edit::Change { rows: held.rows.clone(), parts, seed: SEED };
            edits.insert(held.data.clone(), vec![change]);
        }
    }
    Scenario { edits, wanted: wanted.clone(), ..Scenario::default() }
}

/// The walk in which the targets of held-out rows change and predictions must not; `None` where no file that is declared row by
/// row has a target, or no stage predicts.
#[must_use]
pub fn of_targets(case: &Case) -> Option<Scenario> {
    let with_target = |held: &HeldOut| case.data[&held.data].target.is_some();
    let held: Vec<HeldOut> = held_out(case).ok()?.into_iter().filter(with_target).collect();
    let mut walk = walk(&held, &BTreeSet::from([Part::Targets]), &BTreeSet::new());
    let predictions = standing::predictions(case);
    walk.wanted = predictions.into_iter().filter(|name| is_shown(case, &walk, name)).collect();
    (!walk.edits.is_empty() && !walk.wanted.is_empty()).then_some(walk)
}

/// Whether a change reaches the stage that leaves this output.
fn is_shown(case: &Case, walk: &Scenario, output: &str) -> bool {
    case.producer(output).is_some_and(|stage| super::reaches(case, walk, &stage.name))
}

/// One row of a file that the program splits by itself becomes another row.
#[must_use]
pub fn single(data: &str, row: u64, seed: u64, wanted: &BTreeSet<String>) -> Scenario {
    of_parts(data, row, seed, &BTreeSet::from([Part::Features]), wanted)
}

/// The same with only some parts of the features changed, by the very values that a change of all features would give them.
#[must_use]
pub fn of_parts(
    data: &str,
    row: u64,
    seed: u64,
    parts: &BTreeSet<Part>,
    wanted: &BTreeSet<String>,
) -> Scenario {
    of_rows(data, vec![of_row(row, seed, parts)], wanted)
}

/// The same in all rows.
#[must_use]
pub fn everywhere(data: &str, seed: u64, parts: &BTreeSet<Part>, wanted: &BTreeSet<String>) -> Scenario {
    of_rows(data, vec![Edit::Change { rows: Rows::All, parts: parts.clone(), seed }], wanted)
}

/// Some rows of such a file become other rows, one after the other, so that each gets the category that it gets alone: in which
/// group it then is may decide whether it is held out. Their targets stay, since a stratified split follows them.
#[must_use]
pub fn together(data: &str, rows: &[u64], seed: u64, wanted: &BTreeSet<String>) -> Scenario {
    let parts = BTreeSet::from([Part::Features]);
    of_rows(data, rows.iter().map(|row| of_row(*row, seed, &parts)).collect(), wanted)
}

fn of_row(row: u64, seed: u64, parts: &BTreeSet<Part>) -> Edit {
    Edit::Change { rows: Rows::Numbers(vec![row]), parts: parts.clone(), seed }
}

/// Some rows of such a file exchange their targets.
#[must_use]
pub fn swapped(data: &str, rows: &[u64], wanted: &BTreeSet<String>) -> Scenario {
    of_rows(data, vec![Edit::PermuteTargets { rows: Rows::Numbers(rows.to_vec()), seed: SEED }], wanted)
}

/// The same, and one of them becomes another row besides: while it is held out, nothing follows that.
#[must_use]
pub fn swapped_and_changed(data: &str, rows: &[u64], row: u64, wanted: &BTreeSet<String>) -> Scenario {
    let swap = Edit::PermuteTargets { rows: Rows::Numbers(rows.to_vec()), seed: SEED };
    of_rows(data, vec![swap, of_row(row, SEED, &BTreeSet::from([Part::Features]))], wanted)
}

fn of_rows(data: &str, edits: Vec<Edit>, wanted: &BTreeSet<String>) -> Scenario {
    let edits = BTreeMap::from([(data.to_owned(), edits)]);
    Scenario { edits, wanted: wanted.clone(), ..Scenario::default() }
}

/// A leak of our own, to see that the audit can see: the first held-out row is let through into the training file. The two walks
/// differ in the features of that row alone, so what training leaves must differ between them; where it does not, training ignores
/// single rows, or the audit is blind.
///
/// `None` where no file is wholly held out, none is left to train on, the two cannot be read, or training leaves nothing.
#[must_use]
pub fn canary(case: &Case) -> Option<(Scenario, Scenario)> {
    let (held, _) = case.data.iter().find(|(_, data)| data.held_out)?;
    let (train, declared) = case.data.iter().find(|(_, data)| !data.held_out && data.split.is_none())?;
    let row = data::row_count(&declared.source(declared.path.clone())).ok()?;
    let wanted = training_artifacts(case);
    if wanted.is_empty() {
        return None;
    }
    let append = Edit::Append { from: held.clone(), rows: Rows::Numbers(vec![0]) };
    // Appended last, so its number is how many rows there were.
    let parts = BTreeSet::from([Part::Features]);
    let change = Edit::Change { rows: Rows::Numbers(vec![row]), parts, seed: SEED };
    let walk = |edits: Vec<Edit>| Scenario {
        edits: BTreeMap::from([(train.clone(), edits)]),
        wanted: wanted.clone(),
        ..Scenario::default()
    };
    Some((walk(vec![append.clone()]), walk(vec![append, change])))
}
