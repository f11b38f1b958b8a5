//! The Python code of a project, read without running it, and what other files mention.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Component, Path};

use super::gather::is_passed_over;
use super::python::{self, Code};
use super::text;
use crate::project::Files;

/// Bytes of one file of code; generated ones may be larger and import nothing.
const BYTES_MAX: u64 = 8 << 20;
/// Bytes of other files in which packages may be mentioned.
const MENTION_BYTES_MAX: u64 = 256 << 10;

/// What the code of the project says.
#[derive(Debug, Default)]
pub(super) struct Use {
    /// Imported modules that the code needs, with the first place: file, line (0 for a notebook) and cell.
    pub(super) needed: BTreeMap<String, Place>,
    /// Names and words of all code, and of small files beside it.
    pub(super) words: BTreeSet<String>,
    /// Modules of the project itself.
    pub(super) own: BTreeSet<String>,
    /// Whether there are notebooks.
    pub(super) notebooks: bool,
    /// Files of code.
    pub(super) files: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: Option<u64>,
    pub(super) cell: Option<u64>,
    pub(super) module: String,
}

impl Use {
    /// Top modules that any code names.
    pub(super) fn modules(&self) -> BTreeSet<String> {
        self.needed.keys().map(|module| module.to_lowercase()).collect()
    }
}

/// Whether a path lies in an environment or another folder that holds no code of the project.
fn is_foreign(path: &Path) -> bool {
    path.components().any(|part| match part {
        Component::Normal(name) => {
            let name = name.to_string_lossy();
            ["site-packages", "node_modules", ".venv", "venv", "env", ".tox", ".nox", "__pycache__", ".git"]
                .contains(&name.as_ref())
        }
        _ => false,
    })
}

/// Whether a file is run by developers only.
fn is_for_developers(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    is_passed_over(path)
        || ["setup.py", "noxfile.py", "conftest.py", "tasks.py", "fabfile.py", "conf.py", "versioneer.py"]
            .contains(&name)
        || name.starts_with("test_")
        || name.ends_with("_test.py")
}

/// Reads all code of the project.
pub(super) fn read(files: &Files) -> Use {
    let mut found = Use::default();
    for path in files.paths.iter().filter(|path| !is_foreign(path)) {
        let whole = files.root.join(path);
        let size = whole.metadata().map_or(0, |data| data.len());
        match path.extension().and_then(OsStr::to_str) {
            Some("py" | "pyi" | "pyx" | "so" | "pyd") => {
                own_names(path, &mut found.own);
                if size <= BYTES_MAX && path.extension().is_some_and(|ending| ending == "py") {
                    let code = python::read(&text::read(&whole).unwrap_or_default());
                    take(&mut found, path, None, code);
                    found.files += 1;
                }
            }
            Some("ipynb") if size <= BYTES_MAX => {
                let cells = text::read(&whole).ok().and_then(|text| python::notebook(&text));
                found.notebooks = true;
                found.files += usize::from(cells.is_some());
                for (cell, code) in cells.unwrap_or_default() {
                    take(&mut found, path, Some(cell), code);
                }
            }
            _ if size <= MENTION_BYTES_MAX && may_mention(path) => mention(&whole, &mut found.words),
            _ => {}
        }
    }
    found
}

fn take(found: &mut Use, path: &Path, cell: Option<u64>, code: Code) {
    let developers = is_for_developers(path);
    for import in code.imports.into_iter().filter(|import| !import.optional && !developers) {
        let place = Place {
            file: path.to_string_lossy().into_owned(),
            line: cell.is_none().then_some(import.line),
            cell,
            module: import.module.clone(),
        };
        found.needed.entry(import.top().to_owned()).or_insert(place);
    }
    found.words.extend(code.words);
}

/// Every folder above a file of code and its own name may be imported from somewhere.
fn own_names(path: &Path, own: &mut BTreeSet<String>) {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    own.extend(parts.map(|part| part.split('.').next().unwrap_or_default().to_owned()));
}

/// Files that start programs or configure them, other than those that name dependencies.
fn may_mention(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let dependencies = name.contains("requirements") || name.contains("env") || name.contains("lock");
    !dependencies
        && (["sh", "bash", "yml", "yaml", "cfg", "ini", "service", "bat", "ps1", "mk", "smk", "r", "R"]
            .contains(&ending)
            || ["Makefile", "Procfile", "justfile", "Dockerfile", "Snakefile", "tox.ini"].contains(&name)
            || name == "driftless.toml")
}

fn mention(path: &Path, words: &mut BTreeSet<String>) {
    let text = text::read(path).unwrap_or_default();
    let pieces = text.split(|letter: char| letter != '_' && letter != '-' && !letter.is_alphanumeric());
    words.extend(pieces.filter(|word| !word.is_empty()).map(str::to_owned));
}
