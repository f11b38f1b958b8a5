//! `driftless gate`.

use std::path::PathBuf;

use super::Failure;
use super::run::print;
use super::wish::Wishes;
use crate::project;
use crate::report::Exit;
use crate::report::gated::{self, Gated};
use crate::rule::Looked;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  driftless gate sub.csv --sample sample_submission.csv --test test.csv
  driftless gate sub.csv --sample sample_submission.csv --range 0..1 --sum-to-one --decimals 6
  driftless gate sub.csv --sample sample_submission.csv --fix mended.csv
  driftless gate .                    a project: lock files, container file, repository

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
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
    if path.is_dir() {
        if !arguments.wishes.is_empty() {
            return Err(Failure::Usage {
                message: format!(
                    "`{}` is a folder, and the options are about a submission file",
                    path.display()
                ),
                hint: "give the file: `driftless gate FILE --sample SAMPLE`".to_owned(),
            });
        }
        return Ok(project::look(path));
    }
    if path.extension().is_some_and(|ending| ending == "toml") {
        return Err(Failure::Usage {
            message: format!("`{}` is no submission file", path.display()),
            hint: "give the submission file or the folder of a project".to_owned(),
        });
    }
    arguments.wishes.look(path)
}
