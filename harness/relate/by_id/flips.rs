//! Whether a label changed since two scores were all but equal, so that rounding decided.

use std::collections::BTreeMap;

use super::noise::Noise;
use super::read::{Table, Value};

/// The scores that stand beside a label, and where each label lies among them.
pub(super) struct Ties<'a> {
    left: &'a Table,
    /// Place of each score column in the first table, with its noise.
    scores: Vec<(usize, &'a Noise)>,
    /// Smallest and largest score of each label, by label column and score column.
    bounds: BTreeMap<(usize, usize), BTreeMap<String, (f64, f64)>>,
}

impl<'a> Ties<'a> {
    pub(super) fn new(left: &'a Table, labels: &[usize], scores: Vec<(usize, &'a Noise)>) -> Self {
        let mut bounds: BTreeMap<(usize, usize), BTreeMap<String, (f64, f64)>> = BTreeMap::new();
        for row in 0..left.ids().len() {
            let values = left.row(row);
            for label in labels {
                for (score, _) in &scores {
                    let Some(value) = values[*score].number() else { continue };
                    let own = bounds.entry((*label, *score)).or_default();
                    let bound = own.entry(values[*label].show()).or_insert((value, value));
                    *bound = (bound.0.min(value), bound.1.max(value));
                }
            }
        }
        Self { left, scores, bounds }
    }

    /// Whether the label of a row may change by rounding, given that its scores moved by no more. Either its two largest
    /// scores are all but equal, or one score lies on the border between the two labels: all other rows of the one lie
    /// below it and all of the other above it, up to rounding.
    pub(super) fn is_tie(&self, row: usize, label: usize, other: &Value) -> bool {
        let values = self.left.row(row);
        let slack =
            |value: f64, noise: &Noise| 2.0 * (noise.tolerance(value, value) + noise.unit(value, value));
        let mut all: Vec<(f64, f64)> = self
            .scores
            .iter()
            .filter_map(|(score, noise)| values[*score].number().map(|value| (value, slack(value, noise))))
            .collect();
        all.sort_by(|one, other| other.0.total_cmp(&one.0));
        let close = matches!(all.as_slice(), [first, second, ..] if first.0 - second.0 <= first.1);
        close
            || self.scores.iter().any(|(score, noise)| {
                let Some(value) = values[*score].number() else { return false };
                let Some(bounds) = self.bounds.get(&(label, *score)) else { return false };
                let own = bounds.get(&values[label].show());
                own.zip(bounds.get(&other.show()))
                    .is_some_and(|(own, other)| is_border(value, slack(value, noise), *own, *other))
            })
    }
}

/// Whether a value parts two labels: one lies below it and the other above it.
fn is_border(value: f64, slack: f64, one: (f64, f64), other: (f64, f64)) -> bool {
    let below = |(_, max): (f64, f64)| max <= value + slack;
    let above = |(min, _): (f64, f64)| min >= value - slack;
    below(one) && above(other) || above(one) && below(other)
}
