//! Reading the files of a project, with limits.

use std::io::Read as _;
use std::path::Path;

use super::node::Fault;

/// Bytes of one file. Lock files of large projects have a few million.
const BYTES_MAX: u64 = 64 << 20;

/// The text of a file: UTF-8 with or without a mark, or UTF-16 with one, which `pip freeze > FILE` leaves on Windows and pip
/// reads.
pub(super) fn read(path: &Path) -> Result<String, Fault> {
    let fault = |message: String| Fault { line: None, message };
    let cannot = |error: std::io::Error| fault(format!("cannot be read: {error}"));
    let data = path.metadata().map_err(cannot)?;
    if !data.is_file() {
        return Err(fault("is no regular file".to_owned()));
    }
    if data.len() > BYTES_MAX {
        return Err(fault(format!("is larger than {} MiB", BYTES_MAX >> 20)));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes))
        .map_err(cannot)?;
    decode(&bytes).map_err(fault)
}

fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "is not valid UTF-16".to_owned())
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            if text.contains(&0) {
                return Err("holds NUL bytes: it is no text".to_owned());
            }
            String::from_utf8(text.to_vec()).map_err(|_| "is not valid UTF-8".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_with_a_mark_is_read_as_pip_reads_it() {
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, b'\n', 0]).as_deref(), Ok("a\n"));
        assert_eq!(decode(b"\xef\xbb\xbfa").as_deref(), Ok("a"));
        assert!(decode(b"a\0b").is_err());
        assert!(decode(b"\xe9").is_err());
    }
}
