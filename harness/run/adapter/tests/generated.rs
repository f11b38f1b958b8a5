//! Kernels made at random whose results cannot depend on any order: no variation changes a bit of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

const GROUPS: u32 = 6;
const LANES: u32 = 32;

fn whole() -> impl Strategy<Value = String> {
    const NAMES: &[&str] =
        &["id.x", "id.y", "group.x", "group.y", "local.x", "index", "groups.x", "groups.y", "number"];
    let leaf = prop_oneof![
        proptest::sample::select(NAMES).prop_map(str::to_owned),
        (1..99_u32).prop_map(|n| format!("{n}u"))
    ];
    leaf.prop_recursive(3, 12, 2, |part| {
        prop_oneof![
            (part.clone(), proptest::sample::select(&["+", "-", "*", "^", "&", "|"][..]), part.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (part.clone(), 1..9_u32).prop_map(|(part, by)| format!("({part} / {by}u)")),
            (part.clone(), 1..40_u32).prop_map(|(part, by)| format!("({part} % {by}u)")),
            (part.clone(), 0..9_u32).prop_map(|(part, by)| format!("({part} >> {by}u)")),
        ]
    })
}

fn float() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => whole().prop_map(|at| format!("input[{at} % 192u]")),
        1 => whole().prop_map(|number| format!("f32({number} % 1000u)")),
        1 => (-99..99_i32).prop_map(|n| format!("({}.{:02})", n / 10, n.abs())),
    ];
    leaf.prop_recursive(3, 12, 2, |part| {
        prop_oneof![
            (part.clone(), proptest::sample::select(&["+", "-", "*"][..]), part.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (part.clone(), part.clone()).prop_map(|(left, right)| format!("max({left}, {right})")),
            (part.clone(), part.clone(), whole())
                .prop_map(|(left, right, bit)| format!("select({left}, {right}, ({bit} & 1u) == 1u)")),
            part.prop_map(|part| format!("sqrt(abs({part}))")),
        ]
    })
}

/// Each invocation computes a value of its own ids and the input; with `reduces`, a tree adds the values of a workgroup.
fn kernel() -> impl Strategy<Value = String> {
    let shape = proptest::sample::select(&["32", "8, 4", "4, 4, 2"][..]);
    (float(), float(), any::<bool>(), shape).prop_map(|(first, second, reduces, shape)| {
        let end = if reduces {
            "
    part[index] = value;
    workgroupBarrier();
    for (var width = 16u; width > 0u; width >>= 1u) {
        if index < width { part[index] += part[index + width]; }
        workgroupBarrier();
    }
    value = part[0];"
        } else {
            ""
        };
        format!(
            "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> part: array<f32, 32>;
@compute @workgroup_size({shape})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
        @builtin(local_invocation_id) local: vec3<u32>, @builtin(local_invocation_index) index: u32,
        @builtin(num_workgroups) groups: vec3<u32>) {{
    let number = (group.y * groups.x + group.x) * 32u + index;
    var value = {first};
    if (number & 3u) != 0u {{ value += {second}; }}{end}
    out[number] = value;
}}
"
        )
    })
}

#[test]
fn no_variation_changes_a_bit_of_a_kernel_without_order() {
    let config = Config { cases: 24, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(&(kernel(), any::<u64>()), |(text, seed)| {
        let mut bench =
            Bench::new(&text, [3, 2, 1]).words(&spread(192, seed)).output(u64::from(GROUPS * LANES));
        bench = bench.plain().scheduled(Schedule::default());
        for part in 0..4_u32 {
            let schedule = Schedule { parts: 1 + 2 * part, ..shuffled(seed ^ u64::from(part)) };
            bench = bench.scheduled(schedule.clone()).task(Task {
                schedule: Some(schedule),
                poison: Some(0xff),
                padding: 16 * part,
                zero_workgroup_memory: part % 2 == 0,
                robust: part < 2,
                ..Task::default()
            });
        }
        let reply = bench.work();
        prop_assert!(reply.tasks.iter().all(Done::is_constant));
        prop_assert_eq!(digests(&reply).len(), 1, "{}", text);
        Ok(())
    });
    run.unwrap();
}
