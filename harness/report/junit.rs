//! JUnit XML: a suite per case, a test per audit.
//!
//! What drifted or is blind is a `failure`, what is inconclusive an `error`, what was not run is `skipped`. There is no
//! standard; the elements and attributes are those of Jenkins' and Apache Ant's schemas, written by the library that
//! cargo-nextest uses.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::letters::spelled;
use super::remark::sentence;
use super::text::finding_block;
use super::{CaseReport, Report, Snapshot, gated};
use crate::canary::{Canary, Outcome};
use crate::judge::{Status, Verdict};
use crate::rule::{Problem, Severity};

/// The suite of what the gate says.
const GATE: &str = "gate";

/// The report as one document.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut suites = Suites::new("driftless");
    for case in &report.cases {
        let mut suite = of_case(case);
        let stages = report.measured.stages.iter().filter(|stage| stage.case == case.name);
        let wall: Vec<u64> = stages.map(|stage| stage.wall_us).collect();
        if !wall.is_empty() {
            suite.set_time(Duration::from_micros(wall.iter().sum()));
        }
        suite.add_property(Property::new("driftless.version", text(&report.version)));
        suites.add_test_suite(suite);
    }
    if let Some(gate) = &report.gate {
        let mut suite = of_gate(gate);
        suite.add_property(Property::new("driftless.version", text(&report.version)));
        suites.add_test_suite(suite);
    }
    let total: Duration = suites.test_suites.iter().filter_map(|suite| suite.time).sum();
    if !total.is_zero() {
        suites.set_time(total);
    }
    // Only a writer can fail, and memory does not.
    suites.to_string().unwrap_or_default()
}

/// A text that XML 1.0 can hold. The library would drop tabs.
fn text(text: &str) -> String {
    spelled(text).replace('\t', " ")
}

fn of_case(case: &CaseReport) -> TestSuite {
    let mut suite = TestSuite::new(text(&case.name));
    suite.add_property(Property::new("driftless.case", text(&case.file)));
    for verdict in &case.verdicts {
        suite.add_test_case(test(&case.name, &verdict.audit, of_verdict(verdict)));
    }
    for (audit, snapshot) in &case.snapshots {
        suite.add_test_case(test(&case.name, &format!("{audit}: snapshot"), of_snapshot(snapshot)));
    }
    for canary in &case.canaries {
        suite.add_test_case(test(&case.name, &format!("{}: canary", canary.audit), of_canary(canary)));
    }
    suite
}

fn test(suite: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut test = TestCase::new(text(name), status);
    test.set_classname(text(suite));
    test
}

fn of_verdict(verdict: &Verdict) -> TestCaseStatus {
    let kind = match verdict.status {
        Status::Held => return TestCaseStatus::success(),
        Status::Skipped => return skipped(&verdict.headline),
        Status::Drifted | Status::Blind => NonSuccessKind::Failure,
        Status::Inconclusive => NonSuccessKind::Error,
    };
    let blocks: Vec<String> = verdict.findings.iter().map(|found| finding_block(verdict, found)).collect();
    let notes: Vec<String> = verdict.notes.iter().map(|note| format!("note: {note}\n")).collect();
    let mut more = blocks.join("\n");
    more.push_str(&notes.concat());
    let message = match verdict.findings.first() {
        Some(first) => format!("{}: {}", verdict.headline, sentence(first)),
        None => verdict.headline.clone(),
    };
    unmet(kind, verdict.status.word(), &message, &more)
}

fn unmet(kind: NonSuccessKind, word: &str, message: &str, more: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(text(word)).set_message(text(message));
    if !more.is_empty() {
        status.set_description(text(more));
    }
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text(reason));
    status
}

fn of_snapshot(snapshot: &Snapshot) -> TestCaseStatus {
    match snapshot {
        Snapshot::Same => TestCaseStatus::success(),
        Snapshot::Recorded => skipped("recorded for review, not compared"),
        Snapshot::Unknown => skipped("not compared: there is none for machines like this"),
        Snapshot::Changed(difference) => {
            unmet(NonSuccessKind::Failure, "changed", "it differs from the accepted snapshot", difference)
        }
    }
}

fn of_canary(canary: &Canary) -> TestCaseStatus {
    match &canary.outcome {
        Outcome::Proved => TestCaseStatus::success(),
        Outcome::NotPlanted(why) => skipped(why),
        Outcome::Missed(why) => {
            let message = format!("the audit did not object to a planted fault: {}", canary.planted);
            unmet(NonSuccessKind::Failure, "missed", &message, why)
        }
    }
}

/// A test per problem; what was looked at and found good passes, what was not looked at is skipped.
fn of_gate(gate: &gated::Gated) -> TestSuite {
    let mut suite = TestSuite::new(GATE);
    suite.add_property(Property::new("driftless.gate", gate.answer()));
    for problem in &gate.problems {
        let place =
            problem.line.map_or_else(|| problem.file.clone(), |line| format!("{}:{line}", problem.file));
        let name = format!("{} {place}", problem.rule);
        suite.add_test_case(test(GATE, &name, of_problem(problem, &place, gate.submit)));
    }
    for line in &gate.checked {
        suite.add_test_case(test(GATE, line, TestCaseStatus::success()));
    }
    for line in &gate.not_checked {
        suite.add_test_case(test(GATE, line, skipped("not checked")));
    }
    suite
}

/// A warning fails only where it closes the gate; otherwise it is told beside a test that passes.
fn of_problem(problem: &Problem, place: &str, open: bool) -> TestCaseStatus {
    if open && problem.severity == Severity::Warning {
        return skipped(&format!("warning: {}; mend: {}", problem.message, problem.mend));
    }
    let value = problem.value.as_ref().map(|value| format!("value: {value}\n")).unwrap_or_default();
    let more = format!("{place}\n{value}places: {}\nmend: {}\n", problem.count, problem.mend);
    unmet(NonSuccessKind::Failure, problem.severity.word(), &problem.message, &more)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample;

    /// Tests, failures, errors and skipped ones.
    fn counts(xml: &str) -> (usize, usize, usize, usize) {
        let read = Suites::deserialize_from_str(xml).expect("JUnit XML");
        let tests = read.test_suites.iter().flat_map(|suite| &suite.test_cases);
        let skipped = tests.filter(|test| matches!(test.status, TestCaseStatus::Skipped { .. })).count();
        (read.tests, read.failures, read.errors, skipped)
    }

    #[test]
    fn failures_errors_and_skips_are_told_apart() {
        // Of case a: repeat and metrics, one snapshot and one canary pass; of the gate, one line.
        assert_eq!(counts(&render(&sample::full())), (18, 7, 1, 5));
    }

    #[test]
    fn a_failure_holds_its_block_without_colours() {
        let xml = render(&sample::full());
        assert!(xml.contains("must hold the same values, bit for bit, whatever of this is changed"), "{xml}");
        assert!(xml.contains("    | ValueError: no\n"), "{xml}");
        assert!(xml.contains("time=\"1.500\""), "{xml}");
        let mut without = sample::full();
        without.measured = crate::report::Measured::default();
        assert!(!render(&without).contains("time="));
    }

    proptest! {
        #[test]
        fn any_text_is_well_formed_and_comes_back(text in "\\PC*|.{0,20}|(\\]\\]>|<script>|&#0;|\u{0}|\u{1b}\\[31m|\u{ffff}|é){0,9}") {
            let xml = render(&sample::hostile(&text));
            prop_assert_eq!(counts(&xml), counts(&render(&sample::hostile("x"))));
            let is_character = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(xml.chars().all(is_character));
            let read = Suites::deserialize_from_str(&xml).expect("JUnit XML");
            // Attributes know no line ends.
            let name = read.test_suites[0].name.to_string();
            prop_assert_eq!(name.split_whitespace().collect::<Vec<_>>(), spelled(&text).split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
