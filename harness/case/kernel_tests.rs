//! Case files with kernels: what is read, and what is said of mistakes.

use super::kernel::{Contents, Level};
use super::tests::TODAY;
use super::{Case, Context, Error, Known, read};
use crate::wgsl::fill::Fill;

const DOUBLE: &str = "
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
override TILE: u32 = 64;
@compute @workgroup_size(TILE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&input) { output[id.x] = 2.0 * input[id.x]; }
}
";

const BUFFERS: &str = "
[buffer.input]
type = \"f32\"
shape = [4, 64]

[buffer.output]
type = \"f32\"
shape = [4, 64]
read = true
";

fn parse(text: &str) -> Result<Vec<Case>, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("double.wgsl"), DOUBLE).unwrap();
    std::fs::write(folder.path().join("broken.wgsl"), "fn main( {}").unwrap();
    let words = ["same-value-writes", "race"];
    let known = Known { audits: &["schedule", "races"], factors: &[], words: &words };
    let context = Context { name: "double", project: folder.path(), today: TODAY, known };
    read(&folder.path().join("case.toml"), text, &context)
}

fn mistakes(kernel: &str, rest: &str) -> String {
    let text = format!("[kernel]\n{kernel}\n{rest}");
    parse(&text).expect_err("a mistake").render(false)
}

const KERNEL: &str = "wgsl = \"double.wgsl\"\ndispatch = { over = \"input\", per = 64 }";

#[test]
fn a_kernel_is_read_with_its_buffers() {
    let text = format!("[kernel]\nsummary = \"Doubles\"\n{KERNEL}\n{BUFFERS}");
    let cases = parse(&text).unwrap();
    let kernel = cases[0].kernel.as_ref().unwrap();
    assert_eq!((cases[0].summary.as_str(), kernel.passes[0].grid), ("Doubles", [4, 1, 1]));
    assert_eq!(kernel.level, Level::ScheduleIndependent);
    assert_eq!(kernel.buffers["input"].contents, Contents::Made(Fill::Spread { seed: 7 }));
    assert!(kernel.buffers["output"].is_scratch() && kernel.buffers["output"].read);
    assert_eq!(kernel.buffers["output"].bytes(), 1024);
}

#[test]
fn variants_have_their_own_wgsl() {
    let text =
        format!("[kernel]\n{KERNEL}\n{BUFFERS}\n[variant.bad]\nwgsl = \"double.wgsl\"\n[variant.good]\n");
    let names: Vec<String> = parse(&text).unwrap().into_iter().map(|case| case.name).collect();
    assert_eq!(names, ["double/bad", "double/good"]);
    let text = format!("[kernel]\n{KERNEL}\n{BUFFERS}\n[variant.bad]\nwgsl = \"broken.wgsl\"\n");
    assert!(parse(&text).unwrap_err().render(false).contains("broken.wgsl:1:"));
}

#[test]
fn sizes_are_other_values_of_overrides() {
    let text = format!("[kernel]\n{KERNEL}\nsizes = {{ TILE = [32, 128] }}\n{BUFFERS}");
    let cases = parse(&text).unwrap();
    let sizes = &cases[0].kernel.as_ref().unwrap().sizes;
    let shown: Vec<(&str, u32)> =
        sizes.iter().map(|(what, passes)| (what.as_str(), passes[0].program.workgroup_size()[0])).collect();
    assert_eq!(shown, [("TILE = 32", 32), ("TILE = 128", 128)]);
}

#[test]
fn every_mistake_says_what_to_do() {
    let only_input = "[buffer.input]\ntype = \"f32\"\nshape = [256]\n";
    let cases = [
        ("dispatch = [1]", BUFFERS, "either `wgsl` or `source`"),
        ("wgsl = \"double.wgsl\"", BUFFERS, "no `dispatch`"),
        ("wgsl = \"broken.wgsl\"\ndispatch = [1]", BUFFERS, "the WGSL is not valid"),
        (
            "wgsl = \"double.wgsl\"\nentry = \"mian\"\ndispatch = [1]",
            BUFFERS,
            "no compute entry point `mian`",
        ),
        ("wgsl = \"double.wgsl\"\ndispatch = [1, 0]", BUFFERS, "counts above zero"),
        ("wgsl = \"double.wgsl\"\ndispatch = [1]\noverrides = { TILES = 8 }", BUFFERS, "no `override TILES`"),
        (
            "wgsl = \"double.wgsl\"\ndispatch = { over = \"inptu\", per = 64 }",
            BUFFERS,
            "did you mean `input`",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            only_input,
            "no buffer for `output` (@group(0) @binding(1))",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &BUFFERS.replace("read = true", ""),
            "no buffer is read back",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &BUFFERS.replace("[buffer.input]", "[buffer.inptu]"),
            "no kernel uses a buffer `inptu`",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &BUFFERS.replace("[buffer.input]", "[buffer.input]\nread = true"),
            "no kernel can write it",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &BUFFERS.replace("\"f32\"", "\"f33\""),
            "unknown type `f33`",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &BUFFERS.replace("\"f32\"", "\"u8\"").replace("[4, 64]", "[3]"),
            "needs at least 4",
        ),
        ("wgsl = \"double.wgsl\"\ndispatch = [1]", &BUFFERS.replace("[4, 64]", "[0]"), "counts above zero"),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &format!("{BUFFERS}fill = \"zeros\"\nscratch = true"),
            "contents that mean nothing",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &format!("{BUFFERS}fill = {{ spread = 1, values = [1] }}"),
            "a fill is one rule",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]\nrows = { buffers = [\"input\"], row = 100 }",
            BUFFERS,
            "whole rows",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [6]\nrows = { buffers = [\"input\"], row = 64 }",
            BUFFERS,
            "cannot be divided",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]\nallow = [{ finding = \"race\", variable = \"x\" }]",
            BUFFERS,
            "no `reason`",
        ),
        (
            "wgsl = \"double.wgsl\"\ndispatch = [1]",
            &format!("{BUFFERS}[stage.a]\ncommand = [\"x\"]\n"),
            "not both",
        ),
    ];
    for (kernel, rest, wanted) in cases {
        let shown = mistakes(kernel, rest);
        assert!(shown.contains(wanted), "wanted `{wanted}`:\n{shown}");
        assert!(shown.contains("help:"), "{shown}");
    }
}

/// A step that hands two buffers to and fro, told how far by immediate data and by a structure.
const STEP: &str = "
struct Params { count: u32, scale: f32 }
var<immediate> stride: u32;
@group(0) @binding(0) var<storage, read> before: array<f32>;
@group(0) @binding(1) var<storage, read_write> after: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < params.count { after[id.x] = params.scale * before[(id.x + stride) % params.count]; }
}
";

fn steps(passes: &str, params: &str) -> String {
    format!(
        "[kernel]\nsource = \"\"\"{STEP}\"\"\"\ndispatch = [1]\n{passes}
[buffer.one]\ntype = \"f32\"\nshape = [64]\nread = true\nfill = \"spread\"
[buffer.two]\ntype = \"f32\"\nshape = [64]\nscratch = true
[buffer.params]\nfill = {{ members = {params} }}\n"
    )
}

const THERE_AND_BACK: &str = "[[pass]]\nbind = { before = \"one\", after = \"two\" }\nimmediates = [1]
[[pass]]\nbind = { before = \"two\", after = \"one\" }\nimmediates = [2]";

#[test]
fn passes_bind_the_buffers_that_they_name() {
    let cases = parse(&steps(THERE_AND_BACK, "[64, 0.5]")).unwrap();
    let kernel = cases[0].kernel.as_ref().unwrap();
    let bound: Vec<Vec<&str>> =
        kernel.passes.iter().map(|pass| pass.bound.values().map(String::as_str).collect()).collect();
    assert_eq!(bound, [["one", "two", "params"], ["two", "one", "params"]]);
    assert_eq!(kernel.passes[1].immediates, [2, 0, 0, 0]);
    let words = Fill::Values(vec![64.0, f64::from(0.5_f32.to_bits())]);
    assert_eq!(kernel.buffers["params"].contents, Contents::Made(words));
    assert_eq!(kernel.buffers["params"].shape, [2]);
}

#[test]
fn what_is_bound_wrongly_is_named() {
    let cases = [
        (
            THERE_AND_BACK.replace("before = \"two\"", "befroe = \"two\""),
            "[64, 0.5]",
            "unknown variable `befroe`",
        ),
        (THERE_AND_BACK.replace("\"two\"", "\"tow\""), "[64, 0.5]", "unknown buffer `tow`"),
        (
            THERE_AND_BACK.replace("after = \"two\"", "after = \"one\""),
            "[64, 0.5]",
            "both `before` and `after`",
        ),
        (
            THERE_AND_BACK.replace("immediates = [2]", ""),
            "[64, 0.5]",
            "0 numbers are given, 1 are needed: u32",
        ),
        (THERE_AND_BACK.replace("immediates = [2]", "immediates = [-1]"), "[64, 0.5]", "`immediates`: `u32`"),
        (THERE_AND_BACK.to_owned(), "[64]", "2 are needed: count: u32, scale: f32"),
    ];
    for (passes, params, wanted) in cases {
        let shown = parse(&steps(&passes, params)).expect_err("a mistake").render(false);
        assert!(shown.contains(wanted), "wanted `{wanted}`:\n{shown}");
        assert!(shown.contains("help:"), "{shown}");
    }
}

#[test]
fn the_schema_knows_kernels() {
    let schema = super::schema();
    for key in ["kernel", "buffer", "pass"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}
