// The sum of each row of 256 numbers, added onto the output.
//
// Wrong: nobody clears the output before. It works as long as every call gets a fresh buffer, which WebGPU
// fills with zeros. `serial-sum.wgsl` begins its sum itself.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row >= arrayLength(&output) {
        return;
    }
    for (var at = 0u; at < WIDTH; at++) {
        output[row] += input[row * WIDTH + at];
    }
}
