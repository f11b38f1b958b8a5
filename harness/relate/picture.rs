//! What a difference looks like: how far values lie apart, where they stand, and how they go together.
//!
//! All is counted into few cells, so that a picture of gigabytes is as small as one of a line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a drawing of a difference needs. Parts that say nothing are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Picture {
    /// How many finite floats differ by 1 ULP, by 2 to 3, by 4 to 7, …: entry `k` counts distances from `2^k` to
    /// below `2^(k + 1)`. Ends with the last entry that is not zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ulps: Vec<u64>,
    /// Where values differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<Map>,
    /// Values of both sides at the same places, `[baseline, now]`: an even sample in reading order, finite numbers
    /// only, those that are equal included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<[f64; 2]>,
}

impl Picture {
    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A table or tensor seen from above, as a grid of few cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Map {
    /// What the lines of the grid stand for: `rows` of tables; of tensors, the elements along all axes but the last.
    pub lines: u64,
    /// How many lines one line of the grid holds; the last one may hold fewer.
    pub lines_per_cell: u64,
    /// What the columns of the grid are called, where they are columns of a table; empty for tensors.
    pub columns: Vec<String>,
    /// How many columns (elements along the last axis) one column of the grid holds.
    pub columns_per_cell: u64,
    /// How many values differ, by line and column of the grid.
    pub differing: Vec<Vec<u64>>,
}
