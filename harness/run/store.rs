//! The session store: `target/driftless/<session>/`, content-addressed, guarded by file locks, safe to kill.
//!
//! ```text
//! target/driftless/
//!   env-<digest>/              a Python environment, keyed by its lock file; kept across sessions
//!   tools-<digest>/            preload library and Python shim
//!   places/<stage>/            the directories in which runs take place: the same path in every session
//!   <session>/
//!     objects/<digest>         outputs
//!     stock/<case>/            copies of the user's files, from which runs are staged
//!     runs/<key>/              record.json, stdout, stderr, lock
//!     fingerprint.json         what the results may depend on
//! ```
//!
//! A record is written last and whole, so a run that was cut off is simply done again. Run results are never shared
//! between sessions: that would hide the very drift that we look for.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::fingerprint::{self, Fingerprint};
use super::{Error, Invocation, Output, Record};
use crate::artifact::Digest;

/// Version of the record layout.
pub const FORMAT: u32 = 1;
/// Sessions kept for reading logs; older ones are removed when a new one starts.
const SESSIONS_KEPT: usize = 5;
const SESSION_PREFIX: &str = "session-";

/// How the parallel tests of one test run find their common session.
#[derive(Clone, Copy, Debug)]
pub enum Sharing<'a> {
    /// Nobody else joins it: what only serves its runs is removed at its end.
    Alone,
    /// All processes that give the same name share it.
    Named(&'a str),
}

/// An open session.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    session: PathBuf,
    alone: bool,
    /// Held shared for as long as this process uses the session, so that nobody prunes it.
    _in_use: File,
}

impl Store {
    /// Opens a session below `root` (usually `<project>/target/driftless`), creating both.
    ///
    /// # Errors
    /// Where a folder cannot be created or locked, or its path cannot be handed to programs.
    pub fn open(root: &Path, sharing: Sharing<'_>) -> Result<Self, Error> {
        if root.to_str().is_none() {
            let source = std::io::Error::new(ErrorKind::InvalidFilename, "the path is not UTF-8 text");
            return Err(Error::Io { action: "keep runs in", path: root.to_path_buf(), source });
        }
        let name = match sharing {
            // A number of a process alone comes back, and results of another session must never be taken for ours.
            Sharing::Alone => format!("{}-{}", super::clock::unix_seconds(), std::process::id()),
            Sharing::Named(name) => file_name(name),
        };
        let folder = root.join(format!("{SESSION_PREFIX}{name}"));
        let in_use = enter(&folder)?;
        mark_as_cache(root)?;
        let alone = matches!(sharing, Sharing::Alone);
        let store = Self { root: root.to_path_buf(), session: folder, alone, _in_use: in_use };
        store.prune();
        Ok(store)
    }

    /// The folder that all sessions share.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of this session.
    #[must_use]
    pub fn session(&self) -> &Path {
        &self.session
    }

    /// The record of an invocation, executing it if this session has none: exactly one process does, the others wait.
    ///
    /// # Errors
    /// What `execute` returns, or a store file that cannot be read or written.
    pub fn record(
        &self,
        invocation: &Invocation,
        execute: impl FnOnce(&Path) -> Result<Record, Error>,
    ) -> Result<Record, Error> {
        let folder = self.session.join("runs").join(key(invocation));
        let record = folder.join("record.json");
        if let Some(known) = read_record(&record)? {
            return Ok(known);
        }
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let lock = lock_file(&folder.join("lock"))?;
        lock.lock().map_err(Error::io("lock", &folder))?;
        if let Some(known) = read_record(&record)? {
            return Ok(known);
        }
        let fresh = execute(&folder)?;
        let text = serde_json::to_vec_pretty(&fresh)
            .map_err(|error| Error::Record { path: record.clone(), what: error.to_string() })?;
        write_whole(&record, &text)?;
        Ok(fresh)
    }

    /// Moves a finished output into the store and returns where it lies.
    ///
    /// # Errors
    /// Where it cannot be read or moved.
    pub fn keep(&self, path: &Path) -> Result<Output, Error> {
        let digest = Digest::of_path(path)?;
        let objects = self.session.join("objects");
        std::fs::create_dir_all(&objects).map_err(Error::io("create", &objects))?;
        let home = objects.join(digest.to_string());
        if !home.exists() {
            match std::fs::rename(path, &home) {
                Ok(()) => {}
                // Somebody else kept the same content at the same moment: theirs is as good.
                Err(error)
                    if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty) => {}
                Err(source) => return Err(Error::Io { action: "move", path: path.to_path_buf(), source }),
            }
        }
        Ok(Output { digest, path: home })
    }

    /// Where an output with this digest lies.
    #[must_use]
    pub fn object(&self, digest: &Digest) -> PathBuf {
        self.session.join("objects").join(digest.to_string())
    }

    /// Removes all but the newest sessions that nobody uses. Failing to is no reason to stop.
    fn prune(&self) {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return };
        let mut sessions: Vec<_> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(SESSION_PREFIX))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        sessions.sort();
        let old = sessions.len().saturating_sub(SESSIONS_KEPT);
        for (_, path) in sessions.into_iter().take(old).filter(|(_, path)| *path != self.session) {
            let unused = lock_file(&path.join("in-use")).is_ok_and(|file| file.try_lock().is_ok());
            if unused {
                drop(super::place::remove_tree(&path));
            }
        }
    }
}

impl Drop for Store {
    /// The stock is as large as the user's data; logs and outputs are kept for reading. A session without any run (tests
    /// were only listed) leaves nothing.
    fn drop(&mut self) {
        if self.alone {
            // A session over kernels alone has no runs of programs.
            let idle = !["runs", "cases", "gate.json"].iter().any(|name| self.session.join(name).exists());
            let rest = if idle { self.session.clone() } else { self.session.join("stock") };
            drop(super::place::remove_tree(&rest));
        }
    }
}

/// A session that was kept, as far as it can be read.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its fingerprint, where it has one.
    pub fingerprint: Option<Fingerprint>,
    /// What was run in it.
    pub records: Vec<Record>,
}

/// Records of one session that are read.
const RECORDS_MAX: usize = 20_000;

/// The sessions below the root of a store, the latest first. What cannot be read is passed over: it may be a session that
/// is under way, or of another version.
#[must_use]
pub fn sessions(root: &Path) -> Vec<Kept> {
    let kept = |(name, path): (String, PathBuf)| Kept {
        name,
        fingerprint: std::fs::read(path.join(fingerprint::FILE))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok()),
        records: folders(&path.join("runs"))
            .into_iter()
            .take(RECORDS_MAX)
            .filter_map(|run| read_record(&run.join("record.json")).ok().flatten())
            .collect(),
    };
    session_folders(root).into_iter().map(kept).collect()
}

/// The folders of the sessions below the root of a store, by name, the latest first.
#[must_use]
pub fn session_folders(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found: Vec<_> = folders(root)
        .into_iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_prefix(SESSION_PREFIX)?.to_owned();
            Some((path.metadata().ok()?.modified().ok()?, name, path))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, name, path)| (name, path)).collect()
}

/// Where an output with this digest lies in any session below the root of a store.
#[must_use]
pub fn held_object(root: &Path, digest: &Digest) -> Option<PathBuf> {
    let sessions = folders(root).into_iter().filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SESSION_PREFIX))
    });
    sessions.map(|path| path.join("objects").join(digest.to_string())).find(|path| path.exists())
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

/// Creates the session's folder and marks it as used. Between the two somebody may prune it: then the lock is one on a
/// file that is gone, and all begins again.
fn enter(folder: &Path) -> Result<File, Error> {
    let path = folder.join("in-use");
    loop {
        match std::fs::create_dir_all(folder) {
            // It was there, and was gone when it was looked at. A file in its place stays an error.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && !folder.is_file() => continue,
            made => made.map_err(Error::io("create", folder))?,
        }
        let file = match lock_file(&path) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => continue,
            file => file?,
        };
        file.lock_shared().map_err(Error::io("lock", folder))?;
        let identity = |data: std::fs::Metadata| (data.dev(), data.ino());
        let held = file.metadata().map(identity).map_err(Error::io("read", &path))?;
        if path.metadata().is_ok_and(|data| identity(data) == held) {
            return Ok(file);
        }
    }
}

/// A name that comes from outside, as the name of a file: its digest where it is more than letters, digits and hyphens.
#[must_use]
pub fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !name.is_empty() && name.len() <= 100 && name.chars().all(plain) {
        name.to_owned()
    } else {
        Digest::of_bytes(name.as_bytes()).short()
    }
}

/// The name of an invocation's folder: sha256 over its canonical JSON (keys in declaration order, maps sorted).
#[must_use]
pub fn key(invocation: &Invocation) -> String {
    // Whatever JSON cannot hold must not make two invocations equal.
    let text = serde_json::to_vec(invocation).unwrap_or_else(|_| format!("{invocation:?}").into_bytes());
    Digest::of_bytes(&text).to_string()[..32].to_owned()
}

/// Opens (creating it) a file that only serves as a lock.
pub(crate) fn lock_file(path: &Path) -> Result<File, Error> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(Error::io("open", path))
}

/// Writes a file so that it is either absent or whole: beside it first, then renamed. That holds however a process ends;
/// the disk is not waited for, since no session outlives the machine.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let usual = std::fs::Permissions::from_mode(0o666);
    let mut beside = tempfile::Builder::new()
        // As other programs create files: what the user's mask leaves.
        .permissions(usual)
        .tempfile_in(folder)
        .map_err(Error::io("write in", folder))?;
    beside.write_all(bytes).map_err(Error::io("write", path))?;
    beside.persist(path).map_err(|error| Error::Io {
        action: "write",
        path: path.to_path_buf(),
        source: error.error,
    })?;
    Ok(())
}

fn read_record(path: &Path) -> Result<Option<Record>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Io { action: "read", path: path.to_path_buf(), source }),
    };
    let damaged = |what: String| Error::Record { path: path.to_path_buf(), what };
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if record.format == FORMAT {
        Ok(Some(record))
    } else {
        Err(damaged(format!("its layout is version {}, this program knows {FORMAT}", record.format)))
    }
}

/// Backup tools and version control leave the store alone.
fn mark_as_cache(root: &Path) -> Result<(), Error> {
    write_whole(&root.join(".gitignore"), b"*\n")?;
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds the runs of driftless; it may be deleted.\n";
    write_whole(&root.join("CACHEDIR.TAG"), tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(root: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(root).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name.starts_with(SESSION_PREFIX));
        names.sort();
        names
    }

    #[test]
    fn a_name_from_outside_never_leaves_the_store() {
        assert_eq!(file_name("3e0e0069-73d3"), "3e0e0069-73d3");
        for name in ["", "..", "../../x", "a/b", "a b", &"x".repeat(101)] {
            assert_eq!(file_name(name).len(), 12, "{name}");
        }
    }

    #[test]
    fn a_session_without_runs_leaves_nothing_and_one_with_runs_leaves_no_stock() {
        let root = tempfile::tempdir().unwrap();
        drop(Store::open(root.path(), Sharing::Alone).unwrap());
        assert_eq!(sessions(root.path()), Vec::<String>::new());
        let store = Store::open(root.path(), Sharing::Alone).unwrap();
        let session = store.session().to_path_buf();
        std::fs::create_dir_all(session.join("runs/a")).unwrap();
        std::fs::create_dir_all(session.join("stock/b")).unwrap();
        drop(store);
        assert!(session.join("runs/a").exists() && !session.join("stock").exists());
    }

    #[test]
    fn old_sessions_go_but_never_one_in_use() {
        let root = tempfile::tempdir().unwrap();
        let used = Store::open(root.path(), Sharing::Named("used")).unwrap();
        for number in 0..2 * SESSIONS_KEPT {
            drop(Store::open(root.path(), Sharing::Named(&format!("s{number}"))).unwrap());
        }
        let left = sessions(root.path());
        assert!(left.contains(&"session-used".to_owned()), "{left:?}");
        assert!(left.len() <= SESSIONS_KEPT + 2, "{left:?}");
        drop(used);
    }

    #[test]
    fn a_session_can_be_entered_while_others_prune_it() {
        let root = tempfile::tempdir().unwrap();
        let open = |name: &str| drop(Store::open(root.path(), Sharing::Named(name)).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| (0..200).for_each(|_| open("joined")));
            scope.spawn(|| (0..200).for_each(|number| open(&format!("s{number}"))));
        });
    }
}
