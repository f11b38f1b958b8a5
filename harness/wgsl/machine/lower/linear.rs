//! Vectors and matrices as chains of scalar operations: sums from the first term to the last, each step rounded, nothing contracted.

use naga::TypeInner;

use super::super::code::{Bin, Row, Ty, Un};
use super::Refusal;
use super::frame::Frame;

impl Frame<'_, '_> {
    /// Products that involve a matrix, or a scalar and a vector; `None` for those of equal shapes.
    pub(super) fn product(
        &mut self,
        one: &TypeInner,
        a: &[Row],
        other: &TypeInner,
        b: &[Row],
        ty: Ty,
    ) -> Result<Option<Vec<Row>>, Refusal> {
        let (left, right) = match (one, other) {
            (
                TypeInner::Matrix { rows: left, .. },
                TypeInner::Matrix { rows: right, .. } | TypeInner::Vector { size: right, .. },
            ) => (*left, *right),
            (TypeInner::Vector { .. }, TypeInner::Matrix { rows, .. }) => {
                let columns = b.chunks(*rows as usize);
                let product: Result<_, _> = columns.map(|column| self.dot(ty, a, column)).collect();
                return product.map(Some);
            }
            _ => return Ok(None),
        };
        let rows = left as usize;
        let mut product = Vec::new();
        for column in b.chunks(right as usize) {
            for row in 0..rows {
                let across: Vec<Row> = a.iter().skip(row).step_by(rows).copied().collect();
                product.push(self.dot(ty, &across, column)?);
            }
        }
        Ok(Some(product))
    }

    /// The sum of products, from the first to the last.
    pub(super) fn dot(&mut self, ty: Ty, a: &[Row], b: &[Row]) -> Result<Row, Refusal> {
        let mut sum = self.bin(Bin::Mul, ty, a[0], b[0])?;
        for (one, other) in a.iter().zip(b).skip(1) {
            let product = self.bin(Bin::Mul, ty, *one, *other)?;
            sum = self.bin(Bin::Add, ty, sum, product)?;
        }
        Ok(sum)
    }

    /// The root of the sum of squares; of a scalar, its absolute value.
    pub(super) fn length(&mut self, ty: Ty, vector: &[Row]) -> Result<Row, Refusal> {
        if let [one] = vector {
            return self.un(Un::Math(naga::MathFunction::Abs), ty, *one);
        }
        let squares = self.dot(ty, vector, vector)?;
        self.un(Un::Math(naga::MathFunction::Sqrt), ty, squares)
    }

    /// One operation on each pair of components; a single one is used for all.
    pub(super) fn each(&mut self, op: Bin, ty: Ty, a: &[Row], b: &[Row]) -> Result<Vec<Row>, Refusal> {
        let count = a.len().max(b.len());
        (0..count).map(|index| self.bin(op, ty, a[index % a.len()], b[index % b.len()])).collect()
    }

    pub(super) fn cross(&mut self, ty: Ty, a: &[Row], b: &[Row]) -> Result<Vec<Row>, Refusal> {
        [(1, 2), (2, 0), (0, 1)].into_iter().map(|(i, j)| self.minor(ty, [a[i], b[j], a[j], b[i]])).collect()
    }

    /// `a b - c d`.
    fn minor(&mut self, ty: Ty, [a, b, c, d]: [Row; 4]) -> Result<Row, Refusal> {
        let (first, second) = (self.bin(Bin::Mul, ty, a, b)?, self.bin(Bin::Mul, ty, c, d)?);
        self.bin(Bin::Sub, ty, first, second)
    }

    /// `v - 2 dot(n, v) n`.
    pub(super) fn reflect(&mut self, ty: Ty, v: &[Row], n: &[Row]) -> Result<Vec<Row>, Refusal> {
        let (dot, two) = (self.dot(ty, n, v)?, self.float(ty, 2.0));
        let twice = self.bin(Bin::Mul, ty, two, dot)?;
        let away = self.each(Bin::Mul, ty, &[twice], n)?;
        self.each(Bin::Sub, ty, v, &away)
    }

    /// `k = 1 - eta² (1 - dot(n, v)²)`; `eta v - (eta dot(n, v) + sqrt(k)) n`, or zeros where `k < 0`.
    pub(super) fn refract(&mut self, ty: Ty, v: &[Row], n: &[Row], eta: Row) -> Result<Vec<Row>, Refusal> {
        let (one, zero) = (self.float(ty, 1.0), self.whole.zero(ty));
        let dot = self.dot(ty, n, v)?;
        let square = self.bin(Bin::Mul, ty, dot, dot)?;
        let rest = self.bin(Bin::Sub, ty, one, square)?;
        let etas = self.bin(Bin::Mul, ty, eta, eta)?;
        let scaled = self.bin(Bin::Mul, ty, etas, rest)?;
        let k = self.bin(Bin::Sub, ty, one, scaled)?;
        let root = self.un(Un::Math(naga::MathFunction::Sqrt), ty, k)?;
        let along = self.bin(Bin::Mul, ty, eta, dot)?;
        let factor = self.bin(Bin::Add, ty, along, root)?;
        let (v, n) = (self.each(Bin::Mul, ty, &[eta], v)?, self.each(Bin::Mul, ty, &[factor], n)?);
        let bent = self.each(Bin::Sub, ty, &v, &n)?;
        let total = self.bin(Bin::Lt, ty, k, zero)?;
        bent.into_iter().map(|row| self.select(ty, total, zero, row)).collect()
    }

    pub(super) fn face_forward(
        &mut self,
        ty: Ty,
        n: &[Row],
        i: &[Row],
        reference: &[Row],
    ) -> Result<Vec<Row>, Refusal> {
        let (dot, zero) = (self.dot(ty, reference, i)?, self.whole.zero(ty));
        let faces = self.bin(Bin::Lt, ty, dot, zero)?;
        let mut all = Vec::with_capacity(n.len());
        for row in n {
            let turned = self.un(Un::Negate, ty, *row)?;
            all.push(self.select(ty, faces, *row, turned)?);
        }
        Ok(all)
    }

    pub(super) fn transpose(matrix: &[Row], rows: usize) -> Vec<Row> {
        (0..rows).flat_map(|row| matrix.iter().skip(row).step_by(rows).copied()).collect()
    }

    /// By cofactors along the first row of a square matrix.
    pub(super) fn determinant(&mut self, ty: Ty, matrix: &[Row], size: usize) -> Result<Row, Refusal> {
        if size == 1 {
            return Ok(matrix[0]);
        }
        if size == 2 {
            return self.minor(ty, [matrix[0], matrix[3], matrix[2], matrix[1]]);
        }
        let mut sum = None;
        for column in 0..size {
            let below = without(matrix, size, column, 0);
            let minor = self.determinant(ty, &below, size - 1)?;
            let term = self.bin(Bin::Mul, ty, matrix[column * size], minor)?;
            sum = Some(match sum {
                None => term,
                Some(sum) if column % 2 == 1 => self.bin(Bin::Sub, ty, sum, term)?,
                Some(sum) => self.bin(Bin::Add, ty, sum, term)?,
            });
        }
        sum.ok_or_else(|| Refusal::new("empty matrices", self.span))
    }
}

/// A square matrix without one column and one row.
fn without(matrix: &[Row], size: usize, column: usize, row: usize) -> Vec<Row> {
    let kept = |index: &usize| index / size != column && index % size != row;
    (0..size * size).filter(kept).map(|index| matrix[index]).collect()
}
