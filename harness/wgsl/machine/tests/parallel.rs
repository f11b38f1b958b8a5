//! Workgroups at the same time give what they give one after another.

use proptest::prelude::*;

use super::Bench;
use crate::wgsl::machine::Ended;
use crate::wgsl::{Memory, Order};

/// A statement of a program in which no two invocations touch the same place.
fn statement() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..9_u32).prop_map(|by| format!("x = x * {by}.3 + input[(g * {by}u) % 64u];")),
        (1..50_u32)
            .prop_map(|trips| format!("for (var i = 0u; i < {trips}u + g; i++) {{ x = x * 0.9 + 1.1; }}")),
        (0..4_u32).prop_map(|by| format!(
            "shared_row[l] = x; workgroupBarrier(); x += shared_row[(l + {by}u) % 4u]; workgroupBarrier();"
        )),
        (0..4_u32).prop_map(|lane| format!("if (l == {lane}u) {{ x = sqrt(abs(x)) + exp(-abs(x)); }}")),
        (0..12_u32).prop_map(|from| format!("if (g > {from}u) {{ x += input[g * 6u]; }}")),
        (0..12_u32).prop_map(|from| format!("whole = 7 / select(1, 0, g > {from}u); x += f32(whole);")),
        Just(
            "atomicAdd(&count, u32(abs(x)) % 5u); workgroupBarrier(); x += f32(atomicLoad(&count));"
                .to_owned()
        ),
        Just("seen += g; x += f32(seen);".to_owned()),
        Just("out[g] = x;".to_owned()),
    ]
}

fn bench(statements: &[String], groups: u32) -> Bench {
    let text = format!(
        "@group(0) @binding(0) var<storage, read> input: array<f32, 64>;
        @group(0) @binding(1) var<storage, read_write> out: array<f32>;
        var<workgroup> shared_row: array<f32, 4>;
        var<workgroup> count: atomic<u32>;
        var<private> seen: u32 = 5u;
        @compute @workgroup_size(4)
        fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) l: u32) {{
            let g = id.x;
            var x = f32(g) * 0.7;
            var whole: i32;
            {}
            out[g] = x;
        }}",
        statements.join("\n")
    );
    let input = super::spread(64, 3);
    let mut bench = Bench::new(&text).floats(0, &input).zeros(1, 4 * groups as usize + 3).grid(groups, 1, 1);
    bench.options.check = false;
    bench
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::Ascending), Just(Order::Descending), any::<u64>().prop_map(Order::Shuffled)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn any_number_of_threads_gives_the_same_bytes_findings_and_counts(
        statements in prop::collection::vec(statement(), 1..7),
        groups in 1..20_u32,
        threads in 2..6_usize,
        order in order(),
        perturb in prop::option::of(any::<u64>()),
        budget in prop_oneof![2 => Just(u64::MAX), 1 => 500..20_000_u64],
        trips in prop_oneof![2 => Just(1_u64 << 20), 1 => 20..100_u64],
    ) {
        let mut one = bench(&statements, groups);
        one.options.workgroups = order;
        one.options.perturb = perturb;
        one.options.operations_max = budget;
        one.options.loop_trips_max = trips;
        let before: Memory = one.memory.clone();
        let alone = one.go();
        let alone_bytes = std::mem::replace(&mut one.memory, before);
        one.options.threads = threads;
        let together = one.go();
        prop_assert_eq!(together, alone);
        prop_assert_eq!(&one.memory, &alone_bytes);
    }
}

#[test]
fn random_errors_do_not_depend_on_the_order_of_workgroups() {
    let statements = ["x = sqrt(x) / 3.7;".to_owned()];
    let outputs = [Order::Ascending, Order::Descending, Order::Shuffled(1)].map(|order| {
        let mut bench = bench(&statements, 16);
        (bench.options.workgroups, bench.options.perturb) = (order, Some(7));
        bench.go();
        bench.out(1)
    });
    assert!(outputs.iter().all(|one| *one == outputs[0]));
    let mut other = bench(&statements, 16);
    other.options.perturb = Some(8);
    assert_eq!(other.go().ended, Ended::Whole);
    assert_ne!(other.out(1), outputs[0], "another seed, other errors");
}
