//! Rows of words, one word for each lane, and loops over them.

use super::super::code::{CONSTANT, Row};
use super::super::mask::Active;
use super::scalar::Scalar;

/// The constants of a program and the values of the functions that run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    pub(super) lanes: usize,
    /// First row of the frame that runs.
    pub(super) base: usize,
    constants: Vec<u32>,
    values: Vec<u32>,
}

/// The rows that an operation may read while it writes one that lies above them.
#[derive(Clone, Copy)]
pub(super) struct Below<'a> {
    lanes: usize,
    base: usize,
    constants: &'a [u32],
    values: &'a [u32],
}

impl<'a> Below<'a> {
    pub(super) fn row(&self, row: Row) -> &'a [u32] {
        if row & CONSTANT != 0 {
            &self.constants[(row & !CONSTANT) as usize * self.lanes..][..self.lanes]
        } else {
            &self.values[(self.base + row as usize) * self.lanes..][..self.lanes]
        }
    }

    /// The row of a scalar's high word; that of the low word where there is none.
    fn high<T: Scalar>(&self, row: Row) -> &'a [u32] {
        self.row(if T::WIDE { row + 1 } else { row })
    }
}

impl Rows {
    pub(super) fn new(lanes: usize, constants: &[u32], depth: usize) -> Self {
        let constants = constants.iter().flat_map(|word| std::iter::repeat_n(*word, lanes)).collect();
        Self { lanes, base: 0, constants, values: vec![0; depth * lanes] }
    }

    pub(super) fn row(&self, row: Row) -> &[u32] {
        self.below().row(row)
    }

    pub(super) fn below(&self) -> Below<'_> {
        Below { lanes: self.lanes, base: self.base, constants: &self.constants, values: &self.values }
    }

    /// A row to write, and those below it to read.
    pub(super) fn out(&mut self, to: Row) -> (Below<'_>, &mut [u32]) {
        let (below, above) = self.values.split_at_mut((self.base + to as usize) * self.lanes);
        let below = Below { lanes: self.lanes, base: self.base, constants: &self.constants, values: below };
        (below, &mut above[..self.lanes])
    }

    /// The two rows of a double word to write, and those below them to read.
    fn out_wide(&mut self, to: Row) -> (Below<'_>, &mut [u32], &mut [u32]) {
        let (below, above) = self.values.split_at_mut((self.base + to as usize) * self.lanes);
        let below = Below { lanes: self.lanes, base: self.base, constants: &self.constants, values: below };
        let (low, rest) = above.split_at_mut(self.lanes);
        (below, low, &mut rest[..self.lanes])
    }

    /// A scalar of one lane.
    pub(super) fn get<T: Scalar>(&self, row: Row, lane: usize) -> T {
        let high = if T::WIDE { self.row(row + 1)[lane] } else { 0 };
        T::of(self.row(row)[lane], high)
    }

    pub(super) fn set<T: Scalar>(&mut self, row: Row, lane: usize, value: T) {
        let (low, high) = value.words();
        self.out(row).1[lane] = low;
        if T::WIDE {
            self.out(row + 1).1[lane] = high;
        }
    }

    /// Copies a row between the bounds, upwards or downwards.
    pub(super) fn copy(&mut self, to: Row, from: Row, active: &Active) {
        let (low, high) = (active.low, active.high);
        let to = (self.base + to as usize) * self.lanes;
        if from & CONSTANT != 0 {
            let from = (from & !CONSTANT) as usize * self.lanes;
            self.values[to + low..to + high].copy_from_slice(&self.constants[from + low..from + high]);
        } else {
            let from = (self.base + from as usize) * self.lanes;
            self.values.copy_within(from + low..from + high, to + low);
        }
    }

    /// Copies a row where lanes are active.
    pub(super) fn blend(&mut self, to: Row, from: Row, active: &Active) {
        if active.dense() {
            return self.copy(to, from, active);
        }
        for lane in active.lanes() {
            let word = self.row(from)[lane];
            self.values[(self.base + to as usize) * self.lanes + lane] = word;
        }
    }

    pub(super) fn map1<A: Scalar, R: Scalar>(
        &mut self,
        active: &Active,
        to: Row,
        a: Row,
        f: impl Fn(A) -> R,
    ) {
        let range = active.low..active.high;
        if !A::WIDE && !R::WIDE {
            let (below, out) = self.out(to);
            for (out, a) in out[range.clone()].iter_mut().zip(&below.row(a)[range]) {
                *out = f(A::of(*a, 0)).words().0;
            }
            return;
        }
        if R::WIDE {
            let (below, low, high) = self.out_wide(to);
            let (a, b) = (below.row(a), below.high::<A>(a));
            for lane in range {
                (low[lane], high[lane]) = f(A::of(a[lane], b[lane])).words();
            }
            return;
        }
        let (below, out) = self.out(to);
        let (a, b) = (below.row(a), below.high::<A>(a));
        for lane in range {
            out[lane] = f(A::of(a[lane], b[lane])).words().0;
        }
    }

    /// Like [`Rows::map1`] for functions that cost much: only where lanes are active.
    pub(super) fn costly1<A: Scalar, R: Scalar>(
        &mut self,
        active: &Active,
        to: Row,
        a: Row,
        f: impl Fn(A) -> R,
    ) {
        if active.dense() {
            return self.map1(active, to, a, f);
        }
        for lane in active.lanes() {
            let value = f(self.get(a, lane));
            self.set(to, lane, value);
        }
    }

    pub(super) fn map2<A: Scalar, B: Scalar, R: Scalar>(
        &mut self,
        active: &Active,
        to: Row,
        (a, b): (Row, Row),
        f: impl Fn(A, B) -> R,
    ) {
        let range = active.low..active.high;
        if !A::WIDE && !B::WIDE && !R::WIDE {
            let (below, out) = self.out(to);
            let operands = below.row(a)[range.clone()].iter().zip(&below.row(b)[range.clone()]);
            for (out, (a, b)) in out[range].iter_mut().zip(operands) {
                *out = f(A::of(*a, 0), B::of(*b, 0)).words().0;
            }
            return;
        }
        if R::WIDE {
            let (below, low, high) = self.out_wide(to);
            let (a, a_high) = (below.row(a), below.high::<A>(a));
            let (b, b_high) = (below.row(b), below.high::<B>(b));
            for lane in range {
                let value = f(A::of(a[lane], a_high[lane]), B::of(b[lane], b_high[lane]));
                (low[lane], high[lane]) = value.words();
            }
            return;
        }
        let (below, out) = self.out(to);
        let (a, a_high) = (below.row(a), below.high::<A>(a));
        let (b, b_high) = (below.row(b), below.high::<B>(b));
        for lane in range {
            out[lane] = f(A::of(a[lane], a_high[lane]), B::of(b[lane], b_high[lane])).words().0;
        }
    }

    /// `condition ? yes : no`, word by word.
    pub(super) fn select(&mut self, active: &Active, to: Row, condition: Row, yes: Row, no: Row) {
        let range = active.low..active.high;
        let (below, out) = self.out(to);
        let condition = &below.row(condition)[range.clone()];
        let either = below.row(yes)[range.clone()].iter().zip(&below.row(no)[range.clone()]);
        for ((out, condition), (yes, no)) in out[range].iter_mut().zip(condition).zip(either) {
            *out = if *condition == 0 { *no } else { *yes };
        }
    }
}
