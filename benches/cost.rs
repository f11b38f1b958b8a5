//! What driftless costs beside the user's own programs. `cargo bench` prints ratios; it decides nothing.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the clock")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const REPETITIONS: usize = 7;

fn main() {
    // The yardstick of one section alone, for a file that takes long to write.
    if std::env::var_os("OVERLAP_ROWS").is_some() {
        return overlap(tempfile::tempdir().expect("a temporary folder").path());
    }
    let project = tempfile::tempdir().expect("a temporary folder");
    start_up(project.path());
    listing(project.path());
    overhead(project.path(), "sleep 1", "a pipeline of 1 s that waits");
    overhead(project.path(), "python3 -c 'sum(i * i for i in range(8_000_000))'", "a pipeline that computes");
    comparison(project.path());
    overlap(project.path());
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

/// A million rows of twenty numbers against a quarter of a million, of which a tenth are copies; `OVERLAP_ROWS` asks for
/// another number of rows. The yardstick is reading both files line by line.
fn overlap(folder: &Path) {
    use driftless::artifact::Format;
    use driftless::relate::overlap::{Options, TableFile, overlap};
    use std::io::BufRead;
    let rows = std::env::var("OVERLAP_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000_u64);
    let (train, test) = (folder.join("train.csv"), folder.join("test.csv"));
    write_rows(&train, 0..rows);
    // The first tenth repeats the end of the training rows.
    write_rows(&test, rows - rows / 40..rows + rows / 4 - rows / 40);
    let lines = |path: &Path| {
        let file = std::io::BufReader::new(std::fs::File::open(path).expect("a file"));
        file.split(b'\n').map(|line| line.expect("a line").len() as u64).sum::<u64>()
    };
    let start = Instant::now();
    let bytes = lines(&train) + lines(&test);
    let read = start.elapsed();
    let table = |path: &Path| TableFile {
        path: path.to_path_buf(),
        format: Format::Csv,
        id: vec!["id".to_owned()],
        target: Some("y".to_owned()),
        rows: None,
    };
    let start = Instant::now();
    let found = overlap(&table(&train), &table(&test), &Options::default()).expect("an overlap");
    let took = start.elapsed();
    assert_eq!(found.exact.count, rows / 40);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!(
        "overlap of {rows} rows by 20 columns, {} MB: {:.2} x reading the lines ({took:.1?}; peak memory, {})",
        bytes / 1_000_000,
        ratio(took, read),
        peak.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    );
}

/// Rows `id`, twenty numbers of six decimals and a class, each decided by its number alone.
fn write_rows(path: &Path, rows: std::ops::Range<u64>) {
    use std::io::Write;
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let header: Vec<String> = (0..20).map(|column| format!("x{column}")).collect();
    writeln!(file, "id,{},y", header.join(",")).expect("a row");
    for row in rows {
        write!(file, "{row}").expect("a cell");
        let mut state = row.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..20 {
            // The steps of xorshift64.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            write!(file, ",0.{:06}", state % 1_000_000).expect("a cell");
        }
        writeln!(file, ",{}", state % 2).expect("a cell");
    }
}

fn ratio(left: Duration, right: Duration) -> f64 {
    left.as_secs_f64() / right.as_secs_f64()
}
