//! Safetensors: a JSON header with names, types, shapes and offsets, then the tensors' bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use safetensors::Dtype as Listed;
use safetensors::tensor::Metadata;

use super::error::{Error, Origin};
use super::open;
use super::tensor::{Dtype, Elements};

/// Limit on the header; the reference implementation's own.
const HEADER_BYTES_MAX: u64 = 100_000_000;

/// An open safetensors file.
pub(crate) struct Safetensors {
    origin: Origin,
    tensors: BTreeMap<String, Entry>,
    notes: BTreeMap<String, String>,
}

struct Entry {
    dtype: Dtype,
    shape: Vec<u64>,
    start: u64,
}

impl Safetensors {
    /// # Errors
    /// When the header is malformed, or does not account for every byte of the file.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        let mut file = open::regular(&origin.path)?;
        let length = open::length(&file, &origin.path)?;
        let header = header(origin, &mut file, length)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| origin.malformed(format!("header: {error}")))?;
        let start = 8 + header.len() as u64;
        if start + metadata.data_len() as u64 != length {
            let what = format!("{} bytes of tensors declared, {} there", metadata.data_len(), length - start);
            return Err(origin.malformed(what));
        }
        let mut tensors = BTreeMap::new();
        for name in metadata.offset_keys() {
            if let Some(info) = metadata.info(&name) {
                let (dtype, shape) =
                    layout(info.dtype, &info.shape, info.data_offsets.1 - info.data_offsets.0);
                tensors.insert(name, Entry { dtype, shape, start: start + info.data_offsets.0 as u64 });
            }
        }
        let notes =
            metadata.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(Self { origin: origin.clone(), tensors, notes })
    }

    /// Names of all tensors, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    /// The free texts that the writer left in the header.
    pub(crate) fn notes(&self) -> &BTreeMap<String, String> {
        &self.notes
    }

    /// One tensor.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be read.
    pub(crate) fn elements(&self, name: &str) -> Result<Elements<'static>, Error> {
        let entry =
            self.tensors.get(name).ok_or_else(|| self.origin.malformed(format!("no tensor `{name}`")))?;
        let mut file: File = open::regular(&self.origin.path)?;
        file.seek(SeekFrom::Start(entry.start)).map_err(|source| self.origin.reading(source))?;
        let input = Box::new(BufReader::with_capacity(open::CHUNK_BYTES, file));
        Elements::new(&self.origin, entry.dtype.clone(), entry.shape.clone(), input)
    }
}

fn header(origin: &Origin, file: &mut File, length: u64) -> Result<Vec<u8>, Error> {
    let mut size = [0; 8];
    file.read_exact(&mut size)
        .map_err(|_| origin.malformed("shorter than the 8 bytes of its header's size"))?;
    let size = u64::from_le_bytes(size);
    if size > HEADER_BYTES_MAX || size > length - 8 {
        return Err(origin.malformed(format!("header claims {size} bytes, the file has {length}")));
    }
    let mut header = Vec::new();
    file.take(size).read_to_end(&mut header).map_err(|source| origin.reading(source))?;
    if header.len() as u64 == size { Ok(header) } else { Err(origin.malformed("ends within its header")) }
}

fn layout(listed: Listed, shape: &[usize], bytes: usize) -> (Dtype, Vec<u64>) {
    let dtype = match listed {
        Listed::BOOL => Dtype::Bool,
        Listed::I8 => Dtype::Signed(1),
        Listed::I16 => Dtype::Signed(2),
        Listed::I32 => Dtype::Signed(4),
        Listed::I64 => Dtype::Signed(8),
        Listed::U8 => Dtype::Unsigned(1),
        Listed::U16 => Dtype::Unsigned(2),
        Listed::U32 => Dtype::Unsigned(4),
        Listed::U64 => Dtype::Unsigned(8),
        Listed::F16 => Dtype::F16,
        Listed::BF16 => Dtype::Bf16,
        Listed::F32 => Dtype::F32,
        Listed::F64 => Dtype::F64,
        Listed::C64 => Dtype::Complex64,
        other if other.bitsize() == 8 => Dtype::Raw { name: format!("{other:?}").to_lowercase(), bytes: 1 },
        // Elements smaller than a byte have no address of their own: the tensor is shown as bytes.
        other => {
            let dtype = Dtype::Raw { name: format!("packed {other:?}").to_lowercase(), bytes: 1 };
            return (dtype, vec![bytes as u64]);
        }
    };
    (dtype, shape.iter().map(|axis| *axis as u64).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use proptest::prelude::*;

    /// A safetensors file with this header and these tensor bytes.
    pub(crate) fn encode(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn read(bytes: &[u8]) -> Result<Safetensors, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.safetensors");
        std::fs::write(&path, bytes).unwrap();
        let file = Safetensors::open(&Origin::new(&path, Format::Safetensors))?;
        for name in file.names() {
            let mut elements = file.elements(&name)?;
            let size = usize::try_from(elements.bytes_left()).unwrap();
            elements.fill(&mut vec![0; size])?;
        }
        Ok(file)
    }

    const HEADER: &str = r#"{"__metadata__":{"made":"now"},"b":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[8,10]},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}"#;

    #[test]
    fn tensors_and_notes_are_read_by_name() {
        let file = read(&encode(HEADER, &[0; 10])).unwrap();
        assert_eq!(file.names(), ["a", "b"]);
        assert_eq!(file.notes()["made"], "now");
        assert_eq!(file.tensors["a"].dtype, Dtype::Bf16);
        assert_eq!(file.tensors["b"].dtype, Dtype::Raw { name: "f8_e4m3".to_owned(), bytes: 1 });
    }

    #[test]
    fn corrupt_files_are_told_apart() {
        let complaint = |bytes: &[u8]| read(bytes).err().unwrap().to_string();
        assert!(complaint(b"abc").contains("shorter than the 8 bytes"));
        assert!(complaint(&[0xff; 20]).contains("header claims"));
        assert!(complaint(&encode("{", b"")).contains("header: "));
        assert!(complaint(&encode(HEADER, &[0; 9])).contains("10 bytes of tensors declared, 9 there"));
        let absurd = r#"{"a":{"dtype":"F64","shape":[18446744073709551615,2],"data_offsets":[0,8]}}"#;
        assert!(complaint(&encode(absurd, &[0; 8])).contains("header: "));
        let overlap = r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#;
        assert!(complaint(&encode(overlap, &[0; 3])).contains("header: "));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), size in 0_u64..64) {
            let _ = read(&bytes);
            let _ = read(&[&size.to_le_bytes(), bytes.as_slice()].concat());
        }

        #[test]
        fn no_mutation_makes_the_reader_panic(place in 0_usize..160, byte in any::<u8>()) {
            let mut bytes = encode(HEADER, &[0; 10]);
            let last = bytes.len() - 1;
            bytes[place.min(last)] = byte;
            let _ = read(&bytes);
        }
    }
}
