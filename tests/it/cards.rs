//! Cards, bills of materials, datasheets and checklists of a real model, read by the official readers; and cards merged
//! into READMEs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::readers;
use crate::support::{Project, Ran, verdict};

/// The report of a session over the scikit-learn model in `tests/projects/card`. It shares the environment of the tour,
/// so it runs in the repository.
fn session() -> &'static (String, Value) {
    static SESSION: OnceLock<(String, Value)> = OnceLock::new();
    SESSION.get_or_init(|| {
        let audits = ["repeat", "nuisance", "seed-coverage", "metrics", "variance"];
        let audits: Vec<&str> = audits.iter().flat_map(|audit| ["--audit", audit]).collect();
        let arguments =
            [&["run", "tests/projects/card", "--quiet", "--format", "json"], &audits[..]].concat();
        #[expect(clippy::disallowed_methods, reason = "the test drives the real binary")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
        command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
        command.env_remove("NEXTEST_RUN_ID").env_remove("CI");
        let ran = Ran::of(&command.output().expect("the binary runs"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let report = serde_json::from_str(&ran.stdout).expect("JSON");
        (ran.stdout, report)
    })
}

/// A report in one format, from a JSON report.
fn written(report: &str, format: &str, more: &[&str]) -> String {
    let project = Project::empty();
    project.write("report.json", report);
    let ran = project.run(&[&["report", "--from", "report.json", "--format", format], more].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout
}

/// The figures of an audit of one kind.
fn figures<'a>(report: &'a Value, audit: &str, kind: &str) -> Vec<&'a Value> {
    let figures = verdict(report, audit)["figures"].as_array().map(Vec::as_slice).unwrap_or_default();
    figures.iter().filter(|figure| figure["kind"] == kind).collect()
}

#[test]
fn a_hub_reads_the_card_of_a_real_model_with_every_measured_number() {
    let (text, report) = session();
    let card = written(text, "card", &[]);
    let Some(python) = readers::python() else { return };
    let read = readers::read(python, "card", &card).unwrap_or_else(|error| panic!("{error}\n{card}"));
    assert_eq!(read["license"], "apache-2.0");
    assert_eq!(read["language"], json!(["en"]));
    assert_eq!(read["library_name"], "sklearn");
    assert_eq!(read["pipeline_tag"], "tabular-classification");
    assert_eq!(read["model_name"], "wine-cultivars");
    let results = read["results"].as_array().expect("results");
    let measured = figures(report, "metrics", "metric");
    let whole: Vec<&&Value> = measured.iter().filter(|metric| metric.get("group").is_none()).collect();
    assert_eq!(whole.len(), 2, "accuracy and macro F1");
    for metric in whole {
        let name = metric["name"].as_str().expect("a name");
        let same = |result: &&Value| {
            result["value"] == metric["value"]
                && result["name"].as_str().is_some_and(|known| known.starts_with(name))
        };
        let found = results.iter().find(same).unwrap_or_else(|| panic!("no {name} in {read:#}"));
        assert_eq!(found["dataset_name"], "UCI wine, every third row");
        assert_eq!(found["dataset_args"]["rows"], 60);
        assert_eq!(found["args"]["rows"], 60);
    }
}

#[test]
fn what_was_measured_over_seeds_reaches_both_readers_with_its_interval() {
    let Some(python) = readers::python() else { return };
    let mut report = session().1.clone();
    let seeds = json!({
        "kind": "seeds", "metric": "accuracy", "higher_is_better": true, "seeds": ["1", "2", "3"],
        "values": [0.9, 0.875, 0.925], "mean": 0.9, "deviation": 0.025,
        "interval": { "low": 0.8379, "high": 0.9621, "confidence": 0.95 },
    });
    let verdicts = report["cases"][0]["verdicts"].as_array_mut().expect("verdicts");
    let variance = verdicts.iter_mut().find(|verdict| verdict["audit"] == "variance").expect("variance");
    variance["figures"] = json!([seeds]);
    let text = report.to_string();
    let card = written(&text, "card", &[]);
    assert!(card.contains("| accuracy | 3 | 0.9 | 0.025 | 0.8379 to 0.9621 (95 %) |  |"), "{card}");
    let read = readers::read(python, "card", &card).unwrap_or_else(|error| panic!("{error}\n{card}"));
    let results = read["results"].as_array().expect("results");
    let found = results.iter().find(|result| result["args"]["seeds"] == 3).expect("the mean over seeds");
    assert_eq!(found["value"], 0.9);
    assert_eq!(found["args"]["interval_low"], 0.8379);
    assert_eq!(found["args"]["interval_high"], 0.9621);
    let bill = written(&text, "bom", &[]);
    let read = readers::read(python, "bom", &bill).unwrap_or_else(|error| panic!("{error}\n{bill}"));
    let analysis = &read["components"][0]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"];
    let found = analysis
        .as_array()
        .expect("metrics")
        .iter()
        .find(|metric| metric.get("confidenceInterval").is_some());
    let interval = &found.expect("an interval")["confidenceInterval"];
    assert_eq!(*interval, json!({ "lowerBound": "0.8379", "upperBound": "0.9621" }));
    let broken = bill.replacen("\"lowerBound\": \"0.8379\"", "\"lowerBound\": 0.8379", 1);
    assert_ne!(broken, bill);
    assert!(readers::read(python, "bom", &broken).is_err(), "a bound is a text");
}

#[test]
fn the_hub_objects_to_a_card_with_a_planted_fault() {
    let Some(python) = readers::python() else { return };
    let card = written(&session().0, "card", &[]);
    let faults = [
        ("    dataset:\n", "    data:\n"),
        ("  results:\n", "  outcome:\n"),
        ("license: apache-2.0\n", "license: [apache-2.0\n"),
    ];
    objects(python, "card", &card, &faults);
}

/// Every planted fault is objected to.
fn objects(python: &Path, kind: &str, text: &str, faults: &[(&str, &str)]) {
    let plant = |(whole, broken): &(&str, &str)| {
        assert!(text.contains(whole), "{whole:?} in {text}");
        text.replacen(whole, broken, 1)
    };
    let broken: Vec<String> = faults.iter().map(plant).collect();
    for (fault, read) in faults.iter().zip(readers::read_all(python, kind, &broken)) {
        assert!(read.is_err(), "{fault:?}");
    }
}

#[test]
fn the_card_has_the_standard_sections_and_lists_those_that_it_lacks() {
    let (text, _) = session();
    let card = written(text, "card", &[]);
    for heading in [
        "# wine-cultivars",
        "## Model details",
        "## Uses",
        "## Bias, risks and limitations",
        "## Training details",
        "## Evaluation",
        "### Results by group",
        "## Reproducibility",
        "## Environment",
        "## Compute used",
        "## Datasheet",
        "## Not in this card",
    ] {
        assert!(card.lines().any(|line| line == heading), "no {heading:?} in {card}");
    }
    for line in [
        "| `strength` = `light` | accuracy, higher is better | ",
        "- Rows: 60; columns: 9",
        "- Rows that repeat an earlier id: 0",
        "3 values of `cultivar`:",
        "- Citation: declare `citation` below `[card]`",
        "- Licence (declared): apache-2.0",
    ] {
        assert!(card.lines().any(|known| known.starts_with(line)), "no {line:?} in {card}");
    }
    assert!(!card.contains("More Information Needed"));
    assert_eq!(card, written(text, "card", &[]), "the same bytes again");
}

#[test]
fn the_schema_of_cyclonedx_holds_and_objects_to_planted_faults() {
    let (text, report) = session();
    let Some(python) = readers::python() else { return };
    for more in [&[][..], &["--without-measured"]] {
        let bill = written(text, "bom", more);
        assert_eq!(bill, written(text, "bom", more), "the same bytes again");
        let read = readers::read(python, "bom", &bill).unwrap_or_else(|error| panic!("{error}\n{bill}"));
        let model = &read["components"][0];
        assert_eq!(model["type"], "machine-learning-model");
        let measured =
            model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"].as_array().expect("metrics");
        assert_eq!(measured.iter().filter(|metric| metric["slice"] == "strength = light").count(), 2);
        let metric = figures(report, "metrics", "metric")[0];
        let value = metric["value"].as_f64().expect("a number");
        assert_eq!(measured[0]["value"].as_str().and_then(|text| text.parse::<f64>().ok()), Some(value));
        assert_eq!(model["licenses"][0]["license"]["id"], "Apache-2.0");
        let libraries = read["components"].as_array().expect("components").iter();
        let purls: Vec<&str> = libraries.filter_map(|one| one["purl"].as_str()).collect();
        assert_eq!(
            purls.iter().any(|purl| purl.starts_with("pkg:pypi/scikit-learn@")),
            more.is_empty(),
            "{purls:?}"
        );
    }
    let bill = written(text, "bom", &[]);
    let faults = [
        ("\"SHA-256\"", "\"SHA-999\""),
        ("\"urn:uuid:", "\"urn:guid:"),
        ("\"machine-learning-model\"", "\"model\""),
        ("\"modelParameters\"", "\"modelParameter\""),
        ("\"Apache-2.0\"", "\"Apache 2\""),
    ];
    objects(python, "bom", &bill, &faults);
}

#[test]
fn names_of_every_kind_reach_the_readers_as_they_are() {
    let Some(python) = readers::python() else { return };
    let evil = "<script>alert(1)</script> | `a` ]]> \"q\" 'p' \u{202e}ltr \u{7} \u{2028} 🦀 שלום --> # no: [x] {y}\n---\nz: &a *b";
    let mut report = session().1.clone();
    let case = &mut report["cases"][0];
    for key in ["name", "summary"] {
        case[key] = json!(evil);
    }
    case["declared"]["texts"]["name"] = json!(evil);
    case["declared"]["texts"]["citation"] = json!(evil);
    case["declared"]["texts"]["code"] = json!(evil);
    case["declared"]["lists"]["tags"] = json!([evil, "b"]);
    case["declared"]["lists"]["authors"] = json!([evil]);
    case["data"][0]["table"]["columns"][0]["name"] = json!(evil);
    case["pipeline"]["stages"][0]["command"] = json!(evil);
    for verdict in case["verdicts"].as_array_mut().expect("verdicts") {
        verdict["headline"] = json!(evil);
    }
    let text = report.to_string();
    let card = written(&text, "card", &[]);
    let read = readers::read(python, "card", &card).unwrap_or_else(|error| panic!("{error}\n{card}"));
    assert_eq!(read["tags"], json!([evil, "b"]));
    assert_eq!(read["model_name"], evil);
    let bill = written(&text, "bom", &[]);
    let read = readers::read(python, "bom", &bill).unwrap_or_else(|error| panic!("{error}\n{bill}"));
    assert_eq!(read["components"][0]["name"], evil);
    for format in ["card", "datasheet", "checklist"] {
        let page = written(&text, format, &[]);
        let below = page.split_once("\n---\n\n").map_or(page.as_str(), |(_, below)| below);
        // Four blanks make code of a citation, in which nothing is markup.
        for line in below.lines().filter(|line| !line.starts_with("    ")) {
            assert!(!line.contains("<script") && !line.contains('\u{202e}'), "{format}: {line}");
        }
    }
}

/// A report without cases, as JSON.
const EMPTY: &str = r#"{"format": 1, "version": "0.1.0", "cases": [], "measured": {"stages": []}}"#;

fn merge(project: &Project, readme: &str) -> Ran {
    project.write("report.json", EMPTY);
    project.run(&["report", "--from", "report.json", "--format", "card", "--merge", readme])
}

#[test]
fn a_card_is_merged_into_a_readme_and_again_without_a_change() {
    let project = Project::empty();
    let readme = project.write("README.md", "\u{feff}---\r\nlicense: mit # mine\r\n---\r\n# Mine\r\n");
    assert_eq!(merge(&project, "README.md").stderr, "merged: README.md\n");
    let once = std::fs::read_to_string(&readme).expect("there");
    assert!(
        once.starts_with(
            "\u{feff}---\r\nlicense: mit # mine\r\n---\r\n# Mine\r\n\r\n<!-- driftless:begin -->\r\n"
        ),
        "{once:?}"
    );
    assert!(once.ends_with("\r\n<!-- driftless:end -->\r\n"), "{once:?}");
    assert!(!once.replace("\r\n", "").contains('\n'), "{once:?}");
    let ran = merge(&project, "README.md");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "unchanged: README.md\n"));
    assert_eq!(std::fs::read_to_string(&readme).expect("there"), once);
    // What is not there is made.
    assert_eq!(merge(&project, "NEW.md").stderr, "written: NEW.md\n");
    assert_eq!(merge(&project, "NEW.md").stderr, "unchanged: NEW.md\n");
}

#[test]
#[cfg(unix)]
fn permissions_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::empty();
    let readme = project.write("docs/README.md", "text\n");
    std::fs::set_permissions(&readme, std::fs::Permissions::from_mode(0o606)).expect("a mode");
    let link = project.path().join("README.md");
    std::os::unix::fs::symlink("docs/README.md", &link).expect("a link");
    assert_eq!(merge(&project, "README.md").code, 0);
    assert!(link.is_symlink());
    let metadata = readme.metadata().expect("there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o606);
    assert!(std::fs::read_to_string(&readme).expect("there").contains("driftless:end"));
}

#[test]
fn what_cannot_be_merged_into_is_told_and_left_alone() {
    let project = Project::empty();
    std::fs::create_dir(project.path().join("folder")).expect("a folder");
    for (name, content, part) in [
        ("yaml.md", &b"---\na: [b\n---\n"[..], "`yaml.md`: line "),
        (
            "marks.md",
            b"x\n<!-- driftless:begin -->\n",
            "`marks.md`: line 2: `<!-- driftless:begin -->` is never followed",
        ),
        ("latin.md", b"\xfc\n", "is not UTF-8"),
        ("folder", b"", "is not a file"),
    ] {
        if name != "folder" {
            project.write(name, content);
        }
        let ran = merge(&project, name);
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.stderr.contains(part), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{name}: {}", ran.stderr);
        if name != "folder" {
            assert_eq!(std::fs::read(project.path().join(name)).expect("there"), content, "{name}");
        }
    }
    project.write("report.json", EMPTY);
    let ran = project.run(&["report", "--from", "report.json", "--merge", "README.md"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("only a card can be merged"), "{}", ran.stderr);
    assert!(!Path::new(project.path()).join("README.md").exists());
}

#[test]
fn a_checklist_says_yes_for_what_held_and_not_shown_for_the_rest() {
    let (text, _) = session();
    let page = written(text, "checklist", &[]);
    for line in [
        "| Code | Do two runs with the same inputs and seed agree bit for bit? | **yes**: [repeat](#evidence-1-repeat) |  |",
        "| Repeatability | Same team, same setup: does it come out the same? | **yes**: [repeat](#evidence-1-repeat) |  |",
        "| Limitations | Are the limitations told? | **declared**: 178 wines of one region, from one harvest: it says nothing of any other wine. | `limitations` below `[card]` |",
        "| Data | Do held-out rows not reach what training leaves? | **not shown** | held-out data or a split, and a session in which leakage holds |",
    ] {
        assert!(page.lines().any(|known| known == line), "no {line:?} in {page}");
    }
}
