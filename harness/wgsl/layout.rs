//! The numbers inside a WGSL type: what each is called, where it lies, of which type it is.
//!
//! Offsets and padding are those of WGSL (section Memory Layout), as naga computed them for the module.

use naga::{ArraySize, Handle, Module, ScalarKind, Type, TypeInner};

use super::Scalar;
use super::fill::{self, Fill};

/// Numbers of one type that are told apart; a table of more is no structure that somebody writes down.
const LEAVES_MAX: usize = 4096;

/// A number inside a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its way from the variable: `.head.scale.y`, `[3]`; empty where the variable is a number.
    pub path: String,
    /// Bytes from the variable's beginning.
    pub offset: u32,
    /// Its type.
    pub scalar: Scalar,
}

/// A type as the numbers that it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// In the order in which WGSL writes them.
    pub leaves: Vec<Leaf>,
    /// Bytes of all of it, padding included.
    pub bytes: u32,
}

impl Layout {
    /// The layout of a type; `None` for one without a fixed size, with more than 4,096 numbers, or that is not made of numbers.
    pub(super) fn of(module: &Module, ty: Handle<Type>) -> Option<Self> {
        let mut layout = Self { leaves: Vec::new(), bytes: module.types[ty].inner.size(module.to_ctx()) };
        layout.add(module, ty, "", 0)?;
        Some(layout)
    }

    fn add(&mut self, module: &Module, ty: Handle<Type>, path: &str, offset: u32) -> Option<()> {
        match &module.types[ty].inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => {
                self.leaf(path.to_owned(), offset, *scalar)
            }
            TypeInner::Vector { size, scalar } => self.vector(path, offset, *size, *scalar),
            TypeInner::Matrix { columns, rows, scalar } => {
                // A column of three has the place of four.
                let stride = (if *rows as u32 == 3 { 4 } else { *rows as u32 }) * u32::from(scalar.width);
                (0..*columns as u32).try_for_each(|column| {
                    self.vector(&format!("{path}[{column}]"), offset + column * stride, *rows, *scalar)
                })
            }
            TypeInner::Array { base, size: ArraySize::Constant(count), stride } => (0..count.get())
                .try_for_each(|index| {
                    self.add(module, *base, &format!("{path}[{index}]"), offset + index * stride)
                }),
            TypeInner::Struct { members, .. } => members.iter().try_for_each(|member| {
                let name = member.name.as_deref().unwrap_or_default();
                self.add(module, member.ty, &format!("{path}.{name}"), offset + member.offset)
            }),
            _ => None,
        }
    }

    fn vector(
        &mut self,
        path: &str,
        offset: u32,
        size: naga::VectorSize,
        scalar: naga::Scalar,
    ) -> Option<()> {
        let names = ["x", "y", "z", "w"].into_iter().take(size as usize).zip(0_u32..);
        names.into_iter().try_for_each(|(name, at)| {
            self.leaf(format!("{path}.{name}"), offset + at * u32::from(scalar.width), scalar)
        })
    }

    fn leaf(&mut self, path: String, offset: u32, scalar: naga::Scalar) -> Option<()> {
        let scalar = match (scalar.kind, scalar.width) {
            (ScalarKind::Float, 2) => Scalar::F16,
            (ScalarKind::Float, 4) => Scalar::F32,
            (ScalarKind::Float, 8) => Scalar::F64,
            (ScalarKind::Sint, 4) => Scalar::I32,
            (ScalarKind::Sint, 8) => Scalar::I64,
            (ScalarKind::Uint, 4) => Scalar::U32,
            (ScalarKind::Uint, 8) => Scalar::U64,
            _ => return None,
        };
        (self.leaves.len() < LEAVES_MAX).then(|| self.leaves.push(Leaf { path, offset, scalar }))
    }

    /// The bytes with these numbers in them, one for each leaf in order; padding is zero.
    ///
    /// # Errors
    /// A number is none of its type, or there are more or fewer than leaves; the text says which.
    pub fn bytes_of(&self, numbers: &[f64]) -> Result<Vec<u8>, String> {
        if numbers.len() != self.leaves.len() {
            let wanted: Vec<String> = self.leaves.iter().take(8).map(said).collect();
            let more = if self.leaves.len() > 8 { ", …" } else { "" };
            return Err(format!(
                "{} numbers are given, {} are needed: {}{more}",
                numbers.len(),
                self.leaves.len(),
                wanted.join(", ")
            ));
        }
        let mut bytes = vec![0; self.bytes as usize];
        for (leaf, number) in self.leaves.iter().zip(numbers) {
            let written = fill::fill(&Fill::Values(vec![*number]), leaf.scalar, 1)
                .map_err(|error| format!("`{}`: {error}", said(leaf)))?;
            let at = leaf.offset as usize;
            bytes[at..at + written.len()].copy_from_slice(&written);
        }
        Ok(bytes)
    }
}

/// `count: u32`, as the WGSL has it.
fn said(leaf: &Leaf) -> String {
    let path = leaf.path.strip_prefix('.').unwrap_or(&leaf.path);
    let colon = if path.is_empty() { "" } else { ": " };
    format!("{path}{colon}{}", leaf.scalar.name())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wgsl::{Binding, Program, Source};

    const MIXED: &str = "
struct Inner { scale: vec3<f32>, count: atomic<u32> }
struct Params { n: u32, inner: Inner, m: mat2x3<f32>, tail: array<vec2<i32>, 2> }
@group(0) @binding(0) var<storage, read_write> params: Params;
@group(0) @binding(1) var<storage, read_write> open: array<f32>;
@compute @workgroup_size(1) fn main() { params.n = arrayLength(&open); }
";

    fn layout(text: &str) -> Option<Layout> {
        let source = Source { name: "k.wgsl".to_owned(), text: text.to_owned() };
        let program = Program::load(&source, "main", &BTreeMap::new()).unwrap();
        program.layout(Binding { group: 0, binding: 0 })
    }

    #[test]
    fn numbers_stand_where_wgsl_puts_them() {
        let layout = layout(MIXED).unwrap();
        let shown: Vec<(&str, u32, Scalar)> =
            layout.leaves.iter().map(|leaf| (leaf.path.as_str(), leaf.offset, leaf.scalar)).collect();
        assert_eq!(
            shown[..5],
            [
                (".n", 0, Scalar::U32),
                (".inner.scale.x", 16, Scalar::F32),
                (".inner.scale.y", 20, Scalar::F32),
                (".inner.scale.z", 24, Scalar::F32),
                (".inner.count", 28, Scalar::U32),
            ]
        );
        assert_eq!((shown[8], shown[12]), ((".m[1].x", 48, Scalar::F32), (".tail[0].y", 68, Scalar::I32)));
        assert_eq!((layout.leaves.len(), layout.bytes), (15, 80));
    }

    #[test]
    fn bytes_hold_the_numbers_and_zeros_between() {
        let layout = layout(MIXED).unwrap();
        let numbers: Vec<f64> = (1..=15).map(f64::from).collect();
        let bytes = layout.bytes_of(&numbers).unwrap();
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(4), word(16), word(28)), (1, 0, 2.0_f32.to_bits(), 5));
        assert_eq!((word(48), word(76)), (9.0_f32.to_bits(), 15));
    }

    #[test]
    fn a_wrong_count_and_a_number_that_does_not_fit_are_named() {
        let layout = layout(MIXED).unwrap();
        let short = layout.bytes_of(&[1.0]).unwrap_err();
        assert!(
            short.starts_with("1 numbers are given, 15 are needed: n: u32, inner.scale.x: f32"),
            "{short}"
        );
        let mut numbers = vec![1.0; 15];
        numbers[0] = -1.0;
        let negative = layout.bytes_of(&numbers).unwrap_err();
        assert!(negative.starts_with("`n: u32`:"), "{negative}");
    }

    #[test]
    fn what_has_no_fixed_size_has_no_layout() {
        let open = "@group(0) @binding(0) var<storage, read_write> open: array<f32>;
@compute @workgroup_size(1) fn main() { open[0] = 1.0; }";
        assert_eq!(layout(open), None);
    }
}
