//! Why an artifact could not be read.

use std::io;
use std::path::{Path, PathBuf};

use super::Format;

/// An artifact that could not be read, with the file at fault.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: {fault}", path.display())]
pub struct Error {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The operating system refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done: `open`, `read`, `list`.
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A pipe, a socket, a device or a link where a file or directory is expected; it is never opened.
    #[error("is {kind}, not a regular file")]
    Special {
        /// `a named pipe`, `a symbolic link`.
        kind: &'static str,
    },
    /// The content is not what the format asks for.
    #[error("malformed {}: {what}", format.name())]
    Malformed {
        /// The format it was read as.
        format: Format,
        /// What is wrong, and where.
        what: String,
    },
    /// Reading it by value would take more memory than is allowed.
    #[error("{what} takes {bytes} bytes, more than the {limit} allowed in memory")]
    TooLarge {
        /// Which part.
        what: String,
        /// What it would take.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
}

impl Error {
    /// Whether the bytes can be read but not understood, so that a comparison byte by byte still makes sense.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        matches!(self.fault, Fault::Malformed { .. } | Fault::TooLarge { .. })
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match &self.fault {
            Fault::Io { .. } => "check that the file exists and that it may be read",
            Fault::Special { .. } => "declare a regular file or a directory as the output",
            Fault::Malformed { .. } => {
                "check that the program finished writing it, or declare another `format` for this output"
            }
            Fault::TooLarge { .. } => "declare `format = \"bytes\"` to compare it without reading its values",
        }
    }

    pub(crate) fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self { path: path.to_path_buf(), fault: Fault::Io { doing, source } }
    }
}

/// The file that a reader reads, kept so that every error can name it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
}

impl Origin {
    pub(crate) fn new(path: &Path, format: Format) -> Self {
        Self { path: path.to_path_buf(), format }
    }

    pub(crate) fn malformed(&self, what: impl Into<String>) -> Error {
        let fault = Fault::Malformed { format: self.format, what: what.into() };
        Error { path: self.path.clone(), fault }
    }

    /// Decoders report corrupt content as I/O errors too; only those with a system error code are about the disk.
    pub(crate) fn reading(&self, source: io::Error) -> Error {
        if source.raw_os_error().is_some() {
            Error::io(&self.path, "read", source)
        } else {
            self.malformed(source.to_string())
        }
    }

    /// Refuses to hold more than `limit` bytes of `what` in memory.
    pub(crate) fn fits(&self, what: &str, bytes: u64, limit: u64) -> Result<(), Error> {
        if bytes <= limit {
            return Ok(());
        }
        let fault = Fault::TooLarge { what: what.to_owned(), bytes, limit };
        Err(Error { path: self.path.clone(), fault })
    }
}
