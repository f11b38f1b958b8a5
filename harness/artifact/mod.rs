//! What a run leaves behind: files and directories with a format, a digest and values that can be compared.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The sha256 of an artifact's bytes (of a directory: of its sorted listing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// The formats that are compared by value. Everything else is compared byte by byte.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// Apache Parquet.
    Parquet,
    /// One JSON document.
    Json,
    /// One JSON document per line.
    Jsonl,
    /// One NumPy array.
    Npy,
    /// A zip file of NumPy arrays.
    Npz,
    /// Named tensors, safetensors layout.
    Safetensors,
    /// A zip file written by `torch.save`; its pickle is never executed.
    Torch,
    /// A PNG image, compared pixel by pixel.
    Png,
    /// UTF-8 text, compared line by line.
    Text,
    /// An ONNX model: opaque bytes, named as such.
    Onnx,
    /// A Python pickle (also joblib): opaque bytes, never unpickled.
    Pickle,
    /// A directory, compared file by file.
    Tree,
    /// Anything else: opaque bytes.
    Bytes,
}

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
