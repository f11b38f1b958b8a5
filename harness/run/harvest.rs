//! Looks for what a run left, without being led out of its place: a link may point at the user's own files.

use std::fs::{FileType, Permissions};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::place::Place;

/// What stands where an output was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file or directory in the place of the run, behind any links.
    Path(PathBuf),
    /// Nothing.
    Nothing,
    /// Something that cannot be compared, in words.
    Unfit(String),
}

/// Follows links (`last.ckpt` is often one) as long as they stay in the place of the run.
pub(super) fn find(path: &Path, place: &Place) -> Found {
    if path.symlink_metadata().is_err() {
        return Found::Nothing;
    }
    let Ok(real) = path.canonicalize() else {
        return Found::Unfit("a link that leads nowhere".to_owned());
    };
    // Only what stands above the folder is resolved: a program may have put a link in the folder's own place.
    let inside = |folder: &&Path| {
        let above = folder.parent().and_then(|above| above.canonicalize().ok());
        let folder = above.zip(folder.file_name()).map(|(above, name)| above.join(name));
        folder.is_some_and(|folder| real.starts_with(&folder) && real != folder)
    };
    if !place.folders().iter().any(inside) {
        return Found::Unfit(format!("a link out of its place, to `{}`", real.display()));
    }
    match real.symlink_metadata() {
        Ok(data) => match special(data.file_type()) {
            Some(kind) => Found::Unfit(kind.to_owned()),
            None => Found::Path(real),
        },
        Err(_) => Found::Nothing,
    }
}

fn special(kind: FileType) -> Option<&'static str> {
    if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_block_device() || kind.is_char_device() {
        Some("a device")
    } else {
        None
    }
}

/// A program may leave its output without read permission; what goes into the store is ours and is read. `path` itself
/// must be no link.
pub(super) fn make_readable(path: &Path) {
    for entry in walkdir::WalkDir::new(path).follow_root_links(false).into_iter().filter_map(Result::ok) {
        let needed = if entry.file_type().is_dir() { 0o700 } else { 0o400 };
        let Ok(data) = entry.path().symlink_metadata() else { continue };
        let mode = data.permissions().mode() & 0o7777;
        if !data.is_symlink() && mode & needed != needed {
            drop(std::fs::set_permissions(entry.path(), Permissions::from_mode(mode | needed)));
        }
    }
}
