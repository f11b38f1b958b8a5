//! What all files that name dependencies have in common.

use std::path::PathBuf;

use super::node::Fault;

/// How far an entry fixes what will be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pin {
    /// One version.
    Exact,
    /// Some versions.
    Range,
    /// Any version.
    None,
    /// An address; `fixed` where it holds a hash, a commit or a versioned file.
    Url {
        /// Whether what lies there cannot change unseen.
        fixed: bool,
    },
    /// A file or folder.
    Path,
}

/// What an entry is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// The program itself.
    Prod,
    /// Development.
    Dev,
    /// An extra or another optional group.
    Named(String),
}

/// Who installs an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manager {
    /// From a Python index.
    Pip,
    /// From a conda channel.
    Conda,
}

/// Who asked for an entry, as far as the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asker {
    /// The file does not say.
    Unknown,
    /// Only other packages.
    Packages,
    /// The user, perhaps beside other packages.
    User,
}

/// A dependency as a file names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Locked {
    /// Normalised as PEP 503 says.
    pub(super) name: String,
    /// The version, where there is exactly one.
    pub(super) version: Option<String>,
    /// The specifiers as written (`>=1,<2`), where there are some.
    pub(super) specifiers: Option<String>,
    /// How far it is fixed.
    pub(super) pin: Pin,
    /// Whether hashes of the files stand beside it.
    pub(super) hashes: bool,
    /// The condition under which it is installed (PEP 508).
    pub(super) marker: Option<String>,
    /// Whether it has a condition that is not written as PEP 508 does.
    pub(super) conditional: bool,
    /// The file, relative to the project.
    pub(super) file: String,
    /// Line, counted from 1.
    pub(super) line: u64,
    /// What it is for.
    pub(super) group: Group,
    /// Who installs it.
    pub(super) manager: Manager,
    /// Only a bound on versions, as `-c` files give.
    pub(super) constraint: bool,
    /// Who asked for it.
    pub(super) asker: Asker,
    /// What stands there.
    pub(super) shown: String,
}

impl Locked {
    /// An entry of the production group without a version.
    pub(super) fn new(name: &str, file: &str, line: u64, manager: Manager) -> Self {
        Self {
            name: normal(name),
            version: None,
            specifiers: None,
            pin: Pin::None,
            hashes: false,
            marker: None,
            conditional: false,
            file: file.to_owned(),
            line,
            group: Group::Prod,
            manager,
            constraint: false,
            asker: Asker::Unknown,
            shown: name.to_owned(),
        }
    }

    /// The same, fixed to a version.
    pub(super) fn exactly(mut self, version: &str) -> Self {
        self.pin = Pin::Exact;
        self.version = Some(version.to_owned());
        self.shown = format!("{} {version}", self.shown);
        self
    }

    /// Whether an install brings the same again.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(self.pin, Pin::Exact | Pin::Url { fixed: true } | Pin::Path)
    }
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Requirements,
    /// `requirements.in`: what a lock is made from.
    RequirementsInput,
    Uv,
    Pylock,
    Poetry,
    PipfileLock,
    CondaLock,
    PixiLock,
    /// A list of conda packages by address or by version and build.
    CondaList,
    CondaEnvironment,
    Pyproject,
    Pipfile,
    PixiInput,
    SetupCfg,
}

impl Kind {
    /// Written by a resolver, with everything that will be installed.
    pub(super) fn is_lock(self) -> bool {
        matches!(
            self,
            Kind::Uv
                | Kind::Pylock
                | Kind::Poetry
                | Kind::PipfileLock
                | Kind::CondaLock
                | Kind::PixiLock
                | Kind::CondaList
        )
    }

    /// Written by people for a resolver: ranges are right here.
    pub(super) fn is_input(self) -> bool {
        matches!(
            self,
            Kind::RequirementsInput | Kind::Pyproject | Kind::Pipfile | Kind::PixiInput | Kind::SetupCfg
        )
    }
}

/// Whom a file serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The program.
    Program,
    /// Development, tests or documents, by its name.
    Tools,
    /// A library that others install, which must not fix versions.
    Library,
}

/// A line that cannot work elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Junk {
    pub(super) file: String,
    pub(super) line: u64,
    pub(super) value: String,
    pub(super) message: String,
}

/// A file that names dependencies, and the files that it includes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    /// Relative to the project.
    pub(super) path: PathBuf,
    /// The same, as it is shown.
    pub(super) file: String,
    pub(super) kind: Kind,
    pub(super) entries: Vec<Locked>,
    /// What could not be read, with the file that holds it.
    pub(super) faults: Vec<(String, Fault)>,
    pub(super) junk: Vec<Junk>,
    /// Whether the file says which Python it is for.
    pub(super) python: bool,
    /// Files that it says it was made from, relative to the project.
    pub(super) inputs: Vec<PathBuf>,
    /// Whether more than its entries decides: requirements that another file holds, or versions that override them.
    pub(super) is_open: bool,
    /// Whom it serves.
    pub(super) purpose: Purpose,
}

impl Source {
    pub(super) fn new(path: &std::path::Path, kind: Kind) -> Self {
        Self {
            path: path.to_path_buf(),
            file: path.to_string_lossy().replace('\\', "/"),
            kind,
            entries: Vec::new(),
            faults: Vec::new(),
            junk: Vec::new(),
            python: false,
            inputs: Vec::new(),
            is_open: false,
            purpose: Purpose::Program,
        }
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.path.parent().unwrap_or(std::path::Path::new(""))
    }

    /// Entries that an install of the program itself brings.
    pub(super) fn production(&self) -> impl Iterator<Item = &Locked> {
        self.entries.iter().filter(|entry| entry.group == Group::Prod && !entry.constraint)
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push((self.file.clone(), fault));
    }
}

/// A name as PEP 503 compares it: small letters, runs of `-`, `_` and `.` as one `-`.
pub(super) fn normal(name: &str) -> String {
    let mut text = String::new();
    for letter in name.trim().chars() {
        if matches!(letter, '-' | '_' | '.') {
            if !text.ends_with('-') {
                text.push('-');
            }
        } else {
            text.extend(letter.to_lowercase());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pep_503_says() {
        for name in ["Friendly-Bard", "friendly.bard", "FRIENDLY_-.bard"] {
            assert_eq!(normal(name), "friendly-bard");
        }
    }
}
