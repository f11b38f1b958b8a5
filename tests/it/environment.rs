//! What a program sees of us: programs that write down everything they can read about themselves must not drift by our doing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Project, verdict};

fn factors(verdict: &Value) -> BTreeSet<String> {
    let findings = verdict["findings"].as_array().expect("findings");
    let factors = findings.iter().filter_map(|finding| finding["factors"].as_array()).flatten();
    factors.map(|factor| factor.as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_program_that_writes_its_environment_is_blamed_for_what_lives_there_and_nothing_else() {
    // The shell adds the working directory.
    let project = Project::shell("unset PWD OLDPWD\nenv | LC_ALL=C sort > \"$1\"\n", "");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let by_nature = [
        "environment-noise",
        "hash-seed",
        "home",
        "host-name",
        "locale",
        "memory-fill",
        "temp-directory",
        "threads",
        "time-zone",
    ];
    let found = factors(verdict(&report, "nuisance"));
    assert_eq!(found, by_nature.map(str::to_owned).into(), "{report:#}");
    assert_eq!(verdict(&report, "seed-coverage")["status"], "held", "{report:#}");
}

#[test]
fn runs_of_one_stage_that_are_under_way_together_keep_their_settings_apart() {
    // Long enough for the run with another seed and the run with all factors varied to overlap.
    let script = "sleep 0.7\nuname -n > \"$1\"\n";
    let project = Project::shell(script, "");
    let text = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
    let seeded = text.replace("\"{out.made}\"]", "\"{out.made}\", \"{seed}\"]");
    project.write("driftless.toml", format!("{seeded}[knobs]\nseed = 1\n"));
    let (ran, report) = project.report(&["--jobs", "4"]);
    assert_eq!(factors(verdict(&report, "nuisance")), ["host-name".to_owned()].into(), "{ran:?}");
    assert_eq!(verdict(&report, "seed-coverage")["status"], "blind", "{report:#}");
}

#[test]
fn a_sum_that_rounds_alike_for_one_and_three_threads_is_found() {
    let project = Project::shell("/usr/bin/python3 sum.py \"$1\"\n", "");
    let text = "import sys, torch\nfor n in [149380, 272830, 334555]:\n    total = torch.arange(n).float().sqrt().sum().item()\n    print(total.hex(), file=open(sys.argv[1], 'a'))\n";
    project.write("p/sum.py", text);
    let (ran, report) = project.report(&["--audit", "nuisance"]);
    assert_eq!(factors(verdict(&report, "nuisance")), ["threads".to_owned()].into(), "{ran:?}");
}

#[test]
fn a_decimal_comma_and_another_sort_order_are_varied() {
    let folder = std::path::Path::new("/usr/lib/locale");
    let archive = std::fs::read(folder.join("locale-archive")).unwrap_or_default();
    let installed =
        archive.windows(10).any(|name| name == b"de_DE.utf8") || folder.join("de_DE.utf8").is_dir();
    assert!(
        installed,
        "this test needs a locale with a decimal comma: localedef -i de_DE -f UTF-8 de_DE.UTF-8"
    );
    for script in ["/usr/bin/printf '%.2f' 2 > \"$1\"", "printf '%s\\n' b A a B | sort > \"$1\""] {
        let (ran, report) = Project::shell(script, "").report(&["--audit", "nuisance"]);
        assert_eq!(factors(verdict(&report, "nuisance")), ["locale".to_owned()].into(), "{script}: {ran:?}");
        let fixed = Project::shell(&format!("export LC_ALL=C\n{script}"), "").run(&["run"]);
        assert_eq!(fixed.code, 0, "{script}: {fixed:?}");
    }
}

/// Starts a program that the kernel refuses a namespace, as many containers do: a filter answers `unshare` with EPERM.
const NO_NAMESPACE: &str = "
import ctypes, os, platform, struct, sys
call = {'x86_64': 272, 'aarch64': 97}[platform.machine()]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, call), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_void_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(steps), ctypes.cast(code, ctypes.c_void_p))), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
";

#[test]
fn where_no_namespace_can_be_had_names_do_not_resolve_and_the_gate_says_so() {
    let submission = "[environment]\nnetwork = \"off\"\n[submission]\nartifact = \"made\"\n";
    let project = Project::shell("python3 reach.py > \"$1\"\n", submission);
    let text = "import os, socket
try:
    socket.getaddrinfo(open('/proc/sys/kernel/hostname').read().strip(), 80)
except socket.gaierror as error:
    print('name,', error.errno == socket.EAI_AGAIN)
print('proxy,', os.environ.get('https_proxy'))
";
    project.write("p/reach.py", text);
    project.write("refused.py", NO_NAMESPACE);
    #[expect(clippy::disallowed_methods, reason = "the test stands between the shell and the real binary")]
    let mut command = std::process::Command::new("python3");
    command.args(["refused.py", env!("CARGO_BIN_EXE_driftless"), "gate", "--quiet", "--strict"]);
    let ran = command.env_remove("CARGO_TARGET_DIR").current_dir(project.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("no network namespace"), "{ran:?}");
    assert_eq!(project.only_object(), "name, True\nproxy, http://127.0.0.1:9\n", "{ran:?}");
}

#[test]
fn without_a_network_a_program_reaches_itself_alone() {
    let project = Project::shell("python3 reach.py > \"$1\"\n", "[environment]\nnetwork = \"off\"\n");
    let text = "import os, socket
server = socket.create_server(('127.0.0.1', 0))
socket.create_connection(server.getsockname(), timeout=5).close()
print('interfaces', *(name for _, name in socket.if_nameindex()))
print('proxy', os.environ.get('https_proxy'))
";
    project.write("p/reach.py", text);
    let (ran, report) = project.report(&["--audit", "repeat"]);
    assert_eq!(ran.code, 0, "{ran:?}\n{report:#}");
    let left = project.only_object();
    let own_namespace = "interfaces lo\nproxy None\n";
    // Where this system gives nobody a namespace, proxies that lead nowhere are the next best.
    assert!(left == own_namespace || left.ends_with("proxy http://127.0.0.1:9\n"), "{left}");
    let (doctor, facts) = (project.run(&["doctor"]), left == own_namespace);
    assert_eq!(doctor.stdout.contains("off, in a namespace of its own"), facts, "{doctor:?}");
}
