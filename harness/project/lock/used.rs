//! What the code imports beside what the files name.

use std::collections::BTreeSet;

use super::code::{Place, Use};
use super::gather::Found;
use super::model::{Kind, Locked, Manager, Purpose, Source};
use super::{installed, names, pins, rules};
use crate::project::Files;
use crate::rule::Problem;

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
    if !is_direct || source.purpose == Purpose::Tools || used.files == 0 || inputs.count() > 1 {
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
