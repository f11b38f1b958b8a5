//! Judges `reference`.

use super::{MACHINE, Verdict, View, difference, drifted, held, name};
use crate::artifact;
use crate::judge::skipped;
use crate::plan::kernel::Change;
use crate::relate;
use crate::run::kernel::{Envelope, Outputs, ReferenceRuns};
use crate::wgsl::machine::Kind;

const NAME: &str = "reference";

/// How many times the distance that random errors made an adapter may be away: few samples see less than the most.
const SLACK: f64 = 4.0;

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let runs = match view.reference(NAME) {
        Ok(runs) => runs,
        Err(unclear) => return Ok(*unclear),
    };
    if let Some(why) = view.has_no_one_result() {
        return Ok(skipped(NAME, why));
    }
    if view.adapters().next().is_none() {
        return Ok(view.without_adapter(NAME));
    }
    let usual = runs.usual();
    let (mut findings, mut near, mut equal) = (Vec::new(), Vec::new(), 0);
    for (adapter, left) in view.adapters() {
        let outputs = left.first();
        match outside(view, runs, &usual, &outputs)? {
            Some((buffer, note)) => {
                let mut difference = relate::compare(&usual[&buffer], &outputs[&buffer])?;
                difference.note = Some(note);
                findings.push(view.finding(NAME, &name(adapter), &["bound"], Some((buffer, difference))));
            }
            None => match difference(usual.iter(), &outputs)? {
                None => equal += 1,
                Some((buffer, difference)) => {
                    near.push(format!("{}: `{buffer}` {}", name(adapter), difference.extent()));
                }
            },
        }
    }
    if !findings.is_empty() && runs.findings.iter().any(|(_, seen)| seen.kind == Kind::OutOfBounds) {
        let why = "an index lies outside (see `memory`), and WGSL leaves open what is read there";
        return Ok(skipped(NAME, why.to_owned()));
    }
    let mut verdict = match findings.first().and_then(|finding| finding.on.clone()) {
        None if near.is_empty() => held(view, NAME, format!("{equal} adapters have the bits of {MACHINE}")),
        None => held(view, NAME, format!("adapters agree with {MACHINE} as closely as WGSL asks for")),
        Some(on) => drifted(NAME, format!("{on} is farther from {MACHINE} than WGSL allows"), findings),
    };
    verdict.notes = near;
    Ok(verdict)
}

/// The first buffer with an element that is farther away than allowed, and why.
fn outside(
    view: &View<'_>,
    runs: &ReferenceRuns,
    usual: &Outputs,
    outputs: &Outputs,
) -> Result<Option<(String, String)>, artifact::Error> {
    for (name, one) in usual {
        let (Some(other), Some(buffer)) = (outputs.get(name), view.kernel.buffers.get(name)) else {
            continue;
        };
        if one.digest == other.digest {
            continue;
        }
        if let Some(ulps) = view.kernel.ulps.filter(|_| buffer.scalar.is_float()) {
            let difference = relate::compare(one, other)?;
            if difference.ulps_max.is_none_or(|found| found > u64::from(ulps)) {
                return Ok(Some((name.clone(), format!("the case allows {ulps} ULPs"))));
            }
            continue;
        }
        let permuted = runs.runs.iter().filter(|(change, _)| matches!(change, Change::Turns { .. }));
        let samples = permuted.map(|(_, outputs)| outputs).chain(&runs.perturbed);
        let mut envelope = Envelope::around(one, buffer.scalar)?;
        for sample in samples.filter_map(|outputs| outputs.get(name)) {
            envelope.widen(sample)?;
        }
        if let Some(note) = envelope.left_by(other, SLACK)? {
            return Ok(Some((name.clone(), note)));
        }
    }
    Ok(None)
}
