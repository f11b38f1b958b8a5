//! Kernels through the real binary: with adapters and without, right ones and wrong ones.

use serde_json::Value;

use crate::support::{Project, Ran, verdict};

/// Adds up by compare-exchange: the order of arrival decides.
const SUM: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: atomic<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    loop {
        let before = atomicLoad(&total);
        let after = bitcast<u32>(bitcast<f32>(before) + input[id.x]);
        if atomicCompareExchangeWeak(&total, before, after).exchanged { break; }
    }
}
";

const DOUBLE: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { total[id.x] = 2.0 * input[id.x] + 1.0; }
";

fn project(wgsl: &str, total: &str) -> Project {
    let project = Project::empty();
    project.write("k.wgsl", wgsl);
    project.write("driftless.toml", case_of(total));
    project
}

fn case_of(total: &str) -> String {
    format!(
        "[kernel]\nsummary = \"test\"\nwgsl = \"k.wgsl\"\ndispatch = {{ over = \"input\", per = 64 }}\n\
         [buffer.input]\ntype = \"f32\"\nshape = [512]\n[buffer.total]\nread = true\n{total}\n"
    )
}

const ONE_WORD: &str = "type = \"u32\"\nshape = [1]\nfill = \"zeros\"";
const MANY: &str = "type = \"f32\"\nshape = [512]";

/// A run that finds no driver.
fn run_without_adapter(project: &Project, arguments: &[&str]) -> Ran {
    let mut command = project.command(&[&["run"], arguments].concat());
    for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "__EGL_VENDOR_LIBRARY_FILENAMES"] {
        command.env(variable, "/nonexistent");
    }
    Ran::of(&command.output().expect("the binary runs"))
}

/// The report of a run that finds no driver.
fn without_adapter(project: &Project) -> (Ran, Value) {
    let ran = run_without_adapter(project, &["--format", "json"]);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
    (ran, report)
}

#[test]
fn an_order_that_decides_is_shown_by_two_that_change_places() {
    let project = project(SUM, ONE_WORD);
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let schedule = verdict(&report, "schedule");
    assert_eq!(schedule["status"], "drifted");
    let text = schedule.to_string();
    assert!(text.contains("workgroup-order") && text.contains("lane-order"), "{text}");
    assert!(text.contains("changing places"), "{text}");
    assert!(text.contains("floats added in the order of arrival in `total`, line 9"), "{text}");
    assert_eq!(verdict(&report, "races")["status"], "held");
    assert_eq!(verdict(&report, "repeat")["status"], "skipped");
}

#[test]
fn a_right_kernel_holds_on_every_layer_and_every_audit_can_fail() {
    let project = project(DOUBLE, MANY);
    let (ran, report) = project.report(&["--canary"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
    for audit in ["repeat", "schedule", "races", "memory", "reference", "environment"] {
        assert_eq!(verdict(&report, audit)["status"], "held", "{audit}");
    }
    let guarantee = &report["cases"][0]["guarantee"];
    assert_eq!(guarantee["promised"], "schedule-independent");
    assert_eq!(guarantee["shown"].to_string(), "[\"run-to-run\",\"schedule-independent\"]");
    let adapters = report["measured"]["adapters"].as_array().expect("a list");
    let vulkan = adapters.iter().find(|one| one["adapter"]["backend"] == "vulkan").expect("one by Vulkan");
    let info = vulkan["adapter"]["driver-info"].as_str().expect("a text");
    assert!(!info.is_empty() && vulkan["adapter"]["limits"]["max-buffer-size"].is_u64(), "{vulkan:#}");
    let settings = vulkan["settings"].to_string();
    assert!(settings.contains("one thread") && settings.contains("neither fused"), "{settings}");
    assert_eq!(vulkan["cases"][0], report["cases"][0]["name"]);
    let text = project.run(&["run", "--audit", "repeat"]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("measured: adapter ") && text.contains(info), "{text}");
    for canary in report["cases"][0]["canaries"].as_array().expect("a list") {
        let fits = canary["outcome"] == "proved" || canary["audit"] == "environment";
        assert!(fits, "{canary:#}");
    }
}

#[test]
fn without_a_driver_the_reference_machine_runs_alone_and_says_so() {
    let project = project(DOUBLE, MANY);
    let (ran, report) = without_adapter(&project);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
    for audit in ["schedule", "races", "memory"] {
        assert_eq!(verdict(&report, audit)["status"], "held", "{audit}");
    }
    for audit in ["repeat", "reference", "environment"] {
        let skipped = verdict(&report, audit);
        assert_eq!(skipped["status"], "skipped", "{audit}");
        assert!(
            skipped["headline"].as_str().is_some_and(|text| text.contains("mesa-vulkan-drivers")),
            "{skipped}"
        );
    }
    assert_eq!(report["measured"]["adapters"].as_array().map(Vec::len), Some(0));
    let unchecked = verdict(&report, "schedule")["not_checked"].to_string();
    assert!(unchecked.contains("only the reference machine was asked"), "{unchecked}");
}

#[test]
fn a_snapshot_of_the_reference_machine_holds_with_and_without_a_driver() {
    let project = project(DOUBLE, MANY);
    let recorded = run_without_adapter(&project, &["--record"]);
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    assert_eq!(project.run(&["accept"]).code, 0);
    let file = project.snapshot("reference");
    assert!(file.contains("pass: main, 8 x 1 x 1 workgroups of 64 x 1 x 1\n"), "{file}");
    assert!(file.contains("buffer: total\n  sha256: ") && file.contains("\n  f32[512] "), "{file}");
    assert!(project.snapshot("races").contains("verdict: held\n"));

    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let snapshots = &report["cases"][0]["snapshots"];
    assert_eq!((&snapshots["reference"], &snapshots["races"]), (&"same".into(), &"same".into()));
    // What adapters decide is another matter: those of this computer have no snapshot yet.
    let elsewhere = without_adapter(&project).1;
    assert_eq!(elsewhere["cases"][0]["snapshots"]["schedule"], "same");

    project.write("k.wgsl", DOUBLE.replace("+ 1.0", "+ 1.5"));
    for changed in [project.run(&["run"]), run_without_adapter(&project, &[])] {
        assert_eq!(changed.code, 2, "{}", changed.stdout);
        let told = "reference: differs from the accepted snapshot";
        assert!(changed.stdout.contains(told) && changed.stdout.contains("    +   f32[512] "), "{changed:?}");
    }
}

#[test]
fn a_kernel_without_end_is_inconclusive_and_never_held() {
    let endless = SUM.replace("{ break; }", "{ }");
    let project = project(&endless, ONE_WORD);
    let (ran, report) = project.report(&["--audit", "reference"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let headline = verdict(&report, "reference")["headline"].to_string();
    assert!(headline.contains("did not end within") && headline.contains("line 6"), "{headline}");
}

#[test]
fn two_reports_of_a_kernel_are_byte_equal() {
    let project = project(SUM, ONE_WORD);
    let cases = || {
        let (_, mut report) = project.report(&["--audit", "schedule", "--audit", "races"]);
        report["cases"].take().to_string()
    };
    // Counts on adapters may differ where the order decides; what the reference machine says may not.
    let findings = |text: &str| {
        let report: Value = serde_json::from_str(text).expect("JSON");
        report[0]["verdicts"][0]["findings"].to_string()
    };
    assert_eq!(findings(&cases()), findings(&cases()));
}

#[test]
fn broken_wgsl_is_shown_in_place_and_a_texture_is_refused() {
    let project = project(&DOUBLE.replace("2.0 *", "2u *"), MANY);
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("k.wgsl:5:") && ran.stderr.contains("help:"), "{}", ran.stderr);
    let texture = DOUBLE.replace("var<storage, read> input: array<f32>", "var input: texture_2d<f32>");
    let texture = texture.replace("input[id.x]", "textureLoad(input, vec2(0, 0), 0).x");
    project.write("k.wgsl", texture);
    let ran = project.run(&["run"]);
    assert!(ran.code == 1 && ran.stderr.contains("a texture or sampler: not supported"), "{}", ran.stderr);
}

#[test]
fn a_guilty_schedule_is_run_again_by_its_number() {
    let project = project(SUM, ONE_WORD);
    let (_, report) = project.report(&["--audit", "schedule"]);
    let rerun = verdict(&report, "schedule")["findings"][0]["rerun"].to_string();
    let number = rerun.trim_end_matches('"').rsplit_once("--schedule ").map(|(_, number)| number.to_owned());
    let number = number.unwrap_or_else(|| panic!("no number in {rerun}"));
    let (ran, report) = project.report(&["--schedule", &number]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let again = verdict(&report, "schedule");
    let notes = again["notes"].to_string();
    assert!(notes.contains("of 1 schedules gave other bits") || notes.contains("of 2 schedules"), "{notes}");
    assert_eq!(project.run(&["run", "--schedule", &number, "--audit", "races"]).code, 1);
    assert_eq!(project.run(&["run", "--schedule", "999"]).code, 4);
}

#[test]
fn a_case_names_the_adapters_that_it_asks() {
    let here = |named: &str, audit: &str| {
        let project = project(DOUBLE, MANY);
        let case = case_of(MANY).replacen("[kernel]", &format!("[kernel]\nadapters = {named}"), 1);
        project.write("driftless.toml", case);
        let (_, report) = project.report(&["--audit", audit]);
        verdict(&report, audit)["headline"].to_string()
    };
    assert!(here("[]", "repeat").contains("asks for no adapter"));
    assert!(here("[\"abacus\"]", "repeat").contains("abacus"));
}

/// What the Rust interface declares is what a case file declares.
#[test]
fn a_pipeline_of_kernels_is_audited_from_rust() {
    use driftless::kernel::{Buffer, Kernel, Pass};
    use driftless::wgsl::fill::Fill;
    let step = "
struct Params { count: u32, scale: f32 }
var<immediate> stride: u32;
@group(0) @binding(0) var<storage, read> before: array<f32>;
@group(0) @binding(1) var<storage, read_write> after: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < params.count { after[id.x] = params.scale * before[(id.x + stride) % params.count]; }
}";
    let pipeline = |text: String| {
        Kernel::new(text)
            .dispatch([2, 1, 1])
            .adapters(&[])
            .pass(Pass::new().bind("before", "one").bind("after", "two").immediates(&[1.0]))
            .pass(Pass::new().bind("before", "two").bind("after", "one").immediates(&[2.0]))
            .buffer(Buffer::structure("params", &[100.0, 0.5]))
            .buffer(Buffer::f32("one", &[100]).fill(&Fill::Spread { seed: 7 }).read())
            .buffer(Buffer::f32("two", &[100]).scratch())
            .audit(&["races", "memory", "schedule"])
            .expect("a report")
    };
    let good = pipeline(step.to_owned());
    assert!(good.holds(), "{good}");
    let neighbour = "after[id.x] = params.scale * after[(id.x + stride) % params.count] + before[id.x];";
    let line = "after[id.x] = params.scale * before[(id.x + stride) % params.count];";
    let bad = pipeline(step.replace(line, neighbour)).to_string();
    assert!(bad.contains("in pass 1 of 2") && bad.contains("`after`"), "{bad}");
}

/// One subgroup of 32 needs no barrier between its first invocation's write and read; four of 8 do.
const ONE_SUBGROUP: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
var<workgroup> sums: array<f32, 8>;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) place: u32, @builtin(num_subgroups) count: u32) {
    let sum = subgroupAdd(input[id.x]);
    if place == 0u { sums[subgroup] = sum; }
    if lane == 0u {
        for (var at = 0u; at < count; at++) { total[group.x] += sums[at]; }
    }
}
";

#[test]
fn a_race_between_smaller_subgroups_is_found_unless_it_is_allowed() {
    let zeros = "type = \"f32\"\nshape = [8]\nfill = \"zeros\"";
    let project = project(ONE_SUBGROUP, zeros);
    let case = case_of(zeros).replace("shape = [512]", "shape = [256]").replace("per = 64", "per = 32");
    project.write("driftless.toml", &case);
    let (_, report) = project.report(&["--audit", "races"]);
    let races = verdict(&report, "races");
    assert_eq!(races["status"], "drifted", "{races:#}");
    let finding = races["findings"][0].to_string();
    assert!(finding.contains("`sums`") && finding.contains("with subgroups of 4 invocations"), "{finding}");
    let allow = "allow = [{ finding = \"race\", variable = \"sums\", reason = \"only run where subgroups have 32\" }]";
    project.write("driftless.toml", case.replacen("[kernel]", &format!("[kernel]\n{allow}"), 1));
    let (_, report) = project.report(&["--audit", "races"]);
    assert_eq!(verdict(&report, "races")["status"], "held");
}

#[test]
fn whole_numbers_that_follow_from_floats_are_held_to_no_rounding() {
    let packed = DOUBLE.replace("2.0 * input[id.x] + 1.0", "bitcast<u32>(exp(input[id.x]))");
    let packed = packed.replace("total: array<f32>", "total: array<u32>");
    let project = project(&packed, "type = \"u32\"\nshape = [512]");
    let (_, report) = project.report(&["--audit", "reference"]);
    let reference = verdict(&report, "reference");
    assert_eq!(reference["status"], "held", "{reference:#}");
    assert!(reference["not_checked"].to_string().contains("follow from floats"), "{reference:#}");
}

#[test]
fn an_update_in_two_atomic_steps_is_found_by_interrupting_it() {
    let lost = DOUBLE.replace("total: array<f32>", "total: atomic<u32>");
    let line = "total[id.x] = 2.0 * input[id.x] + 1.0;";
    let lost = lost.replace(line, "if input[id.x] > 0.0 { atomicStore(&total, atomicLoad(&total) + 1u); }");
    let project = project(&lost, ONE_WORD);
    let (ran, report) = project.report(&["--audit", "schedule"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let text = verdict(&report, "schedule").to_string();
    assert!(text.contains("interleaving") && text.contains("atomicStore(&total"), "{text}");
    assert!(text.contains("is interrupted before line 5"), "{text}");
}

/// Counts its invocations; the first reads the count without waiting for the others.
const HASTY: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<u32>;
var<workgroup> count: atomic<u32>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if input[lane] != 0.0 { atomicAdd(&count, 1u); }
    if lane == 0u { total[group.x] = atomicLoad(&count); }
}
";

#[test]
fn where_invocations_are_many_those_of_one_workgroup_are_interrupted() {
    let words = "type = \"u32\"\nshape = [8]";
    let project = project(HASTY, words);
    let (ran, report) = project.report(&["--audit", "schedule", "--audit", "races"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(verdict(&report, "races")["status"], "held", "nothing races");
    let finding = verdict(&report, "schedule")["findings"][0].to_string();
    assert!(
        finding.contains("\"interleaving\"") && finding.contains("dispatch of one workgroup"),
        "{finding}"
    );
    assert!(finding.contains("--schedule 1500"), "{finding}");
    let (_, report) = project.report(&["--schedule", "1500"]);
    assert!(verdict(&report, "schedule").to_string().contains("\"interleaving\""), "{report:#}");
    project.write("k.wgsl", HASTY.replace("    if lane ==", "    workgroupBarrier();\n    if lane =="));
    let (ran, report) = project.report(&["--audit", "schedule"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let notes = verdict(&report, "schedule")["notes"].to_string();
    assert!(notes.contains("interleavings on the reference machine changed nothing"), "{notes}");
}

/// Leaves a place of four numbers for each vector of three, and a gap in each structure.
const GAPS: &str = "
struct Item { count: u32, place: vec3<f32> }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<Item>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    total[id.x].count = id.x;
    total[id.x].place = vec3(input[id.x], 2.0 * input[id.x], 1.0);
}
";

#[test]
fn bytes_that_hold_no_number_say_nothing_about_a_kernel() {
    let project = project(GAPS, "type = \"u32\"\nshape = [512, 8]");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
    for audit in ["repeat", "schedule", "races", "memory", "reference"] {
        assert_eq!(verdict(&report, audit)["status"], "held", "{audit}");
    }
}

#[test]
fn a_kernel_that_begins_with_zeros_and_reads_nothing_else_is_held() {
    let counted = HASTY.replace("    if lane ==", "    workgroupBarrier();\n    if lane ==");
    let counted =
        counted.replace("if input[lane] != 0.0 { atomicAdd(&count, 1u); }", "atomicAdd(&count, 1u);");
    let counted = counted.replace("@group(0) @binding(0) var<storage, read> input: array<f32>;\n", "");
    let project = project(&counted, "");
    let case = case_of("type = \"u32\"\nshape = [8]\nfill = \"zeros\"").replace(
        "dispatch = { over = \"input\", per = 64 }\n[buffer.input]\ntype = \"f32\"\nshape = [512]",
        "dispatch = [8]",
    );
    project.write("driftless.toml", case);
    let (ran, report) = project.report(&["--audit", "schedule"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, ran.stdout);
    assert_eq!(verdict(&report, "schedule")["status"], "held");
}
