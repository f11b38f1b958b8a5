//! The files of a project that name its dependencies, and whether an install from them brings the same again.
//!
//! `gather` finds the files, one reader a kind turns them into one model, and `pins`, `stale` and `used` look at it.

mod address;
mod code;
mod compare;
mod conda;
mod gather;
mod imports;
mod inputs;
mod installed;
mod lines;
mod locks;
mod model;
mod names;
mod node;
mod pep;
mod pins;
mod pixi;
mod python;
mod requirements;
mod rules;
mod stale;
mod sums;
mod text;
mod together;
mod used;
mod yaml;

use super::Files;
use crate::rule::Looked;

pub use compare::{Compared, Difference, Interpreter, compare, find_lock};

#[cfg(test)]
mod tests;

pub(super) use rules::RULES;

/// Looks at the files of a project that name dependencies, and at what its code imports.
#[must_use]
pub fn look(files: &Files) -> Looked {
    let found = gather::gather(files);
    let used = code::read(files);
    let mut problems = pins::look(&found, &used);
    problems.extend(stale::look(&files.root, &found));
    problems.extend(used::look(files, &found, &used));
    let mut looked = Looked { problems, ..Looked::default() };
    looked.checked.extend(summary(&found, &looked));
    looked
}

fn summary(found: &gather::Found, looked: &Looked) -> Vec<String> {
    let good = |source: &&model::Source| {
        !source.entries.is_empty() && !looked.problems.iter().any(|problem| problem.file == source.file)
    };
    found
        .sources
        .iter()
        .filter(good)
        .map(|source| format!("{}: {} dependencies", source.file, source.entries.len()))
        .collect()
}
