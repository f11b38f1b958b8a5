//! What has changed since the accepted session.

use std::fmt::Write as _;

use super::escape::{code, plain, sentence};
use crate::report::compare::{Change, Comparison, MetricChange, Moved, Standing};

/// The section, with a sentence where nothing changed.
pub(super) fn section(comparison: &Comparison) -> String {
    let mut text = String::from("### Since the accepted session\n\n");
    if comparison.is_unchanged() {
        text.push_str(if comparison.still.is_empty() {
            "Nothing changed.\n\n"
        } else {
            "Nothing changed; what failed still fails.\n\n"
        });
    }
    let (mended, gone): (Vec<Change>, Vec<Change>) =
        comparison.no_longer.iter().cloned().partition(|change| change.after == Standing::Held);
    for (title, changes) in [
        ("New failures", &comparison.failing),
        ("Mended", &mended),
        ("Failed before and no longer shown, which is not mended", &gone),
        ("Held before and no longer shown", &comparison.lost),
        ("Held now and not shown before", &comparison.gained),
        ("Still failing", &comparison.still),
    ] {
        text.push_str(&list(title, changes.iter().map(line)));
    }
    text.push_str(&list("Failing for another reason", comparison.moved.iter().map(moved)));
    text.push_str(&list("New cases", comparison.new_cases.iter().map(|name| plain(name))));
    text.push_str(&list("Cases that are gone", comparison.gone_cases.iter().map(|name| plain(name))));
    text.push_str(&metrics(&comparison.metrics));
    text
}

fn list(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines = lines.fold(String::new(), |lines, line| lines + "- " + &line + "\n");
    if lines.is_empty() { lines } else { format!("**{title}**\n\n{lines}\n") }
}

fn line(change: &Change) -> String {
    let (before, after) = (word(change.before), word(change.after));
    let how = if before == after { after.to_owned() } else { format!("{before}, now {after}") };
    format!("{}: {} {how}", plain(&change.case), code(&change.what))
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Held => "held",
        Standing::Failing(word) => word,
        Standing::Skipped => "skipped",
        Standing::Absent => "not there",
    }
}

fn moved(moved: &Moved) -> String {
    let told = |reasons: &[String]| {
        let each: Vec<String> = reasons.iter().map(|reason| sentence(reason)).collect();
        if each.is_empty() { "nothing more".to_owned() } else { each.join("; ") }
    };
    let (gone, come) = (told(&moved.gone), told(&moved.come));
    format!("{}: {} before {gone}; now {come}", plain(&moved.case), code(&moved.audit))
}

fn metrics(changes: &[MetricChange]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "**Metrics**\n\n| case | metric | before | now | difference | | interval over seeds |\n| --- | --- | ---: | ---: | ---: | --- | --- |\n",
    );
    for change in changes {
        let word = if change.is_better() { "better" } else { "worse" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:+.3e} | {word} | {} |",
            plain(&change.case),
            plain(&change.metric),
            change.before,
            change.after,
            change.difference(),
            interval(change)
        );
    }
    text.push('\n');
    text
}

fn interval(change: &MetricChange) -> String {
    let (Some(interval), Some(inside)) = (change.interval, change.is_inside()) else {
        return "not measured".to_owned();
    };
    let word = if inside { "inside" } else { "outside" };
    format!("{word} {} to {}", interval.low, interval.high)
}
