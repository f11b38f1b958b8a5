// The 100,000th state of a linear congruential generator, for each of 8 seeds, step by step.
//
// Right by WGSL, and wrong on llvmpipe, which ends all loops of an invocation after 65,535 trips without a
// word. The result is then the same in every run and under every schedule. `leap.wgsl` jumps ahead.

const STEPS = 100000u;

@group(0) @binding(0) var<storage, read> seeds: array<u32, 8>;
@group(0) @binding(1) var<storage, read_write> states: array<u32, 8>;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32) {
    var state = seeds[lane];
    for (var step = 0u; step < STEPS; step++) {
        state = state * 1664525u + 1013904223u;
    }
    states[lane] = state;
}
