//! The planners, one per audit that walks scenarios, in the order of the registry of audits.

use super::{Planner, augmentation, eval_mode, idempotence, metrics, shuffle, shuffled_targets, variance};

/// All of them.
pub static PLANNERS: &[&dyn Planner] = &[&shuffled_targets::ShuffledTargets, &eval_mode::EvalMode, &shuffle::Shuffle, &augmentation::Augmentation, &idempotence::Idempotence, &variance::Variance, &metrics::Metrics];
