//! `driftless fuzz` through the real binary: what it finds is stored, and `driftless run` sees it too.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Project, Ran, verdict};

/// Right for lengths that fill every workgroup, as the declared one does.
const UNGUARDED: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    output[id.x] = 2.0 * input[id.x] + 1.0;
}
";

fn project(wgsl: &str) -> Project {
    let project = Project::empty();
    project.write("k.wgsl", wgsl);
    let case = "[kernel]\nsummary = \"test\"\nwgsl = \"k.wgsl\"\ndispatch = { over = \"input\", per = 64 }\n\
                [buffer.input]\ntype = \"f32\"\nshape = [512]\n\
                [buffer.output]\ntype = \"f32\"\nshape = [512]\nread = true\n";
    project.write("k.driftless.toml", case);
    project
}

/// The files of a project, the harness's own aside.
fn files(project: &Project) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(project.path()).expect("a folder").flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.is_file());
    let mut all: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect();
    all.sort();
    all.iter().map(|(path, bytes)| (path.file_name().expect("a name").into(), bytes.clone())).collect()
}

fn fuzzed(project: &Project, arguments: &[&str]) -> (Ran, Value) {
    let ran = project.run(&[&["fuzz", "--format", "json"], arguments].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
    (ran, report)
}

#[test]
fn what_is_found_is_stored_and_a_run_of_it_fails_in_the_same_audit() {
    let project = project(UNGUARDED);
    assert_eq!(project.run(&["run", "--audit", "memory"]).code, 0, "the declared input shows nothing");
    let before = files(&project);
    let (ran, report) = fuzzed(&project, &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let case = &report["cases"][0];
    assert_eq!((&case["status"], &case["audit"]), (&"found".into(), &"memory".into()), "{report:#}");
    assert_eq!(case["buffers"]["input"]["shape"], serde_json::json!([1]), "{report:#}");
    let stored = case["stored"].as_str().expect("a file");
    assert!(stored.starts_with("k.fuzz-") && stored.ends_with(".driftless.toml"), "{stored}");
    let after = files(&project);
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|file| after.contains(file)), "the user's files stay");
    let (ran, run) = project.report(&[stored]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let memory = verdict(&run, "memory");
    assert_eq!(memory["status"], "drifted");
    assert!(
        memory["headline"].as_str().is_some_and(|text| text.contains("an index lies outside")),
        "{memory:#}"
    );
    // Mended, the stored input shows that it stays so.
    project.write(
        "k.wgsl",
        UNGUARDED.replace("    output", "    if id.x >= arrayLength(&input) { return; }\n    output"),
    );
    assert_eq!(project.run(&["run", stored, "--audit", "memory"]).code, 0);
    let (ran, report) = fuzzed(&project, &["--filter", "k"]);
    assert_eq!(ran.code, 0, "{report:#}");
}

#[test]
fn one_seed_finds_the_same_bytes_and_nothing_is_overwritten() {
    let (one, other) = (project(UNGUARDED), project(UNGUARDED));
    let first = fuzzed(&one, &["k.driftless.toml"]).0;
    let mut second = other.command(&["fuzz", "--format", "json", "k.driftless.toml"]);
    // What proptest reads from the environment must not matter.
    second.envs([("PROPTEST_MAX_SHRINK_ITERS", "1"), ("PROPTEST_VERBOSE", "9"), ("PROPTEST_CASES", "1")]);
    let second = Ran::of(&second.output().expect("the binary runs"));
    assert_eq!((first.code, &first.stdout), (second.code, &second.stdout));
    assert_eq!(second.stderr, "");
    assert_eq!(files(&one), files(&other));
    let stored = files(&one)
        .iter()
        .find(|(name, _)| name.to_string_lossy().contains("fuzz-"))
        .expect("stored")
        .0
        .clone();
    let kept = one.write(stored.to_str().expect("UTF-8"), "# mine\n");
    let again = one.run(&["fuzz", "k.driftless.toml"]);
    assert_eq!(again.code, 2);
    assert!(again.stdout.contains("(was there already)"), "{}", again.stdout);
    assert_eq!(std::fs::read_to_string(kept).expect("a file"), "# mine\n");
}

#[test]
fn the_text_says_what_was_varied_what_was_not_and_how_to_rerun() {
    let project = project(UNGUARDED);
    let ran = project.run(&["fuzz", "--seed", "3"]);
    assert_eq!(ran.code, 2);
    let said = [
        "k  test\n  found         memory: out-of-bounds, variable `input`: index 1 of 1, with",
        "invocation (1, 0, 0), line 6: output[id.x] = 2.0 * input[id.x] +\n                1.0;\n",
        "smallest      `input`, f32 [1]: 0.0",
        "\n  rerun         driftless run k.fuzz-",
        "values of     `input`",
        "lengths of    `input`, `output`",
        "not varied    `output` (its contents mean nothing)",
        "0 held, 1 found, 0 passed over in 1 case; seed 3",
    ];
    for text in said {
        assert!(ran.stdout.contains(text), "no `{text}` in\n{}", ran.stdout);
    }
    let values = project.run(&["fuzz", "k.driftless.toml", "--lengths", "declared", "--cases", "4"]);
    assert_eq!(values.code, 0, "{values:?}");
    assert!(values.stdout.contains("held          4 inputs tried, none fails"), "{}", values.stdout);
    assert!(values.stdout.contains("lengths (not asked for)"), "{}", values.stdout);
}

#[test]
fn pipelines_are_passed_over_and_unknown_words_are_refused() {
    let pipeline = Project::shell("echo 1 > \"$1\"", "");
    let ran = pipeline.run(&["fuzz"]);
    assert!(ran.code == 0 && ran.stdout.contains("passed over   it is a pipeline"), "{ran:?}");
    let kernel = project(UNGUARDED);
    let ran = kernel.run(&["fuzz", "--audit", "race"]);
    assert!(ran.code == 1 && ran.stderr.contains("there is no audit `race`"), "{ran:?}");
    assert_eq!(kernel.run(&["fuzz", "--seed", "today"]).code, 1);
    let drawn = kernel.run(&["fuzz", "--seed", "random", "--cases", "1", "--lengths", "declared"]);
    assert!(drawn.code == 0 && drawn.stdout.contains("passed over in 1 case; seed "), "{drawn:?}");
    let ran = kernel.run(&["fuzz", "--audit", "schedule", "--cases", "3"]);
    assert_eq!(ran.code, 0, "an index outside is none of the schedule's concern: {ran:?}");
}
