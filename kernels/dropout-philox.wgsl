// Dropout of a quarter of all numbers, with the counter-based generator Philox 4x32-10 (Salmon and others,
// 2011).
//
// Level: adapter-to-adapter. What is drawn for an element follows from the seed and the element's place, not
// from who drew before. The generator is whole numbers, and each output is one product.

/// Words below this are dropped.
const DROPPED = 0x40000000u;
/// 1 / 0.75, so that the mean stays.
const SCALE = 1.3333333333333333;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
/// The seed.
@group(0) @binding(2) var<storage, read> state: array<u32>;

/// The high word of a product.
fn high(a: u32, b: u32) -> u32 {
    let low_low = (a & 0xffffu) * (b & 0xffffu);
    let high_low = (a >> 16u) * (b & 0xffffu) + (low_low >> 16u);
    let low_high = (a & 0xffffu) * (b >> 16u) + (high_low & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (high_low >> 16u) + (low_high >> 16u);
}

fn philox(first: vec4<u32>, with_key: vec2<u32>) -> vec4<u32> {
    var counter = first;
    var key = with_key;
    for (var turn = 0u; turn < 10u; turn++) {
        counter = vec4(
            high(0xcd9e8d57u, counter.z) ^ counter.y ^ key.x,
            0xcd9e8d57u * counter.z,
            high(0xd2511f53u, counter.x) ^ counter.w ^ key.y,
            0xd2511f53u * counter.x,
        );
        key += vec2(0x9e3779b9u, 0xbb67ae85u);
    }
    return counter;
}

/// Four numbers per invocation.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let words = philox(vec4(id.x, 0u, 0u, 0u), vec2(state[0], 0u));
    for (var part = 0u; part < 4u; part++) {
        let at = id.x * 4u + part;
        if at < arrayLength(&output) {
            output[at] = select(input[at] * SCALE, 0.0, words[part] < DROPPED);
        }
    }
}
