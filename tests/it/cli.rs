//! What a user of the command line sees.

use crate::support::{Project, verdict};

#[test]
fn a_deterministic_pipeline_holds_and_costs_two_executions_for_all_factors_and_one_for_the_seed() {
    let project = Project::empty();
    project.write("p/run.sh", "echo \"$2\" > \"$1\"\n");
    project.write("p/use.sh", "cat \"$1\" > \"$2\"\n");
    project.write(
        "driftless.toml",
        r#"
[pipeline]
dir = "p"
[stage.make]
command = ["sh", "run.sh", "{out.made}", "{seed}"]
out.made = "made.txt"
[stage.use]
command = ["sh", "use.sh", "{out.made}", "{out.used}"]
out.used = "used.txt"
[knobs]
seed = 7
"#,
    );
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for audit in ["repeat", "nuisance", "seed-coverage"] {
        assert_eq!(verdict(&report, audit)["status"], "held", "{report:#}");
    }
    assert_eq!(
        report["cases"][0]["executions"],
        serde_json::json!([{ "stage": "make", "count": 3 }, { "stage": "use", "count": 2 }])
    );
    let plan = project.run(&["plan"]);
    assert!(plan.stdout.contains("5 executions if all holds"), "{}", plan.stdout);
}

#[test]
fn a_drift_names_the_factor_the_place_and_the_command_that_reruns_it() {
    let project = Project::shell("echo fixed > \"$1\"\npwd >> \"$1\"\n", "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let nuisance = verdict(&report, "nuisance");
    assert_eq!(nuisance["status"], "drifted");
    let finding = &nuisance["findings"][0];
    assert_eq!(finding["factors"], serde_json::json!(["working-directory"]));
    assert_eq!(finding["artifact"], "made");
    assert_eq!(finding["difference"]["place"], serde_json::json!({ "line": 2 }));
    let rerun = finding["rerun"].as_str().expect("a command");
    let words: Vec<&str> = rerun.split(' ').collect();
    assert_eq!(words[..2], ["driftless", "run"], "{rerun}");
    let again = project.run(&[&words[1..], &["--quiet"]].concat());
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stdout.contains("working-directory"), "{}", again.stdout);
}

#[test]
fn two_sessions_report_the_same_bytes_apart_from_what_was_measured() {
    let project = Project::shell("echo fixed > \"$1\"\npwd >> \"$1\"\ndate >> \"$1\"\n", "");
    let without_measures = || {
        let (_, mut report) = project.report(&[]);
        report.as_object_mut().expect("an object").remove("measured");
        report.to_string()
    };
    assert_eq!(without_measures(), without_measures());
}

#[test]
fn an_ignored_seed_is_blind() {
    let project = Project::shell(
        "echo \"seed is not used\" > \"$1\"\n",
        "env = { SEED = \"{seed}\" }\n[knobs]\nseed = 1\n",
    );
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(verdict(&report, "seed-coverage")["status"], "blind");
}

#[test]
fn a_toleration_with_a_reason_and_an_end_keeps_the_audit_green_and_is_listed() {
    let toleration = "[[tolerate]]\nfactor = \"working-directory\"\naudit = \"nuisance\"\nreason = \"paths in the log\"\nuntil = 2999-01-01\n";
    let project = Project::shell("pwd > \"$1\"\n", toleration);
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let nuisance = verdict(&report, "nuisance").to_string();
    assert!(nuisance.contains("tolerated until 2999-01-01: paths in the log"), "{nuisance}");
    assert!(nuisance.contains("still changes the bits"), "{nuisance}");
    let expired = toleration.replace("2999", "2020");
    let project = Project::shell("pwd > \"$1\"\n", &expired);
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1, "an expired toleration is a mistake in the case file: {ran:?}");
}

#[test]
fn a_case_whose_requirements_are_missing_is_skipped_with_the_reason_and_fails_when_required() {
    let project = Project::shell("echo x > \"$1\"\n", "[requires]\nprograms = [\"no-such-compiler\"]\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(verdict(&report, "repeat")["status"], "skipped");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("no-such-compiler"), "{headline}");
    assert_eq!(project.run(&["run", "--require", "audits"]).code, 4);
}

#[test]
fn colours_are_off_where_nobody_sees_them() {
    let project = Project::shell("echo x > \"$1\"\n", "");
    assert!(!project.run(&["run"]).stdout.contains('\u{1b}'));
}

#[test]
fn snapshots_are_recorded_accepted_and_then_compared() {
    let project = Project::shell("cat value.txt > \"$1\"\n", "");
    project.write("p/value.txt", "1\n");
    let first = project.run(&["run", "--require", "snapshots"]);
    assert_eq!(first.code, 5, "no snapshot was accepted yet: {first:?}");
    assert_eq!(project.run(&["run", "--record"]).code, 0);
    assert_eq!(project.run(&["pending"]).code, 5);
    assert_eq!(project.run(&["accept"]).code, 0);
    assert_eq!(project.run(&["pending"]).code, 0);
    assert_eq!(project.run(&["run", "--require", "snapshots"]).code, 0);
    project.write("p/value.txt", "2\n");
    let changed = project.run(&["run"]);
    assert_eq!(changed.code, 2, "{changed:?}");
    assert!(changed.stdout.contains("differs from the accepted snapshot"), "{}", changed.stdout);
}

#[test]
fn init_drafts_a_file_that_plan_understands_and_never_overwrites() {
    let project = Project::empty();
    project.write("train.py", "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--seed')\nparser.add_argument('--out')\n");
    assert_eq!(project.run(&["init"]).code, 0);
    let drafted = std::fs::read_to_string(project.path().join("driftless.toml")).expect("a draft");
    assert_eq!(project.run(&["plan"]).code, 0, "{drafted}");
    let again = project.run(&["init"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert_eq!(std::fs::read_to_string(project.path().join("driftless.toml")).expect("the draft"), drafted);
}

#[test]
fn every_audit_and_every_factor_has_a_page() {
    let project = Project::empty();
    let list = project.run(&["explain"]).stdout;
    let names: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 15, "{list}");
    for name in names {
        let page = project.run(&["explain", name]);
        assert!(page.code == 0 && page.stdout.starts_with(&format!("# {name}\n")), "{page:?}");
    }
    let unknown = project.run(&["explain", "hash-sed"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("did you mean `hash-seed`"), "{}", unknown.stderr);
}

#[test]
fn the_schema_describes_what_run_accepts() {
    let project = Project::empty();
    let schema: serde_json::Value = serde_json::from_str(&project.run(&["schema"]).stdout).expect("JSON");
    assert!(jsonschema::validator_for(&schema).is_ok());
}

#[test]
fn doctor_says_what_the_machine_can_vary() {
    let project = Project::empty();
    let ran = project.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in ["python", "adapter", "hash-seed", "clock"] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
}

#[test]
fn at_most_one_run_at_a_time_holds_an_exclusive_resource() {
    let busy = tempfile::tempdir().expect("a folder");
    let more = format!(
        "exclusive = [\"gpu\"]\n[environment]\nset = {{ BUSY = \"{}/busy\" }}\n[audit.repeat]\nruns = 3\n",
        busy.path().display()
    );
    let project =
        Project::shell("mkdir \"$BUSY\" || exit 9\nsleep 0.3\nrmdir \"$BUSY\"\necho x > \"$1\"\n", &more);
    let (ran, report) = project.report(&["--jobs", "4"]);
    assert_eq!(ran.code, 0, "{report:#}");
    assert_eq!(report["cases"][0]["executions"][0]["count"], 4, "{report:#}");
}

#[test]
fn processes_of_one_session_share_their_executions() {
    let project = Project::shell("echo run >> /dev/stderr; echo x > \"$1\"\n", "");
    let run = |audit: &str| {
        let mut command = project.command(&["run", "--audit", audit]);
        command.env("NEXTEST_RUN_ID", "shared").output().expect("the binary runs").status.code()
    };
    assert_eq!(run("repeat"), Some(0));
    let runs = || {
        std::fs::read_dir(project.path().join("target/driftless/session-shared/runs")).expect("runs").count()
    };
    let before = runs();
    assert_eq!(run("repeat"), Some(0));
    assert_eq!(runs(), before);
    assert_eq!(run("nuisance"), Some(0));
    assert_eq!(runs(), before + 1, "the baseline is shared, the joint run is new");
}
