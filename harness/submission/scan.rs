//! The raw scanner: one pass over the bytes of a delimited file, record by record, at memory speed.
//!
//! It reads what RFC 4180 allows and what goes wrong in practice (any line end, stray quotes, bytes that are no text) and
//! refuses nothing: each record says what is odd about it. Memory holds one record and a buffer.

use std::borrow::Cow;
use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter};
use sha2::{Digest as _, Sha256};

use crate::artifact::Digest;

/// Limit on one record: 64 MiB. An unclosed quote would otherwise swallow the rest of the file.
pub(super) const RECORD_BYTES_MAX: usize = 64 << 20;

/// Bytes that are read at once.
pub(super) const CHUNK_BYTES: usize = 1 << 18;

/// Line ends that the head holds, if the file does: of the header, of the row below it and, as far as may be, of text in
/// quotes.
const HEAD_LINES: usize = 8;

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// `\n`.
    Lf,
    /// `\r\n`.
    Crlf,
    /// `\r` alone.
    Cr,
    /// `\r\r\n`: what a text-mode stream makes of `\r\n`.
    CrCrLf,
    /// The end of the file.
    File,
}

/// Where a field lies in its record.
#[derive(Clone, Copy, Debug)]
struct Field {
    start: usize,
    end: usize,
    /// Whether it holds doubled quotes that stand for one.
    doubled: bool,
}

/// One record. A blank line is a record with one empty field.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The line on which it begins, counted from 1.
    pub(super) line: u64,
    /// Its bytes without the line end.
    pub(super) bytes: &'a [u8],
    pub(super) end: End,
    fields: &'a [Field],
    pub(super) flaws: Flaws,
}

/// What is odd about a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fault of its own, and any of them may come together"
)]
pub(super) struct Flaws {
    /// A quote inside a field that does not begin with one, or text after a closing quote.
    pub(super) stray: bool,
    /// A quote that is never closed: the record runs to the end of the file or to the limit.
    pub(super) unclosed: bool,
    /// The record is longer than [`RECORD_BYTES_MAX`]; what follows is not read.
    pub(super) long: bool,
    /// How many bytes are NUL.
    pub(super) nuls: u64,
    /// Whether it is not UTF-8.
    pub(super) garbled: bool,
}

impl<'a> Row<'a> {
    /// How many fields there are.
    pub(super) fn width(&self) -> usize {
        self.fields.len()
    }

    /// The content of a field, its quotes undone; empty where there is none.
    pub(super) fn field(&self, place: usize) -> Cow<'a, [u8]> {
        let Some(field) = self.fields.get(place) else { return Cow::Borrowed(&[]) };
        let raw = &self.bytes[field.start..field.end];
        if !field.doubled {
            return Cow::Borrowed(raw);
        }
        let mut undone = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(quote) = memchr(b'"', rest) {
            undone.extend_from_slice(&rest[..=quote]);
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        undone.extend_from_slice(rest);
        Cow::Owned(undone)
    }

    /// A field as it is written, quotes included.
    pub(super) fn written(&self, place: usize) -> &'a [u8] {
        let Some(field) = self.fields.get(place) else { return &[] };
        let quoted = field.start > 0 && self.bytes[field.start - 1] == b'"';
        if quoted { &self.bytes[field.start - 1..=field.end] } else { &self.bytes[field.start..field.end] }
    }

    /// Whether nothing but blanks stands here.
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, b' ' | b'\t'))
    }
}

/// An open file, standing before one of its records.
pub(super) struct Scanner<R> {
    input: R,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Where the next record begins in the buffer.
    at: usize,
    filled: usize,
    /// Whether the input has been read to its end.
    done: bool,
    /// Whether a buffered byte is NUL or no ASCII.
    odd: bool,
    /// The next quote in the buffer, at or after `at`; `filled` where there is none.
    quote: usize,
    line: u64,
    fields: Vec<Field>,
    hasher: Sha256,
}

/// A record found in the buffer.
struct Found {
    /// Bytes without the line end.
    length: usize,
    /// Bytes of the line end.
    taken: usize,
    end: End,
    lines: u64,
    flaws: Flaws,
}

impl<R: Read> Scanner<R> {
    /// Reads the beginning. `capacity` is how much is read at once; it grows for long records.
    pub(super) fn new(input: R, capacity: usize) -> io::Result<Self> {
        let mut scanner = Self {
            input,
            delimiter: b',',
            buffer: vec![0; capacity.max(4)],
            at: 0,
            filled: 0,
            done: false,
            odd: false,
            quote: 0,
            line: 1,
            fields: Vec::new(),
            hasher: Sha256::new(),
        };
        scanner.fill()?;
        Ok(scanner)
    }

    /// The beginning of the file, as far as it is buffered; before the first record is read.
    pub(super) fn head(&self) -> &[u8] {
        &self.buffer[self.at..self.filled]
    }

    /// Reads on until the head holds a few lines, so that a header is not cut off.
    pub(super) fn lengthen(&mut self) -> io::Result<()> {
        let few = |head: &[u8]| memchr2_iter(b'\n', b'\r', head).nth(HEAD_LINES).is_none();
        while !self.done && self.filled < RECORD_BYTES_MAX && few(self.head()) {
            self.fill()?;
        }
        Ok(())
    }

    /// Passes over bytes of the head.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.filled);
    }

    /// Fields end here from now on.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// The digest of everything that was read: of the whole file, once there is no record left.
    pub(super) fn digest(self) -> Digest {
        Digest::finish(self.hasher)
    }

    /// The next record; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let found = loop {
            if self.at == self.filled && self.done {
                return Ok(None);
            }
            if let Some(found) = self.find() {
                break found;
            }
            if self.filled - self.at >= RECORD_BYTES_MAX {
                break self.too_long();
            }
            self.fill()?;
        };
        let bytes = &self.buffer[self.at..self.at + found.length];
        let mut flaws = found.flaws;
        if self.odd {
            flaws.nuls = memchr_iter(0, bytes).count() as u64;
            flaws.garbled = std::str::from_utf8(bytes).is_err();
        }
        let line = self.line;
        self.line += found.lines;
        self.at += found.length + found.taken;
        Ok(Some(Row { line, bytes, end: found.end, fields: &self.fields, flaws }))
    }

    /// Makes room and reads until the buffer is full or the input ends.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.quote = self.quote.saturating_sub(self.at);
        self.at = 0;
        if self.filled == self.buffer.len() {
            let larger = (2 * self.buffer.len()).min(RECORD_BYTES_MAX.max(self.buffer.len()));
            self.buffer.resize(larger, 0);
        }
        let fresh = self.filled;
        while self.filled < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => {
                    self.done = true;
                    break;
                }
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let fresh = &self.buffer[fresh..self.filled];
        self.hasher.update(fresh);
        let odd = |bytes: &[u8]| !bytes.is_ascii() || memchr(0, bytes).is_some();
        self.odd = odd(fresh) || self.odd && odd(&self.buffer[..self.filled]);
        self.quote = self.quote.min(self.filled - fresh.len());
        self.seek_quote();
        Ok(())
    }

    /// Finds the next quote at or after the place that is known to have none before it.
    fn seek_quote(&mut self) {
        let from = self.quote.max(self.at);
        let text = &self.buffer[from..self.filled];
        self.quote = memchr(b'"', text).map_or(self.filled, |place| from + place);
    }

    /// The record that begins at `at`, if the buffer holds it whole.
    fn find(&mut self) -> Option<Found> {
        if self.quote < self.at {
            self.seek_quote();
        }
        let text = &self.buffer[self.at..self.filled];
        let quote = self.quote - self.at;
        let place = memchr2(b'\n', b'\r', text);
        if place.unwrap_or(text.len()) > quote {
            return self.find_quoted();
        }
        let (length, taken, end) = match place {
            Some(place) => {
                let (end, taken) = line_end(&text[place..], self.done)?;
                (place, taken, end)
            }
            None if self.done => (text.len(), 0, End::File),
            None => return None,
        };
        self.fields.clear();
        let mut start = 0;
        for place in memchr_iter(self.delimiter, &text[..length]) {
            self.fields.push(Field { start, end: place, doubled: false });
            start = place + 1;
        }
        self.fields.push(Field { start, end: length, doubled: false });
        Some(Found { length, taken, end, lines: 1, flaws: Flaws::default() })
    }

    /// The same, where a quote stands in it.
    fn find_quoted(&mut self) -> Option<Found> {
        self.fields.clear();
        let text = &self.buffer[self.at..self.filled];
        let mut flaws = Flaws::default();
        let mut lines = 1;
        let mut start = 0;
        loop {
            let field = field_at(text, start, self.delimiter);
            lines += field.lines;
            flaws.stray |= field.stray;
            if field.next == text.len() && !self.done {
                return None;
            }
            if field.unclosed {
                flaws.unclosed = true;
                self.fields.push(Field { start, end: text.len(), doubled: false });
                return Some(Found { length: text.len(), taken: 0, end: End::File, lines, flaws });
            }
            self.fields.push(field.place);
            match text.get(field.next) {
                None => {
                    return Some(Found { length: text.len(), taken: 0, end: End::File, lines, flaws });
                }
                Some(byte) if *byte == self.delimiter => start = field.next + 1,
                Some(_) => {
                    let (end, taken) = line_end(&text[field.next..], self.done)?;
                    return Some(Found { length: field.next, taken, end, lines, flaws });
                }
            }
        }
    }

    fn too_long(&mut self) -> Found {
        let length = self.filled - self.at;
        self.fields.clear();
        self.fields.push(Field { start: 0, end: length, doubled: false });
        let unclosed = self.quote < self.filled;
        let flaws = Flaws { long: true, unclosed, ..Flaws::default() };
        Found { length, taken: 0, end: End::File, lines: 1, flaws }
    }
}

/// What line end stands at the beginning of a text, and its length; `None` where more must be read to know.
fn line_end(text: &[u8], done: bool) -> Option<(End, usize)> {
    match text {
        [b'\n', ..] => Some((End::Lf, 1)),
        [b'\r', b'\n', ..] => Some((End::Crlf, 2)),
        [b'\r', b'\r', b'\n', ..] => Some((End::CrCrLf, 3)),
        [b'\r'] | [b'\r', b'\r'] if !done => None,
        _ => Some((End::Cr, 1)),
    }
}

/// A field found by following its quotes.
struct Followed {
    place: Field,
    /// Where it ends: at a delimiter, a line end or the end of the text.
    next: usize,
    /// Line ends inside its quotes.
    lines: u64,
    stray: bool,
    unclosed: bool,
}

fn field_at(text: &[u8], start: usize, delimiter: u8) -> Followed {
    let stops = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
    let stop = |from: usize| text[from..].iter().position(stops).map_or(text.len(), |length| from + length);
    if text.get(start) != Some(&b'"') {
        let end = stop(start);
        let stray = memchr(b'"', &text[start..end]).is_some();
        let place = Field { start, end, doubled: false };
        return Followed { place, next: end, lines: 0, stray, unclosed: false };
    }
    let mut doubled = false;
    let mut from = start + 1;
    loop {
        let Some(length) = memchr(b'"', &text[from..]) else {
            let place = Field { start, end: text.len(), doubled: false };
            return Followed { place, next: text.len(), lines: 0, stray: false, unclosed: true };
        };
        let close = from + length;
        if text.get(close + 1) == Some(&b'"') {
            doubled = true;
            from = close + 2;
            continue;
        }
        let lines = memchr_iter(b'\n', &text[start..close]).count() as u64;
        let next = stop(close + 1);
        // Whatever stands between the closing quote and the delimiter makes the quotes a part of the text.
        let stray = next > close + 1;
        let place = if stray {
            Field { start, end: next, doubled: false }
        } else {
            Field { start: start + 1, end: close, doubled }
        };
        return Followed { place, next, lines, stray, unclosed: false };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Plain = (u64, Vec<Vec<u8>>, End, bool, bool);

    fn scanned(bytes: &[u8], capacity: usize) -> Vec<Plain> {
        let mut scanner = Scanner::new(bytes, capacity).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = scanner.next().unwrap() {
            let fields = (0..row.width()).map(|place| row.field(place).into_owned()).collect();
            rows.push((row.line, fields, row.end, row.flaws.stray, row.flaws.unclosed));
        }
        rows
    }

    /// Reads one byte after the other, as the text of RFC 4180 is read, and looks at nothing else.
    struct Reference<'a> {
        rest: &'a [u8],
        line: u64,
    }

    impl Reference<'_> {
        fn take(&mut self, count: usize) -> Vec<u8> {
            let (taken, rest) = self.rest.split_at(count);
            self.rest = rest;
            taken.to_vec()
        }

        fn end(&mut self) -> Option<End> {
            for (text, end) in
                [("\n", End::Lf), ("\r\n", End::Crlf), ("\r\r\n", End::CrCrLf), ("\r", End::Cr)]
            {
                if self.rest.starts_with(text.as_bytes()) {
                    self.take(text.len());
                    return Some(end);
                }
            }
            self.rest.is_empty().then_some(End::File)
        }

        fn field(&mut self) -> (Vec<u8>, bool, bool) {
            let whole = self.rest;
            let (mut text, mut inside, mut quoted, mut stray) = (Vec::new(), false, false, false);
            if self.rest.starts_with(b"\"") {
                self.take(1);
                (inside, quoted) = (true, true);
            }
            while inside {
                if self.rest.is_empty() {
                    return (whole.to_vec(), stray, true);
                }
                if self.rest.starts_with(b"\"\"") {
                    self.take(2);
                    text.push(b'"');
                } else {
                    let byte = self.take(1)[0];
                    self.line += u64::from(byte == b'\n');
                    if byte == b'"' {
                        inside = false;
                    } else {
                        text.push(byte);
                    }
                }
            }
            while !self.rest.is_empty() && !b",\r\n".contains(&self.rest[0]) {
                let byte = self.take(1)[0];
                stray |= quoted || byte == b'"';
                text.push(byte);
            }
            if quoted && stray {
                text = whole[..whole.len() - self.rest.len()].to_vec();
            }
            (text, stray, false)
        }

        fn rows(mut self) -> Vec<Plain> {
            let mut rows = Vec::new();
            while !self.rest.is_empty() {
                let line = self.line;
                let (mut fields, mut strays, mut unclosed) = (Vec::new(), false, false);
                let end = loop {
                    let (text, stray, open) = self.field();
                    fields.push(text);
                    strays |= stray;
                    unclosed |= open;
                    if let Some(end) = self.end() {
                        break end;
                    }
                    self.take(1);
                };
                self.line += 1;
                rows.push((line, fields, end, strays, unclosed));
            }
            rows
        }
    }

    fn reference(bytes: &[u8]) -> Vec<Plain> {
        Reference { rest: bytes, line: 1 }.rows()
    }

    proptest! {
        #[test]
        fn the_scanner_reads_what_the_plain_reader_reads(
            text in "[ab,\"\n\r ü]{0,60}", capacity in 4_usize..40,
        ) {
            prop_assert_eq!(scanned(text.as_bytes(), capacity), reference(text.as_bytes()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(scanned(&bytes, 4), reference(&bytes));
        }
    }

    #[test]
    fn quotes_and_every_line_end_are_followed() {
        let text = b"a,\"b,\"\"\n\",c\r\nd\re\r\r\n\n\"x\"y,5\" z\n\"open\n";
        let rows = scanned(text, 4);
        let shown: Vec<(u64, usize, End, bool, bool)> =
            rows.iter().map(|row| (row.0, row.1.len(), row.2, row.3, row.4)).collect();
        assert_eq!(
            shown,
            [
                (1, 3, End::Crlf, false, false),
                (3, 1, End::Cr, false, false),
                (4, 1, End::CrCrLf, false, false),
                (5, 1, End::Lf, false, false),
                (6, 2, End::Lf, true, false),
                (7, 1, End::File, false, true),
            ]
        );
        assert_eq!(rows[0].1[1], b"b,\"\n");
        assert_eq!(rows[4].1[0], b"\"x\"y");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_and_the_digest_is_the_files() {
        let bytes = b"a\n\0b\0\n\xff\nc";
        let mut scanner = Scanner::new(bytes.as_slice(), 4).unwrap();
        let mut flaws = Vec::new();
        while let Some(row) = scanner.next().unwrap() {
            flaws.push((row.flaws.nuls, row.flaws.garbled));
        }
        assert_eq!(flaws, [(0, false), (2, false), (0, true), (0, false)]);
        assert_eq!(scanner.digest(), Digest::of_bytes(bytes));
    }

    #[test]
    fn a_record_beyond_the_limit_is_told_and_not_held() {
        let endless = std::io::repeat(b'x').take(RECORD_BYTES_MAX as u64 + 10);
        let mut scanner = Scanner::new(endless, CHUNK_BYTES).unwrap();
        let row = scanner.next().unwrap().unwrap();
        assert!(row.flaws.long && row.bytes.len() == RECORD_BYTES_MAX);
    }
}
