//! `same-bits`: the same values, bit for bit.

use super::{Class, Finding, Relation, compare};
use crate::artifact::{Artifact, Error};

/// The same bits: equal digests, or (for formats that are compared by value) nothing found to differ.
///
/// A difference of the container alone does not hold, for the bytes are not the same; its class tells.
#[derive(Clone, Copy, Debug)]
pub struct SameBits;

impl Relation for SameBits {
    fn name(&self) -> &'static str {
        "same-bits"
    }

    fn summary(&self) -> &'static str {
        "the same values, bit for bit"
    }

    fn check(&self, left: &Artifact, right: &Artifact) -> Result<Finding, Error> {
        let difference = compare(left, right)?;
        Ok(Finding {
            relation: self.name().to_owned(),
            holds: difference.class == Class::Identical,
            difference,
        })
    }
}
