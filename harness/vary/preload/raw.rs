//! Bare system calls: the library's own input and output, which no other preload library sees either.

use core::arch::asm;
use core::ffi::{c_char, c_int, c_void};

/// System call numbers, as in the kernel's `unistd.h` of each processor.
#[cfg(target_arch = "x86_64")]
pub(crate) mod number {
    pub(crate) const READ: isize = 0;
    pub(crate) const WRITE: isize = 1;
    pub(crate) const CLOSE: isize = 3;
    pub(crate) const LSEEK: isize = 8;
    pub(crate) const MMAP: isize = 9;
    pub(crate) const MUNMAP: isize = 11;
    pub(crate) const PREAD: isize = 17;
    pub(crate) const PWRITE: isize = 18;
    pub(crate) const SCHED_YIELD: isize = 24;
    pub(crate) const MREMAP: isize = 25;
    pub(crate) const GETPID: isize = 39;
    pub(crate) const FCNTL: isize = 72;
    pub(crate) const GETTIMEOFDAY: isize = 96;
    pub(crate) const TIME: isize = 201;
    pub(crate) const FUTEX: isize = 202;
    pub(crate) const CLOCK_GETTIME: isize = 228;
    pub(crate) const CLOCK_NANOSLEEP: isize = 230;
    pub(crate) const OPENAT: isize = 257;
    pub(crate) const READLINKAT: isize = 267;
    pub(crate) const FALLOCATE: isize = 285;
    pub(crate) const PRLIMIT: isize = 302;
    pub(crate) const GETRANDOM: isize = 318;
    pub(crate) const MEMFD_CREATE: isize = 319;
}

/// System call numbers, as in the kernel's `unistd.h` of each processor.
#[cfg(target_arch = "aarch64")]
pub(crate) mod number {
    pub(crate) const READ: isize = 63;
    pub(crate) const WRITE: isize = 64;
    pub(crate) const CLOSE: isize = 57;
    pub(crate) const LSEEK: isize = 62;
    pub(crate) const MMAP: isize = 222;
    pub(crate) const MUNMAP: isize = 215;
    pub(crate) const MREMAP: isize = 216;
    pub(crate) const PREAD: isize = 67;
    pub(crate) const PWRITE: isize = 68;
    pub(crate) const SCHED_YIELD: isize = 124;
    pub(crate) const GETPID: isize = 172;
    pub(crate) const FCNTL: isize = 25;
    pub(crate) const GETTIMEOFDAY: isize = 169;
    /// This processor has no such call; no program asks for a negative number.
    pub(crate) const TIME: isize = -2;
    pub(crate) const FUTEX: isize = 98;
    pub(crate) const CLOCK_GETTIME: isize = 113;
    pub(crate) const CLOCK_NANOSLEEP: isize = 115;
    pub(crate) const OPENAT: isize = 56;
    pub(crate) const READLINKAT: isize = 78;
    pub(crate) const FALLOCATE: isize = 47;
    pub(crate) const PRLIMIT: isize = 261;
    pub(crate) const GETRANDOM: isize = 278;
    pub(crate) const MEMFD_CREATE: isize = 279;
}

pub(crate) const EINTR: c_int = 4;
pub(crate) const EIO: c_int = 5;
pub(crate) const EAGAIN: c_int = 11;
pub(crate) const ENAMETOOLONG: c_int = 36;
pub(crate) const ENOSYS: c_int = 38;
pub(crate) const ETIMEDOUT: c_int = 110;

pub(crate) const O_ACCMODE: c_int = 0o3;
pub(crate) const O_WRONLY: c_int = 0o1;
pub(crate) const O_RDWR: c_int = 0o2;
pub(crate) const O_CREAT: c_int = 0o100;
pub(crate) const O_APPEND: c_int = 0o2000;
pub(crate) const O_CLOEXEC: c_int = 0o2_000_000;
pub(crate) const AT_FDCWD: c_int = -100;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

pub(crate) fn errno() -> c_int {
    // SAFETY: the C library returns the address of the calling thread's own variable.
    unsafe { *__errno_location() }
}

pub(crate) fn set_errno(value: c_int) {
    // SAFETY: as in `errno`.
    unsafe { *__errno_location() = value }
}

/// Makes the system call and returns what the kernel returns: a negated error number on failure.
///
/// # Safety
/// Whatever the kernel asks of the call with this number.
#[cfg(target_arch = "x86_64")]
pub(crate) unsafe fn call(number: isize, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result;
    asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
        in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
    result
}

/// Makes the system call and returns what the kernel returns: a negated error number on failure.
///
/// # Safety
/// Whatever the kernel asks of the call with this number.
#[cfg(target_arch = "aarch64")]
pub(crate) unsafe fn call(number: isize, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result;
    asm!("svc 0", in("x8") number, inlateout("x0") a => result, in("x1") b, in("x2") c, in("x3") d,
        in("x4") e, in("x5") f, options(nostack));
    result
}

/// Makes the system call and returns as the C library does: -1 and `errno` on failure.
///
/// # Safety
/// As for [`call`].
pub(crate) unsafe fn call_c(number: isize, arguments: [usize; 6]) -> isize {
    let result = call(number, arguments);
    if (-4095..0).contains(&result) {
        set_errno(c_int::try_from(-result).unwrap_or(EIO));
        return -1;
    }
    result
}

/// A file descriptor as the kernel takes it: sign-extended.
pub(crate) const fn fd(descriptor: c_int) -> usize {
    descriptor as isize as usize
}

/// Opens `path`, which ends in a zero byte, with mode 0600 where it is made; the negated error otherwise.
pub(crate) fn open(path: *const u8, flags: c_int) -> Result<c_int, c_int> {
    // SAFETY: the callers pass strings that end in a zero byte.
    let result = unsafe { call(number::OPENAT, [fd(AT_FDCWD), path as usize, fd(flags), 0o600, 0, 0]) };
    let result = c_int::try_from(result).unwrap_or(-EIO);
    if result < 0 { Err(result) } else { Ok(result) }
}

pub(crate) fn write(descriptor: c_int, bytes: &[u8]) {
    // SAFETY: the slice is valid for its length.
    unsafe { call(number::WRITE, [fd(descriptor), bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) };
}

pub(crate) fn close(descriptor: c_int) {
    // SAFETY: only descriptors that this library opened are handed in.
    unsafe { call(number::CLOSE, [fd(descriptor), 0, 0, 0, 0, 0]) };
}

/// Reads from a file into `buffer` once; the filled part, empty on error.
pub(crate) fn read(descriptor: c_int, buffer: &mut [u8]) -> &[u8] {
    let arguments = [fd(descriptor), buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0];
    // SAFETY: the buffer is valid for its length.
    let length = unsafe { call(number::READ, arguments) };
    buffer.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default()
}

/// The process's limit on file locks; the largest number where there is none.
pub(crate) fn lock_limit() -> u64 {
    const RLIMIT_LOCKS: usize = 10;
    let mut limits = [u64::MAX; 2];
    // SAFETY: the kernel writes two numbers of 64 bits, the current limit first; no new limit is given.
    unsafe { call(number::PRLIMIT, [0, RLIMIT_LOCKS, 0, limits.as_mut_ptr() as usize, 0, 0]) };
    limits[0]
}

/// Reads what the link `path`, which ends in a zero byte, points at; the filled part of `buffer`, empty on error.
pub(crate) fn readlink(path: *const u8, buffer: &mut [u8]) -> &[u8] {
    let arguments = [fd(AT_FDCWD), path as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0];
    // SAFETY: the path ends in a zero byte and the buffer is valid for its length.
    let length = unsafe { call(number::READLINKAT, arguments) };
    buffer.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default()
}

/// Shares the first sixteen bytes of `file` with all processes that map them; null on failure.
pub(crate) fn share(file: c_int) -> *mut c_void {
    const MAP_SHARED: usize = 1;
    // A file without space on the disk behind it would kill the program at the first write.
    // SAFETY: allocating space changes no content, and the kernel chooses a free address.
    unsafe {
        if call(number::FALLOCATE, [fd(file), 0, 0, 16, 0, 0]) != 0 {
            return core::ptr::null_mut();
        }
        address(call(number::MMAP, [0, 16, PROT_READ_WRITE, MAP_SHARED, fd(file), 0]))
    }
}

/// Makes room for `size` bytes where there were `before`, keeping the content; null on failure, when the old
/// room stays. Memory of its own, because the program's allocator may be waiting for a lock of this library.
///
/// # Safety
/// `memory` is null and `before` zero, or both are from this function.
pub(crate) unsafe fn resize(memory: *mut c_void, before: usize, size: usize) -> *mut c_void {
    const MAP_PRIVATE_ANONYMOUS: usize = 0x22;
    const MREMAP_MAYMOVE: usize = 1;
    address(if memory.is_null() {
        call(number::MMAP, [0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, usize::MAX, 0])
    } else {
        call(number::MREMAP, [memory as usize, before, size, MREMAP_MAYMOVE, 0, 0])
    })
}

/// Gives back what [`resize`] gave.
///
/// # Safety
/// `memory` is null or from [`resize`], `size` is its size, and nothing uses it any more.
pub(crate) unsafe fn release(memory: *mut c_void, size: usize) {
    if !memory.is_null() {
        call(number::MUNMAP, [memory as usize, size, 0, 0, 0, 0]);
    }
}

const PROT_READ_WRITE: usize = 3;

/// The address that a mapping call returned; null for an error.
fn address(result: isize) -> *mut c_void {
    if (-4095..0).contains(&result) {
        return core::ptr::null_mut();
    }
    core::ptr::with_exposed_provenance_mut(result.cast_unsigned())
}

pub(crate) fn process_id() -> u64 {
    // SAFETY: the call takes nothing and cannot fail.
    u64::try_from(unsafe { call(number::GETPID, [0; 6]) }).unwrap_or(0)
}

/// The bytes of a C string without its end; empty for a null pointer.
///
/// # Safety
/// `text` is null or ends in a zero byte.
pub(crate) unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    core::ffi::CStr::from_ptr(text).to_bytes()
}

/// A path put together without allocating. A part that does not fit makes the whole path empty, which opens
/// nothing.
pub(crate) struct Path {
    bytes: [u8; 4096],
    length: usize,
    complete: bool,
}

impl Path {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; 4096], length: 0, complete: true }
    }

    pub(crate) fn push(&mut self, part: &[u8]) {
        // One byte stays zero: the end of the C string.
        let end = self.length + part.len();
        match self.bytes.get_mut(self.length..end) {
            Some(room) if end < 4096 => {
                room.copy_from_slice(part);
                self.length = end;
            }
            _ => self.complete = false,
        }
    }

    pub(crate) fn push_number(&mut self, number: u64) {
        let mut digits = [0; 20];
        self.push(decimal(number, &mut digits));
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.complete { &self.bytes[..self.length] } else { &[] }
    }

    pub(crate) fn as_ptr(&self) -> *const u8 {
        if self.complete { self.bytes.as_ptr() } else { c"".as_ptr().cast() }
    }
}

/// Writes `number` in decimal into the end of `digits` and returns that part.
pub(crate) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}
