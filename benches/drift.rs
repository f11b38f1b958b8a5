//! How long it takes to compare two tables column by column, beside pandas with `SciPy`, and Evidently where it is installed.
//!
//! `cargo bench --bench drift`. `DRIFT_ROWS` says how many rows each table has (500,000), `DRIFT_PYTHON` which Python computes
//! the same (python3; with pandas, pyarrow and `SciPy`). Nothing is measured of what is not installed, and that is said.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts programs and reads the clock")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use driftless::artifact::Format;
use driftless::relate::drift::{Limits, Shift, decide, tables};
use driftless::relate::overlap::TableFile;
use parquet::data_type::DoubleType;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const COLUMNS: usize = 20;

/// What people write by hand: both tables read whole, the same statistics of each column.
const PANDAS: &str = r#"
import sys, time
begin = time.perf_counter()
import numpy as np, pandas as pd
from scipy import stats
from scipy.spatial import distance
reads = time.perf_counter()
read = pd.read_parquet if sys.argv[1].endswith("parquet") else pd.read_csv
ours, theirs = read(sys.argv[1]), read(sys.argv[2])
for name in ours:
    a, b = ours[name].dropna().to_numpy(), theirs[name].dropna().to_numpy()
    edges = np.unique(np.quantile(a, np.arange(1, 10) / 10))
    p, q = [np.bincount(np.searchsorted(edges, x, side="right"), minlength=len(edges) + 1) + 0.5 for x in (a, b)]
    p, q = p / p.sum(), q / q.sum()
    ((q - p) * np.log(q / p)).sum(), stats.entropy(q, p), distance.jensenshannon(p, q, base=2)
    stats.ks_2samp(a, b), a.mean(), a.std(), b.mean()
print(time.perf_counter() - reads)
"#;

/// Evidently's preset, with the same two tests named.
const EVIDENTLY: &str = r#"
import sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
begin = time.perf_counter()
read = pd.read_parquet if sys.argv[1].endswith("parquet") else pd.read_csv
ours, theirs = read(sys.argv[1]), read(sys.argv[2])
Report([DataDriftPreset(num_method="psi")]).run(theirs, ours)
Report([DataDriftPreset(num_method="ks")]).run(theirs, ours)
print(time.perf_counter() - begin)
"#;

fn main() {
    let rows = std::env::var("DRIFT_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(500_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut state = 1_u64;
    for name in ["reference", "current"] {
        let shift = if name == "current" { 0.9 } else { 0.0 };
        let columns: Vec<Vec<f64>> = (0..COLUMNS)
            .map(|column| draw(&mut state, rows, column, if column == 3 { shift } else { 0.0 }))
            .collect();
        write_csv(&folder.path().join(format!("{name}.csv")), &columns);
        write_parquet(&folder.path().join(format!("{name}.parquet")), &columns);
    }
    println!("two tables of {rows} rows and {COLUMNS} columns");
    for (ending, format) in [("csv", Format::Csv), ("parquet", Format::Parquet)] {
        let paths = ["reference", "current"].map(|name| folder.path().join(format!("{name}.{ending}")));
        let ours = (0..3).map(|_| ours(&paths[0], &paths[1], format)).fold(f64::INFINITY, f64::min);
        println!("{ending:<8} driftless  {ours:8.2} s");
        for (what, program) in [("pandas+scipy", PANDAS), ("evidently", EVIDENTLY)] {
            match theirs(program, &paths[0], &paths[1]) {
                Ok(seconds) => {
                    println!("{ending:<8} {what:<12} {seconds:6.2} s, {:.1} times as long", seconds / ours);
                }
                Err(why) => println!("{ending:<8} {what:<12} not measured: {why}"),
            }
        }
    }
}

/// Columns of four kinds: about normal, heavy-tailed, whole numbers, and few values.
fn draw(state: &mut u64, rows: usize, column: usize, shift: f64) -> Vec<f64> {
    let mut share = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(*state >> 32).unwrap_or(0)) / 4_294_967_296.0
    };
    let mut number = || match column {
        0..12 => (0..4).map(|_| share()).sum::<f64>() + shift,
        12..16 => 1.0 / (share() + 1e-3),
        16..18 => (share() * 1000.0).floor(),
        _ => (share() * 5.0).floor(),
    };
    (0..rows).map(|_| (number() * 1e6).round() / 1e6).collect()
}

fn write_csv(path: &Path, columns: &[Vec<f64>]) {
    let mut out = BufWriter::new(File::create(path).expect("a file"));
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}")).collect();
    writeln!(out, "{}", names.join(",")).expect("written");
    let mut line = String::new();
    for row in 0..columns[0].len() {
        line.clear();
        for (place, column) in columns.iter().enumerate() {
            let _ = write!(line, "{}{}", if place == 0 { "" } else { "," }, column[row]);
        }
        writeln!(out, "{line}").expect("written");
    }
    out.flush().expect("written");
}

fn write_parquet(path: &Path, columns: &[Vec<f64>]) {
    let fields: String = (0..COLUMNS).fold(String::new(), |mut text, column| {
        let _ = write!(text, "required double c{column}; ");
        text
    });
    let schema = Arc::new(parse_message_type(&format!("message table {{ {fields} }}")).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_dictionary_enabled(false).build());
    let mut writer =
        SerializedFileWriter::new(File::create(path).expect("a file"), schema, properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    for column in columns {
        let mut part = group.next_column().expect("a column").expect("a column");
        part.typed::<DoubleType>().write_batch(column, None, None).expect("written");
        part.close().expect("closed");
    }
    group.close().expect("closed");
    writer.close().expect("closed");
}

fn ours(reference: &Path, current: &Path, format: Format) -> f64 {
    let file =
        |path: &Path| TableFile { path: path.to_owned(), format, id: Vec::new(), target: None, rows: None };
    let names: Vec<(String, String)> =
        (0..COLUMNS).map(|column| (format!("c{column}"), format!("c{column}"))).collect();
    let begin = Instant::now();
    let mut columns = tables(&file(reference), &file(current), &names).expect("two tables");
    decide(&mut columns, &Limits::default());
    let seconds = begin.elapsed().as_secs_f64();
    let drifted: Vec<&str> = columns
        .iter()
        .filter(|column| column.shift == Shift::Drifted)
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(drifted, ["c3"]);
    seconds
}

/// The seconds that a program of Python says it took, or why it took none.
fn theirs(program: &str, reference: &Path, current: &Path) -> Result<f64, String> {
    let python = std::env::var("DRIFT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python)
        .args(["-c", program])
        .args([reference, current])
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    told.trim().lines().last().and_then(|line| line.parse().ok()).ok_or_else(|| {
        String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("no output").to_owned()
    })
}
