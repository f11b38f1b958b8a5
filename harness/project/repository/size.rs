//! `repository/large-file`.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::project::{Files, texts};
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/large-file",
    severity: Severity::Warning,
    summary: "a file of more than 10 MB that version control keeps whole",
    why: "Every clone carries every version of it for ever, and hosts refuse files above a limit of theirs (GitHub warns at \
          50 MiB and refuses 100 MiB). Data that grows belongs where each version has a digest and lies once.",
    bad: "data/train.csv  48 MB, committed",
    good: "data/train.csv.dvc, and data/train.csv in .gitignore",
    mend: "Track it with DVC (`dvc add`) or Git LFS (`git lfs track`), or list it in .gitignore.",
};

/// Bytes above which a file is large.
const LARGE_BYTES: u64 = 10_000_000;
/// Bytes of the longest `.gitattributes` that is read.
const ATTRIBUTES_BYTES_MAX: u64 = 1 << 20;

/// The problem of a file of a size, if it is not stored outside.
pub(super) fn look(path: &Path, size: u64, stored: &Stored) -> Option<Problem> {
    if size <= LARGE_BYTES || stored.outside(path) {
        return None;
    }
    let message = format!("has {}.{} MB and is not ignored", size / 1_000_000, size % 1_000_000 / 100_000);
    Some(Problem::new(&RULE, texts::shown(path), message))
}

/// Which files Git LFS stores outside of the repository.
pub(super) struct Stored {
    patterns: Vec<Gitignore>,
}

impl Stored {
    /// Reads every `.gitattributes`: patterns there match as those of `.gitignore` do (gitattributes(5)).
    pub(super) fn of(files: &Files) -> Self {
        let attributes = files.paths.iter().filter(|path| path.ends_with(".gitattributes"));
        let patterns = attributes.filter_map(|path| {
            let opened = texts::open(&files.root.join(path)).ok()?;
            let text = opened.text.filter(|_| opened.size <= ATTRIBUTES_BYTES_MAX)?;
            let mut builder = GitignoreBuilder::new(path.parent().unwrap_or(Path::new("")));
            for line in text.lines().filter(|line| line.contains("filter=lfs")) {
                let pattern = line.split_whitespace().next().unwrap_or_default();
                builder.add_line(None, pattern).ok()?;
            }
            builder.build().ok()
        });
        Self { patterns: patterns.collect() }
    }

    fn outside(&self, path: &Path) -> bool {
        self.patterns.iter().any(|patterns| {
            path.starts_with(patterns.path()) && patterns.matched_path_or_any_parents(path, false).is_ignore()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(attributes: &str) -> Stored {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(".gitattributes"), attributes).expect("a file");
        Stored::of(&crate::project::files(folder.path()))
    }

    #[test]
    fn a_large_file_is_found_unless_lfs_stores_it() {
        let none = stored("*.csv text eol=lf\n");
        let problem = look(Path::new("a/big.csv"), 12_345_678, &none).expect("a problem");
        assert_eq!(problem.message, "has 12.3 MB and is not ignored");
        assert!(look(Path::new("a/big.csv"), LARGE_BYTES, &none).is_none());
        for line in
            ["*.csv filter=lfs diff=lfs merge=lfs -text\n", "a/** filter=lfs\n", "a/big.csv filter=lfs\n"]
        {
            assert!(look(Path::new("a/big.csv"), 12_345_678, &stored(line)).is_none(), "{line}");
        }
    }
}
