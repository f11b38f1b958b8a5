//! Metrics of predicted classes, by the confusion matrix.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Unfit, exact};
use crate::artifact::number::{self, Written};
use crate::relate::moments;

/// More digits than a double holds exactly: such integers are names (of users, of orders), and stay as they are.
const DIGITS_MAX: usize = 15;

/// A label in one spelling: numbers as the shortest decimal of their double, all else as it stands.
#[must_use]
pub fn canonical(label: &str) -> Cow<'_, str> {
    let value = match number::written(label) {
        Written::Integer if label.len() <= DIGITS_MAX => number::value(label),
        Written::Float(value) => Some(value),
        _ => None,
    };
    // Adding zero turns -0 into 0.
    value.map_or(Cow::Borrowed(label), |value| Cow::Owned((value + 0.0).to_string()))
}

/// The classes among some labels in class order: numbers by their value, then texts by their bytes. It is the order in
/// which scikit-learn gives the columns of `predict_proba`.
#[must_use]
pub fn classes(labels: &[String]) -> Vec<String> {
    Codes::new(labels.iter()).names
}

/// The most frequent label, the first in class order among equals.
pub(super) fn majority(truth: &[String]) -> String {
    let codes = Codes::new(truth.iter());
    let counts = codes.counts(truth);
    let most = counts.iter().max().copied().unwrap_or_default();
    let place = counts.iter().position(|count| *count == most).unwrap_or_default();
    codes.names.get(place).cloned().unwrap_or_default()
}

/// Labels as small numbers, in class order.
pub(super) struct Codes<'a> {
    pub(super) names: Vec<String>,
    /// Every spelling that occurs; there are few, however many rows there are.
    spellings: BTreeMap<&'a str, usize>,
}

impl<'a> Codes<'a> {
    pub(super) fn new(labels: impl Iterator<Item = &'a String>) -> Self {
        let mut spellings: BTreeMap<&str, usize> = labels.map(|label| (label.as_str(), 0)).collect();
        let mut names: Vec<String> = spellings.keys().map(|label| canonical(label).into_owned()).collect();
        names.sort_by(|left, right| match (number::value(left), number::value(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            (one, other) => (one.is_none(), left).cmp(&(other.is_none(), right)),
        });
        names.dedup();
        let codes: BTreeMap<&str, usize> =
            names.iter().enumerate().map(|(code, name)| (name.as_str(), code)).collect();
        for (spelling, code) in &mut spellings {
            *code = codes.get(canonical(spelling).as_ref()).copied().unwrap_or_default();
        }
        drop(codes);
        Self { names, spellings }
    }

    pub(super) fn code(&self, label: &str) -> Option<usize> {
        self.spellings.get(label).copied()
    }

    pub(super) fn named(&self, label: &str) -> Option<usize> {
        let name = canonical(label);
        self.names.iter().position(|known| *known == name)
    }

    /// How many of the labels are of each class.
    pub(super) fn counts(&self, labels: &[String]) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        for code in labels.iter().filter_map(|label| self.code(label)) {
            counts[code] += 1;
        }
        counts
    }
}

/// What the predictions of one class are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    /// The class.
    pub class: String,
    /// Rows of the truth that are of this class.
    pub support: u64,
    /// Rows that were predicted to be.
    pub predicted: u64,
    /// Which part of what was predicted is right; `None` where nothing was predicted.
    pub precision: Option<f64>,
    /// Which part of the class was found; `None` where the truth has none.
    pub recall: Option<f64>,
    /// The harmonic mean of the two, `2 TP / (2 TP + FP + FN)`; defined for every class that occurs at all.
    pub f1: f64,
}

/// Precision, recall and F1 of every class of truth and predictions, in class order.
///
/// # Errors
/// When there are not as many predictions as rows.
pub fn per_class(truth: &[String], predicted: &[String]) -> Result<Vec<ClassReport>, Unfit> {
    if truth.len() != predicted.len() {
        return Err(Unfit::Lengths { truth: truth.len(), found: predicted.len(), what: "predictions" });
    }
    Ok(Confusion::new(truth, predicted).classes)
}

pub(super) struct Confusion {
    classes: Vec<ClassReport>,
    right: u64,
    rows: u64,
}

impl Confusion {
    /// `predicted` has as many rows as `truth`.
    pub(super) fn new(truth: &[String], predicted: &[String]) -> Self {
        let codes = Codes::new(truth.iter().chain(predicted));
        let (support, guessed) = (codes.counts(truth), codes.counts(predicted));
        let mut hits = vec![0_u64; codes.names.len()];
        for (here, there) in truth.iter().zip(predicted) {
            if let (Some(here), Some(there)) = (codes.code(here), codes.code(there))
                && here == there
            {
                hits[here] += 1;
            }
        }
        let rows = truth.len() as u64;
        let right = hits.iter().sum();
        let classes = codes.names.into_iter().enumerate().map(|(place, class)| {
            let (support, predicted, hits) = (support[place], guessed[place], hits[place]);
            ClassReport {
                class,
                support,
                predicted,
                precision: (predicted > 0).then(|| share(hits, predicted)),
                recall: (support > 0).then(|| share(hits, support)),
                f1: share(2 * hits, support + predicted),
            }
        });
        Self { classes: classes.collect(), right, rows }
    }

    pub(super) fn accuracy(&self) -> f64 {
        share(self.right, self.rows)
    }

    pub(super) fn balanced_accuracy(&self) -> f64 {
        let recalls: Vec<f64> = self.classes.iter().filter_map(|class| class.recall).collect();
        moments::sum(recalls.iter().copied()) / exact(recalls.len())
    }

    pub(super) fn weighted_f1(&self) -> f64 {
        moments::sum(self.classes.iter().map(|class| class.f1 * share(class.support, self.rows)))
    }

    pub(super) fn of_class(&self, metric: &str, class: &str) -> Result<f64, Unfit> {
        let name = canonical(class);
        let report = self.classes.iter().find(|report| report.class == name);
        report.ok_or_else(|| Unfit::NoPositive(class.to_owned()))?.value(metric)
    }

    pub(super) fn plain_mean(&self, metric: &str) -> Result<f64, Unfit> {
        let values = self.classes.iter().map(|class| class.value(metric)).collect::<Result<Vec<_>, _>>()?;
        Ok(moments::sum(values.iter().copied()) / exact(values.len()))
    }
}

impl ClassReport {
    fn value(&self, metric: &str) -> Result<f64, Unfit> {
        let class = &self.class;
        match metric {
            "precision" => self
                .precision
                .ok_or_else(|| Unfit::undefined(metric, format!("class `{class}` is never predicted"))),
            "recall" => self
                .recall
                .ok_or_else(|| Unfit::undefined(metric, format!("the truth has no row of class `{class}`"))),
            _ => Ok(self.f1),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
