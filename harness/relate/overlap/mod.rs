//! What a table of training rows and one of held-out rows have in common, and columns that give the answer away.

use std::path::PathBuf;

use crate::artifact::table::{Cell, Table};
use crate::artifact::{Error, Format, Origin};

pub(crate) mod source;

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

/// A selection whose column is found.
pub(crate) struct Bound {
    column: usize,
    values: Vec<String>,
    others: bool,
}

impl Selection {
    /// Finds the column; nothing is selected by no selection.
    ///
    /// # Errors
    /// When there is no such column.
    pub(crate) fn bind(
        selection: Option<&Self>,
        columns: &[String],
        file: &TableFile,
    ) -> Result<Rows, Error> {
        let Some(selection) = selection else { return Ok(Rows(None)) };
        let column = place(columns, &selection.column, file)?;
        let values = selection.values.iter().map(|value| super::metric::canonical(value).into_owned());
        Ok(Rows(Some(Bound { column, values: values.collect(), others: selection.others })))
    }
}

/// The rows that are meant: all, or those of a selection.
pub(crate) struct Rows(Option<Bound>);

impl Rows {
    /// Whether the table stands on a row that is meant.
    pub(crate) fn keeps(&self, table: &mut dyn Table) -> bool {
        self.0.as_ref().is_none_or(|bound| {
            let cell = table.cell(bound.column);
            let found = match &cell {
                Cell::Null => bound.values.iter().any(String::is_empty),
                cell => bound.values.iter().any(|value| *value == *super::metric::canonical(&cell.key())),
            };
            found != bound.others
        })
    }
}

fn place(columns: &[String], name: &str, file: &TableFile) -> Result<usize, Error> {
    let found = columns.iter().position(|column| column == name);
    found.ok_or_else(|| file.origin().malformed(format!("there is no column `{name}`")))
}
