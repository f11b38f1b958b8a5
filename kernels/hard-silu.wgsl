// x * clamp(x / 4 + 1 / 2, 0, 1), an activation.
//
// Level: adapter-to-adapter, for normal numbers. The quarter is exact, so that nothing changes if it is
// contracted with the sum; then there is one rounding for the sum and one for the product, and no other
// order to do them in.

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&output) {
        let gate = clamp(input[id.x] * 0.25 + 0.5, 0.0, 1.0);
        output[id.x] = input[id.x] * gate;
    }
}
