// How often each byte value occurs: counted in workgroup memory first, then added to the whole.
//
// Level: adapter-to-adapter. Atomic additions of integers come to the same in every order, and no returned
// value is used.

const BINS = 256u;
const PER_INVOCATION = 4u;

@group(0) @binding(0) var<storage, read> input: array<u32>;
/// Zero before the run.
@group(0) @binding(1) var<storage, read_write> bins: array<atomic<u32>, BINS>;

var<workgroup> counted: array<atomic<u32>, BINS>;

@compute @workgroup_size(BINS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    atomicStore(&counted[lane], 0u);
    workgroupBarrier();
    for (var turn = 0u; turn < PER_INVOCATION; turn++) {
        let value = input[(group.x * PER_INVOCATION + turn) * BINS + lane];
        atomicAdd(&counted[value & 255u], 1u);
    }
    workgroupBarrier();
    let count = atomicLoad(&counted[lane]);
    if count > 0u {
        atomicAdd(&bins[lane], count);
    }
}
