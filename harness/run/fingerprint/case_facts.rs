//! The facts of one case: its file, its sources, its data.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::facts::CaseFacts;
use super::variables;
use crate::artifact::Digest;
use crate::case::Case;
use crate::run::environment;

/// Files that are listed one by one, by the ending of their names: code and settings.
const LISTED: [&str; 44] = [
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
/// How many of them.
const LISTED_MAX: usize = 100;
/// What programs and people leave behind and no run depends on, by ending.
const LEFT_OVER: [&str; 4] = ["pyc", "pyo", "snap", "new"];
/// All files of a pipeline together; beyond, its digest is not known.
const PROGRAM_BYTES_MAX: u64 = 64 << 20;
/// And as many files.
const PROGRAM_FILES_MAX: usize = 20_000;
/// What our own files say near their beginning: an attestation that lies in the project is no part of the program.
const OURS: [&str; 3] =
    ["https://in-toto.io/Statement/v1", "application/vnd.in-toto+json", "\"format\": 1,\n  \"version\": "];

/// Looks at a case.
pub(super) fn look(case: &Case) -> CaseFacts {
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
    if program.is_none() {
        let what = format!(
            "the pipeline's folder holds more than {PROGRAM_FILES_MAX} files or {} MiB",
            PROGRAM_BYTES_MAX >> 20
        );
        not_known.insert("program".to_owned(), what);
    }
    let conditions = crate::vary::conditions(&BTreeSet::new());
    let seen = conditions.env.into_iter().chain(environment::variables(&case.environment, None));
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
        outputs: Vec::new(),
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

/// The files of the pipeline: code and settings one by one, and one digest over all; `None` where they are too large.
fn sources(case: &Case) -> (BTreeMap<String, Digest>, Option<Digest>) {
    let outputs: BTreeSet<PathBuf> = case
        .stages
        .iter()
        .flat_map(|stage| stage.outputs.values())
        .map(|output| case.dir.join(&output.path))
        .collect();
    let is_other = |path: &PathBuf| {
        outputs.iter().any(|output| path.starts_with(output))
            || *path == case.file
            || case.data.values().any(|data| path.starts_with(&data.path))
            || is_left_over(path)
    };
    let mut bytes = 0;
    let mut lines = String::new();
    let mut listed = BTreeMap::new();
    let all = crate::project::files(&case.dir).paths;
    let few = all.len() <= PROGRAM_FILES_MAX;
    for below in all {
        let path = case.dir.join(&below);
        if is_other(&path) {
            continue;
        }
        bytes += path.metadata().map_or(0, |data| data.len());
        if bytes > PROGRAM_BYTES_MAX || !few {
            return (listed, None);
        }
        let Ok(digest) = Digest::of_file(&path) else { continue };
        lines.extend([&digest.to_string(), " ", &below.display().to_string(), "\n"]);
        if is_listed(&below) && listed.len() < LISTED_MAX {
            listed.insert(below.display().to_string(), digest);
        }
    }
    (listed, Some(Digest::of_bytes(lines.as_bytes())))
}

fn ending(path: &Path) -> String {
    let ending = path.extension().or_else(|| path.file_name());
    ending.map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn is_listed(path: &Path) -> bool {
    LISTED.contains(&ending(path).as_str())
}

fn is_left_over(path: &Path) -> bool {
    let ending = ending(path);
    LEFT_OVER.contains(&ending.as_str()) || ending == "json" && is_ours(path)
}

fn is_ours(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = crate::artifact::open::regular(path).map(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    let head = String::from_utf8_lossy(&head);
    // An envelope's payload may be long; its type stands behind it.
    read.is_ok() && (OURS.iter().any(|mark| head.contains(mark)) || head.starts_with("{\n  \"payload\": \""))
}

/// Where such marks stand.
const HEAD_BYTES: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_settings_are_listed_and_tables_are_not() {
        for path in ["train.py", "a/b/Model.R", "Makefile", "Dockerfile", "conf/a.YAML"] {
            assert!(is_listed(Path::new(path)), "{path}");
        }
        for path in ["train.csv", "model.pt", "notes.txt"] {
            assert!(!is_listed(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn what_we_write_ourselves_is_no_part_of_a_program_and_other_json_is() {
        let folder = tempfile::tempdir().unwrap();
        let is_left_over = |text: &str| {
            let path = folder.path().join("a.json");
            std::fs::write(&path, text).unwrap();
            is_left_over(&path)
        };
        assert!(is_left_over("{\n  \"_type\": \"https://in-toto.io/Statement/v1\",\n"));
        assert!(is_left_over("{\n  \"payload\": \"eyJ"));
        assert!(is_left_over("{\n  \"format\": 1,\n  \"version\": \"0.1.0\",\n"));
        assert!(!is_left_over("{\"depth\": 3}\n"));
    }
}
