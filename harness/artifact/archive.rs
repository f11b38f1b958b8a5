//! Zip files as sorted names and streams of bytes, with limits against archives made to exhaust a machine.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::CompressionMethod;
use zip::result::ZipError;

use super::error::{Error, Origin};
use super::open;

/// Limit on the entries of one archive.
const ENTRIES_MAX: usize = 1_000_000;

/// Limit on what one archive may unfold to: 256 GiB, for deflate reaches a factor of a thousand.
const UNPACKED_BYTES_MAX: u128 = 256 << 30;

/// An open zip file.
pub(crate) struct Archive {
    zip: zip::ZipArchive<BufReader<File>>,
    origin: Origin,
    names: Vec<String>,
}

impl Archive {
    /// # Errors
    /// When the file is not a zip file, has two entries of one name, or exceeds the limits.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        let file = BufReader::new(open::regular(&origin.path)?);
        let zip = zip::ZipArchive::new(file).map_err(|error| unzip(origin, error))?;
        if zip.len() > ENTRIES_MAX {
            return Err(origin.malformed(format!("more than {ENTRIES_MAX} zip entries")));
        }
        if zip.has_duplicate_names() {
            return Err(origin.malformed("two zip entries have one name"));
        }
        let mut names = Vec::with_capacity(zip.len());
        let mut unpacked = 0;
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|error| unzip(origin, error))?;
            unpacked += u128::from(entry.size());
            names.push(entry.name().map_err(|error| unzip(origin, error))?.into_owned());
        }
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(origin.malformed(format!("would unpack to {unpacked} bytes")));
        }
        names.sort_unstable();
        Ok(Self { zip, origin: origin.clone(), names })
    }

    /// The names of all entries, sorted.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// An entry's unpacked length as its header declares it, if there is such an entry.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        let index = self.zip.index_for_name(name)?;
        self.zip.by_index_data(index).ok().map(|entry| entry.size())
    }

    /// One entry's unpacked length as its header declares it, and its bytes, unpacked while they are read.
    ///
    /// # Errors
    /// When there is no such entry, or it is encrypted or packed in a way that is not supported.
    pub(crate) fn entry(&mut self, name: &str) -> Result<(u64, Box<dyn Read + '_>), Error> {
        let origin = &self.origin;
        let entry = self.zip.by_name(name).map_err(|error| unzip(origin, error))?;
        Ok((entry.size(), Box::new(entry)))
    }

    /// One entry's bytes from `start` on; jumps there where the entry is not compressed.
    ///
    /// # Errors
    /// As [`Archive::entry`], and when the entry ends before `start`.
    pub(crate) fn entry_from(&mut self, name: &str, start: u64) -> Result<Box<dyn Read + '_>, Error> {
        let origin = self.origin.clone();
        let index =
            self.zip.index_for_name(name).ok_or_else(|| origin.malformed(format!("no entry `{name}`")))?;
        let stored = self.zip.by_index_data(index).map_err(|error| unzip(&origin, error))?.compression();
        if start > 0 && stored == CompressionMethod::Stored {
            let mut entry = self.zip.by_index_seek(index).map_err(|error| unzip(&origin, error))?;
            entry.seek(SeekFrom::Start(start)).map_err(|source| origin.reading(source))?;
            return Ok(Box::new(entry));
        }
        let (_, mut reader) = self.entry(name)?;
        let skipped = std::io::copy(&mut reader.by_ref().take(start), &mut std::io::sink());
        match skipped {
            Ok(count) if count == start => Ok(reader),
            Ok(_) => Err(origin.malformed(format!("entry `{name}` ends before byte {start}"))),
            Err(source) => Err(origin.reading(source)),
        }
    }

    /// One entry's bytes in memory.
    ///
    /// # Errors
    /// As [`Archive::entry`], and when it takes more than `limit` bytes.
    pub(crate) fn whole(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let origin = self.origin.clone();
        let (bytes, reader) = self.entry(name)?;
        origin.fits(&format!("entry `{name}`"), bytes, limit)?;
        let mut content = Vec::new();
        reader.take(limit).read_to_end(&mut content).map_err(|source| origin.reading(source))?;
        Ok(content)
    }
}

fn unzip(origin: &Origin, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) => origin.reading(source),
        other => origin.malformed(other.to_string()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::artifact::Format;
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    /// A zip file of the given entries, stored or deflated.
    pub(crate) fn pack(entries: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
        let method = if deflated { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn names_are_sorted_and_entries_can_be_read_from_the_middle() {
        for deflated in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a.zip");
            std::fs::write(&path, pack(&[("b", b"0123456789"), ("a", b"x")], deflated)).unwrap();
            let mut archive = Archive::open(&Origin::new(&path, Format::Npz)).unwrap();
            assert_eq!(archive.names(), ["a", "b"]);
            let mut rest = String::new();
            archive.entry_from("b", 7).unwrap().read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "789");
            assert!(archive.whole("b", 9).unwrap_err().to_string().contains("more than the 9 allowed"));
            assert!(archive.entry("c").is_err());
        }
    }
}
