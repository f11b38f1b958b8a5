//! Subgroup operations: a subgroup is `subgroup_size` consecutive lanes.

use naga::{CollectiveOperation as How, SubgroupOperation as S};

use super::super::code::{Gather, Row, Ty};
use super::super::findings::{Kind, Seen};
use super::super::mask::Active;
use super::Machine;
use super::arithmetic::{greatest, least};
use super::rows::Rows;
use super::scalar::{Float, Half, Int, Scalar};

impl Machine<'_> {
    /// The active lanes of each subgroup.
    fn subgroups(&self, active: &Active) -> Vec<Vec<usize>> {
        let wide = self.options.subgroup_size as usize;
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); self.lanes.div_ceil(wide)];
        for lane in active.lanes() {
            groups[lane / wide].push(lane);
        }
        groups
    }

    pub(super) fn ballot(&mut self, to: Row, predicate: Option<Row>, active: &Active) {
        let wide = self.options.subgroup_size as usize;
        for group in self.subgroups(active) {
            let mut words = [0_u32; 4];
            for lane in &group {
                if predicate.is_none_or(|row| self.rows.get(row, *lane)) {
                    let index = lane % wide;
                    words[index / 32] |= 1 << (index % 32);
                }
            }
            for lane in group {
                for (row, word) in (to..).zip(words) {
                    self.rows.set(row, lane, word);
                }
            }
        }
    }

    pub(super) fn gather(&mut self, mode: Gather, to: Row, values: &[Row], site: u32, active: &Active) {
        let wide = self.options.subgroup_size as usize;
        let mut sources = vec![None; self.lanes];
        for group in self.subgroups(active) {
            for lane in &group {
                let start = lane / wide * wide;
                let at = |row: Row| self.rows.get::<u32>(row, *lane) as usize;
                let own = lane - start;
                let from = match mode {
                    Gather::First => group.first().map(|first| first - start),
                    Gather::Lane(row) => Some(at(row)),
                    Gather::Down(row) => own.checked_add(at(row)),
                    Gather::Up(row) => own.checked_sub(at(row)),
                    Gather::Xor(row) => Some(own ^ at(row)),
                    Gather::QuadLane(row) => Some(own / 4 * 4 + at(row)),
                    Gather::QuadSwap(bits) => Some(own ^ bits as usize),
                };
                let from = from.filter(|from| *from < wide).map(|from| start + from);
                sources[*lane] = from.filter(|from| *from < self.lanes && active.mask.has(*from));
            }
        }
        for (row, from) in (to..).zip(values) {
            for lane in active.lanes() {
                let source = sources[lane].unwrap_or(lane);
                let word: u32 = self.rows.get(*from, source);
                self.rows.set(row, lane, word);
            }
        }
        // Sums by shifts take values from beyond the subgroup and ignore them, so only lanes that were named are findings.
        let named = matches!(mode, Gather::Lane(_) | Gather::QuadLane(_));
        let absent = |lane: usize| named && sources[lane].is_none();
        let Some((lane, count)) = Rows::lanes_where(active, absent) else { return };
        let seen = Seen {
            kind: Kind::InactiveLane,
            scope: None,
            name: None,
            byte: None,
            first: self.who(lane, site),
            second: None,
            detail: String::new(),
            count,
        };
        self.note(seen, "gather", || "the value of an invocation that is not active is taken".to_owned());
    }

    pub(super) fn collective(&mut self, op: S, how: How, ty: Ty, rows: (Row, Row), active: &Active) {
        match ty {
            Ty::Bool => {
                let any = matches!(op, S::Any | S::Or);
                self.collect(how, rows, active, !any, |a: bool, b: bool| if any { a | b } else { a & b });
            }
            Ty::I16 => self.collect_int::<i16>(op, how, rows, active),
            Ty::U16 => self.collect_int::<u16>(op, how, rows, active),
            Ty::I32 => self.collect_int::<i32>(op, how, rows, active),
            Ty::U32 => self.collect_int::<u32>(op, how, rows, active),
            Ty::I64 => self.collect_int::<i64>(op, how, rows, active),
            Ty::U64 => self.collect_int::<u64>(op, how, rows, active),
            Ty::F16 => self.collect_float::<Half>(op, how, rows, active),
            Ty::F32 => self.collect_float::<f32>(op, how, rows, active),
            Ty::F64 => self.collect_float::<f64>(op, how, rows, active),
        }
    }

    fn collect_int<T: Int>(&mut self, op: S, how: How, rows: (Row, Row), active: &Active) {
        let neutral = T::from_bits(match op {
            S::Mul => 1,
            S::And => u64::MAX,
            _ => 0,
        });
        self.collect(how, rows, active, neutral, |a: T, b: T| match op {
            S::Mul => a.mul(b),
            S::Min => a.min(b),
            S::Max => a.max(b),
            S::And | S::All => T::from_bits(a.bits() & b.bits()),
            S::Or | S::Any => T::from_bits(a.bits() | b.bits()),
            S::Xor => T::from_bits(a.bits() ^ b.bits()),
            S::Add => a.add(b),
        });
    }

    fn collect_float<T: Float>(&mut self, op: S, how: How, rows: (Row, Row), active: &Active) {
        let neutral = T::from_f64(if op == S::Mul { 1.0 } else { 0.0 });
        self.collect(how, rows, active, neutral, |a: T, b: T| match op {
            S::Mul => a * b,
            S::Min => least(a, b),
            S::Max => greatest(a, b),
            _ => a + b,
        });
    }

    /// Combines from the lowest lane to the highest, each step rounded; `neutral` is what an exclusive scan gives the first.
    fn collect<T: Scalar>(
        &mut self,
        how: How,
        (to, from): (Row, Row),
        active: &Active,
        neutral: T,
        combine: impl Fn(T, T) -> T,
    ) {
        for group in self.subgroups(active) {
            let mut so_far: Option<T> = None;
            for lane in &group {
                let value = self.rows.get(from, *lane);
                let next = so_far.map_or(value, |so_far| combine(so_far, value));
                match how {
                    How::Reduce => {}
                    How::InclusiveScan => self.rows.set(to, *lane, next),
                    How::ExclusiveScan => self.rows.set(to, *lane, so_far.unwrap_or(neutral)),
                }
                so_far = Some(next);
            }
            if let (How::Reduce, Some(all)) = (how, so_far) {
                for lane in group {
                    self.rows.set(to, lane, all);
                }
            }
        }
    }
}
