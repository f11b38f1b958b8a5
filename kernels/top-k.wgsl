// The places of the 8 greatest of each row of 128 numbers, greatest first, equal numbers by their index; one
// workgroup per row.
//
// Level: adapter-to-adapter. Each invocation counts who stands before its number. Only comparisons, and
// every place has one owner.

const WIDTH = 128u;
const KEPT = 8u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

var<workgroup> row: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let own = input[group.x * WIDTH + lane];
    row[lane] = own;
    workgroupBarrier();
    var before = 0u;
    for (var at = 0u; at < WIDTH; at++) {
        let other = row[at];
        if other > own || (other == own && at < lane) {
            before++;
        }
    }
    if before < KEPT {
        output[group.x * KEPT + before] = lane;
    }
}
