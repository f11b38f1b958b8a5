//! Gzip files, zip files that hold one file, and parquet: unpacked while they are read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::read::{DeflateDecoder, MultiGzDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::parquet;

/// The bytes of a file, or of what is packed in it.
pub(super) type Stream = Box<dyn Read>;

/// What is packed in a file, or the file itself; and whether it was packed. `path` is where the file lies.
pub(super) fn unpacked(mut file: File, path: &Path) -> io::Result<(Stream, bool)> {
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => Ok((Box::new(MultiGzDecoder::new(file)), true)),
        b"PK\x03\x04" => from_zip(file),
        b"PAR1" => Ok(match parquet::Rows::open(path) {
            Ok(rows) => (Box::new(rows), true),
            // The bytes speak for themselves then.
            Err(_) => (Box::new(file), false),
        }),
        _ => Ok((Box::new(file), false)),
    }
}

/// Whether a file begins as gzip does.
pub(super) fn is_gzip(path: &Path) -> bool {
    let mut magic = [0; 2];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == [0x1f, 0x8b]
}

/// The only file of an archive; the archive itself, where there are more, or one that is packed in another way.
fn from_zip(mut file: File) -> io::Result<(Stream, bool)> {
    let Some((start, length, method)) = only_entry(&file) else {
        file.seek(SeekFrom::Start(0))?;
        return Ok((Box::new(file), false));
    };
    file.seek(SeekFrom::Start(start))?;
    let packed = BufReader::new(file).take(length);
    Ok(if method == CompressionMethod::Stored {
        (Box::new(packed), true)
    } else {
        (Box::new(DeflateDecoder::new(packed)), true)
    })
}

/// Where the bytes of the only file lie, how many they are, and how they are packed.
fn only_entry(file: &File) -> Option<(u64, u64, CompressionMethod)> {
    let mut archive = ZipArchive::new(BufReader::new(file)).ok()?;
    // Archives made on a Mac hold a hidden twin of each file.
    let is_file = |name: &str| !name.ends_with('/') && !name.starts_with("__MACOSX/");
    let names: Result<Vec<String>, _> = archive.file_names().map(|name| name.map(Cow::into_owned)).collect();
    let mut names = names.ok()?;
    names.retain(|name| is_file(name));
    let [name] = names.as_slice() else { return None };
    let entry = archive.by_name(name).ok()?;
    let known = [CompressionMethod::Stored, CompressionMethod::Deflated].contains(&entry.compression());
    let start = entry.data_start()?;
    (known && !entry.encrypted()).then_some((start, entry.compressed_size(), entry.compression()))
}
