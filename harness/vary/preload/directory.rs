//! The order in which a directory is listed.
//!
//! The first read of a directory reads it to its end, and the entries are handed out from memory in the order
//! asked for. Positions (`telldir`, `seekdir`) are then indices into that order; `rewinddir` reads anew, as the
//! C library does. `scandir`, `nftw` and `glob` read inside the C library and keep the order of the file system,
//! as do programs that make the system call `getdents64` themselves (Go).

use core::ffi::{c_char, c_int, c_long, c_void};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::entropy;
use crate::identity::{missing, missing_pointer};
use crate::ledger::{self, Source};
use crate::raw::{self, number};
use crate::real;
use crate::settings::{self, Order};

/// Held while the list of open directories is walked, and across a fork.
pub(crate) static LOCK: Lock = Lock(AtomicBool::new(false));

/// A lock that needs no memory and no C library.
pub(crate) struct Lock(AtomicBool);

impl Lock {
    pub(crate) fn lock(&self) {
        while self.0.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            // SAFETY: the call takes nothing.
            unsafe { raw::call(number::SCHED_YIELD, [0; 6]) };
        }
    }

    pub(crate) fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// One open directory that has been read; `LOCK` guards the list.
struct Listing {
    directory: *mut c_void,
    next: *mut Listing,
    /// The entries one after another, each `d_reclen` bytes long, with room for a whole `dirent` after the last.
    entries: *mut u8,
    used: usize,
    room: usize,
    /// Where each entry starts in `entries`, in the order asked for.
    order: *mut usize,
    count: usize,
    position: usize,
    /// The error that ended the reading, handed out after the last entry; zero for none.
    failure: c_int,
}

static mut LISTINGS: *mut Listing = core::ptr::null_mut();

/// `struct dirent`, the same as `struct dirent64` on both processors.
const SIZE_OF_DIRENT: usize = 280;
const OFFSET_OF_OFF: usize = 8;
const OFFSET_OF_RECLEN: usize = 16;
const OFFSET_OF_NAME: usize = 19;

fn order() -> Option<Order> {
    let settings = settings::get()?;
    let order = settings.directory?;
    ledger::note(settings, Source::Directory);
    Some(order)
}

/// Runs `action` on the listing of `directory`, read now if need be. `None` if directories are left alone, or
/// there is no memory for a listing.
unsafe fn with_listing<T>(directory: *mut c_void, action: impl FnOnce(&mut Listing) -> T) -> Option<T> {
    if directory.is_null() {
        return None;
    }
    let order = order()?;
    LOCK.lock();
    let mut listing = LISTINGS;
    while !listing.is_null() && (*listing).directory != directory {
        listing = (*listing).next;
    }
    if listing.is_null() {
        listing = Listing::read(directory, order);
    }
    let result = if listing.is_null() { None } else { Some(action(&mut *listing)) };
    LOCK.unlock();
    result
}

/// Forgets the listing of `directory`, if there is one.
unsafe fn forget(directory: *mut c_void) {
    if settings::get().is_none_or(|settings| settings.directory.is_none()) {
        return;
    }
    LOCK.lock();
    let mut link = &raw mut LISTINGS;
    while !(*link).is_null() {
        let listing = *link;
        if (*listing).directory == directory {
            *link = (*listing).next;
            (*listing).release();
            break;
        }
        link = &raw mut (*listing).next;
    }
    LOCK.unlock();
}

impl Listing {
    /// Reads `directory` to its end and puts it at the head of the list; null without memory.
    unsafe fn read(directory: *mut c_void, order: Order) -> *mut Self {
        let Some(next_entry) = real::readdir64.get() else { return core::ptr::null_mut() };
        let memory = raw::resize(core::ptr::null_mut(), 0, size_of::<Self>()).cast::<Self>();
        if memory.is_null() {
            return memory;
        }
        let nothing = core::ptr::null_mut();
        memory.write(Self {
            directory,
            next: LISTINGS,
            entries: nothing,
            used: 0,
            room: 0,
            order: nothing.cast(),
            count: 0,
            position: 0,
            failure: 0,
        });
        let listing = &mut *memory;
        let errno = raw::errno();
        loop {
            raw::set_errno(0);
            let entry = next_entry(directory).cast::<u8>();
            if entry.is_null() {
                listing.failure = raw::errno();
                break;
            }
            if !listing.push(entry) {
                listing.failure = raw::EIO;
                break;
            }
        }
        raw::set_errno(errno);
        if !listing.arrange(order) {
            listing.release();
            return core::ptr::null_mut();
        }
        LISTINGS = memory;
        memory
    }

    /// Copies one entry to the end; false without memory.
    unsafe fn push(&mut self, entry: *const u8) -> bool {
        let length = reclen(entry);
        if self.used + length + SIZE_OF_DIRENT > self.room {
            let room = (self.room * 2).max(32 * 1024);
            let entries = raw::resize(self.entries.cast(), self.room, room).cast::<u8>();
            if entries.is_null() {
                return false;
            }
            self.entries = entries;
            self.room = room;
        }
        core::ptr::copy_nonoverlapping(entry, self.entries.add(self.used), length);
        self.used += length;
        self.count += 1;
        true
    }

    /// Puts the entries in order and numbers them; false without memory.
    unsafe fn arrange(&mut self, order: Order) -> bool {
        if self.count == 0 {
            return true;
        }
        self.order = raw::resize(core::ptr::null_mut(), 0, self.count * size_of::<usize>()).cast();
        if self.order.is_null() {
            return false;
        }
        let mut start = 0;
        for index in 0..self.count {
            *self.order.add(index) = start;
            start += reclen(self.entries.add(start));
        }
        let starts = core::slice::from_raw_parts_mut(self.order, self.count);
        let entries = self.entries;
        starts.sort_unstable_by(|a, b| name(entries.add(*a)).cmp(name(entries.add(*b))));
        if let Order::Permuted(seed) = order {
            permute(starts, entries, seed);
        }
        for (index, start) in starts.iter().enumerate() {
            // The position after this entry, as `telldir` would give it. The C library aligns entries to 8 bytes.
            entries.add(*start + OFFSET_OF_OFF).cast::<usize>().write_unaligned(index + 1);
        }
        true
    }

    /// The next entry, or null at the end.
    unsafe fn next_entry(&mut self) -> *mut u8 {
        if self.position >= self.count {
            if self.failure != 0 {
                raw::set_errno(self.failure);
            }
            return core::ptr::null_mut();
        }
        let entry = self.entries.add(*self.order.add(self.position));
        self.position += 1;
        entry
    }

    unsafe fn release(&mut self) {
        raw::release(self.entries.cast(), self.room);
        raw::release(self.order.cast(), self.count * size_of::<usize>());
        raw::release(core::ptr::from_mut(self).cast(), size_of::<Self>());
    }
}

/// Permutes sorted entries so that each stands elsewhere: Sattolo's algorithm (1986), which gives a cycle.
///
/// `.` and `..` go to the front and take no part, or two files could keep their order. A plain shuffle could
/// leave the first entry, often the only one a program looks at, in its place.
unsafe fn permute(starts: &mut [usize], entries: *mut u8, seed: u64) {
    let mut key = entropy::mix(seed);
    let mut dots = 0;
    for index in 0..starts.len() {
        let name = name(entries.add(starts[index]));
        key = name.iter().fold(key, |key, byte| entropy::mix(key ^ u64::from(*byte)).wrapping_add(1));
        if matches!(name, b"." | b"..") {
            starts[dots..=index].rotate_right(1);
            dots += 1;
        }
    }
    let starts = &mut starts[dots..];
    for last in (1..starts.len()).rev() {
        // The bias of the remainder is below 2^-32 for any directory that fits in memory.
        let other = entropy::word(key, last as u64) % last as u64;
        starts.swap(last, other as usize);
    }
}

unsafe fn reclen(entry: *const u8) -> usize {
    usize::from(entry.add(OFFSET_OF_RECLEN).cast::<u16>().read_unaligned())
}

unsafe fn name<'a>(entry: *const u8) -> &'a [u8] {
    raw::bytes(entry.add(OFFSET_OF_NAME).cast())
}

macro_rules! replace_readdir {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(directory: *mut c_void) -> *mut c_void {
            match (with_listing(directory, |listing| listing.next_entry()), real::$name.get()) {
                (Some(entry), _) => entry.cast(),
                (None, Some(real)) => real(directory),
                (None, None) => missing_pointer(),
            }
        }
    )*};
}

macro_rules! replace_readdir_r {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(directory: *mut c_void, target: *mut c_void, result: *mut c_void) -> c_int {
            match (with_listing(directory, |listing| copy_next(listing, target, result)), real::$name.get()) {
                (Some(code), _) => code,
                (None, Some(real)) => real(directory, target, result),
                (None, None) => raw::ENOSYS,
            }
        }
    )*};
}

replace_readdir!(readdir readdir64);
replace_readdir_r!(readdir_r readdir64_r);

unsafe fn copy_next(listing: &mut Listing, target: *mut c_void, result: *mut c_void) -> c_int {
    let result = result.cast::<*mut c_void>();
    let errno = raw::errno();
    let entry = listing.next_entry();
    raw::set_errno(errno);
    if entry.is_null() {
        *result = core::ptr::null_mut();
        return listing.failure;
    }
    let length = reclen(entry).min(SIZE_OF_DIRENT);
    core::ptr::copy_nonoverlapping(entry, target.cast(), length);
    *result = target;
    0
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn telldir(directory: *mut c_void) -> c_long {
    match (with_listing(directory, |listing| listing.position), real::telldir.get()) {
        (Some(position), _) => position as c_long,
        (None, Some(real)) => real(directory),
        (None, None) => c_long::from(missing()),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn seekdir(directory: *mut c_void, position: c_long) {
    let found = with_listing(directory, |listing| {
        listing.position = usize::try_from(position).unwrap_or(0).min(listing.count);
    });
    if found.is_none()
        && let Some(real) = real::seekdir.get()
    {
        real(directory, position);
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn rewinddir(directory: *mut c_void) {
    forget(directory);
    if let Some(real) = real::rewinddir.get() {
        real(directory);
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn closedir(directory: *mut c_void) -> c_int {
    forget(directory);
    match real::closedir.get() {
        Some(real) => real(directory),
        None => missing(),
    }
}

/// A directory may stand where one stood that was closed out of our sight.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn opendir(path: *const c_char) -> *mut c_void {
    match real::opendir.get() {
        Some(real) => fresh(real(path)),
        None => missing_pointer(),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn fdopendir(descriptor: c_int) -> *mut c_void {
    match real::fdopendir.get() {
        Some(real) => fresh(real(descriptor)),
        None => missing_pointer(),
    }
}

unsafe fn fresh(directory: *mut c_void) -> *mut c_void {
    if !directory.is_null() {
        forget(directory);
    }
    directory
}
