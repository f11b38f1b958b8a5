//! What the user declares: a TOML file, read with spans, checked, and resolved. Never runs anything.
//!
//! [`find()`] looks for case files, [`read`] turns the text of one into [`Case`]s (one, or one for each variant) or
//! into an [`Error`] with every mistake, its place and a next step. [`schema()`] is for editors, [`draft`] writes
//! a first file. Neither the clock nor the audits and factors that exist are known here: they are handed in.

mod bind_kernel;
mod card;
mod contents_kernel;
mod error;
mod find;
mod init;
pub mod kernel;
#[cfg(test)]
mod kernel_tests;
mod options;
mod order;
mod parse;
mod paths;
mod raw;
mod raw_card;
mod raw_kernel;
mod raw_submission;
mod raw_wishes;
mod resolve;
mod resolve_card;
mod resolve_kernel;
mod resolve_submission;
mod resolve_wishes;
mod roles;
mod schema;
mod stages;
mod submission;
mod survey;
mod template;
#[cfg(test)]
mod tests;
mod units;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use toml::value::Date;

pub use self::card::Card;
pub use self::error::{Error, Finding};
pub use self::find::{Found, find, project_of};
pub use self::init::{Draft, draft};
pub use self::kernel::Kernel;
pub use self::roles::Role;
pub use self::schema::schema;
pub use self::submission::Submission;
pub use self::wishes::{
    Augmentation, Drift, EvalMode, Idempotence, Leakage, Metric, MetricFrom, Metrics, Near, Normalization,
    Overlap, Payload, Reported, Resume, Scoring, Shuffle, ShuffledTargets, TooDeterministic, Variance,
    Wishes,
};
use crate::artifact::Format;
use crate::vary::data::Source;

/// Bytes of a case file that are read at most.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What a case file is read against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The case's name, without variant.
    pub name: &'a str,
    /// The project's root.
    pub project: &'a Path,
    /// The day on which tolerations are judged.
    pub today: Date,
    /// The names that exist.
    pub known: Known<'a>,
}

/// The names of what a case file may speak of, handed in so that this room needs no shelf's registry.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Audits.
    pub audits: &'a [&'a str],
    /// Nuisance factors and generator sources.
    pub factors: &'a [&'a str],
    /// What the audits of data and models change or name.
    pub words: &'a [&'a str],
}

/// Reads a case file from the disk.
///
/// # Errors
/// The file cannot be read, is not UTF-8, is larger than a mebibyte, or holds mistakes.
pub fn read_file(file: &Path, context: &Context<'_>) -> Result<Vec<Case>, Error> {
    read(file, &text_of(file)?, context)
}

/// Reads the text of a case file that stands at `file`. Of the disk, only the declared files are looked at:
/// whether they are there, and the header lines of tables.
///
/// # Errors
/// Every mistake in the text.
pub fn read(file: &Path, source: &str, context: &Context<'_>) -> Result<Vec<Case>, Error> {
    let canonical = |path: &Path| {
        let help = "case files are read from folders that exist";
        path.canonicalize().map_err(|error| Error::unusable(path, format!("cannot be read: {error}"), help))
    };
    let folder = canonical(file.parent().unwrap_or(file))?;
    let project = canonical(context.project)?;
    let parsed = parse::parse(source).map_err(|findings| Error::mistakes(file, source, findings))?;
    let mut check = resolve::Check {
        file,
        folder: &folder,
        project: &project,
        source,
        context,
        findings: parsed.findings,
    };
    let cases = if parsed.whole { check.cases(&parsed.file) } else { Vec::new() };
    if check.findings.is_empty() { Ok(cases) } else { Err(Error::mistakes(file, source, check.findings)) }
}

fn text_of(file: &Path) -> Result<String, Error> {
    let unusable = |message: String, help: &str| Error::unusable(file, message, help);
    let read = || {
        let mut bytes = Vec::new();
        File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error: std::io::Error| {
        unusable(
            format!("the case file cannot be read: {error}"),
            "check that it exists and that you may read it",
        )
    })?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let message = format!("the case file is larger than {FILE_BYTES_MAX} bytes");
        return Err(unusable(message, "a case file only declares; keep data in files of their own"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..good]).matches('\n').count() + 1;
        unusable(format!("the case file is not UTF-8 (line {line})"), "save it as UTF-8, which TOML asks for")
    })
}

/// One declared pipeline, checked: every path exists and lies in the project, every placeholder resolves,
/// stages stand in dependency order.
#[derive(Clone, Debug)]
pub struct Case {
    /// `tour`, or `nuisance/hash-order/bad` for a variant: the case's path below the root it was found in.
    pub name: String,
    /// The variant's name, if the file declares variants.
    pub variant: Option<String>,
    /// Whether its outputs are promised to have the same bits on every machine.
    pub portable: bool,
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
    /// The kernel, where the case is one instead of a pipeline; it has no stages then.
    pub kernel: Option<Kernel>,
    /// What is handed in.
    pub submission: Option<Submission>,
    /// What only the user can say of the model, for cards.
    pub card: Option<Card>,
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
    /// Whether programs are run without a network.
    pub offline: bool,
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
    /// Whether training must not learn from any of it.
    pub held_out: bool,
    /// The columns that name a group whose rows belong together.
    pub group: Vec<String>,
    /// The column with the time of a row.
    pub time: Option<String>,
    /// Which of its rows are held out.
    pub split: Option<Split>,
}

impl Data {
    /// How the file is handed to the shelf that changes data. `path` is where a copy of it lies.
    #[must_use]
    pub fn source(&self, path: PathBuf) -> Source {
        let split = match &self.split {
            Some(Split::Column { column, .. }) => Some(column.clone()),
            _ => None,
        };
        Source {
            path,
            format: self.format,
            id: self.id.clone(),
            target: self.target.clone(),
            fixed: self.group.iter().chain(&self.time).cloned().chain(split).collect(),
        }
    }
}

/// Words by which people mark held-out rows, in lower case.
const HELD_OUT_WORDS: [&str; 16] = [
    "test",
    "testing",
    "val",
    "valid",
    "validation",
    "dev",
    "eval",
    "evaluation",
    "holdout",
    "hold-out",
    "hold_out",
    "heldout",
    "held-out",
    "held_out",
    "out",
    "unseen",
];

/// Whether the value of a split column marks a held-out row: one of the declared values, or a usual word where none is
/// declared.
#[must_use]
pub fn marks_held_out(value: &str, declared: &[String]) -> bool {
    if declared.is_empty() {
        HELD_OUT_WORDS.contains(&value.trim().to_lowercase().as_str())
    } else {
        declared.iter().any(|word| word == value)
    }
}

/// Which rows of a file are held out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// Those whose column has one of these values.
    Column {
        /// The column.
        column: String,
        /// Its values in held-out rows; empty for the usual words (`test`, `val`, `holdout`, …).
        held_out: Vec<String>,
    },
    /// Those whose ids stand in this output of the baseline.
    Output(String),
    /// The program decides, and does not say.
    Inside,
}

/// The order in which an output lists its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOrder {
    /// As the input that the stage reads.
    AsInput,
    /// Ascending by id: as numbers where all ids are numbers, else as text.
    ById,
    /// As the rows of this declared data.
    Sample(String),
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
    /// Whether nothing may be printed on standard output.
    pub silent: bool,
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
    /// What it is to the pipeline.
    pub role: Role,
    /// Whether the file says so; otherwise the role was guessed from its name.
    pub role_declared: bool,
    /// The order of its rows, where one is promised.
    pub order: Option<RowOrder>,
    /// The column to predict, where it holds rows of data.
    pub target: Option<String>,
    /// The columns that name a group, where it holds rows of data.
    pub group: Vec<String>,
    /// The column with the time of a row, where it holds rows of data.
    pub time: Option<String>,
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audits {
    /// `[audit.repeat]`.
    pub repeat: Repeat,
    /// `[audit.nuisance]`.
    pub nuisance: Nuisance,
    /// `[audit.seed-coverage]`.
    pub seed_coverage: SeedCoverage,
    /// The audits of data and models.
    pub wishes: Wishes,
    /// Audits of kernels that are switched off, by name, with the reason.
    pub kernels_off: BTreeMap<&'static str, String>,
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
    /// A text that the first place must contain, such as `row 3`.
    pub place: Option<String>,
}

impl Case {
    /// The declaration of an artifact, whichever stage leaves it.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.stages.iter().find_map(|stage| stage.outputs.get(name))
    }

    /// The stage with this name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Whether an artifact is a model or a checkpoint.
    #[must_use]
    pub fn is_model(&self, output: &str) -> bool {
        self.output(output).is_some_and(|output| output.role.is_trained())
    }

    /// The stages by which artifacts are made: those that leave them, and those whose outputs these read.
    #[must_use]
    pub fn behind<'a>(&'a self, outputs: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
        let mut stages = BTreeSet::new();
        let mut open: Vec<&String> = outputs.into_iter().collect();
        while let Some(output) = open.pop() {
            let Some(producer) = self.producer(output) else { continue };
            if stages.insert(producer.name.clone()) {
                open.extend(&producer.inputs);
            }
        }
        stages
    }

    /// The stage that leaves an artifact.
    #[must_use]
    pub fn producer(&self, output: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.outputs.contains_key(output))
    }
}

impl Audits {
    /// The reason for which an audit is switched off, if it is.
    #[must_use]
    pub fn off(&self, audit: &str) -> Option<&str> {
        let off = match audit {
            "repeat" => &self.repeat.off,
            "nuisance" => &self.nuisance.off,
            "seed-coverage" => &self.seed_coverage.off,
            _ => {
                let off = self.kernels_off.get(audit).map(String::as_str);
                return off.or_else(|| self.wishes.off(audit));
            }
        };
        off.as_deref()
    }
}
