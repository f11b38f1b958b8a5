//! A Hugging Face model card, filled from evidence.
//!
//! One card per report. It speaks of the pipelines that leave a model or predictions, or whose metrics were measured; of
//! several, each has a section and an entry in `model-index`. No section is empty: what is missing is listed at the end
//! with what to declare. The sections are those of the hub's template (after Mitchell et al., "Model Cards for Model
//! Reporting", 2019).

mod conditions;
mod evaluation;
mod front;
mod marks;
mod merge;
mod missing;
mod shown;
mod training;
mod yaml;

use super::Report;
use super::datasheet;
use super::prose::{code, list, paragraphs, section, text};
use super::subject::{self, Subject};

pub use merge::{Fault, merge};

const BEGIN: &str = "<!-- driftless:begin -->";
const END: &str = "<!-- driftless:end -->";

/// The whole card: front matter, title, and all sections between marks, so that it can be merged into later.
#[must_use]
pub fn render(report: &Report) -> String {
    let subjects = subject::all(report);
    let front = front::matter(&subjects);
    let title = match subjects.as_slice() {
        [only] => text(only.name()),
        _ => "Model card".to_owned(),
    };
    let mut out = String::new();
    if !front.is_empty() {
        let lines: String = front.iter().map(|key| key.lines.as_str()).collect();
        out = format!("---\n{lines}---\n\n");
    }
    out + &format!("# {title}\n\n{BEGIN}\n{}\n{END}\n", body(report, &subjects))
}

/// What stands between the marks.
fn body(report: &Report, subjects: &[Subject<'_>]) -> String {
    let made = format!(
        "Written by driftless {} from what it ran and measured. What its user only declares is called declared.",
        text(&report.version)
    );
    let parts: Vec<String> = match subjects {
        [] => vec![
            "No pipeline of this session leaves a model or predictions, and no metric was measured."
                .to_owned(),
        ],
        [only] => sections(report, only, 2),
        several => several
            .iter()
            .map(|subject| section(2, &text(subject.name()), &sections(report, subject, 3)))
            .collect(),
    };
    let there = [made].into_iter().chain(parts).filter(|part| !part.is_empty());
    there.collect::<Vec<_>>().join("\n\n")
}

/// The sections of one pipeline, in the order of the hub's template.
fn sections(report: &Report, subject: &Subject<'_>, level: usize) -> Vec<String> {
    let mut all = vec![
        details(subject, level),
        uses(subject, level),
        risks(subject, level),
        training::section(subject, level),
        evaluation::section(subject, level),
        shown::section(report, subject, level),
        conditions::environment(report, subject, level),
        conditions::compute(report, subject, level),
        datasheet::of(subject, level),
        cited(subject, level),
    ];
    all.push(missing::section(subject, level));
    all.retain(|part| !part.is_empty());
    all
}

fn declared(subject: &Subject<'_>, level: usize, title: &str, key: &str) -> String {
    let words = subject.text(key).map(paragraphs);
    section(level, title, &words.into_iter().collect::<Vec<_>>())
}

fn details(subject: &Subject<'_>, level: usize) -> String {
    let mut parts = Vec::new();
    parts.extend(subject.text("description").map(paragraphs));
    if !subject.case.summary.is_empty() {
        parts.push(text(&subject.case.summary));
    }
    let mut lines = Vec::new();
    let authors = subject.list("authors");
    if !authors.is_empty() {
        lines.push(format!("Developed by (declared): {}", text(&authors.join(", "))));
    }
    for (label, key) in [
        ("Task", "task"),
        ("Licence", "license"),
        ("Licence's name", "license-name"),
        ("Licence's text", "license-link"),
        ("Made from", "base-model"),
        ("Code", "code"),
        ("Paper", "paper"),
        ("Contact", "contact"),
    ] {
        lines.extend(subject.text(key).map(|words| format!("{label} (declared): {}", text(words))));
    }
    let languages = subject.list("language");
    if !languages.is_empty() {
        lines.push(format!("Languages (declared): {}", text(&languages.join(", "))));
    }
    lines.extend(subject.library().map(|library| format!("Library: {}", text(library))));
    for output in subject.weights() {
        let digest = subject.digest(&output.name).map(|digest| format!(", sha256 {}", code(&digest)));
        lines.push(format!(
            "Weights: {}, {}{}",
            code(&output.path),
            output.format,
            digest.unwrap_or_default()
        ));
    }
    parts.push(list(&lines));
    parts.push(declared(subject, level + 1, "Architecture (declared)", "architecture"));
    section(level, "Model details", &parts)
}

fn uses(subject: &Subject<'_>, level: usize) -> String {
    let parts = [
        declared(subject, level + 1, "Direct use (declared)", "intended-use"),
        declared(subject, level + 1, "Out-of-scope use (declared)", "out-of-scope"),
    ];
    section(level, "Uses", &parts)
}

fn risks(subject: &Subject<'_>, level: usize) -> String {
    let parts = [
        declared(subject, level + 1, "Limitations (declared)", "limitations"),
        declared(subject, level + 1, "Recommendations (declared)", "recommendations"),
        declared(subject, level + 1, "Ethical questions (declared)", "ethics"),
        declared(subject, level + 1, "Impact (declared)", "impact"),
    ];
    section(level, "Bias, risks and limitations", &parts)
}

fn cited(subject: &Subject<'_>, level: usize) -> String {
    let words = subject.text("citation").map(|words| {
        // Four blanks make code of every line, whatever stands in it.
        let line =
            |line: &str| format!("    {}", line.chars().map(super::prose::visible).collect::<String>());
        words.lines().map(line).collect::<Vec<_>>().join("\n")
    });
    section(level, "Citation (declared)", &words.into_iter().collect::<Vec<_>>())
}
