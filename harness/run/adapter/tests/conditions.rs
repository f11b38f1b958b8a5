//! Poison, padding, guards, strict floats, immediates, and who compares.

use super::kernels::{COMPACT, TREE_SUM};
use super::*;

#[test]
fn poison_shows_where_a_kernel_reads_or_leaves_what_nobody_wrote() {
    let text = "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { if id.x < 3u { out[id.x] = input[id.x]; } }";
    let mut bench = Bench::new(text, [1, 1, 1]).words(&[1, 2, 3, 4]).output(4).plain();
    for byte in [0xff, 0x00, 0x7f] {
        bench = bench.task(Task { poison: Some(byte), repeat: 2, ..Task::default() });
    }
    let reply = bench.work();
    assert_eq!(content(&reply, 0, 0), [1, 2, 3, 0]);
    assert_eq!(content(&reply, 1, 0), [1, 2, 3, 0xffff_ffff]);
    assert_eq!(content(&reply, 2, 0), [1, 2, 3, 0]);
    assert_eq!(content(&reply, 3, 0), [1, 2, 3, 0x7f7f_7f7f]);
}

#[test]
fn padding_is_bound_only_where_no_length_shows() {
    let text = "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32, 2>;
@group(0) @binding(2) var<uniform> scale: vec4<u32>;
@compute @workgroup_size(1)
fn main() { out[0] = arrayLength(&input); out[1] = input[1000u] * scale.w; }";
    let padded = |padding, poison| Task { poison, padding, ..Task::default() };
    let bench = Bench::new(text, [1, 1, 1])
        .words(&[5, 6, 7])
        .output(2)
        .words(&[1, 1, 1, 2])
        .task(padded(0, None))
        .task(padded(64, Some(0xff)))
        .task(padded(30, None))
        .task(Task { schedule: Some(shuffled(1)), ..padded(128, Some(0x55)) });
    let reply = bench.work();
    assert_eq!(content(&reply, 0, 0)[0], 3);
    assert_eq!(digests(&reply).len(), 1, "neither the length nor a guarded read sees the padding");
}

#[test]
fn poisoned_padding_shows_what_is_read_beyond_an_array() {
    let text = "
@group(0) @binding(0) var<storage, read> at: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = table[at[id.x]]; }";
    let unguarded = |byte| Task { poison: Some(byte), padding: 16, robust: false, ..Task::default() };
    let bench = Bench::new(text, [1, 1, 1])
        .words(&[0, 3, 4, 7])
        .output(4)
        .words(&[10, 11, 12, 13])
        .task(Task { robust: true, ..unguarded(0xff) })
        .task(unguarded(0xff))
        .task(unguarded(0x55));
    let reply = bench.work();
    // Where a driver guards buffers itself, as llvmpipe does, wgpu leaves it to the driver, which knows the binding but not the
    // array: what lies beyond is then seen with guards as well.
    assert_eq!(content(&reply, 0, 0)[..2], [10, 13]);
    assert!(content(&reply, 0, 0)[2..].iter().all(|word| (10..14).contains(word) || *word == 0xffff_ffff));
    assert_eq!(content(&reply, 1, 0), [10, 13, 0xffff_ffff, 0xffff_ffff]);
    assert_eq!(content(&reply, 2, 0), [10, 13, 0x5555_5555, 0x5555_5555]);
}

#[test]
fn poison_shows_what_a_kernel_reads_of_its_own_output_before_it_wrote() {
    let text = "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] += input[id.x]; }";
    let poisoned = |byte| Task { poison: Some(byte), repeat: 3, ..Task::default() };
    let bench =
        Bench::new(text, [1, 1, 1]).words(&[1, 2, 3, 4]).output(4).task(poisoned(0)).task(poisoned(1));
    let reply = bench.work();
    assert!(reply.tasks.iter().all(Done::is_constant), "every repetition starts from the same poison");
    assert_eq!(digests(&reply).len(), 2);
}

#[test]
fn workgroup_memory_without_zeros_and_accesses_without_guards_keep_a_right_kernel() {
    let input = spread(1024, 7);
    let mut bench = Bench::new(TREE_SUM, [16, 1, 1]).words(&input).output(16).plain();
    for (zero_workgroup_memory, robust) in [(false, true), (true, false), (false, false)] {
        let task = Task { zero_workgroup_memory, robust, ..Task::default() };
        bench = bench.task(Task { schedule: Some(shuffled(4)), ..task.clone() }).task(task);
    }
    let reply = bench.work();
    assert_eq!(digests(&reply).len(), 1);
}

#[test]
fn strict_floats_are_added_in_the_order_of_the_source() {
    let text = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(2) @binding(5) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = (input[0] + input[1]) - input[0]; }";
    let strict = Task { strict: true, ..Task::default() };
    let big = [1e10_f32.to_bits(), 1.0_f32.to_bits()];
    let mut bench = Bench::new(text, [2, 1, 1])
        .words(&big)
        .output(2)
        .plain()
        .task(strict.clone())
        .task(Task { schedule: Some(shuffled(3)), ..strict.clone() })
        .task(Task { robust: false, zero_workgroup_memory: false, ..strict });
    bench.job.buffers[1].binding = Binding { group: 2, binding: 5 };
    let reply = bench.work();
    let zero = [0; 2];
    assert_eq!([content(&reply, 1, 0), content(&reply, 2, 0), content(&reply, 3, 0)], [zero, zero, zero]);
    // What the default gives is the compiler's choice: 1 on llvmpipe, which takes `input[0]` out.
    assert!([0, 1.0_f32.to_bits()].contains(&content(&reply, 0, 0)[0]));
}

#[test]
fn strict_floats_keep_a_reduction_and_its_schedules() {
    let strict = |schedule| Task { strict: true, schedule, ..Task::default() };
    let bench = Bench::new(TREE_SUM, [16, 1, 1])
        .words(&spread(1024, 7))
        .output(16)
        .plain()
        .task(strict(None))
        .task(strict(Some(Schedule { parts: 3, ..shuffled(1) })));
    assert_eq!(digests(&bench.work()).len(), 1);
}

#[test]
fn immediates_reach_the_kernel() {
    let text = "
var<immediate> given: vec2<u32>;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = given.y; }";
    let mut bench = Bench::new(text, [1, 1, 1]).output(1).plain().scheduled(shuffled(1));
    bench.job.passes[0].immediates = bytes(&[3, 9]);
    let reply = bench.work();
    assert_eq!([content(&reply, 0, 0), content(&reply, 1, 0)], [[9], [9]]);
    bench.job.passes[0].immediates.pop();
    assert!(matches!(bench.refused(), Error::Job { .. }));
}

#[test]
fn the_adapter_and_the_host_tell_contents_apart_alike() {
    let mut bench =
        Bench::new(COMPACT, [16, 1, 1]).words(&spread(1024, 7)).output(1024).output(1).output(70_000);
    // A fixed order on one launch per workgroup has one result, whatever the threads do.
    for seed in [1, 1, 2, 3] {
        let schedule = Some(Schedule { parts: 16, lanes: Order::Ascending, ..shuffled(seed) });
        bench = bench.task(Task { schedule, repeat: 3, ..Task::default() });
    }
    bench.job.passes[0].text += "
@group(0) @binding(3) var<storage, read_write> many: array<u32>;
@compute @workgroup_size(1) fn other() { many[69999] = bitcast<u32>(out[0]); }";
    bench.job.passes.push(Pass { entry: "other".to_owned(), grid: [1, 1, 1], ..bench.job.passes[0].clone() });
    let mut replies = Vec::new();
    for comparison in [Comparison::Host, Comparison::Device] {
        bench.job.comparison = Some(comparison);
        let mut reply = bench.work();
        reply.tasks.iter_mut().for_each(|done| done.seconds = 0.0);
        replies.push(reply);
    }
    assert_eq!(replies[0], replies[1]);
    let digests: Vec<_> = replies[0].tasks.iter().map(|done| &done.buffers[0].contents[0].digest).collect();
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[1], digests[2]);
    let last: Vec<_> = replies[1].tasks.iter().map(|done| &done.buffers[2].contents[0].digest).collect();
    assert_eq!(last[0], last[1]);
    assert_ne!(last[1], last[2], "one word in 70000 differs, the last");
    assert!(
        replies[0].tasks.iter().all(|done| done.buffers[0].contents[0].count == 3),
        "{:?}",
        replies[0].tasks
    );
}

#[test]
fn contents_beyond_the_limit_are_counted_without_files() {
    let mut bench = Bench::new(super::kernels::CAS_SUM, [16, 1, 1]).words(&spread(1024, 7)).output(1);
    for seed in 0..6 {
        bench = bench.scheduled(shuffled(seed));
    }
    bench.job.contents_max = 2;
    let reply = bench.work();
    let contents = |done: &Done| done.buffers[0].contents[0].clone();
    let files: std::collections::BTreeSet<_> =
        reply.tasks.iter().filter_map(|done| contents(done).file).collect();
    assert_eq!(files.len(), 2);
    assert!(digests(&reply).len() > 2);
}

#[test]
fn a_task_of_no_repetition_and_a_grid_of_nothing_leave_no_mistake() {
    let mut bench = Bench::new(TREE_SUM, [0, 1, 1]).words(&[0; 64]).output(1).plain().scheduled(shuffled(1));
    bench = bench.task(Task { repeat: 0, ..Task::default() });
    let reply = bench.work();
    assert_eq!(content(&reply, 1, 0), [0]);
    assert!(reply.tasks[2].buffers[0].contents.is_empty());
}
