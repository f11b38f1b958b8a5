//! The statistics of drift beside those of `SciPy`, over random samples.
#![expect(clippy::disallowed_methods, reason = "a test starts programs")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use driftless::relate::drift::{Column, Kind, Sample, Test, chi_square, compare};
use serde_json::{Value, json};

/// Computes with `SciPy` what each line of its input asks for. Numbers come as their bits, so that none is lost.
const ORACLE: &str = r#"
import json, math, struct, sys
import numpy as np
from scipy import special, stats
from scipy.spatial import distance

def numbers(bits):
    values = np.array([struct.unpack("<d", int(word).to_bytes(8, "little"))[0] for word in bits])
    return values[~np.isnan(values)] if len(values) else values

for line in sys.stdin:
    asked = json.loads(line)
    ours, theirs = numbers(asked["ours"]), numbers(asked["theirs"])
    told = {}
    if asked["ks"]:
        if max(len(ours), len(theirs)) <= 10000:
            found = stats.ks_2samp(ours, theirs, method="exact")
            told["distance"], told["p"] = found.statistic, found.pvalue
        else:
            told["distance"] = stats.ks_2samp(ours, theirs, method="asymp").statistic
            told["p"] = special.kolmogorov(told["distance"] * math.sqrt(len(ours) * len(theirs) / (len(ours) + len(theirs))))
        bounds = numbers(asked["bounds"])
        told["counts"] = [
            np.bincount(np.searchsorted(bounds, side, side="right"), minlength=len(bounds) + 1).tolist() for side in (ours, theirs)
        ]
    if asked["means"]:
        mean = math.fsum(ours) / len(ours)
        told["means"] = [mean, math.fsum(theirs) / len(theirs), math.sqrt(math.fsum((ours - mean) ** 2) / (len(ours) - 1))]
    counts = np.array(asked["bins"], dtype=float) + 0.5
    p, q = counts[0] / counts[0].sum(), counts[1] / counts[1].sum()
    told["kl"], told["psi"] = stats.entropy(q, p), stats.entropy(q, p) + stats.entropy(p, q)
    told["js"] = distance.jensenshannon(p, q, base=2)
    if asked["pooled"]:
        found = stats.chi2_contingency(asked["pooled"], correction=False)
        told["chi"] = [found[0], found[1]]
    print(json.dumps(told))
"#;

struct Dice(u64);

impl Dice {
    /// A linear congruential generator (D. E. Knuth, MMIX); its upper bits.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    fn number(&mut self, kind: u64) -> f64 {
        let share = self.below(1 << 30) as f64 / f64::from(1 << 30);
        match kind {
            0 => share,
            1 => self.below(7) as f64,
            2 => 4.0,
            3 => (share - 0.5) * 1e300,
            4 => share * 1e-300,
            5 => self.below(40) as f64 - 20.0,
            6 => [share, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0]
                [usize::try_from(self.below(6)).unwrap()],
            _ => 1.0 / (share + 1e-9),
        }
    }

    fn sample(&mut self, kind: u64, most: u64) -> Vec<f64> {
        let rows = self.below(most) + 1;
        let shift = if self.below(3) == 0 { 0.25 } else { 0.0 };
        (0..rows).map(|_| self.number(kind) + shift).collect()
    }
}

fn asked(ours: &[f64], theirs: &[f64], column: &Column) -> Value {
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits().to_string()).collect::<Vec<_>>();
    let pairs: Vec<(u64, u64)> = column.bins.iter().map(|bin| (bin.reference, bin.current)).collect();
    let rows = |pairs: &[(u64, u64)]| -> Vec<Vec<u64>> {
        vec![pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()]
    };
    let chi = matches!(column.test, Some(Test::ChiSquare { .. }));
    json!({
        "ours": bits(ours), "theirs": bits(theirs), "bounds": bits(&column.bounds), "bins": rows(&pairs),
        "ks": matches!(column.test, Some(Test::KolmogorovSmirnov { .. })),
        "means": column.means.is_some(),
        "pooled": if chi { json!(rows(&chi_square::pooled(&pairs))) } else { Value::Null },
    })
}

/// Relative to 1e-12; absolute where a difference of near numbers is all that is left.
fn close(what: &str, found: f64, told: &Value, near: f64) {
    let expected = told.as_f64().expect("a number");
    let apart = (found - expected).abs();
    assert!(apart <= 1e-12 * expected.abs() || apart <= near, "{what}: {found:e}, SciPy says {expected:e}");
}

fn check(column: &Column, told: &Value) {
    close("psi", column.psi, &told["psi"], 1e-15);
    close("kl", column.kl, &told["kl"], 1e-15);
    let squared = told["js"].as_f64().expect("a number").powi(2);
    close("js", column.js.powi(2), &json!(squared), 1e-15);
    match column.test {
        Some(Test::KolmogorovSmirnov { distance, p, .. }) => {
            close("D", distance, &told["distance"], 1e-15);
            close("p of D", p, &told["p"], 1e-300);
            let bins = column.bins.iter().filter(|bin| bin.label != "missing");
            let counts: (Vec<u64>, Vec<u64>) = bins.map(|bin| (bin.reference, bin.current)).unzip();
            assert_eq!(json!([counts.0, counts.1]), told["counts"]);
        }
        Some(Test::ChiSquare { statistic, p, .. }) => {
            close("chi-square", statistic, &told["chi"][0], 1e-13);
            close("p of chi-square", p, &told["chi"][1], 1e-300);
        }
        None => {}
    }
    if let Some(means) = column.means {
        for (found, told) in
            [means.reference, means.current, means.deviation].iter().zip(told["means"].as_array().unwrap())
        {
            // A mean of numbers that cancel is as good as their magnitude allows.
            close("mean", *found, told, 1e-15 * means.deviation.max(1e-300));
        }
    }
}

#[test]
fn statistics_agree_with_scipy() {
    let mut dice = Dice(1);
    let mut samples: Vec<(Vec<f64>, Vec<f64>)> = (0..600)
        .map(|round| {
            let kind = round % 8;
            let most = [4, 30, 300][usize::try_from(round / 8 % 3).unwrap()];
            (dice.sample(kind, most), dice.sample(kind, most))
        })
        .collect();
    samples.push((
        (0..12_000).map(|_| dice.number(0)).collect(),
        (0..9000).map(|_| dice.number(0) * 1.02).collect(),
    ));
    samples.push((
        (0..3000).map(|_| dice.number(0)).collect(),
        (0..2000).map(|_| dice.number(0) * 1.1).collect(),
    ));
    let columns: Vec<Column> =
        samples.iter().map(|(ours, theirs)| compare("x", &Sample::of(ours), &Sample::of(theirs))).collect();
    let numbers = columns.iter().filter(|column| column.kind == Kind::Number).count();
    assert!(numbers > 200 && columns.len() - numbers > 100, "{numbers} of {}", columns.len());
    let questions: Vec<String> = samples
        .iter()
        .zip(&columns)
        .map(|((ours, theirs), column)| asked(ours, theirs, column).to_string())
        .collect();
    // The Python that the cases of the audits of data use.
    let mut oracle = Command::new("/usr/bin/python3")
        .args(["-W", "ignore", "-c", ORACLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = oracle.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all((questions.join("\n") + "\n").as_bytes()));
    let output = oracle.wait_with_output().expect("Python ends");
    writer
        .join()
        .expect("no panic")
        .expect("Python reads all, with SciPy, which comes with the scikit-learn of the cases");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(told.lines().count(), columns.len());
    for (column, line) in columns.iter().zip(told.lines()) {
        check(column, &serde_json::from_str(line).expect("JSON"));
    }
}
