//! `driftless report`.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;

use super::Failure;
use super::run::print;
use super::select::store_root;
use crate::report::format::{Context, FORMATS, Format};
use crate::report::{Exit, Measured, Report, files, session};
use crate::run::store::session_folders;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  driftless report                              the latest session, as text
  driftless report --format html -o reports     reports/report.html
  driftless report --format all -o reports      every format
  driftless report --accept                     later reports say what changed since this session
  driftless report --from report.json --format markdown
  driftless report --format card --merge README.md

`driftless run`, `driftless gate` and `cargo test` leave sessions. Nothing is run here: two reports of one
session have the same bytes.
Exit codes: 0 written, whatever the verdicts are; 1 usage.")]
pub(super) struct Arguments {
    /// The project, or any folder in it
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// In which format (may be given several times), or `all`
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats())]
    format: Vec<String>,
    /// Write files into this folder instead of standard output
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// A session by its name, instead of the latest that kept a report
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    session: Option<String>,
    /// A report that `--format json` wrote, instead of a session here
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Compare with this JSON report [default: driftless.accepted.json in the project, where there is one]
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Keep this session in driftless.accepted.json, for later ones to be compared with
    #[arg(long, conflicts_with = "against")]
    accept: bool,
    /// Put the card into this README, between its marks, and touch nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "accept"])]
    merge: Option<PathBuf>,
    /// Leave out what differs between sessions and machines: times, memory, fingerprint
    #[arg(long)]
    without_measured: bool,
    /// Where sessions are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

/// Every format stands in the registry: clap is told by it.
fn formats() -> PossibleValuesParser {
    let value = |format: &Format| clap::builder::PossibleValue::new(format.name).help(format.summary);
    let all = clap::builder::PossibleValue::new(ALL).help("every one of these; needs `-o`");
    PossibleValuesParser::new(FORMATS.iter().map(value).chain([all]))
}

const ALL: &str = "all";

/// Writes the report.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let project = crate::case::project_of(&arguments.path)?;
    let mut report = found(arguments, &project)?;
    if arguments.accept {
        told(&format!("accepted: {} (commit it)", session::accept(&report, &project)?.display()))?;
    }
    if arguments.without_measured {
        report.measured = Measured::default();
    }
    if let Some(readme) = &arguments.merge {
        return super::merge::main(readme, &report, &arguments.format);
    }
    let accepted = accepted(arguments, &project)?;
    let context = Context { accepted: accepted.as_ref() };
    match &arguments.output {
        Some(folder) => {
            for path in files::write(&chosen(arguments), &report, context, folder)? {
                told(&format!("written: {}", path.display()))?;
            }
        }
        None => match chosen(arguments)[..] {
            // Who accepts and asks for nothing else has been told.
            [_] if arguments.accept => {}
            [format] => print(&(format.render)(&report, context))?,
            _ => {
                return Err(Failure::Usage {
                    message: "several formats do not fit standard output".to_owned(),
                    hint: "add `-o DIR`: each is written to a file of its own there".to_owned(),
                });
            }
        },
    }
    Ok(Exit::Held)
}

/// The formats that are asked for, each once.
fn chosen(arguments: &Arguments) -> Vec<&'static Format> {
    if arguments.format.iter().any(|name| name == ALL) {
        return FORMATS.iter().collect();
    }
    FORMATS.iter().filter(|format| arguments.format.iter().any(|name| name == format.name)).collect()
}

/// The report of the session that is meant.
fn found(arguments: &Arguments, project: &Path) -> Result<Report, Failure> {
    if let Some(path) = &arguments.from {
        return Ok(session::read_report(path)?);
    }
    let root = store_root(project, arguments.store.as_deref());
    let sessions = session_folders(&root);
    if let Some(name) = &arguments.session {
        let Some((_, folder)) = sessions.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = sessions.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Failure::Usage {
                message: format!("there is no session `{name}` in `{}`", root.display()),
                hint: format!("there are: {}", names.join(", ")),
            });
        };
        return session::load(folder)?.ok_or_else(|| nothing(folder));
    }
    for (_, folder) in &sessions {
        if let Some(report) = session::load(folder)? {
            return Ok(report);
        }
    }
    Err(nothing(&root))
}

fn nothing(place: &Path) -> Failure {
    Failure::Usage {
        message: format!("no report was kept in `{}`", place.display()),
        hint: "run `driftless run` first: it leaves a session that can be reported on".to_owned(),
    }
}

fn accepted(arguments: &Arguments, project: &Path) -> Result<Option<Report>, Failure> {
    Ok(match &arguments.against {
        Some(path) => Some(session::read_report(path)?),
        None => session::accepted(project)?,
    })
}

pub(super) fn told(line: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    Ok(writeln!(anstream::stderr(), "{line}")?)
}
