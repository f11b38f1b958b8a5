//! Subgroup operations.

use super::super::Kind;
use super::Bench;

fn run(body: &str, size: u32) -> Vec<u32> {
    let text = format!(
        "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 16>;
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) l: u32, @builtin(subgroup_invocation_id) s: u32, @builtin(subgroup_id) id: u32,
        @builtin(num_subgroups) n: u32, @builtin(subgroup_size) size: u32) {{
    {body}
}}"
    );
    let mut bench = Bench::new(&text).zeros(0, 16);
    bench.options.subgroup_size = size;
    bench.right(0)
}

fn of(f: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..16).map(f).collect()
}

#[test]
fn ids_of_subgroups_are_consecutive_lanes() {
    let out = run("out[l] = s + 100u * id + 10000u * n + 1000000u * size;", 8);
    assert_eq!(out, of(|l| l % 8 + 100 * (l / 8) + 20_000 + 8_000_000));
}

#[test]
fn reductions_and_scans_combine_the_lanes_of_a_subgroup() {
    assert_eq!(run("out[l] = subgroupAdd(l);", 8), of(|l| if l < 8 { 28 } else { 92 }));
    assert_eq!(run("out[l] = subgroupMax(l) + subgroupMin(l);", 4), of(|l| l / 4 * 8 + 3));
    assert_eq!(
        run("out[l] = subgroupInclusiveAdd(1u) * 100u + subgroupExclusiveAdd(2u);", 8),
        of(|l| (l % 8 + 1) * 100 + l % 8 * 2)
    );
    assert_eq!(run("out[l] = subgroupExclusiveMul(2u);", 4), of(|l| 1 << (l % 4)));
    assert_eq!(
        run("out[l] = subgroupXor(l) + subgroupOr(l) * 100u + subgroupAnd(l | 16u) * 10000u;", 16),
        of(|_| 15 * 100 + 16 * 10000)
    );
    assert_eq!(
        run("out[l] = u32(subgroupAll(l < 8u)) + 2u * u32(subgroupAny(l == 9u));", 8),
        of(|l| if l < 8 { 1 } else { 2 })
    );
    assert_eq!(
        run("out[l] = bitcast<u32>(subgroupAdd(vec2<f32>(f32(l), 0.5)).y);", 8),
        of(|_| 4_f32.to_bits())
    );
}

#[test]
fn only_active_lanes_take_part() {
    assert_eq!(
        run("if ((l & 1u) == 1u) { out[l] = subgroupAdd(l); }", 8),
        of(|l| if l % 2 == 0 {
            0
        } else if l < 8 {
            16
        } else {
            48
        })
    );
    assert_eq!(
        run("if (l != 8u) { out[l] = subgroupBroadcastFirst(l); }", 8),
        of(|l| if l < 9 { 0 } else { 9 })
    );
    assert_eq!(
        run("if (l > 2u) { out[l] = subgroupBallot(l % 3u == 0u).x; }", 8),
        of(|l| if l > 8 - 1 {
            0b1001_0010
        } else if l > 2 {
            0b0100_1000
        } else {
            0
        })
    );
}

#[test]
fn shuffles_and_quads_take_values_of_other_lanes() {
    assert_eq!(run("out[l] = subgroupShuffle(l, 7u - s);", 8), of(|l| l / 8 * 8 + 7 - l % 8));
    assert_eq!(run("out[l] = subgroupShuffleXor(l, 3u);", 8), of(|l| l ^ 3));
    assert_eq!(run("out[l] = subgroupBroadcast(l, 2u);", 8), of(|l| l / 8 * 8 + 2));
    assert_eq!(run("out[l] = quadBroadcast(l, 1u);", 8), of(|l| l / 4 * 4 + 1));
    assert_eq!(
        run("out[l] = quadSwapX(l) + 100u * quadSwapY(l) + 10000u * quadSwapDiagonal(l);", 8),
        of(|l| (l ^ 1) + 100 * (l ^ 2) + 10_000 * (l ^ 3))
    );
    let tree = "var sum = l; for (var by = 4u; by > 0u; by /= 2u) { sum += subgroupShuffleDown(sum, by); } if (s == 0u) { out[l] = sum; }";
    assert_eq!(run(tree, 8), of(|l| [28, 92, 0][if l % 8 == 0 { l / 8 } else { 2 } as usize]));
}

#[test]
fn a_shuffle_from_beyond_the_subgroup_is_found() {
    let text = "
@group(0) @binding(0) var<storage, read_write> out: array<u32, 16>;
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_index) l: u32) {
    out[l] = subgroupShuffle(l, (l & 7u) + 1u) + subgroupShuffleUp(l, 1u);
}";
    let mut bench = Bench::new(text).zeros(0, 16);
    bench.options.subgroup_size = 8;
    let outcome = bench.go();
    let seen: Vec<_> = outcome.findings.iter().map(|one| (one.kind, one.count)).collect();
    assert_eq!(seen, [(Kind::InactiveLane, 2)]);
}

#[test]
fn a_subgroup_barrier_in_half_a_subgroup_is_found() {
    let text = |limit: u32| {
        format!(
            "@compute @workgroup_size(16) fn main(@builtin(local_invocation_index) l: u32) {{ if (l < {limit}u) {{ subgroupBarrier(); }} }}"
        )
    };
    let kinds = |limit| {
        let mut bench = Bench::new(&text(limit));
        bench.options.subgroup_size = 8;
        bench.go().findings.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(8), []);
    assert_eq!(kinds(9), [Kind::BarrierDivergence]);
}
