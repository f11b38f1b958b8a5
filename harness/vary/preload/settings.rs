//! What the library is to say: read once from a file, before the program can change what names it.
//!
//! The variable `DRIFTLESS_SETTINGS` says how the file's path begins, and is the same in all runs of a stage: a program that
//! writes its environment into its output must not differ by our doing. The two runs of a stage that may be under way at the
//! same time are told apart by a limit that every descendant inherits and no kernel since Linux 2.4 enforces, that on file locks.

use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::sync::atomic::{AtomicU8, Ordering};

use crate::{clock, entropy, ledger, raw, real};

/// The settings of one process.
pub(crate) struct Settings {
    /// Seed of the entropy stream.
    pub(crate) entropy: Option<u64>,
    /// The real-time clock at start, in nanoseconds since 1970.
    pub(crate) clock: Option<i64>,
    /// How directories are listed.
    pub(crate) directory: Option<Order>,
    /// The host name, without its end.
    pub(crate) hostname: Option<Hostname>,
    /// The count of processors.
    pub(crate) processors: Option<i64>,
    /// Whether names resolve to nothing.
    pub(crate) offline: bool,
    /// The folder for ledgers; empty for none.
    pub(crate) ledger: raw::Path,
}

/// The order of directory entries.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// By the bytes of their names.
    Sorted,
    /// A permutation that the seed and the names determine, never the sorted one.
    Permuted(u64),
}

/// A host name; the kernel allows 64 bytes.
pub(crate) struct Hostname {
    bytes: [u8; 64],
    length: usize,
}

impl Hostname {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Written once by the thread that moves `STATE` from `NEW` to `BUSY`, read by all after `READY`.
struct Once(UnsafeCell<Settings>);

// SAFETY: see the states above.
unsafe impl Sync for Once {}

static SETTINGS: Once = Once(UnsafeCell::new(Settings {
    entropy: None,
    clock: None,
    directory: None,
    hostname: None,
    processors: None,
    offline: false,
    ledger: raw::Path::new(),
}));
static STATE: AtomicU8 = AtomicU8::new(NEW);
const NEW: u8 = 0;
const BUSY: u8 = 1;
const READY: u8 = 2;

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The settings; `None` while they are being read, when every function is the bare one.
///
/// Other libraries may start before this one, so the first call reads them, wherever it comes from.
pub(crate) fn get() -> Option<&'static Settings> {
    if STATE.load(Ordering::Acquire) != READY && !read() {
        return None;
    }
    // SAFETY: nothing writes after `READY`.
    Some(unsafe { &*SETTINGS.0.get() })
}

fn read() -> bool {
    // SAFETY: the C library sets the variable before any other library runs; null only in between.
    let variables = unsafe { environ };
    if variables.is_null() || STATE.compare_exchange(NEW, BUSY, Ordering::Acquire, Ordering::Relaxed).is_err()
    {
        return false;
    }
    // SAFETY: this thread alone sees `BUSY` from `NEW`.
    let settings = unsafe { &mut *SETTINGS.0.get() };
    // SAFETY: the environment ends in a null pointer.
    let start = unsafe { setting_variable(variables) };
    let mut buffer = [0; FILE_BYTES_MAX];
    for setting in file(start, &mut buffer).split(|byte| *byte == 0) {
        settings.take(setting);
    }
    let settings = &*settings;
    real::resolve();
    crate::watch_forks();
    entropy::start(settings);
    clock::start(settings);
    STATE.store(READY, Ordering::Release);
    ledger::start(settings);
    true
}

/// A dozen short settings and one path.
const FILE_BYTES_MAX: usize = 8192;

/// How the path of the file begins; empty where no variable says so.
///
/// # Safety
/// `variables` are C strings, ended by a null pointer.
unsafe fn setting_variable<'a>(mut variables: *const *const c_char) -> &'a [u8] {
    while !(*variables).is_null() {
        if let Some(value) = raw::bytes(*variables).strip_prefix(b"DRIFTLESS_SETTINGS=") {
            return value;
        }
        variables = variables.add(1);
    }
    &[]
}

/// The content of the file for this run: the one that bears the run's mark, or, where runs bear none, the only one.
fn file<'a>(start: &[u8], buffer: &'a mut [u8]) -> &'a [u8] {
    if start.is_empty() {
        return &[];
    }
    let mut marked = raw::Path::new();
    marked.push(start);
    marked.push(b"-");
    marked.push_number(raw::lock_limit());
    let mut only = raw::Path::new();
    only.push(start);
    let opened =
        raw::open(marked.as_ptr(), raw::O_CLOEXEC).or_else(|_| raw::open(only.as_ptr(), raw::O_CLOEXEC));
    let Ok(file) = opened else { return &[] };
    let content = raw::read(file, buffer);
    raw::close(file);
    content
}

impl Settings {
    /// Takes one `NAME=value`. A value that cannot be read counts as absent.
    fn take(&mut self, setting: &[u8]) {
        if let Some(value) = setting.strip_prefix(b"LEDGER=") {
            self.ledger = raw::Path::new();
            self.ledger.push(value);
        }
        let Some(setting) = setting.strip_prefix(b"PRELOAD_") else { return };
        if let Some(value) = setting.strip_prefix(b"ENTROPY=") {
            self.entropy = number(value);
        } else if let Some(value) = setting.strip_prefix(b"CLOCK=") {
            self.clock = instant(value);
        } else if let Some(value) = setting.strip_prefix(b"DIRECTORY=") {
            self.directory =
                if value == b"sorted" { Some(Order::Sorted) } else { number(value).map(Order::Permuted) };
        } else if let Some(value) = setting.strip_prefix(b"HOSTNAME=") {
            self.hostname = hostname(value);
        } else if let Some(value) = setting.strip_prefix(b"NETWORK=") {
            self.offline = value == b"off";
        } else if let Some(value) = setting.strip_prefix(b"PROCESSORS=") {
            self.processors =
                number(value).and_then(|count| i64::try_from(count).ok()).filter(|count| *count > 0);
        }
    }
}

/// A decimal number without sign.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Seconds since 1970 with up to nine decimals, in nanoseconds.
fn instant(text: &[u8]) -> Option<i64> {
    let point = text.iter().position(|byte| *byte == b'.');
    let (seconds, decimals) = match point {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b"0"[..]),
    };
    if decimals.len() > 9 {
        return None;
    }
    let scale = (decimals.len()..9).fold(1, |scale, _| scale * 10);
    let nanoseconds = number(seconds)?.checked_mul(1_000_000_000)?.checked_add(number(decimals)? * scale)?;
    i64::try_from(nanoseconds).ok()
}

fn hostname(text: &[u8]) -> Option<Hostname> {
    let mut bytes = [0; 64];
    bytes.get_mut(..text.len())?.copy_from_slice(text);
    (!text.is_empty()).then_some(Hostname { bytes, length: text.len() })
}
