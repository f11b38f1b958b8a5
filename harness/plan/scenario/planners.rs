//! The planners, one per audit that walks scenarios, in the order of the registry of audits.

use super::{Planner, augmentation};

/// All of them.
pub static PLANNERS: &[&dyn Planner] = &[&augmentation::Augmentation];
