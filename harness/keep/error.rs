//! What can go wrong with a snapshot.

use std::io;
use std::path::PathBuf;

/// A snapshot that cannot be named, read, trusted or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A part of a key that must not become a file name.
    #[error("{part} name `{name}` cannot name a snapshot: {problem}")]
    Name {
        /// `audit`, `case` or `class`.
        part: &'static str,
        /// The name.
        name: String,
        /// Why not.
        problem: &'static str,
    },
    /// A file or folder that is there and cannot be read.
    #[error("failed to read snapshot {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that cannot be written, replaced or removed.
    #[error("failed to write snapshot {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file with the marks of an unresolved merge.
    #[error("snapshot {} has merge conflict markers at line {line}", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The line of the first mark, counted from 1.
        line: usize,
    },
    /// A file that is no snapshot.
    #[error("snapshot {} is damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is missing.
        problem: String,
    },
    /// A text beyond the limit.
    #[error("snapshot {} is too large: {bytes} bytes, the limit is {bytes_max}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, or the size it would have.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Error::Name { .. } => {
                "rename it: letters, digits, `-`, `_` and `.` are safe; `/` makes folders in a case name"
            }
            Error::Read { .. } => "check that the file is yours to read, or restore it from version control",
            Error::Write { .. } => {
                "new texts are recorded below `snapshots/` in the project: make that folder writable, or \
                 compare without recording"
            }
            Error::Conflict { .. } => {
                "take either side whole (`git checkout --ours` or `--theirs`) or delete the file, run again, \
                 and accept the text that comes out"
            }
            Error::Damaged { .. } => {
                "restore the file from version control, or delete it, run again, and accept the new text"
            }
            Error::TooLarge { .. } => "keep digests and first values in the text, not the data itself",
        }
    }
}
