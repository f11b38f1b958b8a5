//! Directories: a sorted listing that never follows a link.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{Error, Fault};
use super::open;

/// Limit on the entries of one directory tree.
const ENTRIES_MAX: usize = 1_000_000;

/// Limit on the depth of one directory tree.
const DEPTH_MAX: usize = 256;

/// One thing in a directory tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Path relative to the root.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File { bytes: u64 },
    Directory,
    Link,
}

/// Everything below `root`, sorted by the bytes of the relative path.
///
/// # Errors
/// When something cannot be listed, is a pipe, socket or device, or the tree is larger than any output should be.
pub(crate) fn list(root: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for item in walkdir::WalkDir::new(root)
        .min_depth(1)
        .max_depth(DEPTH_MAX)
        .follow_links(false)
        .follow_root_links(false)
    {
        let item = item.map_err(|error| walk_error(root, error))?;
        let kind = kind_of(item.path(), item.file_type())?;
        if entries.len() == ENTRIES_MAX || (item.depth() == DEPTH_MAX && kind == Kind::Directory) {
            return Err(too_many(root));
        }
        let path = item.path().strip_prefix(root).unwrap_or(item.path()).to_path_buf();
        entries.push(Entry { path, kind });
    }
    entries.sort_by_cached_key(|entry| path_bytes(&entry.path));
    Ok(entries)
}

fn kind_of(path: &Path, file_type: fs::FileType) -> Result<Kind, Error> {
    if file_type.is_dir() {
        return Ok(Kind::Directory);
    }
    if file_type.is_symlink() {
        return Ok(Kind::Link);
    }
    if let Some(kind) = open::special(file_type) {
        return Err(Error { path: path.to_path_buf(), fault: Fault::Special { kind } });
    }
    let metadata = fs::symlink_metadata(path).map_err(|source| Error::io(path, "read", source))?;
    Ok(Kind::File { bytes: metadata.len() })
}

fn walk_error(root: &Path, error: walkdir::Error) -> Error {
    let path = error.path().unwrap_or(root).to_path_buf();
    let source = error.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"));
    Error::io(&path, "list", source)
}

fn too_many(root: &Path) -> Error {
    let source = std::io::Error::other(format!(
        "more than {ENTRIES_MAX} entries, or more than {DEPTH_MAX} levels deep"
    ));
    Error::io(root, "list", source)
}

/// What a link points to, as bytes.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn link_target(path: &Path) -> Result<Vec<u8>, Error> {
    let target = fs::read_link(path).map_err(|source| Error::io(path, "read", source))?;
    Ok(target.as_os_str().as_encoded_bytes().to_vec())
}

/// A relative path as bytes with `/` between its components on every system.
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    path.iter().map(OsStr::as_encoded_bytes).collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_is_sorted_by_bytes_and_names_directories() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        for name in ["a/z", "a.txt", "B"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let names: Vec<_> = list(dir.path()).unwrap().iter().map(|entry| path_bytes(&entry.path)).collect();
        assert_eq!(names, [b"B".to_vec(), b"a".to_vec(), b"a.txt".to_vec(), b"a/z".to_vec()]);
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = list(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().starts_with("`/nowhere/at/all`: cannot list"), "{error}");
    }
}
