// y = 3 x + y over all numbers, each invocation striding over the grid.
//
// Wrong: the number of strides is rounded down, so that the numbers after the last whole stride are never
// written. Fresh buffers show zeros there; reused ones the numbers of another call. `grid-stride.wgsl` goes
// on to the end.

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let stride = groups.x * 64u;
    for (var turn = 0u; turn < arrayLength(&output) / stride; turn++) {
        let at = turn * stride + id.x;
        output[at] = 3.0 * x[at] + y[at];
    }
}
