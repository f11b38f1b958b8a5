//! The machine's own form of a program: scalar operations on rows of lanes, in nested blocks.
//!
//! A row holds one 32-bit word of every lane. A 64-bit scalar takes two rows (low word first), every other scalar one: `f16`, `i16` and
//! `u16` as their 16 bits, `bool` as 0 or 1. Vectors, matrices, arrays and structs are the rows of their scalars in order of declaration.

use naga::{MathFunction, Span};

use super::findings::Kind;

/// A row: constant where the top bit is set, else counted from the frame of the function that runs.
pub(super) type Row = u32;

/// The bit that tells rows of constants.
pub(super) const CONSTANT: Row = 1 << 31;

/// The bit of a pointer that went out of bounds; the rest is the place of the last element, which loads read and stores leave alone.
pub(super) const OUTSIDE: u32 = 1 << 31;

/// Scalar types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ty {
    Bool,
    I16,
    U16,
    F16,
    I32,
    U32,
    F32,
    I64,
    U64,
    F64,
}

impl Ty {
    pub(super) fn of(scalar: naga::Scalar) -> Option<Self> {
        use naga::ScalarKind::{Bool, Float, Sint, Uint};
        Some(match (scalar.kind, scalar.width) {
            (Bool, _) => Self::Bool,
            (Sint, 2) => Self::I16,
            (Uint, 2) => Self::U16,
            (Float, 2) => Self::F16,
            (Sint, 4) => Self::I32,
            (Uint, 4) => Self::U32,
            (Float, 4) => Self::F32,
            (Sint, 8) => Self::I64,
            (Uint, 8) => Self::U64,
            (Float, 8) => Self::F64,
            _ => return None,
        })
    }

    pub(super) fn rows(self) -> u32 {
        if self.bytes() == 8 { 2 } else { 1 }
    }

    pub(super) fn bytes(self) -> u32 {
        match self {
            Self::Bool => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// Operations on one scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Un {
    Negate,
    Not,
    Complement,
    Fraction,
    Exponent,
    IsNan,
    IsInf,
    Math(MathFunction),
    /// One component of an unpacking function.
    Unpack(MathFunction, u32),
}

/// Operations on two scalars of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bin {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Eq,
    Ne,
    Lt,
    Le,
    And,
    Or,
    Xor,
    /// The second operand is `u32`.
    Shl,
    /// The second operand is `u32`.
    Shr,
    Min,
    Max,
    Pow,
    Atan2,
    /// The second operand is `i32`.
    Ldexp,
    DotSigned,
    DotUnsigned,
}

/// Where in a buffer or workgroup variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Index of the space.
    pub(super) space: usize,
    /// Bytes that are known.
    pub(super) fixed: u32,
    /// Bytes that lanes add.
    pub(super) lanes: Option<Row>,
}

/// Where among the rows of function and private variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    /// First row of the part of the variable.
    pub(super) fixed: u32,
    /// Rows that lanes add.
    pub(super) lanes: Option<Row>,
}

/// A scalar in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Bytes from the start of the value.
    pub(super) offset: u32,
    pub(super) ty: Ty,
}

/// How many elements an indexed thing has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Fixed(u32),
    /// As many as the buffer holds from this byte on.
    Open {
        space: usize,
        from: u32,
        stride: u32,
    },
}

/// What a subgroup operation does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gather {
    First,
    Lane(Row),
    Down(Row),
    Up(Row),
    Xor(Row),
    QuadLane(Row),
    QuadSwap(u32),
}

/// Atomic functions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rmw {
    Op(Bin),
    Exchange,
    /// With the rows of the expected value; the flag comes after the old value.
    CompareExchange(Row),
}

/// An operation, with its place in the source.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) op: Op,
    /// Index of the site.
    pub(super) site: u32,
    /// Scalar operations that it stands for, for each lane.
    pub(super) cost: u32,
}

/// Operations. Rows of results lie above those of operands.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Un {
        op: Un,
        ty: Ty,
        to: Row,
        a: Row,
    },
    Bin {
        op: Bin,
        ty: Ty,
        to: Row,
        a: Row,
        b: Row,
    },
    Fma {
        ty: Ty,
        to: Row,
        a: Row,
        b: Row,
        c: Row,
    },
    Select {
        to: Row,
        condition: Row,
        yes: Row,
        no: Row,
    },
    Extract {
        ty: Ty,
        to: Row,
        value: Row,
        offset: Row,
        count: Row,
    },
    Insert {
        to: Row,
        value: Row,
        bits: Row,
        offset: Row,
        count: Row,
    },
    Pack {
        fun: MathFunction,
        to: Row,
        parts: [Row; 4],
    },
    Cast {
        from: Ty,
        into: Ty,
        to: Row,
        a: Row,
    },
    /// Pointer arithmetic: `base + index * stride`, kept inside `length` elements.
    Index {
        to: Row,
        base: Option<Row>,
        index: Row,
        length: Length,
        stride: u32,
        name: u32,
        /// Whether `Bounds` looks later at indices outside.
        guarded: bool,
    },
    /// Notes indices outside, in the lanes where a condition is as given.
    Bounds {
        index: Row,
        length: Length,
        name: u32,
        only: (Row, bool),
    },
    /// Notes what was loaded and never stored, in the lanes where a condition is as given.
    Unset {
        from: Place,
        leaves: Box<[Leaf]>,
        only: (Row, bool),
    },
    /// `base + fixed`, a pointer to be handed to a function.
    Offset {
        to: Row,
        base: Option<Row>,
        fixed: u32,
    },
    /// One of `count` elements of a value, by an index that lanes compute.
    Pick {
        to: Row,
        table: Box<[Row]>,
        index: Row,
        per: u32,
        name: u32,
    },
    Count {
        to: Row,
        length: Length,
    },
    LoadVariable {
        to: Row,
        from: Seat,
        rows: u32,
    },
    StoreVariable {
        to: Seat,
        values: Box<[Row]>,
    },
    ZeroVariable {
        to: u32,
        rows: u32,
    },
    Load {
        to: Row,
        from: Place,
        leaves: Box<[Leaf]>,
        atomic: bool,
        /// Whether `Unset` looks later at what was never stored.
        guarded: bool,
    },
    Store {
        to: Place,
        leaves: Box<[Leaf]>,
        values: Box<[Row]>,
        atomic: bool,
    },
    Atomic {
        to: Option<Row>,
        at: Place,
        ty: Ty,
        fun: Rmw,
        value: Row,
    },
    UniformLoad {
        to: Row,
        from: Place,
        leaves: Box<[Leaf]>,
        atomic: bool,
    },
    If {
        condition: Row,
        accept: Box<[Step]>,
        reject: Box<[Step]>,
    },
    Switch {
        selector: Row,
        cases: Box<[Case]>,
    },
    Loop(Box<Loop>),
    Break,
    Continue,
    Return {
        to: Row,
        values: Box<[Row]>,
    },
    /// Arguments go to the first rows of the callee's frame, results come from the rows after them.
    Call {
        instance: usize,
        arguments: Box<[Row]>,
        to: Row,
        results: u32,
    },
    Barrier {
        storage: bool,
        workgroup: bool,
        subgroup: bool,
    },
    Ballot {
        to: Row,
        predicate: Option<Row>,
    },
    Gather {
        mode: Gather,
        to: Row,
        values: Box<[Row]>,
    },
    Collective {
        op: naga::SubgroupOperation,
        how: naga::CollectiveOperation,
        ty: Ty,
        to: Row,
        a: Row,
    },
}

impl Op {
    /// Scalar operations that a step stands for: budgets must not be fooled by copies of large arrays.
    pub(super) fn cost(&self) -> u32 {
        let cost = match self {
            Self::Load { leaves, .. } | Self::UniformLoad { leaves, .. } | Self::Store { leaves, .. } => {
                leaves.len()
            }
            Self::StoreVariable { values, .. }
            | Self::Return { values, .. }
            | Self::Gather { values, .. } => values.len(),
            Self::LoadVariable { rows, .. } | Self::ZeroVariable { rows, .. } => *rows as usize,
            Self::Call { arguments, results, .. } => arguments.len() + *results as usize,
            Self::Pick { per, .. } => *per as usize,
            _ => 1,
        };
        u32::try_from(cost.max(1)).unwrap_or(u32::MAX)
    }
}

/// A case of a switch.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The selector's bits; `None` is the default.
    pub(super) value: Option<u32>,
    pub(super) body: Box<[Step]>,
    pub(super) falls: bool,
}

/// A loop.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) body: Box<[Step]>,
    pub(super) continuing: Box<[Step]>,
    pub(super) break_if: Option<Row>,
}

/// A function, lowered for the variables that its pointers point to.
#[derive(Clone, Debug, Default)]
pub(super) struct Instance {
    pub(super) body: Box<[Step]>,
    /// Rows of its frame.
    pub(super) frame: u32,
    /// Rows of its frame and of the deepest chain of frames of functions that it calls.
    pub(super) depth: u32,
    /// First row of the results.
    pub(super) results: u32,
    /// Blocks and calls nested in one another, at most.
    pub(super) nesting: u32,
}

/// Where a space gets its bytes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Bound { binding: super::super::Binding, writable: bool },
    Workgroup,
    Immediate,
}

/// A buffer or workgroup variable.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) name: String,
    /// Index of the name.
    pub(super) label: u32,
    pub(super) origin: Origin,
    /// Bytes that there must be.
    pub(super) bytes: u32,
    /// Size of the smallest scalar in it, at most four: what two accesses must share to meet.
    pub(super) unit: u32,
}

/// A whole program.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub(super) instances: Vec<Instance>,
    /// Index of the entry point's instance.
    pub(super) entry: usize,
    /// The words of constant rows.
    pub(super) constants: Vec<u32>,
    /// Rows of variables.
    pub(super) variables: u32,
    /// What private variables hold at first.
    pub(super) private: Vec<(u32, Vec<u32>)>,
    pub(super) spaces: Vec<Space>,
    pub(super) sites: Vec<Span>,
    /// Names that findings give.
    pub(super) names: Vec<String>,
    /// Builtin values that the entry point takes, with their first rows in its frame.
    pub(super) builtins: Vec<(naga::BuiltIn, Row)>,
}

impl Code {
    /// Whether there is a step like this anywhere.
    pub(super) fn any(&self, like: &impl Fn(&Op) -> bool) -> bool {
        self.instances.iter().any(|instance| any_of(&instance.body, like))
    }

    /// Whether there are atomic accesses of spaces of this origin.
    pub(super) fn has_atomics(&self, origin: impl Fn(Origin) -> bool) -> bool {
        self.any(&|op| match op {
            Op::Load { from: place, atomic: true, .. }
            | Op::Store { to: place, atomic: true, .. }
            | Op::Atomic { at: place, .. } => origin(self.spaces[place.space].origin),
            _ => false,
        })
    }

    /// Whether invocations see the values of others of their subgroup.
    pub(super) fn has_subgroup_operations(&self) -> bool {
        self.any(&|op| {
            matches!(
                op,
                Op::Ballot { .. }
                    | Op::Gather { .. }
                    | Op::Collective { .. }
                    | Op::Barrier { subgroup: true, .. }
            )
        })
    }
}

fn any_of(steps: &[Step], like: &impl Fn(&Op) -> bool) -> bool {
    steps.iter().any(|step| {
        like(&step.op)
            || match &step.op {
                Op::If { accept, reject, .. } => any_of(accept, like) || any_of(reject, like),
                Op::Switch { cases, .. } => cases.iter().any(|case| any_of(&case.body, like)),
                Op::Loop(repeat) => any_of(&repeat.body, like) || any_of(&repeat.continuing, like),
                _ => false,
            }
    })
}

/// A finding of arithmetic, found in some lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slip {
    pub(super) kind: Kind,
    pub(super) what: &'static str,
}
