//! Comments that allow a problem, with a reason: `driftless:allow RULE reason`.
//!
//! A comment counts for its own line and, where it stands alone, for the line below with its continuations; for problems
//! with a file as a whole it may stand anywhere in that file. Files that cannot hold a comment are named in
//! `driftless.toml` or `.driftless-allow` at the root: `driftless:allow RULE(path or glob) reason`. Comments are checked
//! themselves, so none outlives what it allows.

use std::ops::RangeInclusive;

use globset::{GlobBuilder, GlobMatcher};

use super::{Looked, Problem, Rule, Severity, by_name};

/// What is found in comments that allow something.
pub static RULES: &[Rule] = &[UNKNOWN, NO_REASON, UNUSED];

const UNKNOWN: Rule = Rule {
    name: "allow/unknown-rule",
    severity: Severity::Warning,
    summary: "a comment that allows a rule which does not exist",
    why: "It allows nothing: the name is misspelled, or the rule has another name in this version.",
    bad: "# driftless:allow environment/unpined one version only",
    good: "# driftless:allow environment/unpinned one version only",
    mend: "`driftless explain` lists the rules; in most files the name stands without a path behind it.",
};

const NO_REASON: Rule = Rule {
    name: "allow/no-reason",
    severity: Severity::Warning,
    summary: "a comment that allows a problem and does not say why",
    why: "Whoever reads it later cannot tell whether the reason still holds. Without one the comment does not count.",
    bad: "# driftless:allow repository/pickle",
    good: "# driftless:allow repository/pickle written and read by the same job only",
    mend: "Write the reason behind the name.",
};

const UNUSED: Rule = Rule {
    name: "allow/unused",
    severity: Severity::Warning,
    summary: "a comment that allows what is no longer there",
    why: "It would hide the problem if it came back, for a reason that may not hold then.",
    bad: "# driftless:allow container/no-digest the registry has no digests\nFROM python:3.12@sha256:…",
    good: "FROM python:3.12@sha256:…",
    mend: "Delete the comment, or move it to the line of the problem or the line above.",
};

const MARK: &str = "driftless:allow";
/// Files at the root in which a path may stand behind the name.
const LISTS: [&str; 2] = [".driftless-allow", "driftless.toml"];
/// Kinds of files in which the mark is prose or data.
const WITHOUT_COMMENTS: [&str; 9] = ["md", "rst", "adoc", "html", "csv", "tsv", "json", "jsonl", "log"];
/// Comments of one project that are read.
const COMMENTS_MAX: usize = 10_000;

/// A comment that allows something.
#[derive(Clone, Debug)]
pub struct Comment {
    file: String,
    line: u64,
    rule: String,
    reason: String,
    covers: Covers,
}

#[derive(Clone, Debug)]
enum Covers {
    /// Lines of its own file, and the file as a whole.
    Lines(RangeInclusive<u64>),
    /// Files of the project.
    Files(GlobMatcher),
}

impl Comment {
    fn covers(&self, problem: &Problem) -> bool {
        let here = match &self.covers {
            Covers::Files(glob) => glob.is_match(&problem.file),
            Covers::Lines(lines) => {
                problem.file == self.file && problem.line.is_none_or(|line| lines.contains(&line))
            }
        };
        here && problem.rule == self.rule && !self.reason.is_empty()
    }
}

/// The comments of a file, by its path below the project's root.
#[must_use]
pub fn comments(file: &str, text: &str) -> Vec<Comment> {
    if !text.contains(MARK) || !may_hold(file) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let found = (0..lines.len()).filter_map(|index| read(file, &lines, index));
    found.take(COMMENTS_MAX).collect()
}

fn may_hold(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    let ending = ending(file);
    let prose = ending == "txt" && !name.contains("requirements") && !name.contains("constraints");
    !prose && !WITHOUT_COMMENTS.contains(&ending.as_str())
}

fn ending(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// The comment in a line, if there is one.
fn read(file: &str, lines: &[&str], index: usize) -> Option<Comment> {
    let (before, after) = lines[index].split_once(MARK)?;
    let is_list = LISTS.contains(&file);
    let lead = before.trim();
    let bare = is_list && file.starts_with('.') && lead.is_empty();
    if !bare && !["#", "//", "--", ";", "%", "/*", "<!--"].iter().any(|mark| lead.ends_with(mark)) {
        return None;
    }
    let after = after.strip_prefix([' ', '\t'])?.trim_start();
    // In a notebook the line is a string of JSON; other comments may have an end of their own.
    let after =
        if ending(file) == "ipynb" { after.split(['"', '\\']).next().unwrap_or_default() } else { after };
    let after = after.trim_end_matches("-->").trim_end_matches("*/").trim_end();
    let end = if is_list { after.find(')').map(|at| at + 1) } else { None };
    let is_path =
        |end: &usize| after[..*end].find('(').is_some_and(|at| !after[..at].contains(char::is_whitespace));
    let end = end.filter(is_path).or_else(|| after.find(char::is_whitespace)).unwrap_or(after.len());
    let (name, reason) = after.split_at(end);
    let (rule, covers) =
        match name.strip_suffix(')').and_then(|name| name.split_once('(')).filter(|_| is_list) {
            Some((rule, glob)) => {
                let glob = GlobBuilder::new(glob.trim_start_matches("./")).literal_separator(true).build();
                (rule, glob.ok().map(|glob| Covers::Files(glob.compile_matcher())))
            }
            None => (name, None),
        };
    let alone = lead.chars().all(|letter| !letter.is_alphanumeric());
    let covers = covers.unwrap_or_else(|| Covers::Lines(covered(lines, index, alone)));
    let (rule, reason) = (rule.to_owned(), reason.trim().to_owned());
    Some(Comment { file: file.to_owned(), line: index as u64 + 1, rule, reason, covers })
}

/// Lines, counted from 1, for which the comment in a line counts.
fn covered(lines: &[&str], index: usize, alone: bool) -> RangeInclusive<u64> {
    let own = index as u64 + 1;
    if !alone {
        return own..=own;
    }
    // Several comments may stand above one line.
    let stands_below = |line: &&&str| line.contains(MARK);
    let mut last = index + 1 + lines[index + 1..].iter().take_while(stands_below).count();
    while lines.get(last).is_some_and(|line| line.trim_end().ends_with('\\')) {
        last += 1;
    }
    own..=last as u64 + 1
}

/// Takes out what is allowed, notes it, and adds what is wrong with the comments. `looked_for` says of a rule whether it
/// was looked for at all: a comment for another one is not unused.
pub fn apply(looked: &mut Looked, comments: &[Comment], looked_for: impl Fn(&str) -> bool) {
    let mut used = vec![false; comments.len()];
    let problems = std::mem::take(&mut looked.problems);
    for problem in problems {
        let Some(at) = comments.iter().position(|comment| comment.covers(&problem)) else {
            looked.problems.push(problem);
            continue;
        };
        used[at] = true;
        let place =
            problem.line.map_or_else(|| problem.file.clone(), |line| format!("{}:{line}", problem.file));
        looked.notes.push(format!("allowed: {} {place}: {}", problem.rule, comments[at].reason));
    }
    for (comment, used) in comments.iter().zip(used) {
        let wrong = |rule, message: &str| {
            Problem::new(rule, comment.file.clone(), message).line(comment.line).value(&comment.rule)
        };
        if by_name(&comment.rule).is_none() {
            looked.problems.push(wrong(&UNKNOWN, "there is no such rule"));
        } else if comment.reason.is_empty() {
            looked.problems.push(wrong(&NO_REASON, "no reason is given, so the comment does not count"));
        } else if !used && looked_for(&comment.rule) {
            looked.problems.push(wrong(&UNUSED, "there is no such problem at this place"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: &str = "repository/absolute-home-path";

    fn problem(file: &str, line: Option<u64>) -> Problem {
        let mut problem = Problem::new(by_name(RULE).expect("a rule"), file, "x");
        problem.line = line;
        problem
    }

    /// What is left of problems under the comments of a file: rules, and notes.
    fn left(file: &str, text: &str, problems: &[Problem]) -> (Vec<String>, Vec<String>) {
        let mut looked = Looked { problems: problems.to_vec(), ..Looked::default() };
        apply(&mut looked, &comments(file, text), |_| true);
        (looked.problems.into_iter().map(|problem| problem.rule).collect(), looked.notes)
    }

    #[test]
    fn a_comment_allows_its_own_line_and_the_line_below() {
        for (text, line) in [
            ("x = 1  # driftless:allow repository/absolute-home-path my reason\n", 1),
            ("# driftless:allow repository/absolute-home-path my reason\nx = 1\n", 2),
            ("// driftless:allow repository/absolute-home-path my reason\nx = 1\n", 2),
            ("# driftless:allow repository/absolute-home-path my reason\na \\\n  b \\\n  c\n", 4),
            (
                "# driftless:allow repository/absolute-home-path my reason\n# driftless:allow submission/x y\nx\n",
                3,
            ),
        ] {
            let (rules, notes) = left("a.py", text, &[problem("a.py", Some(line))]);
            assert!(!rules.contains(&RULE.to_owned()), "{text}");
            assert_eq!(notes, [format!("allowed: {RULE} a.py:{line}: my reason")]);
        }
    }

    #[test]
    fn a_comment_elsewhere_allows_nothing_and_is_unused() {
        for (text, line) in [
            ("x = 1  # driftless:allow repository/absolute-home-path my reason\ny = 1\n", 2),
            ("# driftless:allow repository/absolute-home-path my reason\nx = 1\ny = 1\n", 3),
            ("x = 1\n# driftless:allow repository/absolute-home-path my reason\n", 1),
        ] {
            let (rules, notes) = left("a.py", text, &[problem("a.py", Some(line))]);
            assert_eq!((rules, notes.len()), (vec![RULE.to_owned(), UNUSED.name.to_owned()], 0), "{text}");
        }
    }

    #[test]
    fn a_problem_with_a_whole_file_is_allowed_from_anywhere_in_it() {
        let text = "a\nb\n# driftless:allow repository/absolute-home-path my reason\n";
        assert_eq!(left("a.py", text, &[problem("a.py", None)]).0, [""; 0]);
        assert_eq!(left("a.py", text, &[problem("b.py", None)]).0, [RULE, UNUSED.name]);
    }

    #[test]
    fn lists_at_the_root_name_paths_and_globs() {
        for (file, line) in [
            (".driftless-allow", "driftless:allow repository/absolute-home-path(data/*.py) my reason"),
            (".driftless-allow", "driftless:allow repository/absolute-home-path(./data/a.py) my reason"),
            (".driftless-allow", "driftless:allow repository/absolute-home-path(**/a.py) my reason"),
            ("driftless.toml", "# driftless:allow repository/absolute-home-path(data/my a.py) my reason"),
        ] {
            let path = if line.contains("my a") { "data/my a.py" } else { "data/a.py" };
            let (rules, notes) = left(file, line, &[problem(path, Some(3))]);
            assert_eq!(rules, [""; 0], "{line}");
            assert!(notes[0].ends_with(": my reason"), "{notes:?}");
        }
        let other = "driftless:allow repository/absolute-home-path(*.py) my reason";
        assert_eq!(left(".driftless-allow", other, &[problem("data/a.py", None)]).0, [RULE, UNUSED.name]);
    }

    #[test]
    fn comments_are_checked_themselves() {
        assert_eq!(left("a.py", "# driftless:allow repository/nothing why\n", &[]).0, [UNKNOWN.name]);
        assert_eq!(
            left("a.py", "# driftless:allow repository/absolute-home-path(x) why\n", &[]).0,
            [UNKNOWN.name]
        );
        let bare = "x # driftless:allow repository/absolute-home-path\n";
        assert_eq!(left("a.py", bare, &[problem("a.py", Some(1))]).0, [RULE, NO_REASON.name]);
        let mut looked = Looked::default();
        let unused = comments("a.py", "# driftless:allow repository/absolute-home-path why\n");
        apply(&mut looked, &unused, |_| false);
        assert!(looked.problems.is_empty(), "the rule was not looked for");
    }

    #[test]
    fn prose_strings_and_data_hold_no_comments() {
        for (file, text) in [
            ("README.md", "# driftless:allow NAME reason"),
            ("notes.txt", "# driftless:allow NAME reason"),
            ("a.py", "text = \"driftless:allow NAME reason\""),
            ("a.csv", "# driftless:allow NAME reason"),
            ("a.py", "# driftless:allowed NAME reason"),
        ] {
            assert!(comments(file, text).is_empty(), "{file}: {text}");
        }
    }

    #[test]
    fn a_comment_in_a_notebook_ends_with_its_string() {
        let text = "   \"# driftless:allow repository/absolute-home-path my reason\\n\",\n   \"x\"\n";
        let (_, notes) = left("a.ipynb", text, &[problem("a.ipynb", Some(2))]);
        assert_eq!(notes, [format!("allowed: {RULE} a.ipynb:2: my reason")]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n\\\\()]{0,200}") {
            for file in ["a.py", "a.ipynb", "driftless.toml", ".driftless-allow"] {
                let _ = comments(file, &format!("# driftless:allow {text}\ndriftless:allow {text}({text}) {text}"));
            }
        }
    }
}
