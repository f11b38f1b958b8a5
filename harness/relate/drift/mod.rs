//! Whether the columns of one table are distributed as those of another: of production rows as of training rows.
//!
//! Two things must come together before a column is said to have drifted. The shift must be large: the population stability
//! index ([`divergence::population_stability`]) at or above a threshold, or the mean further away than some deviations of the
//! reference. And it must be no accident: the test of the column ([`ks`] for numbers, [`chi_square`] for categories) is
//! significant after [`holm`]'s correction over all columns, and the index lies above what chance alone reaches with so many
//! rows ([`Column::chance`]). So ten million rows do not alarm on a shift of nothing, and a hundred rows not on their noise.
//!
//! Nothing is drawn at random, and nothing depends on the order of rows or on the number of threads: numbers are sorted before
//! they are added, categories are counted.

pub mod bins;
pub mod chi_square;
mod column;
mod decide;
pub mod divergence;
pub mod holm;
pub mod ks;
mod read;
mod sample;
mod tables;

pub use column::{compare, stability};
pub use decide::{decide, worst_first};
pub use sample::{Sample, TEXTS_MAX};
pub use tables::{retyped, tables};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From here on a shift is moderate, by custom (N. Siddiqi, "Credit Risk Scorecards", 2006, chapter 8).
pub const MODERATE: f64 = 0.10;

/// From here on a shift is major, by the same custom.
pub const MAJOR: f64 = 0.25;

/// The probability with which chance alone may pass [`Column::chance`].
pub const CHANCE: f64 = 1e-4;

/// What counts as drift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The population stability index from which a column has drifted.
    pub psi: f64,
    /// How many standard deviations of the reference the mean may move.
    pub sigma: f64,
    /// The level of the tests, after correction.
    pub level: f64,
    /// With fewer rows on either side a column is not decided. By default ten rows for each of ten bins.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { psi: MAJOR, sigma: 3.0, level: 0.05, rows: 100 }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers, of which at most one cell in twenty of the reference is something else.
    Number,
    /// Categories: texts, truth values, or at most ten different numbers.
    Category,
}

/// How a column came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// The shift is large, and no accident.
    Drifted,
    /// The index is at least [`MODERATE`] and no accident, but below the limit.
    Moderate,
    /// Neither.
    Stable,
    /// Too few rows, or nothing that could be compared; [`Column::why`] says it.
    NotDecided,
}

impl Shift {
    /// The word, as it stands in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Drifted => "drifted",
            Self::Moderate => "moderate",
            Self::Stable => "stable",
            Self::NotDecided => "not decided",
        }
    }
}

/// One column of both tables. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name in the reference.
    pub name: String,
    /// Its name now, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_named: Option<String>,
    /// What it holds.
    pub kind: Kind,
    /// How it came out.
    pub shift: Shift,
    /// Why it is not decided, or by what it drifted, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether numbers became texts, or texts numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retyped: bool,
    /// The rows of the reference.
    pub reference: Side,
    /// The rows now.
    pub current: Side,
    /// The histogram of both sides over the same bins, in order; at most 21. Missing values are the last one.
    pub bins: Vec<Bin>,
    /// Of numbers in more than ten values: the bounds between the bins, without that of missing values. A bin holds what lies
    /// at or above its lower bound. Infinite bounds stand as the largest finite numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<f64>,
    /// The population stability index over the bins, half a row added to each on both sides.
    pub psi: f64,
    /// What the index passes with probability [`CHANCE`] where nothing shifted: the quantile of chi-square with a degree of
    /// freedom less than bins, times (1/n + 1/m) (B. Yurdakul and J. Naranjo, "Statistical properties of the population
    /// stability index", Journal of Risk Model Validation 14, 2020).
    pub chance: f64,
    /// The Kullback-Leibler divergence of now from the reference, in nats, over the same shares.
    pub kl: f64,
    /// The Jensen-Shannon distance to base 2, from 0 to 1, over the same shares.
    pub js: f64,
    /// The test of the values; absent where one side has none, or both have one and the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// Of numbers: p of the chi-square test whether values are missing as often as in the reference; absent where none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_p: Option<f64>,
    /// p of the column: that of the test; where missing values are tested besides, twice the smaller one, at most 1.
    pub p: f64,
    /// p after Holm's correction over all columns that are compared.
    pub corrected: f64,
    /// Of numbers: the means. Absent where they are not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
    /// Categories that the reference lacks, the most frequent first, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<Bin>,
    /// How many there are.
    #[serde(default, skip_serializing_if = "nothing")]
    pub new_count: u64,
    /// Categories of the reference that are gone, the most frequent first, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished: Vec<Bin>,
    /// How many there are.
    #[serde(default, skip_serializing_if = "nothing")]
    pub vanished_count: u64,
}

/// One side of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// All rows.
    pub rows: u64,
    /// Rows without a value: empty, null or NaN.
    pub missing: u64,
    /// Of a column of numbers: cells that are something else. They count as missing.
    #[serde(default, skip_serializing_if = "nothing")]
    pub no_numbers: u64,
    /// What the cells hold.
    pub holds: Holds,
}

impl Side {
    /// The part of the rows without a usable value.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        exact(self.missing.saturating_add(self.no_numbers)) / exact(self.rows.max(1))
    }
}

/// What the cells of a column hold, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Whole numbers.
    Integers,
    /// Numbers, some with a point or an exponent.
    Floats,
    /// Texts alone.
    Texts,
    /// Numbers and texts.
    Mixed,
    /// No value at all.
    Nothing,
}

impl Holds {
    /// The word in sentences.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Integers => "whole numbers",
            Self::Floats => "numbers with a point",
            Self::Texts => "text",
            Self::Mixed => "numbers and text",
            Self::Nothing => "no values",
        }
    }
}

/// Rows of both sides that fall into one bin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bin {
    /// The category, or the range in words.
    pub label: String,
    /// Rows of the reference.
    pub reference: u64,
    /// Rows now.
    pub current: u64,
}

/// A two-sample test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Test {
    /// Kolmogorov and Smirnov's, two-sided, of the values that are not missing.
    KolmogorovSmirnov {
        /// The greatest distance of the distribution functions.
        distance: f64,
        /// Its p-value.
        p: f64,
        /// Whether p is exact, not the limit for large samples.
        exact: bool,
    },
    /// Chi-square of the bins, missing values among them, rare ones together.
    ChiSquare {
        /// The statistic.
        statistic: f64,
        /// Degrees of freedom.
        freedom: u32,
        /// Its p-value.
        p: f64,
    },
}

impl Test {
    /// The p-value.
    #[must_use]
    pub fn p(&self) -> f64 {
        match self {
            Self::KolmogorovSmirnov { p, .. } | Self::ChiSquare { p, .. } => *p,
        }
    }

    /// The statistic with its name, short.
    #[must_use]
    pub fn statistic(&self) -> String {
        match self {
            Self::KolmogorovSmirnov { distance, .. } => format!("D {distance:.3}"),
            Self::ChiSquare { statistic, freedom, .. } => format!("χ² {statistic:.1}/{freedom}"),
        }
    }
}

/// The means of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Means {
    /// Of the reference.
    pub reference: f64,
    /// The standard deviation of the reference, with n - 1.
    pub deviation: f64,
    /// Of now.
    pub current: f64,
    /// How far they lie apart, in deviations; absent where the deviation is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigmas: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn nothing(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
