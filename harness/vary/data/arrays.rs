//! NumPy arrays: the first axis counts the rows, and in an `.npz` every array of the longest first axis has them.
//!
//! What stands in one row of an array are fields of one name, the array's. Fields of a matrix of floats are judged each for
//! itself, as the columns of a table are; those of other arrays together, as the pixels of an image are.

use std::borrow::Cow;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;

use super::error::Error;
use super::sheet::{Class, Draft, Field, New, Sheet, Value};
use crate::artifact::Origin;
use crate::artifact::float::{Half, Real};
use crate::artifact::npy::{self, Array};
use crate::artifact::tensor::{self, Dtype};

/// Limit on the elements of a row where no row proves that there are so many.
const LANES_MAX: u64 = 1 << 20;

/// Arrays of one file.
pub(super) struct Arrays {
    origin: Origin,
    entries: Vec<Entry>,
    fields: Vec<Field>,
    rows: usize,
    zipped: bool,
}

/// One array.
struct Entry {
    /// Its name in the archive.
    name: String,
    deflated: bool,
    bytes: Vec<u8>,
    /// Where its elements begin.
    start: usize,
    dtype: Dtype,
    shape: Vec<u64>,
    column_major: bool,
    big_endian: bool,
    /// Its fields, where its first axis counts the rows.
    fields: Option<std::ops::Range<usize>>,
}

impl Arrays {
    /// # Errors
    /// When it is malformed, has no axis, or holds Python objects.
    pub(super) fn parse_npy(origin: &Origin, bytes: Vec<u8>) -> Result<Self, Error> {
        let entry = Entry::parse(origin, String::new(), false, bytes)?;
        Self::new(origin, vec![entry], false)
    }

    /// # Errors
    /// When it is malformed, unpacks to more than `limit` bytes, has no array with an axis, or holds Python objects.
    pub(super) fn parse_npz(origin: &Origin, bytes: Vec<u8>, limit: u64) -> Result<Self, Error> {
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
        Self::new(origin, entries, true)
    }

    fn new(origin: &Origin, mut entries: Vec<Entry>, zipped: bool) -> Result<Self, Error> {
        let longest = entries.iter().filter_map(|entry| entry.shape.first()).max();
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
        for entry in entries.iter_mut().filter(|entry| entry.shape.first() == Some(&longest)) {
            let lanes = if rows == 0 { entry.lanes_without_rows() } else { entry.count() / rows };
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
                let bytes = match rows.get(place) {
                    Some(row) => match draft.change(*row, field) {
                        None => Cow::Borrowed(entry.element(*row, lane, self.rows)),
                        Some(New::Of(row, field)) => Cow::Borrowed(self.raw(row, field)),
                        Some(new) => Cow::Owned(self.encode(entry, place, &new)?),
                    },
                    None => {
                        let value =
                            draft.foreign.as_ref().map(|foreign| foreign.cell(place - rows.len(), field));
                        Cow::Owned(self.encode(entry, place, &import(entry, value.unwrap_or(Value::Null)))?)
                    }
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

/// A value of another file as the type of an array needs it.
fn import(entry: &Entry, value: Value<'_>) -> New {
    match (&entry.dtype, value) {
        (Dtype::F16 | Dtype::F32 | Dtype::F64, value) => {
            New::Float(value.into_text().trim().parse().unwrap_or(f64::NAN))
        }
        (Dtype::Bool, Value::Bool(value)) => New::Integer(value.into()),
        (Dtype::Signed(_) | Dtype::Unsigned(_) | Dtype::Bool, value) => {
            let text = value.into_text();
            text.trim().parse().map_or(New::Text(text), New::Integer)
        }
        (_, value) => New::Text(value.into_text()),
    }
}

impl Entry {
    fn parse(origin: &Origin, name: String, deflated: bool, bytes: Vec<u8>) -> Result<Self, Error> {
        let length = bytes.len() as u64;
        let found = match npy::read(origin, length, Box::new(bytes.as_slice()))? {
            Array::Elements(elements) => {
                let left = elements.bytes_left();
                Some((elements.dtype, elements.shape, elements.column_major, elements.big_endian, left))
            }
            Array::Objects => None,
        };
        let Some((dtype, shape, column_major, big_endian, left)) = found else {
            let what = format!("array `{name}` holds Python objects, which are never unpickled");
            let hint = "save it with a plain type, such as `<U8` for texts";
            return Err(Error::not_supported(&origin.path, what, hint));
        };
        let start = usize::try_from(length - left).unwrap_or(bytes.len());
        Ok(Self { name, deflated, bytes, start, dtype, shape, column_major, big_endian, fields: None })
    }

    /// How many elements there are. Their size was checked against the file's.
    fn count(&self) -> usize {
        (self.bytes.len() - self.start) / self.dtype.bytes().max(1)
    }

    /// How many elements a row would have, if there were one.
    fn lanes_without_rows(&self) -> usize {
        let lanes = tensor::count(&self.shape[1..]).filter(|lanes| *lanes <= LANES_MAX);
        lanes.and_then(|lanes| usize::try_from(lanes).ok()).unwrap_or(0)
    }

    fn is_float(&self) -> bool {
        matches!(self.dtype, Dtype::F16 | Dtype::F32 | Dtype::F64)
    }

    fn class(&self) -> Class {
        match &self.dtype {
            Dtype::Bool => Class::Bool,
            Dtype::Signed(bytes) => {
                let half = 1_i128 << (8 * bytes - 1);
                Class::Integer(-half, half - 1)
            }
            Dtype::Unsigned(bytes) => Class::Integer(0, (1_i128 << (8 * bytes)) - 1),
            Dtype::F16 => Class::Float(65504.0),
            Dtype::F32 => Class::Float(f32::MAX.into()),
            Dtype::F64 => Class::Float(f64::MAX),
            Dtype::ByteText(_) | Dtype::WideText(_) => Class::FixedText,
            Dtype::Bf16 | Dtype::Complex64 | Dtype::Complex128 | Dtype::Raw { .. } => Class::Opaque,
        }
    }

    fn element(&self, row: usize, lane: usize, rows: usize) -> &[u8] {
        let size = self.dtype.bytes();
        let lanes = self.fields.as_ref().map_or(1, ExactSizeIterator::len);
        let at = if self.column_major { row + rows * lane } else { row * lanes + lane };
        self.bytes.get(self.start + at * size..self.start + (at + 1) * size).unwrap_or_default()
    }

    fn value(&self, bytes: &[u8]) -> Value<'static> {
        let mut word = [0; 8];
        let length = bytes.len().min(8);
        word[..length].copy_from_slice(&bytes[..length]);
        if self.big_endian {
            word[..length].reverse();
        }
        match &self.dtype {
            Dtype::Bool => Value::Bool(word[0] != 0),
            // NumPy's `NaT`.
            Dtype::Signed(8) if word == i64::MIN.to_le_bytes() => Value::Null,
            Dtype::Signed(_) => {
                let unused = 64 - 8 * u32::try_from(length).unwrap_or(8);
                Value::Integer((i64::from_le_bytes(word) << unused >> unused).into())
            }
            Dtype::Unsigned(_) => Value::Integer(u64::from_le_bytes(word).into()),
            Dtype::F16 => Value::Double(Half::from_le(&word[..2]).value()),
            Dtype::F32 => Value::Single(f32::from_le(&word[..4])),
            Dtype::F64 => Value::Double(f64::from_le(&word)),
            Dtype::ByteText(_) => {
                Value::Text(Cow::Owned(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()))
            }
            Dtype::WideText(_) => Value::Text(Cow::Owned(self.wide(bytes))),
            other => Value::Opaque(other.show(bytes)),
        }
    }

    fn wide(&self, bytes: &[u8]) -> String {
        let letter = |word: &[u8]| {
            let mut word = [word[0], word[1], word[2], word[3]];
            if self.big_endian {
                word.reverse();
            }
            char::from_u32(u32::from_le_bytes(word)).unwrap_or(char::REPLACEMENT_CHARACTER)
        };
        bytes.chunks_exact(4).map(letter).collect::<String>().trim_end_matches('\0').to_owned()
    }

    /// The bytes of a new element, if the type can hold it.
    fn encode(&self, new: &New) -> Option<Vec<u8>> {
        let size = self.dtype.bytes();
        let mut bytes = match (&self.dtype, new) {
            (Dtype::F16, New::Float(value)) => half(*value).to_le_bytes().to_vec(),
            (Dtype::F32, New::Float(value)) => single(*value).to_le_bytes().to_vec(),
            (Dtype::F64, New::Float(value)) => value.to_le_bytes().to_vec(),
            (Dtype::Bool, New::Integer(value @ (0 | 1))) => vec![u8::from(*value == 1)],
            (Dtype::Signed(_) | Dtype::Unsigned(_), New::Integer(value)) => {
                let Class::Integer(low, high) = self.class() else { return None };
                (low..=high).contains(value).then(|| value.to_le_bytes()[..size].to_vec())?
            }
            (Dtype::ByteText(_), New::Text(text)) => text.as_bytes().to_vec(),
            (Dtype::WideText(_), New::Text(text)) => {
                text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect()
            }
            _ => return None,
        };
        if bytes.len() > size {
            return None;
        }
        if self.big_endian {
            let word = if matches!(self.dtype, Dtype::WideText(_)) { 4 } else { size };
            if !matches!(self.dtype, Dtype::ByteText(_)) {
                bytes.chunks_exact_mut(word.max(1)).for_each(<[u8]>::reverse);
            }
        }
        bytes.resize(size, 0);
        Some(bytes)
    }

    /// The header for another number of rows; the old bytes where that is the same.
    fn header(&self, rows: usize) -> Option<Vec<u8>> {
        let old = &self.bytes[..self.start];
        if self.shape.first() == Some(&(rows as u64)) {
            return Some(old.to_vec());
        }
        let prefix = if old.get(6) == Some(&1) { 10 } else { 12 };
        let text = std::str::from_utf8(old.get(prefix..)?).ok()?;
        let open = text.find("shape")? + text[text.find("shape")?..].find('(')? + 1;
        let digits = open + text[open..].find(|letter: char| letter.is_ascii_digit())?;
        let end = digits + text[digits..].find(|letter: char| !letter.is_ascii_digit())?;
        let mut text = format!("{}{rows}{}", &text[..digits], text[end..].trim_end());
        // NumPy aligns the elements to 64 bytes.
        while !(prefix + text.len() + 1).is_multiple_of(64) {
            text.push(' ');
        }
        text.push('\n');
        let mut header = old[..8].to_vec();
        match prefix {
            10 => header.extend_from_slice(&u16::try_from(text.len()).ok()?.to_le_bytes()),
            _ => header.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes()),
        }
        header.extend_from_slice(text.as_bytes());
        Some(header)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what is meant")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

/// The half-precision float nearest to a number, towards zero between two; the largest one for what is larger.
fn half(value: f64) -> u16 {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    if value.is_nan() {
        return 0x7e00;
    }
    // Values grow with their bits, so that the nearest is found by halving.
    let (mut low, mut high) = (0_u16, 0x7bff);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if Half(middle).value() <= value.abs() { low = middle } else { high = middle - 1 }
    }
    sign | low
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
