//! Whether what is installed in an environment is what a lock file names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::installed::{self, Installed};
use super::model::{Group, Kind, Locked, Manager, Pin, Source, normal};
use super::node::{self, Node};
use super::{gather, pep, pins, text};

/// Lock files that are looked for, the best first.
const LOCKS: &[&str] = &[
    "uv.lock",
    "pylock.toml",
    "poetry.lock",
    "Pipfile.lock",
    "conda-lock.yml",
    "requirements.txt",
    "environment.yml",
];

/// What every environment has and few locks name.
const INSTALLERS: &[&str] = &["pip", "setuptools", "wheel", "uv", "distribute", "pkg-resources"];

/// Version of the layout of [`Compared`].
const FORMAT: u32 = 1;

/// An interpreter of Python, and where its packages lie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The executable.
    pub executable: PathBuf,
    /// The folder of its environment.
    pub prefix: PathBuf,
    /// The folders of its packages, in the order of `sys.path`.
    pub sites: Vec<PathBuf>,
    /// The variables of PEP 508, such as `python_full_version`.
    pub markers: BTreeMap<String, String>,
}

/// A package that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Normalised as PEP 503 says.
    pub name: String,
    /// What the lock names, where it names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    /// What is installed, where something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
}

/// An environment beside a lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Version of this layout.
    pub format: u32,
    /// Whether nothing is missing, additional or of another version.
    pub equal: bool,
    /// The lock file.
    pub lock: String,
    /// The executable of Python.
    pub python: PathBuf,
    /// Its version.
    pub python_version: String,
    /// Packages that are there as locked.
    pub same: usize,
    /// Packages that the lock names for this interpreter and that are not installed.
    pub missing: Vec<Difference>,
    /// Packages that are installed and not in the lock.
    pub extra: Vec<Difference>,
    /// Packages that are installed in another version.
    pub versions: Vec<Difference>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// The lock file of a project, if it has one.
#[must_use]
pub fn find_lock(root: &Path) -> Option<PathBuf> {
    LOCKS.iter().map(PathBuf::from).find(|name| root.join(name).is_file())
}

/// Compares an environment with a lock file; `lock` is relative to `root`.
///
/// # Errors
/// Where the file cannot be read or is none that names packages: what is wrong, a lowercase fragment.
pub fn compare(root: &Path, lock: &Path, python: &Interpreter) -> Result<Compared, String> {
    let source = gather::read_one(root, lock)
        .ok_or_else(|| "its name is none of a lock file or a requirements file".to_owned())?;
    if let Some((file, fault)) = source.faults.first() {
        let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
        return Err(format!("{file}{line}: {}", fault.message));
    }
    if source.kind.is_input() {
        return Err("it is what a lock is made from, and no lock".to_owned());
    }
    let environment = pep::environment(&python.markers)?;
    let applies = |entry: &&Locked| !entry.constraint && pep::holds(entry.marker.as_deref(), &environment);
    let entries: Vec<&Locked> = source.entries.iter().filter(applies).collect();
    let needed = needed(root, &source, &entries, &environment);
    let mut packages = installed::packages(&python.sites);
    packages.extend(installed::conda_packages(&python.prefix));
    let mut compared = Compared {
        format: FORMAT,
        equal: false,
        lock: source.file.clone(),
        python: python.executable.clone(),
        python_version: python.markers.get("python_full_version").cloned().unwrap_or_default(),
        same: 0,
        missing: Vec::new(),
        extra: Vec::new(),
        versions: Vec::new(),
        notes: Vec::new(),
    };
    match_up(&entries, needed.as_ref(), &packages, &mut compared);
    compared.extra = extra(&source, &packages);
    compared.notes.extend(notes(&packages));
    if needed.is_none() {
        compared.notes.push(
            "this lock does not say which packages this interpreter needs, so none is called missing"
                .to_owned(),
        );
    }
    compared.equal = compared.missing.is_empty() && compared.extra.is_empty() && compared.versions.is_empty();
    Ok(compared)
}

/// The packages that must be there. `None` where the lock does not tell: before Poetry 2 it kept no conditions.
fn needed(
    root: &Path,
    source: &Source,
    entries: &[&Locked],
    environment: &pep::Environment,
) -> Option<BTreeSet<String>> {
    let tree = || node::toml(&text::read(&root.join(&source.path)).ok()?).ok();
    match source.kind {
        Kind::Uv => tree().map(|tree| walk_uv(&tree, environment)),
        Kind::PixiLock => None,
        Kind::Poetry if tree()?.at(&["metadata", "lock-version"]).and_then(Node::text) != Some("2.1") => None,
        _ => {
            let production =
                entries.iter().filter(|entry| entry.group == Group::Prod && !entry.name.is_empty());
            Some(production.map(|entry| entry.name.clone()).collect())
        }
    }
}

/// What the projects of a uv.lock need, by following the dependencies whose conditions hold.
fn walk_uv(tree: &Node, environment: &pep::Environment) -> BTreeSet<String> {
    let packages = tree.get("package").map_or(&[][..], Node::list);
    let is_own = |package: &Node| {
        let source = package.get("source");
        ["virtual", "editable"].iter().any(|key| source.is_some_and(|source| source.get(key).is_some()))
    };
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<(&Node, Option<String>)> =
        packages.iter().filter(|package| is_own(package)).map(|package| (package, None)).collect();
    let mut seen = BTreeSet::new();
    while let Some((package, extra)) = waiting.pop() {
        let name = package.text_at("name").map(normal).unwrap_or_default();
        if !seen.insert((name.clone(), package.text_at("version").map(str::to_owned), extra.clone())) {
            continue;
        }
        if !is_own(package) {
            needed.insert(name);
        }
        let list = match &extra {
            None => package.get("dependencies"),
            Some(extra) => package.at(&["optional-dependencies", extra]),
        };
        for wish in list.map_or(&[][..], Node::list) {
            if !pep::holds(wish.text_at("marker"), environment) {
                continue;
            }
            let fits = |other: &&Node| {
                other.text_at("name") == wish.text_at("name")
                    && wish.text_at("version").is_none_or(|version| other.text_at("version") == Some(version))
            };
            let extras = wish.get("extra").map_or(&[][..], Node::list);
            for other in packages.iter().filter(fits) {
                waiting.push((other, None));
                waiting.extend(extras.iter().map(|extra| (other, extra.text().map(str::to_owned))));
            }
        }
    }
    needed
}

fn match_up(
    entries: &[&Locked],
    needed: Option<&BTreeSet<String>>,
    packages: &[Installed],
    compared: &mut Compared,
) {
    let mut by_name: BTreeMap<(&str, Manager), Vec<&Locked>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.name.is_empty()) {
        by_name.entry((&entry.name, entry.manager)).or_default().push(entry);
    }
    for ((name, manager), locked) in by_name {
        let wanted = locked[0].version.clone().or_else(|| locked[0].specifiers.clone());
        let difference = |installed: Option<&Installed>| Difference {
            name: name.to_owned(),
            locked: wanted.clone(),
            installed: installed.map(|package| package.version.clone()),
        };
        let found = packages.iter().find(|package| package.name == name && package.manager == manager);
        match found {
            // A lock may hold several versions, each for some platform.
            Some(package) if locked.iter().any(|entry| fits(entry, package)) => compared.same += 1,
            Some(package) => compared.versions.push(difference(Some(package))),
            None if locked[0].pin == Pin::Path || INSTALLERS.contains(&name) => {}
            None if needed.is_some_and(|needed| needed.contains(name)) => {
                compared.missing.push(difference(None));
            }
            None => {}
        }
    }
}

fn fits(entry: &Locked, package: &Installed) -> bool {
    match (&entry.version, &entry.specifiers) {
        (Some(version), _) if entry.manager == Manager::Conda => *version == package.version,
        (Some(version), _) => pep::same_version(version, &package.version),
        (None, Some(specifiers)) => pep::inside(&package.version, specifiers) != Some(false),
        (None, None) => true,
    }
}

fn extra(source: &Source, packages: &[Installed]) -> Vec<Difference> {
    let named: BTreeSet<&str> =
        source.entries.iter().flat_map(|entry| [entry.name.as_str(), pins::python_name(entry)]).collect();
    let by_conda: BTreeSet<&str> = packages
        .iter()
        .filter(|package| package.manager == Manager::Conda)
        .map(|package| package.name.as_str())
        .collect();
    let has_conda = source.entries.iter().any(|entry| entry.manager == Manager::Conda);
    packages
        .iter()
        .filter(|package| {
            !named.contains(package.name.as_str()) && !INSTALLERS.contains(&package.name.as_str())
        })
        // The project itself, or another one on this disk that is worked on.
        .filter(|package| !package.origin.as_deref().is_some_and(|origin| origin.starts_with("file:")))
        .filter(|package| match package.manager {
            // What conda installs of Python shows up a second time in the folder of packages.
            Manager::Pip => !by_conda.contains(package.name.as_str()),
            Manager::Conda => has_conda,
        })
        .map(|package| Difference {
            name: package.name.clone(),
            locked: None,
            installed: Some(package.version.clone()),
        })
        .collect()
}

/// Packages that nobody can check or uninstall.
fn notes(packages: &[Installed]) -> Option<String> {
    let bare: Vec<String> = packages
        .iter()
        .filter(|package| !package.recorded)
        .map(|package| format!("`{}`", package.name))
        .collect();
    (!bare.is_empty()).then(|| format!("without a list of their files (RECORD): {}", bare.join(", ")))
}

#[cfg(test)]
mod tests;
