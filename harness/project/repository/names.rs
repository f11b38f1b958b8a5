//! `repository/case-collision`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::project::texts;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/case-collision",
    severity: Severity::Warning,
    summary: "two paths that differ only in upper and lower case",
    why: "The file systems of macOS and Windows take them for one: a clone there has one of the two, with the content of \
          whichever came last.",
    bad: "data/Train.csv\ndata/train.csv",
    good: "data/train_raw.csv\ndata/train.csv",
    mend: "Rename one of them.",
};

/// One problem for each set of colliding names.
pub(super) fn look(paths: &[&Path]) -> Vec<Problem> {
    let mut spellings: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for path in paths {
        for part in path.ancestors().filter(|part| !part.as_os_str().is_empty()) {
            // Only names of one folder collide: two spellings of a folder say so once, not for each file below.
            let folder = part.parent().map(texts::shown).unwrap_or_default();
            let name = part.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            spellings.entry((folder, name.to_lowercase())).or_default().insert(texts::shown(part));
        }
    }
    let colliding = spellings.into_values().filter(|names| names.len() > 1);
    let problem = |names: BTreeSet<String>| {
        let mut names = names.into_iter();
        let first = names.next().unwrap_or_default();
        let others: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        Problem::new(&RULE, first, format!("differs only in case from {}", others.join(", ")))
    };
    colliding.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<String> {
        let paths: Vec<&Path> = paths.iter().map(Path::new).collect();
        look(&paths).into_iter().map(|problem| format!("{} {}", problem.file, problem.message)).collect()
    }

    #[test]
    fn files_and_folders_that_differ_in_case_are_found_once() {
        assert_eq!(found(&["a/B.csv", "a/b.csv"]), ["a/B.csv differs only in case from `a/b.csv`"]);
        assert_eq!(
            found(&["Data/x", "Data/y", "data/x", "data/y"]),
            ["Data differs only in case from `data`"]
        );
    }

    #[test]
    fn the_same_name_in_two_folders_is_no_collision() {
        assert!(found(&["a/x.csv", "b/X.csv", "x.py", "X.csv"]).is_empty());
    }
}
