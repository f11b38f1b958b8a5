//! The supervisor: a small process of ours between the harness and the user's program.
//!
//! It exists so that nothing outlives us. It is the reaper of every descendant (`PR_SET_CHILD_SUBREAPER`), so a
//! program that forks, starts a new session and ignores SIGTERM is still found and ended. It holds the reading end
//! of a lifeline pipe: when the harness ends, however it ends (`kill -9` included), the pipe closes and the
//! supervisor ends the tree. It also watches the limits and measures what the tree costs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::{Stopwatch, unix_micros};
use super::network::{self, Network};
use super::strike::{Strike, Watcher};
use super::wording::size_text;
use super::{Cost, family};

/// The hidden argument that turns a driftless binary into a supervisor.
pub const ARGUMENT: &str = "__supervise";

/// Between SIGTERM and SIGKILL when a limit has passed.
const GRACE: Duration = Duration::from_millis(500);
/// How often the limits are looked at.
const WATCH: Duration = Duration::from_millis(50);
/// A look reads `/proc`, which is slow where thousands of processes run: at most this share of the time is spent looking.
const WATCH_SHARE: u32 = 20;
/// The longest pause between two looks.
const WATCH_MAX: Duration = Duration::from_secs(1);
/// Looking at the disk walks through the place, so it happens less often: every half second.
const LOOKS_PER_DISK_LOOK: u64 = 10;
/// More processes at a time than any pipeline needs; a fork bomb passes it within a second.
const PROCESSES_MAX: usize = 4096;
/// What must stay free on the store's disk, in bytes: the user's machine is not ours to fill.
const FREE_BYTES_MIN: u64 = 64 << 20;

/// What to run, and within which limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Working directory.
    pub cwd: PathBuf,
    /// File for standard output.
    pub stdout: PathBuf,
    /// File for standard error.
    pub stderr: PathBuf,
    /// The folders that it may write to: what they grow by counts against the output limit.
    pub folders: Vec<PathBuf>,
    /// File mode creation mask.
    pub umask: u32,
    /// How many processors it may use.
    pub processors: Option<usize>,
    /// Whether addresses are laid out at random.
    pub random_addresses: bool,
    /// What tells this run from others of its stage that are under way: its limit on file locks, which Linux keeps and
    /// hands to every descendant, but has not enforced since version 2.4. `None` leaves it alone.
    pub mark: Option<u64>,
    /// What it can reach.
    #[serde(default)]
    pub network: Network,
    /// Wall-clock limit in milliseconds.
    pub timeout_ms: u64,
    /// Limit on the resident memory of the tree, in bytes.
    pub memory_bytes_max: u64,
    /// Limit on each file and on all files of the place together, in bytes.
    pub output_bytes_max: u64,
    /// When and how it is ended from outside, as a person or a machine that goes down would.
    #[serde(default)]
    pub strike: Option<Strike>,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How the program ended.
    pub finish: Finish,
    /// What it cost.
    pub cost: Cost,
    /// Whether the signal of the order was sent before the program had ended.
    #[serde(default)]
    pub struck: bool,
}

/// How the program ended, as the supervisor saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// By us: the time limit.
    Timeout,
    /// By us: another limit, in words.
    Limit(String),
    /// By us: the harness is gone or was told to end.
    Interrupted,
    /// Nobody knows: the supervisor itself was ended, in this way.
    Unsupervised(String),
    /// It never started.
    NotStarted(String),
}

/// Runs the supervisor: reads the order from the file `order`, answers with one JSON line on stdout.
///
/// # Errors
/// Where the order cannot be read or the answer cannot be written; a program that fails is an answer, not an error.
pub fn main(order: &Path) -> std::io::Result<()> {
    let order: Order = serde_json::from_slice(&std::fs::read(order)?)?;
    sys::leave_terminal();
    sys::shrug_off_signals();
    family::adopt_orphans()?;
    let outcome = supervise(&order);
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &outcome)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The tree is ended as the order asked for. How the program itself ended then says the rest.
const STRUCK: Finish = Finish::Signalled(libc::SIGKILL);

fn supervise(order: &Order) -> Outcome {
    let (watch, began_us) = (Stopwatch::start(), unix_micros());
    let mut child = match start(order) {
        Ok(child) => child,
        Err(reason) => {
            return Outcome { finish: Finish::NotStarted(reason), cost: Cost::default(), struck: false };
        }
    };
    let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
    let mut peak = 0;
    let mut watcher = order.strike.as_ref().map(|strike| Watcher::new(strike, pid));
    let stopped = attend(order, pid, watch, &mut peak, watcher.as_mut());
    if stopped == Some(Finish::Timeout) {
        sys::end_politely(pid);
        std::thread::sleep(GRACE);
    }
    if stopped.is_some() {
        end_descendants(pid);
    }
    let status = child.wait();
    let wall = watch.elapsed();
    let left_running = end_descendants(pid);
    let (cpu_us, largest) = sys::usage_of_children();
    let stopped = stopped.filter(|stopped| *stopped != STRUCK);
    Outcome {
        struck: watcher.is_some_and(|watcher| watcher.has_struck()),
        finish: stopped.unwrap_or_else(|| finish(order, status)),
        cost: Cost {
            began_us,
            wall_us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
            cpu_us,
            peak_bytes: largest.max(peak),
            left_running,
        },
    }
}

/// Ends every descendant and returns how many there were at first. Stops them before it kills them, so that a program that
/// forks faster than we kill cannot win.
fn end_descendants(program: i32) -> u32 {
    let first = running(program);
    let mut tree = first.clone();
    while !tree.is_empty() {
        for signal in [libc::SIGSTOP, libc::SIGKILL] {
            for pid in &tree {
                family::send(*pid, signal);
            }
        }
        std::thread::sleep(Duration::from_millis(1));
        tree = running(program);
    }
    u32::try_from(first.len()).unwrap_or(u32::MAX)
}

/// The living descendants. Orphans that were handed to us and have ended are collected, so that their cost is counted and
/// their entries do not pile up; the program itself is left for the one who asks how it ended.
fn running(program: i32) -> Vec<i32> {
    let own = family::own_pid();
    let tree = family::descendants(&family::everybody(), own);
    for orphan in tree.iter().filter(|member| member.ended && member.parent == own && member.pid != program) {
        family::reap(orphan.pid);
    }
    tree.iter().filter(|member| !member.ended).map(|member| member.pid).collect()
}

/// Waits until the program ends by itself (`None`) or must be ended (the reason).
fn attend(
    order: &Order,
    pid: i32,
    watch: Stopwatch,
    peak: &mut u64,
    mut watcher: Option<&mut Watcher>,
) -> Option<Finish> {
    let handle = sys::open_process(pid);
    let limit = Duration::from_millis(order.timeout_ms);
    let staged_bytes = bytes_below(order);
    let mut pause = WATCH;
    for look in 1_u64.. {
        let next_look = watch.elapsed() + pause;
        loop {
            let left = next_look.min(limit).saturating_sub(watch.elapsed());
            let step = watcher.as_ref().map_or(left, |watcher| watcher.pause().min(left));
            match sys::wait_for(handle.as_ref(), pid, step) {
                sys::Event::Ended => return None,
                sys::Event::LifelineClosed => return Some(Finish::Interrupted),
                sys::Event::Nothing => {}
            }
            if watcher.as_mut().is_some_and(|watcher| watcher.look(watch.elapsed())) {
                return Some(STRUCK);
            }
            if watch.elapsed() >= next_look.min(limit) {
                break;
            }
        }
        if watch.elapsed() >= limit {
            return Some(Finish::Timeout);
        }
        let looking = Stopwatch::start();
        let passed = passed_process_limit(order, pid, peak).or_else(|| {
            look.is_multiple_of(LOOKS_PER_DISK_LOOK).then(|| passed_disk_limit(order, staged_bytes))?
        });
        pause = (looking.elapsed() * WATCH_SHARE).clamp(WATCH, WATCH_MAX);
        if let Some(limit) = passed {
            return Some(Finish::Limit(limit));
        }
    }
    None
}

fn passed_process_limit(order: &Order, program: i32, peak: &mut u64) -> Option<String> {
    let tree = running(program);
    if tree.len() > PROCESSES_MAX {
        return Some(format!("{PROCESSES_MAX} processes at a time"));
    }
    let resident: u64 = tree.iter().map(|pid| sys::resident_bytes(*pid)).sum();
    *peak = (*peak).max(resident);
    (resident > order.memory_bytes_max).then(|| format!("memory of {}", size_text(order.memory_bytes_max)))
}

fn passed_disk_limit(order: &Order, staged_bytes: u64) -> Option<String> {
    if bytes_below(order).saturating_sub(staged_bytes) > order.output_bytes_max {
        return Some(output_limit(order));
    }
    full_disk(order)
}

fn full_disk(order: &Order) -> Option<String> {
    let free = sys::free_bytes(order.folders.first()?)?;
    (free < FREE_BYTES_MIN).then(|| format!("free disk space (less than {} left)", size_text(FREE_BYTES_MIN)))
}

fn output_limit(order: &Order) -> String {
    format!("output of {}", size_text(order.output_bytes_max))
}

/// Bytes in the place of the run and in its logs.
fn bytes_below(order: &Order) -> u64 {
    file_lengths(order).sum()
}

fn file_lengths(order: &Order) -> impl Iterator<Item = u64> {
    let below = order
        .folders
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(folder).follow_root_links(false))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| entry.metadata().ok())
        .map(|data| data.len());
    let logs = [&order.stdout, &order.stderr]
        .into_iter()
        .filter_map(|log| log.metadata().ok())
        .map(|data| data.len());
    below.chain(logs)
}

/// A program that writes past the file-size limit is ended by SIGXFSZ, or gets EFBIG and exits by itself (Python
/// ignores the signal): a file that stands exactly at the limit tells both.
fn finish(order: &Order, status: std::io::Result<ExitStatus>) -> Finish {
    let ended = match status.map(|status| (status.code(), status.signal())) {
        Ok((Some(0), _)) => return Finish::Exited(0),
        Ok((Some(code), _)) => Finish::Exited(code),
        Ok((None, Some(signal))) => Finish::Signalled(signal),
        Ok((None, None)) => Finish::NotStarted("its exit status is unknown".to_owned()),
        Err(error) => Finish::NotStarted(error.to_string()),
    };
    if file_lengths(order).any(|length| length >= order.output_bytes_max) {
        return Finish::Limit(output_limit(order));
    }
    // A full disk swallows the log as well, so the program cannot say it.
    full_disk(order).map_or(ended, Finish::Limit)
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn start(order: &Order) -> Result<std::process::Child, String> {
    let (program, arguments) = order.argv.split_first().ok_or("the command is empty")?;
    let log = |path: &Path| File::create(path).map_err(|error| format!("{}: {error}", path.display()));
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(&order.env)
        .current_dir(&order.cwd)
        .stdin(Stdio::null())
        .stdout(log(&order.stdout)?)
        .stderr(log(&order.stderr)?)
        .process_group(0);
    sys::apply_conditions(&mut command, order);
    if order.network == Network::Cut {
        network::cut(&mut command);
    }
    command.spawn().map_err(|error| format!("`{program}`: {error}"))
}

/// Whether this system lets a program fix the layout of its addresses; some containers do not.
#[must_use]
pub fn can_fix_addresses() -> bool {
    sys::can_fix_addresses()
}

/// Whether runs can be marked; some sandboxes let nobody set the limit that serves as mark.
pub(super) fn can_mark() -> bool {
    sys::can_mark()
}

/// What the system offers, behind names. Everything unsafe of this room is here.
mod sys {
    use std::os::fd::{FromRawFd as _, OwnedFd};
    use std::os::unix::process::CommandExt as _;
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use super::Order;

    pub(super) enum Event {
        Ended,
        LifelineClosed,
        Nothing,
    }

    /// Own session: a terminal's Ctrl-C must not reach the tree before us.
    #[expect(unsafe_code, reason = "setsid has no safe form in std")]
    pub(super) fn leave_terminal() {
        // SAFETY: no arguments; touches only this process.
        unsafe { libc::setsid() };
    }

    /// A program may signal its parent, which must go on watching. A handler that does nothing, not `SIG_IGN`, because
    /// ignored signals stay ignored in the program.
    #[expect(unsafe_code, reason = "signal has no safe form in std")]
    pub(super) fn shrug_off_signals() {
        extern "C" fn nothing(_: libc::c_int) {}
        let handler: extern "C" fn(libc::c_int) = nothing;
        for signal in (1..=LAST_SIGNAL).filter(|signal| !FAULTS.contains(signal)) {
            // SAFETY: the handler does nothing at all; SIGKILL and SIGSTOP are refused.
            unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        }
    }

    const LAST_SIGNAL: libc::c_int = 64;
    /// What tells of a fault of our own, or of the end of a child.
    const FAULTS: [libc::c_int; 9] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGILL,
        libc::SIGFPE,
        libc::SIGABRT,
        libc::SIGTRAP,
        libc::SIGSYS,
        libc::SIGPIPE,
        libc::SIGCHLD,
    ];

    #[expect(unsafe_code, reason = "conditions of the child are set between fork and exec")]
    pub(super) fn apply_conditions(command: &mut Command, order: &Order) {
        let umask = order.umask;
        let random_addresses = order.random_addresses;
        let mark = order.mark;
        let file_bytes_max = order.output_bytes_max;
        let processors = order.processors.map(processor_mask);
        let supervisor = super::family::own_pid();
        // SAFETY: the closure only makes async-signal-safe system calls on values prepared before the fork.
        unsafe {
            command.pre_exec(move || {
                // If we are killed, so is the program, even where nobody is left to do it.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                if libc::getppid() != supervisor {
                    return Err(std::io::ErrorKind::BrokenPipe.into());
                }
                // What `nohup` or a shell's `&` ignores would otherwise be a condition of the run.
                for signal in 1..=LAST_SIGNAL {
                    libc::signal(signal, libc::SIG_DFL);
                }
                libc::umask(umask);
                if !random_addresses {
                    // Refused in some containers: then addresses stay random, which `doctor` and the report say.
                    let persona = libc::personality(0xffff_ffff);
                    if persona != -1 {
                        libc::personality(persona.cast_unsigned().into_ulong() | ADDRESSES_FIXED);
                    }
                }
                if let Some(mask) = &processors {
                    libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), mask);
                }
                if let Some(mark) = mark {
                    mark_this_process(mark);
                }
                limit(libc::RLIMIT_CORE, 0);
                limit(libc::RLIMIT_FSIZE, file_bytes_max);
                Ok(())
            });
        }
    }

    /// Leaves the hard limit, so that what runs under us can mark runs of its own.
    #[expect(unsafe_code, reason = "limits have no safe form in std")]
    fn mark_this_process(mark: u64) {
        // SAFETY: the struct lives through both calls.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(libc::RLIMIT_LOCKS, &raw mut limit);
            limit.rlim_cur = mark;
            libc::setrlimit(libc::RLIMIT_LOCKS, &raw const limit);
        }
    }

    #[expect(unsafe_code, reason = "limits have no safe form in std")]
    pub(super) fn can_mark() -> bool {
        // SAFETY: the struct is written by the first call; the second sets what holds already.
        unsafe {
            let mut limit: libc::rlimit = std::mem::zeroed();
            libc::getrlimit(libc::RLIMIT_LOCKS, &raw mut limit) == 0
                && limit.rlim_max >= super::super::place::LARGEST_MARK
                && libc::setrlimit(libc::RLIMIT_LOCKS, &raw const limit) == 0
        }
    }

    #[expect(unsafe_code, reason = "personality has no safe form in std")]
    pub(super) fn can_fix_addresses() -> bool {
        // SAFETY: plain integers; the first call only asks, and the last restores what it answered.
        unsafe {
            let persona = libc::personality(0xffff_ffff);
            if persona == -1 {
                return false;
            }
            let persona = persona.cast_unsigned().into_ulong();
            let fixed = libc::personality(persona | ADDRESSES_FIXED) != -1;
            libc::personality(persona);
            fixed
        }
    }

    const ADDRESSES_FIXED: libc::c_ulong = libc::ADDR_NO_RANDOMIZE as libc::c_ulong;

    trait IntoUlong {
        fn into_ulong(self) -> libc::c_ulong;
    }
    impl IntoUlong for u32 {
        fn into_ulong(self) -> libc::c_ulong {
            libc::c_ulong::from(self)
        }
    }

    #[expect(unsafe_code, reason = "setrlimit has no safe form in std")]
    fn limit(what: libc::__rlimit_resource_t, value: u64) {
        let wanted = libc::rlimit { rlim_cur: value, rlim_max: value };
        // SAFETY: `wanted` lives through the call.
        unsafe { libc::setrlimit(what, &raw const wanted) };
    }

    /// The first `count` processors that this process itself may use.
    #[expect(unsafe_code, reason = "the affinity calls have no safe form in std")]
    fn processor_mask(count: usize) -> libc::cpu_set_t {
        // SAFETY: a zeroed cpu_set_t is an empty set; the calls write within it.
        unsafe {
            let mut allowed: libc::cpu_set_t = std::mem::zeroed();
            let mut chosen: libc::cpu_set_t = std::mem::zeroed();
            if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut allowed) != 0 {
                return allowed;
            }
            let size = usize::try_from(libc::CPU_SETSIZE).unwrap_or(1024);
            // Neighbouring supervisors start at different processors, or all pinned runs would share one.
            let offset = usize::try_from(libc::getpid()).unwrap_or(0);
            let usable: Vec<usize> = (0..size).filter(|cpu| libc::CPU_ISSET(*cpu, &allowed)).collect();
            for step in 0..count.min(usable.len()) {
                libc::CPU_SET(usable[(offset + step) % usable.len()], &mut chosen);
            }
            chosen
        }
    }

    /// A handle that becomes readable when the process ends; `None` on kernels before 5.3.
    #[expect(unsafe_code, reason = "pidfd_open has no safe form in std")]
    pub(super) fn open_process(pid: i32) -> Option<OwnedFd> {
        // SAFETY: plain integers in; a fresh descriptor, owned by nobody else, out.
        unsafe {
            let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0);
            i32::try_from(fd).ok().filter(|fd| *fd >= 0).map(|fd| OwnedFd::from_raw_fd(fd))
        }
    }

    /// Waits for the end of the process or of the lifeline (standard input), at most `pause`.
    #[expect(unsafe_code, reason = "poll and waitid have no safe form in std")]
    pub(super) fn wait_for(process: Option<&OwnedFd>, pid: i32, pause: Duration) -> Event {
        let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut entries = [entry(0), entry(process.map_or(-1, std::os::fd::AsRawFd::as_raw_fd))];
        let milliseconds = i32::try_from(pause.as_millis()).unwrap_or(i32::MAX).max(1);
        // SAFETY: the array lives through the call and its length is given.
        unsafe { libc::poll(entries.as_mut_ptr(), 2, milliseconds) };
        if has_ended(pid) {
            Event::Ended
        } else if entries[0].revents != 0 {
            Event::LifelineClosed
        } else {
            Event::Nothing
        }
    }

    /// Whether the child has ended; it stays to be waited for.
    #[expect(unsafe_code, reason = "waitid has no safe form in std")]
    fn has_ended(pid: i32) -> bool {
        // SAFETY: `info` is written by the call and lives through it.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            let id = libc::id_t::try_from(pid).unwrap_or(0);
            libc::waitid(libc::P_PID, id, &raw mut info, options) == 0 && info.si_pid() == pid
        }
    }

    pub(super) fn end_politely(pid: i32) {
        super::family::send(-pid, libc::SIGTERM);
    }

    /// Resident bytes of one process, 0 when it is gone.
    pub(super) fn resident_bytes(pid: i32) -> u64 {
        let pages = std::fs::read_to_string(format!("/proc/{pid}/statm"))
            .ok()
            .and_then(|text| text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
        pages.unwrap_or(0) * page_bytes()
    }

    #[expect(unsafe_code, reason = "sysconf has no safe form in std")]
    fn page_bytes() -> u64 {
        // SAFETY: a plain query.
        u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }

    /// Bytes free for this user on the file system that holds `path`.
    #[expect(unsafe_code, reason = "statvfs has no safe form in std")]
    pub(super) fn free_bytes(path: &Path) -> Option<u64> {
        use std::os::unix::ffi::OsStrExt as _;
        let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
        // SAFETY: the path is terminated, the struct is written by the call.
        unsafe {
            let mut facts: libc::statvfs = std::mem::zeroed();
            (libc::statvfs(path.as_ptr(), &raw mut facts) == 0).then(|| facts.f_bavail * facts.f_frsize)
        }
    }

    /// Processor time in microseconds of all ended and reaped children, and the largest resident size in bytes.
    #[expect(unsafe_code, reason = "getrusage has no safe form in std")]
    pub(super) fn usage_of_children() -> (u64, u64) {
        // SAFETY: the struct is written by the call.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
            usage
        };
        let micros = |time: libc::timeval| {
            u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec).unwrap_or(0)
        };
        let kibibytes = u64::try_from(usage.ru_maxrss).unwrap_or(0);
        (micros(usage.ru_utime) + micros(usage.ru_stime), kibibytes * 1024)
    }
}
