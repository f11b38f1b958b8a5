//! What a table holds, in numbers: types, missing and distinct values, ranges, classes, duplicates.
//!
//! A table is read once. Memory is bounded: distinct values and rows are counted by 128-bit hashes, up to the limits
//! below; what lies beyond is said in the result.

mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash as _;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Format;
use super::error::{Error, Origin};
use super::open;
use super::table::{self, Cell, Hashers, Table};
use value::{missing, read};

pub use value::Kind;

/// Larger files are not described: 256 MiB.
pub const BYTES_MAX: u64 = 256 << 20;
/// Columns that are described; the rest are counted.
pub const COLUMNS_MAX: usize = 500;
/// Distinct values that are counted in one column, and in all columns together (16 bytes each).
pub const DISTINCT_MAX: usize = 100_000;
const DISTINCT_ALL_MAX: usize = 4_000_000;
/// Rows among which duplicates are looked for (16 bytes each).
pub const ROWS_MAX: usize = 5_000_000;
/// Classes that are listed; a column with more is no list of classes.
pub const CLASSES_MAX: usize = 50;

/// What a table holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// Rows below the header.
    pub rows: u64,
    /// The first columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Columns that are not described because there are more than 500.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub columns_left_out: u64,
    /// Rows that repeat an earlier row cell by cell; absent where there are more rows than are compared (5 million).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_rows: Option<u64>,
    /// Rows that repeat the id of an earlier row; absent without declared ids, or as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_ids: Option<u64>,
    /// How many rows each class of the target has, by class; empty without a target, or where it has more than 50
    /// values. Missing values are no class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, u64>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The narrowest type that all its values have.
    pub kind: Kind,
    /// Missing values by how they are written: an empty text, `NA`, `NaN`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, u64>,
    /// Distinct values, missing ones not counted.
    pub distinct: u64,
    /// Whether there are more than were counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub distinct_at_least: bool,
    /// Of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
}

/// The values of a column of numbers. Infinite ones are counted and left out of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The mean; absent where the sum is too large for a double.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Infinite values.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub infinite: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Describes a table. `id` and `target` are declared columns.
///
/// # Errors
/// When the file is larger than [`BYTES_MAX`], cannot be read, or is malformed anywhere.
pub fn describe(
    path: &Path,
    format: Format,
    id: &[String],
    target: Option<&str>,
) -> Result<Description, Error> {
    let origin = Origin::new(path, format);
    let length = open::length(&open::regular(path)?, path)?;
    origin.fits("the file", length, BYTES_MAX)?;
    let mut table = table::open(&origin)?;
    let names = table.columns().to_vec();
    let place = |name: &str| names.iter().position(|column| column == name);
    let mut walk = Walk {
        columns: names.iter().take(COLUMNS_MAX).map(|_| Tally::default()).collect(),
        days: (0..names.len().min(COLUMNS_MAX)).map(|place| is_date_type(table.as_ref(), place)).collect(),
        width: names.len(),
        limit: DISTINCT_MAX.min(DISTINCT_ALL_MAX / names.len().clamp(1, COLUMNS_MAX)),
        id: id.iter().filter_map(|name| place(name)).collect(),
        target: target.and_then(place),
        classes: Some(BTreeMap::new()),
        rows: 0,
        row_hashes: Vec::new(),
        id_hashes: Vec::new(),
    };
    while table.advance()? {
        walk.row(table.as_mut());
    }
    Ok(walk.finish(names))
}

/// Whether a file with types says that a column holds days or moments.
fn is_date_type(table: &dyn Table, column: usize) -> bool {
    table.column_type(column).is_some_and(|name| name.contains("Date") || name.contains("Timestamp"))
}

struct Walk {
    columns: Vec<Tally>,
    /// Which columns hold days by the file's own word.
    days: Vec<bool>,
    width: usize,
    limit: usize,
    id: Vec<usize>,
    target: Option<usize>,
    /// `None` once there are too many.
    classes: Option<BTreeMap<String, u64>>,
    rows: u64,
    row_hashes: Vec<u128>,
    id_hashes: Vec<u128>,
}

#[derive(Default)]
struct Tally {
    kind: Option<Kind>,
    missing: BTreeMap<String, u64>,
    distinct: BTreeSet<u128>,
    more: bool,
    min: Option<f64>,
    max: Option<f64>,
    sum: Sum,
    count: u64,
    infinite: u64,
}

/// A sum that does not lose what is small (Neumaier 1974).
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let new = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - new) + value } else { (value - new) + self.sum };
        self.sum = new;
    }
}

impl Walk {
    fn row(&mut self, table: &mut dyn Table) {
        self.rows += 1;
        let mut whole = Hashers::new();
        for place in 0..self.width {
            let cell = table.cell(place);
            cell.hash(&mut whole);
            if let Some(tally) = self.columns.get_mut(place) {
                tally.add(&cell, self.days[place], self.limit);
            }
        }
        if let Some(target) = self.target {
            self.class(&table.cell(target));
        }
        if self.rows <= ROWS_MAX as u64 {
            self.row_hashes.push(whole.join());
            if !self.id.is_empty() {
                let id = Hashers::of(|hasher| {
                    for place in &self.id {
                        table.cell(*place).key().hash(hasher);
                    }
                });
                self.id_hashes.push(id);
            }
        }
    }

    fn class(&mut self, cell: &Cell<'_>) {
        let Some(classes) = &mut self.classes else { return };
        if missing(cell).is_none() {
            *classes.entry(cell.key()).or_default() += 1;
            if classes.len() > CLASSES_MAX {
                self.classes = None;
            }
        }
    }

    fn finish(self, names: Vec<String>) -> Description {
        let left_out = names.len() - self.columns.len();
        let all = self.rows <= ROWS_MAX as u64;
        let columns = names.into_iter().zip(self.columns).map(|(name, tally)| tally.finish(name));
        Description {
            rows: self.rows,
            columns: columns.collect(),
            columns_left_out: left_out as u64,
            duplicate_rows: all.then(|| repeated(self.row_hashes)),
            duplicate_ids: (all && !self.id.is_empty()).then(|| repeated(self.id_hashes)),
            classes: self.classes.filter(|_| self.target.is_some()).unwrap_or_default(),
        }
    }
}

/// How many hashes repeat another one.
fn repeated(mut hashes: Vec<u128>) -> u64 {
    let all = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    (all - hashes.len()) as u64
}

impl Tally {
    fn add(&mut self, cell: &Cell<'_>, day: bool, limit: usize) {
        if let Some(spelling) = missing(cell) {
            *self.missing.entry(spelling).or_default() += 1;
            return;
        }
        let (kind, value) = read(cell);
        let kind = if day { Kind::Date } else { kind };
        self.kind = Some(self.kind.unwrap_or(Kind::Empty).with(kind));
        if let Some(value) = value.filter(|_| !day) {
            self.number(value);
        }
        if self.distinct.len() < limit {
            self.distinct.insert(Hashers::of(|hasher| cell.hash(hasher)));
        } else if !self.more {
            self.more = !self.distinct.contains(&Hashers::of(|hasher| cell.hash(hasher)));
        }
    }

    fn number(&mut self, value: f64) {
        if value.is_infinite() {
            self.infinite += 1;
            return;
        }
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.max = Some(self.max.map_or(value, |max| max.max(value)));
        self.sum.add(value);
        self.count += 1;
    }

    fn finish(self, name: String) -> Column {
        let kind = self.kind.unwrap_or(Kind::Empty);
        let is_number = matches!(kind, Kind::Integer | Kind::Number);
        let mean = (self.sum.sum + self.sum.lost) / exact(self.count);
        let numbers = self.min.zip(self.max).filter(|_| is_number).map(|(min, max)| Numbers {
            min,
            max,
            mean: Some(mean).filter(|mean| mean.is_finite()),
            infinite: self.infinite,
        });
        Column {
            name,
            kind,
            missing: self.missing,
            distinct: self.distinct.len() as u64,
            distinct_at_least: self.more,
            numbers,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no file of 256 MiB has 2^53 rows")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
