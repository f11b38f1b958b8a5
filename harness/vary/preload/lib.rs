//! The preload library: pins or varies what reaches every dynamically linked program on Linux.
//!
//! `LD_PRELOAD` puts this library in front of the C library. It replaces the functions through which a program
//! learns something that must not matter: random bytes ([`entropy`]), the time of day ([`clock`]), the times of files ([`times`]), the order of
//! a directory ([`directory`]), the host name and the count of processors ([`identity`]). What it is to say
//! arrives in a file ([`settings`]); a source whose key is absent is left alone.
//!
//! It is compiled by `build.rs` as a crate of its own and embedded in the binary, so it has neither the standard
//! library nor any dependency. It runs inside programs that know nothing of it, and obeys these rules:
//!
//! - **It never gets in the way.** No output, no panic, no open file descriptor of its own, no thread, no signal
//!   handler. A folder that cannot be written is a ledger that stays empty. `errno` changes only where the
//!   replaced function would have changed it.
//! - **Nothing of its own calls a replaced function.** Its own input and output are bare system calls ([`raw`]),
//!   so it can neither recurse nor be caught half-way. The replaced functions are looked up once ([`real`]); a
//!   call that comes before that, or from another thread meanwhile, becomes the bare system call.
//! - **It leaves the program's allocator alone**, except in `fopen`, which allocates anyway.
//! - **It is deterministic.** No stream depends on the process identifier, on an address or on real time.
//! - **It survives `fork`.** Its locks are held across a fork, and a child starts a stream and a ledger of its
//!   own. A program started by `exec` or `posix_spawn` reads its settings anew and begins with the same stream.
//!
//! Every replaced function keeps the signature and the contract of the C library; that contract is what makes
//! the pointers it is given valid, and no comment repeats it. Variadic functions are defined with the arguments
//! of their longest form: on the two supported processors (`x86_64`, `aarch64`) these arrive in the same
//! registers, and an argument that was not given is passed on unread.

#![no_std]
#![expect(unsafe_op_in_unsafe_fn, reason = "nearly every line here handles a C caller's pointers")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "registers are 64 bits wide and hold narrower C values; both processors are 64-bit"
)]
#![expect(clippy::many_single_char_names, reason = "the arguments of a system call have no names")]

mod clock;
mod directory;
mod entropy;
mod identity;
mod ledger;
mod raw;
mod real;
mod settings;
mod times;

use core::ffi::{c_int, c_void};

#[link(name = "c")]
#[link(name = "dl")]
unsafe extern "C" {
    fn abort() -> !;
    /// What `pthread_atfork` calls; exported by every glibc since 2.3.2, unlike `pthread_atfork` itself.
    fn __register_atfork(
        prepare: extern "C" fn(),
        parent: extern "C" fn(),
        child: extern "C" fn(),
        library: *mut c_void,
    ) -> c_int;
}

/// The loader calls this before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    settings::get();
}

// The tables of the precompiled `core` name this function, which only a panic that unwinds would call. It must stay
// hidden: programs that link Rust's standard library dynamically would find it here instead of there.
core::arch::global_asm!(
    ".globl rust_eh_personality",
    ".hidden rust_eh_personality",
    "rust_eh_personality:",
    ".zero 16"
);

/// Watches forks, so that no lock is inherited in the locked state and no stream is continued twice.
fn watch_forks() {
    // SAFETY: the handlers live as long as the library, which is never unloaded.
    unsafe {
        __register_atfork(before_fork, after_fork_in_parent, after_fork_in_child, core::ptr::null_mut())
    };
}

extern "C" fn before_fork() {
    directory::LOCK.lock();
    entropy::count_fork();
}

extern "C" fn after_fork_in_parent() {
    directory::LOCK.unlock();
}

extern "C" fn after_fork_in_child() {
    directory::LOCK.unlock();
    entropy::branch();
    ledger::begin_anew();
}

/// The language asks for it; nothing here panics, and if it did, it must not unwind into a C caller.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: `abort` has no precondition.
    unsafe { abort() }
}
