//! The report for people: a line per audit, and a block for each finding. Reads well without colour.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{AdapterUse, CaseReport, Measured, Report, Snapshot};
use crate::canary::Outcome;
use crate::judge::{Failure, Finding, Status, Verdict};
use crate::plan;
use crate::vary::{Factor, words};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Letters in a line, as far as words allow.
const WIDTH: usize = 80;
/// Where the text of a block begins.
const LABEL: usize = 10;
/// Findings shown per verdict; the JSON report has all.
const FINDINGS_SHOWN: usize = 8;

/// The report with ANSI colours; a stream that does not want them strips them.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for case in &report.cases {
        text.push_str(&case_block(case));
        text.push('\n');
    }
    text.push_str(&totals(report));
    text.push_str(&measured(&report.measured));
    text.push_str(&proofs(report));
    text
}

/// One case: its line per audit, then a block for each finding.
#[must_use]
pub fn case_block(case: &CaseReport) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}  {}\n", case.name, case.summary);
    for verdict in &case.verdicts {
        text.push_str(&verdict_line(verdict));
    }
    let mut told = Vec::new();
    for verdict in &case.verdicts {
        text.push_str(&details(verdict, &mut told));
    }
    text.push_str(&guarantee(case));
    text.push_str(&notes(case));
    text.push_str(&not_checked(case));
    text.push_str(&snapshots(case));
    text.push_str(&canaries(case));
    text
}

/// What a kernel promises, and what was shown of it.
fn guarantee(case: &CaseReport) -> String {
    let Some(guarantee) = &case.guarantee else { return String::new() };
    let shown = if guarantee.shown.is_empty() { "none".to_owned() } else { guarantee.shown.join(", ") };
    let mut text = String::from("\n");
    paragraph(&mut text, 2, &format!("level: promised {}; shown {shown}", guarantee.promised));
    text
}

/// What became of planted faults.
fn canaries(case: &CaseReport) -> String {
    let mut text = String::new();
    if !case.canaries.is_empty() {
        let _ = writeln!(text, "\n  {BOLD}canaries{BOLD:#}");
    }
    for canary in &case.canaries {
        let (style, word, why) = match &canary.outcome {
            Outcome::Proved => (style(Status::Held), "proved able to fail", ""),
            Outcome::Missed(why) => (style(Status::Drifted), "did not object", why.as_str()),
            Outcome::NotPlanted(why) => (style(Status::Skipped), "not planted", why.as_str()),
        };
        let _ = writeln!(text, "  {style}{word:<20}{style:#}  {:<16}  {}", canary.audit, canary.planted);
        if !why.is_empty() {
            paragraph(&mut text, 24, why);
        }
    }
    text
}

/// When the audits were last proved able to fail.
fn proofs(report: &Report) -> String {
    let known = &report.measured.canaries;
    let all = report.cases.iter().map(|case| known.get(&case.name));
    match all.min().flatten() {
        Some(day) => format!("{DIM}canaries: the audits were last proved able to fail on {day}{DIM:#}\n"),
        None => format!(
            "{DIM}canaries: not tried for all of these; `driftless run --canary` plants faults that the audits must see{DIM:#}\n"
        ),
    }
}

/// Last, since a person looks for what was found first.
fn not_checked(case: &CaseReport) -> String {
    // Several audits leave out the same thing for the same reason.
    let mut lines: Vec<&String> = Vec::new();
    for line in case.verdicts.iter().flat_map(|verdict| &verdict.not_checked) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let mut text = String::new();
    if !lines.is_empty() {
        let found = case.verdicts.iter().any(|verdict| !verdict.findings.is_empty());
        let _ = writeln!(text, "{}  {DIM}not checked{DIM:#}", if found { "\n" } else { "" });
        for line in lines {
            paragraph(&mut text, 4, line);
        }
    }
    if !case.not_asked.is_empty() {
        let names: Vec<&str> = case.not_asked.keys().map(String::as_str).collect();
        let line = format!("not asked: {}; `driftless plan` says what each needs", names.join(", "));
        paragraph(&mut text, 2, &line);
    }
    text
}

fn style(status: Status) -> Style {
    let colour = match status {
        Status::Held => AnsiColor::Green,
        Status::Drifted | Status::Blind => AnsiColor::Red,
        Status::Inconclusive => AnsiColor::Yellow,
        Status::Skipped => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

fn verdict_line(verdict: &Verdict) -> String {
    let style = style(verdict.status);
    format!("  {style}{:<12}{style:#}  {:<16}  {}\n", verdict.status.word(), verdict.audit, verdict.headline)
}

/// A failure whose log the report of this case has quoted, with its stage and the audit that quoted it. A failing baseline
/// fails every audit of its stage.
struct Told<'a> {
    stage: &'a str,
    failure: &'a Failure,
    audit: &'a str,
}

/// What stands below the table: the findings of one verdict.
fn details<'a>(verdict: &'a Verdict, told: &mut Vec<Told<'a>>) -> String {
    let mut text = String::new();
    for finding in verdict.findings.iter().take(FINDINGS_SHOWN) {
        text.push('\n');
        text.push_str(&finding_block(verdict, finding, told));
    }
    if let Some(more) = verdict.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "  … and {more} more; `--format json` lists all");
    }
    text
}

/// The notes of all audits, each once.
fn notes(case: &CaseReport) -> String {
    let mut told: Vec<(&String, Vec<&str>)> = Vec::new();
    for verdict in &case.verdicts {
        for note in &verdict.notes {
            match told.iter_mut().find(|(known, _)| *known == note) {
                Some((_, audits)) => audits.push(&verdict.audit),
                None => told.push((note, vec![&verdict.audit])),
            }
        }
    }
    let mut text = if told.is_empty() { String::new() } else { "\n".to_owned() };
    for (note, audits) in told {
        paragraph(&mut text, 2, &format!("note ({}): {note}", audits.join(", ")));
    }
    text
}

fn finding_block<'a>(verdict: &'a Verdict, finding: &'a Finding, told: &mut Vec<Told<'a>>) -> String {
    let style = style(verdict.status);
    let what = finding.artifact.as_ref().map(|name| format!(", artifact `{name}`")).unwrap_or_default();
    let place = match &finding.on {
        Some(on) => format!("kernel `{}` on {on}{what}", finding.stage),
        None => format!("stage `{}`{what}", finding.stage),
    };
    let mut text = format!("  {style}{}{style:#}: {place}\n", verdict.audit);
    for name in &finding.factors {
        let (label, summary) = match (plan::factor(name), words::by_name(name)) {
            (Some(factor), _) => ("varied", factor.summary()),
            (None, Some(word)) => ("what", word.summary),
            (None, None) => ("what", ""),
        };
        row(&mut text, label, &format!("{name}: {summary}"));
    }
    if finding.factors.len() > 1 && finding.factors.iter().all(|name| plan::factor(name).is_some()) {
        row(&mut text, "", "(these act only together)");
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
    row(&mut text, "rerun", &finding.rerun);
    row(&mut text, "explain", &explain(verdict, finding));
    text
}

fn failure_rows<'a>(text: &mut String, new: Told<'a>, told: &mut Vec<Told<'a>>) {
    row(text, "ended", &new.failure.end);
    let quoted = told.iter().find(|old| old.stage == new.stage && old.failure == new.failure);
    if let Some(quoted) = quoted.filter(|_| !new.failure.log.is_empty()) {
        row(text, "", &format!("(its log is quoted above, at {})", quoted.audit));
        return;
    }
    for line in new.failure.log.lines() {
        row(text, "", &format!("| {line}"));
    }
    if let Some(hint) = &new.failure.hint {
        row(text, "hint", hint);
    }
    told.push(new);
}

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
        row(text, "baseline", left);
    }
    if let Some(right) = &difference.right {
        row(text, "now", right);
    }
    row(text, "size", &difference.extent());
    if let Some(note) = &difference.note {
        row(text, "", note);
    }
}

/// A labelled line; what is too long goes on below its beginning. Quoted log lines, values and commands stay whole: they
/// are copied.
fn row(text: &mut String, label: &str, value: &str) {
    let whole = ["baseline", "now", "rerun"].contains(&label) || value.starts_with('|');
    let lines = if whole { vec![value.to_owned()] } else { wrapped(value, WIDTH - LABEL - 4) };
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "    {DIM}{label:<LABEL$}{DIM:#}{line}");
    }
}

/// Breaks a text at blanks into lines of at most `width` letters, where its words allow.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Lines below a heading, wrapped and indented.
fn paragraph(text: &mut String, indent: usize, value: &str) {
    for (index, line) in wrapped(value, WIDTH - indent - 2).iter().enumerate() {
        let indent = if index == 0 { indent } else { indent + 2 };
        let _ = writeln!(text, "{:indent$}{DIM}{line}{DIM:#}", "");
    }
}

fn snapshots(case: &CaseReport) -> String {
    let mut text = String::new();
    let (mut recorded, mut unknown) = (Vec::new(), Vec::new());
    for (audit, snapshot) in &case.snapshots {
        match snapshot {
            Snapshot::Same => {}
            Snapshot::Recorded => recorded.push(audit.as_str()),
            Snapshot::Unknown => unknown.push(audit.as_str()),
            Snapshot::Changed(difference) => {
                let style = style(Status::Drifted);
                let _ = writeln!(text, "\n  {style}{audit}{style:#}: differs from the accepted snapshot");
                for line in difference.lines() {
                    let _ = writeln!(text, "    {line}");
                }
                let _ = writeln!(
                    text,
                    "    if this is meant: driftless run --record, then driftless accept {}",
                    case.name
                );
            }
        }
    }
    for (audits, what) in [
        (recorded, "recorded, not compared; keep them with `driftless accept`"),
        (unknown, "not compared, none for machines like this yet; `--record` writes them"),
    ] {
        if !audits.is_empty() {
            let _ = writeln!(text, "  {DIM}snapshots{DIM:#}  {what}: {}", audits.join(", "));
        }
    }
    text
}

fn totals(report: &Report) -> String {
    let all = || report.cases.iter().flat_map(|case| &case.verdicts);
    let statuses = [Status::Held, Status::Drifted, Status::Blind, Status::Inconclusive, Status::Skipped];
    let counts: Vec<String> = statuses
        .iter()
        .map(|status| (status, all().filter(|verdict| verdict.status == *status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", status.word()))
        .collect();
    let executions: usize =
        report.cases.iter().flat_map(|case| &case.executions).map(|stage| stage.count).sum();
    let cases = plural(report.cases.len(), "case");
    format!("{BOLD}{}{BOLD:#} in {cases}, {}\n", counts.join(", "), plural(executions, "execution"))
}

fn measured(measured: &Measured) -> String {
    let stages = &measured.stages;
    let wall: u64 = stages.iter().map(|stage| stage.wall_us).sum();
    let peak = stages.iter().map(|stage| stage.peak_bytes).max().unwrap_or(0);
    let left: u32 = stages.iter().map(|stage| stage.left_running).sum();
    let seconds = std::time::Duration::from_micros(wall).as_secs_f64();
    // Kernels run in processes whose memory is not theirs alone: it is not measured.
    let memory = if peak == 0 { String::new() } else { format!(", peak memory {} MiB", peak >> 20) };
    let mut text = format!("{DIM}measured: {seconds:.1} s in the user's programs{memory}{DIM:#}\n");
    if left > 0 {
        let _ =
            writeln!(text, "{DIM}measured: {left} processes outlived their program and were ended{DIM:#}");
    }
    for AdapterUse { adapter, .. } in &measured.adapters {
        let driver = [&adapter.backend, &adapter.driver, &adapter.driver_info];
        let driver: Vec<&str> =
            driver.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        let _ = writeln!(text, "{DIM}measured: adapter {}, {}{DIM:#}", adapter.name, driver.join(", "));
    }
    text
}

/// `1 case`, `2 cases`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
