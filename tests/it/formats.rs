//! Reports of real sessions, read by schemas and readers that others wrote. Each of them is first seen to refuse a fault.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::readers;
use crate::support::{Project, Ran};

/// Bad cases of several kinds: rounding, other text, held-out rows that matter, a race of a kernel.
const CASES: [&str; 4] = [
    "nuisance/thread-sum/bad",
    "nuisance/absolute-path/bad",
    "leakage/mean-of-all-rows/bad",
    "races/barrier-in-the-loop/bad",
];

/// The binary in the repository, whose cases it audits.
fn driftless(arguments: &[&str]) -> Ran {
    let project = Project::empty();
    let mut command = project.command(arguments);
    Ran::of(&command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the binary runs"))
}

const OWN: &str = "formats-";

/// Removes what processes left that are gone: a static is never dropped.
fn sweep() {
    for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(process) = name.strip_prefix(OWN) else { continue };
        if !Path::new("/proc").join(process).exists() {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// A folder with every format of one session over the bad cases.
fn reports() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{OWN}{}", std::process::id()));
        sweep();
        let store = folder.join("store").display().to_string();
        let filters: Vec<&str> = CASES.iter().flat_map(|case| ["--filter", case]).collect();
        let ran = driftless(&[&["run", "cases", "--quiet", "--store", &store], &filters[..]].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        for (name, more) in [("all", None), ("bare", Some("--without-measured"))] {
            let target = folder.join(name).display().to_string();
            let arguments = ["report", ".", "--store", &store, "--format", "all", "-o", &target];
            let ran = driftless(&arguments.into_iter().chain(more).collect::<Vec<_>>());
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        folder
    })
}

fn text(name: &str) -> String {
    std::fs::read_to_string(reports().join("all").join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("JSON")
}

#[test]
fn lines_are_at_most_80_letters_long_where_words_allow_and_have_no_blanks_at_their_end() {
    let shown = text("report.txt");
    let copied = ["    baseline  ", "    now       ", "    rerun     ", "    explain   ", "              | "];
    for line in shown.lines() {
        let indent = line.len() - line.trim_start().len();
        let word = line.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
        // A word that does not fit stands alone behind its label.
        let is_long_word =
            indent + word > 40 && line.trim_start().split("  ").last().is_some_and(|end| !end.contains(' '));
        let fits = line.chars().count() <= 80;
        assert!(fits || is_long_word || copied.iter().any(|start| line.starts_with(start)), "{line}");
        assert_eq!(line.trim_end(), line);
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    for said in [
        "    must hold the same values, bit for bit, whatever of this is changed\n",
        "    first     row 2",
        "ULP",
        "    mend ",
    ] {
        assert!(shown.contains(said), "`{said}` is not said:\n{shown}");
    }
}

#[test]
fn every_format_is_the_same_from_the_session_and_from_its_json() {
    let all = reports().join("all");
    let from = all.join("report.json").display().to_string();
    let again = reports().join("again").display().to_string();
    let ran = driftless(&["report", "--from", &from, "--format", "all", "-o", &again]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut names = 0;
    for entry in std::fs::read_dir(&all).expect("a folder").flatten() {
        let other = reports().join("again").join(entry.file_name());
        let (one, other) =
            (std::fs::read(entry.path()).expect("a file"), std::fs::read(other).expect("a file"));
        assert!(one == other, "{} differs", entry.path().display());
        names += 1;
    }
    // And the list of what was written.
    assert_eq!(names, driftless::report::format::FORMATS.len() + 1);
}

#[test]
fn nothing_measured_is_said_where_that_is_left_out() {
    let bare = |name: &str| std::fs::read_to_string(reports().join("bare").join(name)).expect("a file");
    for (name, word) in
        [("report.txt", "measured:"), ("report.junit.xml", " time="), ("report.sarif", "TimeUtc")]
    {
        assert!(text(name).contains(word), "{name}");
        assert!(!bare(name).contains(word), "{name}");
    }
    assert_eq!(text("report.md"), bare("report.md"));
}

#[test]
fn the_published_schema_takes_the_report_of_a_session_and_refuses_planted_faults() {
    let ran = driftless(&["schema", "report"]);
    let schema: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let report = json("report.json");
    let faults: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    for (pointer, planted) in [
        ("/format", Value::from(2)),
        ("/cases/0/name", Value::Null),
        ("/measured/stages/0/wall_us", Value::from("long")),
    ] {
        let mut bad = report.clone();
        *bad.pointer_mut(pointer).expect("a place") = planted;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}

/// The schema of OASIS, as the package that generates its types from it carries it.
fn sarif_schema() -> Value {
    #[expect(clippy::disallowed_methods, reason = "cargo knows where the package lies")]
    let mut cargo = Command::new(env!("CARGO"));
    // What other platforms need is not here.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    cargo.args(["metadata", "--offline", "--format-version", "1", "--filter-platform", &platform]);
    cargo.arg("--manifest-path");
    let output =
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).stdin(Stdio::null()).output();
    let metadata: Value = serde_json::from_slice(&output.expect("cargo").stdout).expect("JSON");
    let package =
        metadata["packages"].as_array().expect("packages").iter().find(|one| one["name"] == "serde-sarif");
    let manifest = package.expect("the package")["manifest_path"].as_str().expect("a path");
    let schema = Path::new(manifest).with_file_name("src").join("schema.json");
    let mut schema: Value =
        serde_json::from_slice(&std::fs::read(schema).expect("the schema")).expect("JSON");
    assert!(
        schema["$id"].as_str().is_some_and(|id| id.contains("oasis-tcs/sarif-spec")),
        "{}",
        schema["$id"]
    );
    // A stray bracket, which other engines of regular expressions forgive; errata 01 has it mended. No report names a
    // language.
    for part in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{part}/properties/language"));
        language.and_then(Value::as_object_mut).expect("a property").remove("pattern").expect("a pattern");
    }
    schema
}

fn is_valid_sarif(validator: &jsonschema::Validator, sarif: &Value) {
    let faults: Vec<String> =
        validator.iter_errors(sarif).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    serde_json::from_value::<serde_sarif::sarif::Sarif>(sarif.clone()).expect("the types take it");
}

#[test]
fn the_schema_of_sarif_takes_what_is_written_and_refuses_planted_faults() {
    let validator = jsonschema::validator_for(&sarif_schema()).expect("a schema");
    let sarif = json("report.sarif");
    is_valid_sarif(&validator, &sarif);
    for (pointer, planted) in [
        ("/version", Value::from("2.0.0")),
        ("/runs/0/tool/driver/name", Value::Null),
        ("/runs/0/results/0/level", Value::from("fatal")),
        ("/runs/0/results/0/message", serde_json::json!({})),
        (
            "/runs/0/results/0/locations",
            serde_json::json!([{ "physicalLocation": { "region": { "startLine": 0 } } }]),
        ),
        ("/runs/0/results/0/partialFingerprints", serde_json::json!({ "a": 1 })),
        ("/runs/0/columnKind", Value::from("bytes")),
    ] {
        let mut bad = sarif.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = planted;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let place = |rule: &str| {
        results.iter().find(|result| result["ruleId"] == rule).expect(rule)["locations"][0]["physicalLocation"].clone()
    };
    let race = place("races");
    let file = race["artifactLocation"]["uri"].as_str().expect("a file");
    let source =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the shader");
    let line = usize::try_from(race["region"]["startLine"].as_u64().expect("a line")).expect("a number");
    assert_eq!(
        source.lines().nth(line - 1).expect("the line").trim(),
        "scratch[lane] += scratch[lane + half];"
    );
    assert_eq!(place("nuisance")["artifactLocation"]["uri"], "cases/nuisance/absolute-path/case.toml");
}

/// What a reader of JUnit XML counts: tests, failures and errors as the file sums them up, then what it found itself: test
/// cases, failures, errors and skipped ones.
fn counts(python: &Path, xml: &str) -> Result<Vec<u64>, String> {
    let read = readers::read(python, "junit", xml)?;
    let counts = read["counts"].as_array().expect("counts");
    Ok(counts.iter().map(|count| count.as_u64().expect("a number")).collect())
}

#[test]
fn a_reader_of_junit_counts_what_the_report_counts_and_refuses_what_is_no_xml() {
    let Some(python) = readers::python() else { return };
    let xml = text("report.junit.xml");
    let counted = counts(python, &xml).expect("it reads");
    let report = json("report.json");
    let of = |wanted: &[&str]| {
        let verdicts = report["cases"]
            .as_array()
            .expect("cases")
            .iter()
            .flat_map(|case| case["verdicts"].as_array().expect("verdicts"));
        verdicts.filter(|verdict| wanted.contains(&verdict["status"].as_str().expect("a word"))).count()
            as u64
    };
    let snapshots: usize = report["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| case["snapshots"].as_object().expect("snapshots").len())
        .sum();
    let tests = of(&["held", "drifted", "blind", "inconclusive", "skipped"]) + snapshots as u64;
    assert_eq!((counted[0], counted[3]), (tests, tests));
    assert_eq!((counted[1], counted[4]), (of(&["drifted", "blind"]), of(&["drifted", "blind"])));
    assert_eq!((counted[2], counted[5]), (of(&["inconclusive"]), of(&["inconclusive"])));
    assert!(counted[6] >= of(&["skipped"]), "{counted:?}");
    for (good, bad) in
        [("</testsuites>", ""), ("<failure ", "<failure \u{1b}"), (" name=", " name=\"\" name=")]
    {
        assert!(counts(python, &xml.replacen(good, bad, 1)).is_err(), "{bad:?} is taken");
    }
}

#[test]
fn annotations_and_markdown_name_every_case_and_where_it_stands() {
    let (annotations, markdown) = (text("annotations.txt"), text("report.md"));
    assert!(annotations.contains("::error file=cases/nuisance/thread-sum/case.toml,title=nuisance/thread-sum/bad%3A nuisance drifted::"), "{annotations}");
    assert!(annotations.lines().filter(|line| line.starts_with("::error ")).count() <= 10);
    assert_eq!(annotations.lines().filter(|line| line.starts_with("::notice title=driftless::")).count(), 1);
    let report = json("report.json");
    for case in report["cases"].as_array().expect("cases") {
        let name = case["name"].as_str().expect("a name");
        assert!(markdown.contains(&format!("| {name} | ")), "{name}:\n{markdown}");
    }
}

#[test]
fn the_gate_answers_in_every_format_and_keeps_its_answer_in_its_session() {
    let project = Project::shell("echo 1 > \"$1\"\n", "[submission]\nartifact = \"made\"\n");
    project.write("p/a b.py", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> tune\n");
    let gate = |format: &str, more: &[&str]| {
        let ran = project.run(&[&["gate", "--quiet", "--format", format], more].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        ran.stdout
    };
    let validator = jsonschema::validator_for(&sarif_schema()).expect("a schema");
    let sarif: Value = serde_json::from_str(&gate("sarif", &["--no-run"])).expect("JSON");
    is_valid_sarif(&validator, &sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "repository/merge-marks");
    let physical = &result["locations"][0]["physicalLocation"];
    assert!(
        physical["artifactLocation"]["uri"].as_str().is_some_and(|uri| uri.ends_with("p/a%20b.py")),
        "{physical}"
    );
    assert_eq!(physical["region"]["startLine"], 1);
    if let Some(python) = readers::python() {
        assert_eq!(counts(python, &gate("junit", &["--no-run"])).expect("it reads")[4], 1);
    }
    assert!(gate("github", &["--no-run"]).contains("p/a b.py,line=1,title=repository/merge-marks::"));
    assert!(gate("markdown", &["--no-run"]).starts_with("## driftless: do not submit: 1 error"));

    let kept: Value = serde_json::from_str(&gate("json", &[])).expect("JSON");
    let report = project.run(&["report", "--format", "json"]);
    let report: Value =
        serde_json::from_str(&report.stdout).unwrap_or_else(|error| panic!("{error}: {report:?}"));
    assert_eq!(report["gate"], kept);
    let audits: BTreeSet<&str> = report["cases"][0]["verdicts"]
        .as_array()
        .expect("verdicts")
        .iter()
        .filter_map(|verdict| verdict["audit"].as_str())
        .collect();
    assert!(audits.contains("repeat"), "{audits:?}");
}
