//! What a report says of declared data: their digests, and of tables what they hold.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Digest;
use crate::artifact::describe::{Description, describe};
use crate::case::{Case, Data};

/// Declared data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Datasheet {
    /// Its name in the case file.
    pub name: String,
    /// The sha256 of its bytes; of a directory, of its sorted listing with the sha256 of each file. Absent where it
    /// cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The size of a file; absent of directories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What it holds, of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Description>,
    /// Why there is no description of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_described: Option<String>,
}

impl Datasheet {
    /// Looks at all declared data of a case. `digests` are those that the fingerprint has. What cannot be read is told
    /// in the sheet: a description never makes a run fail.
    #[must_use]
    pub fn all(case: &Case, digests: &BTreeMap<String, Digest>) -> Vec<Self> {
        case.data.iter().map(|(name, data)| Self::of(case, name, data, digests.get(name))).collect()
    }

    fn of(case: &Case, name: &str, data: &Data, digest: Option<&Digest>) -> Self {
        let length = std::fs::metadata(&data.path).ok().filter(std::fs::Metadata::is_file);
        let described = if data.format.is_table() {
            describe(&data.path, data.format, &data.id, data.target.as_deref())
                .map(Some)
                // The message names the file in full, which differs between machines.
                .map_err(|error| error.fault.to_string())
        } else {
            Ok(None)
        };
        let project = case.project.display().to_string();
        Self {
            name: name.to_owned(),
            sha256: digest.map(ToString::to_string),
            bytes: length.map(|metadata| metadata.len()),
            not_described: described.as_ref().err().map(|why| why.replace(&project, ".")),
            table: described.ok().flatten(),
        }
    }
}
