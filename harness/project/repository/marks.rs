//! `repository/merge-marks`.

use std::path::Path;

use crate::project::texts;
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/merge-marks",
    severity: Severity::Error,
    summary: "the marks of a merge that nobody finished",
    why: "Two versions stand in the file and neither is meant. Python refuses such a file, a table or a list of packages is \
          read with the marks as rows.",
    bad: "<<<<<<< HEAD\nlr = 0.1\n=======\nlr = 0.01\n>>>>>>> tune",
    good: "lr = 0.01",
    mend: "Keep one version, delete the three marks and commit.",
};

/// Kinds of files that speak about merges.
const PROSE: [&str; 9] = ["md", "rst", "txt", "adoc", "html", "diff", "patch", "tex", "ipynb"];

/// The problems of a file: where unfinished merges begin.
pub(super) fn look(path: &Path, text: &str) -> Vec<Problem> {
    let ending = texts::ending(path);
    if PROSE.contains(&ending.as_str()) && !is_requirements(path) {
        return Vec::new();
    }
    let marks = ["<<<<<<< ", "=======", ">>>>>>> "];
    let (mut next, mut begins, mut problems) = (0, 0, Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let mark = marks[next];
        if !(if mark.ends_with(' ') { line.starts_with(mark) } else { line == mark }) {
            continue;
        }
        if next == 0 {
            begins = number;
        }
        next = (next + 1) % marks.len();
        if next == 0 {
            let message = "holds both versions of a merge";
            problems.push(Problem::new(&RULE, texts::shown(path), message).line(begins));
        }
    }
    problems
}

fn is_requirements(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains("requirements"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<u64> {
        look(Path::new(name), text).into_iter().filter_map(|problem| problem.line).collect()
    }

    #[test]
    fn the_three_marks_in_order_are_found() {
        let merge = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n";
        assert_eq!(found("a.py", &format!("x\n{merge}{merge}")), [2, 7]);
        assert_eq!(found("requirements.txt", merge), [1]);
    }

    #[test]
    fn headings_quotes_and_texts_about_merges_are_silent() {
        for (name, text) in [
            ("a.py", "x\n=======\n"),
            ("a.py", "print('<<<<<<< HEAD')\n=======\n>>>>>>> x\n"),
            ("a.py", "<<<<<<< HEAD\n========\n>>>>>>> x\n"),
            ("README.md", "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"),
        ] {
            assert_eq!(found(name, text), [0; 0], "{text}");
        }
    }
}
