//! What a run leaves behind: files and directories with a format, a digest and values that can be compared.
//!
//! Values only: nothing here starts a process, and nothing is executed (a pickle's opcodes are read, never obeyed).
//! Readers stream in bounded memory where the format allows it, check every size before they allocate, and answer a
//! malformed file with an [`Error`] that names it.

use std::path::PathBuf;

pub(crate) mod archive;
pub mod column;
pub(crate) mod csv;
pub mod describe;
mod digest;
mod entries;
mod error;
pub(crate) mod float;
mod format;
pub(crate) mod json;
pub(crate) mod npy;
pub(crate) mod number;
pub(crate) mod open;
mod outline;
pub(crate) mod parquet;
pub(crate) mod pickle;
pub(crate) mod png;
pub(crate) mod safetensors;
pub(crate) mod table;
pub(crate) mod tensor;
pub(crate) mod text;
pub(crate) mod torch;
pub(crate) mod tree;

pub use digest::{Digest, DigestParseError};
pub use entries::{Entry, Kind, entries};
pub(crate) use error::Origin;
pub use error::{Error, Fault};
pub use format::Format;
pub use npy::{RawArray, raw_array};
pub use outline::outline;

/// One output of one run, as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The file or directory.
    pub path: PathBuf,
    /// How to read it.
    pub format: Format,
    /// The columns that identify a row, for tables; empty where rows are known by their place.
    pub id: Vec<String>,
    /// The digest of its bytes.
    pub digest: Digest,
}

impl Artifact {
    /// The artifact at a path, with its digest.
    ///
    /// # Errors
    /// When it cannot be read; see [`Digest::of_path`].
    pub fn at(path: PathBuf, format: Format, id: Vec<String>) -> Result<Self, Error> {
        let digest = Digest::of_path(&path)?;
        Ok(Self { path, format, id, digest })
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::new(&self.path, self.format)
    }
}
