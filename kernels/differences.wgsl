// The difference of each number and the one after it; the last has none, and gets a zero.
//
// Level: adapter-to-adapter. Each output is one difference.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&output) {
        return;
    }
    let after = min(id.x + 1u, arrayLength(&input) - 1u);
    output[id.x] = input[after] - input[id.x];
}
