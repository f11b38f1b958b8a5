// The sum of all numbers in fixed point: each is rounded to a multiple of 2^-12, and integer atomics add
// them up.
//
// Level: adapter-to-adapter. Integer addition is associative, so no order shows; scaling by a power of two
// is exact, and rounding has one result. The price: the sum and every part of it must stay below 2^19, and
// each number loses what lies below 2^-12.

const STEPS = 4096.0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// The sum in steps of 2^-12.
@group(0) @binding(1) var<storage, read_write> total: atomic<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&input) {
        return;
    }
    atomicAdd(&total, i32(round(input[id.x] * STEPS)));
}
