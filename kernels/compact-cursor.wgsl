// The positive ones of all numbers, without gaps: each takes the next free place from an atomic cursor.
//
// Wrong where their order matters: the set of the numbers is always the same, and their order is that in
// which invocations arrive. `compact-scan.wgsl` keeps the order of the input.

const WIDTH = 256u;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// Zero before the run; what lies behind the numbers kept stays zero.
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
/// How many were kept, zero before the run.
@group(0) @binding(2) var<storage, read_write> kept: atomic<u32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let own = input[id.x];
    if own > 0.0 {
        output[atomicAdd(&kept, 1u)] = own;
    }
}
