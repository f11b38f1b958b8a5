//! The sha256 of a file or of a directory.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::open;
use super::tree::{self, Kind};

/// The sha256 of an artifact's bytes (of a directory: of its sorted listing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that is not 64 lowercase hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sha256 digest: 64 lowercase hexadecimal digits are needed")]
pub struct DigestParseError(String);

impl Digest {
    /// The digest of bytes in memory.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a regular file's content, read through a small buffer.
    ///
    /// # Errors
    /// When it is not a regular file (a link, a pipe, a device: never opened), or cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let mut file = open::regular(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; open::CHUNK_BYTES];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::io(path, "read", source)),
            }
        }
    }

    /// The digest of a file, a link or a directory.
    ///
    /// A directory's digest covers, sorted by the bytes of the relative path: path, kind, length and content digest
    /// of every file, and the target of every link, which is not followed. Every field is written with its length, so
    /// that no two different trees give the same text. Times, owners and permissions are left out.
    ///
    /// # Errors
    /// When something in it cannot be read, or is neither file, directory nor link.
    pub fn of_path(path: &Path) -> Result<Self, Error> {
        let metadata = fs::symlink_metadata(path).map_err(|source| Error::io(path, "open", source))?;
        if metadata.is_dir() {
            return Self::of_tree(path);
        }
        if metadata.is_symlink() {
            return Ok(Self::of_bytes(&[b"link\0".as_slice(), &tree::link_target(path)?].concat()));
        }
        Self::of_file(path)
    }

    fn of_tree(root: &Path) -> Result<Self, Error> {
        let mut hasher = Sha256::new();
        hasher.update(b"driftless tree 1\n");
        for entry in tree::list(root)? {
            let place = root.join(&entry.path);
            let (kind, content) = match entry.kind {
                Kind::Directory => (b'd', Vec::new()),
                Kind::Link => (b'l', tree::link_target(&place)?),
                Kind::File { bytes } => {
                    let digest = Self::of_file(&place)?;
                    (b'f', [bytes.to_le_bytes().as_slice(), &digest.0].concat())
                }
            };
            for part in [tree::path_bytes(&entry.path).as_slice(), &[kind], &content] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        Ok(Self(hasher.finalize().into()))
    }

    /// The digest of all that a hasher was given.
    pub(crate) fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// The first 12 hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = DigestParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        let complaint = || DigestParseError(text.to_owned());
        if text.len() != 2 * bytes.len() {
            return Err(complaint());
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])
                .zip(digit(pair[1]))
                .map(|(high, low)| high << 4 | low)
                .ok_or_else(complaint)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn of_bytes_is_the_published_sha256_of_abc() {
        let digest = Digest::of_bytes(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.short(), "ba7816bf8f01");
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{digest}\""));
    }

    #[test]
    fn a_file_has_the_digest_of_its_bytes_however_large() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        let bytes = vec![7; open::CHUNK_BYTES + 1];
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Digest::of_file(&path).unwrap(), Digest::of_bytes(&bytes));
        assert_eq!(Digest::of_path(&path).unwrap(), Digest::of_bytes(&bytes));
    }

    #[test]
    fn a_directory_digest_sees_names_contents_and_empty_directories_but_no_times() {
        let make = |files: &[(&str, &str)], dirs: &[&str]| {
            let dir = tempfile::tempdir().unwrap();
            for name in dirs {
                fs::create_dir_all(dir.path().join(name)).unwrap();
            }
            for (name, content) in files {
                fs::write(dir.path().join(name), content).unwrap();
            }
            Digest::of_path(dir.path()).unwrap()
        };
        let plain = make(&[("a", "1"), ("b", "2")], &[]);
        assert_eq!(plain, make(&[("b", "2"), ("a", "1")], &[]));
        assert_ne!(plain, make(&[("a", "2"), ("b", "1")], &[]));
        assert_ne!(plain, make(&[("a", "12"), ("b", "")], &[]));
        assert_ne!(plain, make(&[("a", "1"), ("b", "2")], &["c"]));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_recorded_and_not_followed_and_a_pipe_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("link");
        std::os::unix::fs::symlink("/nowhere/at/all", &missing).unwrap();
        let first = Digest::of_path(dir.path()).unwrap();
        fs::remove_file(&missing).unwrap();
        std::os::unix::fs::symlink("/somewhere/else", &missing).unwrap();
        assert_ne!(first, Digest::of_path(dir.path()).unwrap());
        assert!(Digest::of_file(&missing).unwrap_err().to_string().contains("a symbolic link"));

        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(Digest::of_path(&socket).unwrap_err().to_string().contains("a socket"));
        assert!(Digest::of_path(dir.path()).unwrap_err().to_string().contains("a socket"));
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same_digest(bytes in any::<Vec<u8>>()) {
            let digest = Digest::of_bytes(&bytes);
            prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = text.parse::<Digest>();
        }
    }
}
