//! Ends a program from outside at a stated moment: as Ctrl-C does, or as a machine that goes down.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::family;

/// How often the watched file is looked at. Writing a checkpoint of a megabyte takes about as long.
const LOOK: Duration = Duration::from_millis(1);

/// How long a program may take to end once it was told to. Then it is killed: who presses Ctrl-C in vain does the same.
const GRACE: Duration = Duration::from_secs(10);

/// When and how a program is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// The signal's number. SIGKILL goes to every process of the tree, all others to the program's group, as a terminal does it.
    pub signal: i32,
    /// When.
    pub when: When,
}

/// The moment of a strike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// So many milliseconds after the start.
    AfterMs(u64),
    /// As soon as a file or folder holds something, and has changed so many times since.
    Written {
        /// The file or folder.
        path: PathBuf,
        /// How many times.
        changes: u32,
    },
}

/// Size, time of the last change and number of a file; of a folder, those of its files together.
type Stamp = (u64, i64, i64, u64);

/// Waits for the moment.
pub(super) struct Watcher {
    strike: Strike,
    program: i32,
    seen: Option<Stamp>,
    changes: u32,
    struck_at: Option<Duration>,
}

impl Watcher {
    pub(super) fn new(strike: &Strike, program: i32) -> Self {
        Self { strike: strike.clone(), program, seen: None, changes: 0, struck_at: None }
    }

    /// How long to wait before the next look.
    pub(super) fn pause(&self) -> Duration {
        if self.struck_at.is_some() { GRACE } else { LOOK }
    }

    pub(super) fn has_struck(&self) -> bool {
        self.struck_at.is_some()
    }

    /// Sends the signal when its moment has come. True when the whole tree must be ended now.
    pub(super) fn look(&mut self, elapsed: Duration) -> bool {
        if let Some(struck_at) = self.struck_at {
            return elapsed >= struck_at + GRACE;
        }
        if !self.is_due(elapsed) {
            return false;
        }
        self.struck_at = Some(elapsed);
        if self.strike.signal == libc::SIGKILL {
            return true;
        }
        family::send(-self.program, self.strike.signal);
        false
    }

    fn is_due(&mut self, elapsed: Duration) -> bool {
        match &self.strike.when {
            When::AfterMs(moment) => elapsed >= Duration::from_millis(*moment),
            When::Written { path, changes } => {
                let now = stamp(path);
                match (self.seen, now) {
                    (None, Some((size, ..))) if size > 0 => self.seen = now,
                    (Some(seen), Some(now)) if seen != now => {
                        self.seen = Some(now);
                        self.changes += 1;
                    }
                    _ => {}
                }
                self.seen.is_some() && self.changes >= *changes
            }
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = path.metadata().ok()?;
    if !data.is_dir() {
        return Some((data.len(), data.mtime(), data.mtime_nsec(), data.ino()));
    }
    let files = walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok);
    let stamps = files.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file);
    let add = |sum: Stamp, data: std::fs::Metadata| {
        let (seconds, nanos) = (sum.1.wrapping_add(data.mtime()), sum.2.wrapping_add(data.mtime_nsec()));
        (sum.0 + data.len(), seconds, nanos, sum.3.wrapping_add(data.ino()))
    };
    Some(stamps.fold((0, 0, 0, 0), add))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watcher(path: &Path, changes: u32) -> Watcher {
        let when = When::Written { path: path.to_path_buf(), changes };
        Watcher::new(&Strike { signal: libc::SIGKILL, when }, 0)
    }

    #[test]
    fn an_empty_file_is_not_written_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let mut watcher = watcher(&path, 0);
        assert!(!watcher.look(Duration::ZERO));
        std::fs::write(&path, "").unwrap();
        assert!(!watcher.look(Duration::ZERO) && !watcher.has_struck());
        std::fs::write(&path, "half").unwrap();
        assert!(watcher.look(Duration::ZERO) && watcher.has_struck());
    }

    #[test]
    fn changes_are_counted_from_the_first_content_on_whether_in_place_or_by_a_rename() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let mut watcher = watcher(&path, 2);
        std::fs::write(&path, "one").unwrap();
        assert!(!watcher.look(Duration::ZERO) && !watcher.look(Duration::ZERO));
        std::fs::write(&path, "longer").unwrap();
        assert!(!watcher.look(Duration::ZERO));
        std::fs::write(folder.path().join("new"), "longer").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(watcher.look(Duration::ZERO));
    }

    #[test]
    fn a_folder_is_written_once_a_file_in_it_holds_something() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoints");
        let mut watcher = watcher(&path, 1);
        std::fs::create_dir(&path).unwrap();
        assert!(!watcher.look(Duration::ZERO) && watcher.seen.is_none());
        std::fs::write(path.join("1"), "one").unwrap();
        assert!(!watcher.look(Duration::ZERO) && watcher.seen.is_some());
        std::fs::write(path.join("2"), "two").unwrap();
        assert!(watcher.look(Duration::ZERO));
    }

    #[test]
    fn a_moment_is_counted_from_the_start() {
        let strike = Strike { signal: libc::SIGKILL, when: When::AfterMs(30) };
        let mut watcher = Watcher::new(&strike, 0);
        assert!(!watcher.look(Duration::from_millis(29)));
        assert!(watcher.look(Duration::from_millis(30)));
    }
}
