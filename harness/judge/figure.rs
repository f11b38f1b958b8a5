//! Numbers that audits measure besides their verdicts, for pictures and cards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::relate::drift::{Column, Limits};

/// Something measured. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Figure {
    /// A metric of the baseline.
    Metric(Metric),
    /// A metric over seeds.
    Seeds(Seeds),
    /// The columns of a table beside those of a reference.
    Drift(Drift),
}

/// A metric of the baseline, recomputed from predictions and truth or read from what the program reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Metric {
    /// Its name: `accuracy`, `rmse`, …
    pub name: String,
    /// How classes were averaged, where that matters: `macro`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub averaging: Option<String>,
    /// Its value.
    pub value: f64,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// How many rows it was computed over.
    pub rows: u64,
    /// The declared data or artifact that holds the truth.
    pub truth: String,
    /// The artifact that was scored.
    pub predictions: String,
    /// The rows it is about, where not all: a group column and its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
}

/// Rows that have one value in a group column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Group {
    /// The column.
    pub column: String,
    /// Its value.
    pub value: String,
}

/// A metric over seeds, with everything else fixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Seeds {
    /// The metric.
    pub metric: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// The seeds, in the order of the case file.
    pub seeds: Vec<String>,
    /// The metric for each.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n - 1.
    pub deviation: f64,
    /// The interval of the mean.
    pub interval: Interval,
    /// The number that the user claims, where one is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<f64>,
}

/// The columns of a table beside those of a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The declared data or artifact whose distributions are taken as right.
    pub reference: String,
    /// The one that is compared with it.
    pub current: String,
    /// What counts as drift.
    pub limits: Limits,
    /// The share of drifted columns from which the table has drifted; 0 where one is enough.
    pub share: f64,
    /// The columns that were compared, in the order of the reference.
    pub columns: Vec<Column>,
    /// Columns of the reference that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Columns that the reference lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<String>,
    /// Whether the columns stand in another order.
    #[serde(default)]
    pub reordered: bool,
}

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Confidence, such as 0.95.
    pub confidence: f64,
}
