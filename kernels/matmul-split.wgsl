// The product of a matrix of rows of 64 and a matrix of 64 by 64, one workgroup per row, one invocation per
// column, with the inner index split into more parts the fewer rows there are.
//
// Wrong where a row must not depend on its batch: that choice keeps hardware busy at small batches, and
// changes the order of the additions with the size of the batch. A request answered alone gets other bits
// than the same request among others. `matmul-row.wgsl` always takes the same order.

const INNER = 64u;
const COLUMNS = 64u;
const BUSY = 32u;

@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(COLUMNS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) column: u32,
) {
    let row = group.x;
    let parts = clamp(BUSY / groups.x, 1u, BUSY);
    let length = (INNER + parts - 1u) / parts;
    var sum = 0.0;
    for (var first = 0u; first < INNER; first += length) {
        var part = 0.0;
        for (var inner = first; inner < min(first + length, INNER); inner++) {
            part += left[row * INNER + inner] * right[inner * COLUMNS + column];
        }
        sum += part;
    }
    output[row * COLUMNS + column] = sum;
}
