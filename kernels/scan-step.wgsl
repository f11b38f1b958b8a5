// One step of a running sum over a whole buffer (Hillis and Steele 1986): every number takes in the one `stride` before it.
// A step reads one buffer and writes the other, and a dispatch lies between two steps, so nobody reads what
// somebody else is writing. `scan-step-inplace.wgsl` saves the second buffer.

var<immediate> stride: u32;

@group(0) @binding(0) var<storage, read> before: array<u32>;
@group(0) @binding(1) var<storage, read_write> after: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x;
    if at >= arrayLength(&before) {
        return;
    }
    var sum = before[at];
    if at >= stride {
        sum += before[at - stride];
    }
    after[at] = sum;
}
