//! Statements, pointers, types and layouts.

use super::{Bench, as_floats};

/// Runs a body for eight lanes `l`, with declarations before it, and gives `out`.
fn run(declarations: &str, body: &str) -> Vec<u32> {
    let text = format!(
        "enable f16;
@group(0) @binding(0) var<storage, read_write> out: array<u32, 8>;
{declarations}
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) l: u32) {{
    {body}
}}"
    );
    Bench::new(&text).zeros(0, 8).right(0)
}

fn of(f: impl Fn(u32) -> u32) -> Vec<u32> {
    (0..8).map(f).collect()
}

#[test]
fn loops_end_in_all_their_ways() {
    assert_eq!(
        run("", "var n = 0u; for (var i = 0u; i < l; i++) { n += i; } out[l] = n;"),
        of(|l| (0..l).sum())
    );
    assert_eq!(
        run("", "var n = 0u; while (n * n < l) { n++; } out[l] = n;"),
        of(|l| (0..4).find(|n| n * n >= l).unwrap())
    );
    let body = "var n = 0u; var i = 0u; loop { i++; if (i % 2u == 0u) { continue; } if (i > 2u * l) { break; } n += i; continuing { n += 100u; break if i > 9u; } } out[l] = n;";
    let direct = |l: u32| {
        let (mut n, mut i) = (0, 0);
        loop {
            i += 1;
            if i % 2 != 0 {
                if i > 2 * l {
                    break n;
                }
                n += i;
            }
            n += 100;
            if i > 9 {
                break n;
            }
        }
    };
    assert_eq!(run("", body), of(direct));
    let nested = "var n = 0u; for (var i = 0u; i < 5u; i++) { for (var j = 0u; j < 5u; j++) { if (j == l) { break; } if (i == l) { continue; } n += 1u; } if (n > 12u) { return; } out[l] = n; }";
    let direct = |l: u32| {
        let (mut n, mut out) = (0, 0);
        for i in 0..5 {
            for j in 0..5 {
                if j == l {
                    break;
                }
                if i == l {
                    continue;
                }
                n += 1;
            }
            if n > 12 {
                break;
            }
            out = n;
        }
        out
    };
    assert_eq!(run("", nested), of(direct));
}

#[test]
fn switches_take_one_case() {
    let body = "switch (l) { case 0u, 3u: { out[l] = 1u; } case 1u: { if (l == 1u) { break; } out[l] = 9u; } default: { out[l] = 5u; } case 6u: { out[l] = 6u; } }";
    assert_eq!(run("", body), [1, 0, 5, 1, 5, 5, 6, 5]);
    let within = "for (var i = 0u; i < 4u; i++) { switch (i32(l) - 2) { case -1: { continue; } case 0: { break; } default: { out[l] += 1u; } } out[l] += 10u; }";
    assert_eq!(
        run("", within),
        of(|l| if l == 1 {
            0
        } else if l == 2 {
            40
        } else {
            44
        })
    );
}

#[test]
fn functions_return_early_and_take_pointers() {
    let declarations = "
fn collatz(n: u32) -> u32 { var m = n; var steps = 0u; loop { if (m <= 1u) { break; } if (m % 2u == 0u) { m /= 2u; } else { m = 3u * m + 1u; } steps++; } if (steps > 100u) { return 0u; } return steps; }
fn swap(a: ptr<function, u32>, b: ptr<function, u32>) { let t = *a; *a = *b; *b = t; }
fn bump(at: ptr<function, vec3<u32>>, by: u32) { (*at).y += by; (*at)[by % 3u] += 1u; }
var<private> total: u32 = 5u;
fn add_to(p: ptr<private, u32>, v: u32) { *p += v; }";
    assert_eq!(run(declarations, "out[l] = collatz(l + 1u);"), [0, 1, 7, 2, 5, 8, 16, 3]);
    let body = "var a = l; var b = 10u; if (l > 3u) { swap(&a, &b); } out[l] = a * 100u + b;";
    assert_eq!(run(declarations, body), of(|l| if l > 3 { 1000 + l } else { 100 * l + 10 }));
    let body = "var v: array<vec3<u32>, 4>; bump(&v[l % 4u], l); out[l] = v[l % 4u].x + 10u * v[l % 4u].y + 1000u * v[l % 4u].z;";
    assert_eq!(
        run(declarations, body),
        of(|l| [1, 10 + 10 * l, 1000][l as usize % 3] + if l % 3 == 1 { 0 } else { 10 * l })
    );
    assert_eq!(run(declarations, "add_to(&total, l); out[l] = total;"), of(|l| 5 + l));
}

#[test]
fn a_function_called_in_two_places_keeps_them_apart() {
    let declarations = "
fn square(x: u32) -> u32 { var y = x; y *= x; return y; }
fn both(p: ptr<function, array<u32, 4>>, i: u32) -> u32 { (*p)[i & 3u] += square(i); return square((*p)[i & 3u]); }
var<private> other: array<u32, 4> = array<u32, 4>(1u, 2u, 3u, 4u);
fn pick(p: ptr<private, array<u32, 4>>, i: u32) -> u32 { return (*p)[i]; }";
    let body = "var a = array<u32, 4>(1u, 1u, 1u, 1u); var b: array<u32, 4>; out[l] = both(&a, l) + 1000u * both(&b, l + 1u) + pick(&other, l & 3u);";
    assert_eq!(run(declarations, body), of(|l| (l * l + 1).pow(2) + 1000 * (l + 1).pow(4) + l % 4 + 1));
}

#[test]
fn values_are_indexed_by_lanes_and_composed() {
    let body = "let v = vec4<u32>(l, l + 1u, 20u, 30u); let w = v.wzyx; out[l] = w[l & 3u] + v[3u - (l & 3u)] * 100u;";
    let w = |l: u32| [30, 20, l + 1, l];
    assert_eq!(run("", body), of(|l| w(l)[l as usize & 3] * 101));
    let body = "let a = array<vec2<u32>, 3>(vec2<u32>(1u, 2u), vec2<u32>(3u, l), vec2<u32>(5u)); out[l] = a[l % 3u].y;";
    assert_eq!(run("", body), of(|l| [2, l, 5][l as usize % 3]));
    let body = "var m = mat3x2<f32>(1.0, 2.0, 3.0, 4.0, 5.0, 6.0); m[l % 3u][l & 1u] += 10.0; out[l] = u32(m[l % 3u].x * 100.0 + m[l % 3u].y);";
    let cell = |l: u32| {
        let mut m = [1, 2, 3, 4, 5, 6];
        m[(l % 3 * 2 + l % 2) as usize] += 10;
        m[l as usize % 3 * 2] * 100 + m[l as usize % 3 * 2 + 1]
    };
    assert_eq!(run("", body), of(cell));
}

#[test]
fn layouts_of_structs_matrices_and_vectors_are_those_of_wgsl() {
    let text = "
struct Inner { a: vec3<f32>, b: f32 }
struct All { x: u32, m: mat3x3<f32>, inner: array<Inner, 2>, h: vec2<u32>, rest: array<vec3<u32>> }
@group(0) @binding(0) var<storage, read_write> all: All;
@group(0) @binding(1) var<storage, read_write> copy: All;
@compute @workgroup_size(1)
fn main() {
    copy.x = all.x + arrayLength(&all.rest);
    copy.m = transpose(all.m);
    copy.inner[1] = all.inner[0];
    copy.inner[0].b = all.inner[1].a.z;
    copy.h = all.h.yx;
    copy.rest[1] = all.rest[0];
    copy.rest[0].y = all.rest[1].z;
}";
    // x 0, m 16..64, inner 64..96, h 96..104, rest from 112 with a stride of 16.
    let words: Vec<u32> =
        (0..36).map(|word| if (4..24).contains(&word) { (word as f32).to_bits() } else { word }).collect();
    let out = Bench::new(text).words(0, &words).zeros(1, 36).right(1);
    let floats = as_floats(&out);
    assert_eq!(out[0], 2);
    assert_eq!(floats[4..15], [4.0, 8.0, 12.0, 0.0, 5.0, 9.0, 13.0, 0.0, 6.0, 10.0, 14.0]);
    assert_eq!((floats[19], &floats[20..24]), (22.0, &[16.0, 17.0, 18.0, 19.0][..]));
    assert_eq!(out[24..28], [25, 24, 0, 0]);
    assert_eq!(out[28..36], [0, 34, 0, 0, 28, 29, 30, 0]);
}

#[test]
fn sixty_four_bits_are_kept() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<u64, 2>;
@group(0) @binding(1) var<storage, read_write> b: array<i64, 2>;
@group(0) @binding(2) var<storage, read_write> c: array<f64, 2>;
@group(0) @binding(3) var<storage, read_write> d: atomic<u64>;
@compute @workgroup_size(2)
fn main(@builtin(local_invocation_index) l: u32) {
    a[l] = a[l] * 3lu + (a[l] >> 40u);
    b[l] = -b[l] / 7li;
    c[l] = sqrt(c[l]) + f64(b[l]);
    atomicMax(&d, a[l]);
}";
    let mut bench = Bench::new(text);
    let put = |values: [u64; 2]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let (x, y) = (0x1234_5678_9abc_def0_u64, 0xffff_ffff_ffff_fff1_u64);
    bench.memory.insert(super::at(0), put([x, y]));
    bench.memory.insert(super::at(1), put([1 << 60, (-77_i64).cast_unsigned()]));
    bench.memory.insert(super::at(2), put([2_f64.to_bits(), 1e300_f64.to_bits()]));
    bench.memory.insert(super::at(3), vec![0; 8]);
    assert_eq!(bench.go().findings, []);
    let direct = |value: u64| value.wrapping_mul(3).wrapping_add(value >> 40);
    assert_eq!(bench.memory[&super::at(0)], put([direct(x), direct(y)]));
    let seventh = -(1_i64 << 60) / 7;
    assert_eq!(bench.memory[&super::at(1)], put([seventh.cast_unsigned(), 11]));
    let roots = [2_f64.sqrt() + seventh as f64, 1e300_f64.sqrt() + 11.0];
    assert_eq!(bench.memory[&super::at(2)], put(roots.map(f64::to_bits)));
    assert_eq!(bench.memory[&super::at(3)], direct(x).max(direct(y)).to_le_bytes());
}

#[test]
fn halves_are_rounded_once_after_each_operation() {
    let body = "let x = f16(l) * 0.1h; let y = x * x + 1.0h; out[l] = bitcast<u32>(vec2<f16>(x, y).x == x) + u32(y * 1024.0h);";
    let half = |value: f32| half::f16::from_f32(value).to_f32();
    let y = |l: u32| {
        let x = half(half(0.1) * l as f32);
        half(half(x * x) + 1.0)
    };
    let body =
        body.replace("bitcast<u32>(vec2<f16>(x, y).x == x)", "select(100000u, 0u, vec2<f16>(x, y).x == x)");
    assert_eq!(run("", &body), of(|l| half(y(l) * 1024.0) as u32));
}

#[test]
fn atomics_do_what_their_names_say() {
    let text = "
@group(0) @binding(0) var<storage, read_write> a: array<atomic<i32>, 8>;
@group(0) @binding(1) var<storage, read_write> old: array<i32, 8>;
@group(0) @binding(2) var<storage, read_write> f: atomic<f32>;
@compute @workgroup_size(1)
fn main() {
    old[0] = atomicAdd(&a[0], 5);
    old[1] = atomicSub(&a[1], 5);
    old[2] = atomicMin(&a[2], -5);
    old[3] = atomicMax(&a[3], -5);
    old[4] = atomicAnd(&a[4], 6);
    old[5] = atomicOr(&a[5], 6);
    old[6] = atomicXor(&a[6], 6);
    old[7] = atomicExchange(&a[7], atomicLoad(&a[0]));
    let r = atomicCompareExchangeWeak(&a[1], -2, 77);
    if (r.exchanged) { old[1] += 1000 * r.old_value; }
    let s = atomicCompareExchangeWeak(&a[1], -2, 78);
    if (!s.exchanged) { old[1] += 10 * s.old_value; }
    atomicAdd(&f, 0.25);
    atomicSub(&f, 1.0);
}";
    let mut bench = Bench::new(text).words(0, &[3; 8]).zeros(1, 8).zeros(2, 1);
    assert_eq!(bench.go().findings, []);
    let words = |binding| bench.out(binding).into_iter().map(u32::cast_signed).collect::<Vec<_>>();
    assert_eq!(words(0), [8, 77, -5, 3, 2, 7, 5, 8]);
    assert_eq!(words(1), [3, 3 - 2000 + 770, 3, 3, 3, 3, 3, 3]);
    assert_eq!(as_floats(&bench.out(2)), [-0.75]);
}

#[test]
fn immediate_data_are_zeros_unless_given() {
    let text = "
var<immediate> given: vec2<u32>;
@group(0) @binding(0) var<storage, read_write> out: array<u32, 2>;
@compute @workgroup_size(1)
fn main() { out[0] = given.x; out[1] = given.y; }";
    let mut bench = Bench::new(text).words(0, &[9, 9]);
    bench.go();
    assert_eq!(bench.out(0), [0, 0]);
    bench.options.immediates = vec![1, 1, 0, 0];
    bench.go();
    assert_eq!(bench.out(0), [257, 0]);
}

#[test]
fn indices_of_all_integer_types_and_members_of_members_are_reached() {
    let body = "var p = array<u32, 4>(1u, 2u, 3u, 4u); out[l] = p[i64(l & 3u)] + 10u * p[u64(3u - (l & 3u))] + 100u * p[i32(l) / 3];";
    let p = [1, 2, 3, 4];
    assert_eq!(
        run("", body),
        of(|l| p[l as usize & 3] + 10 * p[3 - (l as usize & 3)] + 100 * p[l as usize / 3])
    );
    let declarations = "
struct Inner { flags: vec2<bool>, wide: array<i64, 2>, m: mat2x3<f16> }
struct Outer { x: u32, inner: array<Inner, 3> }
var<private> held: Outer;
var<workgroup> flags: array<vec2<bool>, 8>;
fn fill(p: ptr<private, Inner>, v: u32) { (*p).wide[v & 1u] = i64(v) << 33u; (*p).m[1][v % 3u] = f16(v); (*p).flags.y = v > 3u; }
fn read(o: Outer, i: u32) -> u32 {
    let inner = o.inner[i % 3u];
    return u32(inner.wide[i & 1u] >> 33u) + 100u * u32(inner.m[1][i % 3u]) + 10000u * u32(inner.flags.y) + 20000u * u32(any(inner.flags));
}";
    let body = "fill(&held.inner[l % 3u], l); held.x = 1u; flags[l] = held.inner[l % 3u].flags; workgroupBarrier(); let all = held; out[l] = read(all, l) + 100000u * u32(flags[7u - l].y);";
    assert_eq!(
        run(declarations, body),
        of(|l| l * 101 + if l > 3 { 30_000 } else { 0 } + if 7 - l > 3 { 100_000 } else { 0 })
    );
}

#[test]
fn uninitialised_variables_in_loops_begin_as_zeros_each_time() {
    let body =
        "for (var i = 0u; i <= l; i++) { var fresh: u32; var kept = i; fresh += kept + 1u; out[l] = fresh; }";
    assert_eq!(run("", body), of(|l| l + 1));
}
