//! Schedules on the software adapter: right kernels keep their bits, others part.

use super::kernels::*;
use super::*;

const COUNT: usize = 1024;

/// The plain program, the identity, and twenty shuffles with some splits.
fn twenty(mut bench: Bench) -> Bench {
    bench = bench.plain().scheduled(Schedule::default());
    for seed in 0..20_u32 {
        bench = bench.scheduled(Schedule { parts: 1 + seed % 4, ..shuffled(u64::from(seed)) });
    }
    bench
}

fn over_spread(text: &str, groups: u32, words: u64) -> Bench {
    Bench::new(text, [groups, 1, 1]).words(&spread(COUNT, 7)).output(words)
}

fn layer_norm() -> Bench {
    let scale = [1.5_f32, 1e-5, 0.25, 0.0].map(f32::to_bits);
    Bench::new(LAYER_NORM, [32, 1, 1]).words(&spread(COUNT, 7)).words(&scale).output(COUNT as u64)
}

fn matmul(tile: u32) -> Bench {
    let mut bench = Bench::new(MATMUL, [32 / tile, 32 / tile, 1])
        .words(&spread(COUNT, 7))
        .words(&spread(COUNT, 8))
        .output(COUNT as u64);
    bench.job.passes[0].overrides.insert("TILE".to_owned(), f64::from(tile));
    bench
}

#[track_caller]
fn holds(bench: Bench) {
    let bench = twenty(bench);
    let reply = bench.work();
    assert_eq!(digests(&reply).len(), 1, "{:?}", reply.tasks);
    let words = content(&reply, 0, 0);
    assert!(words.iter().any(|word| *word != 0), "nothing was written");
}

/// Some orders of a sum round alike; a kernel without order has one content.
#[track_caller]
fn drifts(bench: Bench) {
    let reply = twenty(bench).work();
    let seen = digests(&reply).len();
    assert!(seen >= 5, "only {seen} distinct contents in 22 tasks");
}

#[test]
fn every_builtin_agrees_under_every_order_and_split() {
    let orders = [
        Order::Ascending,
        Order::Descending,
        Order::Blocks(5),
        Order::Shuffled(3),
        Order::Swapped(1, 9),
        Order::Given(vec![7, 3]),
    ];
    for grid in [[7, 1, 1], [3, 4, 1], [3, 5, 2]] {
        let groups: u32 = grid.iter().product();
        let mut bench = Bench::new(BUILTINS, grid).output(u64::from(groups) * 24 * 16).plain();
        for workgroups in &orders {
            for (lanes, parts) in orders.iter().zip([1, 2, 3, 7, 100, 0]) {
                let (workgroups, lanes) = (workgroups.clone(), lanes.clone());
                bench = bench.scheduled(Schedule { workgroups, lanes, parts });
            }
        }
        let reply = bench.work();
        assert_eq!(digests(&reply).len(), 1, "grid {grid:?}");
        assert_eq!(reply.tasks[5].launches, groups.min(100) as usize);
        let words = content(&reply, 0, 0);
        // The last invocation: its global id, the last workgroup, its local id, the grid, and its index.
        let last = &words[words.len() - 16..];
        let [x, y, z] = grid;
        assert_eq!(last[..3], [4 * x - 1, 2 * y - 1, 3 * z - 1]);
        assert_eq!(last[3..13], [x - 1, y - 1, z - 1, 3, 1, 2, x, y, z, 23]);
    }
}

#[test]
fn grids_beyond_one_launch_are_split_and_stay_whole() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    out[group.y * groups.x + group.x] = group.x * 3u + group.y;
}";
    let reply = Bench::new(text, [300, 300, 1]).output(90_000).plain().scheduled(shuffled(1)).work();
    assert_eq!(reply.tasks[1].launches, 2);
    assert_eq!(digests(&reply).len(), 1);
}

#[test]
fn a_tree_sum_keeps_its_bits() {
    holds(over_spread(TREE_SUM, 16, 16));
}

#[test]
fn a_tiled_product_keeps_its_bits() {
    holds(matmul(8));
    holds(matmul(16));
}

#[test]
fn a_softmax_keeps_its_bits() {
    holds(over_spread(SOFTMAX, 16, COUNT as u64));
}

#[test]
fn a_layer_norm_with_builtins_in_a_structure_keeps_its_bits() {
    holds(layer_norm());
}

#[test]
fn an_integer_sum_keeps_its_bits() {
    holds(over_spread(INTEGER_SUM, 16, 1));
}

#[test]
fn a_float_sum_by_exchange_drifts() {
    drifts(over_spread(CAS_SUM, 16, 1));
}

#[test]
fn a_cursor_drifts() {
    drifts(over_spread(COMPACT, 16, COUNT as u64).output(1));
}

#[test]
fn a_missing_barrier_drifts() {
    drifts(over_spread(MISSING_BARRIER, 16, 16));
}

#[test]
fn a_last_writer_drifts() {
    drifts(over_spread(LAST_WRITER, 16, 16));
}

#[test]
fn a_stencil_in_place_drifts() {
    drifts(over_spread(IN_PLACE, 16, COUNT as u64));
}

#[test]
fn only_the_passes_named_are_scheduled() {
    let four = Schedule { parts: 4, ..shuffled(1) };
    let mut bench =
        over_spread(TREE_SUM, 16, 16).scheduled(four.clone()).scheduled(four.clone()).scheduled(four);
    bench.job.passes.push(bench.job.passes[0].clone());
    bench.job.tasks[1].scheduled = Some(std::collections::BTreeSet::from([1]));
    bench.job.tasks[2].scheduled = Some(std::collections::BTreeSet::new());
    let reply = bench.work();
    assert_eq!(reply.tasks.iter().map(|done| done.launches).collect::<Vec<_>>(), [8, 5, 2]);
    assert_eq!(digests(&reply).len(), 1);
}

#[test]
fn passes_run_in_order_over_the_same_buffers() {
    let double = "
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] = data[id.x] * 2u; }";
    let add = "
@group(1) @binding(3) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { data[id.x] = data[id.x] + 1u; }";
    let mut bench = Bench::new(double, [1, 1, 1]).words(&[1, 2, 3, 4]);
    bench.job.buffers[0].read = true;
    let at = Binding { group: 1, binding: 3 };
    let bound = vec![Bound { at, buffer: "b0".to_owned() }];
    bench.job.passes.push(Pass { bound, ..pass(add, [1, 1, 1]) });
    bench.job.passes.push(pass(double, [1, 1, 1]));
    let repeated = |schedule| Task { repeat: 3, schedule, ..Task::default() };
    let bench = bench.task(repeated(None)).task(repeated(Some(shuffled(2))));
    let reply = bench.work();
    assert_eq!(digests(&reply).len(), 1);
    assert_eq!(
        reply.tasks[1].buffers[0].contents[0].count, 3,
        "contents are restored before each repetition"
    );
    assert_eq!(content(&reply, 0, 0), [6, 10, 14, 18]);
}

#[test]
fn subgroup_builtins_are_what_the_adapter_says() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(subgroup_size) size: u32) { out[id.x] = size; }";
    let bench = twenty(Bench::new(text, [2, 1, 1]).output(128));
    let reply = bench.work();
    assert_eq!(digests(&reply).len(), 1);
    let size = reply.adapter.subgroup_sizes.unwrap()[0];
    assert_eq!(content(&reply, 3, 0), vec![size; 128]);
}

/// A try is an audit with four schedules; it catches the kernel if one of them leaves other bits than the program as written.
#[test]
fn order_dependent_kernels_are_caught_in_99_of_100_tries() {
    const TRIES: usize = 100;
    const EACH: usize = 4;
    let kernels = [
        ("sum", over_spread(CAS_SUM, 4, 1)),
        ("cursor", over_spread(COMPACT, 4, 256).output(1)),
        ("barrier", over_spread(MISSING_BARRIER, 4, 4)),
        ("writer", over_spread(LAST_WRITER, 4, 16)),
        ("stencil", over_spread(IN_PLACE, 4, 256)),
    ];
    for (name, bench) in kernels {
        let mut bench = bench.plain();
        for seed in 0..TRIES * EACH {
            bench = bench.scheduled(shuffled(seed as u64));
        }
        let reply = bench.work();
        let digest = |done: &Done| done.buffers[0].contents[0].digest.clone();
        let plain = digest(&reply.tasks[0]);
        let caught =
            reply.tasks[1..].chunks(EACH).filter(|try_| try_.iter().any(|done| digest(done) != plain));
        let caught = caught.count();
        assert!(caught >= 99, "{name}: caught in {caught} of {TRIES} tries");
    }
}

#[test]
fn the_other_backend_gives_the_same_bits_wrapped_or_not() {
    let builtins = Bench::new(BUILTINS, [3, 5, 2]).output(30 * 24 * 16);
    let mut benches = [over_spread(TREE_SUM, 16, 16), layer_norm(), matmul(8), builtins].map(twenty);
    for bench in &mut benches {
        let vulkan = bench.work();
        bench.job.adapter.backend = Some("gl".to_owned());
        let gl = bench.work();
        assert_eq!(gl.adapter.backend, "gl");
        assert_eq!(digests(&gl).len(), 1);
        assert_eq!(digests(&gl), digests(&vulkan));
    }
}
