//! Scalar types as words, and what is asked of integers and floats.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "conversions between words and numbers of all widths are what this file is for"
)]

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// A scalar that one or two words hold.
pub(super) trait Scalar: Copy {
    /// Whether it takes two words.
    const WIDE: bool = false;
    fn of(low: u32, high: u32) -> Self;
    fn words(self) -> (u32, u32);
}

/// An `f16`, held as the `f32` of its value and rounded when it becomes bits again.
///
/// The 24 bits of an `f32` are enough for a sum, difference, product, quotient or root of two 11-bit numbers to be rounded twice without harm.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Half(pub(super) f32);

impl Scalar for bool {
    fn of(low: u32, _: u32) -> Self {
        low != 0
    }

    fn words(self) -> (u32, u32) {
        (u32::from(self), 0)
    }
}

impl Scalar for Half {
    fn of(low: u32, _: u32) -> Self {
        Self(half::f16::from_bits(low as u16).to_f32())
    }

    fn words(self) -> (u32, u32) {
        (u32::from(half::f16::from_f32(self.0).to_bits()), 0)
    }
}

macro_rules! narrow {
    ($($ty:ty: $of:expr, $words:expr;)*) => {$(
        impl Scalar for $ty {
            #[inline]
            fn of(low: u32, _: u32) -> Self {
                $of(low)
            }

            #[inline]
            fn words(self) -> (u32, u32) {
                ($words(self), 0)
            }
        }
    )*};
}
fn low_half(word: u32) -> u16 {
    word as u16
}

narrow! {
    u32: |word| word, |value| value;
    i32: u32::cast_signed, i32::cast_unsigned;
    f32: f32::from_bits, f32::to_bits;
    u16: low_half, u32::from;
    i16: |word| low_half(word).cast_signed(), |value: i16| u32::from(value.cast_unsigned());
}

macro_rules! wide {
    ($($ty:ty: $of:expr, $bits:expr;)*) => {$(
        impl Scalar for $ty {
            const WIDE: bool = true;

            #[inline]
            fn of(low: u32, high: u32) -> Self {
                $of(u64::from(low) | u64::from(high) << 32)
            }

            #[inline]
            fn words(self) -> (u32, u32) {
                let bits: u64 = $bits(self);
                (bits as u32, (bits >> 32) as u32)
            }
        }
    )*};
}

wide! {
    u64: |bits| bits, |value| value;
    i64: u64::cast_signed, i64::cast_unsigned;
    f64: f64::from_bits, f64::to_bits;
}

/// Integers: everything wraps.
pub(super) trait Int: Scalar + Ord {
    const BITS: u32;
    const SIGNED: bool;
    /// The bits, zeros above them.
    fn bits(self) -> u64;
    /// The lowest bits.
    fn from_bits(bits: u64) -> Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `x / 0` is `x`, and the least over -1 is the least, as WGSL says.
    fn div(self, other: Self) -> Self;
    /// `x % 0` is 0, and the least modulo -1 is 0.
    fn rem(self, other: Self) -> Self;
    fn shl(self, by: u32) -> Self;
    fn shr(self, by: u32) -> Self;
    fn abs(self) -> Self;
    fn sign(self) -> Self;
    /// Whether a division would overflow.
    fn overflows(self, other: Self) -> bool;
    fn zero() -> Self;
    /// The nearest integer towards zero; 0 of NaN.
    fn from_float(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn to_f32(self) -> f32;
    /// The ends of the range as floats; the upper one is the first beyond.
    fn range() -> (f64, f64);
}

macro_rules! int {
    ($($ty:ty, $unsigned:ty, $signed:expr, $abs:expr;)*) => {$(
        impl Int for $ty {
            const BITS: u32 = <$ty>::BITS;
            const SIGNED: bool = $signed;

            fn bits(self) -> u64 {
                self as $unsigned as u64
            }

            fn from_bits(bits: u64) -> Self {
                bits as Self
            }

            #[inline]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline]
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn div(self, other: Self) -> Self {
                if other == 0 { self } else { self.wrapping_div(other) }
            }

            fn rem(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }

            #[inline]
            fn shl(self, by: u32) -> Self {
                self.wrapping_shl(by)
            }

            #[inline]
            fn shr(self, by: u32) -> Self {
                self.wrapping_shr(by)
            }

            fn abs(self) -> Self {
                $abs(self)
            }

            fn sign(self) -> Self {
                Self::from(self > 0).wrapping_sub(Self::from(self < Self::zero()))
            }

            fn overflows(self, other: Self) -> bool {
                other != 0 && self.checked_div(other).is_none()
            }

            fn zero() -> Self {
                0
            }

            fn from_float(value: f64) -> Self {
                value as Self
            }

            fn to_f64(self) -> f64 {
                self as f64
            }

            fn to_f32(self) -> f32 {
                self as f32
            }

            fn range() -> (f64, f64) {
                // Both are zero or powers of two and therefore exact.
                (Self::MIN as f64, (Self::MAX / 2 + 1) as f64 * 2.0)
            }
        }
    )*};
}

int! {
    u16, u16, false, |value| value;
    u32, u32, false, |value| value;
    u64, u64, false, |value| value;
    i16, u16, true, i16::wrapping_abs;
    i32, u32, true, i32::wrapping_abs;
    i64, u64, true, i64::wrapping_abs;
}

/// Floats.
pub(super) trait Float:
    Scalar
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Rem<Output = Self>
    + Neg<Output = Self>
{
    fn to_f64(self) -> f64;
    /// Rounded to nearest, ties to even.
    fn from_f64(value: f64) -> Self;
    fn sqrt(self) -> Self;
    fn fma(self, factor: Self, addend: Self) -> Self;
}

macro_rules! half_operator {
    ($($trait:ident, $name:ident;)*) => {$(
        impl $trait for Half {
            type Output = Self;

            fn $name(self, other: Self) -> Self {
                Self(self.0.$name(other.0))
            }
        }
    )*};
}

half_operator! {
    Add, add;
    Sub, sub;
    Mul, mul;
    Div, div;
    Rem, rem;
}

impl Neg for Half {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Float for Half {
    fn to_f64(self) -> f64 {
        f64::from(self.0)
    }

    fn from_f64(value: f64) -> Self {
        Self(half::f16::from_f64(value).to_f32())
    }

    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }

    fn fma(self, factor: Self, addend: Self) -> Self {
        // The product of two 11-bit numbers is exact in 53 bits.
        Self::from_f64(f64::from(self.0) * f64::from(factor.0) + f64::from(addend.0))
    }
}

impl Float for f32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }

    fn fma(self, factor: Self, addend: Self) -> Self {
        libm::fmaf(self, factor, addend)
    }
}

impl Float for f64 {
    fn to_f64(self) -> f64 {
        self
    }

    fn from_f64(value: f64) -> Self {
        value
    }

    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }

    fn fma(self, factor: Self, addend: Self) -> Self {
        libm::fma(self, factor, addend)
    }
}
