// How many predictions are right, counted by workgroups: `atomicAdd` reads and writes in one step.
// `count-correct-lost.wgsl` takes two.

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
        atomicAdd(&correct, atomicLoad(&here));
    }
}
