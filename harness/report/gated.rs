//! What the gate says, for people and for machines.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{plural, wrapped};
use super::{Exit, Report};
use crate::rule::{Looked, Problem, Severity};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Letters in a line, as far as words allow.
const WIDTH: usize = 80;
/// Where the text of a block begins.
const LABEL: usize = 10;

/// Version of the JSON layout.
pub const FORMAT: u32 = 1;

/// The gate's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gated {
    /// Version of this layout.
    pub format: u32,
    /// Version of driftless.
    pub version: String,
    /// Whether nothing stands against handing in.
    pub submit: bool,
    /// What stands against it, and what is worth a look; errors first.
    pub problems: Vec<Problem>,
    /// What was looked at and found good, each in a line.
    pub checked: Vec<String>,
    /// What was not looked at, and why.
    pub not_checked: Vec<String>,
    /// What is worth knowing and no problem, such as what changed since the last submission.
    pub notes: Vec<String>,
}

impl Gated {
    /// The answer over what was found. With `strict`, warnings close the gate too.
    #[must_use]
    pub fn new(looked: Looked, strict: bool) -> Self {
        let Looked { mut problems, checked, not_checked, notes } = looked;
        problems.sort_by(|left, right| {
            (left.severity, &left.file, left.line, &left.rule).cmp(&(
                right.severity,
                &right.file,
                right.line,
                &right.rule,
            ))
        });
        let closes = |problem: &Problem| strict || problem.severity == Severity::Error;
        let submit = !problems.iter().any(closes);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, version, submit, problems, checked, not_checked, notes }
    }

    /// A report of nothing but this, for the formats that are made from reports.
    #[must_use]
    pub fn into_report(self) -> Report {
        let mut report = Report::new(Vec::new());
        report.gate = Some(self);
        report
    }

    /// Whether to submit, and how much was found, in a few words.
    #[must_use]
    pub fn answer(&self) -> String {
        format!("{}: {}", self.word(), self.found())
    }

    fn word(&self) -> &'static str {
        if self.submit { "submit" } else { "do not submit" }
    }

    fn found(&self) -> String {
        let count = |severity| self.problems.iter().filter(|problem| problem.severity == severity).count();
        match (count(Severity::Error), count(Severity::Warning)) {
            (0, 0) => "nothing found".to_owned(),
            (errors, 0) => plural(errors, "error"),
            (0, warnings) => plural(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
        }
    }

    /// How the command ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.submit { Exit::Held } else { Exit::Drift }
    }
}

/// For machines: indented JSON with a final newline.
#[must_use]
pub fn json(gated: &Gated) -> String {
    serde_json::to_string_pretty(gated).map_or_else(|error| error.to_string(), |text| text + "\n")
}

/// For people, with ANSI colours; a stream that does not want them strips them.
#[must_use]
pub fn text(gated: &Gated) -> String {
    let mut text: String = gated.problems.iter().map(block).collect();
    for (word, lines) in
        [("good", &gated.checked), ("note", &gated.notes), ("not checked", &gated.not_checked)]
    {
        for line in lines {
            row(&mut text, 0, &format!("{word}: "), line, DIM);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &answer(gated)
}

/// One problem: where, what, and how to mend it.
fn block(problem: &Problem) -> String {
    let colour = match problem.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let place = problem.line.map_or_else(|| problem.file.clone(), |line| format!("{}:{line}", problem.file));
    let word = problem.severity.word();
    let mut text = format!("{style}{word}{style:#}  {BOLD}{}{BOLD:#}  {place}\n", problem.rule);
    row(&mut text, 2, "found", &problem.message, Style::new());
    if let Some(value) = &problem.value {
        row(&mut text, 2, "value", value, Style::new());
    }
    if problem.count > 1 {
        row(&mut text, 2, "places", &format!("{}, this is the first", problem.count), Style::new());
    }
    row(&mut text, 2, "mend", &problem.mend, Style::new());
    text.push('\n');
    text
}

fn row(text: &mut String, indent: usize, label: &str, value: &str, style: Style) {
    let label = if indent == 0 { label.to_owned() } else { format!("{label:<LABEL$}") };
    let room = WIDTH - indent - label.chars().count();
    for (index, line) in wrapped(value, room).iter().enumerate() {
        let label = if index == 0 { label.clone() } else { " ".repeat(label.chars().count()) };
        let _ = writeln!(text, "{:indent$}{style}{label}{line}{style:#}", "");
    }
}

fn answer(gated: &Gated) -> String {
    let (found, word) = (gated.found(), gated.word());
    let colour = if gated.submit { AnsiColor::Green } else { AnsiColor::Red };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let page = gated.problems.first().map(|problem| format!("\nexplain: driftless explain {}", problem.rule));
    format!("{style}{word}{style:#}: {found}{}\n", page.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    static RULE: Rule = Rule {
        name: "submission/header",
        severity: Severity::Error,
        summary: "a header that is not the sample's",
        why: "It matters.",
        bad: "Id",
        good: "id",
        mend: "Write the sample's header.",
    };

    fn looked(problem: Problem) -> Looked {
        Looked { problems: vec![problem], ..Looked::default() }
    }

    #[test]
    fn a_problem_says_where_what_and_how_to_mend_it() {
        let problem =
            Problem::new(&RULE, "sub.csv", "column 1 is named otherwise").line(1).value("Id").count(2);
        let shown = anstream::adapter::strip_str(&text(&Gated::new(looked(problem), false))).to_string();
        assert_eq!(
            shown,
            "error  submission/header  sub.csv:1\n  found     column 1 is named otherwise\n  value     Id\n  places    2, this is the first\n  mend      Write the sample's header.\n\n\ndo not submit: 1 error\nexplain: driftless explain submission/header\n"
        );
    }

    #[test]
    fn warnings_close_the_gate_only_where_that_is_asked_for() {
        let mut problem = Problem::new(&RULE, "sub.csv", "x");
        problem.severity = Severity::Warning;
        assert!(Gated::new(looked(problem.clone()), false).submit);
        assert!(!Gated::new(looked(problem), true).submit);
        assert!(Gated::new(Looked::default(), true).submit);
    }
}
