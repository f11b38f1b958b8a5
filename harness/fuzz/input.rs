//! One input: how long the varied axes are, and what stands in the varied buffers.

use std::collections::BTreeMap;
use std::ops::Range;

use super::space::{Follows, Space};
use crate::case::Kernel;
use crate::run::Error;
use crate::run::kernel;

/// An input of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// The length of each axis of the space.
    pub(super) lengths: Vec<u64>,
    /// The bits of each element of the varied buffers, by name.
    pub(super) values: BTreeMap<String, Vec<u64>>,
}

impl Input {
    /// The input without a part of an axis: what stood there leaves every buffer that has it.
    pub(super) fn without(&self, space: &Space<'_>, axis: usize, cut: Range<u64>) -> Self {
        let mut rest = self.clone();
        rest.lengths[axis] -= cut.end - cut.start;
        for (name, values) in &mut rest.values {
            let place = &space.places[name];
            if place.follows == Follows::Axis(axis) {
                let at = |index: u64| usize::try_from(index * place.each).unwrap_or(usize::MAX);
                values.drain(at(cut.start)..at(cut.end));
            }
        }
        for (name, values) in &mut rest.values {
            let count = usize::try_from(space.count(name, &rest.lengths)).unwrap_or(usize::MAX);
            values.truncate(count);
        }
        rest
    }

    /// The kernel with the shapes and grids that this input has.
    pub(super) fn kernel(&self, space: &Space<'_>) -> Kernel {
        let mut kernel = space.kernel.clone();
        for (name, buffer) in &mut kernel.buffers {
            buffer.shape = space.shape(name, &self.lengths);
        }
        for pass in &mut kernel.passes {
            pass.grid = space.grid(pass, &self.lengths);
        }
        kernel
    }

    /// The bytes of every buffer of that kernel.
    ///
    /// # Errors
    /// A fill cannot be made, or a file cannot be read.
    pub(super) fn bytes(&self, kernel: &Kernel) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut all = kernel::inputs(kernel)?;
        for (name, values) in &self.values {
            let size = kernel.buffers[name].scalar.bytes();
            let bytes = values.iter().flat_map(|bits| bits.to_le_bytes().into_iter().take(size));
            all.insert(name.clone(), bytes.collect());
        }
        Ok(all)
    }
}
