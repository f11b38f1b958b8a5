//! Judges `memory`.

use super::{Finding, MACHINE, Verdict, View, difference, drifted, held, name, races};
use crate::artifact;
use crate::plan::kernel::Change;
use crate::run::kernel::{AdapterRuns, Outputs};
use crate::wgsl::machine::Kind;

const NAME: &str = "memory";

/// Kinds of findings that are this audit's.
pub(super) const KINDS: [Kind; 3] = [Kind::OutOfBounds, Kind::UnsetRead, Kind::InactiveLane];

/// Contents that mean nothing, the first of which the others are compared with.
const POISONS: [Change; 3] = [Change::Poison(0x00), Change::Poison(0xff), Change::Poison(0x7f)];

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let reference = match view.reference(NAME) {
        Ok(runs) => Some(runs),
        Err(unclear) if view.adapters().next().is_none() => return Ok(*unclear),
        Err(_) => None,
    };
    let (mut findings, mut notes, mut unvaried) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(runs) = reference {
        (findings, notes) = races::sorted(view, NAME, &KINDS, runs);
        findings.extend(poisoned(view, MACHINE, &|change| runs.runs.get(change).cloned())?);
    }
    let undecided = view.has_no_one_result().is_some();
    for (adapter, _) in view.adapters() {
        // A result that changes by itself cannot be blamed on what stood in a buffer.
        if undecided || !is_stable(adapter) {
            unvaried.push(name(adapter));
            continue;
        }
        if !findings.iter().any(|finding| finding.factors.iter().any(|word| word == "poison")) {
            findings.extend(poisoned(view, &name(adapter), &|change| outputs(adapter, change))?);
        }
        let reads_unset =
            findings.iter().any(|finding| finding.factors.iter().any(|word| word == "unset-read"));
        for finding in around(view, adapter)? {
            if reads_unset || finding.factors != ["zeroing"] {
                findings.push(finding);
            } else {
                notes.push(format!(
                    "{}: the result counts on the zeros that WGSL puts into workgroup memory",
                    name(adapter)
                ));
            }
        }
    }
    if !unvaried.is_empty() {
        let adapters = unvaried.join(" and ");
        notes.push(format!(
            "memory was not varied on {adapters}, since the result depends on the order of turns"
        ));
    }
    if reference.is_none() {
        notes.push(format!(
            "{MACHINE} cannot run it, so accesses were not watched, nor were checks of indices switched off"
        ));
    }
    let mut verdict = match findings.first() {
        None => {
            held(view, NAME, "what stands in memory that nobody wrote does not reach the result".to_owned())
        }
        Some(first) => drifted(NAME, headline(first), findings.clone()),
    };
    verdict.notes = notes;
    Ok(verdict)
}

fn outputs(adapter: &AdapterRuns, change: &Change) -> Option<Outputs> {
    Some(adapter.runs.get(change)?.as_ref().ok()?.first())
}

/// Whether nothing about the order of turns changed the result.
fn is_stable(adapter: &AdapterRuns) -> bool {
    let Some(usual) = outputs(adapter, &Change::Nothing) else { return false };
    adapter.runs.iter().all(|(change, left)| match (change, left) {
        (Change::Nothing, Ok(left)) => left.deviating().1 == 0,
        (Change::Turns { .. } | Change::Split(_), Ok(left)) => left.first() == usual,
        _ => true,
    })
}

fn poisoned(
    view: &View<'_>,
    on: &str,
    outputs: &dyn Fn(&Change) -> Option<Outputs>,
) -> Result<Option<Finding>, artifact::Error> {
    let Some(one) = outputs(&POISONS[0]) else { return Ok(None) };
    for other in POISONS[1..].iter().filter_map(outputs) {
        if let Some(found) = difference(one.iter(), &other)? {
            return Ok(Some(view.finding(NAME, on, &["poison"], Some(found))));
        }
    }
    Ok(None)
}

/// What lies behind buffers, workgroup memory that was not set to zero, and indices that nothing checks.
fn around(view: &View<'_>, adapter: &AdapterRuns) -> Result<Vec<Finding>, artifact::Error> {
    let pairs = [
        (Change::Poison(0xff), Change::Padding, "padding"),
        (Change::Nothing, Change::Unzeroed, "zeroing"),
        (Change::Nothing, Change::Unguarded, "bounds-checks"),
    ];
    let mut findings = Vec::new();
    for (before, after, word) in pairs {
        let (Some(one), Some(other)) = (outputs(adapter, &before), outputs(adapter, &after)) else {
            continue;
        };
        if let Some(found) = difference(one.iter(), &other)? {
            findings.push(view.finding(NAME, &name(adapter), &[word], Some(found)));
        }
    }
    Ok(findings)
}

fn headline(first: &Finding) -> String {
    let what = first.source.first().map(String::as_str).unwrap_or_default();
    let buffer = first.artifact.as_deref().unwrap_or_default();
    match first.factors.first().map(String::as_str) {
        Some("out-of-bounds") => format!("an index lies outside: {what}"),
        Some("unset-read") => format!("memory is read that nobody wrote: {what}"),
        Some("padding") => format!("what lies behind a buffer reaches `{buffer}`"),
        Some("inactive-lane") => format!("a value is taken from an invocation that takes no part: {what}"),
        Some("bounds-checks") => format!("an adapter that does not check indices changes `{buffer}`"),
        Some("zeroing") => format!("workgroup memory that was not set to zero reaches `{buffer}`"),
        _ => format!("`{buffer}` keeps what stood in it, or in another buffer, before the run"),
    }
}
