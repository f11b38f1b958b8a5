//! What all data files have in common: rows of cells that can be read, and built anew.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::error::Error;
use super::{Source, arrays, columnar, delimited, lines, objects};
use crate::artifact::{Format, Origin, open};

/// Limit on a data file that is to be changed: 1 GiB. It is held in memory two to three times.
const INPUT_BYTES_MAX: u64 = 1 << 30;

/// The value of one cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// No value.
    Null,
    /// As it stands in a file that does not say whether it is a number.
    Written(Cow<'a, str>),
    /// A text that is no number, whatever it looks like.
    Text(Cow<'a, str>),
    Integer(i128),
    Single(f32),
    Double(f64),
    Bool(bool),
    /// Lists, structures, plain memory: carried along, never changed.
    Opaque(String),
}

/// How files write that there is no value: pandas' list without `NA`'s rarer relatives.
const BLANKS: [&str; 11] = ["", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "<NA>"];

impl Value<'_> {
    /// Whether there is no value.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Written(text) | Self::Text(text) => BLANKS.contains(&text.trim()),
            Self::Single(value) => value.is_nan(),
            Self::Double(value) => value.is_nan(),
            _ => false,
        }
    }

    /// The value as text; an absent one is the empty text.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Written(text) | Self::Text(text) => text.into_owned(),
            Self::Integer(value) => value.to_string(),
            Self::Single(value) => format!("{value:?}"),
            Self::Double(value) => format!("{value:?}"),
            Self::Bool(value) => value.to_string(),
            Self::Opaque(text) => text,
        }
    }
}

/// What comes into a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum New {
    /// What stands in another cell of the same file: its row and field.
    Of(usize, usize),
    /// A text, in a cell that held one; a number in the file's spelling, in a cell that held one.
    Text(String),
    Integer(i128),
    Float(f64),
}

/// What the file says about the type of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Class {
    /// Nothing: the cells tell.
    Written,
    Text,
    /// Texts of a size that cannot grow.
    FixedText,
    /// Whole numbers within these bounds.
    Integer(i128, i128),
    /// Points in time of which so many make a day.
    Days(i128),
    /// Floating-point numbers up to this magnitude.
    Float(f64),
    Bool,
    Opaque,
}

/// One field of every row. Elements of an array that stand in one row are fields of one name.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) class: Class,
    /// Fields of one pool are judged together, as the pixels of an image are.
    pub(super) pool: usize,
}

/// Rows of another file that follow the own ones.
pub(super) struct Foreign<'a> {
    pub(super) sheet: &'a dyn Sheet,
    pub(super) rows: Vec<usize>,
    /// For every own field the one of the other file, if there is one.
    pub(super) fields: Vec<Option<usize>>,
}

impl Foreign<'_> {
    /// The value for an own field in one of the rows.
    pub(super) fn cell(&self, place: usize, field: usize) -> Value<'_> {
        match (self.rows.get(place), self.fields.get(field).copied().flatten()) {
            (Some(row), Some(field)) => self.sheet.cell(*row, field),
            _ => Value::Null,
        }
    }
}

/// What the new file is made of.
pub(super) struct Draft<'a> {
    /// Own rows in their new order.
    pub(super) rows: Vec<usize>,
    /// Own fields in their new order, where that changes.
    pub(super) columns: Option<Vec<usize>>,
    pub(super) foreign: Option<Foreign<'a>>,
    /// What comes into a cell, by own row and field; asked once for each cell of `rows`.
    pub(super) cell: Option<&'a mut dyn FnMut(usize, usize) -> Option<New>>,
}

impl Draft<'_> {
    pub(super) fn of_rows(rows: Vec<usize>) -> Self {
        Draft { rows, columns: None, foreign: None, cell: None }
    }

    /// How many rows come from another file.
    pub(super) fn foreign_rows(&self) -> usize {
        self.foreign.as_ref().map_or(0, |foreign| foreign.rows.len())
    }

    pub(super) fn change(&mut self, row: usize, field: usize) -> Option<New> {
        self.cell.as_mut().and_then(|cell| cell(row, field))
    }
}

/// A data file in memory.
pub(super) trait Sheet {
    fn fields(&self) -> &[Field];

    fn rows(&self) -> usize;

    /// A cell; row and field must exist.
    fn cell(&self, row: usize, field: usize) -> Value<'_>;

    /// The arrays whose first axis counts the rows, where the file does not say: an edit may change which are the longest.
    fn arrays(&self) -> Option<BTreeSet<String>> {
        None
    }

    /// The file anew.
    ///
    /// # Errors
    /// When the format cannot hold what is asked for.
    fn build(&self, draft: Draft<'_>) -> Result<Vec<u8>, Error>;
}

/// The bytes of a data file.
///
/// # Errors
/// When it is a folder, cannot be read, or is too large.
pub(super) fn read(source: &Source) -> Result<Vec<u8>, Error> {
    if source.format == Format::Tree || source.path.is_dir() {
        return Err(Error::not_supported(
            &source.path,
            "a folder cannot be changed row by row",
            "declare a table, an array or a list of its files as the data",
        ));
    }
    Ok(open::whole(&Origin::new(&source.path, source.format), INPUT_BYTES_MAX)?)
}

/// Reads a data file from its bytes.
///
/// # Errors
/// When it is malformed, or the format has no rows.
pub(super) fn parse(source: &Source, bytes: Vec<u8>) -> Result<Box<dyn Sheet>, Error> {
    parse_again(source, bytes, None)
}

/// Reads a data file that an edit has left, in which the given arrays have rows.
///
/// # Errors
/// When it is malformed, or the format has no rows.
pub(super) fn parse_again(
    source: &Source,
    bytes: Vec<u8>,
    with_rows: Option<&BTreeSet<String>>,
) -> Result<Box<dyn Sheet>, Error> {
    let origin = Origin::new(&source.path, source.format);
    Ok(match source.format {
        Format::Csv => Box::new(delimited::Table::parse(&origin, b',', bytes)?),
        Format::Tsv => Box::new(delimited::Table::parse(&origin, b'\t', bytes)?),
        Format::Json => Box::new(objects::Objects::parse_array(&origin, bytes)?),
        Format::Jsonl => Box::new(objects::Objects::parse_lines(&origin, bytes)?),
        Format::Npy => Box::new(arrays::Arrays::parse_npy(&origin, bytes)?),
        Format::Npz => Box::new(arrays::Arrays::parse_npz(&origin, bytes, INPUT_BYTES_MAX, with_rows)?),
        Format::Parquet => Box::new(columnar::Columnar::parse(&origin, bytes, INPUT_BYTES_MAX)?),
        Format::Text => Box::new(lines::Lines::parse(&origin, bytes)?),
        other => {
            return Err(Error::not_supported(
                &source.path,
                format!("the rows of a {} file cannot be changed", other.name()),
                "convert the data to csv, jsonl, parquet or npz",
            ));
        }
    })
}
