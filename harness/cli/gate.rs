//! `driftless gate`.

use std::path::PathBuf;

use super::Failure;
use super::gate_case::{self, How};
use super::run::print;
use super::wish::Wishes;
use crate::report::Exit;
use crate::report::gated::{self, Gated};
use crate::rule::Looked;
use crate::submission::change::change;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  driftless gate sub.csv --sample sample_submission.csv --test test.csv
  driftless gate sub.csv --sample sample_submission.csv --range 0..1 --sum-to-one --decimals 6
  driftless gate sub.csv --sample sample_submission.csv --fix mended.csv
  driftless gate .                    a project: its files, and its pipeline rebuilt
  driftless gate . --no-run           its files alone

What is not declared follows the sample; what the sample cannot tell is not checked.
Exit codes: 0 submit, 1 usage, 2 don't. `driftless explain RULE` has a page for each rule.")]
pub(super) struct Arguments {
    /// A submission file, or the folder of a project
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Run nothing: only look at files
    #[arg(long)]
    no_run: bool,
    /// Let warnings close the gate too
    #[arg(long)]
    strict: bool,
    /// Where sessions, logs and environments are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The last submission, to say what changed since
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    wishes: Wishes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Looks, and answers.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let looked = look(arguments)?;
    let gated = Gated::new(looked, arguments.strict);
    let text = match arguments.format {
        Format::Text => gated::text(&gated),
        Format::Json => gated::json(&gated),
    };
    print(&text)?;
    Ok(gated.exit())
}

fn look(arguments: &Arguments) -> Result<Looked, Failure> {
    let path = &arguments.path;
    if path.is_dir() || path.extension().is_some_and(|ending| ending == "toml") {
        if !arguments.wishes.is_empty() || arguments.previous.is_some() {
            return Err(Failure::Usage {
                message: format!(
                    "`{}` is a project, and the options are about a submission file",
                    path.display()
                ),
                hint: "give the file: `driftless gate FILE --sample SAMPLE`".to_owned(),
            });
        }
        let how = How { no_run: arguments.no_run, quiet: arguments.quiet, store: arguments.store.as_deref() };
        return gate_case::look(path, &how);
    }
    let mut looked = arguments.wishes.look(path)?;
    if let Some(previous) = &arguments.previous {
        looked.add(change(previous, path, arguments.wishes.id())?);
    }
    Ok(looked)
}
