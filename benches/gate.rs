//! The gate's check of a submission, beside the same checks in pandas. `cargo bench` prints ratios; it decides nothing.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the clock")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const REPETITIONS: usize = 5;

/// What people write by hand: header, rows, ids, order, values. What pandas forgets when it parses (byte order mark, line
/// ends, blank lines, quotes, the spelling of numbers) needs a second pass over the bytes.
const BY_HAND: &str = r#"
import sys
import numpy, pandas
path, sample_path = sys.argv[1:]
data = open(path, "rb").read()
assert not data.startswith(b"\xef\xbb\xbf") and b"\r" not in data and b"\0" not in data
assert data.endswith(b"\n") and not data.endswith(b"\n\n") and b"\n\n" not in data
data.decode("utf-8")
found, sample = (pandas.read_csv(one, dtype={"id": str}) for one in (path, sample_path))
assert list(found.columns) == list(sample.columns) and len(found) == len(sample)
assert found["id"].is_unique and (found["id"] == sample["id"]).all()
values = found["p"]
assert values.notna().all() and numpy.isfinite(values).all() and values.between(0, 1).all() and values.nunique() > 1
"#;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for rows in [500_000_u64, 5_000_000] {
        let (file, sample) = (folder.path().join("submission.csv"), folder.path().join("sample.csv"));
        write(&file, rows, |id| format!("0.{:06}", id.wrapping_mul(7_919) % 1_000_000));
        write(&sample, rows, |_| "0.5".to_owned());
        beside_pandas(folder.path(), &file);
    }
}

fn write(path: &Path, rows: u64, value: impl Fn(u64) -> String) {
    let mut text = String::from("id,p\n");
    for id in 0..rows {
        let _ = writeln!(text, "row_{id:08},{}", value(id));
    }
    std::fs::write(path, text).expect("a file");
}

/// The fastest of several runs: what is left when the machine's other work is taken away.
fn fastest(folder: &Path, program: &str, arguments: &[&str]) -> Duration {
    let one = |_| {
        let start = Instant::now();
        let status = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
        start.elapsed()
    };
    (0..REPETITIONS).map(one).min().unwrap_or_default()
}

fn beside_pandas(folder: &Path, file: &Path) {
    #[expect(clippy::cast_precision_loss, reason = "sizes of files lie far below 2^53")]
    let megabytes = file.metadata().map_or(0, |data| data.len()) as f64 / 1e6;
    let files = ["submission.csv", "sample.csv"];
    let gate = ["gate", files[0], "--sample", files[1], "--range", "0..1"];
    let ours = fastest(folder, env!("CARGO_BIN_EXE_driftless"), &gate);
    let theirs = fastest(folder, "python3", &["-c", BY_HAND, files[0], files[1]]);
    println!(
        "submission of {megabytes:.0} MB: pandas takes {:.1} x as long ({ours:.2?}, {:.0} MB/s beside {theirs:.2?})",
        theirs.as_secs_f64() / ours.as_secs_f64(),
        megabytes / ours.as_secs_f64()
    );
}
