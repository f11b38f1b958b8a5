//! Operations whose result depends on who comes first, found by reading the program.

use std::collections::BTreeSet;

use naga::valid::FunctionInfo;
use naga::{
    AtomicFunction, BinaryOperator, Block, Expression, Function, Handle, MathFunction, ScalarKind, Span,
    Statement, SubgroupOperation,
};

use super::super::{Line, Program};

/// In which way an operation depends on who comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// A sum of floats in the order of arrival: an atomic float addition, or a compare-exchange of bits that were computed as a float.
    FloatSum,
    /// The value that an atomic addition or subtraction returns is used: a cursor.
    Cursor,
    /// The last to store wins: an atomic store or exchange.
    LastWriter,
    /// A compare-exchange of something else: who succeeds depends on who comes first.
    CompareExchange,
    /// Floats summed or multiplied over a subgroup: which invocations it has is not for the program to say.
    SubgroupSum,
}

impl Sensitivity {
    /// The kind in kebab case.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::FloatSum => "float-sum",
            Self::Cursor => "cursor",
            Self::LastWriter => "last-writer",
            Self::CompareExchange => "compare-exchange",
            Self::SubgroupSum => "subgroup-sum",
        }
    }
}

/// An operation whose result depends on who comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderSensitive {
    /// In which way.
    pub kind: Sensitivity,
    /// The variable, where the function names one.
    pub variable: String,
    /// Where in the source.
    pub line: Option<Line>,
}

/// The operations of the entry point, and of the functions that it calls, whose result depends on who comes first; each line once,
/// sorted. That an operation stands here does not say that the program's output depends on it.
#[must_use]
pub fn order_sensitive(program: &Program) -> Vec<OrderSensitive> {
    let entry = &program.entry().function;
    let mut scan = Scan {
        program,
        function: entry,
        info: program.info().get_entry_point(program.entry_index()),
        called: BTreeSet::new(),
        waiting: Vec::new(),
        found: BTreeSet::new(),
    };
    scan.block(&entry.body);
    while let Some(next) = scan.waiting.pop() {
        (scan.function, scan.info) = (&program.module().functions[next], &program.info()[next]);
        scan.block(&scan.function.body);
    }
    scan.found.into_iter().collect()
}

struct Scan<'a> {
    program: &'a Program,
    function: &'a Function,
    info: &'a FunctionInfo,
    called: BTreeSet<usize>,
    waiting: Vec<Handle<Function>>,
    found: BTreeSet<OrderSensitive>,
}

impl<'a> Scan<'a> {
    fn block(&mut self, block: &'a Block) {
        for (statement, span) in block.span_iter() {
            match statement {
                Statement::Block(block) => self.block(block),
                Statement::If { accept, reject, .. } => {
                    self.block(accept);
                    self.block(reject);
                }
                Statement::Switch { cases, .. } => {
                    for case in cases {
                        self.block(&case.body);
                    }
                }
                Statement::Loop { body, continuing, .. } => {
                    self.block(body);
                    self.block(continuing);
                }
                Statement::Call { function, .. } => self.call(*function),
                Statement::Store { pointer, .. } => self.store(*pointer, *span),
                Statement::Atomic { pointer, fun, value, result } => {
                    self.atomic(*pointer, *fun, *value, *result, *span);
                }
                Statement::SubgroupCollectiveOperation {
                    op: SubgroupOperation::Add | SubgroupOperation::Mul,
                    argument,
                    ..
                } => self.collective(*argument, *span),
                _ => {}
            }
        }
    }

    fn collective(&mut self, argument: Handle<Expression>, span: Span) {
        let inner = self.info[argument].ty.inner_with(&self.program.module().types);
        if inner.scalar_kind() == Some(ScalarKind::Float) {
            let line = self.program.line(span);
            let kind = Sensitivity::SubgroupSum;
            self.found.insert(OrderSensitive { kind, variable: String::new(), line });
        }
    }

    fn call(&mut self, function: Handle<Function>) {
        if self.called.insert(function.index()) {
            self.waiting.push(function);
        }
    }

    fn store(&mut self, pointer: Handle<Expression>, span: Span) {
        let types = &self.program.module().types;
        if self.info[pointer].ty.inner_with(types).is_atomic_pointer(types) {
            self.add(Sensitivity::LastWriter, pointer, span);
        }
    }

    fn atomic(
        &mut self,
        pointer: Handle<Expression>,
        fun: AtomicFunction,
        value: Handle<Expression>,
        result: Option<Handle<Expression>>,
        span: Span,
    ) {
        let inner = self.info[value].ty.inner_with(&self.program.module().types);
        let float = inner.scalar_kind() == Some(ScalarKind::Float);
        // Naga counts the uses of every expression; the one that the statement itself makes is none.
        let used = result.is_some_and(|result| self.info[result].ref_count > 0);
        let kind = match fun {
            AtomicFunction::Add | AtomicFunction::Subtract if float => Sensitivity::FloatSum,
            AtomicFunction::Exchange { compare: Some(_) } => {
                let mut visited = BTreeSet::new();
                if self.computed_as_float(value, false, &mut visited) {
                    Sensitivity::FloatSum
                } else {
                    Sensitivity::CompareExchange
                }
            }
            AtomicFunction::Exchange { compare: None } => Sensitivity::LastWriter,
            _ if used => Sensitivity::Cursor,
            _ => return,
        };
        self.add(kind, pointer, span);
    }

    /// Whether a value is the bits of float arithmetic; looks through variables of the function into everything stored to them. `bits`: a
    /// bitcast from a float was passed on the way here.
    fn computed_as_float(
        &self,
        value: Handle<Expression>,
        bits: bool,
        visited: &mut BTreeSet<(usize, bool)>,
    ) -> bool {
        if !visited.insert((value.index(), bits)) {
            return false;
        }
        let float = self.info[value].ty.inner_with(&self.program.module().types).scalar_kind()
            == Some(ScalarKind::Float);
        let mut any = |parts: &[Handle<Expression>], bits| {
            parts.iter().any(|part| self.computed_as_float(*part, bits, visited))
        };
        match &self.function.expressions[value] {
            Expression::Binary { op, .. } if bits && float => arithmetic(*op),
            Expression::Math { fun: MathFunction::Fma | MathFunction::Mix, .. } if bits => true,
            Expression::Math { arg, arg1, arg2, .. } => {
                let parts: Vec<_> = [Some(*arg), *arg1, *arg2].into_iter().flatten().collect();
                any(&parts, bits)
            }
            Expression::As { expr, convert, .. } => any(&[*expr], bits || convert.is_none() && !float),
            Expression::Unary { expr, .. } => any(&[*expr], bits),
            Expression::Binary { left, right, .. } => any(&[*left, *right], bits),
            Expression::Select { accept, reject, .. } => any(&[*accept, *reject], bits),
            Expression::Load { pointer } => {
                let Expression::LocalVariable(variable) = self.function.expressions[*pointer] else {
                    return false;
                };
                let mut stored = Vec::new();
                stores(&self.function.body, &mut |pointer, value| {
                    let into = &self.function.expressions[pointer];
                    if matches!(into, Expression::LocalVariable(other) if *other == variable) {
                        stored.push(value);
                    }
                });
                any(&stored, bits)
            }
            // What a called function does is not followed into its arguments: that it computes with floats is enough.
            Expression::CallResult(callee) => computes_floats(&self.program.module().functions[*callee]),
            _ => false,
        }
    }

    fn add(&mut self, kind: Sensitivity, pointer: Handle<Expression>, span: Span) {
        let variable = name(self.program, self.function, pointer);
        self.found.insert(OrderSensitive { kind, variable, line: self.program.line(span) });
    }
}

fn arithmetic(op: BinaryOperator) -> bool {
    use BinaryOperator::{Add, Divide, Multiply, Subtract};
    matches!(op, Add | Subtract | Multiply | Divide)
}

/// Whether a function reinterprets a value as a float, and adds, subtracts, multiplies or divides.
fn computes_floats(function: &Function) -> bool {
    let as_float =
        |one: &Expression| matches!(one, Expression::As { kind: ScalarKind::Float, convert: None, .. });
    let computes = |one: &Expression| matches!(one, Expression::Binary { op, .. } if arithmetic(*op));
    let any = |holds: &dyn Fn(&Expression) -> bool| function.expressions.iter().any(|(_, one)| holds(one));
    any(&as_float) && any(&computes)
}

fn stores(block: &Block, note: &mut dyn FnMut(Handle<Expression>, Handle<Expression>)) {
    for statement in block {
        match statement {
            Statement::Store { pointer, value } => note(*pointer, *value),
            Statement::Block(block) => stores(block, note),
            Statement::If { accept, reject, .. } => {
                stores(accept, note);
                stores(reject, note);
            }
            Statement::Switch { cases, .. } => cases.iter().for_each(|case| stores(&case.body, note)),
            Statement::Loop { body, continuing, .. } => {
                stores(body, note);
                stores(continuing, note);
            }
            _ => {}
        }
    }
}

/// The name of the variable that a pointer starts from.
fn name(program: &Program, function: &Function, pointer: Handle<Expression>) -> String {
    let mut at = pointer;
    loop {
        match function.expressions[at] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => at = base,
            Expression::GlobalVariable(variable) => {
                return program.module().global_variables[variable].name.clone().unwrap_or_default();
            }
            Expression::FunctionArgument(index) => {
                let argument = function.arguments.get(index as usize);
                return argument.and_then(|argument| argument.name.clone()).unwrap_or_default();
            }
            _ => return String::new(),
        }
    }
}
