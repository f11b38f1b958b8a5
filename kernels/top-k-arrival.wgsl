// The places of the 8 greatest of each row of 128 numbers, greatest first, equal numbers as they arrive; one
// workgroup per row.
//
// Wrong as a reproducible ranking: an atomic counter hands out the places among equal numbers, in the order
// in which invocations come. With ties at the end of the list even the set of those kept changes.
// `top-k.wgsl` decides by the index.

const WIDTH = 128u;
const KEPT = 8u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> row: array<f32, WIDTH>;
/// How many numbers of this rank have a place.
var<workgroup> placed: array<atomic<u32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let own = input[group.x * WIDTH + lane];
    row[lane] = own;
    atomicStore(&placed[lane], 0u);
    workgroupBarrier();
    var before = 0u;
    for (var at = 0u; at < WIDTH; at++) {
        if row[at] > own {
            before++;
        }
    }
    let place = before + atomicAdd(&placed[before], 1u);
    if place < KEPT {
        output[group.x * KEPT + place] = lane;
    }
}
