//! The facts of one case: its file, its sources, its data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::facts::{CaseFacts, Left};
use super::variables;
use crate::artifact::Digest;
use crate::case::Case;
use crate::run::Interpreter;
use crate::run::environment;

/// Files that hold code or settings, by the ending of their names.
const SOURCES: [&str; 44] = [
    "bash",
    "c",
    "cc",
    "cfg",
    "cmake",
    "conf",
    "cpp",
    "cu",
    "cuh",
    "cxx",
    "f",
    "f90",
    "glsl",
    "go",
    "h",
    "hpp",
    "ini",
    "ipynb",
    "java",
    "jl",
    "js",
    "kt",
    "lua",
    "mk",
    "pl",
    "py",
    "pyi",
    "pyx",
    "r",
    "rb",
    "rs",
    "scala",
    "sh",
    "sql",
    "stan",
    "toml",
    "ts",
    "wgsl",
    "yaml",
    "yml",
    "zsh",
    "makefile",
    "dockerfile",
    "lock",
];
/// Sources that are listed one by one.
const LISTED_MAX: usize = 100;
/// A larger file is no source.
const SOURCE_BYTES_MAX: u64 = 4 << 20;

/// Looks at a case.
pub(super) fn look(case: &Case, python: Option<&Interpreter>, outputs: Vec<Left>) -> CaseFacts {
    let mut not_known = BTreeMap::new();
    let mut digest = |what: String, path: &Path| {
        Digest::of_path(path).map_err(|error| not_known.insert(what, error.to_string())).ok()
    };
    let data = case
        .data
        .iter()
        .filter_map(|(name, data)| Some((name.clone(), digest(format!("data.{name}"), &data.path)?)))
        .collect();
    let lock = case.environment.lock.as_ref().and_then(|lock| digest("lock".to_owned(), lock));
    let config = config_of(case);
    if config.is_none() {
        not_known.insert("config".to_owned(), "the case file can no longer be read".to_owned());
    }
    let (sources, program) = sources(case);
    let conditions = crate::vary::conditions(&BTreeSet::new());
    let seen = conditions.env.into_iter().chain(environment::variables(&case.environment, python));
    let variables = variables::numeric(seen);
    CaseFacts {
        name: case.name.clone(),
        file: case.file.strip_prefix(&case.project).unwrap_or(&case.file).display().to_string(),
        config: config.unwrap_or_else(|| Digest::of_bytes(b"")),
        lock,
        python: None,
        data,
        sources,
        program,
        outputs,
        threads: variables::threads(&variables),
        variables,
        not_known,
    }
}

/// The sha256 of a case file as it lies there now; of a variant, of the file and its name.
#[must_use]
pub fn config_of(case: &Case) -> Option<Digest> {
    let mut text = std::fs::read(&case.file).ok()?;
    if let Some(variant) = &case.variant {
        text.extend_from_slice(format!("\nvariant {variant}\n").as_bytes());
    }
    Some(Digest::of_bytes(&text))
}

/// The sources of the pipeline: each of the first, and one digest over all.
fn sources(case: &Case) -> (BTreeMap<String, Digest>, Digest) {
    let outputs: BTreeSet<PathBuf> = case
        .stages
        .iter()
        .flat_map(|stage| stage.outputs.values())
        .map(|output| case.dir.join(&output.path))
        .collect();
    let is_other = |path: &PathBuf| {
        outputs.contains(path)
            || *path == case.file
            || case.data.values().any(|data| path.starts_with(&data.path))
    };
    let mut all = BTreeMap::new();
    for below in crate::project::files(&case.dir).paths {
        let path = case.dir.join(&below);
        let small = path.metadata().is_ok_and(|data| data.len() <= SOURCE_BYTES_MAX);
        if is_source(&below)
            && small
            && !is_other(&path)
            && let Ok(digest) = Digest::of_file(&path)
        {
            all.insert(below.display().to_string(), digest);
        }
    }
    let lines: String = all.iter().map(|(path, digest)| format!("{digest} {path}\n")).collect();
    let program = Digest::of_bytes(lines.as_bytes());
    (all.into_iter().take(LISTED_MAX).collect(), program)
}

fn is_source(path: &Path) -> bool {
    let ending = path.extension().or_else(|| path.file_name());
    ending
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| SOURCES.contains(&ending.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_settings_are_sources_and_tables_are_not() {
        for path in ["train.py", "a/b/Model.R", "Makefile", "Dockerfile", "conf/a.YAML"] {
            assert!(is_source(Path::new(path)), "{path}");
        }
        for path in ["train.csv", "model.pt", "notes.txt", "py", "attestation.json"] {
            assert_eq!(is_source(Path::new(path)), path == "py", "{path}");
        }
    }
}
