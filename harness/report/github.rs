//! Annotations of GitHub: workflow commands, which a step prints to its log.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word (GitHub documentation,
//! "Workflow commands for GitHub Actions" and "Usage limits"), so the rest is counted in one line.

use std::fmt::Write as _;

use super::Report;
use super::letters::spelled;
use super::remark::{self, Remark, Spot, Weight};
use super::text::{counts, scale};

/// Annotations of one kind that GitHub shows for a step.
const SHOWN: usize = 10;

/// One command per line.
#[must_use]
pub fn render(report: &Report) -> String {
    let remarks = remark::all(report);
    let mut text = String::new();
    let mut left = Vec::new();
    for (word, kind) in [("error", is_error as fn(&Remark) -> bool), ("warning", is_warning)] {
        let all = || remarks.iter().filter(|remark| kind(remark));
        for remark in all().take(SHOWN) {
            text.push_str(&command(word, remark));
        }
        if let Some(more) = all().count().checked_sub(SHOWN).filter(|more| *more > 0) {
            left.push(super::text::plural(more, &format!("more {word}")));
        }
    }
    let mut summary = Vec::new();
    if !report.cases.is_empty() || report.gate.is_none() {
        summary.push(format!("{} {}", counts(report), scale(report)));
    }
    summary.extend(report.gate.as_ref().map(super::gated::Gated::answer));
    if !left.is_empty() {
        summary.push(format!("{} not shown here", left.join(" and ")));
    }
    let _ = writeln!(text, "::notice title=driftless::{}", data(&summary.join("; ")));
    text
}

fn is_error(remark: &Remark) -> bool {
    remark.weight == Weight::Error
}

fn is_warning(remark: &Remark) -> bool {
    matches!(remark.weight, Weight::Warning | Weight::Open)
}

fn command(word: &str, remark: &Remark) -> String {
    let mut properties = Vec::new();
    if let Some(Spot { file, line, column }) = remark.spots.first() {
        properties.push(format!("file={}", property(file.strip_prefix("./").unwrap_or(file))));
        properties.extend(line.map(|line| format!("line={line}")));
        properties.extend(column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&remark.title)));
    let message = if remark.block.contains(&remark.sentence) {
        remark.block.clone()
    } else {
        format!("{}\n\n{}", remark.sentence, remark.block)
    };
    format!("::{word} {}::{}\n", properties.join(","), data(message.trim_end()))
}

/// A message, escaped as `@actions/core` does.
fn data(text: &str) -> String {
    spelled(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, escaped as `@actions/core` does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::Status;
    use crate::report::sample;

    #[test]
    fn a_place_a_title_and_a_message_are_told_in_one_line() {
        let mut case =
            sample::case("a, b", vec![sample::verdict("nuisance", Status::Drifted, "100 %\nsure")]);
        case.file = "cases/a:b.toml".to_owned();
        assert_eq!(
            render(&sample::report(vec![case])),
            "::error file=cases/a%3Ab.toml,title=a%2C b%3A nuisance drifted::100 %25%0Asure\n\
             ::notice title=driftless::1 drifted in 1 case, 3 executions\n"
        );
        let race = render(&sample::full());
        assert!(
            race.contains("::error file=kernels/sum tree.wgsl,line=12,col=5,title=k%3A races drifted::"),
            "{race}"
        );
        assert!(
            race.contains("::error file=src/a b.py,line=7,title=repository/merge-marks::marks of a merge%0A")
        );
        assert!(race.contains("::warning file=cases/a/case.toml,title=a%3A leakage inconclusive::stage"));
        assert!(race.contains("; do not submit: 2 errors\n"));
    }

    #[test]
    fn what_github_would_not_show_is_counted() {
        let verdicts = (0..13).map(|_| sample::verdict("nuisance", Status::Drifted, "x")).collect();
        let text = render(&sample::report(vec![sample::case("a", verdicts)]));
        assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
        assert!(text.ends_with("; 3 more errors not shown here\n"), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_begins_a_command_of_its_own(text in "\\PC*|(\n|\r|::|%|stop-commands|[a-z,:]){0,12}") {
            let rendered = render(&sample::hostile(&text));
            let known = ["::error file=", "::warning file=", "::notice title=driftless::"];
            for line in rendered.lines() {
                prop_assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
                prop_assert!(!line.contains('\r'));
                let properties = line.split("::").nth(1).unwrap();
                let keys: Vec<_> = properties.split_once(' ').unwrap().1.split(',')
                    .map(|property| property.split_once('=').map(|(key, _)| key)).collect();
                prop_assert!(keys.iter().all(|key| matches!(key, Some("file" | "line" | "col" | "title"))), "{line}");
            }
        }
    }
}
