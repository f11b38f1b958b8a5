// y = 3 x + y over all numbers, each invocation striding over the grid.
//
// Level: schedule-independent, and the same for every grid: who computes an element does not change it.

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let stride = groups.x * 64u;
    for (var at = id.x; at < arrayLength(&output); at += stride) {
        output[at] = 3.0 * x[at] + y[at];
    }
}
