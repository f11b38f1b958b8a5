//! Runs kernels: on the reference machine in this process, on adapters in children of it.

mod adapters;
mod alone;
mod buffers;
mod envelope;
mod interleave;
mod reference;

use std::collections::BTreeMap;

use crate::artifact::Artifact;
use crate::case::Kernel;
use crate::plan::KernelPlan;
use crate::plan::kernel::Change;
use crate::wgsl::machine::{self, Kind};

use super::adapter::AdapterFacts;
use super::clock::Stopwatch;
use super::store::Store;
use super::{Error, interrupt};

pub use adapters::{LOOP_TRIPS_MAX, Setting, is_llvmpipe, no_adapter};
pub use alone::{Watched, alone, inputs, npy, numbers};
pub use envelope::Envelope;
pub use interleave::{Interleaved, Interleaving};

/// Everything that was run of a kernel.
#[derive(Clone, Debug)]
pub struct KernelRuns {
    /// On the reference machine; `Err` says what it cannot interpret.
    pub reference: Result<ReferenceRuns, String>,
    /// On every adapter; several times on one where its driver's settings were changed.
    pub adapters: Vec<AdapterRuns>,
    /// Why there is no adapter, where there is none.
    pub no_adapter: Option<String>,
    /// Executions, repetitions included.
    pub executions: usize,
    /// Wall time of all of it, in microseconds.
    pub wall_us: u64,
}

/// What buffers held after a run, by name. Kept by content, so that equal ones are the same artifacts.
pub type Outputs = BTreeMap<String, Artifact>;

/// What ran on the reference machine.
#[derive(Clone, Debug, Default)]
pub struct ReferenceRuns {
    /// What was seen of each pass while every access was watched.
    pub findings: Vec<(usize, machine::Finding)>,
    /// Races with subgroups of another size: the size, the pass and what was seen.
    pub resized: Vec<(u32, usize, machine::Finding)>,
    /// Operations of which the source says that their result depends on who comes first.
    pub sensitive: Vec<machine::OrderSensitive>,
    /// The most loop trips of one invocation in one pass.
    pub loop_trips: u64,
    /// Where a run ended that passed its budget.
    pub unfinished: Option<String>,
    /// What each change left.
    pub runs: BTreeMap<Change, Outputs>,
    /// What interrupting workgroups and invocations showed.
    pub interleaved: Interleaved,
    /// The first rows of what the baseline left, by their number.
    pub rows: BTreeMap<u64, Outputs>,
    /// Changes that were not tried because the kernel is too long for it.
    pub left_out: usize,
    /// What runs left in which every operation erred at random, as far as WGSL allows.
    pub perturbed: Vec<Outputs>,
    /// Whether the input can show drift at all; `None` where nothing asked.
    pub power: Option<Power>,
}

/// Whether sums and hashes over the same input that do depend on order showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// They did.
    Shown,
    /// They did not: the input cannot show drift.
    None,
    /// The kernel reads nothing.
    NoInput,
}

impl ReferenceRuns {
    /// Whether the baseline ran to its end and no invocations raced, so that what it left is the kernel's result.
    #[must_use]
    pub fn have_one_result(&self) -> bool {
        let races = |kind: Kind| matches!(kind, Kind::Race | Kind::BarrierDivergence);
        self.unfinished.is_none() && !self.findings.iter().any(|(_, finding)| races(finding.kind))
    }

    /// What the baseline left.
    #[must_use]
    pub fn usual(&self) -> Outputs {
        self.runs.get(&Change::Nothing).cloned().unwrap_or_default()
    }
}

/// What ran on one adapter with one setting of its driver.
#[derive(Clone, Debug)]
pub struct AdapterRuns {
    /// The adapter.
    pub facts: AdapterFacts,
    /// What differs for all of its runs, where anything does.
    pub setting: Option<Setting>,
    /// What each change left, or why it did not run.
    pub runs: BTreeMap<Change, Result<Left, String>>,
    /// The first rows of what the baseline left, by their number.
    pub rows: BTreeMap<u64, Outputs>,
}

/// What the repetitions of one run left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// By the buffer's name: its distinct contents with their numbers of repetitions, in order of appearance.
    pub contents: BTreeMap<String, Vec<(Artifact, u32)>>,
}

impl Left {
    /// The contents after the first repetition.
    #[must_use]
    pub fn first(&self) -> Outputs {
        self.contents
            .iter()
            .filter_map(|(name, seen)| Some((name.clone(), seen.first()?.0.clone())))
            .collect()
    }

    /// Repetitions, and how many of them left something other than the first.
    #[must_use]
    pub fn deviating(&self) -> (u32, u32) {
        let all = self.contents.values().map(|seen| seen.iter().map(|(_, count)| count).sum::<u32>());
        let first = self.contents.values().map(|seen| seen.first().map_or(0, |(_, count)| *count));
        let total = all.max().unwrap_or(0);
        (total, total.saturating_sub(first.min().unwrap_or(0)))
    }
}

/// Told what is run, so that a person who waits can see it.
pub type Tell<'a> = dyn Fn(&str) + 'a;

/// Runs what a plan asks for.
///
/// # Errors
/// Where a file of ours cannot be written, a fill cannot be made, or we are interrupted. What a kernel or a driver does is in
/// the result.
pub fn run(kernel: &Kernel, plan: &KernelPlan, store: &Store, tell: &Tell<'_>) -> Result<KernelRuns, Error> {
    let watch = Stopwatch::start();
    let scratch = tempfile::Builder::new()
        .prefix("kernel-")
        .tempdir_in(store.session())
        .map_err(Error::io("create", store.session()))?;
    let bench = Bench { kernel, plan, store, folder: scratch.path(), inputs: buffers::inputs(kernel)?, tell };
    let reference = bench.reference()?;
    let mut runs =
        KernelRuns { reference, adapters: Vec::new(), no_adapter: None, executions: 0, wall_us: 0 };
    let guarded = !runs.stays_inside();
    match bench.adapters(guarded)? {
        Ok(adapters) => runs.adapters = adapters,
        Err(reason) => runs.no_adapter = Some(reason),
    }
    runs.executions = executions(&runs);
    runs.wall_us = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(runs)
}

impl KernelRuns {
    /// Whether every index is known to stay inside its array, so that nobody needs to check it.
    fn stays_inside(&self) -> bool {
        self.reference.as_ref().is_ok_and(|runs| {
            let outside = |(_, seen): &(usize, machine::Finding)| seen.kind == machine::Kind::OutOfBounds;
            runs.unfinished.is_none() && !runs.findings.iter().any(outside)
        })
    }
}

fn executions(runs: &KernelRuns) -> usize {
    let reference = runs.reference.as_ref().map_or(0, |reference| {
        reference.runs.len() + reference.perturbed.len() + reference.interleaved.tried
    });
    let left = runs.adapters.iter().flat_map(|adapter| adapter.runs.values().flatten());
    reference + left.map(|left| left.deviating().0 as usize).sum::<usize>()
}

/// What all runs of one kernel share.
struct Bench<'a> {
    kernel: &'a Kernel,
    plan: &'a KernelPlan,
    store: &'a Store,
    folder: &'a std::path::Path,
    /// The bytes of every buffer before a run, by name.
    inputs: BTreeMap<String, Vec<u8>>,
    tell: &'a Tell<'a>,
}

impl Bench<'_> {
    /// The first rows of a whole, for each number of rows that is computed alone.
    fn first_rows(&self, whole: &Outputs) -> Result<BTreeMap<u64, Outputs>, Error> {
        let taken = self.plan.reference.iter().filter_map(|change| match change {
            Change::Rows(count) => Some(*count),
            _ => None,
        });
        taken
            .map(|count| {
                Ok((count, buffers::first_rows(self.kernel, whole, count, self.store, self.folder)?))
            })
            .collect()
    }

    fn go_on(&self, what: &str) -> Result<(), Error> {
        if interrupt::interrupted() {
            return Err(Error::Interrupted);
        }
        (self.tell)(what);
        Ok(())
    }
}
