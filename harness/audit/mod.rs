//! The audits: one file each. An audit is a name, a manual page, and what it asks: variations and a relation.
//!
//! A new audit is one file and one line in [`AUDITS`]. `driftless explain NAME`, the table in the README and the texts of
//! reports come from that file.

mod adapters;
mod augmentation;
mod batch_invariance;
mod drift;
mod environment;
mod eval_mode;
mod idempotence;
mod leakage;
mod memory;
mod metrics;
mod normalization;
mod nuisance;
mod overlap;
mod payload;
mod races;
mod reference;
mod repeat;
mod resume;
mod schedule;
mod seed_coverage;
mod shuffle;
mod shuffled_targets;
mod too_deterministic;
mod variance;

use crate::relate::{DifferentBits, Relation, SameBits};
use crate::vary::Kind;

pub use adapters::Adapters;
pub use augmentation::Augmentation;
pub use batch_invariance::BatchInvariance;
pub use drift::Drift;
pub use environment::Environment;
pub use eval_mode::EvalMode;
pub use idempotence::Idempotence;
pub use leakage::Leakage;
pub use memory::Memory;
pub use metrics::Metrics;
pub use normalization::Normalization;
pub use nuisance::Nuisance;
pub use overlap::Overlap;
pub use payload::Payload;
pub use races::Races;
pub use reference::Reference;
pub use repeat::Repeat;
pub use resume::Resume;
pub use schedule::Schedule;
pub use seed_coverage::SeedCoverage;
pub use shuffle::Shuffle;
pub use shuffled_targets::ShuffledTargets;
pub use too_deterministic::TooDeterministic;
pub use variance::Variance;

/// Every audit, in the order in which reports show them.
pub static AUDITS: &[&dyn Audit] = &[
    &Repeat,
    &Nuisance,
    &SeedCoverage,
    &Leakage,
    &Overlap,
    &Drift,
    &ShuffledTargets,
    &EvalMode,
    &Shuffle,
    &Augmentation,
    &Normalization,
    &Resume,
    &Payload,
    &Idempotence,
    &TooDeterministic,
    &Variance,
    &Metrics,
    &Schedule,
    &Races,
    &Memory,
    &Reference,
    &BatchInvariance,
    &Environment,
    &Adapters,
];

/// What changes between the runs that an audit compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: the same stage again.
    Nothing,
    /// All factors of these kinds at once; on drift, the guilty ones are searched for.
    Factors(&'static [Kind]),
    /// The declared seed.
    Seed,
    /// Something of the pipeline as a whole, in words: its data, a knob, the manner of running. The planner of the audit
    /// says which scenarios that means.
    Pipeline(&'static str),
    /// Something of how a kernel is run, in words.
    Kernel(&'static str),
}

/// What an audit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Pipelines of programs.
    Pipeline,
    /// Compute kernels.
    Kernel,
    /// Both.
    Any,
}

impl Subject {
    /// Whether it is about a case that is a kernel, or about one that is a pipeline.
    #[must_use]
    pub fn fits(self, kernel: bool) -> bool {
        match self {
            Subject::Pipeline => !kernel,
            Subject::Kernel => kernel,
            Subject::Any => true,
        }
    }
}

/// One half-sentence of the metamorphic test: what changes, and what must hold between the outputs.
#[derive(Clone, Copy)]
pub struct Ask {
    /// What changes.
    pub change: Change,
    /// What must hold.
    pub relation: &'static dyn Relation,
}

/// The same bits, whatever changed.
pub(crate) static SAME: &dyn Relation = &SameBits;
/// Other bits, because what changed must matter.
pub(crate) static OTHER: &dyn Relation = &DifferentBits;

/// One kind of audit.
pub trait Audit: Sync {
    /// Kebab-case name.
    fn name(&self) -> &'static str;
    /// The fault it finds, in one line.
    fn summary(&self) -> &'static str;
    /// The manual page, in Markdown: What it checks, Why it matters, Bad, Good, References.
    fn manual(&self) -> &'static str;
    /// The fault that is planted to prove that the audit can fail, in one line that reads after "planted: ".
    fn canary(&self) -> &'static str;
    /// What it is about.
    fn subject(&self) -> Subject {
        Subject::Pipeline
    }
    /// What holds where it holds, in one line that reads after "must hold: ".
    fn must_hold(&self) -> &'static str;
    /// What it asks of every stage.
    fn asks(&self) -> Vec<Ask>;
}

/// The audit with this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Audit> {
    AUDITS.iter().copied().find(|audit| audit.name() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::AUDITS;

    #[test]
    fn audit_names_are_unique_and_kebab_case() {
        let names: BTreeSet<_> = AUDITS.iter().map(|audit| audit.name()).collect();
        assert_eq!(names.len(), AUDITS.len());
        for name in names {
            assert!(name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{name}");
        }
    }

    #[test]
    fn every_audit_has_a_whole_manual_page() {
        for audit in AUDITS {
            let manual = audit.manual();
            let sections = ["What it checks", "Why it matters", "Bad", "Good", "References"];
            let mut places = sections.map(|section| manual.find(&format!("## {section}\n")));
            assert!(places.iter().all(Option::is_some), "{} lacks a section: {places:?}", audit.name());
            assert!(places.is_sorted(), "{} has its sections in another order", audit.name());
            places.reverse();
            assert!(!audit.summary().ends_with('.'), "{}", audit.name());
            assert!(!audit.asks().is_empty(), "{}", audit.name());
            assert!(!audit.must_hold().is_empty() && !audit.must_hold().ends_with('.'), "{}", audit.name());
            assert!(!audit.canary().is_empty() && !audit.canary().ends_with('.'), "{}", audit.name());
        }
    }
}
