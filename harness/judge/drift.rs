//! Judges `drift`: columns of tables that are distributed otherwise than those of a reference.

use std::fmt::Write as _;

use super::sides::Table;
use super::walked::{found, inconclusive, told};
use super::{Cause, Error, Figure, Judge, Status, Verdict, View, figure, verdict};
use crate::case::Drift as Wish;
use crate::plan::scenario::overlap::side;
use crate::relate::drift::{self, Column, Shift};
use crate::relate::overlap::TableFile;
use crate::relate::{Class, Place};

const AUDIT: &str = "drift";

/// Columns that the notes list, the worst first.
const LISTED_MAX: usize = 8;

/// Letters of a column's name in that list.
const NAME_WIDTH: usize = 18;

/// See the module.
pub(super) struct Drift;

impl Judge for Drift {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.drift else {
            return Ok(nothing("nothing is declared under `[audit.drift]`".to_owned()));
        };
        match judge(view, wish) {
            Err(Error::Artifact(error)) if error.is_malformed() => Ok(nothing(error.to_string())),
            other => other,
        }
    }
}

fn nothing(headline: String) -> Verdict {
    inconclusive(AUDIT, headline, Cause::NothingVaried)
}

fn judge(view: &View<'_>, wish: &Wish) -> Result<Verdict, Error> {
    let reference = match view.table(&side(view.case, &wish.reference, false))? {
        Ok(table) => table,
        Err(why) => return Ok(nothing(why)),
    };
    let mut pairs = Vec::new();
    for name in &wish.current {
        let current = match view.table(&side(view.case, name, true))? {
            Ok(table) => table,
            Err(why) => return Ok(nothing(why)),
        };
        if same_rows(&reference.file, &current.file)? {
            return Ok(nothing(format!("`{}` and `{name}` are the same rows of one file", wish.reference)));
        }
        match Pair::of(wish, &reference, &current) {
            Ok(pair) => pairs.push(pair),
            Err(why) => return Ok(nothing(why)),
        }
    }
    for pair in &mut pairs {
        pair.figure.columns = drift::tables(&reference.file, &pair.file, &pair.names)?;
    }
    drift::decide(pairs.iter_mut().flat_map(|pair| &mut pair.figure.columns), &wish.limits);
    Ok(Told::of(view, wish, pairs).verdict())
}

fn same_rows(reference: &TableFile, current: &TableFile) -> Result<bool, Error> {
    if reference.rows != current.rows {
        return Ok(false);
    }
    let digest = |file: &TableFile| crate::artifact::Digest::of_path(&file.path);
    Ok(reference.path == current.path || digest(reference)? == digest(current)?)
}

/// Two tables, and what is compared of them.
struct Pair {
    file: TableFile,
    /// The columns that are compared: their names in the reference, and now.
    names: Vec<(String, String)>,
    not_checked: Vec<String>,
    figure: figure::Drift,
}

impl Pair {
    /// Chooses the columns; says why none can be compared, if so.
    fn of(wish: &Wish, reference: &Table, current: &Table) -> Result<Self, String> {
        let now = |name: &String| wish.same.get(name).unwrap_or(name).clone();
        if let Some(name) =
            wish.columns.iter().chain(wish.same.keys()).find(|name| !reference.columns.contains(name))
        {
            return Err(format!("`{}` has no column `{name}`", reference.name));
        }
        let mut pair = Self {
            file: current.file.clone(),
            names: Vec::new(),
            not_checked: Vec::new(),
            figure: figure::Drift {
                reference: reference.name.clone(),
                current: current.name.clone(),
                limits: wish.limits,
                share: wish.share,
                columns: Vec::new(),
                missing: Vec::new(),
                new: Vec::new(),
                reordered: false,
            },
        };
        let named = |name: &&String| wish.columns.is_empty() || wish.columns.contains(name);
        for name in reference.columns.iter().filter(named) {
            let reason = match (wish.without.get(name), set_aside(reference, current, name)) {
                (Some(reason), _) => Some(reason.clone()),
                (None, Some(what)) if wish.columns.is_empty() => Some(what.to_owned()),
                _ => None,
            };
            let there = current.columns.contains(&now(name));
            let is_target = [&reference.file.target, &current.file.target].contains(&&Some(name.clone()));
            if let Some(reason) = reason {
                pair.not_checked.push(format!("column `{name}` of `{}`: {reason}", current.name));
            } else if there {
                pair.names.push((name.clone(), now(name)));
            } else if is_target && wish.columns.is_empty() {
                pair.not_checked.push(format!("the target `{name}`: `{}` has none", current.name));
            } else {
                pair.figure.missing.push(name.clone());
            }
        }
        let known: Vec<String> = reference.columns.iter().map(now).collect();
        if wish.columns.is_empty() {
            let news = current.columns.iter().filter(|name| !known.contains(name));
            pair.figure.new =
                news.filter(|name| set_aside(reference, current, name).is_none()).cloned().collect();
        }
        let places = known.iter().filter_map(|name| current.columns.iter().position(|other| other == name));
        pair.figure.reordered = !places.is_sorted();
        if pair.names.is_empty() && pair.figure.missing.is_empty() {
            return Err(format!("`{}` and `{}` have no column to compare", reference.name, current.name));
        }
        Ok(pair)
    }
}

/// Why a column is not compared unless it is named.
fn set_aside(reference: &Table, current: &Table, name: &String) -> Option<&'static str> {
    let either = |has: &dyn Fn(&Table) -> bool| has(reference) || has(current);
    if either(&|table| table.file.id.contains(name)) {
        return Some("an id");
    }
    if either(&|table| table.group.contains(name)) {
        return Some("a group");
    }
    if either(&|table| table.time.as_ref() == Some(name)) {
        return Some("a time, which goes on");
    }
    let splits = |table: &Table| table.file.rows.as_ref().is_some_and(|rows| rows.column == *name);
    either(&splits).then_some("the column of the split")
}

/// What is told of all pairs.
struct Told<'a> {
    view: &'a View<'a>,
    wish: &'a Wish,
    verdict: Verdict,
    compared: Vec<String>,
    decided: usize,
    drifted: Vec<String>,
}

impl<'a> Told<'a> {
    fn of(view: &'a View<'a>, wish: &'a Wish, pairs: Vec<Pair>) -> Self {
        let verdict = verdict(AUDIT, Status::Held, String::new());
        let mut told = Self { view, wish, verdict, compared: Vec::new(), decided: 0, drifted: Vec::new() };
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
        let heading = format!("`{}` beside `{}`", figure.current, figure.reference);
        if enough {
            self.findings(&figure, &drifted);
        }
        if drifted.len() + gone > 0 {
            let said = format!("{} of {all} columns of {heading} drifted", drifted.len() + gone);
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
        self.compared.push(format!("{decided} columns of {heading}{}", worst.unwrap_or_default()));
        self.list(&order, &heading);
        self.schema(&figure, &heading);
        self.verdict.not_checked.extend(not_checked);
        for column in order.iter().filter(|column| column.shift == Shift::NotDecided) {
            let why = column.why.as_deref().unwrap_or("nothing to compare");
            self.verdict.not_checked.push(format!("column `{}` of `{}`: {why}", column.name, figure.current));
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
            self.note(format!("{heading}: {} more columns are not stable", told.len() - LISTED_MAX));
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
                self.note(format!(
                    "{heading}: `{name}` has {} new values: {}",
                    column.new_count,
                    quoted(&labels)
                ));
            }
            let stray = column.current.no_numbers;
            if stray > 0 && column.shift != Shift::NotDecided {
                self.note(format!(
                    "{heading}: {stray} cells of `{name}` are no numbers and count as missing"
                ));
            }
        }
    }

    fn note(&mut self, note: String) {
        if !self.verdict.notes.contains(&note) {
            self.verdict.notes.push(note);
        }
    }

    fn verdict(mut self) -> Verdict {
        if self.decided == 0 {
            self.verdict.status = Status::Inconclusive;
            self.verdict.cause = Some(Cause::NothingVaried);
            let first = self.verdict.not_checked.first();
            self.verdict.headline = match first {
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
    let name = if column.name.chars().count() > NAME_WIDTH {
        column.name.chars().take(NAME_WIDTH - 1).chain(['…']).collect()
    } else {
        column.name.clone()
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
    let missing = [column.reference, column.current].map(|side| 100.0 * side.missing_share());
    if missing != [0.0, 0.0] {
        let _ = write!(text, "; {:.1} % were missing, {:.1} % are", missing[0], missing[1]);
    }
    text
}
