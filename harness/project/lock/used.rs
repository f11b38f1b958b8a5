//! What the code imports beside what the files name.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Component, Path};

use super::gather::{Found, is_passed_over};
use super::model::{Kind, Locked, Manager, Source};
use super::python::{self, Code};
use super::{installed, names, pins, rules, text};
use crate::project::Files;
use crate::rule::Problem;

/// Bytes of one file of code; generated ones may be larger and import nothing.
const BYTES_MAX: u64 = 8 << 20;
/// Bytes of other files in which packages may be mentioned.
const MENTION_BYTES_MAX: u64 = 256 << 10;

/// Packages that work without being imported: plugins, engines behind other packages, servers, tools, stubs.
const UNIMPORTED: &[&str] = &[
    "gunicorn",
    "uvicorn",
    "hypercorn",
    "waitress",
    "jupyter",
    "jupyterlab",
    "notebook",
    "ipykernel",
    "ipywidgets",
    "pyarrow",
    "fastparquet",
    "openpyxl",
    "xlrd",
    "xlsxwriter",
    "odfpy",
    "lxml",
    "html5lib",
    "setuptools",
    "wheel",
    "pip",
    "tables",
    "numexpr",
    "bottleneck",
    "tabulate",
    "jinja2",
    "accelerate",
    "bitsandbytes",
    "sentencepiece",
    "protobuf",
    "tiktoken",
    "safetensors",
    "einops",
    "triton",
    "xformers",
    "flash-attn",
    "deepspeed",
    "onnxruntime",
    "onnx",
    "kaleido",
    "s3fs",
    "gcsfs",
    "adlfs",
    "fsspec",
    "aiohttp",
    "psycopg2",
    "psycopg2-binary",
    "psycopg",
    "pymysql",
    "mysqlclient",
    "cx-oracle",
    "oracledb",
    "pyodbc",
    "asyncpg",
    "aiosqlite",
    "tensorboard",
    "python-multipart",
    "email-validator",
    "uvloop",
    "httptools",
    "certifi",
    "cryptography",
    "tzdata",
    "cython",
    "numba",
    "llvmlite",
    "dvc",
    "awscli",
    "kaggle",
    "pre-commit",
    "tox",
    "nox",
    "coverage",
    "black",
    "ruff",
    "isort",
    "flake8",
    "mypy",
    "pylint",
    "twine",
    "build",
    "cmake",
    "ninja",
    "mkl",
    "intel-openmp",
    "graphviz",
    "ffmpeg",
    "imageio-ffmpeg",
    "hydra-colorlog",
    "rich",
    "nbconvert",
    "nbformat",
    "papermill",
    "sphinx",
    "mkdocs",
    "opencv-python-headless",
    "pyqt5",
    "pyqt6",
    "pyside6",
    "colorama",
    "pyreadline3",
    "pywin32",
    "typing-extensions",
    "six",
    "timm",
    "sacremoses",
    "soundfile",
    "librosa",
    "audioread",
    "h5py",
    "netcdf4",
    "scipy",
    "python-dotenv",
    "jaxlib",
];

/// What the code of the project says.
#[derive(Debug, Default)]
pub(super) struct Use {
    /// Imported modules that the code needs, with the first place: file, line (0 for a notebook) and cell.
    needed: BTreeMap<String, Place>,
    /// Names and words of all code, and of small files beside it.
    words: BTreeSet<String>,
    /// Modules of the project itself.
    own: BTreeSet<String>,
    /// Whether there are notebooks.
    pub(super) notebooks: bool,
    /// Files of code.
    pub(super) files: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: String,
    line: Option<u64>,
    cell: Option<u64>,
    module: String,
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
        && ([
            "sh", "bash", "yml", "yaml", "cfg", "ini", "json", "service", "bat", "ps1", "mk", "smk", "r", "R",
        ]
        .contains(&ending)
            || ["Makefile", "Procfile", "justfile", "Dockerfile", "Snakefile", "tox.ini"].contains(&name)
            || name == "driftless.toml")
}

fn mention(path: &Path, words: &mut BTreeSet<String>) {
    let text = text::read(path).unwrap_or_default();
    let pieces = text.split(|letter: char| letter != '_' && letter != '-' && !letter.is_alphanumeric());
    words.extend(pieces.filter(|word| !word.is_empty()).map(str::to_owned));
}

/// Looks for imports that no file names, and for direct requirements that nothing names.
pub(super) fn look(files: &Files, found: &Found, used: &Use) -> Vec<Problem> {
    let mut problems: Vec<Problem> = unlocked(files, found, used);
    problems.extend(found.sources.iter().filter_map(|source| unused(source, found, used)));
    problems
}

fn unlocked(files: &Files, found: &Found, used: &Use) -> Vec<Problem> {
    // A file that could not be read may name anything.
    if found.sources.iter().any(|source| !source.faults.is_empty()) {
        return Vec::new();
    }
    let entries = found.sources.iter().flat_map(|source| &source.entries);
    let named: BTreeSet<&str> =
        entries.flat_map(|entry| [entry.name.as_str(), pins::python_name(entry)]).collect();
    let brought_by_name: BTreeSet<String> =
        named.iter().flat_map(|package| names::modules_of(package)).collect();
    let metadata = installed::modules(&files.root);
    let is_named = |module: &str| {
        let brought = metadata.get(module);
        brought.is_some_and(|packages| packages.iter().any(|package| named.contains(package.as_str())))
            || brought_by_name.contains(&names::letters(module))
    };
    let missing: Vec<&Place> = used
        .needed
        .iter()
        .filter(|(module, place)| {
            !names::is_standard(module)
                && !names::is_hosted(&place.module)
                && !used.own.contains(*module)
                && !["setuptools", "pkg_resources", "pip", "wheel"].contains(&module.as_str())
                && !is_named(module)
        })
        .map(|(_, place)| place)
        .collect();
    if found.sources.iter().any(|source| !source.entries.is_empty()) {
        return missing.iter().map(|place| problem(place)).collect();
    }
    // Without any file that names dependencies one line says it all.
    let Some(first) = missing.first() else { return Vec::new() };
    let mut whole = problem(first).count(missing.len() as u64);
    "is imported, and no file of the project names any dependency".clone_into(&mut whole.message);
    whole.message = format!("`{}` {}", first.module.split('.').next().unwrap_or_default(), whole.message);
    vec![whole]
}

fn problem(place: &Place) -> Problem {
    let top = place.module.split('.').next().unwrap_or_default();
    let cell = place.cell.map(|cell| format!(" in cell {cell}")).unwrap_or_default();
    let message = format!("`{top}` is imported{cell}, and no dependency file names a package that brings it");
    let problem = Problem::new(&rules::UNLOCKED_IMPORT, &place.file, message).value(&place.module);
    match place.line {
        Some(line) => problem.line(line),
        None => problem,
    }
}

fn unused(source: &Source, found: &Found, used: &Use) -> Option<Problem> {
    let is_direct =
        matches!(source.kind, Kind::RequirementsInput | Kind::Pyproject | Kind::Pipfile | Kind::PixiInput);
    // Code elsewhere, or none at all, says nothing; and two projects in one folder share theirs.
    let inputs =
        found.sources.iter().filter(|other| other.kind.is_input() && other.production().next().is_some());
    if !is_direct || source.dev || used.files == 0 || inputs.count() > 1 {
        return None;
    }
    let words: BTreeSet<String> = used.words.iter().map(|word| names::letters(word)).collect();
    let idle: Vec<&Locked> = source
        .production()
        // conda also installs compilers and libraries.
        .filter(|entry| entry.manager == Manager::Pip)
        .filter(|entry| entry.file == source.file && !entry.name.is_empty())
        .filter(|entry| !is_needed(pins::python_name(entry), &words))
        .collect();
    let first = idle.first()?;
    let message = format!("nothing in the project imports or mentions `{}`", first.name);
    let problem = Problem::new(&rules::UNUSED_PIN, &source.file, message);
    Some(problem.line(first.line).value(&first.shown).count(idle.len() as u64))
}

fn is_needed(package: &str, words: &BTreeSet<String>) -> bool {
    let is_plugin = package == "python"
        || UNIMPORTED.contains(&package)
        || [
            "pytest-", "types-", "nvidia-", "jupyter", "flake8-", "sphinx-", "mkdocs-", "dvc-", "mypy-",
            "en-core-",
        ]
        .iter()
        .any(|start| package.starts_with(start))
        || ["-stubs", "-plugin", "-cli"].iter().any(|end| package.ends_with(end));
    is_plugin || !names::modules_of(package).is_disjoint(words)
}
