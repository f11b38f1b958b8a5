//! Fingerprints and what two of them differ in, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::text::wrapped;
use crate::run::fingerprint::diff::{Differing, Effect};
use crate::run::fingerprint::{CaseFacts, Fingerprint, Host, Python, Source};

const BOLD: Style = Style::new().bold();
/// Letters in a line, as far as words allow.
const WIDTH: usize = 100;
/// Where a value begins.
const LABEL: usize = 16;

/// A fingerprint, a fact in each line.
#[must_use]
pub fn fingerprint(fingerprint: &Fingerprint) -> String {
    let mut text = String::new();
    row(&mut text, "driftless", &fingerprint.driftless);
    if let Some(found) = &fingerprint.source {
        row(&mut text, "source", &source(found));
    }
    host(&mut text, &fingerprint.machine);
    for adapter in fingerprint.adapters.iter().flatten() {
        row(&mut text, "adapter", &format!("{} ({}, {})", adapter.model, adapter.backend, adapter.driver));
    }
    for (place, found) in fingerprint.pythons.iter().enumerate() {
        python(&mut text, place, found);
    }
    for (name, value) in &fingerprint.variables {
        row(&mut text, "variable", &format!("{name}={value}"));
    }
    for found in &fingerprint.cases {
        case(&mut text, found);
    }
    for (what, why) in &fingerprint.not_known {
        row(&mut text, "not known", &format!("{what}: {why}"));
    }
    row(&mut text, "when", &format!("{} to {}", fingerprint.when.started, fingerprint.when.ended));
    text
}

fn source(source: &Source) -> String {
    let commit = source.commit.as_deref().unwrap_or("no commit yet");
    let branch = source.branch.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let state = match source.dirty {
        None => "; whether files differ from it is not known".to_owned(),
        Some(false) => "; clean".to_owned(),
        Some(true) => {
            let more = source.changed_count.saturating_sub(source.changed.len() as u64);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("; dirty: {}{more}", source.changed.join(", "))
        }
    };
    format!("{commit}{branch}{state}")
}

fn host(text: &mut String, host: &Host) {
    for (label, value) in [("system", &host.distribution), ("kernel", &host.kernel), ("libc", &host.libc)] {
        if let Some(value) = value {
            row(text, label, value);
        }
    }
    if let Some(processor) = &host.processor {
        row(text, "processor", &format!("{} ({}), {}", processor.name, processor.model, host.architecture));
        row(text, "features", &processor.flags.join(" "));
    }
    let memory =
        host.memory_bytes.map(|bytes| format!(", {} MiB of memory", bytes >> 20)).unwrap_or_default();
    row(text, "processors", &format!("{} usable{memory}", host.processors));
    for gpu in &host.gpus {
        row(text, "gpu", &gpu.model);
    }
    if let Some(driver) = &host.nvidia_driver {
        row(text, "nvidia driver", driver);
    }
}

fn python(text: &mut String, place: usize, python: &Python) {
    let implementation = python.implementation.as_deref().unwrap_or("python");
    row(
        text,
        &format!("python {place}"),
        &format!("{implementation} {} ({})", python.version, python.executable),
    );
    let libraries: Vec<String> =
        python.libraries.iter().map(|(name, version)| format!("{name} {version}")).collect();
    if !libraries.is_empty() {
        row(text, "libraries", &libraries.join(", "));
    }
    if let Some(blas) = &python.blas {
        let parts = [Some(&blas.vendor), blas.version.as_ref(), blas.configuration.as_ref()];
        row(text, "blas", &parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", "));
    }
}

fn case(text: &mut String, case: &CaseFacts) {
    row(text, "case", &format!("{}, {}", case.name, case.file));
    row(text, "  config", &case.config.to_string());
    if let Some(program) = &case.program {
        row(text, "  program", &program.to_string());
    }
    if let Some(lock) = &case.lock {
        row(text, "  lock", &lock.to_string());
    }
    for (name, digest) in &case.data {
        row(text, "  data", &format!("{digest} {name}"));
    }
    for left in &case.outputs {
        row(text, "  output", &format!("{} {} ({})", left.sha256, left.name, left.path));
    }
    if let Some(threads) = &case.threads {
        row(text, "  threads", threads);
    }
    for (what, why) in &case.not_known {
        row(text, "  not known", &format!("{what}: {why}"));
    }
}

/// The differences of two fingerprints, by what they do to results.
#[must_use]
pub fn differences(differences: &[Differing]) -> String {
    if differences.is_empty() {
        return "the fingerprints are the same, begin and end apart\n".to_owned();
    }
    let mut text = String::new();
    let mut last = None;
    for one in differences {
        if last != Some(one.effect) {
            let style = Style::new().bold().fg_color(Some(colour(one.effect).into()));
            let _ = writeln!(text, "{style}{}{style:#}", one.effect.heading());
            last = Some(one.effect);
        }
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let _ = writeln!(text, "  {BOLD}{}{BOLD:#}", one.fact);
        indented(&mut text, "    ", &format!("{} against {}", side(&one.left), side(&one.right)));
        indented(&mut text, "    ", &one.reason);
        if !one.source.is_empty() {
            let _ = writeln!(text, "    [{}]", one.source);
        }
    }
    text
}

fn colour(effect: Effect) -> AnsiColor {
    match effect {
        Effect::Bits => AnsiColor::Red,
        Effect::May | Effect::OneSided => AnsiColor::Yellow,
        Effect::Result => AnsiColor::Cyan,
        Effect::NotKnown => AnsiColor::Green,
    }
}

fn indented(text: &mut String, indent: &str, value: &str) {
    for line in wrapped(value, WIDTH - indent.len()) {
        let _ = writeln!(text, "{indent}{line}");
    }
}

fn row(text: &mut String, label: &str, value: &str) {
    for (index, line) in wrapped(value, WIDTH - LABEL).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(text, "{label:<LABEL$}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_stand_below_what_they_do_with_both_values_the_reason_and_its_source() {
        let one = Differing {
            fact: "machine.libc".to_owned(),
            left: Some("glibc 2.36".to_owned()),
            right: None,
            effect: Effect::Bits,
            reason: "functions of libm round otherwise".to_owned(),
            source: "the manual".to_owned(),
        };
        let shown = anstream::adapter::strip_str(&differences(&[one])).to_string();
        assert_eq!(
            shown,
            "known to change bits\n  machine.libc\n    glibc 2.36 against nothing\n    functions of libm round otherwise\n    [the manual]\n"
        );
        assert!(differences(&[]).contains("the same"));
    }

    #[test]
    fn a_dirty_tree_lists_its_files_and_how_many_more() {
        let found = Source {
            commit: Some("abc".to_owned()),
            branch: Some("main".to_owned()),
            dirty: Some(true),
            changed: vec!["a.py".to_owned(), "b.py".to_owned()],
            changed_count: 5,
        };
        assert_eq!(source(&found), "abc on main; dirty: a.py, b.py and 3 more");
    }
}
