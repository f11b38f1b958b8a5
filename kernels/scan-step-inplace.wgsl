// The step of `scan-step.wgsl` that adds in the buffer it writes: the number `stride` before may have been taken in
// already, or not yet. On one adapter the mistake can stay hidden for as long as workgroups run in order.

var<immediate> stride: u32;

@group(0) @binding(0) var<storage, read> before: array<u32>;
@group(0) @binding(1) var<storage, read_write> after: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x;
    if at >= arrayLength(&before) {
        return;
    }
    after[at] = before[at];
    if at >= stride {
        after[at] += after[at - stride];
    }
}
