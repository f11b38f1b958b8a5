// The product of a matrix of rows of 64 and a matrix of 64 by 64, one workgroup per row, one invocation per
// column.
//
// Level: schedule-independent, and a row does not depend on how many rows there are: each sum takes its
// products in the order of the inner index. Idle hardware at small batches is the price of that.

const INNER = 64u;
const COLUMNS = 64u;

@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(COLUMNS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) column: u32,
) {
    let row = group.x;
    var sum = 0.0;
    for (var inner = 0u; inner < INNER; inner++) {
        sum += left[row * INNER + inner] * right[inner * COLUMNS + column];
    }
    output[row * COLUMNS + column] = sum;
}
