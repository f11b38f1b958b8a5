//! What a run left besides its declared outputs, and what it did to the artifacts that it was given to read.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::place::Place;
use super::runner::Execution;
use crate::artifact::Digest;

/// Files that are listed at most.
const LISTED_MAX: usize = 100;

/// What tells that a file was written to: size, time of the last change of its content, number.
type Stamp = (u64, i64, i64, u64);

/// Every file below a folder.
pub(super) fn files(folder: &Path) -> BTreeMap<PathBuf, Stamp> {
    let entries = walkdir::WalkDir::new(folder).follow_links(false).into_iter().filter_map(Result::ok);
    entries
        .filter(|entry| !entry.file_type().is_dir())
        .filter_map(|entry| {
            let data = entry.metadata().ok()?;
            let below = entry.path().strip_prefix(folder).ok()?.to_path_buf();
            // A file that is shared with the stock gets another time whenever another run is shown it; that it was not
            // written to is checked with the stock.
            let own = if data.nlink() > 1 { (0, 0) } else { (data.ctime(), data.ctime_nsec()) };
            Some((below, (data.len(), own.0, own.1, data.ino())))
        })
        .collect()
}

impl Execution<'_> {
    /// Files below the working directory that are new or written to, and are no declared output of any stage.
    pub(super) fn undeclared(&self, place: &Place, before: &BTreeMap<PathBuf, Stamp>) -> Vec<PathBuf> {
        let declared = |path: &Path| {
            let mut outputs = self.case.stages.iter().flat_map(|stage| stage.outputs.values());
            outputs.any(|output| path.starts_with(&output.path))
        };
        let now = files(&place.work());
        now.into_iter()
            .filter(|(path, stamp)| before.get(path) != Some(stamp) && !declared(path))
            .map(|(path, _)| path)
            .take(LISTED_MAX)
            .collect()
    }

    /// Artifacts of earlier stages whose copy is not what it was. A copy that is gone counts as well.
    pub(super) fn inputs_changed(&self, place: &Place) -> Vec<String> {
        let changed = |name: &&String| {
            let wanted = self.invocation.inputs[*name];
            self.input_paths(place, name).iter().any(|path| Digest::of_path(path).ok() != Some(wanted))
        };
        self.stage.inputs.iter().filter(changed).cloned().collect()
    }
}
