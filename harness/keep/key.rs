//! The name of a snapshot, and the file it stands for.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// The folder of all snapshots, below the project's root.
pub(super) const FOLDER: &str = "snapshots";

/// Ending of accepted snapshots.
pub(super) const ACCEPTED: &str = ".snap";

/// Ending of texts that wait for review.
pub(super) const WAITING: &str = ".snap.new";

/// What a snapshot without class is called in lists of classes.
pub const PORTABLE: &str = "portable";

/// Longest part of a name, in bytes. File systems allow 255, and a class and an ending must fit beside it.
const PART_BYTES_MAX: usize = 160;

/// Longest class, in bytes.
const CLASS_BYTES_MAX: usize = 64;

/// Names a snapshot: `snapshots/<audit>/<case>[@<class>].snap`, the slashes of the case name becoming
/// folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// The audit, such as `nuisance`.
    pub audit: &'a str,
    /// The case, such as `digits/logistic`.
    pub case: &'a str,
    /// The class of machines for which the snapshot holds; `None` for all.
    pub class: Option<&'a str>,
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.audit, self.case)?;
        self.class.map_or(Ok(()), |class| write!(out, "@{class}"))
    }
}

impl Key<'_> {
    /// The file of the accepted snapshot below `project`.
    ///
    /// # Errors
    ///
    /// A name that is empty, absolute, leads out of its folder, or is not safe as a file name on some system.
    pub fn path(&self, project: &Path) -> Result<PathBuf, Error> {
        check("audit", self.audit, self.audit, PART_BYTES_MAX)?;
        let mut path = project.join(FOLDER).join(self.audit);
        for part in self.case.split('/') {
            check("case", self.case, part, PART_BYTES_MAX)?;
            path.push(part);
        }
        let mut name = path.into_os_string();
        if let Some(class) = self.class {
            check("class", class, class, CLASS_BYTES_MAX)?;
            if class == PORTABLE {
                return Err(refused("class", class, "it stands for snapshots without class"));
            }
            name.push("@");
            name.push(class);
        }
        name.push(ACCEPTED);
        Ok(name.into())
    }

    /// The other classes with an accepted snapshot for the same audit and case as `path`, which is this key's
    /// file.
    pub(super) fn other_classes(&self, path: &Path) -> Result<Vec<String>, Error> {
        let Some(folder) = path.parent() else { return Ok(Vec::new()) };
        let failed = |source| Error::Read { path: folder.to_owned(), source };
        let stem = self.case.rsplit('/').next().unwrap_or(self.case);
        let mut classes = Vec::new();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(classes),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let found = name.to_str().and_then(|name| split_name(name, ACCEPTED));
            if let Some((found, class)) = found
                && found == stem
                && class != self.class
            {
                classes.push(class.unwrap_or(PORTABLE).to_owned());
            }
        }
        classes.sort_unstable();
        Ok(classes)
    }
}

/// Splits a file name into the last part of a case name and a class; `None` without this ending.
pub(super) fn split_name<'a>(name: &'a str, ending: &str) -> Option<(&'a str, Option<&'a str>)> {
    let stem = name.strip_suffix(ending)?;
    Some(match stem.split_once('@') {
        Some((stem, class)) => (stem, Some(class)),
        None => (stem, None),
    })
}

/// The file that holds a text for review beside the accepted one.
pub(super) fn pending_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    name.into()
}

/// Refuses what is not safe as one file name on Linux, macOS and Windows alike: snapshots travel with the
/// repository.
fn check(part: &'static str, name: &str, piece: &str, bytes_max: usize) -> Result<(), Error> {
    let problem = if name.is_empty() {
        "it is empty"
    } else if piece.is_empty() {
        "it is absolute or has an empty part"
    } else if piece == "." || piece == ".." {
        "it leads to another folder"
    } else if piece.len() > bytes_max {
        "it is too long for a file name"
    } else if piece.contains('@') {
        "`@` separates the class"
    } else if piece
        .chars()
        .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    {
        "it has a character that file names do not allow everywhere"
    } else if piece.starts_with(['.', ' ']) || piece.ends_with(['.', ' ']) {
        "it begins or ends with a dot or a blank"
    } else if is_device(piece) {
        "Windows keeps this name for a device"
    } else {
        return Ok(());
    };
    Err(refused(part, name, problem))
}

fn refused(part: &'static str, name: &str, problem: &'static str) -> Error {
    Error::Name { part, name: name.to_owned(), problem }
}

/// Whether Windows opens a device under this name, whatever stands behind the first dot.
fn is_device(piece: &str) -> bool {
    let base = piece.split('.').next().unwrap_or(piece).to_ascii_lowercase();
    let numbered = |name: &str| {
        base.strip_prefix(name).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    matches!(base.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(case: &str) -> Key<'_> {
        Key { audit: "nuisance", case, class: None }
    }

    #[test]
    fn nested_case_names_become_folders() {
        let path = key("digits/logistic").path(Path::new("/p")).unwrap();
        assert_eq!(path, Path::new("/p/snapshots/nuisance/digits/logistic.snap"));
        assert_eq!(pending_path(&path), Path::new("/p/snapshots/nuisance/digits/logistic.snap.new"));
    }

    #[test]
    fn the_class_stands_behind_an_at_sign() {
        let key = Key { class: Some("x86-64-v3-1a2b3c4d"), ..key("predict.csv") };
        let path = key.path(Path::new("/p")).unwrap();
        assert_eq!(path, Path::new("/p/snapshots/nuisance/predict.csv@x86-64-v3-1a2b3c4d.snap"));
        assert_eq!(key.to_string(), "nuisance/predict.csv@x86-64-v3-1a2b3c4d");
    }

    #[test]
    fn names_that_leave_the_folder_or_no_file_system_takes_are_refused() {
        let long = "x".repeat(PART_BYTES_MAX + 1);
        for case in [
            "",
            "..",
            ".",
            "/etc/passwd",
            "a/../b",
            "a//b",
            "a/",
            "C:\\x",
            "a\\b",
            "a@b",
            "a\nb",
            "a\0b",
            "a*",
            ".hidden",
            "a.",
            "a ",
            " a",
            "nul",
            "Com1.txt",
            &long,
        ] {
            let error = key(case).path(Path::new("/p")).unwrap_err();
            assert!(matches!(error, Error::Name { part: "case", .. }), "{case:?}: {error}");
            assert!(error.to_string().contains(case), "{case:?}: {error}");
        }
        for audit in ["", "..", "a/b"] {
            assert!(Key { audit, ..key("a") }.path(Path::new("/p")).is_err(), "{audit:?}");
        }
        for class in ["", "..", "a/b", "a@b", PORTABLE] {
            assert!(Key { class: Some(class), ..key("a") }.path(Path::new("/p")).is_err(), "{class:?}");
        }
    }

    #[test]
    fn ordinary_names_are_taken_in_any_script() {
        for case in ["a", "a b", "digits-v1.2/predict_all", "größe", "数字", "console", "com10"] {
            assert!(key(case).path(Path::new("/p")).is_ok(), "{case}");
        }
    }
}
