// The gradient of an embedding: each token adds its 16 numbers to the row of its word, by compare-exchange.
//
// Wrong as a reproducible gradient: words occur several times, and the additions to a row happen in the
// order in which invocations arrive. `embedding-gather-sorted.wgsl` walks over the tokens instead.

const WIDTH = 16u;
override TOKENS: u32 = 256;

/// The word of each token.
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> upstream: array<f32>;
/// The bits of the gradient, zero before the run.
@group(0) @binding(2) var<storage, read_write> gradient: array<atomic<u32>>;

/// One invocation per token and component.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let token = id.x / WIDTH;
    if token >= TOKENS {
        return;
    }
    let at = words[token] * WIDTH + id.x % WIDTH;
    let own = upstream[id.x];
    var before = atomicLoad(&gradient[at]);
    loop {
        let after = bitcast<u32>(bitcast<f32>(before) + own);
        let attempt = atomicCompareExchangeWeak(&gradient[at], before, after);
        if attempt.exchanged {
            break;
        }
        before = attempt.old_value;
    }
}
