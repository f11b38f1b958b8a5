//! What the user knows about the file that is wanted.

use std::path::PathBuf;

/// What is wanted of a submission file. Everything is optional: what is not declared follows the sample, and what the
/// sample cannot tell is not checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// The contest's sample file: header, ids, their order and the types of the columns.
    pub sample: Option<PathBuf>,
    /// The test file: its ids.
    pub test: Option<PathBuf>,
    /// The columns that identify a row; without a header their numbers, counted from 1.
    pub id: Vec<String>,
    /// Whether an id may stand in several rows, as for one row per detected object.
    pub ids_repeat: bool,
    /// In which order rows stand; by default as in the sample, where there is one.
    pub order: Option<Order>,
    /// Whether there is a header; by default yes.
    pub header: Option<bool>,
    /// How the file ends; by default with one newline, or as the sample does.
    pub final_newline: Option<FinalNewline>,
    /// How lines end; by default `\n`, or as in the sample.
    pub line_end: Option<LineEnd>,
    /// Ranges in which predictions lie.
    pub ranges: Vec<Range>,
    /// The texts that a prediction may be; empty: not checked.
    pub labels: Vec<String>,
    /// Columns whose values sum to one in each row.
    pub sum_to_one: Option<SumToOne>,
    /// Digits after the point of every predicted number, which then has no exponent.
    pub decimals: Option<usize>,
    /// Whether one and the same prediction in all rows is meant.
    pub constant: bool,
    /// Spellings of a missing value that are allowed, the empty one among them.
    pub null: Vec<String>,
    /// What stands between fields; by default what the sample has, or the file's ending says.
    pub delimiter: Option<u8>,
    /// The fewest bytes that the file may have.
    pub bytes_min: Option<u64>,
    /// The most bytes that the file may have.
    pub bytes_max: Option<u64>,
}

/// In which order rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As in the sample (or in the test file, where there is no sample).
    Sample,
    /// Ascending by id, as numbers or as texts.
    Id,
    /// In any.
    Any,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalNewline {
    /// With exactly one line end.
    One,
    /// Without a line end.
    None,
    /// With one or without.
    Any,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`.
    Lf,
    /// `\r\n`.
    Crlf,
    /// Either.
    Any,
}

/// A range of predictions, its bounds included.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column; `None` for all predictions.
    pub column: Option<String>,
    /// The least value.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
}

/// Columns that sum to one.
#[derive(Clone, Debug, PartialEq)]
pub struct SumToOne {
    /// Their names; empty for all predictions.
    pub columns: Vec<String>,
    /// How far a sum may be from one.
    pub tolerance: f64,
}
