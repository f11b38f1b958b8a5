//! What this machine can run and vary: the facts behind `driftless doctor`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::adapter::{self, AdapterFacts};
use super::environment::describe;
use super::{Interpreter, process};

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

/// How long drivers may take to say which adapters they have.
const SURVEY: Duration = Duration::from_mins(1);

/// Drivers run inside the process that loads them, and some crash: so the list is made by a child.
pub(super) fn adapters_of_child() -> Result<Vec<AdapterFacts>, String> {
    let own = adapter::program()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let arguments = [OsString::from(adapter::ARGUMENT)];
    adapter::survey(&own, &arguments, folder.path(), SURVEY, &BTreeMap::new())
        .map_err(|error| error.to_string())
}
