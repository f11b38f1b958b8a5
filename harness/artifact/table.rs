//! Tables as rows of cells, whatever the file behind them.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Format;
use super::csv::CsvTable;
use super::error::{Error, Origin};
use super::float::Real;
use super::number::{self, Written};
use super::parquet::ParquetTable;

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// No value.
    Null,
    /// As it stands in a text file, which does not say whether it is a number.
    Written(&'a str),
    Text(&'a str),
    Integer(i128),
    Single(f32),
    Double(f64),
    Bool(bool),
    /// Dates, lists and the rest, as they are shown.
    Other(String),
}

/// A table that is read row by row, and whose rows can be visited again.
pub(crate) trait Table {
    /// Names of the columns, in order.
    fn columns(&self) -> &[String];

    /// The type of a column in messages, where the file says: `f64`.
    fn column_type(&self, column: usize) -> Option<String>;

    /// Moves to the next row; false at the end.
    ///
    /// # Errors
    /// When the row is malformed.
    fn advance(&mut self) -> Result<bool, Error>;

    /// Where the current row stands, for [`Table::visit`].
    fn position(&self) -> u64;

    /// Moves to a row by its position.
    ///
    /// # Errors
    /// When it cannot be read again.
    fn visit(&mut self, position: u64) -> Result<(), Error>;

    /// The current row as it stands in the file, if rows stand there as text. Equal texts are equal rows.
    fn raw(&self) -> Option<&[u8]> {
        None
    }

    /// A cell of the current row.
    fn cell(&mut self, column: usize) -> Cell<'_>;
}

/// Opens a table.
///
/// # Errors
/// When it cannot be read or its beginning is malformed.
pub(crate) fn open(origin: &Origin) -> Result<Box<dyn Table>, Error> {
    Ok(match origin.format {
        Format::Parquet => Box::new(ParquetTable::open(origin)?),
        Format::Tsv => Box::new(CsvTable::open(origin, b'\t')?),
        _ => Box::new(CsvTable::open(origin, b',')?),
    })
}

impl Cell<'_> {
    /// The cell as people read it; floats with their bits.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Written(text) => match number::written(text) {
                Written::Float(value) => format!("{text} (0x{:016x})", value.to_bits()),
                Written::Integer => (*text).to_owned(),
                Written::Text => format!("{text:?}"),
            },
            Self::Text(text) => format!("{text:?}"),
            Self::Integer(value) => value.to_string(),
            Self::Single(value) => value.show(),
            Self::Double(value) => value.show(),
            Self::Bool(value) => value.to_string(),
            Self::Other(text) => text.clone(),
        }
    }

    /// The cell as part of a row's key: the bare value.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Written(text) | Self::Text(text) => (*text).to_owned(),
            Self::Single(value) => format!("{value:?}"),
            Self::Double(value) => format!("{value:?}"),
            other => other.show(),
        }
    }

    /// Feeds the cell's value to hashers: equal values in different spelling (`0.10` and `0.1`) hash alike.
    pub(crate) fn hash(&self, hasher: &mut Hashers) {
        match self {
            Self::Null => hasher.write_u8(0),
            Self::Written(text) => match number::written(text) {
                Written::Float(value) => (1_u8, value.to_bits()).hash(hasher),
                Written::Integer if text.len() <= 15 => {
                    (1_u8, number::value(text).map(f64::to_bits).unwrap_or_default()).hash(hasher);
                }
                _ => (2_u8, text).hash(hasher),
            },
            Self::Text(text) => (2_u8, text).hash(hasher),
            Self::Integer(value) => (3_u8, value).hash(hasher),
            Self::Single(value) => (4_u8, value.to_bits()).hash(hasher),
            Self::Double(value) => (5_u8, value.to_bits()).hash(hasher),
            Self::Bool(value) => (6_u8, value).hash(hasher),
            Self::Other(text) => (7_u8, text).hash(hasher),
        }
    }
}

/// A 128-bit hash: two hashers under different beginnings, fed the same, so that even a billion rows hardly collide.
pub(crate) struct Hashers([DefaultHasher; 2]);

impl Hashers {
    pub(crate) fn new() -> Self {
        Self([0_u64, 1].map(|salt| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(salt);
            hasher
        }))
    }

    /// The hash of whatever `feed` writes.
    pub(crate) fn of(feed: impl FnOnce(&mut Self)) -> u128 {
        let mut hashers = Self::new();
        feed(&mut hashers);
        hashers.join()
    }

    /// What both hashers say, as one number.
    pub(crate) fn join(&self) -> u128 {
        let [high, low] = &self.0;
        u128::from(high.finish()) << 64 | u128::from(low.finish())
    }
}

impl Hasher for Hashers {
    fn write(&mut self, bytes: &[u8]) {
        for hasher in &mut self.0 {
            hasher.write(bytes);
        }
    }

    fn finish(&self) -> u64 {
        self.0[0].finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(cell: &Cell<'_>) -> u128 {
        Hashers::of(|hasher| cell.hash(hasher))
    }

    #[test]
    fn spellings_of_one_number_hash_alike_and_labels_do_not() {
        assert_eq!(hash(&Cell::Written("0.10")), hash(&Cell::Written("1e-1")));
        assert_eq!(hash(&Cell::Written("1")), hash(&Cell::Written("1.0")));
        assert_ne!(hash(&Cell::Written("007")), hash(&Cell::Written("7")));
        assert_ne!(hash(&Cell::Written("9007199254740993")), hash(&Cell::Written("9007199254740992")));
        assert_ne!(hash(&Cell::Written("0.0")), hash(&Cell::Written("-0.0")));
    }

    #[test]
    fn cells_are_shown_with_their_bits() {
        assert_eq!(Cell::Written("0.1").show(), "0.1 (0x3fb999999999999a)");
        assert_eq!(Cell::Written("17").show(), "17");
        assert_eq!(Cell::Written("cat").show(), "\"cat\"");
        assert_eq!(Cell::Single(0.5).show(), "0.5 (0x3f000000)");
        assert_eq!(Cell::Null.show(), "null");
        assert_eq!(Cell::Written("a b").key(), "a b");
    }
}
