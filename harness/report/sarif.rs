//! SARIF 2.1.0 (OASIS standard, "Static Analysis Results Interchange Format", errata 01), for services that show what
//! analysers found.
//!
//! What drifted or is blind is a `fail` of level `error`, as are errors of the gate; what is inconclusive is `open` and what
//! was not run `notApplicable`, both of level `none`, as the standard wants it of everything that is no `fail`. What held is
//! left out: services take every result for an alert.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::letters::{in_a_line, spelled};
use super::remark::{self, Remark, Spot, Weight};
use super::{Report, gated};
use crate::artifact::Digest;
use crate::audit::AUDITS;
use crate::judge::Status;
use crate::rule::{self, Severity};

/// Where OASIS publishes the schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What artifact addresses are relative to.
const ROOT: &str = "%SRCROOT%";
/// Results of a run that GitHub shows (GitHub documentation, "SARIF support for code scanning", limits); it refuses files
/// with five times as many.
const SHOWN: usize = 5_000;
/// What stands in a path as it is (RFC 3986, unreserved characters, and the slash).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The report as indented JSON with a final newline.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut remarks = remark::all(report);
    let left = remarks.len().saturating_sub(SHOWN);
    if left > 0 {
        // The lightest go first, and the order stays among the others.
        let mut order: Vec<usize> = (0..remarks.len()).collect();
        order.sort_by_key(|place| remarks[*place].weight);
        let kept: std::collections::BTreeSet<usize> = order.into_iter().take(SHOWN).collect();
        let mut place = 0..;
        remarks.retain(|_| place.next().is_some_and(|place| kept.contains(&place)));
    }
    let rules = rules(&remarks);
    let names: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    let results = results(&remarks, &names);
    // Uploads with the same first part replace one another.
    let id = if report.cases.is_empty() && report.gate.is_some() { "driftless-gate/" } else { "driftless/" };
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "driftless",
                "version": report.version,
                "semanticVersion": report.version,
                "rules": rules,
            } },
            "automationDetails": { "id": id },
            "invocations": [invocation(report, left)],
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the project." } } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&sarif).unwrap_or_default();
    text.push('\n');
    text
}

/// The rules that are broken: audits and rules of the gate, in the order of their registries.
fn rules(remarks: &[Remark]) -> Vec<Value> {
    let is_used = |name: &str| remarks.iter().any(|remark| remark.rule == name);
    let audits = AUDITS
        .iter()
        .filter(|audit| is_used(audit.name()))
        .map(|audit| descriptor(audit.name(), audit.summary(), audit.must_hold(), audit.manual(), "error"));
    let gate = rule::all().filter(|rule| is_used(rule.name)).map(|rule| {
        let level = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        descriptor(rule.name, rule.summary, rule.mend, &rule.manual(), level)
    });
    let mut rules: Vec<Value> = audits.chain(gate).collect();
    // A report of another version may name what this one does not know.
    for remark in remarks {
        if !rules.iter().any(|rule| rule["id"] == remark.rule.as_str()) {
            rules.push(json!({ "id": remark.rule }));
        }
    }
    rules
}

fn descriptor(id: &str, summary: &str, full: &str, manual: &str, level: &str) -> Value {
    let mut help = told(manual);
    help["markdown"] = help["text"].clone();
    json!({
        "id": id,
        "shortDescription": told(summary),
        "fullDescription": told(full),
        "help": help,
        "defaultConfiguration": { "level": level },
    })
}

fn results(remarks: &[Remark], rules: &[&str]) -> Vec<Value> {
    let mut seen = std::collections::BTreeMap::new();
    let numbered = remarks.iter().map(|remark| {
        let times = seen.entry(&remark.mark).or_insert(0_usize);
        *times += 1;
        result(remark, rules, *times)
    });
    numbered.collect()
}

/// One result; `times` counts those that are told apart by nothing else.
fn result(remark: &Remark, rules: &[&str], times: usize) -> Value {
    let (kind, level) = match remark.weight {
        Weight::Error => ("fail", "error"),
        Weight::Warning => ("fail", "warning"),
        Weight::Open => ("open", "none"),
        Weight::Skipped => ("notApplicable", "none"),
    };
    let mut locations = remark.spots.iter().map(location);
    let mut result = json!({
        "ruleId": remark.rule,
        "ruleIndex": rules.iter().position(|known| *known == remark.rule),
        "kind": kind,
        "level": level,
        "message": told(&message(remark)),
        "locations": locations.next().into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "driftless/v1": fingerprint(&remark.mark, times) },
    });
    let related: Vec<Value> = locations.collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

/// The first paragraph is what services show in lists.
fn message(remark: &Remark) -> String {
    let first = format!("{}: {}", in_a_line(&remark.title), in_a_line(&remark.sentence));
    let block = spelled(&remark.block);
    if block.trim() == remark.sentence.trim() { first } else { format!("{first}\n\n{}", block.trim_end()) }
}

/// A text as a SARIF message: braces would be placeholders, and brackets before parentheses links (sections 3.11.5 and
/// 3.11.6 of the standard).
fn told(text: &str) -> Value {
    let text = text.replace('{', "{{").replace('}', "}}").replace("](", "] (");
    json!({ "text": text })
}

fn location(spot: &Spot) -> Value {
    let file = spot.file.strip_prefix("./").unwrap_or(&spot.file);
    let address = utf8_percent_encode(file, PLAIN).to_string();
    // What lies outside of the project is named from the file system's root.
    let mut physical = if file.starts_with('/') {
        json!({ "artifactLocation": { "uri": format!("file://{address}") } })
    } else {
        json!({ "artifactLocation": { "uri": address, "uriBaseId": ROOT } })
    };
    if let Some(line) = spot.line.filter(|line| *line > 0) {
        let mut region = json!({ "startLine": line });
        if let Some(column) = spot.column.filter(|column| *column > 0) {
            region["startColumn"] = json!(column);
        }
        physical["region"] = region;
    }
    json!({ "physicalLocation": physical })
}

/// The same in every session that finds the same: no times, no lines, no values.
fn fingerprint(mark: &[String], times: usize) -> String {
    let lines = mark.iter().fold(String::new(), |lines, part| lines + &format!("{}\n{part}\n", part.len()));
    Digest::of_bytes(format!("{lines}{times}").as_bytes()).to_string()
}

fn invocation(report: &Report, left: usize) -> Value {
    let verdicts =
        report.cases.iter().flat_map(|case| case.verdicts.iter().map(move |verdict| (case, verdict)));
    let mut notifications: Vec<Value> = verdicts
        .filter(|(_, verdict)| verdict.status == Status::Inconclusive)
        .map(|(case, verdict)| {
            let text = format!("{}: {} is inconclusive: {}", case.name, verdict.audit, verdict.headline);
            json!({ "level": "warning", "message": told(&in_a_line(&text)) })
        })
        .collect();
    // Only what nobody could conclude makes the whole incomplete.
    let successful = notifications.is_empty();
    if left > 0 {
        let text =
            format!("{left} more results are left out, the lightest ones: services show {SHOWN} of a run");
        notifications.push(json!({ "level": "warning", "message": told(&text) }));
    }
    let unseen = report.gate.iter().flat_map(|gate: &gated::Gated| &gate.not_checked);
    for line in report
        .cases
        .iter()
        .flat_map(|case| &case.verdicts)
        .flat_map(|verdict| &verdict.not_checked)
        .chain(unseen)
    {
        let note = json!({ "level": "note", "message": told(&in_a_line(&format!("not checked: {line}"))) });
        if !notifications.contains(&note) {
            notifications.push(note);
        }
    }
    let mut invocation = json!({ "executionSuccessful": successful });
    if let Some(fingerprint) = &report.measured.fingerprint {
        for (key, time) in
            [("startTimeUtc", &fingerprint.when.started), ("endTimeUtc", &fingerprint.when.ended)]
        {
            if !time.is_empty() {
                invocation[key] = json!(time);
            }
        }
    }
    if !notifications.is_empty() {
        invocation["toolExecutionNotifications"] = notifications.into();
    }
    invocation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Measured, sample};

    fn run(report: &Report) -> Value {
        let sarif: Value = serde_json::from_str(&render(report)).unwrap();
        sarif["runs"][0].clone()
    }

    #[test]
    fn each_kind_of_remark_has_the_kind_and_level_that_the_standard_gives_it() {
        let run = run(&sample::full());
        let told: Vec<_> = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| ["ruleId", "kind", "level"].map(|key| result[key].as_str().unwrap().to_owned()))
            .collect();
        assert!(told.contains(&["nuisance", "fail", "error"].map(str::to_owned)));
        assert!(told.contains(&["leakage", "open", "none"].map(str::to_owned)));
        assert!(told.contains(&["resume", "notApplicable", "none"].map(str::to_owned)));
        assert!(told.contains(&["repository/merge-marks", "fail", "error"].map(str::to_owned)));
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        assert_eq!(run["invocations"][0]["startTimeUtc"], "2026-01-31T10:00:00Z");
    }

    #[test]
    fn places_are_percent_encoded_paths_below_the_root_with_regions() {
        let run = run(&sample::full());
        let result = |rule: &str| {
            run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == rule).unwrap().clone()
        };
        let races = result("races");
        let physical = &races["locations"][0]["physicalLocation"];
        assert_eq!(
            physical["artifactLocation"],
            json!({ "uri": "kernels/sum%20tree.wgsl", "uriBaseId": "%SRCROOT%" })
        );
        assert_eq!(physical["region"], json!({ "startLine": 12, "startColumn": 5 }));
        assert_eq!(races["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 14);
        let marks = result("repository/merge-marks");
        assert_eq!(marks["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/a%20b.py");
        let outside = location(&Spot { file: "/a/ü:%.csv".to_owned(), line: None, column: None });
        assert_eq!(outside["physicalLocation"]["artifactLocation"]["uri"], "file:///a/%C3%BC%3A%25.csv");
    }

    #[test]
    fn fingerprints_stay_where_lines_values_and_times_change_and_differ_between_results() {
        let marks = |report: &Report| -> Vec<String> {
            run(report)["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|result| result["partialFingerprints"]["driftless/v1"].as_str().unwrap().to_owned())
                .collect()
        };
        let report = sample::full();
        let mut other = sample::full();
        other.measured = Measured::default();
        other.cases[1].verdicts[0].findings[0].regions[0].line = 99;
        other.cases[0].verdicts[1].findings[0].difference.as_mut().unwrap().left = Some("7".to_owned());
        other.gate.as_mut().unwrap().problems[1].line = Some(70);
        assert_eq!(marks(&report), marks(&other));
        let mut unique = marks(&report);
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), marks(&report).len());
    }

    #[test]
    fn more_results_than_services_show_are_cut_with_a_word_and_the_worst_stay() {
        let mut verdicts = vec![sample::verdict("resume", Status::Skipped, "off"); SHOWN];
        verdicts.push(sample::verdict("nuisance", Status::Drifted, "x"));
        let run = run(&sample::report(vec![sample::case("a", verdicts)]));
        let results = run["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[SHOWN - 1]["ruleId"]), (SHOWN, &json!("nuisance")));
        let said =
            run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
        assert!(said.starts_with("1 more results are left out"), "{said}");
    }
}
