//! The worker process: started, watched, and asked for its answer.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AdapterFacts, Error, Job, Reply, list, work};
use crate::run::clock::Stopwatch;
use crate::run::{family, interrupt};

/// What the worker is asked.
const ASKED: &str = "JOB.json";
/// What it answers.
const ANSWER: &str = "REPLY.json";
/// What it, and its driver, say beside.
const SAID: &str = "worker.log";
/// Characters of that in a message.
const TAIL: usize = 600;
/// How often the watchdog looks, at most: short jobs must not wait for it.
const LOOK_MAX: Duration = Duration::from_millis(20);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Asked {
    List,
    Work(Job),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Listed(Vec<AdapterFacts>),
    Worked(Reply),
    Failed(Error),
}

/// What the worker does: reads the question at `path`, and leaves the answer beside it. It ends itself when its standard input is
/// closed, so that it never outlives a parent that was killed.
///
/// # Errors
/// The question cannot be read, or the answer not be written. What goes wrong with the job is part of the answer.
pub fn serve(path: &Path) -> Result<(), Error> {
    let text = std::fs::read(path).map_err(|error| Error::file(path, error))?;
    let asked: Asked = serde_json::from_slice(&text).map_err(|error| Error::file(path, error))?;
    std::thread::spawn(end_with_parent);
    let answer = match asked {
        Asked::List => Answer::Listed(list()),
        Asked::Work(job) => work(&job).map_or_else(Answer::Failed, Answer::Worked),
    };
    let file = path.with_file_name(ANSWER);
    let text = serde_json::to_vec(&answer).map_err(|error| Error::file(&file, error))?;
    std::fs::write(&file, text).map_err(|error| Error::file(&file, error))
}

/// The parent writes nothing and keeps its end open while it lives. A driver that is stuck cannot hinder this thread; a signal that
/// cannot be caught spares us the driver's own farewell, which may be stuck as well.
fn end_with_parent() {
    let mut nothing = [0; 1];
    while !matches!(std::io::stdin().read(&mut nothing), Ok(0) | Err(_)) {}
    if let Ok(own) = i32::try_from(std::process::id()) {
        family::send(own, libc::SIGKILL);
    }
}

/// Executes a job in a worker: `program` with `arguments` and the path of the question, which must come to [`serve`].
///
/// The worker inherits our environment; `environment` is set on top; whatever it says, the shader cache of Mesa is off and
/// its runtime folder is `folder`, where question, answer and log lie. It has `timeout` for everything; then it and all that it started are killed.
///
/// # Errors
/// What [`work`] says, or that the worker crashed, did not end, or could not be started.
pub fn spawn(
    program: &Path,
    arguments: &[OsString],
    job: &Job,
    folder: &Path,
    timeout: Duration,
    environment: &BTreeMap<String, String>,
) -> Result<Reply, Error> {
    match ask(program, arguments, &Asked::Work(job.clone()), folder, timeout, environment)? {
        Answer::Worked(reply) => Ok(reply),
        Answer::Failed(error) => Err(error),
        Answer::Listed(_) => Err(Error::file(&folder.join(ANSWER), "answers another question")),
    }
}

/// [`list`] in a worker, as [`spawn`] does a job: loading drivers can crash, and is never undone.
///
/// # Errors
/// The worker crashed, did not end, or could not be started.
pub fn survey(
    program: &Path,
    arguments: &[OsString],
    folder: &Path,
    timeout: Duration,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<AdapterFacts>, Error> {
    match ask(program, arguments, &Asked::List, folder, timeout, environment)? {
        Answer::Listed(adapters) => Ok(adapters),
        Answer::Failed(error) => Err(error),
        Answer::Worked(_) => Err(Error::file(&folder.join(ANSWER), "answers another question")),
    }
}

fn ask(
    program: &Path,
    arguments: &[OsString],
    asked: &Asked,
    folder: &Path,
    timeout: Duration,
    environment: &BTreeMap<String, String>,
) -> Result<Answer, Error> {
    let question = folder.join(ASKED);
    let answer = folder.join(ANSWER);
    let text = serde_json::to_vec(asked).map_err(|error| Error::file(&question, error))?;
    std::fs::write(&question, text).map_err(|error| Error::file(&question, error))?;
    // An answer of an earlier worker must not pass for one of this.
    drop(std::fs::remove_file(&answer));
    let mut child = start(program, arguments, folder, environment)?;
    let status = watch(&mut child, timeout).map_err(|error| Error::file(program, error))?;
    let Some(status) = status else {
        if interrupt::interrupted() {
            return Err(Error::Interrupted);
        }
        return Err(Error::TimedOut { milliseconds: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX) });
    };
    let told = std::fs::read(&answer).ok().filter(|_| status.success());
    let told = told.and_then(|text| serde_json::from_slice(&text).ok());
    told.ok_or_else(|| Error::Crashed { how: how(status), tail: tail(&folder.join(SAID)) })
}

#[expect(clippy::disallowed_methods, reason = "the worker has limits and a watchdog of its own")]
fn start(
    program: &Path,
    arguments: &[OsString],
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Child, Error> {
    let said = folder.join(SAID);
    let log = File::create(&said).map_err(|error| Error::file(&said, error))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(folder.join(ASKED))
        .envs(environment)
        // The disk cache is not keyed by everything that changes the code: measured, with widths of vectors.
        .env("MESA_SHADER_CACHE_DISABLE", "true")
        .env("XDG_RUNTIME_DIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    command.spawn().map_err(|error| Error::file(program, error))
}

/// Waits for the end; `None` where the worker was killed because its time was over, or because we were
/// asked to end.
fn watch(child: &mut Child, timeout: Duration) -> std::io::Result<Option<ExitStatus>> {
    let watch = Stopwatch::start();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if watch.elapsed() >= timeout || interrupt::interrupted() {
            // The group's number is the worker's; it is not yet collected, so that nobody else can have it.
            let group = i32::try_from(child.id()).unwrap_or(i32::MAX);
            family::send(-group, libc::SIGKILL);
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause.min(timeout.saturating_sub(watch.elapsed())));
        pause = (pause * 2).min(LOOK_MAX);
    }
}

fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal} ({})", signal_name(signal)),
        (None, Some(0)) => "no answer".to_owned(),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "an unknown status".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV: it touched memory that is not its own",
        libc::SIGBUS => "SIGBUS: it touched memory that is not there",
        libc::SIGILL => "SIGILL: it came to an instruction that this processor lacks",
        libc::SIGFPE => "SIGFPE: it divided integers by zero",
        libc::SIGABRT => "SIGABRT: it gave up",
        libc::SIGKILL => "SIGKILL: killed from outside, perhaps for want of memory",
        libc::SIGTERM => "SIGTERM: ended from outside",
        _ => "see signal(7)",
    }
}

fn tail(said: &Path) -> String {
    let text = std::fs::read(said).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let text = text.trim();
    let skip = text.chars().count().saturating_sub(TAIL);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::adapter::tests::{endless, this_binary};

    #[test]
    fn a_worker_ends_with_its_parent() {
        let bench = endless();
        let folder = bench.job.folder.clone();
        let asked = serde_json::to_vec(&Asked::Work(bench.job.clone())).unwrap();
        std::fs::write(folder.join(ASKED), asked).unwrap();
        let (program, arguments) = this_binary();
        let mut child = start(&program, &arguments, &folder, &BTreeMap::new()).unwrap();
        // It works until something ends it.
        assert!(watch_for(&mut child, Duration::from_millis(500)).is_none());
        drop(child.stdin.take());
        let status = watch_for(&mut child, Duration::from_mins(1)).unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
    }

    fn watch_for(child: &mut Child, time: Duration) -> Option<ExitStatus> {
        let watch = Stopwatch::start();
        while watch.elapsed() < time {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}
