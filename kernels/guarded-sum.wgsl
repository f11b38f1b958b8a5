// The sum of 64 numbers per workgroup as a tree, the last workgroup cut short by the end of the input.
//
// Level: schedule-independent. Invocations beyond the end bring a zero and pass every barrier with the
// others.

const WIDTH = 64u;
override COUNT: u32 = 1000;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;

var<workgroup> scratch: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    scratch[lane] = 0.0;
    if id.x < COUNT {
        scratch[lane] = input[id.x];
    }
    workgroupBarrier();
    for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
        if lane < half {
            scratch[lane] += scratch[lane + half];
        }
        workgroupBarrier();
    }
    if lane == 0u {
        partials[group.x] = scratch[0];
    }
}
