//! What the entries of dependency files say, each alone.

use std::collections::BTreeSet;
use std::path::Path;

use super::code::Use;
use super::gather::Found;
use super::model::{Asker, Kind, Locked, Manager, Pin, Purpose, Source};
use super::{rules, stale, together};
use crate::rule::{Problem, Severity};

/// Names that are shown of a longer list.
const NAMES_SHOWN: usize = 5;

/// Parts of the installation itself, which every environment has in some version.
pub(super) const INSTALLERS: &[&str] =
    &["pip", "setuptools", "wheel", "python", "distribute", "uv", "conda", "mamba"];

/// Tools that programs do not run on.
const TOOLS: &[&str] = &[
    "pytest",
    "black",
    "flake8",
    "pylint",
    "mypy",
    "isort",
    "ruff",
    "pre-commit",
    "tox",
    "nox",
    "coverage",
    "sphinx",
    "jupyter",
    "jupyterlab",
    "notebook",
    "ipdb",
    "twine",
    "bump2version",
    "bumpversion",
    "autopep8",
    "yapf",
    "bandit",
    "pyright",
    "pip-tools",
    "commitizen",
    "mkdocs",
    "pytest-cov",
    "pytest-xdist",
    "pytest-mock",
    "pycodestyle",
    "pydocstyle",
];

/// Tools that a project with notebooks needs.
const NOTEBOOK_TOOLS: &[&str] = &["jupyter", "jupyterlab", "notebook"];

/// Names of conda's packages whose Python name differs.
const CONDA_NAMES: &[(&str, &str)] = &[
    ("pytorch", "torch"),
    ("pytorch-gpu", "torch"),
    ("py-opencv", "opencv-python"),
    ("opencv", "opencv-python"),
    ("py-xgboost", "xgboost"),
    ("matplotlib-base", "matplotlib"),
    ("pytables", "tables"),
];

/// The name of a package on the Python index.
pub(super) fn python_name(entry: &Locked) -> &str {
    let known = CONDA_NAMES.iter().find(|(conda, _)| entry.manager == Manager::Conda && *conda == entry.name);
    known.map_or(entry.name.as_str(), |(_, python)| python)
}

/// Whether a file in `folder` is ruled by one in `other`: the same folder or one above it.
pub(super) fn rules_over(other: &Path, folder: &Path) -> bool {
    folder.starts_with(other)
}

/// Everything that the files say without their inputs and without the code.
pub(super) fn look(found: &Found, code: &Use) -> Vec<Problem> {
    let (used, notebooks) = (code.modules(), code.notebooks);
    let mut problems = Vec::new();
    for source in &found.sources {
        problems.extend(broken(source));
        problems.extend(junk(source));
        problems.extend(unpinned(source, &found.sources));
        problems.extend(no_hash(source, &found.sources));
        problems.extend(together::conflicts(source));
        problems.extend(together::mixed(source));
        problems.extend(dev_tools(source, &found.sources, &used, notebooks));
        problems.extend(together::cuda_tags(source));
    }
    problems.extend(no_python(found, code.files > 0));
    // A file that two others include is met three times.
    let mut seen = BTreeSet::new();
    problems.retain(|problem| {
        seen.insert((problem.rule.clone(), problem.file.clone(), problem.line, problem.value.clone()))
    });
    problems
}

fn broken(source: &Source) -> impl Iterator<Item = Problem> {
    source.faults.iter().map(|(file, fault)| {
        let problem = Problem::new(&rules::BROKEN, file, &fault.message);
        match fault.line {
            Some(line) => problem.line(line),
            None => problem,
        }
    })
}

fn junk(source: &Source) -> impl Iterator<Item = Problem> {
    source.junk.iter().map(|junk| {
        Problem::new(&rules::JUNK_LINE, &junk.file, &junk.message).line(junk.line).value(&junk.value)
    })
}

/// `a`, `b` and 3 more.
fn names(entries: &[&Locked]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for entry in entries {
        let name = if entry.name.is_empty() { &entry.shown } else { &entry.name };
        if !all.contains(&name.as_str()) {
            all.push(name);
        }
    }
    let shown: Vec<String> = all.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect();
    match (shown.split_last(), all.len().saturating_sub(NAMES_SHOWN)) {
        (None, _) => String::new(),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
        (Some(_), more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Entries of the file itself that an install of the program brings.
fn own(source: &Source) -> impl Iterator<Item = &Locked> {
    source.production().filter(|entry| entry.file == source.file)
}

fn unpinned(source: &Source, all: &[Source]) -> Option<Problem> {
    let above = |other: &&Source| rules_over(other.folder(), source.folder());
    if source.purpose == Purpose::Tools
        || !source.kind.is_lock() && all.iter().filter(above).any(|other| other.kind.is_lock())
    {
        return None;
    }
    // What the lock of this input lacks is told as a stale lock.
    if source.kind.is_input() && all.iter().any(|lock| stale::is_input_of(source, lock, all)) {
        return None;
    }
    let fixed: BTreeSet<&str> = all
        .iter()
        .filter(above)
        .filter(|other| !other.kind.is_input())
        .flat_map(|other| other.entries.iter().filter(|entry| entry.is_fixed()))
        .chain(source.entries.iter().filter(|entry| entry.is_fixed()))
        .map(python_name)
        .collect();
    let open: Vec<&Locked> = own(source)
        .filter(|entry| !entry.is_fixed() && !fixed.contains(python_name(entry)))
        .filter(|entry| !INSTALLERS.contains(&entry.name.as_str()))
        .collect();
    let first = open.first()?;
    let count = open.len() as u64;
    let verb = if names(&open) == format!("`{}`", first.name) { "has" } else { "have" };
    let message = match first.pin {
        Pin::Url { .. } => format!("{} {verb} an address whose content may change", names(&open)),
        _ if source.kind.is_input() => {
            format!("{} {verb} no exact version, and there is no lock file", names(&open))
        }
        _ => format!("{} {verb} no exact version", names(&open)),
    };
    let mut problem = Problem::new(&rules::UNPINNED, &source.file, message)
        .line(first.line)
        .value(&first.shown)
        .count(count);
    if source.purpose == Purpose::Library {
        // A library must leave versions open; whoever installs it decides.
        problem.severity = Severity::Warning;
    }
    Some(problem)
}

fn no_hash(source: &Source, all: &[Source]) -> Option<Problem> {
    if source.purpose == Purpose::Tools || source.kind.is_input() {
        return None;
    }
    let hashed_lock = |other: &Source| {
        other.kind.is_lock()
            && other.path != source.path
            && rules_over(other.folder(), source.folder())
            && other.entries.iter().any(|entry| entry.hashes)
    };
    if all.iter().any(hashed_lock) {
        return None;
    }
    let entries: Vec<&Locked> = own(source).collect();
    let bare: Vec<&Locked> =
        entries.iter().copied().filter(|entry| entry.pin == Pin::Exact && !entry.hashes).collect();
    let first = bare.first()?;
    // Where versions are open, hashes are not the first thing to do; and resolvers leave out what an index does not tell.
    if !entries.iter().all(|entry| entry.is_fixed())
        || source.kind.is_lock() && entries.iter().any(|entry| entry.pin == Pin::Exact && entry.hashes)
    {
        return None;
    }
    let message = match first.manager {
        Manager::Pip => format!("{} of {} packages have a version and no hash", bare.len(), entries.len()),
        Manager::Conda => format!(
            "{} of {} packages have a version, but neither an address nor a hash",
            bare.len(),
            entries.len()
        ),
    };
    let problem = Problem::new(&rules::NO_HASH, &source.file, message);
    Some(problem.line(first.line).value(&first.shown).count(bare.len() as u64))
}

fn no_python(found: &Found, code: bool) -> Option<Problem> {
    if !found.pythons.is_empty() || found.sources.iter().any(|source| source.python) {
        return None;
    }
    // conda also installs what other languages need.
    let for_python = |entry: &Locked| code || entry.manager == Manager::Pip;
    let source = found
        .sources
        .iter()
        .find(|source| source.purpose != Purpose::Tools && source.production().any(for_python))?;
    Some(Problem::new(
        &rules::NO_PYTHON_PIN,
        &source.file,
        "nothing in the project says which Python these packages are for",
    ))
}

fn dev_tools(source: &Source, all: &[Source], used: &BTreeSet<String>, notebooks: bool) -> Option<Problem> {
    // Beside a lock with groups it is a copy for other tools.
    let grouped = |other: &Source| other.kind.is_lock() && rules_over(other.folder(), source.folder());
    if source.purpose == Purpose::Tools
        || all.iter().any(grouped)
        || !matches!(source.kind, Kind::Requirements | Kind::CondaEnvironment)
    {
        return None;
    }
    let tools: Vec<&Locked> = own(source)
        .filter(|entry| TOOLS.contains(&entry.name.as_str()) && entry.asker != Asker::Packages)
        .filter(|entry| !(notebooks && NOTEBOOK_TOOLS.contains(&entry.name.as_str())))
        .filter(|entry| !used.contains(&entry.name.replace('-', "_")))
        .collect();
    let first = tools.first()?;
    let verb = if tools.len() == 1 { "is a tool" } else { "are tools" };
    let message = format!("{} {verb} for development", names(&tools));
    let problem = Problem::new(&rules::DEV_TOOL, &source.file, message);
    Some(problem.line(first.line).value(&first.shown).count(tools.len() as u64))
}
