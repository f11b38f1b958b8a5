//! Shelf: a project as it lies on disk, read and never run. Its lock files, its container file and its repository.

mod code;
mod container;
mod files;
mod repository;
mod secret;
mod texts;

use std::path::Path;

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
    repository::RULES.iter().chain(container::RULES)
}

/// Looks at the project below `root`; nothing is run.
#[must_use]
pub fn look(root: &Path) -> Looked {
    let files = files(root);
    let mut looked = Looked { not_checked: files.not_checked.clone(), ..Looked::default() };
    looked.add(repository::look(&files));
    looked.add(container::look(&files));
    for problem in &mut looked.problems {
        problem.file = below(root, &problem.file);
    }
    looked.problems = gathered(looked.problems);
    looked
}

/// A file's path below the root, which is how people of the project name it.
fn below(root: &Path, file: &str) -> String {
    Path::new(file).strip_prefix(root).map_or_else(|_| file.to_owned(), texts::shown)
}

/// Problems with one under a rule of [`GATHERED`] for each file and message.
fn gathered(problems: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        let same = |other: &&mut Problem| {
            GATHERED.contains(&other.rule.as_str())
                && (&other.rule, &other.file, &other.message)
                    == (&problem.rule, &problem.file, &problem.message)
        };
        match kept.iter_mut().find(same) {
            Some(first) => first.count += problem.count,
            None => kept.push(problem),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
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
    fn places_of_one_file_are_one_problem() {
        let looked = look(project(&[("a.py", PATHS)]).path());
        let [problem] = &looked.problems[..] else { panic!("{looked:?}") };
        assert_eq!((problem.file.as_str(), problem.line, problem.count), ("a.py", Some(1), 3));
    }

    #[test]
    fn an_empty_folder_and_one_that_is_not_there_have_no_problems() {
        let folder = project(&[]);
        assert_eq!(look(folder.path()), Looked::default());
        let missing = look(&folder.path().join("none"));
        assert!(missing.problems.is_empty() && !missing.not_checked.is_empty(), "{missing:?}");
    }
}
