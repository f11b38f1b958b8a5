// Batch normalisation in its form for prediction: each of 64 channels is normalised by the running mean and
// variance that training left, one workgroup per row.
//
// Level: schedule-independent, and a row does not depend on the rows beside it.

const CHANNELS = 64u;
const EPSILON = 1e-5;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> running_mean: array<f32, CHANNELS>;
@group(0) @binding(2) var<storage, read> running_variance: array<f32, CHANNELS>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(CHANNELS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) channel: u32,
) {
    let at = group.x * CHANNELS + channel;
    output[at] = (input[at] - running_mean[channel]) * inverseSqrt(running_variance[channel] + EPSILON);
}
