//! Workers: what they answer, how they crash, and that they end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::kernels::TREE_SUM;
use super::*;

const LONG: Duration = Duration::from_mins(2);

/// Not a worker by itself: the tests below start this binary again, with this test chosen and a question behind it.
#[test]
fn worker() {
    let last = std::env::args_os().next_back().unwrap_or_default();
    let question = Path::new(&last);
    if question.ends_with("JOB.json") {
        serve(question).unwrap();
    }
    assert!(matches!(serve(Path::new("/nowhere/JOB.json")), Err(Error::File { .. })));
}

fn in_worker(bench: &Bench, environment: &[(&str, &str)]) -> Result<Reply, Error> {
    let (program, arguments) = this_binary();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spawn(&program, &arguments, &bench.job, bench.folder.path(), LONG, &environment)
}

fn in_shell(script: &str, timeout: Duration) -> (Error, TempDir) {
    let bench = Bench::new(TREE_SUM, [1, 1, 1]).words(&[0; 64]).output(1).plain();
    let arguments = ["-c", script].map(OsString::from);
    let folder = bench.folder.path();
    let error =
        spawn(Path::new("/bin/sh"), &arguments, &bench.job, folder, timeout, &BTreeMap::new()).unwrap_err();
    (error, bench.folder)
}

#[test]
fn a_worker_answers_as_this_process_does() {
    let bench =
        Bench::new(TREE_SUM, [16, 1, 1]).words(&spread(1024, 7)).output(16).plain().scheduled(shuffled(1));
    let here = bench.work();
    let there = in_worker(&bench, &[("LP_NUM_THREADS", "1")]).unwrap();
    assert_eq!(there.adapter, here.adapter);
    assert_eq!(digests(&there), digests(&here));
}

#[test]
fn settings_of_the_driver_reach_the_worker() {
    let bench = Bench::new(TREE_SUM, [1, 1, 1]).words(&[0; 64]).output(1).plain();
    let sizes = ["128", "256"].map(|width| {
        let reply = in_worker(&bench, &[("LP_NATIVE_VECTOR_WIDTH", width)]).unwrap();
        reply.adapter.subgroup_sizes.unwrap()[0]
    });
    assert_eq!(sizes, [4, 8]);
}

#[test]
fn adapters_are_surveyed_in_a_worker() {
    let (program, arguments) = this_binary();
    let folder = tempfile::tempdir().unwrap();
    let found = survey(&program, &arguments, folder.path(), LONG, &BTreeMap::new()).unwrap();
    assert_eq!(found, list());
}

#[test]
fn errors_cross_from_the_worker_as_they_are() {
    let bench = Bench::new("fn main() {", [1, 1, 1]).plain();
    assert_eq!(in_worker(&bench, &[]).unwrap_err(), bench.refused());
}

#[test]
fn a_crash_is_contained_and_named() {
    let (error, _folder) = in_shell("echo llvmpipe: oh no >&2; kill -SEGV $$", LONG);
    let text = error.to_string();
    assert!(text.contains("SIGSEGV") && text.contains("oh no"), "{text}");
    let (error, _folder) = in_shell("exit 101", LONG);
    assert!(error.to_string().contains("exit code 101"), "{error}");
    let (error, _folder) = in_shell("exit 0", LONG);
    assert!(error.to_string().contains("no answer"), "{error}");
    let (error, _folder) = in_shell("echo '{' > \"$(dirname \"$0\")/REPLY.json\"", LONG);
    assert!(matches!(error, Error::Crashed { .. }), "{error}");
}

#[test]
fn a_worker_that_does_not_end_is_killed_with_all_that_it_started() {
    let script = "sleep 600 & echo $! > \"$(dirname \"$0\")/pid\"; wait";
    let (error, folder) = in_shell(script, Duration::from_secs(1));
    assert_eq!(error, Error::TimedOut { milliseconds: 1000 });
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    let status = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    // It is killed at once, but dies when it next comes to a processor, and is collected when its new parent gets to it.
    let ended = || {
        std::thread::sleep(Duration::from_millis(20));
        status().is_empty() || status().contains(") Z ")
    };
    assert!((0..500).any(|_| ended()), "{}", status());
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let bench = Bench::new(TREE_SUM, [1, 1, 1]).words(&[0; 64]).output(1).plain();
    let program = Path::new("/nowhere/worker");
    let error = spawn(program, &[], &bench.job, bench.folder.path(), LONG, &BTreeMap::new()).unwrap_err();
    assert!(matches!(error, Error::File { ref file, .. } if file == "/nowhere/worker"), "{error}");
}

#[test]
fn want_of_memory_is_an_error_of_the_job_alone() {
    let mut bench = Bench::new(TREE_SUM, [1, 1, 1]).words(&[0; 64]).output(1).plain();
    for _ in 0..8 {
        bench = bench.buffer(Contents::Fill { byte: 0, bytes: 1 << 28 }, false);
    }
    let (program, arguments) = this_binary();
    let limited = ["-c", "ulimit -v 1500000; exec \"$@\"", "sh"].map(OsString::from);
    let shell: Vec<OsString> = limited.into_iter().chain([program.into()]).chain(arguments).collect();
    let error = spawn(Path::new("/bin/sh"), &shell, &bench.job, bench.folder.path(), LONG, &BTreeMap::new());
    assert!(matches!(error, Err(Error::OutOfMemory { .. })), "{error:?}");
}

#[test]
fn a_kernel_that_takes_too_long_is_ended() {
    let bench = endless();
    let (program, arguments) = this_binary();
    let brief = Duration::from_secs(1);
    let error =
        spawn(&program, &arguments, &bench.job, bench.folder.path(), brief, &BTreeMap::new()).unwrap_err();
    assert_eq!(error, Error::TimedOut { milliseconds: 1000 });
}
