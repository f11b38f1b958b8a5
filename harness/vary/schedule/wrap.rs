//! Surgery on naga IR: the user's entry point becomes a function that a new entry point calls with other builtins.

use std::collections::BTreeSet;

use naga::{
    AddressSpace, ArraySize, BinaryOperator, Block, BuiltIn, EntryPoint, Expression, Function,
    FunctionArgument, GlobalVariable, Handle, Literal, Module, Range, ResourceBinding, Scalar, Span,
    Statement, StorageAccess, Type, TypeInner, VectorSize,
};

use super::{Error, HEADER, RESERVED};
use crate::wgsl::{Binding, Program, validator};

/// A program whose turns come from a buffer.
#[derive(Clone, Debug)]
pub struct Wrapped {
    /// The rewritten module; its only entry point has the name of the user's. It passed validation.
    pub module: Module,
    /// Where the buffer of words is bound (`var<storage, read>`).
    pub binding: Binding,
    /// Invocations of a workgroup along x, y and z, as before.
    pub workgroup_size: [u32; 3],
}

/// Rewrites a program so that its turns come from a buffer. Spans of the user's code stay what they were.
///
/// # Errors
/// The source contains names that begin with [`RESERVED`], or the rewritten module is not valid.
pub fn wrap(program: &Program) -> Result<Wrapped, Error> {
    let name = &program.source().name;
    if program.source().text.contains(RESERVED) {
        return Err(Error::Reserved { name: name.clone() });
    }
    let mut module = program.module().clone();
    let binding = free_binding(&module);
    let types = Types::declare(&mut module);
    let words = module.global_variables.append(schedule_buffer(binding, types.words), Span::UNDEFINED);
    let old = module.entry_points[program.entry_index()].clone();
    let kernel = module.functions.append(callee(&old.function), Span::UNDEFINED);
    let builder = Builder::new(&module, types, words, old.workgroup_size);
    let function = builder.finish(&old.function.arguments, kernel);
    let workgroup_size = old.workgroup_size;
    module.entry_points = vec![EntryPoint { function, ..old }];
    match validator().validate(&module) {
        Ok(_) => Ok(Wrapped { module, binding, workgroup_size }),
        Err(error) => {
            let message = error.emit_to_string_with_path(&program.source().text, name);
            Err(Error::Invalid { name: name.clone(), message })
        }
    }
}

/// The lowest number of group 0 that no variable has, be it used or not.
fn free_binding(module: &Module) -> Binding {
    let bound = module.global_variables.iter().filter_map(|(_, variable)| variable.binding);
    let taken: BTreeSet<u32> = bound.filter(|place| place.group == 0).map(|place| place.binding).collect();
    let binding = (0..=u32::MAX).find(|number| !taken.contains(number)).unwrap_or(u32::MAX);
    Binding { group: 0, binding }
}

fn schedule_buffer(binding: Binding, ty: Handle<Type>) -> GlobalVariable {
    GlobalVariable {
        name: Some(format!("{RESERVED}words")),
        space: AddressSpace::Storage { access: StorageAccess::LOAD },
        binding: Some(ResourceBinding { group: binding.group, binding: binding.binding }),
        ty,
        init: None,
        memory_decorations: naga::MemoryDecorations::empty(),
    }
}

/// The user's entry point as an ordinary function: only entry points may have bound arguments.
fn callee(entry: &Function) -> Function {
    let mut function = entry.clone();
    function.name = Some(format!("{RESERVED}kernel"));
    for argument in &mut function.arguments {
        argument.binding = None;
    }
    function
}

#[derive(Clone, Copy)]
struct Types {
    word: Handle<Type>,
    triple: Handle<Type>,
    words: Handle<Type>,
}

impl Types {
    fn declare(module: &mut Module) -> Self {
        let mut add = |inner| module.types.insert(Type { name: None, inner }, Span::UNDEFINED);
        let word = add(TypeInner::Scalar(Scalar::U32));
        let triple = add(TypeInner::Vector { size: VectorSize::Tri, scalar: Scalar::U32 });
        let words = add(TypeInner::Array { base: word, size: ArraySize::Dynamic, stride: 4 });
        Self { word, triple, words }
    }
}

/// The builtins as the user's code is to see them.
struct Seen {
    workgroup: Handle<Expression>,
    lane: Handle<Expression>,
    local: Handle<Expression>,
    global: Handle<Expression>,
    grid: Handle<Expression>,
}

struct Builder<'a> {
    module: &'a Module,
    types: Types,
    size: [u32; 3],
    function: Function,
    words: Handle<Expression>,
    first: Option<Handle<Expression>>,
    body: Block,
}

impl<'a> Builder<'a> {
    fn new(module: &'a Module, types: Types, words: Handle<GlobalVariable>, size: [u32; 3]) -> Self {
        let mut function = Function { name: Some(format!("{RESERVED}entry")), ..Function::default() };
        let words = function.expressions.append(Expression::GlobalVariable(words), Span::UNDEFINED);
        Self { module, types, size, function, words, first: None, body: Block::new() }
    }

    fn finish(mut self, arguments: &[FunctionArgument], kernel: Handle<Function>) -> Function {
        let turn = self.argument(BuiltIn::WorkGroupId, self.types.triple);
        let index = self.argument(BuiltIn::LocalInvocationIndex, self.types.word);
        let seen = self.seen(turn, index);
        let values = arguments.iter().map(|argument| self.value(argument, &seen)).collect();
        self.emit();
        self.body
            .push(Statement::Call { function: kernel, arguments: values, result: None }, Span::UNDEFINED);
        self.body.push(Statement::Return { value: None }, Span::UNDEFINED);
        self.function.body = self.body;
        self.function
    }

    fn seen(&mut self, turn: Handle<Expression>, index: Handle<Expression>) -> Seen {
        let lanes: u32 = self.size.iter().product();
        let counts = [0, 1, 2].map(|axis| self.word(axis));
        let turn = self.computed(Expression::AccessIndex { base: turn, index: 0 });
        let workgroup = self.looked_up(turn, HEADER.saturating_add(lanes));
        let lane = self.looked_up(index, HEADER);
        let sizes = self.size.map(|size| self.literal(size));
        let workgroup = self.spread(workgroup, counts);
        let local = self.spread(lane, sizes);
        let grid = self.triple(counts);
        let size = self.triple(sizes);
        let corner = self.binary(BinaryOperator::Multiply, workgroup, size);
        let global = self.binary(BinaryOperator::Add, corner, local);
        Seen { workgroup, lane, local, global, grid }
    }

    /// What the user's code gets for an argument of its entry point.
    fn value(&mut self, argument: &FunctionArgument, seen: &Seen) -> Handle<Expression> {
        if let Some(naga::Binding::BuiltIn(builtin)) = argument.binding {
            return self.builtin(builtin, argument.ty, seen);
        }
        // An argument without a builtin of its own is a structure of them; validation saw to that.
        let members = match &self.module.types[argument.ty].inner {
            TypeInner::Struct { members, .. } => members.as_slice(),
            _ => &[],
        };
        let mut components = Vec::new();
        for member in members {
            if let Some(naga::Binding::BuiltIn(builtin)) = member.binding {
                components.push(self.builtin(builtin, member.ty, seen));
            }
        }
        self.computed(Expression::Compose { ty: argument.ty, components })
    }

    fn builtin(&mut self, builtin: BuiltIn, ty: Handle<Type>, seen: &Seen) -> Handle<Expression> {
        match builtin {
            BuiltIn::WorkGroupId => seen.workgroup,
            BuiltIn::LocalInvocationId => seen.local,
            BuiltIn::LocalInvocationIndex => seen.lane,
            BuiltIn::GlobalInvocationId => seen.global,
            BuiltIn::NumWorkGroups => seen.grid,
            other => self.argument(other, ty),
        }
    }

    fn argument(&mut self, builtin: BuiltIn, ty: Handle<Type>) -> Handle<Expression> {
        let index = u32::try_from(self.function.arguments.len()).unwrap_or(u32::MAX);
        let binding = Some(naga::Binding::BuiltIn(builtin));
        self.function.arguments.push(FunctionArgument { name: None, ty, binding });
        self.given(Expression::FunctionArgument(index))
    }

    fn literal(&mut self, value: u32) -> Handle<Expression> {
        self.given(Expression::Literal(Literal::U32(value)))
    }

    /// The word at a fixed place of the buffer.
    fn word(&mut self, index: u32) -> Handle<Expression> {
        let pointer = self.computed(Expression::AccessIndex { base: self.words, index });
        self.computed(Expression::Load { pointer })
    }

    /// The word at `index + offset` of the buffer.
    fn looked_up(&mut self, index: Handle<Expression>, offset: u32) -> Handle<Expression> {
        let offset = self.literal(offset);
        let index = self.binary(BinaryOperator::Add, index, offset);
        let pointer = self.computed(Expression::Access { base: self.words, index });
        self.computed(Expression::Load { pointer })
    }

    /// A number -> the place that it stands for, x running fastest.
    fn spread(&mut self, number: Handle<Expression>, counts: [Handle<Expression>; 3]) -> Handle<Expression> {
        let x = self.binary(BinaryOperator::Modulo, number, counts[0]);
        let row = self.binary(BinaryOperator::Divide, number, counts[0]);
        let y = self.binary(BinaryOperator::Modulo, row, counts[1]);
        let z = self.binary(BinaryOperator::Divide, row, counts[1]);
        self.triple([x, y, z])
    }

    fn triple(&mut self, parts: [Handle<Expression>; 3]) -> Handle<Expression> {
        let ty = self.types.triple;
        self.computed(Expression::Compose { ty, components: parts.to_vec() })
    }

    fn binary(
        &mut self,
        op: BinaryOperator,
        left: Handle<Expression>,
        right: Handle<Expression>,
    ) -> Handle<Expression> {
        self.computed(Expression::Binary { op, left, right })
    }

    /// Adds an expression that has its value without being evaluated; naga wants it outside of emitted ranges.
    fn given(&mut self, expression: Expression) -> Handle<Expression> {
        self.emit();
        self.function.expressions.append(expression, Span::UNDEFINED)
    }

    fn computed(&mut self, expression: Expression) -> Handle<Expression> {
        let handle = self.function.expressions.append(expression, Span::UNDEFINED);
        self.first.get_or_insert(handle);
        handle
    }

    /// Evaluates what was added since the last time.
    fn emit(&mut self) {
        let last = self.function.expressions.iter().next_back().map(|(handle, _)| handle);
        if let (Some(first), Some(last)) = (self.first.take(), last) {
            self.body.push(Statement::Emit(Range::new_from_bounds(first, last)), Span::UNDEFINED);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wgsl::Source;

    fn wrapped(text: &str) -> Result<Wrapped, Error> {
        let source = Source { name: "k.wgsl".to_owned(), text: text.to_owned() };
        wrap(&Program::load(&source, "main", &BTreeMap::new()).unwrap())
    }

    const SUM: &str = "
override LANES: u32 = 32;
struct Here { @builtin(workgroup_id) row: vec3<u32>, @builtin(subgroup_size) size: u32 }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(1) @binding(1) var<uniform> count: u32;
var<workgroup> part: array<f32, 32>;
@compute @workgroup_size(LANES, 1)
fn main(here: Here, @builtin(local_invocation_index) lane: u32) {
    part[lane] = input[here.row.x * count + lane];
    workgroupBarrier();
    out[here.row.x] = workgroupUniformLoad(&part[0]) + subgroupAdd(part[lane]);
}
@compute @workgroup_size(1) fn other() { out[0] = 0.0; }
";

    #[test]
    fn barriers_uniform_loads_structures_and_subgroups_pass_validation() {
        let wrapped = wrapped(SUM).unwrap();
        assert_eq!(wrapped.workgroup_size, [32, 1, 1]);
        assert_eq!(wrapped.binding, Binding { group: 0, binding: 1 }, "the lowest number that is free");
        let entries: Vec<_> = wrapped.module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(entries, ["main"]);
        // Turn, index, and the subgroup's size, which is passed on.
        assert_eq!(wrapped.module.entry_points[0].function.arguments.len(), 3);
    }

    #[test]
    fn spans_of_the_source_stay_what_they_were() {
        let wrapped = wrapped(SUM).unwrap();
        let (_, kernel) = wrapped.module.functions.iter().next_back().unwrap();
        let barrier = |(statement, span): (&Statement, &Span)| match statement {
            Statement::ControlBarrier(_) => Some(*span),
            _ => None,
        };
        let span = kernel.body.span_iter().find_map(barrier).unwrap();
        assert_eq!(&SUM[span.to_range().unwrap()], "workgroupBarrier");
    }

    #[test]
    fn names_that_are_ours_are_refused() {
        let error = wrapped("@compute @workgroup_size(1) fn main() { let driftless_x = 1; }").unwrap_err();
        assert!(matches!(error, Error::Reserved { .. }), "{error}");
    }

    #[test]
    fn a_kernel_without_arguments_or_buffers_is_wrapped() {
        let wrapped = wrapped("@compute @workgroup_size(2, 3, 4) fn main() { return; }").unwrap();
        assert_eq!(wrapped.workgroup_size, [2, 3, 4]);
        assert_eq!(wrapped.binding, Binding { group: 0, binding: 0 });
    }
}
