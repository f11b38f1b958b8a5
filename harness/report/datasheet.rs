//! Datasheets of the declared data: counted, not told, wherever that can be.
//!
//! The sections are those of Gebru et al., "Datasheets for Datasets" (2021): motivation, composition, collection,
//! preprocessing, uses, distribution, maintenance. Only composition can be measured; the rest stands in the case file or
//! is listed as missing.

use super::data::Datasheet;
use super::prose::{self, code, list, number, section, size, table, text};
use super::subject::Subject;
use super::text::plural;
use super::{CaseReport, DataNode, Report};
use crate::artifact::describe::{Column, Description, Kind};

/// Columns of one table that are shown; the JSON report has up to 500.
const COLUMNS_SHOWN: usize = 100;

/// What only people can say, with its key below `[card.data.NAME]`.
const DECLARED: [(&str, &str); 6] = [
    ("Motivation", "motivation"),
    ("Collection", "collection"),
    ("Preprocessing", "preprocessing"),
    ("Uses", "uses"),
    ("Distribution", "distribution"),
    ("Maintenance", "maintenance"),
];

/// The datasheets of all data of all pipelines.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut parts = vec!["# Datasheet".to_owned()];
    for case in &report.cases {
        let Some(pipeline) = &case.pipeline else { continue };
        let sheets: Vec<String> = pipeline.data.iter().map(|data| sheet(case, data, 3)).collect();
        parts.push(section(2, &text(&case.name), &sheets));
    }
    parts.retain(|part| !part.is_empty());
    if parts.len() == 1 {
        parts.push("No pipeline of this session declares data.".to_owned());
    }
    parts.join("\n\n") + "\n"
}

/// The datasheets of one pipeline, as a section of its card.
pub(super) fn of(subject: &Subject<'_>, level: usize) -> String {
    let sheets: Vec<String> =
        subject.pipeline.data.iter().map(|data| sheet(subject.case, data, level + 1)).collect();
    section(level, "Datasheet", &sheets)
}

fn sheet(case: &CaseReport, data: &DataNode, level: usize) -> String {
    let known = case.data.iter().find(|sheet| sheet.name == data.name);
    let said = |key: &str| case.declared.as_ref().and_then(|card| card.of_data(&data.name, key));
    let mut parts = vec![list(&facts(data, known, &said))];
    if let Some(description) = known.and_then(|sheet| sheet.table.as_ref()) {
        parts.push(columns(description));
        parts.push(classes(data, description));
    }
    let told = DECLARED.iter().filter_map(|(title, key)| Some((title, said(key)?)));
    parts.extend(told.map(|(title, words)| format!("**{title}** (declared): {}", prose::paragraphs(words))));
    let missing: Vec<String> = DECLARED
        .iter()
        .filter(|(_, key)| said(key).is_none())
        .map(|(title, key)| format!("{} ({})", title.to_lowercase(), code(key)))
        .collect();
    if !missing.is_empty() {
        let home = code(&format!("[card.data.{}]", data.name));
        parts.push(format!("Not declared below {home}: {}.", missing.join(", ")));
    }
    let title = match said("name") {
        Some(name) => format!("{} ({})", text(name), code(&data.name)),
        None => code(&data.name),
    };
    section(level, &title, &parts)
}

/// What can be said in a line each.
fn facts<'a>(
    data: &DataNode,
    known: Option<&Datasheet>,
    said: &impl Fn(&str) -> Option<&'a str>,
) -> Vec<String> {
    let mut facts = vec![format!("File: {}, {}", code(&data.path), data.format)];
    if data.held_out {
        facts.push("Held out: training must not learn from it (declared)".to_owned());
    }
    if let Some(bytes) = known.and_then(|sheet| sheet.bytes) {
        facts.push(format!("Size: {}", size(bytes)));
    }
    if let Some(digest) = known.and_then(|sheet| sheet.sha256.as_ref()) {
        facts.push(format!("sha256: {}", code(digest)));
    }
    for (label, key) in [("Licence", "license"), ("Source", "source"), ("On a hub", "hub")] {
        facts.extend(said(key).map(|words| format!("{label} (declared): {}", text(words))));
    }
    match known {
        Some(Datasheet { table: Some(description), .. }) => facts.extend(counts(data, description)),
        Some(Datasheet { not_described: Some(why), .. }) => {
            facts.push(format!("Not described: {}", text(why)));
        }
        _ => {}
    }
    facts
}

fn counts(data: &DataNode, description: &Description) -> Vec<String> {
    let all = description.columns.len() as u64 + description.columns_left_out;
    let mut facts = vec![format!("Rows: {}; columns: {all}", description.rows)];
    let missing: u64 = description.columns.iter().flat_map(|column| column.missing.values()).sum();
    facts.push(format!("Missing values, as pandas reads them by default: {missing}"));
    facts.push(match description.duplicate_rows {
        Some(count) => format!("Rows that repeat an earlier one: {count}"),
        None => "Rows that repeat an earlier one: not counted, there are too many rows".to_owned(),
    });
    if let Some(count) = description.duplicate_ids {
        facts.push(format!("Rows that repeat an earlier id: {count}"));
    }
    if let Some(target) = &data.target {
        facts.push(format!("Target: {}", code(target)));
    }
    if !data.group.is_empty() {
        let names: Vec<String> = data.group.iter().map(|name| code(name)).collect();
        facts.push(format!("Groups: {}", names.join(", ")));
    }
    facts
}

fn columns(description: &Description) -> String {
    let rows: Vec<Vec<String>> = description.columns.iter().take(COLUMNS_SHOWN).map(column).collect();
    let shown = table(&["Column", "Type", "Missing", "Distinct", "Least", "Greatest", "Mean"], &rows);
    let all = description.columns.len() as u64 + description.columns_left_out;
    match all.checked_sub(COLUMNS_SHOWN as u64).filter(|more| *more > 0) {
        Some(more) => format!("{shown}\n\n{more} more columns are not shown."),
        None => shown,
    }
}

fn column(column: &Column) -> Vec<String> {
    let spelled = |(spelling, count): (&String, &u64)| {
        let spelling = if spelling.is_empty() { "empty".to_owned() } else { code(spelling) };
        format!("{count} {spelling}")
    };
    let missing: Vec<String> = column.missing.iter().map(spelled).collect();
    let distinct = if column.distinct_at_least {
        format!("more than {}", column.distinct)
    } else {
        column.distinct.to_string()
    };
    let mut cells = vec![
        code(&column.name),
        column.kind.word().to_owned(),
        if missing.is_empty() { "0".to_owned() } else { missing.join(", ") },
        distinct,
    ];
    let numbers = column.numbers.as_ref();
    let whole = column.kind == Kind::Integer;
    let shown = |value: f64| if whole { value.to_string() } else { number(value) };
    cells.push(numbers.map(|numbers| shown(numbers.min)).unwrap_or_default());
    let infinite = |count: u64| if count > 0 { format!(" and {count} infinite") } else { String::new() };
    let most = numbers.map(|numbers| shown(numbers.max) + &infinite(numbers.infinite));
    cells.push(most.unwrap_or_default());
    cells.push(numbers.and_then(|numbers| numbers.mean).map(number).unwrap_or_default());
    cells
}

fn classes(data: &DataNode, description: &Description) -> String {
    let all: u64 = description.classes.values().sum();
    let Some(target) = data.target.as_ref().filter(|_| all > 0) else { return String::new() };
    let row = |(class, count): (&String, &u64)| {
        // In tenths of a percent, rounded.
        let share = (u128::from(*count) * 2000 / u128::from(all)).div_ceil(2);
        vec![code(class), count.to_string(), format!("{}.{} %", share / 10, share % 10)]
    };
    let rows: Vec<Vec<String>> = description.classes.iter().map(row).collect();
    let classes = plural(rows.len(), "value");
    format!("{} of {}:\n\n{}", classes, code(target), table(&["Class", "Rows", "Share"], &rows))
}
