//! An environment of Python with readers that others wrote, built once from a lock file with hashes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use driftless::artifact::Digest;

/// The interpreter of the environment.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/requirements.lock");
        let mark = Digest::of_file(&lock).expect("the lock file").short();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readers-{mark}"));
        let python = folder.join("bin/python");
        if !folder.join("ready").exists() {
            build(&folder, &python, &lock);
        }
        python
    })
}

/// Test processes build it one after another: each waits for the one that holds the lock.
fn build(folder: &Path, python: &Path, lock: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let guard = std::fs::File::create(folder.with_extension("lock")).expect("a lock");
    guard.lock().expect("a lock");
    if folder.join("ready").exists() {
        return;
    }
    run(Path::new("python3"), &["-m", "venv", "--clear", &folder.display().to_string()]);
    let install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r"];
    run(python, &[&install[..], &[&lock.display().to_string()]].concat());
    std::fs::write(folder.join("ready"), "").expect("a mark");
}

fn run(program: &Path, arguments: &[&str]) {
    let output = output(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {said}", program.display());
}

fn output(program: &Path, arguments: &[&str]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the test starts readers that others wrote")]
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).output().expect("it starts")
}

/// Runs a script with these arguments: what it printed, or what it complained about.
pub(crate) fn read(script: &str, arguments: &[&str]) -> Result<String, String> {
    let output = output(python(), &[&["-I", "-c", script], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
