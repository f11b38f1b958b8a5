//! `driftless attest`.

use std::path::{Path, PathBuf};

use super::fingerprint::json;
use super::progress::Line;
use super::run::{Work, print};
use super::select::{Runs, Where, jobs, open_store, project};
use super::{Failure, listen};
use crate::attest::{self, Signed, source, text};
use crate::case::Case;
use crate::keep::Mode;
use crate::plan::Selection;
use crate::report::{Exit, Report, Require};
use crate::run::Runner;
use crate::run::store::write_whole;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 written, every audit that ran held; 1 usage; otherwise those of `driftless run`, and\n\
nothing is written unless `--even-if-failed` asks for it.\n\n\
`driftless verify FILE` checks it elsewhere; `driftless schema attestation` prints its schema.")]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Attest what this report of `driftless run --format json` says, if nothing has changed since, instead of running
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Wrap it into a DSSE envelope
    #[arg(long)]
    dsse: bool,
    /// Sign it with this Ed25519 key (PKCS#8 PEM), in a DSSE envelope
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// How far floating-point numbers may lie apart elsewhere, in units in the last place
    #[arg(long, value_name = "N")]
    within_ulps: Option<u64>,
    /// Write it although an audit did not hold; it says so
    #[arg(long)]
    even_if_failed: bool,
    #[command(flatten)]
    runs: Runs,
}

/// Audits and writes.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let cases = arguments.at.cases()?;
    check(arguments)?;
    let report = match &arguments.report {
        Some(file) => saved(file, &cases)?,
        None => audited(&cases, &arguments.runs)?.0,
    };
    let exit = report.exit(Require::default());
    let command = arguments.at.command("run", &project(&cases));
    let statement = attest::statement(&cases, &report, arguments.within_ulps, command);
    let Some(statement) = statement else {
        let message = "no run left an output, so there is nothing to attest".to_owned();
        tell(&message, "`driftless run` says what failed");
        return Ok(if exit == Exit::Held { Exit::Inconclusive } else { exit });
    };
    let held = statement.predicate.held;
    if !held && !arguments.even_if_failed {
        tell(
            &format!("not every audit held, so `{}` was not written", arguments.output.display()),
            "`driftless run` says what failed; `--even-if-failed` attests the failure",
        );
        return Ok(if exit == Exit::Held { Exit::Inconclusive } else { exit });
    }
    let (bytes, signed) = serialized(&statement, arguments)?;
    write_whole(&std::path::absolute(&arguments.output)?, &bytes)
        .map_err(|error| unwritable(&error.to_string()))?;
    let file = arguments.output.display().to_string();
    print(&text::written(&file, statement.subject.len(), held, signed))?;
    Ok(if held || exit != Exit::Held { exit } else { Exit::Inconclusive })
}

/// What would only be found out after hours of runs.
fn check(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(key) = &arguments.sign {
        attest::sign(b"", key)?;
    }
    let output = &arguments.output;
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    if output.is_dir() {
        return Err(unwritable(&format!("`{}` is a folder", output.display())));
    }
    match parent {
        Some(parent) if !parent.is_dir() => {
            Err(unwritable(&format!("there is no folder `{}`", parent.display())))
        }
        _ => Ok(()),
    }
}

fn unwritable(message: &str) -> Failure {
    Failure::Usage {
        message: message.to_owned(),
        hint: "name a file that can be written with `-o FILE`".to_owned(),
    }
}

fn tell(message: &str, hint: &str) {
    use std::io::Write as _;
    drop(writeln!(anstream::stderr(), "error: {message}\nhint: {hint}"));
}

fn saved(file: &Path, cases: &[Case]) -> Result<Report, Failure> {
    let mut report = source::report(file)?;
    report.cases.retain(|said| cases.iter().any(|case| case.name == said.name));
    if let Some(found) = &mut report.measured.fingerprint {
        found.cases.retain(|facts| cases.iter().any(|case| case.name == facts.name));
    }
    if report.cases.len() != cases.len() {
        return Err(Failure::Usage {
            message: format!("the report `{}` does not speak of every case here", file.display()),
            hint: "run `driftless run --format json` again, or name the case".to_owned(),
        });
    }
    if let Some(what) = attest::unfit(cases, &report) {
        return Err(Failure::Usage {
            message: format!("the report `{}` {what}", file.display()),
            hint: "run `driftless run --format json` again, or leave out `--report`".to_owned(),
        });
    }
    Ok(report)
}

/// Audits these cases with all audits. What they left can be read for as long as the runner lives.
pub(super) fn audited(cases: &[Case], runs: &Runs) -> Result<(Report, Runner), Failure> {
    listen();
    let store = open_store(&project(cases), runs.store.as_deref())?;
    let jobs = jobs(runs.jobs);
    let runner = Runner::new(store, jobs)?;
    let line = Line::new(runs.quiet, cases.len());
    let selection = Selection::default();
    let report = Work::new(&runner, &selection, Mode::Compare, false, &line).report(cases, jobs)?;
    line.clear();
    Ok((report, runner))
}

fn serialized(statement: &attest::Statement, arguments: &Arguments) -> Result<(Vec<u8>, Signed), Failure> {
    let bytes = json(statement).into_bytes();
    Ok(match &arguments.sign {
        Some(key) => (json(&attest::sign(&bytes, key)?).into_bytes(), Signed::Verified),
        None if arguments.dsse => (json(&attest::envelope(&bytes)).into_bytes(), Signed::Unsigned),
        None => (bytes, Signed::Unsigned),
    })
}
