//! `different-bits`: other values, not the same bits.

use super::{Class, Finding, Relation, compare};
use crate::artifact::{Artifact, Error};

/// Other values: for what must matter, such as another seed.
///
/// A container that differs around equal values does not count as different.
#[derive(Clone, Copy, Debug)]
pub struct DifferentBits;

impl Relation for DifferentBits {
    fn name(&self) -> &'static str {
        "different-bits"
    }

    fn summary(&self) -> &'static str {
        "other values, not the same bits"
    }

    fn check(&self, left: &Artifact, right: &Artifact) -> Result<Finding, Error> {
        let difference = compare(left, right)?;
        Ok(Finding {
            relation: self.name().to_owned(),
            holds: difference.class > Class::ContainerOnly,
            difference,
        })
    }
}
