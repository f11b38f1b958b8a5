//! `driftless doctor`.

use std::io::Write as _;

use super::Failure;
use crate::keep::processor;
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
}

/// Prints what this machine can run and vary.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
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
