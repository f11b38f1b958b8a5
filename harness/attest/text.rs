//! What a check and a search say, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::Signed;
use super::check::{Checked, Output, State};
use super::whence::{Trace, Whence};
use crate::report::Exit;
use crate::report::provenance;

const BOLD: Style = Style::new().bold();

/// The answer of a check.
#[must_use]
pub fn checked(checked: &Checked) -> String {
    let mut text = format!("signature: {}\n", checked.signed.sentence());
    if !checked.attested_held {
        text.push_str("attested: not every audit held when this was written\n");
    }
    for line in &checked.tolerated {
        let _ = writeln!(text, "tolerated: {line}");
    }
    for output in &checked.outputs {
        text.push_str(&one(output));
    }
    for audit in &checked.audits {
        let word = |said: &Option<String>| said.clone().unwrap_or_else(|| "not run".to_owned());
        let _ = writeln!(
            text,
            "audit {BOLD}{}{BOLD:#} of {}: attested {}, here {}",
            audit.audit,
            audit.case,
            word(&audit.attested),
            word(&audit.here)
        );
    }
    text.push('\n');
    text.push_str(&provenance::differences(&checked.differences));
    let _ = writeln!(text, "\nshown: {}", checked.shown);
    let (colour, answer) = answer(checked);
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let _ = writeln!(text, "{style}{answer}{style:#}");
    text
}

fn one(output: &Output) -> String {
    let word = match output.state {
        State::Same => "same bits",
        State::Within => "within the bound",
        State::Drift => "drift",
        State::Missing => "missing",
    };
    let mut text = format!("{BOLD}{}{BOLD:#}: {word}\n", output.name);
    if output.state == State::Same {
        return text;
    }
    let here = output.here.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
    let _ = writeln!(text, "  attested {}\n  here     {here}", output.attested);
    if let Some(difference) = &output.difference {
        let _ = writeln!(text, "  {}", difference.sentence());
    }
    if let Some(note) = &output.note {
        let _ = writeln!(text, "  {note}");
    }
    text
}

fn answer(checked: &Checked) -> (AnsiColor, &'static str) {
    match (checked.exit(), checked.state) {
        (Exit::Inconclusive, State::Same | State::Within) if !checked.attested_held => {
            (AnsiColor::Yellow, "the outputs agree; what was attested is a failure")
        }
        (Exit::Held, State::Same) => (AnsiColor::Green, "same bits"),
        (Exit::Held, _) => (AnsiColor::Green, "same within the declared bound"),
        (Exit::Drift, State::Drift) => (AnsiColor::Red, "drift: the outputs are not the attested ones"),
        (Exit::Drift, _) => (AnsiColor::Red, "drift: the outputs agree, but an audit does not hold here"),
        _ => (AnsiColor::Yellow, "inconclusive: a run failed here"),
    }
}

/// What is known of a file.
#[must_use]
pub fn whence(found: &Whence) -> String {
    let mut text = format!("{}: sha256 {}\n", found.file, found.sha256);
    for trace in &found.traces {
        text.push_str(&trace_text(trace));
    }
    for line in &found.name {
        let _ = writeln!(text, "name: {line}");
    }
    if found.traces.is_empty() {
        text.push_str("no run is known that left these bytes; searched:\n");
        for line in &found.searched {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn trace_text(trace: &Trace) -> String {
    let mut text = format!("\n{BOLD}{}{BOLD:#} of case {}", trace.artifact, trace.case);
    if let Some(stage) = &trace.stage {
        let _ = write!(text, ", stage {stage}");
    }
    let _ = writeln!(text, "\n  known from  {}", trace.known_from);
    for (label, value) in [
        ("run", &trace.run),
        ("when", &trace.when),
        ("source", &trace.source),
        ("signature", &trace.signature),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {label:<11} {value}");
        }
    }
    if let Some(facts) = &trace.facts {
        let _ = writeln!(text, "  {:<11} {}", "config", facts.config);
        if let Some(weights) = facts.weights() {
            let _ = writeln!(text, "  {:<11} {weights}", "weights");
        }
        for (name, digest) in &facts.data {
            let _ = writeln!(text, "  {:<11} {digest} {name}", "data");
        }
    }
    text
}

/// What to say after an attestation was written.
#[must_use]
pub fn written(file: &str, subjects: usize, held: bool, signed: Signed) -> String {
    let outputs = if subjects == 1 { "1 output".to_owned() } else { format!("{subjects} outputs") };
    let (colour, state) = if held {
        (AnsiColor::Green, "every audit that ran held".to_owned())
    } else {
        (AnsiColor::Red, "NOT every audit held, and the attestation says so".to_owned())
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let signed = match signed {
        Signed::Verified | Signed::NotChecked => "signed",
        Signed::Unsigned => "unsigned: nothing shows who wrote it; `--sign KEY.pem` signs it",
    };
    format!("wrote {file}: {outputs}; {style}{state}{style:#}; {signed}\n")
}
