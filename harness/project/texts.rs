//! Which of a project's files are its own, and their text where they have one.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Files;
use crate::artifact::open;

/// Bytes of the longest file that is read as text. Code and configuration are shorter by far.
pub(crate) const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Bytes of the longest notebook: pictures among the outputs make them long.
const NOTEBOOK_BYTES_MAX: u64 = 32 << 20;
/// A NUL among so many first bytes makes a file binary; git decides alike.
const HEAD_BYTES: u64 = 8192;
/// Folders of programs that other people wrote, and of what a program wrote for itself.
const FOREIGN: [&str; 6] =
    ["site-packages", "node_modules", "__pycache__", ".ipynb_checkpoints", "third_party", "vendor"];

/// A file that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Bytes of the whole file.
    pub(crate) size: u64,
    /// Its first bytes, at most 8 KiB.
    pub(crate) head: Vec<u8>,
    /// All of it as text, with U+FFFD where it is not UTF-8; `None` for binary and for longer files.
    pub(crate) text: Option<String>,
}

impl Opened {
    /// Whether a NUL stands among the first bytes.
    pub(crate) fn binary(&self) -> bool {
        self.head.contains(&0)
    }
}

/// Opens a file and reads its text, if it is text.
///
/// # Errors
/// A phrase that names the file, where it cannot be read.
pub(crate) fn open(path: &Path) -> Result<Opened, String> {
    let mut file = open::regular(path).map_err(|error| error.to_string())?;
    let size = open::length(&file, path).map_err(|error| error.to_string())?;
    let failed = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let head = bytes.clone();
    let limit = if ending(path) == "ipynb" { NOTEBOOK_BYTES_MAX } else { TEXT_BYTES_MAX };
    if head.contains(&0) || size > limit {
        return Ok(Opened { size, head, text: None });
    }
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Opened { size, head, text: Some(text) })
}

/// The files that people of this project wrote: none of an environment, of installed packages or of caches.
pub(crate) fn own(files: &Files) -> Vec<&Path> {
    let environments: BTreeSet<PathBuf> = files
        .paths
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "pyvenv.cfg"))
        .filter_map(|path| path.parent().map(Path::to_path_buf))
        .collect();
    let foreign = |path: &Path| {
        path.ancestors().skip(1).any(|folder| {
            environments.contains(folder)
                || folder.file_name().is_some_and(|name| FOREIGN.iter().any(|foreign| name == *foreign))
        })
    };
    files.paths.iter().map(PathBuf::as_path).filter(|path| !foreign(path)).collect()
}

/// A path as the user would name it, with `/` between its parts.
pub(crate) fn shown(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The lowercase ending of a file's name, without the dot.
pub(crate) fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

/// Whether a file belongs to tests or to their data.
pub(crate) fn of_tests(path: &Path) -> bool {
    const FOLDERS: [&str; 6] = ["test", "tests", "testing", "testdata", "fixtures", "test_data"];
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let in_folder = path.ancestors().skip(1).filter_map(Path::file_name);
    in_folder.into_iter().any(|name| FOLDERS.iter().any(|folder| name == *folder))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
}

/// Whether a file belongs to documentation: what stands there is read by people and run by nobody.
pub(crate) fn of_documentation(path: &Path) -> bool {
    path.ancestors().skip(1).filter_map(Path::file_name).any(|name| name == "docs" || name == "doc")
}

/// The line of a place in a text, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> u64 {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_environments_and_packages_are_not_the_projects_own() {
        let paths = ["a.py", "env/pyvenv.cfg", "env/bin/x.py", "lib/site-packages/y.py", "node_modules/z.js"];
        let files = Files { paths: paths.iter().map(PathBuf::from).collect(), ..Files::default() };
        assert_eq!(own(&files), [Path::new("a.py")]);
    }

    #[test]
    fn a_file_with_a_nul_among_its_first_bytes_has_no_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, b"text\0more").expect("a file");
        let opened = open(&path).expect("readable");
        assert!(opened.binary() && opened.text.is_none() && opened.size == 9);
        std::fs::write(&path, b"gr\xfcn\n").expect("a file");
        assert_eq!(open(&path).expect("readable").text.as_deref(), Some("gr\u{fffd}n\n"));
    }

    #[test]
    fn a_folder_and_a_missing_file_are_named_in_the_error() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [folder.path().to_path_buf(), folder.path().join("none")] {
            let error = open(&path).expect_err("no file");
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
