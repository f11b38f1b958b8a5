//! The command line: one file per subcommand. Data goes to stdout, everything else to stderr.

mod accept;
mod attest;
mod canaries;
mod doctor;
mod explain;
mod fingerprint;
mod fuzz;
mod gate;
mod gate_case;
mod init;
mod list;
mod merge;
mod plan;
mod progress;
mod report;
mod run;
mod schema;
mod select;
mod verify;
mod whence;
mod wish;

pub(crate) use select::{jobs, known_names, open_store, read, today};

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::keep::canonical::Error as Canonical;
use crate::report::Exit;
use crate::report::session::Error as Report;
use crate::run::{adapter, interrupt, supervise};

/// Reproducibility audits for machine-learning pipelines and compute kernels.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 held, 1 usage, 2 drift or blind, 3 timeout, 4 a run failed (inconclusive),\n\
                  5 snapshot missing or pending (with --require), 70 a fault of driftless\n\
                  or of the machine under it, 130 interrupted.\n\n\
                  Start with `driftless init`, then `driftless run`."
)]
struct Command {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Audit: run the declared pipelines under changed conditions and compare the bits
    Run(run::Arguments),
    /// Write what a session found, in any format, without running anything
    Report(report::Arguments),
    /// Look for inputs on which kernels fail, make them small and store them as cases
    Fuzz(fuzz::Arguments),
    /// Submit or don't: check a submission file and a project, all problems at once
    Gate(gate::Arguments),
    /// List the cases below a path
    List(list::Arguments),
    /// Show what would be executed, and how often, without running anything
    Plan(plan::Arguments),
    /// Show the manual page of an audit or a factor
    Explain(explain::Arguments),
    /// Write a first `driftless.toml` from what lies in a directory
    Init(init::Arguments),
    /// Audit, and write down for others what was shown of the outputs
    Attest(attest::Arguments),
    /// Check an attestation here: audit again and compare the outputs
    Verify(verify::Arguments),
    /// Say which run made a file
    Whence(whence::Arguments),
    /// Print what results may depend on: sources, data, libraries, machine, variables
    Fingerprint(fingerprint::Arguments),
    /// Print the JSON schema of case files, for editors, or of attestations
    Schema(schema::Arguments),
    /// Show what this machine can run and vary
    Doctor(doctor::Arguments),
    /// List snapshots that wait to be accepted
    Pending(accept::PendingArguments),
    /// Accept pending snapshots
    Accept(accept::Arguments),
    /// Throw pending snapshots away
    Reject(accept::Arguments),
}

/// The program: what `main` calls.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(code) = act_as_supervisor() {
        return code;
    }
    std::panic::catch_unwind(dispatch).unwrap_or_else(|_| {
        use std::io::Write as _;
        drop(writeln!(anstream::stderr(), "error: this is a fault of driftless; the lines above say where"));
        code(Exit::Fault)
    })
}

fn dispatch() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            drop(error.print());
            let asked_for = !error.use_stderr();
            return code(if asked_for { Exit::Held } else { Exit::Usage });
        }
    };
    let result = match command.command {
        Subcommands::Run(arguments) => run::main(&arguments),
        Subcommands::Report(arguments) => report::main(&arguments),
        Subcommands::Fuzz(arguments) => fuzz::main(&arguments),
        Subcommands::Gate(arguments) => gate::main(&arguments),
        Subcommands::List(arguments) => list::main(&arguments),
        Subcommands::Plan(arguments) => plan::main(&arguments),
        Subcommands::Explain(arguments) => explain::main(&arguments),
        Subcommands::Init(arguments) => init::main(&arguments),
        Subcommands::Attest(arguments) => attest::main(&arguments),
        Subcommands::Verify(arguments) => verify::main(&arguments),
        Subcommands::Whence(arguments) => whence::main(&arguments),
        Subcommands::Fingerprint(arguments) => fingerprint::main(&arguments),
        Subcommands::Schema(arguments) => schema::main(&arguments),
        Subcommands::Doctor(arguments) => doctor::main(&arguments),
        Subcommands::Pending(arguments) => accept::pending(&arguments),
        Subcommands::Accept(arguments) => accept::accept(&arguments),
        Subcommands::Reject(arguments) => accept::reject(&arguments),
    };
    match result {
        Ok(exit) => code(exit),
        Err(failure) => code(failure.tell()),
    }
}

/// Where this process was started as the supervisor of a run, it acts as one. Programs that call the library and run
/// cases must let it.
#[must_use]
pub fn act_as_supervisor() -> Option<ExitCode> {
    adapter::serves();
    let mut arguments = std::env::args_os().skip(1);
    let hidden = arguments.next()?;
    if hidden == adapter::ARGUMENT {
        let served = adapter::serve(Path::new(&arguments.next()?));
        return Some(served.map_or(ExitCode::from(Exit::Fault as u8), |()| ExitCode::SUCCESS));
    }
    if hidden != supervise::ARGUMENT {
        return None;
    }
    let order = arguments.next()?;
    Some(match supervise::main(Path::new(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(Exit::Fault as u8),
    })
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// Why a subcommand could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A case file, or the search for one.
    #[error(transparent)]
    Case(#[from] crate::case::Error),
    /// Something around a run.
    #[error(transparent)]
    Run(#[from] crate::run::Error),
    /// An artifact that cannot be read back.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::Error),
    /// A canary that could not be tried.
    #[error(transparent)]
    Canary(#[from] crate::canary::Error),
    /// A snapshot.
    #[error(transparent)]
    Keep(#[from] crate::keep::Error),
    /// A verdict that cannot be compared with its snapshot.
    #[error(transparent)]
    Canonical(#[from] Canonical),
    /// A report in the store, or one from elsewhere.
    #[error(transparent)]
    Report(#[from] Report),
    /// An attestation.
    #[error(transparent)]
    Attest(#[from] crate::attest::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    /// The command line asks for something that is not there.
    #[error("{message}")]
    Usage {
        /// What.
        message: String,
        /// What to do.
        hint: String,
    },
}

impl Failure {
    fn hint(&self) -> Option<String> {
        match self {
            Failure::Case(_) | Failure::Output(_) => None,
            Failure::Run(error) | Failure::Canary(crate::canary::Error::Run(error)) => error.hint(),
            Failure::Canary(crate::canary::Error::Artifact(error)) => Some(error.hint().to_owned()),
            Failure::Canary(crate::canary::Error::Write(_)) => {
                Some("check that the store can be written, or choose another with `--store DIR`".to_owned())
            }
            Failure::Artifact(error) | Failure::Canonical(Canonical::Artifact(error)) => {
                Some(error.hint().to_owned())
            }
            Failure::Keep(error) | Failure::Canonical(Canonical::Keep(error)) => {
                Some(error.hint().to_owned())
            }
            Failure::Attest(error) => Some(error.hint()),
            Failure::Report(error) => error.hint(),
            Failure::Usage { hint, .. } => Some(hint.clone()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Failure::Case(_)
            | Failure::Attest(_)
            | Failure::Report(Report::Read { .. } | Report::Unfit { .. } | Report::Foreign { .. })
            | Failure::Usage { .. } => Exit::Usage,
            Failure::Run(crate::run::Error::Interrupted)
            | Failure::Canary(crate::canary::Error::Run(crate::run::Error::Interrupted)) => Exit::Interrupted,
            Failure::Run(crate::run::Error::Environment { .. } | crate::run::Error::NoPython { .. }) => {
                Exit::Inconclusive
            }
            // A reader that closed the pipe (`driftless list | head`) has what it wanted.
            Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Held,
            Failure::Run(_)
            | Failure::Report(_)
            | Failure::Artifact(_)
            | Failure::Keep(_)
            | Failure::Canary(_)
            | Failure::Canonical(_)
            | Failure::Output(_) => Exit::Fault,
        }
    }

    /// Tells the user on stderr and returns the exit code.
    fn tell(&self) -> Exit {
        use std::io::Write as _;
        let exit = self.exit();
        let mut stderr = anstream::stderr().lock();
        let text = match self {
            Failure::Case(error) => error.render(true),
            Failure::Output(_) if exit == Exit::Held => return exit,
            other => format!("error: {other}"),
        };
        let hint = self.hint().map(|hint| format!("\nhint: {hint}\n")).unwrap_or_default();
        drop(writeln!(stderr, "{}{hint}", text.trim_end()));
        exit
    }
}

/// Starts listening for Ctrl-C; a system that refuses leaves the default action, which also ends every run.
fn listen() {
    drop(interrupt::listen());
}
