//! The stock: copies of the user's files, made once a session, from which every run is staged.
//!
//! Runs never see the user's own files, not even as hard links: a link shares the file, and a program that may write
//! to it changes both. Large stock files are linked into the place of a run, and looked at afterwards: a run that
//! wrote to one is reported, and the stock is made again.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::store::lock_file;
use super::{Error, place};

/// Files from this size on are linked instead of copied a second time.
const LINK_BYTES_MIN: u64 = 1 << 20;

/// A file in the place of a run that shares its content with the stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linked {
    stock: PathBuf,
    shown: PathBuf,
    stamp: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, Error> {
        let data = path.metadata().map_err(Error::io("read", path))?;
        Ok(Self { bytes: data.len(), modified: (data.mtime(), data.mtime_nsec()) })
    }
}

/// Copies `source` (file or folder) to `stock` unless an earlier call of this session did.
pub(super) fn lay_in(source: &Path, stock: &Path, leave_out: &[PathBuf]) -> Result<(), Error> {
    if stock.exists() {
        return Ok(());
    }
    let folder = stock.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let lock = lock_file(&folder.join("lock"))?;
    lock.lock().map_err(Error::io("lock", folder))?;
    if stock.exists() {
        return Ok(());
    }
    let half = stock.with_extension("half");
    place::remove_tree(&half)?;
    copy(source, &half, leave_out, &mut copy_file)?;
    std::fs::rename(&half, stock).map_err(Error::io("rename", &half))
}

/// Shows the stock at `target`: small files as copies, large ones as links. Returns the links.
pub(super) fn show(stock: &Path, target: &Path) -> Result<Vec<Linked>, Error> {
    let mut links = Vec::new();
    copy(stock, target, &[], &mut |from, to| {
        let stamp = Stamp::of(from)?;
        if stamp.bytes < LINK_BYTES_MIN || std::fs::hard_link(from, to).is_err() {
            return copy_file(from, to);
        }
        links.push(Linked { stock: from.to_path_buf(), shown: to.to_path_buf(), stamp });
        Ok(())
    })?;
    Ok(links)
}

/// Copies an object of the store to `target`. Never as a link: an object stands for its digest, and a run that wrote to
/// it would falsify every later comparison.
pub(super) fn hand_out(object: &Path, target: &Path) -> Result<(), Error> {
    copy(object, target, &[], &mut copy_file)
}

/// The first shown file whose content the run changed, if any. Its stock is dropped, to be laid in again.
pub(super) fn changed(links: &[Linked], stocks: &[PathBuf]) -> Option<PathBuf> {
    let spoilt = links.iter().find(|link| Stamp::of(&link.stock).ok() != Some(link.stamp))?;
    for stock in stocks.iter().filter(|stock| spoilt.stock.starts_with(stock)) {
        drop(place::remove_tree(stock));
    }
    Some(spoilt.shown.clone())
}

/// Copies a tree, following links (a link could lead a run back to the user's own files).
fn copy(
    source: &Path,
    target: &Path,
    leave_out: &[PathBuf],
    copy_one: &mut dyn FnMut(&Path, &Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let walk = walkdir::WalkDir::new(source).follow_links(true).sort_by_file_name().into_iter();
    let keep = |entry: &walkdir::DirEntry| !leave_out.iter().any(|path| path == entry.path());
    for entry in walk.filter_entry(keep) {
        let entry = entry.map_err(|error| Error::Io {
            action: "read",
            path: error.path().unwrap_or(source).to_path_buf(),
            source: error.into_io_error().unwrap_or_else(|| std::io::Error::other("links in a circle")),
        })?;
        let to = match entry.path().strip_prefix(source) {
            Ok(below) if below.as_os_str().is_empty() => target.to_path_buf(),
            Ok(below) => target.join(below),
            Err(_) => continue,
        };
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).map_err(Error::io("create", &to))?;
        } else if entry.file_type().is_file() {
            copy_one(entry.path(), &to)?;
        }
    }
    Ok(())
}

/// Copies one file, sharing blocks where the file system can, and makes the copy read-only. The time of the last
/// change travels along: programs read it.
fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    let source = File::open(from).map_err(Error::io("read", from))?;
    let data = source.metadata().map_err(Error::io("read", from))?;
    let target = File::create(to).map_err(Error::io("write", to))?;
    if !share_blocks(&source, &target) {
        std::io::copy(&mut &source, &mut &target).map_err(Error::io("write", to))?;
    }
    if let Ok(modified) = data.modified() {
        target.set_modified(modified).map_err(Error::io("write", to))?;
    }
    let executable = data.permissions().mode() & 0o111;
    let mode = std::fs::Permissions::from_mode(0o444 | executable);
    target.set_permissions(mode).map_err(Error::io("write", to))
}

/// Asks the file system for a copy that shares its blocks with the source (btrfs, xfs, …).
#[expect(unsafe_code, reason = "the clone request has no safe form in std")]
fn share_blocks(source: &File, target: &File) -> bool {
    use std::os::fd::AsRawFd as _;
    // SAFETY: two open descriptors; the request writes to the second.
    unsafe { libc::ioctl(target.as_raw_fd(), libc::FICLONE, source.as_raw_fd()) == 0 }
}
