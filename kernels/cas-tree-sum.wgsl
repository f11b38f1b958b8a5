// The sum of all numbers: a tree inside each workgroup, then one compare-exchange per workgroup.
//
// Wrong as a reproducible sum: the trees are, but their results are added in the order in which workgroups
// arrive. With few workgroups many orders give the same bits, so that repeating the run seldom shows it.
// `fixed-sum.wgsl` adds integers instead.

const WIDTH = 64u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// The bits of the sum.
@group(0) @binding(1) var<storage, read_write> total: atomic<u32>;

var<workgroup> scratch: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    scratch[lane] = input[group.x * WIDTH + lane];
    workgroupBarrier();
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    if lane != 0u {
        return;
    }
    let own = scratch[0];
    var before = atomicLoad(&total);
    loop {
        let after = bitcast<u32>(bitcast<f32>(before) + own);
        let attempt = atomicCompareExchangeWeak(&total, before, after);
        if attempt.exchanged {
            break;
        }
        before = attempt.old_value;
    }
}
