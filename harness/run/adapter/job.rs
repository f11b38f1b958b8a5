//! What a worker is asked to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::vary::schedule::Schedule;
use crate::wgsl::Binding;

/// Kernels over buffers, executed once or more for each of several tasks on one adapter in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Job {
    /// Which adapter.
    #[serde(default)]
    pub adapter: Choice,
    /// The kernels, in the order in which every repetition dispatches them.
    pub passes: Vec<Pass>,
    /// What they work on.
    pub buffers: Vec<Buffer>,
    /// The ways in which they are executed.
    pub tasks: Vec<Task>,
    /// Where each distinct content of a read buffer is left once, in a file named by its SHA-256. Must exist.
    pub folder: PathBuf,
    /// Distinct contents of one buffer that are left as files at most; later ones are only counted.
    #[serde(default = "contents_max")]
    pub contents_max: u32,
    /// Who compares; by default the host where the adapter is software, else the adapter.
    #[serde(default)]
    pub comparison: Option<Comparison>,
}

fn contents_max() -> u32 {
    8
}

/// The adapter that is wanted: what is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Choice {
    /// `vulkan`, `gl`, `metal` or `dx12`.
    pub backend: Option<String>,
    /// A part of its name, in any case.
    pub name: Option<String>,
    /// Its place among those that fit so far, from 0.
    pub index: Option<usize>,
}

/// One dispatch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pass {
    /// What messages call the source.
    pub name: String,
    /// WGSL.
    pub text: String,
    /// The entry point.
    pub entry: String,
    /// Values of overrides, by name or number.
    #[serde(default)]
    pub overrides: BTreeMap<String, f64>,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// The bytes of `var<immediate>`.
    #[serde(default)]
    pub immediates: Vec<u8>,
    /// Buffers that this pass binds elsewhere than they say themselves.
    #[serde(default)]
    pub bound: Vec<Bound>,
}

/// A buffer bound for one pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bound {
    /// Where.
    pub at: Binding,
    /// The buffer's name.
    pub buffer: String,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Buffer {
    /// Its name in the reply.
    pub name: String,
    /// Where it is bound unless a pass says otherwise.
    pub binding: Binding,
    /// What it holds before every repetition.
    pub contents: Contents,
    /// Whether it is compared after every repetition.
    #[serde(default)]
    pub read: bool,
    /// Whether its contents before a repetition mean nothing, so that they may be poisoned.
    #[serde(default)]
    pub scratch: bool,
}

/// Bytes, as a file or as a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contents {
    /// The bytes of this file.
    File(PathBuf),
    /// One byte again and again.
    Fill {
        /// Which byte.
        byte: u8,
        /// How often.
        bytes: u64,
    },
}

impl Contents {
    /// How many bytes these are.
    ///
    /// # Errors
    /// The file cannot be found.
    pub fn size(&self) -> Result<u64, Error> {
        match self {
            Self::Fill { bytes, .. } => Ok(*bytes),
            Self::File(path) => {
                std::fs::metadata(path).map(|file| file.len()).map_err(|error| Error::file(path, error))
            }
        }
    }
}

/// One way of executing the passes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Task {
    /// Its name in the reply.
    pub name: String,
    /// The turns of workgroups and invocations; `None` for the program as it was written.
    pub schedule: Option<Schedule>,
    /// The passes that the schedule holds for, from 0; `None` for all.
    pub scheduled: Option<BTreeSet<usize>>,
    /// How often.
    pub repeat: u32,
    /// The byte that fills scratch buffers, and what lies behind every buffer, before each repetition.
    pub poison: Option<u8>,
    /// Bytes behind every buffer. They are bound with it where the program has no array of open length there, so that
    /// `arrayLength` stays what it is; elsewhere they only follow in memory.
    pub padding: u32,
    /// Whether workgroup memory starts as zeros, as WGSL says.
    pub zero_workgroup_memory: bool,
    /// Whether accesses outside of buffers and arrays are caught by wgpu, as WGSL says.
    pub robust: bool,
    /// Whether the compiler may neither fuse nor reassociate floats (`NoContraction`); Vulkan only.
    pub strict: bool,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            name: String::new(),
            schedule: None,
            scheduled: None,
            repeat: 1,
            poison: None,
            padding: 0,
            zero_workgroup_memory: true,
            robust: true,
            strict: false,
        }
    }
}

impl Task {
    /// The schedule of a pass.
    #[must_use]
    pub fn schedule_of(&self, pass: usize) -> Option<&Schedule> {
        let holds = self.scheduled.as_ref().is_none_or(|passes| passes.contains(&pass));
        self.schedule.as_ref().filter(|_| holds)
    }
}

/// Who compares what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Everything is read back and compared here.
    Host,
    /// The adapter compares with the first repetition's contents; only what differs is read back.
    Device,
}
