//! On what it ran, and what that took.

use crate::report::prose::{self, code, list, seconds, size, table, text};
use crate::report::subject::Subject;
use crate::report::{Execution, Report};
use crate::run::fingerprint::{Fingerprint, Host, Python};

/// "Environment".
pub(super) fn environment(report: &Report, subject: &Subject<'_>, level: usize) -> String {
    let mut lines = Vec::new();
    let pipeline = subject.pipeline;
    if let Some(lock) = &pipeline.lock {
        let digest = subject.facts.and_then(|facts| facts.lock).map(|digest| digest.to_string());
        let digest = digest.map(|digest| format!(", sha256 {}", code(&digest))).unwrap_or_default();
        lines.push(format!("Built from a lock file with hashes: {}{digest}", code(lock)));
    }
    if let Some(python) = subject.python {
        lines.push(interpreter(python));
    } else if let Some(python) = &pipeline.python {
        lines.push(format!("Python (declared): {}", code(python)));
    }
    if pipeline.offline {
        lines.push("Programs ran without a network".to_owned());
    }
    if let Some(fingerprint) = &report.measured.fingerprint {
        lines.extend(source(fingerprint));
        lines.extend(system(&fingerprint.machine));
    }
    let libraries = subject.python.map(|python| {
        let rows = python.libraries.iter().map(|(name, version)| vec![code(name), code(version)]);
        table(&["Library", "Version"], &rows.collect::<Vec<_>>())
    });
    prose::section(level, "Environment", &[list(&lines), libraries.unwrap_or_default()])
}

fn interpreter(python: &Python) -> String {
    let implementation = python.implementation.as_deref().unwrap_or("python");
    let installed = python.installed.as_ref().map(|installed| {
        format!(
            "; {} distributions, sha256 of their list {}",
            installed.count,
            code(&installed.sha256.to_string())
        )
    });
    let blas = python.blas.as_ref().map(|blas| {
        let version = blas.version.as_deref().unwrap_or_default();
        format!("; linear algebra by {}", text(&format!("{} {version}", blas.vendor)))
    });
    format!(
        "Python: {}{}{}",
        text(&format!("{implementation} {}", python.version)),
        blas.unwrap_or_default(),
        installed.unwrap_or_default()
    )
}

fn source(fingerprint: &Fingerprint) -> Option<String> {
    let source = fingerprint.source.as_ref()?;
    let commit = source.commit.as_ref()?;
    let state = match source.dirty {
        Some(true) => " with changes that are not committed",
        Some(false) => ", nothing changed since",
        None => "",
    };
    Some(format!("Code: commit {}{state}", code(commit)))
}

fn system(host: &Host) -> Vec<String> {
    let names = [&host.distribution, &host.kernel, &host.libc].into_iter().flatten().cloned();
    let system: Vec<String> =
        names.chain([host.architecture.clone()]).filter(|name| !name.is_empty()).collect();
    if system.is_empty() { Vec::new() } else { vec![format!("System: {}", text(&system.join(", ")))] }
}

/// "Compute used".
pub(super) fn compute(report: &Report, subject: &Subject<'_>, level: usize) -> String {
    let name = &subject.case.name;
    let own: Vec<&Execution> = report.measured.executions.iter().filter(|one| one.case == *name).collect();
    let row = |one: &&&Execution| {
        vec![code(&one.stage), seconds(one.wall_us), seconds(one.cpu_us), size(one.peak_bytes)]
    };
    let rows: Vec<Vec<String>> =
        own.iter().filter(|one| one.change == "baseline").map(|one| row(&one)).collect();
    let wall: u64 = own.iter().map(|one| one.wall_us).sum();
    let cpu: u64 = own.iter().map(|one| one.cpu_us).sum();
    let audits = if own.is_empty() {
        String::new()
    } else {
        format!(
            "All {} executions of the audits together: {} of wall time, {} of processor time.",
            own.len(),
            seconds(wall),
            seconds(cpu)
        )
    };
    let told = subject.text("compute").map(|words| format!("Beyond that (declared): {}", text(words)));
    let hardware = report.measured.fingerprint.as_ref().map(|found| list(&hardware(&found.machine)));
    let parts = [
        table(&["Stage, one run", "Wall time", "Processor time", "Peak memory"], &rows),
        audits,
        hardware.unwrap_or_default(),
        told.unwrap_or_default(),
    ];
    prose::section(level, "Compute used", &parts)
}

fn hardware(host: &Host) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(processor) = &host.processor {
        let threads = crate::report::text::plural(usize::try_from(host.processors).unwrap_or(0), "processor");
        lines.push(format!("Processor: {}, {threads} to use", text(&processor.name)));
    }
    lines.extend(host.memory_bytes.map(|bytes| format!("Memory: {}", size(bytes))));
    lines.extend(host.gpus.iter().map(|gpu| format!("Graphics processor: {}", text(&gpu.model))));
    lines
}
