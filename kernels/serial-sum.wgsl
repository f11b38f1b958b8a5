// The sum of each row of 256 numbers in index order, one invocation per row.
//
// Level: schedule-independent. Slow and simple; the order of the additions is the order of the text.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row >= arrayLength(&output) {
        return;
    }
    var sum = 0.0;
    for (var at = 0u; at < WIDTH; at++) {
        sum += input[row * WIDTH + at];
    }
    output[row] = sum;
}
