//! The heap and the stack of the main thread at other places than usual, the same ones in every run.
//!
//! Mappings, and with them libraries and the stacks of other threads, are moved by the kernel (`ADDR_COMPAT_LAYOUT`).

use core::ffi::{c_char, c_int, c_void};
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::settings::{self, Settings};
use crate::{abort, real};

/// Whole pages, and many bits: tables indexed by addresses are meant to see another one.
const HEAP_BYTES: isize = 0x2b_5000;
/// Likewise; a small part of the eight mebibytes that a stack usually has.
const STACK_BYTES: usize = 0x2_b000;

unsafe extern "C" {
    fn sbrk(increment: isize) -> *mut c_void;
}

pub(crate) type Main = unsafe extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) -> c_int;

/// Moves the heap: the allocator begins it where the program break is at its first request.
pub(crate) fn start(settings: &Settings) {
    if settings.moved {
        // SAFETY: the break may be moved by anybody at any time; a refusal leaves it where it is.
        unsafe { sbrk(HEAP_BYTES) };
    }
}

static MAIN: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// What the C library calls in place of the program's `main`.
unsafe extern "C" fn lower_main(
    count: c_int,
    arguments: *mut *mut c_char,
    variables: *mut *mut c_char,
) -> c_int {
    let room = MaybeUninit::<[u8; STACK_BYTES]>::uninit();
    black_box(&room);
    // SAFETY: `__libc_start_main` stored the program's function before it came here.
    let main: Main = core::mem::transmute(MAIN.load(Ordering::Relaxed));
    let result = main(count, arguments, variables);
    // A call in the last position would give the room back before it.
    black_box(&room);
    result
}

/// Runs the program, called by its first instructions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __libc_start_main(
    main: Main,
    count: c_int,
    arguments: *mut *mut c_char,
    init: *mut c_void,
    fini: *mut c_void,
    loader_fini: *mut c_void,
    stack_end: *mut c_void,
) -> c_int {
    let moved = settings::get().is_some_and(|settings| settings.moved);
    // No program was ever started without this function.
    let start = real::__libc_start_main.get().or_else(|| {
        real::resolve();
        real::__libc_start_main.get()
    });
    let Some(start) = start else { abort() };
    let first = if moved {
        MAIN.store(main as *mut c_void, Ordering::Relaxed);
        lower_main
    } else {
        main
    };
    start(first, count, arguments, init, fini, loader_fini, stack_end)
}
