// The sum of all numbers, added to one float by compare-exchange.
//
// Wrong as a reproducible sum: no number is lost, and there is no data race, but the additions happen in the
// order in which invocations arrive, and float addition rounds differently in every order. `fixed-sum.wgsl`
// adds integers instead.

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// The bits of the sum.
@group(0) @binding(1) var<storage, read_write> total: atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&input) {
        return;
    }
    let own = input[id.x];
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
