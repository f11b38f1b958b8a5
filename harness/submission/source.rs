//! How a delimited file is opened: what its first bytes say, and what stands between its fields.

use std::path::Path;

use super::packed;
use super::scan::{CHUNK_BYTES, Row, Scanner};
use crate::artifact::{self, open};

/// What may stand between fields, the likeliest first.
pub(super) const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Records from which the delimiter is guessed.
const GUESSED_FROM: usize = 20;

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing at all.
    Empty,
    /// Text, as far as one sees.
    Text,
    /// Something else, in words.
    Other(&'static str),
}

/// An open file, its byte order mark passed over.
pub(super) struct Source {
    pub(super) scanner: Scanner<packed::Stream>,
    pub(super) content: Content,
    /// Whether it begins with the byte order mark of UTF-8.
    pub(super) bom: bool,
    pub(super) bytes: u64,
    /// Whether it was unpacked on the way.
    pub(super) packed: bool,
}

/// Opens a regular file, or what a link leads to.
pub(super) fn open(path: &Path) -> Result<Source, artifact::Error> {
    let real = std::fs::canonicalize(path).map_err(|source| artifact::Error::io(path, "open", source))?;
    let named = |error: artifact::Error| artifact::Error { path: path.to_path_buf(), ..error };
    let file = open::regular(&real).map_err(named)?;
    let bytes = open::length(&file, path)?;
    let failed = |source| artifact::Error::io(path, "read", source);
    let (stream, packed) = packed::unpacked(file, &real).map_err(failed)?;
    let scanner = Scanner::new(stream, CHUNK_BYTES);
    let mut scanner = scanner.map_err(failed)?;
    scanner.lengthen().map_err(failed)?;
    let content = content(scanner.head());
    let bom = scanner.head().starts_with(b"\xef\xbb\xbf");
    if bom {
        scanner.skip(3);
    }
    Ok(Source { scanner, content, bom, bytes, packed })
}

fn content(head: &[u8]) -> Content {
    let known: [(&[u8], &str); 9] = [
        (b"\xff\xfe\0\0", "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
        (b"\x1f\x8b", "a gzip file"),
        (b"PK\x03\x04", "a zip file of several files"),
        (b"PAR1", "a parquet file that cannot be read"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"BZh", "a bzip2 file"),
        (b"\xfd7zXZ\0", "an xz file"),
    ];
    if head.is_empty() {
        return Content::Empty;
    }
    if let Some((_, name)) = known.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Content::Other(name);
    }
    // Without a mark, UTF-16 shows as text in which every other byte is NUL.
    let head = &head[..head.len().min(1 << 12)];
    let nuls = memchr::memchr_iter(0, head).count();
    let in_pairs = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    match nuls {
        count if head.len() >= 4 && count * 5 >= head.len() * 2 && in_pairs(0).max(in_pairs(1)) == count => {
            Content::Other("UTF-16")
        }
        count if count * 10 > head.len() * 3 => Content::Other("a binary file"),
        _ => Content::Text,
    }
}

/// The delimiter that a file's ending promises.
pub(super) fn by_ending(path: &Path) -> u8 {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zip")).unwrap_or(name);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ["tsv", "tab"].iter().any(|tab| ending.eq_ignore_ascii_case(tab)) { b'\t' } else { b',' }
}

/// How wide the first records are when they are split at a byte; the last one of a head that is cut off counts
/// only where it is the only one.
fn widths(head: &[u8], delimiter: u8) -> Vec<usize> {
    let mut widths = Vec::new();
    let Ok(mut scanner) = Scanner::new(head, head.len()) else { return widths };
    scanner.set_delimiter(delimiter);
    while let Ok(Some(row)) = scanner.next() {
        if !is_filler(&row) {
            widths.push(row.width());
        }
        if widths.len() > GUESSED_FROM {
            break;
        }
    }
    if widths.len() > 1 && head.len() >= CHUNK_BYTES {
        widths.pop();
    }
    widths
}

/// The delimiter that splits the header into most fields and the records into as many, if any splits the header.
pub(super) fn guess(head: &[u8], preferred: u8) -> Option<u8> {
    let rank = |delimiter: u8| {
        let widths = widths(head, delimiter);
        let first = *widths.first()?;
        let even = widths.iter().all(|width| *width == first);
        (first > 1).then_some((even, first, delimiter == preferred))
    };
    let ranked = DELIMITERS.iter().rev().filter_map(|delimiter| Some((rank(*delimiter)?, *delimiter)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, delimiter)| delimiter)
}

/// How wide the header is when it is split at a byte.
pub(super) fn header_width(head: &[u8], delimiter: u8) -> usize {
    widths(head, delimiter).first().copied().unwrap_or(0)
}

/// The first records that hold anything, as texts: the header and the row below it.
pub(super) fn first_rows(head: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let mut rows = Vec::new();
    let Ok(mut scanner) = Scanner::new(head, head.len()) else { return rows };
    scanner.set_delimiter(delimiter);
    while let Ok(Some(row)) = scanner.next() {
        if !is_filler(&row) {
            rows.push((0..row.width()).map(|place| row.field(place).into_owned()).collect());
        }
        if rows.len() == 2 {
            break;
        }
    }
    rows
}

/// Whether a record is no row: blank, or nothing but delimiters.
pub(super) fn is_filler(row: &Row<'_>) -> bool {
    row.is_blank() || row.width() > 1 && row.width() == row.bytes.len() + 1
}

/// A delimiter in words.
pub(super) fn delimiter_word(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "a tab".to_owned(),
        b',' => "a comma".to_owned(),
        b';' => "a semicolon".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_text_from_what_is_none() {
        for (head, expected) in [
            (b"".as_slice(), Content::Empty),
            (b"id,x\n1,2\n", Content::Text),
            (b"\xff\xfei\0d\0", Content::Other("UTF-16")),
            (b"i\0d\0,\0x\0\n\0", Content::Other("UTF-16")),
            (b"\0i\0d\0,\0x", Content::Other("UTF-16")),
            (b"id,x\n1,\0\n", Content::Text),
            (b"\x1f\x8b\x08", Content::Other("a gzip file")),
            (b"PAR1", Content::Other("a parquet file that cannot be read")),
        ] {
            assert_eq!(content(head), expected, "{head:?}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_every_record_alike() {
        for (head, expected) in [
            ("id,x\n1,2\n", Some(b',')),
            ("id\tx, y\n1\t2\n", Some(b'\t')),
            ("id;x\n1;0,5\n2;0,7\n", Some(b';')),
            ("id,x\n1,\"a;b;c\"\n", Some(b',')),
            ("a|b|c\n1|2|3\n", Some(b'|')),
            ("x\n1\n", None),
            ("x\n1,2\n", None),
        ] {
            assert_eq!(guess(head.as_bytes(), b','), expected, "{head:?}");
        }
    }
}
