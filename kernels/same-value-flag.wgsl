// Whether any number is greater than a limit.
//
// Level: schedule-independent, on every device known. Invocations write to one place without an order, but
// all of them the same value. WGSL calls that a data race; whoever means it says so in the case, with a
// reason. `atomic-flag.wgsl` needs no excuse.

const LIMIT = 32.0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// Zero before the run.
@group(0) @binding(1) var<storage, read_write> flag: array<u32, 1>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&input) && input[id.x] > LIMIT {
        flag[0] = 1u;
    }
}
