// The mean of each number and its two neighbours, with a tile and its edges in workgroup memory; beyond the
// ends of the buffer the outermost numbers go on.
//
// Level: schedule-independent.

const WIDTH = 64u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

var<workgroup> tile: array<f32, WIDTH + 2u>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    tile[lane + 1u] = input[id.x];
    if lane == 0u {
        tile[0] = input[max(id.x, 1u) - 1u];
    }
    if lane == WIDTH - 1u {
        tile[WIDTH + 1u] = input[min(id.x + 1u, arrayLength(&input) - 1u)];
    }
    workgroupBarrier();
    output[id.x] = (tile[lane] + tile[lane + 1u] + tile[lane + 2u]) / 3.0;
}
