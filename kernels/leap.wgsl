// The 100,000th state of a linear congruential generator, for each of 8 seeds, by squaring the step (Brown,
// 1994): 17 trips.
//
// Level: adapter-to-adapter. Whole numbers only.

const STEPS = 100000u;

@group(0) @binding(0) var<storage, read> seeds: array<u32, 8>;
@group(0) @binding(1) var<storage, read_write> states: array<u32, 8>;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32) {
    // 2^n steps at once are state * factor + summand.
    var factor = 1664525u;
    var summand = 1013904223u;
    var state = seeds[lane];
    for (var left = STEPS; left > 0u; left >>= 1u) {
        if (left & 1u) == 1u {
            state = state * factor + summand;
        }
        summand = summand * factor + summand;
        factor *= factor;
    }
    states[lane] = state;
}
