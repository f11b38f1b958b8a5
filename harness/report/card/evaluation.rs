//! How good the model is, on what, and for whom.

use super::training::data_table;
use crate::judge::figure::{Metric, Seeds};
use crate::report::prose::{self, code, number, sentence, table, text};
use crate::report::subject::Subject;

/// "Evaluation".
pub(super) fn section(subject: &Subject<'_>, level: usize) -> String {
    let (groups, all): (Vec<&Metric>, Vec<&Metric>) =
        subject.metrics().into_iter().partition(|metric| metric.group.is_some());
    let data = data_table(subject, &subject.evaluation());
    let parts = [
        prose::section(level + 1, "Testing data", &[data]),
        prose::section(level + 1, "Results", &[overall(&all)]),
        prose::section(level + 1, "Results by group", &[by_group(&groups)]),
        prose::section(level + 1, "Results over seeds", &[over_seeds(&subject.seeds())]),
    ];
    prose::section(level, "Evaluation", &parts)
}

fn name(metric: &Metric) -> String {
    let kind = metric.averaging.as_ref().map(|kind| format!(" ({})", sentence(kind))).unwrap_or_default();
    let better = if metric.higher_is_better { "higher is better" } else { "lower is better" };
    format!("{}{kind}, {better}", text(&metric.name))
}

fn overall(metrics: &[&Metric]) -> String {
    let row = |metric: &&Metric| {
        vec![
            name(metric),
            number(metric.value),
            metric.rows.to_string(),
            code(&metric.predictions),
            code(&metric.truth),
        ]
    };
    let rows: Vec<Vec<String>> = metrics.iter().map(row).collect();
    table(&["Metric", "Value", "Rows", "Predictions", "Truth"], &rows)
}

fn by_group(metrics: &[&Metric]) -> String {
    let row = |metric: &&Metric| {
        let group = metric.group.as_ref()?;
        let place = format!("{} = {}", code(&group.column), code(&group.value));
        Some(vec![place, name(metric), number(metric.value), metric.rows.to_string()])
    };
    let rows: Vec<Vec<String>> = metrics.iter().filter_map(row).collect();
    table(&["Group", "Metric", "Value", "Rows"], &rows)
}

fn over_seeds(all: &[&Seeds]) -> String {
    let row = |seeds: &&Seeds| {
        let percent = number(seeds.interval.confidence * 100.0);
        vec![
            text(&seeds.metric),
            seeds.values.len().to_string(),
            number(seeds.mean),
            number(seeds.deviation),
            format!("{} to {} ({percent} %)", number(seeds.interval.low), number(seeds.interval.high)),
            seeds.claim.map(number).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(&["Metric", "Seeds", "Mean", "Deviation", "Interval of the mean", "Claimed"], &rows)
}
