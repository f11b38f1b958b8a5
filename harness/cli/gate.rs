//! `driftless gate`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::Failure;
use super::gate_case::{self, How};
use super::run::print;
use super::wish::Wishes;
use crate::report::Exit;
use crate::report::format::{Context, by_name};
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
  driftless gate . --format sarif     for machines: markdown, junit, sarif, github, json

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
    #[arg(long, value_name = "FORMAT", default_value = TEXT, value_parser = formats())]
    format: String,
    /// The last submission, to say what changed since
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    wishes: Wishes,
}

/// For people.
const TEXT: &str = "text";
/// For machines: the answer alone, in a layout of its own.
const JSON: &str = "json";
/// The formats of reports that say something about a gate alone.
const OF_REPORTS: [&str; 4] = ["markdown", "junit", "sarif", "github"];

fn formats() -> PossibleValuesParser {
    let own = [(TEXT, "for people"), (JSON, "for machines: the answer alone")];
    let others =
        OF_REPORTS.iter().filter_map(|name| by_name(name)).map(|format| (format.name, format.summary));
    let value = |(name, help)| clap::builder::PossibleValue::new(name).help(help);
    PossibleValuesParser::new(own.into_iter().chain(others).map(value))
}

/// Looks, and answers.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let (looked, session) = look(arguments)?;
    let gated = Gated::new(looked, arguments.strict);
    let exit = gated.exit();
    if let Some(session) = session {
        crate::report::session::keep_gate(&session, &gated)?;
    }
    let text = match (arguments.format.as_str(), by_name(&arguments.format)) {
        (JSON, _) => gated::json(&gated),
        (name, Some(format)) if name != TEXT => (format.render)(&gated.into_report(), Context::default()),
        _ => gated::text(&gated),
    };
    print(&text)?;
    Ok(exit)
}

/// What was found, and the session of the rebuild, where there was one.
fn look(arguments: &Arguments) -> Result<(Looked, Option<PathBuf>), Failure> {
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
    Ok((looked, None))
}
