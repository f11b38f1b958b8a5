//! Metrics of predictions against the truth, computed from the rows themselves, so that a claim can be checked.
//!
//! The definitions are scikit-learn's (`sklearn.metrics`); where it warns and fills in a 0, we say that the value is
//! undefined and why. Labels are compared as text after numbers are brought to one spelling: `1`, `1.0` and `1e0` are
//! one class.

mod labels;
mod regression;
mod scores;

pub use labels::{ClassReport, canonical, classes, per_class};
pub use scores::Scores;

use labels::Confusion;

/// The metrics and how they are written in case files. Underscores do as well as hyphens.
pub const NAMES: &[&str] = &[
    "accuracy",
    "balanced-accuracy",
    "precision",
    "recall",
    "f1",
    "macro-f1",
    "weighted-f1",
    "roc-auc",
    "log-loss",
    "rmse",
    "mae",
    "r2",
];

/// Why there is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no such metric.
    #[error("there is no metric `{0}`")]
    Unknown(String),
    /// The metric has no value for these rows.
    #[error("{metric} is undefined: {reason}")]
    Undefined {
        /// The metric.
        metric: String,
        /// Why.
        reason: String,
    },
    /// Truth and predictions do not belong together.
    #[error("{truth} rows of truth, but {found} of {what}")]
    Lengths {
        /// Rows of truth.
        truth: usize,
        /// Rows of the other.
        found: usize,
        /// `predictions` or `scores`.
        what: &'static str,
    },
    /// A regression needs numbers.
    #[error("row {row} of the {what} is {text:?}, not a finite number")]
    NotANumber {
        /// Row, from 1.
        row: usize,
        /// `truth`, `predictions` or `scores`.
        what: &'static str,
        /// What stands there.
        text: String,
    },
    /// The metric needs scores.
    #[error("{0} needs scores, and only labels are declared")]
    NeedsScores(String),
    /// The scores are not those of the classes.
    #[error("{0}")]
    Scores(String),
    /// The class declared positive does not occur.
    #[error("the positive class `{0}` stands neither in the truth nor in the predictions")]
    NoPositive(String),
}

impl Unfit {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown(_) => {
                "use accuracy, balanced-accuracy, precision, recall, f1, macro-f1, weighted-f1, roc-auc, log-loss, rmse, mae or r2"
            }
            Self::Undefined { .. } => "look at the class counts: a floor on this metric says nothing here",
            Self::Lengths { .. } => "check that there is one prediction per row of truth",
            Self::NotANumber { .. } => "declare the column that holds numbers, or a metric for classes",
            Self::NeedsScores(_) => "declare `score`, the column or columns with probabilities",
            Self::Scores(_) => "declare one score column for two classes, or one per class in class order",
            Self::NoPositive(_) => "write `positive` as the class stands in the data",
        }
    }

    fn undefined(metric: &str, reason: impl Into<String>) -> Self {
        Self::Undefined { metric: metric.to_owned(), reason: reason.into() }
    }
}

/// The name in its usual spelling, if there is such a metric: `roc_auc` and `AUC` are `roc-auc`.
#[must_use]
pub fn canonical_name(name: &str) -> Option<&'static str> {
    let name = match name.replace('_', "-").to_lowercase().as_str() {
        "acc" => "accuracy".to_owned(),
        "auc" | "auroc" => "roc-auc".to_owned(),
        other => other.to_owned(),
    };
    NAMES.iter().find(|known| **known == name).copied()
}

/// Whether more is better; `None` of an unknown name.
#[must_use]
pub fn higher_is_better(name: &str) -> Option<bool> {
    canonical_name(name).map(|name| !matches!(name, "log-loss" | "rmse" | "mae"))
}

/// Whether the metric needs scores beside the predicted labels.
#[must_use]
pub fn needs_scores(name: &str) -> bool {
    matches!(canonical_name(name), Some("roc-auc" | "log-loss"))
}

/// Whether the metric is one of numbers, not of classes.
#[must_use]
pub fn is_regression(name: &str) -> bool {
    matches!(canonical_name(name), Some("rmse" | "mae" | "r2"))
}

/// What a value of precision, recall or F1 is about: one class where it is declared positive, the plain mean over the
/// classes otherwise. `None` for metrics without that choice.
#[must_use]
pub fn averaging(name: &str, positive: Option<&str>) -> Option<String> {
    match (canonical_name(name)?, positive) {
        ("precision" | "recall" | "f1", Some(class)) => Some(format!("of class `{class}`")),
        ("precision" | "recall" | "f1" | "macro-f1", _) => Some("plain mean over the classes".to_owned()),
        ("weighted-f1", _) => Some("mean over the classes, weighted by their rows".to_owned()),
        ("roc-auc", None) => {
            Some("of the last of two classes, or one class against the rest, plain mean".to_owned())
        }
        _ => None,
    }
}

/// One metric. Row n of `predicted` and of the scores belongs to row n of `truth`.
///
/// `precision`, `recall` and `f1` are those of the `positive` class where one is declared, and the plain mean over all
/// classes of truth and predictions otherwise. `balanced-accuracy` is the mean recall over the classes of the truth.
///
/// # Errors
/// When the metric is unknown or undefined, or the columns do not fit it or each other.
pub fn compute(
    name: &str,
    truth: &[String],
    predicted: &[String],
    scores: Option<&Scores>,
    positive: Option<&str>,
) -> Result<f64, Unfit> {
    let metric = canonical_name(name).ok_or_else(|| Unfit::Unknown(name.to_owned()))?;
    if truth.is_empty() {
        return Err(Unfit::undefined(metric, "there are no rows"));
    }
    if needs_scores(metric) {
        let scores = scores.ok_or_else(|| Unfit::NeedsScores(metric.to_owned()))?;
        return scores::compute(metric, truth, scores, positive);
    }
    if predicted.len() != truth.len() {
        return Err(Unfit::Lengths { truth: truth.len(), found: predicted.len(), what: "predictions" });
    }
    if is_regression(metric) {
        return regression::compute(metric, truth, predicted);
    }
    let confusion = Confusion::new(truth, predicted);
    match (metric, positive) {
        ("accuracy", _) => Ok(confusion.accuracy()),
        ("balanced-accuracy", _) => Ok(confusion.balanced_accuracy()),
        ("weighted-f1", _) => Ok(confusion.weighted_f1()),
        ("precision" | "recall" | "f1", Some(class)) => confusion.of_class(metric, class),
        _ => confusion.plain_mean(metric),
    }
}

/// What a program reaches that has learnt nothing but the truth's most frequent class (the first of equals, in class
/// order) or, for numbers, its mean: the accuracy of the majority, the RMSE of the mean. ROC-AUC of such a program is
/// 0.5, its log loss that of the class shares.
///
/// # Errors
/// As [`compute`]: the precision of a class that is never predicted is undefined.
pub fn baseline(name: &str, truth: &[String], positive: Option<&str>) -> Result<f64, Unfit> {
    let metric = canonical_name(name).ok_or_else(|| Unfit::Unknown(name.to_owned()))?;
    if truth.is_empty() {
        return Err(Unfit::undefined(metric, "there are no rows"));
    }
    match metric {
        "roc-auc" | "log-loss" => scores::baseline(metric, truth),
        "rmse" | "mae" | "r2" => regression::baseline(metric, truth),
        _ => {
            let majority = labels::majority(truth);
            compute(metric, truth, &vec![majority; truth.len()], None, positive)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
fn exact(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
