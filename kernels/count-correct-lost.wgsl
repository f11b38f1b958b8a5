// Counts like `count-correct.wgsl`, but a workgroup reads the sum and writes it back in two steps. Both are atomic, so nothing
// races; yet another workgroup may add its share in between, and that share is lost.
//
// No order of whole workgroups shows it: one must be interrupted at the right place.

@group(0) @binding(0) var<storage, read> predicted: array<u32>;
@group(0) @binding(1) var<storage, read> label: array<u32>;
@group(0) @binding(2) var<storage, read_write> correct: atomic<u32>;

var<workgroup> here: atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if id.x < arrayLength(&label) && predicted[id.x] == label[id.x] {
        atomicAdd(&here, 1u);
    }
    workgroupBarrier();
    if lane == 0u {
        let before = atomicLoad(&correct);
        atomicStore(&correct, before + atomicLoad(&here));
    }
}
