//! Interleavings: the same dispatch under many schedules, each with few preemptions.
//!
//! [`super::run`] takes one workgroup after another, so it never shows what happens where one is interrupted by another: updates that are lost, locks,
//! chains of workgroups that count on their predecessors. Here, units (single invocations, or whole workgroups in lock-step) take turns. One unit runs until it
//! ends, waits, or is preempted.
//!
//! # Where units are preempted
//! Before atomic accesses only. All else that two units share is ordered by barriers, or it is a data race, which [`super::run`] finds under
//! any order; so it does not matter for a program without races how the steps between two atomic accesses of a unit are mixed with those
//! of others. Atomics take effect in the order of the schedule: what weaker memory orders allow beyond that is not explored.
//! Most faults of concurrency show with two preemptions or fewer (Musuvathi and Qadeer, PLDI 2007).
//!
//! # What a number stands for
//! Schedule 0 has no preemption, and takes units in ascending order. Numbers below [`Options::systematic`] list all schedules with one preemption, then those with two,
//! up to [`Options::preemptions_max`]: by what comes before the last preemption, and for that preemption first those in favour of the
//! next unit, from the first place to the last, then those in favour of others. Numbers from there on are random, with the number as the seed.
//! A number means the same in every process, for the same program, grid, contents of buffers and options.
//!
//! # Waiting
//! WGSL does not promise that a workgroup goes on while another spins. Here it does: a unit that repeats atomic accesses without any change of memory
//! gives up its turn until memory changes. If all that are left spin, and each has come back to the very state that it was in
//! before, or waits at a barrier for one that has, the run is stuck. Workgroups in lock-step are also stuck where an invocation
//! spins on another of its own workgroup.

mod numbers;
#[cfg(test)]
mod tests;
mod turns;
mod world;

use self::numbers::Numbers;
use self::turns::Turns;
use self::world::{Finish, Hold, World};
use super::code::{Code, Origin};
use super::exec::{Machine, Pausing, check_buffers};
use super::{Ended, Finding, NotInterpreted, line, named, prepared, split};
use crate::wgsl::{Line, Memory, Program};

/// Units of a dispatch that are invocations: each keeps its own state while others run.
const INVOCATIONS_MAX: u64 = 256;
/// Units of a dispatch that are workgroups.
const WORKGROUPS_MAX: u32 = 1 << 12;

/// What takes turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Whole workgroups, in lock-step.
    Workgroups,
    /// Single invocations; barriers wait for all others of the workgroup.
    Invocations,
}

/// How to explore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How to run; the order of workgroups, checks, unset buffers and random errors are left out.
    pub machine: super::Options,
    /// What takes turns. `None`: invocations where there are at most 256 and no subgroup operations, else workgroups.
    pub grain: Option<Grain>,
    /// The most preemptions of one schedule; 0 counts as 1.
    pub preemptions_max: u32,
    /// Numbers below this are listed in order, those from it on are random.
    pub systematic: u64,
}

impl Default for Options {
    fn default() -> Self {
        let machine = super::Options { loop_trips_max: 1 << 16, ..super::Options::default() };
        Self { machine, grain: None, preemptions_max: 2, systematic: 256 }
    }
}

/// What had or did not have its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A workgroup, by its id.
    Workgroup([u32; 3]),
    /// An invocation, by its global id.
    Invocation([u32; 3]),
}

/// A unit was interrupted although it could go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// Who was interrupted.
    pub unit: Unit,
    /// The atomic access that it was about to make.
    pub line: Option<Line>,
    /// Who went on instead.
    pub went_on: Unit,
}

/// A unit that will never go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub unit: Unit,
    /// Where: the barrier, or an atomic access that it repeats.
    pub line: Option<Line>,
    /// Whether it waits at a barrier; else it spins.
    pub at_barrier: bool,
}

/// How a run under a schedule came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As without a schedule.
    Ended(Ended),
    /// Some units wait for ever.
    Stuck(Vec<Waiting>),
}

/// What a run under a schedule gave, besides the contents of the buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Who was interrupted, in the order of time.
    pub preemptions: Vec<Preemption>,
    /// How the run came to its end.
    pub ended: End,
    /// Mistakes: indices out of bounds, barriers that some invocations miss, divisions by zero and the like.
    pub findings: Vec<Finding>,
    /// Scalar operations times lanes.
    pub operations: u64,
}

/// The schedules of a dispatch.
pub struct Explorer<'a> {
    program: &'a Program,
    code: Code,
    grid: [u32; 3],
    options: Options,
    memory: Memory,
    grain: Grain,
    units: u32,
    per_group: u32,
    numbers: Numbers,
}

impl<'a> Explorer<'a> {
    /// Prepares to explore `grid` workgroups over buffers with the contents of `memory`.
    ///
    /// # Errors
    /// What [`super::run`] refuses, more than 4096 workgroups, and, where invocations are asked for, subgroup operations or more than 256 invocations.
    pub fn new(
        program: &'a Program,
        grid: [u32; 3],
        memory: &Memory,
        options: &Options,
    ) -> Result<Self, NotInterpreted> {
        let refuse = |what: String| NotInterpreted { what, line: None };
        let mut options = options.clone();
        options.machine.workgroups = crate::wgsl::Order::Ascending;
        (options.machine.check, options.machine.perturb) = (false, None);
        let (code, groups) = prepared(program, grid, &options.machine)?;
        check_buffers(&code, memory)?;
        let lanes = program.workgroup_size().iter().product::<u32>();
        let few = u64::from(groups) * u64::from(lanes) <= INVOCATIONS_MAX;
        let fine = few && !code.has_subgroup_operations();
        let grain = options.grain.unwrap_or(if fine { Grain::Invocations } else { Grain::Workgroups });
        let per_group = match grain {
            Grain::Invocations if !few => {
                return Err(refuse(format!("more than {INVOCATIONS_MAX} invocations one by one")));
            }
            Grain::Invocations if !fine => {
                return Err(refuse("subgroup operations, invocation by invocation".to_owned()));
            }
            Grain::Invocations => lanes,
            Grain::Workgroups if groups > WORKGROUPS_MAX => {
                return Err(refuse(format!("interleavings of {groups} workgroups")));
            }
            Grain::Workgroups => 1,
        };
        let numbers = Numbers::new(options.preemptions_max);
        let memory = memory.clone();
        let units = groups * per_group;
        Ok(Self { program, code, grid, options, memory, grain, units, per_group, numbers })
    }

    /// What takes turns.
    #[must_use]
    pub fn grain(&self) -> Grain {
        self.grain
    }

    /// Whether there is nothing to explore: fewer than two units, or no atomic accesses that two units share. Then no schedule can
    /// differ from another in a program without data races, because units can tell each other something only through barriers (whose order no
    /// schedule changes) and atomics.
    #[must_use]
    pub fn is_vacuous(&self) -> bool {
        let shared = |origin| match origin {
            Origin::Bound { .. } => true,
            Origin::Workgroup => self.grain == Grain::Invocations && self.per_group > 1,
            Origin::Immediate => false,
        };
        self.units < 2 || !self.code.has_atomics(shared)
    }

    /// How many numbers are worth running, at most `budget`: fewer where the list of schedules ends before. Runs schedules to find out, at
    /// most those with fewer preemptions than allowed, and none that [`Explorer::run`] ran before in ascending order.
    ///
    /// # Errors
    /// As [`Explorer::new`].
    pub fn count(&mut self, budget: u64) -> Result<u64, NotInterpreted> {
        let listed = budget.min(self.options.systematic);
        Ok(if self.measured(listed)? { self.numbers.known() } else { budget })
    }

    /// Runs the schedule with this number over `memory`; buffers keep what the program stored. A number below [`Options::systematic`] that
    /// stands for no schedule because the list ends before it is taken as a random one.
    ///
    /// # Errors
    /// `memory` lacks a buffer, or has one that is too small.
    pub fn run(&mut self, number: u64, memory: &mut Memory) -> Result<Explored, NotInterpreted> {
        let listed = number < self.options.systematic;
        self.measured(if listed { number } else { 1 })?;
        let path = if listed { self.numbers.path(number) } else { None };
        let same = path.is_some() && self.numbers.next() == Some(number) && *memory == self.memory;
        let mut turns = if let Some(path) = path {
            Turns::listed(path)
        } else {
            Turns::random(number, self.units, self.numbers.points(), self.options.preemptions_max)
        };
        let explored = self.under(&mut turns, memory)?;
        if same {
            self.numbers.note(turns.measure());
        }
        Ok(explored)
    }

    /// Measures schedules until `number` is known to stand for one, schedule 0 for all but 0; whether the list ended before.
    fn measured(&mut self, number: u64) -> Result<bool, NotInterpreted> {
        while self.numbers.known() <= number {
            if self.numbers.next().is_none() {
                return Ok(true);
            }
            self.measure()?;
        }
        Ok(false)
    }

    /// Runs the next schedule that more numbers depend on.
    fn measure(&mut self) -> Result<(), NotInterpreted> {
        let path = self.numbers.next().and_then(|next| self.numbers.path(next));
        let mut turns = Turns::listed(path.unwrap_or_default());
        self.under(&mut turns, &mut self.memory.clone())?;
        self.numbers.note(turns.measure());
        Ok(())
    }

    fn under(&self, turns: &mut Turns, memory: &mut Memory) -> Result<Explored, NotInterpreted> {
        let pausing = match self.grain {
            Grain::Workgroups => Pausing::Workgroups,
            Grain::Invocations => Pausing::Invocations,
        };
        let size = self.program.workgroup_size();
        let machine = Machine::new(&self.code, &self.options.machine, size, self.grid, pausing, memory)?;
        let mut world = World::new(machine, self.units, self.per_group);
        let finish = world.run(turns);
        let at = |site| line(self.program, &self.code, site);
        let ended = match finish {
            Finish::Whole => End::Ended(Ended::Whole),
            Finish::Stopped(stop) => End::Ended(super::ended(self.program, &self.code, stop)),
            Finish::Stuck(held) => End::Stuck(
                held.into_iter()
                    .map(|(unit, site, hold)| Waiting {
                        unit: self.unit(unit),
                        line: at(site),
                        at_barrier: hold == Hold::Barrier,
                    })
                    .collect(),
            ),
        };
        let switches = world.switches.iter();
        let preemptions = switches
            .map(|switch| Preemption {
                unit: self.unit(switch.unit),
                line: at(switch.site),
                went_on: self.unit(switch.went_on),
            })
            .collect();
        let machine = world.into_machine();
        let operations = machine.operations;
        let log = machine.give_back(memory);
        let findings = log.all.into_iter().map(|seen| named(self.program, &self.code, self.grid, seen));
        let findings = super::findings::merged(findings.collect());
        Ok(Explored { preemptions, ended, findings, operations })
    }

    fn unit(&self, unit: u32) -> Unit {
        let group = split(unit / self.per_group, self.grid);
        if self.grain == Grain::Workgroups {
            return Unit::Workgroup(group);
        }
        let size = self.program.workgroup_size();
        let local = split(unit % self.per_group, size);
        let global = |axis: usize| group[axis].wrapping_mul(size[axis]).wrapping_add(local[axis]);
        Unit::Invocation(std::array::from_fn(global))
    }
}
