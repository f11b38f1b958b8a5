//! However a pipeline or the harness ends, the error is clear, nothing is left running, nothing of the user's changes.

use std::os::unix::process::ExitStatusExt as _;

use crate::support::{Project, Ran, alive, mark, verdict, wait_until};

#[test]
fn a_failing_baseline_is_inconclusive_and_quotes_its_log() {
    let project = Project::shell("echo 'the model file is gone' >&2\nexit 7\n", "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let verdict = verdict(&report, "repeat");
    assert_eq!(verdict["status"], "inconclusive");
    assert_eq!(verdict["findings"][0]["failure"]["end"], "exit status 7");
    assert_eq!(verdict["findings"][0]["failure"]["log"], "the model file is gone");
}

#[test]
fn the_log_of_a_failing_baseline_is_quoted_once_and_kept_for_every_audit_in_json() {
    let project = Project::shell("echo 'the model file is gone' >&2\nexit 7\n", "");
    let text = project.run(&["run"]).stdout;
    assert_eq!(text.matches("| the model file is gone").count(), 1, "{text}");
    assert_eq!(text.matches("its log is quoted above, at repeat").count(), 2, "{text}");
    let (_, report) = project.report(&[]);
    for audit in ["repeat", "nuisance", "seed-coverage"] {
        let failure = &verdict(&report, audit)["findings"][0]["failure"];
        assert_eq!(failure["log"], "the model file is gone", "{audit}");
    }
}

#[test]
fn a_stage_past_its_timeout_is_ended_with_all_its_children() {
    let mark = mark(1);
    let script = format!("trap '' TERM\n(trap '' TERM; setsid sleep {mark}) &\nsleep {mark}\n");
    let project = Project::shell(&script, "timeout = \"1s\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("passed its time limit of 1 s"), "{headline}");
    assert_eq!(alive(&mark), Vec::<String>::new());
}

#[test]
fn a_process_that_outlives_its_stage_is_ended_and_told() {
    let mark = mark(2);
    let project = Project::shell(&format!("setsid sleep {mark} &\necho made > \"$1\"\n"), "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(report["measured"]["stages"][0]["left_running"].as_u64() >= Some(1), "{report:#}");
    assert_eq!(alive(&mark), Vec::<String>::new());
}

#[test]
fn kill_9_of_the_harness_leaves_nothing_running() {
    let mark = mark(3);
    let project = Project::shell(&format!("(setsid sleep {mark}) &\nsleep {mark}\n"), "");
    let mut child = project.command(&["run"]).spawn().expect("the binary starts");
    wait_until("the stage", || alive(&mark).len() >= 2);
    child.kill().expect("SIGKILL");
    child.wait().expect("its end");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

#[test]
fn ctrl_c_ends_the_tree_and_exits_with_130() {
    let mark = mark(4);
    let project = Project::shell(&format!("trap '' INT TERM\nsleep {mark}\n"), "");
    let child =
        project.command(&["run"]).stdout(std::process::Stdio::piped()).spawn().expect("the binary starts");
    wait_until("the stage", || !alive(&mark).is_empty());
    interrupt(child.id());
    let output = child.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(130), "{:?} {:?}", output.status, output.status.signal());
    assert_eq!(Ran::of(&output).stdout, "", "an interrupted run must not print half a report");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

fn interrupt(pid: u32) {
    #[expect(clippy::disallowed_methods, reason = "the shell's kill sends the signal")]
    let status = std::process::Command::new("kill").args(["-INT", &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

#[test]
fn an_output_past_its_limit_is_stopped() {
    let project = Project::shell("head -c 5000000000 /dev/zero > \"$1\"\n", "output = \"10MB\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("passed its limit on output of 10 MB"), "{headline}");
}

#[test]
fn many_files_past_the_limit_together_are_stopped() {
    let script =
        "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > \"$TMPDIR/$i\"; sleep 0.02; done\n";
    let project = Project::shell(script, "output = \"10MB\"\ntimeout = \"1min\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("passed its limit on output"), "{headline}");
}

#[test]
fn memory_past_its_limit_is_stopped() {
    let script = "exec python3 -c 'import time; block = b\"x\" * 300_000_000; time.sleep(30)'\n";
    let project = Project::shell(script, "memory = \"100MB\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("passed its limit on memory of 100 MB"), "{headline}");
}

#[test]
fn output_and_log_that_are_not_utf_8_are_compared_and_quoted() {
    let project = Project::shell("printf '\\377\\376\\n' > \"$1\"\nprintf 'caf\\351\\n' >&2\n", "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?} {report:#}");
    let project = Project::shell("printf 'caf\\351 \\033[31m\\n' >&2\nexit 1\n", "");
    let (_, report) = project.report(&[]);
    assert_eq!(verdict(&report, "repeat")["findings"][0]["failure"]["log"], "caf\u{fffd} ?[31m");
}

#[test]
fn a_missing_output_is_named_with_the_place_where_it_was_looked_for() {
    let project = Project::shell("true\n", "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("left no `made` (looked for `made.txt`)"), "{headline}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let project = Project::empty();
    project
        .write("driftless.toml", "[stage.a]\ncommand = [\"no-such-program\", \"{out.x}\"]\nout.x = \"x\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("no-such-program"), "{headline}");
}

#[test]
fn a_fork_bomb_is_ended() {
    let mark = mark(5);
    let script = format!("i=0; while [ $i -lt 6000 ]; do i=$((i+1)); sleep {mark} & done; wait\n");
    let project = Project::shell(&script, "timeout = \"2min\"\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("4096 processes"), "{headline}");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

#[test]
fn the_users_files_are_never_changed() {
    let script = "chmod -R u+w . 2>/dev/null; echo spoilt > data.txt; echo spoilt >> big.bin; rm -f run.sh; echo x > \"$1\"\n";
    let project = Project::shell(script, "");
    project.write("p/data.txt", "precious\n");
    let big = vec![7_u8; 3 << 20];
    project.write("p/big.bin", &big);
    let _ = project.run(&["run"]);
    assert_eq!(std::fs::read(project.path().join("p/data.txt")).expect("data"), b"precious\n");
    assert!(std::fs::read(project.path().join("p/big.bin")).expect("data") == big);
    assert_eq!(std::fs::read_to_string(project.path().join("p/run.sh")).expect("script"), script);
}

#[test]
fn a_run_that_writes_to_its_large_input_is_told() {
    let project = Project::shell(
        "chmod u+w \"$BIG\"; echo spoilt >> \"$BIG\"; echo x > \"$1\"\n",
        "env.BIG = \"{data.big}\"\n[data.big]\npath = \"big.bin\"\n",
    );
    project.write("big.bin", vec![7_u8; 3 << 20]);
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("wrote to its input `data/big/big.bin`"), "{headline}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let mount = tempfile::tempdir().expect("a folder");
    let project = Project::shell("head -c 400000000 /dev/zero > \"$1\"\n", "");
    let script = format!(
        "mount -t tmpfs -o size=100m tmpfs {0} && cd {1} && exec {2} run --store {0}/store --format json",
        mount.path().display(),
        project.path().display(),
        env!("CARGO_BIN_EXE_driftless"),
    );
    #[expect(clippy::disallowed_methods, reason = "a mount namespace of its own holds the small disk")]
    let output = std::process::Command::new("unshare")
        .args(["-Urm", "sh", "-c", &script])
        .output()
        .expect("unshare runs");
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("No space left") || ran.stdout.contains("free disk space"), "{ran:?}");
}

#[test]
fn a_store_where_no_library_may_be_loaded_does_not_keep_the_clock_from_being_pinned() {
    let mount = tempfile::tempdir().expect("a folder");
    let project = Project::shell("date > \"$1\"\n", "");
    let script = format!(
        "mount -t tmpfs -o noexec tmpfs {0} && cd {1} && exec {2} run --store {0}/store --format json",
        mount.path().display(),
        project.path().display(),
        env!("CARGO_BIN_EXE_driftless"),
    );
    #[expect(clippy::disallowed_methods, reason = "a mount namespace of its own holds the file system")]
    let output = std::process::Command::new("unshare")
        .args(["-Urm", "sh", "-c", &script])
        .output()
        .expect("unshare runs");
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("`clock` changes `made`") && !ran.stdout.contains("ld.so"), "{ran:?}");
}
