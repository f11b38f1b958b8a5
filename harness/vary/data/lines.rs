//! Plain text, one row per line: rows can be moved and dropped, but there is nothing in them to change.

use super::error::Error;
use super::layout::Layout;
use super::sheet::{Draft, Field, Sheet, Value};
use crate::artifact::{self, Origin};

/// A text whose rows are its lines.
pub(super) struct Lines {
    layout: Layout,
}

impl Lines {
    /// # Errors
    /// When a line is not UTF-8.
    pub(super) fn parse(origin: &Origin, bytes: Vec<u8>) -> Result<Self, artifact::Error> {
        let rows = split(origin, &bytes, |_| true)?;
        Ok(Self { layout: Layout::of_lines(bytes, rows) })
    }
}

/// Where the lines lie that `keep` keeps, without their ends.
///
/// # Errors
/// When a line is not UTF-8.
pub(super) fn split(
    origin: &Origin,
    bytes: &[u8],
    keep: impl Fn(&[u8]) -> bool,
) -> Result<Vec<(u32, u32)>, artifact::Error> {
    let mut rows = Vec::new();
    let mut start = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if std::str::from_utf8(line).is_err() {
            return Err(origin.malformed(format!("line {} is not UTF-8", number + 1)));
        }
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = if bare.len() < line.len() { bare.strip_suffix(b"\r").unwrap_or(bare) } else { bare };
        if keep(bare) {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            rows.push((offset(start), offset(start + bare.len())));
        }
        start += line.len();
    }
    Ok(rows)
}

impl Sheet for Lines {
    fn fields(&self) -> &[Field] {
        &[]
    }

    fn rows(&self) -> usize {
        self.layout.rows.len()
    }

    fn cell(&self, _row: usize, _field: usize) -> Value<'_> {
        Value::Null
    }

    fn build(&self, draft: Draft<'_>) -> Result<Vec<u8>, Error> {
        let lead = &self.layout.bytes[..self.layout.lead];
        Ok(self.layout.assemble(lead, &draft.rows, 0, |place, out| {
            let (start, end) = self.layout.rows[draft.rows[place]];
            out.extend_from_slice(self.layout.slice(start, end));
        }))
    }
}
