//! The planners, one per audit that walks scenarios, in the order of the registry of audits.

use super::{
    Planner, augmentation, drift, eval_mode, idempotence, leakage, metrics, normalization, overlap, payload,
    resume, shuffle, shuffled_targets, too_deterministic, variance,
};

/// All of them.
pub static PLANNERS: &[&dyn Planner] = &[
    &leakage::Leakage,
    &overlap::Overlap,
    &drift::Drift,
    &shuffled_targets::ShuffledTargets,
    &eval_mode::EvalMode,
    &shuffle::Shuffle,
    &augmentation::Augmentation,
    &normalization::Normalization,
    &resume::Resume,
    &payload::Payload,
    &idempotence::Idempotence,
    &too_deterministic::TooDeterministic,
    &variance::Variance,
    &metrics::Metrics,
];
