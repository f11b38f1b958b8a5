//! JSON Lines and JSON arrays of objects: members are columns, and what is not changed keeps its bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::Error;
use super::layout::Layout;
use super::lines;
use super::sheet::{Class, Draft, Field, New, Sheet, Value};
use crate::artifact::{self, Origin, json, number};

/// One member of one object: its field, and where key and value lie.
struct Member {
    field: u32,
    key: u32,
    value: u32,
    end: u32,
}

/// Objects in a row.
pub(super) struct Objects {
    layout: Layout,
    fields: Vec<Field>,
    members: Vec<Member>,
    /// Where each row's members begin in `members`, and a last one where they end.
    starts: Vec<usize>,
    /// By field: whether its first value is a text.
    texts: Vec<bool>,
}

impl Objects {
    /// # Errors
    /// When a line is no object.
    pub(super) fn parse_lines(origin: &Origin, bytes: Vec<u8>) -> Result<Self, artifact::Error> {
        let rows = lines::split(origin, &bytes, |line| !line.trim_ascii().is_empty())?;
        let mark = bytes.starts_with("\u{feff}".as_bytes());
        let mut layout = Layout::of_lines(bytes, rows);
        if let (true, Some(first)) = (mark, layout.rows.first_mut()) {
            layout.lead = 3;
            first.0 = first.0.max(3);
        }
        Self::parse(origin, layout)
    }

    /// # Errors
    /// When it is no array of objects.
    pub(super) fn parse_array(origin: &Origin, bytes: Vec<u8>) -> Result<Self, Error> {
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| origin.malformed(format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
        if text.starts_with('\u{feff}') {
            scanner.at = 3;
        }
        if !scanner.accept(b'[') {
            return Err(Error::not_supported(
                &origin.path,
                "only an array of objects has rows",
                "convert the data to jsonl, one object per line",
            ));
        }
        let mut lead = scanner.at;
        let mut rows = Vec::new();
        let finale = loop {
            let before = scanner.at;
            scanner.skip_blanks();
            if rows.is_empty() {
                lead = if scanner.peek() == Some(b']') { before } else { scanner.at };
            }
            if rows.is_empty() && scanner.accept(b']') {
                break before;
            }
            let start = scanner.at;
            if scanner.skip_value().is_none() {
                return Err(origin.malformed(format!("row {}: no complete value", rows.len())).into());
            }
            rows.push((offset(start), offset(scanner.at)));
            let end = scanner.at;
            if scanner.accept(b']') {
                break end;
            }
            if !scanner.accept(b',') {
                return Err(origin
                    .malformed(format!("row {}: no `,` or `]` behind it", rows.len() - 1))
                    .into());
            }
        };
        scanner.skip_blanks();
        if scanner.at < bytes.len() {
            return Err(origin.malformed("something follows the array").into());
        }
        let joint = match rows.as_slice() {
            [(_, end), (start, _), ..] => bytes[*end as usize..*start as usize].to_vec(),
            _ => b", ".to_vec(),
        };
        let finale = bytes[finale..].to_vec();
        let layout = Layout { lead, rows, joint, finale, closing: true, bytes };
        Ok(Self::parse(origin, layout)?)
    }

    fn parse(origin: &Origin, layout: Layout) -> Result<Self, artifact::Error> {
        let mut objects =
            Self { layout, fields: Vec::new(), members: Vec::new(), starts: Vec::new(), texts: Vec::new() };
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        for row in 0..objects.layout.rows.len() {
            objects.starts.push(objects.members.len());
            objects
                .add_row(row, &mut names)
                .map_err(|what| origin.malformed(format!("row {row}: {what}")))?;
        }
        objects.starts.push(objects.members.len());
        Ok(objects)
    }

    fn add_row(&mut self, row: usize, names: &mut BTreeMap<String, u32>) -> Result<(), String> {
        let (start, end) = self.layout.rows[row];
        let raw = self.layout.slice(start, end);
        let json::Value::Object(values) = json::read(raw)? else { return Err("is no object".to_owned()) };
        let mut scanner = Scanner { bytes: &self.layout.bytes[..end as usize], at: start as usize };
        scanner.accept(b'{');
        for (name, value) in values {
            scanner.skip_blanks();
            let key = offset(scanner.at);
            let cut = || "ends within a member".to_owned();
            scanner.skip_value().ok_or_else(cut)?;
            scanner.accept(b':');
            scanner.skip_blanks();
            let value_start = offset(scanner.at);
            scanner.skip_value().ok_or_else(cut)?;
            let end = offset(scanner.at);
            scanner.accept(b',');
            let next = offset(names.len());
            let field = *names.entry(name.clone().into_owned()).or_insert(next);
            if field == next {
                let pool = self.fields.len();
                self.fields.push(Field { name: name.into_owned(), class: Class::Written, pool });
                self.texts.push(matches!(value, json::Value::String(_)));
            }
            self.members.push(Member { field, key, value: value_start, end });
        }
        Ok(())
    }

    fn row(&self, row: usize) -> &[Member] {
        &self.members[self.starts[row]..self.starts[row + 1]]
    }

    /// A value as it stands in the file; `null` where the object lacks it.
    fn raw(&self, row: usize, field: usize) -> &[u8] {
        let member = self.row(row).iter().find(|member| member.field as usize == field);
        member.map_or(b"null", |member| self.layout.slice(member.value, member.end))
    }

    /// Writes a row whose members stand in the order of `columns`.
    fn write_row(&self, row: usize, columns: Option<&[usize]>, draft: &mut Draft<'_>, out: &mut Vec<u8>) {
        let (start, end) = self.layout.rows[row];
        let members = self.row(row);
        let mut order: Vec<usize> = (0..members.len()).collect();
        if let Some(columns) = columns {
            order.sort_by_key(|place| {
                columns.iter().position(|field| *field == members[*place].field as usize)
            });
        }
        let mut at = start;
        for (slot, place) in members.iter().zip(order) {
            let member = &members[place];
            out.extend_from_slice(self.layout.slice(at, slot.key));
            out.extend_from_slice(self.layout.slice(member.key, member.value));
            let old = self.layout.slice(member.value, member.end);
            match draft.change(row, member.field as usize) {
                None => out.extend_from_slice(old),
                Some(New::Of(row, field)) => out.extend_from_slice(self.raw(row, field)),
                Some(New::Text(text)) => write_text(&text, old.starts_with(b"\""), out),
                Some(New::Integer(value)) => out.extend_from_slice(value.to_string().as_bytes()),
                Some(New::Float(value)) => out.extend_from_slice(format!("{value:?}").as_bytes()),
            }
            at = slot.end;
        }
        out.extend_from_slice(self.layout.slice(at, end));
    }

    fn write_foreign(&self, place: usize, columns: &[usize], draft: &Draft<'_>, out: &mut Vec<u8>) {
        let Some(foreign) = &draft.foreign else { return };
        out.push(b'{');
        for (position, field) in columns.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(b", ");
            }
            write_text(&self.fields[*field].name, true, out);
            out.extend_from_slice(b": ");
            match foreign.cell(place, *field) {
                value if value.is_blank() => out.extend_from_slice(b"null"),
                Value::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
                value => {
                    let text = value.into_text();
                    let quoted = self.texts[*field] || !(number::is_number(&text) || is_word(&text));
                    write_text(&text, quoted, out);
                }
            }
        }
        out.push(b'}');
    }
}

impl Sheet for Objects {
    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn rows(&self) -> usize {
        self.layout.rows.len()
    }

    fn cell(&self, row: usize, field: usize) -> Value<'_> {
        match json::read(self.raw(row, field)) {
            Ok(json::Value::Bool(value)) => Value::Bool(value),
            Ok(json::Value::Number(digits)) => Value::Written(Cow::Borrowed(digits)),
            Ok(json::Value::String(text)) => Value::Text(text),
            Ok(json::Value::Null) | Err(_) => Value::Null,
            Ok(json::Value::Array(_) | json::Value::Object(_)) => {
                Value::Opaque(String::from_utf8_lossy(self.raw(row, field)).into_owned())
            }
        }
    }

    fn build(&self, mut draft: Draft<'_>) -> Result<Vec<u8>, Error> {
        let rows = std::mem::take(&mut draft.rows);
        let columns = draft.columns.take();
        let all: Vec<usize> = columns.clone().unwrap_or_else(|| (0..self.fields.len()).collect());
        let lead = &self.layout.bytes[..self.layout.lead];
        Ok(self.layout.assemble(lead, &rows, draft.foreign_rows(), |place, out| match rows.get(place) {
            Some(row) => self.write_row(*row, columns.as_deref(), &mut draft, out),
            None => self.write_foreign(place - rows.len(), &all, &draft, out),
        }))
    }
}

fn is_word(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn write_text(text: &str, quoted: bool, out: &mut Vec<u8>) {
    if quoted {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Offsets fit, for larger files are refused.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Finds the ends of values; whether they are well-formed is for the parser to say.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        let before = self.at;
        self.skip_blanks();
        let found = self.peek() == Some(byte);
        self.at = if found { self.at + 1 } else { before };
        found
    }

    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_text()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                _ if depth > 0 => self.at += 1,
                _ => {
                    let ends =
                        |byte: u8| matches!(byte, b',' | b':' | b'}' | b']') || byte.is_ascii_whitespace();
                    let start = self.at;
                    while self.peek().is_some_and(|byte| !ends(byte)) {
                        self.at += 1;
                    }
                    return (self.at > start).then_some(());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }
}
