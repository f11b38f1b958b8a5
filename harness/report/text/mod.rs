//! The report for people: a line per audit, and a block for each finding. Reads well without colour.

mod finding;
mod lines;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::letters::{in_a_line, spelled};
use super::{AdapterUse, CaseReport, Measured, Report, Snapshot};
use crate::canary::Outcome;
use crate::judge::{Finding, Status, Verdict};
use finding::Told;
use lines::{WIDTH, column, paragraph};

pub(super) use finding::place;
pub use lines::plural;
pub(super) use lines::wrapped;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Where headlines begin.
const AFTER_AUDIT: usize = 34;
/// Where the faults of canaries begin.
const AFTER_CANARY: usize = 42;
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
    if report.gate.is_none() || !report.cases.is_empty() {
        text.push_str(&totals(report));
    }
    // Reports can be written without what was measured.
    if report.measured != Measured::default() && !report.cases.is_empty() {
        text.push_str(&measured(&report.measured));
        text.push_str(&proofs(report));
    }
    if let Some(gate) = &report.gate {
        if !report.cases.is_empty() {
            let _ = writeln!(text, "\n{BOLD}gate{BOLD:#}");
        }
        text.push_str(&super::gated::text(gate));
    }
    text
}

/// One case: its line per audit, then a block for each finding.
#[must_use]
pub fn case_block(case: &CaseReport) -> String {
    let mut text = heading(case);
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

/// Name and summary, on one line where they fit.
fn heading(case: &CaseReport) -> String {
    let (name, summary) = (in_a_line(&case.name), in_a_line(&case.summary));
    let fits = name.chars().count() + 2 + summary.chars().count() <= WIDTH;
    let gap = if fits { "  ".to_owned() } else { "\n    ".to_owned() };
    format!("{BOLD}{name}{BOLD:#}{gap}{}\n", column(4, &summary).trim_end())
}

/// The block of one finding without colours, for formats that quote it.
pub(super) fn finding_block(verdict: &Verdict, found: &Finding) -> String {
    anstream::adapter::strip_str(&finding::block(verdict, found, &mut Vec::new())).to_string()
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
        let planted = column(AFTER_CANARY, &canary.planted);
        let _ = writeln!(text, "  {style}{word:<20}{style:#}  {:<16}  {planted}", canary.audit);
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
        Some(day) => dim(&format!("canaries: the audits were last proved able to fail on {day}")),
        None => dim(
            "canaries: not tried for all of these; `driftless run --canary` plants faults that the audits must see",
        ),
    }
}

/// A line at the end, for whoever reads on.
fn dim(line: &str) -> String {
    let mut text = String::new();
    paragraph(&mut text, 0, line);
    text
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
    let headline = column(AFTER_AUDIT, &verdict.headline);
    format!("  {style}{:<12}{style:#}  {:<16}  {headline}\n", verdict.status.word(), verdict.audit)
}

/// What stands below the table: the findings of one verdict.
fn details<'a>(verdict: &'a Verdict, told: &mut Vec<Told<'a>>) -> String {
    let mut text = String::new();
    for finding in verdict.findings.iter().take(FINDINGS_SHOWN) {
        text.push('\n');
        text.push_str(&finding::block(verdict, finding, told));
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
                for line in spelled(difference).lines() {
                    let _ = writeln!(text, "    {line}");
                }
                let name = in_a_line(&case.name);
                let _ = writeln!(text, "    if this is meant: driftless run --record, then");
                let _ = writeln!(text, "    driftless accept {name}");
            }
        }
    }
    for (audits, what) in [
        (recorded, "recorded, not compared; keep them with `driftless accept`"),
        (unknown, "not compared, none for machines like this yet; `--record` writes them"),
    ] {
        if !audits.is_empty() {
            paragraph(&mut text, 2, &format!("snapshots  {what}: {}", audits.join(", ")));
        }
    }
    text
}

/// `3 held, 1 drifted`.
pub(super) fn counts(report: &Report) -> String {
    let verdicts = || report.cases.iter().flat_map(|case| &case.verdicts);
    let statuses = [Status::Held, Status::Drifted, Status::Blind, Status::Inconclusive, Status::Skipped];
    let counts: Vec<String> = statuses
        .iter()
        .map(|status| (status, verdicts().filter(|verdict| verdict.status == *status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{count} {}", status.word()))
        .collect();
    if counts.is_empty() { "nothing audited".to_owned() } else { counts.join(", ") }
}

/// `in 2 cases, 30 executions`.
pub(super) fn scale(report: &Report) -> String {
    let executions: usize =
        report.cases.iter().flat_map(|case| &case.executions).map(|stage| stage.count).sum();
    format!("in {}, {}", plural(report.cases.len(), "case"), plural(executions, "execution"))
}

fn totals(report: &Report) -> String {
    format!("{BOLD}{}{BOLD:#} {}\n", counts(report), scale(report))
}

fn measured(measured: &Measured) -> String {
    let stages = &measured.stages;
    let wall: u64 = stages.iter().map(|stage| stage.wall_us).sum();
    let peak = stages.iter().map(|stage| stage.peak_bytes).max().unwrap_or(0);
    let left: u32 = stages.iter().map(|stage| stage.left_running).sum();
    let seconds = std::time::Duration::from_micros(wall).as_secs_f64();
    // Kernels run in processes whose memory is not theirs alone: it is not measured.
    let memory = if peak == 0 { String::new() } else { format!(", peak memory {} MiB", peak >> 20) };
    let mut text = dim(&format!("measured: {seconds:.1} s in the user's programs{memory}"));
    if left > 0 {
        text.push_str(&dim(&format!("measured: {left} processes outlived their program and were ended")));
    }
    for AdapterUse { adapter, .. } in &measured.adapters {
        let driver = [&adapter.backend, &adapter.driver, &adapter.driver_info];
        let driver: Vec<&str> =
            driver.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        text.push_str(&dim(&format!("measured: adapter {}, {}", adapter.name, driver.join(", "))));
    }
    text
}
