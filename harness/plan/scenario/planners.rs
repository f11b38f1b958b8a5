//! The planners, one per audit that walks scenarios, in the order of the registry of audits.

use super::{Planner, augmentation, metrics, shuffled_targets, variance};

/// All of them.
pub static PLANNERS: &[&dyn Planner] = &[
    &shuffled_targets::ShuffledTargets,
    &augmentation::Augmentation,
    &variance::Variance,
    &metrics::Metrics,
];
