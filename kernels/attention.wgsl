// Attention of each query to 64 keys with the online softmax of Milakov and Gimelshein (2018): one workgroup
// per query, one invocation per component.
//
// Level: schedule-independent, and a query does not depend on the queries beside it. Keys come in blocks of
// fixed size and in fixed order; a number of blocks that followed from the number of queries would be
// another order of the additions.

const KEYS = 64u;
const WIDTH = 32u;
/// 1 / sqrt(32).
const SCALE = 0.17677669529663687;

@group(0) @binding(0) var<storage, read> query: array<f32>;
@group(0) @binding(1) var<storage, read> key: array<f32>;
@group(0) @binding(2) var<storage, read> value: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

/// The scores of one block of keys.
var<workgroup> scores: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = group.x * WIDTH;
    var high = -3.4e38;
    var weights = 0.0;
    var sum = 0.0;
    for (var first = 0u; first < KEYS; first += WIDTH) {
        // Each invocation scores one key of the block.
        var score = 0.0;
        for (var at = 0u; at < WIDTH; at++) {
            score += query[row + at] * key[(first + lane) * WIDTH + at];
        }
        scores[lane] = score * SCALE;
        workgroupBarrier();
        // Each invocation adds one component of all values of the block.
        for (var at = 0u; at < WIDTH; at++) {
            let higher = max(high, scores[at]);
            let shrink = exp(high - higher);
            let weight = exp(scores[at] - higher);
            weights = weights * shrink + weight;
            sum = sum * shrink + weight * value[(first + at) * WIDTH + lane];
            high = higher;
        }
        workgroupBarrier();
    }
    output[row + lane] = sum / weights;
}
