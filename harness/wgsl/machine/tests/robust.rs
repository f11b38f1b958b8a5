//! Whatever naga validates and whatever is bound: an outcome or a reason, never a panic.

use proptest::prelude::*;

use super::super::{Ended, Kind};
use super::{Bench, Order, at};

const COPY: &str = "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) g: vec3<u32>) { out[g.x] = input[g.x + 1u]; }";

fn refused(bench: &mut Bench) -> String {
    bench.try_go().expect_err("refused").to_string()
}

#[test]
fn an_empty_grid_runs_nothing() {
    let mut bench = Bench::new(COPY).zeros(0, 4).words(1, &[7; 4]).grid(0, 3, 1);
    let outcome = bench.go();
    assert_eq!((outcome.operations, outcome.ended, bench.out(1)), (0, Ended::Whole, vec![7; 4]));
}

#[test]
fn missing_and_small_buffers_are_named() {
    assert_eq!(
        refused(&mut Bench::new(COPY).zeros(0, 4)),
        "not interpreted: nothing bound to `out` (group 0, binding 1)"
    );
    let small = refused(&mut Bench::new(COPY).zeros(0, 4).zeros(1, 0));
    assert_eq!(small, "not interpreted: 0 bytes bound to `out` (group 0, binding 1), which takes at least 4");
    let mut bench = Bench::new(COPY).zeros(0, 4).zeros(1, 0);
    assert!(bench.try_go().is_err());
    assert_eq!(bench.memory[&at(0)].len(), 16, "refused buffers stay");
}

#[test]
fn what_is_not_interpreted_is_refused_with_its_line() {
    let texture = "
@group(0) @binding(0) var t: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1)
fn main() { out[0] = textureLoad(t, vec2<i32>(0, 0), 0).x; }";
    assert_eq!(refused(&mut Bench::new(texture).zeros(1, 1)), "not interpreted: textures (line 2)");
    let unused = texture.replace("textureLoad(t, vec2<i32>(0, 0), 0).x", "1.0");
    assert_eq!(Bench::new(&unused).zeros(1, 1).right(1), [1_f32.to_bits()]);
    let large = "@compute @workgroup_size(2048) fn main() {}";
    assert_eq!(refused(&mut Bench::new(large)), "not interpreted: workgroups of 2048 invocations");
    let mut bench = Bench::new(COPY).zeros(0, 1).zeros(1, 1);
    bench.options.subgroup_size = 0;
    assert_eq!(refused(&mut bench), "not interpreted: subgroups of 0 invocations");
    let mut bench = Bench::new(COPY).zeros(0, 1).zeros(1, 1).grid(65535, 65535, 2);
    assert_eq!(refused(&mut bench), "not interpreted: grids of 8589672450 workgroups");
}

#[test]
fn loops_without_end_use_up_their_budget() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    out[l] = 1u;
    var i = 0u;
    while (i < 100u || l == 2u) {
        i++;
    }
    out[l] = i;
}";
    let mut bench = Bench::new(text).zeros(0, 4);
    bench.options.loop_trips_max = 1000;
    let outcome = bench.go();
    let Ended::LoopBudget { line: Some(line) } = outcome.ended else { panic!("{outcome:?}") };
    assert_eq!((line.number, outcome.loop_trips_max), (7, 1001));
    assert_eq!(bench.out(0), [1; 4], "what was stored stays");
    bench.options.operations_max = 500;
    assert_eq!(bench.go().ended, Ended::OperationBudget);
    let empty = "@compute @workgroup_size(1) fn main() { loop { } }";
    let mut bench = Bench::new(empty);
    bench.options.loop_trips_max = 1000;
    assert!(matches!(bench.go().ended, Ended::LoopBudget { .. }));
}

#[test]
fn trips_are_counted_over_all_loops_of_an_invocation() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32) {
    for (var i = 0u; i < 10u * l; i++) { for (var j = 0u; j < 3u; j++) { out[l] += 1u; } }
    var k = 0u;
    loop { k++; continuing { break if k >= 5u; } }
}";
    assert_eq!(Bench::new(text).zeros(0, 4).go().loop_trips_max, 30 + 90 + 5);
}

#[test]
fn a_lock_that_spins_forever_ends_by_its_budget() {
    let text = "
@group(0) @binding(0) var<storage, read_write> ready: array<atomic<u32>, 2>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) w: vec3<u32>) {
    if (w.x == 1u) { while (atomicLoad(&ready[0]) == 0u) { } }
    atomicStore(&ready[w.x], 1u);
}";
    let run = |workgroups| {
        let mut bench = Bench::new(text).zeros(0, 2).grid(2, 1, 1).orders(workgroups, Order::Ascending);
        bench.options.loop_trips_max = 10_000;
        bench.go().ended
    };
    assert_eq!(run(Order::Ascending), Ended::Whole);
    assert!(matches!(run(Order::Descending), Ended::LoopBudget { .. }));
}

#[test]
fn deep_chains_of_calls_are_refused() {
    use std::fmt::Write;
    let chain = |length: u32| {
        let mut text = "@group(0) @binding(0) var<storage, read_write> out: array<u32>;\nfn f0(x: u32) -> u32 { return x; }\n".to_owned();
        for index in 1..length {
            writeln!(text, "fn f{index}(x: u32) -> u32 {{ return f{}(x) + 1u; }}", index - 1).unwrap();
        }
        write!(text, "@compute @workgroup_size(1) fn main() {{ out[0] = f{}(5u); }}", length - 1).unwrap();
        text
    };
    assert_eq!(Bench::new(&chain(60)).zeros(0, 1).right(0), [64]);
    assert!(refused(&mut Bench::new(&chain(3000)).zeros(0, 1)).contains("nested so deeply"));
}

#[test]
fn values_and_variables_beyond_all_measure_are_refused() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 200000>;
@compute @workgroup_size(1)
fn main() { var copy = out; copy[1] += 1u; out = copy; }";
    assert!(refused(&mut Bench::new(text).zeros(0, 200_000)).contains("more than 65536 scalars"));
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
var<private> big: array<array<u32, 4096>, 1024>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) l: u32) { big[l][l] = l; out[l] = big[l][l]; }";
    assert!(refused(&mut Bench::new(text).zeros(0, 256)).contains("bytes"));
}

#[test]
fn loads_of_an_empty_tail_give_zeros() {
    let text = "
struct S { head: u32, pad: u32, tail: array<vec2<u32>> }
@group(0) @binding(0) var<storage, read_write> s: S;
@compute @workgroup_size(1)
fn main(@builtin(local_invocation_index) l: u32) { s.head = s.tail[l + 5u].y + arrayLength(&s.tail); s.tail[l + 1u].x = 9u; }";
    let mut bench = Bench::new(text).words(0, &[1, 2, 3, 4, 77]);
    let outcome = bench.go();
    assert_eq!(bench.out(0), [5, 2, 3, 4, 77]);
    let seen: Vec<_> = outcome.findings.iter().map(|one| (one.kind, one.count)).collect();
    assert_eq!(seen, [(Kind::OutOfBounds, 2)]);
}

#[test]
fn findings_are_the_same_each_time_and_in_order() {
    let text =
        super::kernels::SOFTMAX.replace("    workgroupBarrier();\n    return folded;", "    return folded;");
    let run = || Bench::new(&text).floats(0, &super::spread(1024, 3)).zeros(1, 1024).grid(4, 1, 1).go();
    let (one, other) = (run(), run());
    assert!(!one.findings.is_empty());
    assert_eq!(one, other);
}

const WILD: &str = "
struct S { a: u32, b: vec3<u32>, rest: array<vec4<u32>> }
@group(0) @binding(0) var<storage, read_write> s: S;
@group(0) @binding(1) var<storage, read_write> o: array<atomic<u32>>;
var<workgroup> w: array<vec3<u32>, 5>;
@compute @workgroup_size(3, 2)
fn main(@builtin(local_invocation_index) l: u32, @builtin(global_invocation_id) g: vec3<u32>) {
    var p: array<mat2x3<f32>, 3>;
    let i = s.a * g.x + s.b[l % 4u];
    p[i][l][i + 1u] = f32(i) / f32(l);
    w[i] = s.rest[i].xyz;
    w[l][i] += u32(p[l][i].y);
    if (i % (l - 1u) == 2u) { workgroupBarrier(); }
    s.rest[l * i] = vec4<u32>(w[i - l], i);
    switch (i) { case 1u: { return; } default: { s.b[i] = 7u; } }
    for (var k = 0u; k < i; k += s.a) { atomicAdd(&o[k], k / s.b.y); }
    storageBarrier();
    s.rest[i].y = atomicSub(&o[i], l) << i;
}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_contents_sizes_grids_and_orders_give_an_outcome_or_a_reason(
        a in prop::collection::vec(prop_oneof![any::<u8>(), Just(0)], 0..120),
        b in prop::collection::vec(any::<u8>(), 0..20),
        grid in [0..4_u32, 0..3_u32, 0..3_u32],
        check in any::<bool>(),
        seed in any::<u64>(),
        subgroup_size in 0..140_u32,
    ) {
        let mut bench = Bench::new(WILD).orders(Order::Shuffled(seed), Order::Shuffled(!seed)).grid(grid[0], grid[1], grid[2]);
        bench.memory.insert(at(0), a.clone());
        bench.memory.insert(at(1), b);
        (bench.options.check, bench.options.subgroup_size, bench.options.loop_trips_max) = (check, subgroup_size, 300);
        let again = bench.memory.clone();
        if let Ok(outcome) = bench.try_go() {
            let ends = std::mem::replace(&mut bench.memory, again);
            prop_assert_eq!(bench.go(), outcome);
            prop_assert_eq!(&bench.memory, &ends);
        }
        prop_assert_eq!(bench.memory[&at(0)].len(), a.len());
    }
}

#[test]
fn the_deepest_nesting_that_is_taken_runs_on_a_small_stack() {
    use std::fmt::Write;
    let mut text = "@group(0) @binding(0) var<storage, read_write> out: array<u32>;\nfn f0(x: u32) -> u32 { return x; }\n".to_owned();
    for index in 1..45 {
        let (open, close) = ("if (x > 0u) {".repeat(3), "}".repeat(3));
        writeln!(
            text,
            "fn f{index}(x: u32) -> u32 {{ {open} return f{}(x) + 1u; {close} return x; }}",
            index - 1
        )
        .unwrap();
    }
    text.push_str("@compute @workgroup_size(1) fn main() { out[0] = f44(out[0]); }");
    let mut bench = Bench::new(&text).words(0, &[5]);
    let run = move || bench.go();
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap();
    assert_eq!(small.join().unwrap().findings, []);
}

#[test]
fn copies_of_arrays_cost_as_much_as_their_elements() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u32, 1000>;
@group(0) @binding(1) var<storage, read_write> b: array<u32, 1000>;
@compute @workgroup_size(1)
fn main() { b = a; }";
    let mut bench = Bench::new(text).words(0, &[7; 1000]).zeros(1, 1000);
    assert!((2000..2010).contains(&bench.go().operations));
    assert!(bench.out(1).iter().all(|word| *word == 7));
}
