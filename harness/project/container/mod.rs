//! Container files: what an image is built from, and in which order.

mod apt;
mod base;
mod copied;
mod cuda;
mod documents;
mod parsed;
mod pip;
mod shell;
mod user;

use std::path::Path;

use self::parsed::{Step, What};
use self::shell::Command;
use super::{Files, texts};
use crate::rule::{Looked, Problem, Rule, Severity};

/// What is found in container files.
pub(super) static RULES: &[Rule] = &[
    base::UNPINNED,
    base::DIGEST,
    user::RULE,
    copied::ORDER,
    copied::SECRET,
    apt::UNPINNED,
    apt::CLEAN,
    pip::RULE,
    copied::IGNORE,
    cuda::RULE,
    BROKEN,
];

const BROKEN: Rule = Rule {
    name: "container/broken",
    severity: Severity::Error,
    summary: "a container file that no builder accepts",
    why: "The image cannot be built from it, so whatever runs elsewhere was built from another file.",
    bad: "FORM python:3.12",
    good: "FROM python:3.12",
    mend: "Correct the line; `docker build --check .` reads the file without building.",
};

/// Endings of files that are made into container files, or lie beside them.
const OTHER: [&str; 16] = [
    "dockerignore",
    "containerignore",
    "j2",
    "jinja",
    "jinja2",
    "tmpl",
    "tpl",
    "template",
    "in",
    "md",
    "txt",
    "bak",
    "orig",
    "rej",
    "erb",
    "py",
];

/// Whether a file is one by its name: `Dockerfile`, `Containerfile`, `Dockerfile.gpu`, `gpu.Dockerfile`.
pub(super) fn is_container_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = texts::ending(path);
    let plain = ["dockerfile", "containerfile"];
    plain.contains(&name.as_str())
        || ["dockerfile", "containerfile"].contains(&ending.as_str())
        || plain.iter().any(|plain| {
            name.strip_prefix(plain).is_some_and(|rest| rest.starts_with('.'))
                && !OTHER.contains(&ending.as_str())
        })
}

/// Looks at every container file of the project's own.
pub(super) fn look(files: &Files) -> Looked {
    let own = texts::own(files);
    let mut looked = Looked::default();
    let containers: Vec<&Path> = own
        .iter()
        .copied()
        .filter(|path| is_container_file(path) && !texts::of_tests(path) && !texts::of_documentation(path))
        .collect();
    if containers.is_empty() {
        return looked;
    }
    let lists = lists(files, &own);
    for path in containers {
        match texts::open(&files.root.join(path)) {
            Ok(opened) => match opened.text {
                Some(text) => looked.add(one(files, path, &text, &lists)),
                None => {
                    looked.not_checked.push(format!("{}: no text of a container file", texts::shown(path)));
                }
            },
            Err(error) => looked.not_checked.push(error),
        }
    }
    looked
}

/// Requirement files by name and text.
fn lists(files: &Files, own: &[&Path]) -> Vec<(String, String)> {
    let named = own.iter().filter(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.contains("requirements") && texts::ending(path) == "txt"
    });
    let read =
        named.filter_map(|path| Some((texts::shown(path), texts::open(&files.root.join(path)).ok()?.text?)));
    read.collect()
}

fn one(files: &Files, path: &Path, text: &str, lists: &[(String, String)]) -> Looked {
    let file = texts::shown(path);
    let mut looked = Looked::default();
    if let Some(why) = other_language(text) {
        looked.not_checked.push(format!("{file}: {why}"));
        return looked;
    }
    let parsed = match parsed::read(text) {
        Ok(parsed) => parsed,
        Err(broken) => {
            looked.problems.push(Problem::new(&BROKEN, file, broken.message).line(broken.line));
            return looked;
        }
    };
    looked.add(base::look(&file, &parsed));
    let found = [
        user::look(&file, text, &parsed),
        copied::order(&file, &parsed),
        copied::ignore(&file, &parsed).filter(|_| !has_ignore_file(files, path)),
        apt::clean(&file, &parsed),
        cuda::look(&file, &parsed, lists),
    ];
    looked.problems.extend(found.into_iter().flatten());
    looked.problems.extend(copied::secrets(&file, &parsed));
    looked.problems.extend(apt::unpinned(&file, text, &parsed));
    looked.problems.extend(pip::look(&file, &parsed));
    looked
}

/// Why a file is none that can be read here: a template, or another language that a directive names.
fn other_language(text: &str) -> Option<&'static str> {
    let mut comments = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    let foreign = comments.any(|line| {
        line.trim().to_ascii_lowercase().strip_prefix("syntax").is_some_and(|rest| {
            rest.trim_start().strip_prefix('=').is_some_and(|image| !image.contains("docker/dockerfile"))
        })
    });
    let is_template = |line: &str| {
        let line = line.trim();
        line.starts_with("{%") || line.starts_with("{{") || line.starts_with("FROM {{")
    };
    if foreign {
        Some("written for another reader than Docker's")
    } else if text.lines().any(is_template) {
        Some("a template of a container file")
    } else {
        None
    }
}

/// Whether something says what stays out: at the root, beside the file, or under the file's own name.
fn has_ignore_file(files: &Files, path: &Path) -> bool {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = [".dockerignore", ".containerignore"];
    let places = beside.iter().flat_map(|ignore| [folder.join(ignore), Path::new(ignore).to_path_buf()]);
    places.chain([folder.join(format!("{name}.dockerignore"))]).any(|place| files.root.join(place).is_file())
}

impl Step {
    /// The commands that it runs, with their lines.
    fn commands(&self) -> &[(u64, Command)] {
        match &self.what {
            What::Run { commands, .. } => commands,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Looked {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }
        look(&crate::project::files(folder.path()))
    }

    #[test]
    fn container_files_are_known_by_their_names() {
        for name in [
            "Dockerfile",
            "a/Containerfile",
            "Dockerfile.gpu",
            "gpu.Dockerfile",
            "dockerfile",
            "x.dockerfile",
        ] {
            assert!(is_container_file(Path::new(name)), "{name}");
        }
        for name in
            ["Dockerfile.j2", "Dockerfile.dockerignore", ".dockerignore", "dockerfile_lint.py", "docker.md"]
        {
            assert!(!is_container_file(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_good_file_of_several_stages_is_silent() {
        let digest = "ab".repeat(32);
        let text = format!(
            "# syntax=docker/dockerfile:1\nARG PYTHON=3.12.4\nFROM python:${{PYTHON}}-slim@sha256:{digest} AS build\nWORKDIR /app\nCOPY --from=registry.example/uv:0.4.1 /uv /bin/\nRUN --mount=type=cache,target=/root/.cache \\\n    uv venv && \\\n    # the lock alone\n    uv pip install --require-hashes -r requirements.lock\nCOPY . .\nFROM build\nRUN apt-get update \\\n && apt-get install -y --no-install-recommends libgomp1=12.2.0-14 \\\n && rm -rf /var/lib/apt/lists/*\nENV PYTHONUNBUFFERED=1 HF_HOME=/data\nUSER 1000\nCMD [\"python\", \"train.py\"]\n"
        );
        assert_eq!(found(&[("Dockerfile", &text), (".dockerignore", ".git\n")]), Looked::default());
    }

    #[test]
    fn templates_and_other_languages_are_named_and_not_judged() {
        let looked = found(&[
            ("Dockerfile", "FROM {{ base }}\nRUN x\n"),
            ("b.Dockerfile", "# syntax=registry.example/other:1\nINCLUDE x\n"),
        ]);
        assert!(looked.problems.is_empty() && looked.not_checked.len() == 2, "{looked:?}");
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let looked = found(&[("Dockerfile", "FROM x\n\nINSTALL y\n")]);
        let [problem] = &looked.problems[..] else { panic!("{looked:?}") };
        assert_eq!((problem.rule.as_str(), problem.line), ("container/broken", Some(3)));
    }

    #[test]
    fn a_list_of_what_is_left_out_may_lie_in_three_places() {
        let text = "FROM x\nCOPY . .\n";
        let rules = |files: &[(&str, &str)]| -> Vec<String> {
            found(files).problems.into_iter().map(|problem| problem.rule).collect()
        };
        assert!(rules(&[("d/Dockerfile", text)]).contains(&copied::IGNORE.name.to_owned()));
        for place in [".dockerignore", "d/.dockerignore", "d/Dockerfile.dockerignore"] {
            let found = rules(&[("d/Dockerfile", text), (place, ".git\n")]);
            assert!(!found.contains(&copied::IGNORE.name.to_owned()), "{place}");
        }
    }
}
