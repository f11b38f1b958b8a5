//! One step of a task: a command that is announced, timed, and ends the task if it fails.

use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a task ended early.
pub(crate) struct Failed(pub(crate) String);

/// A command that is about to run in the project's root.
pub(crate) struct Step {
    command: Command,
    shown: String,
}

/// A step that runs the cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Step {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut step = Step::new(&program, arguments);
    step.shown = format!("cargo {}", arguments.join(" "));
    step
}

impl Step {
    pub(crate) fn new(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        command.args(arguments).current_dir(root).stdin(Stdio::null());
        Self { command, shown: format!("{program} {}", arguments.join(" ")) }
    }

    /// Sets a variable; an empty value leaves it unset.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.command.env(name, value);
        }
        self
    }

    /// Runs it, telling what it is, how it is called and how long it took.
    pub(crate) fn run(mut self, what: &str) -> Result<(), Failed> {
        println!("\n== {what}\n   {}", self.shown);
        let start = Instant::now();
        let status =
            self.command.status().map_err(|error| Failed(format!("cannot run `{}`: {error}", self.shown)))?;
        println!("   {what}: {:.0} s", start.elapsed().as_secs_f64());
        if status.success() {
            Ok(())
        } else {
            Err(Failed(format!("{what} failed; rerun with: {}", self.shown)))
        }
    }

    /// Runs it for what it prints on standard output, whatever its exit status.
    pub(crate) fn output(mut self) -> Result<Vec<u8>, Failed> {
        println!("   {}", self.shown);
        let told = self.command.stderr(Stdio::inherit()).output();
        told.map(|output| output.stdout)
            .map_err(|error| Failed(format!("cannot run `{}`: {error}", self.shown)))
    }

    /// Whether it runs and succeeds; says nothing.
    pub(crate) fn succeeds(mut self) -> bool {
        let status = self.command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}
