//! `same-rows`: the same rows in any order.

use super::{Class, Finding, Relation, compare};
use crate::artifact::{Artifact, Error};

/// The same rows, lines or entries with the same bits, in any order and in any container.
///
/// Keyed tables match rows by their id, others as a multiset.
#[derive(Clone, Copy, Debug)]
pub struct SameRows;

impl Relation for SameRows {
    fn name(&self) -> &'static str {
        "same-rows"
    }

    fn summary(&self) -> &'static str {
        "the same rows in any order"
    }

    fn check(&self, left: &Artifact, right: &Artifact) -> Result<Finding, Error> {
        let difference = compare(left, right)?;
        Ok(Finding {
            relation: self.name().to_owned(),
            holds: difference.class <= Class::OrderOnly,
            difference,
        })
    }
}
