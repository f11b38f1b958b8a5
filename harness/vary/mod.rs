//! The nuisance factors: one file per thing that may change between two runs and must not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a run may stand with one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The same in every run.
    Pinned,
    /// Changed, in the same way every time.
    Varied,
}

/// Which audit a factor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A condition of the run that must not matter: audit `nuisance`.
    Environment,
    /// The state of a random generator at start: audit `seed-coverage`.
    Generator,
    /// A property of the machine on which correct numeric programs differ too; varied only on request.
    Machine,
}

/// What carries a factor into the process. A factor is only *varied* where its carrier arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// Environment variables, paths, limits: reaches every program.
    Process,
    /// The preload library: reaches dynamically linked programs on Linux.
    Preload,
    /// The Python shim: reaches Python programs that import the library in question.
    Shim,
}

/// The conditions of one run, as plain data that the runner carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Environment variables to set.
    pub env: BTreeMap<String, String>,
    /// Settings for the preload library, handed over as `DRIFTLESS_PRELOAD_<KEY>`.
    pub preload: BTreeMap<String, String>,
    /// Settings for the Python shim, handed over as `DRIFTLESS_SHIM_<KEY>`.
    pub shim: BTreeMap<String, String>,
    /// File mode creation mask.
    pub umask: u32,
    /// How many processors the run may use; `None` leaves the affinity alone.
    pub processors: Option<usize>,
    /// Whether the address space is laid out at random.
    pub random_addresses: bool,
    /// Whether the run stands in the other directory (other length, a space, a non-ASCII letter).
    pub other_directory: bool,
    /// Whether HOME and the XDG folders are the other ones.
    pub other_home: bool,
    /// Whether the folder for temporary files is the other one.
    pub other_temp: bool,
}

/// One thing that changes between two runs of the same program on the same inputs.
pub trait Factor: Sync {
    /// Kebab-case name, as in the case file and in reports.
    fn name(&self) -> &'static str;
    /// What it is, in one line that reads after "varied: ".
    fn summary(&self) -> &'static str;
    /// Why programs depend on it and what to do about it: two or three sentences.
    fn mend(&self) -> &'static str;
    /// Which audit it belongs to.
    fn kind(&self) -> Kind;
    /// What carries it into the process.
    fn carrier(&self) -> Carrier;
    /// Writes the factor's part of the conditions.
    fn apply(&self, level: Level, conditions: &mut Conditions);
    /// Why this factor cannot be varied on this machine at all, if so.
    fn unavailable(&self) -> Option<String> {
        None
    }
}
