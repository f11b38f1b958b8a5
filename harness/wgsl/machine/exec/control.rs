//! Control flow under masks. Blocks inside one another are kept in a list and not on the machine's own stack: a run can pause
//! between any two steps, and go on later.

use super::super::code::{Case, Loop, Op, Row, Step};
use super::super::mask::{Active, Mask};
use super::unit::Pausing;
use super::{Flow, Machine, Pause, Stop};

/// A part of the program; the same one where it lies at the same place.
pub(super) struct Part<'a, T: ?Sized>(pub(super) &'a T);

impl<T: ?Sized> Clone for Part<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Part<'_, T> {}

impl<T: ?Sized> PartialEq for Part<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

/// A block that runs.
#[derive(Clone, PartialEq)]
pub(super) struct Level<'a> {
    steps: Part<'a, [Step]>,
    next: usize,
    active: Active,
    stage: Stage<'a>,
}

/// What the block is of the statement around it, and what that statement keeps until its end.
#[derive(Clone, PartialEq)]
enum Stage<'a> {
    Entry,
    Accept { reject: Part<'a, [Step]>, rejected: Mask },
    Reject { accepted: Mask },
    Case(Box<Choice<'a>>),
    Body { repeat: Part<'a, Loop>, site: u32 },
    Continuing { repeat: Part<'a, Loop>, site: u32 },
    Callee { frame: usize, to: Row, from: Row, results: u32 },
}

/// A switch that runs.
#[derive(Clone, PartialEq)]
struct Choice<'a> {
    cases: Part<'a, [Case]>,
    /// Which case runs.
    index: usize,
    /// The lanes that enter each case.
    entering: Vec<Mask>,
    /// Those that are past the switch.
    past: Mask,
}

/// How far the steps of a block went.
enum After<'a> {
    End,
    /// To a statement with blocks inside.
    Control(&'a Step),
    Pause(Pause),
}

impl<'a> Level<'a> {
    fn new(steps: &'a [Step], active: Active, stage: Stage<'a>) -> Self {
        Self { steps: Part(steps), next: 0, active, stage }
    }

    fn restart(&mut self, steps: &'a [Step], active: Active, stage: Stage<'a>) {
        (self.steps, self.next, self.active, self.stage) = (Part(steps), 0, active, stage);
    }

    /// The body of the entry point.
    pub(super) fn entry(steps: &'a [Step], active: Active) -> Self {
        Self::new(steps, active, Stage::Entry)
    }
}

impl<'a> Machine<'a> {
    /// Runs to the next pause, or to the end of the entry point.
    pub(in super::super) fn advance(&mut self) -> Result<Pause, Stop> {
        while let Some(level) = self.levels.last() {
            let (steps, mut next, mut active) = (level.steps.0, level.next, level.active);
            let after = self.steps(steps, &mut next, &mut active)?;
            if matches!(after, After::End) {
                self.leave(active)?;
                continue;
            }
            if let Some(level) = self.levels.last_mut() {
                (level.next, level.active) = (next, active);
            }
            match after {
                After::Pause(pause) => return Ok(pause),
                After::Control(step) => self.enter(step, &active),
                After::End => {}
            }
        }
        Ok(Pause::Ended)
    }

    fn steps(&mut self, steps: &'a [Step], next: &mut usize, active: &mut Active) -> Result<After<'a>, Stop> {
        while let Some(step) = steps.get(*next) {
            if active.count == 0 {
                break;
            }
            if self.pausing != Pausing::Never
                && let Some(pause) = self.pause(step, active)
            {
                return Ok(After::Pause(pause));
            }
            *next += 1;
            self.operations += active.count as u64 * u64::from(step.cost);
            if self.operations > self.options.operations_max {
                return Err(Stop::Operations);
            }
            match &step.op {
                Op::If { .. } | Op::Switch { .. } | Op::Loop(_) | Op::Call { .. } => {
                    return Ok(After::Control(step));
                }
                Op::Break => {
                    if let Some(flow) = self.flows.last_mut() {
                        flow.broken = flow.broken.or(&active.mask);
                    }
                    *active = Active::none();
                }
                Op::Continue => {
                    if let Some(flow) = self.flows.iter_mut().rev().find(|flow| flow.looping) {
                        flow.continued = flow.continued.or(&active.mask);
                    }
                    *active = Active::none();
                }
                Op::Return { to, values } => {
                    for (index, from) in (0..).zip(values.iter()) {
                        self.rows.blend(to + index, *from, active);
                    }
                    *active = Active::none();
                }
                other => self.simple(other, step.site, active),
            }
        }
        Ok(After::End)
    }

    /// Begins the first block of a statement.
    fn enter(&mut self, step: &'a Step, active: &Active) {
        match &step.op {
            Op::If { condition, accept, reject } => {
                let accepted = self.mask_of(*condition, active);
                let rejected = active.mask.without(&accepted);
                // Where all lanes agree, which is often, nothing has to be counted anew.
                let level = if accepted == Mask::NONE {
                    Level::new(reject, *active, Stage::Reject { accepted })
                } else if accept.is_empty() {
                    Level::new(reject, Active::new(rejected), Stage::Reject { accepted })
                } else {
                    let inside = if rejected == Mask::NONE { *active } else { Active::new(accepted) };
                    Level::new(accept, inside, Stage::Accept { reject: Part(reject), rejected })
                };
                self.levels.push(level);
            }
            Op::Switch { selector, cases } => self.switch(*selector, cases, active),
            Op::Loop(repeat) => {
                self.flows.push(Flow { broken: Mask::NONE, continued: Mask::NONE, looping: true });
                let stage = Stage::Body { repeat: Part(repeat), site: step.site };
                self.levels.push(Level::new(&repeat.body, *active, stage));
            }
            Op::Call { instance, arguments, to, results } => {
                self.call(*instance, arguments, (*to, *results), active);
            }
            _ => {}
        }
    }

    /// Goes on after a block that ended with these lanes: with the next block of its statement, or behind the statement.
    fn leave(&mut self, active: Active) -> Result<(), Stop> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        match &mut level.stage {
            Stage::Entry => {
                self.levels.pop();
            }
            Stage::Accept { reject, rejected } => {
                if *rejected == Mask::NONE || reject.0.is_empty() {
                    let both = joined(active, rejected);
                    self.behind(both);
                } else {
                    let (reject, rejected) = (*reject, *rejected);
                    level.restart(reject.0, Active::new(rejected), Stage::Reject { accepted: active.mask });
                }
            }
            Stage::Reject { accepted } => {
                let both = joined(active, accepted);
                self.behind(both);
            }
            Stage::Case(_) => self.next_case(active.mask),
            Stage::Body { repeat, site } => {
                let (repeat, site) = (*repeat, *site);
                self.after_body(repeat, site, active)?;
            }
            Stage::Continuing { repeat, site } => {
                let (repeat, site) = (*repeat, *site);
                self.after_continuing(repeat, site, active);
            }
            Stage::Callee { frame, to, from, results } => {
                let (frame, to, from, results) = (*frame, *to, *from, *results);
                self.levels.pop();
                self.rows.base -= frame;
                self.frame = frame;
                // The lanes that called are those of the block around the call.
                if let Some(caller) = self.levels.last() {
                    for index in 0..results {
                        self.rows.copy(to + index, from + index, &caller.active);
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the statement of the block that runs; the block around it goes on with these lanes.
    fn behind(&mut self, active: Active) {
        self.levels.pop();
        if let Some(around) = self.levels.last_mut() {
            around.active = active;
        }
    }

    /// Turns the block that runs into the next one of its statement.
    fn restart(&mut self, steps: &'a [Step], active: Active, stage: Stage<'a>) {
        if let Some(level) = self.levels.last_mut() {
            level.restart(steps, active, stage);
        }
    }

    /// Lanes in which a condition holds.
    fn mask_of(&self, condition: Row, active: &Active) -> Mask {
        let row = self.rows.row(condition);
        let mut mask = Mask::NONE;
        for (lane, word) in (active.low..active.high).zip(&row[active.low..active.high]) {
            if *word != 0 {
                mask.add(lane);
            }
        }
        mask.and(&active.mask)
    }

    fn switch(&mut self, selector: Row, cases: &'a [Case], active: &Active) {
        let mut entering = Vec::with_capacity(cases.len());
        let mut others = active.mask;
        for case in cases {
            let mut mask = Mask::NONE;
            if let Some(value) = case.value {
                let row = self.rows.row(selector);
                active.lanes().filter(|lane| row[*lane] == value).for_each(|lane| mask.add(lane));
                others = others.without(&mask);
            }
            entering.push(mask);
        }
        for (case, mask) in cases.iter().zip(&mut entering) {
            if case.value.is_none() {
                *mask = others;
            }
        }
        let Some(first) = cases.first() else { return };
        self.flows.push(Flow { broken: Mask::NONE, continued: Mask::NONE, looping: false });
        let active = Active::new(entering[0]);
        let choice = Choice { cases: Part(cases), index: 0, entering, past: Mask::NONE };
        self.levels.push(Level::new(&first.body, active, Stage::Case(Box::new(choice))));
    }

    /// Goes on after a case through whose end these lanes came.
    fn next_case(&mut self, through: Mask) {
        let Some(Level { stage: Stage::Case(choice), .. }) = self.levels.last_mut() else { return };
        let cases = choice.cases.0;
        let mut falling = Mask::NONE;
        if cases[choice.index].falls {
            falling = through;
        } else {
            choice.past = choice.past.or(&through);
        }
        choice.index += 1;
        let past = choice.past.or(&falling);
        if let Some(case) = cases.get(choice.index) {
            let entering = Active::new(choice.entering[choice.index].or(&falling));
            if let Some(level) = self.levels.last_mut() {
                (level.steps, level.next, level.active) = (Part(&*case.body), 0, entering);
            }
        } else {
            let broken = self.flows.pop().map_or(Mask::NONE, |flow| flow.broken);
            self.behind(Active::new(past.or(&broken)));
        }
    }

    fn after_body(&mut self, repeat: Part<'a, Loop>, site: u32, mut running: Active) -> Result<(), Stop> {
        if let Some(flow) = self.flows.last_mut() {
            let continued = std::mem::replace(&mut flow.continued, Mask::NONE);
            if continued != Mask::NONE {
                running = Active::new(running.mask.or(&continued));
            }
        }
        if running.count == 0 {
            self.end_loop();
            return Ok(());
        }
        self.trip(site, &running)?;
        self.restart(&repeat.0.continuing, running, Stage::Continuing { repeat, site });
        Ok(())
    }

    fn after_continuing(&mut self, repeat: Part<'a, Loop>, site: u32, mut running: Active) {
        if let Some(condition) = repeat.0.break_if {
            let ends = self.mask_of(condition, &running);
            if let Some(flow) = self.flows.last_mut() {
                flow.broken = flow.broken.or(&ends);
            }
            running = Active::new(running.mask.without(&ends));
        }
        if running.count == 0 {
            self.end_loop();
        } else {
            self.restart(&repeat.0.body, running, Stage::Body { repeat, site });
        }
    }

    fn end_loop(&mut self) {
        let broken = self.flows.pop().map_or(Mask::NONE, |flow| flow.broken);
        self.behind(Active::new(broken));
    }

    /// Counts a trip of each lane; a loop without any step still uses up the budget.
    fn trip(&mut self, site: u32, active: &Active) -> Result<(), Stop> {
        let mut most = 0;
        if active.dense() {
            for trips in &mut self.trips[active.low..active.high] {
                *trips += 1;
                most = most.max(*trips);
            }
        } else {
            for lane in active.lanes() {
                self.trips[lane] += 1;
                most = most.max(self.trips[lane]);
            }
        }
        if most > self.options.loop_trips_max { Err(Stop::Loops(site)) } else { Ok(()) }
    }

    fn call(&mut self, instance: usize, arguments: &[Row], (to, results): (Row, u32), active: &Active) {
        let code = self.code;
        let callee = &code.instances[instance];
        let frame = self.frame;
        let above = u32::try_from(frame).unwrap_or(0);
        for (index, from) in (0..).zip(arguments) {
            self.rows.copy(above + index, *from, active);
        }
        self.rows.base += frame;
        self.frame = callee.frame as usize;
        let stage = Stage::Callee { frame, to, from: above + callee.results, results };
        self.levels.push(Level::new(&callee.body, *active, stage));
    }
}

/// Some lanes and others.
fn joined(active: Active, others: &Mask) -> Active {
    if *others == Mask::NONE { active } else { Active::new(active.mask.or(others)) }
}
