// Batch normalisation in its training form: each of 64 channels is normalised by its mean and variance over
// the rows of the batch, one workgroup per row, and the running statistics move a tenth of the way.
//
// Level: schedule-independent. It is right in training and wrong at prediction, where a row's result must
// not depend on the rows beside it: `batch-norm-eval.wgsl`.

const CHANNELS = 64u;
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> running_mean: array<f32, CHANNELS>;
@group(0) @binding(2) var<storage, read_write> running_variance: array<f32, CHANNELS>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(CHANNELS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) channel: u32,
) {
    let rows = groups.x;
    var sum = 0.0;
    for (var row = 0u; row < rows; row++) {
        sum += input[row * CHANNELS + channel];
    }
    let mean = sum / f32(rows);
    var squares = 0.0;
    for (var row = 0u; row < rows; row++) {
        let apart = input[row * CHANNELS + channel] - mean;
        squares += apart * apart;
    }
    let variance = squares / f32(rows);

    let at = group.x * CHANNELS + channel;
    output[at] = (input[at] - mean) * inverseSqrt(variance + EPSILON);
    // Every workgroup has the same statistics; one of them keeps the books.
    if group.x == 0u {
        running_mean[channel] += MOMENTUM * (mean - running_mean[channel]);
        running_variance[channel] += MOMENTUM * (variance - running_variance[channel]);
    }
}
