//! The table of the catalogue: what each audit says of each pipeline, how many executions that took, and how long.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::step::{Failed, cargo};

/// Where the table is kept.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cases/TABLE.md");

const HEAD: &str = "\
# What the audits say of the catalogue

Written by `cargo ci table`, which runs every pipeline below `cases/` under every audit that applies to it. A `bad` pipeline
has the bug that its case explains, a `good` one is the same program mended. **Objects** names the audits that do not hold,
with their verdict and what they blame; **holds** counts the audits that do. Executions and seconds (in the programs, all
executions together, on two processors) are for all audits of the pipeline.

| pipeline | objects | holds | executions | seconds |
|---|---|--:|--:|--:|
";

/// Runs the catalogue, or reads a JSON report of it, and writes the table.
pub(crate) fn write(report: Option<&str>) -> Result<(), Failed> {
    println!("\n== the catalogue");
    let run = ["run", "--quiet", "--bin", "driftless", "--", "run", "cases", "--format", "json"];
    let printed = match report {
        Some(path) => std::fs::read(path).map_err(|error| Failed(format!("cannot read {path}: {error}")))?,
        None => cargo(&run).output()?,
    };
    let report: Value = serde_json::from_slice(&printed)
        .map_err(|error| Failed(format!("the report is no JSON: {error}")))?;
    std::fs::write(PATH, render(&report)).map_err(|error| Failed(format!("cannot write {PATH}: {error}")))?;
    println!("   written: cases/TABLE.md");
    Ok(())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn render(report: &Value) -> String {
    let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for stage in list(&report["measured"], "stages") {
        *seconds.entry(text(stage, "case")).or_default() += stage["wall_us"].as_f64().unwrap_or(0.0) / 1e6;
    }
    let mut table = HEAD.to_owned();
    let (mut executions_all, mut verdicts) = (0, BTreeMap::new());
    for case in list(report, "cases") {
        let name = text(case, "name");
        let judged = list(case, "verdicts");
        let held = judged.iter().filter(|verdict| text(verdict, "status") == "held").count();
        let executions: u64 =
            list(case, "executions").iter().filter_map(|stage| stage["count"].as_u64()).sum();
        let objections: Vec<String> =
            judged.iter().filter(|verdict| text(verdict, "status") != "held").map(objection).collect();
        executions_all += executions;
        for verdict in judged {
            *verdicts.entry((text(verdict, "audit"), text(verdict, "status"))).or_insert(0) += 1;
        }
        let _ = writeln!(
            table,
            "| `{name}` | {} | {held} | {executions} | {:.1} |",
            objections.join("; "),
            seconds.get(name).copied().unwrap_or(0.0)
        );
    }
    let _ = writeln!(table, "\n## By audit\n\n| audit | verdict | pipelines |\n|---|---|--:|");
    for ((audit, status), count) in verdicts {
        let _ = writeln!(table, "| `{audit}` | {status} | {count} |");
    }
    let _ = writeln!(
        table,
        "\n{executions_all} executions, {:.0} s in the programs.",
        seconds.values().sum::<f64>()
    );
    table
}

/// An audit that does not hold, and what it blames, each once.
fn objection(verdict: &Value) -> String {
    let mut blamed: Vec<&str> = list(verdict, "findings")
        .iter()
        .flat_map(|finding| list(finding, "factors"))
        .filter_map(Value::as_str)
        .collect();
    blamed.sort_unstable();
    blamed.dedup();
    let blamed = if blamed.is_empty() { String::new() } else { format!(" ({})", blamed.join(", ")) };
    format!("**{}** {}{blamed}", text(verdict, "audit"), text(verdict, "status"))
}
