//! Judges the audits of kernels.

mod adapters;
mod batch_invariance;
mod environment;
mod memory;
mod races;
mod reference;
mod repeat;
mod schedule;

use super::{Cause, Failure, Finding, Region, Status, Verdict, rerun, skipped, verdict, walked};
use crate::artifact;
use crate::case::{Case, Kernel};
use crate::plan::kernel::Change;
use crate::relate::{self, Class, Difference};
use crate::run::kernel::{
    AdapterRuns, KernelRuns, LOOP_TRIPS_MAX, Left, Outputs, ReferenceRuns, is_llvmpipe,
};
use crate::wgsl::Line;
use crate::wgsl::machine::Kind;

/// What the judges of kernels look at.
pub(super) struct View<'a> {
    pub(super) case: &'a Case,
    pub(super) kernel: &'a Kernel,
    pub(super) runs: &'a KernelRuns,
}

/// The verdict of one audit; `None` where it has no judge for kernels.
pub(super) fn judge(view: &View<'_>, audit: &'static str) -> Result<Option<Verdict>, artifact::Error> {
    let verdict = match audit {
        "repeat" => repeat::judge(view)?,
        "schedule" => schedule::judge(view)?,
        "races" => races::judge(view),
        "memory" => memory::judge(view)?,
        "reference" => reference::judge(view)?,
        "batch-invariance" => batch_invariance::judge(view)?,
        "environment" => environment::judge(view)?,
        "adapters" => adapters::judge(view)?,
        _ => return Ok(None),
    };
    Ok(Some(verdict))
}

/// The audit that objects to findings of this kind; `None` where none does.
pub(crate) fn audit_of(kind: Kind) -> Option<&'static str> {
    let all = [("races", races::KINDS.as_slice()), ("memory", memory::KINDS.as_slice())];
    all.into_iter().find(|(_, kinds)| kinds.contains(&kind)).map(|(audit, _)| audit)
}

/// The reference machine in sentences.
const MACHINE: &str = "the reference machine";

impl<'a> View<'a> {
    /// What ran on the reference machine, or the verdict that it could not be interpreted or did not end.
    fn reference(&self, audit: &str) -> Result<&'a ReferenceRuns, Box<Verdict>> {
        let unclear =
            |what: &str| Box::new(walked::inconclusive(audit, what.to_owned(), Cause::NothingVaried));
        match &self.runs.reference {
            Ok(runs) => match &runs.unfinished {
                Some(why) => Err(unclear(why)),
                None => Ok(runs),
            },
            Err(why) => Err(unclear(&format!("{MACHINE} cannot run it: {why}"))),
        }
    }

    /// Whether invocations race: then there is no one result, and what differs is told by `races`.
    fn races(&self) -> bool {
        self.runs.reference.as_ref().is_ok_and(|runs| races::found(runs).next().is_some())
    }

    /// Why there is no one result: invocations race, or the order of turns decides on the reference machine.
    fn has_no_one_result(&self) -> Option<String> {
        if self.races() {
            return Some("invocations race (see `races`), so there is no one result".to_owned());
        }
        let runs = self.runs.reference.as_ref().ok()?;
        let usual = runs.usual();
        let mut turned = runs.runs.iter().filter(|(change, _)| matches!(change, Change::Turns { .. }));
        let turned = turned.any(|(_, outputs)| *outputs != usual);
        (turned || runs.interleaved.guilty.is_some()).then_some(())?;
        Some("the order of turns decides (see `schedule`), so there is no one result".to_owned())
    }

    /// Loop trips of the longest invocation; zero where the reference machine does not know.
    fn loop_trips(&self) -> u64 {
        self.runs.reference.as_ref().map_or(0, |runs| runs.loop_trips)
    }

    /// Whether an adapter gives the kernel a fair run.
    fn is_trusted(&self, adapter: &AdapterRuns) -> bool {
        !is_llvmpipe(&adapter.facts) || self.loop_trips() <= LOOP_TRIPS_MAX
    }

    /// Adapters with the usual settings whose baseline ran, and that are trusted.
    fn adapters(&self) -> impl Iterator<Item = (&'a AdapterRuns, &'a Left)> {
        let usual = self.runs.adapters.iter().filter(|adapter| adapter.setting.is_none());
        let trusted = usual.filter(|adapter| self.is_trusted(adapter));
        trusted.filter_map(|adapter| Some((adapter, adapter.runs.get(&Change::Nothing)?.as_ref().ok()?)))
    }

    /// What an audit says that needs an adapter where none is there to be compared.
    fn without_adapter(&self, audit: &str) -> Verdict {
        if let Some(reason) = &self.runs.no_adapter {
            return skipped(audit, reason.clone());
        }
        let why = self.not_compared().first().cloned().unwrap_or_else(|| "nothing was run".to_owned());
        let ran = |adapter: &AdapterRuns| matches!(adapter.runs.get(&Change::Nothing), Some(Ok(_)));
        // That an adapter cannot be trusted is what `reference` is about; the others need not say it again.
        if audit != "reference" && self.runs.adapters.iter().any(ran) {
            return skipped(audit, why);
        }
        walked::inconclusive(audit, why, Cause::VariedRunFailed)
    }

    /// Adapters that were not compared, each with the reason.
    fn not_compared(&self) -> Vec<String> {
        let usual = self.runs.adapters.iter().filter(|adapter| adapter.setting.is_none());
        let why = |adapter: &AdapterRuns| {
            let name = name(adapter);
            if !self.is_trusted(adapter) {
                return Some(format!(
                    "{name} is not trusted: it stops a shader after {LOOP_TRIPS_MAX} loop trips without a word, and an invocation makes {}",
                    self.loop_trips()
                ));
            }
            let failed = adapter.runs.get(&Change::Nothing)?.as_ref().err()?;
            Some(format!("{name}: {failed}"))
        };
        usual.filter_map(why).collect()
    }

    /// A finding on one executor.
    fn finding(
        &self,
        audit: &str,
        on: &str,
        factors: &[&str],
        found: Option<(String, Difference)>,
    ) -> Finding {
        let factors: Vec<String> = factors.iter().map(|word| (*word).to_owned()).collect();
        let (artifact, difference) = found.unzip();
        Finding {
            stage: self.entries(),
            on: Some(on.to_owned()),
            artifact,
            difference,
            failure: None::<Failure>,
            source: Vec::new(),
            regions: Vec::new(),
            rerun: rerun(self.case, audit, &factors),
            factors,
        }
    }

    /// The entry points, in the order of the passes.
    fn entries(&self) -> String {
        let mut names: Vec<&str> =
            self.kernel.passes.iter().map(|pass| pass.program.entry().name.as_str()).collect();
        names.dedup();
        names.join(", ")
    }
}

/// How the first buffer differs in which two runs differ.
fn difference<'b>(
    before: impl Iterator<Item = (&'b String, &'b artifact::Artifact)>,
    after: &Outputs,
) -> Result<Option<(String, Difference)>, artifact::Error> {
    for (name, left) in before {
        let Some(right) = after.get(name).filter(|right| right.digest != left.digest) else { continue };
        let difference = relate::compare(left, right)?;
        if difference.class > Class::ContainerOnly {
            return Ok(Some((name.clone(), difference)));
        }
    }
    Ok(None)
}

/// `llvmpipe (vulkan)`; what else the driver puts into its name is told by `driftless doctor`.
fn name(adapter: &AdapterRuns) -> String {
    let short = adapter.facts.name.split(" (").next().unwrap_or_default();
    format!("{short} ({})", adapter.facts.backend)
}

/// `line 12: out[id.x] = sum;`.
fn shown(line: &Line) -> String {
    format!("line {}: {}", line.number, line.text)
}

/// What holds, with what was not compared.
fn held(view: &View<'_>, audit: &str, headline: String) -> Verdict {
    let mut verdict = verdict(audit, Status::Held, headline);
    verdict.not_checked = view.not_compared();
    if let Some(reason) = &view.runs.no_adapter {
        verdict.not_checked.push(format!("adapters, so only {MACHINE} was asked: {reason}"));
    }
    verdict
}

fn drifted(audit: &str, headline: String, findings: Vec<Finding>) -> Verdict {
    let mut verdict = verdict(audit, Status::Drifted, headline);
    verdict.findings = findings;
    verdict
}
