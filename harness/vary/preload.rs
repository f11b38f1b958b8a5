//! The preload library, as bytes to be written where `LD_PRELOAD` can name them.
//!
//! Its source is in `preload/`, a crate of its own that `build.rs` compiles; what it pins and how is told there.
//! A process is told what to pin by settings `PRELOAD_<KEY>` and `LEDGER` in a file that the variable `DRIFTLESS_SETTINGS`
//! names; what has no key is left alone.
//!
//! | key | value | what it reaches |
//! |---|---|---|
//! | `ENTROPY` | a seed, 0 to 2^64 - 1 | random bytes from the kernel and from `std::random_device` |
//! | `CLOCK` | seconds since 1970, up to nine decimals | the time of day, which moves by readings and waits alone; the times of files that the run writes |
//! | `DIRECTORY` | `sorted`, or a seed | the order in which `readdir` lists a directory |
//! | `HOSTNAME` | 1 to 64 bytes | `gethostname`, `uname`; the name resolves as the real one does |
//! | `NETWORK` | `off` | lookups of names: all but the machine's own fail, as they do where no server of names answers |
//! | `PROCESSORS` | a count | `sysconf`, `get_nprocs`; not the affinity mask |
//! | `LEDGER` | a folder, fresh for each run | `preload.<pid>` for each process, and the clock's waits in `clock` |
//!
//! A ledger is a line `exe <path>` for each program that the process ran, each followed by the sources that this
//! program used: `entropy`, `clock`, `directory`, `hostname`, `processors`.
//!
//! Out of reach are static programs and system calls made without the C library (Go), 32-bit and setuid programs,
//! programs started with an empty environment (what they start included), and sources that are no function call: process identifiers,
//! addresses, the time-stamp counter and `RDRAND`, monotonic clocks, `/proc`. So some generators stay
//! unpinned although their entropy is pinned: OpenSSL's mixes in the time-stamp counter, `$RANDOM` of bash the
//! process identifier, `Math.random` of Java a monotonic clock, `mkstemp` of glibc calls the kernel directly.

/// The shared library; empty where this system has none (anything but Linux with glibc on `x86_64` or `aarch64`).
pub static PRELOAD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"));

#[cfg(all(
    test,
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    use super::super::Conditions;
    use super::PRELOAD;

    /// The library and a ledger, for programs to run with.
    struct Stage {
        folder: TempDir,
    }

    impl Stage {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("preload.so"), PRELOAD).unwrap();
            fs::create_dir(folder.path().join("ledger")).unwrap();
            Self { folder }
        }

        fn path(&self) -> &Path {
            self.folder.path()
        }

        #[expect(clippy::disallowed_methods, reason = "the library is tested on bare processes")]
        fn output(&self, settings: &[(&str, &str)], command: &[&str]) -> Output {
            let mut process = Command::new(command[0]);
            process.args(&command[1..]).env("LD_PRELOAD", self.path().join("preload.so"));
            let path = self.path().join("settings");
            fs::write(&path, encoded(settings)).unwrap();
            process.env("DRIFTLESS_SETTINGS", path).output().unwrap()
        }

        /// What a command that must succeed, and must say nothing on its standard error, writes.
        fn run(&self, settings: &[(&str, &str)], command: &[&str]) -> String {
            let output = self.output(settings, command);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && errors.is_empty(), "{command:?}: {}\n{errors}", output.status);
            String::from_utf8(output.stdout).unwrap()
        }

        /// As `run`, with all sources pinned and a fresh ledger.
        fn pinned(&self, command: &[&str]) -> String {
            self.with("", "", command)
        }

        /// As `pinned`, with one key set to another value.
        fn with(&self, key: &str, value: &str, command: &[&str]) -> String {
            let ledger = self.path().join("ledger");
            fs::remove_dir_all(&ledger).unwrap();
            fs::create_dir(&ledger).unwrap();
            let mut settings = BASELINE.to_vec();
            for setting in settings.iter_mut().filter(|setting| setting.0 == key) {
                setting.1 = value;
            }
            settings.push(("LEDGER", ledger.to_str().unwrap()));
            self.run(&settings, command)
        }

        /// All lines of all ledgers.
        fn ledger(&self) -> BTreeSet<String> {
            fs::read_dir(self.path().join("ledger"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("preload."))
                .flat_map(|path| {
                    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
                })
                .collect()
        }
    }

    /// Settings as the runner writes them.
    fn encoded(settings: &[(&str, &str)]) -> Vec<u8> {
        let mut conditions = Conditions::bare();
        let mut ledger = "";
        for (key, value) in settings {
            match *key {
                "LEDGER" => ledger = value,
                key => drop(conditions.preload.insert(key.to_owned(), (*value).to_owned())),
            }
        }
        conditions.settings(ledger)
    }

    const BASELINE: [(&str, &str); 5] = [
        ("ENTROPY", "7"),
        ("CLOCK", "1700000000.25"),
        ("DIRECTORY", "sorted"),
        ("HOSTNAME", "baseline"),
        ("PROCESSORS", "3"),
    ];

    /// A test that passes because its program is missing would show nothing.
    fn needs(program: &str) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
        assert!(found, "this test needs `{program}`: apt-get install {program}");
    }

    /// One line per source, named as its key, then one that no source reaches.
    const EVERY_SOURCE: &str = "
import os, uuid, random, secrets, time, datetime, socket, platform
print('ENTROPY', os.urandom(8).hex(), uuid.uuid4(), random.random(), secrets.randbits(64), hash('text'))
print('ENTROPY', open('/dev/urandom', 'rb').read(8).hex(), open('/dev/random', 'rb', buffering=0).read(8).hex())
print('CLOCK', time.time(), time.time_ns(), datetime.datetime.now(), time.strftime('%c'), time.clock_gettime(5))
print('DIRECTORY', os.listdir('/'), [entry.name for entry in os.scandir('/usr')])
print('HOSTNAME', socket.gethostname(), os.uname().nodename, platform.node())
print('PROCESSORS', os.cpu_count(), os.sysconf('SC_NPROCESSORS_CONF'))
print('FREE', os.path.exists('/'), sorted(os.listdir('/')))
";

    #[test]
    fn python_is_pinned_and_each_key_changes_its_own_lines() {
        needs("python3");
        let stage = Stage::new();
        let command = ["env", "-u", "PYTHONHASHSEED", "python3", "-c", EVERY_SOURCE];
        let baseline = stage.pinned(&command);
        assert_eq!(stage.pinned(&command), baseline);
        assert!(baseline.contains("HOSTNAME baseline baseline baseline\nPROCESSORS 3 3\n"), "{baseline}");
        for source in ["entropy", "clock", "directory", "hostname", "processors"] {
            assert!(stage.ledger().contains(source), "{source}: {:?}", stage.ledger());
        }
        let others = [
            ("ENTROPY", "8"),
            ("CLOCK", "1800000000"),
            ("DIRECTORY", "1"),
            ("HOSTNAME", "b"),
            ("PROCESSORS", "5"),
        ];
        for (key, value) in others {
            let varied = stage.with(key, value, &command);
            for (before, after) in baseline.lines().zip(varied.lines()) {
                assert_eq!(before != after, before.starts_with(key), "{key}: {before} / {after}");
            }
        }
    }

    #[test]
    fn a_source_without_a_key_is_left_alone() {
        let stage = Stage::new();
        let ledger = stage.path().join("ledger");
        let settings = [("HOSTNAME", "pinned"), ("LEDGER", ledger.to_str().unwrap())];
        let command =
            ["bash", "-c", "uname -n; date +%Y; od -An -tx8 -N8 /dev/urandom; getconf _NPROCESSORS_ONLN"];
        let first = stage.run(&settings, &command);
        let second = stage.run(&settings, &command);
        assert!(first.starts_with("pinned\n"), "{first}");
        assert_ne!(first, second);
        assert_ne!(first.lines().nth(1), Some("2023"));
        assert!(!stage.ledger().contains("entropy") && !stage.ledger().contains("clock"));
    }

    #[test]
    fn values_that_make_no_sense_count_as_absent() {
        let stage = Stage::new();
        let settings = [
            ("ENTROPY", "-1"),
            ("CLOCK", "99999999999999999999"),
            ("DIRECTORY", "random"),
            ("HOSTNAME", ""),
            ("PROCESSORS", "0"),
            ("LEDGER", "/proc/nowhere"),
        ];
        let command = ["bash", "-c", "uname -n; getconf _NPROCESSORS_ONLN"];
        let bare = stage.run(&[], &command);
        assert_eq!(stage.run(&settings, &command), bare);
        stage.run(&[("CLOCK", "1.1234567890")], &["true"]);
        stage.run(&[("LEDGER", &"x".repeat(5000)), ("HOSTNAME", &"x".repeat(65))], &["true"]);
    }

    #[test]
    fn shell_tools_are_pinned() {
        let stage = Stage::new();
        let script = "
            cat /dev/urandom | head -c 16 | od -An -tx1; od -An -tx1 -N4 </dev/random
            head -c 300000 /dev/urandom | cksum; dd if=/dev/urandom bs=1M count=1 2>&- | cksum
            echo $SRANDOM; seq 9 | shuf | xargs; seq 9 | sort -R | xargs; shuf --random-source=/dev/urandom -i 1-9 | xargs
            mktemp -u; date +%s.%N; uname -n; find / -maxdepth 1";
        let baseline = stage.pinned(&["bash", "-c", script]);
        assert_eq!(stage.pinned(&["bash", "-c", script]), baseline);
        assert!(baseline.contains("\n1700000000.250001000\nbaseline\n"), "{baseline}");
        assert_ne!(stage.with("ENTROPY", "8", &["bash", "-c", script]), baseline);
        assert!(stage.ledger().iter().any(|line| line.starts_with("exe ") && line.ends_with("/shuf")));
    }

    #[test]
    fn perl_draws_from_the_stream() {
        needs("perl");
        let stage = Stage::new();
        let command = ["perl", "-e", "opendir D, '/'; print rand, ' ', time, ' ', join ' ', readdir D"];
        let baseline = stage.pinned(&command);
        assert_eq!(stage.pinned(&command), baseline);
        assert_ne!(stage.with("ENTROPY", "8", &command).split(' ').next(), baseline.split(' ').next());
        assert_ne!(stage.with("DIRECTORY", "8", &command), baseline);
    }

    #[test]
    fn reads_of_the_device_never_end_and_never_repeat() {
        let stage = Stage::new();
        // The reader is another program than the one that opened the device, and reads past the file's 64 KiB.
        let blocks =
            stage.pinned(&["bash", "-c", "exec 3</dev/urandom; head -c 400000 <&3 | od -An -v -tx8 -w8"]);
        let words: BTreeSet<&str> = blocks.lines().collect();
        assert_eq!(words.len(), 50_000);
    }

    #[test]
    fn a_varied_directory_moves_every_entry() {
        let stage = Stage::new();
        let folder = stage.path().join("entries");
        fs::create_dir(&folder).unwrap();
        let command = ["ls", "-U", folder.to_str().unwrap()];
        for count in 0..6 {
            let sorted = stage.pinned(&command);
            assert!(sorted.lines().is_sorted());
            for seed in ["0", "1", "18446744073709551615"] {
                let varied = stage.with("DIRECTORY", seed, &command);
                assert_eq!(varied, stage.with("DIRECTORY", seed, &command));
                let names: BTreeSet<&str> = varied.lines().collect();
                assert!(names.into_iter().eq(sorted.lines()));
                let kept =
                    varied.lines().zip(sorted.lines()).filter(|(varied, sorted)| varied == sorted).count();
                assert_eq!(kept, usize::from(count == 1), "{count} entries, seed {seed}");
            }
            fs::write(folder.join(format!("{:x}", count * 37 % 101)), []).unwrap();
        }
    }

    #[test]
    fn files_of_the_run_are_as_old_as_the_clock_and_older_ones_keep_their_time() {
        let stage = Stage::new();
        let folder = stage.path().to_str().unwrap().to_owned();
        let script = format!(
            "cd {folder}; rm -rf new made; echo a >new; touch -d @1500000000 old; touch -d @4000000000 late; mkdir -p made
            stat -c '%n %Y %Z' new made; stat -c '%n %Y' old late; find . -name new -printf '%T@\\n'
            [ new -nt old ] && ! [ new -nt made ] && echo order"
        );
        let shown = stage.pinned(&["bash", "-c", &script]);
        let expected = "new 1700000000 1700000000\nmade 1700000000 1700000000\nold 1500000000\nlate 4000000000\n\
                        1700000000.2500000000\norder\n";
        assert_eq!(shown, expected);
        let varied = stage.with("CLOCK", "1600000000", &["bash", "-c", &script]);
        assert!(varied.starts_with("new 1600000000 1600000000\nmade 1600000000"), "{varied}");
    }

    #[test]
    fn directories_can_be_removed_while_they_are_listed() {
        let stage = Stage::new();
        let folder = stage.path().join("tree");
        for name in ["a/b/c", "a/d", "e"] {
            fs::create_dir_all(folder.join(name)).unwrap();
            for file in 0..300 {
                fs::write(folder.join(name).join(file.to_string()), []).unwrap();
            }
        }
        stage.with("DIRECTORY", "5", &["rm", "-r", folder.to_str().unwrap()]);
        assert!(!folder.exists());
    }

    #[test]
    fn loops_until_a_deadline_end_in_about_the_time_they_wait() {
        let stage = Stage::new();
        let script = "
            end=$((SECONDS + 1)); while [ $SECONDS -lt $end ]; do sleep 0.25; done
            end=$(( $(date +%s) + 1 )); while [ $(date +%s) -lt $end ]; do sleep 0.25; done; date +%s.%N";
        let (first, real) = timed(|| stage.pinned(&["bash", "-c", script]));
        assert_eq!(first, stage.pinned(&["bash", "-c", script]));
        assert!(real >= Duration::from_millis(1200) && real < Duration::from_secs(20), "{real:?}");
    }

    #[expect(clippy::disallowed_methods, reason = "what is measured here is the real time of a test")]
    fn timed<T>(action: impl FnOnce() -> T) -> (T, Duration) {
        let start = Instant::now();
        let result = action();
        (result, start.elapsed())
    }

    /// Every way to wait 0.2 s, with the virtual time that it took in milliseconds, and on the standard error
    /// every wait whose real time was not about that.
    const WAITS: &str = "
import asyncio, concurrent.futures, ctypes, queue, select, subprocess, sys, threading, time
c = ctypes.CDLL(None)
class Time(ctypes.Structure):
    _fields_ = [('seconds', ctypes.c_long), ('nanoseconds', ctypes.c_long)]
def until(wait, clock=0):
    now = Time()
    c.clock_gettime(clock, ctypes.byref(now))
    total = now.nanoseconds + 200_000_000
    return wait(ctypes.byref(Time(now.seconds + total // 10**9, total % 10**9)))
def zeros():
    return ctypes.create_string_buffer(128)
def locked():
    mutex = zeros()
    c.pthread_mutex_lock(mutex)
    return mutex
def condition():
    condition = threading.Condition()
    with condition:
        condition.wait(timeout=0.2)
def monotonic_condition():
    attributes, condition = zeros(), zeros()
    c.pthread_condattr_init(attributes)
    c.pthread_condattr_setclock(attributes, 1)
    c.pthread_cond_init(condition, attributes)
    until(lambda deadline: c.pthread_cond_timedwait(condition, locked(), deadline), 1)
def deadline():
    end = time.time() + 0.2
    while time.time() < end:
        time.sleep(0.05)
def future():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        try:
            pool.submit(time.sleep, 0.2).result(timeout=0.1)
        except concurrent.futures.TimeoutError:
            pass
def pair():
    threads = [threading.Thread(target=time.sleep, args=(0.2,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
def expect(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError
semaphore = zeros()
c.sem_init(semaphore, 0, 0)
waits = dict(
    sleep=lambda: time.sleep(0.2), deadline=deadline, condition=condition, future=future, pair=pair,
    event=lambda: threading.Event().wait(0.2), monotonic_condition=monotonic_condition,
    queue=lambda: expect(queue.Empty, lambda: queue.Queue().get(timeout=0.2)),
    select=lambda: select.select([], [], [], 0.2), poll=lambda: select.poll().poll(200),
    epoll=lambda: select.epoll().poll(0.2), asyncio=lambda: asyncio.run(asyncio.sleep(0.2)),
    usleep=lambda: c.usleep(200_000), absolute=lambda: until(lambda end: c.clock_nanosleep(0, 1, end, None)),
    cond_timedwait=lambda: until(lambda end: c.pthread_cond_timedwait(zeros(), locked(), end)),
    mutex_timedlock=lambda: until(lambda end: c.pthread_mutex_timedlock(locked(), end)),
    sem_timedwait=lambda: until(lambda end: c.sem_timedwait(semaphore, end)),
)
if sys.platform == 'linux' and ctypes.sizeof(ctypes.c_void_p) == 8 and __import__('os').uname().machine == 'x86_64':
    waits['futex'] = lambda: until(lambda end: c.syscall(202, zeros(), 9 | 256, 0, end, None, -1))
for name, wait in waits.items():
    real, virtual = time.monotonic(), time.time()
    wait()
    print(name, round((time.time() - virtual) * 1000))
    real = time.monotonic() - real
    if not 0.19 < real < 5:
        print(name, real, file=sys.stderr)
expect(subprocess.TimeoutExpired, lambda: subprocess.run(['sleep', '60'], timeout=0.2))
end, count = time.time() + 30, 0
while time.time() < end:
    count += 1
print('busy', count)
";

    #[test]
    fn every_wait_takes_its_time_on_both_clocks() {
        needs("python3");
        let stage = Stage::new();
        let text = stage.pinned(&["python3", "-c", WAITS]);
        let waits: Vec<&str> = text.lines().filter(|line| !line.starts_with("busy")).collect();
        assert!(waits.len() >= 17 && waits.iter().all(|line| line.ends_with(" 200")), "{text}");
    }

    #[test]
    fn worker_pools_run_and_forked_workers_draw_streams_of_their_own() {
        needs("python3");
        let stage = Stage::new();
        let program = stage.path().join("pools.py");
        let text = "
import multiprocessing, os
def draw(number):
    return number * number
if __name__ == '__main__':
    for kind in ('fork', 'spawn'):
        with multiprocessing.get_context(kind).Pool(2) as pool:
            print(kind, pool.map(draw, range(8)), flush=True)
    for _ in range(3):
        if os.fork() == 0:
            print(os.urandom(8).hex(), flush=True)
            os._exit(0)
        os.wait()
    print(os.urandom(8).hex())
";
        fs::write(&program, text).unwrap();
        let command = ["python3", program.to_str().unwrap()];
        let first = stage.pinned(&command);
        assert_eq!(stage.pinned(&command), first);
        let squares = "[0, 1, 4, 9, 16, 25, 36, 49]";
        assert!(first.starts_with(&format!("fork {squares}\nspawn {squares}\n")), "{first}");
        assert_eq!(first.lines().collect::<BTreeSet<_>>().len(), 6, "{first}");
    }

    #[test]
    fn a_program_that_closes_everything_still_leaves_its_ledger() {
        needs("python3");
        let stage = Stage::new();
        stage.pinned(&["python3", "-c", "import os; os.closerange(0, 100); os.listdir('/'); os._exit(0)"]);
        assert!(stage.ledger().contains("directory"));
    }

    #[test]
    fn an_empty_environment_is_not_reached() {
        let stage = Stage::new();
        let year = stage.pinned(&["env", "-i", "/bin/sh", "-c", "/bin/date +%Y"]);
        assert_ne!(year, "2023\n");
    }

    #[test]
    fn forks_by_the_hundred_do_no_harm() {
        let stage = Stage::new();
        let text =
            stage.pinned(&["bash", "-c", "for i in $(seq 300); do (:); done; echo $(echo a | cat | cat)"]);
        assert_eq!(text, "a\n");
    }

    /// A program that shows what the Rust standard library learns.
    const RUST_PROGRAM: &str = r#"
        use std::{collections::HashMap, fs, sync::mpsc, thread, time::{Duration, SystemTime}};
        fn main() {
            let map: HashMap<u32, ()> = (0..20).map(|key| (key, ())).collect();
            println!("ENTROPY {:?}", map.keys().collect::<Vec<_>>());
            let start = SystemTime::now();
            let (sender, receiver) = mpsc::channel::<()>();
            assert!(receiver.recv_timeout(Duration::from_millis(100)).is_err());
            drop(sender);
            thread::park_timeout(Duration::from_millis(100));
            thread::sleep(Duration::from_millis(100));
            println!("CLOCK {start:?} {:?}", start.elapsed().unwrap());
            let names = fs::read_dir("/").unwrap().map(|entry| entry.unwrap().file_name());
            println!("DIRECTORY {:?}", names.collect::<Vec<_>>());
        }
    "#;

    #[test]
    fn rust_programs_are_pinned() {
        let stage = Stage::new();
        let (source, program) = (stage.path().join("main.rs"), stage.path().join("main"));
        fs::write(&source, RUST_PROGRAM).unwrap();
        // The compiler itself runs under the library here, with every source pinned.
        stage.pinned(&["rustc", source.to_str().unwrap(), "-o", program.to_str().unwrap()]);
        let command = [program.to_str().unwrap()];
        let baseline = stage.pinned(&command);
        assert_eq!(stage.pinned(&command), baseline);
        for (key, value) in [("ENTROPY", "8"), ("CLOCK", "1800000000"), ("DIRECTORY", "1")] {
            for (before, after) in baseline.lines().zip(stage.with(key, value, &command).lines()) {
                assert_eq!(before != after, before.starts_with(key), "{before} / {after}");
            }
        }
    }

    #[test]
    fn without_a_network_no_name_but_the_machines_own_resolves() {
        let script = "import socket, sys
for name in ['localhost', '127.0.0.1', 'baseline', open('/proc/sys/kernel/hostname').read().strip(), 'nobody.invalid']:
    try:
        socket.getaddrinfo(name, 80)
        print('found')
    except socket.gaierror as error:
        print('try again' if error.errno == socket.EAI_AGAIN else error.errno)
";
        let mut settings = BASELINE.to_vec();
        settings.push(("NETWORK", "off"));
        let said = Stage::new().run(&settings, &["python3", "-c", script]);
        assert_eq!(said.lines().collect::<Vec<_>>(), ["found", "found", "found", "try again", "try again"]);
    }

    #[test]
    fn the_pinned_host_name_resolves_like_the_real_one() {
        needs("python3");
        let stage = Stage::new();
        let look = "
import socket
try:
    print(socket.gethostbyname(socket.gethostname()))
except OSError as error:
    print(error)";
        let bare = stage.run(&[], &["python3", "-c", look]);
        assert_eq!(stage.pinned(&["python3", "-c", look]), bare);
    }
}
