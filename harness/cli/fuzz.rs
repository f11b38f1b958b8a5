//! `driftless fuzz`.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use super::progress::Line;
use super::run::{chosen_audits, print};
use super::select::Where;
use super::{Failure, listen};
use crate::case::Case;
use crate::flow::Progress as _;
use crate::fuzz::{self, Found, Fuzzed, INPUTS, Kept, Options, Outcome, SEED};
use crate::plan::Selection;
use crate::report::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What varies: the values of buffers whose `fill` is a rule (spread, uniform, normal, integers,\n\
adversarial), inside the range that it declares; and the lengths along `rows`, or of buffers over\n\
which a pass is dispatched (`dispatch = { over = …, per = … }`), up to the declared ones. What a\n\
kernel can only know from a parameter stays.\n\n\
What counts: races, divergent barriers, indices outside, reads of what nobody wrote, endless loops,\n\
and orders of turns that change bits, all on the reference machine: no driver is needed, and the\n\
same seed finds the same. An input that fails is made as small as it still fails, and stored beside\n\
the case as CASE.fuzz-12345678.driftless.toml, which `driftless run` takes like any other.\n\n\
Exit codes: 0 nothing found, 1 usage, 2 found, or a declared input fails already, 130 interrupted.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Inputs that are tried for each case
    #[arg(long, value_name = "N", default_value_t = INPUTS)]
    cases: u32,
    /// Where random numbers begin; the same seed finds the same. `random` draws one and says which
    #[arg(long, value_name = "SEED", default_value_t = Seed(SEED))]
    seed: Seed,
    /// Only what these audits object to (may be given several times)
    #[arg(long, value_name = "NAME")]
    audit: Vec<String>,
    /// Vary values only
    #[arg(long)]
    keep_shapes: bool,
    /// Try NaN and infinities as well
    #[arg(long)]
    non_finite: bool,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// A number, or the word that draws one.
#[derive(Clone, Copy, Debug)]
struct Seed(u64);

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "random" {
            return Ok(Self(std::hash::RandomState::new().build_hasher().finish()));
        }
        text.parse().map(Self).map_err(|_| "neither a whole number nor `random`".to_owned())
    }
}

impl std::fmt::Display for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// One case in the JSON.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    fuzzed: &'a Fuzzed,
    /// Where the input was stored, relative to the project.
    stored: Option<String>,
}

/// Looks for failing inputs and stores them.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let cases = arguments.at.cases()?;
    let options = Options {
        inputs: arguments.cases,
        seed: arguments.seed.0,
        shapes: !arguments.keep_shapes,
        non_finite: arguments.non_finite,
        selection: Selection { audits: chosen_audits(&arguments.audit)?, ..Selection::default() },
    };
    listen();
    let line = Line::new(arguments.quiet, cases.len());
    let mut all = Vec::new();
    for case in &cases {
        let tell = |inputs: u32, simpler: u32| {
            let what = match simpler {
                0 => format!("input {inputs} of {}", options.inputs),
                _ => format!("simpler input {simpler}"),
            };
            line.started(&case.name, "fuzz", &what);
        };
        let fuzzed = fuzz::search(case, &options, &tell)?;
        let kept = fuzz::keep(case, &fuzzed)?;
        line.case_done();
        all.push((case, fuzzed, kept));
    }
    line.clear();
    let text = match arguments.format {
        Format::Text => all.iter().map(|(case, fuzzed, kept)| block(case, fuzzed, kept.as_ref())).collect(),
        Format::Json => json(&options, &all)?,
    };
    match print(&text) {
        // A reader that has seen enough (`| head`) changes nothing about what was found.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    tell_sum(&options, &all)?;
    let fails = |fuzzed: &Fuzzed| {
        matches!(fuzzed.outcome, Outcome::Found(_) | Outcome::Declared { expected: false, .. })
    };
    Ok(if all.iter().any(|(_, fuzzed, _)| fails(fuzzed)) { Exit::Drift } else { Exit::Held })
}

type Done<'a> = (&'a Case, Fuzzed, Option<Kept>);

fn json(options: &Options, all: &[Done<'_>]) -> Result<String, Failure> {
    let entry = |(case, fuzzed, kept): &'_ Done<'_>| {
        let stored = kept.as_ref().map(|kept| below(case, &kept.file));
        serde_json::to_value(Entry { fuzzed, stored })
    };
    let cases: Result<Vec<serde_json::Value>, _> = all.iter().map(entry).collect();
    let whole = cases.map(|cases| {
        serde_json::json!({ "format": 1, "seed": options.seed, "inputs": options.inputs, "cases": cases })
    });
    let text = whole.and_then(|whole| serde_json::to_string_pretty(&whole));
    text.map(|text| text + "\n").map_err(|error| Failure::Output(error.into()))
}

fn tell_sum(options: &Options, all: &[Done<'_>]) -> Result<(), Failure> {
    let count = |wanted: fn(&Outcome) -> bool| all.iter().filter(|(_, one, _)| wanted(&one.outcome)).count();
    let found = count(|outcome| matches!(outcome, Outcome::Found(_)));
    let held = count(|outcome| matches!(outcome, Outcome::Held));
    let rest = all.len() - found - held;
    let mut stderr = anstream::stderr().lock();
    writeln!(
        stderr,
        "{held} held, {found} found, {rest} not tried, of {} cases, up to {} inputs each (--seed {})",
        all.len(),
        options.inputs,
        options.seed
    )?;
    Ok(())
}

/// What is shown of one case.
fn block(case: &Case, fuzzed: &Fuzzed, kept: Option<&Kept>) -> String {
    let mut text = format!("{}  {}\n", case.name, case.summary);
    let mut row = |word: &str, rest: &str| {
        let _ = writeln!(text, "  {word:<12}  {rest}");
    };
    match &fuzzed.outcome {
        Outcome::PassedOver { why } => {
            row("passed over", why);
            return text;
        }
        Outcome::Declared { audit, what, expected } => {
            row("passed over", &format!("its declared input fails already ({audit}: {what})"));
            row(
                "",
                if *expected { "as its case expects" } else { "mend that first: `driftless run` says how" },
            );
            return text;
        }
        Outcome::Held => {
            let short = if fuzzed.cut_short { "; more would take too long" } else { "" };
            row("held", &format!("{} inputs, and none fails{short}", fuzzed.inputs));
        }
        Outcome::Found(found) => {
            row("found", &format!("{}: {} (input {})", found.audit, found.what, fuzzed.inputs));
            shown(found, &mut row);
        }
    }
    if let Some(kept) = kept {
        let file = below(case, &kept.file);
        row("stored", &format!("{file}{}", if kept.known { " (was there already)" } else { "" }));
        row("rerun", &format!("driftless run {file}"));
    }
    varied(fuzzed, &mut row);
    text
}

fn shown(found: &Found, row: &mut dyn FnMut(&str, &str)) {
    for place in &found.places {
        row("", place);
    }
    for (name, contents) in &found.buffers {
        let shape: Vec<String> = contents.shape.iter().map(u64::to_string).collect();
        let values = contents.shown(8).map(|values| format!(": {values}")).unwrap_or_default();
        row("", &format!("`{name}` [{}] {}{values}", shape.join(", "), contents.scalar));
    }
}

fn varied(fuzzed: &Fuzzed, row: &mut dyn FnMut(&str, &str)) {
    let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if !fuzzed.varied.is_empty() {
        row("values of", &list(&fuzzed.varied));
    }
    if !fuzzed.lengths.is_empty() {
        row("lengths of", &list(&fuzzed.lengths));
    }
    let kept: Vec<String> = fuzzed.kept.iter().map(|(name, why)| format!("`{name}` ({why})")).collect();
    if !kept.is_empty() {
        row("not varied", &kept.join(", "));
    }
    if let Some(why) = &fuzzed.lengths_kept {
        row("", &format!("lengths ({why})"));
    }
}

fn below(case: &Case, file: &Path) -> String {
    file.strip_prefix(&case.project).unwrap_or(file).display().to_string()
}
