//! Ctrl-C and requests to end: every supervisor is told to end its process tree, and nothing new is started.

use std::collections::BTreeMap;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static NEXT: AtomicU64 = AtomicU64::new(0);
/// The lifelines of running supervisors. A supervisor that reads the end of its lifeline ends its process tree.
static LIFELINES: Mutex<BTreeMap<u64, ChildStdin>> = Mutex::new(BTreeMap::new());

/// Starts to listen for SIGINT, SIGTERM and SIGHUP. A second SIGINT is left to the default action.
///
/// # Errors
/// Where the system refuses to install a handler.
pub fn listen() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            lifelines().clear();
        }
    })?;
    Ok(())
}

/// Whether a request to end has come.
#[must_use]
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Holds a lifeline until it is dropped or a request to end comes.
pub(super) struct Held(u64);

pub(super) fn hold(lifeline: ChildStdin) -> Held {
    let id = NEXT.fetch_add(1, Ordering::SeqCst);
    let mut lines = lifelines();
    if !interrupted() {
        lines.insert(id, lifeline);
    }
    Held(id)
}

impl Drop for Held {
    fn drop(&mut self) {
        lifelines().remove(&self.0);
    }
}

fn lifelines() -> std::sync::MutexGuard<'static, BTreeMap<u64, ChildStdin>> {
    LIFELINES.lock().unwrap_or_else(PoisonError::into_inner)
}
