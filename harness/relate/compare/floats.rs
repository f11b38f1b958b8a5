//! When a difference between floats is rounding, and when it is more.
//!
//! A sum of n terms computed in two orders differs by about sqrt(n) roundings of the size of the terms (Higham and Mary,
//! "A New Approach to Probabilistic Rounding Error Analysis", 2019; the worst case is n roundings, Higham, "Accuracy and
//! Stability of Numerical Algorithms", 2002, section 4.2). Two values are therefore *rounding* apart if
//!
//! ```text
//!     |a - b|  <=  R * eps * max(|a|, |b|, m)
//! ```
//!
//! where eps is the distance from 1 to the next value of the type, and R is 1024 for f64 and f32: sums of a million
//! terms. For f16 and bf16, which are summed up in f32 and rounded once per operation, R is 4. The magnitude m is the
//! mean of all absolute values in the tensor or column that are finite and not zero, on both sides: where large terms
//! cancel, what is left near zero carries an error of the size of the terms, so that 0 and 1e-17 in a column of ones are
//! rounding apart although there are a quintillion values between them. The mean, and not the maximum, so that a single
//! huge value does not excuse the rest. Values that are not finite on one side alone are never rounding apart.

use crate::artifact::float::{Real, ulps};
use crate::relate::Class;
use crate::relate::picture::Distances;

/// What is known about the floats of one tensor or column.
#[derive(Clone, Debug)]
pub(super) struct Floats {
    /// R times eps.
    tolerance: f64,
    zero_or_nan: bool,
    rounding: bool,
    /// Finite against not finite, or infinities of both signs.
    broken: bool,
    /// Largest absolute difference among pairs too far apart by their own magnitude.
    beyond: Option<f64>,
    ulps_max: Option<u64>,
    /// How many pairs lie how far apart, by powers of two.
    ulps: Distances,
    abs_max: Option<f64>,
    magnitude_sum: f64,
    magnitude_count: u64,
}

/// How one pair of floats differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// The same bits.
    Same,
    /// Within rounding by the pair's own magnitude, or only a sign of zero or NaN payload.
    Near,
    /// Perhaps within rounding by the magnitude of the rest.
    Far,
}

impl Floats {
    pub(super) fn new<R: Real>() -> Self {
        Self {
            tolerance: R::ROUNDINGS * R::EPSILON,
            zero_or_nan: false,
            rounding: false,
            broken: false,
            beyond: None,
            ulps_max: None,
            ulps: Distances::default(),
            abs_max: None,
            magnitude_sum: 0.0,
            magnitude_count: 0,
        }
    }

    /// Counts one value's magnitude.
    pub(super) fn weigh(&mut self, value: f64) {
        let counts = value.is_finite() && value != 0.0;
        self.magnitude_sum += if counts { value.abs() } else { 0.0 };
        self.magnitude_count += u64::from(counts);
    }

    /// Compares one pair.
    pub(super) fn pair<R: Real>(&mut self, left: R, right: R) -> Pair {
        if left.bits() == right.bits() {
            return Pair::Same;
        }
        let (a, b) = (left.value(), right.value());
        if (a.is_nan() && b.is_nan()) || (a == 0.0 && b == 0.0) {
            self.zero_or_nan = true;
            return Pair::Near;
        }
        let Some(distance) = ulps(left, right) else {
            self.broken = true;
            return Pair::Far;
        };
        // The difference of the largest doubles overflows.
        let apart = (a - b).abs().min(f64::MAX);
        self.ulps_max = self.ulps_max.max(Some(distance));
        self.ulps.count(distance);
        self.abs_max = Some(self.abs_max.map_or(apart, |max| max.max(apart)));
        // Neighbours are rounding apart even where, among subnormal numbers, a step is large for its magnitude.
        if distance == 1 || apart <= self.tolerance * a.abs().max(b.abs()) {
            self.rounding = true;
            return Pair::Near;
        }
        self.beyond = Some(self.beyond.map_or(apart, |max| max.max(apart)));
        Pair::Far
    }

    /// Whether the class still hangs on the magnitude of the rest.
    pub(super) fn needs_magnitude(&self) -> bool {
        self.beyond.is_some() && !self.broken
    }

    pub(super) fn class(&self) -> Class {
        if self.broken || self.beyond.is_some_and(|beyond| beyond > self.tolerance * self.magnitude()) {
            Class::Values
        } else if self.rounding || self.beyond.is_some() {
            Class::Rounding
        } else if self.zero_or_nan {
            Class::ZeroSignOrNan
        } else {
            Class::Identical
        }
    }

    /// The mean magnitude; zero, which excuses nothing, where there is none or it overflows.
    #[expect(clippy::cast_precision_loss, reason = "a mean over 2^53 values needs no exact count")]
    fn magnitude(&self) -> f64 {
        let mean = self.magnitude_sum / self.magnitude_count.max(1) as f64;
        if mean.is_finite() { mean } else { 0.0 }
    }

    pub(super) fn ulps_max(&self) -> Option<u64> {
        self.ulps_max
    }

    pub(super) fn ulps(&self) -> &Distances {
        &self.ulps
    }

    pub(super) fn abs_max(&self) -> Option<f64> {
        self.abs_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::float::{Brain, Half};
    use proptest::prelude::*;

    fn class(pairs: &[(f64, f64)]) -> Class {
        let mut floats = Floats::new::<f64>();
        for (left, right) in pairs {
            floats.weigh(*left);
            floats.weigh(*right);
            floats.pair(*left, *right);
        }
        floats.class()
    }

    #[test]
    fn a_reordered_sum_is_rounding() {
        assert_eq!(class(&[(0.1 + 0.2, 0.3)]), Class::Rounding);
        let terms: Vec<f64> = (1..100_000_u32).map(|place| f64::from(place).recip().sin()).collect();
        let forwards: f64 = terms.iter().sum();
        let backwards: f64 = terms.iter().rev().sum();
        assert_eq!(class(&[(forwards, backwards)]), Class::Rounding);
    }

    #[test]
    fn what_cancels_near_zero_is_rounding_among_larger_values_and_not_alone() {
        assert_eq!(class(&[(0.0, 1e-17)]), Class::Values);
        assert_eq!(class(&[(0.0, 1e-17), (1.0, 1.0)]), Class::Rounding);
        assert_eq!(class(&[(1e-17, -1e-17), (1.0, 1.0)]), Class::Rounding);
        assert_eq!(class(&[(0.0, 1e-9), (1.0, 1.0)]), Class::Values);
    }

    #[test]
    fn one_huge_value_does_not_excuse_the_others() {
        let mut pairs = vec![(1.0, 1.0); 1000];
        pairs.push((1e9, 1e9));
        pairs.push((1.0, 1.0 + 1e-4));
        assert_eq!(class(&pairs), Class::Values);
        assert_eq!(class(&[(f64::MAX, f64::MAX), (f64::MAX, f64::MAX), (1.0, 2.0)]), Class::Values);
    }

    #[test]
    fn signs_of_zero_and_nan_payloads_have_a_class_of_their_own() {
        assert_eq!(class(&[(0.0, -0.0)]), Class::ZeroSignOrNan);
        assert_eq!(class(&[(f64::NAN, -f64::NAN)]), Class::ZeroSignOrNan);
        assert_eq!(class(&[(f64::NAN, 1.0)]), Class::Values);
        assert_eq!(class(&[(f64::INFINITY, f64::MAX)]), Class::Values);
        assert_eq!(class(&[(f64::INFINITY, f64::NEG_INFINITY)]), Class::Values);
        assert_eq!(class(&[(f64::from_bits(1), f64::from_bits(2))]), Class::Rounding);
    }

    #[test]
    fn half_precision_allows_a_few_units_only() {
        let class = |left, right| {
            let mut floats = Floats::new::<Half>();
            floats.pair(Half(left), Half(right));
            floats.class()
        };
        assert_eq!(class(0x3c00, 0x3c03), Class::Rounding);
        assert_eq!(class(0x3c00, 0x3c10), Class::Values);
        let mut floats = Floats::new::<Brain>();
        floats.pair(Brain(0x3f80), Brain(0x3f90));
        assert_eq!(floats.class(), Class::Values);
    }

    #[test]
    fn the_largest_distances_are_kept() {
        let mut floats = Floats::new::<f64>();
        floats.pair(1.0, 1.0 + 3.0 * f64::EPSILON);
        floats.pair(f64::MAX, f64::MIN);
        assert_eq!(floats.ulps_max(), Some(2 * f64::MAX.to_bits()));
        assert_eq!(floats.abs_max(), Some(f64::MAX));
    }

    proptest! {
        #[test]
        fn the_class_does_not_depend_on_the_side(left in any::<u64>(), right in any::<u64>()) {
            let (left, right) = (f64::from_bits(left), f64::from_bits(right));
            prop_assert_eq!(class(&[(left, right)]), class(&[(right, left)]));
            prop_assert_eq!(class(&[(left, left)]), Class::Identical);
        }

        #[test]
        fn neighbours_are_rounding(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite() && float.next_up().is_finite() && float != 0.0 && float.next_up() != 0.0);
            prop_assert_eq!(class(&[(float, float.next_up())]), Class::Rounding);
        }
    }
}
