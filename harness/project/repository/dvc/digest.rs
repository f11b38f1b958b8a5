//! MD5 as DVC computes it: of the bytes, and before version 3 of a text with its line ends made LF.

use std::io::Read as _;
use std::path::Path;

use md5::{Digest as _, Md5};

use crate::artifact::open;

/// MD5 of a file, and of the same with LF for every CRLF.
pub(super) fn digests(path: &Path) -> Result<(String, String), String> {
    let mut file = open::regular(path).map_err(|error| error.to_string())?;
    let (mut plain, mut converted) = (Md5::new(), Md5::new());
    let mut buffer = vec![0; open::CHUNK_BYTES];
    let mut kept = false;
    loop {
        let read = file.read(&mut buffer).map_err(|error| error.to_string())?;
        let bytes = &buffer[..read];
        if kept && bytes.first() != Some(&b'\n') {
            converted.update(b"\r");
        }
        kept = bytes.last() == Some(&b'\r');
        if read == 0 {
            return Ok((hex(plain), hex(converted)));
        }
        plain.update(bytes);
        let body = &bytes[..read - usize::from(kept)];
        let mut start = 0;
        for end in body.windows(2).enumerate().filter(|(_, pair)| *pair == b"\r\n").map(|(at, _)| at) {
            converted.update(&body[start..end]);
            start = end + 1;
        }
        converted.update(&body[start..]);
    }
}

fn hex(digest: Md5) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = digest.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn line_ends_are_made_lf_as_a_plain_reference_does(text in "[a\r\n]{0,40}") {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("x");
            std::fs::write(&path, &text).expect("a file");
            let (plain, converted) = digests(&path).expect("digests");
            let md5 = |text: &str| { let mut digest = Md5::new(); digest.update(text.as_bytes()); hex(digest) };
            prop_assert_eq!(plain, md5(&text));
            prop_assert_eq!(converted, md5(&text.replace("\r\n", "\n")));
        }
    }
}
