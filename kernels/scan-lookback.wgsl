// Inclusive prefix sums of integers in one pass, with decoupled look-back (Merrill and Garland, 2016) and
// fallback (Smith, Levien and Owens, 2025).
//
// Level: adapter-to-adapter. A block looks for the sums of the blocks before it. Waiting for them would
// rely on forward progress, which WGSL promises to no workgroup (and a driver that cuts loops short would
// end the wait with a wrong sum), so that a sum which is not there yet is computed anew. Blocks are numbered
// by a ticket in the order in which they begin, so that this is seldom. A block's state and its sum share
// one word: atomics are relaxed, and two words could be seen in the wrong order. The ticket differs from
// run to run and decides only who does the work, never what comes out.

const WIDTH = 256u;
/// The upper two bits: nothing yet, the sum of this block, or the sum of all blocks up to it. The rest is the
/// sum, below 2^30.
const OWN = 0x40000000u;
const WHOLE = 0x80000000u;
const SUM = 0x3fffffffu;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
/// Zero before the run.
@group(0) @binding(2) var<storage, read_write> ticket: atomic<u32>;
/// One per block, zero before the run.
@group(0) @binding(3) var<storage, read_write> states: array<atomic<u32>>;

var<workgroup> scratch: array<u32, WIDTH>;
var<workgroup> drawn: u32;
var<workgroup> carried: u32;

fn scan(lane: u32, own: u32) -> u32 {
    var sum = own;
    for (var reach = 1u; reach < WIDTH; reach *= 2u) {
        scratch[lane] = sum;
        workgroupBarrier();
        if lane >= reach {
            sum += scratch[lane - reach];
        }
        workgroupBarrier();
    }
    return sum;
}

/// The sum of one block, from the input.
fn anew(block: u32) -> u32 {
    var sum = 0u;
    for (var at = block * WIDTH; at < (block + 1u) * WIDTH; at++) {
        sum += input[at];
    }
    return sum;
}

/// The sum of all blocks before this one.
fn look_back(block: u32) -> u32 {
    var sum = 0u;
    for (var left = block; left > 0u; left--) {
        let state = atomicLoad(&states[left - 1u]);
        if state >= WHOLE {
            return sum + (state & SUM);
        }
        if state >= OWN {
            sum += state & SUM;
        } else {
            sum += anew(left - 1u);
        }
    }
    return sum;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
    if lane == 0u {
        drawn = atomicAdd(&ticket, 1u);
    }
    let block = workgroupUniformLoad(&drawn);
    let at = block * WIDTH + lane;
    let sum = scan(lane, input[at]);
    if lane == WIDTH - 1u {
        atomicStore(&states[block], OWN | sum);
        carried = look_back(block);
        atomicStore(&states[block], WHOLE | (carried + sum));
    }
    output[at] = workgroupUniformLoad(&carried) + sum;
}
