//! What driftless costs beside the user's own programs. `cargo bench` prints ratios; it decides nothing.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the clock")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const REPETITIONS: usize = 7;

fn main() {
    let project = tempfile::tempdir().expect("a temporary folder");
    start_up(project.path());
    listing(project.path());
    overhead(project.path(), "sleep 1", "a pipeline of 1 s that waits");
    overhead(project.path(), "python3 -c 'sum(i * i for i in range(8_000_000))'", "a pipeline that computes");
    comparison(project.path());
}

/// The fastest of several runs: what is left when the machine's other work is taken away.
fn fastest(mut work: impl FnMut()) -> Duration {
    let one = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..REPETITIONS).map(one).min().unwrap_or_default()
}

fn driftless(folder: &Path, arguments: &[&str]) -> Duration {
    fastest(|| {
        let status = Command::new(env!("CARGO_BIN_EXE_driftless"))
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.code().is_some_and(|code| code == 0 || code == 2)));
    })
}

fn start_up(folder: &Path) {
    let bare = fastest(|| drop(Command::new("true").status()));
    let version = driftless(folder, &["--version"]);
    println!("--version: {version:.1?} ({:.1} x the start of `true`)", ratio(version, bare));
}

fn listing(folder: &Path) {
    let cases = folder.join("many");
    for number in 0..1000 {
        let case = cases.join(format!("case-{number}"));
        std::fs::create_dir_all(&case).expect("a folder");
        let text = "[pipeline]\nsummary = \"one of many\"\n[stage.a]\ncommand = [\"sh\", \"-c\", \"echo > {out.x}\"]\nout.x = \"x\"\n";
        std::fs::write(case.join("case.toml"), text).expect("a case");
    }
    let list = driftless(folder, &["list", "many"]);
    println!("list of 1000 cases: {list:.1?}");
}

/// Harness against the same command run by hand as often as the plan runs it (twice).
fn overhead(folder: &Path, command: &str, what: &str) {
    let pipeline = folder.join("one");
    std::fs::create_dir_all(&pipeline).expect("a folder");
    let script = format!("{command}\necho done > \"$1\"\n");
    std::fs::write(pipeline.join("run.sh"), script).expect("a script");
    let case = "[stage.a]\ncommand = [\"sh\", \"run.sh\", \"{out.x}\"]\nout.x = \"x\"\n[audit.nuisance]\nwithout = { threads = \"the same work on the same processors\" }\n";
    std::fs::write(pipeline.join("driftless.toml"), case).expect("a case");
    let by_hand = fastest(|| {
        for _ in 0..2 {
            drop(Command::new("sh").args(["run.sh", "by-hand"]).current_dir(&pipeline).status());
        }
    });
    let audited = driftless(&pipeline, &["run", "--jobs", "1", "--quiet"]);
    let beside = audited.saturating_sub(by_hand) / 2;
    println!("{what}: {:.3} x by hand, {beside:.1?} beside each run", ratio(audited, by_hand));
}

/// Ten million doubles, one of which differs, against reading both files.
fn comparison(folder: &Path) {
    use driftless::artifact::{Artifact, Format};
    let mut bytes =
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (10000000,), }".to_vec();
    bytes.resize(127, b' ');
    bytes.push(b'\n');
    bytes.resize(128 + 80_000_000, 0x3f);
    let (left, right) = (folder.join("left.npy"), folder.join("right.npy"));
    std::fs::write(&left, &bytes).expect("a file");
    let last = bytes.len() - 8;
    bytes[last] ^= 1;
    std::fs::write(&right, &bytes).expect("a file");
    let read = fastest(|| {
        drop(std::fs::read(&left));
        drop(std::fs::read(&right));
    });
    let open = |path: &Path| Artifact::at(path.to_path_buf(), Format::Npy, Vec::new()).expect("an artifact");
    let (left, right) = (open(&left), open(&right));
    let compare = fastest(|| {
        let difference = driftless::relate::compare(&left, &right).expect("a comparison");
        assert_eq!(difference.differing, 1);
    });
    println!("10^7 doubles, one differs: {:.2} x reading both files ({compare:.1?})", ratio(compare, read));
}

fn ratio(left: Duration, right: Duration) -> f64 {
    left.as_secs_f64() / right.as_secs_f64()
}
