//! `driftless pending`, `driftless accept`, `driftless reject`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::keep::{self, Pending};
use crate::report::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct PendingArguments {
    /// The project, or any path in it
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Show what differs
    #[arg(long)]
    diff: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only snapshots whose path contains this; all without it
    #[arg(value_name = "TEXT")]
    only: Option<String>,
    /// The project, or any path in it
    #[arg(long, default_value = ".", value_name = "PATH")]
    at: PathBuf,
}

/// Lists what waits; exit code 5 if anything does.
pub(super) fn pending(arguments: &PendingArguments) -> Result<Exit, Failure> {
    let project = crate::case::project_of(&arguments.path)?;
    let waiting = keep::pending(&project)?;
    let mut out = std::io::stdout().lock();
    for one in &waiting {
        writeln!(out, "{}", shown(&project, one))?;
        if arguments.diff {
            let accepted = one.accepted.as_deref().unwrap_or_default();
            writeln!(out, "{}", keep::difference(accepted, &one.fresh))?;
        }
    }
    Ok(if waiting.is_empty() { Exit::Held } else { Exit::Snapshot })
}

/// Makes pending snapshots the accepted ones.
pub(super) fn accept(arguments: &Arguments) -> Result<Exit, Failure> {
    settle(arguments, "accepted", keep::accept)
}

/// Removes pending snapshots.
pub(super) fn reject(arguments: &Arguments) -> Result<Exit, Failure> {
    settle(arguments, "rejected", keep::reject)
}

type Settle = fn(&Path, &dyn Fn(&Pending) -> bool) -> Result<Vec<Pending>, keep::Error>;

fn settle(arguments: &Arguments, word: &str, settle: Settle) -> Result<Exit, Failure> {
    let project = crate::case::project_of(&arguments.at)?;
    let wanted = |pending: &Pending| {
        arguments.only.as_ref().is_none_or(|text| shown(&project, pending).contains(text.as_str()))
    };
    let settled = settle(&project, &wanted)?;
    if settled.is_empty() {
        return Err(Failure::Usage {
            message: "no pending snapshot matches".to_owned(),
            hint: "`driftless pending` lists them; `driftless run --record` writes new ones".to_owned(),
        });
    }
    let mut out = std::io::stdout().lock();
    for one in &settled {
        writeln!(out, "{word} {}", shown(&project, one))?;
    }
    Ok(Exit::Held)
}

fn shown(project: &Path, pending: &Pending) -> String {
    pending.path.strip_prefix(project).unwrap_or(&pending.path).display().to_string()
}
