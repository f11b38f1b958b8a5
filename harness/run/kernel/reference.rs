//! Runs on the reference machine.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bench, Outputs, Power, ReferenceRuns, buffers};
use crate::case::Kernel;
use crate::case::kernel::{Contents, Pass};
use crate::plan::kernel::{Change, Interleavings};
use crate::run::Error;
use crate::wgsl::fill::Fill;
use crate::wgsl::machine::{self, Ended, Options};
use crate::wgsl::{Access, Binding, Memory, Order, Program, Scalar, Source};

/// Lane-operations that all runs of a kernel may take together, the first included: seconds, in an optimised build.
const OPERATIONS_MAX: u64 = 2 << 30;

/// Loop trips of one invocation after which a kernel is taken for one that does not end.
const LOOP_TRIPS_MAX: u64 = 1 << 20;

/// Neighbours that are swapped in search of a small witness.
const NEIGHBOURS: u32 = 16;

/// Numbers of an input that the canary adds up.
const CANARY_WORDS: usize = 4096;

/// Bytes of an input from which on its numbers have an order: two words.
const ORDERED_BYTES: usize = 8;

/// One run of all passes.
pub(super) struct Run {
    /// What the buffers hold, by name.
    pub(super) buffers: BTreeMap<String, Vec<u8>>,
    pub(super) findings: Vec<(usize, machine::Finding)>,
    loop_trips: u64,
    pub(super) operations: u64,
    pub(super) unfinished: Option<String>,
    /// Whether it is the limit on loop trips that was passed.
    pub(super) endless: bool,
}

/// A kernel, and the bytes of every buffer before a run, by name.
pub(super) struct Loaded<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) inputs: &'a BTreeMap<String, Vec<u8>>,
}

impl Bench<'_> {
    /// The runs; `Err` inside says what cannot be interpreted.
    pub(super) fn reference(&self) -> Result<Result<ReferenceRuns, String>, Error> {
        self.go_on("reference machine, every access watched")?;
        let watched = Options { check: true, ..Options::default() };
        let first = match self.execute(&Change::Nothing, &watched) {
            Ok(run) => run,
            Err(why) => return Ok(Err(why)),
        };
        let mut runs = ReferenceRuns {
            sensitive: self
                .kernel
                .passes
                .iter()
                .flat_map(|pass| machine::order_sensitive(&pass.program))
                .collect(),
            loop_trips: first.loop_trips,
            unfinished: first.unfinished.clone(),
            ..ReferenceRuns::default()
        };
        let usual = self.outputs(&first.buffers)?;
        runs.rows = self.first_rows(&usual)?;
        runs.runs.insert(Change::Nothing, usual);
        let each = first.operations.max(1);
        runs.findings = first.findings;
        if runs.unfinished.is_some() {
            return Ok(Ok(runs));
        }
        let quick = Options { threads: threads(&runs), ..Options::default() };
        let mut left = OPERATIONS_MAX.saturating_sub(each);
        for change in self.plan.reference.iter().filter(|change| **change != Change::Nothing) {
            if left < each {
                runs.left_out += 1;
                continue;
            }
            self.go_on(&format!("reference machine, {}", change.describe(self.kernel)))?;
            // Which invocations share a subgroup decides which of them nothing orders.
            let resized = matches!(change, Change::Subgroups(_));
            if let Ok(run) = self.execute(change, if resized { &watched } else { &quick }) {
                left = left.saturating_sub(run.operations);
                if let Change::Subgroups(size) = change {
                    let racing = run.findings.into_iter().filter(|(_, seen)| races(seen));
                    runs.resized.extend(racing.map(|(pass, seen)| (*size, pass, seen)));
                }
                runs.runs.insert(change.clone(), self.outputs(&run.buffers)?);
            }
        }
        self.witnesses(&mut runs, &mut left)?;
        // Where an order of whole turns decides already, or a race, nobody needs to be interrupted to see it.
        if self.plan.interleavings != Interleavings::None && is_settled(&runs) {
            self.interleave(self.plan.interleavings, &mut runs, &mut left)?;
        }
        for seed in 1..=self.plan.perturbed {
            if left < each {
                break;
            }
            let erring = Options { perturb: Some(seed), ..quick.clone() };
            if let Ok(run) = self.execute(&Change::Nothing, &erring) {
                left = left.saturating_sub(run.operations);
                runs.perturbed.push(self.outputs(&run.buffers)?);
            }
        }
        runs.power = self.plan.power.then(|| self.power());
        Ok(Ok(runs))
    }

    /// Where an order of turns decides, looks for two that suffice to change places: that is easier to understand than a
    /// shuffle, and to mend.
    fn witnesses(&self, runs: &mut ReferenceRuns, left: &mut u64) -> Result<(), Error> {
        let usual = runs.usual();
        let (workgroups, lanes) = self.turns();
        for (word, count) in [("workgroup-order", workgroups), ("lane-order", lanes)] {
            let guilty = |(change, outputs): (&Change, &Outputs)| {
                change.factors() == [word] && matches!(change, Change::Turns { .. }) && *outputs != usual
            };
            if !runs.runs.iter().any(guilty) {
                continue;
            }
            for (one, other) in swaps(count) {
                let swapped = Order::Swapped(one, other);
                let (workgroups, lanes) = match word {
                    "workgroup-order" => (swapped, Order::Ascending),
                    _ => (Order::Ascending, swapped),
                };
                let change = Change::Turns { workgroups, lanes };
                let Ok(run) = self.execute(&change, &Options::default()) else { break };
                *left = left.saturating_sub(run.operations);
                let outputs = self.outputs(&run.buffers)?;
                if outputs != usual {
                    runs.runs.insert(change, outputs);
                    break;
                }
                if *left == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// How many workgroups the largest pass has, and invocations in a workgroup of it.
    fn turns(&self) -> (u32, u32) {
        let product = |counts: [u32; 3]| counts.iter().fold(1_u32, |all, count| all.saturating_mul(*count));
        let passes = || self.kernel.passes.iter();
        let workgroups = passes().map(|pass| product(pass.grid)).max();
        let lanes = passes().map(|pass| product(pass.program.workgroup_size())).max();
        (workgroups.unwrap_or(0), lanes.unwrap_or(0))
    }

    fn execute(&self, change: &Change, base: &Options) -> Result<Run, String> {
        Loaded { kernel: self.kernel, inputs: &self.inputs }.execute(change, base)
    }
}

impl Loaded<'_> {
    /// Runs all passes with a change.
    ///
    /// # Errors
    /// What cannot be interpreted.
    pub(super) fn execute(&self, change: &Change, base: &Options) -> Result<Run, String> {
        let mut run = Run {
            buffers: buffers::changed(self.kernel, self.inputs, change),
            findings: Vec::new(),
            loop_trips: 0,
            operations: 0,
            unfinished: None,
            endless: false,
        };
        let scratch = self.kernel.buffers.iter().filter(|(_, buffer)| buffer.is_scratch());
        let mut unset: BTreeSet<&String> = scratch.map(|(name, _)| name).collect();
        for (number, pass) in passes(self.kernel, change).iter().enumerate() {
            let (check, perturb, threads) = (base.check, base.perturb, base.threads);
            let mut options = Options { check, perturb, threads, ..options(pass) };
            if let Change::Turns { workgroups, lanes } = change {
                // Side by side there would be no order.
                options.threads = 1;
                (options.workgroups, options.lanes) = (workgroups.clone(), lanes.clone());
            }
            if let Change::Subgroups(size) = change {
                options.subgroup_size = *size;
            }
            options.operations_max = OPERATIONS_MAX.saturating_sub(run.operations);
            options.unset = places(pass, |name| unset.contains(name));
            let grid = grid(self.kernel, pass, change);
            let outcome =
                dispatch(pass, grid, &mut run.buffers, &options).map_err(|error| error.to_string())?;
            // What an earlier pass may have written is not known to be unset any more.
            unset.retain(|name| !pass.bound.values().any(|bound| bound == *name));
            run.findings.extend(outcome.findings.into_iter().map(|finding| (number, finding)));
            run.loop_trips = run.loop_trips.max(outcome.loop_trips_max);
            run.operations += outcome.operations;
            if let Some(why) = unfinished(&outcome.ended) {
                run.unfinished = Some(why);
                run.endless = matches!(outcome.ended, Ended::LoopBudget { .. });
                break;
            }
        }
        Ok(run)
    }
}

/// The passes with another size where the change is one.
fn passes<'a>(kernel: &'a Kernel, change: &Change) -> &'a [Pass] {
    match change {
        Change::Size(at) => kernel.sizes.get(*at).map_or(&kernel.passes, |(_, passes)| passes),
        _ => &kernel.passes,
    }
}

impl Bench<'_> {
    pub(super) fn passes(&self, change: &Change) -> &[Pass] {
        passes(self.kernel, change)
    }

    pub(super) fn outputs(&self, buffers: &BTreeMap<String, Vec<u8>>) -> Result<Outputs, Error> {
        let read = self.kernel.buffers.iter().filter(|(_, buffer)| buffer.read);
        let kept = read.map(|(name, buffer)| {
            let bytes = buffers.get(name).map(Vec::as_slice).unwrap_or_default();
            Ok((name.clone(), buffers::keep(buffer, bytes, self.store, self.folder)?))
        });
        kept.collect()
    }

    /// Whether what depends on order shows it over the same input: a sum where the kernel adds floats, else a hash.
    fn power(&self) -> Power {
        let inputs = self
            .kernel
            .buffers
            .iter()
            .filter(|(name, buffer)| !buffer.is_scratch() && !is_accumulator(self.kernel, name));
        let mut any = false;
        for (name, buffer) in inputs {
            let words = words(&self.inputs[name], CANARY_WORDS);
            if words.len() < ORDERED_BYTES {
                continue;
            }
            any = true;
            let sums = buffer.scalar == Scalar::F32
                && self.kernel.passes.iter().any(|pass| pass.program.adds_floats());
            if drifts(&words, if sums { "sum" } else { "hash" }) {
                return Power::Shown;
            }
        }
        if any { Power::None } else { Power::NoInput }
    }
}

/// The places of a pass at which these buffers are.
fn places(pass: &Pass, wanted: impl Fn(&String) -> bool) -> BTreeSet<Binding> {
    pass.bound.iter().filter(|(_, name)| wanted(name)).map(|(place, _)| *place).collect()
}

/// Whether a buffer begins as zeros and is written: a sum or a cursor, whose zeros say nothing about the inputs.
fn is_accumulator(kernel: &Kernel, name: &str) -> bool {
    let writes = |pass: &Pass| {
        let slots = pass.program.slots();
        let mut written = slots.iter().filter(|slot| slot.access == Access::ReadWrite);
        written.any(|slot| pass.bound.get(&slot.binding).is_some_and(|bound| bound == name))
    };
    kernel.buffers[name].contents == Contents::Made(Fill::Zeros) && kernel.passes.iter().any(writes)
}

/// Threads for runs in which no order matters: all where nothing raced.
fn threads(runs: &ReferenceRuns) -> usize {
    if runs.findings.iter().any(|(_, seen)| races(seen)) {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

fn races(seen: &machine::Finding) -> bool {
    matches!(seen.kind, machine::Kind::Race | machine::Kind::BarrierDivergence)
}

/// Whether neither a race nor any order of turns has shown that there is more than one result.
fn is_settled(runs: &ReferenceRuns) -> bool {
    let usual = runs.usual();
    let mut turned = runs.runs.iter().filter(|(change, _)| matches!(change, Change::Turns { .. }));
    !runs.findings.iter().any(|(_, seen)| races(seen)) && turned.all(|(_, outputs)| *outputs == usual)
}

/// How a pass runs where nothing is changed.
pub(super) fn options(pass: &Pass) -> Options {
    Options {
        immediates: pass.immediates.clone(),
        loop_trips_max: LOOP_TRIPS_MAX,
        operations_max: OPERATIONS_MAX,
        ..Options::default()
    }
}

/// The buffers that a pass binds, at its places; they are taken out of `buffers` until they are given back.
pub(super) fn lend(pass: &Pass, buffers: &mut BTreeMap<String, Vec<u8>>) -> Memory {
    let mut memory = Memory::new();
    for (at, (place, name)) in pass.bound.iter().enumerate() {
        // What is bound twice is only read: one place has a copy.
        let again = pass.bound.values().skip(at + 1).any(|other| other == name);
        let Some(bytes) = buffers.get_mut(name) else { continue };
        memory.insert(*place, if again { bytes.clone() } else { std::mem::take(bytes) });
    }
    memory
}

/// Gives back what was lent.
pub(super) fn give_back(pass: &Pass, mut memory: Memory, buffers: &mut BTreeMap<String, Vec<u8>>) {
    for (place, name) in &pass.bound {
        buffers.extend(memory.remove(place).map(|bytes| (name.clone(), bytes)));
    }
}

/// Runs one pass over the buffers that it binds.
pub(super) fn dispatch(
    pass: &Pass,
    grid: [u32; 3],
    buffers: &mut BTreeMap<String, Vec<u8>>,
    options: &Options,
) -> Result<machine::Outcome, machine::NotInterpreted> {
    let mut memory = lend(pass, buffers);
    let outcome = machine::run(&pass.program, grid, &mut memory, options);
    give_back(pass, memory, buffers);
    outcome
}

/// Pairs to be swapped: neighbours at the beginning, at the end and between, then the first with the last.
fn swaps(count: u32) -> Vec<(u32, u32)> {
    let Some(last) = count.checked_sub(1).filter(|last| *last > 0) else { return Vec::new() };
    let steps = NEIGHBOURS.min(last);
    let neighbours = (0..steps).map(|step| step * last / steps).map(|one| (one, one + 1));
    let mut pairs: Vec<(u32, u32)> = neighbours.chain([(last - 1, last), (0, last)]).collect();
    let mut seen = BTreeSet::new();
    pairs.retain(|pair| seen.insert(*pair));
    pairs
}

/// The grid of a pass with a change.
pub(super) fn grid(kernel: &Kernel, pass: &Pass, change: &Change) -> [u32; 3] {
    match (change, &kernel.rows) {
        (Change::Grid(at), _) => kernel.grids.get(*at).copied().unwrap_or(pass.grid),
        (Change::Rows(count), Some(rows)) => {
            let mut grid = pass.grid;
            let each = u64::from(grid[rows.axis]) / rows.count.max(1);
            grid[rows.axis] = u32::try_from(each * count).unwrap_or(u32::MAX);
            grid
        }
        _ => pass.grid,
    }
}

fn unfinished(ended: &Ended) -> Option<String> {
    match ended {
        Ended::Whole => None,
        Ended::LoopBudget { line } => {
            let place = line
                .as_ref()
                .map(|line| format!(", last in the loop at line {}", line.number))
                .unwrap_or_default();
            Some(format!("an invocation did not end within {LOOP_TRIPS_MAX} loop trips{place}"))
        }
        Ended::OperationBudget => {
            Some(format!("the kernel needs more than {OPERATIONS_MAX} operations; audit a smaller size"))
        }
    }
}

fn words(bytes: &[u8], most: usize) -> Vec<u8> {
    let whole = bytes.len() / 4 * 4;
    bytes[..whole.min(most * 4)].to_vec()
}

/// One word of input for each invocation, folded into one word in the order of arrival.
const CANARY: &str = "
@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(1) var<storage, read_write> all: array<atomic<u32>, 1>;
@compute @workgroup_size(64)
fn sum(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&data) { return; }
    loop {
        let old = atomicLoad(&all[0]);
        let next = bitcast<u32>(bitcast<f32>(old) + bitcast<f32>(data[id.x]));
        if atomicCompareExchangeWeak(&all[0], old, next).exchanged { break; }
    }
}
@compute @workgroup_size(64)
fn hash(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&data) { return; }
    loop {
        let old = atomicLoad(&all[0]);
        let next = (old ^ data[id.x]) * 16777619u;
        if atomicCompareExchangeWeak(&all[0], old, next).exchanged { break; }
    }
}
";

/// Whether another order of the same words gives another result.
fn drifts(words: &[u8], entry: &str) -> bool {
    let source = Source { name: "canary".to_owned(), text: CANARY.to_owned() };
    let Ok(program) = Program::load(&source, entry, &BTreeMap::new()) else { return false };
    let groups = u32::try_from(words.len().div_ceil(4 * 64)).unwrap_or(1);
    let fold = |order: Order| {
        let options = Options { workgroups: order.clone(), lanes: order, ..Options::default() };
        let place = |binding| Binding { group: 0, binding };
        let mut memory = Memory::from([(place(0), words.to_vec()), (place(1), vec![0; 4])]);
        machine::run(&program, [groups, 1, 1], &mut memory, &options).ok()?;
        memory.remove(&place(1))
    };
    let usual = fold(Order::Ascending);
    [Order::Descending, Order::Shuffled(1), Order::Shuffled(2)].into_iter().any(|order| fold(order) != usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wgsl::fill::fill;

    fn can_show(rule: &Fill, scalar: Scalar, entry: &str) -> bool {
        drifts(&fill(rule, scalar, 1024).unwrap(), entry)
    }

    #[test]
    fn swaps_are_of_two_that_exist() {
        assert_eq!((swaps(0), swaps(1)), (Vec::new(), Vec::new()));
        assert_eq!((swaps(2), swaps(3)), (vec![(0, 1)], vec![(0, 1), (1, 2), (0, 2)]));
        assert!(swaps(1000).iter().all(|(one, other)| one < other && *other < 1000));
        assert!(swaps(1000).contains(&(0, 1)) && swaps(1000).contains(&(998, 999)));
    }

    #[test]
    fn spread_numbers_can_show_drift_and_ones_cannot() {
        assert!(can_show(&Fill::Spread { seed: 7 }, Scalar::F32, "sum"));
        assert!(!can_show(&Fill::Ones, Scalar::F32, "sum"));
        assert!(!can_show(&Fill::Integers { low: 0, high: 9, seed: 1 }, Scalar::F32, "sum"));
        assert!(can_show(&Fill::Iota, Scalar::U32, "hash"));
        assert!(!can_show(&Fill::Zeros, Scalar::U32, "hash"));
    }
}
