//! `repository/pickle`.

use std::path::Path;

use crate::artifact::Format;
use crate::project::texts;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/pickle",
    severity: Severity::Warning,
    summary: "a pickle among the files that are shared",
    why: "Loading a pickle runs whatever code it names (documentation of Python's `pickle`), and it names classes by the \
          layout of one version of a library: another version refuses it or reads other values.",
    bad: "torch.save(model.state_dict(), \"model.pt\")",
    good: "safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")",
    mend: "Store tensors as safetensors, tables as Parquet and settings as JSON; or make the file from code and ignore it.",
};

/// The problem of a file that is a pickle or holds one. Only its first bytes and, of a zip, its names are read.
pub(super) fn look(root: &Path, path: &Path, head: &[u8]) -> Option<Problem> {
    if texts::of_tests(path) || head.is_empty() {
        return None;
    }
    let what = match texts::ending(path).as_str() {
        "pkl" | "pickle" if is_pickle(head) || is_old_pickle(head) => "is a pickle",
        "joblib" | "pkl" | "pickle" if is_pickle(head) || is_packed(head) => "is a pickle, written by joblib",
        "pt" | "pth" | "ckpt" | "bin" if is_pickle(head) => "is a pickle",
        "pt" | "pth" | "ckpt" | "bin" if holds_pickle(&root.join(path), head) => {
            "holds a pickle beside its tensors, as `torch.save` writes it"
        }
        _ => return None,
    };
    Some(Problem::new(&RULE, texts::shown(path), what))
}

/// Protocols 2 to 5 begin with their number.
fn is_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

/// Protocols 0 and 1 begin with what they build: a mark, a list, a dictionary, a class.
fn is_old_pickle(head: &[u8]) -> bool {
    matches!(head, [b'(' | b']' | b'}' | b'c', ..])
}

/// What joblib packs with: zlib, gzip, bzip2, xz, LZ4.
fn is_packed(head: &[u8]) -> bool {
    let magics: [&[u8]; 5] = [b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18"];
    magics.iter().any(|magic| head.starts_with(magic))
}

fn holds_pickle(path: &Path, head: &[u8]) -> bool {
    // The name of such a file may stand for anything; its content decides.
    let named = |path: &Path| matches!(Format::of_extension(path), Some(Format::Torch));
    head.starts_with(b"PK\x03\x04") && (named(path) || matches!(Format::detect(path), Ok(Format::Torch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, content: &[u8]) -> bool {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("x"), content).expect("a file");
        look(folder.path(), Path::new(name), content).is_some()
    }

    #[test]
    fn pickles_are_known_by_name_and_content() {
        for (name, content) in [
            ("a.pkl", b"\x80\x04\x95".as_slice()),
            ("a.pickle", b"(dp0\n."),
            ("a.joblib", b"\x78\x9c"),
            ("a.pkl", b"\x1f\x8b\x08"),
            ("a.pt", b"PK\x03\x04"),
            ("a.pth", b"\x80\x02\x8a"),
            ("a.bin", b"\x80\x02}"),
        ] {
            assert!(found(name, content), "{name}");
        }
    }

    #[test]
    fn other_files_of_these_names_are_silent() {
        for (name, content) in [
            ("a.pth", b"import sys\n".as_slice()),
            ("a.bin", b"\x00\x01\x02"),
            ("a.bin", b"PK\x03\x04"),
            ("a.safetensors", b"\x80\x02"),
            ("a.pkl", b""),
            ("tests/data/a.pkl", b"\x80\x04\x95"),
        ] {
            assert!(!found(name, content), "{name}");
        }
    }
}
