//! The program that is started as a worker.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::process;

/// The variable that names the program where this one cannot be a worker.
const VARIABLE: &str = "DRIFTLESS";

static SERVES: AtomicBool = AtomicBool::new(false);

/// Says that this program acts as a worker when it is started as one.
pub fn serves() {
    SERVES.store(true, Ordering::Relaxed);
}

/// This program where it serves, otherwise a `driftless` that is named or found on the path.
///
/// # Errors
/// Says what to do where there is none.
pub fn program() -> Result<PathBuf, String> {
    if SERVES.load(Ordering::Relaxed) {
        return std::env::current_exe().map_err(|error| error.to_string());
    }
    let named = std::env::var_os(VARIABLE).map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| process::on_path("driftless")).ok_or_else(|| {
        format!("adapters are asked by the program `driftless`, which is not on the path; install it, or name it in `{VARIABLE}`")
    })
}
