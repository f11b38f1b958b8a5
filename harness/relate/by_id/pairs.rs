//! Which row of one table belongs to which of the other.

use std::collections::BTreeSet;

use super::Given;
use super::read::{Id, Table};

/// Rows matched by id. Rows are counted from 0.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Row of the first table, row of the second; in the order of the first.
    pub(super) matched: Vec<(usize, usize)>,
    /// Rows of the first table that the second lacks.
    pub(super) lost: Vec<usize>,
    /// Rows of the second table whose id has no row in the first.
    pub(super) new: Vec<usize>,
    /// Rows of the second table beyond those that their id should have.
    pub(super) doubled: Vec<usize>,
    /// Whether matched rows stand in another order.
    pub(super) reordered: bool,
}

/// Matches rows by id; the n-th row of an id with the n-th row of that id.
pub(super) fn pairs(left: &Table, right: &Table, given: &Given<'_>) -> Pairs {
    let (ours, theirs) = (left.rows(), right.rows());
    let ids: BTreeSet<&Id> = ours.keys().chain(theirs.keys()).copied().collect();
    let mut found = Pairs::default();
    for id in ids.into_iter().filter(|id| given.asked.is_none_or(|asked| asked.contains(*id))) {
        let here = ours.get(id).map(Vec::as_slice).unwrap_or_default();
        let there = theirs.get(id).map(Vec::as_slice).unwrap_or_default();
        let Some(last) = here.last() else {
            found.new.extend(there);
            continue;
        };
        found.lost.extend(here.iter().skip(there.len()));
        found.matched.extend(here.iter().copied().zip(there.iter().copied()));
        let more = there.iter().skip(here.len());
        let twice = given.doubled.is_some_and(|doubled| doubled.contains(id));
        if twice && there.len() <= 2 * here.len() {
            found.matched.extend(more.map(|row| (*last, *row)));
            found.lost.extend((given.each && there.len() <= here.len()).then_some(*last));
        } else {
            found.doubled.extend(more);
        }
    }
    found.matched.sort_unstable();
    found.reordered = !found.matched.iter().map(|(_, row)| row).is_sorted();
    for rows in [&mut found.lost, &mut found.new, &mut found.doubled] {
        rows.sort_unstable();
    }
    found
}
