//! The report as one page: no network, no script, nothing beside the file.
//!
//! Markup is written by `maud`, which escapes all that it is given; pictures are drawn by [`chart`]. What is true of the
//! tree comes first, what was measured last.

mod case;
mod chart;
mod drift;
mod finding;
mod fingerprint;
mod gate;
mod graph;
mod measured;
mod overview;
mod picture;
mod prose;
mod runs;
mod seeds;
mod stages;
#[cfg(test)]
mod tests;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;
use super::text::plural;
use prose::visible;

/// Layout and colours, light and dark.
const STYLE: &str = include_str!("style.css");
/// Nothing may be fetched or executed, whatever stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// Where there are more cases than this, those that held are folded.
const CASES_OPEN: usize = 8;

/// The report as an HTML document.
#[must_use]
pub fn render(report: &Report) -> String {
    let title = title(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("driftless {}", report.version));
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(chart::style())) }
            }
            body {
                a.skip href="#main" { "Skip to the verdicts" }
                (header(report))
                main #main tabindex="-1" {
                    (overview::section(report))
                    (cases(report))
                    (gate::section(report.gate.as_ref()))
                    (measured::section(report))
                    (fingerprint::section(report.measured.fingerprint.as_ref()))
                }
                footer {
                    p { "Written by driftless " (report.version) " from what a session kept; nothing was run for it." }
                }
            }
        }
    };
    visible(&page.into_string())
}

/// What a tab or a window shows.
fn title(report: &Report) -> String {
    match report.cases.as_slice() {
        [only] => format!("{}: reproducibility report", only.name),
        cases => format!("Reproducibility report of {}", plural(cases.len(), "case")),
    }
}

fn header(report: &Report) -> Markup {
    let parts = [
        ("verdicts", "Verdicts", true),
        ("cases", if report.cases.len() == 1 { "Case" } else { "Cases" }, !report.cases.is_empty()),
        ("gate", "Gate", report.gate.is_some()),
        ("measured", "Measured", measured::is_there(&report.measured)),
        ("fingerprint", "Fingerprint", report.measured.fingerprint.is_some()),
    ];
    html! {
        header {
            p.brand { "driftless" }
            h1 { (title(report)) }
            (overview::answer(report))
            nav aria-label="Parts of this report" {
                ul { @for (id, name, there) in parts { @if there { li { a href={ "#" (id) } { (name) } } } } }
            }
        }
    }
}

fn cases(report: &Report) -> Markup {
    if report.cases.is_empty() {
        return html! {};
    }
    let (folds, alone) = (report.cases.len() > CASES_OPEN, report.cases.len() == 1);
    html! {
        section #cases aria-labelledby="cases-title" {
            h2 #cases-title { @if alone { "Case" } @else { "Cases" } }
            @for (number, case) in report.cases.iter().enumerate() {
                (case::section(&case::Shown { number, case, measured: &report.measured, folds, alone }))
            }
        }
    }
}
