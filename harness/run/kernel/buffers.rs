//! Bytes of buffers: made by the declared rules, kept as `.npy` files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use super::Outputs;
use crate::artifact::float::{Half, Real as _};
use crate::artifact::{Artifact, Format};
use crate::case::Kernel;
use crate::case::kernel::{Buffer, Contents};
use crate::plan::kernel::Change;
use crate::run::{Error, store::Store};
use crate::wgsl::{Scalar, fill};

/// The byte in scratch buffers, unless a change says otherwise: what WebGPU sets fresh buffers to.
const FRESH: u8 = 0;

/// The bytes of every buffer before a run.
pub(super) fn inputs(kernel: &Kernel) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    kernel.buffers.iter().map(|(name, buffer)| Ok((name.clone(), contents(name, buffer)?))).collect()
}

fn contents(name: &str, buffer: &Buffer) -> Result<Vec<u8>, Error> {
    match &buffer.contents {
        Contents::Scratch => Ok(vec![FRESH; usize::try_from(buffer.bytes()).unwrap_or(usize::MAX)]),
        Contents::Made(rule) => fill::fill(rule, buffer.scalar, buffer.count())
            .map_err(|source| Error::Buffer { name: name.to_owned(), what: source.to_string() }),
        Contents::File(path) => {
            let array = crate::artifact::raw_array(path)?;
            let wanted = buffer.scalar.name();
            if array.dtype != wanted || array.count != buffer.count() {
                let what = format!(
                    "`{}` holds {} numbers of type {}, but {} of {wanted} are declared",
                    path.display(),
                    array.count,
                    array.dtype,
                    buffer.count()
                );
                return Err(Error::Buffer { name: name.to_owned(), what });
            }
            Ok(array.bytes)
        }
    }
}

/// The buffers as a change has them: cut to some rows, or filled with a poison.
pub(super) fn changed(
    kernel: &Kernel,
    inputs: &BTreeMap<String, Vec<u8>>,
    change: &Change,
) -> BTreeMap<String, Vec<u8>> {
    let mut all = inputs.clone();
    for (name, bytes) in &mut all {
        let Some(buffer) = kernel.buffers.get(name) else { continue };
        bytes.truncate(usize::try_from(bytes_with(kernel, name, buffer, change)).unwrap_or(usize::MAX));
        if let (Change::Poison(poison), true) = (change, buffer.is_scratch()) {
            bytes.fill(*poison);
        }
    }
    all
}

/// Bytes that a buffer has with a change.
pub(super) fn bytes_with(kernel: &Kernel, name: &str, buffer: &Buffer, change: &Change) -> u64 {
    match (change, &kernel.rows) {
        (Change::Rows(count), Some(rows)) if rows.buffers.iter().any(|listed| listed == name) => {
            count * rows.row * buffer.scalar.bytes() as u64
        }
        _ => buffer.bytes(),
    }
}

/// The shape that a buffer has with so many bytes.
fn shape(buffer: &Buffer, bytes: usize) -> Vec<u64> {
    if bytes as u64 == buffer.bytes() {
        return buffer.shape.clone();
    }
    // Rows that were computed alone are compared as a list with the beginning of all.
    vec![bytes as u64 / buffer.scalar.bytes() as u64]
}

/// Keeps the bytes of a buffer in the store, as an array that every tool can read; those that hold no number as zeros, since
/// drivers may leave anything there.
pub(super) fn keep(buffer: &Buffer, bytes: &[u8], store: &Store, folder: &Path) -> Result<Artifact, Error> {
    let mut bytes = Cow::Borrowed(bytes);
    if let Some(padding) = &buffer.padding {
        padding.blank(bytes.to_mut());
    }
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("create", folder))?;
    let written = file
        .write_all(&header(buffer.scalar, &shape(buffer, bytes.len())))
        .and_then(|()| file.write_all(&bytes));
    written.map_err(Error::io("write", file.path()))?;
    let (_, path) = file.keep().map_err(|error| Error::io("write", folder)(error.error))?;
    let output = store.keep(&path)?;
    if path.exists() {
        // Somebody kept the same content before.
        std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
    }
    Ok(Artifact { path: output.path, format: Format::Npy, id: Vec::new(), digest: output.digest })
}

/// The numbers of a kept buffer as doubles.
///
/// # Errors
/// The file cannot be read.
pub(super) fn numbers(artifact: &Artifact, scalar: Scalar) -> Result<Vec<f64>, crate::artifact::Error> {
    let array = crate::artifact::raw_array(&artifact.path)?;
    Ok(array.bytes.chunks_exact(scalar.bytes()).map(|bytes| number(scalar, bytes)).collect())
}

/// A number from its bytes; one of the wrong length is zero.
#[expect(clippy::cast_precision_loss, reason = "distances of whole numbers beyond 2^53 need not be exact")]
pub(super) fn number(scalar: Scalar, bytes: &[u8]) -> f64 {
    let mut wide = [0; 8];
    wide[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
    let word = u32::from_le_bytes([wide[0], wide[1], wide[2], wide[3]]);
    match scalar {
        Scalar::F16 => Half(u16::from_le_bytes([wide[0], wide[1]])).value(),
        Scalar::F32 => f64::from(f32::from_bits(word)),
        Scalar::F64 => f64::from_le_bytes(wide),
        Scalar::I32 => f64::from(word.cast_signed()),
        Scalar::U32 | Scalar::U8 => f64::from(word),
        Scalar::I64 => i64::from_le_bytes(wide) as f64,
        Scalar::U64 => u64::from_le_bytes(wide) as f64,
    }
}

/// The first rows of every buffer that holds rows, kept by themselves.
pub(super) fn first_rows(
    kernel: &Kernel,
    whole: &Outputs,
    count: u64,
    store: &Store,
    folder: &Path,
) -> Result<Outputs, Error> {
    let mut cut = Outputs::new();
    for (name, artifact) in whole {
        let Some(buffer) = kernel.buffers.get(name) else { continue };
        let bytes = crate::artifact::raw_array(&artifact.path)?.bytes;
        let length = bytes_with(kernel, name, buffer, &Change::Rows(count));
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
        if length < bytes.len() {
            cut.insert(name.clone(), keep(buffer, &bytes[..length], store, folder)?);
        }
    }
    Ok(cut)
}

fn dtype(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F16 => "<f2",
        Scalar::F32 => "<f4",
        Scalar::F64 => "<f8",
        Scalar::I32 => "<i4",
        Scalar::U32 => "<u4",
        Scalar::I64 => "<i8",
        Scalar::U64 => "<u8",
        Scalar::U8 => "|u1",
    }
}

/// The header of a `.npy` file (version 1.0: NumPy Enhancement Proposal 1), padded to 64 bytes.
pub(super) fn header(scalar: Scalar, shape: &[u64]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    let comma = if axes.len() == 1 { "," } else { "" };
    let mut text = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        dtype(scalar),
        axes.join(", ")
    );
    let before = 10;
    while !(before + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [b"\x93NUMPY\x01\x00", length.to_le_bytes().as_slice(), text.as_bytes()].concat()
}
