//! WGSL programs, and everything about them that needs neither a driver nor a process.

mod directive;
pub mod fill;
mod layout;
pub mod machine;
mod order;
mod padding;
mod program;
pub(crate) mod random;
mod scalar;

use std::collections::BTreeMap;

pub use layout::{Layout, Leaf};
pub use order::Order;
pub use padding::Padding;
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

/// Bytes of stack for the deepest nesting that is not refused, in a build without optimisation, several times over.
const STACK: usize = 256 << 20;

/// Expressions, blocks and calls are walked by recursion, here and by the front end, and whoever calls us may have little stack left.
fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
