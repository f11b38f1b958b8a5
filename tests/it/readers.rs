//! The official readers of what reports are written as, in an environment of their own that is built once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const LOCK: &str = include_str!("../readers/requirements.lock");

/// The interpreter with the readers. `None` on a machine that cannot have it, with the reason on standard error; where
/// everything is required, that is a failure.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(build) {
        Ok(python) => Some(python),
        Err(why) => {
            let required = std::env::var("DRIFTLESS_REQUIRE").is_ok_and(|value| value == "all");
            assert!(!required, "the official readers cannot be had: {why}");
            // Not through a macro: the test runner would keep it to itself.
            drop(writeln!(std::io::stderr(), "skipped: the official readers cannot be had: {why}"));
            None
        }
    }
}

fn build() -> Result<PathBuf, String> {
    let name = driftless::artifact::Digest::of_bytes(LOCK.as_bytes()).to_string();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("readers-{}", &name[..12]));
    let done = folder.join("done");
    let failed = |error: std::io::Error| error.to_string();
    // Test runners may start a process for every test.
    let lock = std::fs::File::create(target.join("readers.lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let python = folder.join("bin/python");
    if !done.exists() {
        drop(std::fs::remove_dir_all(&folder));
        let path = folder.display().to_string();
        run("python3.11", &["-m", "venv", &path])?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lock = root.join("tests/readers/requirements.lock").display().to_string();
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"];
        run(
            &python.display().to_string(),
            &[&install[..], &["--only-binary", ":all:", "-r", &lock]].concat(),
        )?;
        std::fs::write(done, "").map_err(failed)?;
    }
    Ok(python)
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "the readers are programs of others")]
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(said) }
}

/// What an official reader understands of each text: `card`, `bom` or `junit`. An error is what it says against it.
pub(crate) fn read_all(python: &Path, kind: &str, texts: &[String]) -> Vec<Result<Value, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/check.py");
    let mut arguments = vec![script.display().to_string(), kind.to_owned()];
    for (number, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{number}.md"));
        std::fs::write(&path, text).expect("a file");
        arguments.push(path.display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = run(&python.display().to_string(), &arguments).unwrap_or_else(|error| panic!("{error}"));
    let answers: Vec<Value> = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(answers.len(), texts.len());
    let answer = |answer: Value| match answer.get("read") {
        Some(read) => Ok(read.clone()),
        None => Err(answer["error"].to_string()),
    };
    answers.into_iter().map(answer).collect()
}

/// What an official reader understands of one text.
pub(crate) fn read(python: &Path, kind: &str, text: &str) -> Result<Value, String> {
    read_all(python, kind, &[text.to_owned()]).remove(0)
}
