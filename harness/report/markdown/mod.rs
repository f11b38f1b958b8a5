//! Markdown for a comment on a pull request or the summary of a step: what was found, and what has changed since the accepted
//! session.

mod change;
mod escape;

use std::fmt::Write as _;

use super::compare::compare;
use super::format::Context;
use super::gated::Gated;
use super::remark::sentence as found;
use super::text::{counts, finding_block, plural, scale};
use super::{CaseReport, Exit, Report, Require, Snapshot};
use crate::canary::Outcome;
use crate::judge::{Status, Verdict};
use escape::{block, code, plain, sentence};

/// What a summary of GitHub holds at most (GitHub documentation, "Workflow commands", job summaries: 1 MiB for a step); a
/// comment holds 65 536 letters.
const BYTES_MAX: usize = 1 << 20;
/// Findings of a verdict that are shown; the JSON report has all.
const FINDINGS_SHOWN: usize = 8;

/// The report, at most 1 MiB.
#[must_use]
pub fn render(report: &Report, context: Context<'_>) -> String {
    let mut text = format!("## {}\n\n", headline(report));
    if !report.cases.is_empty() {
        let _ = writeln!(text, "{} {}.\n", counts(report), scale(report));
    }
    if let Some(accepted) = context.accepted {
        text.push_str(&change::section(&compare(accepted, report)));
    }
    text.push_str(&table(report));
    for case in &report.cases {
        text.push_str(&case_section(case));
    }
    if let Some(gate) = &report.gate {
        text.push_str(&gate_section(gate));
    }
    text.push_str(&not_checked(report));
    let _ = writeln!(text, "<sub>driftless {}</sub>", plain(&report.version));
    cut(text)
}

/// The outcome in a few words; colour or signs are not needed to read it.
fn headline(report: &Report) -> String {
    let audits = match report.exit(Require::default()) {
        _ if report.cases.is_empty() => None,
        Exit::Held => Some("nothing failed"),
        Exit::Drift => Some("drift was found"),
        _ => Some("some audits are inconclusive"),
    };
    let gate = report.gate.as_ref().map(Gated::answer);
    let parts: Vec<String> = audits.map(str::to_owned).into_iter().chain(gate).collect();
    if parts.is_empty() {
        "driftless: nothing audited".to_owned()
    } else {
        format!("driftless: {}", parts.join("; "))
    }
}

/// A line per case: what held is counted, everything else is named.
fn table(report: &Report) -> String {
    if report.cases.is_empty() {
        return String::new();
    }
    let mut text = String::from("| case | held | not held |\n| --- | ---: | --- |\n");
    for case in &report.cases {
        let held = case.verdicts.iter().filter(|verdict| verdict.status == Status::Held).count();
        let other: Vec<String> = case
            .verdicts
            .iter()
            .filter(|verdict| verdict.status != Status::Held)
            .map(|verdict| format!("{} {}", code(&verdict.audit), verdict.status.word()))
            .chain(besides(case))
            .collect();
        let _ = writeln!(text, "| {} | {held} | {} |", plain(&case.name), other.join(", "));
    }
    text.push('\n');
    text
}

/// Snapshots and canaries that are not as they should be.
fn besides(case: &CaseReport) -> Vec<String> {
    let changed = case.snapshots.iter().filter(|(_, snapshot)| matches!(snapshot, Snapshot::Changed(_)));
    let missed = case.canaries.iter().filter(|canary| matches!(canary.outcome, Outcome::Missed(_)));
    changed
        .map(|(audit, _)| format!("snapshot of {} changed", code(audit)))
        .chain(missed.map(|canary| format!("canary of {} missed", code(&canary.audit))))
        .collect()
}

/// What failed in a case, folded; nothing where nothing did.
fn case_section(case: &CaseReport) -> String {
    let mut text = String::new();
    for verdict in case.verdicts.iter().filter(|verdict| verdict.status != Status::Held) {
        text.push_str(&verdict_section(case, verdict));
    }
    for (audit, snapshot) in &case.snapshots {
        if let Snapshot::Changed(difference) = snapshot {
            let summary = format!("{}: the snapshot of {} changed", case.name, audit);
            text.push_str(&folded(&summary, &block(difference)));
        }
    }
    for canary in &case.canaries {
        if let Outcome::Missed(why) = &canary.outcome {
            let summary = format!("{}: the canary of {} was missed", case.name, canary.audit);
            text.push_str(&folded(
                &summary,
                &format!("Planted: {}; {}\n", sentence(&canary.planted), sentence(why)),
            ));
        }
    }
    text
}

fn verdict_section(case: &CaseReport, verdict: &Verdict) -> String {
    let mut body = format!("{}\n\n", sentence(&verdict.headline));
    for finding in verdict.findings.iter().take(FINDINGS_SHOWN) {
        let _ =
            writeln!(body, "{}\n\n{}", sentence(&found(finding)), block(&finding_block(verdict, finding)));
    }
    if let Some(more) = verdict.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(body, "{} not shown; `--format json` lists all.\n", plural(more, "more finding"));
    }
    for note in &verdict.notes {
        let _ = writeln!(body, "Note: {}\n", sentence(note));
    }
    folded(&format!("{}: {} {}", case.name, verdict.audit, verdict.status.word()), &body)
}

/// A block that opens on demand. The blank line makes Markdown of what is in it.
fn folded(summary: &str, body: &str) -> String {
    format!("<details><summary>{}</summary>\n\n{}\n\n</details>\n\n", plain(summary), body.trim_end())
}

fn gate_section(gate: &Gated) -> String {
    let mut text = format!("### Gate: {}\n\n", gate.answer());
    if !gate.problems.is_empty() {
        text.push_str("| | rule | place | found | mend |\n| --- | --- | --- | --- | --- |\n");
    }
    for problem in &gate.problems {
        let place =
            problem.line.map_or_else(|| problem.file.clone(), |line| format!("{}:{line}", problem.file));
        let value = problem.value.as_ref().map(|value| format!("; {}", code(value))).unwrap_or_default();
        let count = if problem.count > 1 { format!(" ({} places)", problem.count) } else { String::new() };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {}{value}{count} | {} |",
            problem.severity.word(),
            code(&problem.rule),
            code(&place),
            sentence(&problem.message),
            sentence(&problem.mend)
        );
    }
    if !gate.problems.is_empty() {
        text.push('\n');
    }
    for note in &gate.notes {
        let _ = writeln!(text, "- note: {}", sentence(note));
    }
    if !gate.notes.is_empty() {
        text.push('\n');
    }
    text
}

/// What nobody looked at: each line once.
fn not_checked(report: &Report) -> String {
    let audits = report.cases.iter().flat_map(|case| &case.verdicts).flat_map(|verdict| &verdict.not_checked);
    let gate = report.gate.iter().flat_map(|gate| &gate.not_checked);
    let mut lines: Vec<String> = Vec::new();
    for line in audits.chain(gate).map(|line| sentence(line)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let list = lines.iter().fold(String::new(), |list, line| list + "- " + line + "\n");
    folded("not checked", &list)
}

/// Cuts what is too long at the end of a line and says so; blocks that were open are closed.
fn cut(text: String) -> String {
    if text.len() <= BYTES_MAX {
        return text;
    }
    // Room for the sentence, and for what closes a block.
    let room = BYTES_MAX - 1024;
    let end = text
        .match_indices("</details>\n\n")
        .map(|(place, word)| place + word.len())
        .take_while(|end| *end <= room);
    let end =
        end.last().or_else(|| text[..text.floor_char_boundary(room)].rfind('\n').map(|place| place + 1));
    let mut text = text[..end.unwrap_or(0)].to_owned();
    text.push_str("\nThis report is cut here: a summary holds 1 MiB. `driftless report` has all of it.\n");
    text
}

#[cfg(test)]
mod tests;
