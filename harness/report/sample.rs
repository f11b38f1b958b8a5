//! Reports made by hand, for the tests of all formats: one with everything that a report can hold, and one whose every text
//! is hostile.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AdapterUse, CaseReport, Execution, Guarantee, Measured, Pipeline, Report, Snapshot, StageCost,
    StageCount, Tolerated, gated, pipeline,
};
use crate::canary::{Canary, Outcome};
use crate::judge::figure::{Group, Interval, Metric, Seeds};
use crate::judge::{Cause, Failure, Figure, Finding, Region, Status, Verdict};
use crate::relate::{Class, Difference, Map, Picture, Place};
use crate::rule::{Looked, Problem};
use crate::run::adapter::AdapterFacts;
use crate::run::fingerprint::Fingerprint;

/// A verdict with nothing but its headline.
pub(super) fn verdict(audit: &str, status: Status, headline: &str) -> Verdict {
    Verdict {
        audit: audit.to_owned(),
        status,
        headline: headline.to_owned(),
        cause: None,
        findings: Vec::new(),
        notes: Vec::new(),
        not_checked: Vec::new(),
        figures: Vec::new(),
        tolerated: Vec::new(),
    }
}

/// A case with these verdicts.
pub(super) fn case(name: &str, verdicts: Vec<Verdict>) -> CaseReport {
    CaseReport {
        name: name.to_owned(),
        file: format!("cases/{name}/case.toml"),
        summary: "Trains and predicts".to_owned(),
        verdicts,
        canaries: Vec::new(),
        snapshots: BTreeMap::new(),
        not_asked: BTreeMap::new(),
        guarantee: None,
        executions: vec![StageCount { stage: "train".to_owned(), count: 3 }],
        pipeline: None,
        tolerations: Vec::new(),
        data: Vec::new(),
        declared: None,
    }
}

/// A report over these cases.
pub(super) fn report(cases: Vec<CaseReport>) -> Report {
    let mut report = Report::new(cases.into_iter().map(|case| (case, Measured::default())).collect());
    // Tests quote it.
    "0.0.0".clone_into(&mut report.version);
    report
}

/// A number that rounds otherwise with other threads.
pub(super) fn drift() -> Finding {
    let map = Map {
        lines: 2,
        lines_per_cell: 1,
        columns: vec!["score".to_owned()],
        columns_per_cell: 1,
        differing: vec![vec![1], vec![0]],
    };
    Finding {
        stage: "train".to_owned(),
        on: None,
        source: Vec::new(),
        regions: Vec::new(),
        artifact: Some("scores".to_owned()),
        factors: vec!["threads".to_owned()],
        difference: Some(Difference {
            class: Class::Rounding,
            place: Some(Place::Cell { row: 3, key: Some("id=17".to_owned()), column: "score".to_owned() }),
            left: Some("0.1 (0x3fb999999999999a)".to_owned()),
            right: Some("0.10000000000000002 (0x3fb999999999999b)".to_owned()),
            differing: 4,
            compared: 120,
            ulps_max: Some(1),
            abs_max: Some(1.4e-17),
            note: None,
            picture: Some(Picture { ulps: vec![4], map: Some(map), pairs: vec![[0.1, 0.2]] }),
        }),
        failure: None,
        rerun: "driftless run cases/a --audit nuisance --factor threads".to_owned(),
    }
}

/// Two invocations of a kernel that write one place.
pub(super) fn race() -> Finding {
    let region = |line| Region { file: "kernels/sum tree.wgsl".to_owned(), line, column: 5 };
    Finding {
        on: Some("the reference machine".to_owned()),
        source: vec![
            "variable `tile`, byte 4".to_owned(),
            "invocation (0, 0, 0), line 12: x = 1;".to_owned(),
        ],
        regions: vec![region(12), region(14)],
        artifact: None,
        factors: vec!["race".to_owned()],
        difference: None,
        rerun: "driftless run cases/k --audit races".to_owned(),
        stage: "main".to_owned(),
        ..drift()
    }
}

/// A run that failed.
pub(super) fn crash() -> Finding {
    Finding {
        artifact: None,
        factors: Vec::new(),
        difference: None,
        failure: Some(Failure {
            end: "exit code 1".to_owned(),
            log: "Traceback\nValueError: \u{1b}[31mno\u{1b}[0m".to_owned(),
            hint: Some("install it".to_owned()),
        }),
        ..drift()
    }
}

/// A metric of the baseline.
pub(super) fn metric(name: &str, value: f64) -> Metric {
    Metric {
        name: name.to_owned(),
        averaging: None,
        value,
        higher_is_better: true,
        rows: 40,
        truth: "test".to_owned(),
        predictions: "scores".to_owned(),
        group: None,
    }
}

/// A metric over three seeds.
pub(super) fn seeds(low: f64, high: f64) -> Seeds {
    Seeds {
        metric: "accuracy".to_owned(),
        higher_is_better: true,
        seeds: vec!["1".to_owned(), "2".to_owned()],
        values: vec![low, high],
        mean: f64::midpoint(low, high),
        deviation: (high - low) / 2.0,
        interval: Interval { low, high, confidence: 0.95 },
        claim: Some(high),
    }
}

/// A report with everything that one can hold.
pub(crate) fn full() -> Report {
    let mut nuisance = verdict("nuisance", Status::Drifted, "`threads` changes `scores` of stage `train`");
    nuisance.findings = vec![drift()];
    nuisance.notes = vec!["2 of 5 runs differ".to_owned()];
    nuisance.not_checked = vec!["instruction-set: correct programs differ here too".to_owned()];
    nuisance.tolerated = vec!["clock".to_owned()];
    let mut leakage = verdict("leakage", Status::Inconclusive, "a run failed: exit code 1");
    leakage.cause = Some(Cause::VariedRunFailed);
    leakage.findings = vec![crash()];
    let mut metrics = verdict("metrics", Status::Held, "accuracy 0.9 over 40 rows");
    metrics.figures = vec![
        Figure::Metric(metric("accuracy", 0.9)),
        Figure::Metric(Metric {
            group: Some(Group { column: "sex".to_owned(), value: "f".to_owned() }),
            averaging: Some("macro".to_owned()),
            ..metric("f1", 0.8)
        }),
        Figure::Seeds(seeds(0.85, 0.95)),
    ];
    let mut first = case(
        "a",
        vec![
            verdict("repeat", Status::Held, "2 runs gave the same bits"),
            nuisance,
            leakage,
            verdict("resume", Status::Skipped, "switched off in the case file: no checkpoints"),
            metrics,
        ],
    );
    decorate(&mut first);
    let mut races = verdict("races", Status::Drifted, "a race: variable `tile`, byte 4");
    races.findings = vec![race()];
    let mut second = case("k", vec![races, verdict("reference", Status::Blind, "nothing was compared")]);
    second.guarantee = Some(Guarantee { promised: "run-to-run".to_owned(), shown: Vec::new() });
    let mut report = report(vec![first, second]);
    report.gate = Some(gate());
    report.measured = measured();
    report
}

fn decorate(case: &mut CaseReport) {
    let canary = |outcome| Canary { audit: "repeat".to_owned(), planted: "one bit".to_owned(), outcome };
    case.canaries = vec![
        canary(Outcome::Proved),
        canary(Outcome::Missed("it says `held`".to_owned())),
        canary(Outcome::NotPlanted("nothing to spoil".to_owned())),
    ];
    case.snapshots = [
        ("leakage", Snapshot::Unknown),
        ("metrics", Snapshot::Recorded),
        ("nuisance", Snapshot::Changed("-sha256 1\n+sha256 2".to_owned())),
        ("repeat", Snapshot::Same),
    ]
    .map(|(audit, snapshot)| (audit.to_owned(), snapshot))
    .into();
    case.not_asked = [("shuffle".to_owned(), "declare `id`".to_owned())].into();
    case.pipeline = Some(Pipeline {
        data: vec![pipeline::DataNode {
            name: "test".to_owned(),
            path: "data/test.csv".to_owned(),
            format: "csv".to_owned(),
            target: Some("y".to_owned()),
            group: vec!["sex".to_owned()],
            held_out: true,
        }],
        stages: vec![pipeline::StageNode {
            name: "train".to_owned(),
            command: "python train.py {data.test} {out.scores}".to_owned(),
            data: vec!["test".to_owned()],
            inputs: Vec::new(),
            outputs: vec![pipeline::OutputNode {
                name: "scores".to_owned(),
                path: "scores.csv".to_owned(),
                format: "csv".to_owned(),
                role: "predictions".to_owned(),
            }],
        }],
        knobs: [("seed".to_owned(), "42".to_owned())].into(),
        python: Some("3.11".to_owned()),
        lock: Some("requirements.lock".to_owned()),
        offline: true,
    });
    case.tolerations = vec![Tolerated {
        audit: "nuisance".to_owned(),
        factor: "clock".to_owned(),
        reason: "the log has times".to_owned(),
        until: "2030-01-01".to_owned(),
        expired: false,
        used: true,
    }];
}

/// The answer of a gate that is closed.
pub(super) fn gate() -> gated::Gated {
    let rule = |name| crate::rule::by_name(name).expect("a rule");
    let problems = vec![
        Problem::new(rule("rebuild/drift"), "cases/a/case.toml", "`nuisance` objects"),
        Problem::new(rule("repository/merge-marks"), "./src/a b.py", "marks of a merge")
            .line(7)
            .value("<<<<<<< HEAD")
            .count(3),
    ];
    let looked = Looked {
        problems,
        checked: vec!["no secret".to_owned()],
        not_checked: vec!["the pipeline".to_owned()],
        notes: vec!["12 rows changed".to_owned()],
    };
    gated::Gated { version: "0.0.0".to_owned(), ..gated::Gated::new(looked, false) }
}

fn measured() -> Measured {
    let facts = AdapterFacts {
        name: "llvmpipe".to_owned(),
        backend: "vulkan".to_owned(),
        device_type: "cpu".to_owned(),
        driver: "llvmpipe".to_owned(),
        driver_info: "Mesa 22".to_owned(),
        vendor: 65541,
        device: 0,
        subgroup_sizes: Some([8, 8]),
        features: Vec::new(),
        limits: BTreeMap::new(),
    };
    Measured {
        stages: vec![StageCost {
            case: "a".to_owned(),
            stage: "train".to_owned(),
            wall_us: 1_500_000,
            cpu_us: 1_400_000,
            peak_bytes: 64 << 20,
            left_running: 1,
            logs: "logs/a".to_owned(),
        }],
        executions: vec![Execution {
            case: "a".to_owned(),
            stage: "train".to_owned(),
            change: "baseline".to_owned(),
            began_us: 0,
            wall_us: 1_500_000,
            cpu_us: 1_400_000,
            peak_bytes: 64 << 20,
            end: "finished".to_owned(),
        }],
        canaries: [("a".to_owned(), "2026-01-31".to_owned())].into(),
        adapters: vec![AdapterUse { adapter: facts, settings: BTreeSet::new(), cases: vec!["k".to_owned()] }],
        fingerprint: Some(fingerprint()),
    }
}

fn fingerprint() -> Fingerprint {
    serde_json::from_value(serde_json::json!({
        "format": 1, "driftless": "0", "cases": [], "pythons": [], "variables": {}, "arguments": [],
        "machine": { "architecture": "x86_64", "processors": 1, "gpus": [] }, "not_known": {},
        "when": { "started": "2026-01-31T10:00:00Z", "ended": "2026-01-31T10:00:09Z" }
    }))
    .expect("a fingerprint")
}

/// The full report with this text in place of every text that users choose.
pub(super) fn hostile(text: &str) -> Report {
    let mut report = full();
    for case in &mut report.cases {
        for slot in [&mut case.name, &mut case.file, &mut case.summary] {
            text.clone_into(slot);
        }
        for verdict in &mut case.verdicts {
            text.clone_into(&mut verdict.headline);
            verdict.notes = vec![text.to_owned()];
            verdict.not_checked = vec![text.to_owned()];
            verdict.findings.iter_mut().for_each(|finding| spoil(finding, text));
        }
        case.snapshots.insert("repeat".to_owned(), Snapshot::Changed(text.to_owned()));
    }
    for problem in report.gate.iter_mut().flat_map(|gate| &mut gate.problems) {
        for slot in [&mut problem.file, &mut problem.message, &mut problem.mend] {
            text.clone_into(slot);
        }
        problem.value = Some(text.to_owned());
    }
    report
}

fn spoil(finding: &mut Finding, text: &str) {
    for slot in [&mut finding.stage, &mut finding.rerun] {
        text.clone_into(slot);
    }
    finding.on = Some(text.to_owned());
    finding.source = vec![text.to_owned()];
    finding.artifact = Some(text.to_owned());
    finding.regions.iter_mut().for_each(|region| text.clone_into(&mut region.file));
    if let Some(difference) = &mut finding.difference {
        difference.left = Some(text.to_owned());
        difference.note = Some(text.to_owned());
    }
    if let Some(failure) = &mut finding.failure {
        text.clone_into(&mut failure.log);
    }
}
