//! The times of files that the run itself has written.
//!
//! The kernel stamps files with the real time, which is another one in every run, and archives (`tar`, `zip`, `gzip`)
//! carry the stamps along. A time between the start of the run and now is therefore shown as the start of the
//! virtual clock: all files of one run are equally old. Earlier and later times were set by somebody on purpose and stay.
//! Equal times are no trouble for `make` and its kin, which ask for newer ones; a program that waits until a file's time
//! changes waits for ever.
//!
//! Reached are the functions of the `stat` family; `fts`, `nftw` and bare system calls see the kernel's times.

use core::ffi::{c_char, c_int, c_uint, c_void};

use crate::clock::{self, Timespec};
use crate::identity::missing;
use crate::real;

/// Where `struct stat` holds the times of access, modification and status change, on both processors.
const OFFSETS_IN_STAT: [usize; 3] = [72, 88, 104];
/// Where `struct statx` holds access, birth, status change and modification. The nanoseconds are 32 bits there; the 32
/// bits after them are unused and zero, so the processors' byte order lets both be written as one.
const OFFSETS_IN_STATX: [usize; 4] = [64, 80, 96, 112];

/// Shows the times of this run in what a call has filled in.
unsafe fn show(result: c_int, target: *mut c_void, offsets: &[usize]) -> c_int {
    if result == 0 && !target.is_null() {
        for offset in offsets {
            let time = target.cast::<u8>().add(*offset).cast::<Timespec>();
            if let Some(shown) = clock::shown_file_time(time.read_unaligned()) {
                time.write_unaligned(shown);
            }
        }
    }
    result
}

macro_rules! replace_stat {
    ($($name:ident($($before:ident: $kind:ty),*; target $(, $after:ident: $last:ty)?) at $offsets:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name($($before: $kind,)* target: *mut c_void $(, $after: $last)?) -> c_int {
            match real::$name.get() {
                Some(real) => show(real($($before,)* target $(, $after)?), target, &$offsets),
                None => missing(),
            }
        }
    )*};
}

// The names with underscores are what programs built for a C library before 2.33 call.
replace_stat! {
    stat(path: *const c_char; target) at OFFSETS_IN_STAT;
    stat64(path: *const c_char; target) at OFFSETS_IN_STAT;
    lstat(path: *const c_char; target) at OFFSETS_IN_STAT;
    lstat64(path: *const c_char; target) at OFFSETS_IN_STAT;
    fstat(file: c_int; target) at OFFSETS_IN_STAT;
    fstat64(file: c_int; target) at OFFSETS_IN_STAT;
    fstatat(folder: c_int, path: *const c_char; target, flags: c_int) at OFFSETS_IN_STAT;
    fstatat64(folder: c_int, path: *const c_char; target, flags: c_int) at OFFSETS_IN_STAT;
    __xstat(version: c_int, path: *const c_char; target) at OFFSETS_IN_STAT;
    __xstat64(version: c_int, path: *const c_char; target) at OFFSETS_IN_STAT;
    __lxstat(version: c_int, path: *const c_char; target) at OFFSETS_IN_STAT;
    __lxstat64(version: c_int, path: *const c_char; target) at OFFSETS_IN_STAT;
    __fxstat(version: c_int, file: c_int; target) at OFFSETS_IN_STAT;
    __fxstat64(version: c_int, file: c_int; target) at OFFSETS_IN_STAT;
    __fxstatat(version: c_int, folder: c_int, path: *const c_char; target, flags: c_int) at OFFSETS_IN_STAT;
    __fxstatat64(version: c_int, folder: c_int, path: *const c_char; target, flags: c_int) at OFFSETS_IN_STAT;
    statx(folder: c_int, path: *const c_char, flags: c_int, mask: c_uint; target) at OFFSETS_IN_STATX;
}
