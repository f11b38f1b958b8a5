//! Why a submission could not be looked at.

use crate::artifact;

/// Why a submission could not be looked at; what is wrong inside it is a problem and no error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that cannot be read.
    #[error(transparent)]
    Artifact(#[from] artifact::Error),
    /// What was asked for does not fit the files.
    #[error("{message}")]
    Wish {
        /// What does not fit.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A file that cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Error::Artifact(error) => match &error.fault {
                artifact::Fault::Io { .. } => error.hint().to_owned(),
                _ => "give a regular file with comma-separated values".to_owned(),
            },
            Error::Wish { hint, .. } => hint.clone(),
            Error::Write { .. } => "give a path in a folder that may be written".to_owned(),
        }
    }

    pub(super) fn wish(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error::Wish { message: message.into(), hint: hint.into() }
    }
}
