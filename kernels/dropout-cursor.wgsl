// Dropout of a quarter of all numbers, with one generator whose state is shared.
//
// Wrong as a seeded dropout: each draw takes the next number of the sequence, so the sequence is the same in
// every run, but who gets which of its numbers is the order in which invocations arrive.
// `dropout-philox.wgsl` draws by the element's place.

const DROPPED = 0x40000000u;
const SCALE = 1.3333333333333333;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
/// The seed, and how many numbers were drawn.
@group(0) @binding(2) var<storage, read_write> state: atomic<u32>;

/// The output function of PCG RXS-M-XS (O'Neill, 2014) over one step of its generator.
fn pcg(counter: u32) -> u32 {
    let stepped = counter * 747796405u + 2891336453u;
    let word = ((stepped >> ((stepped >> 28u) + 4u)) ^ stepped) * 277803737u;
    return (word >> 22u) ^ word;
}

/// Four numbers per invocation.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    for (var part = 0u; part < 4u; part++) {
        let at = id.x * 4u + part;
        if at < arrayLength(&output) {
            let word = pcg(atomicAdd(&state, 1u));
            output[at] = select(input[at] * SCALE, 0.0, word < DROPPED);
        }
    }
}
