//! Every file that holds rows, as a table: CSV, TSV and Parquet as they are, JSON lines by the keys of their objects,
//! NumPy arrays by their first axis.

use std::borrow::Cow;

use super::TableFile;
use crate::artifact::archive::Archive;
use crate::artifact::float::{Brain, Half, Real};
use crate::artifact::json::{self, Value};
use crate::artifact::npy::{self, Array};
use crate::artifact::number;
use crate::artifact::open;
use crate::artifact::table::{self, Cell, Table};
use crate::artifact::tensor::{Dtype, Elements, count};
use crate::artifact::{Error, Format, Origin};

/// Opens the rows of a file.
///
/// # Errors
/// When the file cannot be read, is malformed, or has a format without rows.
pub(crate) fn open(file: &TableFile) -> Result<Box<dyn Table>, Error> {
    let origin = file.origin();
    match file.format {
        Format::Csv | Format::Tsv | Format::Parquet => table::open(&origin),
        Format::Jsonl => Ok(Box::new(Lines::open(origin)?)),
        Format::Npy => match npy::open(&origin)? {
            Array::Elements(elements) => Ok(Box::new(Arrays::new(&origin, vec![(None, elements)])?)),
            Array::Objects => Err(origin.malformed("holds Python objects, which are not read")),
        },
        Format::Npz => Ok(Box::new(Arrays::open(&origin)?)),
        _ => Err(origin.malformed("is no table: use csv, tsv, parquet, jsonl, npy or npz")),
    }
}

/// The number in a cell; NaN where the cell is empty, `None` where it is anything else.
pub(crate) fn number(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Null => Some(f64::NAN),
        Cell::Written(text) | Cell::Text(text) if text.trim().is_empty() => Some(f64::NAN),
        Cell::Written(text) => number::value(text.trim()),
        #[expect(clippy::cast_precision_loss, reason = "moments of integers are doubles anyway")]
        Cell::Integer(value) => Some(*value as f64),
        Cell::Single(value) => Some(f64::from(*value)),
        Cell::Double(value) => Some(*value),
        Cell::Bool(value) => Some(f64::from(u8::from(*value))),
        Cell::Text(_) | Cell::Other(_) => None,
    }
}

/// One object per line. The text is held in memory; a line is read again when its row is visited.
struct Lines {
    origin: Origin,
    text: String,
    /// Start and end of every line that is not blank, and its number.
    rows: Vec<(usize, usize, usize)>,
    columns: Vec<String>,
    next: usize,
    current: Vec<Held>,
}

/// A cell that owns its text.
#[derive(Clone)]
enum Held {
    Null,
    Number(String),
    Text(String),
    Bool(bool),
    Other(String),
}

impl Lines {
    fn open(origin: Origin) -> Result<Self, Error> {
        let bytes = open::whole(&origin, open::MEMORY_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| origin.malformed("is not UTF-8"))?;
        let mut lines = Vec::new();
        let mut columns: Vec<String> = Vec::new();
        let mut at = 0;
        for (line, part) in text.split_inclusive('\n').enumerate() {
            if !part.trim().is_empty() {
                lines.push((at, at + part.len(), line + 1));
                for (key, _) in members(&origin, part, line + 1)? {
                    if !columns.iter().any(|column| *column == key) {
                        columns.push(key.into_owned());
                    }
                }
            }
            at += part.len();
        }
        Ok(Self { origin, text, rows: lines, columns, next: 0, current: Vec::new() })
    }

    fn load(&mut self, row: usize) -> Result<(), Error> {
        let (start, end, line) = *self.rows.get(row).ok_or_else(|| self.origin.malformed("a row is gone"))?;
        let members = members(&self.origin, &self.text[start..end], line)?;
        self.current = vec![Held::Null; self.columns.len()];
        for (key, value) in members {
            if let Some(place) = self.columns.iter().position(|column| *column == key) {
                self.current[place] = held(value);
            }
        }
        self.next = row + 1;
        Ok(())
    }
}

fn members<'a>(
    origin: &Origin,
    line: &'a str,
    number: usize,
) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, Error> {
    match json::read(line.as_bytes()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(origin.malformed(format!("line {number} is not an object"))),
        Err(what) => Err(origin.malformed(format!("line {number}: {what}"))),
    }
}

fn held(value: Value<'_>) -> Held {
    match value {
        Value::Null => Held::Null,
        Value::Bool(value) => Held::Bool(value),
        Value::Number(digits) => Held::Number(digits.to_owned()),
        Value::String(text) => Held::Text(text.into_owned()),
        other @ (Value::Array(_) | Value::Object(_)) => Held::Other(format!("{other:?}")),
    }
}

impl Table for Lines {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn column_type(&self, _column: usize) -> Option<String> {
        None
    }

    fn advance(&mut self) -> Result<bool, Error> {
        if self.next >= self.rows.len() {
            return Ok(false);
        }
        self.load(self.next).map(|()| true)
    }

    fn position(&self) -> u64 {
        self.next.saturating_sub(1) as u64
    }

    fn visit(&mut self, position: u64) -> Result<(), Error> {
        self.load(usize::try_from(position).unwrap_or(usize::MAX))
    }

    fn cell(&mut self, column: usize) -> Cell<'_> {
        match self.current.get(column) {
            None | Some(Held::Null) => Cell::Null,
            Some(Held::Number(digits)) => Cell::Written(digits),
            Some(Held::Text(text)) => Cell::Text(text),
            Some(Held::Bool(value)) => Cell::Bool(*value),
            Some(Held::Other(text)) => Cell::Other(text.clone()),
        }
    }
}

/// NumPy arrays that share their first axis, side by side.
struct Arrays {
    columns: Vec<String>,
    parts: Vec<Part>,
    rows: usize,
    next: usize,
}

struct Part {
    dtype: Dtype,
    bytes: Vec<u8>,
    width: usize,
    /// Whether the first axis varies fastest.
    by_column: bool,
    first_column: usize,
}

impl Arrays {
    /// The arrays of an npz that are as long as the first one with two axes (or as the first one).
    fn open(origin: &Origin) -> Result<Self, Error> {
        let mut archive = Archive::open(origin)?;
        let mut shapes = Vec::new();
        for name in archive.names().to_vec() {
            let (length, input) = archive.entry(&name)?;
            if let (Some(bare), Array::Elements(elements)) =
                (name.strip_suffix(".npy"), npy::read(origin, length, input)?)
            {
                shapes.push((bare.to_owned(), elements.shape));
            }
        }
        let leader = shapes.iter().find(|(_, shape)| shape.len() >= 2).or(shapes.first());
        let rows = leader.and_then(|(_, shape)| shape.first().copied());
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for (bare, _) in shapes.iter().filter(|(_, shape)| rows.is_some() && shape.first().copied() == rows) {
            let (length, input) = archive.entry(&format!("{bare}.npy"))?;
            if let Array::Elements(elements) = npy::read(origin, length, input)? {
                add_part(origin, Some(bare), elements, &mut columns, &mut parts)?;
            }
        }
        let rows =
            usize::try_from(rows.unwrap_or(0)).map_err(|_| origin.malformed("claims too many rows"))?;
        Ok(Self { columns, parts, rows, next: 0 })
    }

    fn new(origin: &Origin, arrays: Vec<(Option<&str>, Elements<'_>)>) -> Result<Self, Error> {
        let (mut columns, mut parts, mut rows) = (Vec::new(), Vec::new(), 0);
        for (name, elements) in arrays {
            rows = elements.shape.first().copied().unwrap_or(0);
            add_part(origin, name, elements, &mut columns, &mut parts)?;
        }
        let rows = usize::try_from(rows).map_err(|_| origin.malformed("claims too many rows"))?;
        Ok(Self { columns, parts, rows, next: 0 })
    }
}

/// Reads an array. Its columns are called `X.0`, `X.1`, … after the array, or `X` alone if it has one axis; without a
/// name of the array `0`, `1`, …
fn add_part(
    origin: &Origin,
    name: Option<&str>,
    mut elements: Elements<'_>,
    columns: &mut Vec<String>,
    parts: &mut Vec<Part>,
) -> Result<(), Error> {
    let shape = elements.shape.clone();
    let Some((_, rest)) = shape.split_first() else {
        return Err(origin.malformed("is a single number, not rows"));
    };
    if elements.column_major && shape.len() > 2 {
        return Err(origin.malformed("has more than two axes in Fortran order"));
    }
    origin.fits("the array", elements.bytes_left(), open::MEMORY_BYTES_MAX)?;
    let width = count(rest).and_then(|width| usize::try_from(width).ok());
    // Every column has a name, so that their number is limited although an empty array takes no bytes.
    let width = width.filter(|width| *width <= 1 << 20);
    let width = width.ok_or_else(|| origin.malformed("has more than 2^20 columns"))?;
    let size = usize::try_from(elements.bytes_left()).map_err(|_| origin.malformed("is too large"))?;
    let mut bytes = vec![0; size];
    elements.fill(&mut bytes)?;
    let first_column = columns.len();
    columns.extend((0..width).map(|place| match name {
        Some(name) if rest.is_empty() => name.to_owned(),
        Some(name) => format!("{name}.{place}"),
        None => place.to_string(),
    }));
    let by_column = elements.column_major;
    parts.push(Part { dtype: elements.dtype.clone(), bytes, width, by_column, first_column });
    elements.finish()
}

impl Table for Arrays {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn column_type(&self, column: usize) -> Option<String> {
        let part = self.parts.iter().rfind(|part| part.first_column <= column)?;
        Some(part.dtype.name())
    }

    fn advance(&mut self) -> Result<bool, Error> {
        let more = self.next < self.rows;
        self.next += usize::from(more);
        Ok(more)
    }

    fn position(&self) -> u64 {
        self.next.saturating_sub(1) as u64
    }

    fn visit(&mut self, position: u64) -> Result<(), Error> {
        self.next = usize::try_from(position).map_or(self.rows, |row| row + 1);
        Ok(())
    }

    fn cell(&mut self, column: usize) -> Cell<'_> {
        let row = self.next.saturating_sub(1);
        let Some(part) = self.parts.iter().rfind(|part| part.first_column <= column) else {
            return Cell::Null;
        };
        let place = column - part.first_column;
        let index = if part.by_column { place * self.rows + row } else { row * part.width + place };
        let size = part.dtype.bytes();
        let bytes = part.bytes.get(index * size..(index + 1) * size).unwrap_or_default();
        if bytes.is_empty() {
            return Cell::Null;
        }
        match part.dtype {
            Dtype::F16 => Cell::Double(Half::from_le(bytes).value()),
            Dtype::Bf16 => Cell::Double(Brain::from_le(bytes).value()),
            Dtype::F32 => Cell::Single(f32::from_le(bytes)),
            Dtype::F64 => Cell::Double(f64::from_le(bytes)),
            Dtype::Bool => Cell::Bool(bytes != [0]),
            Dtype::Signed(_) | Dtype::Unsigned(_) => {
                part.dtype.show(bytes).parse().map_or(Cell::Null, Cell::Integer)
            }
            _ => Cell::Other(part.dtype.show(bytes)),
        }
    }
}
