//! The options of `driftless gate` that say what is wanted of a submission file.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::rule::Looked;
use crate::submission::{self, FinalNewline, LineEnd, Order, Range, SumToOne, Wish};

/// How far a sum of probabilities may be from one where nothing else is said.
const TOLERANCE: &str = "0.001";

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Of a submission file")]
pub(super) struct Wishes {
    /// The contest's sample file: header, ids, order and types are to be as in it
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// The test file: its ids are wanted
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Columns that identify a row (with --no-header their numbers, from 1)
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    id: Vec<String>,
    /// An id may stand in several rows
    #[arg(long)]
    ids_may_repeat: bool,
    /// Order of the rows; as in the sample, where there is one
    #[arg(long, value_enum, value_name = "ORDER")]
    order: Option<OrderWord>,
    /// Allowed predictions
    #[arg(long, value_name = "LABEL,...", value_delimiter = ',')]
    labels: Vec<String>,
    /// Range of predictions, bounds included: LOW..HIGH, or COLUMN=LOW..HIGH for one column
    #[arg(long, value_name = "LOW..HIGH", value_parser = range, allow_hyphen_values = true)]
    range: Vec<Range>,
    /// Predictions of a row sum to one, within this tolerance
    #[arg(
        long,
        value_name = "TOLERANCE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = TOLERANCE,
        value_parser = tolerance
    )]
    sum_to_one: Option<f64>,
    /// The columns that sum to one, if not all predictions do
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', requires = "sum_to_one")]
    sum_columns: Vec<String>,
    /// Digits after the point of every prediction, without exponent
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(0..=40))]
    decimals: Option<u8>,
    /// The same prediction in all rows is meant
    #[arg(long)]
    constant: bool,
    /// A spelling of a missing value that is allowed; `--null=` allows the empty one
    #[arg(long, value_name = "TEXT")]
    null: Vec<String>,
    /// The file has no header
    #[arg(long)]
    no_header: bool,
    /// How the file ends; as the sample does, or with one newline
    #[arg(long, value_enum, value_name = "HOW")]
    final_newline: Option<FinalNewlineWord>,
    /// How lines end; as the sample's do, or with \n
    #[arg(long, value_enum, value_name = "HOW")]
    line_end: Option<LineEndWord>,
    /// What stands between fields: one character, or `tab`
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The fewest bytes that the file may have
    #[arg(long, value_name = "BYTES")]
    bytes_min: Option<u64>,
    /// The most bytes that the file may have
    #[arg(long, value_name = "BYTES")]
    bytes_max: Option<u64>,
    /// Write a mended copy where only the format is wrong; predictions stay as they are
    #[arg(long, value_name = "OUT")]
    fix: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum OrderWord {
    /// As in the sample, or in the test file where there is no sample
    Sample,
    /// Ascending by id
    Id,
    /// Any
    Any,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FinalNewlineWord {
    /// With exactly one newline
    One,
    /// Without
    None,
    /// Either
    Any,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LineEndWord {
    /// \n
    Lf,
    /// \r\n
    Crlf,
    /// Either
    Any,
}

fn range(text: &str) -> Result<Range, String> {
    let (column, bounds) = match text.rsplit_once('=') {
        Some((column, bounds)) => (Some(column.to_owned()), bounds),
        None => (None, text),
    };
    let complaint = || format!("`{bounds}` is no range; write LOW..HIGH, such as 0..1");
    let (low, high) = bounds.split_once("..").ok_or_else(complaint)?;
    let bound = |text: &str, open: f64| {
        if text.is_empty() { Ok(open) } else { text.trim().parse::<f64>().map_err(|_| complaint()) }
    };
    let (low, high) = (bound(low, f64::NEG_INFINITY)?, bound(high, f64::INFINITY)?);
    // What is no number compares with nothing.
    if low <= high { Ok(Range { column, low, high }) } else { Err(complaint()) }
}

fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| format!("`{text}` is no tolerance; write a number from 0 to 1, such as {TOLERANCE}"))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n.-+".contains(byte) => {
            Ok(*byte)
        }
        _ => Err(format!("`{text}` cannot stand between fields; write one character, such as `;`, or `tab`")),
    }
}

impl Wishes {
    /// What the library is asked for.
    pub(super) fn wish(&self) -> Wish {
        let sum = self.sum_to_one;
        Wish {
            sample: self.sample.clone(),
            test: self.test.clone(),
            id: self.id.clone(),
            ids_repeat: self.ids_may_repeat,
            order: self.order.map(|order| match order {
                OrderWord::Sample => Order::Sample,
                OrderWord::Id => Order::Id,
                OrderWord::Any => Order::Any,
            }),
            header: self.no_header.then_some(false),
            final_newline: self.final_newline.map(|end| match end {
                FinalNewlineWord::One => FinalNewline::One,
                FinalNewlineWord::None => FinalNewline::None,
                FinalNewlineWord::Any => FinalNewline::Any,
            }),
            line_end: self.line_end.map(|end| match end {
                LineEndWord::Lf => LineEnd::Lf,
                LineEndWord::Crlf => LineEnd::Crlf,
                LineEndWord::Any => LineEnd::Any,
            }),
            ranges: self.range.clone(),
            labels: self.labels.clone(),
            sum_to_one: sum.map(|tolerance| SumToOne { columns: self.sum_columns.clone(), tolerance }),
            decimals: self.decimals.map(usize::from),
            constant: self.constant,
            null: self.null.clone(),
            delimiter: self.delimiter,
            bytes_min: self.bytes_min,
            bytes_max: self.bytes_max,
        }
    }

    /// The columns that identify a row.
    pub(super) fn id(&self) -> &[String] {
        &self.id
    }

    /// Whether anything is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.fix.is_none() && self.wish() == Wish::default()
    }

    /// Looks at a file, and writes its mended copy where that is asked for.
    pub(super) fn look(&self, path: &Path) -> Result<Looked, Failure> {
        let wish = self.wish();
        let looked = match &self.fix {
            None => submission::check(path, &wish),
            Some(out) => submission::mend(path, &wish, out).map(|mended| {
                let mut looked = mended.looked;
                looked.notes.extend(mended.did.iter().map(|did| format!("`{}`: {did}", out.display())));
                looked
            }),
        };
        looked.map_err(|error| failure(&error))
    }
}

/// A file that cannot be looked at is a matter of the command line.
pub(super) fn failure(error: &submission::Error) -> Failure {
    Failure::Usage { message: error.to_string(), hint: error.hint() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_delimiters_are_read_or_refused() {
        assert_eq!(range("0..1"), Ok(Range { column: None, low: 0.0, high: 1.0 }));
        assert_eq!(
            range("p=-1.5.."),
            Ok(Range { column: Some("p".to_owned()), low: -1.5, high: f64::INFINITY })
        );
        for text in ["1", "1..0", "a..b", "nan..1"] {
            assert!(range(text).is_err(), "{text}");
        }
        assert_eq!((delimiter("tab"), delimiter(";")), (Ok(b'\t'), Ok(b';')));
        for text in ["", "::", "\"", "a", "1"] {
            assert!(delimiter(text).is_err(), "{text}");
        }
    }
}
