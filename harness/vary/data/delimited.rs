//! Comma- and tab-separated values in memory, read by the same rules as `artifact::csv`.

use std::borrow::Cow;

use super::error::Error;
use super::layout::Layout;
use super::sheet::{Class, Draft, Field, New, Sheet, Value};
use crate::artifact::{self, Origin, csv};

/// A table whose cells are known by where they end.
pub(super) struct Table {
    layout: Layout,
    delimiter: u8,
    fields: Vec<Field>,
    /// Where the header begins, behind a byte order mark.
    header: (u32, u32),
    /// Where the cells of the header end.
    header_ends: Vec<u32>,
    /// Where each cell ends, row by row.
    ends: Vec<u32>,
}

/// Finds records in a file.
struct Scanner<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
}

/// A record: where it begins and ends, and whether a quote was never closed.
struct Record {
    start: usize,
    end: usize,
    line: u64,
    unclosed: bool,
}

impl Scanner<'_> {
    /// The next record, without its line end. Adds the ends of its cells to `ends`.
    fn record(&mut self, ends: &mut Vec<u32>) -> Option<Record> {
        let (start, line) = (self.at, self.line);
        if start >= self.bytes.len() {
            return None;
        }
        let (mut inside, mut field_start) = (false, true);
        let mut at = start;
        while let Some(byte) = self.bytes.get(at) {
            match *byte {
                // A doubled quote closes and opens again.
                b'"' if inside || field_start => {
                    field_start = inside;
                    inside = !inside;
                }
                b'\n' => {
                    self.line += 1;
                    if !inside {
                        break;
                    }
                    field_start = false;
                }
                byte if byte == self.delimiter && !inside => {
                    ends.push(offset(at));
                    field_start = true;
                }
                _ => field_start = false,
            }
            at += 1;
        }
        self.at = (at + 1).min(self.bytes.len());
        // A carriage return belongs to the line end only before a line feed.
        let returned = at < self.bytes.len() && at > start && self.bytes[at - 1] == b'\r';
        let end = at - usize::from(returned);
        ends.push(offset(end));
        Some(Record { start, end, line, unclosed: inside })
    }
}

/// Offsets fit, for larger files are refused.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Table {
    /// # Errors
    /// When a record has too many or too few fields, an open quote, or is not UTF-8.
    pub(super) fn parse(origin: &Origin, delimiter: u8, bytes: Vec<u8>) -> Result<Self, Error> {
        check_text(origin, &bytes)?;
        let mut scanner = Scanner { bytes: &bytes, delimiter, at: 0, line: 1 };
        if bytes.starts_with(b"\xef\xbb\xbf") {
            scanner.at = 3;
        }
        let mut header_ends = Vec::new();
        let mut header = (0, 0);
        while let Some(record) = scanner.record(&mut header_ends) {
            check_closed(origin, &record)?;
            header = (offset(record.start), offset(record.end));
            if record.end > record.start {
                break;
            }
            header_ends.clear();
        }
        let lead = scanner.at;
        let width = header_ends.len();
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        let mut last_end = lead;
        loop {
            let before = ends.len();
            let Some(record) = scanner.record(&mut ends) else { break };
            check_closed(origin, &record)?;
            if record.start == record.end && width != 1 {
                ends.truncate(before);
                continue;
            }
            check_width(origin, &record, ends.len() - before, width)?;
            rows.push((offset(record.start), offset(record.end)));
            last_end = record.end;
        }
        let joint = Layout::joint_of(&bytes[header.0 as usize..]);
        let mut finale = bytes[last_end..].to_vec();
        if rows.is_empty() {
            finale.clone_from(&joint);
        }
        let layout = Layout { lead, rows, joint, finale, closing: false, bytes };
        let mut table = Self { layout, delimiter, fields: Vec::new(), header, header_ends, ends };
        table.fields = (0..width)
            .map(|place| {
                let name = unquote(table.layout.slice(table.header_start(place), table.header_ends[place]));
                Field { name: name.into_owned(), class: Class::Written, pool: place }
            })
            .collect();
        Ok(table)
    }

    fn header_start(&self, place: usize) -> u32 {
        if place == 0 { self.header.0 } else { self.header_ends[place - 1] + 1 }
    }

    /// A cell as it stands in the file.
    fn raw(&self, row: usize, field: usize) -> &[u8] {
        let cell = row * self.fields.len() + field;
        let start = if field == 0 { self.layout.rows[row].0 } else { self.ends[cell - 1] + 1 };
        self.layout.slice(start, self.ends[cell])
    }

    fn write_cell(&self, row: usize, field: usize, new: Option<New>, out: &mut Vec<u8>) {
        let old = self.raw(row, field);
        let quoted = old.starts_with(b"\"");
        match new {
            None => out.extend_from_slice(old),
            Some(New::Of(row, field)) => out.extend_from_slice(self.raw(row, field)),
            Some(New::Text(text)) => self.write_text(&text, quoted, out),
            Some(New::Integer(value)) => self.write_text(&value.to_string(), quoted, out),
            Some(New::Float(value)) => self.write_text(&format!("{value:?}"), quoted, out),
        }
    }

    fn write_text(&self, text: &str, quoted: bool, out: &mut Vec<u8>) {
        csv::write_field(out, text, self.delimiter, quoted);
    }

    /// Everything before the first row, with the header's columns in the given order.
    fn lead(&self, columns: Option<&[usize]>, rows: usize) -> Vec<u8> {
        let (start, end) = (self.header.0 as usize, self.header.1 as usize);
        let mut lead = self.layout.bytes[..start].to_vec();
        match columns {
            None => lead.extend_from_slice(&self.layout.bytes[start..end]),
            Some(columns) => {
                for (place, column) in columns.iter().enumerate() {
                    if place > 0 {
                        lead.push(self.delimiter);
                    }
                    let raw = self.layout.slice(self.header_start(*column), self.header_ends[*column]);
                    lead.extend_from_slice(raw);
                }
            }
        }
        lead.extend_from_slice(&self.layout.bytes[end..self.layout.lead]);
        if rows > 0 && !lead.ends_with(b"\n") {
            lead.extend_from_slice(&self.layout.joint);
        }
        lead
    }
}

impl Sheet for Table {
    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn rows(&self) -> usize {
        self.layout.rows.len()
    }

    fn cell(&self, row: usize, field: usize) -> Value<'_> {
        Value::Written(unquote(self.raw(row, field)))
    }

    fn build(&self, mut draft: Draft<'_>) -> Result<Vec<u8>, Error> {
        let rows = std::mem::take(&mut draft.rows);
        let columns = draft.columns.take();
        let more = draft.foreign_rows();
        let width = self.fields.len();
        let order = columns.clone().unwrap_or_else(|| (0..width).collect());
        let lead = self.lead(columns.as_deref(), rows.len() + more);
        Ok(self.layout.assemble(&lead, &rows, more, |place, out| {
            for (position, field) in order.iter().enumerate() {
                if position > 0 {
                    out.push(self.delimiter);
                }
                match (rows.get(place), &draft.foreign) {
                    (Some(row), _) => {
                        let new = draft.change(*row, *field);
                        self.write_cell(*row, *field, new, out);
                    }
                    (None, Some(foreign)) => {
                        let text = foreign.cell(place - rows.len(), *field).into_text();
                        self.write_text(&text, false, out);
                    }
                    (None, None) => {}
                }
            }
        }))
    }
}

fn check_text(origin: &Origin, bytes: &[u8]) -> Result<(), artifact::Error> {
    std::str::from_utf8(bytes).map(|_| ()).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        origin.malformed(format!("line {line} is not UTF-8"))
    })
}

fn check_closed(origin: &Origin, record: &Record) -> Result<(), artifact::Error> {
    if record.unclosed {
        return Err(origin.malformed(format!("line {} opens a quote that is never closed", record.line)));
    }
    Ok(())
}

fn check_width(origin: &Origin, record: &Record, found: usize, width: usize) -> Result<(), artifact::Error> {
    if found == width {
        return Ok(());
    }
    let fields = if found == 1 { "field" } else { "fields" };
    Err(origin.malformed(format!("line {} has {found} {fields}, the header has {width}", record.line)))
}

/// The text of a cell, without quotes.
fn unquote(raw: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(raw).unwrap_or_default();
    let Some(mut rest) = text.strip_prefix('"') else { return Cow::Borrowed(text) };
    if let Some(inner) = rest.strip_suffix('"').filter(|inner| !inner.contains('"')) {
        return Cow::Borrowed(inner);
    }
    let mut undone = String::new();
    while let Some((before, after)) = rest.split_once('"') {
        undone.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                undone.push('"');
                rest = after;
            }
            // What stands behind the closing quote belongs to the field, as Python reads it.
            None => return Cow::Owned(undone + after),
        }
    }
    Cow::Owned(undone + rest)
}
