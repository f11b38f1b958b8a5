//! `repository/lfs-pointer`.

use std::path::Path;

use crate::project::texts;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/lfs-pointer",
    severity: Severity::Error,
    summary: "a pointer of Git LFS where the data should be",
    why: "The clone was made without Git LFS, so the file holds three lines of text. A program that reads it as a table gets \
          a table of three lines, which not every reader refuses.",
    bad: "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21…\nsize 12345",
    good: "id,price\n1,12.5",
    mend: "Run `git lfs install` once and `git lfs pull` in the clone.",
};

/// A pointer file has fewer bytes than this (specification of Git LFS, version 1).
const POINTER_BYTES_MAX: u64 = 1024;

/// A file that Git LFS left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    size: u64,
}

/// Reads a pointer: the version first, then `oid` and `size`.
pub(super) fn read(size: u64, text: &str) -> Option<Pointer> {
    if size >= POINTER_BYTES_MAX {
        return None;
    }
    let mut lines = text.lines();
    let version = lines.next()?.strip_prefix("version ")?;
    let known = ["https://git-lfs.github.com/spec/", "https://hawser.github.com/spec/"];
    let mut value = |key: &str| lines.by_ref().find_map(|line| line.strip_prefix(key).map(str::to_owned));
    let digest = value("oid sha256:")?;
    let size = value("size ")?.trim().parse().ok()?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (known.iter().any(|known| version.starts_with(known)) && is_digest).then_some(Pointer { size })
}

/// The problem with a file that is one.
pub(super) fn look(path: &Path, pointer: &Pointer) -> Problem {
    let message = format!("is a pointer to {} bytes that were not fetched", pointer.size);
    Problem::new(&RULE, texts::shown(path), message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pointer(version: &str, digest: &str) -> String {
        format!("version {version}\noid sha256:{digest}\nsize 12345\n")
    }

    #[test]
    fn a_pointer_is_known_and_a_text_about_pointers_is_none() {
        let digest = "ab".repeat(32);
        let whole = pointer("https://git-lfs.github.com/spec/v1", &digest);
        assert_eq!(read(whole.len() as u64, &whole), Some(Pointer { size: 12345 }));
        assert_eq!(read(4096, &whole), None);
        for text in [
            format!("A pointer:\n{whole}"),
            pointer("https://git-lfs.github.com/spec/v1", "abc"),
            pointer("1.2", &digest),
            String::new(),
        ] {
            assert_eq!(read(text.len() as u64, &text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n]*") {
            let _ = read(0, &text);
            let _ = read(0, &format!("version https://git-lfs.github.com/spec/v1\n{text}"));
        }
    }
}
