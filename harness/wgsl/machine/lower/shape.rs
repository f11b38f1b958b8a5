//! Types as scalars in a row.

use naga::{ScalarKind, Span, TypeInner};

use super::super::code::{Leaf, Row, Ty};
use super::{Lowering, Refusal, SCALARS_MAX, fixed};

/// What a type is, if the machine cannot hold its values.
pub(super) fn opaque(inner: &TypeInner) -> Option<&'static str> {
    Some(match inner {
        TypeInner::Image { .. } => "textures",
        TypeInner::Sampler { .. } => "samplers",
        TypeInner::AccelerationStructure { .. } | TypeInner::RayQuery { .. } => "ray queries",
        TypeInner::CooperativeMatrix { .. } => "cooperative matrices",
        TypeInner::BindingArray { .. } => "arrays of bindings",
        _ => return None,
    })
}

impl Lowering<'_> {
    fn scalar(scalar: naga::Scalar, span: Span) -> Result<Ty, Refusal> {
        Ty::of(scalar).ok_or_else(|| Refusal::new("numbers of this width", span))
    }

    /// The scalars of a value of this type, with their places in memory.
    pub(super) fn leaves(&self, inner: &TypeInner, span: Span) -> Result<Vec<Leaf>, Refusal> {
        let mut leaves = Vec::new();
        self.add_leaves(inner, 0, span, &mut leaves)?;
        Ok(leaves)
    }

    fn add_leaves(
        &self,
        inner: &TypeInner,
        offset: u32,
        span: Span,
        leaves: &mut Vec<Leaf>,
    ) -> Result<(), Refusal> {
        if leaves.len() > SCALARS_MAX as usize {
            return Err(Refusal::new(format!("values of more than {SCALARS_MAX} scalars"), span));
        }
        match inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => {
                leaves.push(Leaf { offset, ty: Self::scalar(*scalar, span)? });
            }
            TypeInner::Vector { size, scalar } => {
                let ty = Self::scalar(*scalar, span)?;
                let width = u32::from(scalar.width);
                leaves.extend((0..*size as u32).map(|index| Leaf { offset: offset + index * width, ty }));
            }
            TypeInner::Matrix { columns, rows, scalar } => {
                let column = TypeInner::Vector { size: *rows, scalar: *scalar };
                for index in 0..*columns as u32 {
                    self.add_leaves(
                        &column,
                        offset + index * stride_of_column(*rows, *scalar),
                        span,
                        leaves,
                    )?;
                }
            }
            TypeInner::Array { base, size, stride } => {
                let length =
                    fixed(*size).ok_or_else(|| Refusal::new("values of arrays without a length", span))?;
                for index in 0..length {
                    let at = offset.saturating_add(index.saturating_mul(*stride));
                    self.add_leaves(&self.module.types[*base].inner, at, span, leaves)?;
                }
            }
            TypeInner::Struct { members, .. } => {
                for member in members {
                    let inner = &self.module.types[member.ty].inner;
                    self.add_leaves(inner, offset.saturating_add(member.offset), span, leaves)?;
                }
            }
            other => return Err(Refusal::new(opaque(other).unwrap_or("values of this type"), span)),
        }
        Ok(())
    }

    /// Rows that a value of this type takes.
    pub(super) fn rows(&self, inner: &TypeInner, span: Span) -> Result<u32, Refusal> {
        let too_many = || Refusal::new("variables of so many scalars", span);
        Ok(match inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => Self::scalar(*scalar, span)?.rows(),
            TypeInner::Vector { size, scalar } => *size as u32 * Self::scalar(*scalar, span)?.rows(),
            TypeInner::Matrix { columns, rows, scalar } => {
                *columns as u32 * *rows as u32 * Self::scalar(*scalar, span)?.rows()
            }
            TypeInner::Array { base, size, .. } => {
                let length =
                    fixed(*size).ok_or_else(|| Refusal::new("values of arrays without a length", span))?;
                let each = self.rows(&self.module.types[*base].inner, span)?;
                each.checked_mul(length).filter(|rows| *rows < 1 << 28).ok_or_else(too_many)?
            }
            TypeInner::Struct { members, .. } => {
                let mut sum = 0_u32;
                for member in members {
                    let rows = self.rows(&self.module.types[member.ty].inner, span)?;
                    sum = sum.checked_add(rows).filter(|rows| *rows < 1 << 28).ok_or_else(too_many)?;
                }
                sum
            }
            other => return Err(Refusal::new(opaque(other).unwrap_or("values of this type"), span)),
        })
    }

    /// The size in bytes of the smallest scalar in a type, at most four.
    pub(super) fn unit(&self, inner: &TypeInner, span: Span) -> Result<u32, Refusal> {
        let of = |scalar: &naga::Scalar| Self::scalar(*scalar, span).map(|ty| ty.bytes().min(4));
        match inner {
            TypeInner::Scalar(scalar)
            | TypeInner::Atomic(scalar)
            | TypeInner::Vector { scalar, .. }
            | TypeInner::Matrix { scalar, .. } => of(scalar),
            TypeInner::Array { base, .. } => self.unit(&self.module.types[*base].inner, span),
            TypeInner::Struct { members, .. } => {
                let mut least = 4;
                for member in members {
                    least = least.min(self.unit(&self.module.types[member.ty].inner, span)?);
                }
                Ok(least)
            }
            other => Err(Refusal::new(opaque(other).unwrap_or("values of this type"), span)),
        }
    }

    /// The rows of a value's words, from those of its scalars.
    pub(super) fn words_of(
        &self,
        values: &[Row],
        inner: &TypeInner,
        span: Span,
    ) -> Result<Vec<Row>, Refusal> {
        let leaves = self.leaves(inner, span)?;
        let words = values.iter().zip(leaves).flat_map(|(row, leaf)| *row..*row + leaf.ty.rows());
        Ok(words.collect())
    }
}

/// Bytes from one column of a matrix to the next: vectors of three are placed like vectors of four.
pub(super) fn stride_of_column(rows: naga::VectorSize, scalar: naga::Scalar) -> u32 {
    let components = if rows == naga::VectorSize::Bi { 2 } else { 4 };
    components * u32::from(scalar.width)
}

/// Whether a type is an integer of 64 bits.
pub(super) fn wide_integer(inner: &TypeInner) -> bool {
    inner
        .scalar()
        .is_some_and(|scalar| scalar.width == 8 && matches!(scalar.kind, ScalarKind::Sint | ScalarKind::Uint))
}
