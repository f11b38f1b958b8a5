// Whether any number is greater than a limit.
//
// Level: adapter-to-adapter. The writes are atomic, so that their meaning is defined, and all store the same
// value.

const LIMIT = 32.0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
/// Zero before the run.
@group(0) @binding(1) var<storage, read_write> flag: atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&input) && input[id.x] > LIMIT {
        atomicStore(&flag, 1u);
    }
}
