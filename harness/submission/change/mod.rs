//! What changed since the last submission: rows, values, ranks and the shape of the distribution.
//!
//! It is news and no verdict, since a better model predicts otherwise. Two things are worth a warning: a file that says
//! the same as the last one, which wastes a submission, and one that hardly resembles it, as predictions do that were
//! put beside the wrong ids.

mod read;
mod statistics;

use std::fmt::Write as _;
use std::path::Path;

use crate::artifact::Error;
use crate::rule::{Looked, Problem, Rule, Severity};

use crate::relate::drift;
use read::{Column, Predictions};
use statistics::rank_correlation;

const UNCHANGED: Rule = Rule {
    name: "submission/unchanged",
    severity: Severity::Warning,
    summary: "a file that says the same as the last submission",
    why: "Most contests count submissions by the day, and one that changes nothing scores nothing new. It is also how a pipeline looks that did not run: the old file still lay there.",
    bad: "--previous submission.csv, the same rows and values",
    good: "--previous last-week.csv, with other predictions",
    mend: "Make sure that the pipeline ran and wrote to this path; hand it in only if you mean the same predictions.",
};

const JUMP: Rule = Rule {
    name: "submission/jump",
    severity: Severity::Warning,
    summary: "predictions that hardly resemble those of the last submission",
    why: "Two models of one task rank most rows alike. A rank correlation near zero is what predictions give that stand beside the wrong ids. The floor, 0.5, is a choice of this tool; files with fewer than 100 common rows are not judged.",
    bad: "1,0.93   (it was 0.07, and so in nearly every row)",
    good: "1,0.09   (it was 0.07)",
    mend: "Look at the rows that changed most; check that each prediction stands beside its own id, and that the columns are not exchanged.",
};

/// What a comparison with the last submission finds.
pub static RULES: &[Rule] = &[UNCHANGED, JUMP];

/// Rank correlation below which predictions are said to have jumped.
const CORRELATION_MIN: f64 = 0.5;
/// Population stability index above which a shift is major, and below which there is none, by custom (N. Siddiqi, Credit
/// Risk Scorecards, 2006).
const STABILITY_MAJOR: f64 = 0.25;
const STABILITY_NONE: f64 = 0.10;
/// Fewer common rows than this say nothing about ranks or distributions.
const ROWS_MIN: usize = 100;

/// Compares a submission with the one before it. Rows are matched by the columns `id`, the first column where none are
/// named.
///
/// # Errors
/// Where one of the files cannot be read as a table.
pub fn change(previous: &Path, file: &Path, id: &[String]) -> Result<Looked, Error> {
    let before = read::predictions(previous, id)?;
    let now = read::predictions(file, id)?;
    let mut looked = Looked::default();
    for (whose, read) in [(previous, &before), (file, &now)] {
        if let Some(why) = &read.cut {
            looked.not_checked.push(format!(
                "what changed since `{}`: {why} in `{}`",
                previous.display(),
                whose.display()
            ));
        }
    }
    if looked.not_checked.is_empty() {
        compare(&Pair { before: &before, now: &now, previous, file }, &mut looked);
    }
    Ok(looked)
}

/// Two submissions and their names.
struct Pair<'a> {
    before: &'a Predictions,
    now: &'a Predictions,
    previous: &'a Path,
    file: &'a Path,
}

fn compare(pair: &Pair<'_>, looked: &mut Looked) {
    let rows = common(&pair.before.keys, &pair.now.keys);
    let since = format!("since `{}`", pair.previous.display());
    let (gone, fresh) = (pair.before.keys.len() - rows.len(), pair.now.keys.len() - rows.len());
    if gone + fresh > 0 {
        looked.notes.push(format!("{since}: {gone} rows are gone, {fresh} are new"));
    }
    let columns: Vec<(&Column, &Column)> = pair
        .before
        .columns
        .iter()
        .filter_map(|old| Some((old, pair.now.columns.iter().find(|new| new.name == old.name)?)))
        .collect();
    let is_same =
        |row: &(usize, usize)| columns.iter().all(|(old, new)| old.values[row.0].same(&new.values[row.1]));
    let changed = rows.iter().filter(|row| !is_same(row)).count();
    looked.notes.push(format!("{since}: {changed} of {} rows changed", rows.len()));
    let whole = pair.before.columns.len() == columns.len() && pair.now.columns.len() == columns.len();
    if changed == 0 && gone + fresh == 0 && whole && !rows.is_empty() {
        let message = format!("says the same as `{}`", pair.previous.display());
        looked.problems.push(Problem::new(&UNCHANGED, pair.file.display().to_string(), message));
    }
    if changed > 0 {
        for (old, new) in columns {
            column(pair, &rows, (old, new), looked);
        }
    }
}

/// Rows of both, as places in each, by key. Keys that stand twice are matched in their order.
fn common(before: &[(u128, usize)], now: &[(u128, usize)]) -> Vec<(usize, usize)> {
    let (mut left, mut right) = (0, 0);
    let mut rows = Vec::new();
    while let (Some(old), Some(new)) = (before.get(left), now.get(right)) {
        match old.0.cmp(&new.0) {
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
            std::cmp::Ordering::Equal => {
                rows.push((old.1, new.1));
                left += 1;
                right += 1;
            }
        }
    }
    // By place, so that the first of several equal changes is the first in the file.
    rows.sort_unstable_by_key(|row| row.1);
    rows
}

fn column(pair: &Pair<'_>, rows: &[(usize, usize)], (old, new): (&Column, &Column), looked: &mut Looked) {
    let numbers: Option<Vec<(f64, f64)>> =
        rows.iter().map(|row| Some((old.values[row.0].number()?, new.values[row.1].number()?))).collect();
    let Some(numbers) = numbers else {
        let changed = rows.iter().filter(|row| !old.values[row.0].same(&new.values[row.1])).count();
        looked.notes.push(format!("`{}`: {changed} of {} values changed", new.name, rows.len()));
        return;
    };
    let differences = numbers.iter().map(|(old, new)| (new - old).abs());
    let Some((at, largest)) =
        differences.enumerate().max_by(|left, right| left.1.total_cmp(&right.1).then(right.0.cmp(&left.0)))
    else {
        return;
    };
    let (was, is) = numbers[at];
    let mut note = format!(
        "`{}`: the largest change is {largest} in line {}: {was} became {is}",
        new.name,
        read::line(rows[at].1)
    );
    let (befores, nows): (Vec<f64>, Vec<f64>) = numbers.into_iter().unzip();
    let correlation = rank_correlation(&befores, &nows);
    let stability = drift::stability(&befores, &nows);
    if let Some(correlation) = correlation {
        let _ = write!(note, "; rank correlation {correlation:.4}");
    }
    if let Some(stability) = stability {
        let word = match stability {
            stability if stability > STABILITY_MAJOR => "a major shift",
            stability if stability >= STABILITY_NONE => "a moderate shift",
            _ => "stable",
        };
        let _ = write!(note, "; population stability index {stability:.4} ({word})");
    }
    looked.notes.push(note);
    if rows.len() >= ROWS_MIN {
        looked.problems.extend(jump(pair, new, correlation));
    }
}

/// A rank correlation too low for two models of one task. A shifted distribution alone is news: any other calibration
/// shifts it.
fn jump(pair: &Pair<'_>, column: &Column, correlation: Option<f64>) -> Option<Problem> {
    let correlation = correlation.filter(|correlation| *correlation < CORRELATION_MIN)?;
    let message = format!(
        "`{}` hardly resembles `{}`: the rank correlation is {correlation:.2}",
        column.name,
        pair.previous.display()
    );
    Some(Problem::new(&JUMP, pair.file.display().to_string(), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(before: &str, now: &str) -> Looked {
        let folder = tempfile::tempdir().expect("a folder");
        let (previous, file) = (folder.path().join("last.csv"), folder.path().join("sub.csv"));
        std::fs::write(&previous, before).expect("a file");
        std::fs::write(&file, now).expect("a file");
        let mut looked = change(&previous, &file, &[]).expect("two tables");
        for note in &mut looked.notes {
            *note = note.replace(&format!("{}/", folder.path().display()), "");
        }
        looked
    }

    fn table(rows: impl Iterator<Item = (u32, f64)>) -> String {
        rows.fold("id,p\n".to_owned(), |mut text, (id, value)| {
            let _ = writeln!(text, "{id},{value}");
            text
        })
    }

    fn rules(looked: &Looked) -> Vec<&str> {
        looked.problems.iter().map(|problem| problem.rule.as_str()).collect()
    }

    #[test]
    fn the_largest_change_is_named_with_its_line_and_both_values() {
        let looked = compared("id,p\na,0.1\nb,0.5\nc,0.9\n", "id,p\nc,0.9\na,0.2\nb,0.1\n");
        assert_eq!(
            looked.notes,
            [
                "since `last.csv`: 2 of 3 rows changed",
                "`p`: the largest change is 0.4 in line 4: 0.5 became 0.1; rank correlation 0.5000"
            ]
        );
        assert!(looked.problems.is_empty());
    }

    #[test]
    fn another_order_and_another_spelling_are_no_change_and_the_same_file_is_worth_a_warning() {
        let looked = compared("id,p\na,0.1\nb,0.50\n", "id,p\nb,0.5\na,0.1\n");
        assert_eq!(looked.notes, ["since `last.csv`: 0 of 2 rows changed"]);
        assert_eq!(rules(&looked), ["submission/unchanged"]);
    }

    #[test]
    fn predictions_beside_the_wrong_ids_are_seen_and_a_slightly_other_model_is_not() {
        let value = |id: u32| f64::from(id * 7919 % 1000) / 1000.0;
        let before = table((0..1000).map(|id| (id, value(id))));
        let wrong = table((0..1000).map(|id| (id, value((id + 500) % 1000))));
        assert_eq!(rules(&compared(&before, &wrong)), ["submission/jump"]);
        let better = table((0..1000).map(|id| (id, value(id) * 0.97 + 0.01 * f64::from(id % 3))));
        assert!(rules(&compared(&before, &better)).is_empty());
    }

    #[test]
    fn labels_are_counted_and_rows_that_came_and_went_are_told() {
        let looked = compared("id,label\n1,cat\n2,dog\n", "id,label\n2,cat\n3,dog\n");
        assert_eq!(
            looked.notes,
            [
                "since `last.csv`: 1 rows are gone, 1 are new",
                "since `last.csv`: 1 of 1 rows changed",
                "`label`: 1 of 1 values changed"
            ]
        );
    }

    #[test]
    fn few_rows_raise_no_warning() {
        let before = table((0..20).map(|id| (id, f64::from(id))));
        let turned = table((0..20).map(|id| (id, f64::from(19 - id))));
        assert!(rules(&compared(&before, &turned)).is_empty());
    }
}
