//! The place of a run: a directory that is fresh each time and stands at the same path each time.
//!
//! The path may not change between two pinned runs, or a program that writes it into its output would drift by our
//! doing. So each stage has one place for pinned runs and one for runs in the other directory, and a lock lets one run
//! in at a time.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::store::lock_file;
use super::{Error, Invocation};
use crate::artifact::Digest;
use crate::vary::Conditions;

/// The locked, empty folders of one run. Home and temporary files lie beside the working directory, not below it: each is
/// a factor of its own, and varying one must not move another.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    home: PathBuf,
    temp: PathBuf,
    /// How the path of the carriers' settings begins: the same for all runs of the stage.
    settings: PathBuf,
    mark: Option<u64>,
    _locks: Vec<File>,
}

/// The marks of the pinned and of the other directory. A run in either may be under way at the same time, and each reads
/// settings of its own. They are far above what a program could take for a real limit.
const MARKS: [u64; 2] = [(1 << 40) + 1, LARGEST_MARK];
/// The larger of them.
pub(super) const LARGEST_MARK: u64 = (1 << 40) + 2;

/// The other directory differs in length and holds a space and a letter outside ASCII: the three properties that
/// programs trip over.
const OTHER_DIRECTORY: &str = "an other dir\u{e9}ctory";

const OTHER_TEMP: &str = "temporary-files";

/// Longest path of a folder for temporary files. The name of a socket has 107 bytes on Linux, and Python's multiprocessing
/// adds `/pymp-xxxxxxxx/listener-xxxxxxxx`: in a longer folder it fails by our doing.
const TEMP_BYTES_MAX: usize = 70;

/// Beside the working directory, or, where that path is too long for sockets, in a folder with a short one.
fn temp_folder(places: &Path, name: &str) -> Result<PathBuf, Error> {
    // Both variants move together, or a varied run would differ in more than the name.
    if places.join(OTHER_TEMP).as_os_str().len() <= TEMP_BYTES_MAX {
        return Ok(places.join(name));
    }
    let whose = Digest::of_bytes(places.as_os_str().as_encoded_bytes()).short();
    Ok(super::tools::private_folder()?.join(format!("{whose}-{name}")))
}

impl Place {
    /// Waits for the place of a stage under these conditions, and empties it.
    pub(super) fn enter(
        store: &Path,
        invocation: &Invocation,
        conditions: &Conditions,
    ) -> Result<Self, Error> {
        let whose = format!("{}\n{}\n{}", invocation.file.display(), invocation.case, invocation.stage);
        let name = Digest::of_bytes(whose.as_bytes()).short();
        let places = store.join("places").join(name);
        std::fs::create_dir_all(&places).map_err(Error::io("create", &places))?;
        let root = if conditions.other_directory { OTHER_DIRECTORY } else { "d" };
        let home = if conditions.other_home { "home-of-another" } else { "home" };
        let temp = if conditions.other_temp { OTHER_TEMP } else { "tmp" };
        let lock = |name: &str| -> Result<File, Error> {
            let file = lock_file(&places.join(format!("{name}.lock")))?;
            file.lock().map_err(Error::io("lock", &places))?;
            Ok(file)
        };
        let mark = super::supervise::can_mark().then_some(MARKS[usize::from(conditions.other_directory)]);
        // Always in this order, so that two runs never wait for each other.
        let mut locks = vec![lock(root)?, lock(home)?, lock(temp)?];
        if mark.is_none() {
            // Runs that nothing tells apart share one file of settings, so they take turns.
            locks.push(lock("settings")?);
        }
        let place = Self {
            root: places.join(root),
            home: places.join(home),
            temp: temp_folder(&places, temp)?,
            settings: places.join("settings"),
            mark,
            _locks: locks,
        };
        for folder in place.folders() {
            remove_tree(folder)?;
        }
        let below = [place.out(), place.input(), place.data(), place.ledger()];
        for folder in below.iter().chain([&place.home, &place.temp]) {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        Ok(place)
    }

    /// Everything that a run may write to.
    pub(super) fn folders(&self) -> [&Path; 3] {
        [&self.root, &self.home, &self.temp]
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The copy of the pipeline's folder: the working directory.
    pub(super) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    pub(super) fn out(&self) -> PathBuf {
        self.root.join("out")
    }

    pub(super) fn input(&self) -> PathBuf {
        self.root.join("in")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn temp(&self) -> &Path {
        &self.temp
    }

    /// What tells this run from the stage's other run that may be under way.
    pub(super) fn mark(&self) -> Option<u64> {
        self.mark
    }

    /// What the carriers' variable holds.
    pub(super) fn settings(&self) -> &Path {
        &self.settings
    }

    fn settings_file(&self) -> PathBuf {
        match self.mark {
            Some(mark) => PathBuf::from(format!("{}-{mark}", self.settings.display())),
            None => self.settings.clone(),
        }
    }

    /// Writes down what the carriers are to do.
    pub(super) fn tell(&self, conditions: &Conditions) -> Result<(), Error> {
        let file = self.settings_file();
        let text = conditions.settings(&self.ledger().display().to_string());
        std::fs::write(&file, text).map_err(Error::io("write", &file))
    }

    /// Where our carriers note what they saw.
    pub(super) fn ledger(&self) -> PathBuf {
        self.root.join("ledger")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next run that enters.
        for folder in self.folders() {
            drop(remove_tree(folder));
        }
        drop(remove_tree(&self.settings_file()));
    }
}

/// Removes a file or a tree, also where a program took its own write permission away.
pub(super) fn remove_tree(path: &Path) -> Result<(), Error> {
    let absent = |result: std::io::Result<()>| match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    };
    let is_dir = match path.symlink_metadata() {
        Ok(data) => data.is_dir(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Io { action: "remove", path: path.to_path_buf(), source }),
    };
    if !is_dir {
        return absent(std::fs::remove_file(path)).map_err(Error::io("remove", path));
    }
    if std::fs::remove_dir_all(path).is_ok() {
        return Ok(());
    }
    for entry in walkdir::WalkDir::new(path).follow_root_links(false).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_dir() {
            drop(std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o700)));
        }
    }
    absent(std::fs::remove_dir_all(path)).map_err(Error::io("remove", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_have_a_path_that_is_short_enough_for_sockets() {
        let near = temp_folder(Path::new("/p/target/driftless/places/a"), "tmp").unwrap();
        assert_eq!(near, Path::new("/p/target/driftless/places/a/tmp"));
        let long = PathBuf::from(format!("/{}", "long".repeat(40)));
        let (one, other) = (temp_folder(&long, "tmp").unwrap(), temp_folder(&long, OTHER_TEMP).unwrap());
        assert!(one != other && one.parent() == other.parent() && !one.starts_with(&long));
        let elsewhere = temp_folder(&long.join("x"), "tmp").unwrap();
        assert_ne!(one, elsewhere);
    }
}
