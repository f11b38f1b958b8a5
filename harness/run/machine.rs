//! What this machine can run and vary: the facts behind `driftless doctor`.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::environment::describe;
use super::{Interpreter, process};

/// The hidden argument that makes a driftless binary list its adapters.
pub const ARGUMENT: &str = "__adapters";

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor architecture and feature level.
    pub processor: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Python interpreters on the path.
    pub pythons: Vec<Interpreter>,
    /// Helper programs and where they are.
    pub programs: Vec<(String, Option<String>)>,
    /// Whether addresses can be laid out the same in every run.
    pub fixed_addresses: bool,
    /// Adapters that can run compute kernels.
    pub adapters: Vec<AdapterFacts>,
    /// Why no adapter could be listed, where that failed.
    pub adapters_missing: Option<String>,
}

/// One adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterFacts {
    /// Its name.
    pub name: String,
    /// `vulkan`, `gl`, `metal`, `dx12`.
    pub backend: String,
    /// `Cpu`, `DiscreteGpu`, …
    pub kind: String,
    /// Driver and its version.
    pub driver: String,
}

/// Looks at the machine.
#[must_use]
pub fn look(processor: String) -> Machine {
    let mut pythons: Vec<Interpreter> = Vec::new();
    for name in ["python3", "python"] {
        if let Some(python) = process::on_path(name).and_then(|path| describe(&path))
            && !pythons.contains(&python)
        {
            pythons.push(python);
        }
    }
    let program =
        |name: &str| (name.to_owned(), process::on_path(name).map(|path| path.display().to_string()));
    let (adapters, adapters_missing) = match adapters_of_child() {
        Ok(adapters) if adapters.is_empty() => (adapters, Some("no driver was found".to_owned())),
        Ok(adapters) => (adapters, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    Machine {
        processor,
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        pythons,
        programs: ["uv", "git", "cargo-nextest"].map(program).into(),
        fixed_addresses: super::supervise::can_fix_addresses(),
        adapters,
        adapters_missing,
    }
}

/// Drivers run inside the process that loads them, and some crash: so the list is made by a child.
fn adapters_of_child() -> Result<Vec<AdapterFacts>, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let answer =
        process::ask(&own, &[ARGUMENT]).ok_or("the graphics driver ended the process that asked it")?;
    serde_json::from_str(&answer).map_err(|error| error.to_string())
}

/// The child's side: one JSON line on stdout.
#[must_use]
pub fn list_adapters() -> ExitCode {
    use std::io::Write as _;
    let text = serde_json::to_string(&adapters()).unwrap_or_else(|_| "[]".to_owned());
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn adapters() -> Vec<AdapterFacts> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let listed = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    listed
        .into_iter()
        .map(|adapter| adapter.get_info())
        // The empty backend executes nothing and would pass every audit.
        .filter(|info| info.backend != wgpu::Backend::Noop)
        .map(|info| AdapterFacts {
            name: info.name,
            backend: info.backend.to_str().to_owned(),
            kind: format!("{:?}", info.device_type),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        })
        .collect()
}
