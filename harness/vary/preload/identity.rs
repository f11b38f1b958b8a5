//! The host name and the count of processors.

use core::ffi::{c_char, c_int, c_long, c_void};

use crate::ledger::{self, Source};
use crate::settings::{self, Hostname};
use crate::{raw, real};

const SC_NPROCESSORS_CONF: c_int = 83;
const SC_NPROCESSORS_ONLN: c_int = 84;
/// Bytes of every field of `utsname`, end included; the second field is the host name.
const FIELD: usize = 65;

fn pinned_name() -> Option<&'static Hostname> {
    let settings = settings::get()?;
    let name = settings.hostname.as_ref()?;
    ledger::note(settings, Source::Hostname);
    Some(name)
}

fn pinned_count() -> Option<i64> {
    let settings = settings::get()?;
    let count = settings.processors?;
    ledger::note(settings, Source::Processors);
    Some(count)
}

/// Writes the host name as `gethostname` does: cut off, with an error, where there is no room for all of it.
unsafe fn write_name(name: &Hostname, target: *mut c_char, room: usize) -> c_int {
    let bytes = name.as_bytes();
    core::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), target, bytes.len().min(room));
    if bytes.len() >= room {
        raw::set_errno(raw::ENAMETOOLONG);
        return -1;
    }
    *target.add(bytes.len()) = 0;
    0
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn gethostname(target: *mut c_char, room: usize) -> c_int {
    match (pinned_name(), real::gethostname.get()) {
        (Some(name), _) => write_name(name, target, room),
        (None, Some(real)) => real(target, room),
        (None, None) => missing(),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn __gethostname_chk(target: *mut c_char, room: usize, size: usize) -> c_int {
    match (pinned_name(), real::__gethostname_chk.get()) {
        (Some(name), _) => write_name(name, target, room.min(size)),
        (None, Some(real)) => real(target, room, size),
        (None, None) => missing(),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn uname(target: *mut c_void) -> c_int {
    let Some(real) = real::uname.get() else { return missing() };
    let result = real(target);
    if result == 0
        && let Some(name) = pinned_name()
    {
        let field = target.cast::<c_char>().add(FIELD);
        core::ptr::write_bytes(field, 0, FIELD);
        write_name(name, field, FIELD);
    }
    result
}

// ---- Looking up one's own address ----

/// The kernel's host name, for lookups of the pinned one: a name that only this library knows has no address, and
/// programs that ask for their own address must get the one they would have got.
struct RealName([c_char; 6 * FIELD]);

impl RealName {
    /// `None` unless `asked` is the pinned name.
    unsafe fn behind(asked: *const c_char) -> Option<Self> {
        let settings = settings::get()?;
        let name = settings.hostname.as_ref()?;
        if asked.is_null() || raw::bytes(asked) != name.as_bytes() {
            return None;
        }
        let mut fields = Self([0; 6 * FIELD]);
        let real = real::uname.get()?;
        (real(fields.0.as_mut_ptr().cast()) == 0).then_some(fields)
    }

    fn as_ptr(&self) -> *const c_char {
        self.0[FIELD..].as_ptr()
    }
}

/// Whether a lookup must fail: there is to be no network, and the name is neither the machine's own nor an address in
/// digits, both of which need none.
unsafe fn out_of_reach(asked: *const c_char) -> bool {
    let Some(settings) = settings::get() else { return false };
    if !settings.offline || asked.is_null() {
        return false;
    }
    let name = raw::bytes(asked);
    let own = settings.hostname.as_ref().is_some_and(|own| own.as_bytes() == name);
    let in_digits = name.contains(&b':') || name.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    !own && !in_digits && name != b"localhost" && !name.is_empty()
}

/// Replaces functions that look up the address of the host that their first argument names. What they return without a
/// network stands last.
macro_rules! replace_lookup {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty, or $otherwise:expr, offline $offline:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(host: *const c_char, $($argument: $kind),*) -> $result {
            let Some(real) = real::$name.get() else { return $otherwise };
            if out_of_reach(host) {
                return $offline;
            }
            match RealName::behind(host) {
                Some(name) => real(name.as_ptr(), $($argument),*),
                None => real(host, $($argument),*),
            }
        }
    )*};
}

const EAI_AGAIN: c_int = -3;
const EAI_SYSTEM: c_int = -11;
/// What `h_errno` says where no server of names answers.
const TRY_AGAIN: c_int = 2;

/// How `gethostbyname_r` and its kin say it.
unsafe fn nobody_answers(found: *mut c_void, error: *mut c_void) -> c_int {
    *found.cast::<*mut c_void>() = core::ptr::null_mut();
    *error.cast::<c_int>() = TRY_AGAIN;
    raw::EAGAIN
}

replace_lookup! {
    getaddrinfo(service: *const c_char, hints: *mut c_void, found: *mut c_void) -> c_int, or EAI_SYSTEM, offline EAI_AGAIN;
    gethostbyname() -> *mut c_void, or missing_pointer(), offline core::ptr::null_mut();
    gethostbyname2(family: c_int) -> *mut c_void, or missing_pointer(), offline core::ptr::null_mut();
    gethostbyname_r(entry: *mut c_void, text: *mut c_char, room: usize, found: *mut c_void, error: *mut c_void)
        -> c_int, or raw::ENOSYS, offline nobody_answers(found, error);
    gethostbyname2_r(family: c_int, entry: *mut c_void, text: *mut c_char, room: usize, found: *mut c_void,
        error: *mut c_void) -> c_int, or raw::ENOSYS, offline nobody_answers(found, error);
}

// ---- Processors ----

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sysconf(name: c_int) -> c_long {
    if matches!(name, SC_NPROCESSORS_CONF | SC_NPROCESSORS_ONLN)
        && let Some(count) = pinned_count()
    {
        return count;
    }
    match real::sysconf.get() {
        Some(real) => real(name),
        None => c_long::from(missing()),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn get_nprocs() -> c_int {
    match (pinned_count(), real::get_nprocs.get()) {
        (Some(count), _) => c_int::try_from(count).unwrap_or(c_int::MAX),
        (None, Some(real)) => real(),
        (None, None) => 1,
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn get_nprocs_conf() -> c_int {
    match (pinned_count(), real::get_nprocs_conf.get()) {
        (Some(count), _) => c_int::try_from(count).unwrap_or(c_int::MAX),
        (None, Some(real)) => real(),
        (None, None) => 1,
    }
}

/// The answer where the C library has no such function.
pub(crate) fn missing() -> c_int {
    raw::set_errno(raw::ENOSYS);
    -1
}

/// As [`missing`], where a pointer is asked for.
pub(crate) fn missing_pointer() -> *mut c_void {
    missing();
    core::ptr::null_mut()
}
