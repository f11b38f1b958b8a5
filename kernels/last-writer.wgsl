// The latest place at which each of 64 keys occurs.
//
// Wrong: all invocations with one key write to one place, and who comes last remains, which need not be who
// stands last. It looks right wherever invocations happen to run in ascending order. `latest-place.wgsl`
// takes the greatest.

@group(0) @binding(0) var<storage, read> keys: array<u32>;
/// Zero before the run: the key does not occur. Places count from 1.
@group(0) @binding(1) var<storage, read_write> places: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&keys) {
        places[keys[id.x]] = id.x + 1u;
    }
}
