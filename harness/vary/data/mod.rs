//! Changes to data files: held-out rows made other, rows and columns in another order, rows dropped, doubled or added.
//!
//! Deterministic: the same edit of the same file gives the same bytes on every machine. Columns, their types, and whatever
//! is not changed stay as they are, in text files byte by byte. The rules for each kind of column stand in
//! `numbers` and `change`; how columns are told apart stands in `profile`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, Format};

mod array;
mod arrays;
mod change;
mod columnar;
mod delimited;
mod dice;
mod edit;
mod error;
mod layout;
mod leaf;
mod lines;
mod numbers;
mod objects;
mod profile;
mod rows;
mod sheet;
mod style;
#[cfg(test)]
mod tests;

pub use error::Error;
use sheet::Sheet;

/// How a data file is declared.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// How to read it.
    pub format: Format,
    /// The columns that identify a row; never changed.
    pub id: Vec<String>,
    /// The column to predict.
    pub target: Option<String>,
    /// Columns that are never changed: groups, times, splits.
    pub fixed: Vec<String>,
}

impl Source {
    /// What a run left, as rows: without a target, and nothing fixed.
    #[must_use]
    pub fn of(artifact: &Artifact) -> Self {
        Self {
            path: artifact.path.clone(),
            format: artifact.format,
            id: artifact.id.clone(),
            target: None,
            fixed: Vec::new(),
        }
    }
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// Every row.
    All,
    /// Rows in which a column holds one of these values.
    Where {
        /// The column.
        column: String,
        /// Its values, as they are written.
        values: Vec<String>,
    },
    /// Rows with these ids, one text per id column.
    Ids(Vec<Vec<String>>),
    /// Rows by their number, from 0; numbers beyond the last row mean nothing.
    Numbers(Vec<u64>),
}

/// What of the rows is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Every column but ids, fixed columns and the target; some values of columns with gaps go missing.
    Features,
    /// The target.
    Targets,
    /// Columns of categories get one that no row has had.
    Categories,
    /// How many rows there are: about three in ten are left out.
    Count,
    /// A hand of the features, which are dealt out like cards: `Features` is the two hands and what is not dealt. Where two
    /// columns or more hold many different values, these are dealt; where only one does, it is the first hand and the columns of few
    /// values are the second; where none does, those are dealt. A change of one hand is a part of the change of all features.
    FirstHand,
    /// The other hand.
    SecondHand,
    /// The features of neither hand.
    Undealt,
}

impl Part {
    /// All features, by the hands.
    pub const DEALT: [Self; 3] = [Self::FirstHand, Self::SecondHand, Self::Undealt];
}

/// One change to one data file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// Some rows become other rows. Strong, since mild noise misses leaks.
    Change {
        /// Which rows.
        rows: Rows,
        /// What of them.
        parts: BTreeSet<Part>,
        /// Where the random numbers begin.
        seed: u64,
    },
    /// The rows in another order.
    PermuteRows {
        /// Where the random numbers begin.
        seed: u64,
    },
    /// Some rows are left out: at least one where there are two, never all.
    DropRows {
        /// Where the random numbers begin.
        seed: u64,
        /// How many of a hundred.
        percent: u8,
    },
    /// One row stands twice, at two places.
    DoubleRow {
        /// Where the random numbers begin.
        seed: u64,
    },
    /// The columns in another order.
    PermuteColumns {
        /// Where the random numbers begin.
        seed: u64,
    },
    /// Only some rows stay.
    Keep {
        /// Which rows.
        rows: Rows,
    },
    /// The targets of some rows in another order; never in their own where two differ.
    PermuteTargets {
        /// Which rows.
        rows: Rows,
        /// Where the random numbers begin.
        seed: u64,
    },
    /// No row: a header alone, or an array of length zero.
    Empty,
    /// All rows of another data set instead, in this file's columns.
    Take {
        /// The other data set's name.
        from: String,
    },
    /// Rows of another data set at the end, in this file's columns; what it lacks is empty.
    Append {
        /// The other data set's name.
        from: String,
        /// Which of its rows.
        rows: Rows,
    },
}

/// What the edits did. Where nothing changed, the caller judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Applied {
    /// Rows in the new file.
    pub rows: u64,
    /// Rows in which cells changed, summed over the edits; for edits of whole rows, those moved, dropped or added.
    pub rows_changed: u64,
    /// Cells that changed, summed over the edits.
    pub cells_changed: u64,
    /// Columns in which cells changed, in the order of the file.
    pub columns: Vec<String>,
    /// What could not be done as asked.
    pub notes: Vec<String>,
}

/// Applies edits in order and writes the changed file whole: to a temporary file beside it, which is then renamed. No edits give
/// the same bytes.
///
/// # Errors
/// When a file cannot be read or is malformed, an edit names what does not exist, the format does not allow it, or
/// the new file cannot be written.
pub fn apply(
    edits: &[Edit],
    source: &Source,
    others: &BTreeMap<String, Source>,
    out: &Path,
) -> Result<Applied, Error> {
    let mut bytes = sheet::read(source)?;
    let mut applied = Applied::default();
    if edits.is_empty() {
        applied.rows = sheet::parse(source, bytes.clone())?.rows() as u64;
    }
    let mut arrays = None;
    for edit in edits {
        let sheet = sheet::parse_again(source, bytes, arrays.as_ref())?;
        arrays = sheet.arrays();
        bytes = edit::apply(edit, sheet.as_ref(), source, others, &mut applied)?;
    }
    write(out, &bytes).map_err(|error| Error::Write { path: out.to_path_buf(), source: error })?;
    Ok(applied)
}

fn write(out: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".changed-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(out).map_err(|error| error.error)?;
    Ok(())
}

fn open(source: &Source) -> Result<Box<dyn Sheet>, Error> {
    sheet::parse(source, sheet::read(source)?)
}

/// The ids of all rows as text, in file order; one empty list per row where no id is declared.
///
/// # Errors
/// When the file cannot be read, or lacks an id column.
pub fn ids(source: &Source) -> Result<Vec<Vec<String>>, Error> {
    rows::ids(open(source)?.as_ref(), source)
}

/// How many rows there are.
///
/// # Errors
/// When the file cannot be read.
pub fn row_count(source: &Source) -> Result<u64, Error> {
    Ok(open(source)?.rows() as u64)
}

/// The cells of one column as text; a missing value is the empty text, or as it is written.
///
/// # Errors
/// When the file cannot be read, or has no such column.
pub fn column(source: &Source, name: &str) -> Result<Vec<String>, Error> {
    rows::column(open(source)?.as_ref(), source, name)
}

/// The numbers of the rows that are meant, from 0, ascending.
///
/// # Errors
/// When the file cannot be read, has no such column, or no id is declared where ids are asked for.
pub fn select(rows: &Rows, source: &Source) -> Result<Vec<u64>, Error> {
    let found = rows::select(rows, open(source)?.as_ref(), source)?;
    Ok(found.into_iter().map(|row| row as u64).collect())
}
