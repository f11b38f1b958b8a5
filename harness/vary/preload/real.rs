//! The replaced functions themselves, looked up once.

use core::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::clock::{Timespec, Timeval};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlvsym(handle: *mut c_void, name: *const c_char, version: *const c_char) -> *mut c_void;
    fn dlerror() -> *mut c_char;
}

/// The next library in search order after this one.
const RTLD_NEXT: *mut c_void = core::ptr::without_provenance_mut(usize::MAX);

/// One function of type `F`, null until it has been looked up.
pub(crate) struct Real<F> {
    address: AtomicPtr<c_void>,
    function: PhantomData<F>,
}

impl<F: Copy> Real<F> {
    const fn new() -> Self {
        Self { address: AtomicPtr::new(core::ptr::null_mut()), function: PhantomData }
    }

    /// The function, unless the lookup is still to come or this C library lacks it.
    pub(crate) fn get(&self) -> Option<F> {
        const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
        let address = self.address.load(Ordering::Relaxed);
        // SAFETY: `functions!` gives each name the signature that the C library documents for it.
        (!address.is_null()).then(|| unsafe { core::mem::transmute_copy(&address) })
    }

    fn resolve(&self, name: &CStr) -> bool {
        // SAFETY: both strings end in a zero byte.
        let address = unsafe { dlsym(RTLD_NEXT, name.as_ptr()) };
        self.address.store(address, Ordering::Relaxed);
        !address.is_null()
    }
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(
            #[expect(non_upper_case_globals, reason = "named as the function it holds")]
            pub(crate) static $name: Real<unsafe extern "C" fn($($argument),*) -> $result> = Real::new();
        )*

        fn resolve_all() -> bool {
            let mut complete = true;
            $(
                let name = concat!(stringify!($name), "\0").as_bytes();
                // SAFETY: the literal has its zero byte at the end and nowhere else.
                complete &= $name.resolve(unsafe { CStr::from_bytes_with_nul_unchecked(name) });
            )*
            complete
        }
    };
}

type Text = *const c_char;
type Any = *mut c_void;
type Time = *const Timespec;

functions! {
    getrandom(Any, usize, c_uint) -> isize;
    getentropy(Any, usize) -> c_int;
    arc4random() -> u32;
    arc4random_buf(Any, usize) -> ();
    arc4random_uniform(u32) -> u32;
    open(Text, c_int, c_uint) -> c_int;
    open64(Text, c_int, c_uint) -> c_int;
    openat(c_int, Text, c_int, c_uint) -> c_int;
    openat64(c_int, Text, c_int, c_uint) -> c_int;
    __open_2(Text, c_int) -> c_int;
    __open64_2(Text, c_int) -> c_int;
    __openat_2(c_int, Text, c_int) -> c_int;
    __openat64_2(c_int, Text, c_int) -> c_int;
    fopen(Text, Text) -> Any;
    fopen64(Text, Text) -> Any;
    read(c_int, Any, usize) -> isize;
    __read_chk(c_int, Any, usize, usize) -> isize;
    readv(c_int, Any, c_int) -> isize;

    clock_gettime(c_int, *mut Timespec) -> c_int;
    gettimeofday(*mut Timeval, Any) -> c_int;
    time(*mut i64) -> i64;
    timespec_get(*mut Timespec, c_int) -> c_int;
    ftime(Any) -> c_int;
    nanosleep(Time, *mut Timespec) -> c_int;
    clock_nanosleep(c_int, c_int, Time, *mut Timespec) -> c_int;
    usleep(c_uint) -> c_int;
    sleep(c_uint) -> c_uint;
    poll(Any, usize, c_int) -> c_int;
    __poll_chk(Any, usize, c_int, usize) -> c_int;
    ppoll(Any, usize, Time, Any) -> c_int;
    __ppoll_chk(Any, usize, Time, Any, usize) -> c_int;
    select(c_int, Any, Any, Any, *mut Timeval) -> c_int;
    pselect(c_int, Any, Any, Any, Time, Any) -> c_int;
    epoll_wait(c_int, Any, c_int, c_int) -> c_int;
    epoll_pwait(c_int, Any, c_int, c_int, Any) -> c_int;
    sigtimedwait(Any, Any, Time) -> c_int;
    pthread_cond_timedwait(Any, Any, Time) -> c_int;
    pthread_cond_clockwait(Any, Any, c_int, Time) -> c_int;
    pthread_mutex_timedlock(Any, Time) -> c_int;
    pthread_mutex_clocklock(Any, c_int, Time) -> c_int;
    pthread_rwlock_timedrdlock(Any, Time) -> c_int;
    pthread_rwlock_timedwrlock(Any, Time) -> c_int;
    pthread_rwlock_clockrdlock(Any, c_int, Time) -> c_int;
    pthread_rwlock_clockwrlock(Any, c_int, Time) -> c_int;
    pthread_timedjoin_np(usize, Any, Time) -> c_int;
    pthread_clockjoin_np(usize, Any, c_int, Time) -> c_int;
    sem_timedwait(Any, Time) -> c_int;
    sem_clockwait(Any, c_int, Time) -> c_int;
    cnd_timedwait(Any, Any, Time) -> c_int;
    mtx_timedlock(Any, Time) -> c_int;
    mq_timedreceive(c_int, Any, usize, Any, Time) -> isize;
    mq_timedsend(c_int, Text, usize, c_uint, Time) -> c_int;

    stat(Text, Any) -> c_int;
    stat64(Text, Any) -> c_int;
    lstat(Text, Any) -> c_int;
    lstat64(Text, Any) -> c_int;
    fstat(c_int, Any) -> c_int;
    fstat64(c_int, Any) -> c_int;
    fstatat(c_int, Text, Any, c_int) -> c_int;
    fstatat64(c_int, Text, Any, c_int) -> c_int;
    __xstat(c_int, Text, Any) -> c_int;
    __xstat64(c_int, Text, Any) -> c_int;
    __lxstat(c_int, Text, Any) -> c_int;
    __lxstat64(c_int, Text, Any) -> c_int;
    __fxstat(c_int, c_int, Any) -> c_int;
    __fxstat64(c_int, c_int, Any) -> c_int;
    __fxstatat(c_int, c_int, Text, Any, c_int) -> c_int;
    __fxstatat64(c_int, c_int, Text, Any, c_int) -> c_int;
    statx(c_int, Text, c_int, c_uint, Any) -> c_int;

    opendir(Text) -> Any;
    fdopendir(c_int) -> Any;
    readdir(Any) -> Any;
    readdir64(Any) -> Any;
    readdir_r(Any, Any, Any) -> c_int;
    readdir64_r(Any, Any, Any) -> c_int;
    rewinddir(Any) -> ();
    telldir(Any) -> c_long;
    seekdir(Any, c_long) -> ();
    closedir(Any) -> c_int;

    gethostname(*mut c_char, usize) -> c_int;
    __gethostname_chk(*mut c_char, usize, usize) -> c_int;
    uname(Any) -> c_int;
    getaddrinfo(Text, Text, Any, Any) -> c_int;
    gethostbyname(Text) -> Any;
    gethostbyname2(Text, c_int) -> Any;
    gethostbyname_r(Text, Any, *mut c_char, usize, Any, Any) -> c_int;
    gethostbyname2_r(Text, c_int, Any, *mut c_char, usize, Any, Any) -> c_int;
    sysconf(c_int) -> c_long;
    get_nprocs() -> c_int;
    get_nprocs_conf() -> c_int;
}

/// Looks all of them up at once: later it could be too late, since `dlsym` is not safe between `fork` and `exec`.
pub(crate) fn resolve() {
    if !resolve_all() {
        // SAFETY: no precondition. It takes back the error message that the program never asked for.
        unsafe { dlerror() };
    }
    prefer_condition_variables_of_2003();
}

/// On `x86_64` the C library has two kinds of condition variables under one name, and a plain lookup has been
/// known to find the older kind, which no program built since uses. Other processors have the newer kind only.
fn prefer_condition_variables_of_2003() {
    if cfg!(target_arch = "x86_64") {
        // SAFETY: all strings end in a zero byte.
        let found = unsafe { dlvsym(RTLD_NEXT, c"pthread_cond_timedwait".as_ptr(), c"GLIBC_2.3.2".as_ptr()) };
        if !found.is_null() {
            pthread_cond_timedwait.address.store(found, Ordering::Relaxed);
        }
    }
}
