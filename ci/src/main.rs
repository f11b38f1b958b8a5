//! The project's tasks, as `cargo ci <task>`: in the project's own language, and the same here as in the gate.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the person who runs it"
)]
#![expect(clippy::disallowed_methods, reason = "a task runner starts programs and tells how long they took")]

mod setup;
mod step;
mod table;

use std::process::ExitCode;

use step::{Failed, cargo};

const HELP: &str = "\
The project's tasks.

Usage: cargo ci <TASK>

  setup            installs the system packages that the cases need (Debian, Ubuntu)
  tour             setup, then audits the tour case
  table            setup, then runs all cases and writes cases/TABLE.md: audit by
                   pipeline, verdict, executions, seconds; `table REPORT` takes
                   the JSON report of such a run instead
  test             setup, then everything that the gate checks
  test --require   the same, and a case that cannot run here is a failure
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["setup"] => setup::packages(),
        ["tour"] => tour(),
        ["table"] => setup::packages().and_then(|()| table::write(None)),
        ["table", report] => table::write(Some(report)),
        ["test"] => test(false),
        ["test", "--require"] => test(true),
        _ => {
            print!("{HELP}");
            return if matches!(words[..], [] | ["help" | "--help" | "-h"]) {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(1)
            };
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            eprintln!("\nerror: {why}");
            ExitCode::FAILURE
        }
    }
}

fn tour() -> Result<(), Failed> {
    setup::packages()?;
    cargo(&["run", "--bin", "driftless", "--", "run", "cases/tour"]).run("the tour case")
}

fn test(require: bool) -> Result<(), Failed> {
    setup::packages()?;
    cargo(&["fmt", "--all", "--check"]).run("formatting")?;
    preload_format()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run("clippy")?;
    let require = if require { "all" } else { "" };
    cargo(&["test", "--workspace", "--lib", "--bins", "--test", "it"])
        .env("DRIFTLESS_REQUIRE", require)
        // Mesa complains about its absence at every request for an adapter.
        .env("XDG_RUNTIME_DIR", &std::env::temp_dir().to_string_lossy())
        .run("unit and end-to-end tests")?;
    cargo(&["test", "--doc"]).run("examples in the documentation")?;
    cargo(&["test", "--examples"])
        .env("XDG_RUNTIME_DIR", &std::env::temp_dir().to_string_lossy())
        .run("examples of their own")?;
    cargo(&["test", "--test", "audit"])
        .env("DRIFTLESS_REQUIRE", require)
        .env("DRIFTLESS_REPORT", REPORTS)
        .run("the cases, as cargo test runs them")?;
    reports()?;
    if cargo(&["nextest", "--version"]).succeeds() {
        // A process per trial: the same names and verdicts. A part of the cases shows it, and saves minutes.
        let part = "test(/^(tour|nuisance::(set-order|two-factors)|repeat::process-id)::/)";
        cargo(&["nextest", "run", "--profile", "ci", "--test", "audit", "-E", part])
            .env("DRIFTLESS_REQUIRE", require)
            .run("some cases, as nextest runs them")?;
    } else {
        println!("not run: the cases under nextest (`cargo nextest` is not installed)");
    }
    Ok(())
}

/// Where the cases leave their reports.
const REPORTS: &str = "target/report";

/// Writes the reports of all cases once more from their JSON: the same session must give the same bytes.
fn reports() -> Result<(), Failed> {
    let again = format!("{REPORTS}-again");
    let json = format!("{REPORTS}/report.json");
    // The program that the end-to-end tests drove: `cargo run` would build it anew, with other features of its libraries.
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let program = format!("{target}/debug/driftless");
    step::Step::new(&program, &["report", "--from", &json, "--format", "all", "-o", &again])
        .run("the reports of all cases once more")?;
    step::Step::new("diff", &["-r", REPORTS, &again]).run("comparison of both")
}

/// The preload library is compiled by the build script, so cargo's formatter does not know it.
fn preload_format() -> Result<(), Failed> {
    step::Step::new("rustfmt", &["--check", "--edition", "2024", "harness/vary/preload/lib.rs"])
        .run("formatting of the preload library")
}
