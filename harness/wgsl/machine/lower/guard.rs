//! Loads whose value only `select` takes: `select(0.0, row[i - 1u], i > 0u)`.
//!
//! That is how WGSL writes a load under a condition without a branch. Both arms are evaluated, an index may lie outside in the lanes
//! that take the other arm, and WGSL gives such a load some value of the buffer or zero, which `select` drops: no fault of the kernel.
//! So such an index, and whether anything was ever stored there, is looked at where `select` chooses, and only in the lanes that take
//! what was loaded. A value that goes through arithmetic before it is chosen is not followed: there the load is written as one that
//! always counts.

use std::collections::BTreeMap;

use naga::valid::FunctionInfo;
use naga::{Expression, Function, Handle, Span, TypeInner};

use super::super::code::{Leaf, Length, Op, Place, Row};
use super::frame::Frame;

/// The arm of a `select` that is the only one to take a value.
#[derive(Clone, Copy, Debug)]
struct Arm {
    select: Handle<Expression>,
    accept: bool,
}

/// What is looked at where `select` chooses.
#[derive(Debug)]
pub(super) enum Check {
    /// Whether an index lies outside.
    Bounds { index: Row, length: Length, name: u32 },
    /// Whether what was loaded was never stored.
    Unset { from: Place, leaves: Box<[Leaf]> },
}

/// The guarded accesses of a function.
#[derive(Debug, Default)]
pub(super) struct Guards {
    arms: BTreeMap<Handle<Expression>, Arm>,
    waiting: BTreeMap<Handle<Expression>, Vec<(bool, Check, Span)>>,
}

impl Guards {
    pub(super) fn of(function: &Function, info: &FunctionInfo, module: &naga::Module) -> Self {
        let mut guards = Self::default();
        for (select, expression) in function.expressions.iter() {
            let Expression::Select { condition, accept, reject } = expression else { continue };
            if !matches!(info[*condition].ty.inner_with(&module.types), TypeInner::Scalar(_)) {
                continue;
            }
            guards.follow(function, info, *accept, Arm { select, accept: true });
            guards.follow(function, info, *reject, Arm { select, accept: false });
        }
        guards
    }

    /// From what an arm takes down to the accesses behind it, as long as nothing else takes the same.
    fn follow(&mut self, function: &Function, info: &FunctionInfo, arm: Handle<Expression>, taken: Arm) {
        let mut at = arm;
        let mut loaded = false;
        while info[at].ref_count == 1 {
            at = match &function.expressions[at] {
                Expression::Load { pointer } if !loaded => {
                    loaded = true;
                    self.arms.insert(at, taken);
                    *pointer
                }
                Expression::As { expr, .. } if !loaded => *expr,
                Expression::Swizzle { vector, .. } if !loaded => *vector,
                Expression::AccessIndex { base, .. } => *base,
                Expression::Access { base, .. } if loaded => {
                    self.arms.insert(at, taken);
                    *base
                }
                _ => break,
            };
        }
    }
}

impl Frame<'_, '_> {
    /// Whether this access or load waits for a `select`.
    pub(super) fn is_guarded(&self, taken: Handle<Expression>) -> bool {
        self.guards.arms.contains_key(&taken)
    }

    /// Keeps a check of a guarded access or load for its `select`.
    pub(super) fn wait(&mut self, taken: Handle<Expression>, check: Check) {
        let Some(arm) = self.guards.arms.get(&taken) else { return };
        self.guards.waiting.entry(arm.select).or_default().push((arm.accept, check, self.span));
    }

    /// Makes the checks that waited for this `select`.
    pub(super) fn chosen(&mut self, select: Handle<Expression>, condition: Row) {
        let span = self.span;
        for (accept, check, place) in self.guards.waiting.remove(&select).unwrap_or_default() {
            self.span = place;
            let only = (condition, accept);
            self.push(match check {
                Check::Bounds { index, length, name } => Op::Bounds { index, length, name, only },
                Check::Unset { from, leaves } => Op::Unset { from, leaves, only },
            });
        }
        self.span = span;
    }
}
