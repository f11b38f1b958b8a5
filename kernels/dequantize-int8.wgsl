// Rows of 256 signed bytes, four to a word, back to numbers.
//
// Level: adapter-to-adapter. Each output is one product.

const LANES = 64u;

@group(0) @binding(1) var<storage, read> packed: array<u32>;
/// One per row.
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<f32>>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = group.x * LANES + lane;
    output[at] = vec4<f32>(unpack4xI8(packed[at])) * scales[group.x];
}
