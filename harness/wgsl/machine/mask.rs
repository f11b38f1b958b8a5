//! Which invocations of a workgroup execute a statement.

/// Invocations that a workgroup may have: what any adapter offers, and what fits a mask of fixed size.
pub(super) const LANES_MAX: u32 = 1024;

const WORDS: usize = LANES_MAX as usize / 64;

/// A set of lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mask([u64; WORDS]);

impl Mask {
    pub(super) const NONE: Self = Self([0; WORDS]);

    /// The first `count` lanes.
    pub(super) fn first(count: usize) -> Self {
        let mut mask = Self::NONE;
        (0..count).for_each(|lane| mask.add(lane));
        mask
    }

    pub(super) fn add(&mut self, lane: usize) {
        self.0[lane / 64] |= 1 << (lane % 64);
    }

    pub(super) fn has(&self, lane: usize) -> bool {
        self.0[lane / 64] >> (lane % 64) & 1 == 1
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }
}

/// A mask with what every statement asks of it: bounds, so that work outside them is left out, and the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) mask: Mask,
    pub(super) low: usize,
    pub(super) high: usize,
    pub(super) count: usize,
}

impl Active {
    pub(super) fn new(mask: Mask) -> Self {
        let count = mask.0.iter().map(|word| word.count_ones() as usize).sum();
        let first = mask.0.iter().position(|word| *word != 0);
        let last = mask.0.iter().rposition(|word| *word != 0);
        let (low, high) = match (first, last) {
            (Some(first), Some(last)) => (
                first * 64 + mask.0[first].trailing_zeros() as usize,
                last * 64 + 64 - mask.0[last].leading_zeros() as usize,
            ),
            _ => (0, 0),
        };
        Self { mask, low, high, count }
    }

    pub(super) fn none() -> Self {
        Self { mask: Mask::NONE, low: 0, high: 0, count: 0 }
    }

    /// Whether every lane between the bounds is in the mask.
    pub(super) fn dense(&self) -> bool {
        self.count == self.high - self.low
    }

    /// The lanes, ascending.
    pub(super) fn lanes(&self) -> Lanes {
        let word = self.low / 64;
        Lanes { mask: self.mask, word, left: self.mask.0.get(word).copied().unwrap_or(0) }
    }
}

/// The lanes of a mask, ascending.
pub(super) struct Lanes {
    mask: Mask,
    word: usize,
    left: u64,
}

impl Iterator for Lanes {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.word += 1;
            self.left = *self.mask.0.get(self.word)?;
        }
        let lane = self.word * 64 + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_count_and_lanes_agree_with_the_mask() {
        let mut mask = Mask::NONE;
        for lane in [3, 64, 65, 1023] {
            mask.add(lane);
        }
        let active = Active::new(mask);
        assert_eq!((active.low, active.high, active.count, active.dense()), (3, 1024, 4, false));
        assert_eq!(active.lanes().collect::<Vec<_>>(), [3, 64, 65, 1023]);
        let first = Active::new(Mask::first(70));
        assert_eq!((first.low, first.high, first.dense()), (0, 70, true));
        assert_eq!(Active::new(Mask::NONE).lanes().count(), 0);
        assert_eq!(Active::new(first.mask.without(&Mask::first(2))).low, 2);
    }
}
