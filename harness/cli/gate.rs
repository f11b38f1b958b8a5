//! `driftless gate`.

use std::path::{Path, PathBuf};

use super::Failure;
use super::run::print;
use crate::project;
use crate::report::Exit;
use crate::report::gated::{self, Gated};
use crate::rule::Looked;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
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
    let looked = look(&arguments.path)?;
    let gated = Gated::new(looked, arguments.strict);
    let text = match arguments.format {
        Format::Text => gated::text(&gated),
        Format::Json => gated::json(&gated),
    };
    print(&text)?;
    Ok(gated.exit())
}

fn look(path: &Path) -> Result<Looked, Failure> {
    if path.is_dir() {
        return Ok(project::look(path));
    }
    Err(Failure::Usage {
        message: format!("`{}` is no folder", path.display()),
        hint: "give the folder of a project".to_owned(),
    })
}
