//! Changed copies of declared data: made once a session, shown in place of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::place::Place;
use super::runner::Execution;
use super::store::{lock_file, write_whole};
use super::{Error, stock};
use crate::artifact::Digest;
use crate::vary::data::{self, Applied, Edit, Source};

impl Execution<'_> {
    /// The name of the stock of a data file, changed or not.
    pub(super) fn data_stock_name(&self, name: &str) -> String {
        match self.invocation.edits.get(name) {
            None => format!("data-{name}"),
            Some(edits) => format!("data-{name}-{}", edits_key(edits)),
        }
    }

    /// The stock of a data file, laid in if this is the first run that needs it; a changed copy was made before.
    pub(super) fn data_stock(&self, name: &str) -> Result<PathBuf, Error> {
        if self.invocation.edits.contains_key(name) {
            return Ok(self.stock(&self.data_stock_name(name)));
        }
        let stock = self.stock(&format!("data-{name}"));
        stock::lay_in(&self.case.data[name].path, &stock, &|path| self.treatment(path))?;
        Ok(stock)
    }

    /// Makes the changed copies, and shows them also where the pipeline's own folder holds the file: a program may read it
    /// there.
    pub(super) fn edit(
        &self,
        place: &Place,
        modified: SystemTime,
    ) -> Result<BTreeMap<String, Applied>, Error> {
        let mut all = BTreeMap::new();
        for (name, edits) in &self.invocation.edits {
            let changed = self.stock(&self.data_stock_name(name));
            let applied = self.make(name, edits, &changed)?;
            if let Ok(below) = self.case.data[name].path.strip_prefix(self.dir()) {
                let target = place.work().join(below);
                if target.symlink_metadata().is_ok() {
                    stock::hand_out(&changed, &target, modified)?;
                }
            }
            all.insert(name.clone(), applied);
        }
        Ok(all)
    }

    /// Makes one changed copy unless an earlier run of the session did.
    fn make(&self, name: &str, edits: &[Edit], changed: &Path) -> Result<Applied, Error> {
        let note = changed.with_extension("applied");
        if let Some(known) = read(&note) {
            return Ok(known);
        }
        let folder = changed.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let lock = lock_file(&changed.with_extension("lock"))?;
        lock.lock().map_err(Error::io("lock", folder))?;
        if let Some(known) = read(&note) {
            return Ok(known);
        }
        let sources = self.sources()?;
        let applied = data::apply(edits, &sources[name], &sources, changed)?;
        let text = serde_json::to_vec(&applied)
            .map_err(|error| Error::Record { path: note.clone(), what: error.to_string() })?;
        write_whole(&note, &text)?;
        Ok(applied)
    }

    /// All declared data as copies in the stock: a change may take rows of another file.
    fn sources(&self) -> Result<BTreeMap<String, Source>, Error> {
        let mut sources = BTreeMap::new();
        for (name, declared) in &self.case.data {
            let stock = self.stock(&format!("data-{name}"));
            stock::lay_in(&declared.path, &stock, &|path| self.treatment(path))?;
            sources.insert(name.clone(), declared.source(stock));
        }
        Ok(sources)
    }
}

fn read(note: &Path) -> Option<Applied> {
    serde_json::from_slice(&std::fs::read(note).ok()?).ok()
}

/// Changes that are equal make equal files.
fn edits_key(edits: &[Edit]) -> String {
    let text = serde_json::to_vec(edits).unwrap_or_else(|_| format!("{edits:?}").into_bytes());
    Digest::of_bytes(&text).short()
}
