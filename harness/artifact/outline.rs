//! A few lines that say what an artifact holds: what a snapshot keeps beside the digest, so that a person who reviews a
//! change sees more than two hashes.

use super::archive::Archive;
use super::error::{Error, Origin};
use super::npy::{self, Array};
use super::safetensors::Safetensors;
use super::tensor::Elements;
use super::{Artifact, Format, table};

/// Values shown of each tensor, and rows of each table.
const SHOWN: usize = 3;
/// Tensors shown of a container; the digest covers the others.
const TENSORS_MAX: usize = 64;

/// Shape, type and first values (decimal and hex bits) of tensors; columns, row count and first rows of tables; nothing
/// for other formats, nor for files that are not what their format says (their digest stands for them).
///
/// # Errors
/// Where the file cannot be read at all.
pub fn outline(artifact: &Artifact) -> Result<Vec<String>, Error> {
    let origin = Origin::new(&artifact.path, artifact.format);
    let lines = match artifact.format {
        Format::Npy => npy::open(&origin).and_then(|array| array_lines("", array)),
        Format::Npz => npz(&origin),
        Format::Safetensors => safetensors(&origin),
        Format::Csv | Format::Tsv | Format::Parquet => rows(&origin),
        _ => Ok(Vec::new()),
    };
    match lines {
        Err(error) if error.is_about_content() => Ok(Vec::new()),
        other => other,
    }
}

fn npz(origin: &Origin) -> Result<Vec<String>, Error> {
    let mut archive = Archive::open(origin)?;
    let mut lines = Vec::new();
    for name in archive.names().to_vec().into_iter().take(TENSORS_MAX) {
        let (length, input) = archive.entry(&name)?;
        let array = npy::read(origin, length, input)?;
        lines.extend(array_lines(name.strip_suffix(".npy").unwrap_or(&name), array)?);
    }
    Ok(lines)
}

fn safetensors(origin: &Origin) -> Result<Vec<String>, Error> {
    let file = Safetensors::open(origin)?;
    let mut lines = Vec::new();
    for name in file.names().into_iter().take(TENSORS_MAX) {
        lines.push(tensor_line(&name, file.elements(&name)?)?);
    }
    Ok(lines)
}

fn array_lines(name: &str, array: Array<'_>) -> Result<Vec<String>, Error> {
    match array {
        Array::Elements(elements) => Ok(vec![tensor_line(name, elements)?]),
        Array::Objects => Ok(vec![format!("{name}: Python objects, not read")]),
    }
}

fn tensor_line(name: &str, mut elements: Elements<'_>) -> Result<String, Error> {
    let what = elements.describe();
    let dtype = elements.dtype.clone();
    let mut buffer = vec![0; dtype.bytes() * SHOWN];
    let shown: Vec<String> =
        elements.fill(&mut buffer)?.chunks_exact(dtype.bytes()).map(|value| dtype.show(value)).collect();
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    Ok(format!("{name}{what} {}", shown.join(", ")).trim_end().to_owned())
}

fn rows(origin: &Origin) -> Result<Vec<String>, Error> {
    let mut table = table::open(origin)?;
    let columns = table.columns().to_vec();
    let mut lines = vec![format!("columns: {}", columns.join(", "))];
    let mut count = 0_u64;
    while table.advance()? {
        if lines.len() <= SHOWN {
            let cells: Vec<String> = (0..columns.len()).map(|column| table.cell(column).show()).collect();
            lines.push(format!("row {}: {}", count + 1, cells.join(", ")));
        }
        count += 1;
    }
    lines.insert(1, format!("rows: {count}"));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::{Digest, npy};
    use super::*;

    fn artifact(folder: &tempfile::TempDir, name: &str, bytes: &[u8], format: Format) -> Artifact {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Artifact { path, format, id: Vec::new(), digest: Digest::of_bytes(bytes) }
    }

    #[test]
    fn a_tensor_shows_shape_and_first_values_with_their_bits() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = npy::tests::encode_f64(&[2, 2], &[0.1, 1.0, 2.0, 3.0]);
        let lines = outline(&artifact(&folder, "a.npy", &bytes, Format::Npy)).unwrap();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("f64[2, 2] 0.1 (0x3fb999999999999a), 1"), "{lines:?}");
        assert!(!lines[0].contains("3 (0x4008"), "only the first values are shown: {lines:?}");
    }

    #[test]
    fn a_table_shows_columns_row_count_and_first_rows() {
        let folder = tempfile::tempdir().unwrap();
        let csv = artifact(&folder, "a.csv", b"id,score\n1,0.5\n2,0.25\n3,1\n4,2\n", Format::Csv);
        let lines = outline(&csv).unwrap();
        assert_eq!(lines[..3], ["columns: id, score", "rows: 4", "row 1: 1, 0.5 (0x3fe0000000000000)"]);
        assert_eq!(lines.len(), 2 + SHOWN);
    }

    #[test]
    fn a_file_that_is_not_what_it_says_has_no_outline() {
        let folder = tempfile::tempdir().unwrap();
        let lines = outline(&artifact(&folder, "a.npy", b"not an array", Format::Npy)).unwrap();
        assert_eq!(lines, Vec::<String>::new());
    }
}
