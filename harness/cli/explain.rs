//! `driftless explain`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::Failure;
use crate::audit::{self, AUDITS, Audit};
use crate::plan;
use crate::report::Exit;
use crate::rule::{self, Rule};
use crate::vary::words::{self, WORDS, Word};
use crate::vary::{Carrier, FACTORS, Factor, Kind};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// An audit, a factor, a rule of the gate; without one, all are listed
    name: Option<String>,
}

/// Prints a page, or the list of pages.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let text = match &arguments.name {
        None => list(),
        Some(name) => page(name).ok_or_else(|| unknown(name))?,
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Held)
}

fn page(name: &str) -> Option<String> {
    audit::by_name(name)
        .map(audit_page)
        .or_else(|| plan::factor(name).map(factor_page))
        .or_else(|| words::by_name(name).map(word_page))
        .or_else(|| rule::by_name(name).map(rule_page))
}

fn audit_page(audit: &dyn Audit) -> String {
    format!("# {}\n\nFinds: {}.\n\n{}", audit.name(), audit.summary(), audit.manual())
}

fn factor_page(factor: &dyn Factor) -> String {
    let audit = match factor.kind() {
        Kind::Environment | Kind::Machine => "nuisance",
        Kind::Generator => "seed-coverage",
    };
    let carrier = match factor.carrier() {
        Carrier::Process => "the way the process is started: reaches every program",
        Carrier::Preload => "a preloaded library: reaches dynamically linked programs on Linux",
        Carrier::Shim => {
            "a module that Python loads at start: reaches Python programs, except with -I, -E or -S"
        }
    };
    let mut text = format!("# {}\n\nVaried: {}.\n\n{}\n\n", factor.name(), factor.summary(), factor.mend());
    let _ = writeln!(text, "Audit: {audit}. Carried by {carrier}.");
    if let Some(reason) = factor.unavailable() {
        let _ = writeln!(text, "On this machine it is not varied: {reason}.");
    }
    text
}

fn word_page(word: &Word) -> String {
    format!("# {}\n\nChanged or found: {}.\n\n{}\n", word.name, word.summary, word.mend)
}

fn rule_page(rule: &Rule) -> String {
    let (name, summary, severity) = (rule.name, rule.summary, rule.severity.word());
    format!("# {name}\n\nFinds: {summary} ({severity}).\n\n{}", rule.manual())
}

fn list() -> String {
    let audits = AUDITS.iter().map(|audit| (audit.name(), audit.summary()));
    let factors = FACTORS.iter().map(|factor| (factor.name(), factor.summary()));
    let rows = |pages: &mut dyn Iterator<Item = (&'static str, &'static str)>| -> String {
        let pages: Vec<_> = pages.collect();
        let width = pages.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        pages
            .iter()
            .fold(String::new(), |lines, (name, summary)| lines + &format!("  {name:<width$}  {summary}\n"))
    };
    let words = WORDS.iter().map(|word| (word.name, word.summary));
    format!(
        "Audits\n{}\nFactors\n{}\nChanges and faults that the other audits name\n{}\nRules of the gate\n{}",
        rows(&mut audits.into_iter()),
        rows(&mut factors.into_iter()),
        rows(&mut words.into_iter()),
        rows(&mut rule::all().map(|rule| (rule.name, rule.summary)))
    )
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = AUDITS
        .iter()
        .map(|audit| audit.name())
        .chain(FACTORS.iter().map(|factor| factor.name()))
        .chain(WORDS.iter().map(|word| word.name))
        .chain(rule::all().map(|rule| rule.name))
        .collect();
    let nearest = names
        .iter()
        .max_by(|left, right| strsim::jaro_winkler(left, name).total_cmp(&strsim::jaro_winkler(right, name)));
    Failure::Usage {
        message: format!("there is no page `{name}`"),
        hint: format!(
            "did you mean `{}`? `driftless explain` lists all",
            nearest.copied().unwrap_or_default()
        ),
    }
}
