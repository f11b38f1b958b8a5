// The gradient of an embedding: each row of the table looks for its tokens and adds up their 16 numbers in
// the order of the tokens.
//
// Level: schedule-independent. Every element has one owner and one order of additions. Each row reads all
// words, which a list of tokens sorted by word would save.

const WIDTH = 16u;
override TOKENS: u32 = 256;

/// The word of each token.
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> upstream: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;

/// One invocation per row and component.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&gradient) {
        return;
    }
    let word = id.x / WIDTH;
    var sum = gradient[id.x];
    for (var token = 0u; token < TOKENS; token++) {
        if words[token] == word {
            sum += upstream[token * WIDTH + id.x % WIDTH];
        }
    }
    gradient[id.x] = sum;
}
