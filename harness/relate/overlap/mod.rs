//! What a table of training rows and one of held-out rows have in common, and columns that give the answer away.
//!
//! Rows are found by 64-bit numbers of their cells ([`hash`]), gathered in one parallel pass over each file ([`scan`]);
//! only the rows that are shown are read again. Columns are judged on a sample, and what a sample suggests is confirmed
//! on all rows where that matters.
//!
//! Rows that are equal need no leak: where values are few, rows meet by chance. See [`Found::by_chance`].

use std::path::PathBuf;

use crate::artifact::parquet::ParquetTable;
use crate::artifact::table::Cell;
use crate::artifact::{Error, Format, Origin};

mod alone;
mod chance;
mod columns;
mod hash;
mod join;
mod near;
mod sample;
mod scan;
mod search;
pub(crate) mod source;
mod time;

use hash::Value;

pub use alone::Alone;
pub use columns::IdLike;
pub use search::overlap;

/// A file of rows, and what its columns mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// The file.
    pub path: PathBuf,
    /// How to read it: CSV, TSV, Parquet, JSON lines, npy or npz.
    pub format: Format,
    /// Columns that name a row; they are never compared.
    pub id: Vec<String>,
    /// The column that is to be predicted.
    pub target: Option<String>,
    /// Which rows are meant; all without it.
    pub rows: Option<Selection>,
}

impl TableFile {
    pub(crate) fn origin(&self) -> Origin {
        Origin::new(&self.path, self.format)
    }
}

/// Rows by the value of one column. Values are compared as labels: `1` and `1.0` are one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The column.
    pub column: String,
    /// The values.
    pub values: Vec<String>,
    /// Whether the rows with any *other* value are meant.
    pub others: bool,
}

/// The rows that are meant: all, or those of a selection whose column is found.
pub(crate) struct Rows(Option<Bound>);

struct Bound {
    column: usize,
    values: Vec<u64>,
    others: bool,
}

impl Selection {
    /// Finds the column.
    ///
    /// # Errors
    /// When there is no such column.
    pub(crate) fn bind(
        selection: Option<&Self>,
        columns: &[String],
        file: &TableFile,
    ) -> Result<Rows, Error> {
        let Some(selection) = selection else { return Ok(Rows::all()) };
        let column = place(columns, &selection.column, file)?;
        let label = |value: &String| Value::Text(value.as_str().into()).normal(None);
        let mut values: Vec<u64> = selection.values.iter().map(label).collect();
        // Rows may be selected by as many ids as there are rows.
        values.sort_unstable();
        Ok(Rows(Some(Bound { column, values, others: selection.others })))
    }
}

impl Rows {
    pub(crate) fn all() -> Self {
        Self(None)
    }

    /// The column by which rows are selected.
    fn column(&self) -> Option<usize> {
        self.0.as_ref().map(|bound| bound.column)
    }

    /// Whether a row with this value in the column is meant.
    fn keep(&self, value: &Value<'_>) -> bool {
        self.0
            .as_ref()
            .is_none_or(|bound| bound.values.binary_search(&value.normal(None)).is_ok() != bound.others)
    }

    /// Whether the table stands on a row that is meant.
    pub(crate) fn keeps(&self, table: &mut dyn crate::artifact::table::Table) -> bool {
        self.keeps_by(|column| table.cell(column))
    }

    /// Whether a row with these cells is meant.
    pub(crate) fn keeps_by<'a>(&self, cell: impl FnOnce(usize) -> Cell<'a>) -> bool {
        self.column().is_none_or(|column| self.keep(&Value::of(cell(column))))
    }
}

/// Names of the columns of a file with rows.
///
/// # Errors
/// When the file cannot be read, is malformed, or has a format without rows.
pub fn columns_of(file: &TableFile) -> Result<Vec<String>, Error> {
    if file.format == Format::Parquet {
        // Opening a table would decode all of it.
        return ParquetTable::outline(&file.origin()).map(|(names, _)| names);
    }
    Ok(source::open(file)?.columns().to_vec())
}

fn place(columns: &[String], name: &str, file: &TableFile) -> Result<usize, Error> {
    let found = columns.iter().position(|column| column == name);
    found.ok_or_else(|| file.origin().malformed(format!("there is no column `{name}`")))
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Columns whose values together must not be in both files.
    pub keys: Vec<String>,
    /// How rows that are nearly equal are looked for; not at all without it.
    pub near: Option<Near>,
    /// Columns that name a group whose rows belong together.
    pub group: Vec<String>,
    /// The column by which training rows are older than held-out ones.
    pub time: Option<String>,
    /// The score from which one feature predicts the target almost alone.
    pub alone: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { keys: Vec::new(), near: None, group: Vec::new(), time: None, alone: 0.99 }
    }
}

/// When two rows are nearly equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Near {
    /// Numbers are equal after rounding to so many decimals.
    Rounding(i32),
    /// At least this part of the cells and word triples of both rows is shared (Jaccard's index).
    MinHash(f64),
}

/// What two tables have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// Training rows.
    pub train_rows: u64,
    /// Held-out rows.
    pub test_rows: u64,
    /// The columns by which rows were compared.
    pub compared: Vec<String>,
    /// Held-out rows that stand in the training file as they are, with the same target.
    pub exact: Found,
    /// Held-out rows that stand there in another spelling.
    pub normalized: Found,
    /// Held-out rows that stand there with another target only.
    pub other_target: Found,
    /// Held-out rows whose declared keys stand there.
    pub keys: Option<Found>,
    /// Held-out rows that nearly stand there, and were not found before.
    pub near: Option<Found>,
    /// Held-out rows whose group stands there.
    pub group: Option<Found>,
    /// Training rows that are not older than the oldest held-out row.
    pub time: Option<Found>,
    /// Columns with the same value in every training row.
    pub constant: Vec<String>,
    /// Undeclared columns that name rows.
    pub id_like: Vec<IdLike>,
    /// Features that predict the target almost alone, best first.
    pub alone: Vec<Alone>,
    /// What was passed over, in sentences.
    pub notes: Vec<String>,
}

/// Rows of one kind that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many: held-out rows, and for the time training rows.
    pub count: u64,
    /// Which part of the held-out (for the time: of the training) rows that is.
    pub share: f64,
    /// The first three, with their first partners.
    pub pairs: Vec<Pair>,
    /// How many would be found by chance, if held-out rows repeat training rows as often as training rows repeat each
    /// other: `m (R + 1) / (n + 1)`, where `R` of `n` training rows have an equal. No more than `m (R + 1) / (n + 1)` for any
    /// column, where `R` of `n` distinct training rows share their value in it: so one column of many values is enough to tell
    /// copies that were made before the split.
    pub expected: f64,
    /// The probability that chance alone finds as many: the upper tail of Poisson's distribution with mean
    /// [`Found::expected`]. Rows with a hot value come in crowds, so that it is a guide, not an exact test.
    ///
    /// `None` where nothing was found, where chance is no excuse (keys, groups, time), and where most rows that were
    /// found carry values too telling for chance: two cells each whose value stands in no other training row, in
    /// columns in which at least half of the values are distinct. So continuous rows that were copied before the
    /// split are not excused by their copies.
    pub by_chance: Option<f64>,
    /// How many would be found by chance, if in rows that agree in all columns but one, that one agrees as often as its values
    /// are frequent: rows that meet by chance are surrounded by rows that nearly do, and copies are not. For a row and each training
    /// row of its target that differs in one of `k` columns, where the row has a value of frequency `q`, `q / (1 - q) / k`
    /// meetings are expected; a row is found with probability `1 - exp(-sum)`. Taken over 200 training rows. Too low where
    /// columns agree more often than their values are frequent, by a factor of two or three in real tables.
    ///
    /// 0 where [`Found::by_chance`] is `None`.
    pub nearly: f64,
}

/// A row of each file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The training row.
    pub train: RowName,
    /// The held-out row.
    pub test: RowName,
    /// Name, training cell and held-out cell of each column that was compared, at most [`CELLS_MAX`].
    pub cells: Vec<(String, String, String)>,
}

/// At most so many cells of a pair are shown.
pub const CELLS_MAX: usize = 32;

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowName {
    /// Data row, from 1.
    pub row: u64,
    /// `id=17`, where ids are declared.
    pub id: Option<String>,
}

#[cfg(test)]
mod tests;
