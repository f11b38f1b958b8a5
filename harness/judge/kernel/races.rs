//! Judges `races`.

use std::collections::BTreeSet;

use super::{Finding, MACHINE, Region, Status, Verdict, View, drifted, held, shown};
use crate::case::kernel::{Allow, INLINE};
use crate::run::kernel::ReferenceRuns;
use crate::wgsl::Line;
use crate::wgsl::machine::{self, Access, Kind};

const NAME: &str = "races";

/// Kinds of findings that are this audit's.
pub(super) const KINDS: [Kind; 3] = [Kind::Race, Kind::SameValueWrites, Kind::BarrierDivergence];

pub(super) fn judge(view: &View<'_>) -> Verdict {
    let runs = match &view.runs.reference {
        // What was seen before an endless loop was cut short still counts.
        Ok(runs) if all(runs).next().is_some() => runs,
        _ => match view.reference(NAME) {
            Ok(runs) => runs,
            Err(unclear) => return *unclear,
        },
    };
    let (mut findings, mut notes) = sorted(view, NAME, &KINDS, runs);
    findings.extend(resized(view, runs));
    notes.extend(unused(view, runs));
    let mut verdict = match findings.first() {
        None => held(view, NAME, format!("no two invocations race on {MACHINE}")),
        Some(first) => drifted(NAME, headline(first), findings.clone()),
    };
    verdict.notes = notes;
    if verdict.status == Status::Held {
        verdict.not_checked.push("races on paths that this input does not take".to_owned());
    }
    verdict
}

fn all(runs: &ReferenceRuns) -> impl Iterator<Item = &(usize, machine::Finding)> {
    runs.findings.iter().filter(|(_, finding)| KINDS.contains(&finding.kind))
}

/// Races after which there is no one result.
pub(super) fn found(runs: &ReferenceRuns) -> impl Iterator<Item = &(usize, machine::Finding)> {
    let harmless = |kind: Kind| kind == Kind::SameValueWrites;
    all(runs).filter(move |(_, finding)| !harmless(finding.kind))
}

/// What the reference machine saw of these kinds: findings, and notes of what is allowed.
pub(super) fn sorted(
    view: &View<'_>,
    audit: &str,
    kinds: &[Kind],
    runs: &ReferenceRuns,
) -> (Vec<Finding>, Vec<String>) {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let mut told = BTreeSet::new();
    for (pass, seen) in runs.findings.iter().filter(|(_, seen)| kinds.contains(&seen.kind)) {
        // Passes of one program make the same mistake at the same lines: the first of them tells it.
        let source = view.kernel.passes.get(*pass).map(|pass| &pass.program.source().name);
        let lines = (&seen.first.line, seen.second.as_ref().map(|second| &second.line));
        if !told.insert((source, seen.kind, seen.scope, &seen.variable, lines)) {
            continue;
        }
        match allowed(view, seen) {
            Some(allow) => {
                notes.push(format!(
                    "allowed: {} of `{}` ({})",
                    seen.kind.word(),
                    seen.variable,
                    allow.reason
                ));
            }
            None => findings.push(finding(view, audit, *pass, seen)),
        }
    }
    (findings, notes)
}

/// Races that show only where subgroups have another size than the reference machine's usual one: WGSL leaves it to the compiler.
fn resized(view: &View<'_>, runs: &ReferenceRuns) -> Vec<Finding> {
    let usual: Vec<_> = all(runs).map(|(pass, seen)| (*pass, &seen.variable)).collect();
    let new = |(_, pass, seen): &&(u32, usize, machine::Finding)| {
        !usual.contains(&(*pass, &seen.variable)) && allowed(view, seen).is_none()
    };
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (size, pass, seen) in runs.resized.iter().filter(new) {
        if told.insert((pass, &seen.variable)) {
            let mut finding = finding(view, NAME, *pass, seen);
            finding.source.push(format!("with subgroups of {size} invocations"));
            findings.push(finding);
        }
    }
    findings
}

fn allowed<'a>(view: &View<'a>, seen: &machine::Finding) -> Option<&'a Allow> {
    view.kernel
        .allow
        .iter()
        .find(|allow| allow.finding == seen.kind.word() && allow.variable == seen.variable)
}

/// What is allowed and does not happen.
fn unused<'a>(view: &'a View<'_>, runs: &'a ReferenceRuns) -> impl Iterator<Item = String> + 'a {
    let happens = |allow: &&Allow| {
        let resized = runs.resized.iter().map(|(_, _, seen)| seen);
        !runs
            .findings
            .iter()
            .map(|(_, seen)| seen)
            .chain(resized)
            .any(|seen| seen.kind.word() == allow.finding && seen.variable == allow.variable)
    };
    view.kernel
        .allow
        .iter()
        .filter(happens)
        .map(|allow| format!("no longer needed: `allow` of {} in `{}`", allow.finding, allow.variable))
}

/// Where both accesses stand, each place once; none where the source stands in the case file, whose lines are others.
fn regions(view: &View<'_>, pass: usize, seen: &machine::Finding) -> Vec<Region> {
    let Some(pass) = view.kernel.passes.get(pass) else { return Vec::new() };
    let file = &pass.program.source().name;
    if file == INLINE {
        return Vec::new();
    }
    let lines = [seen.first.line.as_ref(), seen.second.as_ref().and_then(|access| access.line.as_ref())];
    let region = |line: &Line| Region { file: file.clone(), line: line.number, column: line.column };
    let mut regions: Vec<Region> = lines.into_iter().flatten().map(region).collect();
    regions.dedup();
    regions
}

/// One finding of the reference machine.
fn finding(view: &View<'_>, audit: &str, pass: usize, seen: &machine::Finding) -> Finding {
    let mut finding = view.finding(audit, MACHINE, &[seen.kind.word()], None);
    let at = |access: &Access| {
        let [x, y, z] = access.invocation;
        let line = access.line.as_ref().map_or_else(|| "no line".to_owned(), shown);
        format!("invocation ({x}, {y}, {z}), {line}")
    };
    if !seen.variable.is_empty() {
        let byte = seen.byte.map(|byte| format!(", byte {byte}")).unwrap_or_default();
        let scope = seen.scope.map(|scope| format!(", {}", scope.word())).unwrap_or_default();
        finding.source.push(format!("variable `{}`{byte}{scope}", seen.variable));
    }
    finding.source.push(at(&seen.first));
    finding.source.extend(seen.second.as_ref().map(at));
    finding.regions = regions(view, pass, seen);
    if !seen.detail.is_empty() {
        finding.source.push(seen.detail.clone());
    }
    if seen.count > 1 {
        finding.source.push(format!("{} times in all", seen.count));
    }
    let passes = &view.kernel.passes;
    if let Some(one) = passes.get(pass).filter(|_| passes.len() > 1) {
        finding.stage.clone_from(&one.program.entry().name);
        finding.source.push(format!("in pass {} of {}", pass + 1, passes.len()));
    }
    finding
}

fn headline(first: &Finding) -> String {
    let what = first.source.first().map(String::as_str).unwrap_or_default();
    match first.factors.first().map(String::as_str) {
        Some("barrier-divergence") => "not all invocations of a workgroup reach a barrier".to_owned(),
        Some("same-value-writes") => format!("invocations write the same value to one place: {what}"),
        _ => format!("two invocations race: {what}"),
    }
}
