//! The files of a project, as version control would see them.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Files that are looked at; a project with more is cut, and the gate says so.
const FILES_MAX: usize = 100_000;

/// The files below a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The folder.
    pub root: PathBuf,
    /// Regular files relative to the folder, sorted; without `.git` and without what `.gitignore` leaves out.
    pub paths: Vec<PathBuf>,
    /// What could not be looked at, each with the reason.
    pub not_checked: Vec<String>,
}

/// Lists the files below `root` that version control would keep: hidden files too, ignored ones not. Links are not
/// followed.
#[must_use]
pub fn files(root: &Path) -> Files {
    let mut found = Files { root: root.to_path_buf(), ..Files::default() };
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .parents(false)
        .git_global(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                if found.paths.len() == FILES_MAX {
                    found
                        .not_checked
                        .push(format!("files after the first {FILES_MAX} below `{}`", root.display()));
                    break;
                }
                let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
                found.paths.push(path.to_path_buf());
            }
            Ok(_) => {}
            Err(error) => found.not_checked.push(error.to_string()),
        }
    }
    found.paths.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_are_listed_and_ignored_ones_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in [
            (".gitignore", "data/\n"),
            ("train.py", ""),
            ("data/big.csv", ""),
            (".github/ci.yml", ""),
            (".git/config", ""),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }
        let found = files(folder.path());
        let names: Vec<_> = found.paths.iter().map(|path| path.to_string_lossy()).collect();
        assert_eq!(names, [".github/ci.yml", ".gitignore", "train.py"]);
        assert!(found.not_checked.is_empty(), "{:?}", found.not_checked);
    }
}
