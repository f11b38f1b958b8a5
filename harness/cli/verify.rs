//! `driftless verify`.

use std::path::PathBuf;

use super::Failure;
use super::attest::audited;
use super::fingerprint::json;
use super::run::print;
use super::select::{Runs, Where, project, store_root};
use crate::attest::check::{self, Places};
use crate::attest::{source, text};
use crate::report::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 the outputs are the attested ones, bit for bit or within the declared bound, and every\n\
audit holds here; 1 usage, or an attestation that cannot be trusted; 2 drift; 3 timeout; 4 a run failed.")]
pub(super) struct Arguments {
    /// The attestation
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    at: Where,
    /// The public Ed25519 key (PEM) that must have signed it
    #[arg(long, value_name = "KEY")]
    key: Option<PathBuf>,
    /// How far floating-point numbers may lie apart, in units in the last place [default: as attested]
    #[arg(long, value_name = "N")]
    within_ulps: Option<u64>,
    /// Where the attested outputs themselves lie, to compare values and not only digests
    #[arg(long, value_name = "DIR")]
    artifacts: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    runs: Runs,
}

/// Reads, audits again, and compares.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let (statement, signed) = source::attestation(&arguments.file, arguments.key.as_deref())?;
    if let Some(folder) = arguments.artifacts.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::Usage {
            message: format!("there is no folder `{}`", folder.display()),
            hint: "give the folder in which the attested outputs lie with `--artifacts DIR`".to_owned(),
        });
    }
    let here = arguments.at.cases()?;
    let cases = check::cases(&statement, here).map_err(|missing| Failure::Usage {
        message: format!("the attested case `{missing}` is not here"),
        hint: "name the folder of the attested project, as in `driftless verify FILE PATH`".to_owned(),
    })?;
    let store = store_root(&project(&cases), arguments.runs.store.as_deref());
    let (report, runner) = audited(&cases, &arguments.runs)?;
    let places = Places { store, artifacts: arguments.artifacts.clone() };
    let checked = check::check((&statement, signed), (&cases, &report), &places, arguments.within_ulps)?;
    drop(runner);
    print(&if arguments.json { json(&checked) } else { text::checked(&checked) })?;
    Ok(checked.exit())
}
