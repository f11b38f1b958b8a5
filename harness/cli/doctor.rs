//! `driftless doctor`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::keep::processor;
use crate::project::lock::{self, Compared, Difference};
use crate::report::Exit;
use crate::run::Network;
use crate::run::adapter::AdapterFacts;
use crate::run::machine::{self, Machine};
use crate::vary::FACTORS;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Compare what is installed with a lock file: exit code 0 where they are equal, 2 where not
    #[arg(long)]
    environment: bool,
    /// The lock file [default: the one in this folder]
    #[arg(long, value_name = "FILE", requires = "environment")]
    lock: Option<PathBuf>,
    /// The Python whose packages are compared [default: `.venv`, `venv`, or the first on the path]
    #[arg(long, value_name = "PATH", requires = "environment")]
    python: Option<PathBuf>,
}

/// Prints what this machine can run and vary.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.environment {
        return environment(arguments);
    }
    let machine = machine::look(processor().to_owned());
    let text = if arguments.json {
        serde_json::to_string_pretty(&machine).unwrap_or_default() + "\n"
    } else {
        render(&machine)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Held)
}

fn render(machine: &Machine) -> String {
    let mut rows: Vec<(String, String)> = vec![
        ("driftless".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("processor".to_owned(), format!("{}, {} usable", machine.processor, machine.processors)),
    ];
    if machine.pythons.is_empty() {
        rows.push(("python".to_owned(), "none on the path; Python pipelines cannot run".to_owned()));
    }
    for python in &machine.pythons {
        rows.push(("python".to_owned(), format!("{} ({})", python.version, python.executable.display())));
    }
    for (name, place) in &machine.programs {
        rows.push((name.clone(), place.clone().unwrap_or_else(|| absent(name).to_owned())));
    }
    rows.push(("network".to_owned(), format!("with `network = \"off\"`: {}", Network::off().sentence())));
    for adapter in &machine.adapters {
        rows.extend(adapter_rows(adapter));
    }
    if let Some(reason) = &machine.adapters_missing {
        rows.push((
            "adapter".to_owned(),
            format!("none: {reason}; `apt-get install mesa-vulkan-drivers` brings one in software"),
        ));
    }
    rows.extend(factors(machine));
    rows.iter().fold(String::new(), |lines, (name, text)| lines + &format!("{name:<20} {text}\n"))
}

/// An adapter, what kernels may use on it, and how much.
fn adapter_rows(adapter: &AdapterFacts) -> Vec<(String, String)> {
    let AdapterFacts { name, backend, device_type, driver, driver_info, .. } = adapter;
    let limit = |name: &str| adapter.limits.get(name).copied().unwrap_or(0);
    let subgroups = match adapter.subgroup_sizes {
        Some([low, high]) if low == high => format!("; subgroups of {low}"),
        Some([low, high]) => format!("; subgroups of {low} to {high}"),
        None => String::new(),
    };
    let mebibytes = |name: &str| limit(name) >> 20;
    vec![
        ("adapter".to_owned(), format!("{name} ({backend}, {device_type}, {driver} {driver_info})")),
        (
            String::new(),
            format!(
                "buffers of {} MiB, {} KiB of workgroup memory, {} invocations in a workgroup{subgroups}",
                mebibytes("max-storage-buffer-binding-size"),
                limit("max-compute-workgroup-storage-size") >> 10,
                limit("max-compute-invocations-per-workgroup"),
            ),
        ),
        (String::new(), format!("kernels may use: {}", adapter.features.join(", "))),
    ]
}

fn absent(program: &str) -> &'static str {
    match program {
        "uv" => "not here; environments are built with venv and pip",
        "git" => "not here; the state of the repository is not recorded",
        _ => "not here; `cargo test` does the same",
    }
}

fn factors(machine: &Machine) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for factor in FACTORS {
        let reason = match factor.name() {
            "address-layout" if !machine.fixed_addresses => {
                Some("this system does not let a program fix its addresses".to_owned())
            }
            _ => factor.unavailable(),
        };
        let text =
            reason.map_or_else(|| "can be varied".to_owned(), |reason| format!("not varied: {reason}"));
        rows.push((factor.name().to_owned(), text));
    }
    rows
}

/// Compares the installed packages with the lock.
fn environment(arguments: &Arguments) -> Result<Exit, Failure> {
    let root = Path::new(".");
    let Some(lock) = arguments.lock.clone().or_else(|| lock::find_lock(root)) else {
        return Err(Failure::Usage {
            message: "there is no lock file in this folder".to_owned(),
            hint:
                "name one with `--lock FILE`, or make one with `uv lock` or `pip freeze > requirements.txt`"
                    .to_owned(),
        });
    };
    if !lock.is_file() {
        return Err(Failure::Usage {
            message: format!("there is no file `{}`", lock.display()),
            hint: "name a lock file or a requirements file with `--lock FILE`".to_owned(),
        });
    }
    let python = crate::run::inside(root, arguments.python.as_deref())?;
    let compared = lock::compare(root, &lock, &python).map_err(|message| Failure::Usage {
        message: format!("`{}` cannot be compared: {message}", lock.display()),
        hint: "name another one with `--lock FILE`; `driftless gate` says more about it".to_owned(),
    })?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&compared).unwrap_or_default() + "\n"
    } else {
        comparison(&compared)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(if compared.equal { Exit::Held } else { Exit::Drift })
}

fn comparison(compared: &Compared) -> String {
    let Compared { lock, python, python_version, same, missing, extra, versions, notes, equal, .. } =
        compared;
    let mut text =
        format!("{:<20} {lock}\n{:<20} {python_version} ({})\n", "lock", "python", python.display());
    let row = |text: &mut String, word: &str, line: &str| {
        let _ = writeln!(text, "{word:<20} {line}");
    };
    let value = |value: &Option<String>| value.clone().unwrap_or_default();
    for Difference { name, locked, .. } in missing {
        row(&mut text, "missing", format!("{name} {}", value(locked)).trim_end());
    }
    for Difference { name, installed, .. } in extra {
        row(&mut text, "extra", &format!("{name} {}", value(installed)));
    }
    for Difference { name, locked, installed } in versions {
        row(&mut text, "other version", &format!("{name} {}, locked is {}", value(installed), value(locked)));
    }
    for note in notes {
        row(&mut text, "note", note);
    }
    let differ = missing.len() + extra.len() + versions.len();
    let answer = if *equal {
        format!("equal: {same} packages are as locked")
    } else {
        format!("different: {differ} packages differ, {same} are as locked")
    };
    text + &answer + "\n"
}
