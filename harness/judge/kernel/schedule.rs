//! Judges `schedule`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Finding, MACHINE, Verdict, View, difference, drifted, held, name, shown};
use crate::artifact;
use crate::judge::{Cause, skipped, walked};
use crate::plan::kernel::{Change, number};
use crate::relate::Difference;
use crate::run::kernel::{Outputs, Power, ReferenceRuns};
use crate::wgsl::Order;
use crate::wgsl::machine::Sensitivity;

const NAME: &str = "schedule";

/// What the schedules tried on one executor show.
struct Tried {
    on: String,
    /// Schedules tried.
    all: usize,
    /// Those that gave other bits, by what they change.
    guilty: BTreeMap<Vec<&'static str>, Guilty>,
    /// How many gave other bits.
    differing: usize,
}

/// One schedule that gave other bits, of those that change the same.
struct Guilty {
    /// The one that takes least to understand.
    change: Change,
    /// The first that has a number, by which it is run again.
    number: Option<u64>,
    /// How the first buffer differs that does.
    buffer: String,
    difference: Difference,
}

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let reference = match view.reference(NAME) {
        Ok(runs) => Some(runs),
        Err(unclear) if view.adapters().next().is_none() => return Ok(*unclear),
        Err(_) => None,
    };
    let mut tried = Vec::new();
    let racing = view.races();
    if let Some(runs) = reference {
        let usual = runs.usual();
        tried.push(look(
            view,
            MACHINE.to_owned(),
            &usual,
            runs.runs.iter().map(|(change, left)| (change, left.clone())),
        )?);
    }
    // What a race does on an adapter is told by `races`; here counts what an order decides where nothing races.
    if racing && tried.iter().all(|one: &Tried| one.differing == 0) {
        return Ok(skipped(NAME, "invocations race (see `races`), so there is no one result".to_owned()));
    }
    for (adapter, left) in view.adapters() {
        let others =
            adapter.runs.iter().filter_map(|(change, left)| Some((change, left.as_ref().ok()?.first())));
        tried.push(look(view, name(adapter), &left.first(), others)?);
    }
    // Where an interruption decides, no order of turns is to blame for what adapters happened to do.
    let findings = match reference.map(|runs| interleaved(view, runs)).transpose()?.flatten() {
        Some(interrupted) => vec![interrupted],
        None => findings(view, &tried),
    };
    let mut verdict = match findings.first() {
        Some(first) => drifted(NAME, headline(first), findings.clone()),
        None => clean(view, &tried, reference),
    };
    verdict.notes.extend(tried.iter().filter(|one| one.differing > 0).map(rate));
    if let Some(runs) = reference.filter(|_| findings.is_empty()) {
        let interleaved = &runs.interleaved;
        if interleaved.tried > 0 {
            verdict.notes.push(format!("{} interleavings on {MACHINE} changed nothing", interleaved.tried));
        }
        verdict
            .not_checked
            .extend(interleaved.left_out.iter().map(|why| format!("interleavings on {MACHINE}: {why}")));
    }
    if let Some(left_out) = reference.map(|runs| runs.left_out).filter(|count| *count > 0) {
        verdict.not_checked.push(format!(
            "{left_out} of the schedules on {MACHINE}: the kernel is too long for all; audit a smaller size"
        ));
    }
    Ok(verdict)
}

fn is_schedule(change: &Change) -> bool {
    matches!(change, Change::Turns { .. } | Change::Split(_) | Change::Grid(_) | Change::Size(_))
}

fn look<'a>(
    view: &View<'_>,
    on: String,
    usual: &Outputs,
    others: impl Iterator<Item = (&'a Change, Outputs)>,
) -> Result<Tried, artifact::Error> {
    let mut tried = Tried { on, all: 0, guilty: BTreeMap::new(), differing: 0 };
    for (change, outputs) in others.filter(|(change, _)| is_schedule(change)) {
        tried.all += 1;
        if outputs == *usual {
            continue;
        }
        tried.differing += 1;
        let factors = change.factors();
        let known = tried.guilty.get(&factors);
        let number = known.and_then(|known| known.number).or_else(|| number(view.kernel, change));
        if known.is_some() && !is_small(change) {
            continue;
        }
        if let Some((buffer, difference)) = difference(usual.iter(), &outputs)? {
            tried.guilty.insert(factors, Guilty { change: change.clone(), number, buffer, difference });
        }
    }
    Ok(tried)
}

/// Two that change places: easier to understand than a shuffle.
fn is_small(change: &Change) -> bool {
    let swapped = |order: &Order| matches!(order, Order::Swapped(..));
    matches!(change, Change::Turns { workgroups, lanes } if swapped(workgroups) || swapped(lanes))
}

/// One finding for each guilty change, on the first executor that shows any: the reference machine leaves nothing else to
/// chance. A joint change is guilty where none of its parts is alone, a split where no order is.
fn findings(view: &View<'_>, tried: &[Tried]) -> Vec<Finding> {
    let Some(first) = tried.iter().find(|one| !one.guilty.is_empty()) else { return Vec::new() };
    let alone = |factors: &Vec<&str>| factors.len() == 1 && factors[0] != "split";
    let orders = first.guilty.keys().any(alone);
    let guilty = first.guilty.iter().filter(|(factors, _)| !orders || alone(factors));
    let finding = |(factors, guilty): (&Vec<&'static str>, &Guilty)| {
        let found = Some((guilty.buffer.clone(), guilty.difference.clone()));
        let mut finding = view.finding(NAME, &first.on, factors, found);
        finding.source.push(format!("with {}", guilty.change.describe(view.kernel)));
        finding.source.extend(sensitive(view));
        if let Some(number) = guilty.number {
            let _ = write!(finding.rerun, " --schedule {number}");
        }
        finding
    };
    guilty.map(finding).collect()
}

/// The interleaving that decides, if one does.
fn interleaved(view: &View<'_>, runs: &ReferenceRuns) -> Result<Option<Finding>, artifact::Error> {
    let Some(guilty) = &runs.interleaved.guilty else { return Ok(None) };
    let (word, found) = match &guilty.outputs {
        Some(outputs) => ("interleaving", difference(guilty.usual.iter(), outputs)?),
        None => ("stuck", None),
    };
    let mut finding = view.finding(NAME, MACHINE, &[word], found);
    finding.source.clone_from(&guilty.story);
    let _ = write!(finding.rerun, " --schedule {}", guilty.number);
    Ok(Some(finding))
}

/// Operations whose result depends on who comes first.
fn sensitive(view: &View<'_>) -> Vec<String> {
    let Ok(runs) = &view.runs.reference else { return Vec::new() };
    let said = |one: &crate::wgsl::machine::OrderSensitive| {
        let line = one.line.as_ref().map_or_else(String::new, |line| format!(", {}", shown(line)));
        let of = if one.variable.is_empty() { String::new() } else { format!(" in `{}`", one.variable) };
        format!("{}{of}{line}", sentence(one.kind))
    };
    runs.sensitive.iter().map(said).collect()
}

fn sentence(kind: Sensitivity) -> &'static str {
    match kind {
        Sensitivity::FloatSum => "floats added in the order of arrival",
        Sensitivity::Cursor => "a cursor: the place depends on who comes first",
        Sensitivity::LastWriter => "the last to write wins",
        Sensitivity::SubgroupSum => "floats added over a subgroup, whose members the compiler chooses",
        Sensitivity::CompareExchange => "a compare-exchange that the first to come wins",
    }
}

fn headline(first: &Finding) -> String {
    if first.factors == ["stuck"] {
        return "some wait for ever where others are interrupted".to_owned();
    }
    let what = match first.factors.as_slice() {
        [one] if one == "workgroup-order" => "the order of the workgroups",
        [one] if one == "lane-order" => "the order of the invocations in a workgroup",
        [one] if one == "interleaving" => "who is interrupted where",
        [one] if one == "split" => "how the dispatch is split",
        [one] if one == "grid" => "the grid",
        [one] if one == "workgroup-size" => "a size that is an override",
        _ => "the order of workgroups and invocations",
    };
    format!("`{}` depends on {what}", first.artifact.as_deref().unwrap_or_default())
}

fn rate(tried: &Tried) -> String {
    format!("{} of {} schedules gave other bits on {}", tried.differing, tried.all, tried.on)
}

fn clean(view: &View<'_>, tried: &[Tried], reference: Option<&ReferenceRuns>) -> Verdict {
    if reference.and_then(|runs| runs.power) == Some(Power::None) {
        let headline =
            "these inputs cannot show drift: not even sums that depend on order change over them".to_owned();
        let mut verdict = walked::inconclusive(NAME, headline, Cause::NothingVaried);
        verdict.notes.push("fill an input with `spread`: both signs and many exponents".to_owned());
        return verdict;
    }
    let schedules: Vec<String> = tried.iter().map(|one| format!("{} on {}", one.all, one.on)).collect();
    let interleaved = reference.map_or(0, |runs| runs.interleaved.tried);
    if tried.iter().all(|one| one.all == 0) && interleaved == 0 {
        let headline = "no schedule was tried".to_owned();
        return walked::inconclusive(NAME, headline, Cause::NothingVaried);
    }
    held(view, NAME, format!("schedules gave the same bits: {}", schedules.join(", ")))
}
