//! A small random generator, the same on every machine.
//!
//! `splitmix64`: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014); constants and test values
//! are those of Sebastiano Vigna's reference.

use crate::wgsl::random::{STEP, SplitMix};

/// A stream of random numbers.
pub(super) struct Dice(SplitMix);

impl Dice {
    /// The stream of a seed and of what it is used for, so that two uses of one seed have nothing in common.
    pub(super) fn new(seed: u64, purpose: &[u64]) -> Self {
        let mut dice = Self(SplitMix::new(seed));
        for word in purpose {
            dice = Self(SplitMix::new(dice.next() ^ word.wrapping_mul(STEP)));
        }
        dice
    }

    /// The next 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// A number from 0 to `count` - 1; 0 where `count` is 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let scaled = (u128::from(self.next()) * count as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// A number from 0 (included) to 1 (excluded).
    pub(super) fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// True once in `count` times.
    pub(super) fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Puts items in another order: every order is equally likely (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// The numbers from 0 to `count` - 1 in an order that is not theirs, where there are two.
    pub(super) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        if count > 1 && order.is_sorted() {
            order.rotate_left(1);
        }
        order
    }

    /// `chosen` of the numbers from 0 to `count` - 1, ascending.
    pub(super) fn choose(&mut self, chosen: usize, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..count).collect();
        self.shuffle(&mut all);
        all.truncate(chosen);
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut dice = Dice::new(1_234_567, &[]);
        let found: Vec<u64> = (0..3).map(|_| dice.next()).collect();
        assert_eq!(found, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_in_their_range_and_orders_are_never_the_identity() {
        let mut dice = Dice::new(7, &[1]);
        for count in 1..40 {
            assert!(dice.below(count) < count);
            assert!((0.0..1.0).contains(&dice.unit()));
        }
        for seed in 0..200 {
            assert_eq!(Dice::new(seed, &[]).order(2), [1, 0]);
            let chosen = Dice::new(seed, &[]).choose(3, 9);
            assert!(chosen.len() == 3 && chosen.is_sorted() && chosen.iter().all(|place| *place < 9));
        }
        assert_eq!(dice.below(0), 0);
    }

    #[test]
    fn purposes_have_streams_of_their_own() {
        assert_ne!(Dice::new(1, &[1, 2]).next(), Dice::new(1, &[2, 1]).next());
        assert_ne!(Dice::new(1, &[]).next(), Dice::new(2, &[]).next());
    }
}
