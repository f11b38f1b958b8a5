//! One run on the reference machine, by itself: nothing is kept, no adapter is asked.

use std::collections::BTreeMap;

use super::buffers;
use super::reference::Loaded;
use crate::case::Kernel;
use crate::plan::kernel::Change;
use crate::run::Error;
use crate::wgsl::Scalar;
use crate::wgsl::machine::{Finding, Options};

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What was seen of each pass; empty where accesses were not watched.
    pub findings: Vec<(usize, Finding)>,
    /// Where it ended, if it passed a limit.
    pub unfinished: Option<String>,
    /// Whether that limit was the one on loop trips.
    pub endless: bool,
    /// Scalar operations times lanes.
    pub operations: u64,
    /// The bytes of every buffer afterwards, by name.
    pub buffers: BTreeMap<String, Vec<u8>>,
}

/// Runs all passes over these bytes, with a change, every access watched where `check` says so.
///
/// # Errors
/// What cannot be interpreted.
pub fn alone(
    kernel: &Kernel,
    inputs: &BTreeMap<String, Vec<u8>>,
    change: &Change,
    check: bool,
) -> Result<Watched, String> {
    let options = Options { check, ..Options::default() };
    let run = Loaded { kernel, inputs }.execute(change, &options)?;
    Ok(Watched {
        findings: run.findings,
        unfinished: run.unfinished,
        endless: run.endless,
        operations: run.operations,
        buffers: run.buffers,
    })
}

/// The bytes of every buffer before a run, by name.
///
/// # Errors
/// A fill cannot be made, or a file cannot be read.
pub fn inputs(kernel: &Kernel) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    buffers::inputs(kernel)
}

/// The numbers that bytes of a buffer stand for; those of 64 bits are rounded.
#[must_use]
pub fn numbers(scalar: Scalar, bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(scalar.bytes()).map(|bytes| buffers::number(scalar, bytes)).collect()
}

/// A `.npy` file with these elements.
#[must_use]
pub fn npy(scalar: Scalar, shape: &[u64], bytes: &[u8]) -> Vec<u8> {
    [&buffers::header(scalar, shape), bytes].concat()
}
