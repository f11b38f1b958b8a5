//! The answer in one line, and the table of all verdicts.

use maud::{Markup, html};

use super::finding;
use super::prose::{badge, prose, sign, tally, wide};
use crate::audit::AUDITS;
use crate::judge::{Status, Verdict};
use crate::report::text::plural;
use crate::report::{CaseReport, Report};

/// All statuses, in the order in which they are counted.
const STATUSES: [Status; 5] =
    [Status::Held, Status::Drifted, Status::Blind, Status::Inconclusive, Status::Skipped];
/// Those that a person must look at, the worst first.
pub(super) const TO_SEE: [Status; 3] = [Status::Drifted, Status::Blind, Status::Inconclusive];

/// What came out, in one line, and a count for each status.
pub(super) fn answer(report: &Report) -> Markup {
    let all = || report.cases.iter().flat_map(|case| &case.verdicts);
    let counts = STATUSES.map(|status| (status, all().filter(|verdict| verdict.status == status).count()));
    let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
    let total = all().count();
    let (class, sentence) = if total == 0 {
        ("skipped", "No audit was run.".to_owned())
    } else if of(Status::Drifted) + of(Status::Blind) > 0 {
        let found = of(Status::Drifted) + of(Status::Blind);
        ("drifted", format!("{found} of {} did not hold.", plural(total, "verdict")))
    } else if of(Status::Inconclusive) > 0 {
        let open = of(Status::Inconclusive);
        (
            "inconclusive",
            format!("{open} of {} could not be concluded; nothing drifted.", plural(total, "verdict")),
        )
    } else if of(Status::Held) == 0 {
        ("skipped", "Nothing was shown: every audit was skipped.".to_owned())
    } else {
        let held = of(Status::Held);
        let left = if held == total { "" } else { "; the others were skipped" };
        ("held", format!("{held} of {} held{left}.", plural(total, "verdict")))
    };
    html! {
        p class={ "answer " (class) } { (sentence) }
        @if counts.iter().filter(|(_, count)| *count > 0).count() > 1 {
            ul.counts { @for (status, count) in counts { @if count > 0 { li { (tally(status, count)) } } } }
        }
    }
}

/// The table of verdicts: of one case, its audits; of several, cases by audits.
pub(super) fn section(report: &Report) -> Markup {
    html! {
        section #verdicts aria-labelledby="verdicts-title" {
            h2 #verdicts-title { "Verdicts" }
            @match report.cases.as_slice() {
                [] => p { "The session kept no verdict of any case." },
                [only] => {
                    (audits(only, 0))
                    (meanings())
                }
                cases => {
                    (worth_a_look(cases))
                    (matrix(cases))
                    (meanings())
                }
            }
        }
    }
}

/// The audits of a case, a line each.
pub(super) fn audits(case: &CaseReport, number: usize) -> Markup {
    html! {
        table.audits {
            caption { "Audits of " (case.name) }
            thead { tr { th scope="col" { "audit" } th scope="col" { "verdict" } th scope="col" { "what was seen" } } }
            tbody {
                @for (place, verdict) in case.verdicts.iter().enumerate() {
                    tr {
                        th scope="row" {
                            @if verdict.findings.is_empty() { (verdict.audit) }
                            @else { a href={ "#" (finding::anchor(number, place)) } { (verdict.audit) } }
                        }
                        td { (badge(verdict.status)) }
                        td { (prose(&verdict.headline)) }
                    }
                }
            }
        }
    }
}

/// The cases that did not hold, with links: with hundreds of cases nobody reads the whole table.
fn worth_a_look(cases: &[CaseReport]) -> Markup {
    let bad: Vec<(usize, &CaseReport)> =
        cases.iter().enumerate().filter(|(_, case)| worst(case).is_some()).collect();
    if bad.is_empty() {
        return html! { p { "No case drifted, is blind or was left open." } };
    }
    html! {
        p { (bad.len()) " of " (plural(cases.len(), "case")) " to look at:" }
        ul.look {
            @for (number, case) in bad {
                li {
                    @if let Some(status) = worst(case) { (badge(status)) " " }
                    a href={ "#case-" (number) } { (case.name) }
                    ": " span.muted { (audits_of(case)) }
                }
            }
        }
    }
}

/// The audits of a case that did not hold.
fn audits_of(case: &CaseReport) -> String {
    let bad = case.verdicts.iter().filter(|verdict| TO_SEE.contains(&verdict.status));
    bad.map(|verdict| verdict.audit.as_str()).collect::<Vec<_>>().join(", ")
}

/// The worst of a case's statuses that must be looked at.
pub(super) fn worst(case: &CaseReport) -> Option<Status> {
    TO_SEE.into_iter().find(|status| case.verdicts.iter().any(|verdict| verdict.status == *status))
}

fn matrix(cases: &[CaseReport]) -> Markup {
    let audits = columns(cases);
    let table = html! {
        table.matrix {
            caption {
                "Every case by every audit: "
                @for status in STATUSES { span.legend { (badge(status)) } " " }
                span.legend { "empty: does not apply" }
            }
            thead {
                tr {
                    th scope="col" { "case" }
                    @for audit in &audits { th.turned scope="col" { span { (audit) } } }
                }
            }
            tbody {
                @for (number, case) in cases.iter().enumerate() {
                    tr {
                        th scope="row" { a href={ "#case-" (number) } { (case.name) } }
                        @for audit in &audits { (cell(case.verdicts.iter().find(|one| one.audit == *audit))) }
                    }
                }
            }
        }
    };
    wide("Verdicts, cases by audits", &table)
}

fn cell(verdict: Option<&Verdict>) -> Markup {
    let Some(verdict) = verdict else { return html! { td {} } };
    let word = verdict.status.word();
    html! {
        td class=(word) title=(word) {
            span aria-hidden="true" { (sign(verdict.status)) } span.unseen { (word) }
        }
    }
}

/// The audits that any case was asked, in the order of the manual; unknown ones last.
fn columns(cases: &[CaseReport]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for verdict in cases.iter().flat_map(|case| &case.verdicts) {
        if !names.contains(&verdict.audit.as_str()) {
            names.push(&verdict.audit);
        }
    }
    let place = |name: &str| AUDITS.iter().position(|audit| audit.name() == name).unwrap_or(AUDITS.len());
    names.sort_by_key(|name| (place(name), *name));
    names
}

/// What the words mean.
fn meanings() -> Markup {
    let meaning = |status| match status {
        Status::Held => "what must hold held, in the runs that were made",
        Status::Drifted => "what must not matter mattered",
        Status::Blind => {
            "what must matter did not: the audit cannot see, or the program ignores what it is told"
        }
        Status::Inconclusive => "a run failed, or what was seen does not decide it; never counted as held",
        Status::Skipped => "not run, for the reason given",
    };
    html! {
        details.meanings {
            summary { "What the words mean" }
            dl.facts {
                @for status in STATUSES {
                    dt { (badge(status)) } dd { (meaning(status)) }
                }
            }
            p.muted { (sign(Status::Held)) " says what was seen here. It is no proof for runs that nobody made; each case lists what was not checked." }
        }
    }
}
