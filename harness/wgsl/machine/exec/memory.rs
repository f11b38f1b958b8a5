//! Buffers and workgroup variables: loads, stores and atomics, watched by shadow memory where the run is checked.

use super::super::code::{Bin, Leaf, OUTSIDE, Op, Origin, Place, Rmw, Row, Ty};
use super::super::findings::{Kind, Log, Scope, Seen, Who};
use super::super::mask::Active;
use super::super::shadow::{Clash, Met, Now};
use super::scalar::{Int, Scalar};
use super::{Machine, Pausing};

/// The bits of a scalar in memory; zeros beyond the end.
fn read(bytes: &[u8], at: usize, ty: Ty) -> u64 {
    let Some(bytes) = bytes.get(at..) else { return 0 };
    let bits = match ty.bytes() {
        1 => bytes.first_chunk::<1>().map(|chunk| u64::from(chunk[0])),
        2 => bytes.first_chunk().map(|chunk| u64::from(u16::from_le_bytes(*chunk))),
        4 => bytes.first_chunk().map(|chunk| u64::from(u32::from_le_bytes(*chunk))),
        _ => bytes.first_chunk().map(|chunk| u64::from_le_bytes(*chunk)),
    };
    bits.unwrap_or(0)
}

/// Stores the bits of a scalar; nothing beyond the end.
fn write(bytes: &mut [u8], at: usize, ty: Ty, bits: u64) {
    let size = ty.bytes() as usize;
    if let Some(bytes) = bytes.get_mut(at..at + size) {
        bytes.copy_from_slice(&bits.to_le_bytes()[..size]);
    }
}

/// A 32-bit word in memory; zero beyond the end.
#[inline]
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

impl<'a> Machine<'a> {
    /// Steps that several invocations share.
    pub(super) fn shared(&mut self, op: &'a Op, site: u32, active: &Active) {
        match op {
            Op::Load { to, from, leaves, atomic, guarded } => {
                if self.shadows[from.space].is_some() {
                    self.watch_load(*from, leaves, (*atomic, *guarded), site, active);
                }
                self.load(*to, *from, leaves, active);
            }
            Op::Unset { from, leaves, only } => self.watch_taken(*from, leaves, *only, site, active),
            Op::Store { to, leaves, values, atomic } => {
                self.store(*to, leaves, values, *atomic, site, active);
            }
            Op::Atomic { to, at, ty, fun, value } => {
                self.atomic((*to, *at), *ty, *fun, *value, (site, active));
            }
            // Done while it paused.
            Op::UniformLoad { .. } if self.pausing == Pausing::Invocations => {}
            Op::UniformLoad { to, from, leaves, atomic } => {
                self.barrier(false, true, false, site, active);
                self.watch_load(*from, leaves, (*atomic, false), site, active);
                self.load(*to, *from, leaves, active);
                self.epochs[0] = self.epochs[0].wrapping_add(1).max(1);
            }
            Op::Ballot { to, predicate } => self.ballot(*to, *predicate, active),
            Op::Gather { mode, to, values } => self.gather(*mode, *to, values, site, active),
            Op::Collective { op, how, ty, to, a } => self.collective(*op, *how, *ty, (*to, *a), active),
            _ => {}
        }
    }

    pub(super) fn load(&mut self, to: Row, from: Place, leaves: &[Leaf], active: &Active) {
        let bytes = &self.spaces[from.space];
        let range = active.low..active.high;
        let mut row = to;
        for leaf in leaves {
            let fixed = (from.fixed + leaf.offset) as usize;
            match from.lanes {
                None => {
                    let bits = read(bytes, fixed, leaf.ty);
                    let (low, high) = bits.words();
                    self.rows.out(row).1[range.clone()].fill(low);
                    if leaf.ty.rows() == 2 {
                        self.rows.out(row + 1).1[range.clone()].fill(high);
                    }
                }
                Some(places) if leaf.ty.bytes() == 4 => {
                    let (below, out) = self.rows.out(row);
                    let places = &below.row(places)[range.clone()];
                    for (out, place) in out[range.clone()].iter_mut().zip(places) {
                        *out = word(bytes, (place & !OUTSIDE) as usize + fixed);
                    }
                }
                Some(places) => {
                    for lane in active.lanes() {
                        let place = self.rows.get::<u32>(places, lane) & !OUTSIDE;
                        let (low, high) = read(bytes, place as usize + fixed, leaf.ty).words();
                        self.rows.set(row, lane, low);
                        if leaf.ty.rows() == 2 {
                            self.rows.set(row + 1, lane, high);
                        }
                    }
                }
            }
            row += leaf.ty.rows();
        }
    }

    /// The active lanes in the order in which they store.
    fn turns(&mut self, active: &Active) -> Vec<usize> {
        let mut turns = std::mem::take(&mut self.turns);
        turns.clear();
        if self.options.lanes == crate::wgsl::Order::Ascending {
            turns.extend(active.lanes());
        } else {
            let order = self.order.iter().map(|lane| *lane as usize);
            turns.extend(order.filter(|lane| active.mask.has(*lane)));
        }
        turns
    }

    fn store(
        &mut self,
        to: Place,
        leaves: &[Leaf],
        values: &[Row],
        atomic: bool,
        site: u32,
        active: &Active,
    ) {
        let turns = self.turns(active);
        for (leaf, value) in leaves.iter().zip(values) {
            let fixed = to.fixed + leaf.offset;
            for lane in turns.iter().copied() {
                let place = to.lanes.map_or(0, |places| self.rows.row(places)[lane]);
                if place & OUTSIDE != 0 {
                    continue;
                }
                let bits = match leaf.ty.rows() {
                    2 => self.rows.get(*value, lane),
                    _ => u64::from(self.rows.row(*value)[lane]),
                };
                let at = place.wrapping_add(fixed);
                if self.shadows[to.space].is_some() {
                    self.watch_store((to.space, at), leaf.ty, bits, atomic, self.who(lane, site));
                }
                let bytes = &mut self.spaces[to.space];
                if read(bytes, at as usize, leaf.ty) != bits {
                    self.changes += 1;
                    write(bytes, at as usize, leaf.ty, bits);
                }
            }
        }
        self.turns = turns;
    }

    fn atomic(
        &mut self,
        (to, at): (Option<Row>, Place),
        ty: Ty,
        fun: Rmw,
        value: Row,
        (site, active): (u32, &Active),
    ) {
        let turns = self.turns(active);
        let bits = |machine: &Self, row: Row, lane: usize| match ty.rows() {
            2 => machine.rows.get::<u64>(row, lane),
            _ => u64::from(machine.rows.get::<u32>(row, lane)),
        };
        for lane in turns.iter().copied() {
            let place = at.lanes.map_or(0, |places| self.rows.row(places)[lane]);
            let byte = (place & !OUTSIDE).wrapping_add(at.fixed);
            let old = read(&self.spaces[at.space], byte as usize, ty);
            let given = bits(self, value, lane);
            let (new, exchanged) = match fun {
                Rmw::Op(op) => (combine(op, ty, old, given), true),
                Rmw::Exchange => (given, true),
                Rmw::CompareExchange(expected) if bits(self, expected, lane) == old => (given, true),
                Rmw::CompareExchange(_) => (old, false),
            };
            if place & OUTSIDE == 0 {
                self.watch_atomic((at.space, byte), ty.bytes(), self.who(lane, site));
                self.changes += u64::from(new != old);
                write(&mut self.spaces[at.space], byte as usize, ty, new);
            }
            let Some(to) = to else { continue };
            let (low, high) = old.words();
            self.rows.set(to, lane, low);
            if ty.rows() == 2 {
                self.rows.set(to + 1, lane, high);
            }
            self.rows.set(to + ty.rows(), lane, exchanged);
        }
        self.turns = turns;
    }

    /// The name of the variable, and the barrier that orders accesses of it inside a workgroup.
    fn shown(&self, space: usize) -> (u32, &'static str) {
        let space = &self.code.spaces[space];
        let barrier = if space.origin == Origin::Workgroup { "workgroupBarrier" } else { "storageBarrier" };
        (space.label, barrier)
    }

    /// The epoch that orders accesses of this space.
    fn epoch(&self, space: usize) -> u32 {
        self.epochs[usize::from(self.code.spaces[space].origin != Origin::Workgroup)]
    }

    fn watch_load(
        &mut self,
        from: Place,
        leaves: &[Leaf],
        (atomic, guarded): (bool, bool),
        site: u32,
        active: &Active,
    ) {
        let (epoch, group) = (self.epoch(from.space), self.number);
        let shown = self.shown(from.space);
        let Some(shadow) = self.shadows[from.space].as_mut() else { return };
        let places = from.lanes.map(|places| self.rows.row(places));
        // Where all lanes read one place, two of them meet whatever all of them would meet.
        let most = if places.is_some() { usize::MAX } else { 2 };
        for lane in active.lanes().take(most) {
            let place = places.map_or(0, |places| places[lane]);
            if place & OUTSIDE != 0 {
                continue;
            }
            let who = Who { group, lane: u32::try_from(lane).unwrap_or(u32::MAX), site };
            for leaf in leaves {
                let (start, long) = (place.wrapping_add(from.fixed + leaf.offset), leaf.ty.bytes());
                let zeros = atomic && shadow.begins_with_zeros();
                if !guarded && !zeros && shadow.unset(start, long, group) {
                    note_unset(&mut self.log, shown.0, start, who);
                }
                if !atomic {
                    let now = Now { who, epoch };
                    shadow.read(start, long, now, |met| note_race(&mut self.log, shown, start, who, &met));
                }
            }
        }
    }

    /// Notes what was never stored in the lanes that take what was loaded.
    fn watch_taken(
        &mut self,
        from: Place,
        leaves: &[Leaf],
        (condition, accept): (Row, bool),
        site: u32,
        active: &Active,
    ) {
        let (group, label) = (self.number, self.shown(from.space).0);
        let Some(shadow) = self.shadows[from.space].as_mut() else { return };
        let taken = |lane: &usize| (self.rows.row(condition)[*lane] != 0) == accept;
        for lane in active.lanes().filter(taken) {
            let place = from.lanes.map_or(0, |places| self.rows.row(places)[lane]);
            if place & OUTSIDE != 0 {
                continue;
            }
            let who = Who { group, lane: u32::try_from(lane).unwrap_or(u32::MAX), site };
            for leaf in leaves {
                let start = place.wrapping_add(from.fixed + leaf.offset);
                if shadow.unset(start, leaf.ty.bytes(), group) {
                    note_unset(&mut self.log, label, start, who);
                }
            }
        }
    }

    fn watch_store(&mut self, (space, byte): (usize, u32), ty: Ty, bits: u64, atomic: bool, who: Who) {
        let epoch = self.epoch(space);
        let same = read(&self.spaces[space], byte as usize, ty) == bits;
        let shown = self.shown(space);
        let Some(shadow) = self.shadows[space].as_mut() else { return };
        shadow.stored(byte, ty.bytes(), who.group);
        if !atomic {
            let now = Now { who, epoch };
            shadow.write(byte, ty.bytes(), now, same, |met| note_race(&mut self.log, shown, byte, who, &met));
        }
    }

    fn watch_atomic(&mut self, (space, byte): (usize, u32), size: u32, who: Who) {
        let Some(shadow) = self.shadows[space].as_mut() else { return };
        if !shadow.begins_with_zeros() && shadow.unset(byte, size, who.group) {
            note_unset(&mut self.log, self.code.spaces[space].label, byte, who);
        }
        shadow.stored(byte, size, who.group);
    }
}

fn note_unset(log: &mut Log, label: u32, byte: u32, who: Who) {
    let seen = Seen {
        kind: Kind::UnsetRead,
        scope: None,
        name: Some(label),
        byte: Some(byte),
        first: who,
        second: None,
        detail: String::new(),
        count: 1,
    };
    log.note(seen, "unset", || "read before anything was stored there".to_owned());
}

fn note_race(log: &mut Log, (label, barrier): (u32, &str), byte: u32, who: Who, met: &Met) {
    let (kind, manner) = match met.clash {
        Clash::ReadAfterWrite => (Kind::Race, "a write, then a read"),
        Clash::WriteAfterRead => (Kind::Race, "a read, then a write"),
        Clash::WriteAfterWrite(false) => (Kind::Race, "two writes of different values"),
        Clash::WriteAfterWrite(true) => (Kind::SameValueWrites, "two writes of the same value"),
    };
    let seen = Seen {
        kind,
        scope: Some(met.scope),
        name: Some(label),
        byte: Some(byte),
        first: met.earlier,
        second: Some(who),
        detail: String::new(),
        count: 1,
    };
    log.note(seen, manner, || match met.scope {
        Scope::Inside => format!("{manner}, {}, no {barrier} between them", met.scope.word()),
        Scope::Across => format!("{manner}, {}", met.scope.word()),
    });
}

/// An atomic operation on the bits of two scalars.
#[expect(clippy::cast_possible_truncation, reason = "the low word of a 32-bit scalar")]
fn combine(op: Bin, ty: Ty, old: u64, given: u64) -> u64 {
    fn int<T: Int>(op: Bin, a: T, b: T) -> u64 {
        match op {
            Bin::Sub => a.sub(b),
            Bin::Min => a.min(b),
            Bin::Max => a.max(b),
            Bin::And => T::from_bits(a.bits() & b.bits()),
            Bin::Or => T::from_bits(a.bits() | b.bits()),
            Bin::Xor => T::from_bits(a.bits() ^ b.bits()),
            _ => a.add(b),
        }
        .bits()
    }
    let (low, other) = (old as u32, given as u32);
    match ty {
        Ty::I32 => int(op, low.cast_signed(), other.cast_signed()),
        Ty::I64 => int(op, old.cast_signed(), given.cast_signed()),
        Ty::U64 => int(op, old, given),
        Ty::F32 => {
            let (a, b) = (f32::from_bits(low), f32::from_bits(other));
            u64::from(if op == Bin::Sub { a - b } else { a + b }.to_bits())
        }
        _ => int(op, low, other),
    }
}
