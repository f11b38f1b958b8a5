use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::render;
use crate::judge::Figure;
use crate::judge::figure::Drift;
use crate::relate::drift::Shift;
use crate::report::{Measured, Report};

/// A report with every part that a page can have.
const FULL: &str = include_str!("../../../tests/reports/full.json");

fn full() -> Report {
    serde_json::from_str(FULL).unwrap()
}

/// The body, read by a parser that lets no fault of the markup pass. Pages are written so that they are XML, too.
fn body(page: &str) -> roxmltree::Document<'_> {
    let (begin, end) = (page.find("<body").unwrap(), page.rfind("</html>").unwrap());
    roxmltree::Document::parse(&page[begin..end]).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

fn text_of(page: &str) -> String {
    body(page).descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect()
}

#[test]
fn an_empty_report_is_a_page_that_says_so() {
    let page = render(&Report::new(Vec::new()));
    assert!(text_of(&page).contains("No audit was run."), "{page}");
}

#[test]
fn the_answer_comes_first_and_counts_every_status() {
    let text = text_of(&render(&full()));
    let answer = text.find("5 of 25 verdicts did not hold.").expect("an answer");
    assert!(answer < 200, "{text}");
    for count in ["✓ 18 held", "✗ 4 drifted", "⊘ 1 blind", "? 1 inconclusive", "– 1 skipped"] {
        assert!(text.contains(count), "{count}: {text}");
    }
}

#[test]
fn a_page_without_what_was_measured_has_no_empty_parts() {
    let mut report = full();
    report.measured = Measured::default();
    let page = render(&report);
    let text = text_of(&page);
    for part in ["Measured", "Fingerprint", "Timeline", "Adapter"] {
        assert!(text_of(&render(&full())).contains(part) && !text.contains(part), "{part}");
    }
    for heading in body(&page).descendants().filter(|node| is_heading(node)) {
        let next = heading.next_sibling_element();
        assert!(next.is_none_or(|next| !is_heading(&next)), "an empty part: {:?}", heading.text());
    }
}

fn is_heading(node: &roxmltree::Node<'_, '_>) -> bool {
    ["h1", "h2", "h3", "h4", "h5"].contains(&node.tag_name().name())
}

#[test]
fn pictures_are_told_in_words_too() {
    let text = text_of(&render(&full()));
    for words in [
        "412 floats differ, 190 of them by 1 ULP; the farthest by 8192 to 16383 ULPs.",
        "in 8 of 10 bands of 180 rows, counted from the top; in 1 of 2 columns, most in score (412).",
        "Of 60 pairs, 40 are equal; the widest gap: 1.85 became 1.88.",
        "mean 0.91, standard deviation 0.0085, 95 % interval 0.8995 to 0.9205. Claimed: 0.94, above the interval; 0 of the seeds reach it.",
        "2 of 10 columns drifted (20.0 %, counting 1 that is gone); a finding needs at least 20.0 %. Besides, \
         1 column could not be decided.",
        "The limit of 0.25 is reached by 1 of 9 decided columns.",
        "Grew most: 5.0600000000000005 and above, from 25.0 % of the rows to 98.9 %.",
        "No histograms are shown of 2 more columns that drifted or moved moderately.",
        "columns are distributed as those of the reference, within the declared limits",
        "1 file differs from the commit: train.py",
        "5 executions in 2.4 s, at most 2 at the same time",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn numbers_at_their_limits_are_written() {
    let mut report = full();
    for one in &mut report.measured.executions {
        (one.began_us, one.wall_us, one.cpu_us, one.peak_bytes) =
            (u64::MAX / 2, u64::MAX, u64::MAX, u64::MAX);
    }
    report
        .measured
        .stages
        .iter_mut()
        .for_each(|stage| (stage.wall_us, stage.peak_bytes) = (u64::MAX, u64::MAX));
    for verdict in report.cases.iter_mut().flat_map(|case| &mut case.verdicts) {
        for figure in &mut verdict.figures {
            match figure {
                Figure::Seeds(seeds) => (seeds.claim, seeds.interval.low) = (Some(f64::MAX), f64::MIN),
                Figure::Metric(metric) => metric.value = f64::MIN_POSITIVE,
                Figure::Drift(drift) => stretch(drift),
            }
        }
        let differences = verdict.findings.iter_mut().filter_map(|finding| finding.difference.as_mut());
        for picture in differences.filter_map(|difference| difference.picture.as_mut()) {
            picture.ulps = vec![u64::MAX; 64];
            picture.pairs = vec![[f64::MAX, f64::MIN], [5e-324, -0.0]];
            if let Some(map) = &mut picture.map {
                (map.lines_per_cell, map.columns_per_cell) = (u64::MAX, u64::MAX);
                map.differing[0] = vec![u64::MAX; 3];
            }
        }
    }
    assert!(text_of(&render(&report)).contains("1.79769e308"));
}

fn stretch(drift: &mut Drift) {
    (drift.limits.psi, drift.limits.sigma, drift.share) = (f64::MAX, f64::MIN_POSITIVE, f64::MAX);
    for column in &mut drift.columns {
        (column.psi, column.kl, column.js, column.chance) = (f64::MAX, f64::MIN, f64::MAX, 0.0);
        (column.corrected, column.bounds) = (0.0, vec![f64::MIN, f64::MAX]);
        (column.reference.rows, column.current.missing) = (0, u64::MAX / 2);
        column.bins.iter_mut().for_each(|bin| (bin.reference, bin.current) = (u64::MAX, 0));
    }
}

#[test]
fn distributions_without_columns_or_bins_have_no_empty_pictures() {
    let mut report = full();
    let drift = drift_of(&mut report);
    drift.columns.iter_mut().for_each(|column| column.bins.clear());
    let page = render(&report);
    assert!(page.contains("id=\"case-0-drift-0-psi-title\"") && !page.contains("-drift-0-bins-"), "{page}");
    drift_of(&mut report).columns.iter_mut().for_each(|column| column.shift = Shift::NotDecided);
    drift_of(&mut report).missing.clear();
    let page = render(&report);
    assert!(text_of(&page).contains("None of 10 columns could be decided."), "{page}");
    assert!(!page.contains("-drift-0-psi"), "{page}");
    drift_of(&mut report).columns.clear();
    let page = render(&report);
    assert!(!page.contains("the worst first"), "{page}");
}

fn drift_of(report: &mut Report) -> &mut Drift {
    let mut figures = report.cases[0].verdicts.iter_mut().flat_map(|verdict| &mut verdict.figures);
    figures.find_map(|figure| if let Figure::Drift(drift) = figure { Some(drift) } else { None }).unwrap()
}

/// Words that a report knows itself: whoever writes others writes no report.
const KNOWN: &[&str] = &[
    "held",
    "drifted",
    "blind",
    "inconclusive",
    "skipped",
    "varied-run-failed",
    "rounding",
    "identical",
    "whole",
    "same",
    "recorded",
    "unknown",
    "proved",
    "error",
    "warning",
    "seeds",
    "metric",
    "finished",
    "baseline",
    "drift",
    "number",
    "category",
    "moderate",
    "stable",
    "not-decided",
    "integers",
    "floats",
    "texts",
    "mixed",
    "nothing",
    "kolmogorov-smirnov",
    "chi-square",
];
/// What holds names of users, as keys.
const NAMED: &[&str] = &[
    "canaries",
    "snapshots",
    "not_asked",
    "knobs",
    "limits",
    "data",
    "sources",
    "variables",
    "not_known",
    "libraries",
];

/// Puts a text into every place of a report that may hold any.
fn spoil(value: &mut Value, text: &str) {
    match value {
        Value::String(old) if !KNOWN.contains(&old.as_str()) && old.len() != 64 => {
            old.push_str(text);
        }
        Value::Array(all) => all.iter_mut().for_each(|one| spoil(one, text)),
        Value::Object(map) => {
            for (key, one) in map.iter_mut() {
                // The limits of drift have names of our own, those of adapters have not.
                let ours = one.get("sigma").is_some();
                if let (Value::Object(named), true) = (&mut *one, NAMED.contains(&key.as_str()) && !ours) {
                    *named =
                        std::mem::take(named).into_iter().map(|(name, one)| (name + text, one)).collect();
                }
                spoil(one, text);
            }
        }
        _ => {}
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\" onload='x' ".to_owned()),
        Just("</style></title>--><!--".to_owned()),
        Just("&amp;]]>&#x0;".to_owned()),
        Just("`|\r\n\0\u{1b}[31m\u{202e}\u{feff}\u{ffff}".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_text_of_users_becomes_markup(text in hostile()) {
        let mut value: Value = serde_json::from_str(FULL).unwrap();
        spoil(&mut value, &text);
        let report: Report = serde_json::from_value(value).unwrap();
        let page = render(&report);
        let clean = render(&full());
        let (body, clean) = (body(&page), body(&clean));
        // The elements and attributes that a harmless report has, and no others.
        let names = |document: &roxmltree::Document<'_>| -> BTreeSet<String> {
            let elements = document.descendants().filter(roxmltree::Node::is_element);
            elements
                .flat_map(|node| {
                    let own = node.tag_name().name().to_owned();
                    let attributes = node.attributes().map(move |one| format!("@{}", one.name())).collect::<Vec<_>>();
                    attributes.into_iter().chain([own])
                })
                .collect()
        };
        prop_assert!(names(&body).is_subset(&names(&clean)));
        let mut ids = BTreeSet::new();
        for id in body.descendants().filter_map(|node| node.attribute("id")) {
            prop_assert!(ids.insert(id), "twice: {id}");
        }
        for href in body.descendants().filter_map(|node| node.attribute("href")) {
            prop_assert!(href.strip_prefix('#').is_some_and(|id| ids.contains(id)), "leads nowhere: {href}");
        }
    }
}

#[test]
fn a_session_of_hundreds_of_cases_is_a_page_of_a_few_megabytes() {
    let mut report = full();
    let only = report.cases[0].clone();
    report.cases = (0..150)
        .map(|number| {
            let mut case = only.clone();
            case.name = format!("case-{number:03}");
            case
        })
        .collect();
    let page = render(&report);
    assert!(page.len() < 8 << 20, "{} bytes", page.len());
}
