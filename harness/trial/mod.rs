//! Cases as tests: the only door to libtest-mimic.
//!
//! ```no_run
//! // tests/audit.rs, with `[[test]] name = "audit" harness = false` in Cargo.toml
//! fn main() -> std::process::ExitCode {
//!     driftless::trial::main("cases")
//! }
//! ```
//!
//! A trial is one audit of one case, named `nuisance::hash-order::bad::repeat` after the case and the audit. A variant
//! that declares what it expects passes where its audits say exactly that: an expected drift that no longer shows is a
//! failure. A case whose requirements are missing is listed as ignored; with `DRIFTLESS_REQUIRE=all` it fails.
//! `DRIFTLESS_REPORT=DIR` writes reports of what was found, `DRIFTLESS_REPORT_FORMAT=html,junit` in these formats only.

mod leave;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use self::leave::{Wish, leave};
use crate::audit::AUDITS;
use crate::case::{Case, Expectation};
use crate::cli::{act_as_supervisor, jobs, open_store, read};
use crate::flow::{self, Session, Silent};
use crate::judge::{self, Status, Verdict};
use crate::keep::{self, Keeper, Mode};
use crate::plan::{self, Selection};
use crate::report::{CaseReport, Exit, Require, Snapshot, text};
use crate::run::Runner;

/// Runs the cases below a folder of the calling crate as tests, with the arguments that `cargo test` hands over.
///
/// `folder` is relative to the crate's root (`CARGO_MANIFEST_DIR`, or the current directory where that is not set). No
/// case at all is a failure: a wrong path must not be green.
#[must_use]
pub fn main(folder: impl AsRef<Path>) -> ExitCode {
    if let Some(code) = act_as_supervisor() {
        return code;
    }
    let arguments = Arguments::from_args();
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let begun = Wish::from_environment().and_then(|wish| Ok((wish, suite(&root.join(folder), &arguments)?)));
    let (wish, suite) = match begun {
        Ok(begun) => begun,
        Err(message) => {
            tell(&message);
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    let conclusion = libtest_mimic::run(&arguments, suite.trials);
    let left = leave(&suite.shared, &suite.cases, wish.as_ref());
    if let Err(message) = &left {
        tell(message);
    }
    // Verdicts stand without reports. One that was asked for and is not there must not look like one that is.
    if left.is_err() && wish.is_some() && !conclusion.has_failed() {
        return ExitCode::from(Exit::Fault as u8);
    }
    conclusion.exit_code()
}

fn tell(message: &str) {
    use std::io::Write as _;
    drop(writeln!(anstream::stderr(), "{message}"));
}

/// All trials, and what they share.
struct Suite {
    trials: Vec<Trial>,
    cases: Vec<Arc<Walked>>,
    shared: Arc<Shared>,
}

/// What all trials of a process share.
struct Shared {
    runner: OnceLock<Result<Runner, String>>,
    project: PathBuf,
    required: bool,
}

impl Shared {
    /// The runner, opened by the first trial that needs it: listing opens none.
    fn runner(&self) -> Result<&Runner, String> {
        let open = || {
            let store = open_store(&self.project, None).map_err(|error| told(&error))?;
            Runner::new(store, jobs(None)).map_err(|error| told(&error))
        };
        self.runner.get_or_init(open).as_ref().map_err(Clone::clone)
    }
}

/// A case that is walked once, whichever of its trials comes first.
struct Walked {
    case: Case,
    shared: Arc<Shared>,
    outcome: Mutex<Option<Result<Arc<Outcome>, String>>>,
}

struct Outcome {
    session: Session,
    verdicts: Vec<Verdict>,
}

impl Walked {
    fn outcome(&self) -> Result<Arc<Outcome>, String> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert_with(|| self.walk().map(Arc::new)).clone()
    }

    /// What came of it, if it was walked to its end.
    fn known(&self) -> Option<Arc<Outcome>> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.as_ref()?.as_ref().ok().cloned()
    }

    fn walk(&self) -> Result<Outcome, String> {
        let runner = self.shared.runner()?;
        let plan = plan::plan(&self.case, &Selection::default());
        let session =
            flow::walk(&self.case, plan, runner, &Silent, &judge::wanted).map_err(|error| told(&error))?;
        let verdicts = judge::judge(&self.case, &session).map_err(|error| error.to_string())?;
        Ok(Outcome { session, verdicts })
    }
}

/// An error with what to do about it.
fn told(error: &crate::run::Error) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}

fn suite(folder: &Path, arguments: &Arguments) -> Result<Suite, String> {
    let found = crate::case::find(folder).map_err(|error| error.render(false))?;
    let cases = read(&found).map_err(|error| error.render(false))?;
    let project = cases.first().map(|case| case.project.clone()).unwrap_or_default();
    let required = std::env::var("DRIFTLESS_REQUIRE").is_ok_and(|value| value == "all");
    let shared = Arc::new(Shared { runner: OnceLock::new(), project, required });
    let mut suite = Suite { trials: Vec::new(), cases: Vec::new(), shared: Arc::clone(&shared) };
    for case in cases {
        let wanted = AUDITS.iter().any(|audit| wants(arguments, &name(&case, audit.name())));
        let missing = if wanted { lacking(&case, &shared)? } else { None };
        let walked = Arc::new(Walked { case, shared: Arc::clone(&shared), outcome: Mutex::new(None) });
        for audit in judged(&walked.case) {
            let missing = missing.clone().or_else(|| adapter_lacks(&walked.case, audit));
            suite.trials.push(trial(&walked, audit, missing));
        }
        suite.cases.push(walked);
    }
    Ok(suite)
}

/// The audits that say something of a case: those that apply, and those that its file switches off.
fn judged(case: &Case) -> Vec<&'static str> {
    let plan = plan::plan(case, &Selection::default());
    let said =
        |name: &&'static str| plan.audits.contains(name) || plan.off.iter().any(|(off, _)| off == name);
    AUDITS.iter().map(|audit| audit.name()).filter(said).collect()
}

/// nextest runs the binary once for each test: then nothing need be found out about all the others.
fn wants(arguments: &Arguments, name: &str) -> bool {
    !arguments.exact || arguments.filter.as_ref().is_none_or(|filter| filter == name)
}

fn name(case: &Case, audit: &str) -> String {
    format!("{}::{audit}", case.name.replace('/', "::"))
}

/// What the machine lacks for a case: decided when tests are listed, because a skip at run time looks like a pass.
fn lacking(case: &Case, shared: &Shared) -> Result<Option<String>, String> {
    if case.requires.programs.is_empty() && case.requires.modules.is_empty() {
        return Ok(None);
    }
    let probe = shared.runner()?.probe();
    // An environment that cannot be had fails the trial itself, which then says why.
    let Ok(python) = probe.interpreter(&case.environment) else { return Ok(None) };
    let missing = probe.missing(case, python.as_ref()).map_err(|error| error.to_string())?;
    Ok(missing.first().map(|missing| format!("{}; {}", missing.what, missing.hint)))
}

/// What the machine lacks for an audit that must find something by comparing adapters.
fn adapter_lacks(case: &Case, audit: &str) -> Option<String> {
    let compares = ["reference", "environment", "adapters"].contains(&audit);
    let expected = case.kernel.is_some() && case.expect.contains_key(audit);
    if compares && expected { crate::run::kernel::no_adapter() } else { None }
}

fn trial(walked: &Arc<Walked>, audit: &'static str, missing: Option<String>) -> Trial {
    let ignored = missing.is_some() && !walked.shared.required;
    let name = name(&walked.case, audit);
    let walked = Arc::clone(walked);
    Trial::test(name, move || match missing {
        Some(missing) => Err(Failed::from(format!("this machine lacks {missing}"))),
        None => check(&walked, audit).map_err(Failed::from),
    })
    .with_ignored_flag(ignored)
}

fn check(walked: &Walked, audit: &'static str) -> Result<(), String> {
    let outcome = walked.outcome()?;
    let case = &walked.case;
    let Some(verdict) = outcome.verdicts.iter().find(|verdict| verdict.audit == audit) else { return Ok(()) };
    if case.expect.is_empty() {
        as_declared(case, &outcome, verdict, walked.shared.required)?;
    } else {
        as_expected(case.expect.get(audit), verdict)
            .map_err(|what| format!("{what}\n\n{}", shown(case, &outcome, verdict)))?;
    }
    snapshot(case, &outcome, verdict)
}

/// An ordinary case: what must hold holds.
fn as_declared(case: &Case, outcome: &Outcome, verdict: &Verdict, required: bool) -> Result<(), String> {
    let report = CaseReport::new(case, &outcome.session, vec![verdict.clone()]);
    match report.exit(Require { audits: required && verdict.status != Status::Skipped, snapshots: false }) {
        Exit::Held => Ok(()),
        _ => Err(shown(case, outcome, verdict)),
    }
}

fn shown(case: &Case, outcome: &Outcome, verdict: &Verdict) -> String {
    let report = CaseReport::new(case, &outcome.session, vec![verdict.clone()]);
    anstream::adapter::strip_str(&text::case_block(&report)).to_string()
}

/// A bad variant: the named audits say what is expected of them, all others hold.
fn as_expected(expected: Option<&Expectation>, verdict: &Verdict) -> Result<(), String> {
    let Some(expected) = expected else {
        return match verdict.status {
            Status::Held | Status::Skipped => Ok(()),
            other => Err(format!("this audit is not expected to object, but says `{}`", other.word())),
        };
    };
    if expected.verdict != verdict.status.word() {
        return Err(format!(
            "expected `{}`, but the audit says `{}`",
            expected.verdict,
            verdict.status.word()
        ));
    }
    let mut guilty: Vec<&str> =
        verdict.findings.iter().flat_map(|finding| finding.factors.iter().map(String::as_str)).collect();
    guilty.sort_unstable();
    guilty.dedup();
    let mut wanted: Vec<&str> = expected.factors.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    if guilty != wanted {
        return Err(format!(
            "expected the factors [{}], but [{}] are blamed",
            wanted.join(", "),
            guilty.join(", ")
        ));
    }
    let fits = |finding: &judge::Finding| {
        let artifact = expected.artifact.as_ref().is_none_or(|name| finding.artifact.as_ref() == Some(name));
        let place = finding.difference.as_ref().and_then(|difference| difference.place.as_ref());
        let place = place.map(ToString::to_string);
        let says =
            |text: &String| place.iter().chain(&finding.source).any(|line| line.contains(text.as_str()));
        artifact && expected.place.as_ref().is_none_or(says)
    };
    let asks_for_place = expected.artifact.is_some() || expected.place.is_some();
    if asks_for_place && !verdict.findings.iter().any(fits) {
        let artifact = expected.artifact.as_deref().unwrap_or("any artifact");
        let place = expected.place.as_deref().unwrap_or("anywhere");
        return Err(format!("expected a finding in {artifact} at `{place}`; there is none"));
    }
    Ok(())
}

fn snapshot(case: &Case, outcome: &Outcome, verdict: &Verdict) -> Result<(), String> {
    let keeper = Keeper::new(&case.project, Mode::Compare);
    let verdicts = std::slice::from_ref(verdict);
    let kept = keep::canonical::keep(case, &outcome.session, verdicts, &keeper, Mode::Compare)
        .map_err(|error| error.to_string())?;
    match kept.get(&verdict.audit) {
        Some(Snapshot::Changed(difference)) => Err(format!(
            "the verdict differs from its accepted snapshot\n{difference}\nif this is meant: driftless run --record, then driftless accept"
        )),
        _ => Ok(()),
    }
}
