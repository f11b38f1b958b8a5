//! Starts supervisors, and the few helper programs of our own (an interpreter's self-description, pip, uv).

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;
use super::interrupt;
use super::supervise::{ARGUMENT, Finish, Order, Outcome};

/// An environment that takes longer to install is stuck.
const HELPER_TIMEOUT_MS: u64 = 3_600_000;

/// Runs an order under a supervisor and waits for its answer.
pub(super) fn supervised(order: &Order, folder: &Path) -> Result<Outcome, Error> {
    if interrupt::interrupted() {
        return Err(Error::Interrupted);
    }
    let file = folder.join("order.json");
    let text = serde_json::to_vec_pretty(order).map_err(|error| supervisor(error.to_string()))?;
    std::fs::write(&file, text).map_err(Error::io("write", &file))?;
    let mut child = supervisor_command(&file)?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| supervisor(format!("could not be started: {error}")))?;
    let lifeline = child.stdin.take().map(interrupt::hold);
    let mut answer = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut answer)
            .map_err(|error| supervisor(format!("could not be heard: {error}")))?;
    }
    let status = child.wait().map_err(|error| supervisor(format!("was lost: {error}")))?;
    drop(lifeline);
    let outcome: Outcome = serde_json::from_str(&answer)
        .map_err(|_| supervisor(format!("ended without an answer ({status})")))?;
    if outcome.finish == Finish::Interrupted { Err(Error::Interrupted) } else { Ok(outcome) }
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
        timeout_ms: HELPER_TIMEOUT_MS,
        memory_bytes_max: u64::MAX,
        output_bytes_max: u64::MAX,
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

/// The first file named `program` on the caller's `PATH` that may be executed.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let executable = |path: &PathBuf| {
        path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(executable)
}
