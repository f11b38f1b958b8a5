//! One pass over a file: a few 64-bit numbers per row, which later passes need instead of the row.
//!
//! CSV is read by several threads; see [`parts`].

use super::hash::{NOTHING, Value, ZERO, join};
use super::{Rows, TableFile, source, time};
use crate::artifact::csv::Record;
use crate::artifact::table::Table;
use crate::artifact::{Error, Format, Origin};
use crate::relate::parts::{self, Sink};

/// What is to be known of each row. Columns are given by their places in the file.
pub(super) enum Field {
    /// The cells as they are written.
    Exact(Vec<usize>),
    /// What the cells mean, numbers rounded to so many decimals; 0 where all of them are empty or zero.
    Normal(Vec<usize>, Option<i32>),
    /// What the cells mean; 0 where all of them are empty.
    Key(Vec<usize>),
    /// A point in time, as the bits of a double; not a number where it is none.
    Time(usize),
}

/// Numbers of a row that stand before its fields: the place in the file, and the count of the row from 1.
const HEAD: usize = 2;

/// What was found of the selected rows, in the order of the file.
pub(super) struct Scan {
    stride: usize,
    data: Vec<u64>,
}

impl Scan {
    pub(super) fn rows(&self) -> usize {
        self.data.len() / self.stride
    }

    /// Where a row stands, for [`Table::visit`].
    pub(super) fn position(&self, row: usize) -> u64 {
        self.data[row * self.stride]
    }

    /// The number of a row in its file, from 1.
    pub(super) fn number(&self, row: usize) -> u64 {
        self.data[row * self.stride + 1]
    }

    pub(super) fn field(&self, row: usize, field: usize) -> u64 {
        self.data[row * self.stride + HEAD + field]
    }

    /// A field of all rows.
    pub(super) fn all(&self, field: usize) -> impl Iterator<Item = u64> + '_ {
        self.data.chunks_exact(self.stride).map(move |row| row[HEAD + field])
    }
}

/// Reads the fields of every selected row.
///
/// # Errors
/// When the file cannot be read or is malformed.
pub(super) fn scan(file: &TableFile, rows: &Rows, fields: &[Field]) -> Result<Scan, Error> {
    let stride = HEAD + fields.len();
    let data = match file.format {
        Format::Csv => in_parts(&file.origin(), b',', rows, fields)?,
        Format::Tsv => in_parts(&file.origin(), b'\t', rows, fields)?,
        _ => {
            let (mut data, mut number) = (Vec::new(), 0);
            let mut table = source::open(file)?;
            while table.advance()? {
                number += 1;
                let position = table.position();
                push(&mut data, position, number, &mut Standing(table.as_mut()), rows, fields);
            }
            data
        }
    };
    Ok(Scan { stride, data })
}

/// The cells of one row.
trait Cells {
    fn value(&mut self, column: usize) -> Value<'_>;
}

/// The row on which a table stands.
struct Standing<'a>(&'a mut dyn Table);

impl Cells for Standing<'_> {
    fn value(&mut self, column: usize) -> Value<'_> {
        Value::of(self.0.cell(column))
    }
}

impl Cells for Record {
    fn value(&mut self, column: usize) -> Value<'_> {
        Value::Text(self.field(column).into())
    }
}

/// Appends what is asked of one row, if it is selected.
fn push(
    data: &mut Vec<u64>,
    position: u64,
    number: u64,
    cells: &mut impl Cells,
    rows: &Rows,
    fields: &[Field],
) {
    if let Some(column) = rows.column()
        && !rows.keep(&cells.value(column))
    {
        return;
    }
    data.extend([position, number]);
    for field in fields {
        data.push(match field {
            Field::Exact(columns) => {
                columns.iter().fold(0, |hash, column| join(hash, cells.value(*column).exact()))
            }
            Field::Normal(columns, decimals) => meaning(cells, columns, *decimals, &[NOTHING, ZERO]),
            Field::Key(columns) => meaning(cells, columns, None, &[NOTHING]),
            Field::Time(column) => time::point(&cells.value(*column)).unwrap_or(f64::NAN).to_bits(),
        });
    }
}

/// The number of what some cells mean; 0 where all of them are trivial.
fn meaning(cells: &mut impl Cells, columns: &[usize], decimals: Option<i32>, trivial: &[u64]) -> u64 {
    let (mut hash, mut telling) = (0, false);
    for column in columns {
        let cell = cells.value(*column).normal(decimals);
        telling |= !trivial.contains(&cell);
        hash = join(hash, cell);
    }
    if telling { hash.max(1) } else { 0 }
}

/// Gathers what is asked of the rows of a part.
struct Gathered<'a> {
    rows: &'a Rows,
    fields: &'a [Field],
    data: Vec<u64>,
}

impl Sink for Gathered<'_> {
    fn row(&mut self, position: u64, number: u64, record: &mut Record) {
        push(&mut self.data, position, number, record, self.rows, self.fields);
    }
}

fn in_parts(origin: &Origin, delimiter: u8, rows: &Rows, fields: &[Field]) -> Result<Vec<u64>, Error> {
    let parts = parts::read(origin, delimiter, &|| Gathered { rows, fields, data: Vec::new() })?;
    let stride = HEAD + fields.len();
    let mut whole = Vec::new();
    let mut before = 0;
    for mut part in parts {
        part.sink.data.chunks_exact_mut(stride).for_each(|row| row[1] += before);
        whole.append(&mut part.sink.data);
        before += part.rows;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::table;

    fn file(text: &str) -> (tempfile::TempDir, TableFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        std::fs::write(&path, text).unwrap();
        let file = TableFile { path, format: Format::Csv, id: Vec::new(), target: None, rows: None };
        (dir, file)
    }

    /// Rows that begin in `[start, end)` by the plain reader.
    fn plain(file: &TableFile) -> Vec<(u64, u64)> {
        let mut table = table::open(&file.origin()).unwrap();
        let (mut rows, mut number) = (Vec::new(), 0);
        while table.advance().unwrap() {
            number += 1;
            rows.push((table.position(), number));
        }
        rows
    }

    #[test]
    fn a_large_file_with_line_ends_in_quotes_is_read_as_one_thread_would() {
        // Each cell is longer than a part, so that every thread but the first begins inside a quoted cell.
        let cell = "a\n\"\"b,".repeat(400_000);
        let text = format!("x,y\n1,\"{cell}\"\n2,\"{cell}\"\n3,z\n");
        let (_dir, file) = file(&text);
        let found = scan(&file, &Rows::all(), &[Field::Exact(vec![0])]).unwrap();
        let rows: Vec<_> = (0..found.rows()).map(|row| (found.position(row), found.number(row))).collect();
        assert_eq!(rows, plain(&file));
    }

    #[test]
    fn a_row_that_is_too_short_is_named() {
        let (_dir, file) = file("a,b\n1,2\n3\n");
        let error = scan(&file, &Rows::all(), &[]).err().unwrap().to_string();
        assert!(error.ends_with("record at byte 8 has 1 fields, the header has 2"), "{error}");
    }
}
