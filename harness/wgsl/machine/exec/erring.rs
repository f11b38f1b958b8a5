//! Operations that err at random by as much as WGSL allows them: what the spread of results is measured with.
//!
//! Bounds: WGSL, section Floating Point Accuracy. Method: random rounding of every inexact operation (Parker, Monte Carlo
//! Arithmetic, 1997). What is exact under IEEE 754 stays exact, since every rounding direction gives it.

use naga::MathFunction as M;

use super::super::code::{Bin, Row, Ty, Un};
use super::super::mask::Active;
use super::rows::Rows;
use super::scalar::{Float, Half};
use crate::wgsl::random::SplitMix;

/// Where the errors come from.
pub(super) struct Erring(SplitMix);

impl Erring {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix::new(seed))
    }

    pub(super) fn un(&mut self, rows: &mut Rows, active: &Active, (op, ty): (Un, Ty), to: Row, a: Row) {
        let allowed = |_: f64, ulp: f64, x: f64, result: f64| unary(op, x, result, ulp);
        self.each(rows, active, ty, to, (a, a), allowed);
    }

    pub(super) fn bin(
        &mut self,
        rows: &mut Rows,
        active: &Active,
        (op, ty): (Bin, Ty),
        to: Row,
        ab: (Row, Row),
    ) {
        self.each(rows, active, ty, to, ab, |b, ulp, a, result| binary(op, (a, b), result, ulp));
    }

    /// A product and a sum: fused or not, each may be rounded either way.
    pub(super) fn fma(&mut self, rows: &mut Rows, active: &Active, ty: Ty, to: Row, factors: (Row, Row)) {
        let inexact = |b: f64, ulp: f64, a: f64, result: f64| {
            if is(a * b, result) { 0.0 } else { ulp.max(spacing(a * b, 23)) }
        };
        self.each(rows, active, ty, to, factors, inexact);
    }

    /// Moves each result by at most what `allowed(b, ulp, a, result)` says.
    fn each(
        &mut self,
        rows: &mut Rows,
        active: &Active,
        ty: Ty,
        to: Row,
        from: (Row, Row),
        allowed: impl Fn(f64, f64, f64, f64) -> f64,
    ) {
        match ty {
            Ty::F16 => self.each_of::<Half>(rows, active, (to, from), 10, allowed),
            Ty::F32 => self.each_of::<f32>(rows, active, (to, from), 23, allowed),
            Ty::F64 => self.each_of::<f64>(rows, active, (to, from), 52, allowed),
            _ => {}
        }
    }

    fn each_of<T: Float>(
        &mut self,
        rows: &mut Rows,
        active: &Active,
        (to, (a, b)): (Row, (Row, Row)),
        mantissa: i32,
        allowed: impl Fn(f64, f64, f64, f64) -> f64,
    ) {
        for lane in active.lanes() {
            let result = rows.get::<T>(to, lane).to_f64();
            if !result.is_finite() {
                continue;
            }
            let (a, b) = (rows.get::<T>(a, lane).to_f64(), rows.get::<T>(b, lane).to_f64());
            let error = allowed(b, spacing(result, mantissa), a, result);
            if error > 0.0 {
                // As far as is allowed, up or down: smaller errors say less about how far others may be.
                let moved = if self.0.below(2) == 0 { result + error } else { result - error };
                rows.set(to, lane, T::from_f64(moved));
            }
        }
    }
}

/// Whether two numbers are the same to the last bit: an exact operation, in any rounding.
fn is(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}

/// Distance of a number from its neighbours in a format with so many bits of mantissa.
fn spacing(value: f64, mantissa: i32) -> f64 {
    let exponent = if value == 0.0 { -149 } else { libm::ilogb(value) };
    libm::ldexp(1.0, exponent.max(-126) - mantissa)
}

/// Distance that a sum, difference, product, quotient or power may be away.
fn binary(op: Bin, (a, b): (f64, f64), result: f64, ulp: f64) -> f64 {
    let unless_exact = |exact: f64| if is(exact, result) { 0.0 } else { ulp };
    match op {
        Bin::Add => unless_exact(a + b),
        Bin::Sub => unless_exact(a - b),
        Bin::Mul => unless_exact(a * b),
        Bin::Div => 2.5 * ulp,
        // Inherited from exp2(b * log2(a)).
        Bin::Pow if a > 0.0 => (3.0 + 8.0 * (b * libm::log2(a)).abs()) * ulp,
        Bin::Atan2 => 4096.0 * ulp,
        _ => 0.0,
    }
}

/// Distance that a function may be away.
fn unary(op: Un, x: f64, result: f64, ulp: f64) -> f64 {
    let Un::Math(fun) = op else { return 0.0 };
    // Errors that WGSL states as distances and not in units in the last place.
    let (sine, arcsine) = (2.0_f64.powi(-11), 6.81e-5);
    match fun {
        M::Sqrt if !is(result * result, x) => 4.5 * ulp,
        M::InverseSqrt => 2.0 * ulp,
        M::Exp | M::Exp2 => (3.0 + 2.0 * x.abs()) * ulp,
        M::Log | M::Log2 if (0.5..=2.0).contains(&x) => 2.0_f64.powi(-21),
        M::Log | M::Log2 => 3.0 * ulp,
        M::Sin | M::Cos => sine,
        M::Tan => sine * (1.0 + result * result),
        M::Asin | M::Acos => arcsine,
        M::Atan => 4096.0 * ulp,
        M::Tanh => 1.0e-5,
        // Inherited from sums of exponentials and from logarithms.
        M::Sinh | M::Cosh => (3.0 + 2.0 * x.abs()) * spacing(libm::cosh(x), 23),
        M::Asinh | M::Acosh | M::Atanh => 4.0 * ulp + 2.0_f64.powi(-21),
        _ => 0.0,
    }
}
