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
//! ```
//!
//! A record is written last and whole, so a run that was cut off is simply done again. Run results are never shared
//! between sessions: that would hide the very drift that we look for.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Error, Invocation, Output, Record};
use crate::artifact::Digest;

/// Version of the record layout.
pub const FORMAT: u32 = 1;
/// Sessions kept for reading logs; older ones are removed when a new one starts.
const SESSIONS_KEPT: usize = 5;
const SESSION_PREFIX: &str = "session-";

/// An open session.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    session: PathBuf,
    /// Held shared for as long as this process uses the session, so that nobody prunes it.
    _in_use: File,
}

impl Store {
    /// Opens session `session` below `root` (usually `<project>/target/driftless`), creating both.
    ///
    /// # Errors
    /// Where a folder cannot be created or locked.
    pub fn open(root: &Path, session: &str) -> Result<Self, Error> {
        let folder = root.join(format!("{SESSION_PREFIX}{session}"));
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        mark_as_cache(root)?;
        let in_use = lock_file(&folder.join("in-use"))?;
        in_use.lock_shared().map_err(Error::io("lock", &folder))?;
        let store = Self { root: root.to_path_buf(), session: folder, _in_use: in_use };
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

/// The name of an invocation's folder: sha256 over its canonical JSON (keys in declaration order, maps sorted).
#[must_use]
pub fn key(invocation: &Invocation) -> String {
    let text = serde_json::to_vec(invocation).unwrap_or_default();
    Digest::of_bytes(&text).to_string()[..32].to_owned()
}

/// Opens (creating it) a file that only serves as a lock.
pub(super) fn lock_file(path: &Path) -> Result<File, Error> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(Error::io("open", path))
}

/// Writes a file so that it is either absent or whole: beside it first, then renamed. That holds however a process ends;
/// the disk is not waited for, since no session outlives the machine.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("write in", folder))?;
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
