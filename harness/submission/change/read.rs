//! A submission in memory: keys and values.

use std::hash::Hash as _;
use std::path::Path;

use crate::artifact::table::{self, Cell, Hashers};
use crate::artifact::{Error, Format, Origin, number};

/// Values that are held at most: 16 bytes each.
const VALUES_MAX: usize = 50_000_000;

/// One submission.
#[derive(Debug, Default)]
pub(super) struct Predictions {
    /// The hash of each row's id and the row's place, sorted.
    pub(super) keys: Vec<(u128, usize)>,
    /// All columns but those of the id.
    pub(super) columns: Vec<Column>,
    /// Why not all of it was read.
    pub(super) cut: Option<String>,
}

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
}

/// One value: its number, or what tells it from other texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Number(f64),
    Text(u64),
}

impl Value {
    fn of(cell: &Cell<'_>) -> Self {
        let number = match cell {
            Cell::Written(text) => number::value(text),
            Cell::Single(value) => Some(f64::from(*value)),
            Cell::Double(value) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "predictions that are whole numbers are small")]
            Cell::Integer(value) => Some(*value as f64),
            _ => None,
        };
        match number {
            Some(number) if number.is_finite() => Value::Number(number),
            _ => {
                let [_, _, _, _, _, _, _, _, low @ ..] =
                    Hashers::of(|hasher| cell.hash(hasher)).to_be_bytes();
                Value::Text(u64::from_be_bytes(low))
            }
        }
    }

    pub(super) fn number(self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number),
            Value::Text(_) => None,
        }
    }

    /// Whether two values say the same, however they are written.
    pub(super) fn same(self, other: &Self) -> bool {
        match (self, *other) {
            (Value::Number(left), Value::Number(right)) => left.to_bits() == right.to_bits(),
            (Value::Text(left), Value::Text(right)) => left == right,
            _ => false,
        }
    }
}

/// The line of a row in a file whose records are lines, the header being the first.
pub(super) fn line(place: usize) -> usize {
    place + 2
}

/// Reads a submission; `id` are the columns of the key, the first one where none is named.
///
/// # Errors
/// Where it is no table that can be read.
pub(super) fn predictions(path: &Path, id: &[String]) -> Result<Predictions, Error> {
    let format = Format::detect(path)?;
    let mut table = table::open(&Origin::new(path, format))?;
    let names = table.columns().to_vec();
    let is_key = |place: usize, name: &String| if id.is_empty() { place == 0 } else { id.contains(name) };
    let (key, rest): (Vec<usize>, Vec<usize>) =
        (0..names.len()).partition(|place| is_key(*place, &names[*place]));
    let column = |place: &usize| Column { name: names[*place].clone(), values: Vec::new() };
    let mut read = Predictions { columns: rest.iter().map(column).collect(), ..Predictions::default() };
    while table.advance()? {
        if read.keys.len() * names.len() >= VALUES_MAX {
            read.cut = Some(format!("more than {VALUES_MAX} values"));
            break;
        }
        let hash = Hashers::of(|hasher| key.iter().for_each(|place| table.cell(*place).key().hash(hasher)));
        read.keys.push((hash, read.keys.len()));
        for (column, place) in read.columns.iter_mut().zip(&rest) {
            column.values.push(Value::of(&table.cell(*place)));
        }
    }
    read.keys.sort_unstable();
    Ok(read)
}
