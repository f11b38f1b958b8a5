//! What the user declares: a TOML file, read with spans, checked, and resolved. Never runs anything.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::artifact::Format;

/// One declared pipeline, checked: every path exists and lies in the project, every placeholder resolves,
/// stages stand in dependency order.
#[derive(Clone, Debug)]
pub struct Case {
    /// `tour`, or `nuisance/hash-order/bad` for a variant: the case's path below the root it was found in.
    pub name: String,
    /// The case file, absolute.
    pub file: PathBuf,
    /// The project's root, absolute; nothing declared lies outside it.
    pub project: PathBuf,
    /// One line.
    pub summary: String,
    /// The pipeline's own files, absolute.
    pub dir: PathBuf,
    /// Interpreter, lock file, variables.
    pub environment: Environment,
    /// What the machine must have for this case to run.
    pub requires: Requires,
    /// Declared tables and files, by name.
    pub data: BTreeMap<String, Data>,
    /// Stages in dependency order, ties by position in the file.
    pub stages: Vec<Stage>,
    /// Declared knobs as they are written into a command line.
    pub knobs: BTreeMap<String, String>,
    /// Wishes for each audit.
    pub audits: Audits,
    /// Accepted drifts.
    pub tolerations: Vec<Toleration>,
    /// What a variant's audits must say, by audit name; empty for ordinary cases.
    pub expect: BTreeMap<String, Expectation>,
}

/// Where the program's interpreter and variables come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// A version (`3.11`) or an absolute path.
    pub python: Option<String>,
    /// Lock file with `==` and hashes, absolute.
    pub lock: Option<PathBuf>,
    /// Names of variables handed on from the caller's environment.
    pub pass: Vec<String>,
    /// Variables set for every stage.
    pub set: BTreeMap<String, String>,
}

/// What must be present for the case to run; what is missing makes its audits `skipped`, with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requires {
    /// Programs on the path.
    pub programs: Vec<String>,
    /// Python modules that the case's interpreter can import.
    pub modules: Vec<String>,
}

/// A declared input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// Absolute path.
    pub path: PathBuf,
    /// How to read it.
    pub format: Format,
    /// The columns that identify a row.
    pub id: Vec<String>,
    /// The column to predict.
    pub target: Option<String>,
    /// Whether training must not learn from it.
    pub held_out: bool,
}

/// One program run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<Template>,
    /// Variables of this stage alone.
    pub env: BTreeMap<String, Template>,
    /// What it must leave, by artifact name.
    pub outputs: BTreeMap<String, Output>,
    /// Names of artifacts of earlier stages that it reads (placeholders and `needs`).
    pub inputs: Vec<String>,
    /// Names of declared data that it reads.
    pub data: Vec<String>,
    /// Wall-clock limit.
    pub timeout: Duration,
    /// Limit on the resident memory of the whole process tree, in bytes.
    pub memory_bytes_max: u64,
    /// Limit on what it writes (any one file, all outputs together, its log), in bytes.
    pub output_bytes_max: u64,
    /// Resources of which at most one run at a time may hold each (`gpu`).
    pub exclusive: Vec<String>,
}

/// A declared artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Relative path.
    pub path: PathBuf,
    /// Whether the command names it with `{out.NAME}`. If not, the program writes it to a fixed place below its
    /// working directory.
    pub placed: bool,
    /// How to read it.
    pub format: Format,
    /// The columns that identify a row.
    pub id: Vec<String>,
}

/// A string with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// `{data.NAME}`: the path of the staged data.
    Data(String),
    /// `{out.NAME}`: the path of an artifact, to write (own) or to read (of another stage).
    Out(String),
    /// `{NAME}`: a knob's value.
    Knob(String),
}

/// Wishes for the audits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audits {
    /// `[audit.repeat]`.
    pub repeat: Repeat,
    /// `[audit.nuisance]`.
    pub nuisance: Nuisance,
    /// `[audit.seed-coverage]`.
    pub seed_coverage: SeedCoverage,
}

/// `[audit.repeat]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeat {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Baseline runs that must agree; `None` lets the run with everything varied stand as the second.
    pub runs: Option<u32>,
}

/// `[audit.nuisance]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nuisance {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Factors varied on top of the default ones.
    pub also: Vec<String>,
    /// Factors left out, each with its reason.
    pub without: BTreeMap<String, String>,
}

/// `[audit.seed-coverage]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeedCoverage {
    /// Reason for which the audit is switched off.
    pub off: Option<String>,
    /// Generator sources left out, each with its reason.
    pub without: BTreeMap<String, String>,
    /// The knob that holds the seed; `seed` by default.
    pub knob: Option<String>,
    /// The other seed; the declared one plus one by default.
    pub other: Option<String>,
}

/// A drift that the user accepts for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// Factor.
    pub factor: String,
    /// Audit.
    pub audit: String,
    /// Why.
    pub reason: String,
    /// Last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
    /// Whether that day has passed.
    pub expired: bool,
}

/// What one audit must say of a variant (the canary's half of a bad and good pair).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// `held`, `drifted`, `blind`, `inconclusive`.
    pub verdict: String,
    /// Guilty factors, exactly these.
    pub factors: Vec<String>,
    /// Stage and artifact that must be named.
    pub artifact: Option<String>,
    /// A text that the first place must contain (`row 3`, `column `score``).
    pub place: Option<String>,
}
