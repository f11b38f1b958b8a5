// The positive ones of all numbers, without gaps and in their order: each goes to the place that a prefix
// sum says.
//
// Level: adapter-to-adapter. Numbers are copied, and their places are counted in integers. Each workgroup
// counts the numbers kept before its own anew, which for long inputs a scan in passes would save.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// Zero before the run; what lies behind the numbers kept stays zero.
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
/// How many were kept.
@group(0) @binding(2) var<storage, read_write> kept: array<u32, 1>;

var<workgroup> scratch: array<u32, WIDTH>;

/// The sum of `own` over all lanes up to this one; every invocation of the workgroup must call it.
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
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    var earlier = 0u;
    for (var block = 0u; block < group.x; block++) {
        earlier += u32(input[block * WIDTH + lane] > 0.0);
    }
    let own = input[group.x * WIDTH + lane];
    let keep = u32(own > 0.0);
    let here = scan(lane, keep);
    scratch[lane] = scan(lane, earlier);
    workgroupBarrier();
    // The last lane has the count of all blocks before this one.
    let end = scratch[WIDTH - 1u] + here;
    if keep == 1u {
        output[end - 1u] = own;
    }
    if group.x == groups.x - 1u && lane == WIDTH - 1u {
        kept[0] = end;
    }
}
