//! Tensors as streams of elements: what npy, npz, safetensors and torch files have in common.

use std::fmt::Write;
use std::io::Read;

use super::error::{Error, Origin};
use super::float::{Brain, Half, Real};

/// The type of one element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    Bool,
    Signed(usize),
    Unsigned(usize),
    F16,
    Bf16,
    F32,
    F64,
    Complex64,
    Complex128,
    /// Fixed-size byte strings, NumPy `S`.
    ByteText(usize),
    /// Fixed-size UTF-32 strings of this many bytes, NumPy `U`.
    WideText(usize),
    /// Anything else of a fixed size: structures, long doubles, 8-bit floats.
    Raw {
        name: String,
        bytes: usize,
    },
}

impl Dtype {
    /// Size of an element in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Bool => 1,
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 | Self::Complex64 => 8,
            Self::Complex128 => 16,
            Self::Signed(bytes)
            | Self::Unsigned(bytes)
            | Self::ByteText(bytes)
            | Self::WideText(bytes)
            | Self::Raw { bytes, .. } => *bytes,
        }
    }

    /// Size of the part whose bytes are reversed on a machine of the other byte order.
    fn word_bytes(&self) -> usize {
        match self {
            Self::Complex64 | Self::WideText(_) => 4,
            Self::Complex128 => 8,
            Self::ByteText(_) | Self::Raw { .. } => 1,
            other => other.bytes(),
        }
    }

    /// The name in messages: `f64`, `u8`, `complex64`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Signed(bytes) => format!("i{}", 8 * bytes),
            Self::Unsigned(bytes) => format!("u{}", 8 * bytes),
            Self::F16 => "f16".to_owned(),
            Self::Bf16 => "bf16".to_owned(),
            Self::F32 => "f32".to_owned(),
            Self::F64 => "f64".to_owned(),
            Self::Complex64 => "complex64".to_owned(),
            Self::Complex128 => "complex128".to_owned(),
            Self::ByteText(bytes) => format!("S{bytes}"),
            Self::WideText(bytes) => format!("U{}", bytes / 4),
            Self::Raw { name, .. } => name.clone(),
        }
    }

    /// One element as people read it; `bytes` are little-endian.
    pub(crate) fn show(&self, bytes: &[u8]) -> String {
        match self {
            Self::Bool => match bytes {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                other => hex(other),
            },
            Self::Signed(_) => signed(bytes).to_string(),
            Self::Unsigned(_) => unsigned(bytes).to_string(),
            Self::F16 => Half::from_le(bytes).show(),
            Self::Bf16 => Brain::from_le(bytes).show(),
            Self::F32 => f32::from_le(bytes).show(),
            Self::F64 => f64::from_le(bytes).show(),
            Self::Complex64 => complex::<f32>(bytes),
            Self::Complex128 => complex::<f64>(bytes),
            Self::ByteText(_) => format!("{:?}", String::from_utf8_lossy(bytes).trim_end_matches('\0')),
            Self::WideText(_) => format!("{:?}", wide(bytes).trim_end_matches('\0')),
            Self::Raw { .. } => hex(bytes),
        }
    }
}

/// One element type and the length of each axis, as messages show it: `f64[3, 4]`.
pub(crate) fn describe(dtype: &Dtype, shape: &[u64]) -> String {
    format!("{}{shape:?}", dtype.name())
}

/// How many bytes a tensor takes, unless that overflows.
pub(crate) fn byte_length(dtype: &Dtype, shape: &[u64]) -> Option<u64> {
    count(shape)?.checked_mul(dtype.bytes() as u64)
}

/// How many elements a tensor has, unless that overflows.
pub(crate) fn count(shape: &[u64]) -> Option<u64> {
    // A zero anywhere makes the tensor empty, even where the other axes alone would overflow.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_u64, |product, axis| product.checked_mul(*axis))
}

/// A tensor whose elements are read from front to back.
pub(crate) struct Elements<'a> {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<u64>,
    /// Whether the first index varies fastest (Fortran order).
    pub(crate) column_major: bool,
    /// Whether words stand most significant byte first; what is read out is little-endian all the same.
    pub(crate) big_endian: bool,
    pub(crate) origin: Origin,
    input: Box<dyn Read + 'a>,
    bytes_left: u64,
}

impl<'a> Elements<'a> {
    /// A tensor in row-major order, little-endian, of which `input` has all bytes.
    ///
    /// # Errors
    /// When its size overflows.
    pub(crate) fn new(
        origin: &Origin,
        dtype: Dtype,
        shape: Vec<u64>,
        input: Box<dyn Read + 'a>,
    ) -> Result<Self, Error> {
        let bytes_left = byte_length(&dtype, &shape)
            .ok_or_else(|| origin.malformed(format!("the size of {} overflows", describe(&dtype, &shape))))?;
        let origin = origin.clone();
        Ok(Self { dtype, shape, column_major: false, big_endian: false, origin, input, bytes_left })
    }

    /// `f64[3, 4]`.
    pub(crate) fn describe(&self) -> String {
        describe(&self.dtype, &self.shape)
    }

    /// Bytes that have not been read yet.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.bytes_left
    }

    /// Fills the buffer, whose size is a multiple of the element's, with the next elements as far as there are any,
    /// and returns the filled part.
    ///
    /// # Errors
    /// When the input ends early or cannot be read.
    pub(crate) fn fill<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b mut [u8], Error> {
        let size = usize::try_from(self.bytes_left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let filled = &mut buffer[..size];
        self.input.read_exact(filled).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                self.origin.malformed(format!("ends {} bytes before the last element", self.bytes_left))
            }
            _ => self.origin.reading(source),
        })?;
        self.bytes_left -= size as u64;
        if self.big_endian && self.dtype.word_bytes() > 1 {
            filled.chunks_exact_mut(self.dtype.word_bytes()).for_each(<[u8]>::reverse);
        }
        Ok(filled)
    }
}

impl Elements<'_> {
    /// Reads what little may follow the last element, so that a checksum at the end is checked.
    ///
    /// # Errors
    /// When the checksum is wrong.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let mut byte = [0];
        self.input.read(&mut byte).map(drop).map_err(|source| self.origin.reading(source))
    }
}

/// The index along each axis of the element at `position` in row-major order.
pub(crate) fn unravel(shape: &[u64], mut position: u64) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (axis, length) in index.iter_mut().zip(shape).rev() {
        *axis = position % (*length).max(1);
        position /= (*length).max(1);
    }
    index
}

/// Gathers a strided view into row-major order. `storage` holds elements of `size` bytes; strides and offset count
/// elements.
///
/// Returns `None` where the view reaches outside the storage.
pub(crate) fn gather(
    storage: &[u8],
    size: usize,
    offset: u64,
    shape: &[u64],
    strides: &[u64],
) -> Option<Vec<u8>> {
    let total = count(shape)?;
    if total == 0 {
        return Some(Vec::new());
    }
    let reach = shape.iter().zip(strides).try_fold(offset, |reach, (length, stride)| {
        (length - 1).checked_mul(*stride).and_then(|step| reach.checked_add(step))
    })?;
    let available = (storage.len() / size) as u64;
    if reach >= available {
        return None;
    }
    let mut gathered = Vec::with_capacity(usize::try_from(total).ok()?.checked_mul(size)?);
    let mut index = vec![0_u64; shape.len()];
    let mut place = offset;
    for _ in 0..total {
        let start = usize::try_from(place).ok()? * size;
        gathered.extend_from_slice(&storage[start..start + size]);
        // Counts up like an odometer, last axis fastest, and moves `place` along.
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            place += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            place -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    Some(gathered)
}

/// The strides, in elements, of a contiguous tensor.
pub(crate) fn contiguous(shape: &[u64], column_major: bool) -> Vec<u64> {
    let mut strides = vec![1; shape.len()];
    let mut step = 1_u64;
    for place in 0..shape.len() {
        let axis = if column_major { place } else { shape.len() - 1 - place };
        strides[axis] = step;
        step = step.saturating_mul(shape[axis].max(1));
    }
    strides
}

fn signed(bytes: &[u8]) -> i64 {
    let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    let mut word = [fill; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(word)
}

fn unsigned(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

fn complex<R: Real>(bytes: &[u8]) -> String {
    let (real, imaginary) = bytes.split_at(R::BYTES);
    format!("{} + {} i", R::from_le(real).show(), R::from_le(imaginary).show())
}

fn wide(bytes: &[u8]) -> String {
    let letter = |word: &[u8]| {
        let code = u32::try_from(unsigned(word)).unwrap_or(u32::MAX);
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    bytes.chunks_exact(4).map(letter).collect()
}

/// All bytes, in their order, as one hexadecimal number. Never shortened: texts of this kind are compared.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;
    use std::path::Path;

    #[test]
    fn an_index_is_where_the_element_stands_in_row_major_order() {
        assert_eq!(unravel(&[3, 4], 7), [1, 3]);
        assert_eq!(unravel(&[], 0), Vec::<u64>::new());
    }

    #[test]
    fn gathering_a_transposed_view_gives_row_major_order() {
        let storage = [1, 2, 3, 4, 5, 6];
        assert_eq!(gather(&storage, 1, 0, &[2, 3], &contiguous(&[2, 3], true)).unwrap(), [1, 3, 5, 2, 4, 6]);
        assert_eq!(gather(&storage, 1, 1, &[2], &[4]).unwrap(), [2, 6]);
        assert_eq!(gather(&storage, 1, 2, &[3], &[0]).unwrap(), [3, 3, 3]);
        assert_eq!(gather(&storage, 2, 1, &[2], &[1]).unwrap(), [3, 4, 5, 6]);
    }

    #[test]
    fn a_view_that_leaves_its_storage_is_refused() {
        assert_eq!(gather(&[0; 6], 1, 0, &[7], &[1]), None);
        assert_eq!(gather(&[0; 6], 1, u64::MAX, &[2], &[1]), None);
        assert_eq!(gather(&[0; 6], 1, 0, &[u64::MAX, u64::MAX], &[0, 0]), None);
    }

    #[test]
    fn sizes_that_overflow_are_errors_unless_an_axis_is_empty() {
        assert_eq!(byte_length(&Dtype::F64, &[u64::MAX, 2]), None);
        assert_eq!(byte_length(&Dtype::F64, &[u64::MAX, 2, 0]), Some(0));
        assert_eq!(byte_length(&Dtype::F64, &[]), Some(8));
    }

    #[test]
    fn big_endian_words_are_turned_round_and_a_short_input_is_malformed() {
        let origin = Origin::new(Path::new("x.npy"), Format::Npy);
        let bytes: &[u8] = &[0, 1, 0, 2, 0];
        let mut elements = Elements::new(&origin, Dtype::Signed(2), vec![3], Box::new(bytes)).unwrap();
        elements.big_endian = true;
        assert_eq!(*elements.fill(&mut [0; 4]).unwrap(), [1, 0, 2, 0]);
        let error = elements.fill(&mut [0; 4]).unwrap_err();
        assert_eq!(error.to_string(), "`x.npy`: malformed npy: ends 2 bytes before the last element");
    }

    #[test]
    fn elements_are_shown_by_their_type() {
        assert_eq!(Dtype::Bool.show(&[1]), "true");
        assert_eq!(Dtype::Signed(2).show(&[0xfe, 0xff]), "-2");
        assert_eq!(Dtype::Unsigned(2).show(&[0xfe, 0xff]), "65534");
        assert_eq!(Dtype::WideText(12).show(&[97, 0, 0, 0, 98, 0, 0, 0, 0, 0, 0, 0]), "\"ab\"");
        assert_eq!(Dtype::ByteText(3).show(b"ab\0"), "\"ab\"");
        assert_eq!(Dtype::Raw { name: "V2".to_owned(), bytes: 2 }.show(&[1, 255]), "0x01ff");
        assert_eq!(
            Dtype::Complex64.show(&[0, 0, 128, 63, 0, 0, 0, 192]),
            "1.0 (0x3f800000) + -2.0 (0xc0000000) i"
        );
    }
}
