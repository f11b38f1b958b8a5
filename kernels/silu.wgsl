// x / (1 + exp(-x)), an activation.
//
// Level: schedule-independent. It is wrong to promise its bits across adapters: WGSL grants `exp` an error
// of 3 + 2 |x| units in the last place, and division 2.5. `hard-silu.wgsl` can promise them.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&output) {
        output[id.x] = input[id.x] / (1.0 + exp(-input[id.x]));
    }
}
