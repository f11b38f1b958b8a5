//! Broken case files and wrong paths get an error with file, line and next step.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Project;

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_nearest_one() {
    let project = Project::shell("true\n", "");
    project.write(
        "driftless.toml",
        "[pipeline]\nsumary = \"x\"\n[stage.a]\ncommand = [\"true\"]\nout.x = \"x\"\n",
    );
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("driftless.toml:2:1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`summary`"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_folder_without_cases_is_an_error_that_names_init() {
    let project = Project::empty();
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("driftless init"), "{}", ran.stderr);
}

#[test]
fn a_filter_that_matches_nothing_is_an_error() {
    let project = Project::shell("echo x > \"$1\"\n", "");
    let ran = project.run(&["run", "--filter", "no-such-case"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("driftless list"), "{}", ran.stderr);
}

#[test]
fn an_unknown_audit_or_factor_is_an_error_that_lists_them() {
    let project = Project::shell("echo x > \"$1\"\n", "");
    let ran = project.run(&["run", "--audit", "nuisanse"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("nuisance"), "{}", ran.stderr);
    let ran = project.run(&["run", "--factor", "hash"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("hash-seed"), "{}", ran.stderr);
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let project = Project::shell("echo x > \"$1\"\n", "");
    project.write("blocked", "a file where a folder is wanted");
    let ran = project.run(&["run", "--store", "blocked/store"]);
    assert_eq!(ran.code, 70, "{ran:?}");
    assert!(ran.stderr.contains("blocked/store"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
}

#[test]
fn unreadable_data_is_named() {
    let project = Project::shell(
        "echo x > \"$1\"\n",
        "env.SECRET = \"{data.secret}\"\n[data.secret]\npath = \"secret.txt\"\n",
    );
    let secret = project.write("secret.txt", "x");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).expect("mode");
    if std::fs::read(&secret).is_ok() {
        // The superuser reads everything; a link to nowhere is unreadable for everybody.
        std::fs::remove_file(&secret).expect("removal");
        std::os::unix::fs::symlink("/no/such/file", &secret).expect("a link");
    }
    let ran = project.run(&["run"]);
    assert!([1, 70].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("secret.txt"), "{}", ran.stderr);
}

#[test]
fn a_damaged_record_is_not_trusted() {
    let project = Project::shell("echo x > \"$1\"\n", "");
    let run = || {
        let mut command = project.command(&["run"]);
        command.env("NEXTEST_RUN_ID", "one-session");
        command.output().expect("the binary runs")
    };
    assert_eq!(run().status.code(), Some(0));
    let runs = project.path().join("target/driftless/session-one-session/runs");
    for run in std::fs::read_dir(runs).expect("runs").flatten() {
        std::fs::write(run.path().join("record.json"), "{ \"format\": 1, ").expect("damage");
    }
    let output = run();
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).contains("record.json"));
}

#[test]
fn a_project_path_that_is_not_utf_8_is_named_with_the_way_out() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = Project::shell("echo x > \"$1\"\n", "");
    let folder = project.path().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    std::fs::create_dir(&folder).expect("a folder");
    for name in ["p", "driftless.toml"] {
        std::fs::rename(project.path().join(name), folder.join(name)).expect("a move");
    }
    let run = |arguments: &[&str]| {
        crate::support::Ran::of(
            &project.command(arguments).current_dir(&folder).output().expect("the binary runs"),
        )
    };
    let ran = run(&["run"]);
    assert_eq!(ran.code, 70, "{ran:?}");
    assert!(ran.stderr.contains("not UTF-8") && ran.stderr.contains("--store DIR"), "{}", ran.stderr);
    let store = project.path().join("store").display().to_string();
    let ran = run(&["run", "--store", &store]);
    assert_eq!(ran.code, 0, "{ran:?}");
}
