//! What fuzzing came to, for people and for machines.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::Style;
use serde::Serialize;

use super::text::wrapped;
use crate::case::Case;
use crate::fuzz::{Found, Fuzzed, Kept, Options, Outcome};

const BOLD: Style = Style::new().bold();
/// Letters in a line, as far as words allow.
const WIDTH: usize = 80;
/// Where the text of a line begins, after its word.
const LABEL: usize = 16;
/// Numbers of a buffer that are shown.
const NUMBERS_SHOWN: usize = 8;

/// What to do about an index outside where lengths were varied.
const MEND_LENGTHS: &str = "guard the index with `arrayLength`; where every launch fills its workgroups, `--lengths whole` tries no others";

/// Version of the JSON layout.
pub const FORMAT: u32 = 1;

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// What came of it.
    #[serde(flatten)]
    pub fuzzed: Fuzzed,
    /// One line about it.
    pub summary: String,
    /// Where the failing input was stored, relative to the project.
    pub stored: Option<String>,
    /// Whether it stood there before.
    pub known: bool,
}

impl Entry {
    /// What came of a case, and where its input was stored.
    #[must_use]
    pub fn new(case: &Case, fuzzed: Fuzzed, kept: Option<Kept>) -> Self {
        let below =
            |path: &Path| path.strip_prefix(&case.project).unwrap_or(path).to_string_lossy().into_owned();
        let known = kept.as_ref().is_some_and(|kept| kept.known);
        let stored = kept.map(|kept| below(&kept.file));
        Self { fuzzed, summary: case.summary.clone(), stored, known }
    }

    /// Whether something must be mended.
    #[must_use]
    pub fn fails(&self) -> bool {
        matches!(self.fuzzed.outcome, Outcome::Found(_) | Outcome::Declared { expected: false, .. })
    }
}

/// All cases of one call.
#[derive(Serialize)]
struct Whole<'a> {
    format: u32,
    version: &'static str,
    seed: u64,
    inputs: u32,
    cases: &'a [Entry],
}

/// For machines.
#[must_use]
pub fn json(options: &Options, all: &[Entry]) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let whole = Whole { format: FORMAT, version, seed: options.seed, inputs: options.inputs, cases: all };
    serde_json::to_string_pretty(&whole).map_or_else(|error| error.to_string(), |text| text + "\n")
}

/// For people.
#[must_use]
pub fn text(options: &Options, all: &[Entry]) -> String {
    let mut text: String = all.iter().map(|entry| block(entry) + "\n").collect();
    let count = |wanted: fn(&Outcome) -> bool| all.iter().filter(|one| wanted(&one.fuzzed.outcome)).count();
    let found = count(|outcome| matches!(outcome, Outcome::Found(_)));
    let held = count(|outcome| matches!(outcome, Outcome::Held));
    let _ = writeln!(
        text,
        "{held} held, {found} found, {} passed over in {} {}; seed {}",
        all.len() - held - found,
        all.len(),
        if all.len() == 1 { "case" } else { "cases" },
        options.seed
    );
    text
}

fn row(text: &mut String, word: &str, rest: &str) {
    let mut word = word;
    for line in wrapped(rest, WIDTH - LABEL) {
        let _ = writeln!(text, "  {word:<12}  {line}");
        word = "";
    }
}

fn block(entry: &Entry) -> String {
    let fuzzed = &entry.fuzzed;
    let mut text = format!("{BOLD}{}{BOLD:#}  {}\n", fuzzed.case, entry.summary);
    match &fuzzed.outcome {
        Outcome::PassedOver { why } => {
            row(&mut text, "passed over", why);
            return text;
        }
        Outcome::Declared { audit, what, expected } => {
            row(&mut text, "passed over", &format!("its declared input fails already: {audit}, {what}"));
            let next = if *expected {
                "as its case expects"
            } else {
                "mend that first; `driftless run` says more about it"
            };
            row(&mut text, "", next);
            return text;
        }
        Outcome::Held => {
            let short = if fuzzed.cut_short { "; more would take too long" } else { "" };
            row(&mut text, "held", &format!("{} inputs tried, none fails{short}", fuzzed.inputs));
        }
        Outcome::Found(found) => {
            row(
                &mut text,
                "found",
                &format!("{}: {}, with input {}", found.audit, found.what, fuzzed.inputs),
            );
            smallest(&mut text, found);
        }
    }
    if let Some(file) = &entry.stored {
        row(&mut text, "stored", &format!("{file}{}", if entry.known { " (was there already)" } else { "" }));
        // In one line, so that it can be copied.
        let _ = writeln!(text, "  {:<12}  driftless run {file}", "rerun");
    }
    if let Outcome::Found(found) = &fuzzed.outcome
        && found.audit == "memory"
        && !fuzzed.lengths.is_empty()
    {
        row(&mut text, "mend", MEND_LENGTHS);
    }
    varied(&mut text, fuzzed);
    text
}

fn smallest(text: &mut String, found: &Found) {
    for place in &found.places {
        row(text, "", place);
    }
    let mut word = "smallest";
    for (name, contents) in &found.buffers {
        let shape: Vec<String> = contents.shape.iter().map(u64::to_string).collect();
        let values = contents.shown(NUMBERS_SHOWN).map(|values| format!(": {values}")).unwrap_or_default();
        row(text, word, &format!("`{name}`, {} [{}]{values}", contents.scalar, shape.join(", ")));
        word = "";
    }
}

fn varied(text: &mut String, fuzzed: &Fuzzed) {
    let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if !fuzzed.varied.is_empty() {
        row(text, "values of", &list(&fuzzed.varied));
    }
    if !fuzzed.lengths.is_empty() {
        row(text, "lengths of", &list(&fuzzed.lengths));
    }
    let kept = fuzzed.kept.iter().map(|(name, why)| format!("`{name}` ({why})"));
    let lengths = fuzzed.lengths_kept.iter().map(|why| format!("lengths ({why})"));
    let kept: Vec<String> = kept.chain(lengths).collect();
    if !kept.is_empty() {
        row(text, "not varied", &kept.join(", "));
    }
}
