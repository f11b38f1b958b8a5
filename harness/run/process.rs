//! Starts supervisors, and the few helper programs of our own (an interpreter's self-description, pip, uv).

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::clock::Stopwatch;
use super::network::Network;
use super::supervise::{ARGUMENT, Finish, Order, Outcome};
use super::{Cost, Error, family, interrupt};

/// An environment that takes longer to install is stuck.
const HELPER_TIMEOUT_MS: u64 = 3_600_000;

/// How long a supervisor may take beyond the program's own time limit to end its tree and answer.
const ANSWER_GRACE: Duration = Duration::from_mins(2);
/// How often we look after a supervisor that says nothing.
const LOOK: Duration = Duration::from_secs(1);

/// Runs an order under a supervisor and waits for its answer.
pub(super) fn supervised(order: &Order, folder: &Path) -> Result<Outcome, Error> {
    if interrupt::interrupted() {
        return Err(Error::Interrupted);
    }
    let file = folder.join("order.json");
    let text = serde_json::to_vec_pretty(order).map_err(|error| supervisor(error.to_string()))?;
    std::fs::write(&file, text).map_err(Error::io("write", &file))?;
    // Where orphans cannot be adopted, those of a supervisor that was killed are out of reach; all else works.
    drop(family::adopt_orphans());
    let mut child = enlist(&mut supervisor_command(&file)?)
        .map_err(|error| supervisor(format!("could not be started: {error}")))?;
    let lifeline = child.stdin.take().map(interrupt::hold);
    let answer = child.stdout.take().map(|pipe| listen(pipe, child.id(), order.timeout_ms));
    let status = child.wait();
    drop(lifeline);
    let mut supervisors = supervisors();
    supervisors.remove(&number(child.id()));
    let status = status.map_err(|error| supervisor(format!("was lost: {error}")))?;
    if let Some(Ok(outcome)) = answer.as_deref().map(serde_json::from_str::<Outcome>) {
        return if outcome.finish == Finish::Interrupted { Err(Error::Interrupted) } else { Ok(outcome) };
    }
    end_orphans(&supervisors);
    if interrupt::interrupted() {
        return Err(Error::Interrupted);
    }
    Ok(Outcome { finish: Finish::Unsupervised(status.to_string()), cost: Cost::default(), struck: false })
}

fn number(pid: u32) -> i32 {
    i32::try_from(pid).unwrap_or(i32::MAX)
}

/// Reads until the supervisor closes its end. A supervisor that was stopped is sent on, and one that is past every limit is
/// killed: a program of the same user can do both to it, and we must not wait for ever.
fn listen(mut pipe: ChildStdout, pid: u32, timeout_ms: u64) -> String {
    let watch = Stopwatch::start();
    let pid = number(pid);
    let limit = Duration::from_millis(timeout_ms).saturating_add(ANSWER_GRACE);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if !is_readable(&pipe) {
            family::send(pid, if watch.elapsed() > limit { libc::SIGKILL } else { libc::SIGCONT });
            continue;
        }
        match pipe.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Waits at most [`LOOK`] for something to read, or for the end.
#[expect(unsafe_code, reason = "poll has no safe form in std")]
fn is_readable(pipe: &ChildStdout) -> bool {
    let mut entry = libc::pollfd { fd: pipe.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let milliseconds = i32::try_from(LOOK.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: one entry, which lives through the call.
    unsafe { libc::poll(&raw mut entry, 1, milliseconds) > 0 }
}

/// The supervisors at work. Locked while one is started, so that the search for orphans never meets one unlisted.
static SUPERVISORS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn supervisors() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    SUPERVISORS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enlist(command: &mut Command) -> std::io::Result<Child> {
    let mut supervisors = supervisors();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    supervisors.insert(number(child.id()));
    Ok(child)
}

/// Ends what a supervisor left that was killed. Its orphans are then our children, in a session that is not ours, while
/// helpers that we start ourselves stay in ours.
fn end_orphans(supervisors: &BTreeSet<i32>) {
    let own = family::own_pid();
    loop {
        let everybody = family::everybody();
        let own_session = everybody.iter().find(|member| member.pid == own).map(|member| member.session);
        let orphans = everybody.iter().filter(|member| {
            member.parent == own && Some(member.session) != own_session && !supervisors.contains(&member.pid)
        });
        let mut found = false;
        for orphan in orphans {
            found = true;
            for member in family::descendants(&everybody, orphan.pid).iter().chain([orphan]) {
                family::send(member.pid, libc::SIGKILL);
            }
            family::reap(orphan.pid);
        }
        if !found {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn supervisor(what: String) -> Error {
    Error::Supervisor { what }
}

/// The program that acts as supervisor is this very program: `driftless`, or a test binary that calls
/// [`crate::trial::main`].
#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn supervisor_command(order: &Path) -> Result<Command, Error> {
    let own = std::env::current_exe().map_err(|error| supervisor(format!("could not be found: {error}")))?;
    let mut command = Command::new(own);
    command.arg(ARGUMENT).arg(order);
    Ok(command)
}

/// Runs a helper program in the caller's own environment, under a supervisor as well: no pip outlives us. Its output goes
/// to `stdout` and `stderr` in `folder`.
pub(super) fn helper(argv: Vec<String>, folder: &Path, target: &Path) -> Result<Finish, Error> {
    let env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let order = Order {
        argv,
        env: env.collect(),
        cwd: folder.to_path_buf(),
        stdout: folder.join("stdout"),
        stderr: folder.join("stderr"),
        folders: vec![target.to_path_buf()],
        umask: 0o022,
        processors: None,
        random_addresses: true,
        mark: None,
        network: Network::Free,
        timeout_ms: HELPER_TIMEOUT_MS,
        memory_bytes_max: u64::MAX,
        output_bytes_max: u64::MAX,
        strike: None,
    };
    Ok(supervised(&order, folder)?.finish)
}

/// Runs a helper program in the caller's own environment and returns what it printed, if it ended well.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(super) fn ask(program: &Path, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether this very program can be started once `prepare` had its say about the child; it is ended at once.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(super) fn starts_with(prepare: impl FnOnce(&mut Command)) -> bool {
    let Ok(own) = std::env::current_exe() else { return false };
    let mut command = Command::new(own);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    prepare(&mut command);
    let Ok(mut child) = command.spawn() else { return false };
    drop(child.kill());
    drop(child.wait());
    true
}

/// What a helper may say to [`ask_within`].
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// The same with a limit on time and length; `Err` says what happened instead, as a clause that follows the helper's name.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(super) fn ask_within(program: &Path, arguments: &[&str], limit: Duration) -> Result<String, String> {
    // In no folder of the user's: an interpreter would take modules from there.
    let program = std::path::absolute(program).map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir("/")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("could not be started: {error}"))?;
    let (sender, answer) = std::sync::mpsc::channel();
    let pipe = child.stdout.take();
    // Not joined: what a helper left running may hold the pipe open for longer than we wait.
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = pipe.map(|pipe| pipe.take(ANSWER_BYTES_MAX).read_to_end(&mut text));
        drop(sender.send(read.map(|_| text)));
    });
    let said = answer.recv_timeout(limit);
    if said.is_err() {
        drop(child.kill());
    }
    let status = child.wait().map_err(|error| format!("was lost: {error}"))?;
    match said {
        Ok(Some(text)) if status.success() => Ok(String::from_utf8_lossy(&text).into_owned()),
        Err(_) => Err(format!("did not answer within {} s", limit.as_secs())),
        Ok(_) => Err(format!("ended with {status}")),
    }
}

/// The first file named `program` on the caller's `PATH` that may be executed.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let executable = |path: &PathBuf| {
        path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_fails_or_says_nothing_in_time_gives_no_answer_and_is_ended() {
        let sh = on_path("sh").expect("a shell");
        let ask = |script: &str, limit| ask_within(&sh, &["-c", script], Duration::from_millis(limit));
        assert_eq!(ask("echo yes", 60_000), Ok("yes\n".to_owned()));
        assert!(ask("echo no; exit 3", 60_000).unwrap_err().contains("exit status: 3"));
        assert!(ask("exec sleep 600", 1000).unwrap_err().starts_with("did not answer within 1 s"));
        assert!(ask_within(Path::new("/no/such"), &[], LOOK).unwrap_err().contains("could not be started"));
    }
}
