//! What is told of the columns that were compared.

use std::fmt::Write as _;

use super::super::walked::{found, told};
use super::super::{Cause, Figure, Status, Verdict, View, figure, verdict};
use super::pair::Pair;
use super::{AUDIT, Wish};
use crate::relate::drift::{self, Column, Shift};
use crate::relate::{Class, Place};

/// Columns that the notes list, the worst first.
const LISTED_MAX: usize = 8;

/// Letters of a column's name in that list.
const NAME_WIDTH: usize = 18;

/// What is told of all pairs.
pub(super) struct Told<'a> {
    view: &'a View<'a>,
    wish: &'a Wish,
    verdict: Verdict,
    compared: Vec<String>,
    decided: usize,
    drifted: Vec<String>,
    /// Why the first column that should have been decided is not.
    undecided: Option<String>,
}

impl<'a> Told<'a> {
    pub(super) fn of(view: &'a View<'a>, wish: &'a Wish, pairs: Vec<Pair>) -> Self {
        let verdict = verdict(AUDIT, Status::Held, String::new());
        let (compared, drifted) = (Vec::new(), Vec::new());
        let mut told = Self { view, wish, verdict, compared, decided: 0, drifted, undecided: None };
        for pair in pairs {
            told.pair(pair);
        }
        told
    }

    fn pair(&mut self, pair: Pair) {
        let Pair { not_checked, figure, .. } = pair;
        let order = drift::worst_first(&figure.columns);
        let drifted: Vec<&Column> =
            order.iter().copied().filter(|column| column.shift == Shift::Drifted).collect();
        let decided = order.iter().filter(|column| column.shift != Shift::NotDecided).count();
        let (all, gone) = (decided + figure.missing.len(), figure.missing.len());
        self.decided += all;
        let enough = share(drifted.len() + gone, all) >= self.wish.share;
        let heading = if figure.current == figure.reference {
            format!("held-out rows of `{}` beside the others", figure.current)
        } else {
            format!("`{}` beside `{}`", figure.current, figure.reference)
        };
        if enough {
            self.findings(&figure, &drifted);
        }
        if drifted.len() + gone > 0 {
            let said = format!("{} of {} of {heading} drifted", drifted.len() + gone, columns(all));
            if enough {
                self.drifted.push(said);
            } else {
                self.note(format!("{said}, a smaller share than {}", self.wish.share));
            }
        }
        let worst = order
            .iter()
            .filter(|column| column.shift != Shift::NotDecided)
            .max_by(|left, right| left.psi.total_cmp(&right.psi));
        let worst = worst.map(|column| format!(", largest PSI {:.3} (`{}`)", column.psi, column.name));
        self.compared.push(format!("{} of {heading}{}", columns(decided), worst.unwrap_or_default()));
        self.list(&order, &heading);
        self.schema(&figure, &heading);
        self.verdict.not_checked.extend(not_checked);
        for column in order.iter().filter(|column| column.shift == Shift::NotDecided) {
            let why = column.why.as_deref().unwrap_or("nothing to compare");
            let told = format!("column `{}` of `{}`: {why}", column.name, figure.current);
            self.undecided.get_or_insert_with(|| told.clone());
            self.verdict.not_checked.push(told);
        }
        self.verdict.figures.push(Figure::Drift(figure));
    }

    fn findings(&mut self, figure: &figure::Drift, drifted: &[&Column]) {
        for name in &figure.missing {
            let note =
                format!("`{}` has no column `{name}`, which `{}` has", figure.current, figure.reference);
            self.found("schema", figure, name, note);
        }
        for column in drifted {
            let word = if column.retyped { "schema" } else { "distribution" };
            self.found(word, figure, &column.name, sentence(column, self.wish));
        }
    }

    fn found(&mut self, word: &str, figure: &figure::Drift, column: &str, note: String) {
        let place = Place::Cell { row: 1, key: None, column: column.to_owned() };
        let difference = told(Class::Values, Some(place), note);
        self.verdict.findings.push(found(self.view, AUDIT, &figure.current, &[word], difference));
    }

    /// A small table of the worst columns, where one is not stable.
    fn list(&mut self, order: &[&Column], heading: &str) {
        let told: Vec<&&Column> =
            order.iter().filter(|column| matches!(column.shift, Shift::Drifted | Shift::Moderate)).collect();
        if told.is_empty() {
            return;
        }
        self.note(format!("{heading}: PSI, test and p after Holm's correction, the worst columns first"));
        for column in told.iter().take(LISTED_MAX) {
            self.note(line(column));
        }
        if told.len() > LISTED_MAX {
            let more = told.len() - LISTED_MAX;
            self.note(format!("{heading}: not stable besides: {}", columns(more)));
        }
    }

    fn schema(&mut self, figure: &figure::Drift, heading: &str) {
        if !figure.new.is_empty() {
            self.note(format!("{heading}: columns that the reference lacks: {}", quoted(&figure.new)));
        }
        if figure.reordered {
            self.note(format!("{heading}: the columns stand in another order"));
        }
        for column in &figure.columns {
            let name = &column.name;
            if let Some(retyped) = drift::retyped(column) {
                self.note(format!("{heading}: `{name}`: {retyped}"));
            }
            if column.new_count > 0 && column.shift != Shift::NotDecided {
                let labels: Vec<String> = column.new.iter().map(|bin| bin.label.clone()).collect();
                let more = column.new_count - labels.len() as u64;
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                self.note(format!("{heading}: new values of `{name}`: {}{more}", quoted(&labels)));
            }
            let stray = column.current.no_numbers;
            if stray > 0 && column.shift != Shift::NotDecided && !column.retyped {
                self.note(format!(
                    "{heading}: cells of `{name}` that are no numbers and count as missing: {stray}"
                ));
            }
        }
    }

    fn note(&mut self, note: String) {
        if !self.verdict.notes.contains(&note) {
            self.verdict.notes.push(note);
        }
    }

    pub(super) fn verdict(mut self) -> Verdict {
        if self.decided == 0 {
            self.verdict.status = Status::Inconclusive;
            self.verdict.cause = Some(Cause::NothingVaried);
            self.verdict.headline = match &self.undecided {
                Some(first) => format!("no column could be decided: {first}"),
                None => "no column could be decided".to_owned(),
            };
        } else if self.drifted.is_empty() {
            self.verdict.headline = format!("no drift: {}", self.compared.join("; "));
        } else {
            self.verdict.status = Status::Drifted;
            self.verdict.headline = self.drifted.join("; ");
        }
        self.verdict
    }
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 columns")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

fn quoted(names: &[String]) -> String {
    let mut text = String::new();
    for name in names.iter().take(LISTED_MAX) {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}`{name}`");
    }
    if names.len() > LISTED_MAX {
        let _ = write!(text, " and {} more", names.len() - LISTED_MAX);
    }
    text
}

/// A column in one line of at most 62 letters.
fn line(column: &Column) -> String {
    // A line end would tear the line.
    let letters = || column.name.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let name: String = if letters().count() > NAME_WIDTH {
        letters().take(NAME_WIDTH - 1).chain(['…']).collect()
    } else {
        letters().collect()
    };
    let test = column.test.map_or("-".to_owned(), |test| test.statistic());
    format!(
        "{name:<NAME_WIDTH$} PSI {:>5.2}  {test:<12} p {:>7}  {}",
        column.psi,
        short(column.corrected),
        column.shift.word()
    )
}

fn short(p: f64) -> String {
    if p >= 0.001 { format!("{p:.3}") } else { format!("{p:.0e}") }
}

/// All that is known of a column that drifted.
fn sentence(column: &Column, wish: &Wish) -> String {
    let mut text = format!("`{}`: ", column.name);
    if let Some(why) = &column.why {
        let _ = write!(text, "{why}; ");
    }
    let _ = write!(
        text,
        "PSI {:.3} against {} (chance alone reaches {:.3})",
        column.psi, wish.limits.psi, column.chance
    );
    if let Some(test) = &column.test {
        let p = short(column.corrected);
        let _ = write!(text, ", {}, p = {p} after Holm's correction", test.statistic());
    }
    if let Some(means) = &column.means {
        let _ = write!(text, "; the mean went from {:.4} to {:.4}", means.reference, means.current);
    }
    if column.retyped {
        return text;
    }
    let missing = [column.reference, column.current].map(|side| 100.0 * side.missing_share());
    if missing != [0.0, 0.0] {
        let _ = write!(text, "; {:.1} % were missing, {:.1} % are", missing[0], missing[1]);
    }
    text
}
