//! Bytes of a buffer that belong to no number of its WGSL type.
//!
//! A `vec3` takes the place of four numbers, structures have gaps (WGSL, section Memory Layout). What stands there nobody can read
//! or write by name, and a store of the whole may leave it, or not: it says nothing about a kernel.

use naga::{ArraySize, Handle, Module, Type, TypeInner};

/// Bytes of a type whose gaps are looked for; a larger one counts as if it had none.
const BYTES_MAX: u32 = 16 << 20;

/// Which bytes hold numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Of what comes before the array of open length, or of all.
    head: Vec<bool>,
    /// Of each element of that array; empty where there is none.
    element: Vec<bool>,
}

impl Padding {
    /// The gaps in a type; `None` where it has none.
    pub(super) fn of(module: &Module, ty: Handle<Type>) -> Option<Self> {
        let mut padding = Self { head: Vec::new(), element: Vec::new() };
        padding.add(module, ty)?;
        padding.has_gaps().then_some(padding)
    }

    fn has_gaps(&self) -> bool {
        self.head.contains(&false) || self.element.contains(&false)
    }

    /// Adds the mask of a type, its last array of open length apart.
    fn add(&mut self, module: &Module, ty: Handle<Type>) -> Option<()> {
        match &module.types[ty].inner {
            TypeInner::Array { base, size: ArraySize::Dynamic, stride } => {
                self.element = mask(module, *base)?;
                self.element.resize(*stride as usize, false);
            }
            TypeInner::Struct { members, .. } => {
                for member in members {
                    let open = matches!(
                        module.types[member.ty].inner,
                        TypeInner::Array { size: ArraySize::Dynamic, .. }
                    );
                    self.head.resize(member.offset as usize, false);
                    if open {
                        return self.add(module, member.ty);
                    }
                    self.head.extend(mask(module, member.ty)?);
                }
                self.head.resize(module.types[ty].inner.size(module.to_ctx()) as usize, false);
            }
            _ => self.head = mask(module, ty)?,
        }
        Some(())
    }

    fn holds_a_number(&self, byte: usize) -> bool {
        match self.head.get(byte) {
            Some(known) => *known,
            None if self.element.is_empty() => true,
            None => self.element[(byte - self.head.len()) % self.element.len()],
        }
    }

    /// The gaps that two views of the same bytes have in common; `None` where there are none.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Option<Self> {
        // Where neither has an open array, both end together; else one period of each is enough to tell.
        let period = self.element.len().max(1) * other.element.len().max(1);
        let heads = self.head.len().max(other.head.len());
        if u32::try_from(heads + period).is_ok_and(|bytes| bytes > BYTES_MAX) {
            return None;
        }
        let either = |byte| self.holds_a_number(byte) || other.holds_a_number(byte);
        let open = !self.element.is_empty() || !other.element.is_empty();
        let both = Self {
            head: (0..heads).map(either).collect(),
            element: if open { (heads..heads + period).map(either).collect() } else { Vec::new() },
        };
        both.has_gaps().then_some(both)
    }

    /// Sets the gaps to zero.
    pub fn blank(&self, bytes: &mut [u8]) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            if !self.holds_a_number(at) {
                *byte = 0;
            }
        }
    }
}

/// Which bytes of a type of fixed size hold numbers.
fn mask(module: &Module, ty: Handle<Type>) -> Option<Vec<bool>> {
    let inner = &module.types[ty].inner;
    let size = inner.size(module.to_ctx());
    if size > BYTES_MAX {
        return None;
    }
    let mut whole = vec![false; size as usize];
    let mut put = |offset: u32, part: &[bool]| {
        let offset = offset as usize;
        whole[offset..offset + part.len()].copy_from_slice(part);
    };
    match inner {
        TypeInner::Scalar(_) | TypeInner::Atomic(_) | TypeInner::Vector { .. } => {
            return Some(vec![true; size as usize]);
        }
        TypeInner::Matrix { columns, rows, scalar } => {
            // A column of three has the place of four.
            let width = u32::from(scalar.width);
            let stride = (if *rows as u32 == 3 { 4 } else { *rows as u32 }) * width;
            let column = vec![true; (*rows as u32 * width) as usize];
            (0..*columns as u32).for_each(|at| put(at * stride, &column));
        }
        TypeInner::Array { base, size: ArraySize::Constant(count), stride } => {
            let element = mask(module, *base)?;
            (0..count.get()).for_each(|at| put(at * stride, &element));
        }
        TypeInner::Struct { members, .. } => {
            for member in members {
                put(member.offset, &mask(module, member.ty)?);
            }
        }
        _ => return None,
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wgsl::{Binding, Program, Source};

    fn padding(ty: &str) -> Option<Padding> {
        let text = format!(
            "struct Gap {{ count: u32, @size(12) small: u32, place: vec3<f32> }}
struct Open {{ count: u32, places: array<vec3<f32>> }}
@group(0) @binding(0) var<storage, read_write> it: {ty};
@compute @workgroup_size(1) fn main() {{ let at = &it; _ = at; }}"
        );
        let source = Source { name: "k.wgsl".to_owned(), text };
        let program = Program::load(&source, "main", &BTreeMap::new()).unwrap();
        program.padding(Binding { group: 0, binding: 0 })
    }

    fn blanked(padding: &Padding, words: usize) -> String {
        let mut bytes = vec![1; 4 * words];
        padding.blank(&mut bytes);
        bytes
            .chunks(4)
            .map(|word| {
                if word == [1; 4] {
                    'x'
                } else if word == [0; 4] {
                    '.'
                } else {
                    '?'
                }
            })
            .collect()
    }

    #[test]
    fn only_what_holds_no_number_is_blanked() {
        assert_eq!(blanked(&padding("array<vec3<f32>>").unwrap(), 8), "xxx.xxx.");
        assert_eq!(blanked(&padding("Gap").unwrap(), 8), "xx..xxx.");
        assert_eq!(blanked(&padding("Open").unwrap(), 12), "x...xxx.xxx.");
        assert_eq!(blanked(&padding("mat2x3<f32>").unwrap(), 8), "xxx.xxx.");
        assert_eq!(blanked(&padding("array<Gap, 2>").unwrap(), 16), "xx..xxx.xx..xxx.");
        for dense in ["array<vec4<f32>>", "array<u32, 7>", "vec3<f32>", "mat4x4<f32>", "array<atomic<u32>>"] {
            assert_eq!(padding(dense), None, "{dense}");
        }
    }

    #[test]
    fn what_another_view_sees_is_no_gap() {
        let threes = padding("array<vec3<f32>>").unwrap();
        assert_eq!(threes.shared(&threes).map(|both| blanked(&both, 8)).as_deref(), Some("xxx.xxx."));
        let open = padding("Open").unwrap();
        assert_eq!(threes.shared(&open).map(|both| blanked(&both, 12)).as_deref(), Some("xxx.xxx.xxx."));
        let gap = padding("array<Gap, 1>").unwrap();
        assert_eq!(threes.shared(&gap).map(|both| blanked(&both, 8)).as_deref(), Some("xxx.xxx."));
    }
}
