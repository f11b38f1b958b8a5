//! Random bytes: a stream that the seed determines.
//!
//! The stream is `SplitMix64` in counter mode (Steele, Lea and Flood 2014): word `i` depends on the key and on `i`
//! alone, so threads share it through one atomic counter. Which thread gets which word depends on their order.
//!
//! A process that `fork` makes has a stream of its own, keyed by its parent's key and the number of forks that the
//! parent had made. Programs started by `exec` begin with the seed: two such siblings draw equal bytes.
//!
//! An open of `/dev/random` or `/dev/urandom` gives a file in memory with 64 KiB of the stream. Being a real
//! file, it survives `dup`, `fork` and `exec`; when `read` reaches its end, in whichever process, the library
//! there overwrites it with the next 64 KiB and rewinds. Functions inside the C library that read such a file
//! by another way (`fread` on an inherited descriptor, `sendfile`, `pread`) see it end.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::identity::{missing, missing_pointer};
use crate::ledger::{self, Source};
use crate::raw::{self, number};
use crate::settings::{self, Settings};
use crate::{clock, real};

static KEY: AtomicU64 = AtomicU64::new(0);
/// Words drawn so far.
static DRAWN: AtomicU64 = AtomicU64::new(0);
/// Forks that this process has made.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// The odd number nearest to 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// `SplitMix64`'s finalizer (variant 13 of Stafford's mixers).
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Word `index` of the stream of `key`.
pub(crate) const fn word(key: u64, index: u64) -> u64 {
    mix(key.wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// Sets the key, and overwrites the 16 random bytes that the kernel hands to every program.
///
/// The loader has taken its stack guard from them by now; what reads them later (the Go runtime, hash tables that
/// look for cheap entropy) gets bytes of the stream. That use leaves no line in the ledger: it is a plain read.
pub(crate) fn start(settings: &Settings) {
    const AT_RANDOM: usize = 25;
    unsafe extern "C" {
        fn getauxval(kind: usize) -> usize;
    }
    let Some(seed) = settings.entropy else { return };
    KEY.store(mix(seed ^ GOLDEN), Ordering::Relaxed);
    // SAFETY: the kernel put 16 bytes there, on the writable stack.
    unsafe {
        let given = core::ptr::with_exposed_provenance_mut::<u8>(getauxval(AT_RANDOM));
        if !given.is_null() {
            fill(given, 16);
        }
    }
}

pub(crate) fn count_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// In a forked child: leaves the parent's stream for one of its own.
pub(crate) fn branch() {
    let key = word(KEY.load(Ordering::Relaxed) ^ GOLDEN, FORKS.load(Ordering::Relaxed));
    KEY.store(key, Ordering::Relaxed);
    DRAWN.store(0, Ordering::Relaxed);
    FORKS.store(0, Ordering::Relaxed);
}

fn pinned() -> bool {
    match settings::get() {
        Some(settings) if settings.entropy.is_some() => {
            ledger::note(settings, Source::Entropy);
            true
        }
        _ => false,
    }
}

/// Fills `length` bytes from the process's stream.
unsafe fn fill(target: *mut u8, length: usize) {
    let words = length.div_ceil(8) as u64;
    let first = DRAWN.fetch_add(words, Ordering::Relaxed);
    fill_from(KEY.load(Ordering::Relaxed), first, target, length);
}

/// Fills `length` bytes with the words of `key` from `first` on.
unsafe fn fill_from(key: u64, first: u64, target: *mut u8, length: usize) {
    for (index, start) in (first..).zip((0..length).step_by(8)) {
        let bytes = word(key, index).to_ne_bytes();
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), target.add(start), (length - start).min(8));
    }
}

fn draw_word() -> u64 {
    word(KEY.load(Ordering::Relaxed), DRAWN.fetch_add(1, Ordering::Relaxed))
}

// ---- Calls that ask for bytes ----

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getrandom(target: *mut c_void, length: usize, flags: c_uint) -> isize {
    // Unknown flags and null pointers are the kernel's to refuse.
    let usual = flags & !7 == 0 && !target.is_null();
    if usual && pinned() {
        fill(target.cast(), length);
        return length.cast_signed();
    }
    match real::getrandom.get() {
        Some(real) => real(target, length, flags),
        None => bare_getrandom(target, length, flags as usize),
    }
}

unsafe fn bare_getrandom(target: *mut c_void, length: usize, flags: usize) -> isize {
    raw::call_c(number::GETRANDOM, [target as usize, length, flags, 0, 0, 0])
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getentropy(target: *mut c_void, length: usize) -> c_int {
    if length <= 256 && pinned() {
        fill(target.cast(), length);
        return 0;
    }
    match real::getentropy.get() {
        Some(real) => real(target, length),
        None => missing(),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn arc4random_buf(target: *mut c_void, length: usize) {
    if pinned() {
        fill(target.cast(), length);
    } else if let Some(real) = real::arc4random_buf.get() {
        real(target, length);
    } else {
        // This C library is older than the function, but the program found it here: it must not fail.
        bare_getrandom(target, length, 0);
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn arc4random() -> u32 {
    let mut value = 0_u32;
    arc4random_buf((&raw mut value).cast(), 4);
    value
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn arc4random_uniform(bound: u32) -> u32 {
    if !pinned()
        && let Some(real) = real::arc4random_uniform.get()
    {
        return real(bound);
    }
    if bound < 2 {
        return 0;
    }
    // Values below 2^32 mod bound would favour the small results.
    let least = bound.wrapping_neg() % bound;
    loop {
        let value = arc4random();
        if value >= least {
            return value % bound;
        }
    }
}

/// `std::random_device::operator()` of libstdc++, which would ask the processor (`RDRAND`) before the kernel.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn _ZNSt13random_device9_M_getvalEv(_device: *mut c_void) -> u32 {
    if pinned() {
        return draw_word() as u32;
    }
    // The replaced method cannot be looked up where libstdc++ was loaded for one module alone; the kernel's
    // bytes are as good as the processor's.
    let mut value = 0_u32;
    bare_getrandom((&raw mut value).cast(), 4, 0);
    value
}

/// Calls by number: random bytes here, times in [`clock`], all else goes through unchanged.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn syscall(
    which: isize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    match which {
        number::GETRANDOM => getrandom(core::ptr::with_exposed_provenance_mut(a), b, c as c_uint),
        number::CLOCK_GETTIME | number::GETTIMEOFDAY | number::TIME | number::FUTEX => {
            clock::by_number(which, [a, b, c, d, e, f])
        }
        _ => raw::call_c(which, [a, b, c, d, e, f]),
    }
}

// ---- The devices ----

/// What the file in memory is called in `/proc/self/fd`.
const FILE_NAME: &core::ffi::CStr = c"driftless-entropy";
const FILE_LINK: &[u8] = b"/memfd:driftless-entropy";
const FILE_SIZE: usize = 64 * 1024;
/// `F_SEAL_SHRINK | F_SEAL_GROW`: one cheap question tells most other files apart.
const FILE_SEALS: usize = 6;

/// Opens the file in memory if `path` is an entropy device, opened for reading, and entropy is pinned.
unsafe fn open_device(path: *const c_char, flags: c_int) -> Option<c_int> {
    const O_PATH: c_int = 0o10_000_000;
    if !is_device(path) || flags & raw::O_ACCMODE == raw::O_WRONLY || flags & O_PATH != 0 || !pinned() {
        return None;
    }
    new_file(flags & raw::O_CLOEXEC != 0)
}

unsafe fn is_device(path: *const c_char) -> bool {
    // Most paths differ in the second byte; the rest is not worth measuring the string for.
    !path.is_null()
        && *path == b'/'.cast_signed()
        && *path.add(1) == b'd'.cast_signed()
        && matches!(raw::bytes(path), b"/dev/urandom" | b"/dev/random")
}

fn new_file(close_on_exec: bool) -> Option<c_int> {
    const MFD_ALLOW_SEALING: usize = 2;
    const F_ADD_SEALS: usize = 1033;
    let flags = MFD_ALLOW_SEALING | usize::from(close_on_exec);
    // SAFETY: the name ends in a zero byte, and the descriptor is the one just made.
    unsafe {
        let file = raw::call(number::MEMFD_CREATE, [FILE_NAME.as_ptr() as usize, flags, 0, 0, 0, 0]);
        let file = c_int::try_from(file).ok().filter(|file| *file >= 0)?;
        write_file(file, draw_word());
        raw::call(number::FCNTL, [raw::fd(file), F_ADD_SEALS, FILE_SEALS, 0, 0, 0]);
        Some(file)
    }
}

/// Fills the file with the stream of `key` without moving its position.
unsafe fn write_file(file: c_int, key: u64) {
    const PART: usize = 8192;
    let mut part = [0_u8; PART];
    for start in (0..FILE_SIZE).step_by(PART) {
        fill_from(key, start as u64 / 8, part.as_mut_ptr(), PART);
        raw::call(number::PWRITE, [raw::fd(file), part.as_ptr() as usize, PART, start, 0, 0]);
    }
}

/// Whether `file` is one of ours, perhaps opened by the program that ran here before.
unsafe fn is_own_file(file: c_int) -> bool {
    const F_GET_SEALS: usize = 1034;
    if raw::call(number::FCNTL, [raw::fd(file), F_GET_SEALS, 0, 0, 0, 0]) != FILE_SEALS.cast_signed() {
        return false;
    }
    let mut path = raw::Path::new();
    path.push(b"/proc/self/fd/");
    path.push_number(u64::try_from(file).unwrap_or(0));
    let mut link = [0; 64];
    raw::readlink(path.as_ptr(), &mut link).starts_with(FILE_LINK)
}

/// Overwrites the file with what follows its present content, and rewinds it.
unsafe fn renew_file(file: c_int) {
    let mut last = [0_u8; 8];
    raw::call(number::PREAD, [raw::fd(file), last.as_mut_ptr() as usize, 8, FILE_SIZE - 8, 0, 0]);
    write_file(file, mix(u64::from_ne_bytes(last) ^ GOLDEN));
    raw::call(number::LSEEK, [raw::fd(file), 0, 0, 0, 0, 0]);
}

/// Completes a read that gave `got` of `length` bytes, if it was of one of our files: a device never ends.
unsafe fn complete(file: c_int, target: *mut c_void, length: usize, got: isize) -> isize {
    let Ok(mut filled) = usize::try_from(got) else { return got };
    if filled >= length
        || settings::get().is_none_or(|settings| settings.entropy.is_none())
        || !is_own_file(file)
    {
        return got;
    }
    while filled < length {
        renew_file(file);
        let rest = target.cast::<u8>().add(filled);
        let more = raw::call(number::READ, [raw::fd(file), rest as usize, length - filled, 0, 0, 0]);
        match usize::try_from(more) {
            Ok(more) if more > 0 => filled += more,
            _ => break,
        }
    }
    filled.cast_signed()
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn read(file: c_int, target: *mut c_void, length: usize) -> isize {
    let got = match real::read.get() {
        Some(real) => real(file, target, length),
        None => raw::call_c(number::READ, [raw::fd(file), target as usize, length, 0, 0, 0]),
    };
    complete(file, target, length, got)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn __read_chk(
    file: c_int,
    target: *mut c_void,
    length: usize,
    room: usize,
) -> isize {
    match real::__read_chk.get() {
        Some(real) => complete(file, target, length, real(file, target, length, room)),
        None => read(file, target, length.min(room)),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn readv(file: c_int, parts: *mut c_void, count: c_int) -> isize {
    let Some(real) = real::readv.get() else { return missing() as isize };
    let got = real(file, parts, count);
    let at_end = got == 0 && settings::get().is_some_and(|settings| settings.entropy.is_some());
    if at_end && is_own_file(file) {
        renew_file(file);
        return real(file, parts, count);
    }
    got
}

unsafe fn bare_open(folder: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    let arguments = [raw::fd(folder), path as usize, raw::fd(flags), mode as usize, 0, 0];
    c_int::try_from(raw::call_c(number::OPENAT, arguments)).unwrap_or(-1)
}

macro_rules! replace_open {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
            if let Some(file) = open_device(path, flags) {
                return file;
            }
            match real::$name.get() {
                Some(real) => real(path, flags, mode),
                None => bare_open(raw::AT_FDCWD, path, flags, mode),
            }
        }
    )*};
}

macro_rules! replace_openat {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(
            folder: c_int,
            path: *const c_char,
            flags: c_int,
            mode: c_uint,
        ) -> c_int {
            if let Some(file) = open_device(path, flags) {
                return file;
            }
            match real::$name.get() {
                Some(real) => real(folder, path, flags, mode),
                None => bare_open(folder, path, flags, mode),
            }
        }
    )*};
}

/// What fortified programs call in place of `open` where they give no mode.
macro_rules! replace_checked_open {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(path: *const c_char, flags: c_int) -> c_int {
            if let Some(file) = open_device(path, flags) {
                return file;
            }
            match real::$name.get() {
                Some(real) => real(path, flags),
                None => bare_open(raw::AT_FDCWD, path, flags, 0),
            }
        }
    )*};
}

/// What fortified programs call in place of `openat` where they give no mode.
macro_rules! replace_checked_openat {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
            if let Some(file) = open_device(path, flags) {
                return file;
            }
            match real::$name.get() {
                Some(real) => real(folder, path, flags),
                None => bare_open(folder, path, flags, 0),
            }
        }
    )*};
}

replace_open!(open open64);
replace_openat!(openat openat64);
replace_checked_open!(__open_2 __open64_2);
replace_checked_openat!(__openat_2 __openat64_2);

// ---- Streams of the C library ----

/// `cookie_io_functions_t`.
#[repr(C)]
struct CookieFunctions {
    read: unsafe extern "C" fn(*mut c_void, *mut c_char, usize) -> isize,
    write: Option<unsafe extern "C" fn(*mut c_void, *const c_char, usize) -> isize>,
    seek: Option<unsafe extern "C" fn(*mut c_void, *mut i64, c_int) -> c_int>,
    close: unsafe extern "C" fn(*mut c_void) -> c_int,
}

/// The state of one stream of the C library that reads an entropy device.
struct Cookie {
    key: u64,
    drawn: AtomicU64,
}

unsafe extern "C" {
    fn fopencookie(cookie: *mut c_void, mode: *const c_char, functions: CookieFunctions) -> *mut c_void;
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

unsafe extern "C" fn read_cookie(cookie: *mut c_void, target: *mut c_char, length: usize) -> isize {
    let cookie = &*cookie.cast::<Cookie>();
    let first = cookie.drawn.fetch_add(length.div_ceil(8) as u64, Ordering::Relaxed);
    fill_from(cookie.key, first, target.cast(), length);
    length.cast_signed()
}

unsafe extern "C" fn close_cookie(cookie: *mut c_void) -> c_int {
    free(cookie);
    0
}

/// A stream that never ends: `fread` reads inside the C library, where a file could not be renewed.
unsafe fn fopen_device(path: *const c_char, mode: *const c_char) -> Option<*mut c_void> {
    if !is_device(path) || !raw::bytes(mode).starts_with(b"r") || !pinned() {
        return None;
    }
    let cookie = malloc(size_of::<Cookie>());
    if cookie.is_null() {
        return None;
    }
    cookie.cast::<Cookie>().write(Cookie { key: draw_word(), drawn: AtomicU64::new(0) });
    let functions = CookieFunctions { read: read_cookie, write: None, seek: None, close: close_cookie };
    let stream = fopencookie(cookie, c"r".as_ptr(), functions);
    if stream.is_null() {
        free(cookie);
        return None;
    }
    Some(stream)
}

macro_rules! replace_fopen {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(path: *const c_char, mode: *const c_char) -> *mut c_void {
            if let Some(stream) = fopen_device(path, mode) {
                return stream;
            }
            match real::$name.get() {
                Some(real) => real(path, mode),
                None => missing_pointer(),
            }
        }
    )*};
}

replace_fopen!(fopen fopen64);
