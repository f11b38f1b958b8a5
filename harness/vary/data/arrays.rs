//! NumPy arrays: the first axis counts the rows, and in an `.npz` every array of the longest first axis has them.
//!
//! What stands in one row of an array are fields of one name, the array's. Fields of a matrix of floats are judged each for
//! itself, as the columns of a table are; those of other arrays together, as the pixels of an image are.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;

use super::array::{Entry, import};
use super::error::Error;
use super::sheet::{Draft, Field, New, Sheet, Value};
use crate::artifact::Origin;

/// Arrays of one file.
pub(super) struct Arrays {
    origin: Origin,
    entries: Vec<Entry>,
    fields: Vec<Field>,
    rows: usize,
    zipped: bool,
}

impl Arrays {
    /// # Errors
    /// When it is malformed, has no axis, or holds Python objects.
    pub(super) fn parse_npy(origin: &Origin, bytes: Vec<u8>) -> Result<Self, Error> {
        let entry = Entry::parse(origin, String::new(), false, bytes)?;
        Self::new(origin, vec![entry], false, None)
    }

    /// # Errors
    /// When it is malformed, unpacks to more than `limit` bytes, has no array with an axis, or holds Python objects.
    pub(super) fn parse_npz(
        origin: &Origin,
        bytes: Vec<u8>,
        limit: u64,
        with_rows: Option<&BTreeSet<String>>,
    ) -> Result<Self, Error> {
        let unzip = |error: zip::result::ZipError| origin.malformed(error.to_string());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unzip)?;
        let mut entries = Vec::new();
        let mut left = limit;
        for place in 0..archive.len() {
            let mut entry = archive.by_index(place).map_err(unzip)?;
            let name = entry.name().map_err(unzip)?.into_owned();
            let deflated = entry.compression() != zip::CompressionMethod::Stored;
            origin.fits(&format!("entry `{name}`"), entry.size(), left)?;
            left -= entry.size();
            let mut content = Vec::new();
            let size = entry.size();
            entry.by_ref().take(size).read_to_end(&mut content).map_err(|source| origin.reading(source))?;
            entries.push(Entry::parse(origin, name, deflated, content)?);
        }
        Self::new(origin, entries, true, with_rows)
    }

    fn new(
        origin: &Origin,
        mut entries: Vec<Entry>,
        zipped: bool,
        with_rows: Option<&BTreeSet<String>>,
    ) -> Result<Self, Error> {
        let counts = |entry: &Entry| with_rows.is_none_or(|names| names.contains(&entry.name));
        let longest =
            entries.iter().filter(|entry| counts(entry)).filter_map(|entry| entry.shape.first()).max();
        let Some(longest) = longest.copied() else {
            return Err(Error::not_supported(
                &origin.path,
                "no array has an axis, so that there are no rows",
                "declare a file whose arrays have rows along their first axis",
            ));
        };
        let bytes: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
        let rows = usize::try_from(longest).ok().filter(|rows| *rows <= bytes);
        let rows = rows.ok_or_else(|| origin.malformed(format!("claims {longest} rows without content")))?;
        let (mut fields, mut pool) = (Vec::new(), 0);
        let members =
            entries.iter_mut().filter(|entry| counts(entry) && entry.shape.first() == Some(&longest));
        for entry in members {
            let lanes = entry.count().checked_div(rows).unwrap_or_else(|| entry.lanes_without_rows());
            let first = fields.len();
            let apart = entry.is_float() && entry.shape.len() == 2;
            let name = entry.name.strip_suffix(".npy").unwrap_or(&entry.name);
            for lane in 0..lanes {
                let pool = if apart { pool + lane } else { pool };
                fields.push(Field { name: name.to_owned(), class: entry.class(), pool });
            }
            pool += lanes.max(1);
            entry.fields = Some(first..fields.len());
        }
        Ok(Self { origin: origin.clone(), entries, fields, rows, zipped })
    }

    fn entry_of(&self, field: usize) -> Option<(&Entry, usize)> {
        // The last array that begins at or before the field, for arrays without elements share their beginning.
        self.entries.iter().find_map(|entry| {
            let range = entry.fields.as_ref()?;
            range.contains(&field).then(|| (entry, field - range.start))
        })
    }

    fn raw(&self, row: usize, field: usize) -> &[u8] {
        self.entry_of(field).map_or(&[], |(entry, lane)| entry.element(row, lane, self.rows))
    }

    /// An array's file anew.
    fn rebuild(&self, entry: &Entry, rows: &[usize], draft: &mut Draft<'_>) -> Result<Vec<u8>, Error> {
        let Some(fields) = entry.fields.clone() else { return Ok(entry.bytes.clone()) };
        let count = rows.len() + draft.foreign_rows();
        let (size, lanes) = (entry.dtype.bytes(), fields.len());
        let mut out = entry.header(count).ok_or_else(|| self.origin.malformed("a header without a shape"))?;
        let start = out.len();
        out.resize(start + count * lanes * size, 0);
        for place in 0..count {
            for (lane, field) in fields.clone().enumerate() {
                let bytes = if let Some(row) = rows.get(place) {
                    match draft.change(*row, field) {
                        None => Cow::Borrowed(entry.element(*row, lane, self.rows)),
                        Some(New::Of(row, field)) => Cow::Borrowed(self.raw(row, field)),
                        Some(new) => Cow::Owned(self.encode(entry, place, &new)?),
                    }
                } else {
                    let value = draft.foreign.as_ref().map(|foreign| foreign.cell(place - rows.len(), field));
                    Cow::Owned(self.encode(entry, place, &import(entry, value.unwrap_or(Value::Null)))?)
                };
                let at = if entry.column_major { place + count * lane } else { place * lanes + lane };
                out[start + at * size..start + (at + 1) * size].copy_from_slice(&bytes);
            }
        }
        Ok(out)
    }

    fn encode(&self, entry: &Entry, row: usize, new: &New) -> Result<Vec<u8>, Error> {
        entry.encode(new).ok_or_else(|| {
            let what = format!("row {row}: `{}` cannot hold {new:?}", entry.name);
            Error::not_supported(&self.origin.path, what, "declare two files of the same columns and types")
        })
    }
}

impl Sheet for Arrays {
    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn cell(&self, row: usize, field: usize) -> Value<'_> {
        self.entry_of(field)
            .map_or(Value::Null, |(entry, lane)| entry.value(entry.element(row, lane, self.rows)))
    }

    fn arrays(&self) -> Option<BTreeSet<String>> {
        let with_rows = self.entries.iter().filter(|entry| entry.fields.is_some());
        Some(with_rows.map(|entry| entry.name.clone()).collect())
    }

    fn build(&self, mut draft: Draft<'_>) -> Result<Vec<u8>, Error> {
        if draft.columns.is_some() {
            return Err(Error::not_supported(
                &self.origin.path,
                "columns of an array have no names, so that their order matters",
                "declare a table with named columns",
            ));
        }
        let rows = std::mem::take(&mut draft.rows);
        let mut files = Vec::new();
        for entry in &self.entries {
            files.push(self.rebuild(entry, &rows, &mut draft)?);
        }
        if !self.zipped {
            return Ok(files.pop().unwrap_or_default());
        }
        self.pack(&files).map_err(|source| Error::Read(self.origin.reading(source)))
    }
}

impl Arrays {
    fn pack(&self, files: &[Vec<u8>]) -> std::io::Result<Vec<u8>> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (entry, bytes) in self.entries.iter().zip(files) {
            let method = if entry.deflated {
                zip::CompressionMethod::Deflated
            } else {
                zip::CompressionMethod::Stored
            };
            // A fixed date: the same edit gives the same bytes.
            let options = SimpleFileOptions::default()
                .compression_method(method)
                .last_modified_time(zip::DateTime::default())
                .large_file(bytes.len() as u64 >= u64::from(u32::MAX));
            writer.start_file(entry.name.as_str(), options)?;
            writer.write_all(bytes)?;
        }
        Ok(writer.finish()?.into_inner())
    }
}
