//! One case: its audits in a table, what was found, and what was not looked at.

use maud::{Markup, html};

use super::prose::{prose, tally};
use super::{drift, finding, graph, overview, runs, seeds};
use crate::canary::Outcome;
use crate::judge::Status;
use crate::report::text::plural;
use crate::report::{CaseReport, Measured, Snapshot};

/// A case in its report.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    /// Its place among the cases, from 0: names of users are no anchors.
    pub(super) number: usize,
    /// The case.
    pub(super) case: &'a CaseReport,
    /// What was measured in the session.
    pub(super) measured: &'a Measured,
    /// Whether cases that held are folded.
    pub(super) folds: bool,
    /// Whether it is the only case, whose audits stand at the top of the page.
    pub(super) alone: bool,
}

/// The part of one case.
pub(super) fn section(shown: &Shown<'_>) -> Markup {
    let case = shown.case;
    let title = format!("case-{}-title", shown.number);
    let heading = html! { h3 id=(title) { (case.name) } };
    let quiet = shown.folds && overview::worst(case).is_none();
    html! {
        section.case id={ "case-" (shown.number) } aria-labelledby=(title) {
            @if quiet {
                details {
                    summary { (heading) " " (tallies(case)) }
                    (body(shown))
                }
            } @else {
                (heading)
                @if !shown.alone { p { (tallies(case)) } }
                (body(shown))
            }
        }
    }
}

/// How the audits came out, in a few badges.
fn tallies(case: &CaseReport) -> Markup {
    let count = |status: Status| case.verdicts.iter().filter(|verdict| verdict.status == status).count();
    let all = [Status::Drifted, Status::Blind, Status::Inconclusive, Status::Held, Status::Skipped];
    html! { span.tally { @for status in all { @if count(status) > 0 { (tally(status, count(status))) " " } } } }
}

fn body(shown: &Shown<'_>) -> Markup {
    let case = shown.case;
    html! {
        @if !case.summary.is_empty() { p.lead { (prose(&case.summary)) } }
        p.muted { "Case file: " code { (case.file) } }
        @if !shown.alone { (overview::audits(case, shown.number)) }
        (graph::section(shown))
        (finding::sections(shown))
        (seeds::sections(shown))
        (drift::sections(shown))
        (guarantee(case))
        (notes(case))
        (left_out(shown))
        (tolerations(case))
        (snapshots(case))
        (canaries(case))
        (runs::section(shown))
    }
}

/// What a kernel promises, and what was shown of it.
fn guarantee(case: &CaseReport) -> Markup {
    let Some(guarantee) = &case.guarantee else { return html! {} };
    let shown = if guarantee.shown.is_empty() { "none".to_owned() } else { guarantee.shown.join(", ") };
    html! {
        h4 { "Guarantee" }
        dl.facts {
            dt { "promised" } dd { (guarantee.promised) }
            dt { "shown here" } dd { (shown) }
        }
    }
}

/// Notes of all audits, each once, with the audits that say so.
fn notes(case: &CaseReport) -> Markup {
    let all = case.verdicts.iter().flat_map(|verdict| verdict.notes.iter().map(move |note| (note, verdict)));
    let lines = each_once(all.map(|(note, verdict)| (note.as_str(), verdict.audit.as_str())));
    if lines.is_empty() {
        return html! {};
    }
    html! {
        h4 { "Notes" }
        ul.lines { @for (note, audits) in lines { li { (prose(note)) " " span.muted { "(" (audits.join(", ")) ")" } } } }
    }
}

/// Lines in the order in which they come first, each with all who say it.
fn each_once<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for (line, who) in all {
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, known)) if known.contains(&who) => {}
            Some((_, known)) => known.push(who),
            None => lines.push((line, vec![who])),
        }
    }
    lines
}

/// What was not checked, and which audits were not asked.
fn left_out(shown: &Shown<'_>) -> Markup {
    let case = shown.case;
    let all =
        case.verdicts.iter().flat_map(|verdict| verdict.not_checked.iter().map(move |line| (line, verdict)));
    let lines = each_once(all.map(|(line, verdict)| (line.as_str(), verdict.audit.as_str())));
    html! {
        @if !lines.is_empty() {
            h4 { "Not checked" }
            ul.lines { @for (line, audits) in lines { li { (prose(line)) " " span.muted { "(" (audits.join(", ")) ")" } } } }
        }
        @if !case.not_asked.is_empty() {
            details {
                summary { (plural(case.not_asked.len(), "audit")) " not asked" }
                dl.facts {
                    @for (audit, reason) in &case.not_asked { dt { (audit) } dd { (prose(reason)) } }
                }
            }
        }
    }
}

fn tolerations(case: &CaseReport) -> Markup {
    if case.tolerations.is_empty() {
        return html! {};
    }
    html! {
        h4 { "Tolerated" }
        p { "The user accepts these for a while:" }
        dl.facts {
            @for one in &case.tolerations {
                dt { (one.audit) ": " code { (one.factor) } }
                dd {
                    (prose(&one.reason)) " "
                    span.muted {
                        "Until " (one.until)
                        @if one.expired { ", which has passed: it no longer counts" }
                        @if one.used { "; this session needed it." } @else { "; this session did not need it." }
                    }
                }
            }
        }
    }
}

fn snapshots(case: &CaseReport) -> Markup {
    if case.snapshots.is_empty() {
        return html! {};
    }
    let named = |wanted: &dyn Fn(&Snapshot) -> bool| {
        let found = case.snapshots.iter().filter(|(_, snapshot)| wanted(snapshot));
        found.map(|(audit, _)| audit.as_str()).collect::<Vec<_>>().join(", ")
    };
    let rows = [
        ("as accepted", named(&|one| matches!(one, Snapshot::Same))),
        ("recorded, not compared", named(&|one| matches!(one, Snapshot::Recorded))),
        ("none for machines like this", named(&|one| matches!(one, Snapshot::Unknown))),
    ];
    let changed = case.snapshots.iter().filter_map(|(audit, snapshot)| match snapshot {
        Snapshot::Changed(difference) => Some((audit, difference)),
        _ => None,
    });
    html! {
        h4 { "Snapshots" }
        @for (audit, difference) in changed {
            p { strong { (audit) } " differs from the accepted snapshot. If this is meant: "
                code { "driftless run --record" } ", then " code { "driftless accept " (case.name) } }
            pre tabindex="0" role="region" aria-label={ "Changed lines of the snapshot of " (audit) } { (difference) }
        }
        dl.facts {
            @for (what, audits) in rows { @if !audits.is_empty() { dt { (what) } dd { (audits) } } }
        }
    }
}

fn canaries(case: &CaseReport) -> Markup {
    if case.canaries.is_empty() {
        return html! {};
    }
    html! {
        h4 { "Canaries" }
        p { "Faults that were planted to see whether the audits object:" }
        dl.facts {
            @for canary in &case.canaries {
                @let (status, word, why) = match &canary.outcome {
                    Outcome::Proved => ("held", "✓ proved able to fail", ""),
                    Outcome::Missed(why) => ("drifted", "✗ did not object", why.as_str()),
                    Outcome::NotPlanted(why) => ("skipped", "– not planted", why.as_str()),
                };
                dt { (canary.audit) }
                dd {
                    span class={ "badge " (status) } { (word) } " " (prose(&canary.planted))
                    @if !why.is_empty() { " " span.muted { (prose(why)) } }
                }
            }
        }
    }
}
