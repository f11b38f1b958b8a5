//! Generated expressions against a direct evaluation.

use proptest::prelude::*;

use super::Bench;

/// An expression over four values.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(usize),
    One(&'static str, Box<Tree>),
    Two(&'static str, Box<Tree>, Box<Tree>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>, Box<Tree>),
}

const ONE: [&str; 4] = ["-", "~", "abs", "countOneBits"];
const TWO: [&str; 12] = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "min", "max"];
const FLOAT_ONE: [&str; 4] = ["-", "abs", "floor", "sqrt"];
const FLOAT_TWO: [&str; 7] = ["+", "-", "*", "/", "min", "max", "step"];

fn tree(one: &'static [&'static str], two: &'static [&'static str]) -> impl Strategy<Value = Tree> {
    (0..4_usize).prop_map(Tree::Leaf).prop_recursive(5, 40, 4, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (prop::sample::select(one), boxed()).prop_map(|(op, a)| Tree::One(op, a)),
            (prop::sample::select(two), boxed(), boxed()).prop_map(|(op, a, b)| Tree::Two(op, a, b)),
            (boxed(), boxed(), boxed(), boxed()).prop_map(|(a, b, c, d)| Tree::Choice(a, b, c, d)),
        ]
    })
}

impl Tree {
    fn text(&self, unsigned: bool) -> String {
        let text = |tree: &Tree| tree.text(unsigned);
        match self {
            Tree::Leaf(index) => format!("v[{index}]"),
            Tree::One(op @ ("-" | "~"), a) => format!("({op}{})", text(a)),
            Tree::One(op, a) => format!("{op}({})", text(a)),
            Tree::Two(op @ ("<<" | ">>"), a, b) if unsigned => format!("({} {op} {})", text(a), text(b)),
            Tree::Two(op @ ("<<" | ">>"), a, b) => format!("({} {op} bitcast<u32>({}))", text(a), text(b)),
            Tree::Two(op, a, b) if op.len() > 1 => format!("{op}({}, {})", text(a), text(b)),
            Tree::Two(op, a, b) => format!("({} {op} {})", text(a), text(b)),
            Tree::Choice(a, b, c, d) => {
                format!("select({}, {}, {} < {})", text(a), text(b), text(c), text(d))
            }
        }
    }

    fn signed(&self, v: &[i32; 4]) -> i32 {
        match self {
            Tree::Leaf(index) => v[*index],
            Tree::One(op, a) => {
                let a = a.signed(v);
                match *op {
                    "-" => a.wrapping_neg(),
                    "~" => !a,
                    "abs" => a.wrapping_abs(),
                    _ => a.count_ones().cast_signed(),
                }
            }
            Tree::Two(op, a, b) => {
                let (a, b) = (a.signed(v), b.signed(v));
                match *op {
                    "+" => a.wrapping_add(b),
                    "-" => a.wrapping_sub(b),
                    "*" => a.wrapping_mul(b),
                    "/" => {
                        if b == 0 {
                            a
                        } else {
                            a.wrapping_div(b)
                        }
                    }
                    "%" => {
                        if b == 0 {
                            0
                        } else {
                            a.wrapping_rem(b)
                        }
                    }
                    "&" => a & b,
                    "|" => a | b,
                    "^" => a ^ b,
                    "<<" => a.wrapping_shl(b.cast_unsigned()),
                    ">>" => a.wrapping_shr(b.cast_unsigned()),
                    "min" => a.min(b),
                    _ => a.max(b),
                }
            }
            Tree::Choice(a, b, c, d) => {
                if c.signed(v) < d.signed(v) {
                    b.signed(v)
                } else {
                    a.signed(v)
                }
            }
        }
    }

    fn unsigned(&self, v: &[u32; 4]) -> u32 {
        match self {
            Tree::Leaf(index) => v[*index],
            Tree::One(op, a) => {
                let a = a.unsigned(v);
                match *op {
                    "~" => !a,
                    "abs" => a,
                    _ => a.count_ones(),
                }
            }
            Tree::Two(op, a, b) => {
                let (a, b) = (a.unsigned(v), b.unsigned(v));
                match *op {
                    "+" => a.wrapping_add(b),
                    "-" => a.wrapping_sub(b),
                    "*" => a.wrapping_mul(b),
                    "/" => a.checked_div(b).unwrap_or(a),
                    "%" => a.checked_rem(b).unwrap_or(0),
                    "&" => a & b,
                    "|" => a | b,
                    "^" => a ^ b,
                    "<<" => a.wrapping_shl(b),
                    ">>" => a.wrapping_shr(b),
                    "min" => a.min(b),
                    _ => a.max(b),
                }
            }
            Tree::Choice(a, b, c, d) => {
                if c.unsigned(v) < d.unsigned(v) {
                    b.unsigned(v)
                } else {
                    a.unsigned(v)
                }
            }
        }
    }

    fn float(&self, v: &[f32; 4]) -> f32 {
        match self {
            Tree::Leaf(index) => v[*index],
            Tree::One(op, a) => {
                let a = a.float(v);
                match *op {
                    "-" => -a,
                    "abs" => a.abs(),
                    "floor" => a.floor(),
                    _ => a.sqrt(),
                }
            }
            Tree::Two(op, a, b) => {
                let (a, b) = (a.float(v), b.float(v));
                match *op {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "/" => a / b,
                    "min" => {
                        if b < a || a.is_nan() {
                            b
                        } else {
                            a
                        }
                    }
                    "max" => {
                        if a < b || a.is_nan() {
                            b
                        } else {
                            a
                        }
                    }
                    _ => {
                        if a <= b {
                            1.0
                        } else {
                            0.0
                        }
                    }
                }
            }
            Tree::Choice(a, b, c, d) => {
                if c.float(v) < d.float(v) {
                    b.float(v)
                } else {
                    a.float(v)
                }
            }
        }
    }
}

/// The words of an expression for rows of four values.
fn words(ty: &str, expression: &str, rows: &[[u32; 4]]) -> Vec<u32> {
    let text = format!(
        "
@group(0) @binding(0) var<storage, read> input: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) l: u32) {{
    if (l >= arrayLength(&out)) {{ return; }}
    let v = bitcast<vec4<{ty}>>(input[l]);
    out[l] = bitcast<u32>({expression});
}}"
    );
    let mut bench = Bench::new(&text).words(0, rows.as_flattened()).zeros(1, rows.len());
    bench.go();
    bench.out(1)
}

fn word() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0..40_u32, Just(u32::MAX), Just(1 << 31)]
}

fn rows<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<[T; 4]>> {
    prop::collection::vec(prop::array::uniform4(of), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn signed_expressions_are_evaluated_as_written(tree in tree(&ONE, &TWO), rows in rows(word())) {
        let direct: Vec<u32> =
            rows.iter().map(|row| tree.signed(&row.map(u32::cast_signed)).cast_unsigned()).collect();
        prop_assert_eq!(words("i32", &tree.text(false), &rows), direct);
    }

    #[test]
    fn unsigned_expressions_are_evaluated_as_written(tree in tree(&ONE[1..], &TWO), rows in rows(word())) {
        let direct: Vec<u32> = rows.iter().map(|row| tree.unsigned(row)).collect();
        prop_assert_eq!(words("u32", &tree.text(true), &rows), direct);
    }

    #[test]
    fn float_expressions_are_evaluated_as_written_with_nothing_contracted(
        tree in tree(&FLOAT_ONE, &FLOAT_TWO),
        rows in rows(prop_oneof![-100_f32..100.0, any::<f32>().prop_filter("a number", |value| value.is_finite())]),
    ) {
        let bits: Vec<[u32; 4]> = rows.iter().map(|row| row.map(f32::to_bits)).collect();
        for (word, row) in words("f32", &tree.text(false), &bits).into_iter().zip(&rows) {
            let (value, direct) = (f32::from_bits(word), tree.float(row));
            prop_assert!(value.to_bits() == direct.to_bits() || value.is_nan() && direct.is_nan(), "{} for {}", value, direct);
        }
    }
}
