//! The metadata of a card: what hubs read.

use super::yaml::{number, scalar};
use crate::judge::figure::{Metric, Seeds};
use crate::report::subject::Subject;

/// A key with its value, as lines of YAML.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) lines: String,
}

/// The key that is ours in every card, whoever wrote it first.
pub(super) const OWN: &str = "model-index";

/// All keys for which there is something to say, in the order of the hub's template.
pub(super) fn matter(subjects: &[Subject<'_>]) -> Vec<Key> {
    let several = |name, key| Key { name, lines: list(name, &united(subjects, key)) };
    let one = |name, key: &str| {
        let value = agreed(subjects, |subject| subject.text(key));
        Key { name, lines: line(name, value) }
    };
    let library =
        Key { name: "library_name", lines: line("library_name", agreed(subjects, Subject::library)) };
    let mut keys = vec![
        several("language", "language"),
        one("license", "license"),
        one("license_name", "license-name"),
        one("license_link", "license-link"),
        library,
        several("tags", "tags"),
        several("datasets", "datasets"),
        one("base_model", "base-model"),
        one("pipeline_tag", "task"),
        Key { name: OWN, lines: model_index(subjects) },
    ];
    keys.retain(|key| !key.lines.is_empty());
    keys
}

/// What all say who say something; nothing where they differ: a card has one licence.
fn agreed<'a>(subjects: &[Subject<'a>], of: impl Fn(&Subject<'a>) -> Option<&'a str>) -> Option<&'a str> {
    let mut said: Vec<&str> = subjects.iter().filter_map(of).collect();
    said.dedup();
    match said.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn united<'a>(subjects: &[Subject<'a>], key: &str) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for word in subjects.iter().flat_map(|subject| subject.list(key)) {
        if !all.contains(&word.as_str()) {
            all.push(word);
        }
    }
    all
}

fn line(name: &str, value: Option<&str>) -> String {
    value.map(|value| format!("{name}: {}\n", scalar(value))).unwrap_or_default()
}

fn list(name: &str, values: &[&str]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = values.iter().map(|value| format!("- {}", scalar(value))).collect();
    format!("{name}:\n{}\n", lines.join("\n"))
}

/// `model-index`: an entry for each pipeline whose task is declared, which hubs ask for with every result.
fn model_index(subjects: &[Subject<'_>]) -> String {
    let entries: String = subjects.iter().filter_map(entry).collect();
    if entries.is_empty() { entries } else { format!("{OWN}:\n{entries}") }
}

fn entry(subject: &Subject<'_>) -> Option<String> {
    let task = subject.text("task")?;
    let metrics = subject.metrics().into_iter().filter(|metric| metric.group.is_none()).collect::<Vec<_>>();
    let seeds = subject.seeds();
    // One result per data set. What was measured over seeds is about the data of the same metric; else, the only ones
    // that are there.
    let truths: Vec<&str> = {
        let mut truths: Vec<&str> = metrics.iter().map(|metric| metric.truth.as_str()).collect();
        if truths.is_empty() {
            truths.extend(subject.evaluation().first().map(|data| data.name.as_str()));
        }
        truths.dedup();
        truths
    };
    let results: String = truths
        .iter()
        .enumerate()
        .map(|(place, truth)| {
            let own =
                metrics.iter().filter(|metric| metric.truth == *truth).map(|metric| of_baseline(metric));
            let spread = seeds.iter().filter(|_| place == 0).map(|seeds| of_seeds(seeds));
            let lines: String = own.chain(spread).collect();
            if lines.is_empty() { lines } else { format!("{}{lines}", result(subject, task, truth)) }
        })
        .collect();
    if results.is_empty() {
        return None;
    }
    Some(format!("- name: {}\n  results:\n{results}", scalar(subject.name())))
}

/// The head of a result: what was asked, on which data.
fn result(subject: &Subject<'_>, task: &str, truth: &str) -> String {
    let sheet = subject.sheet(truth);
    let hub = subject.of_data(truth, "hub").unwrap_or(truth);
    let name = subject.of_data(truth, "name").unwrap_or(truth);
    let mut head = format!(
        "  - task:\n      type: {}\n    dataset:\n      type: {}\n      name: {}\n",
        scalar(task),
        scalar(hub),
        scalar(name)
    );
    let rows =
        sheet.and_then(|sheet| sheet.table.as_ref()).map(|table| format!("        rows: {}\n", table.rows));
    let digest = sheet.and_then(|sheet| sheet.sha256.as_ref());
    let digest = digest.map(|digest| format!("        sha256: \"{digest}\"\n"));
    let known: String = digest.into_iter().chain(rows).collect();
    if !known.is_empty() {
        head.extend(["      args:\n", &known]);
    }
    head + "    metrics:\n"
}

/// The name that hubs have for a metric.
fn hub_name(name: &str) -> String {
    match name {
        "macro-f1" | "weighted-f1" => "f1".to_owned(),
        "r2" => "r_squared".to_owned(),
        other => other.replace('-', "_"),
    }
}

fn of_baseline(metric: &Metric) -> String {
    let kind = metric.averaging.as_ref().map(|kind| format!(", {kind}")).unwrap_or_default();
    format!(
        "    - type: {}\n      value: {}\n      name: {}\n      args:\n        rows: {}\n",
        scalar(&hub_name(&metric.name)),
        number(metric.value),
        scalar(&format!("{}{kind}", metric.name)),
        metric.rows
    )
}

fn of_seeds(seeds: &Seeds) -> String {
    format!(
        "    - type: {}\n      value: {}\n      name: {}\n      args:\n        seeds: {}\n        deviation: {}\n        confidence: {}\n        interval_low: {}\n        interval_high: {}\n",
        scalar(&hub_name(&seeds.metric)),
        number(seeds.mean),
        scalar(&format!("{}, mean over {} seeds", seeds.metric, seeds.values.len())),
        seeds.values.len(),
        number(seeds.deviation),
        number(seeds.interval.confidence),
        number(seeds.interval.low),
        number(seeds.interval.high),
    )
}
