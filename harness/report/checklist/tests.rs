//! Every `yes` rests on audits that held.

use std::collections::BTreeMap;

use super::items::{ACM, LISTS};
use super::*;
use crate::audit::AUDITS;
use crate::judge::Figure;
use crate::judge::figure::{Interval, Seeds};
use crate::report::{Execution, Measured, Pipeline};
use crate::run::fingerprint::{Fingerprint, Host, Processor, When};

fn all() -> impl Iterator<Item = &'static Item> {
    LISTS.iter().flat_map(|(_, items)| items.iter()).chain(ACM)
}

/// A report in which every audit held and all else is there.
fn perfect() -> Report {
    let verdict = |name: &str| Verdict {
        audit: name.to_owned(),
        status: Status::Held,
        headline: "as it should".to_owned(),
        cause: None,
        findings: Vec::new(),
        notes: Vec::new(),
        not_checked: Vec::new(),
        figures: vec![Figure::Seeds(Seeds {
            metric: "accuracy".to_owned(),
            higher_is_better: true,
            seeds: vec!["1".to_owned(), "2".to_owned()],
            values: vec![0.9, 0.9],
            mean: 0.9,
            deviation: 0.0,
            interval: Interval { low: 0.9, high: 0.9, confidence: 0.95 },
            claim: Some(0.9),
        })],
        tolerated: Vec::new(),
    };
    let case = serde_json::json!({ "name": "a|b", "file": "case.toml", "summary": "", "verdicts": [], "snapshots": {}, "executions": [] });
    let mut case: CaseReport = serde_json::from_value(case).expect("a case");
    case.verdicts = AUDITS.iter().map(|audit| verdict(audit.name())).collect();
    case.pipeline = Some(Pipeline { offline: true, ..Pipeline::default() });
    let execution = Execution {
        case: case.name.clone(),
        stage: "train".to_owned(),
        change: "baseline".to_owned(),
        began_us: 0,
        wall_us: 1,
        cpu_us: 1,
        peak_bytes: 1,
        end: "finished".to_owned(),
    };
    let measured = Measured { executions: vec![execution], ..Measured::default() };
    let mut report = Report::new(vec![(case, measured)]);
    report.measured.fingerprint = Some(fingerprint());
    report
}

fn fingerprint() -> Fingerprint {
    let machine = Host { processor: Some(Processor::default()), ..Host::default() };
    Fingerprint {
        format: 1,
        driftless: String::new(),
        source: None,
        cases: Vec::new(),
        pythons: Vec::new(),
        machine,
        adapters: None,
        variables: BTreeMap::new(),
        arguments: Vec::new(),
        not_known: BTreeMap::new(),
        when: When::default(),
    }
}

fn is_yes(report: &Report, item: &Item) -> bool {
    matches!(answer(&Look { report, case: &report.cases[0] }, item), Answer::Yes(_))
}

#[test]
fn audits_of_items_exist_and_every_item_says_what_would_show_it() {
    for item in all() {
        for audit in item.audits {
            assert!(crate::audit::by_name(audit).is_some(), "{audit}");
        }
        assert!(
            !item.topic.is_empty() && item.question.ends_with('?') && !item.next.is_empty(),
            "{}",
            item.question
        );
    }
}

#[test]
fn every_yes_needs_each_of_its_audits_held_without_a_toleration() {
    let good = perfect();
    for item in all() {
        assert_eq!(is_yes(&good, item), !item.audits.is_empty(), "{}", item.question);
        for audit in item.audits {
            let place =
                good.cases[0].verdicts.iter().position(|verdict| verdict.audit == *audit).expect("there");
            for status in [Status::Drifted, Status::Blind, Status::Inconclusive, Status::Skipped] {
                let mut bad = good.clone();
                bad.cases[0].verdicts[place].status = status;
                assert!(!is_yes(&bad, item), "{} in spite of {audit} {}", item.question, status.word());
            }
            let mut bad = good.clone();
            bad.cases[0].verdicts[place].tolerated = vec!["threads".to_owned()];
            assert!(!is_yes(&bad, item), "{} in spite of a toleration in {audit}", item.question);
            bad.cases[0].verdicts.remove(place);
            assert!(!is_yes(&bad, item), "{} without {audit}", item.question);
        }
    }
}

#[test]
fn what_is_declared_is_called_so_and_never_hides_an_audit_that_objects() {
    let mut report = perfect();
    let item = LISTS[0].1.iter().find(|item| item.topic == "Claims").expect("there");
    let texts = [("claims".to_owned(), "0.9 in table 1".to_owned())].into();
    report.cases[0].declared = Some(crate::case::Card { texts, ..crate::case::Card::default() });
    let place =
        report.cases[0].verdicts.iter().position(|verdict| verdict.audit == "variance").expect("there");
    report.cases[0].verdicts[place].status = Status::Skipped;
    let look = |report: &Report| said(&answer(&Look { report, case: &report.cases[0] }, item), 1);
    assert_eq!(look(&report), "**declared**: 0.9 in table 1");
    report.cases[0].verdicts[place].status = Status::Drifted;
    assert_eq!(look(&report), "**not shown**: variance says drifted");
    let look = Look { report: &report, case: &report.cases[0] };
    assert_eq!(next(&look, item), "mend what `variance` found, and run it again");
}

#[test]
fn a_yes_links_to_the_line_of_its_audit() {
    let page = render(&perfect());
    assert!(
        page.contains("**yes**: [repeat](#evidence-1-repeat), [nuisance](#evidence-1-nuisance)"),
        "{page}"
    );
    assert!(page.contains("- <a id=\"evidence-1-repeat\"></a>`repeat`: held. as it should"), "{page}");
    assert!(page.contains("## a&#124;b\n"), "{page}");
    assert!(page.contains("| Reproducibility | Another team, same artifacts: does it come out the same? | **not shown** | another team runs `driftless verify`"), "{page}");
}
