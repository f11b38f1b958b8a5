//! The ledger: which program the library reached, and which sources that program used.
//!
//! `<folder>/preload.<pid>` gets a line `exe <path>` for every program that the process runs, and one line with
//! a source's name when the program first uses it. The file is opened for each line alone: a program that closes
//! all descriptors loses nothing, nor does one that ends in `_exit`.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::{raw, settings::Settings};

/// What a program may learn from its surroundings.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Entropy,
    Clock,
    Directory,
    Hostname,
    Processors,
}

static USED: [AtomicBool; 5] = [const { AtomicBool::new(false) }; 5];
static BEGUN: AtomicBool = AtomicBool::new(false);

/// Begins the ledger of a program that has just been loaded.
pub(crate) fn start(settings: &Settings) {
    write(settings, &[]);
}

/// Notes a use of `source`.
pub(crate) fn note(settings: &Settings, source: Source) {
    let used = &USED[source as usize];
    // The load keeps the usual call free of a write that all threads would have to share.
    if used.load(Ordering::Relaxed) || used.swap(true, Ordering::Relaxed) {
        return;
    }
    let line: &[u8] = match source {
        Source::Entropy => b"entropy\n",
        Source::Clock => b"clock\n",
        Source::Directory => b"directory\n",
        Source::Hostname => b"hostname\n",
        Source::Processors => b"processors\n",
    };
    write(settings, line);
}

/// After a fork: the child writes a ledger of its own once it uses a source.
pub(crate) fn begin_anew() {
    BEGUN.store(false, Ordering::Relaxed);
    for used in &USED {
        used.store(false, Ordering::Relaxed);
    }
}

fn write(settings: &Settings, line: &[u8]) {
    if settings.ledger.as_bytes().is_empty() {
        return;
    }
    let mut path = raw::Path::new();
    path.push(settings.ledger.as_bytes());
    path.push(b"/preload.");
    path.push_number(raw::process_id());
    let Ok(file) = raw::open(path.as_ptr(), raw::O_WRONLY | raw::O_APPEND | raw::O_CREAT | raw::O_CLOEXEC)
    else {
        return;
    };
    if !BEGUN.swap(true, Ordering::Relaxed) {
        let mut program = [0; 4000];
        let mut first = raw::Path::new();
        first.push(b"exe ");
        first.push(raw::readlink(c"/proc/self/exe".as_ptr().cast(), &mut program));
        first.push(b"\n");
        raw::write(file, first.as_bytes());
    }
    if !line.is_empty() {
        raw::write(file, line);
    }
    raw::close(file);
}
