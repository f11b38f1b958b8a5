//! What can go wrong with an adapter, as values that cross from the worker to its parent.

use serde::{Deserialize, Serialize};

/// Why a job left no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Error {
    /// No adapter fits what was asked for.
    #[error("no adapter {asked}: {message}")]
    NoAdapter {
        /// What was asked for, in words.
        asked: String,
        /// What there is, or what the drivers say.
        message: String,
    },
    /// The adapter's limits do not suffice; nothing was dispatched.
    #[error("{what}: the adapter allows {have}, this needs {need}")]
    Limits {
        /// What is limited.
        what: String,
        /// The adapter's limit.
        have: u64,
        /// What the job needs.
        need: u64,
    },
    /// The program is not valid, or not on this adapter; the message shows the place in the source where there is one.
    #[error("{message}")]
    Validation {
        /// What validation says.
        message: String,
    },
    /// The adapter was lost while it worked: a reset, or a driver that gave up.
    #[error("the adapter was lost: {message}")]
    DeviceLost {
        /// What the driver says.
        message: String,
    },
    /// The adapter, or the machine, has too little memory.
    #[error("out of memory: {message}")]
    OutOfMemory {
        /// What could not be allocated.
        message: String,
    },
    /// The program uses what adapters are not asked to do here.
    #[error("not supported: {what}")]
    Unsupported {
        /// What that is.
        what: String,
    },
    /// The job names what it does not declare, or declares what contradicts itself.
    #[error("{message}")]
    Job {
        /// What does not fit.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{file}: {message}")]
    File {
        /// The file.
        file: String,
        /// What the system says.
        message: String,
    },
    /// The worker ended without an answer: a signal, or an exit of its own.
    #[error("the adapter's worker ended with {how}{}", if tail.is_empty() { String::new() } else { format!("; it said: {tail}") })]
    Crashed {
        /// The signal by name, or the exit code.
        how: String,
        /// The end of what it wrote to standard error.
        tail: String,
    },
    /// We were asked to end while the worker was at it.
    #[error("interrupted")]
    Interrupted,
    /// The worker did not answer in time and was ended with all that it had started.
    #[error("the adapter's worker did not end within {milliseconds} ms")]
    TimedOut {
        /// The time that it had.
        milliseconds: u64,
    },
}

impl Error {
    pub(super) fn file(path: &std::path::Path, error: impl std::fmt::Display) -> Self {
        Self::File { file: path.display().to_string(), message: error.to_string() }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoAdapter { .. } => {
                "install a driver; on Debian and Ubuntu `apt install mesa-vulkan-drivers` gives a software adapter"
            }
            Self::Limits { .. } => "declare smaller buffers or a smaller grid, or choose another adapter",
            Self::DeviceLost { .. } | Self::Crashed { .. } => {
                "the kernel may run too long, or break its driver: try a smaller grid and another adapter"
            }
            Self::OutOfMemory { .. } => {
                "declare smaller buffers: each is held several times while it is compared"
            }
            Self::TimedOut { .. } => {
                "look for a loop without end, declare a smaller grid, or allow more time"
            }
            Self::Unsupported { .. } => {
                "buffers of the storage and uniform address spaces, and immediates, are supported"
            }
            Self::Validation { .. } | Self::Job { .. } | Self::File { .. } | Self::Interrupted => {
                return None;
            }
        })
    }
}

impl From<crate::wgsl::Error> for Error {
    fn from(error: crate::wgsl::Error) -> Self {
        Self::Validation { message: error.to_string() }
    }
}

impl From<crate::vary::schedule::Error> for Error {
    fn from(error: crate::vary::schedule::Error) -> Self {
        use crate::vary::schedule::Error as Schedule;
        match &error {
            Schedule::TooMany { have, most, .. } => Self::Limits {
                what: "workgroups in one dispatch".to_owned(),
                have: *most,
                need: u64::try_from(*have).unwrap_or(u64::MAX),
            },
            Schedule::Reserved { .. } | Schedule::Invalid { .. } => {
                Self::Unsupported { what: error.to_string() }
            }
        }
    }
}
