//! Sets of factors, by index.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of factors by index, at most 64 of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct FactorSet(u64);

impl FactorSet {
    /// The largest number of factors.
    pub const CAPACITY: usize = 64;

    /// No factor at all: the baseline.
    pub const EMPTY: Self = Self(0);

    /// The factors 0 to `count - 1`.
    ///
    /// # Panics
    ///
    /// If `count` exceeds [`FactorSet::CAPACITY`].
    #[must_use]
    pub fn full(count: usize) -> Self {
        assert!(count <= Self::CAPACITY, "at most {} factors, not {count}", Self::CAPACITY);
        Self(if count == Self::CAPACITY { u64::MAX } else { (1 << count) - 1 })
    }

    /// One factor alone.
    ///
    /// # Panics
    ///
    /// If `factor` is not below [`FactorSet::CAPACITY`].
    #[must_use]
    pub fn single(factor: usize) -> Self {
        assert!(factor < Self::CAPACITY, "factor {factor} is not below {}", Self::CAPACITY);
        Self(1 << factor)
    }

    /// Adds a factor.
    pub fn insert(&mut self, factor: usize) {
        *self = self.with(factor);
    }

    /// This set and one factor more.
    #[must_use]
    pub fn with(self, factor: usize) -> Self {
        self.union(Self::single(factor))
    }

    /// This set without one factor.
    #[must_use]
    pub fn without(self, factor: usize) -> Self {
        self.minus(Self::single(factor))
    }

    /// Whether the factor is in it.
    #[must_use]
    pub fn contains(self, factor: usize) -> bool {
        factor < Self::CAPACITY && self.0 >> factor & 1 == 1
    }

    /// The factors in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The factors in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The factors of this set that are not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The factors in exactly one of the two.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    /// Whether every factor of this set is in the other.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many factors.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The factors, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let factor = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (factor < Self::CAPACITY).then_some(factor)
        })
    }
}

impl FromIterator<usize> for FactorSet {
    fn from_iter<I: IntoIterator<Item = usize>>(factors: I) -> Self {
        factors.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for FactorSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_its_factors_in_ascending_order() {
        let set: FactorSet = [9, 0, 63].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 9, 63]);
        assert_eq!(set.len(), 3);
        assert_eq!(format!("{set:?}"), "{0, 9, 63}");
    }

    #[test]
    fn the_full_set_holds_exactly_the_factors_below_its_count() {
        for count in 0..=FactorSet::CAPACITY {
            let full = FactorSet::full(count);
            assert_eq!(full.len(), count);
            assert!(full.iter().all(|factor| factor < count));
        }
    }

    #[test]
    fn set_algebra_follows_the_textbook() {
        let (left, right) = (FactorSet::full(4), FactorSet::full(6).minus(FactorSet::full(2)));
        assert_eq!(left.union(right), FactorSet::full(6));
        assert_eq!(left.intersection(right), [2, 3].into_iter().collect());
        assert_eq!(left.difference(right), [0, 1, 4, 5].into_iter().collect());
        assert!(left.without(0).is_subset(left) && !left.is_subset(left.without(0)));
        assert!(FactorSet::EMPTY.is_empty() && !FactorSet::EMPTY.contains(64));
    }
}
