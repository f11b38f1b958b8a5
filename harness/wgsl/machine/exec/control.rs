//! Control flow under masks, and the steps that need no more than rows.

use super::super::code::{Case, Length, Loop, OUTSIDE, Op, Row, Seat, Slip, Step};
use super::super::findings::{Kind, Seen};
use super::super::mask::{Active, Mask};
use super::arithmetic::Found;
use super::rows::Rows;
use super::{Flow, Machine, Stop};

impl<'a> Machine<'a> {
    pub(super) fn block(&mut self, steps: &'a [Step], active: &mut Active) -> Result<(), Stop> {
        for step in steps {
            if active.count == 0 {
                break;
            }
            self.operations += active.count as u64 * u64::from(step.cost);
            if self.operations > self.options.operations_max {
                return Err(Stop::Operations);
            }
            self.step(step, active)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &'a Step, active: &mut Active) -> Result<(), Stop> {
        let site = step.site;
        match &step.op {
            Op::If { condition, accept, reject } => {
                let yes = self.mask_of(*condition, active);
                let mut accepted = Active::new(yes);
                let mut rejected = Active::new(active.mask.without(&yes));
                self.block(accept, &mut accepted)?;
                self.block(reject, &mut rejected)?;
                *active = Active::new(accepted.mask.or(&rejected.mask));
            }
            Op::Switch { selector, cases } => self.switch(*selector, cases, active)?,
            Op::Loop(repeat) => self.repeat(repeat, site, active)?,
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
            Op::Call { instance, arguments, to, results } => {
                self.call(*instance, arguments, (*to, *results), active)?;
            }
            other => self.simple(other, site, active),
        }
        Ok(())
    }

    /// Steps after which the same lanes go on.
    fn simple(&mut self, op: &'a Op, site: u32, active: &Active) {
        let found = match op {
            Op::Un { op, ty, to, a } => {
                self.rows.un(active, *op, *ty, *to, *a);
                if let Some(erring) = &mut self.erring {
                    erring.un(&mut self.rows, active, (*op, *ty), *to, *a);
                }
                Found::new()
            }
            Op::Bin { op, ty, to, a, b } => {
                let found = self.rows.bin(active, *op, *ty, *to, (*a, *b));
                if let Some(erring) = &mut self.erring {
                    erring.bin(&mut self.rows, active, (*op, *ty), *to, (*a, *b));
                }
                found
            }
            Op::Cast { from, into, to, a } => self.rows.cast(active, *from, *into, *to, *a),
            other => {
                self.plain(other, site, active);
                Found::new()
            }
        };
        for (slip, lane, count) in found {
            self.slip(slip, lane, count, site);
        }
    }

    /// Steps that arithmetic cannot go wrong in.
    fn plain(&mut self, op: &'a Op, site: u32, active: &Active) {
        match op {
            Op::Fma { ty, to, a, b, c } => {
                self.rows.fma(active, *ty, *to, (*a, *b), *c);
                if let Some(erring) = &mut self.erring {
                    erring.fma(&mut self.rows, active, *ty, *to, (*a, *b));
                }
            }
            Op::Select { to, condition, yes, no } => {
                self.rows.select(active, *to, *condition, *yes, *no);
            }
            Op::Extract { ty, to, value, offset, count } => {
                self.rows.extract(active, *ty, *to, *value, (*offset, *count));
            }
            Op::Insert { to, value, bits, offset, count } => {
                self.rows.insert(active, *to, (*value, *bits), (*offset, *count));
            }
            Op::Pack { fun, to, parts } => self.rows.pack(active, *fun, *to, *parts),
            Op::Offset { to, base, fixed } => self.offset(*to, *base, *fixed, active),
            Op::Index { .. } => self.index(op, site, active),
            Op::Bounds { index, length, name, only } => {
                self.bounds(*index, self.length(*length), *name, site, (active, Some(*only)));
            }
            Op::Pick { to, table, index, per, name } => {
                self.pick(*to, table, *index, (*per, *name), site, active);
            }
            Op::Count { to, length } => {
                let count = self.length(*length);
                self.rows.out(*to).1[active.low..active.high].fill(count);
            }
            Op::LoadVariable { to, from, rows } => self.load_variable(*to, *from, *rows, active),
            Op::StoreVariable { to, values } => self.store_variable(*to, values, active),
            Op::ZeroVariable { to, rows } => {
                let start = *to as usize * self.lanes;
                self.variables[start..start + *rows as usize * self.lanes].fill(0);
            }
            Op::Barrier { storage, workgroup, subgroup } => {
                self.barrier(*storage, *workgroup, *subgroup, site, active);
            }
            other => self.shared(other, site, active),
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

    fn slip(&mut self, slip: Slip, lane: usize, count: u64, site: u32) {
        let seen = Seen {
            kind: slip.kind,
            scope: None,
            name: None,
            byte: None,
            first: self.who(lane, site),
            second: None,
            detail: String::new(),
            count,
        };
        self.note(seen, slip.what, || slip.what.to_owned());
    }

    fn switch(&mut self, selector: Row, cases: &'a [Case], active: &mut Active) -> Result<(), Stop> {
        let mut chosen = Vec::with_capacity(cases.len());
        let mut others = active.mask;
        for case in cases {
            let mut mask = Mask::NONE;
            if let Some(value) = case.value {
                let row = self.rows.row(selector);
                active.lanes().filter(|lane| row[*lane] == value).for_each(|lane| mask.add(lane));
                others = others.without(&mask);
            }
            chosen.push(mask);
        }
        self.flows.push(Flow { broken: Mask::NONE, continued: Mask::NONE, looping: false });
        let (mut falling, mut past) = (Mask::NONE, Mask::NONE);
        for (case, mask) in cases.iter().zip(chosen) {
            let entering = if case.value.is_none() { others } else { mask };
            let mut entered = Active::new(entering.or(&falling));
            self.block(&case.body, &mut entered)?;
            falling = if case.falls { entered.mask } else { Mask::NONE };
            if !case.falls {
                past = past.or(&entered.mask);
            }
        }
        let broken = self.flows.pop().map_or(Mask::NONE, |flow| flow.broken);
        *active = Active::new(past.or(&falling).or(&broken));
        Ok(())
    }

    fn repeat(&mut self, repeat: &'a Loop, site: u32, active: &mut Active) -> Result<(), Stop> {
        self.flows.push(Flow { broken: Mask::NONE, continued: Mask::NONE, looping: true });
        let mut running = *active;
        while running.count > 0 {
            self.block(&repeat.body, &mut running)?;
            let Some(flow) = self.flows.last_mut() else { break };
            let continued = std::mem::replace(&mut flow.continued, Mask::NONE);
            if continued != Mask::NONE {
                running = Active::new(running.mask.or(&continued));
            }
            if running.count == 0 {
                break;
            }
            self.trip(site, &running)?;
            self.block(&repeat.continuing, &mut running)?;
            if let Some(condition) = repeat.break_if {
                let ends = self.mask_of(condition, &running);
                if let Some(flow) = self.flows.last_mut() {
                    flow.broken = flow.broken.or(&ends);
                }
                running = Active::new(running.mask.without(&ends));
            }
        }
        let broken = self.flows.pop().map_or(Mask::NONE, |flow| flow.broken);
        *active = Active::new(broken);
        Ok(())
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

    fn call(
        &mut self,
        instance: usize,
        arguments: &[Row],
        (to, results): (Row, u32),
        active: &Active,
    ) -> Result<(), Stop> {
        let code = self.code;
        let callee = &code.instances[instance];
        let frame = self.frame;
        let above = u32::try_from(frame).unwrap_or(0);
        for (index, from) in (0..).zip(arguments) {
            self.rows.copy(above + index, *from, active);
        }
        self.rows.base += frame;
        self.frame = callee.frame as usize;
        let mut inside = *active;
        self.block(&callee.body, &mut inside)?;
        self.rows.base -= frame;
        self.frame = frame;
        for index in 0..results {
            self.rows.copy(to + index, above + callee.results + index, active);
        }
        Ok(())
    }

    fn offset(&mut self, to: Row, base: Option<Row>, fixed: u32, active: &Active) {
        match base {
            None => self.rows.out(to).1[active.low..active.high].fill(fixed),
            // The bit of pointers out of bounds stays, because places lie below it.
            Some(base) => self.rows.map1(active, to, base, |base: u32| base.wrapping_add(fixed)),
        }
    }

    /// How many elements there are now.
    pub(super) fn length(&self, length: Length) -> u32 {
        match length {
            Length::Fixed(length) => length,
            Length::Open { space, from, stride } => {
                let bytes = u32::try_from(self.spaces[space].len()).unwrap_or(u32::MAX);
                bytes.saturating_sub(from) / stride.max(1)
            }
        }
    }

    fn index(&mut self, op: &Op, site: u32, active: &Active) {
        let Op::Index { to, base, index, length, stride, name, guarded } = op else { return };
        let (length, stride) = (self.length(*length), *stride);
        let last = length.saturating_sub(1);
        let place = |index: u32| {
            let outside = if index < length { 0 } else { OUTSIDE };
            index.min(last).wrapping_mul(stride) | outside
        };
        match base {
            None => self.rows.map1(active, *to, *index, place),
            Some(base) => self.rows.map2(active, *to, (*base, *index), |base: u32, index: u32| {
                let place = place(index);
                base.wrapping_add(place & !OUTSIDE) | place & OUTSIDE
            }),
        }
        if !guarded {
            self.bounds(*index, length, *name, site, (active, None));
        }
    }

    /// Notes indices that are not below `length`, in all lanes or in those where a condition is as given.
    fn bounds(
        &mut self,
        index: Row,
        length: u32,
        name: u32,
        site: u32,
        (active, only): (&Active, Option<(Row, bool)>),
    ) {
        let row = &self.rows.row(index)[active.low..active.high];
        let most = row.iter().copied().fold(0, u32::max);
        if most < length {
            return;
        }
        let taken = |lane| only.is_none_or(|(row, accept)| (self.rows.row(row)[lane] != 0) == accept);
        let beyond = |lane| self.rows.get::<u32>(index, lane) >= length && taken(lane);
        let Some((lane, count)) = Rows::lanes_where(active, beyond) else { return };
        let value = self.rows.get::<u32>(index, lane);
        let seen = Seen {
            kind: Kind::OutOfBounds,
            scope: None,
            name: Some(name),
            byte: None,
            first: self.who(lane, site),
            second: None,
            detail: String::new(),
            count,
        };
        self.note(seen, "index", || {
            let signed = value.cast_signed();
            if signed < 0 {
                format!("index {value} ({signed} as i32) of {length}")
            } else {
                format!("index {value} of {length}")
            }
        });
    }

    fn pick(
        &mut self,
        to: Row,
        table: &[Row],
        index: Row,
        (per, name): (u32, u32),
        site: u32,
        active: &Active,
    ) {
        let count = u32::try_from(table.len()).unwrap_or(u32::MAX) / per.max(1);
        for lane in active.lanes() {
            let index = self.rows.get::<u32>(index, lane).min(count.saturating_sub(1));
            for word in 0..per {
                let from = table[(index * per + word) as usize];
                let word_of_lane = self.rows.row(from)[lane];
                self.rows.out(to + word).1[lane] = word_of_lane;
            }
        }
        self.bounds(index, count, name, site, (active, None));
    }

    fn load_variable(&mut self, to: Row, from: Seat, rows: u32, active: &Active) {
        let lanes = self.lanes;
        for word in 0..rows {
            let fixed = (from.fixed + word) as usize;
            let (below, out) = self.rows.out(to + word);
            match from.lanes {
                None => {
                    let start = fixed * lanes;
                    out[active.low..active.high]
                        .copy_from_slice(&self.variables[start + active.low..start + active.high]);
                }
                Some(seats) => {
                    let seats = below.row(seats);
                    for lane in active.lanes() {
                        let row = fixed + (seats[lane] & !OUTSIDE) as usize;
                        out[lane] = self.variables.get(row * lanes + lane).copied().unwrap_or(0);
                    }
                }
            }
        }
    }

    fn store_variable(&mut self, to: Seat, values: &[Row], active: &Active) {
        let lanes = self.lanes;
        for (word, from) in values.iter().enumerate() {
            let from = self.rows.row(*from);
            let start = (to.fixed as usize + word) * lanes;
            match to.lanes {
                None if active.dense() => {
                    self.variables[start + active.low..start + active.high]
                        .copy_from_slice(&from[active.low..active.high]);
                }
                None => active.lanes().for_each(|lane| self.variables[start + lane] = from[lane]),
                Some(seats) => {
                    let seats = self.rows.row(seats);
                    for lane in active.lanes().filter(|lane| seats[*lane] & OUTSIDE == 0) {
                        if let Some(word) =
                            self.variables.get_mut(start + seats[lane] as usize * lanes + lane)
                        {
                            *word = from[lane];
                        }
                    }
                }
            }
        }
    }

    pub(super) fn barrier(
        &mut self,
        storage: bool,
        workgroup: bool,
        subgroup: bool,
        site: u32,
        active: &Active,
    ) {
        self.convergence(subgroup, site, active);
        if workgroup {
            self.epochs[0] = self.epochs[0].wrapping_add(1).max(1);
        }
        if storage {
            self.epochs[1] = self.epochs[1].wrapping_add(1).max(1);
        }
    }

    /// Notes a barrier that some invocations do not reach.
    fn convergence(&mut self, subgroup: bool, site: u32, active: &Active) {
        let missing = if subgroup { self.missing_in_subgroups(active) } else { self.missing(active) };
        let Some((lane, reached, all)) = missing else { return };
        let first = active.lanes().next().unwrap_or(0);
        let seen = Seen {
            kind: Kind::BarrierDivergence,
            scope: None,
            name: None,
            byte: None,
            first: self.who(first, site),
            second: None,
            detail: String::new(),
            count: all - reached,
        };
        let of = if subgroup { "their subgroups" } else { "the workgroup" };
        self.note(seen, of, || {
            format!("{reached} of {all} invocations of {of} reach the barrier, local index {lane} does not")
        });
    }

    /// The first lane that is not active, how many are, and of how many.
    fn missing(&self, active: &Active) -> Option<(usize, u64, u64)> {
        let lane = (0..self.lanes).find(|lane| !active.mask.has(*lane))?;
        Some((lane, active.count as u64, self.lanes as u64))
    }

    fn missing_in_subgroups(&self, active: &Active) -> Option<(usize, u64, u64)> {
        let size = self.options.subgroup_size as usize;
        for start in (0..self.lanes).step_by(size) {
            let lanes = start..(start + size).min(self.lanes);
            let reached = lanes.clone().filter(|lane| active.mask.has(*lane)).count();
            if reached > 0 && reached < lanes.len() {
                let lane = lanes.clone().find(|lane| !active.mask.has(*lane))?;
                return Some((lane, reached as u64, lanes.len() as u64));
            }
        }
        None
    }
}
