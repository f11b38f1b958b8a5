//! A project in a fresh folder, and the real binary run on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A project of its own in a temporary folder; gone when dropped.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project whose case file declares one shell stage: `script` gets the output's path as `$1`.
    pub(crate) fn shell(script: &str, more: &str) -> Self {
        let project = Self::empty();
        project.write("p/run.sh", script);
        project.write(
            "driftless.toml",
            format!(
                "[pipeline]\nsummary = \"test\"\ndir = \"p\"\n[stage.make]\ncommand = [\"sh\", \"run.sh\", \"{{out.made}}\"]\nout.made = \"made.txt\"\n{more}"
            ),
        );
        project
    }

    /// An empty project.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The project's root.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, to be run in the project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the test drives the real binary")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftless"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for variable in ["CARGO_TARGET_DIR", "NEXTEST_RUN_ID", "INSTA_UPDATE", "CI"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs the binary.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().expect("the binary runs"))
    }

    /// The text of the one output that the project's sessions kept.
    pub(crate) fn only_object(&self) -> String {
        let store = std::fs::read_dir(self.path().join("target/driftless")).expect("a store").flatten();
        let objects = store.filter_map(|entry| std::fs::read_dir(entry.path().join("objects")).ok());
        let found: Vec<PathBuf> = objects.flatten().flatten().map(|entry| entry.path()).collect();
        let [object] = found.as_slice() else { panic!("not one object: {found:?}") };
        std::fs::read_to_string(object).expect("UTF-8")
    }

    /// The accepted snapshot of the project's only case that holds on every machine.
    pub(crate) fn snapshot(&self, audit: &str) -> String {
        let folder = self.path().join("snapshots").join(audit);
        let found: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let [file] = found.as_slice() else { panic!("not one snapshot: {found:?}") };
        assert!(!file.to_string_lossy().contains('@'), "for one class only: {}", file.display());
        std::fs::read_to_string(file).expect("UTF-8")
    }

    /// Runs `driftless run --format json` and reads the report.
    pub(crate) fn report(&self, arguments: &[&str]) -> (Ran, Value) {
        let ran = self.run(&[&["run", "--format", "json"], arguments].concat());
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
        (ran, report)
    }
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// From a finished process.
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr.clone()).expect("UTF-8 on stderr"),
        }
    }
}

/// The verdict of an audit in a report of one case.
pub(crate) fn verdict<'a>(report: &'a Value, audit: &str) -> &'a Value {
    let verdicts = report["cases"][0]["verdicts"].as_array().expect("verdicts");
    verdicts
        .iter()
        .find(|verdict| verdict["audit"] == audit)
        .unwrap_or_else(|| panic!("no {audit} in {report:#}"))
}

/// Processes whose command line contains `mark`.
pub(crate) fn alive(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(mark) && entry.file_name().to_string_lossy() != std::process::id().to_string() {
            found.push(line);
        }
    }
    found
}

/// Waits until a condition holds; a deadline far beyond need keeps a broken test from hanging.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come about");
}

/// A number that marks the processes of one test.
pub(crate) fn mark(test: u32) -> String {
    format!("9{}{test:02}", std::process::id())
}
