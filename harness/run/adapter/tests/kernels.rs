//! Kernels that tests run.

/// Every builtin, of every invocation, at the place of its own global id.
pub(super) const BUILTINS: &str = "
struct Rest { @builtin(local_invocation_index) index: u32, @builtin(num_workgroups) groups: vec3<u32> }
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(4, 2, 3)
fn main(@builtin(global_invocation_id) global: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
        @builtin(local_invocation_id) local: vec3<u32>, rest: Rest) {
    let sizes = rest.groups * vec3<u32>(4u, 2u, 3u);
    let at = 16u * ((global.z * sizes.y + global.y) * sizes.x + global.x);
    out[at] = global.x; out[at + 1u] = global.y; out[at + 2u] = global.z;
    out[at + 3u] = group.x; out[at + 4u] = group.y; out[at + 5u] = group.z;
    out[at + 6u] = local.x; out[at + 7u] = local.y; out[at + 8u] = local.z;
    out[at + 9u] = rest.groups.x; out[at + 10u] = rest.groups.y; out[at + 11u] = rest.groups.z;
    out[at + 12u] = rest.index;
}
";

/// A sum per workgroup, along a tree.
pub(super) const TREE_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> part: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    part[local.x] = input[group.x * 64u + local.x];
    workgroupBarrier();
    for (var width = 32u; width > 0u; width >>= 1u) {
        if local.x < width { part[local.x] += part[local.x + width]; }
        workgroupBarrier();
    }
    if local.x == 0u { out[group.x] = part[0]; }
}
";

/// `TREE_SUM` without the barrier after the loads.
pub(super) const MISSING_BARRIER: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> part: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_id) local: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
    part[local.x] = input[group.x * 64u + local.x];
    for (var width = 32u; width > 0u; width >>= 1u) {
        if local.x < width { part[local.x] += part[local.x + width]; }
        workgroupBarrier();
    }
    if local.x == 0u { out[group.x] = part[0]; }
}
";

/// A product of square matrices in tiles, with an override for the tile.
pub(super) const MATMUL: &str = "
override TILE: u32 = 8;
const N = 32u;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
var<workgroup> left: array<f32, TILE * TILE>;
var<workgroup> right: array<f32, TILE * TILE>;
@compute @workgroup_size(TILE, TILE)
fn main(@builtin(local_invocation_id) local: vec3<u32>, @builtin(global_invocation_id) id: vec3<u32>) {
    var sum = 0.0;
    for (var tile = 0u; tile < N / TILE; tile++) {
        left[local.y * TILE + local.x] = a[id.y * N + tile * TILE + local.x];
        right[local.y * TILE + local.x] = b[(tile * TILE + local.y) * N + id.x];
        workgroupBarrier();
        for (var k = 0u; k < TILE; k++) { sum += left[local.y * TILE + k] * right[k * TILE + local.x]; }
        workgroupBarrier();
    }
    out[id.y * N + id.x] = sum;
}
";

/// A softmax per row, a workgroup each, with `workgroupUniformLoad`.
pub(super) const SOFTMAX: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
var<workgroup> part: array<f32, 64>;
var<workgroup> most: f32;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) row: vec3<u32>) {
    let at = row.x * 64u + lane;
    part[lane] = input[at];
    workgroupBarrier();
    for (var width = 32u; width > 0u; width >>= 1u) {
        if lane < width { part[lane] = max(part[lane], part[lane + width]); }
        workgroupBarrier();
    }
    if lane == 0u { most = part[0]; }
    let top = workgroupUniformLoad(&most);
    let raised = exp(input[at] - top);
    part[lane] = raised;
    workgroupBarrier();
    for (var width = 32u; width > 0u; width >>= 1u) {
        if lane < width { part[lane] += part[lane + width]; }
        workgroupBarrier();
    }
    out[at] = raised / part[0];
}
";

/// An integer sum by atomics.
pub(super) const INTEGER_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: atomic<i32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { atomicAdd(&out, input[id.x]); }
";

/// A layer norm per row whose builtins come as a structure, with a uniform.
pub(super) const LAYER_NORM: &str = "
struct Here { @builtin(workgroup_id) row: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32> }
struct Scale { gain: f32, epsilon: f32, shift: f32, unused: f32 }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<uniform> scale: Scale;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
var<workgroup> part: array<f32, 32>;
fn total(lane: u32, value: f32) -> f32 {
    workgroupBarrier();
    part[lane] = value;
    workgroupBarrier();
    for (var width = 16u; width > 0u; width >>= 1u) {
        if lane < width { part[lane] += part[lane + width]; }
        workgroupBarrier();
    }
    return part[0];
}
@compute @workgroup_size(32)
fn main(here: Here) {
    let at = here.row.x * 32u + here.lane.x;
    let mean = total(here.lane.x, input[at]) / 32.0;
    let off = input[at] - mean;
    let variance = total(here.lane.x, off * off) / 32.0;
    out[at] = off * inverseSqrt(variance + scale.epsilon) * scale.gain + scale.shift;
}
";

/// A float sum by compare-and-exchange: its order is its result.
pub(super) const CAS_SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: atomic<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var old = atomicLoad(&out);
    loop {
        let next = bitcast<u32>(bitcast<f32>(old) + input[id.x]);
        let got = atomicCompareExchangeWeak(&out, old, next);
        if got.exchanged { break; }
        old = got.old_value;
    }
}
";

/// What is positive, closed up by a cursor.
pub(super) const COMPACT: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> cursor: atomic<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if input[id.x] > 0.0 { out[atomicAdd(&cursor, 1u)] = input[id.x]; }
}
";

/// Everybody writes the same place.
pub(super) const LAST_WRITER: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x % 16u] = input[id.x]; }
";

/// A stencil that reads what its neighbours write.
pub(super) const IN_PLACE: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let count = groups.x * 64u;
    out[id.x] = input[id.x] + 0.5 * out[(id.x + count - 1u) % count] + 0.25 * out[(id.x + 1u) % count];
}
";
