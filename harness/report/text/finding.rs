//! The block of one finding: what was changed, what must hold, where it first differs, how large, and what to do.

use std::fmt::Write as _;

use super::lines::{column, row, whole};
use super::style;
use crate::judge::{Failure, Finding, Verdict};
use crate::vary::{Factor, words};
use crate::{audit, plan};

/// A failure whose log the report of this case has quoted, with its stage and the audit that quoted it. A failing baseline
/// fails every audit of its stage.
pub(super) struct Told<'a> {
    stage: &'a str,
    failure: &'a Failure,
    audit: &'a str,
}

/// The block of a finding. What `told` holds was quoted above already.
pub(super) fn block<'a>(verdict: &'a Verdict, finding: &'a Finding, told: &mut Vec<Told<'a>>) -> String {
    let style = style(verdict.status);
    let room = verdict.audit.chars().count() + 4;
    let mut text = format!("  {style}{}{style:#}: {}\n", verdict.audit, column(room, &place(finding)));
    for name in &finding.factors {
        let (label, summary) = match (plan::factor(name), words::by_name(name)) {
            (Some(factor), _) => ("varied", factor.summary()),
            (None, Some(word)) => ("what", word.summary),
            (None, None) => ("what", ""),
        };
        row(&mut text, label, format!("{name}: {summary}").trim_end_matches(": "));
    }
    if finding.factors.len() > 1 && finding.factors.iter().all(|name| plan::factor(name).is_some()) {
        row(&mut text, "", "(these act only together)");
    }
    // A run that failed left nothing that could hold.
    if let (Some(audit), None) = (audit::by_name(&verdict.audit), &finding.failure) {
        row(&mut text, "must hold", audit.must_hold());
    }
    for (number, line) in finding.source.iter().enumerate() {
        row(&mut text, if number == 0 { "where" } else { "" }, line);
    }
    if let Some(difference) = &finding.difference {
        difference_rows(&mut text, difference);
    }
    if let Some(failure) = &finding.failure {
        failure_rows(&mut text, Told { stage: &finding.stage, failure, audit: &verdict.audit }, told);
    }
    for name in &finding.factors {
        let mend = plan::factor(name).map(Factor::mend).or_else(|| Some(words::by_name(name)?.mend));
        if let Some(mend) = mend {
            row(&mut text, "mend", mend);
        }
    }
    whole(&mut text, "rerun", &finding.rerun);
    whole(&mut text, "explain", &explain(verdict, finding));
    text
}

/// Which stage and artifact, or which kernel on what.
pub(in crate::report) fn place(finding: &Finding) -> String {
    let mut place = match &finding.on {
        Some(on) => format!("kernel `{}` on {on}", finding.stage),
        None if finding.stage.is_empty() => String::new(),
        None => format!("stage `{}`", finding.stage),
    };
    if let Some(name) = &finding.artifact {
        // Declared data comes from no stage.
        let comma = if place.is_empty() { "" } else { ", " };
        let _ = write!(place, "{comma}artifact `{name}`");
    }
    place
}

fn failure_rows<'a>(text: &mut String, new: Told<'a>, told: &mut Vec<Told<'a>>) {
    row(text, "ended", &new.failure.end);
    let quoted = told.iter().find(|old| old.stage == new.stage && old.failure == new.failure);
    if let Some(quoted) = quoted.filter(|_| !new.failure.log.is_empty()) {
        row(text, "", &format!("(its log is quoted above, at {})", quoted.audit));
        return;
    }
    for line in new.failure.log.lines() {
        whole(text, "", &format!("| {line}"));
    }
    if let Some(hint) = &new.failure.hint {
        row(text, "hint", hint);
    }
    told.push(new);
}

/// The command that shows the page about a finding.
fn explain(verdict: &Verdict, finding: &Finding) -> String {
    let page = finding.factors.first().unwrap_or(&verdict.audit);
    format!("driftless explain {page}")
}

fn difference_rows(text: &mut String, difference: &crate::relate::Difference) {
    // What was computed and not compared is told in its note alone.
    if let (0, Some(note), None) = (difference.compared, &difference.note, &difference.left) {
        row(text, "found", note);
        return;
    }
    if let Some(place) = &difference.place {
        row(text, "first", &place.to_string());
    }
    if let Some(left) = &difference.left {
        whole(text, "baseline", left);
    }
    if let Some(right) = &difference.right {
        whole(text, "now", right);
    }
    row(text, "size", &difference.extent());
    if let Some(note) = &difference.note {
        row(text, "", note);
    }
}
