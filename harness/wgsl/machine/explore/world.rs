//! One run under a schedule: units that take turns on one machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::super::exec::{Kept, Machine, Pause, Standing, Stop};
use super::super::findings::Who;
use super::turns::{Turns, after};

/// Repeated accesses in a row that find memory as it was: a unit that makes so many only waits. Divisible by the lengths of short loops, so that a
/// unit that spins stands where it stood so many accesses before.
const PATIENCE: u32 = 60;

/// Points in a row after which others have their turn, whatever the unit does.
const SHARE: u32 = 4096;

/// Accesses of one place by one statement, with memory as it was, that count as places for preemptions; at later ones of a row, nothing new can
/// come of a preemption but another count of trips.
const REPEATS: u32 = 3;

/// Different accesses that are remembered of a row.
const ACCESSES_MAX: usize = 1 << 12;

/// Why a unit did not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Barrier,
    Spinning,
}

/// How a run came to its end.
pub(super) enum Finish {
    Whole,
    Stopped(Stop),
    /// Units that wait for ever, with the sites.
    Stuck(Vec<(u32, u32, Hold)>),
}

/// A preemption, by numbers.
pub(super) struct Switch {
    pub(super) unit: u32,
    pub(super) site: u32,
    pub(super) went_on: u32,
}

/// One unit.
#[derive(Default)]
struct Slot<'a> {
    kept: Option<Kept<'a>>,
    begun: bool,
    at_barrier: bool,
    /// Where it paused last.
    site: u32,
    /// Changes of memory when it paused last.
    changes: u64,
    /// Accesses since, with how often they were made.
    accesses: BTreeMap<(u32, u64), u32>,
    repeated: u32,
    /// Where it stood when it last gave up its turn while nobody else could go on.
    standing: Option<Box<Standing<'a>>>,
    /// It has come back to where it stood: without a change of memory it will do so for ever.
    forever: bool,
}

pub(super) struct World<'a> {
    machine: Machine<'a>,
    slots: Vec<Slot<'a>>,
    /// Units in a workgroup.
    per_group: u32,
    /// Units that can go on, the one that runs among them.
    ready: BTreeSet<u32>,
    /// Units that only wait for memory to change.
    spinning: BTreeSet<u32>,
    /// Of each workgroup: the contents of its memory while another's units run.
    locals: Vec<Vec<Vec<u8>>>,
    /// Of each workgroup: units that have not ended, and those of them that wait at a barrier.
    alive: Vec<(u32, u32)>,
    running: Option<u32>,
    changes: u64,
    /// Points since the last switch.
    turn: u32,
    pub(super) switches: Vec<Switch>,
}

impl<'a> World<'a> {
    pub(super) fn new(machine: Machine<'a>, units: u32, per_group: u32) -> Self {
        let groups = (units / per_group.max(1)) as usize;
        Self {
            machine,
            slots: (0..units).map(|_| Slot::default()).collect(),
            per_group,
            ready: (0..units).collect(),
            spinning: BTreeSet::new(),
            locals: vec![Vec::new(); groups],
            alive: vec![(per_group, 0); groups],
            running: None,
            changes: 0,
            turn: 0,
            switches: Vec::new(),
        }
    }

    /// The machine, with memory as it is now.
    pub(super) fn into_machine(self) -> Machine<'a> {
        self.machine
    }

    /// Runs all units to their ends, or until none can go on.
    pub(super) fn run(&mut self, turns: &mut Turns) -> Finish {
        let mut next = turns.after_wait(&self.ready);
        while let Some(unit) = next {
            self.switch(unit);
            next = match self.run_one(unit, turns) {
                Ok(next) => next,
                Err(stop) => {
                    self.machine.count_trips();
                    return Finish::Stopped(stop);
                }
            };
        }
        let held: Vec<_> = self.held().collect();
        if held.is_empty() { Finish::Whole } else { Finish::Stuck(held) }
    }

    /// Runs one unit until another has its turn: which one, or `None` if nobody can go on.
    fn run_one(&mut self, unit: u32, turns: &mut Turns) -> Result<Option<u32>, Stop> {
        loop {
            let pause = self.machine.advance()?;
            self.wake();
            match pause {
                Pause::Access { site, access } => {
                    if let ControlFlow::Break(next) = self.access(unit, (site, access), turns) {
                        return Ok(next);
                    }
                }
                Pause::Barrier { site } => {
                    self.wait(unit, site);
                    return Ok(self.next(unit, turns));
                }
                Pause::Ended => {
                    self.end(unit);
                    return Ok(self.next(unit, turns));
                }
            }
        }
    }

    /// Units that spin can go on once memory has changed.
    fn wake(&mut self) {
        if self.machine.changes == self.changes {
            return;
        }
        self.changes = self.machine.changes;
        for unit in std::mem::take(&mut self.spinning) {
            let slot = &mut self.slots[unit as usize];
            (slot.standing, slot.forever) = (None, false);
            self.ready.insert(unit);
        }
    }

    /// A unit is about to make an atomic access: whether it does so at once, or else who goes on.
    fn access(&mut self, unit: u32, access: (u32, u64), turns: &mut Turns) -> ControlFlow<Option<u32>> {
        let slot = &mut self.slots[unit as usize];
        slot.site = access.0;
        if slot.changes != self.changes || slot.accesses.len() >= ACCESSES_MAX {
            slot.changes = self.changes;
            slot.accesses.clear();
            slot.repeated = 0;
        }
        let times = slot.accesses.entry(access).or_default();
        *times += 1;
        let new = *times <= REPEATS;
        if *times > 1 {
            slot.repeated += 1;
        }
        if slot.repeated >= PATIENCE {
            slot.repeated = 0;
            slot.accesses.clear();
            return ControlFlow::Break(self.give_up(unit, turns));
        }
        self.turn += 1;
        if self.turn >= SHARE && self.ready.len() > 1 {
            return ControlFlow::Break(turns.after_share(unit, &self.ready));
        }
        if new && let Some(went_on) = turns.preempt(unit, &self.ready) {
            self.switches.push(Switch { unit, site: access.0, went_on });
            return ControlFlow::Break(Some(went_on));
        }
        ControlFlow::Continue(())
    }

    /// A unit only waits for others.
    fn give_up(&mut self, unit: u32, turns: &mut Turns) -> Option<u32> {
        self.ready.remove(&unit);
        self.spinning.insert(unit);
        if self.ready.is_empty() {
            let slot = &mut self.slots[unit as usize];
            let standing = Box::new(self.machine.standing());
            slot.forever = slot.standing.as_ref() == Some(&standing);
            slot.standing = Some(standing);
        }
        self.next(unit, turns)
    }

    fn wait(&mut self, unit: u32, site: u32) {
        let slot = &mut self.slots[unit as usize];
        (slot.site, slot.at_barrier) = (site, true);
        (slot.standing, slot.forever) = (None, false);
        self.ready.remove(&unit);
        self.spinning.remove(&unit);
        let group = unit / self.per_group;
        self.alive[group as usize].1 += 1;
        self.open_barrier(group);
    }

    /// Lets the units of a workgroup through its barrier when all wait there that have not ended.
    fn open_barrier(&mut self, group: u32) {
        let (alive, waiting) = &mut self.alive[group as usize];
        if *waiting < *alive || *waiting == 0 {
            return;
        }
        *waiting = 0;
        self.note_divergence(group);
        for unit in self.members(group) {
            let slot = &mut self.slots[unit as usize];
            if std::mem::take(&mut slot.at_barrier) {
                slot.accesses.clear();
                slot.repeated = 0;
                self.ready.insert(unit);
            }
        }
    }

    /// Notes each barrier at which some units of a workgroup wait, but not all.
    fn note_divergence(&mut self, group: u32) {
        let waits_at = |unit: u32| {
            let slot = &self.slots[unit as usize];
            slot.at_barrier.then_some(slot.site)
        };
        let sites: BTreeSet<u32> = self.members(group).filter_map(waits_at).collect();
        let mut diverged = Vec::new();
        for site in sites {
            let reached = self.members(group).filter(|unit| waits_at(*unit) == Some(site)).count() as u64;
            let first = self.members(group).position(|unit| waits_at(unit) == Some(site));
            let missing = self.members(group).position(|unit| waits_at(unit) != Some(site));
            if let (Some(first), Some(missing)) = (first, missing) {
                let lane = u32::try_from(first).unwrap_or(u32::MAX);
                diverged.push((Who { group, lane, site }, (missing, reached, u64::from(self.per_group))));
            }
        }
        for (first, missing) in diverged {
            self.machine.diverged(first, "the workgroup", missing);
        }
    }

    /// The units of a workgroup.
    fn members(&self, group: u32) -> std::ops::Range<u32> {
        group * self.per_group..(group + 1) * self.per_group
    }

    fn end(&mut self, unit: u32) {
        self.machine.count_trips();
        self.ready.remove(&unit);
        self.spinning.remove(&unit);
        self.slots[unit as usize] = Slot::default();
        self.slots[unit as usize].begun = true;
        let group = unit / self.per_group;
        self.alive[group as usize].0 -= 1;
        self.open_barrier(group);
    }

    /// Who goes on when `unit` does not: one that is ready, else one of those that spin and might still end by themselves.
    fn next(&self, unit: u32, turns: &Turns) -> Option<u32> {
        if let Some(next) = turns.after_wait(&self.ready) {
            return Some(next);
        }
        let open = self.spinning.iter().copied().filter(|unit| !self.slots[*unit as usize].forever);
        after(unit, &open.collect())
    }

    /// Units that have not ended, where they are, and why.
    fn held(&self) -> impl Iterator<Item = (u32, u32, Hold)> {
        (0..).zip(&self.slots).filter_map(|(unit, slot)| {
            let hold = if slot.at_barrier { Hold::Barrier } else { Hold::Spinning };
            (slot.at_barrier || self.spinning.contains(&unit)).then_some((unit, slot.site, hold))
        })
    }

    /// Gives the machine to a unit.
    fn switch(&mut self, unit: u32) {
        if self.running == Some(unit) {
            return;
        }
        self.turn = 0;
        let mut kept = self.slots[unit as usize].kept.take().unwrap_or_else(|| self.machine.fresh());
        self.machine.exchange(&mut kept);
        let (group, lane) = (unit / self.per_group, unit % self.per_group);
        if let Some(last) = self.running {
            let last_group = (last / self.per_group) as usize;
            if last_group != group as usize {
                self.machine.exchange_workgroup_memory(&mut self.locals[group as usize]);
                self.locals.swap(group as usize, last_group);
            }
            let ended = !(self.ready.contains(&last)
                || self.spinning.contains(&last)
                || self.slots[last as usize].at_barrier);
            if !ended {
                self.slots[last as usize].kept = Some(kept);
            }
            if self.alive[last_group].0 == 0 {
                self.locals[last_group] = Vec::new();
            }
        }
        self.running = Some(unit);
        if !std::mem::replace(&mut self.slots[unit as usize].begun, true) {
            self.machine.begin(group, lane);
        }
    }
}
