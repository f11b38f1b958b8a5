//! A kernel case, resolved: programs that passed validation, buffers with their sizes, and what is promised.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::wgsl::{self, Binding, Padding, Program};

/// What messages call WGSL that stands in the case file itself.
pub const INLINE: &str = "the case's source";

/// A compute kernel, or several over the same buffers.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What is dispatched, in this order; at least one.
    pub passes: Vec<Pass>,
    /// Every buffer that they use, by name.
    pub buffers: BTreeMap<String, Buffer>,
    /// What is promised.
    pub level: Level,
    /// Distance from the reference machine that is allowed, in ULPs; `None` for what WGSL grants.
    pub ulps: Option<u32>,
    /// How rows lie in the buffers, where each is computed on its own.
    pub rows: Option<Rows>,
    /// Other grids that must give the same bits; for kernels of one pass.
    pub grids: Vec<[u32; 3]>,
    /// Other values of override constants that must give the same bits, each with the passes that it makes.
    pub sizes: Vec<(String, Vec<Pass>)>,
    /// Findings that are meant.
    pub allow: Vec<Allow>,
    /// Backends, or parts of the names of adapters, that are asked; `None` for every adapter.
    pub adapters: Option<Vec<String>>,
    /// Limit on the wall time of all that one adapter does.
    pub timeout: Duration,
}

/// One dispatch.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The program, its entry point chosen and its overrides resolved.
    pub program: Program,
    /// The overrides' values.
    pub overrides: BTreeMap<String, f64>,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// The buffer at each place that the program binds, by its name.
    pub bound: BTreeMap<Binding, String>,
    /// The bytes of `var<immediate>`.
    pub immediates: Vec<u8>,
    /// What the grid follows from, where the case gives no counts.
    pub over: Option<Over>,
}

/// One workgroup along x for each so many numbers of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The buffer's name.
    pub buffer: String,
    /// Its numbers per workgroup; above zero.
    pub per: u64,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// Type of its numbers.
    pub scalar: wgsl::Scalar,
    /// How many, along each axis.
    pub shape: Vec<u64>,
    /// What stands in it before the run.
    pub contents: Contents,
    /// Whether it is compared afterwards.
    pub read: bool,
    /// The bytes that hold no number, where there are any.
    pub padding: Option<Padding>,
}

impl Buffer {
    /// How many numbers it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.count().saturating_mul(self.scalar.bytes() as u64)
    }

    /// Whether what stands in it before the run means nothing.
    #[must_use]
    pub fn is_scratch(&self) -> bool {
        self.contents == Contents::Scratch
    }
}

/// What stands in a buffer before the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// Nothing that means anything.
    Scratch,
    /// Numbers made by a rule.
    Made(wgsl::fill::Fill),
    /// The numbers of a `.npy` file.
    File(PathBuf),
}

/// What a kernel promises, each level what the one before it does and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The same bits again and again on one adapter.
    RunToRun,
    /// In whatever order workgroups and invocations take their turns.
    ScheduleIndependent,
    /// On every adapter.
    AdapterToAdapter,
}

impl Level {
    /// As the case file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Level::RunToRun => "run-to-run",
            Level::ScheduleIndependent => "schedule-independent",
            Level::AdapterToAdapter => "adapter-to-adapter",
        }
    }
}

/// Rows that are computed one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The buffers that hold a row after another.
    pub buffers: Vec<String>,
    /// Numbers in a row.
    pub row: u64,
    /// Rows in all.
    pub count: u64,
    /// The axis of the grid along which they are dealt out.
    pub axis: usize,
    /// How many are computed without the others.
    pub take: Vec<u64>,
}

/// A finding that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Its name.
    pub finding: String,
    /// The variable that it concerns.
    pub variable: String,
    /// Why it is meant.
    pub reason: String,
}
