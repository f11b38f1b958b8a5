// Four filters of 3 by 3 over an image of one channel, zeros beyond its edges; one invocation per pixel and
// filter.
//
// Level: schedule-independent. Each output has one accumulator, which takes its nine products in the order
// of the filter.

const SIDE = 64u;
const TAPS = 3u;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> filters: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var sum = 0.0;
    for (var y = 0u; y < TAPS; y++) {
        for (var x = 0u; x < TAPS; x++) {
            // One less than 0 wraps to a number beyond the side.
            let row = id.y + y - 1u;
            let column = id.x + x - 1u;
            if row < SIDE && column < SIDE {
                sum += image[row * SIDE + column] * filters[(id.z * TAPS + y) * TAPS + x];
            }
        }
    }
    output[(id.z * SIDE + id.y) * SIDE + id.x] = sum;
}
