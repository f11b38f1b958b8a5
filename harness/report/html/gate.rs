//! What the gate said, where it was asked.

use maud::{Markup, html};

use super::prose::prose;
use crate::report::gated::Gated;
use crate::report::text::plural;
use crate::rule::{Problem, Severity};

/// The gate's part of the report.
pub(super) fn section(gated: Option<&Gated>) -> Markup {
    let Some(gated) = gated else { return html! {} };
    let count = |severity| gated.problems.iter().filter(|problem| problem.severity == severity).count();
    html! {
        section #gate aria-labelledby="gate-title" {
            h2 #gate-title { "Gate" }
            @if gated.submit { p.answer.held { "Submit: nothing that closes the gate was found." } }
            @else { p.answer.drifted { "Do not submit." } }
            p { (plural(count(Severity::Error), "error")) ", " (plural(count(Severity::Warning), "warning")) "." }
            @for problem in &gated.problems { (block(problem)) }
            (lines("Looked at and found good", &gated.checked))
            (lines("Notes of the gate", &gated.notes))
            (lines("Not looked at by the gate", &gated.not_checked))
        }
    }
}

fn block(problem: &Problem) -> Markup {
    let class = match problem.severity {
        Severity::Error => "drifted",
        Severity::Warning => "inconclusive",
    };
    html! {
        article.finding.(class) {
            h3 {
                span class={ "badge " (class) } { (problem.severity.word()) } " " (problem.rule) ": "
                code { (problem.file) @if let Some(line) = problem.line { ":" (line) } }
            }
            dl.facts {
                dt { "found" } dd { (prose(&problem.message)) }
                @if let Some(value) = &problem.value { dt { "value" } dd.value { code { (value) } } }
                @if problem.count > 1 { dt { "places" } dd { (problem.count) ", this is the first" } }
                dt { "mend" } dd { (prose(&problem.mend)) }
                dt { "explain" } dd.value { code { "driftless explain " (problem.rule) } }
            }
        }
    }
}

fn lines(title: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h3 { (title) }
            ul.lines { @for line in lines { li { (prose(line)) } } }
        }
    }
}
