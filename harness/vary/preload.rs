//! The preload library, as bytes to be written where `LD_PRELOAD` can name them.
//!
//! Its source is in `preload/`, a crate of its own that `build.rs` compiles; what it pins and how is told there.

/// The shared library; empty where this system has none (anything but Linux with glibc on `x86_64` or `aarch64`).
pub static PRELOAD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"));
