//! One pass over a file: a few 64-bit numbers per row, which later passes need instead of the row.
//!
//! CSV is read by several threads, each from its own place. A thread that begins in the middle takes the first line end
//! for the end of a row; where a quoted cell with a line end proves it wrong (its first row is not where the thread
//! before it stopped), its part is read again from the right place. So the result is that of one thread.

use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::num::NonZero;

use super::hash::{NOTHING, Value, ZERO, join};
use super::{Rows, TableFile, source, time};
use crate::artifact::csv::{self, RECORD_BYTES_MAX, Record, Trouble};
use crate::artifact::table::{Table, open as open_table};
use crate::artifact::{Error, Format, Origin, open};

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

/// Parts smaller than this are not worth a thread.
const PART_BYTES_MIN: u64 = 1 << 20;

/// Size of a thread's buffer.
const BUFFER_BYTES: usize = 1 << 20;

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
        Format::Csv => parts(&file.origin(), b',', rows, fields)?,
        Format::Tsv => parts(&file.origin(), b'\t', rows, fields)?,
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

/// What one thread reads.
struct Part {
    /// Where its first row begins.
    first: u64,
    /// Where the row after its last one begins.
    stop: u64,
    rows: u64,
    data: Vec<u64>,
}

struct Reader<'a> {
    origin: &'a Origin,
    delimiter: u8,
    rows: &'a Rows,
    fields: &'a [Field],
    width: usize,
}

fn parts(origin: &Origin, delimiter: u8, rows: &Rows, fields: &[Field]) -> Result<Vec<u64>, Error> {
    let width = open_table(origin)?.columns().len();
    let length = open::length(&open::regular(&origin.path)?, &origin.path)?;
    let reader = Reader { origin, delimiter, rows, fields, width };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let threads = threads.min(length / PART_BYTES_MIN).max(1);
    let bounds: Vec<u64> = (0..=threads).map(|part| length / threads * part).collect();
    let read = |part: usize| {
        let end = if part + 2 == bounds.len() { u64::MAX } else { bounds[part + 1] };
        reader.read(bounds[part], part > 0, end)
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..bounds.len() - 1).map(|part| scope.spawn(move || read(part))).collect();
        // A thread that panicked has a bug of ours to show.
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let stride = HEAD + fields.len();
    let mut whole: Option<Part> = None;
    for (place, part) in found.into_iter().enumerate() {
        let Some(whole) = &mut whole else {
            whole = Some(part?);
            continue;
        };
        let mut part = match part {
            Ok(part) if part.first == whole.stop => part,
            // It began inside a quoted cell, or before a row that reaches past its part.
            _ => {
                let end = if place + 2 == bounds.len() { u64::MAX } else { bounds[place + 1] };
                reader.read(whole.stop, false, end)?
            }
        };
        part.data.chunks_exact_mut(stride).for_each(|row| row[1] += whole.rows);
        whole.data.append(&mut part.data);
        whole.rows += part.rows;
        whole.stop = part.stop;
    }
    Ok(whole.map(|part| part.data).unwrap_or_default())
}

impl Reader<'_> {
    /// Reads the rows that begin at or after `start` and before `end`. `amid` says that `start` may lie inside a row.
    fn read(&self, start: u64, amid: bool, end: u64) -> Result<Part, Error> {
        let explain = |source| self.origin.reading(source);
        let mut file = open::regular(&self.origin.path)?;
        // A row that begins exactly at `start` has a line end before it.
        let mut at = start - u64::from(amid);
        file.seek(SeekFrom::Start(at)).map_err(explain)?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
        if amid {
            at += input.skip_until(b'\n').map_err(explain)? as u64;
        }
        let mut part = Part { first: at, stop: at, rows: 0, data: Vec::new() };
        let mut record = Record::default();
        let mut header = start == 0;
        while part.stop < end {
            let position = part.stop;
            let mut bytes = record.take_bytes();
            let filled = csv::fill(&mut input, self.delimiter, &mut bytes);
            let quoted = filled.map_err(|trouble| self.trouble(trouble, position))?.quoted;
            if bytes.is_empty() {
                break;
            }
            part.stop += bytes.len() as u64;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
            }
            if bytes.is_empty() && (header || self.width != 1) {
                continue;
            }
            if std::mem::take(&mut header) {
                continue;
            }
            let text = String::from_utf8(bytes).map_err(|_| self.malformed(position, "is not UTF-8"))?;
            record.refill(text, quoted, self.delimiter);
            if record.width() != self.width {
                let what = format!("has {} fields, the header has {}", record.width(), self.width);
                return Err(self.malformed(position, &what));
            }
            part.rows += 1;
            push(&mut part.data, position, part.rows, &mut record, self.rows, self.fields);
        }
        Ok(part)
    }

    fn malformed(&self, position: u64, what: &str) -> Error {
        self.origin.malformed(format!("record at byte {position} {what}"))
    }

    fn trouble(&self, trouble: Trouble, position: u64) -> Error {
        match trouble {
            Trouble::Io(source) => self.origin.reading(source),
            Trouble::TooLong => self.malformed(position, &format!("is longer than {RECORD_BYTES_MAX} bytes")),
            Trouble::Unclosed => self.malformed(position, "opens a quote that is never closed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::table;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn parts_that_begin_anywhere_give_the_rows_of_the_whole(
            cells in proptest::collection::vec("[a,\"\n]{0,4}", 1..12),
            cut in 0.0_f64..1.0,
        ) {
            let row = |cell: &String| format!("\"{}\",1\r\n", cell.replace('"', "\"\""));
            let rows = cells.iter().map(row).collect::<Vec<_>>().concat();
            let text = format!("x,y\r\n{rows}");
            let (_dir, file) = file(&text);
            let origin = file.origin();
            let (rows, fields) = (Rows::all(), [Field::Exact(vec![0, 1])]);
            let reader = Reader { origin: &origin, delimiter: b',', rows: &rows, fields: &fields, width: 2 };
            let whole = reader.read(0, false, u64::MAX).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
            let cut = (cut * text.len() as f64) as u64;
            let head = reader.read(0, false, cut.max(1)).unwrap();
            let tail = reader.read(head.stop, false, u64::MAX).unwrap();
            prop_assert_eq!(head.rows + tail.rows, whole.rows);
            let positions = |part: &Part| part.data.chunks(3).map(|row| (row[0], row[2])).collect::<Vec<_>>();
            let mut joined = positions(&head);
            joined.extend(positions(&tail));
            prop_assert_eq!(joined, positions(&whole));
            prop_assert_eq!(whole.rows, plain(&file).len() as u64);
        }
    }
}
