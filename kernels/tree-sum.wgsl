// The sum of 256 numbers per workgroup as a tree, and the sum of these sums by a second pass.
//
// Level: schedule-independent. Which numbers are added to which follows from their places alone, and every
// barrier stands where all invocations pass it. Another width of the workgroup would be another tree, with
// other bits.

const WIDTH = 256u;

/// Partial sums that `total` adds up, at most 256.
override PARTIALS: u32 = 16;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

var<workgroup> scratch: array<f32, WIDTH>;

/// Adds up the scratch memory; every invocation of the workgroup must call it.
fn tree(lane: u32, own: f32) -> f32 {
    scratch[lane] = own;
    workgroupBarrier();
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    return scratch[0];
}

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let sum = tree(lane, input[group.x * WIDTH + lane]);
    if lane == 0u {
        partials[group.x] = sum;
    }
}

/// One workgroup, which adds up what `main` has left.
@compute @workgroup_size(WIDTH)
fn total(@builtin(local_invocation_index) lane: u32) {
    var own = 0.0;
    if lane < PARTIALS {
        own = partials[lane];
    }
    let sum = tree(lane, own);
    if lane == 0u {
        output[0] = sum;
    }
}
