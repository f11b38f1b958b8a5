//! Expressions: values become rows, pointers become places.

use naga::{ArraySize, BinaryOperator, Expression, Handle, RelationalFunction, TypeInner, UnaryOperator};

use super::super::code::{Bin, CONSTANT, Leaf, Length, Op, Place, Row, Seat, Ty, Un};
use super::frame::{Frame, Pointer, Value, operator};
use super::guard::Check;
use super::{Refusal, Root, fixed, shape};

/// How a pointee is divided into elements.
struct Elements {
    length: Option<u32>,
    /// Bytes and rows from one to the next.
    bytes: u32,
    rows: u32,
}

impl Frame<'_, '_> {
    pub(super) fn expression(&mut self, handle: Handle<Expression>) -> Result<Value, Refusal> {
        let function = self.function;
        self.span = function.expressions.get_span(handle);
        let rows = match &function.expressions[handle] {
            Expression::Literal(_) | Expression::Constant(_) | Expression::ZeroValue(_) => {
                self.whole.constant_value(&function.expressions, handle)?
            }
            Expression::Compose { components, .. } => self.compose(components)?,
            Expression::Splat { size, value } => vec![self.row_of(*value)?; *size as usize],
            Expression::Swizzle { size, vector, pattern } => {
                let vector = self.rows_of(*vector)?;
                pattern[..*size as usize].iter().map(|one| vector[*one as usize]).collect()
            }
            Expression::Access { base, index } => return self.access(handle, *base, *index),
            Expression::AccessIndex { base, index } => return self.access_index(handle, *base, *index),
            Expression::FunctionArgument(index) => return Ok(self.arguments[*index as usize].clone()),
            Expression::GlobalVariable(variable) => return self.global(*variable),
            Expression::LocalVariable(variable) => {
                let root = self.locals.get(variable.index()).copied();
                let root = root.ok_or_else(|| Refusal::new("variables before their place", self.span))?;
                return Ok(Value::Pointer(Pointer { root, fixed: 0, lanes: None }));
            }
            Expression::Load { pointer } => self.load(*pointer, handle)?,
            Expression::Unary { op, expr } => self.unary(*op, *expr)?,
            Expression::Binary { op, left, right } => self.binary(*op, *left, *right)?,
            Expression::Select { condition, accept, reject } => {
                let rows = self.selection(*condition, *accept, *reject)?;
                let condition = self.row_of(*condition)?;
                self.chosen(handle, condition);
                rows
            }
            Expression::Relational { fun, argument } => self.relational(*fun, *argument)?,
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                self.math(*fun, *arg, [*arg1, *arg2, *arg3])?
            }
            Expression::As { expr, kind, convert } => self.conversion(*expr, *kind, *convert)?,
            Expression::ArrayLength(array) => self.array_length(*array)?,
            other => return Err(Refusal::new(uninterpreted(other), self.span)),
        };
        Ok(Value::Rows(rows.into()))
    }

    fn compose(&mut self, components: &[Handle<Expression>]) -> Result<Vec<Row>, Refusal> {
        let mut all = Vec::new();
        for component in components {
            all.extend_from_slice(&self.rows_of(*component)?);
        }
        Ok(all)
    }

    fn global(&mut self, variable: Handle<naga::GlobalVariable>) -> Result<Value, Refusal> {
        match self.whole.globals.get(&variable) {
            Some(root) => Ok(Value::Pointer(Pointer { root: *root, fixed: 0, lanes: None })),
            None => Err(Refusal::new("variables of no known use", self.span)),
        }
    }

    /// The type behind a pointer expression.
    fn pointee(&self, pointer: Handle<Expression>) -> Result<naga::proc::TypeResolution, Refusal> {
        let base = self.inner(pointer).pointer_base_type();
        base.ok_or_else(|| Refusal::new("pointers of this type", self.span))
    }

    fn elements(&self, inner: &TypeInner) -> Result<Elements, Refusal> {
        let of = |scalar: naga::Scalar| {
            Ty::of(scalar).ok_or_else(|| Refusal::new("numbers of this width", self.span))
        };
        Ok(match inner {
            TypeInner::Vector { size, scalar } => Elements {
                length: Some(*size as u32),
                bytes: u32::from(scalar.width),
                rows: of(*scalar)?.rows(),
            },
            TypeInner::Matrix { columns, rows, scalar } => Elements {
                length: Some(*columns as u32),
                bytes: shape::stride_of_column(*rows, *scalar),
                rows: *rows as u32 * of(*scalar)?.rows(),
            },
            TypeInner::Array { base, size, stride } => {
                // Rows count only in variables of one invocation, whose arrays have lengths.
                let inner = &self.whole.module.types[*base].inner;
                let rows = self.whole.rows(inner, self.span)?;
                Elements { length: fixed(*size), bytes: *stride, rows }
            }
            other => {
                let what = shape::opaque(other).unwrap_or("indexing of this type");
                return Err(Refusal::new(what, self.span));
            }
        })
    }

    fn access(
        &mut self,
        handle: Handle<Expression>,
        base: Handle<Expression>,
        index: Handle<Expression>,
    ) -> Result<Value, Refusal> {
        let at = self.index(index)?;
        match self.value(base)? {
            Value::Pointer(pointer) => {
                let behind = self.pointee(base)?;
                let elements = self.elements(behind.inner_with(&self.whole.module.types))?;
                self.element(handle, pointer, &elements, at).map(Value::Pointer)
            }
            Value::Rows(rows) => {
                let elements = self.elements(self.inner(base))?;
                let length = elements.length.unwrap_or(0);
                self.pick(base, &rows, length, at)
            }
        }
    }

    /// The row of an index, as 32 bits.
    fn index(&mut self, index: Handle<Expression>) -> Result<Row, Refusal> {
        let row = self.row_of(index)?;
        if !shape::wide_integer(self.inner(index)) {
            return Ok(row);
        }
        // An index that needs 64 bits lies beyond every end, so it may become the greatest one of 32.
        let most = self.whole.double(u64::from(u32::MAX));
        let least = self.bin(Bin::Min, Ty::U64, row, most)?;
        self.cast(Ty::U64, Ty::U32, least)
    }

    /// The element at an index that lanes compute.
    fn element(
        &mut self,
        handle: Handle<Expression>,
        pointer: Pointer,
        elements: &Elements,
        index: Row,
    ) -> Result<Pointer, Refusal> {
        let (stride, name) = match pointer.root {
            Root::Variable(_, name) => (elements.rows, name),
            Root::Space(space) => (elements.bytes, self.whole.code.spaces[space].label),
        };
        let length = match (elements.length, pointer.root) {
            (Some(length), _) => Length::Fixed(length),
            (None, Root::Space(space)) => Length::Open { space, from: pointer.fixed, stride },
            (None, Root::Variable(..)) => {
                return Err(Refusal::new("arrays without a length outside buffers", self.span));
            }
        };
        if let (Length::Fixed(length), true) = (length, index & CONSTANT != 0) {
            let value = self.whole.constant_word(index);
            if value < length {
                return Ok(Pointer { fixed: pointer.fixed + value * stride, ..pointer });
            }
        }
        let to = self.fresh(1)?;
        let guarded = self.is_guarded(handle);
        self.push(Op::Index { to, base: pointer.lanes, index, length, stride, name, guarded });
        if guarded {
            self.wait(handle, Check::Bounds { index, length, name });
        }
        Ok(Pointer { lanes: Some(to), ..pointer })
    }

    fn access_index(
        &mut self,
        handle: Handle<Expression>,
        base: Handle<Expression>,
        index: u32,
    ) -> Result<Value, Refusal> {
        match self.value(base)? {
            Value::Rows(rows) => {
                let (from, count) = self.part(self.inner(base), index)?;
                Ok(Value::Rows(rows[from..from + count].into()))
            }
            Value::Pointer(pointer) => {
                let behind = self.pointee(base)?;
                let inner = behind.inner_with(&self.whole.module.types);
                if let TypeInner::Struct { members, .. } = inner {
                    let add = match pointer.root {
                        Root::Space(_) => members[index as usize].offset,
                        Root::Variable(..) => {
                            let before = members[..index as usize].iter();
                            let rows = before.map(|one| {
                                self.whole.rows(&self.whole.module.types[one.ty].inner, self.span)
                            });
                            rows.sum::<Result<u32, _>>()?
                        }
                    };
                    return Ok(Value::Pointer(Pointer { fixed: pointer.fixed + add, ..pointer }));
                }
                let elements = self.elements(inner)?;
                let index = self.whole.word(index);
                self.element(handle, pointer, &elements, index).map(Value::Pointer)
            }
        }
    }

    /// Where a part of a composite value lies among its scalars: the first, and how many.
    fn part(&self, inner: &TypeInner, index: u32) -> Result<(usize, usize), Refusal> {
        let count = |ty: Handle<naga::Type>| {
            let inner = &self.whole.module.types[ty].inner;
            self.whole.leaves(inner, self.span).map(|leaves| leaves.len())
        };
        let index = index as usize;
        Ok(match inner {
            TypeInner::Vector { .. } => (index, 1),
            TypeInner::Matrix { rows, .. } => (index * *rows as usize, *rows as usize),
            TypeInner::Array { base, .. } => {
                let each = count(*base)?;
                (index * each, each)
            }
            TypeInner::Struct { members, .. } => {
                let mut from = 0;
                for member in &members[..index] {
                    from += count(member.ty)?;
                }
                (from, count(members[index].ty)?)
            }
            _ => return Err(Refusal::new("indexing of this type", self.span)),
        })
    }

    /// An element of a value (not of a variable).
    fn pick(
        &mut self,
        base: Handle<Expression>,
        rows: &[Row],
        length: u32,
        index: Row,
    ) -> Result<Value, Refusal> {
        if length == 0 || rows.is_empty() {
            return Err(Refusal::new("indexing of this type", self.span));
        }
        let leaves = self.whole.leaves(self.inner(base), self.span)?;
        let each = rows.len() / length as usize;
        let table: Box<[Row]> = self.whole.words_of(rows, self.inner(base), self.span)?.into();
        let per = u32::try_from(table.len()).unwrap_or(0) / length;
        let (to, picked) = self.spread(&leaves[..each])?;
        let name = self.function.named_expressions.get(&base).map(String::as_str);
        let name = self.whole.name(name);
        self.push(Op::Pick { to, table, index, per, name });
        Ok(Value::Rows(picked.into()))
    }

    /// Whether a pointer points to an atomic.
    pub(super) fn atomic(&self, pointer: Handle<Expression>) -> bool {
        self.inner(pointer).is_atomic_pointer(&self.whole.module.types)
    }

    pub(super) fn place(pointer: Pointer, space: usize) -> Place {
        Place { space, fixed: pointer.fixed, lanes: pointer.lanes }
    }

    fn load(&mut self, pointer: Handle<Expression>, result: Handle<Expression>) -> Result<Vec<Row>, Refusal> {
        let at = self.pointer_of(pointer)?;
        let leaves = self.whole.leaves(self.inner(result), self.span)?;
        let (to, rows) = self.spread(&leaves)?;
        match at.root {
            Root::Variable(first, _) => {
                let from = Seat { fixed: first + at.fixed, lanes: at.lanes };
                self.push(Op::LoadVariable { to, from, rows: self.next - to });
            }
            Root::Space(space) => {
                let (from, atomic) = (Self::place(at, space), self.atomic(pointer));
                let (leaves, guarded): (Box<[Leaf]>, _) = (leaves.into(), self.is_guarded(result));
                if guarded && !atomic {
                    self.wait(result, Check::Unset { from, leaves: leaves.clone() });
                }
                self.push(Op::Load { to, from, leaves, atomic, guarded: guarded && !atomic });
            }
        }
        Ok(rows)
    }

    fn array_length(&mut self, array: Handle<Expression>) -> Result<Vec<Row>, Refusal> {
        let pointer = self.pointer_of(array)?;
        let behind = self.pointee(array)?;
        let length = match (behind.inner_with(&self.whole.module.types), pointer.root) {
            (TypeInner::Array { size: ArraySize::Dynamic, stride, .. }, Root::Space(space)) => {
                Length::Open { space, from: pointer.fixed, stride: *stride }
            }
            (TypeInner::Array { size, .. }, _) => Length::Fixed(fixed(*size).unwrap_or(0)),
            _ => return Err(Refusal::new("lengths of this type", self.span)),
        };
        let to = self.fresh(1)?;
        self.push(Op::Count { to, length });
        Ok(vec![to])
    }

    fn unary(&mut self, op: UnaryOperator, expr: Handle<Expression>) -> Result<Vec<Row>, Refusal> {
        let (rows, ty) = (self.rows_of(expr)?, self.ty(expr)?);
        let op = match op {
            UnaryOperator::Negate => Un::Negate,
            UnaryOperator::LogicalNot => Un::Not,
            UnaryOperator::BitwiseNot if ty == Ty::Bool => Un::Not,
            UnaryOperator::BitwiseNot => Un::Complement,
        };
        rows.iter().map(|row| self.un(op, ty, *row)).collect()
    }

    fn binary(
        &mut self,
        op: BinaryOperator,
        left: Handle<Expression>,
        right: Handle<Expression>,
    ) -> Result<Vec<Row>, Refusal> {
        let (a, b, ty) = (self.rows_of(left)?, self.rows_of(right)?, self.ty(left)?);
        let (one, other) = (self.inner(left), self.inner(right));
        if op == BinaryOperator::Multiply
            && let Some(product) = self.product(one, &a, other, &b, ty)?
        {
            return Ok(product);
        }
        let (a, b, op) = match (op, operator(op)) {
            (_, Some(op)) => (a, b, op),
            (BinaryOperator::Greater, _) => (b, a, Bin::Lt),
            _ => (b, a, Bin::Le),
        };
        let count = a.len().max(b.len());
        (0..count).map(|index| self.bin(op, ty, a[index % a.len()], b[index % b.len()])).collect()
    }

    fn selection(
        &mut self,
        condition: Handle<Expression>,
        accept: Handle<Expression>,
        reject: Handle<Expression>,
    ) -> Result<Vec<Row>, Refusal> {
        let condition = self.rows_of(condition)?;
        let (yes, no) = (self.rows_of(accept)?, self.rows_of(reject)?);
        let leaves: Vec<Leaf> = self.whole.leaves(self.inner(accept), self.span)?;
        let mut rows = Vec::with_capacity(leaves.len());
        for (index, leaf) in leaves.iter().enumerate() {
            let condition = condition[index % condition.len()];
            rows.push(self.select(leaf.ty, condition, yes[index], no[index])?);
        }
        Ok(rows)
    }

    fn relational(
        &mut self,
        fun: RelationalFunction,
        argument: Handle<Expression>,
    ) -> Result<Vec<Row>, Refusal> {
        let (rows, ty) = (self.rows_of(argument)?, self.ty(argument)?);
        let fold = match fun {
            RelationalFunction::All => Bin::And,
            RelationalFunction::Any => Bin::Or,
            RelationalFunction::IsNan | RelationalFunction::IsInf => {
                let op = if fun == RelationalFunction::IsNan { Un::IsNan } else { Un::IsInf };
                let mut all = Vec::with_capacity(rows.len());
                for row in rows.iter() {
                    let to = self.fresh(1)?;
                    self.push(Op::Un { op, ty, to, a: *row });
                    all.push(to);
                }
                return Ok(all);
            }
        };
        let mut all = rows[0];
        for row in &rows[1..] {
            all = self.bin(fold, Ty::Bool, all, *row)?;
        }
        Ok(vec![all])
    }

    fn conversion(
        &mut self,
        expr: Handle<Expression>,
        kind: naga::ScalarKind,
        convert: Option<naga::Bytes>,
    ) -> Result<Vec<Row>, Refusal> {
        let (rows, from) = (self.rows_of(expr)?, self.ty(expr)?);
        // Without a width it is a bitcast, and rows hold bits.
        let Some(width) = convert else {
            return Ok(rows.to_vec());
        };
        let into = Ty::of(naga::Scalar { kind, width });
        let into = into.ok_or_else(|| Refusal::new("numbers of this width", self.span))?;
        rows.iter().map(|row| self.cast(from, into, *row)).collect()
    }
}

/// What an expression that the machine does not interpret is about.
fn uninterpreted(expression: &Expression) -> &'static str {
    match expression {
        Expression::ImageSample { .. } | Expression::ImageLoad { .. } | Expression::ImageQuery { .. } => {
            "textures"
        }
        Expression::RayQueryVertexPositions { .. }
        | Expression::RayQueryProceedResult
        | Expression::RayQueryGetIntersection { .. } => "ray queries",
        Expression::CooperativeLoad { .. } | Expression::CooperativeMultiplyAdd { .. } => {
            "cooperative matrices"
        }
        Expression::Derivative { .. } => "derivatives",
        Expression::Override(_) => "overrides without a value",
        _ => "results before the statement that gives them",
    }
}
