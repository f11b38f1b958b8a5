//! Tests of the Markdown report.

use proptest::prelude::*;

use super::*;
use crate::judge::Figure;
use crate::report::sample;

fn alone(report: &Report) -> String {
    render(report, Context::default())
}

#[test]
fn held_audits_are_counted_and_the_others_named() {
    let text = alone(&sample::full());
    assert!(
        text.starts_with("## driftless: drift was found; do not submit: 2 errors\n\n2 held, 2 drifted,"),
        "{text}"
    );
    assert!(
        text.contains("| a | 2 | `nuisance` drifted, `leakage` inconclusive, `resume` skipped, snapshot of `nuisance` changed, canary of `repeat` missed |\n"),
        "{text}"
    );
    assert!(text.contains("<details><summary>a: nuisance drifted</summary>\n\n`threads` changes"), "{text}");
    assert!(text.contains("    now       0.10000000000000002 (0x3fb999999999999b)\n"), "{text}");
    assert!(text.contains("| error | `repository/merge-marks` | `./src/a b.py:7` |"), "{text}");
    let held = sample::report(vec![sample::case("a", vec![sample::verdict("repeat", Status::Held, "x")])]);
    assert_eq!(
        alone(&held),
        "## driftless: nothing failed\n\n1 held in 1 case, 3 executions.\n\n| case | held | not held |\n| --- | ---: | --- |\n| a | 1 |  |\n\n<sub>driftless 0.0.0</sub>\n"
    );
}

#[test]
fn what_has_changed_since_the_accepted_session_is_told() {
    let with = |status, value| {
        let mut metrics = sample::verdict("metrics", Status::Held, "x");
        metrics.figures =
            vec![Figure::Metric(sample::metric("accuracy", value)), Figure::Seeds(sample::seeds(0.75, 1.0))];
        sample::report(vec![sample::case("a", vec![sample::verdict("repeat", status, "x"), metrics])])
    };
    let (before, after) = (with(Status::Held, 0.5), with(Status::Drifted, 0.875));
    let told = |before, after| render(after, Context { accepted: Some(before) });
    let text = told(&before, &after);
    assert!(text.contains("### Since the accepted session\n\n**New failures**\n\n- a: `repeat` held, now drifted\n\n**Metrics**"), "{text}");
    assert!(
        text.contains("| a | accuracy of scores | 0.5 | 0.875 | +3.750e-1 | better | inside 0.75 to 1 |\n"),
        "{text}"
    );
    assert!(told(&after, &before).contains("**Mended**\n\n- a: `repeat` drifted, now held\n"));
    assert!(told(&before, &before).contains("Nothing changed.\n"));
    assert!(told(&after, &after).contains(
        "Nothing changed; what failed still fails.\n\n**Still failing**\n\n- a: `repeat` drifted\n"
    ));
    assert!(!alone(&after).contains("accepted"));
}

#[test]
fn a_report_that_no_summary_holds_is_cut_with_a_sentence() {
    let verdicts =
        (0..20_000).map(|_| sample::verdict("nuisance", Status::Drifted, &"word ".repeat(20))).collect();
    let text = alone(&sample::report(vec![sample::case("a", verdicts)]));
    assert!(text.len() <= BYTES_MAX && text.len() > BYTES_MAX / 2, "{}", text.len());
    assert!(
        text.ends_with("This report is cut here: a summary holds 1 MiB. `driftless report` has all of it.\n")
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    let one = alone(&sample::report(vec![sample::case(
        "a",
        vec![sample::verdict("x", Status::Drifted, &"ä".repeat(BYTES_MAX))],
    )]));
    assert!(one.len() <= BYTES_MAX && one.contains("cut here"));
}

/// Lines outside of fenced blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut fence: Option<String> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        match &fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("text").to_owned()),
            None => lines.push(line),
        }
    }
    assert_eq!(fence, None, "a block stays open");
    lines
}

proptest! {
    #[test]
    fn no_text_breaks_a_table_or_a_block_or_becomes_an_element(text in "\\PC*|(\n|\\||`{1,4}|<script>|</details>|@all|\\[x\\]\\(y\\)|# |- |www\\.|[a-z ]){0,12}") {
        let rendered = alone(&sample::hostile(&text));
        let usual = alone(&sample::full());
        let elements = |text: &str| {
            let prose = prose(text).join("\n").replace("<code>", "").replace("</code>", "");
            prose.matches('<').count() + prose.matches("<details>").count()
        };
        // Code spans of users may hold `<`, which is no element there: they are taken out.
        let spans = |text: &str| -> String {
            let mut out = String::new();
            for line in prose(text) {
                let mut rest = line;
                while let Some(start) = rest.find('`') {
                    let run = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
                    let escaped = rest[..start].ends_with('\\');
                    let after = &rest[start + run..];
                    let fence = "`".repeat(run);
                    let end = (!escaped).then(|| after.find(&fence)).flatten();
                    out.push_str(&rest[..start]);
                    rest = end.map_or(after, |end| &after[end + run..]);
                }
                out.push_str(rest);
                out.push('\n');
            }
            out
        };
        prop_assert!(!spans(&rendered).contains("<script>") && !spans(&rendered).contains("@all"));
        prop_assert!(elements(&spans(&rendered)) <= elements(&usual) + 2 * rendered.matches("<summary>").count());
        let bars = |text: &str| -> Vec<usize> {
            prose(text).iter().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect()
        };
        for count in bars(&rendered) {
            prop_assert!([4, 6].contains(&count), "{rendered}");
        }
    }
}
