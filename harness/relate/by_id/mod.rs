//! Two tables of predictions, compared id by id, and what kind of difference that is.
//!
//! Rows may stand anywhere: what counts is which value belongs to which id. Differences are sorted into [`Kind`]s, from
//! rounding to lost rows. Where rounding ends is derived from the numbers at hand; the rule and its sources stand in
//! `noise`, what is known about the precision of numbers in `precision`.

mod columns;
mod flips;
mod noise;
mod order;
mod pairs;
mod precision;
mod read;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Difference};

pub use noise::Noise;
pub use order::{Misplaced, ascending, follows};
pub use precision::{Precision, of_weights};
pub use read::{Id, Table};
pub use verdict::compare;

/// What is known besides the two tables.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The ids that were asked for; all others are passed over. Every id of either table where `None`.
    pub asked: Option<&'a BTreeSet<Id>>,
    /// Ids that were asked for twice: they may have one row or two.
    pub doubled: Option<&'a BTreeSet<Id>>,
    /// Whether a row is promised for each row that was asked for, so that ids asked for twice must have two.
    pub each: bool,
    /// The precision in which the model's weights are stored, where it is known.
    pub weights: Option<Precision>,
    /// How far each column moves under changes that can only round, where that was measured: its largest absolute
    /// difference.
    pub reference: Option<&'a BTreeMap<String, f64>>,
}

impl Given<'_> {
    /// Nothing but the tables.
    pub const NOTHING: Given<'static> =
        Given { asked: None, doubled: None, each: false, weights: None, reference: None };
}

/// How two tables of predictions differ, from harmless to hopeless. The order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Every id has the same bits, or the same text.
    Equal,
    /// The same, but the rows stand in another order.
    Order,
    /// Scores differ by rounding.
    Rounding,
    /// Labels differ where two scores were all but equal, and rounding decided.
    FlipsByRounding,
    /// Labels differ, and no score explains it by rounding.
    LabelFlips,
    /// Scores differ by more than rounding: something else than the row itself has a say.
    StateLeak,
    /// The same predictions, but they belong to other ids.
    Swapped,
    /// Some ids have more rows than they should have.
    Doubled,
    /// Some ids have no row any more, or have one only now.
    Lost,
    /// The tables have other columns.
    Columns,
}

impl Kind {
    /// The name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Order => "other order",
            Self::Rounding => "rounding noise",
            Self::FlipsByRounding => "label flips by rounding",
            Self::StateLeak => "state leak",
            Self::LabelFlips => "label flips",
            Self::Swapped => "ids swapped",
            Self::Doubled => "rows doubled",
            Self::Lost => "rows lost",
            Self::Columns => "other columns",
        }
    }

    /// Whether it is more than rounding; where bits are asked for (`strict`), whether any value differs.
    #[must_use]
    pub fn is_drift(self, strict: bool) -> bool {
        self >= if strict { Self::Rounding } else { Self::LabelFlips }
    }

    fn class(self) -> Class {
        match self {
            Self::Equal => Class::Identical,
            Self::Order => Class::OrderOnly,
            Self::Rounding => Class::Rounding,
            Self::StateLeak | Self::Swapped => Class::Values,
            Self::FlipsByRounding | Self::LabelFlips => Class::Labels,
            Self::Doubled | Self::Lost | Self::Columns => Class::Shape,
        }
    }
}

/// What comparing two tables of predictions found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The worst kind found.
    pub kind: Kind,
    /// The first place of that kind, and how much differs in all.
    pub difference: Difference,
    /// What is noise in each column of scores, and what was measured, where a value differs.
    pub noises: Vec<Noise>,
    /// Ids that both tables have, and how many of them differ by more than rounding.
    pub ids: u64,
    /// See `ids`.
    pub ids_differing: u64,
    /// Whether the rows that both have stand in another order.
    pub reordered: bool,
}

impl Outcome {
    /// The largest difference of each column of scores: what a reference run measures.
    #[must_use]
    pub fn spreads(&self) -> BTreeMap<String, f64> {
        self.noises.iter().map(|noise| (noise.column.clone(), noise.spread)).collect()
    }

    /// The largest spread as a share of its threshold.
    #[must_use]
    pub fn noise_share(&self) -> f64 {
        self.noises.iter().map(Noise::share).fold(0.0, f64::max)
    }

    /// Measured spread, threshold and why, of the column in which the spread is largest beside its threshold; `None`
    /// where no score differs.
    #[must_use]
    pub fn measured(&self) -> Option<String> {
        let worst = self.noises.iter().max_by(|one, other| one.share().total_cmp(&other.share()));
        worst.map(Noise::sentence)
    }
}
