//! What unset memory holds: zeros, or bytes that read as ordinary, not small numbers.
//!
//! glibc fills every block it hands out with the complement of `MALLOC_PERTURB_` and every block it takes back
//! with the value itself, whether the block comes from the heap or from a mapping of its own. Pinned is 255: new
//! memory reads as zeros. Varied is 190: new memory reads as `0x41`, which is 12.08 as `f32`, 2261634.5 as `f64`, neither
//! lost in a sum nor overflowing it. Not reached: arrays below 1 KiB that NumPy takes from its own cache, other
//! allocators (jemalloc, mimalloc, musl), memory on an accelerator.
//!
//! Filling has a price at both levels: about 0.45 s per GB allocated, and `calloc` of a large block (`np.zeros`) takes its
//! memory at once instead of at first use.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct MemoryFill;

impl Factor for MemoryFill {
    fn name(&self) -> &'static str {
        "memory-fill"
    }

    fn summary(&self) -> &'static str {
        "what unset memory holds (MALLOC_PERTURB_)"
    }

    fn mend(&self) -> &'static str {
        "Memory was read before it was written: `np.empty`, `torch.empty`, or `malloc` in a native \
         extension. It often happens to be zero, until it is not. Use `zeros`, or fill every element."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.set(level, "MALLOC_PERTURB_", "255", "190");
    }

    fn unavailable(&self) -> Option<String> {
        (!cfg!(target_env = "gnu")).then(|| "only glibc fills memory on request".to_owned())
    }
}
