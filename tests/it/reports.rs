//! `driftless report`: from a session that was kept, without any new run.

use std::path::Path;

use driftless::report::format::{Context, FORMATS};
use driftless::report::{Report, session};
use serde_json::Value;

use crate::support::{Project, Ran};

/// A project whose program writes the same line each time.
fn steady() -> Project {
    Project::shell("echo steady > \"$1\"", "")
}

fn told(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
}

#[test]
fn a_session_is_reported_on_as_it_was_and_twice_the_same() {
    let project = steady();
    let ran = project.run(&["run", "--quiet"]);
    assert_eq!(project.run(&["report"]).stdout, ran.stdout);
    // Whatever happens to the project afterwards.
    project.write("p/run.sh", "exit 1");
    for folder in ["once", "again"] {
        assert_eq!(project.run(&["report", "--format", "all", "-o", folder]).code, 0);
    }
    for format in FORMATS {
        let read =
            |folder: &str| std::fs::read(project.path().join(folder).join(format.file)).expect("a report");
        assert!(read("once") == read("again"), "{}", format.name);
    }
}

#[test]
fn a_report_knows_when_faults_were_planted() {
    let project = steady();
    let ran = project.run(&["run", "--quiet", "--canary", "--audit", "repeat"]);
    assert!(ran.stdout.contains("proved able to fail"), "{ran:?}");
    assert_eq!(project.run(&["report"]).stdout, ran.stdout);
}

#[test]
fn a_report_is_made_from_its_json_in_any_place() {
    let project = steady();
    project.run(&["run", "--quiet"]);
    assert_eq!(project.run(&["report", "--format", "all", "-o", "here"]).code, 0);
    let there = Project::empty();
    there.write("report.json", std::fs::read(project.path().join("here/report.json")).expect("JSON"));
    assert_eq!(there.run(&["report", "--from", "report.json", "--format", "all", "-o", "there"]).code, 0);
    for format in FORMATS {
        let (here, there) = (project.path().join("here"), there.path().join("there"));
        let read = |folder: &Path| std::fs::read(folder.join(format.file)).expect("a report");
        assert!(read(&here) == read(&there), "{}", format.name);
    }
}

#[test]
fn two_sessions_differ_in_what_was_measured_alone() {
    let project = steady();
    let session = || {
        project.run(&["run", "--quiet"]);
        project.run(&["report", "--format", "json", "--without-measured"]).stdout
    };
    let first = session();
    assert_eq!(first, session());
    assert!(!first.contains("began_us"), "{first}");
}

#[test]
fn without_a_session_there_is_nothing_to_report() {
    let project = steady();
    told(&project.run(&["report"]), 1, &["no report was kept", "hint: run `driftless run` first"]);
    project.run(&["run", "--quiet"]);
    told(&project.run(&["report", "--session", "nosuch"]), 1, &["no session `nosuch`", "there are: "]);
    told(
        &project.run(&["report", "--format", "json", "--format", "text"]),
        1,
        &["several formats do not fit standard output", "-o DIR"],
    );
}

#[test]
fn what_is_no_report_is_refused_with_its_name() {
    let project = steady();
    told(&project.run(&["report", "--from", "nosuch.json"]), 1, &["cannot read `nosuch.json`", "hint: "]);
    for (text, words) in [
        ("{", "is no report of this version: EOF"),
        ("[]", "is no report of this version"),
        ("\u{0}\u{1}", "is no report of this version"),
        (
            r#"{"format":2,"version":"9","cases":[],"measured":{"stages":[]}}"#,
            "has a layout that this version does not know",
        ),
    ] {
        project.write("bad.json", text);
        told(&project.run(&["report", "--from", "bad.json"]), 1, &["`bad.json`", words, "hint: "]);
    }
    told(&project.run(&["report", "--from", "p"]), 1, &["cannot read `p`"]);
    std::fs::write(project.path().join("file"), "mine").expect("a file");
    project.run(&["run", "--quiet"]);
    let ran = project.run(&["report", "--format", "json", "-o", "file"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read_to_string(project.path().join("file")).expect("a file"), "mine");
}

#[test]
fn an_accepted_session_is_kept_without_what_was_measured() {
    let project = steady();
    project.run(&["run", "--quiet"]);
    told(&project.run(&["report", "--accept"]), 0, &["accepted: ", "commit it"]);
    let path = project.path().join(session::ACCEPTED);
    let text = std::fs::read_to_string(&path).expect("an accepted session");
    let kept: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(kept["cases"][0]["verdicts"][0]["status"], "held");
    assert_eq!(kept["measured"]["stages"], Value::Array(Vec::new()));
    project.run(&["run", "--quiet"]);
    project.run(&["report", "--accept"]);
    assert_eq!(std::fs::read_to_string(&path).expect("an accepted session"), text);
}

/// Reports that people can look at: where they lie, and what they are about.
const SHOWN: [(&str, &str); 2] = [("docs/tour", "cases/tour"), ("docs/wine", "tests/projects/card")];

/// `DRIFTLESS_BLESS=1 cargo test --test it shown` writes them.
#[test]
fn the_reports_that_are_shown_are_those_of_their_pipelines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bless = std::env::var_os("DRIFTLESS_BLESS").is_some();
    // All are run before any is written: a session tells whether files of the repository were changed.
    let fresh = SHOWN.map(|(_, pipeline)| session_over(root, pipeline));
    for ((folder, pipeline), fresh) in SHOWN.into_iter().zip(fresh) {
        let folder = root.join(folder);
        if bless {
            std::fs::create_dir_all(&folder).expect("a folder");
            let text = driftless::report::json::render(&fresh);
            std::fs::write(folder.join("report.json"), text).expect("written");
        }
        let shown = session::read_report(&folder.join("report.json")).expect("a report");
        assert_eq!(essence(&fresh), essence(&shown), "`{pipeline}` comes out otherwise than is shown");
        compare(&folder, &shown, bless);
    }
}

/// Every format of a report beside what is shown.
fn compare(folder: &Path, report: &Report, bless: bool) {
    for format in FORMATS {
        let text = (format.render)(report, Context::default());
        let text = if format.name == "text" { anstream::adapter::strip_str(&text).to_string() } else { text };
        let path = folder.join(format.file);
        if bless {
            std::fs::write(&path, &text).expect("written");
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(known == text, "{} is old: DRIFTLESS_BLESS=1 cargo test --test it shown", path.display());
    }
}

/// The report of a new session over a pipeline of the repository, all of whose audits hold.
fn session_over(root: &Path, pipeline: &str) -> Report {
    #[expect(clippy::disallowed_methods, reason = "the test drives the real binary")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_driftless"));
    command.args(["run", pipeline, "--quiet", "--format", "json"]).current_dir(root);
    let ran = Ran::of(&command.output().expect("the binary runs"));
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).expect("a report")
}

/// What must be the same on every machine: each audit with its verdict and the factors that it blames. What a machine
/// cannot vary stands in the rest.
fn essence(report: &Report) -> Vec<(String, String, Vec<String>)> {
    let verdicts = report.cases.iter().flat_map(|case| &case.verdicts);
    verdicts
        .map(|verdict| {
            let factors = verdict.findings.iter().flat_map(|finding| finding.factors.clone()).collect();
            (verdict.audit.clone(), verdict.status.word().to_owned(), factors)
        })
        .collect()
}
