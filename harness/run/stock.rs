//! The stock: copies of the user's files, made once a session, from which every run is staged.
//!
//! Runs never see the user's own files, not even as hard links: a link shares the file, and a program that may write
//! to it changes both. Large stock files are linked into the place of a run, and looked at afterwards: a run that
//! wrote to one is reported, and the stock is made again.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::store::lock_file;
use super::{Error, place};

/// Declared data is linked instead of copied a second time from this size on.
pub(super) const DATA_LINK_BYTES_MIN: u64 = 1 << 20;
/// The pipeline's own files are linked from this size on. It is higher, since a log, a cache or a checkpoint that a run by
/// hand left there may be written to, and a link may not.
pub(super) const PIPELINE_LINK_BYTES_MIN: u64 = 64 << 20;
/// Packages that npm and its kin install: tens of thousands of small files that programs read. They are linked whatever their
/// size. The folder itself is not, unlike an environment of Python: bundlers keep caches in it, which must not end in the
/// user's. (The `target` of cargo is marked as a cache and left out.)
const PACKAGES: &str = "node_modules";
/// What marks a folder as an installation: a virtual environment of Python, an environment of conda.
const INSTALLATION_MARKS: [&str; 2] = ["pyvenv.cfg", "conda-meta/history"];

/// A file in the place of a run that shares its content with the stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linked {
    stock: PathBuf,
    shown: PathBuf,
    stamp: Stamp,
}

/// What becomes of an entry of the user's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Runs see a copy.
    Copy,
    /// Runs see a link: it is an installation, as the interpreter of the machine is one.
    Link,
    /// Runs do not see it.
    LeaveOut,
}

/// What build tools and caches put into their folders (cargo's `target`, the caches of pytest and mypy): all in it can be
/// made again. <https://bford.info/cachedir/>
const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

fn is_cache(folder: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; CACHE_TAG.len()];
    let tag = File::open(folder.join("CACHEDIR.TAG"));
    tag.and_then(|mut tag| tag.read_exact(&mut start)).is_ok() && start == CACHE_TAG
}

/// An environment of Python or conda is linked: it holds tens of thousands of files, is found by absolute paths that
/// lead back to it anyway, and belongs to the machine more than to the pipeline. Folders marked as caches are left out. All else is copied.
pub(super) fn treatment(path: &Path) -> Treatment {
    let installed = INSTALLATION_MARKS.iter().any(|mark| path.join(mark).is_file());
    if installed {
        Treatment::Link
    } else if is_cache(path) {
        Treatment::LeaveOut
    } else {
        Treatment::Copy
    }
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
pub(super) fn lay_in(
    source: &Path,
    stock: &Path,
    treatment: &dyn Fn(&Path) -> Treatment,
) -> Result<(), Error> {
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
    copy(source, &half, treatment, &mut |from, to| copy_file(from, to, None))?;
    std::fs::rename(&half, stock).map_err(Error::io("rename", &half))
}

/// Shows the stock at `target`: files from `link_bytes_min` on and those of installed packages as read-only links, others as
/// copies. Returns the links.
///
/// The copies were last changed at `modified`; links keep the time of the user's file, which they share.
pub(super) fn show(
    stock: &Path,
    target: &Path,
    link_bytes_min: u64,
    modified: SystemTime,
) -> Result<Vec<Linked>, Error> {
    let mut links = Vec::new();
    copy(stock, target, &treatment, &mut |from, to| {
        let stamp = Stamp::of(from)?;
        let below = from.strip_prefix(stock).unwrap_or(from);
        let is_package = below.iter().any(|folder| folder == PACKAGES);
        if stamp.bytes < link_bytes_min && !is_package {
            return copy_file(from, to, Some(modified));
        }
        take_write_permission(from)?;
        if std::fs::hard_link(from, to).is_err() {
            return copy_file(from, to, Some(modified));
        }
        links.push(Linked { stock: from.to_path_buf(), shown: to.to_path_buf(), stamp });
        Ok(())
    })?;
    date_folders(target, modified)?;
    Ok(links)
}

/// Gives the folders of a copied tree the time of its files: archives record it, too.
fn date_folders(tree: &Path, modified: SystemTime) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(tree).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_dir() {
            let dated = File::open(entry.path()).and_then(|folder| folder.set_modified(modified));
            dated.map_err(Error::io("date", entry.path()))?;
        }
    }
    Ok(())
}

/// Copies an object of the store to `target`. Never as a link: an object stands for its digest, and a run that wrote to
/// it would falsify every later comparison. What the pipeline's folder holds there makes way.
pub(super) fn hand_out(object: &Path, target: &Path, modified: SystemTime) -> Result<(), Error> {
    place::remove_tree(target)?;
    copy(object, target, &|_| Treatment::Copy, &mut |from, to| copy_file(from, to, Some(modified)))?;
    date_folders(target, modified)
}

/// The first shown file whose content the run changed, if any. Its stock is dropped, to be laid in again.
pub(super) fn changed(links: &[Linked], stocks: &[PathBuf]) -> Option<PathBuf> {
    let spoilt = links.iter().find(|link| Stamp::of(&link.stock).ok() != Some(link.stamp))?;
    for stock in stocks.iter().filter(|stock| spoilt.stock.starts_with(stock)) {
        drop(place::remove_tree(stock));
    }
    Some(spoilt.shown.clone())
}

/// Copies a tree, following links (a link could lead a run back to the user's own files). What cannot be read, and links that
/// lead nowhere or in a circle, are passed over below the source: the program could not read them either.
fn copy(
    source: &Path,
    target: &Path,
    treatment: &dyn Fn(&Path) -> Treatment,
    copy_one: &mut dyn FnMut(&Path, &Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut walk = walkdir::WalkDir::new(source).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Err(error) if error.depth() > 0 && error.loop_ancestor().is_some() => continue,
            Err(error) if error.depth() > 0 && error.io_error().is_some_and(is_closed) => continue,
            Err(error) => return Err(unread(source, error)),
            Ok(entry) => entry,
        };
        let to = match entry.path().strip_prefix(source) {
            Ok(below) if below.as_os_str().is_empty() => target.to_path_buf(),
            Ok(below) => target.join(below),
            Err(_) => continue,
        };
        let treatment = if entry.depth() == 0 { Treatment::Copy } else { treatment(entry.path()) };
        if treatment != Treatment::Copy {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            if treatment == Treatment::Link {
                link(entry.path(), &to)?;
            }
        } else if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).map_err(Error::io("create", &to))?;
        } else if entry.file_type().is_file() {
            match copy_one(entry.path(), &to) {
                Err(Error::Io { action: "read", source, .. }) if entry.depth() > 0 && is_closed(&source) => {}
                other => other?,
            }
        }
    }
    Ok(())
}

fn is_closed(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ELOOP | libc::EACCES))
}

fn unread(source: &Path, error: walkdir::Error) -> Error {
    Error::Io {
        action: "read",
        path: error.path().unwrap_or(source).to_path_buf(),
        source: error.into_io_error().unwrap_or_else(|| std::io::Error::other("links in a circle")),
    }
}

fn link(from: &Path, to: &Path) -> Result<(), Error> {
    let from = from.canonicalize().map_err(Error::io("read", from))?;
    std::os::unix::fs::symlink(from, to).map_err(Error::io("write", to))
}

/// Copies one file, sharing blocks where the file system can. Whether its owner may write to it and anybody execute it
/// travels along. Programs read the time of the last change: it is `modified`, or that of the original.
fn copy_file(from: &Path, to: &Path, modified: Option<SystemTime>) -> Result<(), Error> {
    let source = File::open(from).map_err(Error::io("read", from))?;
    let data = source.metadata().map_err(Error::io("read", from))?;
    let target = File::create(to).map_err(Error::io("write", to))?;
    if !share_blocks(&source, &target) {
        std::io::copy(&mut &source, &mut &target).map_err(Error::io("write", to))?;
    }
    if let Some(modified) = modified.or(data.modified().ok()) {
        target.set_modified(modified).map_err(Error::io("write", to))?;
    }
    let mode = std::fs::Permissions::from_mode(0o444 | (data.permissions().mode() & 0o311));
    target.set_permissions(mode).map_err(Error::io("write", to))
}

/// A linked file shares its content with the stock: a run that writes to it is refused, or, as root, told of afterwards.
fn take_write_permission(path: &Path) -> Result<(), Error> {
    let mode = path.metadata().map_err(Error::io("read", path))?.permissions().mode();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !0o222))
        .map_err(Error::io("write", path))
}

/// Asks the file system for a copy that shares its blocks with the source (btrfs, xfs, …).
#[expect(unsafe_code, reason = "the clone request has no safe form in std")]
fn share_blocks(source: &File, target: &File) -> bool {
    use std::os::fd::AsRawFd as _;
    // SAFETY: two open descriptors; the request writes to the second.
    unsafe { libc::ioctl(target.as_raw_fd(), libc::FICLONE, source.as_raw_fd()) == 0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn copies_and_their_folders_have_the_time_that_was_asked_for() {
        let place = tempfile::tempdir().expect("temporary folder");
        let stock = place.path().join("stock");
        std::fs::create_dir_all(stock.join("inner")).expect("create");
        std::fs::write(stock.join("inner/file"), "text").expect("write");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        let target = place.path().join("shown");
        show(&stock, &target, PIPELINE_LINK_BYTES_MIN, modified).expect("shown");
        for path in ["", "inner", "inner/file"] {
            let data = target.join(path).metadata().expect("there");
            assert_eq!(data.modified().expect("a time"), modified, "{path}");
        }
    }

    #[test]
    fn installed_packages_are_shared_and_their_folders_are_the_runs_own() {
        let place = tempfile::tempdir().expect("temporary folder");
        let (stock, target) = (place.path().join("stock"), place.path().join("shown"));
        let package = "node_modules/left-pad/index.js";
        std::fs::create_dir_all(stock.join("node_modules/left-pad")).expect("create");
        for file in [package, "main.js"] {
            std::fs::write(stock.join(file), "text").expect("write");
        }
        let links = show(&stock, &target, PIPELINE_LINK_BYTES_MIN, SystemTime::UNIX_EPOCH).expect("shown");
        let inode = |path: PathBuf| path.metadata().expect("there").ino();
        assert_eq!(inode(target.join(package)), inode(stock.join(package)));
        assert_ne!(inode(target.join("main.js")), inode(stock.join("main.js")));
        std::fs::create_dir(target.join("node_modules/.cache")).expect("a cache of the run's own");
        assert!(!stock.join("node_modules/.cache").exists());
        assert_eq!(changed(&links, &[]), None);
    }
}
