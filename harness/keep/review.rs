//! What waits for review, and what becomes of it.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Error;
use super::key::{ACCEPTED, FOLDER, Key, WAITING, split_name};
use super::text::{self, Stored};
use crate::artifact::Digest;

/// A text that waits for review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The audit.
    pub audit: String,
    /// The case, with slashes.
    pub case: String,
    /// The class of machines, if it is not for all.
    pub class: Option<String>,
    /// The `.snap.new` file.
    pub path: PathBuf,
    /// The text accepted now, in stored form; `None` where there is none yet.
    pub accepted: Option<String>,
    /// The text to review, in stored form.
    pub fresh: String,
}

impl Pending {
    /// Its name.
    #[must_use]
    pub fn key(&self) -> Key<'_> {
        Key { audit: &self.audit, case: &self.case, class: self.class.as_deref() }
    }
}

/// What the path of a snapshot file says.
struct Place {
    audit: String,
    case: String,
    class: Option<String>,
}

/// All texts below `project` that wait for review, sorted by path.
///
/// # Errors
///
/// A folder that cannot be read, or a file that is no snapshot (also an accepted one with marks of a merge).
pub fn pending(project: &Path) -> Result<Vec<Pending>, Error> {
    Ok(waiting(project)?.into_iter().map(|(pending, _)| pending).collect())
}

/// Makes those pending texts that `only` names the accepted ones, each atomically, and says which.
///
/// # Errors
///
/// Those of [`pending`], or a file that cannot be written; texts before it in order stay accepted.
pub fn accept(project: &Path, only: &dyn Fn(&Pending) -> bool) -> Result<Vec<Pending>, Error> {
    let mut accepted = Vec::new();
    for (pending, snapshot) in waiting(project)?.into_iter().filter(|(pending, _)| only(pending)) {
        text::promote(&snapshot, &pending.path, &pending.path.with_extension(""))?;
        accepted.push(pending);
    }
    Ok(accepted)
}

/// Removes those pending texts that `only` names, leaves what is accepted alone, and says which.
///
/// # Errors
///
/// Those of [`pending`], or a file that cannot be removed; those before it in order are gone.
pub fn reject(project: &Path, only: &dyn Fn(&Pending) -> bool) -> Result<Vec<Pending>, Error> {
    let mut rejected = Vec::new();
    for pending in pending(project)?.into_iter().filter(only) {
        fs::remove_file(&pending.path)
            .map_err(|source| Error::Write { path: pending.path.clone(), source })?;
        rejected.push(pending);
    }
    Ok(rejected)
}

/// Snapshots, accepted or pending, of an audit and case that is not `known`, sorted by path. The class does
/// not count: a snapshot of another machine belongs to its case.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn orphans(project: &Path, known: &[(String, String)]) -> Result<Vec<PathBuf>, Error> {
    let is_known =
        |place: &Place| known.iter().any(|(audit, case)| *audit == place.audit && *case == place.case);
    let mut orphans = Vec::new();
    for ending in [ACCEPTED, WAITING] {
        orphans.extend(
            files(project, ending)?.into_iter().filter(|(_, place)| !is_known(place)).map(|(path, _)| path),
        );
    }
    orphans.sort();
    Ok(orphans)
}

/// All accepted snapshots, sorted by path.
pub(super) fn snapshots(project: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(files(project, ACCEPTED)?.into_iter().map(|(path, _)| path).collect())
}

/// Bits that an accepted snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The snapshot file.
    pub file: PathBuf,
    /// The case, with slashes.
    pub case: String,
    /// The stage; `None` of kernels.
    pub stage: Option<String>,
    /// The artifact or buffer.
    pub artifact: String,
}

/// The accepted snapshots of a project that hold an artifact with this sha256, sorted by path, and what could not be
/// read, in words.
#[must_use]
pub fn holding(project: &Path, sha256: &Digest) -> (Vec<Holding>, Vec<String>) {
    let line = format!("sha256: {sha256}");
    let mut found = Vec::new();
    let listed = match files(project, ACCEPTED) {
        Ok(listed) => listed,
        Err(error) => return (found, vec![format!("not searched: {error}")]),
    };
    let mut unread = Vec::new();
    for (file, Place { case, .. }) in listed {
        let body = match text::read(&file) {
            Ok(snapshot) => snapshot.map(|snapshot| snapshot.body).unwrap_or_default(),
            Err(error) => {
                unread.push(format!("not searched: {error}"));
                continue;
            }
        };
        let lines: Vec<&str> = body.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[1].trim() == line) {
            let Some((artifact, stage)) = holder(pair[0]) else { continue };
            found.push(Holding { file: file.clone(), case: case.clone(), stage, artifact });
        }
    }
    (found, unread)
}

/// `artifact: NAME of stage STAGE (FORMAT)` or `buffer: NAME`.
fn holder(line: &str) -> Option<(String, Option<String>)> {
    if let Some(name) = line.strip_prefix("buffer: ") {
        return Some((name.to_owned(), None));
    }
    let (name, rest) = line.strip_prefix("artifact: ")?.split_once(" of stage ")?;
    let stage = rest.rsplit_once(" (").map_or(rest, |(stage, _)| stage);
    Some((name.to_owned(), Some(stage.to_owned())))
}

fn waiting(project: &Path) -> Result<Vec<(Pending, Stored)>, Error> {
    let mut found = Vec::new();
    for (path, Place { audit, case, class }) in files(project, WAITING)? {
        // Another process may have settled it since the folder was listed.
        let Some(snapshot) = text::read(&path)? else { continue };
        let accepted = text::read(&path.with_extension(""))?.map(|accepted| accepted.body);
        let fresh = snapshot.body.clone();
        found.push((Pending { audit, case, class, path, accepted, fresh }, snapshot));
    }
    Ok(found)
}

/// The files of the snapshot folder whose name has this ending, with what their paths say, sorted by path.
fn files(project: &Path, ending: &str) -> Result<Vec<(PathBuf, Place)>, Error> {
    let folder = project.join(FOLDER);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::Read {
            path: error.path().unwrap_or(&folder).to_owned(),
            source: error.into(),
        })?;
        if entry.file_type().is_file()
            && let Some(place) = place(entry.path().strip_prefix(&folder).unwrap_or(entry.path()), ending)
        {
            found.push((entry.into_path(), place));
        }
    }
    Ok(found)
}

/// `None` for files that are not ours: hidden, not below an audit's folder, or with another ending.
fn place(path: &Path, ending: &str) -> Option<Place> {
    let (audit, rest) = path.to_str()?.split_once(std::path::MAIN_SEPARATOR)?;
    let rest = rest.replace(std::path::MAIN_SEPARATOR, "/");
    let (folders, name) =
        rest.rsplit_once('/').map_or((None, rest.as_str()), |(folders, name)| (Some(folders), name));
    if name.starts_with('.') {
        return None;
    }
    let (last, class) = split_name(name, ending)?;
    let case = folders.map_or_else(|| last.to_owned(), |folders| format!("{folders}/{last}"));
    Some(Place { audit: audit.to_owned(), case, class: class.map(str::to_owned) })
}
