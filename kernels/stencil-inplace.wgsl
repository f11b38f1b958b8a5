// One step of a diffusion along a line, in place, with a copy for whoever draws it.
//
// Wrong: an invocation reads its neighbours while these write themselves, so that some see old values and
// some new ones. `stencil.wgsl` writes into another buffer.

@group(0) @binding(0) var<storage, read_write> cells: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let last = arrayLength(&cells) - 1u;
    if id.x > last {
        return;
    }
    let before = cells[max(id.x, 1u) - 1u];
    let after = cells[min(id.x + 1u, last)];
    let moved = 0.25 * before + 0.5 * cells[id.x] + 0.25 * after;
    cells[id.x] = moved;
    output[id.x] = moved;
}
