//! How two artifacts differ: one file per kind of content, all counting into one tally.

use super::{Class, Difference};
use crate::artifact::{Artifact, Error, Format};

mod bytes;
mod floats;
mod json;
mod lens;
mod named;
mod png;
mod rows;
mod table;
mod tally;
mod tensor;
mod text;
mod torch;
mod tree;

pub use lens::{Lens, Partial, compare_part};

/// Compares two artifacts by value, as far as their format is known.
///
/// Equal digests are identical, and nothing is read. Otherwise values are compared as the format has them; where one
/// side cannot be parsed as its format, or the formats differ, bytes are compared and the note says why.
///
/// # Errors
/// When a file cannot be read at all, or is a pipe, a device or a link.
pub fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    if left.digest == right.digest {
        return Ok(Difference::identical());
    }
    if left.format != right.format {
        let note = format!("{} on one side, {} on the other", left.format.name(), right.format.name());
        return other_formats(left, right, note);
    }
    match by_value(left, right) {
        Ok(difference) => Ok(contained(difference)),
        Err(error) if error.is_about_content() => {
            let side = if error.path == left.path { "first" } else { "second" };
            let note = format!(
                "compared byte by byte, for the {side} is no valid {}: {}",
                left.format.name(),
                error.fault
            );
            let mut difference = bytes::compare(left, right)?;
            difference.note = Some(note);
            Ok(difference)
        }
        Err(error) => Err(error),
    }
}

fn by_value(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    match left.format {
        Format::Csv | Format::Tsv | Format::Parquet => table::compare(left, right),
        Format::Json => json::compare(left, right),
        Format::Jsonl => json::compare_lines(left, right),
        Format::Npy => tensor::compare_npy(left, right),
        Format::Npz => named::compare_npz(left, right),
        Format::Safetensors => named::compare_safetensors(left, right),
        Format::Torch => torch::compare(left, right),
        Format::Png => png::compare(left, right),
        Format::Text => text::compare(left, right),
        Format::Tree => tree::compare(left, right),
        Format::Onnx | Format::Pickle => {
            let mut difference = bytes::compare(left, right)?;
            difference.note = Some(format!("{} files are compared byte by byte", left.format.name()));
            Ok(difference)
        }
        Format::Bytes => bytes::compare(left, right),
    }
}

fn other_formats(left: &Artifact, right: &Artifact, note: String) -> Result<Difference, Error> {
    let mut difference = if left.format == Format::Tree || right.format == Format::Tree {
        Difference {
            class: Class::Shape,
            place: Some(super::Place::Whole),
            left: Some(left.format.name().to_owned()),
            right: Some(right.format.name().to_owned()),
            ..Difference::identical()
        }
    } else {
        bytes::compare(left, right)?
    };
    difference.note = Some(note);
    Ok(difference)
}

/// The digests differ: where no value does, the container must.
fn contained(mut difference: Difference) -> Difference {
    difference.class = difference.class.max(Class::ContainerOnly);
    difference
}

#[cfg(test)]
mod tests;
