//! Arithmetic: one loop over the lanes for each operation and type.

use naga::MathFunction as M;

use super::super::code::{Bin, Row, Slip, Ty, Un};
use super::super::findings::Kind;
use super::super::mask::Active;
use super::rows::Rows;
use super::scalar::{Float, Half, Int};
use super::{convert, pack};

/// What an operation found wrong in some lanes: the first, and how many.
pub(super) type Found = Vec<(Slip, usize, u64)>;

impl Rows {
    pub(super) fn un(&mut self, active: &Active, op: Un, ty: Ty, to: Row, a: Row) {
        match ty {
            Ty::Bool => self.map1(active, to, a, |a: bool| !a),
            Ty::I16 => self.un_int::<i16>(active, op, to, a),
            Ty::U16 => self.un_int::<u16>(active, op, to, a),
            Ty::I32 => self.un_int::<i32>(active, op, to, a),
            Ty::U32 => match op {
                Un::Unpack(fun, index) => self.map1(active, to, a, |a: u32| pack::unpack(fun, index, a)),
                _ => self.un_int::<u32>(active, op, to, a),
            },
            Ty::I64 => self.un_int::<i64>(active, op, to, a),
            Ty::U64 => self.un_int::<u64>(active, op, to, a),
            Ty::F16 => self.un_float::<Half>(active, op, to, a),
            Ty::F32 => self.un_float::<f32>(active, op, to, a),
            Ty::F64 => self.un_float::<f64>(active, op, to, a),
        }
    }

    fn un_int<T: Int>(&mut self, active: &Active, op: Un, to: Row, a: Row) {
        match op {
            Un::Negate => self.map1(active, to, a, |a: T| T::zero().sub(a)),
            Un::Complement => self.map1(active, to, a, |a: T| T::from_bits(!a.bits())),
            Un::Math(M::Abs) => self.map1(active, to, a, T::abs),
            Un::Math(M::Sign) => self.map1(active, to, a, T::sign),
            Un::Math(fun) => self.map1(active, to, a, |a: T| T::from_bits(bit_function::<T>(fun, a))),
            _ => self.map1(active, to, a, |a: T| a),
        }
    }

    fn un_float<T: Float>(&mut self, active: &Active, op: Un, to: Row, a: Row) {
        match op {
            Un::Negate => self.map1(active, to, a, |a: T| -a),
            Un::Math(M::Abs) => self.map1(active, to, a, |a: T| T::from_f64(a.to_f64().abs())),
            Un::Math(M::Sqrt) => self.map1(active, to, a, T::sqrt),
            Un::Math(M::QuantizeToF16) => {
                self.map1(active, to, a, |a: T| T::from_f64(Half::from_f64(a.to_f64()).to_f64()));
            }
            Un::IsNan => self.map1(active, to, a, |a: T| a.to_f64().is_nan()),
            Un::IsInf => self.map1(active, to, a, |a: T| a.to_f64().is_infinite()),
            Un::Fraction => self.map1(active, to, a, |a: T| T::from_f64(frexp(a.to_f64()).0)),
            Un::Exponent => self.map1(active, to, a, |a: T| frexp(a.to_f64()).1),
            Un::Math(fun) => match transcendental(fun) {
                Some(f) => self.costly1(active, to, a, |a: T| T::from_f64(f(a.to_f64()))),
                None => self.map1(active, to, a, |a: T| a),
            },
            _ => self.map1(active, to, a, |a: T| a),
        }
    }

    pub(super) fn bin(&mut self, active: &Active, op: Bin, ty: Ty, to: Row, operands: (Row, Row)) -> Found {
        match ty {
            Ty::Bool => self.bin_bool(active, op, to, operands),
            Ty::I16 => return self.bin_int::<i16>(active, op, to, operands),
            Ty::U16 => return self.bin_int::<u16>(active, op, to, operands),
            Ty::I32 => return self.bin_int::<i32>(active, op, to, operands),
            Ty::U32 => match op {
                Bin::DotSigned | Bin::DotUnsigned => {
                    self.map2(active, to, operands, |a: u32, b: u32| pack::dot(op == Bin::DotSigned, a, b));
                }
                _ => return self.bin_int::<u32>(active, op, to, operands),
            },
            Ty::I64 => return self.bin_int::<i64>(active, op, to, operands),
            Ty::U64 => return self.bin_int::<u64>(active, op, to, operands),
            Ty::F16 => self.bin_float::<Half>(active, op, to, operands),
            Ty::F32 => self.bin_float::<f32>(active, op, to, operands),
            Ty::F64 => self.bin_float::<f64>(active, op, to, operands),
        }
        Found::new()
    }

    fn bin_bool(&mut self, active: &Active, op: Bin, to: Row, operands: (Row, Row)) {
        match op {
            Bin::Ne | Bin::Xor => self.map2(active, to, operands, |a: u32, b: u32| a ^ b),
            Bin::Or => self.map2(active, to, operands, |a: u32, b: u32| a | b),
            Bin::Eq => self.map2(active, to, operands, |a: u32, b: u32| a == b),
            _ => self.map2(active, to, operands, |a: u32, b: u32| a & b),
        }
    }

    fn bin_int<T: Int>(&mut self, active: &Active, op: Bin, to: Row, ab: (Row, Row)) -> Found {
        match op {
            Bin::Sub => self.map2(active, to, ab, T::sub),
            Bin::Mul => self.map2(active, to, ab, T::mul),
            Bin::Div | Bin::Rem => {
                self.map2(active, to, ab, if op == Bin::Div { T::div } else { T::rem });
                return self.division::<T>(active, ab);
            }
            Bin::Eq => self.map2(active, to, ab, |a: T, b: T| a == b),
            Bin::Ne => self.map2(active, to, ab, |a: T, b: T| a != b),
            Bin::Lt => self.map2(active, to, ab, |a: T, b: T| a < b),
            Bin::Le => self.map2(active, to, ab, |a: T, b: T| a <= b),
            Bin::And => self.map2(active, to, ab, |a: T, b: T| T::from_bits(a.bits() & b.bits())),
            Bin::Or => self.map2(active, to, ab, |a: T, b: T| T::from_bits(a.bits() | b.bits())),
            Bin::Xor => self.map2(active, to, ab, |a: T, b: T| T::from_bits(a.bits() ^ b.bits())),
            Bin::Shl => self.map2(active, to, ab, |a: T, by: u32| a.shl(by)),
            Bin::Shr => self.map2(active, to, ab, |a: T, by: u32| a.shr(by)),
            Bin::Min => self.map2(active, to, ab, T::min),
            Bin::Max => self.map2(active, to, ab, T::max),
            _ => self.map2(active, to, ab, T::add),
        }
        Found::new()
    }

    fn bin_float<T: Float>(&mut self, active: &Active, op: Bin, to: Row, ab: (Row, Row)) {
        match op {
            Bin::Sub => self.map2(active, to, ab, |a: T, b: T| a - b),
            Bin::Mul => self.map2(active, to, ab, |a: T, b: T| a * b),
            Bin::Div => self.map2(active, to, ab, |a: T, b: T| a / b),
            Bin::Rem => self.map2(active, to, ab, |a: T, b: T| a % b),
            Bin::Eq => self.map2(active, to, ab, |a: T, b: T| a == b),
            Bin::Ne => self.map2(active, to, ab, |a: T, b: T| a != b),
            Bin::Lt => self.map2(active, to, ab, |a: T, b: T| a < b),
            Bin::Le => self.map2(active, to, ab, |a: T, b: T| a <= b),
            Bin::Min => self.map2(active, to, ab, least::<T>),
            Bin::Max => self.map2(active, to, ab, greatest::<T>),
            Bin::Pow => {
                self.map2(active, to, ab, |a: T, b: T| T::from_f64(libm::pow(a.to_f64(), b.to_f64())));
            }
            Bin::Atan2 => {
                self.map2(active, to, ab, |a: T, b: T| T::from_f64(libm::atan2(a.to_f64(), b.to_f64())));
            }
            Bin::Ldexp => self.map2(active, to, ab, |a: T, by: i32| T::from_f64(libm::ldexp(a.to_f64(), by))),
            _ => self.map2(active, to, ab, |a: T, b: T| a + b),
        }
    }

    /// Divisions by zero and overflowing ones.
    fn division<T: Int>(&self, active: &Active, (a, b): (Row, Row)) -> Found {
        let zero = Slip { kind: Kind::DivisionByZero, what: "an integer divided by zero" };
        let zeros = Self::lanes_where(active, |lane| self.get::<T>(b, lane) == T::zero());
        let mut found: Found = zeros.map(|(lane, count)| (zero, lane, count)).into_iter().collect();
        if !T::SIGNED {
            return found;
        }
        let over = Slip { kind: Kind::Overflow, what: "the least integer divided by -1" };
        let overflows = |lane| T::overflows(self.get(a, lane), self.get(b, lane));
        found.extend(Self::lanes_where(active, overflows).map(|(lane, count)| (over, lane, count)));
        found
    }

    /// The first active lane for which this holds, and how many there are.
    pub(super) fn lanes_where(active: &Active, mut holds: impl FnMut(usize) -> bool) -> Option<(usize, u64)> {
        let mut found = None;
        for lane in active.lanes() {
            if holds(lane) {
                found = Some(found.map_or((lane, 1), |(first, count)| (first, count + 1)));
            }
        }
        found
    }

    pub(super) fn fma(&mut self, active: &Active, ty: Ty, to: Row, factors: (Row, Row), addend: Row) {
        match ty {
            Ty::F16 => self.fma_of::<Half>(active, to, factors, addend),
            Ty::F64 => self.fma_of::<f64>(active, to, factors, addend),
            _ => self.fma_of::<f32>(active, to, factors, addend),
        }
    }

    fn fma_of<T: Float>(&mut self, active: &Active, to: Row, (a, b): (Row, Row), c: Row) {
        for lane in active.lanes() {
            let value = T::fma(self.get(a, lane), self.get(b, lane), self.get(c, lane));
            self.set(to, lane, value);
        }
    }

    /// `extractBits`: beyond the end there is nothing, as WGSL says.
    pub(super) fn extract(&mut self, active: &Active, ty: Ty, to: Row, value: Row, at: (Row, Row)) {
        for lane in active.lanes() {
            let (offset, count) = (self.get::<u32>(at.0, lane).min(32), self.get::<u32>(at.1, lane));
            let count = count.min(32 - offset);
            let word: u32 = self.get(value, lane);
            let result = match count {
                0 => 0,
                _ if ty == Ty::I32 => {
                    (word << (32 - count - offset)).cast_signed().wrapping_shr(32 - count).cast_unsigned()
                }
                _ => (word << (32 - count - offset)) >> (32 - count),
            };
            self.set(to, lane, result);
        }
    }

    /// `insertBits`, kept inside the word.
    pub(super) fn insert(&mut self, active: &Active, to: Row, (value, bits): (Row, Row), at: (Row, Row)) {
        for lane in active.lanes() {
            let (offset, count) = (self.get::<u32>(at.0, lane).min(32), self.get::<u32>(at.1, lane));
            let count = count.min(32 - offset);
            let (word, bits): (u32, u32) = (self.get(value, lane), self.get(bits, lane));
            let mask = if count == 0 { 0 } else { (u32::MAX >> (32 - count)) << offset };
            let moved = bits.checked_shl(offset).unwrap_or(0);
            self.set(to, lane, word & !mask | moved & mask);
        }
    }

    pub(super) fn pack(&mut self, active: &Active, fun: M, to: Row, parts: [Row; 4]) {
        for lane in active.lanes() {
            let words = parts.map(|row| self.get::<u32>(row, lane));
            self.set(to, lane, pack::pack(fun, words));
        }
    }

    pub(super) fn cast(&mut self, active: &Active, from: Ty, into: Ty, to: Row, a: Row) -> Found {
        match from {
            Ty::Bool => convert::from_int(self, active, into, to, a, |a: bool| u32::from(a)),
            Ty::I16 => convert::from_int(self, active, into, to, a, |a: i16| a),
            Ty::U16 => convert::from_int(self, active, into, to, a, |a: u16| a),
            Ty::I32 => convert::from_int(self, active, into, to, a, |a: i32| a),
            Ty::U32 => convert::from_int(self, active, into, to, a, |a: u32| a),
            Ty::I64 => convert::from_int(self, active, into, to, a, |a: i64| a),
            Ty::U64 => convert::from_int(self, active, into, to, a, |a: u64| a),
            Ty::F16 => return convert::from_float::<Half>(self, active, into, to, a),
            Ty::F32 => return convert::from_float::<f32>(self, active, into, to, a),
            Ty::F64 => return convert::from_float::<f64>(self, active, into, to, a),
        }
        Found::new()
    }
}

/// The second where it is less (or the first is no number), as WGSL words it.
pub(super) fn least<T: Float>(a: T, b: T) -> T {
    if b < a || a.to_f64().is_nan() { b } else { a }
}

/// The second where it is greater (or the first is no number).
pub(super) fn greatest<T: Float>(a: T, b: T) -> T {
    if a < b || a.to_f64().is_nan() { b } else { a }
}

fn frexp(value: f64) -> (f64, i32) {
    if value == 0.0 || !value.is_finite() { (value, 0) } else { libm::frexp(value) }
}

/// Functions on the bits of an integer.
fn bit_function<T: Int>(fun: M, value: T) -> u64 {
    let (bits, width) = (value.bits(), u64::from(T::BITS));
    let leading = u64::from(bits.leading_zeros()) + width - 64;
    match fun {
        M::CountTrailingZeros => u64::from(bits.trailing_zeros()).min(width),
        M::CountLeadingZeros => leading,
        M::CountOneBits => u64::from(bits.count_ones()),
        M::ReverseBits => bits.reverse_bits() >> (64 - width),
        M::FirstTrailingBit if bits == 0 => u64::MAX,
        M::FirstTrailingBit => u64::from(bits.trailing_zeros()),
        M::FirstLeadingBit => {
            let negative = T::SIGNED && value < T::zero();
            // Of a negative number the first bit that differs from the sign counts.
            let bits = if negative { T::from_bits(!bits).bits() } else { bits };
            if bits == 0 { u64::MAX } else { 63 - u64::from(bits.leading_zeros()) }
        }
        _ => bits,
    }
}

/// Functions that are computed in `f64` and rounded once: within a hair of correct rounding, and the same on every platform.
fn transcendental(fun: M) -> Option<fn(f64) -> f64> {
    Some(match fun {
        M::Sin => libm::sin,
        M::Cos => libm::cos,
        M::Tan => libm::tan,
        M::Asin => libm::asin,
        M::Acos => libm::acos,
        M::Atan => libm::atan,
        M::Sinh => libm::sinh,
        M::Cosh => libm::cosh,
        M::Tanh => libm::tanh,
        M::Asinh => libm::asinh,
        M::Acosh => libm::acosh,
        M::Atanh => libm::atanh,
        M::Exp => libm::exp,
        M::Exp2 => libm::exp2,
        M::Log => libm::log,
        M::Log2 => libm::log2,
        M::InverseSqrt => |value| 1.0 / value.sqrt(),
        M::Ceil => f64::ceil,
        M::Floor => f64::floor,
        M::Round => f64::round_ties_even,
        M::Trunc => f64::trunc,
        M::Sign => |value| if value == 0.0 || value.is_nan() { value } else { value.signum() },
        _ => return None,
    })
}
