//! Who runs at a time: a whole workgroup in lock-step, or one invocation; and what each keeps while another runs.

use super::super::code::{Code, Op, Origin, Place, Step};
use super::super::mask::{Active, Mask};
use super::super::split;
use super::control::Level;
use super::erring::Erring;
use super::rows::Rows;
use super::{Flow, Machine, Pause};
use crate::wgsl::random::mixed;

/// Before which steps a run pauses, so that others can have their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Pausing {
    /// Before none.
    Never,
    /// Whole workgroups: before atomic accesses of buffers.
    Workgroups,
    /// Single invocations: before all atomic accesses, and at barriers.
    Invocations,
}

/// What a unit keeps while another runs.
pub(in super::super) struct Kept<'a> {
    pub(super) rows: Rows,
    pub(super) variables: Vec<u32>,
    pub(super) levels: Vec<Level<'a>>,
    pub(super) flows: Vec<Flow>,
    pub(super) trips: Vec<u64>,
    pub(super) frame: usize,
    pub(super) group: [u32; 3],
    pub(super) number: u32,
    pub(super) first: u32,
    /// How much of the step that it pauses at is done.
    pub(super) done: u8,
}

/// Everything that decides what a unit does next, besides memory.
#[derive(PartialEq)]
pub(in super::super) struct Standing<'a> {
    rows: Rows,
    variables: Vec<u32>,
    levels: Vec<Level<'a>>,
    flows: Vec<Flow>,
}

impl Kept<'_> {
    /// Of so many lanes.
    pub(super) fn new(code: &Code, lanes: usize) -> Self {
        let entry = &code.instances[code.entry];
        Self {
            rows: Rows::new(lanes, &code.constants, entry.depth as usize),
            variables: vec![0; code.variables as usize * lanes],
            levels: Vec::new(),
            flows: Vec::new(),
            trips: vec![0; lanes],
            frame: entry.frame as usize,
            group: [0; 3],
            number: 0,
            first: 0,
            done: 0,
        }
    }
}

impl<'a> Machine<'a> {
    /// A unit that has not begun.
    pub(in super::super) fn fresh(&self) -> Kept<'a> {
        Kept::new(self.code, self.lanes)
    }

    /// Lets another unit run, and puts the one that ran in its place.
    pub(in super::super) fn exchange(&mut self, unit: &mut Kept<'a>) {
        std::mem::swap(&mut self.rows, &mut unit.rows);
        std::mem::swap(&mut self.variables, &mut unit.variables);
        std::mem::swap(&mut self.levels, &mut unit.levels);
        std::mem::swap(&mut self.flows, &mut unit.flows);
        std::mem::swap(&mut self.trips, &mut unit.trips);
        std::mem::swap(&mut self.frame, &mut unit.frame);
        std::mem::swap(&mut self.group, &mut unit.group);
        std::mem::swap(&mut self.number, &mut unit.number);
        std::mem::swap(&mut self.first, &mut unit.first);
        std::mem::swap(&mut self.done, &mut unit.done);
    }

    /// Exchanges the memory of the workgroup that runs for that of another; none stands for zeros.
    pub(in super::super) fn exchange_workgroup_memory(&mut self, others: &mut Vec<Vec<u8>>) {
        let own = self.code.spaces.iter().zip(&mut self.spaces);
        let own = own.filter(|(space, _)| space.origin == Origin::Workgroup);
        for (index, (space, bytes)) in own.enumerate() {
            if index == others.len() {
                others.push(vec![0; space.bytes as usize]);
            }
            std::mem::swap(bytes, &mut others[index]);
        }
    }

    /// Sets the unit that runs to the beginning of the program: in workgroup `number`, from lane `first` on.
    pub(in super::super) fn begin(&mut self, number: u32, first: u32) {
        (self.number, self.group, self.first) = (number, split(number, self.grid), first);
        self.epochs = self.epochs.map(|epoch| epoch.wrapping_add(1).max(1));
        // Errors depend on the workgroup alone, and not on those that ran before it.
        self.erring = self.options.perturb.map(|seed| Erring::new(mixed(seed) ^ mixed(!u64::from(number))));
        for (first, words) in &self.code.private {
            for (row, word) in words.iter().enumerate() {
                let start = (*first as usize + row) * self.lanes;
                self.variables[start..start + self.lanes].fill(*word);
            }
        }
        for (builtin, row) in &self.code.builtins {
            self.builtin(*builtin, *row);
        }
        self.trips.fill(0);
        self.flows.clear();
        self.levels.clear();
        self.done = 0;
        self.operations += self.lanes as u64;
        let code = self.code;
        let active = Active::new(Mask::first(self.lanes));
        self.levels.push(Level::entry(&code.instances[code.entry].body, active));
    }

    /// Counts in the trips of the unit that runs.
    pub(in super::super) fn count_trips(&mut self) {
        let most = self.trips.iter().copied().max().unwrap_or(0);
        self.trips_max = self.trips_max.max(most);
    }

    /// Where the unit that runs stands.
    pub(in super::super) fn standing(&self) -> Standing<'a> {
        Standing {
            rows: self.rows.clone(),
            variables: self.variables.clone(),
            levels: self.levels.clone(),
            flows: self.flows.clone(),
        }
    }

    /// Whether to pause before this step. The step is the same one when the run goes on after the pause.
    pub(super) fn pause(&mut self, step: &'a Step, active: &Active) -> Option<Pause> {
        let site = step.site;
        let pause = match &step.op {
            Op::Load { from: place, atomic: true, .. }
            | Op::Store { to: place, atomic: true, .. }
            | Op::Atomic { at: place, .. } => self.seen_by_others(place.space).then(|| {
                let access = self.fingerprint(place, active);
                Pause::Access { site, access }
            }),
            Op::Barrier { .. } if self.pausing == Pausing::Invocations => Some(Pause::Barrier { site }),
            Op::UniformLoad { to, from, leaves, .. } if self.pausing == Pausing::Invocations => {
                // Two barriers: all wait, all load, and nobody stores before all have loaded.
                if self.done == 1 {
                    self.load(*to, *from, leaves, active);
                }
                return self.pause_until(2, Pause::Barrier { site });
            }
            _ => None,
        };
        self.pause_until(1, pause?)
    }

    /// Pauses so many times at the step at hand.
    fn pause_until(&mut self, times: u8, pause: Pause) -> Option<Pause> {
        self.done = (self.done + 1) % (times + 1);
        (self.done > 0).then_some(pause)
    }

    /// Whether other units reach this space.
    fn seen_by_others(&self, space: usize) -> bool {
        match self.code.spaces[space].origin {
            Origin::Bound { .. } => true,
            Origin::Workgroup => self.pausing == Pausing::Invocations,
            Origin::Immediate => false,
        }
    }

    /// A number that tells apart accesses of different places (with next to no collisions).
    fn fingerprint(&self, place: &Place, active: &Active) -> u64 {
        let start = mixed((place.space as u64) << 32 | u64::from(place.fixed));
        let Some(places) = place.lanes else { return start };
        let places = self.rows.row(places);
        active.lanes().fold(start, |sum, lane| mixed(sum ^ u64::from(places[lane])))
    }
}
