//! Shelf: a project as it lies on disk, read and never run. Its lock files, its container file and its repository.

mod code;
mod container;
mod files;
pub(crate) mod front_matter;
pub mod lock;
mod repository;
mod secret;
mod texts;

use std::collections::BTreeMap;
use std::path::Path;

use crate::rule::allow::{self, Comment};
use crate::rule::{Looked, Problem, Rule};

pub use files::{Files, files};

/// Rules that one file may break in many places alike.
const GATHERED: [&str; 5] = [
    "repository/absolute-home-path",
    "repository/secret",
    "repository/merge-marks",
    "container/apt-unpinned",
    "container/pip-unpinned",
];

/// What is found in a project, in the order of its groups.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    lock::RULES.iter().copied().chain(container::RULES).chain(repository::RULES)
}

/// Looks at the project below `root`; nothing is run.
#[must_use]
pub fn look(root: &Path) -> Looked {
    let files = files(root);
    let mut looked = Looked { not_checked: files.not_checked.clone(), ..Looked::default() };
    looked.add(lock::look(&files));
    looked.add(repository::look(&files));
    looked.add(container::look(&files));
    for problem in &mut looked.problems {
        problem.file = below(root, &problem.file);
    }
    allow::apply(&mut looked, &comments(&files), |name| rules().any(|rule| rule.name == name));
    looked.problems = gathered(looked.problems);
    looked
}

/// A file's path below the root, which is how people of the project name it.
fn below(root: &Path, file: &str) -> String {
    Path::new(file).strip_prefix(root).map_or_else(|_| file.to_owned(), texts::shown)
}

/// What comments of the project allow.
fn comments(files: &Files) -> Vec<Comment> {
    let own = texts::own(files);
    let read = own.into_iter().filter_map(|path| {
        let text = texts::open(&files.root.join(path)).ok()?.text?;
        Some(allow::comments(&texts::shown(path), &text))
    });
    read.flatten().collect()
}

/// Problems with one under a rule of [`GATHERED`] for each file and message. Only now, since a comment allows one place.
fn gathered(problems: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<Problem> = Vec::new();
    let mut places: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for problem in problems {
        if GATHERED.contains(&problem.rule.as_str()) {
            let key = (problem.rule.clone(), problem.file.clone(), problem.message.clone());
            let place = *places.entry(key).or_insert(kept.len());
            if let Some(first) = kept.get_mut(place) {
                first.count += problem.count;
                continue;
            }
        }
        kept.push(problem);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files.
    pub(super) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }
        folder
    }

    const PATHS: &str = "a = '/home/alice/x/1'\nb = '/home/alice/x/2'\nc = '/home/alice/x/3'\n";

    #[test]
    fn places_of_one_file_are_one_problem_and_a_comment_takes_out_its_own_only() {
        let looked = look(project(&[("a.py", PATHS)]).path());
        let [problem] = &looked.problems[..] else { panic!("{looked:?}") };
        assert_eq!((problem.file.as_str(), problem.line, problem.count), ("a.py", Some(1), 3));

        let comment = "# driftless:allow repository/absolute-home-path the same on every machine\n";
        let looked = look(project(&[("a.py", &format!("{comment}{PATHS}"))]).path());
        let [problem] = &looked.problems[..] else { panic!("{looked:?}") };
        assert_eq!((problem.line, problem.count), (Some(3), 2));
        assert_eq!(
            looked.notes,
            ["allowed: repository/absolute-home-path a.py:2: the same on every machine"]
        );
    }

    #[test]
    fn a_list_at_the_root_allows_files_that_hold_no_comment() {
        let list = "# Fixtures of the old format.\ndriftless:allow repository/pickle(models/*.pkl) read by one job\n";
        let files = [(".driftless-allow", list), ("models/a.pkl", "(dp0\n."), ("b.pkl", "(dp0\n.")];
        let looked = look(project(&files).path());
        let found: Vec<_> = looked.problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(found, ["b.pkl"]);
        assert_eq!(looked.notes, ["allowed: repository/pickle models/a.pkl: read by one job"]);
    }

    #[test]
    fn an_empty_folder_and_one_that_is_not_there_have_no_problems() {
        let folder = project(&[]);
        assert_eq!(look(folder.path()), Looked::default());
        let missing = look(&folder.path().join("none"));
        assert!(missing.problems.is_empty() && !missing.not_checked.is_empty(), "{missing:?}");
    }
}
