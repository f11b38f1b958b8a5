//! The words for what is wrong with predictions.

use super::about_bytes::seen;
use super::cell::Kind;
use super::check::Scene;
use super::pages::{self, soft};
use super::survey::{Seen, Survey, Tally};
use crate::rule::{Problem, Rule};

/// Rows from which predictions that are all the same are worth a look.
const CONSTANT_ROWS: u64 = 20;

/// Rows from which sums of probabilities are looked at without being asked for.
const SUM_ROWS: u64 = 20;

/// Names of columns that are listed.
const COLUMNS_SHOWN: usize = 3;

/// Something that was seen in several columns: put together, with their names.
#[derive(Default)]
struct Together {
    seen: Seen,
    columns: Vec<usize>,
}

impl Together {
    fn add(&mut self, place: usize, seen: &Seen) {
        if seen.count == 0 {
            return;
        }
        let count = self.seen.count + seen.count;
        if self.seen.count == 0 || seen.line < self.seen.line {
            self.seen = seen.clone();
        }
        self.seen.count = count;
        self.columns.push(place);
    }

    fn problem(&self, rule: &'static Rule, scene: &Scene<'_>, message: &str) -> Option<Problem> {
        let names: Vec<String> = self
            .columns
            .iter()
            .take(COLUMNS_SHOWN)
            .map(|place| format!("`{}`", scene.names.get(*place).map_or("", String::as_str)))
            .collect();
        let more = self.columns.len().saturating_sub(COLUMNS_SHOWN);
        let more = if more > 0 { format!(" and {more} other columns") } else { String::new() };
        seen(rule, scene, &self.seen, format!("{message} in column {}{more}", names.join(", ")))
    }
}

/// What a column is to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Numbers.
    Numbers,
    /// One text without blanks, such as the name of a class.
    Words,
    /// Nobody knows.
    Anything,
}

/// What is wrong with predictions.
pub(super) fn problems(scene: &Scene<'_>, survey: &Survey<'_>) -> Vec<Problem> {
    let mut found = Found::default();
    for (place, check) in scene.shape.layout.checks.iter().enumerate() {
        if check.watched {
            found.column(scene, place, &survey.columns[place], survey.rows);
        }
    }
    let mut problems = found.problems(scene);
    problems.extend(constant(scene, survey));
    problems.extend(sums(scene, survey));
    problems
}

#[derive(Default)]
struct Found {
    not_finite: Together,
    empty: Together,
    /// Empty cells where nothing says that there may be none.
    perhaps_empty: Together,
    leftover: Together,
    not_a_number: Together,
    comma: Together,
    /// Decimal commas where nobody says what is wanted.
    perhaps_comma: Together,
    padded: Together,
    range: Together,
    label: Together,
    decimals: Together,
}

impl Found {
    fn column(&mut self, scene: &Scene<'_>, place: usize, tally: &Tally, rows: u64) {
        self.range.add(place, &tally.out_of_range);
        self.decimals.add(place, &tally.decimals);
        let check = &scene.shape.layout.checks[place];
        if check.labels {
            self.label.add(place, &tally.no_label);
            return;
        }
        let wanted = wanted(scene, place, tally, rows);
        let from_sample = sample_column(scene, place);
        let sample_has = |kind: Kind| from_sample.is_some_and(|sample| sample.count(kind) > 0);
        let add = |together: &mut Together, kind: Kind| {
            let seen = tally.kind(kind);
            if !sample_has(kind) {
                together.add(place, seen);
            }
        };
        let padded_sample = from_sample.is_some_and(|sample| sample.padded.count > 0);
        match wanted {
            Wanted::Numbers => {
                add(&mut self.not_finite, Kind::NotFinite);
                add(&mut self.empty, Kind::Null);
                let empty = if from_sample.is_some() { &mut self.empty } else { &mut self.perhaps_empty };
                // Where cells are lists, an empty one is an empty list.
                if tally.count(Kind::List) == 0 || !may_be_lists(scene, place) {
                    add(empty, Kind::Empty);
                }
                add(&mut self.not_a_number, Kind::Text);
                if !may_be_lists(scene, place) {
                    add(&mut self.not_a_number, Kind::List);
                }
                let comma = if from_sample.is_some() { &mut self.comma } else { &mut self.perhaps_comma };
                add(comma, Kind::Comma);
                if !padded_sample && tally.count(Kind::Text) == 0 {
                    self.padded.add(place, &tally.padded);
                }
            }
            Wanted::Words => {
                add(&mut self.perhaps_empty, Kind::Empty);
                if from_sample.is_none_or(|sample| sample.leftover.count == 0) {
                    self.leftover.add(place, &tally.leftover);
                }
            }
            Wanted::Anything => {}
        }
    }

    fn problems(&self, scene: &Scene<'_>) -> Vec<Problem> {
        let mut empty = Together::default();
        for part in [&self.empty, &self.perhaps_empty, &self.leftover] {
            for (at, place) in part.columns.iter().enumerate() {
                // The counts of a part are those of all its columns: they are added once.
                if at == 0 {
                    empty.add(*place, &part.seen);
                } else {
                    empty.columns.push(*place);
                }
            }
        }
        empty.columns.sort_unstable();
        empty.columns.dedup();
        let empty = empty.problem(&pages::EMPTY_VALUE, scene, "there is no value");
        let certain = self.empty.seen.count > 0;
        let empty = if certain { empty } else { empty.map(soft) };
        let perhaps_comma =
            self.perhaps_comma.problem(&pages::DECIMAL_COMMA, scene, "a number has a decimal comma");
        [
            self.not_finite.problem(&pages::NOT_FINITE, scene, "the value is not finite"),
            empty,
            self.not_a_number.problem(&pages::NOT_A_NUMBER, scene, "the value is no number"),
            self.comma.problem(&pages::DECIMAL_COMMA, scene, "a number has a decimal comma"),
            perhaps_comma.map(soft),
            self.padded.problem(&pages::WHITESPACE, scene, "blanks stand around a number"),
            self.range.problem(&pages::RANGE, scene, "the value is out of the declared range"),
            self.label.problem(&pages::LABEL, scene, "the value is none of the declared labels"),
            self.decimals.problem(
                &pages::FLOAT_FORMAT,
                scene,
                &format!(
                    "the number is not written with {} decimals and without exponent",
                    scene.wish.decimals.unwrap_or(0)
                ),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn sample_column<'a>(scene: &'a Scene<'_>, place: usize) -> Option<&'a Tally> {
    let other = scene.shape.map.get(place).copied().flatten()?;
    scene.model.sample.as_ref()?.column(other)
}

fn wanted(scene: &Scene<'_>, place: usize, tally: &Tally, rows: u64) -> Wanted {
    let numbers = tally.count(Kind::Number) + tally.count(Kind::Comma);
    let others = tally.count(Kind::Text) + tally.count(Kind::List);
    let own = numbers > 0 && others == 0 && 2 * numbers >= rows;
    let Some(sample) = sample_column(scene, place) else {
        return if own { Wanted::Numbers } else { Wanted::Anything };
    };
    let count = |kind| sample.count(kind);
    if count(Kind::Number) + count(Kind::Comma) > 0 {
        return if count(Kind::Text) + count(Kind::List) == 0 { Wanted::Numbers } else { Wanted::Anything };
    }
    let words = count(Kind::Text) > 0
        && count(Kind::Empty) + count(Kind::List) == 0
        && !sample.spaced
        && !tally.spaced;
    if words && tally.count(Kind::List) == 0 { Wanted::Words } else { Wanted::Anything }
}

/// Whether the sample's numbers may stand for lists: one and the same whole number in all rows, a placeholder.
fn may_be_lists(scene: &Scene<'_>, place: usize) -> bool {
    sample_column(scene, place).is_some_and(|sample| {
        sample.constant
            && !sample.fraction
            && sample.first.as_ref().is_some_and(|first| first.iter().all(u8::is_ascii_digit))
    })
}

fn constant(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    if scene.wish.constant || survey.rows < CONSTANT_ROWS {
        return None;
    }
    let watched = || scene.shape.layout.checks.iter().zip(&survey.columns).filter(|(check, _)| check.watched);
    let (_, first) = watched().next()?;
    // A column of a rare class may be the same throughout; that all are is odd.
    let same = watched().all(|(_, tally)| tally.constant);
    let says = first.first.as_ref().filter(|first| same && !first.is_empty())?;
    let problem = Problem::new(
        &pages::CONSTANT,
        &scene.file,
        format!("all {} rows have the same prediction", survey.rows),
    );
    Some(problem.line(2).value(&String::from_utf8_lossy(says)).count(survey.rows))
}

fn sums(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    if scene.wish.sum_to_one.is_some() {
        return seen(
            &pages::PROBABILITY_SUM,
            scene,
            &survey.sums,
            "the probabilities of the row do not sum to one",
        );
    }
    let many = survey.rows >= SUM_ROWS && survey.near_one * 20 >= survey.rows * 19;
    let message = format!("the row does not sum to one, as {} of {} rows do", survey.near_one, survey.rows);
    seen(&pages::PROBABILITY_SUM, scene, &survey.far_from_one, message).filter(|_| many).map(soft)
}
