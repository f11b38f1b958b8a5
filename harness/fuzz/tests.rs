//! Fuzzing as a whole: real case files, the real reference machine.

use std::collections::BTreeMap;
use std::path::Path;

use super::space::Space;
use super::*;
use crate::case::Found as File;
use crate::cli::{known_names, today};
use crate::run::kernel::numbers;
use crate::wgsl::Scalar;

/// A case in a folder of its own.
fn case(folder: &Path, text: &str) -> Case {
    std::fs::write(folder.join("k.driftless.toml"), text).unwrap();
    read(folder, &folder.join("k.driftless.toml"))
}

fn read(folder: &Path, file: &Path) -> Case {
    let names = known_names();
    let found =
        File { name: "k".to_owned(), file: file.to_path_buf(), project: folder.to_path_buf(), variant: None };
    let cases = found.read(today(), names.known());
    cases.unwrap_or_else(|error| panic!("{}", error.render(false))).remove(0)
}

/// Two buffers, `input` and `output`, of so many floats; workgroups of 64.
fn kernel(count: u32, body: &str) -> String {
    format!(
        "[kernel]\nsummary = \"test\"\ndispatch = {{ over = \"input\", per = 64 }}\nsource = '''\n\
         @group(0) @binding(0) var<storage, read> input: array<f32>;\n\
         @group(0) @binding(1) var<storage, read_write> output: array<f32>;\n\
         @compute @workgroup_size(64)\n\
         fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {{ {body} }}\n\
         '''\n[buffer.input]\ntype = \"f32\"\nshape = [{count}]\n\
         [buffer.output]\ntype = \"f32\"\nshape = [{count}]\nread = true\n"
    )
}

fn options(inputs: u32) -> Options {
    Options { inputs, ..Options::default() }
}

fn found(case: &Case) -> (Fuzzed, Found) {
    let fuzzed = search(case, &options(64), &|_, _| ()).unwrap();
    match fuzzed.outcome.clone() {
        Outcome::Found(found) => (fuzzed, *found),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_bounds_check_shrinks_to_the_shortest_length_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_, least) = found(&case(folder.path(), &kernel(512, "output[id.x] = 2.0 * input[id.x];")));
    assert_eq!((least.audit.as_str(), &least.buffers["input"].shape), ("memory", &vec![1]));
    assert_eq!(least.buffers["input"].bytes, Some(vec![0; 4]), "no value matters");
    // The first workgroup is guarded.
    let later = "if group.x > 0u || id.x < arrayLength(&input) { output[id.x] = 2.0 * input[id.x]; }";
    let (_, least) = found(&case(folder.path(), &kernel(512, later)));
    assert_eq!(least.buffers["input"].shape, [65]);
    assert_eq!(least.buffers["output"].shape, [65]);
    assert!(least.what.contains("out-of-bounds"), "{}", least.what);
}

#[test]
fn a_value_that_matters_remains_and_all_others_become_zero() {
    // Invocations of large numbers write to one place.
    let body = "if id.x < arrayLength(&input) && input[id.x] > 1e30 { output[0] = f32(id.x); }";
    let folder = tempfile::tempdir().unwrap();
    let (_, least) = found(&case(folder.path(), &kernel(512, body)));
    assert_eq!((least.audit.as_str(), &least.buffers["input"].shape), ("races", &vec![2]));
    let numbers = numbers(Scalar::F32, least.buffers["input"].bytes.as_ref().unwrap());
    assert!(numbers.iter().all(|number| *number > 1e30), "{numbers:?}");
}

const KEYS: &str = "[kernel]\nsummary = \"test\"\ndispatch = { over = \"keys\", per = 64 }\nsource = '''
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read_write> places: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&keys) { places[keys[id.x]] = id.x; }
}
'''
[buffer.keys]\ntype = \"u32\"\nshape = [12]\nfill = { integers = [0, 4095], seed = 2 }
[buffer.places]\ntype = \"u32\"\nshape = [4096]\nfill = \"zeros\"\nread = true\n";

#[test]
fn a_race_of_equal_keys_shrinks_to_two_equal_keys() {
    let folder = tempfile::tempdir().unwrap();
    let (fuzzed, least) = found(&case(folder.path(), KEYS));
    assert_eq!(least.audit, "races");
    assert_eq!(least.buffers["keys"].shown(9), Some("0, 0".to_owned()));
    assert_eq!(least.buffers["places"].shape, [4096], "the keys' range stays valid");
    assert_eq!(fuzzed.kept["places"], "zeros");
}

#[test]
fn a_right_kernel_fails_with_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let body =
        "if id.x < arrayLength(&input) { output[id.x] = max(input[id.x], 0.0) / (1.0 + abs(input[id.x])); }";
    let case = case(folder.path(), &kernel(200, body));
    let fuzzed = search(&case, &options(64), &|_, _| ()).unwrap();
    assert_eq!((&fuzzed.outcome, fuzzed.inputs), (&Outcome::Held, 64));
    assert_eq!(
        (fuzzed.varied, fuzzed.lengths),
        (vec!["input".to_owned()], vec!["input".to_owned(), "output".to_owned()])
    );
    assert_eq!(keep(&case, &search(&case, &options(2), &|_, _| ()).unwrap()).unwrap(), None);
}

#[test]
fn a_declared_input_that_fails_is_to_be_mended_first() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path(), &kernel(100, "output[id.x] = input[id.x];"));
    let fuzzed = search(&case, &options(64), &|_, _| ()).unwrap();
    let Outcome::Declared { audit, expected: false, .. } = &fuzzed.outcome else { panic!("{fuzzed:?}") };
    assert_eq!((audit.as_str(), fuzzed.inputs), ("memory", 0));
    assert_eq!(keep(&case, &fuzzed).unwrap(), None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written");
}

#[test]
fn what_the_case_allows_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let body = "if id.x < arrayLength(&input) && input[id.x] > 1e30 { output[0] = 1.0; }";
    let text = kernel(512, body).replace("read = true", "fill = \"zeros\"\nread = true");
    let (_, least) = found(&case(folder.path(), &text));
    assert!(least.what.contains("same-value-writes"), "{}", least.what);
    let allow =
        "allow = [{ finding = \"same-value-writes\", variable = \"output\", reason = \"meant\" }]\nsource";
    let case = case(folder.path(), &text.replacen("source", allow, 1));
    assert_eq!(search(&case, &options(64), &|_, _| ()).unwrap().outcome, Outcome::Held);
}

#[test]
fn one_seed_gives_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(
        folder.path(),
        &kernel(512, "if id.x < arrayLength(&input) && input[id.x] > 1e30 { output[0] = f32(id.x); }"),
    );
    let again = |seed: u64| search(&case, &Options { seed, ..options(64) }, &|_, _| ()).unwrap();
    assert_eq!(again(5), again(5));
    assert_ne!(tree::drawn(&space(&case), 5), tree::drawn(&space(&case), 6));
}

fn space(case: &Case) -> Space<'_> {
    Space::of(case.kernel.as_ref().unwrap(), Lengths::Any, false).unwrap()
}

const SUMS: &str = "[kernel]\nsummary = \"test\"\ndispatch = { over = \"input\", per = 64 }\nsource = '''
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) { sums[group.x] = input[group.x] + weight[group.x] + table[0]; }
'''
[buffer.input]\ntype = \"f32\"\nshape = [1000, 2]
[buffer.weight]\ntype = \"f32\"\nshape = [1000]
[buffer.table]\ntype = \"f32\"\nshape = [37]
[buffer.sums]\ntype = \"f32\"\nshape = [32]\nread = true\n";

#[test]
fn buffers_that_share_an_axis_change_together() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path(), SUMS);
    let space = space(&case);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let input = tree::drawn(&space, seed);
        let kernel = input.kernel(&space);
        let length = kernel.buffers["input"].shape[0];
        assert!((1..=1000).contains(&length));
        assert_eq!(kernel.buffers["input"].shape, [length, 2]);
        assert_eq!(kernel.buffers["weight"].shape, [length]);
        assert_eq!(kernel.buffers["table"].shape, [37]);
        assert_eq!(kernel.buffers["sums"].shape, [(2 * length).div_ceil(64)], "one for each workgroup");
        assert_eq!(u64::from(kernel.passes[0].grid[0]), (2 * length).div_ceil(64));
        let bytes = input.bytes(&kernel).unwrap();
        assert!(kernel.buffers.iter().all(|(name, buffer)| bytes[name].len() as u64 == buffer.bytes()));
        seen.insert(length);
    }
    assert!(seen.contains(&1000) && seen.contains(&1) && seen.len() > 20, "{seen:?}");
    let shorter = tree::drawn(&space, 1);
    let cut = shorter.without(&space, 0, 0..shorter.lengths[0] / 2);
    assert_eq!(cut.values["input"].len() as u64, 2 * cut.lengths[0]);
}

#[test]
fn lengths_stay_where_a_kernel_may_know_them_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = |text: String| {
        let case = case(folder.path(), &text);
        space(&case).fixed.unwrap_or_else(|| "varied".to_owned())
    };
    let plain = "output[id.x] = input[id.x];";
    assert_eq!(fixed(kernel(512, plain)), "varied");
    assert_eq!(
        fixed(kernel(512, "if id.x < 512u { output[id.x] = input[id.x]; }")),
        "its WGSL may hold the size 512"
    );
    assert_eq!(fixed(KEYS.replace("4095", "11")), "the range of `keys` may hold the size 12");
    assert_eq!(
        fixed(SUMS.replace("37]", "2]\nfill = { values = [0, 1000] }")),
        "`table` may hold the size 1000"
    );
    let counted = kernel(512, plain).replace("{ over = \"input\", per = 64 }", "[8, 1, 1]");
    assert_eq!(fixed(counted), "the case gives the workgroups as fixed counts");
    let given = kernel(512, plain).replace("array<f32>;", "array<f32, 512>;");
    assert!(fixed(given).contains("512"));
}

const ROWS: &str = "[kernel]\nsummary = \"test\"\ndispatch = [6, 1, 1]
rows = { buffers = [\"input\", \"output\"], row = 8 }\nsource = '''
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) row: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    output[row.x * 8u + lane] = input[(row.x ^ 1u) * 8u + lane];
}
'''
[buffer.input]\ntype = \"f32\"\nshape = [6, 8]\n[buffer.output]\ntype = \"f32\"\nshape = [6, 8]\nread = true\n";

#[test]
fn rows_are_dropped_whole_and_their_workgroups_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let whole = case(folder.path(), ROWS);
    let (fuzzed, least) = found(&whole);
    assert_eq!(
        (least.buffers["input"].shape.as_slice(), least.audit.as_str()),
        ([1, 8].as_slice(), "memory")
    );
    let kept = keep(&whole, &fuzzed).unwrap().unwrap();
    let again = read(folder.path(), &kept.file);
    assert_eq!(again.kernel.unwrap().passes[0].grid, [1, 1, 1]);
}

#[test]
fn whole_workgroups_are_filled_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let case = case(folder.path(), &kernel(512, "output[id.x] = 2.0 * input[id.x];"));
    let whole = Options { lengths: Lengths::Whole, ..options(64) };
    assert_eq!(search(&case, &whole, &|_, _| ()).unwrap().outcome, Outcome::Held);
    let space = Space::of(case.kernel.as_ref().unwrap(), Lengths::Whole, false).unwrap();
    let lengths: Vec<u64> = (0..40).map(|seed| tree::drawn(&space, seed).lengths[0]).collect();
    assert!(lengths.iter().all(|length| length.is_multiple_of(64)) && lengths.contains(&64), "{lengths:?}");
}

/// A case of one buffer with this content, stored and read back.
fn stored_and_read(scalar: &str, wgsl: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let enable = if scalar == "f16" { "enable f16;\n" } else { "" };
    let text = format!(
        "[kernel]\nsummary = \"test\"\ndispatch = [1, 1, 1]\nsource = '''\n{enable}\
         @group(0) @binding(0) var<storage, read> input: array<{wgsl}>;\n\
         @group(0) @binding(1) var<storage, read_write> output: array<{wgsl}>;\n\
         @compute @workgroup_size(1) fn main() {{ output[0] = input[0]; }}\n'''\n\
         [buffer.input]\ntype = \"{scalar}\"\nshape = [1]\n[buffer.output]\ntype = \"{scalar}\"\nshape = [1]\nread = true\n"
    );
    let case = case(folder.path(), &text);
    let count = (bytes.len() / Scalar::named(scalar).unwrap().bytes()) as u64;
    let contents =
        |bytes| Contents { scalar: Scalar::named(scalar).unwrap().name(), shape: vec![count], bytes };
    let buffers = BTreeMap::from([
        ("input".to_owned(), contents(Some(bytes.to_vec()))),
        ("output".to_owned(), contents(None)),
    ]);
    let least = Found {
        audit: "races".to_owned(),
        what: "a\nb".to_owned(),
        places: Vec::new(),
        grids: vec![[1, 1, 1]],
        buffers,
    };
    let mut fuzzed = search(&case, &options(0), &|_, _| ()).unwrap();
    fuzzed.outcome = Outcome::Found(Box::new(least));
    let kept = keep(&case, &fuzzed).unwrap().unwrap();
    assert!(!kept.known && keep(&case, &fuzzed).unwrap().unwrap().known, "a second time it is there");
    let again = read(folder.path(), &kept.file).kernel.unwrap();
    let read = crate::run::kernel::inputs(&again).unwrap();
    (std::fs::read_to_string(&kept.file).unwrap(), read["input"].clone())
}

#[test]
fn what_is_stored_is_read_back_to_the_last_bit() {
    let floats = [0.1, -0.0, 1e-45, 3.402_823_5e38, f32::INFINITY, f32::NAN, 1.0, -1e-38];
    let bytes: Vec<u8> = floats.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (text, again) = stored_and_read("f32", "f32", &bytes);
    assert_eq!(again, bytes);
    assert!(text.contains("fill = { values = [0.10000000149011612, -0.0, "), "{text}");
    assert!(
        text.starts_with("# Found by `driftless fuzz --seed 1` in the case `k`.\n#\n# races: a b\n"),
        "{text}"
    );
    for (scalar, bytes) in [
        ("u32", [u32::MAX, 0, 7].map(u32::to_le_bytes).concat()),
        ("i32", [i32::MIN, -1, 7].map(i32::to_le_bytes).concat()),
        ("f16", [0x8000_u16, 0x0001, 0x7bff, 0x3555].map(u16::to_le_bytes).concat()),
    ] {
        let (text, again) = stored_and_read(scalar, scalar, &bytes);
        assert_eq!(again, bytes, "{text}");
        assert!(text.contains("fill = { values = ["), "{text}");
    }
}

#[test]
fn what_toml_would_round_and_what_is_long_stands_in_an_array_file() {
    let payload = [0x7fc0_0001_u32, 0xffc0_0000].map(u32::to_le_bytes).concat();
    let wide = [u64::MAX, (1 << 53) + 1].map(u64::to_le_bytes).concat();
    let long = [1_u8, 2, 3, 4].repeat(65);
    for (scalar, wgsl, bytes) in [("f32", "f32", payload), ("u64", "u64", wide), ("u32", "u32", long)] {
        let (text, again) = stored_and_read(scalar, wgsl, &bytes);
        assert_eq!(again, bytes);
        assert!(text.contains(".input.npy\" }"), "{text}");
    }
}

#[test]
fn a_stored_input_fails_as_it_was_found_to() {
    let folder = tempfile::tempdir().unwrap();
    let whole = case(folder.path(), KEYS);
    let (fuzzed, least) = found(&whole);
    let before = std::fs::read(&whole.file).unwrap();
    let kept = keep(&whole, &fuzzed).unwrap().unwrap();
    assert_eq!(std::fs::read(&whole.file).unwrap(), before);
    let again = search(&read(folder.path(), &kept.file), &options(64), &|_, _| ()).unwrap();
    let Outcome::Declared { audit, what, .. } = again.outcome else { panic!("{again:?}") };
    assert_eq!((audit, what), (least.audit, least.what));
}

#[test]
fn pipelines_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[stage.run]\ncommand = [\"sh\", \"-c\", \"true\"]\nout.a = \"a\"\n";
    let fuzzed = search(&case(folder.path(), text), &options(64), &|_, _| ()).unwrap();
    assert!(matches!(&fuzzed.outcome, Outcome::PassedOver { why } if why.contains("pipeline")), "{fuzzed:?}");
}

#[test]
fn a_test_in_rust_can_look_for_inputs_too() {
    let unguarded = "
        @group(0) @binding(0) var<storage, read> input: array<f32>;
        @group(0) @binding(1) var<storage, read_write> output: array<f32>;
        @compute @workgroup_size(2)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            if input[id.x] == 0.0 { output[0] = f32(id.x); }
        }";
    let kernel = crate::kernel::Kernel::new(unguarded)
        .dispatch([4, 1, 1])
        .buffer(crate::kernel::Buffer::f32("input", &[8]))
        .buffer(crate::kernel::Buffer::f32("output", &[8]).read());
    let fuzzed = kernel.fuzz(64, 1).unwrap();
    let Outcome::Found(least) = fuzzed.outcome else { panic!("{fuzzed:?}") };
    assert_eq!(least.audit, "races");
}
