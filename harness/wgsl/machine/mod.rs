//! The reference machine: an interpreter of WGSL compute programs that needs no driver, gives the same bits everywhere, and watches the
//! program for races, divergent barriers, indices out of bounds and reads of what nobody stored.
//!
//! # Arithmetic
//! `f32` is IEEE binary32, rounded to nearest even, subnormals kept, nothing contracted or reordered; `fma` is fused. `f16` is computed in
//! `f32` and rounded once, `f64` is binary64. Exponentials, logarithms, powers, roots' inverses, trigonometric and hyperbolic functions
//! are those of the crate `libm` in `f64`, rounded once to the type: nearly always the correctly rounded value. What WGSL
//! defines by a formula (`mix`, `smoothstep`, `length`, `normalize`, `refract`, matrix products ...) is that formula, sums from the first
//! term to the last. `%` of floats is exact (`fmod`). `min` and `max` give the other operand where one is NaN. `x / 0` is `x` and `x % 0` is 0 for integers; shifts
//! are taken modulo the width; floats converted to integers are cut off towards zero and kept inside the range, NaN becomes 0.
//!
//! # Memory
//! An index beyond the end is a finding; a load then reads the last element (zero where there is none), a store or atomic does nothing.
//! Workgroup variables are zeros when a workgroup begins, but reading one that the program did not store is a finding; atomics in
//! workgroup memory may begin at zero, as counters do.
//!
//! # Order
//! Workgroups run one after another, each to its end, in [`Options::workgroups`]; within one, all invocations take each statement together, and
//! where it stores, in [`Options::lanes`]. This is one of the many interleavings that WGSL allows; races do not depend on it,
//! because they are found by what is ordered and not by what comes out. Finer interleavings, where what comes out can depend on the order of
//! atomics, are those of [`explore`].
//!
//! `workgroupBarrier` orders accesses of workgroup variables, `storageBarrier` those of buffers, both only inside the workgroup; `subgroupBarrier` orders no memory.
//! Nothing orders accesses of different workgroups of one dispatch, atomics included (they are relaxed), but two atomic accesses never race.
//!
//! # Not interpreted
//! Textures, samplers, ray queries, cooperative matrices, arrays of bindings, workgroups of more than 1024 invocations.
//!
//! # Time
//! A run takes one core. Where the caller knows that no two workgroups touch the same place of a buffer, [`Options::threads`] of them run at a
//! time, to the same bits.

mod code;
mod exec;
pub mod explore;
mod findings;
mod lower;
mod mask;
mod parallel;
mod sensitive;
mod shadow;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use findings::{Access, Finding, Kind, Scope};
pub use sensitive::{OrderSensitive, Sensitivity, order_sensitive};

use self::code::Code;
use self::exec::{Machine, Pausing, Stop};
use self::findings::{Log, Seen, Who};
use super::{Binding, Line, Memory, Order, Program};

/// How to run a dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Turns of the workgroups in the grid.
    pub workgroups: Order,
    /// Turns of the invocations of a workgroup where they store, or do atomics.
    pub lanes: Order,
    /// Invocations in a subgroup, 4 to 128.
    pub subgroup_size: u32,
    /// Whether races and reads of what was not stored are looked for; slower.
    pub check: bool,
    /// Buffers whose contents nobody wrote: reading an element before the dispatch stored it is a finding.
    pub unset: BTreeSet<Binding>,
    /// Where random errors begin: every inexact operation of floats errs by up to as much as WGSL allows it. `None` for none.
    pub perturb: Option<u64>,
    /// Contents of immediate data; zeros beyond their end.
    pub immediates: Vec<u8>,
    /// Trips of one invocation through all its loops together; one more ends the run.
    pub loop_trips_max: u64,
    /// Scalar operations times lanes of the whole dispatch; one more ends the run.
    pub operations_max: u64,
    /// Workgroups to run at a time, each on a thread of its own; 1 for one after another. With more than one the caller promises that the program
    /// has no data race on buffers: what comes out is then the same to the last bit, findings and counts included. Workgroups run one after another
    /// all the same where [`Options::check`] is on, where the program has atomics in buffers, and where the copies of the
    /// buffers that threads work on would be too large.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workgroups: Order::Ascending,
            lanes: Order::Ascending,
            subgroup_size: 32,
            check: false,
            unset: BTreeSet::new(),
            perturb: None,
            immediates: Vec::new(),
            loop_trips_max: 1 << 24,
            operations_max: 1 << 36,
            threads: 1,
        }
    }
}

/// How a run came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every workgroup ran to its end.
    Whole,
    /// An invocation made more trips through loops than allowed.
    LoopBudget {
        /// Where the loop is that it was in.
        line: Option<Line>,
    },
    /// The dispatch made more operations than allowed.
    OperationBudget,
}

/// What a run gave, besides the contents of the buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Mistakes, sorted by kind, variable and lines.
    pub findings: Vec<Finding>,
    /// The most trips through loops that one invocation made.
    pub loop_trips_max: u64,
    /// Scalar operations times lanes.
    pub operations: u64,
    /// How the run came to its end.
    pub ended: Ended,
}

/// Why a program was not run: something that the machine does not interpret, or buffers that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not interpreted: {what}{}", line.as_ref().map(|line| format!(" (line {})", line.number)).unwrap_or_default())]
pub struct NotInterpreted {
    /// What it is.
    pub what: String,
    /// Where in the source.
    pub line: Option<Line>,
}

/// Runs one dispatch of `grid` workgroups over `memory`; buffers keep what the program stored, also where the run ends before its time.
///
/// # Errors
/// Before anything is run: the program uses what the machine does not interpret, a buffer is missing or too small, or an option is out of its range.
pub fn run(
    program: &Program,
    grid: [u32; 3],
    memory: &mut Memory,
    options: &Options,
) -> Result<Outcome, NotInterpreted> {
    let (code, groups) = prepared(program, grid, options)?;
    let dispatch = Dispatch { code: &code, size: program.workgroup_size(), grid, groups, options };
    let lap = match parallel::run(dispatch, memory)? {
        Some(lap) => lap,
        None => dispatch.lap(turns(&options.workgroups, groups), memory)?,
    };
    let ended = lap.stopped.map_or(Ended::Whole, |stop| ended(program, &code, stop));
    let named = lap.log.all.into_iter().map(|seen| named(program, &code, grid, seen)).collect();
    let (loop_trips_max, operations) = (lap.loop_trips_max, lap.operations);
    Ok(Outcome { findings: findings::merged(named), loop_trips_max, operations, ended })
}

/// What runs, and how.
#[derive(Clone, Copy)]
struct Dispatch<'a> {
    code: &'a Code,
    size: [u32; 3],
    grid: [u32; 3],
    groups: u32,
    options: &'a Options,
}

/// What some workgroups gave.
struct Lap {
    log: Log,
    loop_trips_max: u64,
    operations: u64,
    stopped: Option<Stop>,
}

impl Dispatch<'_> {
    /// Runs workgroups one after another, until one stops.
    fn lap(self, turns: impl Iterator<Item = u32>, memory: &mut Memory) -> Result<Lap, NotInterpreted> {
        let mut machine =
            Machine::new(self.code, self.options, self.size, self.grid, Pausing::Never, memory)?;
        let mut stopped = None;
        for turn in turns {
            stopped = machine.workgroup(turn).err();
            if stopped.is_some() {
                break;
            }
        }
        let (loop_trips_max, operations) = (machine.trips_max, machine.operations);
        Ok(Lap { log: machine.give_back(memory), loop_trips_max, operations, stopped })
    }
}

/// The program in the machine's form, and the number of workgroups.
fn prepared(program: &Program, grid: [u32; 3], options: &Options) -> Result<(Code, u32), NotInterpreted> {
    let refuse = |what: String| NotInterpreted { what, line: None };
    if !(4..=128).contains(&options.subgroup_size) {
        return Err(refuse(format!("subgroups of {} invocations", options.subgroup_size)));
    }
    let lowered = super::on_a_deep_stack(|| lower::lower(program));
    let code = lowered.map_err(|error| refuse(format!("no thread for it: {error}")))??;
    let product = grid.iter().fold(1_u128, |product, one| product * u128::from(*one));
    let groups = u32::try_from(product).map_err(|_| refuse(format!("grids of {product} workgroups")))?;
    if options.workgroups != Order::Ascending && groups > 1 << 24 {
        return Err(refuse(format!("grids of {groups} workgroups in another order")));
    }
    Ok((code, groups))
}

/// A run that stopped before its end, with the line in place of the site.
fn ended(program: &Program, code: &Code, stop: Stop) -> Ended {
    match stop {
        Stop::Operations => Ended::OperationBudget,
        Stop::Loops(site) => Ended::LoopBudget { line: line(program, code, site) },
    }
}

fn line(program: &Program, code: &Code, site: u32) -> Option<Line> {
    code.sites.get(site as usize).and_then(|span| program.line(*span))
}

/// The numbers of the workgroups in their order; only those of a permutation are held in memory.
fn turns(order: &Order, groups: u32) -> Box<dyn Iterator<Item = u32>> {
    match order {
        Order::Ascending => Box::new(0..groups),
        other => Box::new(other.of(groups).into_iter()),
    }
}

/// A finding with names, ids and lines in place of numbers.
fn named(program: &Program, code: &Code, grid: [u32; 3], seen: Seen) -> Finding {
    let access = |who: Who| {
        let size = program.workgroup_size();
        let workgroup = split(who.group, grid);
        let local = split(who.lane, size);
        let invocation =
            std::array::from_fn(|axis| workgroup[axis].wrapping_mul(size[axis]).wrapping_add(local[axis]));
        Access { workgroup, invocation, line: line(program, code, who.site) }
    };
    let name = seen.name.and_then(|name| code.names.get(name as usize));
    Finding {
        kind: seen.kind,
        scope: seen.scope,
        variable: name.cloned().unwrap_or_default(),
        byte: seen.byte,
        first: access(seen.first),
        second: seen.second.map(access),
        count: seen.count,
        detail: seen.detail,
    }
}

/// The place of a number in a box of this size, x fastest.
fn split(number: u32, size: [u32; 3]) -> [u32; 3] {
    let [x, y] = [size[0].max(1), size[1].max(1)];
    [number % x, number / x % y, number / x / y]
}
