//! Why a data file could not be changed.

use std::io;
use std::path::{Path, PathBuf};

use crate::artifact;

/// A data file that could not be changed, with the file at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] artifact::Error),
    /// There is no way to do this with a file of this kind.
    #[error("`{}`: {what}", path.display())]
    NotSupported {
        /// The file.
        path: PathBuf,
        /// What is not possible.
        what: String,
        /// What the user can do about it.
        hint: &'static str,
    },
    /// A column was named that the file does not have.
    #[error("`{}`: no column `{column}`; it has {known}", path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        column: String,
        /// The first of its columns, quoted.
        known: String,
    },
    /// Another data set was named that is not declared.
    #[error("no data set `{name}` is declared")]
    NoData {
        /// What was asked for.
        name: String,
    },
    /// The changed file could not be written.
    #[error("`{}`: cannot write: {source}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(error) => match error.fault {
                artifact::Fault::Malformed { .. } => {
                    "mend the file, or declare its true `format`; texts must be UTF-8"
                }
                artifact::Fault::TooLarge { .. } => "declare a smaller sample of this data",
                _ => error.hint(),
            },
            Self::NotSupported { hint, .. } => hint,
            Self::NoColumn { .. } => "check the spelling against the first line of the file",
            Self::NoData { .. } => "declare it as `[data.NAME]`, or name one that is declared",
            Self::Write { .. } => "check that the folder exists, may be written and has space left",
        }
    }

    pub(super) fn not_supported(path: &Path, what: impl Into<String>, hint: &'static str) -> Self {
        Self::NotSupported { path: path.to_path_buf(), what: what.into(), hint }
    }
}
