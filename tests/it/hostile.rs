//! Programs that do odd things to their outputs, to their place and to the processes around them.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Project, alive, mark, verdict, wait_until};

/// Runs the `repeat` audit of one shell stage and returns the exit code with the headline.
fn ends_with(script: &str, more: &str) -> (i32, String) {
    let project = Project::shell(script, more);
    let (ran, report) = project.report(&["--audit", "repeat"]);
    (ran.code, verdict(&report, "repeat")["headline"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_program_that_kills_its_supervisor_is_inconclusive_and_leaves_nothing_running() {
    let mark = mark(21);
    let script = format!("setsid sleep {mark} &\nsleep {mark} &\nkill -9 $PPID\nsleep {mark}\n");
    let (code, headline) = ends_with(&script, "");
    assert_eq!(code, 4, "{headline}");
    assert!(headline.contains("its supervisor was ended from outside (signal: 9 (SIGKILL))"), "{headline}");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

#[test]
fn a_supervisor_goes_on_when_it_is_stopped_or_asked_to_end() {
    let script = "kill -TERM $PPID; kill -INT $PPID; kill -HUP $PPID; kill -STOP $PPID\necho x > \"$1\"\n";
    let (code, headline) = ends_with(script, "");
    assert_eq!(code, 0, "{headline}");
}

#[test]
fn signals_that_the_caller_ignores_are_not_ignored_by_the_program() {
    let project = Project::shell("grep SigIgn /proc/self/status > \"$1\"\n", "");
    let command = project.command(&["run", "--audit", "repeat"]);
    let shell = format!("trap '' HUP INT QUIT TERM; exec {} run", command.get_program().display());
    #[expect(clippy::disallowed_methods, reason = "a shell is what ignores signals")]
    let status = std::process::Command::new("sh")
        .args(["-c", &shell])
        .current_dir(project.path())
        .env_remove("NEXTEST_RUN_ID")
        .env_remove("CARGO_TARGET_DIR")
        .stdout(std::process::Stdio::null())
        .status()
        .expect("a shell");
    assert!(status.success());
    let ignored = project.only_object();
    let mask = ignored.trim().rsplit('\t').next().and_then(|mask| u64::from_str_radix(mask, 16).ok());
    // The C library keeps signals 32 and 33 to itself.
    assert_eq!(mask.map(|mask| mask & !(0b11 << 31)), Some(0), "{ignored}");
}

#[test]
fn a_bomb_of_processes_in_sessions_of_their_own_is_ended() {
    let mark = mark(22);
    let (code, headline) =
        ends_with(&format!("while :; do setsid sleep {mark} & done\n"), "timeout = \"20s\"\n");
    assert!(code == 3 || code == 4, "{code} {headline}");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

#[test]
fn an_output_that_is_a_link_into_the_place_counts_as_what_it_leads_to() {
    let project = Project::shell("echo content > other.txt; ln -s \"$PWD/other.txt\" \"$1\"\n", "");
    let (ran, report) = project.report(&["--audit", "repeat"]);
    assert_eq!(ran.code, 0, "{report:#}");
    assert_eq!(project.only_object(), "content\n");
}

#[test]
fn an_output_that_is_a_link_out_of_the_place_is_refused_and_what_it_leads_to_is_not_touched() {
    let outside = tempfile::tempdir().expect("a folder");
    let precious = outside.path().join("precious.txt");
    std::fs::write(&precious, "mine\n").expect("a file");
    std::fs::set_permissions(&precious, std::fs::Permissions::from_mode(0o400)).expect("a mode");
    let shown = outside.path().display();
    for script in [
        format!("ln -s {shown} \"$1\"\n"),
        format!("ln -s {shown}/precious.txt \"$1\"\n"),
        format!("rm -rf ../out; ln -s {shown} ../out; echo x > \"$1\"\n"),
        format!("rm -rf ../../d; mkdir {shown}/out; echo x > {shown}/out/made.txt; ln -s {shown} ../../d\n"),
    ] {
        let (code, headline) = ends_with(&script, "");
        assert_eq!(code, 4, "{script} {headline}");
        assert!(headline.contains("left as `made` a link out of its place"), "{script} {headline}");
        let mode = std::fs::metadata(&precious).expect("still there").permissions().mode();
        assert_eq!(mode & 0o777, 0o400, "{script}");
        assert_eq!(std::fs::read_to_string(&precious).expect("still there"), "mine\n");
    }
    assert!(outside.path().join("made.txt").exists() && outside.path().join("out/made.txt").exists());
}

#[test]
fn an_output_that_is_no_file_is_inconclusive_and_named() {
    for (script, what) in [
        ("ln -s nowhere \"$1\"\n", "left as `made` a link that leads nowhere"),
        ("mkfifo \"$1\"\n", "left as `made` a named pipe"),
        ("mkdir \"$1\"; mkfifo \"$1/pipe\"\n", "pipe"),
        ("rm -rf ../../*; true\n", "left no `made`"),
    ] {
        let (code, headline) = ends_with(script, "");
        assert_eq!(code, 4, "{script} {headline}");
        assert!(headline.contains(what), "{script} {headline}");
    }
}

#[test]
fn outputs_without_any_permission_and_empty_ones_are_compared() {
    for script in [
        "echo x > \"$1\"; chmod 000 \"$1\"\n",
        ": > \"$1\"\n",
        "mkdir \"$1\"; echo x > \"$1/a\"; chmod 000 \"$1\"\n",
    ] {
        let (code, headline) = ends_with(script, "");
        assert_eq!(code, 0, "{script} {headline}");
    }
}

#[test]
fn a_program_that_removes_its_working_directory_is_still_audited() {
    let (code, headline) = ends_with("echo x > \"$1\"; rm -rf \"$PWD\"\n", "");
    assert_eq!(code, 0, "{headline}");
}

#[test]
fn signals_are_named() {
    let (code, headline) = ends_with("kill -SEGV $$\n", "");
    assert_eq!(code, 4);
    assert!(headline.contains("killed by signal 11 (SIGSEGV"), "{headline}");
}

#[test]
fn a_refused_write_is_explained() {
    let project = Project::shell("echo \"sh: 1: cannot create run.sh: Permission denied\" >&2; exit 2\n", "");
    let (ran, report) = project.report(&["--audit", "repeat"]);
    assert_eq!(ran.code, 4);
    let hint = verdict(&report, "repeat")["findings"][0]["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("large staged files are read-only"), "{hint}");
    let text = project.run(&["run", "--audit", "repeat"]).stdout;
    assert!(text.contains("hint      large staged files are read-only"), "{text}");
}

#[test]
fn a_reader_that_has_seen_enough_does_not_turn_a_drift_green() {
    let project = Project::shell("pwd > \"$1\"\n", "");
    let mut child =
        project.command(&["run"]).stdout(std::process::Stdio::piped()).spawn().expect("the binary starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("its end").code(), Some(2));
}
