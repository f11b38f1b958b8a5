//! Conversions between scalar types: to floats rounded to nearest even, from floats towards zero and kept inside the range.

use super::super::code::{Row, Slip, Ty};
use super::super::findings::Kind;
use super::super::mask::Active;
use super::arithmetic::Found;
use super::rows::Rows;
use super::scalar::{Float, Half, Int, Scalar};

/// The bits of a value with its sign carried through all 64.
fn extended<T: Int>(value: T) -> u64 {
    if T::SIGNED && value < T::zero() && T::BITS < 64 {
        value.bits() | u64::MAX << T::BITS
    } else {
        value.bits()
    }
}

/// From an integer (or a bool, as 0 and 1).
pub(super) fn from_int<A: Scalar, T: Int>(
    rows: &mut Rows,
    active: &Active,
    into: Ty,
    to: Row,
    a: Row,
    as_int: impl Fn(A) -> T,
) {
    match into {
        Ty::Bool => rows.map1(active, to, a, |a: A| as_int(a) != T::zero()),
        Ty::I16 => rows.map1(active, to, a, |a: A| i16::from_bits(extended(as_int(a)))),
        Ty::U16 => rows.map1(active, to, a, |a: A| u16::from_bits(extended(as_int(a)))),
        Ty::I32 => rows.map1(active, to, a, |a: A| <i32 as Int>::from_bits(extended(as_int(a)))),
        Ty::U32 => rows.map1(active, to, a, |a: A| <u32 as Int>::from_bits(extended(as_int(a)))),
        Ty::I64 => rows.map1(active, to, a, |a: A| <i64 as Int>::from_bits(extended(as_int(a)))),
        Ty::U64 => rows.map1(active, to, a, |a: A| extended(as_int(a))),
        // Integers of 64 bits are rounded to 53 first; what then lies exactly between two `f16` is far beyond their range.
        Ty::F16 => rows.map1(active, to, a, |a: A| Half::from_f64(as_int(a).to_f64())),
        Ty::F32 => rows.map1(active, to, a, |a: A| as_int(a).to_f32()),
        Ty::F64 => rows.map1(active, to, a, |a: A| as_int(a).to_f64()),
    }
}

/// From a float.
pub(super) fn from_float<A: Float>(rows: &mut Rows, active: &Active, into: Ty, to: Row, a: Row) -> Found {
    match into {
        Ty::Bool => rows.map1(active, to, a, |a: A| a.to_f64() != 0.0),
        Ty::I16 => return to_int::<A, i16>(rows, active, to, a),
        Ty::U16 => return to_int::<A, u16>(rows, active, to, a),
        Ty::I32 => return to_int::<A, i32>(rows, active, to, a),
        Ty::U32 => return to_int::<A, u32>(rows, active, to, a),
        Ty::I64 => return to_int::<A, i64>(rows, active, to, a),
        Ty::U64 => return to_int::<A, u64>(rows, active, to, a),
        Ty::F16 => rows.map1(active, to, a, |a: A| Half::from_f64(a.to_f64())),
        Ty::F32 => rows.map1(active, to, a, |a: A| f32::from_f64(a.to_f64())),
        Ty::F64 => rows.map1(active, to, a, |a: A| a.to_f64()),
    }
    Found::new()
}

/// The least and the greatest number that both types hold: what WGSL keeps conversions between.
fn shared_range<A: Float, T: Int>() -> (f64, f64) {
    let (low, beyond) = T::range();
    // The float next to a finite one or to infinity, towards zero, has the bits before.
    let before = |value: A| {
        let (low, high) = value.words();
        let bits = (u64::from(low) | u64::from(high) << 32).wrapping_sub(1).words();
        A::of(bits.0, bits.1).to_f64()
    };
    let (least, most) = (A::from_f64(low), A::from_f64(beyond));
    // Where the float holds every integer there is one between the last integer and the end.
    let greatest = before(most).trunc();
    (if least.to_f64().is_finite() { least.to_f64() } else { before(least) }, greatest)
}

fn to_int<A: Float, T: Int>(rows: &mut Rows, active: &Active, to: Row, a: Row) -> Found {
    let (least, most) = shared_range::<A, T>();
    rows.map1(active, to, a, |a: A| T::from_float(kept(a.to_f64(), least, most)));
    let slip = Slip { kind: Kind::Overflow, what: "a float converted that lies outside the integer's range" };
    let (low, beyond) = T::range();
    let outside = |lane| {
        let value = rows.get::<A>(a, lane).to_f64().trunc();
        // Written so that NaN lies outside.
        !(value >= low && value < beyond)
    };
    Rows::lanes_where(active, outside).map(|(lane, count)| (slip, lane, count)).into_iter().collect()
}

/// The value kept between two ends; NaN stays what it is.
fn kept(value: f64, least: f64, most: f64) -> f64 {
    if value < least {
        least
    } else if value > most {
        most
    } else {
        value
    }
}
