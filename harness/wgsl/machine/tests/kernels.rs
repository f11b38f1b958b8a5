//! Right kernels: results against the same computation in Rust, silence under every order.

use super::{Bench, as_floats, orders, spread};

/// Runs under several orders and expects the same words each time.
fn same_under_every_order(make: impl Fn() -> Bench, binding: u32) -> Vec<u32> {
    let first = make().right(binding);
    for (workgroups, lanes) in orders() {
        let again = make().orders(workgroups.clone(), lanes.clone()).right(binding);
        assert_eq!(first, again, "workgroups {workgroups:?}, lanes {lanes:?}");
    }
    first
}

const TREE_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> s: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3<u32>, @builtin(global_invocation_id) g: vec3<u32>) {
    s[l] = input[g.x];
    workgroupBarrier();
    for (var step = 32u; step > 0u; step >>= 1u) {
        if (l < step) { s[l] += s[l + step]; }
        workgroupBarrier();
    }
    if (l == 0u) { out[w.x] = s[0]; }
}";

#[test]
fn a_tree_sum_adds_in_the_order_of_its_tree() {
    let input = spread(512, 1);
    let out = same_under_every_order(|| Bench::new(TREE_SUM).floats(0, &input).zeros(1, 8).grid(8, 1, 1), 1);
    for (chunk, sum) in input.chunks(64).zip(as_floats(&out)) {
        let mut tree = chunk.to_vec();
        let mut step = 32;
        while step > 0 {
            (0..step).for_each(|lane| tree[lane] += tree[lane + step]);
            step /= 2;
        }
        assert_eq!(tree[0].to_bits(), sum.to_bits());
    }
}

const FIXED_POINT_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: atomic<i32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
    if (g.x < arrayLength(&input)) { atomicAdd(&total, i32(round(input[g.x] * 65536.0))); }
}";

#[test]
fn a_fixed_point_sum_by_atomics_is_the_same_in_every_order() {
    let input = spread(500, 2);
    let out =
        same_under_every_order(|| Bench::new(FIXED_POINT_SUM).floats(0, &input).zeros(1, 1).grid(8, 1, 1), 1);
    let sum: i32 = input.iter().map(|value| (value * 65536.0).round_ties_even() as i32).sum();
    assert_eq!(out[0].cast_signed(), sum);
}

pub(crate) const SOFTMAX: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> s: array<f32, 64>;
const ROW = 256u;
fn fold(l: u32, largest: bool) -> f32 {
    workgroupBarrier();
    for (var step = 32u; step > 0u; step >>= 1u) {
        if (l < step) {
            if (largest) { s[l] = max(s[l], s[l + step]); } else { s[l] += s[l + step]; }
        }
        workgroupBarrier();
    }
    let folded = s[0];
    workgroupBarrier();
    return folded;
}
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3<u32>) {
    let row = w.x * ROW;
    var most = -3.0e38;
    for (var i = l; i < ROW; i += 64u) { most = max(most, input[row + i]); }
    s[l] = most;
    let top = fold(l, true);
    var sum = 0.0;
    for (var i = l; i < ROW; i += 64u) { sum += exp(input[row + i] - top); }
    s[l] = sum;
    let total = fold(l, false);
    for (var i = l; i < ROW; i += 64u) { out[row + i] = exp(input[row + i] - top) / total; }
}";

#[test]
fn rows_of_a_softmax_sum_to_one_and_agree_with_doubles() {
    let input = spread(4 * 256, 3);
    let out =
        same_under_every_order(|| Bench::new(SOFTMAX).floats(0, &input).zeros(1, 1024).grid(4, 1, 1), 1);
    for (row, out) in input.chunks(256).zip(as_floats(&out).chunks(256)) {
        let top = row.iter().copied().fold(f32::MIN, f32::max);
        let exact: Vec<f64> = row.iter().map(|value| (f64::from(*value) - f64::from(top)).exp()).collect();
        let total: f64 = exact.iter().sum();
        for (value, exact) in out.iter().zip(&exact) {
            assert!((f64::from(*value) - exact / total).abs() <= 4e-6 * exact / total + 1e-38);
        }
    }
}

const LAYER_NORM: &str = "
struct Head { width: u32, epsilon: f32, scale: vec3<f32>, last: array<vec4<f32>, 2> }
struct Ids { @builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32> }
@group(0) @binding(0) var<uniform> head: Head;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
var<workgroup> sums: array<vec2<f32>, 32>;
@compute @workgroup_size(32)
fn main(ids: Ids) {
    let base = ids.group.x * head.width;
    var sum = vec2<f32>(0.0);
    for (var i = ids.lane; i < head.width; i += 32u) {
        let x = input[base + i];
        sum += vec2<f32>(x, x * x);
    }
    sums[ids.lane] = sum;
    workgroupBarrier();
    var step = 16u;
    loop {
        if (step == 0u) { break; }
        if (ids.lane < step) { sums[ids.lane] += sums[ids.lane + step]; }
        workgroupBarrier();
        continuing { step = step / 2u; }
    }
    let mean = sums[0] / f32(head.width);
    let inverse = inverseSqrt(mean.y - mean.x * mean.x + head.epsilon);
    for (var i = ids.lane; i < head.width; i += 32u) {
        out[base + i] = (input[base + i] - mean.x) * inverse * head.scale.y + head.last[1].w;
    }
}";

#[test]
fn a_layer_norm_reads_its_struct_by_the_layout_rules() {
    let (width, rows) = (100_u32, 3);
    let input = spread(300, 4);
    let mut head = vec![width, 1e-5_f32.to_bits(), 0, 0, 0, 2_f32.to_bits(), 0, 0];
    head.extend([0, 0, 0, 0, 0, 0, 0, 0.5_f32.to_bits()]);
    let make = || Bench::new(LAYER_NORM).words(0, &head).floats(1, &input).zeros(2, 300).grid(rows, 1, 1);
    let out = as_floats(&same_under_every_order(make, 2));
    for (row, out) in input.chunks(100).zip(out.chunks(100)) {
        let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / 100.0;
        let variance = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 100.0 - mean * mean;
        for (x, y) in row.iter().zip(out) {
            let exact = (f64::from(*x) - mean) / (variance + 1e-5).sqrt() * 2.0 + 0.5;
            assert!((f64::from(*y) - exact).abs() < 1e-4, "{y} for {exact}");
        }
    }
}

pub(crate) const MATMUL: &str = "
override T: u32 = 16;
const N = 128u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
var<workgroup> ta: array<array<f32, 16>, 16>;
var<workgroup> tb: array<array<f32, 16>, 16>;
@compute @workgroup_size(16, 16)
fn main(@builtin(local_invocation_id) l: vec3<u32>, @builtin(global_invocation_id) g: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>) {
    let size = n.x * 16u;
    var sum = 0.0;
    for (var tile = 0u; tile < n.x; tile++) {
        ta[l.y][l.x] = a[g.y * size + tile * 16u + l.x];
        tb[l.y][l.x] = b[(tile * 16u + l.y) * size + g.x];
        workgroupBarrier();
        for (var k = 0u; k < 16u; k++) { sum += ta[l.y][k] * tb[k][l.x]; }
        workgroupBarrier();
    }
    c[g.y * size + g.x] = sum;
}";

#[test]
fn a_tiled_matrix_product_has_the_bits_of_the_plain_one() {
    let (a, b) = (spread(48 * 48, 5), spread(48 * 48, 6));
    let make = || Bench::new(MATMUL).floats(0, &a).floats(1, &b).zeros(2, 48 * 48).grid(3, 3, 1);
    let out = same_under_every_order(make, 2);
    for y in 0..48 {
        for x in 0..48 {
            let sum = (0..48).fold(0_f32, |sum, k| sum + a[y * 48 + k] * b[k * 48 + x]);
            assert_eq!(sum.to_bits(), out[y * 48 + x]);
        }
    }
}

const IDS: &str = "
@group(0) @binding(0) var<storage, read_write> out: array<vec4<u32>>;
@compute @workgroup_size(2, 3, 2)
fn main(@builtin(global_invocation_id) g: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>, @builtin(local_invocation_index) i: u32,
        @builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) n: vec3<u32>) {
    let width = n * vec3<u32>(2u, 3u, 2u);
    let at = (g.z * width.y + g.y) * width.x + g.x;
    out[at] = vec4<u32>(i, w.x + 10u * w.y + 100u * w.z, l.x + 10u * l.y + 100u * l.z, n.x * n.y * n.z);
}";

#[test]
fn ids_agree_with_one_another_in_three_dimensions() {
    let out = same_under_every_order(|| Bench::new(IDS).zeros(0, 4 * 12 * 105).grid(3, 5, 7), 0);
    for (at, cell) in out.chunks(4).enumerate() {
        let (x, y, z) = (at as u32 % 6, at as u32 / 6 % 15, at as u32 / 90);
        let local = [x % 2, y % 3, z % 2];
        assert_eq!(cell[0], local[0] + 2 * local[1] + 6 * local[2]);
        assert_eq!(cell[1], x / 2 + 10 * (y / 3) + 100 * (z / 2));
        assert_eq!(cell[2], local[0] + 10 * local[1] + 100 * local[2]);
        assert_eq!(cell[3], 105);
    }
}

const HISTOGRAM: &str = "
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>, 8>;
var<workgroup> local: array<atomic<u32>, 8>;
@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) l: u32, @builtin(global_invocation_id) g: vec3<u32>) {
    if (l < 8u) { atomicStore(&local[l], 0u); }
    workgroupBarrier();
    if (g.x < arrayLength(&input)) { atomicAdd(&local[input[g.x] & 7u], 1u); }
    workgroupBarrier();
    if (l < 8u) { atomicAdd(&counts[l], atomicLoad(&local[l])); }
}";

#[test]
fn a_histogram_counts_everything_once() {
    let input: Vec<u32> = (0..300_u32).map(|index| index.wrapping_mul(2_654_435_761) >> 7).collect();
    let out = same_under_every_order(|| Bench::new(HISTOGRAM).words(0, &input).zeros(1, 8).grid(10, 1, 1), 1);
    let mut counts = [0; 8];
    for value in &input {
        counts[(value & 7) as usize] += 1;
    }
    assert_eq!(out, counts);
}

const LAST_BLOCK: &str = "
@group(0) @binding(0) var<storage, read_write> parts: array<atomic<u32>, 8>;
@group(0) @binding(1) var<storage, read_write> done: atomic<u32>;
@group(0) @binding(2) var<storage, read_write> total: u32;
var<workgroup> last: bool;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3<u32>) {
    if (l == 0u) {
        atomicStore(&parts[w.x], w.x + 1u);
        last = atomicAdd(&done, 1u) == 7u;
    }
    let ends = workgroupUniformLoad(&last);
    if (ends && l == 0u) {
        var sum = 0u;
        for (var i = 0u; i < 8u; i++) { sum += atomicLoad(&parts[i]); }
        total = sum;
    }
}";

#[test]
fn the_last_workgroup_sums_what_all_left() {
    let make = || Bench::new(LAST_BLOCK).zeros(0, 8).zeros(1, 1).zeros(2, 1).grid(8, 1, 1);
    assert_eq!(same_under_every_order(make, 2), [36]);
}
