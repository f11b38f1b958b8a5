//! Canaries of kernels: one result of a run is spoilt, or a kernel that races is put in its place, and the audit judges again.

use std::collections::BTreeMap;

use super::{Canary, Error, Outcome};
use crate::artifact::{Artifact, raw_array};
use crate::audit;
use crate::case::Case;
use crate::case::kernel::Level;
use crate::flow::Session;
use crate::judge::{self, Status};
use crate::plan::kernel::Change;
use crate::run::Runner;
use crate::run::kernel::{KernelRuns, Left, Outputs};
use crate::wgsl::machine::{self, Options};
use crate::wgsl::{Binding, Memory, Program, Source};

/// A sum over workgroup memory without the barrier between the stores and the loads.
const RACY: &str = "
var<workgroup> part: array<u32, 64>;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    part[i] = i;
    if i < 32u { out[i] = part[i] + part[i + 32u]; }
}
";

/// Plants a fault for every audit of a kernel that was judged.
pub(super) fn all(
    case: &Case,
    session: &Session,
    runs: &KernelRuns,
    runner: &Runner,
) -> Result<Vec<Canary>, Error> {
    let mut canaries = Vec::new();
    for name in &session.plan.audits {
        let Some(audit) = audit::by_name(name) else { continue };
        let outcome = match plant(case, name, runs, runner)? {
            Ok(spoilt) => judged(case, session, name, spoilt)?,
            Err(reason) => Outcome::NotPlanted(reason),
        };
        canaries.push(Canary { audit: (*name).to_owned(), planted: audit.canary().to_owned(), outcome });
    }
    Ok(canaries)
}

fn judged(case: &Case, session: &Session, audit: &str, runs: KernelRuns) -> Result<Outcome, Error> {
    let mut plan = session.plan.clone();
    plan.audits.retain(|name| *name == audit);
    let spoilt = Session {
        plan,
        python: None,
        missing: Vec::new(),
        broken: None,
        stages: Vec::new(),
        scenarios: BTreeMap::new(),
        kernel: Some(runs),
    };
    let verdicts = judge::judge(case, &spoilt)?;
    Ok(match verdicts.first() {
        Some(verdict) if verdict.status == Status::Drifted => Outcome::Proved,
        Some(verdict) if verdict.status == Status::Skipped => Outcome::NotPlanted(verdict.headline.clone()),
        Some(verdict) => {
            Outcome::Missed(format!("it says `{}`: {}", verdict.status.word(), verdict.headline))
        }
        None => Outcome::Missed("it says nothing".to_owned()),
    })
}

/// The runs with a fault in them; `Err` inside says why there is none.
fn plant(
    case: &Case,
    audit: &str,
    runs: &KernelRuns,
    runner: &Runner,
) -> Result<Result<KernelRuns, String>, Error> {
    let mut spoilt = runs.clone();
    let Ok(reference) = &mut spoilt.reference else {
        return Ok(Err("the reference machine cannot run it".to_owned()));
    };
    if audit == "environment"
        && case.kernel.as_ref().is_some_and(|kernel| kernel.level < Level::AdapterToAdapter)
    {
        return Ok(Err("at this level a difference is told and does not count".to_owned()));
    }
    let planted = match audit {
        "races" => {
            reference.findings = racy().into_iter().map(|finding| (0, finding)).collect();
            !reference.findings.is_empty()
        }
        "schedule" => spoil(&mut reference.runs, runner, |change| matches!(change, Change::Turns { .. }))?,
        "memory" => spoil(&mut reference.runs, runner, |change| matches!(change, Change::Poison(0xff)))?,
        "batch-invariance" => spoil(&mut reference.runs, runner, |change| matches!(change, Change::Rows(_)))?,
        _ => spoil_adapter(audit, &mut spoilt, runner)?,
    };
    let why = || spoilt.no_adapter.clone().unwrap_or_else(|| "nothing that it compares was run".to_owned());
    Ok(if planted { Ok(spoilt) } else { Err(why()) })
}

/// Spoils the first run that fits; false where none does.
fn spoil(
    runs: &mut BTreeMap<Change, Outputs>,
    runner: &Runner,
    fits: impl Fn(&Change) -> bool,
) -> Result<bool, Error> {
    let Some((_, outputs)) = runs.iter_mut().find(|(change, _)| fits(change)) else { return Ok(false) };
    let Some(artifact) = outputs.values_mut().next() else { return Ok(false) };
    *artifact = flipped(artifact, runner)?;
    Ok(true)
}

fn spoil_adapter(audit: &str, spoilt: &mut KernelRuns, runner: &Runner) -> Result<bool, Error> {
    let other = audit == "environment";
    let mut adapters = spoilt.adapters.iter_mut().filter(|adapter| adapter.setting.is_some() == other);
    let left = adapters.find_map(|adapter| adapter.runs.get_mut(&Change::Nothing)?.as_mut().ok());
    let Some(Left { contents }) = left else { return Ok(false) };
    let Some(seen) = contents.values_mut().next() else { return Ok(false) };
    let Some((first, count)) = seen.first().cloned() else { return Ok(false) };
    let other = flipped(&first, runner)?;
    if audit == "repeat" {
        *seen = vec![(first, count.saturating_sub(1).max(1)), (other, 1)];
    } else {
        *seen = vec![(other, count)];
    }
    Ok(true)
}

/// A copy with the highest bits of its first number changed: a sign and an exponent that no rounding explains.
fn flipped(artifact: &Artifact, runner: &Runner) -> Result<Artifact, Error> {
    let mut bytes = std::fs::read(&artifact.path)?;
    let numbers = raw_array(&artifact.path)?;
    let width = numbers.bytes.len() / usize::try_from(numbers.count).unwrap_or(1).max(1);
    let first = bytes.len() - numbers.bytes.len() + width.saturating_sub(1);
    if let Some(byte) = bytes.get_mut(first) {
        *byte ^= 0x41;
    }
    let folder = tempfile::tempdir_in(runner.store().session())?;
    let path = folder.path().join("spoilt.npy");
    std::fs::write(&path, bytes)?;
    let kept = runner.store().keep(&path)?;
    Ok(Artifact { path: kept.path, digest: kept.digest, ..artifact.clone() })
}

/// What the reference machine says of a kernel that races.
fn racy() -> Vec<machine::Finding> {
    let source = Source { name: "canary".to_owned(), text: RACY.to_owned() };
    let Ok(program) = Program::load(&source, "main", &BTreeMap::new()) else { return Vec::new() };
    let mut memory = Memory::from([(Binding { group: 0, binding: 0 }, vec![0; 256])]);
    let watched = Options { check: true, ..Options::default() };
    machine::run(&program, [1, 1, 1], &mut memory, &watched)
        .map(|outcome| outcome.findings)
        .unwrap_or_default()
}
