//! What is refused, with which words, and before anything is dispatched.

use super::kernels::CAS_SUM;
use super::*;

const EMPTY: &str = "
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { out[0] = 1u; }";

#[track_caller]
fn limited(bench: &Bench, part: &str) -> (u64, u64) {
    match bench.refused() {
        Error::Limits { what, have, need } => {
            assert!(what.contains(part), "{what}");
            (have, need)
        }
        other => panic!("{other}"),
    }
}

fn one(text: &str, grid: [u32; 3]) -> Bench {
    Bench::new(text, grid).output(1).plain()
}

#[test]
fn a_grid_beyond_the_adapter_is_refused_unless_it_is_scheduled() {
    let (have, need) = limited(&one(EMPTY, [70_000, 1, 1]), "workgroups along x");
    assert!(have < need && need == 70_000);
    let reply = Bench::new(EMPTY, [70_000, 1, 1]).output(1).scheduled(Schedule::default()).work();
    assert_eq!(reply.tasks[0].launches, 2);
    limited(
        &Bench::new(EMPTY, [65_535; 3]).output(1).scheduled(Schedule::default()),
        "workgroups in one dispatch",
    );
}

#[test]
fn workgroups_that_are_too_large_are_refused() {
    let wide = EMPTY.replace("workgroup_size(1)", "workgroup_size(1, 1, 4096)");
    assert_eq!(limited(&one(&wide, [1, 1, 1]), "workgroup size along z").1, 4096);
    let many = EMPTY.replace("workgroup_size(1)", "workgroup_size(64, 64, 1)");
    assert_eq!(limited(&one(&many, [1, 1, 1]), "invocations").1, 4096);
    let memory = format!("var<workgroup> part: array<u32, 100000>;{}", EMPTY.replace("1u;", "part[0];"));
    assert_eq!(limited(&one(&memory, [1, 1, 1]), "workgroup memory").1, 400_000);
}

#[test]
fn buffers_that_are_too_large_are_refused_before_they_are_made() {
    let huge = Contents::Fill { byte: 1, bytes: 1 << 40 };
    limited(&Bench::new(EMPTY, [1, 1, 1]).buffer(huge, true).plain(), "`b0`");
    let uniform = EMPTY
        .replace("storage, read_write> out: array<u32>", "uniform> out: vec4<u32>")
        .replace("out[0] = 1u", "_ = out.x");
    let bench =
        Bench::new(&uniform, [1, 1, 1]).buffer(Contents::Fill { byte: 0, bytes: 1 << 27 }, false).plain();
    limited(&bench, "a uniform buffer");
}

#[test]
fn groups_and_bindings_beyond_the_adapter_are_refused() {
    let mut bench = one(&EMPTY.replace("group(0)", "group(77)"), [1, 1, 1]);
    bench.job.buffers[0].binding.group = 77;
    assert_eq!(limited(&bench, "bind groups").1, 78);
    let mut bench = one(&EMPTY.replace("binding(0)", "binding(123456)"), [1, 1, 1]);
    bench.job.buffers[0].binding.binding = 123_456;
    assert_eq!(limited(&bench, "numbers of bindings").1, 123_457);
}

#[test]
fn mistakes_in_the_source_show_their_place() {
    let error = one("fn main() { let x: u32 = 1.5; }", [1, 1, 1]).refused();
    assert!(matches!(&error, Error::Validation { message } if message.contains("k.wgsl:1:")), "{error}");
}

#[test]
fn textures_and_odd_sizes_are_not_supported() {
    let text = "
@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1) fn main() { out[0] = textureLoad(picture, vec2<u32>(), 0).x; }";
    let error = Bench::new(text, [1, 1, 1]).output(1).output(1).plain().refused();
    assert!(matches!(&error, Error::Unsupported { what } if what.contains("`picture`")), "{error}");
    let odd = Contents::Fill { byte: 0, bytes: 6 };
    let error = Bench::new(EMPTY, [1, 1, 1]).buffer(odd, true).plain().refused();
    assert!(matches!(&error, Error::Unsupported { what } if what.contains("6 bytes")), "{error}");
}

#[test]
fn what_the_adapter_lacks_is_said() {
    let text = "enable f16;
@group(0) @binding(0) var<storage, read_write> out: array<f16>;
@compute @workgroup_size(1) fn main() { out[0] = 1.0h; }";
    let mut bench = one(text, [1, 1, 1]);
    bench.job.adapter.backend = Some("gl".to_owned());
    let adapters = list();
    let gl =
        adapters.iter().find(|one| one.backend == "gl").expect("install `libegl1` and `libgl1-mesa-dri`");
    assert!(!gl.features.iter().any(|name| name == "shader-f16"), "{gl:?}");
    let error = bench.refused();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    bench.job.tasks[0].strict = true;
    assert!(bench.refused().to_string().contains("they need Vulkan"));
}

#[test]
fn jobs_that_contradict_themselves_are_refused() {
    let job = |bench: Bench| match bench.refused() {
        Error::Job { message } => message,
        other => panic!("{other}"),
    };
    assert!(job(Bench::new(EMPTY, [1, 1, 1]).plain()).contains("group 0, binding 0"));
    assert!(job(Bench::new(EMPTY, [1, 1, 1]).output(1)).contains("a pass and a task"));
    let mut twice = one(EMPTY, [1, 1, 1]).output(1);
    twice.job.buffers[1].name = "b0".to_owned();
    assert!(job(twice).contains("two buffers"));
    let short = Bench::new(
        &CAS_SUM.replace("atomic<u32>", "array<atomic<u32>, 4>").replace("&out", "&out[0]"),
        [1, 1, 1],
    );
    assert!(job(short.words(&[0; 64]).output(1).plain()).contains("`out` needs 16"));
    let mut beyond = one(EMPTY, [1, 1, 1]);
    beyond.job.tasks[0].scheduled = Some(std::collections::BTreeSet::from([1]));
    assert!(job(beyond).contains("pass 1"));
    let mut lost = one(EMPTY, [1, 1, 1]);
    lost.job.buffers[0].contents = Contents::File("/nowhere/b0".into());
    assert!(matches!(lost.refused(), Error::File { file, .. } if file == "/nowhere/b0"));
}

/// Whatever a valid kernel uses, it runs or is refused with a kind; with schedules as without.
#[test]
fn unusual_kernels_run_or_are_refused_with_a_kind() {
    let bodies = [
        ("", "", "out[0] = u32(f32(f64(out[1]) * 2.0lf));"),
        ("", "", "out[0] = u32(i64(out[1]) * 3li);"),
        ("enable f16;", "", "out[0] = u32(f16(out[1]) + 1.0h);"),
        ("", "@builtin(num_subgroups) a: u32, @builtin(subgroup_id) b: u32,", "out[0] = a; out[1] = 0u * b;"),
        ("", "@builtin(subgroup_invocation_id) a: u32,", "out[0] = subgroupAdd(out[2]) + 0u * a;"),
        ("", "", "out[0] = subgroupBallot(true).x; subgroupBarrier();"),
        ("", "", "out[0] = subgroupBroadcast(out[1], 0u) + subgroupShuffle(out[1], 1u);"),
        ("", "", "out[0] = dot4U8Packed(out[1], out[2]); out[1] = pack2x16float(vec2(1.5, 2.5));"),
        (
            "",
            "",
            "for (var i = 0u; i < 5u; i++) { switch i { case 1u, 2u { continue; } default { out[i] = i; } } }",
        ),
        ("", "", "var m = mat3x3<f32>(); m[1][1] = 2.0; out[0] = u32((m * m)[1][1]); storageBarrier();"),
        ("", "", "let p = &out[3]; *p = select(2u, 1u, modf(1.5).fract < 1.0 && frexp(8.0).exp == 4);"),
        ("", "", "out[out[1] << 20u] = out[out[0] + 4000000000u] / out[2] + u32(-7 % i32(out[3]));"),
        ("var<private> kept: array<u32, 3>;", "", "kept[out[0]] = 7u; out[0] = kept[out[0]];"),
        ("@group(3) @binding(7) var<storage> none: array<u32>;", "", "out[0] = 1u;"),
        (
            "var<workgroup> flag: atomic<u32>;",
            "",
            "atomicMax(&flag, 3u); workgroupBarrier(); out[0] = atomicLoad(&flag);",
        ),
    ];
    for (backend, runs) in [("vulkan", bodies.len()), ("gl", 8)] {
        let mut ran = 0;
        for (before, arguments, body) in bodies {
            let text = format!(
                "{before}
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(8) fn main({arguments} @builtin(local_invocation_id) local: vec3<u32>) {{
    if local.x == 0u {{ out[5] = 1u; }}
    {body}
}}"
            );
            let mut bench =
                Bench::new(&text, [2, 1, 1]).words(&[1; 8]).output(8).plain().scheduled(shuffled(1));
            bench.job.adapter.backend = Some(backend.to_owned());
            match work(&bench.job) {
                Ok(_) => ran += 1,
                Err(Error::Unsupported { .. }) => {}
                Err(other) => panic!("{text}\n{other:?}"),
            }
        }
        assert_eq!(ran, runs, "{backend}");
    }
}
