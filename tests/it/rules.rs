//! Every rule of the gate has a file or project that breaks it and one that does not: `tests/rules/<rule>/{bad,good}`.
//!
//! Of rules about a submission, a folder holds `submission.*` and, where the rule needs them, `sample.*`, `test.*` and
//! `previous.*`; of all others it is a project. A file `args` holds more arguments, one a line. A file `made` names files
//! that are made of zeros when the test runs, with their bytes: long ones, and those that not every system can keep. A
//! bad one must be found under its rule, and under no other but those that a file `also` names, one a line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use driftless::rule;
use serde_json::Value;

use crate::support::Project;

fn folder(rule: &str, which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(rule).join(which)
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// A copy of the folder outside any repository, since what version control keeps there decides.
fn copied(folder: &Path) -> Project {
    let project = Project::empty();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        let entries = std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()));
        for entry in entries.flatten() {
            let path = entry.path();
            let below = path.strip_prefix(folder).expect("below it").to_str().expect("UTF-8").to_owned();
            if path.is_dir() {
                waiting.push(path);
            } else if !["args", "also", "made"].contains(&below.as_str()) {
                project.write(&below, std::fs::read(&path).expect("a file"));
            }
        }
    }
    for line in lines(&folder.join("made")) {
        let (path, bytes) = line.rsplit_once(' ').expect("a path and bytes");
        let made = std::fs::File::create(project.write(path, "")).expect("a file");
        made.set_len(bytes.parse().expect("a number")).expect("its length");
    }
    project
}

/// The file of a submission folder whose name begins so.
fn named(project: &Project, stem: &str) -> Option<String> {
    let entries = std::fs::read_dir(project.path()).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.split('.').next() == Some(stem)).min()
}

fn gate(rule: &str, which: &str) -> (i32, Value) {
    let folder = folder(rule, which);
    let project = copied(&folder);
    let mut arguments = vec!["gate".to_owned(), "--format".to_owned(), "json".to_owned()];
    if !rule.starts_with("rebuild/") {
        arguments.push("--no-run".to_owned());
    }
    if rule.starts_with("submission/") {
        arguments.push(named(&project, "submission").expect("a submission"));
        for option in ["sample", "test", "previous"] {
            if let Some(file) = named(&project, option) {
                arguments.extend([format!("--{option}"), file]);
            }
        }
    } else {
        arguments.push(".".to_owned());
    }
    arguments.extend(lines(&folder.join("args")));
    let ran = project.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let report =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{rule} {which}: {error}\n{ran:?}"));
    (ran.code, report)
}

fn found(report: &Value) -> BTreeSet<String> {
    let problems = report["problems"].as_array().expect("problems");
    problems.iter().map(|problem| problem["rule"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn every_rule_finds_what_breaks_it_and_nothing_else() {
    let mut faults = Vec::new();
    for rule in rule::all() {
        let (code, report) = gate(rule.name, "bad");
        let expected: BTreeSet<String> =
            lines(&folder(rule.name, "bad").join("also")).into_iter().chain([rule.name.to_owned()]).collect();
        if found(&report) != expected {
            faults.push(format!(
                "{}: found {:?}, expected {expected:?}\n{report:#}",
                rule.name,
                found(&report)
            ));
        }
        let closes = rule.severity == rule::Severity::Error;
        if closes && code != 2 {
            faults.push(format!("{}: exit code {code}", rule.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_is_silent_on_what_keeps_it() {
    let mut faults = Vec::new();
    for rule in rule::all() {
        let (code, report) = gate(rule.name, "good");
        if code != 0 || !found(&report).is_empty() {
            faults.push(format!("{}: exit code {code}, {report:#}", rule.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_folder_belongs_to_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    for group in std::fs::read_dir(root).into_iter().flatten().flatten() {
        for entry in std::fs::read_dir(group.path()).expect("a group").flatten() {
            let name =
                format!("{}/{}", group.file_name().to_string_lossy(), entry.file_name().to_string_lossy());
            assert!(rule::by_name(&name).is_some(), "no rule `{name}`");
        }
    }
}
