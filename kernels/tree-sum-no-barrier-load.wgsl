// The sum of 256 numbers per workgroup as a tree, without the barrier between loading and adding.
//
// Wrong: the first level reads the half of the scratch memory that other invocations load, and nothing makes
// it wait for them. The barriers inside the loop come too late. `tree-sum.wgsl` is right.

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
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    if lane == 0u {
        partials[group.x] = scratch[0];
    }
}
