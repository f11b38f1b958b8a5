//! `driftless fuzz`.

use std::hash::{BuildHasher as _, Hasher as _};
use std::str::FromStr;

use super::progress::Line;
use super::run::{chosen_audits, print};
use super::select::Where;
use super::{Failure, listen};
use crate::flow::Progress as _;
use crate::fuzz::{self, INPUTS, Lengths, Options, SEED};
use crate::plan::Selection;
use crate::report::Exit;
use crate::report::fuzzed::{self, Entry};

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
    /// Which lengths to try
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Tried::Any)]
    lengths: Tried,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Tried {
    /// All up to the declared ones
    Any,
    /// Those that fill every workgroup, for kernels that may count on it
    Whole,
    /// None but the declared ones: vary values only
    Declared,
}

impl From<Tried> for Lengths {
    fn from(tried: Tried) -> Self {
        match tried {
            Tried::Any => Lengths::Any,
            Tried::Whole => Lengths::Whole,
            Tried::Declared => Lengths::Declared,
        }
    }
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

/// Looks for failing inputs and stores them.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let cases = arguments.at.cases()?;
    let options = Options {
        inputs: arguments.cases,
        seed: arguments.seed.0,
        lengths: arguments.lengths.into(),
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
        all.push(Entry::new(case, fuzzed, kept));
    }
    line.clear();
    let text = match arguments.format {
        Format::Text => fuzzed::text(&options, &all),
        Format::Json => fuzzed::json(&options, &all),
    };
    match print(&text) {
        // A reader that has seen enough (`| head`) changes nothing about what was found.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if all.iter().any(Entry::fails) { Exit::Drift } else { Exit::Held })
}
