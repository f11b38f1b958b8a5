// Each row of 256 numbers divided by its root mean square, one workgroup per row.
//
// Level: schedule-independent, and a row does not depend on the rows beside it.

const WIDTH = 256u;
const LANES = 64u;
const EPSILON = 1e-6;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32, WIDTH>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

var<workgroup> scratch: array<f32, LANES>;

fn sum(lane: u32, own: f32) -> f32 {
    scratch[lane] = own;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    let found = scratch[0];
    // Nobody may load the scratch memory anew before all have read the result.
    workgroupBarrier();
    return found;
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x * WIDTH;
    var own = 0.0;
    for (var at = lane; at < WIDTH; at += LANES) {
        own += input[row + at] * input[row + at];
    }
    let factor = inverseSqrt(sum(lane, own) / f32(WIDTH) + EPSILON);
    for (var at = lane; at < WIDTH; at += LANES) {
        output[row + at] = input[row + at] * factor * scale[at];
    }
}
