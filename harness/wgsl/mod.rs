//! WGSL programs, and everything about them that needs neither a driver nor a process.

mod directive;
pub mod fill;
mod layout;
pub mod machine;
mod order;
mod program;
pub(crate) mod random;
mod scalar;

use std::collections::BTreeMap;

pub use layout::{Layout, Leaf};
pub use order::Order;
pub use program::{Access, Error, Line, Program, Slot, Source};
pub use scalar::Scalar;

pub(crate) use program::validator;

/// Where a buffer is bound: `@group(group) @binding(binding)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Binding {
    /// The group.
    pub group: u32,
    /// The number within the group.
    pub binding: u32,
}

/// The bytes of every bound buffer, laid out as WGSL says (little endian).
pub type Memory = BTreeMap<Binding, Vec<u8>>;
