//! Judges `reference`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::{MACHINE, Verdict, View, difference, drifted, held, name, shown};
use crate::artifact::{self, Artifact};
use crate::judge::skipped;
use crate::plan::kernel::Change;
use crate::relate;
use crate::run::kernel::{Envelope, Outputs, ReferenceRuns};
use crate::wgsl::Scalar;
use crate::wgsl::machine::{Finding, Kind};

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
    let mut bounds = Bounds { runs, usual: &usual, envelopes: BTreeMap::new(), packed: BTreeSet::new() };
    let (mut findings, mut near, mut equal) = (Vec::new(), Vec::new(), 0);
    for (adapter, left) in view.adapters() {
        let outputs = left.first();
        match bounds.left_by(view, &outputs)? {
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
    verdict.notes.extend(arithmetic(view, runs));
    verdict.not_checked.extend(bounds.not_compared());
    Ok(verdict)
}

/// How far an adapter may be away, worked out once for each buffer.
struct Bounds<'a> {
    runs: &'a ReferenceRuns,
    usual: &'a Outputs,
    envelopes: BTreeMap<String, Envelope>,
    /// Buffers of whole numbers that follow from rounded floats.
    packed: BTreeSet<String>,
}

impl Bounds<'_> {
    /// The first buffer with an element that is farther away than allowed, and why.
    fn left_by(
        &mut self,
        view: &View<'_>,
        outputs: &Outputs,
    ) -> Result<Option<(String, String)>, artifact::Error> {
        for (name, one) in self.usual {
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
            let envelope = self.envelope(name, one, buffer.scalar)?;
            if !buffer.scalar.is_float() && envelope.is_spread() {
                // Whole numbers in which floats are packed, or that were rounded from floats: one error turns any digit.
                self.packed.insert(name.clone());
                continue;
            }
            if let Some(note) = envelope.left_by(other, SLACK)? {
                return Ok(Some((name.clone(), note)));
            }
        }
        Ok(None)
    }

    /// The spread of what random errors, and other orders of turns, made of a buffer.
    fn envelope(
        &mut self,
        name: &str,
        usual: &Artifact,
        scalar: Scalar,
    ) -> Result<&Envelope, artifact::Error> {
        match self.envelopes.entry(name.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let turned = |(change, _): &(&Change, &Outputs)| matches!(change, Change::Turns { .. });
                let permuted = self.runs.runs.iter().filter(turned).map(|(_, outputs)| outputs);
                let mut envelope = Envelope::around(usual, scalar)?;
                for sample in permuted.chain(&self.runs.perturbed).filter_map(|outputs| outputs.get(name)) {
                    envelope.widen(sample)?;
                }
                Ok(unknown.insert(envelope))
            }
        }
    }

    /// Numbers that no adapter was held to.
    fn not_compared(&self) -> impl Iterator<Item = String> {
        let some = |(name, envelope): (&String, &Envelope)| {
            let count = envelope.not_finite();
            (count > 0).then(|| {
                format!("{count} numbers of `{name}` that are infinite or NaN: WGSL lets adapters assume that there are none")
            })
        };
        let packed = self.packed.iter().map(|name| {
            format!("`{name}`: its whole numbers follow from floats, whose rounding WGSL leaves open")
        });
        self.envelopes.iter().filter_map(some).chain(packed)
    }
}

/// Operations on whole numbers that are nearly always a mistake, although WGSL says what comes out.
fn arithmetic(view: &View<'_>, runs: &ReferenceRuns) -> Vec<String> {
    let allowed = |seen: &Finding| view.kernel.allow.iter().any(|allow| allow.finding == seen.kind.word());
    let kinds = [Kind::DivisionByZero, Kind::Overflow];
    let seen = runs.findings.iter().map(|(_, seen)| seen);
    let kept = seen.filter(|seen| kinds.contains(&seen.kind) && !allowed(seen));
    kept.map(|seen| {
        let line = seen.first.line.as_ref().map(shown).unwrap_or_default();
        let [x, y, z] = seen.first.invocation;
        format!(
            "{} ({}) by invocation ({x}, {y}, {z}), {line}; {} times",
            seen.kind.word(),
            seen.detail,
            seen.count
        )
    })
    .collect()
}
