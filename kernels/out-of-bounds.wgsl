// The difference of each number and the one after it; the last has none, and gets a zero.
//
// Wrong: the guard comes after the load, so that the last invocation reads past the end of the buffer. The
// result is right wherever such a load does no harm, which wgpu takes care of and hosts without its checks
// do not. `differences.wgsl` keeps the index inside.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&output) {
        return;
    }
    let after = input[id.x + 1u];
    let is_last = id.x + 1u == arrayLength(&input);
    output[id.x] = select(after - input[id.x], 0.0, is_last);
}
