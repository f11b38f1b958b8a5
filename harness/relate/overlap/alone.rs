//! How well one feature predicts the target by itself, on rows that were not used to learn it.
//!
//! Numbers predict by their nearest neighbours on the line, texts by the rows with the same text. Both are learnt on
//! four fifths of the sample and scored on the last, five times; so a column of distinct names, which remembers every
//! row, predicts nothing. Unlike a threshold, neighbours also see a target hidden in steps, and unlike bins, they cut
//! exactly.

use std::collections::BTreeMap;

use super::hash;
use super::sample::{Held, Sample};

/// Fewer rows prove nothing.
const ROWS_MIN: usize = 50;

/// A class must have this many rows to be scored, or a single row would decide.
const CLASS_ROWS_MIN: usize = 10;

/// More distinct numbers than this make a target a quantity, not a class.
const CLASSES_MAX: usize = 20;

/// How many rows around a value vote.
const NEIGHBOURS: usize = 5;

const FOLDS: u64 = 5;

/// A feature that predicts the target almost alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Alone {
    /// The feature.
    pub column: String,
    /// Balanced accuracy over the classes, or R² where the target is a quantity; at most 1.
    pub score: f64,
    /// `balanced accuracy` or `R²`.
    pub measure: &'static str,
}

/// The target, ready for voting.
pub(super) enum Target {
    /// The class of each row, and how many rows each class has.
    Classes(Vec<Option<usize>>, Vec<usize>),
    Quantity(Vec<Option<f64>>),
}

impl Target {
    /// `None` where there is nothing to predict: too few rows, one class, or one value.
    pub(super) fn of(cells: &[Held]) -> Option<Self> {
        let present = cells.iter().filter(|cell| !matches!(cell, Held::Nothing)).count();
        if present < ROWS_MIN {
            return None;
        }
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| !matches!(cell, Held::Nothing)) {
            *counts.entry(cell.normal(None)).or_default() += 1;
        }
        let numeric = cells.iter().all(|cell| !matches!(cell, Held::Text(_)));
        if numeric && counts.len() > CLASSES_MAX {
            let value = |cell: &Held| if let Held::Number(value, _) = cell { Some(*value) } else { None };
            return Some(Self::Quantity(cells.iter().map(value).collect()));
        }
        counts.retain(|_, count| *count >= CLASS_ROWS_MIN);
        let codes: BTreeMap<u64, usize> =
            counts.keys().enumerate().map(|(code, class)| (*class, code)).collect();
        let classes = cells.iter().map(|cell| codes.get(&cell.normal(None)).copied()).collect();
        (counts.len() > 1).then(|| Self::Classes(classes, counts.into_values().collect()))
    }

    pub(super) fn measure(&self) -> &'static str {
        match self {
            Self::Classes(..) => "balanced accuracy",
            Self::Quantity(_) => "R²",
        }
    }
}

/// All features that score at least `threshold`, best first.
pub(super) fn features(
    sample: &Sample,
    names: &[String],
    candidates: &[usize],
    target: &Target,
    threshold: f64,
) -> Vec<Alone> {
    let score = |place: &usize| {
        let score = score(&sample.columns[*place], target)?;
        let column = names[*place].clone();
        (score >= threshold).then_some(Alone { column, score, measure: target.measure() })
    };
    let mut found: Vec<Alone> = candidates.iter().filter_map(score).collect();
    found.sort_by(|left, right| {
        right.score.total_cmp(&left.score).then_with(|| left.column.cmp(&right.column))
    });
    found
}

/// Mixed, so that a file in which classes take turns is not split along them.
fn fold(row: usize) -> u64 {
    hash::join(0, row as u64) % FOLDS
}

fn score(feature: &[Held], target: &Target) -> Option<f64> {
    match target {
        Target::Classes(classes, counts) => {
            let mut hits = vec![0_usize; counts.len()];
            for (row, votes) in predictions(feature, |row| classes[row].is_some()) {
                // Each class has the same weight, or a rare one would never be predicted.
                let mut weights = vec![0.0; counts.len()];
                for class in votes.iter().filter_map(|voter| classes[*voter]) {
                    weights[class] += 1.0 / count(counts[class]);
                }
                let best =
                    (0..weights.len()).max_by(|left, right| weights[*left].total_cmp(&weights[*right]))?;
                if !votes.is_empty() && classes[row] == Some(best) {
                    hits[best] += 1;
                }
            }
            let recalls: f64 = hits.iter().zip(counts).map(|(hits, rows)| count(*hits) / count(*rows)).sum();
            Some(recalls / count(counts.len()))
        }
        Target::Quantity(values) => {
            let known: Vec<f64> = values.iter().copied().flatten().collect();
            let mean = known.iter().sum::<f64>() / count(known.len());
            let spread: f64 = known.iter().map(|value| (value - mean).powi(2)).sum();
            let mut errors = 0.0;
            for (row, votes) in predictions(feature, |row| values[row].is_some()) {
                let votes: Vec<f64> = votes.iter().filter_map(|voter| values[*voter]).collect();
                let told =
                    if votes.is_empty() { mean } else { votes.iter().sum::<f64>() / count(votes.len()) };
                errors += values[row].map_or(0.0, |value| (value - told).powi(2));
            }
            (spread > 0.0).then(|| 1.0 - errors / spread)
        }
    }
}

/// For every known row the rows of other folds that vote on it.
fn predictions(feature: &[Held], known: impl Fn(usize) -> bool) -> Vec<(usize, Vec<usize>)> {
    let numeric = feature.iter().all(|cell| !matches!(cell, Held::Text(_)));
    let mut found = Vec::new();
    for held_out in 0..FOLDS {
        let rows = |inside: bool| (0..feature.len()).filter(move |row| (fold(*row) == held_out) == inside);
        if numeric {
            let line = Line::of(rows(false).filter(|row| known(*row)), feature);
            found.extend(rows(true).filter(|row| known(*row)).map(|row| (row, line.around(&feature[row]))));
        } else {
            let mut same: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
            for row in rows(false).filter(|row| known(*row)) {
                let voters = same.entry(feature[row].normal(None)).or_default();
                // More voters of one text change nothing but the time it takes.
                if voters.len() < 100 {
                    voters.push(row);
                }
            }
            let voters = |row: usize| same.get(&feature[row].normal(None)).cloned().unwrap_or_default();
            found.extend(rows(true).filter(|row| known(*row)).map(|row| (row, voters(row))));
        }
    }
    found
}

/// Rows by the number in one column.
struct Line {
    rows: Vec<(f64, usize)>,
    /// Rows without a number.
    nothing: Vec<usize>,
}

impl Line {
    fn of(rows: impl Iterator<Item = usize>, feature: &[Held]) -> Self {
        let mut line = Self { rows: Vec::new(), nothing: Vec::new() };
        for row in rows {
            match feature[row] {
                Held::Number(value, _) => line.rows.push((value, row)),
                _ => line.nothing.push(row),
            }
        }
        // Equal numbers by the mixed order of their rows, so that no class comes first.
        line.rows.sort_by(|left, right| {
            left.0
                .total_cmp(&right.0)
                .then_with(|| hash::join(0, left.1 as u64).cmp(&hash::join(0, right.1 as u64)))
        });
        line
    }

    /// The nearest rows; of equal ones up to a hundred.
    fn around(&self, cell: &Held) -> Vec<usize> {
        let Held::Number(value, _) = cell else {
            return self.nothing.iter().copied().take(100).collect();
        };
        let mut low = self.rows.partition_point(|row| row.0.total_cmp(value).is_lt());
        let mut high = self.rows.partition_point(|row| row.0.total_cmp(value).is_le());
        while high - low < NEIGHBOURS {
            let below = low.checked_sub(1).map(|place| value - self.rows[place].0);
            let above = self.rows.get(high).map(|row| row.0 - value);
            match (below, above) {
                (Some(below), Some(above)) if below <= above => low -= 1,
                (_, Some(_)) => high += 1,
                (Some(_), None) => low -= 1,
                (None, None) => break,
            }
        }
        self.rows[low..high].iter().take(100).map(|row| row.1).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sample is small")]
fn count(rows: usize) -> f64 {
    rows as f64
}
