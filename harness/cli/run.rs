//! `driftless run`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::progress::Line;
use super::select::{Where, jobs, open_store, project};
use super::{Failure, canaries, listen};
use crate::audit;
use crate::canary;
use crate::case::Case;
use crate::keep::{self, Keeper, Mode};
use crate::plan::{self, Selection};
use crate::report::{CaseReport, Datasheet, Exit, Measured, Report, Require, json, left, session, text};
use crate::run::fingerprint::{self, Adapters, CaseFacts, Gathering};
use crate::run::{Error, Interpreter, Runner, interrupt};
use crate::{flow, judge};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Only these audits (may be given several times)
    #[arg(long, value_name = "NAME")]
    audit: Vec<String>,
    /// Vary only these factors (may be given several times)
    #[arg(long, value_name = "NAME")]
    factor: Vec<String>,
    /// Of kernels, only the schedule with this number, as a finding names it
    #[arg(long, value_name = "NUMBER")]
    schedule: Option<u64>,
    /// How many runs at a time [default: the number of processors]
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Fail where something is only skipped or not there yet (may be given several times)
    #[arg(long, value_enum, value_name = "WHAT")]
    require: Vec<Requirement>,
    /// Plant a fault for every audit, and fail where one does not see it
    #[arg(long)]
    canary: bool,
    /// Write snapshots of new and changed verdicts, to be accepted with `driftless accept`
    #[arg(long)]
    record: bool,
    /// Where sessions, logs and environments are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines; every finding, and what was measured in a part of its own
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Requirement {
    /// Every audit must run: a skipped one fails
    Audits,
    /// Every verdict must have an accepted snapshot
    Snapshots,
    /// Both
    All,
}

/// Runs and reports.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let cases = arguments.at.cases()?;
    let selection = selection(arguments)?;
    let project = project(&cases);
    listen();
    let store = open_store(&project, arguments.store.as_deref())?;
    let jobs = jobs(arguments.jobs);
    let runner = Runner::new(store, jobs)?;
    let mode = if arguments.record { Mode::Record } else { Mode::Compare };
    let line = Line::new(arguments.quiet, cases.len());
    let work = Work::new(&runner, &selection, mode, arguments.canary, &line);
    let report = work.report(&cases, jobs)?;
    line.clear();
    let require = require(&arguments.require);
    let text = match arguments.format {
        Format::Text => text::render(&report),
        Format::Json => json::render(&report),
    };
    match print(&text) {
        // A reader that has seen enough (`| head`) changes nothing about what was found.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(report.exit(require)),
    }
}

/// Writes a report on standard output.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn require(wanted: &[Requirement]) -> Require {
    let any = |names: [Requirement; 2]| wanted.iter().any(|one| names.contains(one));
    Require {
        audits: any([Requirement::Audits, Requirement::All]),
        snapshots: any([Requirement::Snapshots, Requirement::All]),
    }
}

fn unknown(what: &str, name: &str, names: &[&str]) -> Failure {
    Failure::Usage {
        message: format!("there is no {what} `{name}`"),
        hint: format!("there are: {}", names.join(", ")),
    }
}

/// The audits of these names.
pub(super) fn chosen_audits(names: &[String]) -> Result<BTreeSet<String>, Failure> {
    for name in names {
        if audit::by_name(name).is_none() {
            let known: Vec<&str> = audit::AUDITS.iter().map(|audit| audit.name()).collect();
            return Err(unknown("audit", name, &known));
        }
    }
    Ok(names.iter().cloned().collect())
}

fn selection(arguments: &Arguments) -> Result<Selection, Failure> {
    let mut audits = chosen_audits(&arguments.audit)?;
    for name in &arguments.factor {
        if plan::factor(name).is_none() {
            let known: Vec<&str> = crate::vary::FACTORS.iter().map(|factor| factor.name()).collect();
            return Err(unknown("factor", name, &known));
        }
    }
    if arguments.schedule.is_some() {
        if audits.iter().any(|audit| audit != "schedule") {
            return Err(Failure::Usage {
                message: "a schedule by its number belongs to the audit `schedule` alone".to_owned(),
                hint: "leave out `--audit`, or write `--audit schedule`".to_owned(),
            });
        }
        audits.insert("schedule".to_owned());
    }
    let factors = arguments.factor.iter().cloned().collect();
    Ok(Selection { audits, factors, schedule: arguments.schedule })
}

/// An audit of cases under way.
pub(super) struct Work<'a> {
    runner: &'a Runner,
    selection: &'a Selection,
    mode: Mode,
    canary: bool,
    line: &'a Line,
    facts: Mutex<Vec<(CaseFacts, Option<Interpreter>)>>,
}

impl<'a> Work<'a> {
    /// An audit that has not begun.
    pub(super) fn new(
        runner: &'a Runner,
        selection: &'a Selection,
        mode: Mode,
        canary: bool,
        line: &'a Line,
    ) -> Self {
        Self { runner, selection, mode, canary, line, facts: Mutex::default() }
    }

    /// Audits all cases, and leaves the session's fingerprint in the report and in the store.
    pub(super) fn report(self, cases: &[Case], jobs: usize) -> Result<Report, Failure> {
        let gathering = Gathering::begin(&project(cases), Adapters::NotAsked);
        let found = self.all(cases, jobs)?;
        let mut report = Report::new(found.clone());
        report.measured.canaries = canaries::remember(self.runner.store(), cases, &report)?;
        for (case, mut measured) in found {
            let day = report.measured.canaries.get_key_value(&case.name);
            measured.canaries.extend(day.map(|(name, day)| (name.clone(), day.clone())));
            session::keep(self.runner.store().session(), &case, &measured)?;
        }
        let used: Vec<_> = report.measured.adapters.iter().map(|used| used.adapter.clone()).collect();
        let facts = self.facts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let found = gathering.finish(facts, &used);
        fingerprint::keep(&found, self.runner.store().session())?;
        report.measured.fingerprint = Some(found);
        Ok(report)
    }

    /// Audits all cases, as many at a time as there are jobs.
    fn all(&self, cases: &[Case], jobs: usize) -> Result<Vec<(CaseReport, Measured)>, Failure> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        let take = || -> Result<(), Failure> {
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                if interrupt::interrupted() {
                    return Err(Failure::Run(Error::Interrupted));
                }
                let report = self.one(case)?;
                self.line.case_done();
                done.lock().unwrap_or_else(PoisonError::into_inner).push(report);
            }
            Ok(())
        };
        let results: Vec<Result<(), Failure>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs.clamp(1, cases.len())).map(|_| scope.spawn(take)).collect();
            let join = |worker: std::thread::ScopedJoinHandle<'_, _>| match worker.join() {
                Ok(result) => result,
                // A case that is lost by a fault of ours must not look like one that held.
                Err(panic) => std::panic::resume_unwind(panic),
            };
            workers.into_iter().map(join).collect()
        });
        results.into_iter().collect::<Result<(), Failure>>()?;
        Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn one(&self, case: &Case) -> Result<(CaseReport, Measured), Failure> {
        let plan = plan::plan(case, self.selection);
        // Data may be large: they are read beside the runs, as they were when the runs began.
        let (session, facts) = std::thread::scope(|scope| {
            let facts = scope.spawn(|| {
                let facts = fingerprint::of_case(case);
                let data = Datasheet::all(case, &facts.data);
                (facts, data)
            });
            let session = flow::walk(case, plan, self.runner, self.line, &judge::wanted);
            (session, facts.join())
        });
        let session = session?;
        let (mut facts, data) = facts.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let verdicts = judge::judge(case, &session)?;
        let measured = Measured::of(case, &session);
        facts.outputs = left(case, &session);
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).push((facts, session.python.clone()));
        let mut report = CaseReport::new(case, &session, verdicts);
        report.data = data;
        if self.canary {
            report.canaries = canary::all(case, &session, self.runner, self.line)?;
        }
        // A run narrowed to some audits or factors says less than its snapshot.
        if *self.selection == Selection::default() {
            let keeper = Keeper::new(&case.project, self.mode);
            report.snapshots = keep::canonical::keep(case, &session, &report.verdicts, &keeper, self.mode)?;
        }
        Ok((report, measured))
    }
}
