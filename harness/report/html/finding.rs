//! A block for each finding: what was changed, what must have held, where it first differs, how large, and what to do.

use maud::{Markup, html};

use super::case::Shown;
use super::picture;
use super::prose::{badge, prose};
use crate::audit;
use crate::judge::{Failure, Finding, Verdict};
use crate::plan;
use crate::relate::Difference;
use crate::vary::words;

/// Findings shown per verdict; the JSON report has all.
const FINDINGS_SHOWN: usize = 8;

/// Where the findings of a case's verdict stand.
pub(super) fn anchor(case: usize, verdict: usize) -> String {
    format!("case-{case}-audit-{verdict}")
}

/// All findings of a case, under a heading where there are any.
pub(super) fn sections(shown: &Shown<'_>) -> Markup {
    let found = |verdict: &&(usize, &Verdict)| !verdict.1.findings.is_empty();
    let all: Vec<(usize, &Verdict)> = shown.case.verdicts.iter().enumerate().collect();
    let bad: Vec<&(usize, &Verdict)> = all.iter().filter(found).collect();
    if bad.is_empty() {
        return html! {};
    }
    let mut told = Vec::new();
    html! {
        h4 { "What was found" }
        @for (place, verdict) in bad {
            section.verdict id=(anchor(shown.number, *place)) {
                @for (number, finding) in verdict.findings.iter().take(FINDINGS_SHOWN).enumerate() {
                    (block(verdict, finding, &format!("{}-{number}", anchor(shown.number, *place)), &mut told))
                }
                @if let Some(more) = verdict.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
                    p.muted { "… and " (more) " more of " (verdict.audit) "; " code { "--format json" } " lists all." }
                }
            }
        }
    }
}

/// What went wrong with a run, and the audit at which its log is quoted. A failing baseline fails every audit of its
/// stage.
struct Told<'a> {
    stage: &'a str,
    failure: &'a Failure,
    audit: &'a str,
}

fn block<'a>(verdict: &'a Verdict, finding: &'a Finding, id: &str, told: &mut Vec<Told<'a>>) -> Markup {
    html! {
        article.finding.(verdict.status.word()) {
            h5 { (badge(verdict.status)) " " (verdict.audit) ": " (place(finding)) }
            dl.facts {
                (changed(finding))
                (wanted(verdict))
                @for (number, line) in finding.source.iter().enumerate() {
                    @if number == 0 { dt { "where" } }
                    dd { (prose(line)) }
                }
                @if let Some(difference) = &finding.difference { (difference_rows(difference)) }
                @if let Some(failure) = &finding.failure {
                    (failure_rows(Told { stage: &finding.stage, failure, audit: &verdict.audit }, told))
                }
                @for mend in mends(finding) { dt { "mend" } dd { (prose(mend)) } }
                dt { "rerun" } dd.value { code { (finding.rerun) } }
                dt { "explain" } dd.value { code { "driftless explain " (finding.factors.first().unwrap_or(&verdict.audit)) } }
            }
            @if let Some(found) = finding.difference.as_ref().and_then(|one| one.picture.as_ref()) {
                (picture::figures(found, id))
            }
        }
    }
}

fn place(finding: &Finding) -> Markup {
    html! {
        @match &finding.on {
            Some(on) => { "kernel " code { (finding.stage) } " on " (on) }
            None => { "stage " code { (finding.stage) } }
        }
        @if let Some(artifact) = &finding.artifact { ", artifact " code { (artifact) } }
    }
}

/// What was varied, or what kind of fault it is.
fn changed(finding: &Finding) -> Markup {
    let factors = &finding.factors;
    html! {
        @for name in factors {
            @match (plan::factor(name), words::by_name(name)) {
                (Some(factor), _) => { dt { "varied" } dd { code { (name) } ": " (prose(factor.summary())) } }
                (None, Some(word)) => { dt { "what" } dd { code { (name) } ": " (prose(word.summary)) } }
                (None, None) => { dt { "what" } dd { code { (name) } } }
            }
        }
        @if factors.len() > 1 && factors.iter().all(|name| plan::factor(name).is_some()) {
            dd { "These act only together." }
        }
    }
}

/// What the audit wants. What a single run is asked for says less: columns of a table are compared within limits, not bit
/// for bit.
fn wanted(verdict: &Verdict) -> Markup {
    html! {
        @if let Some(audit) = audit::by_name(&verdict.audit) { dt { "must hold" } dd { (prose(audit.must_hold())) } }
    }
}

fn mends(finding: &Finding) -> Vec<&'static str> {
    let mend = |name: &String| match plan::factor(name) {
        Some(factor) => Some(factor.mend()),
        None => words::by_name(name).map(|word| word.mend),
    };
    finding.factors.iter().filter_map(mend).collect()
}

fn difference_rows(difference: &Difference) -> Markup {
    // What was computed and not compared is told in its note alone.
    if let (0, Some(note), None) = (difference.compared, &difference.note, &difference.left) {
        return html! { dt { "found" } dd { (prose(note)) } };
    }
    html! {
        @if let Some(place) = &difference.place { dt { "first" } dd { (prose(&place.to_string())) } }
        @if let Some(left) = &difference.left { dt { "baseline" } dd.value { code { (left) } } }
        @if let Some(right) = &difference.right { dt { "now" } dd.value { code { (right) } } }
        dt { "size" } dd { (difference.extent()) }
        @if let Some(note) = &difference.note { dd { (prose(note)) } }
    }
}

fn failure_rows<'a>(new: Told<'a>, told: &mut Vec<Told<'a>>) -> Markup {
    let quoted = told.iter().find(|old| old.stage == new.stage && old.failure == new.failure);
    let quoted = quoted.filter(|old| !old.failure.log.is_empty()).map(|old| old.audit);
    let rows = html! {
        dt { "ended" } dd { (prose(&new.failure.end)) }
        @if let Some(audit) = quoted {
            dd.muted { "Its log is quoted above, at " (audit) "." }
        } @else {
            @if !new.failure.log.is_empty() {
                dt { "log" }
                dd.value { pre tabindex="0" role="region" aria-label={ "Last lines of the log of " (new.stage) } { (new.failure.log) } }
            }
            @if let Some(hint) = &new.failure.hint { dt { "hint" } dd { (prose(hint)) } }
        }
    };
    if quoted.is_none() {
        told.push(new);
    }
    rows
}
