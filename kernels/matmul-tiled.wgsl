// The product of two square matrices, in tiles that a workgroup keeps in its memory.
//
// Level: schedule-independent. One accumulator per element takes the products in the order of the inner
// index, tile after tile, so that every size of the tiles gives the same bits. (A partial sum per tile would
// not.) The side must be a multiple of the tile's.

override TILE: u32 = 16;
override SIDE: u32 = 64;

@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

var<workgroup> left_tile: array<f32, TILE * TILE>;
var<workgroup> right_tile: array<f32, TILE * TILE>;

@compute @workgroup_size(TILE, TILE)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    // A grid may hold more tiles than the matrix; whole workgroups leave together.
    if max(id.x - local.x, id.y - local.y) >= SIDE {
        return;
    }
    let own = local.y * TILE + local.x;
    var sum = 0.0;
    for (var first = 0u; first < SIDE; first += TILE) {
        left_tile[own] = left[id.y * SIDE + first + local.x];
        right_tile[own] = right[(first + local.y) * SIDE + id.x];
        workgroupBarrier();
        for (var inner = 0u; inner < TILE; inner++) {
            sum += left_tile[local.y * TILE + inner] * right_tile[inner * TILE + local.x];
        }
        workgroupBarrier();
    }
    output[id.y * SIDE + id.x] = sum;
}
