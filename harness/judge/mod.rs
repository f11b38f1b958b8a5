//! From records to verdicts. Pure: nothing is run here, only read.

mod augmentation;
mod blame;
mod by_id;
mod drift;
mod error;
mod eval_mode;
pub mod figure;
mod gathered;
mod idempotence;
mod kernel;
mod leakage;
mod measured;
mod metrics;
mod normalization;
mod nuisance;
mod overlap;
mod payload;
pub mod rate;
mod repeat;
mod resume;
mod scored;
mod seed_coverage;
mod shuffle;
mod shuffled_targets;
mod sides;
pub mod statistics;
mod tail;
mod too_deterministic;
mod variance;
mod walked;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use blame::stored;
use error::Error;
pub use figure::Figure;
pub(crate) use kernel::audit_of;
pub(crate) use payload::without_a_need;

use crate::case::Case;
use crate::flow::{Session, StageRun};
use crate::plan::Scenario;
use crate::relate::Difference;
use crate::run::{End, Record};

/// How an audit came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// What must hold held.
    Held,
    /// What must not matter mattered.
    Drifted,
    /// What must matter did not: the audit cannot see, or the program ignores what it is told.
    Blind,
    /// A run failed, or nothing can be concluded from what was seen. Never counted as held.
    Inconclusive,
    /// Not run, for the reason given.
    Skipped,
}

impl Status {
    /// The word, as it stands in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Held => "held",
            Status::Drifted => "drifted",
            Status::Blind => "blind",
            Status::Inconclusive => "inconclusive",
            Status::Skipped => "skipped",
        }
    }
}

/// Why an inconclusive audit is so; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The baseline itself failed.
    BaselineFailed,
    /// A run passed its time limit.
    TimedOut,
    /// A run failed when something was varied.
    VariedRunFailed,
    /// The baseline does not repeat, so nothing can be blamed on a factor.
    Unrepeatable,
    /// Nothing was changed or nothing was compared, so nothing could have been found.
    NothingVaried,
}

/// What an audit says of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Verdict {
    /// The audit's name.
    pub audit: String,
    /// How it came out.
    pub status: Status,
    /// One sentence, without a full stop.
    pub headline: String,
    /// Why it is inconclusive, if it is.
    pub cause: Option<Cause>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What a person should know besides: rates, causes that remain, tolerations that are no longer needed.
    pub notes: Vec<String>,
    /// What was not checked.
    pub not_checked: Vec<String>,
    /// What was measured, for pictures and cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// The factors whose drift was found and is accepted for a while, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerated: Vec<String>,
}

/// One drift: which change, in which stage, reached which artifact, and where it shows first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Finding {
    /// The stage; of kernels, the entry points.
    pub stage: String,
    /// Of kernels: on what it ran, such as `llvmpipe (LLVM 15.0.6, 256 bits) through vulkan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Of kernels: lines of the source, invocations and what else names the place, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<String>,
    /// Of kernels: the places in files that `source` names; empty where the source stands in the case file itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// The artifact; `None` where a run failed instead of leaving one.
    pub artifact: Option<String>,
    /// The guilty factors: one alone, or several that act only together. Empty where nothing was varied.
    pub factors: Vec<String>,
    /// How and where the artifact differs from the baseline's.
    pub difference: Option<Difference>,
    /// How the run ended and the last lines of its log, where it failed.
    pub failure: Option<Failure>,
    /// Arguments of the command that reruns just this.
    pub rerun: String,
}

/// A place in a file of the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Region {
    /// The file, relative to the project.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Failure {
    /// How it ended.
    pub end: String,
    /// The last lines of what it wrote.
    pub log: String,
    /// What to do about it, where that can be guessed.
    #[serde(default)]
    pub hint: Option<String>,
}

/// The verdicts of all audits of a case, in registry order, those switched off included.
///
/// # Errors
/// Where an artifact in the store cannot be read.
pub fn judge(case: &Case, session: &Session) -> Result<Vec<Verdict>, crate::artifact::Error> {
    let mut verdicts = Vec::new();
    for audit in crate::audit::AUDITS {
        let name = audit.name();
        if let Some((_, reason)) = session.plan.not_asked.iter().find(|(idle, _)| *idle == name) {
            if session.plan.by_name {
                verdicts.push(skipped(name, format!("does not apply: {reason}")));
            }
            continue;
        }
        if let Some((_, reason)) = session.plan.off.iter().find(|(off, _)| *off == name) {
            verdicts.push(skipped(name, format!("switched off in the case file: {reason}")));
        } else if session.plan.audits.contains(&name) {
            verdicts.push(one(case, session, name)?);
        }
    }
    Ok(verdicts)
}

fn one(case: &Case, session: &Session, audit: &'static str) -> Result<Verdict, crate::artifact::Error> {
    if let Some(missing) = session.missing.first() {
        return Ok(skipped(audit, format!("this machine lacks {}; {}", missing.what, missing.hint)));
    }
    if let Some(error) = &session.broken {
        let text = error.to_string();
        let (headline, log) = text.split_once('\n').unwrap_or((&text, ""));
        let mut verdict = verdict(audit, Status::Inconclusive, headline.to_owned());
        verdict.cause = Some(Cause::BaselineFailed);
        verdict.notes.extend(log.lines().map(str::to_owned));
        verdict.notes.extend(error.hint());
        return Ok(verdict);
    }
    if let (Some(kernel), Some(runs)) = (&case.kernel, &session.kernel) {
        let view = kernel::View { case, kernel, runs };
        let verdict = kernel::judge(&view, audit)?;
        let unknown = || skipped(audit, "this version knows no judge for it".to_owned());
        return Ok(tolerated(case, verdict.unwrap_or_else(unknown)));
    }
    if let Some(verdict) = baseline_failed(case, session, audit) {
        return Ok(verdict);
    }
    let view = View { case, session };
    let Some(judge) = JUDGES.iter().find(|judge| judge.audit() == audit) else {
        return Ok(skipped(audit, "this version knows no judge for it".to_owned()));
    };
    match judge.judge(&view) {
        Ok(verdict) => Ok(tolerated(case, verdict)),
        Err(Error::Artifact(error)) => Err(error),
        Err(Error::Data(error)) => {
            let mut verdict = walked::inconclusive(audit, error.to_string(), Cause::NothingVaried);
            verdict.notes.push(error.hint().to_owned());
            Ok(verdict)
        }
    }
}

/// The judge of one audit.
trait Judge: Sync {
    /// The audit's name.
    fn audit(&self) -> &'static str;

    /// The scenarios that must be walked before the audit can be judged, those of the plan included. Called again after
    /// each round, until it asks for nothing new; it must come to an end whatever the programs answer.
    fn wanted(&self, view: &View<'_>) -> Result<Vec<Scenario>, Error> {
        Ok(view.first(self.audit()))
    }

    /// The verdict, once everything wanted was walked.
    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error>;
}

/// One per audit, in registry order.
static JUDGES: &[&dyn Judge] = &[
    &repeat::Repeat,
    &nuisance::Nuisance,
    &seed_coverage::SeedCoverage,
    &leakage::Leakage,
    &overlap::Overlap,
    &drift::Drift,
    &shuffled_targets::ShuffledTargets,
    &eval_mode::EvalMode,
    &shuffle::Shuffle,
    &augmentation::Augmentation,
    &normalization::Normalization,
    &resume::Resume,
    &payload::Payload,
    &idempotence::Idempotence,
    &too_deterministic::TooDeterministic,
    &variance::Variance,
    &metrics::Metrics,
];

/// The scenarios that the audits of a case still need, those walked already included.
///
/// # Errors
/// Where an artifact in the store cannot be read.
pub fn wanted(case: &Case, session: &Session) -> Result<Vec<Scenario>, crate::artifact::Error> {
    let view = View { case, session };
    let mut all = Vec::new();
    for judge in JUDGES.iter().filter(|judge| session.plan.audits.contains(&judge.audit())) {
        match judge.wanted(&view) {
            Ok(scenarios) => all.extend(scenarios),
            Err(Error::Artifact(error)) => return Err(error),
            // Declared data that cannot be read: the verdict says so.
            Err(Error::Data(_)) => {}
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Findings that the user accepts for a while become notes.
fn tolerated(case: &Case, mut verdict: Verdict) -> Verdict {
    let accepted = |finding: &Finding| {
        let one = |name: &String| {
            case.tolerations.iter().find(|wish| wish.factor == *name && wish.audit == verdict.audit)
        };
        let wishes: Vec<_> = finding.factors.iter().filter_map(one).collect();
        (!wishes.is_empty() && wishes.len() == finding.factors.len()).then(|| wishes[0])
    };
    let known: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.failure.is_none())
        .filter_map(|finding| Some((finding.clone(), accepted(finding)?)))
        .collect();
    for (finding, wish) in &known {
        verdict.findings.retain(|other| other != finding);
        let factors = finding.factors.join(", ");
        verdict.notes.push(format!("tolerated until {}: {factors} ({})", wish.until, wish.reason));
        let new = finding.factors.iter().filter(|name| !verdict.tolerated.contains(name)).cloned();
        verdict.tolerated.extend(new.collect::<Vec<_>>());
    }
    if !known.is_empty() && verdict.findings.is_empty() && verdict.status == Status::Drifted {
        verdict.status = Status::Held;
        verdict.headline = format!("{}; tolerated", verdict.headline);
    }
    verdict
}

/// What the judges of single audits look at.
struct View<'a> {
    case: &'a Case,
    session: &'a Session,
}

impl View<'_> {
    fn stages(&self) -> &[StageRun] {
        &self.session.stages
    }

    /// The command that runs one audit of this case again, with these factors alone.
    fn rerun(&self, audit: &str, factors: &[String]) -> String {
        rerun(self.case, audit, factors)
    }
}

/// The command that runs one audit again, with these factors alone; paths are relative to the project's root.
fn rerun(case: &Case, audit: &str, factors: &[String]) -> String {
    let folder = case.file.parent().unwrap_or(&case.file);
    let usual = case.file.file_name().is_some_and(|name| name == "case.toml" || name == "driftless.toml");
    let path = match (&case.variant, usual) {
        (Some(_), _) => &case.dir,
        (None, true) => folder,
        (None, false) => &case.file,
    };
    let path = path.strip_prefix(&case.project).unwrap_or(path).display().to_string();
    let path = if path.is_empty() { ".".to_owned() } else { path };
    // Variants of a kernel share a folder.
    let only = case.variant.as_ref().filter(|_| case.kernel.is_some());
    let only = only.map(|variant| format!(" --filter /{variant}")).unwrap_or_default();
    let command = format!("driftless run {path}{only} --audit {audit}");
    // What the audits of data and models change is no factor that a run could be narrowed to.
    let factors = factors.iter().filter(|name| crate::plan::factor(name).is_some());
    factors.fold(command, |command, factor| command + " --factor " + factor)
}

fn verdict(audit: &str, status: Status, headline: String) -> Verdict {
    Verdict {
        audit: audit.to_owned(),
        status,
        headline,
        cause: None,
        findings: Vec::new(),
        notes: Vec::new(),
        not_checked: Vec::new(),
        figures: Vec::new(),
        tolerated: Vec::new(),
    }
}

fn skipped(audit: &str, reason: String) -> Verdict {
    verdict(audit, Status::Skipped, reason)
}

fn baseline_failed(case: &Case, session: &Session, audit: &str) -> Option<Verdict> {
    let failed = session.stages.iter().find_map(|run| {
        let record = run.records.get(&crate::plan::Question::default())?;
        (record.end != End::Finished).then_some((run, record))
    });
    let (run, record) = failed?;
    let stage = &run.plan.stage;
    let mut verdict = verdict(
        audit,
        Status::Inconclusive,
        format!("the baseline of stage `{stage}` did not finish: {}", record.end.sentence()),
    );
    verdict.cause = Some(cause_of(&record.end, Cause::BaselineFailed));
    verdict.findings.push(failure(case, audit, stage, &[], record));
    Some(verdict)
}

fn cause_of(end: &End, otherwise: Cause) -> Cause {
    if matches!(end, End::TimedOut { .. }) { Cause::TimedOut } else { otherwise }
}

fn failure(case: &Case, audit: &str, stage: &str, factors: &[String], record: &Record) -> Finding {
    Finding {
        stage: stage.to_owned(),
        on: None,
        source: Vec::new(),
        regions: Vec::new(),
        artifact: None,
        factors: factors.to_vec(),
        difference: None,
        failure: Some(Failure { end: record.end.sentence(), log: record.log_tail(), hint: record.hint() }),
        rerun: rerun(case, audit, factors),
    }
}
