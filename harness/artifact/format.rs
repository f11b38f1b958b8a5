//! Which format a file has, by its name and its first bytes.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::error::{Error, Origin};
use super::open;

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

/// How many first bytes are looked at where the name says nothing.
const SAMPLE_BYTES: u64 = 8192;

impl Format {
    /// The name as it stands in case files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Safetensors => "safetensors",
            Self::Torch => "torch",
            Self::Png => "png",
            Self::Text => "text",
            Self::Onnx => "onnx",
            Self::Pickle => "pickle",
            Self::Tree => "tree",
            Self::Bytes => "bytes",
        }
    }

    /// Whether it is a table, so that columns may identify its rows.
    #[must_use]
    pub fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::Parquet)
    }

    /// What the file's extension promises, if anything; reads nothing.
    #[must_use]
    pub fn of_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "parquet" | "pq" => Self::Parquet,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::Jsonl,
            "npy" => Self::Npy,
            "npz" => Self::Npz,
            "safetensors" => Self::Safetensors,
            "pt" | "pth" | "ckpt" => Self::Torch,
            "png" => Self::Png,
            "onnx" => Self::Onnx,
            "pkl" | "pickle" | "joblib" => Self::Pickle,
            "txt" | "text" | "log" | "md" | "rst" | "yaml" | "yml" | "toml" | "ini" | "cfg" | "xml"
            | "html" | "svg" | "py" => Self::Text,
            _ => return None,
        })
    }

    /// The format of a file or directory that exists: by its extension, and by its first bytes where the extension
    /// says nothing or (`.pt`, `.pth`, `.ckpt`) stands for two formats.
    ///
    /// # Errors
    /// When it does not exist, cannot be read, or is neither a regular file nor a directory.
    pub fn detect(path: &Path) -> Result<Self, Error> {
        let metadata = fs::symlink_metadata(path).map_err(|source| Error::io(path, "open", source))?;
        if metadata.is_dir() {
            return Ok(Self::Tree);
        }
        let mut sample = Vec::new();
        let file = open::regular(path)?;
        file.take(SAMPLE_BYTES).read_to_end(&mut sample).map_err(|source| Error::io(path, "read", source))?;
        Ok(match Self::of_extension(path) {
            Some(Self::Torch) if !sample.starts_with(b"PK\x03\x04") => Self::Pickle,
            Some(format) => format,
            None => Self::of_content(path, &sample),
        })
    }

    fn of_content(path: &Path, sample: &[u8]) -> Self {
        const MAGIC: [(&[u8], Format); 7] = [
            (b"\x93NUMPY", Format::Npy),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"PAR1", Format::Parquet),
            (b"\x80\x02", Format::Pickle),
            (b"\x80\x03", Format::Pickle),
            (b"\x80\x04", Format::Pickle),
            (b"\x80\x05", Format::Pickle),
        ];
        if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| sample.starts_with(magic)) {
            return *format;
        }
        if sample.starts_with(b"PK\x03\x04") {
            return Self::of_zip(path);
        }
        if is_text(sample) { Self::Text } else { Self::Bytes }
    }

    fn of_zip(path: &Path) -> Self {
        let Ok(archive) = Archive::open(&Origin::new(path, Self::Bytes)) else { return Self::Bytes };
        let names = archive.names();
        if names.iter().any(|name| name == "data.pkl" || name.ends_with("/data.pkl")) {
            Self::Torch
        } else if !names.is_empty() && names.iter().all(|name| name.strip_suffix(".npy").is_some()) {
            Self::Npz
        } else {
            Self::Bytes
        }
    }
}

/// Whether a sample is UTF-8 without control characters that no text has; its last character may be cut.
fn is_text(sample: &[u8]) -> bool {
    let valid = match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && sample.len() as u64 == SAMPLE_BYTES,
    };
    valid && !sample.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(name: &str, content: &[u8]) -> Format {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        Format::detect(&path).unwrap()
    }

    #[test]
    fn the_extension_decides_and_pt_files_are_told_apart_by_magic() {
        assert_eq!(detect("a.csv", b""), Format::Csv);
        assert_eq!(detect("a.CSV", b""), Format::Csv);
        assert_eq!(detect("a.pt", b"PK\x03\x04"), Format::Torch);
        for name in ["a.pt", "a.pth", "a.ckpt", "a.pkl", "a.pickle", "a.joblib"] {
            assert_eq!(detect(name, b"\x80\x02"), Format::Pickle, "{name}");
        }
        assert_eq!(detect("model.onnx", b"\x08\x07"), Format::Onnx);
    }

    #[test]
    fn without_an_extension_the_first_bytes_decide() {
        assert_eq!(detect("a", b"\x93NUMPY\x01\x00"), Format::Npy);
        assert_eq!(detect("a", b"PAR1"), Format::Parquet);
        assert_eq!(detect("a", b"\x80\x04\x95"), Format::Pickle);
        assert_eq!(detect("a", "gr\u{fc}n\n".as_bytes()), Format::Text);
        assert_eq!(detect("a", b"\xff\xfe\x00"), Format::Bytes);
        assert_eq!(detect("a", b"PK\x03\x04 cut short"), Format::Bytes);
    }

    #[test]
    fn a_directory_is_a_tree_and_a_missing_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Format::detect(dir.path()).unwrap(), Format::Tree);
        assert!(Format::detect(&dir.path().join("none")).is_err());
    }

    #[test]
    fn names_are_what_serde_writes() {
        for format in [Format::Csv, Format::Jsonl, Format::Safetensors, Format::Tree, Format::Bytes] {
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
    }
}
