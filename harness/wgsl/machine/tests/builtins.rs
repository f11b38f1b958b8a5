//! Builtin functions against doubles, at the accuracy that WGSL grants (section "Floating Point Accuracy"), and against integers.

use super::{Bench, as_floats};

/// What WGSL grants.
enum Grant {
    /// Units in the last place of the exact value.
    Ulp(f64),
    Absolute(f64),
}

use Grant::{Absolute, Ulp};

/// The distance between neighbouring `f32` at a value.
fn ulp(value: f64) -> f64 {
    let exponent = value.abs().max(f64::from(f32::MIN_POSITIVE)).log2().floor();
    2_f64.powi(exponent as i32 - 23)
}

/// Values of `a` and `b` for one lane each; expressions of `a[i]`, `b[i]`.
fn evaluate(expression: &str, a: &[f32], b: &[f32]) -> Vec<f32> {
    let text = format!(
        "
@group(0) @binding(0) var<storage, read> xs: array<f32>;
@group(0) @binding(1) var<storage, read> ys: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {{
    if (g.x >= arrayLength(&xs)) {{ return; }}
    let a = xs[g.x];
    let b = ys[g.x];
    out[g.x] = {expression};
}}"
    );
    let groups = u32::try_from(a.len().div_ceil(64)).unwrap();
    let bench = Bench::new(&text).floats(0, a).floats(1, b).zeros(2, a.len()).grid(groups, 1, 1);
    as_floats(&bench.right(2))
}

fn samples(low: f64, high: f64) -> Vec<f32> {
    (0..400).map(|index| (low + (high - low) * (f64::from(index) + 0.37) / 400.0) as f32).collect()
}

fn check(
    expression: &str,
    (low, high): (f64, f64),
    grant: impl Fn(f64) -> Grant,
    exact: impl Fn(f64, f64) -> f64,
) {
    let a = samples(low, high);
    let b: Vec<f32> = a.iter().map(|a| 0.25 + (a * 7.3).abs() % 3.0).collect();
    for ((a, b), value) in a.iter().zip(&b).zip(evaluate(expression, &a, &b)) {
        let (x, exact) = (f64::from(*a), exact(f64::from(*a), f64::from(*b)));
        let granted = match grant(x) {
            Ulp(count) => count * ulp(exact),
            Absolute(bound) => bound,
        };
        let error = (f64::from(value) - exact).abs();
        assert!(
            error <= granted,
            "{expression} at {a}, {b}: {value} for {exact}, off by {error} of {granted}"
        );
    }
}

#[test]
fn elementary_functions_are_within_the_granted_accuracy() {
    let wide = (-3.0, 3.0);
    check("exp(a)", (-80.0, 80.0), |x| Ulp(3.0 + 2.0 * x.abs()), |a, _| a.exp());
    check("exp2(a)", (-120.0, 120.0), |x| Ulp(3.0 + 2.0 * x.abs()), |a, _| a.exp2());
    let near_one = |x: f64| if (0.5..=2.0).contains(&x) { Absolute(2_f64.powi(-21)) } else { Ulp(3.0) };
    check("log(a)", (1e-3, 50.0), near_one, |a, _| a.ln());
    check("log2(a)", (1e-3, 50.0), near_one, |a, _| a.log2());
    check("sin(a)", wide, |_| Absolute(2_f64.powi(-11)), |a, _| a.sin());
    check("cos(a)", wide, |_| Absolute(2_f64.powi(-11)), |a, _| a.cos());
    check("tan(a)", (-1.5, 1.5), |_| Ulp(4096.0), |a, _| a.tan());
    check("asin(a)", (-0.99, 0.99), |_| Ulp(4096.0), |a, _| a.asin());
    check("acos(a)", (-0.99, 0.99), |_| Ulp(4096.0), |a, _| a.acos());
    check("atan(a)", (-50.0, 50.0), |_| Ulp(4096.0), |a, _| a.atan());
    check("atan2(a, b)", wide, |_| Ulp(4096.0), f64::atan2);
    check("sinh(a)", (-20.0, 20.0), |_| Ulp(60.0), |a, _| a.sinh());
    check("cosh(a)", (-20.0, 20.0), |_| Ulp(60.0), |a, _| a.cosh());
    check("tanh(a)", wide, |_| Ulp(60.0), |a, _| a.tanh());
    check("asinh(a)", wide, |_| Ulp(60.0), |a, _| a.asinh());
    check("acosh(a)", (1.01, 30.0), |_| Ulp(60.0), |a, _| a.acosh());
    check("atanh(a)", (-0.99, 0.99), |_| Ulp(60.0), |a, _| a.atanh());
    check("pow(a, b)", (0.01, 30.0), |_| Ulp(60.0), f64::powf);
    check("sqrt(a)", (0.0, 30.0), |_| Ulp(0.51), |a, _| a.sqrt());
    check("inverseSqrt(a)", (0.01, 30.0), |_| Ulp(2.0), |a, _| 1.0 / a.sqrt());
}

#[test]
fn elementary_functions_are_nearly_correctly_rounded() {
    for (expression, exact) in [
        ("exp(a)", f64::exp as fn(f64) -> f64),
        ("sin(a)", f64::sin),
        ("cos(a)", f64::cos),
        ("tanh(a)", f64::tanh),
        ("atan(a)", f64::atan),
        ("exp2(a)", f64::exp2),
    ] {
        check(expression, (-3.0, 3.0), |_| Ulp(0.5 + 1e-6), |a, _| exact(a));
    }
}

#[test]
fn arithmetic_is_that_of_ieee() {
    let (a, b) = (super::spread(256, 3), super::spread(256, 4));
    for (expression, direct) in [
        ("a + b", (|a, b| a + b) as fn(f32, f32) -> f32),
        ("a - b", |a, b| a - b),
        ("a * b", |a, b| a * b),
        ("a / b", |a, b| a / b),
        ("a % b", |a, b| a % b),
        ("a * b + a", |a, b| a * b + a),
        ("fma(a, b, a)", |a, b| a.mul_add(b, a)),
        ("-a", |a, _| -a),
        ("floor(a)", |a, _| a.floor()),
        ("ceil(a)", |a, _| a.ceil()),
        ("trunc(a)", |a, _| a.trunc()),
        ("round(a)", |a, _| a.round_ties_even()),
        ("fract(a)", |a, _| a - a.floor()),
        ("abs(a)", |a, _| a.abs()),
        ("sign(a)", |a, _| a.signum()),
        ("min(a, b)", f32::min),
        ("max(a, b)", f32::max),
        ("clamp(a, -0.5, 0.5)", |a, _| a.clamp(-0.5, 0.5)),
        ("saturate(a)", |a, _| a.clamp(0.0, 1.0)),
        ("step(a, b)", |a, b| if b >= a { 1.0 } else { 0.0 }),
        ("mix(a, b, 0.25)", |a, b| a * 0.75 + b * 0.25),
        ("smoothstep(-1.0, 3.0, a)", |a, _| {
            let t = ((a + 1.0) / 4.0).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        }),
        ("ldexp(a, i32(b * 4.0))", |a, b| (f64::from(a) * 2_f64.powi((b * 4.0) as i32)) as f32),
        ("modf(a).fract", |a, _| a - a.trunc()),
        ("modf(a).whole", |a, _| a.trunc()),
        ("frexp(a).fract * f32(1u << 20u) * exp2(f32(frexp(a).exp)) ", |a, _| a * 1_048_576.0),
        ("select(a, b, a < b)", |a, b| if a < b { b } else { a }),
        ("radians(a)", |a, _| a * (std::f64::consts::PI / 180.0) as f32),
        ("degrees(a)", |a, _| a * (180.0 / std::f64::consts::PI) as f32),
        ("f32(i32(a * 100.0))", |a, _| (a * 100.0).trunc()),
        ("f32(u32(abs(a) * 1e6))", |a, _| (a.abs() * 1e6) as u32 as f32),
    ] {
        for ((a, b), value) in a.iter().zip(&b).zip(evaluate(expression, &a, &b)) {
            let direct = direct(*a, *b);
            assert_eq!(value.to_bits(), direct.to_bits(), "{expression} at {a}, {b}: {value} for {direct}");
        }
    }
}

#[test]
fn subnormals_infinities_and_nan_are_kept() {
    let tiny = f32::from_bits(3);
    let out = evaluate("a * b", &[tiny, 1e30, 0.0, -0.0], &[1.0, 1e30, f32::INFINITY, 1.0]);
    assert_eq!((out[0].to_bits(), out[1], out[3].to_bits()), (3, f32::INFINITY, 1 << 31));
    assert!(out[2].is_nan());
    let out = evaluate("min(a, b) + max(b, a)", &[f32::NAN, 2.0], &[1.0, f32::NAN]);
    assert_eq!(out, [2.0, 4.0]);
}

#[test]
fn vector_functions_follow_their_formulas() {
    let (a, b) = (super::spread(64, 5), super::spread(64, 6));
    let v = "vec3<f32>(a, b, a * b)";
    let three = |a: f32, b: f32| [a, b, a * b].map(f64::from);
    let dot = |v: [f64; 3], w: [f64; 3]| v.iter().zip(w).map(|(a, b)| a * b).sum::<f64>();
    let close = |expression: &str, exact: &dyn Fn(f32, f32) -> f64, scale: f64| {
        for ((a, b), value) in a.iter().zip(&b).zip(evaluate(expression, &a, &b)) {
            let exact = exact(*a, *b);
            assert!(
                (f64::from(value) - exact).abs() <= 1e-6 * scale * exact.abs().max(1.0),
                "{expression} at {a}, {b}: {value} for {exact}"
            );
        }
    };
    close(&format!("length({v})"), &|a, b| dot(three(a, b), three(a, b)).sqrt(), 1.0);
    close(
        &format!("distance({v}, vec3<f32>(1.0))"),
        &|a, b| three(a, b).map(|x| (x - 1.0).powi(2)).iter().sum::<f64>().sqrt(),
        1.0,
    );
    close(&format!("normalize({v}).y"), &|a, b| f64::from(b) / dot(three(a, b), three(a, b)).sqrt(), 1.0);
    close(
        &format!("dot({v}, vec3<f32>(b, a, 2.0))"),
        &|a, b| dot(three(a, b), [f64::from(b), f64::from(a), 2.0]),
        400.0,
    );
    close(
        &format!("cross({v}, vec3<f32>(1.0, 2.0, 3.0)).z"),
        &|a, b| 2.0 * f64::from(a) - f64::from(b),
        100.0,
    );
    close(&format!("reflect({v}, vec3<f32>(0.0, 1.0, 0.0)).y"), &|_, b| -f64::from(b), 1.0);
    close("refract(vec2<f32>(0.6, -0.8), vec2<f32>(0.0, 1.0), 0.5).y", &|_, _| -(1.0_f64 - 0.09).sqrt(), 1.0);
    close("refract(vec2<f32>(0.6, -0.8), vec2<f32>(0.0, 1.0), 2.0).x", &|_, _| 0.0, 1.0);
    close(
        &format!("faceForward({v}, vec3<f32>(1.0, 0.0, 0.0), vec3<f32>(a, 0.0, 0.0)).y"),
        &|a, b| f64::from(if a < 0.0 { b } else { -b }),
        1.0,
    );
    close(
        "(mat2x3<f32>(1.0, 2.0, 3.0, 4.0, 5.0, 6.0) * vec2<f32>(a, b)).z",
        &|a, b| 3.0 * f64::from(a) + 6.0 * f64::from(b),
        100.0,
    );
    close(
        "(vec3<f32>(a, b, 1.0) * mat2x3<f32>(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)).y",
        &|a, b| 4.0 * f64::from(a) + 5.0 * f64::from(b) + 6.0,
        100.0,
    );
    close(
        "(mat2x2<f32>(a, 2.0, 3.0, b) * mat2x2<f32>(5.0, b, 7.0, 8.0))[1].x",
        &|a, _| 7.0 * f64::from(a) + 24.0,
        100.0,
    );
    close(
        "determinant(mat3x3<f32>(a, 1.0, 2.0, 3.0, b, 4.0, 5.0, 6.0, 7.0))",
        &|a, b| {
            let (a, b) = (f64::from(a), f64::from(b));
            a * (b * 7.0 - 24.0) - 3.0 * (7.0 - 12.0) + 5.0 * (4.0 - 2.0 * b)
        },
        1000.0,
    );
    close(
        "determinant(mat4x4<f32>(a, 0.0, 0.0, 5.0, 6.0, b, 0.0, 0.0, 0.0, 7.0, 2.0, 0.0, 0.0, 0.0, 8.0, 3.0))",
        &|a, b| f64::from(a) * f64::from(b) * 6.0 - 5.0 * 6.0 * 7.0 * 8.0,
        1000.0,
    );
}

/// Words of an expression of `a` and `b` (`u32`) and `i`, `j` (the same as `i32`).
fn words(expression: &str, a: &[u32], b: &[u32]) -> Vec<u32> {
    let text = format!(
        "
@group(0) @binding(0) var<storage, read> xs: array<u32>;
@group(0) @binding(1) var<storage, read> ys: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {{
    if (g.x >= arrayLength(&xs)) {{ return; }}
    let a = xs[g.x];
    let b = ys[g.x];
    let i = bitcast<i32>(a);
    let j = bitcast<i32>(b);
    out[g.x] = bitcast<u32>({expression});
}}"
    );
    let groups = u32::try_from(a.len().div_ceil(16)).unwrap();
    Bench::new(&text).words(0, a).words(1, b).zeros(2, a.len()).grid(groups, 1, 1).right(2)
}

#[test]
fn integer_functions_are_exact() {
    let a = [0, 1, 2, 0x8000_0000, u32::MAX, 0x1234_5678, 0x00ff_0000, 0x7fff_ffff, 0xffff_fff0, 77];
    let b = [3, 5, 31, 7, 2, 9, 16, 1, 30, 12];
    let bit = |bit: Option<u32>| bit.unwrap_or(u32::MAX);
    for (expression, direct) in [
        ("countLeadingZeros(a)", (|a, _| a.leading_zeros()) as fn(u32, u32) -> u32),
        ("countTrailingZeros(a)", |a, _| a.trailing_zeros()),
        ("countOneBits(a)", |a, _| a.count_ones()),
        ("reverseBits(a)", |a, _| a.reverse_bits()),
        ("abs(i)", |a, _| a.cast_signed().wrapping_abs().cast_unsigned()),
        ("sign(i)", |a, _| a.cast_signed().signum().cast_unsigned()),
        ("-i", |a, _| a.wrapping_neg()),
        ("~a", |a, _| !a),
        ("a << (b + 20u)", |a, b| a.wrapping_shl(b + 20)),
        ("a >> (b + 20u)", |a, b| a.wrapping_shr(b + 20)),
        ("i >> b", |a, b| (a.cast_signed() >> b).cast_unsigned()),
        ("a / b", |a, b| a / b),
        ("i % j", |a, b| (a.cast_signed() % b.cast_signed()).cast_unsigned()),
        ("i / -j", |a, b| (a.cast_signed() / -b.cast_signed()).cast_unsigned()),
        ("clamp(i, -5, 5)", |a, _| a.cast_signed().clamp(-5, 5).cast_unsigned()),
        ("dot(vec2<u32>(a, b), vec2<u32>(3u, a))", |a, b| a.wrapping_mul(3).wrapping_add(b.wrapping_mul(a))),
        ("dot4I8Packed(a, b * 0x01010101u)", |a, b| {
            let b = i32::from((b as u8).cast_signed());
            a.to_le_bytes().iter().map(|a| i32::from(a.cast_signed()) * b).sum::<i32>().cast_unsigned()
        }),
        ("dot4U8Packed(a, b)", |a, b| {
            a.to_le_bytes().iter().zip(b.to_le_bytes()).map(|(a, b)| u32::from(*a) * u32::from(b)).sum()
        }),
        ("extractBits(a, b, 6u)", |a, b| (u64::from(a) >> b & 0x3f) as u32),
        ("extractBits(i, 4u, b)", |a, b| {
            let count = b.min(28);
            ((i64::from(a.cast_signed()) << (60 - count)) >> (64 - count)) as u32
        }),
        ("extractBits(a, 40u, 5u)", |_, _| 0),
        ("insertBits(a, 0xffu, b, 8u)", |a, b| {
            let mask = (0xff_u64 << b) as u32;
            a | mask
        }),
        ("insertBits(a, b, 8u, 0u)", |a, _| a),
        ("pack4xU8(unpack4xU8(a)) ^ pack4xI8(unpack4xI8(b))", |a, b| a ^ b),
        ("pack4xI8Clamp(vec4<i32>(i, j, -200, 200))", |a, b| {
            let byte = |value: i32| u32::from((value.clamp(-128, 127) as i8).cast_unsigned());
            byte(a.cast_signed()) | byte(b.cast_signed()) << 8 | 0x80 << 16 | 0x7f << 24
        }),
        ("pack4xU8Clamp(vec4<u32>(a, b, 300u, 3u))", |a, b| {
            a.min(255) | b.min(255) << 8 | 255 << 16 | 3 << 24
        }),
        (
            "u32(a > b) + 2u * u32(i > j) + 4u * u32(all(vec2<bool>(a > 1u, b > 3u))) + 8u * u32(any(vec2<bool>(a > 1u, b > 3u)))",
            |a, b| {
                u32::from(a > b)
                    + 2 * u32::from(a.cast_signed() > b.cast_signed())
                    + 4 * u32::from(a > 1 && b > 3)
                    + 8 * u32::from(a > 1 || b > 3)
            },
        ),
        ("bitcast<u32>(f32(i))", |a, _| (a.cast_signed() as f32).to_bits()),
        ("bitcast<u32>(f32(a))", |a, _| (a as f32).to_bits()),
    ] {
        let direct: Vec<u32> = a.iter().zip(b).map(|(a, b)| direct(*a, b)).collect();
        assert_eq!(words(expression, &a, &b), direct, "{expression}");
    }
    let first: Vec<u32> = a.iter().map(|a| bit(a.checked_ilog2())).collect();
    assert_eq!(words("firstLeadingBit(a)", &a, &b), first);
    let signed = |a: u32| bit((if a >> 31 == 1 { !a } else { a }).checked_ilog2());
    assert_eq!(words("firstLeadingBit(i)", &a, &b), a.map(signed));
    let trailing = |a: u32| if a == 0 { u32::MAX } else { a.trailing_zeros() };
    assert_eq!(words("firstTrailingBit(a)", &a, &b), a.map(trailing));
}

#[test]
fn packed_floats_follow_their_formulas() {
    let values = [0.0_f32, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 0.003_921_6, 0.1, -0.000_015];
    let text = "
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) w: vec3<u32>) {
    let v = vec4<f32>(x[w.x], 0.25, -0.75, 1.5);
    out[8u * w.x] = pack4x8snorm(v);
    out[8u * w.x + 1u] = pack4x8unorm(v);
    out[8u * w.x + 2u] = pack2x16snorm(v.xy);
    out[8u * w.x + 3u] = pack2x16unorm(v.xy);
    out[8u * w.x + 4u] = pack2x16float(v.xy);
    out[8u * w.x + 5u] = bitcast<u32>(unpack4x8snorm(pack4x8snorm(v)).x + unpack2x16unorm(pack2x16unorm(v.xy)).y);
    out[8u * w.x + 6u] = bitcast<u32>(unpack2x16float(pack2x16float(v.yx)).y);
    out[8u * w.x + 7u] = bitcast<u32>(quantizeToF16(v.x));
}";
    let count = u32::try_from(values.len()).unwrap();
    let out = Bench::new(text).floats(0, &values).zeros(1, 80).grid(count, 1, 1).right(1);
    for (x, out) in values.iter().zip(out.chunks(8)) {
        let snorm = |x: f32, scale: f32| ((0.5 + scale * x.clamp(-1.0, 1.0)).floor() as i32).cast_unsigned();
        let unorm = |x: f32, scale: f32| (0.5 + scale * x.clamp(0.0, 1.0)).floor() as u32;
        let four = |f: &dyn Fn(f32) -> u32| {
            [*x, 0.25, -0.75, 1.5].iter().rev().fold(0, |word, x| word << 8 | f(*x) & 0xff)
        };
        assert_eq!(out[0], four(&|x| snorm(x, 127.0)));
        assert_eq!(out[1], four(&|x| unorm(x, 255.0)));
        assert_eq!(out[2], snorm(*x, 32767.0) & 0xffff | snorm(0.25, 32767.0) << 16);
        assert_eq!(out[3], unorm(*x, 65535.0) | unorm(0.25, 65535.0) << 16);
        let half = half::f16::from_f32(*x);
        assert_eq!(out[4], u32::from(half.to_bits()) | 0x3400 << 16);
        let byte = (f32::from((snorm(*x, 127.0) as u8).cast_signed()) / 127.0).max(-1.0);
        assert_eq!(out[5], (byte + unorm(0.25, 65535.0) as f32 / 65535.0).to_bits());
        assert_eq!((out[6], out[7]), (half.to_f32().to_bits(), half.to_f32().to_bits()));
    }
}

#[test]
fn conversions_from_floats_stay_among_numbers_of_both_types() {
    let text = "enable f16;
@group(0) @binding(0) var<storage, read> x: array<f32, 6>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<u32>>;
@compute @workgroup_size(6)
fn main(@builtin(local_invocation_index) l: u32) {
    out[2u * l] = vec4<u32>(bitcast<u32>(i32(x[l])), u32(x[l]), bitcast<u32>(i32(f16(x[l]))), u32(f16(x[l])));
    let wide = i64(x[l]);
    out[2u * l + 1u] = vec4<u32>(u32(wide), u32(wide >> 32u), bitcast<u32>(i32(f64(x[l]) * 1.5lf)), u32(f64(x[l])));
}";
    let values = [3e9, -3e9, 1e30, f32::NAN, -7.9, f32::NEG_INFINITY];
    let mut bench = Bench::new(text).floats(0, &values).zeros(1, 48);
    bench.go();
    let rows: Vec<[i64; 7]> = bench
        .out(1)
        .chunks(8)
        .map(|row| {
            let signed = |word: u32| i64::from(word.cast_signed());
            let wide = (u64::from(row[4]) | u64::from(row[5]) << 32).cast_signed();
            [
                signed(row[0]),
                row[1].into(),
                signed(row[2]),
                row[3].into(),
                wide,
                signed(row[6]),
                row[7].into(),
            ]
        })
        .collect();
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let far = 9_223_371_487_098_961_920;
    assert_eq!(
        rows,
        [
            [2_147_483_520, 3_000_000_000, 65504, 65504, 3_000_000_000, most, 3_000_000_000],
            [least, 0, -65504, 0, -3_000_000_000, least, 0],
            [2_147_483_520, 4_294_967_040, 65504, 65504, far, most, u32::MAX.into()],
            [0; 7],
            [-7, 0, -7, 0, -7, -11, 0],
            [least, 0, -65504, 0, i64::MIN, least, 0],
        ]
    );
}

#[test]
fn functions_of_halves_and_doubles_are_those_of_their_type() {
    let text = "enable f16;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> halves: array<vec4<f16>>;
@group(0) @binding(2) var<storage, read_write> doubles: array<vec4<f64>>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) w: vec3<u32>) {
    let h = f16(x[w.x]);
    let d = f64(x[w.x]);
    halves[w.x] = vec4<f16>(exp(h), h / f16(3.0), fma(h, h, f16(0.1)), max(floor(h), -h));
    doubles[w.x] = vec4<f64>(exp(d), d / 3.0lf, fma(d, d, 0.1lf), length(vec2<f64>(d, 2.0lf)));
}";
    let values = super::spread(50, 11);
    let count = 50;
    let mut bench = Bench::new(text).floats(0, &values).zeros(1, 100).zeros(2, 400).grid(count, 1, 1);
    assert_eq!(bench.go().findings, []);
    let halves: Vec<u16> =
        bench.memory[&super::at(1)].chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    let doubles =
        bench.memory[&super::at(2)].chunks(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap()));
    let doubles: Vec<f64> = doubles.collect();
    for (index, x) in values.iter().enumerate() {
        let h = half::f16::from_f32(*x).to_f64();
        let tenth = half::f16::from_f64(0.1).to_f64();
        let exact = [h.exp(), h / 3.0, h * h + tenth, h.floor().max(-h)];
        assert_eq!(
            halves[4 * index..4 * index + 4],
            exact.map(|value| half::f16::from_f64(value).to_bits()),
            "{x}"
        );
        let d = f64::from(*x);
        let exact = [d.exp(), d / 3.0, d.mul_add(d, 0.1), (d * d + 4.0).sqrt()];
        for (value, exact) in doubles[4 * index..].iter().zip(exact) {
            assert!((value - exact).abs() <= 4e-16 * exact.abs(), "{value} for {exact}");
        }
    }
}
