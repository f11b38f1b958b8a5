//! Compares the text of a verdict with its accepted snapshot. The only door to insta.
//!
//! # What is compared
//!
//! A snapshot is a text file in insta's layout: a header between two `---` lines, then the body.
//!
//! ```text
//! ---
//! source: digits/logistic
//! description: the same bits under every nuisance factor
//! info:
//!   host: Linux 6.8
//! ---
//! relation: same-bits
//! predictions.csv sha256: 9f86d081884c7d65...
//! ```
//!
//! The **body** is compared, byte for byte, by this room and before insta sees anything: insta itself ignores
//! line ends and blanks at the end. A snapshot that an editor or a git checkout has converted to CRLF is
//! therefore [`State::Changed`], and [`difference()`] says so in words. The **header** is never compared: it
//! says which case wrote the text, what it means, and facts of the host, for the person who reviews.
//!
//! An ordinary body (lines that each end with `\n`, the last one not blank) stands in the file as it is. Any
//! other body, such as one with a carriage return, is stored with its odd characters spelled out, so that
//! every text survives git, editors and `cargo insta accept` unchanged; [`State`] shows texts in the form
//! they are stored in.
//!
//! # Names and classes
//!
//! [`Key`] names a snapshot: `snapshots/<audit>/<case>[@<class>].snap` below the project's root, the slashes
//! of a case name becoming folders. Without a class a snapshot is *portable*: every machine must give its
//! text, as with what the reference machine makes of a kernel. With a class ([`machine_class`], or the
//! adapters that a kernel ran on) it holds for machines of that class alone, and a machine of another class
//! finds [`State::Unknown`] with the classes that do have one: recorded elsewhere, not compared here.
//!
//! # States
//!
//! - [`State::Same`]: the bytes are those that were accepted.
//! - [`State::Changed`]: they are not; both texts are handed back.
//! - [`State::Unknown`]: nothing was accepted yet under this key.
//!
//! A snapshot that cannot be trusted (not text, no header, marks of an unresolved merge) is an [`Error`],
//! never a state.
//!
//! # Who may write when
//!
//! | | `.snap` | `.snap.new` |
//! |---|---|---|
//! | [`Mode::Compare`] (the gate, CI) | never | never |
//! | [`Mode::Record`] | never | writes it for unknown and changed texts, removes it once they agree |
//! | [`accept`] | replaces it, atomically | removes it |
//! | [`reject`] | never | removes it |
//!
//! `cargo insta review`, `accept` and `reject` read and write the same files; [`pending`] and [`accept`] do
//! the same where there is neither a Cargo.toml nor cargo. Unlike `cargo insta test --unreferenced`,
//! [`orphans`] knows that a snapshot of another machine's class is no orphan; from that option
//! [`Keeper::keep`] shields all snapshots of the project.
//!
//! # Architecture invariant: insta's assertions are not run
//!
//! From insta this room takes the file format: `insta::Snapshot` lays out every file, so what we write is
//! what `cargo insta` writes. Its `assert_snapshot!` is deliberately absent. It decides by `INSTA_UPDATE`,
//! `INSTA_FORCE_PASS`, `CI` and a configuration file whether a difference fails and whether the accepted file
//! is overwritten, prints to standard output, panics, and asks cargo where the project is. Here no variable
//! can turn a changed text into an accepted one, trials may run as threads or as processes, and nothing is
//! printed.

pub mod canonical;
mod class;
mod difference;
mod error;
mod kernel;
mod key;
mod review;
mod text;

use std::env;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

use serde_json::Value;

use class::adapters_class;
pub use class::{machine_class, processor};
pub use difference::difference;
pub use error::Error;
pub use key::{Key, PORTABLE};
pub use review::{Holding, Pending, accept, holding, orphans, pending, reject};

use text::Draft;

/// Whether new texts are left behind for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Compare and write nothing: for gates and continuous integration.
    Compare,
    /// Compare, and leave unknown and changed texts as `.snap.new` beside their snapshot.
    Record,
}

/// How a text stands to its accepted snapshot. Texts are in their stored form (see the room's page).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Equal, byte for byte.
    Same,
    /// Different.
    Changed {
        /// The accepted text.
        accepted: String,
        /// The text of now.
        fresh: String,
        /// The `.snap.new` file that waits for review, if there is one.
        pending: Option<PathBuf>,
    },
    /// Nothing is accepted under this key.
    Unknown {
        /// The `.snap.new` file that waits for review, if there is one.
        pending: Option<PathBuf>,
        /// The classes that have an accepted snapshot for the same audit and case, sorted; [`PORTABLE`]
        /// stands for the one without class.
        elsewhere: Vec<String>,
    },
}

/// Compares texts with the snapshots of one project. Cheap to make, and safe to use from several threads and
/// processes at once.
#[derive(Debug)]
pub struct Keeper {
    project: PathBuf,
    mode: Mode,
    shielded: Once,
}

impl Keeper {
    /// A keeper for the project with this root.
    #[must_use]
    pub fn new(project: &Path, mode: Mode) -> Self {
        Self { project: project.to_owned(), mode, shielded: Once::new() }
    }

    /// Compares `body` with what was accepted under `key`.
    ///
    /// `description` (one line) and `info` (facts of the host; an object or null) go to the header of a
    /// recorded text and are never compared.
    ///
    /// # Errors
    ///
    /// A name that is not safe as a file name, a snapshot that cannot be read or trusted, a text beyond the
    /// size limit, or, in [`Mode::Record`], a folder that cannot be written to.
    pub fn keep(&self, key: &Key, body: &str, description: &str, info: &Value) -> Result<State, Error> {
        let path = key.path(&self.project)?;
        self.shield(env::var_os("INSTA_SNAPSHOT_REFERENCES_FILE").as_deref());
        let fresh = text::stored(body, &path)?;
        let accepted = text::read(&path)?.map(|snapshot| snapshot.body);
        if accepted.as_ref() == Some(&fresh) {
            self.forget_pending(&path);
            return Ok(State::Same);
        }
        let pending = match self.mode {
            Mode::Compare => Some(key::pending_path(&path)).filter(|path| path.exists()),
            Mode::Record => {
                let source = key.case;
                Some(text::record(&path, &Draft { source, description, info, body: &fresh })?)
            }
        };
        match accepted {
            Some(accepted) => Ok(State::Changed { accepted, fresh, pending }),
            None => Ok(State::Unknown { pending, elsewhere: key.other_classes(&path)? }),
        }
    }

    /// Removes what an earlier run left for review, now that the text is the accepted one again.
    fn forget_pending(&self, path: &Path) {
        if self.mode == Mode::Record {
            // One that cannot be removed stays listed as pending, and the text is the same all the same.
            let _ = fs::remove_file(key::pending_path(path));
        }
    }

    /// Names all snapshots of the project in the list of referenced ones that `cargo insta test
    /// --unreferenced` keeps.
    ///
    /// It would otherwise call every snapshot of another machine class, and in a filtered run all but a few,
    /// unreferenced, and with `=delete` remove them.
    fn shield(&self, list: Option<&OsStr>) {
        let Some(list) = list else { return };
        self.shielded.call_once(|| {
            // Without the list there is no option to shield from; the comparison does not depend on it.
            let _ = mention_all(&self.project, Path::new(list));
        });
    }
}

/// Appends the path of every snapshot of the project to `list`, in one write because other processes append
/// too.
fn mention_all(project: &Path, list: &Path) -> io::Result<()> {
    let mut lines = String::new();
    for path in review::snapshots(project).map_err(io::Error::other)? {
        lines.push_str(&path.to_string_lossy());
        lines.push('\n');
    }
    OpenOptions::new().append(true).create(true).open(list)?.write_all(lines.as_bytes())
}

#[cfg(test)]
mod tests;
