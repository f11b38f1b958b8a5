//! One NumPy array: its header, and its elements by row.

use std::borrow::Cow;

use super::error::Error;
use super::sheet::{Class, New, Value};
use crate::artifact::Origin;
use crate::artifact::float::{Half, Real};
use crate::artifact::npy::{self, Array};
use crate::artifact::tensor::{self, Dtype};

/// Limit on the elements of a row where no row proves that there are so many.
const LANES_MAX: u64 = 1 << 20;

/// One array.
pub(super) struct Entry {
    /// Its name in the archive.
    pub(super) name: String,
    pub(super) deflated: bool,
    pub(super) bytes: Vec<u8>,
    /// Where its elements begin.
    start: usize,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<u64>,
    pub(super) column_major: bool,
    big_endian: bool,
    /// Its fields, where its first axis counts the rows.
    pub(super) fields: Option<std::ops::Range<usize>>,
}

/// A value of another file as the type of an array needs it.
pub(super) fn import(entry: &Entry, value: Value<'_>) -> New {
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
    pub(super) fn parse(
        origin: &Origin,
        name: String,
        deflated: bool,
        bytes: Vec<u8>,
    ) -> Result<Self, Error> {
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
    pub(super) fn count(&self) -> usize {
        (self.bytes.len() - self.start) / self.dtype.bytes().max(1)
    }

    /// How many elements a row would have, if there were one.
    pub(super) fn lanes_without_rows(&self) -> usize {
        let lanes = tensor::count(&self.shape[1..]).filter(|lanes| *lanes <= LANES_MAX);
        lanes.and_then(|lanes| usize::try_from(lanes).ok()).unwrap_or(0)
    }

    pub(super) fn is_float(&self) -> bool {
        matches!(self.dtype, Dtype::F16 | Dtype::F32 | Dtype::F64)
    }

    pub(super) fn class(&self) -> Class {
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

    pub(super) fn element(&self, row: usize, lane: usize, rows: usize) -> &[u8] {
        let size = self.dtype.bytes();
        let lanes = self.fields.as_ref().map_or(1, ExactSizeIterator::len);
        let at = if self.column_major { row + rows * lane } else { row * lanes + lane };
        self.bytes.get(self.start + at * size..self.start + (at + 1) * size).unwrap_or_default()
    }

    pub(super) fn value(&self, bytes: &[u8]) -> Value<'static> {
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
    pub(super) fn encode(&self, new: &New) -> Option<Vec<u8>> {
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
    pub(super) fn header(&self, rows: usize) -> Option<Vec<u8>> {
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
