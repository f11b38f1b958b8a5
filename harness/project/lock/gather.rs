//! Which files of a project name dependencies, and what they hold.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::model::{Kind, Purpose, Source};
use super::{conda, inputs, locks, requirements, text};
use crate::project::Files;

/// Folders whose files belong to somebody else or to nobody's run.
const PASSED_OVER: &[&str] = &[
    "node_modules",
    "site-packages",
    "vendor",
    "third_party",
    "testdata",
    "fixtures",
    "docs",
    "doc",
    "tests",
    "test",
    "examples",
    "example",
    ".github",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    "templates",
];

/// Words in the name of a file that holds tools.
const TOOLS: &[&str] = &[
    "dev",
    "devel",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "doc",
    "docs",
    "ci",
    "style",
    "bench",
    "benchmark",
    "typing",
    "mypy",
    "format",
    "release",
    "build",
    "local",
    "debug",
    "tools",
];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    /// Folders in which another file says which Python is meant.
    pub(super) pythons: Vec<PathBuf>,
}

/// Whether a path lies in a folder that is passed over.
pub(super) fn is_passed_over(path: &Path) -> bool {
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|part| if let Component::Normal(name) = part { name.to_str() } else { None })
        // What stands in a folder whose name a template fills in is no file of Python yet.
        .any(|name| PASSED_OVER.contains(&name.to_lowercase().as_str()) || name.contains("{{"))
}

/// Reads every file of the project that names dependencies.
pub(super) fn gather(files: &Files) -> Found {
    let mut found = Found::default();
    for path in files.paths.iter().filter(|path| !is_passed_over(path)) {
        if let Some(kind) = kind(&files.root, path) {
            let mut source = read(&files.root, path, kind);
            if is_for_tools(path) {
                source.purpose = Purpose::Tools;
            }
            found.sources.push(source);
        }
        if says_python(&files.root, path) {
            found.pythons.push(path.parent().unwrap_or(Path::new("")).to_path_buf());
        }
    }
    add_included(&files.root, &mut found.sources);
    found
}

/// Reads one file, whatever its kind. `None` where its name says nothing.
pub(super) fn read_one(root: &Path, path: &Path) -> Option<Source> {
    kind(root, path).map(|kind| read(root, path, kind))
}

fn read(root: &Path, path: &Path, kind: Kind) -> Source {
    match kind {
        Kind::Requirements | Kind::RequirementsInput => requirements::read(root, path, kind),
        Kind::Uv | Kind::Pylock | Kind::Poetry | Kind::PipfileLock => locks::read(root, path, kind),
        Kind::CondaEnvironment | Kind::CondaLock | Kind::CondaList | Kind::PixiLock | Kind::PixiInput => {
            conda::read(root, path, kind)
        }
        Kind::Pyproject | Kind::Pipfile | Kind::SetupCfg => inputs::read(root, path, kind),
    }
}

/// The kind of a file, by its name and, where that is not enough, by what stands in it.
fn kind(root: &Path, path: &Path) -> Option<Kind> {
    let name = path.file_name().and_then(OsStr::to_str)?;
    let lower = name.to_lowercase();
    Some(match name {
        "uv.lock" => Kind::Uv,
        "poetry.lock" => Kind::Poetry,
        "Pipfile.lock" => Kind::PipfileLock,
        "Pipfile" => Kind::Pipfile,
        "pixi.lock" => Kind::PixiLock,
        "pixi.toml" => Kind::PixiInput,
        "pyproject.toml" => Kind::Pyproject,
        "setup.cfg" => Kind::SetupCfg,
        "pylock.toml" => Kind::Pylock,
        _ if is_between(&lower, "pylock.", ".toml") => Kind::Pylock,
        _ if lower.ends_with("conda-lock.yml") || lower.ends_with("conda-lock.yaml") => Kind::CondaLock,
        _ if is_between(&lower, "conda-", ".lock") => Kind::CondaList,
        _ => return kind_by_content(root, path, &lower),
    })
}

fn is_between(name: &str, start: &str, end: &str) -> bool {
    name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

fn kind_by_content(root: &Path, path: &Path, lower: &str) -> Option<Kind> {
    let (stem, ending) = lower.rsplit_once('.')?;
    let folder = path.parent().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
    let named = ["requirements", "constraints"].iter().any(|word| stem.contains(word));
    match ending {
        "in" if named || folder == "requirements" => Some(Kind::RequirementsInput),
        "txt" if named || folder == "requirements" => {
            let text = text::read(&root.join(path)).unwrap_or_default();
            // `conda list --export` and `--explicit` are often kept under this name.
            let conda = text.lines().take(8).any(|line| {
                line.trim() == "@EXPLICIT" || line.starts_with('#') && line.contains("conda create --name")
            });
            Some(if conda { Kind::CondaList } else { Kind::Requirements })
        }
        "yml" | "yaml" if stem.contains("env") || stem.contains("conda") => {
            // Other tools have files of such names too; only what looks like conda's is taken.
            let text = text::read(&root.join(path)).ok()?;
            conda::is_environment(&text).then_some(Kind::CondaEnvironment)
        }
        _ => None,
    }
}

/// Whether a file's name says that it is for development.
fn is_for_tools(path: &Path) -> bool {
    let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    name.split(['-', '_', '.', ' ']).any(|word| TOOLS.contains(&word))
}

/// Whether a file other than those that name dependencies says which Python is meant.
fn says_python(root: &Path, path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return false };
    let holds = |wanted: &dyn Fn(&str) -> bool| {
        text::read(&root.join(path)).is_ok_and(|text| text.lines().any(|line| wanted(line.trim())))
    };
    match name {
        ".python-version" | "runtime.txt" => holds(&|line| line.contains(|c: char| c.is_ascii_digit())),
        ".tool-versions" => holds(&|line| line.starts_with("python ")),
        "mise.toml" | ".mise.toml" | "driftless.toml" => {
            holds(&|line| line.strip_prefix("python").is_some_and(|rest| rest.trim_start().starts_with('=')))
        }
        "setup.py" => holds(&|line| line.contains("python_requires")),
        _ if name == "Dockerfile" || name.ends_with(".Dockerfile") || name.starts_with("Dockerfile.") => {
            holds(&|line| {
                let lower = line.to_lowercase();
                lower.starts_with("from ") && lower.contains("python:3")
                    || lower.contains("python=3")
                    || lower.contains("python3.")
            })
        }
        _ => false,
    }
}

/// Adds requirements files that others include and whose names say nothing.
fn add_included(root: &Path, sources: &mut Vec<Source>) {
    let mut more: Vec<Source> = Vec::new();
    for source in sources.iter() {
        for entry in source.entries.iter().filter(|entry| entry.file != source.file && !entry.constraint) {
            let known = |one: &Source| one.file == entry.file;
            if !sources.iter().any(known) && !more.iter().any(known) {
                let mut included = requirements::read(root, Path::new(&entry.file), Kind::Requirements);
                included.purpose = source.purpose;
                more.push(included);
            }
        }
    }
    sources.extend(more);
    // A file that another one names with `-c` only bounds what others install.
    let bounds: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            source.entries.iter().filter(|entry| entry.constraint && entry.file != source.file)
        })
        .map(|entry| entry.file.clone())
        .collect();
    for source in sources {
        let named =
            source.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("constraints"));
        if named || bounds.contains(&source.file) {
            for entry in &mut source.entries {
                entry.constraint = true;
            }
        }
    }
}
