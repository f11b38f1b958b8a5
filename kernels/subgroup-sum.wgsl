// The sum of 256 numbers per workgroup: first over each subgroup, then over the subgroups.
//
// Wrong where bits must be the same elsewhere: the compiler chooses how many invocations a subgroup has (4
// to 128), and with them which numbers are added first. (Which invocations they are is its choice as well;
// numbers are therefore dealt out by the place in the subgroup.) `tree-sum.wgsl` fixes the tree.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;

/// One sum per subgroup; 64 of them, were they only 4 wide.
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(num_subgroups) subgroups: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_size) size: u32,
    @builtin(subgroup_invocation_id) rank: u32,
) {
    let sum = subgroupAdd(input[group.x * WIDTH + subgroup * size + rank]);
    if rank == 0u {
        sums[subgroup] = sum;
    }
    workgroupBarrier();
    if lane == 0u {
        var whole = 0.0;
        for (var at = 0u; at < subgroups; at++) {
            whole += sums[at];
        }
        partials[group.x] = whole;
    }
}
