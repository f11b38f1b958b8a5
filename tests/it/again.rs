//! Stages that run twice, beside a copy of themselves, on no data, and on from where they were stopped or killed.

use serde_json::Value;

use crate::support::{Project, alive, mark, verdict, wait_until};

/// A project of shell stages: the script of each, and what the case file says of it besides its command.
fn project(stages: &[(&str, &str, &str)], more: &str) -> Project {
    let project = Project::empty();
    let mut case = String::from("[pipeline]\nsummary = \"test\"\ndir = \"p\"\n");
    for (name, script, declared) in stages {
        project.write(&format!("p/{name}.sh"), script);
        case.push_str(&format!("[stage.{name}]\n{declared}\n"));
    }
    case.push_str(more);
    project.write("driftless.toml", case);
    project
}

fn audited(project: &Project, audit: &str) -> Value {
    let (_, report) = project.report(&["--audit", audit]);
    verdict(&report, audit).clone()
}

/// The words of all findings, in order.
fn words(verdict: &Value) -> Vec<&str> {
    let findings = verdict["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["factors"][0].as_str().unwrap_or_default()).collect()
}

const MAKE: &str = "command = [\"sh\", \"make.sh\", \"{out.made}\"]\nout.made = \"made.txt\"";

fn idempotence(script: &str, more: &str) -> Value {
    audited(&project(&[("make", script, MAKE)], &format!("[audit.idempotence]\n{more}")), "idempotence")
}

#[test]
fn a_stage_that_writes_its_outputs_anew_holds() {
    let verdict = idempotence("echo one > \"$1\"\n", "");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    assert_eq!(
        verdict["headline"],
        "a second run over its own outputs changes nothing; two copies at the same time leave the same bits; \
         nothing undeclared is written"
    );
}

#[test]
fn a_stage_that_appends_to_its_outputs_is_caught_by_its_second_run() {
    let verdict = idempotence("echo one >> \"$1\"\n", "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["again"]);
    assert_eq!(verdict["findings"][0]["artifact"], "made");
    assert_eq!(verdict["findings"][0]["difference"]["right"], "\"one\"");
}

#[test]
fn a_stage_that_fails_over_its_own_outputs_is_caught_with_its_log() {
    let script = "mkdir \"$(dirname \"$1\")/folder\" || exit 3\necho one > \"$1\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["headline"], "stage `make` fails when it runs again over its own outputs");
    assert_eq!(verdict["findings"][0]["failure"]["end"], "exit status 3");
    assert!(verdict["findings"][0]["failure"]["log"].as_str().is_some_and(|log| log.contains("File exists")));
}

#[test]
fn a_temporary_file_with_a_fixed_name_is_caught_when_two_copies_share_it() {
    // Both write, both wait, then both add: the file that is moved away first is missed by the other.
    let script = "echo one > \"$TMPDIR/fixed\"\nsleep 0.5\necho two >> \"$TMPDIR/fixed\"\nmv \"$TMPDIR/fixed\" \"$1\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["twins"]);
    let own = "file=$(mktemp)\necho one > \"$file\"\nsleep 0.2\necho two >> \"$file\"\nmv \"$file\" \"$1\"\n";
    assert_eq!(idempotence(own, "")["status"], "held");
}

#[test]
fn a_lock_that_turns_the_second_copy_away_is_caught_and_quoted() {
    let script = "mkdir \"$HOME/lock\" 2>/dev/null || { echo locked >&2; exit 4; }\nsleep 1\necho one > \"$1\"\nrmdir \"$HOME/lock\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["headline"], "stage `make` fails when two copies run at the same time", "{verdict:#}");
    assert_eq!(verdict["findings"][0]["failure"]["log"], "locked");
    assert_eq!(idempotence(script, "twins = false\n")["status"], "held");
}

#[test]
fn no_copy_outlives_its_twins() {
    let mark = mark(31);
    let script = format!("setsid sleep {mark} &\necho one > \"$1\"\n");
    assert_eq!(idempotence(&script, "")["status"], "held");
    wait_until("the end of the twins", || alive(&mark).is_empty());
}

#[test]
fn files_that_nobody_declared_are_named_and_caches_are_not() {
    let verdict = idempotence("echo one > \"$1\"\necho two > notes.txt\n", "");
    assert_eq!(words(&verdict), ["undeclared"], "{verdict:#}");
    assert_eq!(verdict["findings"][0]["difference"]["place"]["file"]["path"], "notes.txt");
    let script =
        "echo one > \"$1\"\nmkdir -p __pycache__ .cache\necho x > __pycache__/m.pyc\necho y > .cache/z\n";
    assert_eq!(idempotence(script, "")["status"], "held");
    assert_eq!(idempotence("echo one > \"$1\"\necho 2 > a\n", "undeclared = false\n")["status"], "held");
}

#[test]
fn a_silent_stage_that_prints_is_quoted_even_without_the_table() {
    let silent = format!("{MAKE}\nstdout = \"silent\"");
    let script = "echo 'epoch 1'\necho one > \"$1\"\n";
    let said = audited(&project(&[("make", script, &silent)], ""), "idempotence");
    assert_eq!(words(&said), ["stdout"], "{said:#}");
    assert_eq!(said["findings"][0]["difference"]["right"], "\"epoch 1\"");
    let quiet = "echo 'epoch 1' >&2\necho one > \"$1\"\n";
    assert_eq!(audited(&project(&[("make", quiet, &silent)], ""), "idempotence")["status"], "held");
    assert_eq!(audited(&project(&[("make", script, MAKE)], ""), "idempotence")["status"], "skipped");
}

const PREDICT: &str = "command = [\"sh\", \"predict.sh\", \"{data.test}\", \"{out.preds}\"]\nout.preds = { path = \"p.csv\", id = \"id\", role = \"predictions\" }";
const TEST: &str =
    "[data.test]\npath = \"test.csv\"\nid = \"id\"\nheld-out = true\n[audit.idempotence]\nempty = \"test\"\n";

fn on_no_rows(script: &str) -> Value {
    let project = project(&[("predict", script, PREDICT)], TEST);
    project.write("test.csv", "id,x\n1,5\n2,6\n");
    audited(&project, "idempotence")
}

#[test]
fn data_without_rows_must_give_a_header_alone() {
    let good =
        "echo id,y > \"$2\"\ntail -n +2 \"$1\" | while read line; do echo \"${line%,*},0\" >> \"$2\"; done\n";
    let verdict = on_no_rows(good);
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    assert!(verdict["headline"].as_str().is_some_and(|line| line.contains("a header alone")), "{verdict:#}");

    let crashes = format!("[ $(wc -l < \"$1\") -gt 1 ] || {{ echo 'no rows' >&2; exit 9; }}\n{good}");
    let verdict = on_no_rows(&crashes);
    assert_eq!(verdict["headline"], "stage `predict` fails on data without rows", "{verdict:#}");
    assert_eq!(verdict["findings"][0]["failure"]["log"], "no rows");

    let invents = format!("{good}[ $(wc -l < \"$1\") -gt 1 ] || echo 0,0 >> \"$2\"\n");
    let verdict = on_no_rows(&invents);
    assert_eq!(words(&verdict), ["empty"]);
    assert_eq!(verdict["findings"][0]["difference"]["place"]["row"]["row"], 1, "{verdict:#}");

    let nothing = format!("{good}[ $(wc -l < \"$1\") -gt 1 ] || : > \"$2\"\n");
    assert_eq!(words(&on_no_rows(&nothing)), ["empty"]);
}
