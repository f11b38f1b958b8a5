//! One function while it is lowered: its rows, values and steps.

use std::rc::Rc;

use naga::proc::TypeResolution;
use naga::valid::FunctionInfo;
use naga::{BinaryOperator, Binding, Expression, Function, Handle, Span, TypeInner};

use super::super::code::{Bin, Instance, Leaf, Op, Row, Step, Ty, Un};
use super::guard::Guards;
use super::{INSTANCES_MAX, Lowering, NESTING_MAX, Refusal, Root};

/// A pointer: a root, bytes (rows, for variables of one invocation) that are known, and those that lanes add.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pointer {
    pub(super) root: Root,
    pub(super) fixed: u32,
    pub(super) lanes: Option<Row>,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// The rows of its scalars.
    Rows(Rc<[Row]>),
    Pointer(Pointer),
}

/// State of lowering one function.
pub(super) struct Frame<'l, 'a> {
    pub(super) whole: &'l mut Lowering<'a>,
    pub(super) function: &'a Function,
    pub(super) info: &'a FunctionInfo,
    values: Vec<Option<Value>>,
    pub(super) guards: Guards,
    pub(super) arguments: Vec<Value>,
    pub(super) locals: Vec<Root>,
    pub(super) results: Row,
    /// The steps of the block in work.
    pub(super) steps: Vec<Step>,
    pub(super) span: Span,
    pub(super) next: Row,
    most: Row,
    /// Rows and nesting of the deepest callee.
    pub(super) below: u32,
    pub(super) nesting: u32,
    pub(super) deepest: u32,
}

impl<'l, 'a> Frame<'l, 'a> {
    fn new(whole: &'l mut Lowering<'a>, function: &'a Function, info: &'a FunctionInfo) -> Self {
        let guards = Guards::of(function, info, whole.module);
        Self {
            whole,
            guards,
            function,
            info,
            values: vec![None; function.expressions.len()],
            arguments: Vec::new(),
            locals: Vec::new(),
            results: 0,
            steps: Vec::new(),
            span: Span::UNDEFINED,
            next: 0,
            most: 0,
            below: 0,
            nesting: 0,
            deepest: 0,
        }
    }

    /// Lowers the entry point; its arguments are builtin values.
    pub(super) fn entry(
        whole: &'l mut Lowering<'a>,
        function: &'a Function,
        info: &'a FunctionInfo,
    ) -> Result<usize, Refusal> {
        let mut frame = Self::new(whole, function, info);
        for argument in &function.arguments {
            let inner = &frame.whole.module.types[argument.ty].inner;
            let first = frame.argument(inner)?;
            let mut builtins = vec![(argument.binding.as_ref(), first)];
            if let TypeInner::Struct { members, .. } = inner {
                let mut at = first;
                builtins.clear();
                for member in members {
                    builtins.push((member.binding.as_ref(), at));
                    at += frame.whole.rows(&frame.whole.module.types[member.ty].inner, Span::UNDEFINED)?;
                }
            }
            for (binding, row) in builtins {
                let Some(Binding::BuiltIn(builtin)) = binding else {
                    return Err(Refusal::new("arguments that are no builtin values", Span::UNDEFINED));
                };
                frame.whole.code.builtins.push((*builtin, row));
            }
        }
        frame.finish()
    }

    /// Lowers a function for the roots of its pointers, once.
    pub(super) fn instance(
        whole: &'l mut Lowering<'a>,
        function: Handle<Function>,
        roots: Vec<Option<Root>>,
        span: Span,
    ) -> Result<usize, Refusal> {
        let key = (function, roots);
        if let Some(index) = whole.instances.get(&key) {
            return Ok(*index);
        }
        if whole.instances.len() >= INSTANCES_MAX {
            return Err(Refusal::new("functions called in so many ways", span));
        }
        let (callee, info) = (&whole.module.functions[function], &whole.program.info()[function]);
        let mut frame = Self::new(whole, callee, info);
        for (argument, root) in callee.arguments.iter().zip(&key.1) {
            match root {
                None => {
                    frame.argument(&frame.whole.module.types[argument.ty].inner)?;
                }
                Some(root) => {
                    let row = frame.fresh(1)?;
                    let pointer = Pointer { root: *root, fixed: 0, lanes: Some(row) };
                    frame.arguments.push(Value::Pointer(pointer));
                }
            }
        }
        frame.results = frame.next;
        if let Some(result) = &callee.result {
            let rows = frame.whole.rows(&frame.whole.module.types[result.ty].inner, span)?;
            frame.fresh(rows)?;
        }
        let whole_again = frame.finish_with(key)?;
        Ok(whole_again)
    }

    fn argument(&mut self, inner: &TypeInner) -> Result<Row, Refusal> {
        let leaves = self.whole.leaves(inner, Span::UNDEFINED)?;
        let (first, rows) = self.spread(&leaves)?;
        self.arguments.push(Value::Rows(rows.into()));
        Ok(first)
    }

    fn finish_with(self, key: (Handle<Function>, Vec<Option<Root>>)) -> Result<usize, Refusal> {
        let (instance, whole) = self.lowered()?;
        whole.code.instances.push(instance);
        let index = whole.code.instances.len() - 1;
        whole.instances.insert(key, index);
        Ok(index)
    }

    fn finish(self) -> Result<usize, Refusal> {
        let (instance, whole) = self.lowered()?;
        whole.code.instances.push(instance);
        Ok(whole.code.instances.len() - 1)
    }

    fn lowered(mut self) -> Result<(Instance, &'l mut Lowering<'a>), Refusal> {
        let function = self.function;
        for (handle, variable) in function.local_variables.iter() {
            self.span = function.local_variables.get_span(handle);
            let inner = &self.whole.module.types[variable.ty].inner;
            let rows = self.whole.rows(inner, self.span)?;
            let first = self.whole.variable_rows(rows, self.span)?;
            let name = self.whole.name(variable.name.as_deref());
            self.locals.push(Root::Variable(first, name));
            match variable.init {
                None => self.push(Op::ZeroVariable { to: first, rows }),
                Some(init) => {
                    let values = self.rows_of(init)?;
                    let values = self.whole.words_of(&values, inner, self.span)?.into();
                    let to = super::super::code::Seat { fixed: first, lanes: None };
                    self.push(Op::StoreVariable { to, values });
                }
            }
        }
        self.block(&function.body)?;
        let instance = Instance {
            body: std::mem::take(&mut self.steps).into(),
            frame: self.most,
            depth: self.most + self.below,
            results: self.results,
            nesting: self.deepest,
        };
        Ok((instance, self.whole))
    }

    /// Enters a block or a call; refuses programs that would need too deep a stack.
    pub(super) fn nested(&mut self, levels: u32) -> Result<(), Refusal> {
        self.deepest = self.deepest.max(self.nesting + levels);
        if self.deepest > NESTING_MAX {
            return Err(Refusal::new("blocks and calls nested so deeply", self.span));
        }
        Ok(())
    }

    pub(super) fn push(&mut self, op: Op) {
        let (site, cost) = (self.whole.site(self.span), op.cost());
        self.steps.push(Step { op, site, cost });
    }

    /// New rows; they are given back at the end of the block.
    pub(super) fn fresh(&mut self, rows: u32) -> Result<Row, Refusal> {
        let first = self.next;
        self.next = first
            .checked_add(rows)
            .filter(|next| *next < 1 << 28)
            .ok_or_else(|| Refusal::new("values of so many scalars", self.span))?;
        self.most = self.most.max(self.next);
        Ok(first)
    }

    /// New rows for scalars: the first, and the first of each.
    pub(super) fn spread(&mut self, leaves: &[Leaf]) -> Result<(Row, Vec<Row>), Refusal> {
        let first = self.next;
        let mut rows = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            rows.push(self.fresh(leaf.ty.rows())?);
        }
        Ok((first, rows))
    }

    pub(super) fn set(&mut self, handle: Handle<Expression>, value: Value) {
        self.values[handle.index()] = Some(value);
    }

    /// What an expression is; those that need no statement to be evaluated are lowered when first asked for.
    pub(super) fn value(&mut self, handle: Handle<Expression>) -> Result<Value, Refusal> {
        if let Some(value) = &self.values[handle.index()] {
            return Ok(value.clone());
        }
        let span = self.span;
        let value = self.expression(handle)?;
        self.span = span;
        self.set(handle, value.clone());
        Ok(value)
    }

    /// The rows of an expression's scalars.
    pub(super) fn rows_of(&mut self, handle: Handle<Expression>) -> Result<Rc<[Row]>, Refusal> {
        match self.value(handle)? {
            Value::Rows(rows) => Ok(rows),
            Value::Pointer(_) => Err(Refusal::new("pointers as values", self.span)),
        }
    }

    /// The row of a scalar expression.
    pub(super) fn row_of(&mut self, handle: Handle<Expression>) -> Result<Row, Refusal> {
        let rows = self.rows_of(handle)?;
        rows.first().copied().ok_or_else(|| Refusal::new("values without scalars", self.span))
    }

    pub(super) fn pointer_of(&mut self, handle: Handle<Expression>) -> Result<Pointer, Refusal> {
        match self.value(handle)? {
            Value::Pointer(pointer) => Ok(pointer),
            Value::Rows(_) => Err(Refusal::new("values as pointers", self.span)),
        }
    }

    pub(super) fn resolution(&self, handle: Handle<Expression>) -> &'a TypeResolution {
        &self.info[handle].ty
    }

    pub(super) fn inner(&self, handle: Handle<Expression>) -> &'a TypeInner {
        self.resolution(handle).inner_with(&self.whole.module.types)
    }

    /// The type of an expression's scalars; for structs that of the first.
    pub(super) fn ty(&self, handle: Handle<Expression>) -> Result<Ty, Refusal> {
        let scalar = self.inner(handle).scalar().and_then(Ty::of);
        scalar.ok_or_else(|| Refusal::new("numbers of this width", self.span))
    }

    pub(super) fn un(&mut self, op: Un, ty: Ty, a: Row) -> Result<Row, Refusal> {
        let to = self.fresh(ty.rows())?;
        self.push(Op::Un { op, ty, to, a });
        Ok(to)
    }

    pub(super) fn bin(&mut self, op: Bin, ty: Ty, a: Row, b: Row) -> Result<Row, Refusal> {
        let compares = matches!(op, Bin::Eq | Bin::Ne | Bin::Lt | Bin::Le);
        let to = self.fresh(if compares { 1 } else { ty.rows() })?;
        self.push(Op::Bin { op, ty, to, a, b });
        Ok(to)
    }

    pub(super) fn cast(&mut self, from: Ty, into: Ty, a: Row) -> Result<Row, Refusal> {
        if from == into {
            return Ok(a);
        }
        let to = self.fresh(into.rows())?;
        self.push(Op::Cast { from, into, to, a });
        Ok(to)
    }

    /// `condition ? yes : no`, for a scalar.
    pub(super) fn select(&mut self, ty: Ty, condition: Row, yes: Row, no: Row) -> Result<Row, Refusal> {
        let to = self.fresh(ty.rows())?;
        for word in 0..ty.rows() {
            self.push(Op::Select { to: to + word, condition, yes: yes + word, no: no + word });
        }
        Ok(to)
    }

    /// A floating-point constant of this type.
    #[expect(clippy::cast_possible_truncation, reason = "a constant in the precision of its type")]
    pub(super) fn float(&mut self, ty: Ty, value: f64) -> Row {
        match ty {
            Ty::F64 => self.whole.double(value.to_bits()),
            Ty::F16 => self.whole.word(u32::from(half::f16::from_f64(value).to_bits())),
            _ => self.whole.word((value as f32).to_bits()),
        }
    }
}

/// The machine's operation for an operator, where there is one of the same operands.
pub(super) fn operator(op: BinaryOperator) -> Option<Bin> {
    use BinaryOperator as B;
    Some(match op {
        B::Add => Bin::Add,
        B::Subtract => Bin::Sub,
        B::Multiply => Bin::Mul,
        B::Divide => Bin::Div,
        B::Modulo => Bin::Rem,
        B::Equal => Bin::Eq,
        B::NotEqual => Bin::Ne,
        B::Less => Bin::Lt,
        B::LessEqual => Bin::Le,
        B::And | B::LogicalAnd => Bin::And,
        B::InclusiveOr | B::LogicalOr => Bin::Or,
        B::ExclusiveOr => Bin::Xor,
        B::ShiftLeft => Bin::Shl,
        B::ShiftRight => Bin::Shr,
        B::Greater | B::GreaterEqual => return None,
    })
}
