//! What a fingerprint holds. Its layout is published: `driftless schema attestation`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Digest;
use crate::run::adapter::AdapterFacts;

/// What a result may depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Version of this layout.
    pub format: u32,
    /// Version of driftless.
    pub driftless: String,
    /// The repository around the project; absent where there is none.
    pub source: Option<Source>,
    /// The cases of the session, by name.
    pub cases: Vec<CaseFacts>,
    /// The interpreters that cases ran with, in the order in which cases name them.
    pub pythons: Vec<Python>,
    /// The machine.
    pub machine: Host,
    /// Adapters that can run compute kernels; absent where nobody looked.
    pub adapters: Option<Vec<Adapter>>,
    /// Variables of the caller that change numbers, and no others. Audited runs see one only where the case passes it on.
    pub variables: BTreeMap<String, String>,
    /// Arguments of the driftless command.
    pub arguments: Vec<String>,
    /// Facts that could not be found out, each with the reason.
    pub not_known: BTreeMap<String, String>,
    /// Begin and end: nothing else differs between two sessions over one tree on one machine.
    pub when: When,
}

/// The repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The commit that is checked out; absent before the first one.
    pub commit: Option<String>,
    /// The branch; absent where a commit is checked out by its name.
    pub branch: Option<String>,
    /// Whether files of the project differ from the commit, files that nobody added included; absent without the
    /// git program.
    pub dirty: Option<bool>,
    /// The first of those files, relative to the root of the repository.
    pub changed: Vec<String>,
    /// How many there are.
    pub changed_count: u64,
}

/// What was there of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// The case's name.
    pub name: String,
    /// The case file, relative to the project.
    pub file: String,
    /// The sha256 of the case file; of a variant, of the file and its name.
    #[schemars(with = "String")]
    pub config: Digest,
    /// The sha256 of the lock file, where one is declared.
    #[schemars(with = "Option<String>")]
    pub lock: Option<Digest>,
    /// Which of `pythons` it ran with, from 0.
    pub python: Option<usize>,
    /// The sha256 of declared data, by name; of a directory, of its sorted listing with the sha256 of each file.
    #[schemars(with = "BTreeMap<String, String>")]
    pub data: BTreeMap<String, Digest>,
    /// The sha256 of the first files with code or settings in the pipeline's folder, by path.
    #[schemars(with = "BTreeMap<String, String>")]
    pub sources: BTreeMap<String, Digest>,
    /// The sha256 over paths and digests of all files in the pipeline's folder, without declared data and outputs; absent
    /// where they are too large.
    #[schemars(with = "Option<String>")]
    pub program: Option<Digest>,
    /// What the baseline left, by artifact.
    pub outputs: Vec<Left>,
    /// Variables that change numbers, as its runs see them.
    pub variables: BTreeMap<String, String>,
    /// Threads that BLAS and OpenMP are told to use in a baseline run; absent where nothing tells them.
    pub threads: Option<String>,
    /// Facts of it that could not be found out, each with the reason.
    pub not_known: BTreeMap<String, String>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// The artifact's name; of kernels, the buffer's.
    pub name: String,
    /// The stage that leaves it; `kernel` of kernels.
    pub stage: String,
    /// What it is to the pipeline: `model`, `predictions`, …; absent of buffers.
    pub role: Option<String>,
    /// Its declared path.
    pub path: String,
    /// How it is read: `csv`, `tree`, …
    pub format: String,
    /// The sha256 of its bytes; of a directory, of its sorted listing with the sha256 of each file.
    #[schemars(with = "String")]
    pub sha256: Digest,
}

/// An interpreter and its libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// `cpython`, `pypy`, …
    pub implementation: Option<String>,
    /// `3.11.2`.
    pub version: String,
    /// The executable.
    pub executable: String,
    /// Versions of installed libraries that change numbers, by name, from the metadata of their installers.
    pub libraries: BTreeMap<String, String>,
    /// Everything that is installed.
    pub installed: Option<Installed>,
    /// The linear algebra under NumPy, as far as it can be known without importing it.
    pub blas: Option<Blas>,
}

/// All installed distributions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// How many.
    pub count: u64,
    /// The sha256 over the sorted lines `name==version`.
    #[schemars(with = "String")]
    pub sha256: Digest,
}

/// A library of linear algebra.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blas {
    /// `scipy-openblas`, `mkl`, `openblas-pthread`, …
    pub vendor: String,
    /// Its version, where it is written down.
    pub version: Option<String>,
    /// How it was built.
    pub configuration: Option<String>,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// A digest that names the installation and does not give its id away; absent where it has none.
    pub id: Option<String>,
    /// `x86_64`, `aarch64`, …
    pub architecture: String,
    /// `Linux 6.1.0`.
    pub kernel: Option<String>,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub distribution: Option<String>,
    /// `glibc 2.36`, `musl`.
    pub libc: Option<String>,
    /// The processor.
    pub processor: Option<Processor>,
    /// Processors that this process may use.
    pub processors: u64,
    /// Memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// Graphics processors.
    pub gpus: Vec<Gpu>,
    /// The version of NVIDIA's driver, where there is one.
    pub nvidia_driver: Option<String>,
}

/// A processor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    /// Its maker's name for it.
    pub name: String,
    /// Maker, family and model as numbers: libraries choose their routines by them.
    pub model: String,
    /// The features by which numeric libraries choose their routines, sorted.
    pub flags: Vec<String>,
}

/// A graphics processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// Its name, or its maker and device as PCI numbers.
    pub model: String,
}

/// An adapter of wgpu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Its name.
    pub model: String,
    /// `vulkan`, `gl`.
    pub backend: String,
    /// The driver and its version.
    pub driver: String,
}

/// Begin and end, UTC, as RFC 3339 writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// When the session began.
    pub started: String,
    /// When its runs had ended.
    pub ended: String,
}

impl Adapter {
    /// What matters of an adapter.
    #[must_use]
    pub fn of(facts: &AdapterFacts) -> Self {
        Self {
            model: facts.name.clone(),
            backend: facts.backend.clone(),
            driver: format!("{} {}", facts.driver, facts.driver_info).trim().to_owned(),
        }
    }
}

impl Fingerprint {
    /// The facts of a case.
    #[must_use]
    pub fn case(&self, name: &str) -> Option<&CaseFacts> {
        self.cases.iter().find(|case| case.name == name)
    }
}

impl CaseFacts {
    /// One digest for the weights: that of the only model, or over all of them; none where the case leaves no model.
    #[must_use]
    pub fn weights(&self) -> Option<Digest> {
        let models: Vec<&Left> =
            self.outputs.iter().filter(|left| left.role.as_deref() == Some("model")).collect();
        match models.as_slice() {
            [] => None,
            [only] => Some(only.sha256),
            several => {
                let lines: Vec<String> =
                    several.iter().map(|left| format!("{} {}\n", left.sha256, left.name)).collect();
                Some(Digest::of_bytes(lines.concat().as_bytes()))
            }
        }
    }
}
