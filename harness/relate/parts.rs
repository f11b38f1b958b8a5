//! Delimited text, read by several threads, each from its own place.
//!
//! A thread that begins in the middle takes the first line end for the end of a row; where a quoted cell with a line end
//! proves it wrong (its first row is not where the thread before it stopped), its part is read again from the right place.
//! So the result is that of one thread.

use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::num::NonZero;

use crate::artifact::csv::{self, RECORD_BYTES_MAX, Record, Trouble};
use crate::artifact::table::open as open_table;
use crate::artifact::{Error, Origin, open};

/// Parts smaller than this are not worth a thread.
const PART_BYTES_MIN: u64 = 1 << 20;

/// Size of a thread's buffer.
const BUFFER_BYTES: usize = 1 << 20;

/// Takes in rows, one after the other.
pub(crate) trait Sink {
    /// A row: where it begins in the file, its number from 1 within the part, and its cells.
    fn row(&mut self, position: u64, number: u64, record: &mut Record);
}

/// What one thread read.
pub(crate) struct Part<S> {
    /// Where its first row begins.
    first: u64,
    /// Where the row after its last one begins.
    stop: u64,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// What took them in.
    pub(crate) sink: S,
}

struct Reader<'a, M> {
    origin: &'a Origin,
    delimiter: u8,
    make: &'a M,
    width: usize,
}

/// Reads all rows of a file: what took in each part, in the order of the file.
///
/// # Errors
/// When the file cannot be read or is malformed.
pub(crate) fn read<S: Sink + Send>(
    origin: &Origin,
    delimiter: u8,
    make: &(impl Fn() -> S + Sync),
) -> Result<Vec<Part<S>>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    read_in(origin, delimiter, make, threads.min(length(origin)? / PART_BYTES_MIN))
}

fn length(origin: &Origin) -> Result<u64, Error> {
    open::length(&open::regular(&origin.path)?, &origin.path)
}

/// As [`read`], in so many parts, however small they are.
///
/// # Errors
/// When the file cannot be read or is malformed.
pub(crate) fn read_in<S: Sink + Send>(
    origin: &Origin,
    delimiter: u8,
    make: &(impl Fn() -> S + Sync),
    parts: u64,
) -> Result<Vec<Part<S>>, Error> {
    let width = open_table(origin)?.columns().len();
    let length = length(origin)?;
    let reader = Reader { origin, delimiter, make, width };
    let parts = parts.max(1);
    let bounds: Vec<u64> = (0..=parts).map(|part| length / parts * part).collect();
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
    let mut parts: Vec<Part<S>> = Vec::with_capacity(found.len());
    for (place, part) in found.into_iter().enumerate() {
        let part = match (part, parts.last()) {
            (part, None) => part?,
            (Ok(part), Some(before)) if part.first == before.stop => part,
            // It began inside a quoted cell, or before a row that reaches past its part.
            (_, Some(before)) => {
                let end = if place + 2 == bounds.len() { u64::MAX } else { bounds[place + 1] };
                reader.read(before.stop, false, end)?
            }
        };
        parts.push(part);
    }
    Ok(parts)
}

impl<S: Sink, M: Fn() -> S> Reader<'_, M> {
    /// Reads the rows that begin at or after `start` and before `end`. `amid` says that `start` may lie inside a row.
    fn read(&self, start: u64, amid: bool, end: u64) -> Result<Part<S>, Error> {
        let explain = |source| self.origin.reading(source);
        let mut file = open::regular(&self.origin.path)?;
        // A row that begins exactly at `start` has a line end before it.
        let mut at = start - u64::from(amid);
        file.seek(SeekFrom::Start(at)).map_err(explain)?;
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
        if amid {
            at += input.skip_until(b'\n').map_err(explain)? as u64;
        }
        let mut part = Part { first: at, stop: at, rows: 0, sink: (self.make)() };
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
            part.sink.row(position, part.rows, &mut record);
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
    use crate::artifact::Format;
    use proptest::prelude::*;

    /// Where the rows begin, and their first cells.
    #[derive(Default)]
    struct Rows(Vec<(u64, String)>);

    impl Sink for Rows {
        fn row(&mut self, position: u64, _number: u64, record: &mut Record) {
            self.0.push((position, record.field(0).to_owned()));
        }
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
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("x.csv");
            std::fs::write(&path, &text).unwrap();
            let origin = Origin::new(&path, Format::Csv);
            let reader = Reader { origin: &origin, delimiter: b',', make: &Rows::default, width: 2 };
            let whole = reader.read(0, false, u64::MAX).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
            let cut = (cut * text.len() as f64) as u64;
            let head = reader.read(0, false, cut.max(1)).unwrap();
            let tail = reader.read(head.stop, false, u64::MAX).unwrap();
            prop_assert_eq!(head.rows + tail.rows, whole.rows);
            let joined = [head.sink.0, tail.sink.0].concat();
            prop_assert_eq!(&joined, &whole.sink.0);
            let mut table = open_table(&origin).unwrap();
            let mut plain = Vec::new();
            while table.advance().unwrap() {
                plain.push((table.position(), table.cell(0).key()));
            }
            prop_assert_eq!(joined, plain);
        }
    }
}
