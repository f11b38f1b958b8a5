//! Generated expressions: the software adapter has the bits of the reference machine wherever WGSL leaves no choice. Whole
//! numbers are such a place, and so are sums and products of floats that the compiler may neither fuse nor reassociate.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::wgsl::machine;
use crate::wgsl::{Memory, Program, Source};

/// Expressions in one shader: to compile one takes longer than to run it.
const EXPRESSIONS: usize = 16;
const LANES: u32 = 64;

const UNSIGNED_OF_ONE: &[&str] =
    &["countOneBits", "reverseBits", "firstLeadingBit", "firstTrailingBit", "countLeadingZeros", "~"];
const UNSIGNED_OF_TWO: &[&str] = &["+", "-", "*", "/", "%", "&", "|", "^"];
const SIGNED_OF_TWO: &[&str] = &["+", "-", "*", "/", "%"];

/// Over `a`, `b`, `c` of type `u32` and `i`, `j` of type `i32`.
fn unsigned() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(&["a", "b", "c", "u32(i)", "bitcast<u32>(j)"][..]).prop_map(str::to_owned),
        // No constants by themselves: an overflow of constants is an error of the shader.
        any::<u32>().prop_map(|n| format!("(b ^ {n}u)")),
        (1..40_u32).prop_map(|n| format!("(c % {n}u)")),
    ];
    leaf.prop_recursive(4, 24, 3, |part| {
        prop_oneof![
            (select(UNSIGNED_OF_ONE), part.clone()).prop_map(|(op, a)| format!("{op}({a})")),
            (part.clone(), select(UNSIGNED_OF_TWO), part.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (part.clone(), select(&["<<", ">>"][..]), part.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} ({b} & 31u))")),
            (part.clone(), part.clone(), part.clone())
                .prop_map(|(a, b, c)| format!("select({a}, {b}, {b} < {c})")),
            (part.clone(), part.clone(), part.clone())
                .prop_map(|(a, b, c)| format!("extractBits({a}, {b} & 31u, {c} & 31u)")),
            (signed_of(part.clone())).prop_map(|a| format!("bitcast<u32>({a})")),
        ]
    })
}

/// A signed expression over unsigned parts.
fn signed_of(part: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    let whole = || {
        prop_oneof![
            Just("i".to_owned()),
            Just("j".to_owned()),
            part.clone().prop_map(|a| format!("bitcast<i32>({a})")),
        ]
    };
    prop_oneof![
        (whole(), select(SIGNED_OF_TWO), whole()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        (select(&["abs", "sign", "firstLeadingBit"][..]), whole()).prop_map(|(op, a)| format!("{op}({a})")),
        (select(&["min", "max"][..]), whole(), whole()).prop_map(|(op, a, b)| format!("{op}({a}, {b})")),
        (whole(), part.clone()).prop_map(|(a, b)| format!("({a} >> ({b} & 31u))")),
    ]
}

/// Sums and products of `x`, `y`, `z`, and what is exact.
fn float() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => select(&["x", "y", "z"][..]).prop_map(str::to_owned),
        1 => (-99..99_i32).prop_map(|n| format!("(x * {n}.125)")),
    ];
    leaf.prop_recursive(4, 16, 3, |part| {
        prop_oneof![
            3 => (part.clone(), select(&["+", "-", "*"][..]), part.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            1 => (select(&["abs", "floor", "ceil", "trunc", "-"][..]), part.clone())
                .prop_map(|(op, a)| format!("{op}({a})")),
            1 => (select(&["min", "max"][..]), part.clone(), part.clone())
                .prop_map(|(op, a, b)| format!("{op}({a}, {b})")),
            1 => (part.clone(), part.clone(), part.clone())
                .prop_map(|(a, b, c)| format!("select({a}, {b}, {b} < {c})")),
        ]
    })
}

/// Writes what each expression gives in every lane.
fn shader(expressions: &[String], is_float: bool) -> String {
    let stores: Vec<String> = expressions
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let word = if is_float { format!("bitcast<u32>({text})") } else { text.clone() };
            format!("    out[lane * {EXPRESSIONS}u + {at}u] = {word};")
        })
        .collect();
    format!(
        "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size({LANES})
fn main(@builtin(local_invocation_index) lane: u32) {{
    let a = input[lane]; let b = input[lane + {LANES}u]; let c = input[lane + 2u * {LANES}u];
    let i = bitcast<i32>(b ^ 0x5bd1e995u); let j = i32(lane) - 32;
    let x = bitcast<f32>(a); let y = bitcast<f32>(b); let z = bitcast<f32>(c);
{}
}}
",
        stores.join("\n")
    )
}

/// What the reference machine leaves.
fn by_machine(text: &str, input: &[u32]) -> Vec<u32> {
    let source = Source { name: "k.wgsl".to_owned(), text: text.to_owned() };
    let program = Program::load(&source, "main", &BTreeMap::new()).unwrap();
    let place = |binding| Binding { group: 0, binding };
    let out = vec![0; 4 * EXPRESSIONS * LANES as usize];
    let mut memory = Memory::from([(place(0), bytes(input)), (place(1), out)]);
    machine::run(&program, [1, 1, 1], &mut memory, &machine::Options::default()).unwrap();
    memory[&place(1)].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn agree(
    expressions: impl Strategy<Value = String>,
    inputs: impl Strategy<Value = Vec<u32>>,
    is_float: bool,
) {
    let config = Config { cases: 12, failure_persistence: None, max_shrink_iters: 80, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let all = proptest::collection::vec(expressions, EXPRESSIONS);
    let run = runner.run(&(all, inputs), |(expressions, input)| {
        let text = shader(&expressions, is_float);
        let bench = Bench::new(&text, [1, 1, 1]).words(&input).output(EXPRESSIONS as u64 * u64::from(LANES));
        let there = content(&bench.task(Task { strict: is_float, ..Task::default() }).work(), 0, 0);
        let here = by_machine(&text, &input);
        let numbers = |word: u32| if is_float { f32::from_bits(word).to_string() } else { word.to_string() };
        for (at, (one, other)) in here.iter().zip(&there).enumerate() {
            let (lane, number) = (at / EXPRESSIONS, at % EXPRESSIONS);
            prop_assert!(
                one == other,
                "{} in lane {lane}: {} here, {} there",
                expressions[number],
                numbers(*one),
                numbers(*other)
            );
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn whole_numbers_are_the_same_on_the_adapter_and_on_the_machine() {
    let word = prop_oneof![any::<u32>(), 0..40_u32, Just(u32::MAX), Just(1 << 31)];
    agree(unsigned(), proptest::collection::vec(word, 3 * LANES as usize), false);
}

#[test]
fn strict_floats_are_the_same_on_the_adapter_and_on_the_machine() {
    agree(float(), any::<u64>().prop_map(|seed| spread(3 * LANES as usize, seed)), true);
}
