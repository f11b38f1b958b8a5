// Inclusive prefix sums of integers in three passes: scan each block of 256, scan the totals of the blocks,
// add them to the blocks.
//
// Level: adapter-to-adapter. Integers, no atomics, and no workgroup waits for another: a pass ends before
// the next begins.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
/// One total per block, at most 256; after the second pass, the sum of all blocks up to here.
@group(0) @binding(2) var<storage, read_write> totals: array<u32>;

override BLOCKS: u32 = 32;

var<workgroup> scratch: array<u32, WIDTH>;

/// The sum of `own` over all lanes up to this one (Hillis and Steele, 1986); every invocation of the
/// workgroup must call it.
fn scan(lane: u32, own: u32) -> u32 {
    var sum = own;
    for (var reach = 1u; reach < WIDTH; reach *= 2u) {
        scratch[lane] = sum;
        workgroupBarrier();
        if lane >= reach {
            sum += scratch[lane - reach];
        }
        workgroupBarrier();
    }
    return sum;
}

@compute @workgroup_size(WIDTH)
fn blocks(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let at = group.x * WIDTH + lane;
    let sum = scan(lane, input[at]);
    output[at] = sum;
    if lane == WIDTH - 1u {
        totals[group.x] = sum;
    }
}

@compute @workgroup_size(WIDTH)
fn over_blocks(@builtin(local_invocation_index) lane: u32) {
    var own = 0u;
    if lane < BLOCKS {
        own = totals[lane];
    }
    let sum = scan(lane, own);
    if lane < BLOCKS {
        totals[lane] = sum;
    }
}

@compute @workgroup_size(WIDTH)
fn add(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    if group.x > 0u {
        output[group.x * WIDTH + lane] += totals[group.x - 1u];
    }
}
