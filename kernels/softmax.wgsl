// Softmax of each row of 256 numbers, one workgroup per row.
//
// Level: schedule-independent, and a row does not depend on the rows beside it. Across adapters the bits
// differ: WGSL grants `exp` an error of 3 + 2 |x| units in the last place.

const WIDTH = 256u;
const LANES = 64u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

var<workgroup> scratch: array<f32, LANES>;

fn greatest(lane: u32, own: f32) -> f32 {
    scratch[lane] = own;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] = max(scratch[lane], scratch[lane + half]);
        }
        workgroupBarrier();
    }
    let found = scratch[0];
    // Nobody may load the scratch memory anew before all have read the result.
    workgroupBarrier();
    return found;
}

fn sum(lane: u32, own: f32) -> f32 {
    scratch[lane] = own;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    return scratch[0];
}

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x * WIDTH;
    var high = input[row + lane];
    for (var at = lane + LANES; at < WIDTH; at += LANES) {
        high = max(high, input[row + at]);
    }
    high = greatest(lane, high);

    var weights = 0.0;
    for (var at = lane; at < WIDTH; at += LANES) {
        weights += exp(input[row + at] - high);
    }
    weights = sum(lane, weights);

    for (var at = lane; at < WIDTH; at += LANES) {
        output[row + at] = exp(input[row + at] - high) / weights;
    }
}
