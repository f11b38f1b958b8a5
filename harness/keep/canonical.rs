//! The canonical text of a verdict: what a snapshot's body holds.
//!
//! Only what must stay the same stands in it: the verdict, what was found and where, and, for `repeat`, the bits of the
//! baseline (sha256, shape, first values in decimal and hex). What depends on the host (which factors could be varied,
//! paths, times) does not. `kernel.rs` has what is kept of kernels.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::{Keeper, Key, Mode, State, difference, machine_class};
use crate::artifact;
use crate::case::Case;
use crate::flow::Session;
use crate::judge::{self, Status, Verdict};
use crate::plan::Question;
use crate::report::Snapshot;

/// Why verdicts could not be compared with their snapshots.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A snapshot.
    #[error(transparent)]
    Keep(#[from] super::Error),
    /// An artifact whose bits belong into one.
    #[error(transparent)]
    Artifact(#[from] artifact::Error),
}

/// A text to be kept.
pub(super) struct Text {
    /// The machines for which it holds; `None` for all.
    pub(super) class: Option<String>,
    /// The text.
    pub(super) body: String,
    /// What it is, for the person who reviews, where that is not the verdict's headline.
    pub(super) headline: Option<&'static str>,
}

/// Compares the verdicts of a case with their snapshots. Empty where the project keeps none: snapshots are in use once
/// `snapshots/` exists in the project's root, or when they are being recorded.
///
/// # Errors
/// Where a snapshot cannot be read or written, or an artifact cannot be read.
pub fn keep(
    case: &Case,
    session: &Session,
    verdicts: &[Verdict],
    keeper: &Keeper,
    mode: Mode,
) -> Result<BTreeMap<String, Snapshot>, Error> {
    let mut kept = BTreeMap::new();
    if mode != Mode::Record && !case.project.join("snapshots").is_dir() {
        return Ok(kept);
    }
    let class = (!case.portable).then(|| class(case, session));
    for verdict in verdicts {
        let text = match (&case.kernel, &session.kernel) {
            (Some(kernel), Some(runs)) => super::kernel::text(case, kernel, runs, verdict)?,
            _ if !is_kept(verdict.status) => None,
            _ => Some(Text { class: class.clone(), body: body(case, session, verdict)?, headline: None }),
        };
        let Some(Text { class, body, headline }) = text else { continue };
        let key = Key { audit: &verdict.audit, case: &case.name, class: class.as_deref() };
        let info = json!({ "driftless": env!("CARGO_PKG_VERSION"), "headline": headline.unwrap_or(&verdict.headline) });
        let state = keeper.keep(&key, &body, &case.summary, &info)?;
        kept.insert(
            verdict.audit.clone(),
            match state {
                State::Same => Snapshot::Same,
                State::Changed { accepted, fresh, .. } => Snapshot::Changed(difference(&accepted, &fresh)),
                State::Unknown { .. } if mode == Mode::Record => Snapshot::Recorded,
                State::Unknown { .. } => Snapshot::Unknown,
            },
        );
    }
    Ok(kept)
}

/// A run that failed or was skipped says nothing worth keeping.
pub(super) fn is_kept(status: Status) -> bool {
    matches!(status, Status::Held | Status::Drifted | Status::Blind)
}

/// What the bits may depend on besides the program: the processor (its features are not enough: BLAS libraries choose
/// their kernels by maker and model) and the interpreter with its libraries.
fn class(case: &Case, session: &Session) -> String {
    let lock = case.environment.lock.as_ref().and_then(|lock| artifact::Digest::of_file(lock).ok());
    let lock = lock.map(|digest| digest.to_string()).unwrap_or_default();
    let python = session.python.as_ref().map(|python| python.version.clone()).unwrap_or_default();
    machine_class(&[("lock", &lock), ("python", &python), ("processor", &processor_model())])
}

/// Maker, family and model of the first processor, where the system says.
fn processor_model() -> String {
    let facts = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let wanted = ["vendor_id", "cpu family", "model", "CPU implementer", "CPU part"];
    let first = facts.lines().take_while(|line| !line.is_empty());
    let kept = first.filter(|line| line.split(':').next().is_some_and(|name| wanted.contains(&name.trim())));
    kept.collect::<Vec<_>>().join("\n")
}

fn body(case: &Case, session: &Session, verdict: &Verdict) -> Result<String, artifact::Error> {
    let mut text = headed(case, verdict);
    if verdict.audit == "repeat" && verdict.status == Status::Held {
        artifacts(case, session, &mut text)?;
    }
    Ok(text)
}

/// What the audit says, and of what.
pub(super) fn headed(case: &Case, verdict: &Verdict) -> String {
    let mut text =
        format!("audit: {}\ncase: {}\nverdict: {}\n", verdict.audit, case.name, verdict.status.word());
    for finding in &verdict.findings {
        let factors =
            if finding.factors.is_empty() { "nothing".to_owned() } else { finding.factors.join(" + ") };
        let artifact = finding.artifact.as_deref().unwrap_or("none");
        let _ = writeln!(text, "finding: {factors} changes {artifact} of stage {}", finding.stage);
        if let Some(difference) = &finding.difference {
            let _ = writeln!(text, "  class: {}", difference.class.name());
        }
    }
    text
}

/// The bits of the baseline.
fn artifacts(case: &Case, session: &Session, text: &mut String) -> Result<(), artifact::Error> {
    for run in &session.stages {
        let Some(record) = run.records.get(&Question::default()) else { continue };
        for name in record.outputs.keys() {
            let Some(artifact) = judge::stored(case, record, name) else { continue };
            let _ =
                writeln!(text, "artifact: {name} of stage {} ({})", run.plan.stage, artifact.format.name());
            let _ = writeln!(text, "  sha256: {}", artifact.digest);
            for line in artifact::outline(&artifact)? {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    Ok(())
}
