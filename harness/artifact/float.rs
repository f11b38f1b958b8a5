//! Floating-point values by their bits: distance in units in the last place, and how they are shown.
//!
//! A float's bits, read as an integer in sign and magnitude, grow with its value; mapped to two's complement, the
//! distance of two integers counts the representable values between the two floats. Source: Bruce Dawson, "Comparing
//! Floating Point Numbers" (2012). Both zeros map to 0, so they are 0 ULPs apart.

/// A floating-point format of which every value is also a double.
pub(crate) trait Real: Copy {
    /// Size in bytes.
    const BYTES: usize;
    /// Distance from 1 to the next larger value.
    const EPSILON: f64;
    /// How many roundings of size [`Real::EPSILON`] count as rounding; see `relate::compare::floats`.
    const ROUNDINGS: f64;

    /// From exactly [`Real::BYTES`] little-endian bytes.
    fn from_le(bytes: &[u8]) -> Self;
    /// The same value as a double.
    fn value(self) -> f64;
    /// The bits, in the lower end of a word.
    fn bits(self) -> u64;

    /// Place on the line of all values: neighbours differ by 1, both zeros are 0.
    fn ordered(self) -> i64 {
        let sign = 1_u64 << (8 * Self::BYTES - 1);
        let magnitude = (self.bits() & (sign - 1)).cast_signed();
        if self.bits() & sign == 0 { magnitude } else { -magnitude }
    }

    /// Shortest decimal that reads back as the same value, and the bits: `0.1 (0x3fb999999999999a)`.
    fn show(self) -> String;
}

/// Bits of an IEEE 754 half-precision float.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Half(pub(crate) u16);

/// Bits of a bfloat16: the upper half of a single-precision float.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brain(pub(crate) u16);

impl Real for f64 {
    const BYTES: usize = 8;
    const EPSILON: f64 = f64::EPSILON;
    const ROUNDINGS: f64 = 1024.0;

    fn from_le(bytes: &[u8]) -> Self {
        Self::from_le_bytes(exactly(bytes))
    }
    fn value(self) -> f64 {
        self
    }
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn show(self) -> String {
        format!("{self:?} (0x{:016x})", self.to_bits())
    }
}

impl Real for f32 {
    const BYTES: usize = 4;
    const EPSILON: f64 = f32::EPSILON as f64;
    const ROUNDINGS: f64 = 1024.0;

    fn from_le(bytes: &[u8]) -> Self {
        Self::from_le_bytes(exactly(bytes))
    }
    fn value(self) -> f64 {
        f64::from(self)
    }
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
    fn show(self) -> String {
        format!("{self:?} (0x{:08x})", self.to_bits())
    }
}

impl Real for Half {
    const BYTES: usize = 2;
    const EPSILON: f64 = 1.0 / 1024.0;
    const ROUNDINGS: f64 = 4.0;

    fn from_le(bytes: &[u8]) -> Self {
        Self(u16::from_le_bytes(exactly(bytes)))
    }
    fn value(self) -> f64 {
        let fraction = f64::from(self.0 & 0x3ff) / 1024.0;
        let magnitude = match i32::from(self.0 >> 10 & 0x1f) {
            0 => fraction * (-14_f64).exp2(),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            exponent => (1.0 + fraction) * f64::from(exponent - 15).exp2(),
        };
        if self.0 >> 15 == 0 { magnitude } else { -magnitude }
    }
    fn bits(self) -> u64 {
        u64::from(self.0)
    }
    fn show(self) -> String {
        format!("{:?} (0x{:04x})", self.value(), self.0)
    }
}

impl Real for Brain {
    const BYTES: usize = 2;
    const EPSILON: f64 = 1.0 / 128.0;
    const ROUNDINGS: f64 = 4.0;

    fn from_le(bytes: &[u8]) -> Self {
        Self(u16::from_le_bytes(exactly(bytes)))
    }
    fn value(self) -> f64 {
        f64::from(f32::from_bits(u32::from(self.0) << 16))
    }
    fn bits(self) -> u64 {
        u64::from(self.0)
    }
    fn show(self) -> String {
        format!("{:?} (0x{:04x})", self.value(), self.0)
    }
}

/// How many representable values lie between two floats, one end counted; `None` where one is not finite.
pub(crate) fn ulps<R: Real>(left: R, right: R) -> Option<u64> {
    let finite = left.value().is_finite() && right.value().is_finite();
    finite.then(|| left.ordered().abs_diff(right.ordered()))
}

fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_and_its_neighbour_are_one_ulp_apart_in_every_format() {
        assert_eq!(ulps(1.0_f64, 1.0 + f64::EPSILON), Some(1));
        assert_eq!(ulps(1.0_f32, 1.0 + f32::EPSILON), Some(1));
        assert_eq!(ulps(Half(0x3c00), Half(0x3c01)), Some(1));
        assert_eq!(ulps(Brain(0x3f80), Brain(0x3f81)), Some(1));
        assert!((Half(0x3c01).value() - 1.0 - Half::EPSILON).abs() < 1e-18);
        assert!((Brain(0x3f81).value() - 1.0 - Brain::EPSILON).abs() < 1e-18);
    }

    #[test]
    fn zeros_are_equal_and_the_smallest_numbers_of_both_signs_are_two_apart() {
        assert_eq!(ulps(0.0_f64, -0.0), Some(0));
        assert_eq!(ulps(f64::from_bits(1), -f64::from_bits(1)), Some(2));
        assert_eq!(ulps(Half(0x0001), Half(0x8001)), Some(2));
        assert_eq!(ulps(f64::MAX, f64::MIN), Some(2 * f64::MAX.to_bits()));
    }

    #[test]
    fn what_is_not_finite_has_no_distance() {
        assert_eq!(ulps(f64::NAN, 1.0), None);
        assert_eq!(ulps(f32::INFINITY, 1.0), None);
        assert_eq!(ulps(Half(0x7c00), Half(0x3c00)), None);
        assert_eq!(ulps(Brain(0x7fc0), Brain(0x3f80)), None);
    }

    #[test]
    fn values_are_shown_in_decimal_and_bits() {
        assert_eq!(0.1_f64.show(), "0.1 (0x3fb999999999999a)");
        assert_eq!((0.1_f64 + 0.2).show(), "0.30000000000000004 (0x3fd3333333333334)");
        assert_eq!(1e300_f64.show(), "1e300 (0x7e37e43c8800759c)");
        assert_eq!((-0.0_f32).show(), "-0.0 (0x80000000)");
        assert_eq!(Half(0x3c00).show(), "1.0 (0x3c00)");
        assert_eq!(Brain(0xc000).show(), "-2.0 (0xc000)");
    }

    #[test]
    fn half_values_are_those_of_the_standard() {
        assert!((Half(0x7bff).value() - 65504.0).abs() < 1e-9);
        assert!((Half(0x0001).value() - 2_f64.powi(-24)).abs() < 1e-30);
        assert!((Half(0x3555).value() - 0.333_251_953_125).abs() < 1e-12);
        assert!(Half(0x7e00).value().is_nan());
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_adds_up_along_the_line(bits in any::<[u64; 3]>()) {
            let mut floats = bits.map(f64::from_bits);
            prop_assume!(floats.iter().all(|float| float.is_finite()));
            floats.sort_by(f64::total_cmp);
            let [low, middle, high] = floats;
            prop_assert_eq!(ulps(low, high), ulps(high, low));
            prop_assert_eq!(ulps(low, high).unwrap(), ulps(low, middle).unwrap() + ulps(middle, high).unwrap());
        }

        #[test]
        fn neighbours_are_one_apart(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite() && float.next_up().is_finite());
            prop_assert_eq!(ulps(float, float.next_up()), Some(1));
        }

        #[test]
        fn the_line_of_halves_is_ordered_as_their_values(left in any::<u16>(), right in any::<u16>()) {
            let (left, right) = (Half(left), Half(right));
            prop_assume!(left.value().is_finite() && right.value().is_finite());
            prop_assert_eq!(left.value().partial_cmp(&right.value()).unwrap(), left.ordered().cmp(&right.ordered()));
        }
    }
}
