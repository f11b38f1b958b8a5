// Each row of 256 numbers as signed bytes, four to a word, with the scale that brings its greatest magnitude
// to 127.
//
// Level: schedule-independent. A maximum does not depend on the order; the divisions may differ between
// adapters in the last bits, and with them now and then a byte.

const WIDTH = 256u;
const LANES = 64u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
/// One per row.
@group(0) @binding(2) var<storage, read_write> scales: array<f32>;

var<workgroup> scratch: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = group.x * WIDTH + lane * 4u;
    let four = vec4(input[at], input[at + 1u], input[at + 2u], input[at + 3u]);
    let magnitude = abs(four);
    scratch[lane] = max(max(magnitude.x, magnitude.y), max(magnitude.z, magnitude.w));
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] = max(scratch[lane], scratch[lane + half]);
        }
        workgroupBarrier();
    }
    // A row of zeros keeps its zeros with any scale.
    let greatest = select(scratch[0], 1.0, scratch[0] == 0.0);
    let steps = clamp(round(four / greatest * 127.0), vec4(-127.0), vec4(127.0));
    packed[group.x * LANES + lane] = pack4xI8(vec4<i32>(steps));
    if lane == 0u {
        scales[group.x] = greatest / 127.0;
    }
}
