//! The time of day: a virtual clock that two runs read alike.
//!
//! It starts at the setting and moves for two reasons only:
//!
//! - **Reading it** moves it by 1 µs, and by 1 ns more for every reading before, up to 0.1 s: loops that do nothing
//!   but wait for a time end too (30 s take some 250,000 readings). Readings are counted per process.
//! - **Waiting** that runs its full time (`sleep`, `poll`, a condition variable with a timeout, ...) moves it to
//!   the time at which the wait began plus the time asked for, rounded up to three digits. Threads that wait side
//!   by side therefore move it once, and it does not run ahead of the real clock but for readings and rounding. Processes that share a ledger folder
//!   share this part (file `clock` there), so a shell loop over `date` and `sleep` ends.
//!
//! Work that neither reads nor waits takes no time. Deadlines on the real-time clock are deadlines on the virtual
//! one, and are translated to the real clock for the kernel. Monotonic, boot-time and processor clocks are
//! untouched, and so are `timerfd`, `timer_settime` and the clock of other programs. Several threads
//! that read the clock share the count of readings: which gets which depends on their order.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, Ordering};

use crate::identity::missing;
use crate::ledger::{self, Source};
use crate::raw::{self, number};
use crate::real;
use crate::settings::{self, Settings};

/// `struct timespec`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

/// `struct timeval`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Timeval {
    seconds: i64,
    microseconds: i64,
}

/// `struct timeb`.
#[repr(C)]
struct Timeb {
    seconds: i64,
    milliseconds: u16,
    zone: i16,
    daylight: i16,
}

const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i64 = 1_000_000;
/// What the first reading moves the clock by, in nanoseconds.
const STEP: i64 = 1_000;
/// What a reading moves the clock by at most, in nanoseconds.
const STEP_MAX: i64 = 100 * MILLISECOND;
/// International atomic time runs ahead by this many nanoseconds, since 2017.
const TAI: i64 = 37 * SECOND;

const CLOCK_REALTIME: c_int = 0;
const CLOCK_MONOTONIC: c_int = 1;
const CLOCK_REALTIME_COARSE: c_int = 5;
const CLOCK_BOOTTIME: c_int = 7;
const CLOCK_REALTIME_ALARM: c_int = 8;
const CLOCK_TAI: c_int = 11;
const TIMER_ABSTIME: c_int = 1;

/// Readings so far.
static READINGS: AtomicI64 = AtomicI64::new(0);
/// Nanoseconds that readings have moved the clock by.
static READ: AtomicI64 = AtomicI64::new(0);
/// Nanoseconds that waits have moved the clock by, where they are not shared.
static WAITED: AtomicI64 = AtomicI64::new(0);
/// Where the nanoseconds of waits stand: `WAITED`, or the shared file.
static WAITED_AT: AtomicPtr<AtomicI64> = AtomicPtr::new((&raw const WAITED).cast_mut());
/// When the run began, in nanoseconds of the real clock: files changed since then were changed by the run. The kernel
/// stamps files by its coarse clock, so this is a reading of that one.
static STARTED: AtomicI64 = AtomicI64::new(i64::MAX);
/// The thread-specific value that keeps each thread's last monotonic reading.
static MONOTONIC_KEY: AtomicU32 = AtomicU32::new(u32::MAX);

unsafe extern "C" {
    fn pthread_key_create(key: *mut c_uint, destructor: Option<unsafe extern "C" fn(*mut c_void)>) -> c_int;
    fn pthread_setspecific(key: c_uint, value: *const c_void) -> c_int;
    fn pthread_getspecific(key: c_uint) -> *mut c_void;
}

pub(crate) fn start(settings: &Settings) {
    if settings.clock.is_none() {
        return;
    }
    STARTED.store(kernel_time(CLOCK_REALTIME_COARSE), Ordering::Relaxed);
    let mut key = 0;
    // SAFETY: the key is written before it is used; without one, timeouts are rounded instead.
    if unsafe { pthread_key_create(&raw mut key, None) } == 0 {
        MONOTONIC_KEY.store(key, Ordering::Relaxed);
    }
    if let Some(shared) = share_words(settings) {
        WAITED_AT.store(shared, Ordering::Relaxed);
        share_start(shared.wrapping_add(1));
    }
}

/// Takes over the start of the run, or says it, where this process is the first.
fn share_start(shared: *mut AtomicI64) {
    // SAFETY: the mapping holds two words and is never removed.
    let shared = unsafe { &*shared };
    let mine = STARTED.load(Ordering::Relaxed);
    if let Err(first) = shared.compare_exchange(0, mine, Ordering::Relaxed, Ordering::Relaxed) {
        STARTED.store(first, Ordering::Relaxed);
    }
}

/// Maps the file `clock` of the ledger folder, which all processes of a run share: the waits, and when it began.
fn share_words(settings: &Settings) -> Option<*mut AtomicI64> {
    if settings.ledger.as_bytes().is_empty() {
        return None;
    }
    let mut path = raw::Path::new();
    path.push(settings.ledger.as_bytes());
    path.push(b"/clock");
    let file = raw::open(path.as_ptr(), raw::O_RDWR | raw::O_CREAT | raw::O_CLOEXEC).ok()?;
    let shared = raw::share(file);
    raw::close(file);
    // A mapping starts on a page, so it is aligned for any type.
    (!shared.is_null()).then(|| shared.cast())
}

fn waited() -> &'static AtomicI64 {
    // SAFETY: the pointer is to a static or to a mapping that is never removed.
    unsafe { &*WAITED_AT.load(Ordering::Relaxed) }
}

/// The virtual clock, if there is one.
#[derive(Clone, Copy)]
struct Virtual {
    settings: &'static Settings,
    base: i64,
}

fn pinned() -> Option<Virtual> {
    let settings = settings::get()?;
    Some(Virtual { settings, base: settings.clock? })
}

impl Virtual {
    /// The time without reading it, in nanoseconds.
    fn glance(self) -> i64 {
        self.base + READ.load(Ordering::Relaxed) + waited().load(Ordering::Relaxed)
    }

    /// The time, for the program to see.
    fn read(self) -> i64 {
        ledger::note(self.settings, Source::Clock);
        let before = READINGS.fetch_add(1, Ordering::Relaxed);
        let step = STEP.saturating_add(before).min(STEP_MAX);
        let read = READ.fetch_add(step, Ordering::Relaxed) + step;
        self.base + read + waited().load(Ordering::Relaxed)
    }

    /// Moves the clock to `deadline`, if it is not there yet.
    fn reach(self, deadline: i64) {
        let waits = deadline.saturating_sub(self.base + READ.load(Ordering::Relaxed));
        waited().fetch_max(waits, Ordering::Relaxed);
    }
}

/// A relative wait under way; knows when it began.
struct Wait {
    began: i64,
}

impl Wait {
    /// `None` if there is no virtual clock to move.
    fn begin() -> Option<Self> {
        pinned().map(|_| Self { began: waited().load(Ordering::Relaxed) })
    }

    /// Moves the clock by the nanoseconds that the wait took of the virtual time.
    fn end(self, nanoseconds: i64) {
        waited().fetch_max(self.began.saturating_add(rounded(nanoseconds)), Ordering::Relaxed);
    }
}

/// A duration rounded up to three digits, after taking off the microsecond that the next reading adds.
///
/// Many programs work out how long to wait from a deadline and the time left: a queue asked to wait 200 ms waits
/// 199.998 ms, and other microseconds in every run. Rounded, both are the 200 ms that were meant.
fn rounded(nanoseconds: i64) -> i64 {
    let nanoseconds = nanoseconds.saturating_sub(STEP).max(0);
    let mut unit = 1;
    while nanoseconds / unit >= 1_000 {
        unit *= 10;
    }
    (nanoseconds / unit + i64::from(nanoseconds % unit > 0)).saturating_mul(unit)
}

impl Timespec {
    const fn of(nanoseconds: i64) -> Self {
        Self { seconds: nanoseconds.div_euclid(SECOND), nanoseconds: nanoseconds.rem_euclid(SECOND) }
    }

    /// `None` if it is not valid, which is for the C library to tell, or centuries away.
    fn total(self) -> Option<i64> {
        if !(0..SECOND).contains(&self.nanoseconds) {
            return None;
        }
        self.seconds.checked_mul(SECOND)?.checked_add(self.nanoseconds)
    }
}

unsafe fn total(time: *const Timespec) -> Option<i64> {
    if time.is_null() { None } else { (*time).total() }
}

/// What to show in place of the time of a file that this run has changed; `None` for all other files.
pub(crate) fn shown_file_time(time: Timespec) -> Option<Timespec> {
    let base = settings::get()?.clock?;
    let changed = time.total()?;
    let during = changed >= STARTED.load(Ordering::Relaxed) && changed <= kernel_time(CLOCK_REALTIME);
    during.then(|| Timespec::of(base))
}

/// A clock of the kernel, in nanoseconds.
fn kernel_time(clock: c_int) -> i64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: both forms write one `timespec`.
    unsafe {
        match real::clock_gettime.get() {
            Some(real) => {
                real(clock, &raw mut time);
            }
            None => {
                raw::call(number::CLOCK_GETTIME, [raw::fd(clock), &raw mut time as usize, 0, 0, 0, 0]);
            }
        }
    }
    time.total().unwrap_or(0)
}

// ---- Reading ----

fn ahead(clock: c_int) -> Option<i64> {
    match clock {
        CLOCK_REALTIME | CLOCK_REALTIME_COARSE | CLOCK_REALTIME_ALARM => Some(0),
        CLOCK_TAI => Some(TAI),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clock_gettime(clock: c_int, target: *mut Timespec) -> c_int {
    if let (Some(ahead), Some(now), false) = (ahead(clock), pinned(), target.is_null()) {
        *target = Timespec::of(now.read() + ahead);
        return 0;
    }
    let result = match real::clock_gettime.get() {
        Some(real) => real(clock, target),
        None => raw::call_c(number::CLOCK_GETTIME, [raw::fd(clock), target as usize, 0, 0, 0, 0]) as c_int,
    };
    if clock == CLOCK_MONOTONIC && result == 0 {
        remember_monotonic(target);
    }
    result
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn gettimeofday(target: *mut Timeval, zone: *mut c_void) -> c_int {
    if let (Some(now), false) = (pinned(), target.is_null()) {
        let now = now.read();
        *target = Timeval { seconds: now / SECOND, microseconds: now % SECOND / 1_000 };
        if !zone.is_null() {
            // `struct timezone`: two integers that have been obsolete for decades.
            core::ptr::write_bytes(zone.cast::<u8>(), 0, 8);
        }
        return 0;
    }
    match real::gettimeofday.get() {
        Some(real) => real(target, zone),
        None => raw::call_c(number::GETTIMEOFDAY, [target as usize, zone as usize, 0, 0, 0, 0]) as c_int,
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn time(target: *mut i64) -> i64 {
    let now = match (pinned(), real::time.get()) {
        (Some(now), _) => now.read() / SECOND,
        (None, Some(real)) => return real(target),
        (None, None) => kernel_time(CLOCK_REALTIME) / SECOND,
    };
    if !target.is_null() {
        *target = now;
    }
    now
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn timespec_get(target: *mut Timespec, base: c_int) -> c_int {
    const TIME_UTC: c_int = 1;
    if base == TIME_UTC
        && let Some(now) = pinned()
    {
        *target = Timespec::of(now.read());
        return base;
    }
    match real::timespec_get.get() {
        Some(real) => real(target, base),
        None => 0,
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ftime(target: *mut c_void) -> c_int {
    if let Some(now) = pinned() {
        let now = now.read();
        let milliseconds = (now % SECOND / MILLISECOND) as u16;
        target.cast::<Timeb>().write(Timeb { seconds: now / SECOND, milliseconds, zone: 0, daylight: 0 });
        return 0;
    }
    match real::ftime.get() {
        Some(real) => real(target),
        None => missing(),
    }
}

// ---- Time asked for, where a deadline stands on the monotonic clock ----

/// Keeps the reading for [`asked`]. The value fits a pointer, so nothing is allocated.
unsafe fn remember_monotonic(reading: *const Timespec) {
    let key = MONOTONIC_KEY.load(Ordering::Relaxed);
    if key != u32::MAX
        && let Some(reading) = total(reading)
        && let Ok(reading) = usize::try_from(reading)
    {
        pthread_setspecific(key, core::ptr::without_provenance(reading));
    }
}

/// How long a wait until `deadline` on the monotonic clock was meant to be.
///
/// Programs read that clock, add a timeout, and wait for the sum: the difference to the thread's last reading is
/// the timeout to the nanosecond, whatever passed in between. Where that cannot be, it is what remains.
fn asked(deadline: i64, clock: c_int) -> i64 {
    let remaining = deadline.saturating_sub(kernel_time(clock)).max(0);
    let key = MONOTONIC_KEY.load(Ordering::Relaxed);
    if clock == CLOCK_MONOTONIC && key != u32::MAX {
        // SAFETY: the key was created by this library and is never deleted.
        let last = unsafe { pthread_getspecific(key) }.addr();
        let exact = deadline.saturating_sub(i64::try_from(last).unwrap_or(0));
        if last != 0 && (0..SECOND).contains(&exact.saturating_sub(remaining)) {
            return exact;
        }
    }
    remaining
}

// ---- Waiting until a deadline ----

/// Runs `wait` until `deadline` on `clock`, translated where that clock is virtual, and moves the virtual clock
/// if `ran_out` says that the deadline passed.
unsafe fn until<T: Copy>(
    clock: c_int,
    deadline: *const Timespec,
    wait: impl FnOnce(*const Timespec) -> T,
    ran_out: impl FnOnce(T) -> bool,
) -> T {
    let (Some(now), Some(target)) = (pinned(), total(deadline)) else { return wait(deadline) };
    if let Some(ahead) = ahead(clock) {
        let target = target.saturating_sub(ahead);
        let remaining = target.saturating_sub(now.glance());
        let translated =
            Timespec::of(kernel_time(CLOCK_REALTIME).saturating_add(remaining).saturating_add(ahead).max(0));
        let result = wait(&raw const translated);
        if ran_out(result) {
            now.reach(target);
        }
        return result;
    }
    if !matches!(clock, CLOCK_MONOTONIC | CLOCK_BOOTTIME) {
        return wait(deadline);
    }
    let began = Wait { began: waited().load(Ordering::Relaxed) };
    let asked = asked(target, clock);
    let result = wait(deadline);
    if ran_out(result) {
        began.end(asked);
    }
    result
}

/// For functions that return the error.
fn is_timeout(result: c_int) -> bool {
    result == raw::ETIMEDOUT
}

/// For functions that return -1 and set `errno`.
fn is_errno_timeout<T: Copy + PartialEq + From<i8>>(result: T) -> bool {
    result == T::from(-1) && raw::errno() == raw::ETIMEDOUT
}

/// Which clock a condition variable waits on is fixed inside it. The deadline tells: the monotonic clock counts
/// from the start of the machine, the virtual one from 1970.
unsafe fn condition_clock(deadline: *const Timespec) -> c_int {
    let (Some(now), Some(deadline)) = (pinned(), total(deadline)) else { return CLOCK_REALTIME };
    let from_virtual = deadline.abs_diff(now.glance());
    let from_monotonic = deadline.abs_diff(kernel_time(CLOCK_MONOTONIC));
    if from_monotonic < from_virtual { CLOCK_MONOTONIC } else { CLOCK_REALTIME }
}

/// Replaces functions that take an absolute deadline as their last argument and return an error number.
macro_rules! replace_timed {
    ($($name:ident($($argument:ident: $kind:ty),*) on $clock:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name($($argument: $kind,)* deadline: *const Timespec) -> c_int {
            let Some(real) = real::$name.get() else { return raw::ENOSYS };
            until($clock, deadline, |deadline| real($($argument,)* deadline), is_timeout)
        }
    )*};
}

replace_timed! {
    pthread_cond_clockwait(condition: *mut c_void, mutex: *mut c_void, clock: c_int) on clock;
    pthread_mutex_timedlock(mutex: *mut c_void) on CLOCK_REALTIME;
    pthread_mutex_clocklock(mutex: *mut c_void, clock: c_int) on clock;
    pthread_rwlock_timedrdlock(lock: *mut c_void) on CLOCK_REALTIME;
    pthread_rwlock_timedwrlock(lock: *mut c_void) on CLOCK_REALTIME;
    pthread_rwlock_clockrdlock(lock: *mut c_void, clock: c_int) on clock;
    pthread_rwlock_clockwrlock(lock: *mut c_void, clock: c_int) on clock;
    pthread_timedjoin_np(thread: usize, value: *mut c_void) on CLOCK_REALTIME;
    pthread_clockjoin_np(thread: usize, value: *mut c_void, clock: c_int) on clock;
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn pthread_cond_timedwait(
    condition: *mut c_void,
    mutex: *mut c_void,
    deadline: *const Timespec,
) -> c_int {
    let Some(real) = real::pthread_cond_timedwait.get() else { return raw::ENOSYS };
    let clock = condition_clock(deadline);
    until(clock, deadline, |deadline| real(condition, mutex, deadline), is_timeout)
}

/// What the functions of C11 return on a timeout.
const THRD_TIMEDOUT: c_int = 4;
const THRD_ERROR: c_int = 2;

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cnd_timedwait(
    condition: *mut c_void,
    mutex: *mut c_void,
    deadline: *const Timespec,
) -> c_int {
    let Some(real) = real::cnd_timedwait.get() else { return THRD_ERROR };
    until(
        CLOCK_REALTIME,
        deadline,
        |deadline| real(condition, mutex, deadline),
        |result| result == THRD_TIMEDOUT,
    )
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mtx_timedlock(mutex: *mut c_void, deadline: *const Timespec) -> c_int {
    let Some(real) = real::mtx_timedlock.get() else { return THRD_ERROR };
    until(CLOCK_REALTIME, deadline, |deadline| real(mutex, deadline), |result| result == THRD_TIMEDOUT)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_timedwait(semaphore: *mut c_void, deadline: *const Timespec) -> c_int {
    let Some(real) = real::sem_timedwait.get() else { return missing() };
    until(CLOCK_REALTIME, deadline, |deadline| real(semaphore, deadline), is_errno_timeout)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sem_clockwait(
    semaphore: *mut c_void,
    clock: c_int,
    deadline: *const Timespec,
) -> c_int {
    let Some(real) = real::sem_clockwait.get() else { return missing() };
    until(clock, deadline, |deadline| real(semaphore, clock, deadline), is_errno_timeout)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mq_timedreceive(
    queue: c_int,
    message: *mut c_void,
    length: usize,
    priority: *mut c_void,
    deadline: *const Timespec,
) -> isize {
    let Some(real) = real::mq_timedreceive.get() else { return missing() as isize };
    until(
        CLOCK_REALTIME,
        deadline,
        |deadline| real(queue, message, length, priority, deadline),
        is_errno_timeout,
    )
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mq_timedsend(
    queue: c_int,
    message: *const c_char,
    length: usize,
    priority: c_uint,
    deadline: *const Timespec,
) -> c_int {
    let Some(real) = real::mq_timedsend.get() else { return missing() };
    until(
        CLOCK_REALTIME,
        deadline,
        |deadline| real(queue, message, length, priority, deadline),
        is_errno_timeout,
    )
}

// ---- Waiting for a time ----

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: c_int,
    request: *const Timespec,
    remaining: *mut Timespec,
) -> c_int {
    let sleep = |request: *const Timespec, remaining: *mut Timespec| {
        if let Some(real) = real::clock_nanosleep.get() {
            return real(clock, flags, request, remaining);
        }
        let arguments = [raw::fd(clock), raw::fd(flags), request as usize, remaining as usize, 0, 0];
        c_int::try_from(-raw::call(number::CLOCK_NANOSLEEP, arguments)).unwrap_or(raw::EIO)
    };
    if flags & TIMER_ABSTIME != 0 {
        return until(clock, request, |request| sleep(request, remaining), |result| result == 0);
    }
    interruptible(request, remaining, sleep, |result| result == raw::EINTR, |result| result == 0)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nanosleep(request: *const Timespec, remaining: *mut Timespec) -> c_int {
    let sleep = |request: *const Timespec, remaining: *mut Timespec| {
        if let Some(real) = real::nanosleep.get() {
            return real(request, remaining);
        }
        let arguments = [raw::fd(CLOCK_MONOTONIC), 0, request as usize, remaining as usize, 0, 0];
        raw::call_c(number::CLOCK_NANOSLEEP, arguments) as c_int
    };
    let interrupted = |result| result == -1 && raw::errno() == raw::EINTR;
    interruptible(request, remaining, sleep, interrupted, |result| result == 0)
}

/// Sleeps, and moves the clock by what was slept; a signal may have ended it early.
unsafe fn interruptible(
    request: *const Timespec,
    remaining: *mut Timespec,
    sleep: impl FnOnce(*const Timespec, *mut Timespec) -> c_int,
    interrupted: impl FnOnce(c_int) -> bool,
    complete: impl FnOnce(c_int) -> bool,
) -> c_int {
    let (Some(wait), Some(asked)) = (Wait::begin(), total(request)) else { return sleep(request, remaining) };
    let mut rest = Timespec { seconds: 0, nanoseconds: 0 };
    let rest_at = if remaining.is_null() { &raw mut rest } else { remaining };
    let result = sleep(request, rest_at);
    if complete(result) {
        wait.end(asked);
    } else if interrupted(result) {
        wait.end(asked - total(rest_at).unwrap_or(asked));
    }
    result
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn usleep(microseconds: c_uint) -> c_int {
    let Some(real) = real::usleep.get() else { return missing() };
    let wait = Wait::begin();
    let result = real(microseconds);
    if let (Some(wait), 0) = (wait, result) {
        wait.end(i64::from(microseconds) * 1_000);
    }
    result
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    let Some(real) = real::sleep.get() else { return seconds };
    let wait = Wait::begin();
    let rest = real(seconds);
    if let Some(wait) = wait {
        wait.end(i64::from(seconds.saturating_sub(rest)) * SECOND);
    }
    rest
}

// ---- Waiting for events ----

/// Runs a wait for events, which took the whole `timeout` if it returns 0. `None` waits for ever.
fn events(timeout: Option<i64>, wait: impl FnOnce() -> c_int) -> c_int {
    let (Some(timeout), Some(began)) = (timeout, Wait::begin()) else { return wait() };
    let result = wait();
    if result == 0 {
        began.end(timeout);
    }
    result
}

fn milliseconds(timeout: c_int) -> Option<i64> {
    (timeout >= 0).then(|| i64::from(timeout) * MILLISECOND)
}

/// Replaces functions that wait for events and return how many there are, or 0 when the time has run out.
macro_rules! replace_events {
    ($($name:ident($($argument:ident: $kind:ty),*) for $timeout:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            let Some(real) = real::$name.get() else { return missing() };
            events($timeout, || real($($argument),*))
        }
    )*};
}

replace_events! {
    poll(files: *mut c_void, count: usize, timeout: c_int) for milliseconds(timeout);
    __poll_chk(files: *mut c_void, count: usize, timeout: c_int, room: usize) for milliseconds(timeout);
    ppoll(files: *mut c_void, count: usize, timeout: *const Timespec, mask: *mut c_void) for total(timeout);
    __ppoll_chk(files: *mut c_void, count: usize, timeout: *const Timespec, mask: *mut c_void, room: usize)
        for total(timeout);
    select(count: c_int, reads: *mut c_void, writes: *mut c_void, others: *mut c_void, timeout: *mut Timeval)
        for timeval(timeout);
    pselect(count: c_int, reads: *mut c_void, writes: *mut c_void, others: *mut c_void, timeout: *const Timespec,
        mask: *mut c_void) for total(timeout);
    epoll_wait(queue: c_int, found: *mut c_void, room: c_int, timeout: c_int) for milliseconds(timeout);
    epoll_pwait(queue: c_int, found: *mut c_void, room: c_int, timeout: c_int, mask: *mut c_void)
        for milliseconds(timeout);
}

unsafe fn timeval(timeout: *const Timeval) -> Option<i64> {
    if timeout.is_null() {
        return None;
    }
    (*timeout).seconds.checked_mul(SECOND)?.checked_add((*timeout).microseconds.checked_mul(1_000)?)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn sigtimedwait(
    signals: *mut c_void,
    found: *mut c_void,
    timeout: *const Timespec,
) -> c_int {
    let Some(real) = real::sigtimedwait.get() else { return missing() };
    let wait = Wait::begin();
    let result = real(signals, found, timeout);
    if let (Some(wait), Some(timeout), -1, raw::EAGAIN) = (wait, total(timeout), result, raw::errno()) {
        wait.end(timeout);
    }
    result
}

// ---- System calls by number ----

/// The calls about time that programs make through `syscall`.
///
/// # Safety
/// As for the call with this number.
pub(crate) unsafe fn by_number(which: isize, arguments: [usize; 6]) -> isize {
    let [a, b, ..] = arguments;
    let first = core::ptr::with_exposed_provenance_mut::<i64>(a);
    let second = core::ptr::with_exposed_provenance_mut::<c_void>(b);
    let result = match which {
        number::CLOCK_GETTIME => clock_gettime(a as c_int, second.cast()),
        number::GETTIMEOFDAY => gettimeofday(first.cast(), second),
        number::TIME => return time(first) as isize,
        _ => return futex(arguments),
    };
    result as isize
}

/// Rust's and C++'s standard libraries wait on futexes directly.
unsafe fn futex(arguments: [usize; 6]) -> isize {
    const FUTEX_WAIT: c_int = 0;
    const FUTEX_WAIT_BITSET: c_int = 9;
    const FUTEX_PRIVATE: c_int = 128;
    const FUTEX_CLOCK_REALTIME: c_int = 256;
    let operation = arguments[1] as c_int;
    let timeout = core::ptr::with_exposed_provenance::<Timespec>(arguments[3]);
    let call = |timeout: *const Timespec| {
        let [a, b, c, _, e, f] = arguments;
        raw::call_c(number::FUTEX, [a, b, c, timeout as usize, e, f])
    };
    match operation & !(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME) {
        FUTEX_WAIT_BITSET => {
            let real_time = operation & FUTEX_CLOCK_REALTIME != 0;
            let clock = if real_time { CLOCK_REALTIME } else { CLOCK_MONOTONIC };
            until(clock, timeout, call, is_errno_timeout)
        }
        FUTEX_WAIT if !timeout.is_null() => {
            let wait = Wait::begin();
            let result = call(timeout);
            if let (Some(wait), Some(timeout), true) = (wait, total(timeout), is_errno_timeout(result)) {
                wait.end(timeout);
            }
            result
        }
        _ => call(timeout),
    }
}
