//! `driftless doctor --environment`: what is installed beside what is locked.

use serde_json::Value;

use crate::support::Project;

#[test]
fn a_package_that_is_not_there_is_missing_and_the_exit_code_says_so() {
    let project = Project::empty();
    project.write("requirements.txt", "surely-not-installed-anywhere==1.0\n");
    let ran = project.run(&["doctor", "--environment", "--json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["equal"], false);
    assert_eq!(report["missing"][0]["name"], "surely-not-installed-anywhere");
    assert!(report["python_version"].as_str().expect("a version").starts_with("3."), "{report}");
    let ran = project.run(&["doctor", "--environment", "--lock", "requirements.txt"]);
    assert!(ran.stdout.contains("missing              surely-not-installed-anywhere 1.0\n"), "{ran:?}");
    assert!(ran.stdout.contains("\ndifferent: "), "{ran:?}");
}

#[test]
fn without_a_lock_or_a_python_the_next_step_is_told() {
    let project = Project::empty();
    let ran = project.run(&["doctor", "--environment"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("hint: name one with `--lock FILE`"), "{ran:?}");
    project.write("requirements.txt", "six==1.17.0\n");
    let ran = project.run(&["doctor", "--environment", "--python", "nowhere/python"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("nowhere/python"), "{ran:?}");
    let ran = project.run(&["doctor", "--environment", "--lock", "other.txt"]);
    assert!(ran.code == 1 && ran.stderr.contains("there is no file `other.txt`"), "{ran:?}");
    assert_eq!(project.run(&["doctor", "--lock", "requirements.txt"]).code, 1);
}
