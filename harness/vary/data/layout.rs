//! Text files as rows of bytes and what stands between them, so that everything untouched keeps its bytes.

/// Where rows lie in a file.
pub(super) struct Layout {
    pub(super) bytes: Vec<u8>,
    /// Where what stands before the first row ends.
    pub(super) lead: usize,
    /// Where each row begins and ends, without what separates it from the next.
    pub(super) rows: Vec<(u32, u32)>,
    /// What stands between two rows where the file does not say.
    pub(super) joint: Vec<u8>,
    /// What stands behind the last row.
    pub(super) finale: Vec<u8>,
    /// Whether the finale is needed even where no row stands before it, as the bracket of an array is.
    pub(super) closing: bool,
}

impl Layout {
    /// The bytes from one offset to another.
    pub(super) fn slice(&self, start: u32, end: u32) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What separates a row from the next one.
    fn tail(&self, row: usize) -> &[u8] {
        match (self.rows.get(row), self.rows.get(row + 1)) {
            (Some((_, end)), Some((start, _))) => self.slice(*end, *start),
            _ => &self.joint,
        }
    }

    /// Writes own rows in the given order and then `more` rows. `write` gets the place in the new file.
    pub(super) fn assemble(
        &self,
        lead: &[u8],
        rows: &[usize],
        more: usize,
        mut write: impl FnMut(usize, &mut Vec<u8>),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + self.bytes.len() / 8);
        out.extend_from_slice(lead);
        let count = rows.len() + more;
        for place in 0..count {
            write(place, &mut out);
            if place + 1 < count {
                let tail = rows.get(place).map_or(self.joint.as_slice(), |row| self.tail(*row));
                out.extend_from_slice(tail);
            }
        }
        if count > 0 || self.closing {
            out.extend_from_slice(&self.finale);
        }
        out
    }

    /// A file whose rows are lines; what stands between them belongs to the row before.
    pub(super) fn of_lines(bytes: Vec<u8>, rows: Vec<(u32, u32)>) -> Self {
        let joint = Self::joint_of(&bytes);
        let lead = rows.first().map_or(bytes.len(), |(start, _)| *start as usize);
        let finale = match rows.last() {
            Some((_, end)) => bytes[*end as usize..].to_vec(),
            None => joint.clone(),
        };
        Self { bytes, lead, rows, joint, finale, closing: false }
    }

    /// The line end that the first line has.
    pub(super) fn joint_of(bytes: &[u8]) -> Vec<u8> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        match end {
            Some(end) if end > 0 && bytes[end - 1] == b'\r' => b"\r\n".to_vec(),
            _ => b"\n".to_vec(),
        }
    }
}
