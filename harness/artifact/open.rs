//! The one way in which artifacts are opened: regular files only, never blocking on a pipe, never through a link.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::Read;
use std::path::Path;

use super::error::{Error, Fault, Origin};

/// Limit on what one reader holds in memory at once (a document, a rearranged tensor, a decoded image): 2 GiB.
pub(crate) const MEMORY_BYTES_MAX: u64 = 2 << 30;

/// Size of the buffers through which files are streamed.
pub(crate) const CHUNK_BYTES: usize = 1 << 18;

/// Opens a regular file for reading.
///
/// # Errors
/// When it is not a regular file, or cannot be opened.
pub(crate) fn regular(path: &Path) -> Result<File, Error> {
    let metadata = fs::symlink_metadata(path).map_err(|source| Error::io(path, "open", source))?;
    refuse_special(path, metadata.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    // Should the file be replaced after the check above, a link is refused and a pipe does not block.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    }
    let file = options.open(path).map_err(|source| Error::io(path, "open", source))?;
    let opened = file.metadata().map_err(|source| Error::io(path, "open", source))?;
    refuse_special(path, opened.file_type())?;
    Ok(file)
}

/// The whole content of a file that must be held in memory.
///
/// # Errors
/// When it cannot be read, or takes more than `limit` bytes.
pub(crate) fn whole(origin: &Origin, limit: u64) -> Result<Vec<u8>, Error> {
    let file = regular(&origin.path)?;
    let length = length(&file, &origin.path)?;
    origin.fits("the file", length, limit)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(|source| origin.reading(source))?;
    Ok(bytes)
}

/// The length of an open file.
///
/// # Errors
/// When the system does not say.
pub(crate) fn length(file: &File, path: &Path) -> Result<u64, Error> {
    Ok(file.metadata().map_err(|source| Error::io(path, "read", source))?.len())
}

fn refuse_special(path: &Path, kind: FileType) -> Result<(), Error> {
    match special(kind) {
        None => Ok(()),
        Some(kind) => Err(Error { path: path.to_path_buf(), fault: Fault::Special { kind } }),
    }
}

/// What a thing is that is not a regular file, in words.
pub(crate) fn special(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a directory");
    }
    if kind.is_symlink() {
        return Some("a symbolic link");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some("a device");
        }
    }
    Some("a special file")
}
