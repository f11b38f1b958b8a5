//! Reports in the session store: what a session found is kept beside its records, so that it can be written in any format
//! later, without any new run.
//!
//! ```text
//! <session>/
//!   cases/<name>.json     the verdicts of a case and what was measured of it
//!   gate.json             what the gate said, where it was asked
//! ```
//!
//! Every process of a session writes its own cases, so that test runners that start a process for each test share them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::gated::Gated;
use super::{CaseReport, FORMAT, Measured, Report};
use crate::run::fingerprint;
use crate::run::store::{file_name, lock_file, write_whole};

const CASES: &str = "cases";
const GATE: &str = "gate.json";
/// Bytes of a kept report, or of one from elsewhere, that are read at most.
const BYTES_MAX: u64 = 256 << 20;

/// A report that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the session cannot be written.
    #[error(transparent)]
    Write(#[from] crate::run::Error),
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file stands where a report would, and is none, or was changed since.
    #[error("`{}` is no report as driftless left it, and is not touched", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A file that should be a report.
    #[error("`{}` {what}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Write(error) => error.hint(),
            Error::Read { .. } => Some("check the path, and that you may read it".to_owned()),
            Error::Foreign { .. } => {
                Some("move it away, or choose another folder; nothing was written".to_owned())
            }
            Error::Unfit { .. } => Some(
                "`driftless report --format json` of this version writes reports that it reads".to_owned(),
            ),
        }
    }
}

/// One case of a session.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    format: u32,
    case: CaseReport,
    measured: Measured,
}

/// The session that later ones are compared with, in the project's root: a folder `snapshots/` would ask for snapshots.
pub const ACCEPTED: &str = "driftless.accepted.json";

/// The report of the session that was accepted last; `None` where none was.
///
/// # Errors
/// A file that cannot be read, or that another version wrote.
pub fn accepted(project: &Path) -> Result<Option<Report>, Error> {
    let path = project.join(ACCEPTED);
    if path.exists() { read(&path).map(Some) } else { Ok(None) }
}

/// Accepts a report as the one that later ones are compared with, without what was measured of the machine. Returns where
/// it lies.
///
/// # Errors
/// Where the file cannot be written.
pub fn accept(report: &Report, project: &Path) -> Result<PathBuf, Error> {
    let kept = Report { measured: Measured::default(), ..report.clone() };
    let path = project.join(ACCEPTED);
    write_whole(&path, super::json::render(&kept).as_bytes())?;
    Ok(path)
}

/// Waits for a session's turn to be written to; it ends when the file is dropped.
///
/// # Errors
/// Where the lock cannot be had.
pub fn lock(session: &Path) -> Result<std::fs::File, Error> {
    let file = lock_file(&session.join("report.lock"))?;
    file.lock().map_err(crate::run::Error::io("lock", session))?;
    Ok(file)
}

/// Keeps what a session found of a case.
///
/// # Errors
/// Where the file cannot be written.
pub fn keep(session: &Path, case: &CaseReport, measured: &Measured) -> Result<(), Error> {
    let folder = session.join(CASES);
    std::fs::create_dir_all(&folder).map_err(crate::run::Error::io("create", &folder))?;
    let kept = Kept { format: FORMAT, case: case.clone(), measured: measured.clone() };
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    Ok(write_whole(&folder.join(format!("{}.json", file_name(&case.name))), &text)?)
}

/// Keeps what the gate said in a session.
///
/// # Errors
/// Where the file cannot be written.
pub fn keep_gate(session: &Path, gated: &Gated) -> Result<(), Error> {
    let text = serde_json::to_vec(gated).unwrap_or_default();
    Ok(write_whole(&session.join(GATE), &text)?)
}

/// The report of a session; `None` where it kept none.
///
/// # Errors
/// A file that cannot be read, or that another version wrote.
pub fn load(session: &Path) -> Result<Option<Report>, Error> {
    let folder = session.join(CASES);
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let kept: Kept = read(&entry.path())?;
        cases.push((kept.case, kept.measured));
    }
    let gate = session.join(GATE);
    let gated = if gate.exists() { Some(read::<Gated>(&gate)?) } else { None };
    if cases.is_empty() && gated.is_none() {
        return Ok(None);
    }
    let mut report = Report::new(cases);
    report.gate = gated;
    let found = session.join(fingerprint::FILE);
    report.measured.fingerprint = if found.exists() { Some(read(&found)?) } else { None };
    Ok(Some(report))
}

/// A report that `--format json` wrote.
///
/// # Errors
/// A file that cannot be read, is no report, or is one of another version.
pub fn read_report(path: &Path) -> Result<Report, Error> {
    read(path)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    use std::io::Read as _;
    let mut text = Vec::new();
    let unreadable = |source| Error::Read { path: path.to_path_buf(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(unreadable)?;
    let unfit = |what: String| Error::Unfit { path: path.to_path_buf(), what };
    if text.len() as u64 > BYTES_MAX {
        return Err(unfit(format!("is larger than {} MiB, which no report is", BYTES_MAX >> 20)));
    }
    let version = |text: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(text).ok()?;
        value.get("format")?.as_u64()
    };
    match serde_json::from_slice(&text) {
        Ok(read) if version(&text).is_some_and(|version| version != u64::from(FORMAT)) => {
            drop::<T>(read);
            Err(unfit(format!("has a layout that this version does not know; it reads layout {FORMAT}")))
        }
        Ok(read) => Ok(read),
        Err(error) => Err(unfit(format!("is no report of this version: {error}"))),
    }
}
