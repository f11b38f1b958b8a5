//! Comma- and tab-separated values (RFC 4180 with `\n` or `\r\n`), read record by record in bounded memory.
//!
//! Table engines read a file whole, guess types and drop the spelling of numbers; here rows stream, cells stay as they
//! are written, and a row can be visited again by its byte offset.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use super::error::{Error, Origin};
use super::open;
use super::table::{Cell, Table};

/// Limit on one record: 64 MiB. An unclosed quote would otherwise swallow the rest of the file.
pub(crate) const RECORD_BYTES_MAX: usize = 64 << 20;

/// How much is read to visit one row; rows are visited in any order, so that reading ahead would be in vain.
const VISIT_BYTES: usize = 4096;

/// An open file, standing on one of its rows.
pub(crate) struct CsvTable<R = File> {
    origin: Origin,
    delimiter: u8,
    columns: Vec<String>,
    input: BufReader<R>,
    /// Offset of the byte after the current record.
    end: u64,
    /// Offset of the current record.
    start: u64,
    /// Whether the records are visited out of order, so that line numbers are not known.
    jumped: bool,
    line: u64,
    lines_in_record: u64,
    record: Record,
}

/// One record: its text without the line end, and where its fields lie. Fields are found on demand.
#[derive(Default)]
pub(crate) struct Record {
    text: String,
    quoted: bool,
    fields: Vec<(usize, usize, bool)>,
    /// Texts of fields whose doubled quotes had to be undone.
    undone: String,
}

impl CsvTable<File> {
    /// # Errors
    /// When the file cannot be read or its header is malformed.
    pub(crate) fn open(origin: &Origin, delimiter: u8) -> Result<Self, Error> {
        Self::read(origin, delimiter, open::regular(&origin.path)?)
    }
}

impl<R: Read + Seek> CsvTable<R> {
    fn read(origin: &Origin, delimiter: u8, input: R) -> Result<Self, Error> {
        let mut table = Self {
            origin: origin.clone(),
            delimiter,
            columns: Vec::new(),
            input: BufReader::with_capacity(open::CHUNK_BYTES, input),
            end: 0,
            start: 0,
            jumped: false,
            line: 0,
            lines_in_record: 1,
            record: Record::default(),
        };
        if table.next_record()? {
            if table.record.text.starts_with('\u{feff}') {
                table.record.text.remove(0);
            }
            table.record.split(delimiter);
            let fields = 0..table.record.fields.len();
            table.columns = fields.map(|place| table.record.field(place).to_owned()).collect();
        }
        Ok(table)
    }

    fn malformed(&self, what: &str) -> Error {
        if self.jumped {
            return self.origin.malformed(format!("record at byte {} {what}", self.start));
        }
        self.origin.malformed(format!("line {} {what}", self.line))
    }

    /// Reads the next record that is not blank; false at the end.
    fn next_record(&mut self) -> Result<bool, Error> {
        loop {
            if !self.read_record()? {
                return Ok(false);
            }
            // A blank line is one empty cell where there is one column, and nothing elsewhere.
            if !self.record.text.is_empty() || self.columns.len() == 1 {
                return Ok(true);
            }
        }
    }

    fn read_record(&mut self) -> Result<bool, Error> {
        if self.jumped {
            // Visits read past the buffer, which is stale now.
            self.input.seek(SeekFrom::Start(self.end)).map_err(|source| self.origin.reading(source))?;
        }
        let mut bytes = self.record.take_bytes();
        let outcome = fill(&mut self.input, self.delimiter, &mut bytes);
        self.take_in(bytes, outcome)
    }

    /// Makes what was read the current record; false where that is nothing.
    fn take_in(&mut self, mut bytes: Vec<u8>, outcome: Result<Filled, Trouble>) -> Result<bool, Error> {
        self.start = self.end;
        self.line += self.lines_in_record;
        self.lines_in_record = 0;
        let filled = outcome.map_err(|trouble| match trouble {
            Trouble::Io(source) => self.origin.reading(source),
            Trouble::TooLong => self.malformed(&format!("is longer than {RECORD_BYTES_MAX} bytes")),
            Trouble::Unclosed => self.malformed("opens a quote that is never closed"),
        })?;
        self.end += bytes.len() as u64;
        self.lines_in_record = filled.lines;
        if bytes.is_empty() {
            return Ok(false);
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| self.malformed("is not UTF-8"))?;
        self.record = Record { text, quoted: filled.quoted, ..std::mem::take(&mut self.record) };
        self.record.fields.clear();
        Ok(true)
    }

    fn check_width(&mut self) -> Result<(), Error> {
        let found = self.record.count(self.delimiter);
        if found == self.columns.len() {
            return Ok(());
        }
        let fields = if found == 1 { "field" } else { "fields" };
        Err(self.malformed(&format!("has {found} {fields}, the header has {}", self.columns.len())))
    }
}

impl<R: Read + Seek> Table for CsvTable<R> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn column_type(&self, _column: usize) -> Option<String> {
        None
    }

    fn advance(&mut self) -> Result<bool, Error> {
        if !self.next_record()? {
            return Ok(false);
        }
        self.check_width()?;
        Ok(true)
    }

    fn position(&self) -> u64 {
        self.start
    }

    fn visit(&mut self, position: u64) -> Result<(), Error> {
        self.jumped = true;
        self.end = position;
        let mut bytes = self.record.take_bytes();
        let input = self.input.get_mut();
        input.seek(SeekFrom::Start(position)).map_err(|source| self.origin.reading(source))?;
        let outcome = fill(&mut BufReader::with_capacity(VISIT_BYTES, input), self.delimiter, &mut bytes);
        if self.take_in(bytes, outcome)? { self.check_width() } else { Err(self.malformed("is gone")) }
    }

    fn raw(&self) -> Option<&[u8]> {
        Some(self.record.text.as_bytes())
    }

    fn cell(&mut self, column: usize) -> Cell<'_> {
        if self.record.fields.is_empty() {
            self.record.split(self.delimiter);
        }
        Cell::Written(self.record.field(column))
    }
}

/// Writes one field as it stands in a file: in quotes where `quoted` asks for it or its text needs them (RFC 4180).
pub(crate) fn write_field(out: &mut Vec<u8>, text: &str, delimiter: u8, quoted: bool) {
    let special = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == delimiter;
    if quoted || text.bytes().any(special) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// What one record took.
pub(crate) struct Filled {
    lines: u64,
    pub(crate) quoted: bool,
}

/// Why there is no record.
pub(crate) enum Trouble {
    Io(std::io::Error),
    TooLong,
    Unclosed,
}

/// Reads the bytes of one record, line end included; none at the end of the file.
pub(crate) fn fill(input: &mut impl BufRead, delimiter: u8, bytes: &mut Vec<u8>) -> Result<Filled, Trouble> {
    let mut quotes = Quotes { delimiter, inside: false, field_start: true };
    let mut filled = Filled { lines: 0, quoted: false };
    loop {
        let scanned = bytes.len();
        let room = (RECORD_BYTES_MAX - scanned) as u64;
        let count = input.by_ref().take(room).read_until(b'\n', bytes).map_err(Trouble::Io)?;
        filled.lines += 1;
        filled.quoted |= bytes[scanned..].contains(&b'"');
        if filled.quoted {
            quotes.scan(&bytes[scanned..]);
        }
        if bytes.len() == RECORD_BYTES_MAX {
            return Err(Trouble::TooLong);
        }
        if !quotes.inside {
            return Ok(filled);
        }
        if count == 0 {
            return Err(Trouble::Unclosed);
        }
    }
}

/// Follows quotes over the lines of one record.
struct Quotes {
    delimiter: u8,
    inside: bool,
    field_start: bool,
}

impl Quotes {
    fn scan(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match *byte {
                // A doubled quote closes and opens again, so that it needs no case of its own.
                b'"' if self.inside || self.field_start => {
                    self.field_start = self.inside;
                    self.inside = !self.inside;
                }
                byte if byte == self.delimiter && !self.inside => self.field_start = true,
                _ => self.field_start = false,
            }
        }
    }
}

impl Record {
    /// A record of some text, line end excluded. `quoted` says whether there is a quote in it.
    pub(crate) fn refill(&mut self, text: String, quoted: bool, delimiter: u8) {
        self.text = text;
        self.quoted = quoted;
        self.split(delimiter);
    }

    /// How many fields were found.
    pub(crate) fn width(&self) -> usize {
        self.fields.len()
    }

    /// The text's memory, to be used again.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        bytes
    }

    fn count(&mut self, delimiter: u8) -> usize {
        if self.quoted {
            self.split(delimiter);
            return self.fields.len();
        }
        self.text.bytes().filter(|byte| *byte == delimiter).count() + 1
    }

    fn split(&mut self, delimiter: u8) {
        self.fields.clear();
        self.undone.clear();
        let mut at = 0;
        loop {
            let end = self.split_field(at, delimiter);
            if end >= self.text.len() {
                return;
            }
            at = end + 1;
        }
    }

    /// Finds the field that begins at `at` and returns where it ends.
    fn split_field(&mut self, at: usize, delimiter: u8) -> usize {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            let length = bytes[at..].iter().position(|byte| *byte == delimiter);
            let end = length.map_or(bytes.len(), |length| at + length);
            self.fields.push((at, end, false));
            return end;
        }
        let start = self.undone.len();
        let mut rest = at + 1;
        while let Some(length) = self.text[rest..].find('"') {
            self.undone.push_str(&self.text[rest..rest + length]);
            rest += length + 1;
            if bytes.get(rest) != Some(&b'"') {
                break;
            }
            self.undone.push('"');
            rest += 1;
        }
        // Whatever stands between the closing quote and the delimiter belongs to the field, as Python reads it.
        let length = bytes[rest..].iter().position(|byte| *byte == delimiter);
        let end = length.map_or(bytes.len(), |length| rest + length);
        self.undone.push_str(&self.text[rest..end]);
        self.fields.push((start, self.undone.len(), true));
        end
    }

    pub(crate) fn field(&self, place: usize) -> &str {
        match self.fields.get(place) {
            Some((start, end, false)) => &self.text[*start..*end],
            Some((start, end, true)) => &self.undone[*start..*end],
            None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;
    use proptest::prelude::*;
    use std::io::Cursor;
    use std::path::Path;

    fn read(text: &[u8]) -> Result<CsvTable<Cursor<&[u8]>>, Error> {
        CsvTable::read(&Origin::new(Path::new("x.csv"), Format::Csv), b',', Cursor::new(text))
    }

    fn rows(text: &[u8]) -> Result<Vec<Vec<String>>, Error> {
        let mut table = read(text)?;
        let mut rows = vec![table.columns().to_vec()];
        while table.advance()? {
            let width = table.columns().len();
            rows.push((0..width).map(|column| table.cell(column).key()).collect());
        }
        Ok(rows)
    }

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_understood() {
        let text = "\u{feff}id,text\r\n1,\"a,\"\"b\"\"\nc\"\r\n\n2,\n3,5\" pipe\n4,\"\"";
        assert_eq!(
            rows(text.as_bytes()).unwrap(),
            [["id", "text"], ["1", "a,\"b\"\nc"], ["2", ""], ["3", "5\" pipe"], ["4", ""]]
        );
        assert_eq!(rows(b"x\n1\n\n2\n").unwrap(), [["x"], ["1"], [""], ["2"]]);
        assert_eq!(rows(b"").unwrap(), [Vec::<String>::new()]);
    }

    #[test]
    fn rows_can_be_visited_again_in_any_order() {
        let mut table = read(b"a,b\n1,\"x\ny\"\n2,z\n").unwrap();
        let mut positions = Vec::new();
        while table.advance().unwrap() {
            positions.push(table.position());
        }
        for (place, expected) in [(1, "z"), (0, "x\ny"), (0, "x\ny")] {
            table.visit(positions[place]).unwrap();
            assert_eq!(table.cell(1), Cell::Written(expected));
        }
    }

    #[test]
    fn corrupt_files_name_the_line() {
        for (text, what) in [
            (b"a,b\n1,2\n3\n".as_slice(), "line 3 has 1 field, the header has 2"),
            (b"a,b\n1,\"x\ny\"\n1,2,3", "line 4 has 3 fields, the header has 2"),
            (b"a\n\"open\n\n", "line 2 opens a quote that is never closed"),
            (b"a\n\xff\n", "line 2 is not UTF-8"),
        ] {
            assert_eq!(rows(text).unwrap_err().to_string(), format!("`x.csv`: malformed csv: {what}"));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = rows(&bytes);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[ab,\"\n\r\u{fc}]{0,40}") {
            let _ = rows(text.as_bytes());
        }

        #[test]
        fn what_is_quoted_by_the_rules_reads_back(
            cells in proptest::collection::vec(proptest::collection::vec("[a,\"\n\r]{0,5}", 3), 1..6),
        ) {
            let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quote).collect::<Vec<_>>().join(",");
            let text = cells.iter().map(line).collect::<Vec<_>>().join("\n");
            prop_assert_eq!(rows(text.as_bytes()).unwrap(), cells);
        }
    }
}
