//! `driftless whence`.

use std::path::PathBuf;

use super::Failure;
use super::fingerprint::json;
use super::run::print;
use super::select::{read, store_root};
use crate::artifact::Digest;
use crate::attest::{text, whence};
use crate::report::Exit;
use crate::run::fingerprint::config_of;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 a run is known that left these bytes; 1 usage; 2 none is known.")]
pub(super) struct Arguments {
    /// Any file or folder that a pipeline left
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The project whose sessions, snapshots and attestations are searched
    #[arg(long, default_value = ".", value_name = "PATH")]
    project: PathBuf,
    /// Propose a name for it that leads back, `NAME_<config8>_w<weights8>.EXT`; nothing is renamed
    #[arg(long)]
    name: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "name")]
    json: bool,
    /// Where sessions are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// Searches, and says what is known.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let project = crate::case::project_of(&arguments.project)?;
    let store = store_root(&project, arguments.store.as_deref());
    let found = whence::search(&arguments.file, &store, &project, &present(arguments))
        .map_err(crate::attest::Error::from)?;
    if arguments.name {
        return proposed(arguments, &found);
    }
    print(&if arguments.json { json(&found) } else { text::whence(&found) })?;
    Ok(if found.traces.is_empty() { Exit::Drift } else { Exit::Held })
}

/// The case files that lie in the project now. A project without any, or with mistakes in them, can be searched as well.
fn present(arguments: &Arguments) -> Vec<(String, Digest)> {
    let cases = crate::case::find(&arguments.project).and_then(|found| read(&found)).unwrap_or_default();
    cases.iter().filter_map(|case| Some((case.name.clone(), config_of(case)?))).collect()
}

fn proposed(arguments: &Arguments, found: &whence::Whence) -> Result<Exit, Failure> {
    let facts = found.traces.iter().find_map(|trace| trace.facts.as_ref());
    let Some(facts) = facts else {
        return Err(Failure::Usage {
            message: format!("no run with a fingerprint is known that left `{}`", arguments.file.display()),
            hint: "run `driftless run` first: names lead back to runs that are known".to_owned(),
        });
    };
    let name = arguments.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    print(&format!("{}\n", whence::named(&name, facts)))?;
    Ok(Exit::Held)
}
