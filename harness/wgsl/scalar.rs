//! The element types of buffers: names, sizes, and numbers turned into their bits with the same result on every machine.

use std::fmt;

/// The type of one element of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// IEEE binary16.
    F16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
    /// Two's complement, 32 bits.
    I32,
    /// 32 bits without a sign.
    U32,
    /// Two's complement, 64 bits.
    I64,
    /// 64 bits without a sign.
    U64,
    /// A byte, for packed data that WGSL sees as words.
    U8,
}

/// The layout of an IEEE binary format.
struct Format {
    mantissa: u32,
    bias: i32,
}

impl Scalar {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 8] =
        [Self::F16, Self::F32, Self::F64, Self::I32, Self::U32, Self::I64, Self::U64, Self::U8];

    /// The name that case files and WGSL use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::U8 => "u8",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// Whether elements are IEEE numbers.
    #[must_use]
    pub fn is_float(self) -> bool {
        self.format().is_some()
    }

    /// Bits of the mantissa that are stored; `None` for integers.
    pub(crate) fn mantissa(self) -> Option<u32> {
        self.format().map(|format| format.mantissa)
    }

    /// The least and the greatest number that an integer type holds; `None` for floats.
    pub(crate) fn range(self) -> Option<(i128, i128)> {
        match self {
            Self::F16 | Self::F32 | Self::F64 => None,
            Self::I32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::U32 => Some((0, u32::MAX.into())),
            Self::I64 => Some((i64::MIN.into(), i64::MAX.into())),
            Self::U64 => Some((0, u64::MAX.into())),
            Self::U8 => Some((0, u8::MAX.into())),
        }
    }

    fn format(self) -> Option<Format> {
        match self {
            Self::F16 => Some(Format { mantissa: 10, bias: 15 }),
            Self::F32 => Some(Format { mantissa: 23, bias: 127 }),
            Self::F64 => Some(Format { mantissa: 52, bias: 1023 }),
            _ => None,
        }
    }

    /// The bits of a number, rounded to nearest, ties to even; NaN becomes the positive quiet one without payload, because the bits
    /// of a converted NaN differ between processors. `None` where an integer type does not hold exactly that number, or where a
    /// finite number would become an infinity.
    #[must_use]
    pub fn bits(self, value: f64) -> Option<u64> {
        let Some(mantissa) = self.mantissa() else { return self.whole(value) };
        if value.is_nan() {
            return Some(self.infinity(false) | 1 << (mantissa - 1));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a conversion between floats rounds to nearest, ties to even"
        )]
        let bits = match self {
            Self::F16 => half(value),
            Self::F32 => u64::from((value as f32).to_bits()),
            _ => value.to_bits(),
        };
        let overflowed = bits & self.infinity(false) == self.infinity(false) && value.is_finite();
        (!overflowed).then_some(bits)
    }

    fn whole(self, value: f64) -> Option<u64> {
        if !value.is_finite() || value.trunc().to_bits() != value.to_bits() {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "beyond the range it stops at an end, which no type here holds"
        )]
        let whole = value as i128;
        self.integer(whole)
    }

    fn integer(self, value: i128) -> Option<u64> {
        let (low, high) = self.range()?;
        let word = u64::try_from(value.cast_unsigned() & u128::from(u64::MAX));
        word.ok().filter(|_| (low..=high).contains(&value))
    }

    /// The bits of an integer, exact in integer types and rounded in floats; `None` where it is out of range.
    #[must_use]
    pub fn integer_bits(self, value: i64) -> Option<u64> {
        if !self.is_float() {
            return self.integer(value.into());
        }
        #[expect(clippy::cast_precision_loss, reason = "floats round, as documented")]
        let near = value as f64;
        self.bits(near)
    }

    /// The bits of `±1.mantissa × 2^exponent`; of the low bits of `mantissa`, as many are used as the format stores. With the
    /// exponent one below the least normal one, the number is subnormal: `±0.mantissa × 2^(exponent + 1)`.
    pub(crate) fn compose(self, negative: bool, exponent: i32, mantissa: u64) -> u64 {
        let Some(format) = self.format() else { return 0 };
        let stored = u64::from(exponent.saturating_add(format.bias).max(0).unsigned_abs());
        let kept = mantissa & ((1 << format.mantissa) - 1);
        self.sign(negative) | stored << format.mantissa | kept
    }

    /// The exponent of the least normal number; 0 for integers.
    pub(crate) fn exponent_min(self) -> i32 {
        self.format().map_or(0, |format| 1 - format.bias)
    }

    /// The bits of an infinity; the positive one less 1 is the greatest finite number.
    pub(crate) fn infinity(self, negative: bool) -> u64 {
        let stored = |format: Format| u64::from(2 * format.bias.unsigned_abs() + 1) << format.mantissa;
        self.sign(negative) | self.format().map_or(0, stored)
    }

    /// The bits of a floating-point zero with this sign.
    pub(crate) fn sign(self, negative: bool) -> u64 {
        u64::from(negative) << (8 * self.bytes() - 1)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The bits of the binary16 nearest to a number, ties to even; the standard library has no stable conversion.
fn half(value: f64) -> u64 {
    let sign = u64::from(value.is_sign_negative()) << 15;
    let magnitude = value.abs();
    // 65520 lies in the middle between the greatest finite number and the next step, and the tie goes to the even infinity.
    if magnitude >= 65520.0 {
        return sign | 0x7c00;
    }
    if magnitude < 1.0 / 16384.0 {
        // Below 2^-14 the steps are 2^-24 wide; scaling by a power of two is exact, and 1024 steps are the least normal number.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 1024"
        )]
        let steps = (magnitude * 16_777_216.0).round_ties_even() as u64;
        return sign | steps;
    }
    // A carry out of the mantissa runs into the exponent, which is what rounding up to a power of two means.
    let bits = magnitude.to_bits();
    let odd = bits >> 42 & 1;
    let kept = (bits + (1 << 41) - 1 + odd) >> 42;
    sign | (kept - ((1023 - 15) << 10))
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the numbers of these tests are small"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The number that a binary16 stands for, from its fields.
    fn value(half: u64) -> f64 {
        let (exponent, mantissa) = (half >> 10 & 31, (half & 1023) as f64);
        let magnitude = match exponent {
            0 => mantissa / 16_777_216.0,
            31 => f64::INFINITY,
            _ => (1024.0 + mantissa) * 2.0_f64.powi(exponent as i32 - 25),
        };
        if half >> 15 == 1 { -magnitude } else { magnitude }
    }

    #[test]
    fn every_half_survives_and_halves_of_steps_go_to_the_even_neighbour() {
        for bits in 0..0x7c00_u64 {
            assert_eq!(Scalar::F16.bits(value(bits)), Some(bits));
            assert_eq!(Scalar::F16.bits(-value(bits)), Some(bits | 0x8000));
            if bits < 0x7bff {
                let middle = f64::midpoint(value(bits), value(bits + 1));
                assert_eq!(Scalar::F16.bits(middle), Some(bits + (bits & 1)), "between {bits} and the next");
                assert_eq!(Scalar::F16.bits(middle.next_up()), Some(bits + 1));
                assert_eq!(Scalar::F16.bits(middle.next_down()), Some(bits));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_infinite_stays_so() {
        assert_eq!(Scalar::F16.bits(65519.9), Some(0x7bff));
        assert_eq!(Scalar::F16.bits(65520.0), None);
        assert_eq!(Scalar::F16.bits(f64::NEG_INFINITY), Some(0xfc00));
        assert_eq!(Scalar::F32.bits(1e39), None);
        assert_eq!(Scalar::F32.bits(f64::INFINITY), Some(0x7f80_0000));
        assert_eq!(Scalar::F32.bits(-f64::NAN), Some(0x7fc0_0000));
        assert_eq!(Scalar::F64.bits(f64::NAN), Some(0x7ff8_0000_0000_0000));
        assert_eq!(Scalar::U8.bits(255.0), Some(255));
        assert_eq!(Scalar::U8.bits(256.0), None);
        assert_eq!(Scalar::I32.bits(0.5), None);
        assert_eq!(Scalar::U32.bits(f64::NAN), None);
        assert_eq!(Scalar::I64.bits(9_223_372_036_854_775_808.0), None);
        assert_eq!(Scalar::U64.bits(18_446_744_073_709_551_616.0), None);
        assert_eq!(Scalar::I32.integer_bits(-1), Some(u64::MAX));
        assert_eq!(Scalar::U32.integer_bits(-1), None);
    }

    #[test]
    fn names_lead_back_to_types() {
        for scalar in Scalar::ALL {
            assert_eq!(Scalar::named(scalar.name()), Some(scalar));
        }
        assert_eq!(Scalar::named("bf16"), None);
    }

    proptest! {
        #[test]
        fn composed_numbers_are_the_ones_asked_for(negative: bool, exponent in -20..20_i32, mantissa: u64) {
            let fraction = (mantissa & ((1 << 23) - 1)) as f64 / 8_388_608.0;
            let magnitude = (1.0 + fraction) * 2.0_f64.powi(exponent);
            let expected = if negative { -magnitude } else { magnitude };
            prop_assert_eq!(Scalar::F32.bits(expected), Some(Scalar::F32.compose(negative, exponent, mantissa)));
        }

        #[test]
        fn no_number_makes_any_type_panic(value: f64) {
            for scalar in Scalar::ALL {
                let bits = scalar.bits(value);
                if !scalar.is_float() {
                    prop_assert!(bits.is_none() || value.fract() == 0.0, "{} became a whole {}", value, scalar);
                }
            }
        }
    }
}
