//! From naga's IR to the machine's own form, once per run. Everything that is not interpreted is refused here, before anything runs.

mod expression;
mod frame;
mod guard;
mod linear;
mod math;
mod shape;
mod statement;

use std::collections::BTreeMap;

use naga::{AddressSpace, ArraySize, Expression, Handle, Literal, Module, Span, TypeInner};

use self::frame::Frame;
use super::super::{Binding, Program};
use super::code::{CONSTANT, Code, Origin, Row, Space, Ty};
use super::{NotInterpreted, mask};

/// Scalars that a value may have: larger arrays are taken through pointers by any program that an adapter runs.
const SCALARS_MAX: u32 = 1 << 16;
/// Bytes of rows that a workgroup may need.
const ROW_BYTES_MAX: u64 = 1 << 30;
/// Blocks and calls nested in one another: the stack of the lowering grows with them.
const NESTING_MAX: u32 = 256;
/// Lowered functions; a function is lowered once for each set of variables that its pointers point to.
const INSTANCES_MAX: usize = 4096;

/// What is refused, and where.
pub(super) struct Refusal {
    pub(super) what: String,
    pub(super) span: Span,
}

impl Refusal {
    fn new(what: impl Into<String>, span: Span) -> Self {
        Self { what: what.into(), span }
    }
}

/// What a pointer points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    /// Rows of a function's or private variable, from this on, with the index of its name.
    Variable(u32, u32),
    /// A buffer or workgroup variable.
    Space(usize),
}

/// A function with the roots of its pointer arguments.
type InstanceKey = (Handle<naga::Function>, Vec<Option<Root>>);

/// State of lowering a whole program.
pub(super) struct Lowering<'a> {
    program: &'a Program,
    module: &'a Module,
    code: Code,
    words: BTreeMap<u32, Row>,
    wide: BTreeMap<u64, Row>,
    names: BTreeMap<String, u32>,
    sites: BTreeMap<Option<(usize, usize)>, u32>,
    globals: BTreeMap<Handle<naga::GlobalVariable>, Root>,
    instances: BTreeMap<InstanceKey, usize>,
    /// Calls that are being lowered, one within another.
    calls: u32,
}

/// Lowers the program's entry point and what it calls.
pub(super) fn lower(program: &Program) -> Result<Code, NotInterpreted> {
    let mut lowering = Lowering {
        program,
        module: program.module(),
        code: Code::default(),
        words: BTreeMap::new(),
        wide: BTreeMap::new(),
        names: BTreeMap::new(),
        sites: BTreeMap::new(),
        globals: BTreeMap::new(),
        instances: BTreeMap::new(),
        calls: 0,
    };
    match lowering.whole() {
        Ok(()) => Ok(lowering.code),
        Err(refusal) => Err(NotInterpreted { what: refusal.what, line: program.line(refusal.span) }),
    }
}

impl Lowering<'_> {
    fn whole(&mut self) -> Result<(), Refusal> {
        let size = self.program.workgroup_size().map(u64::from);
        let lanes = size.iter().fold(1_u64, |product, one| product.saturating_mul(*one));
        if lanes == 0 || lanes > u64::from(mask::LANES_MAX) {
            return Err(Refusal::new(format!("workgroups of {lanes} invocations"), Span::UNDEFINED));
        }
        self.globals()?;
        let entry = &self.module.entry_points[self.program.entry_index()].function;
        let info = self.program.info().get_entry_point(self.program.entry_index());
        self.code.entry = Frame::entry(self, entry, info)?;
        let depth = self.code.instances[self.code.entry].depth;
        let constants = self.code.constants.len() as u64;
        let bytes = (u64::from(depth) + u64::from(self.code.variables) + constants) * lanes * 4;
        if bytes > ROW_BYTES_MAX {
            return Err(Refusal::new(format!("variables and values of {bytes} bytes"), Span::UNDEFINED));
        }
        Ok(())
    }

    /// Gives every global variable that the entry point uses its place.
    fn globals(&mut self) -> Result<(), Refusal> {
        let used = self.program.info().get_entry_point(self.program.entry_index());
        for (handle, variable) in self.module.global_variables.iter() {
            if used[handle].is_empty() {
                continue;
            }
            let span = self.module.global_variables.get_span(handle);
            let root = match variable.space {
                AddressSpace::Private => self.private(variable, span)?,
                _ => self.space(variable, span)?,
            };
            self.globals.insert(handle, root);
        }
        Ok(())
    }

    fn private(&mut self, variable: &naga::GlobalVariable, span: Span) -> Result<Root, Refusal> {
        let rows = self.rows(&self.module.types[variable.ty].inner, span)?;
        let first = self.variable_rows(rows, span)?;
        let mut words = vec![0; rows as usize];
        if let Some(init) = variable.init {
            let values = self.constant_value(&self.module.global_expressions, init)?;
            let all = self.words_of(&values, &self.module.types[variable.ty].inner, span)?;
            for (word, row) in words.iter_mut().zip(all) {
                *word = self.constant_word(row);
            }
        }
        self.code.private.push((first, words));
        Ok(Root::Variable(first, self.name(variable.name.as_deref())))
    }

    /// The word that a constant row holds.
    fn constant_word(&self, row: Row) -> u32 {
        self.code.constants.get((row & !CONSTANT) as usize).copied().unwrap_or(0)
    }

    fn space(&mut self, variable: &naga::GlobalVariable, span: Span) -> Result<Root, Refusal> {
        let inner = &self.module.types[variable.ty].inner;
        if let Some(what) = shape::opaque(inner) {
            return Err(Refusal::new(what, span));
        }
        let bound = |writable| -> Result<Origin, Refusal> {
            let place =
                variable.binding.as_ref().ok_or_else(|| Refusal::new("buffers without a binding", span))?;
            let binding = Binding { group: place.group, binding: place.binding };
            Ok(Origin::Bound { binding, writable })
        };
        let origin = match variable.space {
            AddressSpace::WorkGroup => Origin::Workgroup,
            AddressSpace::Immediate => Origin::Immediate,
            AddressSpace::Uniform => bound(false)?,
            AddressSpace::Storage { access } => bound(access.contains(naga::StorageAccess::STORE))?,
            other => return Err(Refusal::new(format!("variables in the address space {other:?}"), span)),
        };
        let unit = self.unit(inner, span)?;
        let bytes = inner.size(self.module.to_ctx());
        let name = variable.name.clone().unwrap_or_default();
        let label = self.name(Some(&name));
        self.code.spaces.push(Space { name, label, origin, bytes, unit });
        Ok(Root::Space(self.code.spaces.len() - 1))
    }

    fn variable_rows(&mut self, rows: u32, span: Span) -> Result<u32, Refusal> {
        let first = self.code.variables;
        let end = first.checked_add(rows).filter(|end| *end < 1 << 28);
        self.code.variables = end.ok_or_else(|| Refusal::new("variables of so many scalars", span))?;
        Ok(first)
    }

    fn name(&mut self, name: Option<&str>) -> u32 {
        let name = name.unwrap_or_default();
        if let Some(index) = self.names.get(name) {
            return *index;
        }
        let index = u32::try_from(self.code.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.to_owned(), index);
        self.code.names.push(name.to_owned());
        index
    }

    fn site(&mut self, span: Span) -> u32 {
        let key = span.to_range().map(|range| (range.start, range.end));
        let next = u32::try_from(self.code.sites.len()).unwrap_or(u32::MAX);
        let site = *self.sites.entry(key).or_insert(next);
        if site == next {
            self.code.sites.push(span);
        }
        site
    }

    /// The row that holds this word in every lane.
    fn word(&mut self, word: u32) -> Row {
        if let Some(row) = self.words.get(&word) {
            return *row;
        }
        let row = CONSTANT | u32::try_from(self.code.constants.len()).unwrap_or(0);
        self.code.constants.push(word);
        self.words.insert(word, row);
        row
    }

    /// The first of two rows that hold this double word in every lane.
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a double word")]
    fn double(&mut self, double: u64) -> Row {
        if let Some(row) = self.wide.get(&double) {
            return *row;
        }
        let row = CONSTANT | u32::try_from(self.code.constants.len()).unwrap_or(0);
        self.code.constants.extend([double as u32, (double >> 32) as u32]);
        self.wide.insert(double, row);
        row
    }

    fn zero(&mut self, ty: Ty) -> Row {
        if ty.rows() == 2 { self.double(0) } else { self.word(0) }
    }

    fn literal(&mut self, literal: Literal) -> Option<Row> {
        Some(match literal {
            Literal::F64(value) => self.double(value.to_bits()),
            Literal::U64(value) => self.double(value),
            Literal::I64(value) => self.double(value.cast_unsigned()),
            Literal::F32(value) => self.word(value.to_bits()),
            Literal::U32(value) => self.word(value),
            Literal::I32(value) => self.word(value.cast_unsigned()),
            Literal::F16(value) => self.word(u32::from(value.to_bits())),
            Literal::U16(value) => self.word(u32::from(value)),
            Literal::I16(value) => self.word(u32::from(value.cast_unsigned())),
            Literal::Bool(value) => self.word(u32::from(value)),
            Literal::AbstractInt(_) | Literal::AbstractFloat(_) => return None,
        })
    }

    /// The rows of a constant expression: one for each scalar.
    fn constant_value(
        &mut self,
        arena: &naga::Arena<Expression>,
        handle: Handle<Expression>,
    ) -> Result<Vec<Row>, Refusal> {
        let span = arena.get_span(handle);
        let refuse = || Refusal::new("constants of this form", span);
        match &arena[handle] {
            Expression::Literal(literal) => Ok(vec![self.literal(*literal).ok_or_else(refuse)?]),
            Expression::Constant(constant) => {
                let init = self.module.constants[*constant].init;
                self.constant_value(&self.module.global_expressions, init)
            }
            Expression::ZeroValue(ty) => self.zeros(&self.module.types[*ty].inner, span),
            Expression::Splat { size, value } => {
                let value = self.constant_value(arena, *value)?;
                Ok(value.repeat(*size as usize))
            }
            Expression::Compose { components, .. } => {
                let mut all = Vec::new();
                for component in components {
                    all.extend(self.constant_value(arena, *component)?);
                }
                Ok(all)
            }
            _ => Err(refuse()),
        }
    }

    fn zeros(&mut self, inner: &TypeInner, span: Span) -> Result<Vec<Row>, Refusal> {
        let leaves = self.leaves(inner, span)?;
        Ok(leaves.iter().map(|leaf| self.zero(leaf.ty)).collect())
    }
}

/// The length of an array whose length is known.
fn fixed(size: ArraySize) -> Option<u32> {
    match size {
        ArraySize::Constant(length) => Some(length.get()),
        ArraySize::Pending(_) | ArraySize::Dynamic => None,
    }
}
