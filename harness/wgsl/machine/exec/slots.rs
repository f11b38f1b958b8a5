//! Pointer arithmetic, indices and variables of one invocation.

use super::super::code::{Length, OUTSIDE, Op, Row, Seat};
use super::super::findings::{Kind, Seen};
use super::super::mask::Active;
use super::Machine;
use super::rows::Rows;

impl Machine<'_> {
    pub(super) fn offset(&mut self, to: Row, base: Option<Row>, fixed: u32, active: &Active) {
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

    pub(super) fn index(&mut self, op: &Op, site: u32, active: &Active) {
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
    pub(super) fn bounds(
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

    pub(super) fn pick(
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

    pub(super) fn load_variable(&mut self, to: Row, from: Seat, rows: u32, active: &Active) {
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

    pub(super) fn store_variable(&mut self, to: Seat, values: &[Row], active: &Active) {
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
}
