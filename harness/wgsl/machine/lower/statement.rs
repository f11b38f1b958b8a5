//! Statements.

use naga::{AtomicFunction, Barrier, Block, Expression, GatherMode, Handle, Statement, SwitchValue};

use super::super::code::{Bin, Case, Gather, Loop, Op, Rmw, Row, Seat, Step, Ty};
use super::frame::{Frame, Value};
use super::{NESTING_MAX, Refusal, Root};

impl Frame<'_, '_> {
    /// Lowers a block's statements into the steps in work; rows of values that only it sees are given back.
    pub(super) fn block(&mut self, block: &Block) -> Result<(), Refusal> {
        let mark = self.next;
        self.open_block(block)?;
        self.next = mark;
        Ok(())
    }

    fn open_block(&mut self, block: &Block) -> Result<(), Refusal> {
        self.nesting += 1;
        self.nested(0)?;
        for (statement, span) in block.span_iter() {
            self.span = *span;
            self.statement(statement)?;
        }
        self.nesting -= 1;
        Ok(())
    }

    /// The steps of a nested block.
    fn nest(&mut self, block: &Block) -> Result<Box<[Step]>, Refusal> {
        let outer = std::mem::take(&mut self.steps);
        self.block(block)?;
        Ok(std::mem::replace(&mut self.steps, outer).into())
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Refusal> {
        let span = self.span;
        match statement {
            Statement::Emit(range) => {
                for handle in range.clone() {
                    let value = self.expression(handle)?;
                    self.set(handle, value);
                }
                return Ok(());
            }
            Statement::Block(block) => return self.block(block),
            Statement::If { condition, accept, reject } => {
                let condition = self.row_of(*condition)?;
                let (accept, reject) = (self.nest(accept)?, self.nest(reject)?);
                self.span = span;
                self.push(Op::If { condition, accept, reject });
            }
            Statement::Switch { selector, cases } => self.switch(*selector, cases)?,
            Statement::Loop { body, continuing, break_if } => self.repeat(body, continuing, *break_if)?,
            Statement::Break => self.push(Op::Break),
            Statement::Continue => self.push(Op::Continue),
            Statement::Return { value } => self.give_back(*value)?,
            Statement::ControlBarrier(flags) => {
                self.push(Op::Barrier {
                    storage: flags.contains(Barrier::STORAGE),
                    workgroup: flags.contains(Barrier::WORK_GROUP),
                    subgroup: *flags == Barrier::SUB_GROUP,
                });
            }
            Statement::Store { pointer, value } => self.store(*pointer, *value)?,
            Statement::Atomic { pointer, fun, value, result } => {
                self.rmw(*pointer, *fun, *value, *result)?;
            }
            Statement::WorkGroupUniformLoad { pointer, result } => self.uniform_load(*pointer, *result)?,
            Statement::Call { function, arguments, result } => self.call(*function, arguments, *result)?,
            Statement::SubgroupBallot { result, predicate } => {
                let predicate = predicate.map(|predicate| self.row_of(predicate)).transpose()?;
                let to = self.fresh(4)?;
                self.push(Op::Ballot { to, predicate });
                self.set(*result, Value::Rows([to, to + 1, to + 2, to + 3].into()));
            }
            Statement::SubgroupGather { mode, argument, result } => {
                self.gather(*mode, *argument, *result)?;
            }
            Statement::SubgroupCollectiveOperation { op, collective_op, argument, result } => {
                self.collective(*op, *collective_op, *argument, *result)?;
            }
            other => return Err(Refusal::new(uninterpreted(other), span)),
        }
        Ok(())
    }

    fn switch(&mut self, selector: Handle<Expression>, cases: &[naga::SwitchCase]) -> Result<(), Refusal> {
        let (span, selector) = (self.span, self.row_of(selector)?);
        let mut lowered = Vec::with_capacity(cases.len());
        for case in cases {
            let value = match case.value {
                SwitchValue::I32(value) => Some(value.cast_unsigned()),
                SwitchValue::U32(value) => Some(value),
                SwitchValue::Default => None,
            };
            lowered.push(Case { value, body: self.nest(&case.body)?, falls: case.fall_through });
        }
        self.span = span;
        self.push(Op::Switch { selector, cases: lowered.into() });
        Ok(())
    }

    fn repeat(
        &mut self,
        body: &Block,
        continuing: &Block,
        break_if: Option<Handle<Expression>>,
    ) -> Result<(), Refusal> {
        let (span, mark) = (self.span, self.next);
        let outer = std::mem::take(&mut self.steps);
        // What the body computes is seen by the continuing block and by the condition at its end.
        self.open_block(body)?;
        let body = std::mem::take(&mut self.steps).into();
        self.open_block(continuing)?;
        let break_if = break_if.map(|condition| self.row_of(condition)).transpose()?;
        let continuing = std::mem::replace(&mut self.steps, outer).into();
        self.next = mark;
        self.span = span;
        self.push(Op::Loop(Box::new(Loop { body, continuing, break_if })));
        Ok(())
    }

    fn give_back(&mut self, value: Option<Handle<Expression>>) -> Result<(), Refusal> {
        let mut values = Vec::new();
        if let Some(handle) = value {
            let (span, rows) = (self.span, self.rows_of(handle)?);
            values = self.whole.words_of(&rows, self.inner(handle), span)?;
        }
        self.push(Op::Return { to: self.results, values: values.into() });
        Ok(())
    }

    fn store(&mut self, pointer: Handle<Expression>, value: Handle<Expression>) -> Result<(), Refusal> {
        let span = self.span;
        let (at, rows) = (self.pointer_of(pointer)?, self.rows_of(value)?);
        self.span = span;
        match at.root {
            Root::Variable(first, _) => {
                let to = Seat { fixed: first + at.fixed, lanes: at.lanes };
                let values = self.whole.words_of(&rows, self.inner(value), span)?.into();
                self.push(Op::StoreVariable { to, values });
            }
            Root::Space(space) => {
                let leaves = self.whole.leaves(self.inner(value), span)?.into();
                let (to, atomic) = (Self::place(at, space), self.atomic(pointer));
                self.push(Op::Store { to, leaves, values: rows.to_vec().into(), atomic });
            }
        }
        Ok(())
    }

    fn rmw(
        &mut self,
        pointer: Handle<Expression>,
        fun: AtomicFunction,
        value: Handle<Expression>,
        result: Option<Handle<Expression>>,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let (pointer, ty) = (self.pointer_of(pointer)?, self.ty(value)?);
        let value = self.row_of(value)?;
        let fun = match fun {
            AtomicFunction::Add => Rmw::Op(Bin::Add),
            AtomicFunction::Subtract => Rmw::Op(Bin::Sub),
            AtomicFunction::And => Rmw::Op(Bin::And),
            AtomicFunction::InclusiveOr => Rmw::Op(Bin::Or),
            AtomicFunction::ExclusiveOr => Rmw::Op(Bin::Xor),
            AtomicFunction::Min => Rmw::Op(Bin::Min),
            AtomicFunction::Max => Rmw::Op(Bin::Max),
            AtomicFunction::Exchange { compare: None } => Rmw::Exchange,
            AtomicFunction::Exchange { compare: Some(compare) } => {
                Rmw::CompareExchange(self.row_of(compare)?)
            }
        };
        self.span = span;
        let Root::Space(space) = pointer.root else {
            return Err(Refusal::new("atomics outside buffers and workgroup variables", span));
        };
        let to = result.map(|_| self.fresh(ty.rows() + 1)).transpose()?;
        if let (Some(result), Some(to)) = (result, to) {
            let compares = matches!(fun, Rmw::CompareExchange(_));
            let rows = if compares { vec![to, to + ty.rows()] } else { vec![to] };
            self.set(result, Value::Rows(rows.into()));
        }
        self.push(Op::Atomic { to, at: Self::place(pointer, space), ty, fun, value });
        Ok(())
    }

    fn uniform_load(
        &mut self,
        pointer: Handle<Expression>,
        result: Handle<Expression>,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let at = self.pointer_of(pointer)?;
        let Root::Space(space) = at.root else {
            return Err(Refusal::new("uniform loads outside workgroup variables", span));
        };
        let leaves = self.whole.leaves(self.inner(result), span)?;
        let (to, rows) = self.spread(&leaves)?;
        let (from, atomic) = (Self::place(at, space), self.atomic(pointer));
        self.span = span;
        self.push(Op::UniformLoad { to, from, leaves: leaves.into(), atomic });
        self.set(result, Value::Rows(rows.into()));
        Ok(())
    }

    fn call(
        &mut self,
        function: Handle<naga::Function>,
        arguments: &[Handle<Expression>],
        result: Option<Handle<Expression>>,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let (mut rows, mut roots) = (Vec::new(), Vec::new());
        for argument in arguments {
            match self.value(*argument)? {
                Value::Rows(values) => {
                    rows.extend(self.whole.words_of(&values, self.inner(*argument), span)?);
                    roots.push(None);
                }
                Value::Pointer(pointer) => {
                    let to = self.fresh(1)?;
                    self.span = span;
                    self.push(Op::Offset { to, base: pointer.lanes, fixed: pointer.fixed });
                    rows.push(to);
                    roots.push(Some(pointer.root));
                }
            }
        }
        self.whole.calls += 1;
        if self.whole.calls > NESTING_MAX {
            return Err(Refusal::new("calls nested so deeply", span));
        }
        let instance = Frame::instance(self.whole, function, roots, span)?;
        self.whole.calls -= 1;
        let callee = &self.whole.code.instances[instance];
        let (depth, nesting) = (callee.depth, callee.nesting);
        self.below = self.below.max(depth);
        self.nested(nesting + 1)?;
        let leaves = match result {
            Some(result) => self.whole.leaves(self.inner(result), span)?,
            None => Vec::new(),
        };
        let (to, given) = self.spread(&leaves)?;
        let results = self.next - to;
        self.span = span;
        self.push(Op::Call { instance, arguments: rows.into(), to, results });
        if let Some(result) = result {
            self.set(result, Value::Rows(given.into()));
        }
        Ok(())
    }

    fn gather(
        &mut self,
        mode: GatherMode,
        argument: Handle<Expression>,
        result: Handle<Expression>,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let mode = match mode {
            GatherMode::BroadcastFirst => Gather::First,
            GatherMode::Broadcast(lane) | GatherMode::Shuffle(lane) => Gather::Lane(self.row_of(lane)?),
            GatherMode::ShuffleDown(by) => Gather::Down(self.row_of(by)?),
            GatherMode::ShuffleUp(by) => Gather::Up(self.row_of(by)?),
            GatherMode::ShuffleXor(by) => Gather::Xor(self.row_of(by)?),
            GatherMode::QuadBroadcast(lane) => Gather::QuadLane(self.row_of(lane)?),
            GatherMode::QuadSwap(direction) => Gather::QuadSwap(direction as u32 + 1),
        };
        let values = self.rows_of(argument)?;
        let inner = self.inner(argument);
        let (words, leaves) = (self.whole.words_of(&values, inner, span)?, self.whole.leaves(inner, span)?);
        let (to, rows) = self.spread(&leaves)?;
        self.span = span;
        self.push(Op::Gather { mode, to, values: words.into() });
        self.set(result, Value::Rows(rows.into()));
        Ok(())
    }

    fn collective(
        &mut self,
        op: naga::SubgroupOperation,
        how: naga::CollectiveOperation,
        argument: Handle<Expression>,
        result: Handle<Expression>,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let (values, ty): (_, Ty) = (self.rows_of(argument)?, self.ty(argument)?);
        let mut rows: Vec<Row> = Vec::with_capacity(values.len());
        self.span = span;
        for a in values.iter().copied() {
            let to = self.fresh(ty.rows())?;
            self.push(Op::Collective { op, how, ty, to, a });
            rows.push(to);
        }
        self.set(result, Value::Rows(rows.into()));
        Ok(())
    }
}

/// What a statement that the machine does not interpret is about.
fn uninterpreted(statement: &Statement) -> &'static str {
    match statement {
        Statement::ImageStore { .. } | Statement::ImageAtomic { .. } => "textures",
        Statement::RayQuery { .. } | Statement::RayPipelineFunction(_) => "ray queries",
        Statement::CooperativeStore { .. } => "cooperative matrices",
        Statement::Kill => "discard",
        Statement::MemoryBarrier(_) => "memory barriers without control",
        _ => "statements of this kind",
    }
}
