// The sum of 256 numbers per workgroup as a tree, without the barrier between its levels.
//
// Wrong: after the first level, an invocation reads what another one of the same workgroup may not have
// written yet. It looks right wherever 256 invocations happen to advance together, and breaks on the first
// device with narrower subgroups. `tree-sum.wgsl` is right.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;

var<workgroup> scratch: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    scratch[lane] = input[group.x * WIDTH + lane];
    workgroupBarrier();
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
    }
    if lane == 0u {
        partials[group.x] = scratch[0];
    }
}
