//! `driftless gate FILE`: what users see of a submission file.

use crate::support::Project;

const SAMPLE: &str = "id,target\n1,0\n2,0\n3,0\n";

fn project(submission: &[u8]) -> Project {
    let project = Project::empty();
    project.write("sub.csv", submission);
    project.write("sample.csv", SAMPLE);
    project
}

#[test]
fn a_good_file_is_answered_in_a_few_lines() {
    let project = project(b"id,target\n1,0.5\n2,0.7\n3,0.1\n");
    let ran = project.run(&["gate", "sub.csv", "--sample", "sample.csv", "--range", "0..1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("good: sub.csv: 3 rows, 2 columns, 28 bytes, sha256"), "{ran:?}");
    assert!(ran.stdout.contains("good: as in the sample: header, types, ids and their order"), "{ran:?}");
    assert_eq!(lines.last(), Some(&"submit: nothing found"));
}

#[test]
fn every_problem_is_told_at_once_with_its_line_value_and_mend() {
    let project = project(b"\xef\xbb\xbfID,target\r\n1,0.5\r\n2,nan\r\n4,0.1\r\n");
    let ran = project.run(&["gate", "sub.csv", "--sample", "sample.csv"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for rule in ["bom", "header", "line-end", "not-finite", "id-missing", "id-extra"] {
        assert!(ran.stdout.contains(&format!("submission/{rule}")), "{rule}: {ran:?}");
    }
    assert!(ran.stdout.contains("error  submission/not-finite  sub.csv:3\n"), "{ran:?}");
    assert!(ran.stdout.contains("  value     nan\n"), "{ran:?}");
    assert!(ran.stdout.contains("do not submit: 6 errors\n"), "{ran:?}");
}

#[test]
fn a_mended_copy_passes_and_its_original_stays() {
    let bytes = b"\xef\xbb\xbf,target,id\r\n0,0.1,3\r\n1,7e-1,2\r\n2,.5,1\r\n";
    let project = project(bytes);
    let ran = project.run(&["gate", "sub.csv", "--sample", "sample.csv", "--fix", "out.csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("note: `out.csv`: put the rows into order (2 places)"), "{ran:?}");
    let out = std::fs::read_to_string(project.path().join("out.csv")).expect("a copy");
    assert_eq!(out, "id,target\n1,.5\n2,7e-1\n3,0.1\n");
    assert_eq!(std::fs::read(project.path().join("sub.csv")).expect("the file"), bytes);
    assert_eq!(project.run(&["gate", "out.csv", "--sample", "sample.csv", "--strict"]).code, 0);
    let again = project.run(&["gate", "sub.csv", "--sample", "sample.csv", "--fix", "out.csv"]);
    assert_eq!((again.code, again.stdout.as_str()), (1, ""), "{again:?}");
    assert!(again.stderr.contains("`out.csv` exists"), "{again:?}");
}

#[test]
fn a_copy_is_refused_where_values_are_wrong() {
    let project = project(b"\xef\xbb\xbfid,target\n1,0.5\n2,nan\n3,0.1\n");
    let ran = project.run(&["gate", "sub.csv", "--sample", "sample.csv", "--fix", "out.csv"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("`out.csv` was not written"), "{ran:?}");
    assert!(!project.path().join("out.csv").exists());
}

#[test]
fn what_cannot_be_looked_at_is_a_matter_of_usage() {
    let project = project(b"id,target\n1,0.5\n");
    for (arguments, says) in [
        (&["gate", "missing.csv"][..], "missing.csv"),
        (&["gate", "sub.csv", "--sample", "nowhere.csv"], "nowhere.csv"),
        (&["gate", "sub.csv", "--id", "key"], "its columns: id, target"),
        (&["gate", "sub.csv", "--range", "x=0..1"], "there is no column `x`"),
        (&["gate", "sub.csv", "--range", "1..0"], "write LOW..HIGH"),
        (&["gate", ".", "--sample", "sample.csv"], "is a project"),
    ] {
        let ran = project.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(says), "{arguments:?}: {ran:?}");
    }
}
