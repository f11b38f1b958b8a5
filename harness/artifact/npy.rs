//! NumPy's `.npy`: a short header in Python's syntax, then the elements. Layout: numpy.lib.format, versions 1 to 3.
//!
//! Arrays of Python objects are pickles; they are named as such and never unpickled.

use std::io::Read;

use super::error::{Error, Origin};
use super::open;
use super::tensor::{Dtype, Elements};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Limit on the header. NumPy's own limit is 10,000 characters; structures with many fields need more.
const HEADER_BYTES_MAX: u64 = 1 << 20;

/// What an `.npy` holds.
pub(crate) enum Array<'a> {
    /// Elements of a fixed size.
    Elements(Elements<'a>),
    /// A pickle of Python objects.
    Objects,
}

/// All numbers of an array, as the bytes that they have in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawArray {
    /// Type of the numbers, such as `f32`.
    pub dtype: String,
    /// How many.
    pub count: u64,
    /// Little-endian, in row-major order.
    pub bytes: Vec<u8>,
}

/// Reads an `.npy` file whole.
///
/// # Errors
/// When it is malformed, holds Python objects, or is in Fortran order.
pub fn raw_array(path: &std::path::Path) -> Result<RawArray, Error> {
    let origin = Origin::new(path, super::Format::Npy);
    let Array::Elements(mut elements) = open(&origin)? else {
        return Err(origin.malformed("holds Python objects, which are never unpickled".to_owned()));
    };
    if elements.column_major && elements.shape.len() > 1 {
        return Err(origin.malformed("is in Fortran order; save it with `order=\"C\"`".to_owned()));
    }
    let mut bytes = vec![0; usize::try_from(elements.bytes_left()).unwrap_or(usize::MAX)];
    elements.fill(&mut bytes)?;
    Ok(RawArray { dtype: elements.dtype.name(), count: elements.shape.iter().product(), bytes })
}

/// Opens an `.npy` file.
///
/// # Errors
/// When it is malformed, or longer or shorter than its header says.
pub(crate) fn open(origin: &Origin) -> Result<Array<'static>, Error> {
    let file = open::regular(&origin.path)?;
    let length = open::length(&file, &origin.path)?;
    read(origin, length, Box::new(std::io::BufReader::with_capacity(open::CHUNK_BYTES, file)))
}

/// Reads the header of an array of `length` bytes altogether and checks its size against that.
///
/// # Errors
/// When it is malformed, or longer or shorter than its header says.
pub(crate) fn read<'a>(
    origin: &Origin,
    length: u64,
    mut input: Box<dyn Read + 'a>,
) -> Result<Array<'a>, Error> {
    let (prefix, text) = header_text(origin, &mut input)?;
    let header =
        parse(&text).ok_or_else(|| origin.malformed(format!("header {text:?} is not understood")))?;
    let Descr::Fixed { dtype, big_endian } = header.descr else { return Ok(Array::Objects) };
    let mut elements = Elements::new(origin, dtype, header.shape, input)?;
    let available = length.saturating_sub(prefix);
    if elements.bytes_left() != available {
        let needed = elements.bytes_left();
        let what = elements.describe();
        return Err(
            origin.malformed(format!("{what} takes {needed} bytes, but {available} follow the header"))
        );
    }
    elements.column_major = header.column_major;
    elements.big_endian = big_endian;
    Ok(Array::Elements(elements))
}

/// The header's text, and how many bytes came before the first element.
fn header_text(origin: &Origin, input: &mut dyn Read) -> Result<(u64, String), Error> {
    let short = |_| origin.malformed("ends within its header");
    let mut start = [0; 8];
    input.read_exact(&mut start).map_err(short)?;
    if !start.starts_with(MAGIC) {
        return Err(origin.malformed("does not begin with the magic bytes `\\x93NUMPY`"));
    }
    let (size, prefix) = match start[6] {
        1 => {
            let mut size = [0; 2];
            input.read_exact(&mut size).map_err(short)?;
            (u64::from(u16::from_le_bytes(size)), 10)
        }
        2 | 3 => {
            let mut size = [0; 4];
            input.read_exact(&mut size).map_err(short)?;
            (u64::from(u32::from_le_bytes(size)), 12)
        }
        version => return Err(origin.malformed(format!("format version {version} is unknown"))),
    };
    if size > HEADER_BYTES_MAX {
        return Err(origin.malformed(format!("header claims {size} bytes")));
    }
    let mut text = Vec::new();
    input.take(size).read_to_end(&mut text).map_err(|source| origin.reading(source))?;
    if (text.len() as u64) < size {
        return Err(origin.malformed("ends within its header"));
    }
    Ok((prefix + size, String::from_utf8_lossy(&text).into_owned()))
}

struct Header {
    descr: Descr,
    column_major: bool,
    shape: Vec<u64>,
}

#[derive(Debug, PartialEq)]
enum Descr {
    Fixed { dtype: Dtype, big_endian: bool },
    Objects,
}

/// How much memory a structure takes.
enum Extent {
    Bytes(usize),
    /// It holds Python objects, which have no size.
    Objects,
}

fn parse(text: &str) -> Option<Header> {
    let mut literal = Literal { rest: text };
    literal.expect("{")?;
    let (mut descr, mut column_major, mut shape) = (None, None, None);
    while !literal.accept("}") {
        let key = literal.string()?;
        literal.expect(":")?;
        match key {
            "descr" if descr.is_none() => descr = Some(literal.descr()?),
            "fortran_order" if column_major.is_none() => column_major = Some(literal.boolean()?),
            "shape" if shape.is_none() => shape = Some(literal.shape()?),
            _ => return None,
        }
        if !literal.accept(",") {
            literal.expect("}")?;
            break;
        }
    }
    literal.rest.trim().is_empty().then_some(())?;
    Some(Header { descr: descr?, column_major: column_major?, shape: shape? })
}

/// Limit on how deep a structured type may nest.
const NESTING_MAX: usize = 16;

/// Reads the few Python literals that a header is made of.
struct Literal<'a> {
    rest: &'a str,
}

impl<'a> Literal<'a> {
    fn accept(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.accept(token).then_some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'))?;
        let (text, rest) = rest[1..].split_once(quote)?;
        self.rest = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        if self.accept("True") {
            return Some(true);
        }
        self.accept("False").then_some(false)
    }

    fn number(&mut self) -> Option<u64> {
        let rest = self.rest.trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        self.rest = rest[end..].strip_prefix('L').unwrap_or(&rest[end..]);
        rest[..end].parse().ok()
    }

    fn shape(&mut self) -> Option<Vec<u64>> {
        self.expect("(")?;
        let mut shape = Vec::new();
        while !self.accept(")") {
            shape.push(self.number()?);
            if !self.accept(",") {
                self.expect(")")?;
                break;
            }
        }
        Some(shape)
    }

    fn descr(&mut self) -> Option<Descr> {
        let before = self.rest.trim_start();
        if !before.starts_with('[') {
            return fixed(self.string()?);
        }
        let extent = self.structure(0)?;
        let name = before[..before.len() - self.rest.len()].to_owned();
        Some(match extent {
            Extent::Bytes(bytes) => Descr::Fixed { dtype: Dtype::Raw { name, bytes }, big_endian: false },
            Extent::Objects => Descr::Objects,
        })
    }

    /// A structure `[('x', '<f8'), ('y', '<i4', (3,))]`.
    fn structure(&mut self, depth: usize) -> Option<Extent> {
        if depth == NESTING_MAX {
            return None;
        }
        self.expect("[")?;
        let mut total = Extent::Bytes(0);
        while !self.accept("]") {
            self.expect("(")?;
            self.field_name()?;
            self.expect(",")?;
            let size = self.field_type(depth)?;
            let repeats = if self.accept(",") { super::tensor::count(&self.shape()?)? } else { 1 };
            self.expect(")")?;
            total = match (total, size) {
                (Extent::Bytes(total), Extent::Bytes(size)) => {
                    let field = size.checked_mul(usize::try_from(repeats).ok()?)?;
                    Extent::Bytes(total.checked_add(field)?)
                }
                _ => Extent::Objects,
            };
            if !self.accept(",") {
                self.expect("]")?;
                break;
            }
        }
        Some(total)
    }

    /// A field's name, or its title and name.
    fn field_name(&mut self) -> Option<()> {
        if !self.accept("(") {
            return self.string().map(|_| ());
        }
        self.string()?;
        self.expect(",")?;
        self.string()?;
        self.expect(")")
    }

    fn field_type(&mut self, depth: usize) -> Option<Extent> {
        if self.rest.trim_start().starts_with('[') {
            return self.structure(depth + 1);
        }
        Some(match fixed(self.string()?)? {
            Descr::Fixed { dtype, .. } => Extent::Bytes(dtype.bytes()),
            Descr::Objects => Extent::Objects,
        })
    }
}

/// An array-protocol type string such as `<f8`.
fn fixed(text: &str) -> Option<Descr> {
    let (order, kind) = match text.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), ..] => (*order, &text[1..]),
        _ => (b'<', text),
    };
    // Units of times follow in brackets: `<M8[ns]`.
    let kind = kind.split_once('[').map_or(kind, |(kind, _)| kind);
    let letter = kind.chars().next().filter(char::is_ascii)?;
    if letter == 'O' {
        return Some(Descr::Objects);
    }
    let size: usize = kind[1..].parse().ok()?;
    let dtype = match (letter, size) {
        ('b', 1) => Dtype::Bool,
        ('i', 1 | 2 | 4 | 8) | ('M' | 'm', 8) => Dtype::Signed(size),
        ('u', 1 | 2 | 4 | 8) => Dtype::Unsigned(size),
        ('f', 2) => Dtype::F16,
        ('f', 4) => Dtype::F32,
        ('f', 8) => Dtype::F64,
        ('c', 8) => Dtype::Complex64,
        ('c', 16) => Dtype::Complex128,
        ('S' | 'a', 1..) => Dtype::ByteText(size),
        ('U', 1..) => Dtype::WideText(size.checked_mul(4)?),
        // Long doubles and plain memory; NumPy writes empty texts too, which have no bytes at all.
        ('f' | 'c' | 'V' | 'S' | 'a' | 'U', _) => Dtype::Raw { name: text.to_owned(), bytes: size },
        _ => return None,
    };
    Some(Descr::Fixed { dtype, big_endian: order == b'>' })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use proptest::prelude::*;
    use std::path::Path;

    /// An `.npy` file as NumPy writes it.
    pub(crate) fn encode(descr: &str, fortran: bool, shape: &[u64], data: &[u8]) -> Vec<u8> {
        let shape = shape.iter().fold(String::new(), |text, axis| text + &axis.to_string() + ", ");
        let fortran = if fortran { "True" } else { "False" };
        let descr = if descr.starts_with('[') { descr.to_owned() } else { format!("'{descr}'") };
        let mut header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': ({shape}), }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let size = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &size, header.as_bytes(), data].concat()
    }

    /// An `.npy` file of doubles in row-major order.
    pub(crate) fn encode_f64(shape: &[u64], values: &[f64]) -> Vec<u8> {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        encode("<f8", false, shape, &data)
    }

    fn origin() -> Origin {
        Origin::new(Path::new("x.npy"), Format::Npy)
    }

    fn complaint(bytes: &[u8]) -> String {
        match read(&origin(), bytes.len() as u64, Box::new(bytes)) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("was read"),
        }
    }

    fn elements(bytes: &[u8]) -> Elements<'_> {
        match read(&origin(), bytes.len() as u64, Box::new(bytes)) {
            Ok(Array::Elements(elements)) => elements,
            Ok(Array::Objects) => panic!("objects"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn every_plain_type_is_understood() {
        let cases = [
            ("|b1", "bool"),
            ("|i1", "i8"),
            ("<i8", "i64"),
            (">u4", "u32"),
            ("<f2", "f16"),
            ("<f4", "f32"),
            (">f8", "f64"),
            ("<c8", "complex64"),
            ("<c16", "complex128"),
            ("|S5", "S5"),
            ("<U3", "U3"),
            ("<M8[ns]", "i64"),
            ("<f16", "<f16"),
            ("[('x', '<f8'), ('y', '<i4', (2,))]", "[('x', '<f8'), ('y', '<i4', (2,))]"),
        ];
        for (descr, name) in cases {
            let Some(Descr::Fixed { dtype, .. }) = (Literal { rest: &quoted(descr) }).descr() else {
                panic!("{descr}")
            };
            assert_eq!(dtype.name(), name);
            let bytes = encode(descr, true, &[2, 1], &vec![0; 2 * dtype.bytes()]);
            let elements = elements(&bytes);
            assert_eq!((elements.shape.as_slice(), elements.column_major), ([2, 1].as_slice(), true));
            assert_eq!(elements.big_endian, descr.starts_with('>'));
        }
    }

    fn quoted(descr: &str) -> String {
        if descr.starts_with('[') { descr.to_owned() } else { format!("'{descr}'") }
    }

    #[test]
    fn arrays_of_objects_are_pickles_and_stay_closed() {
        for descr in ["|O", "[('x', '<f8'), ('y', '|O')]"] {
            let bytes = encode(descr, false, &[2], b"\x80\x04.");
            assert!(matches!(read(&origin(), bytes.len() as u64, Box::new(&bytes[..])), Ok(Array::Objects)));
        }
    }

    #[test]
    fn corrupt_files_are_told_apart() {
        assert!(complaint(b"").contains("ends within its header"));
        assert!(complaint(b"not numpy at all").contains("magic bytes"));
        assert!(complaint(b"\x93NUMPY\x09\x00\x00\x00").contains("version 9"));
        assert!(complaint(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{").contains("claims 4294967295 bytes"));
        assert!(complaint(b"\x93NUMPY\x01\x00\x05\x00{abc}").contains("not understood"));
        let short = encode("<f8", false, &[3], &[0; 16]);
        assert!(complaint(&short).contains("f64[3] takes 24 bytes, but 16 follow"), "{}", complaint(&short));
        let absurd = encode("<f8", false, &[u64::MAX, 3], &[0; 16]);
        assert!(complaint(&absurd).contains("overflows"), "{}", complaint(&absurd));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = read(&origin(), bytes.len() as u64, Box::new(&bytes[..]));
        }

        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..128, byte in any::<u8>()) {
            let mut bytes = encode("[('x', '<f8'), ('y', '<i4', (2,))]", false, &[2], &[0; 32]);
            bytes[place] = byte;
            if let Ok(Array::Elements(mut elements)) = read(&origin(), bytes.len() as u64, Box::new(&bytes[..])) {
                let _ = elements.fill(&mut [0; 64]);
            }
        }

        #[test]
        fn no_header_text_makes_the_parser_panic(text in "[\\[\\](){}',:a-z<>0-9 ]{0,60}") {
            let _ = parse(&text);
        }
    }
}
