// The latest place at which each of 64 keys occurs.
//
// Level: adapter-to-adapter. The greatest of some integers does not depend on the order in which they come.

@group(0) @binding(0) var<storage, read> keys: array<u32>;
/// Zero before the run: the key does not occur. Places count from 1.
@group(0) @binding(1) var<storage, read_write> places: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&keys) {
        atomicMax(&places[keys[id.x]], id.x + 1u);
    }
}
