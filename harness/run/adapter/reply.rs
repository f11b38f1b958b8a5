//! What a worker answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reply {
    /// The adapter that did it.
    pub adapter: AdapterFacts,
    /// What each task left, in the job's order.
    pub tasks: Vec<Done>,
}

/// What one task left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Done {
    /// The task's name.
    pub name: String,
    /// The buffers that are read, in the job's order.
    pub buffers: Vec<Seen>,
    /// Launches of one repetition, all passes together.
    pub launches: usize,
    /// Wall time of all repetitions with their comparison.
    pub seconds: f64,
}

impl Done {
    /// Whether every repetition left the same bits in every buffer.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.buffers.iter().all(|buffer| buffer.contents.len() <= 1)
    }
}

/// What the repetitions of a task left in one buffer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Seen {
    /// The buffer's name.
    pub buffer: String,
    /// Its distinct contents, in order of appearance.
    pub contents: Vec<Content>,
}

/// A content that a buffer had after one or more repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Content {
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// The bytes, unless too many contents had been left before.
    pub file: Option<PathBuf>,
    /// The first repetition that left it, from 0.
    pub first: u32,
    /// How many did.
    pub count: u32,
}

/// An adapter, as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct AdapterFacts {
    /// Its name.
    pub name: String,
    /// `vulkan`, `gl`, `metal` or `dx12`.
    pub backend: String,
    /// `discrete-gpu`, `integrated-gpu`, `virtual-gpu`, `cpu` or `other`.
    pub device_type: String,
    /// The driver.
    pub driver: String,
    /// Its version.
    pub driver_info: String,
    /// The vendor's number.
    pub vendor: u32,
    /// The device's number.
    pub device: u32,
    /// The smallest and the largest subgroup; equal where the adapter has one size, `None` where it has none.
    pub subgroup_sizes: Option<[u32; 2]>,
    /// What of interest to compute kernels it has, by wgpu's names, sorted.
    pub features: Vec<String>,
    /// What limits compute kernels, by wgpu's names.
    pub limits: BTreeMap<String, u64>,
}

impl AdapterFacts {
    /// Whether it is software (llvmpipe, WARP, …).
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.device_type == "cpu"
    }
}
