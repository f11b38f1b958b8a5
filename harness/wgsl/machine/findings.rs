//! What a run found, merged.

use std::collections::BTreeMap;

use super::super::Line;

/// What kind of mistake a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two unordered accesses of one place by different invocations, one of them a write that changes what the other sees.
    Race,
    /// Two unordered writes of the value that was there.
    SameValueWrites,
    /// A barrier that not all invocations of the workgroup (of the subgroup) reach.
    BarrierDivergence,
    /// An index beyond the end.
    OutOfBounds,
    /// A value read that the program never stored.
    UnsetRead,
    /// An integer divided by zero.
    DivisionByZero,
    /// The least integer divided by -1, or a float that no integer of the target type comes near.
    Overflow,
    /// A value taken from a named invocation of the subgroup that is not active, or not there.
    InactiveLane,
}

impl Kind {
    /// The kind in kebab case, as case files name it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Race => "race",
            Self::SameValueWrites => "same-value-writes",
            Self::BarrierDivergence => "barrier-divergence",
            Self::OutOfBounds => "out-of-bounds",
            Self::UnsetRead => "unset-read",
            Self::DivisionByZero => "division-by-zero",
            Self::Overflow => "overflow",
            Self::InactiveLane => "inactive-lane",
        }
    }
}

/// Whether the two invocations of a race share a workgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Both are in one workgroup.
    Inside,
    /// They are in different workgroups of one dispatch.
    Across,
}

impl Scope {
    /// The scope in words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inside => "inside a workgroup",
            Self::Across => "across workgroups",
        }
    }
}

/// One side of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The workgroup's id.
    pub workgroup: [u32; 3],
    /// The invocation's global id.
    pub invocation: [u32; 3],
    /// Where in the source.
    pub line: Option<Line>,
}

/// A mistake, with the first place where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// For races, whether the invocations share a workgroup.
    pub scope: Option<Scope>,
    /// The variable concerned; empty where there is none.
    pub variable: String,
    /// Offset in bytes of the first place in the variable; `None` where there is none, and for variables of one invocation.
    pub byte: Option<u32>,
    /// The invocation that came first (or alone).
    pub first: Access,
    /// For races, the one that came second.
    pub second: Option<Access>,
    /// How often: places for races, invocations else.
    pub count: u64,
    /// What was seen, in words.
    pub detail: String,
}

/// One side of what was seen: who and where, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    /// Number of the workgroup in the grid.
    pub(super) group: u32,
    /// Index of the invocation in it.
    pub(super) lane: u32,
    /// Index of the site.
    pub(super) site: u32,
}

/// A finding with numbers in place of names.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    pub(super) scope: Option<Scope>,
    /// Index of the name.
    pub(super) name: Option<u32>,
    pub(super) byte: Option<u32>,
    pub(super) first: Who,
    pub(super) second: Option<Who>,
    pub(super) detail: String,
    pub(super) count: u64,
}

type Key = (Kind, Option<Scope>, Option<u32>, u32, Option<u32>, &'static str);

/// Collects findings; equal ones (kind, scope, name, sites, manner) are counted.
#[derive(Debug, Default)]
pub(super) struct Log {
    known: BTreeMap<Key, usize>,
    pub(super) all: Vec<Seen>,
}

impl Log {
    /// Notes one. `manner` tells apart what `detail` words differently; `detail` is only called for the first of its like.
    pub(super) fn note(&mut self, mut seen: Seen, manner: &'static str, detail: impl FnOnce() -> String) {
        let key =
            (seen.kind, seen.scope, seen.name, seen.first.site, seen.second.map(|who| who.site), manner);
        if let Some(index) = self.known.get(&key) {
            self.all[*index].count += seen.count;
            return;
        }
        self.known.insert(key, self.all.len());
        seen.detail = detail();
        self.all.push(seen);
    }

    /// Notes what another log holds, as if it had been noted here in the same order.
    pub(super) fn absorb(&mut self, other: Self) {
        let mut keys: Vec<(Key, usize)> = other.known.into_iter().collect();
        keys.sort_by_key(|(_, index)| *index);
        for ((key, _), seen) in keys.into_iter().zip(other.all) {
            if let Some(index) = self.known.get(&key) {
                self.all[*index].count += seen.count;
            } else {
                self.known.insert(key, self.all.len());
                self.all.push(seen);
            }
        }
    }
}

/// Findings whose lines (not only sites) are the same become one; sorted by kind, variable, lines and scope.
pub(super) fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for one in findings {
        match merged.iter_mut().find(|other| key(other) == key(&one)) {
            Some(other) => other.count += one.count,
            None => merged.push(one),
        }
    }
    merged.sort_by(|one, other| key(one).cmp(&key(other)));
    merged
}

fn key(finding: &Finding) -> (Kind, &str, Option<u32>, Option<u32>, Option<Scope>) {
    let number = |access: &Access| access.line.as_ref().map(|line| line.number);
    let second = finding.second.as_ref().and_then(number);
    (finding.kind, &finding.variable, number(&finding.first), second, finding.scope)
}
