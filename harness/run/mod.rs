//! Executes invocations, each in a fresh place under stated conditions, and leaves records in the session store.
//!
//! This room is the only door to processes, to the clock and to temporary places. A run never touches the user's
//! files: they are copied into the session's stock once, and from there into the place of each run.

pub mod adapter;
mod before;
pub mod clock;
mod edits;
mod environment;
mod family;
pub mod fingerprint;
mod harvest;
mod hint;
pub mod interrupt;
pub mod kernel;
mod left;
pub mod machine;
mod network;
mod place;
mod process;
mod runner;
mod stock;
pub mod store;
pub mod strike;
pub mod supervise;
mod tools;
mod twins;
pub mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::artifact::Digest;
use crate::plan::scenario::How;
use crate::vary::data::{Applied, Edit};
pub use crate::vary::ledger::Seen as Reach;

pub use environment::{Interpreter, Missing, Probe, inside};
pub use network::Network;
pub use runner::Runner;

/// One execution of one stage, as a question: equal invocations have equal keys and are executed once a session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Invocation {
    /// The case's name.
    pub case: String,
    /// The case file: two projects may share a store and have cases of one name.
    pub file: PathBuf,
    /// The stage's name.
    pub stage: String,
    /// Names of the factors that are varied; all others are pinned.
    pub varied: BTreeSet<String>,
    /// Values of all knobs.
    pub knobs: BTreeMap<String, String>,
    /// Artifacts of earlier stages that it reads, by name.
    pub inputs: BTreeMap<String, Digest>,
    /// Changes to the declared data that it is shown, in order, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edits: BTreeMap<String, Vec<Edit>>,
    /// How it is run.
    #[serde(default)]
    pub how: How,
    /// The folder of the pipeline's own files, where it is another one than the case's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// 0 for the first execution under these conditions, 1 for the next, …
    pub repetition: u32,
}

/// What an execution left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this layout; a reader refuses what it does not know.
    pub format: u32,
    /// What was asked.
    pub invocation: Invocation,
    /// How it ended.
    pub end: End,
    /// What it left, by artifact name; complete only where `end` is [`End::Finished`].
    pub outputs: BTreeMap<String, Output>,
    /// What it cost. Measured, so different in every session.
    pub cost: Cost,
    /// What was seen of the process from inside.
    pub reach: Reach,
    /// What the changes to its data came to, by name.
    #[serde(default)]
    pub edited: BTreeMap<String, Applied>,
    /// Artifacts of earlier stages that it changed, although it was given them to read.
    #[serde(default)]
    pub inputs_changed: Vec<String>,
    /// Files that it left below its working directory and that nobody declared, as relative paths.
    #[serde(default)]
    pub undeclared: Vec<PathBuf>,
    /// The runs before it in the same place, in order.
    #[serde(default)]
    pub before: Vec<Earlier>,
    /// The copy that ran at the same time, where there was one.
    #[serde(default)]
    pub twin: Option<Twin>,
    /// Folder with `stdout` and `stderr`.
    pub logs: PathBuf,
}

/// A run that came before the one that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// How it ended.
    pub end: End,
    /// Whether the signal that was to end it was sent before it had ended by itself.
    pub struck: bool,
    /// The declared outputs that stood there when it had ended.
    pub left: BTreeMap<String, Digest>,
    /// Folder with its `stdout` and `stderr`.
    pub logs: PathBuf,
}

/// The second of two copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// How it ended.
    pub end: End,
    /// What it left in a folder of its own; outputs at fixed places are shared with the first.
    pub outputs: BTreeMap<String, Output>,
    /// Folder with its `stdout` and `stderr`.
    pub logs: PathBuf,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Exit status 0 and every declared output present.
    Finished,
    /// Another exit status.
    Failed {
        /// The exit status.
        status: i32,
    },
    /// Ended by a signal that we did not send.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// The wall-clock limit passed; the whole process tree was ended.
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// Another limit was passed; the whole process tree was ended.
    OverLimit {
        /// Which, and how large it is: `memory of 16 GB`.
        limit: String,
    },
    /// Somebody ended our supervisor, and with it the run.
    Unsupervised {
        /// How it ended: `signal: 9 (SIGKILL)`.
        how: String,
    },
    /// The program could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
    /// It ended well but left out a declared output.
    OutputMissing {
        /// The artifact's name.
        artifact: String,
        /// The relative path at which it was looked for.
        path: PathBuf,
    },
    /// It ended well but left something as output that cannot be compared.
    OutputUnfit {
        /// The artifact's name.
        artifact: String,
        /// What it is instead of a file or directory: `a named pipe`.
        what: String,
    },
    /// It wrote to a file that it was given to read.
    InputChanged {
        /// Relative path of the file.
        path: PathBuf,
    },
}

impl End {
    /// One line for people: how it ended.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            End::Finished => "finished".to_owned(),
            End::Failed { status } => format!("exit status {status}"),
            End::Killed { signal } => wording::signal_text(*signal),
            End::TimedOut { limit_ms } => {
                format!("passed its time limit of {}", wording::duration_text(*limit_ms))
            }
            End::OverLimit { limit } => format!("passed its limit on {limit}"),
            End::Unsupervised { how } => format!("its supervisor was ended from outside ({how})"),
            End::OutputUnfit { artifact, what } => format!("left as `{artifact}` {what}"),
            End::NotStarted { reason } => format!("could not be started: {reason}"),
            End::OutputMissing { artifact, path } => {
                format!("left no `{artifact}` (looked for `{}`)", path.display())
            }
            End::InputChanged { path } => format!("wrote to its input `{}`", path.display()),
        }
    }
}

/// One output in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Where it lies.
    pub path: PathBuf,
}

/// What an execution cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// When the program was started, in microseconds since the Unix epoch.
    #[serde(default)]
    pub began_us: u64,
    /// Wall time of the program, in microseconds.
    pub wall_us: u64,
    /// Processor time of its whole process tree, in microseconds.
    pub cpu_us: u64,
    /// Peak resident memory: the larger of the largest process and the sampled sum of the tree, in bytes.
    pub peak_bytes: u64,
    /// Processes that were still running when the program had ended, and were ended by us.
    pub left_running: u32,
}

/// What can go wrong around an execution (not inside the user's program: that is an [`End`]).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file operation of ours failed.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The supervisor process could not be started or did not answer.
    #[error("the supervisor of a run {what}")]
    Supervisor {
        /// What happened.
        what: String,
    },
    /// The declared environment could not be built.
    #[error("cannot build the environment of `{}`: {what}", lock.display())]
    Environment {
        /// The lock file.
        lock: PathBuf,
        /// What happened.
        what: String,
        /// What to do.
        hint: String,
    },
    /// No interpreter of the declared version was found.
    #[error("no Python {wanted} on this machine")]
    NoPython {
        /// Version or path.
        wanted: String,
    },
    /// Declared data could not be changed as an audit asks.
    #[error(transparent)]
    Data(#[from] crate::vary::data::Error),
    /// An output could not be read back.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::Error),
    /// The contents of a kernel's buffer cannot be made.
    #[error("buffer `{name}`: {what}")]
    Buffer {
        /// The buffer's name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A store file has a layout that this version does not know, or is damaged.
    #[error("the record `{}` cannot be read: {what}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// Ctrl-C, or a request to end.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What the user can do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Io { source, .. } if source.kind() == ErrorKind::StorageFull => {
                Some("free some space, or choose another place with `--store DIR`".to_owned())
            }
            Error::Io { action: "read", .. } => Some(
                "all of the pipeline's folder is staged: make it readable, mend it or move it elsewhere"
                    .to_owned(),
            ),
            Error::Io { action: "trust", .. } => {
                Some("remove it, or set `TMPDIR` to a folder of your own".to_owned())
            }
            Error::Io { source, .. }
                if matches!(
                    source.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::InvalidFilename
                ) =>
            {
                Some("choose another place for runs with `--store DIR`".to_owned())
            }
            Error::Io { .. } => Some("check that the path exists and may be read and written".to_owned()),
            Error::Supervisor { .. } => {
                Some("run `driftless doctor` to see what this machine allows".to_owned())
            }
            Error::Environment { hint, .. } => Some(hint.clone()),
            Error::NoPython { wanted } => {
                Some(format!("install it, or change `python = \"{wanted}\"` under `[environment]`"))
            }
            Error::Data(error) => Some(error.hint().to_owned()),
            Error::Artifact(error) => Some(error.hint().to_owned()),
            Error::Record { .. } => Some("delete the session folder that holds it and run again".to_owned()),
            Error::Buffer { .. } => Some("correct its `fill`, `type` or `shape`".to_owned()),
            Error::Interrupted => None,
        }
    }

    /// Whether it is the case's environment that cannot be had: then this case is inconclusive, and others go on.
    #[must_use]
    pub fn is_about_environment(&self) -> bool {
        matches!(self, Error::Environment { .. } | Error::NoPython { .. })
    }

    /// Shorthand for [`Error::Io`], to be used with `map_err`.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}
