//! What a walk changed of what training leaves, and where the change came in.

use std::collections::BTreeSet;

use super::super::{Error, View};
use crate::artifact::Artifact;
use crate::case::Case;
use crate::flow::ScenarioRun;
use crate::plan::scenario::leakage::{Standing, standing};
use crate::relate::{self, Class, Difference, Lens};

/// What was looked at in one walk.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Artifacts of which something was compared.
    pub(super) compared: Vec<String>,
    /// Those that differ, in the order of the stages.
    pub(super) drifted: Vec<(String, Difference)>,
    /// Those of which nothing was left to compare, and why.
    pub(super) nothing: Vec<String>,
}

/// Compares what a walk left with the baseline; of tables of rows, without the rows that the lens leaves out.
pub(super) fn look(
    view: &View<'_>,
    walk: &ScenarioRun,
    wanted: &BTreeSet<String>,
    lens: &Lens,
) -> Result<Seen, Error> {
    between(view, None, walk, wanted, lens)
}

/// The same with another walk in the baseline's place.
pub(super) fn between(
    view: &View<'_>,
    other: Option<&ScenarioRun>,
    walk: &ScenarioRun,
    wanted: &BTreeSet<String>,
    lens: &Lens,
) -> Result<Seen, Error> {
    let mut seen = Seen::default();
    for stage in &view.case.stages {
        for (name, output) in stage.outputs.iter().filter(|(name, _)| wanted.contains(*name)) {
            let left = match other {
                None => view.baseline(name),
                Some(other) => view.artifact(other, name),
            };
            let (Some(left), Some(right)) = (left, view.artifact(walk, name)) else { continue };
            let by_rows = standing(view.case, stage, name, output) == Standing::Rows;
            let difference = if by_rows {
                match of_rows(&left, &right, lens)? {
                    Ok(difference) => difference,
                    Err(why) => {
                        seen.nothing.push(format!("`{name}`: {why}"));
                        continue;
                    }
                }
            } else {
                relate::compare(&left, &right)?
            };
            seen.compared.push(name.clone());
            if difference.class != Class::Identical {
                seen.drifted.push((name.clone(), difference));
            }
        }
    }
    Ok(seen)
}

/// The difference of the rows that count, or why there are none.
fn of_rows(
    left: &Artifact,
    right: &Artifact,
    lens: &Lens,
) -> Result<Result<Difference, &'static str>, Error> {
    match relate::compare_part(left, right, lens) {
        Ok(Some(part)) if part.rows == 0 && part.difference.differing == 0 => {
            Ok(Err("holds no other rows than held-out ones"))
        }
        Ok(Some(part)) if is_nothing(&part.difference) => Ok(Ok(Difference::identical())),
        Ok(Some(part)) => Ok(Ok(part.difference)),
        Ok(None) => Ok(Err("has no column with the declared `id`, so its rows cannot be told apart")),
        // What is no valid table is compared as bytes.
        Err(error) if error.is_about_content() => Ok(Ok(relate::compare(left, right)?)),
        Err(error) => Err(error.into()),
    }
}

/// Of a part of a file, equal values are all that can be asked for: the container holds the other rows, too.
fn is_nothing(difference: &Difference) -> bool {
    difference.class <= Class::ContainerOnly && difference.differing == 0
}

impl Seen {
    /// The names of what differs.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.drifted.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What differs although no earlier artifact does from which it was made.
    pub(super) fn origins(&self, case: &Case) -> impl Iterator<Item = &(String, Difference)> {
        let names = self.names();
        self.drifted.iter().filter(move |(name, _)| inherited_from(case, name, &names).is_none())
    }

    /// What differs and was made from something that differs: its name, and that of the other.
    pub(super) fn inherited(&self, case: &Case) -> Vec<(String, String)> {
        let names = self.names();
        let pair =
            |(name, _): &(String, Difference)| Some((name.clone(), inherited_from(case, name, &names)?));
        self.drifted.iter().filter_map(pair).collect()
    }

    /// The first stage behind a difference that does not repeat itself.
    pub(super) fn unrepeatable(&self, view: &View<'_>, walk: &ScenarioRun) -> Option<String> {
        let walked = |stage: &String| walk.records.contains_key(stage);
        let stages = self.drifted.iter().flat_map(|(name, _)| view.case.behind([name]));
        stages.filter(walked).find(|stage| view.is_unrepeatable(stage))
    }
}

/// One of the given artifacts from which this one was made, by whatever stages.
fn inherited_from(case: &Case, name: &str, names: &BTreeSet<&str>) -> Option<String> {
    let own = case.producer(name)?;
    let mut open: Vec<&String> = own.inputs.iter().collect();
    let mut known = BTreeSet::new();
    while let Some(input) = open.pop() {
        if names.contains(input.as_str()) {
            return Some(input.clone());
        }
        if known.insert(input) {
            open.extend(case.producer(input).into_iter().flat_map(|stage| &stage.inputs));
        }
    }
    None
}
