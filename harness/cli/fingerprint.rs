//! `driftless fingerprint`.

use std::path::{Path, PathBuf};

use super::Failure;
use super::run::print;
use super::select::{Where, open_store, project};
use crate::attest::source;
use crate::case::Case;
use crate::report::{Exit, provenance};
use crate::run::Probe;
use crate::run::fingerprint::{self, Adapters, CaseFacts, Fingerprint, Gathering, Left, diff};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 printed, or no difference; 1 usage; 2 the two differ.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Say what two saved fingerprints, reports or attestations differ in, and what that does to results
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    diff: Vec<PathBuf>,
    /// Where environments are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// Prints the fingerprint of the cases here, or of the machine alone where there are none; or compares two.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    if let [left, right] = arguments.diff.as_slice() {
        let found = diff::diff(&source::read(left)?, &source::read(right)?);
        print(&if arguments.json { json(&found) } else { provenance::differences(&found) })?;
        return Ok(if found.is_empty() { Exit::Held } else { Exit::Drift });
    }
    let found = present(arguments)?;
    print(&if arguments.json { json(&found) } else { provenance::fingerprint(&found) })?;
    Ok(Exit::Held)
}

/// A value as indented JSON with a final newline.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// What is here now, without running anything of the user's: outputs are those that lie at their declared places.
fn present(arguments: &Arguments) -> Result<Fingerprint, Failure> {
    let cases = match arguments.at.cases() {
        // The machine is worth a look without any pipeline.
        Err(Failure::Case(error)) if error.is_about_nothing() => return Ok(of_machine()),
        cases => cases?,
    };
    let gathering = Gathering::begin(&project(&cases), Adapters::Survey);
    let store = open_store(&project(&cases), arguments.store.as_deref())?;
    let probe = Probe::new(&store);
    let mut facts = Vec::new();
    for case in &cases {
        let python = if case.kernel.is_some() { None } else { probe.standing(&case.environment)? };
        facts.push((CaseFacts { outputs: lying(case), ..fingerprint::of_case(case) }, python));
    }
    Ok(gathering.finish(facts, &[]))
}

/// Of the machine and the folder alone.
fn of_machine() -> Fingerprint {
    Gathering::begin(Path::new("."), Adapters::Survey).finish(Vec::new(), &[])
}

/// Declared outputs that lie in the pipeline's folder, from a run by hand.
fn lying(case: &Case) -> Vec<Left> {
    let all = case.stages.iter().flat_map(|stage| stage.outputs.iter().map(move |output| (stage, output)));
    all.filter_map(|(stage, (name, output))| {
        let sha256 = crate::artifact::Digest::of_path(&case.dir.join(&output.path)).ok()?;
        Some(Left {
            name: name.clone(),
            stage: stage.name.clone(),
            role: Some(output.role.word().to_owned()),
            path: output.path.display().to_string(),
            format: output.format.name().to_owned(),
            sha256,
        })
    })
    .collect()
}
