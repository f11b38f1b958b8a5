//! The math functions: one operation for each scalar where there is one, else the formula that WGSL gives.

use std::rc::Rc;

use naga::{Expression, Handle, MathFunction as M, TypeInner};

use super::super::code::{Bin, Op, Row, Ty, Un};
use super::Refusal;
use super::frame::Frame;

impl Frame<'_, '_> {
    pub(super) fn math(
        &mut self,
        fun: M,
        arg: Handle<Expression>,
        more: [Option<Handle<Expression>>; 3],
    ) -> Result<Vec<Row>, Refusal> {
        let (ty, a) = (self.ty(arg)?, self.rows_of(arg)?);
        let mut others: [Rc<[Row]>; 3] = [[].into(), [].into(), [].into()];
        for (rows, handle) in others.iter_mut().zip(more) {
            if let Some(handle) = handle {
                *rows = self.rows_of(handle)?;
            }
        }
        let [b, c, d] = others;
        match fun {
            M::Min => self.each(Bin::Min, ty, &a, &b),
            M::Max => self.each(Bin::Max, ty, &a, &b),
            M::Pow => self.each(Bin::Pow, ty, &a, &b),
            M::Atan2 => self.each(Bin::Atan2, ty, &a, &b),
            M::Ldexp => self.each(Bin::Ldexp, ty, &a, &b),
            M::Dot4I8Packed => self.each(Bin::DotSigned, ty, &a, &b),
            M::Dot4U8Packed => self.each(Bin::DotUnsigned, ty, &a, &b),
            M::Clamp => {
                let raised = self.each(Bin::Max, ty, &a, &b)?;
                self.each(Bin::Min, ty, &raised, &c)
            }
            M::Saturate => {
                let (zero, one) = (self.whole.zero(ty), self.float(ty, 1.0));
                let raised = self.each(Bin::Max, ty, &a, &[zero])?;
                self.each(Bin::Min, ty, &raised, &[one])
            }
            M::Radians => self.scaled(ty, &a, std::f64::consts::PI / 180.0),
            M::Degrees => self.scaled(ty, &a, 180.0 / std::f64::consts::PI),
            M::Modf => {
                let whole = self.all(Un::Math(M::Trunc), ty, &a)?;
                let mut parts = self.each(Bin::Sub, ty, &a, &whole)?;
                parts.extend(whole);
                Ok(parts)
            }
            M::Frexp => self.frexp(ty, &a),
            M::Fract => {
                let floor = self.all(Un::Math(M::Floor), ty, &a)?;
                self.each(Bin::Sub, ty, &a, &floor)
            }
            M::Mix => self.mix(ty, &a, &b, &c),
            M::Step => self.step(ty, &a, &b),
            M::SmoothStep => self.smooth_step(ty, &a, &b, &c),
            M::Fma => self.fma(ty, &a, &b, &c),
            M::ExtractBits | M::InsertBits => self.bits(fun, ty, &a, &b, &c, &d),
            _ => self.geometry(fun, arg, &a, [&b, &c]),
        }
    }

    fn geometry(
        &mut self,
        fun: M,
        arg: Handle<Expression>,
        a: &[Row],
        [b, c]: [&[Row]; 2],
    ) -> Result<Vec<Row>, Refusal> {
        let ty = self.ty(arg)?;
        match fun {
            M::Dot => Ok(vec![self.dot(ty, a, b)?]),
            M::Cross => self.cross(ty, a, b),
            M::Length => Ok(vec![self.length(ty, a)?]),
            M::Distance => {
                let between = self.each(Bin::Sub, ty, a, b)?;
                Ok(vec![self.length(ty, &between)?])
            }
            M::Normalize => {
                let length = self.length(ty, a)?;
                self.each(Bin::Div, ty, a, &[length])
            }
            M::FaceForward => self.face_forward(ty, a, b, c),
            M::Reflect => self.reflect(ty, a, b),
            M::Refract => self.refract(ty, a, b, c[0]),
            M::Transpose | M::Determinant => {
                let TypeInner::Matrix { rows, .. } = self.inner(arg) else {
                    return Err(Refusal::new("matrix functions of this type", self.span));
                };
                let rows = *rows as usize;
                if fun == M::Transpose {
                    return Ok(Self::transpose(a, rows));
                }
                Ok(vec![self.determinant(ty, a, rows)?])
            }
            // WGSL has no such functions, naga's IR has.
            M::Inverse | M::Outer => Err(Refusal::new("matrix functions that WGSL lacks", self.span)),
            _ => self.packing(fun, ty, a),
        }
    }

    fn packing(&mut self, fun: M, ty: Ty, a: &[Row]) -> Result<Vec<Row>, Refusal> {
        let unpacked = match fun {
            M::Pack4x8snorm
            | M::Pack4x8unorm
            | M::Pack4xI8
            | M::Pack4xU8
            | M::Pack4xI8Clamp
            | M::Pack4xU8Clamp
            | M::Pack2x16snorm
            | M::Pack2x16unorm
            | M::Pack2x16float => {
                let to = self.fresh(1)?;
                let parts = [0, 1, 2, 3].map(|index| a[index % a.len()]);
                self.push(Op::Pack { fun, to, parts });
                return Ok(vec![to]);
            }
            M::Unpack4x8snorm | M::Unpack4x8unorm | M::Unpack4xI8 | M::Unpack4xU8 => 4,
            M::Unpack2x16snorm | M::Unpack2x16unorm | M::Unpack2x16float => 2,
            _ => return self.all(Un::Math(fun), ty, a),
        };
        (0..unpacked).map(|index| self.un(Un::Unpack(fun, index), Ty::U32, a[0])).collect()
    }

    /// One operation on each component.
    fn all(&mut self, op: Un, ty: Ty, a: &[Row]) -> Result<Vec<Row>, Refusal> {
        a.iter().map(|row| self.un(op, ty, *row)).collect()
    }

    fn scaled(&mut self, ty: Ty, a: &[Row], factor: f64) -> Result<Vec<Row>, Refusal> {
        let factor = self.float(ty, factor);
        self.each(Bin::Mul, ty, a, &[factor])
    }

    fn frexp(&mut self, ty: Ty, a: &[Row]) -> Result<Vec<Row>, Refusal> {
        let mut parts = self.all(Un::Fraction, ty, a)?;
        for row in a {
            let to = self.fresh(1)?;
            self.push(Op::Un { op: Un::Exponent, ty, to, a: *row });
            parts.push(to);
        }
        Ok(parts)
    }

    /// `a (1 - c) + b c`.
    fn mix(&mut self, ty: Ty, a: &[Row], b: &[Row], c: &[Row]) -> Result<Vec<Row>, Refusal> {
        let one = self.float(ty, 1.0);
        let rest = self.each(Bin::Sub, ty, &[one], c)?;
        let (a, b) = (self.each(Bin::Mul, ty, a, &rest)?, self.each(Bin::Mul, ty, b, c)?);
        self.each(Bin::Add, ty, &a, &b)
    }

    fn step(&mut self, ty: Ty, edge: &[Row], x: &[Row]) -> Result<Vec<Row>, Refusal> {
        let (zero, one) = (self.whole.zero(ty), self.float(ty, 1.0));
        let reached = self.each(Bin::Le, ty, edge, x)?;
        reached.into_iter().map(|row| self.select(ty, row, one, zero)).collect()
    }

    /// `t² (3 - 2 t)` with `t = clamp((x - low) / (high - low), 0, 1)`.
    fn smooth_step(&mut self, ty: Ty, low: &[Row], high: &[Row], x: &[Row]) -> Result<Vec<Row>, Refusal> {
        let [zero, one, two, three] = [0.0, 1.0, 2.0, 3.0].map(|value| self.float(ty, value));
        let (above, range) = (self.each(Bin::Sub, ty, x, low)?, self.each(Bin::Sub, ty, high, low)?);
        let share = self.each(Bin::Div, ty, &above, &range)?;
        let raised = self.each(Bin::Max, ty, &share, &[zero])?;
        let t = self.each(Bin::Min, ty, &raised, &[one])?;
        let twice = self.each(Bin::Mul, ty, &[two], &t)?;
        let rest = self.each(Bin::Sub, ty, &[three], &twice)?;
        let square = self.each(Bin::Mul, ty, &t, &t)?;
        self.each(Bin::Mul, ty, &square, &rest)
    }

    fn fma(&mut self, ty: Ty, a: &[Row], b: &[Row], c: &[Row]) -> Result<Vec<Row>, Refusal> {
        let mut all = Vec::with_capacity(a.len());
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            let to = self.fresh(ty.rows())?;
            self.push(Op::Fma { ty, to, a: *a, b: *b, c: *c });
            all.push(to);
        }
        Ok(all)
    }

    fn bits(
        &mut self,
        fun: M,
        ty: Ty,
        a: &[Row],
        b: &[Row],
        c: &[Row],
        d: &[Row],
    ) -> Result<Vec<Row>, Refusal> {
        let mut all = Vec::with_capacity(a.len());
        for (index, value) in a.iter().copied().enumerate() {
            let to = self.fresh(ty.rows())?;
            self.push(if fun == M::ExtractBits {
                Op::Extract { ty, to, value, offset: b[0], count: c[0] }
            } else {
                Op::Insert { to, value, bits: b[index], offset: c[0], count: d[0] }
            });
            all.push(to);
        }
        Ok(all)
    }
}
