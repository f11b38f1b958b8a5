//! A sample of training rows: every k-th, so that it is the same in every run and spread over the whole file.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::exact;
use super::hash::{self, NOTHING, Value, ZERO};
use super::scan::Scan;
use super::{TableFile, source};
use crate::artifact::Error;
use crate::artifact::table::Cell;

/// Rows of a sample. A score from 20,000 rows is uncertain by less than 0.001 at 0.99.
const ROWS_MAX: usize = 20_000;

/// Cells of a sample; wide tables have fewer rows in it.
const CELLS_MAX: usize = 4_000_000;

/// Rows of which it is asked how many nearly meet them.
const MET_ROWS: usize = 200;

/// A value that is more frequent counts as if it were not: few rows differ from it.
const FREQUENCY_MAX: f64 = 0.95;

/// A cell of the sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Nothing,
    /// A number, and whether it is written or stored as an integer.
    Number(f64, bool),
    Text(String),
}

pub(super) struct Sample {
    /// Rows of the scan that were taken.
    pub(super) rows: Vec<usize>,
    /// The cells of each column.
    pub(super) columns: Vec<Vec<Held>>,
}

impl Sample {
    pub(super) fn of(file: &TableFile, scan: &Scan, names: &[String]) -> Result<Self, Error> {
        let most = ROWS_MAX.min(CELLS_MAX / names.len().max(1)).max(1);
        let step = scan.rows().div_ceil(most).max(1);
        let rows: Vec<usize> = (0..scan.rows()).step_by(step).collect();
        let mut table = source::open(file)?;
        let mut columns = vec![Vec::with_capacity(rows.len()); names.len()];
        for row in &rows {
            table.visit(scan.position(*row))?;
            for (place, column) in columns.iter_mut().enumerate() {
                column.push(Held::of(table.cell(place)));
            }
        }
        Ok(Self { rows, columns })
    }

    /// The cells of some columns as numbers.
    fn normals(&self, places: &[usize], decimals: Option<i32>) -> Vec<Vec<u64>> {
        let normals = |place: &usize| self.columns[*place].iter().map(|cell| cell.normal(decimals)).collect();
        places.iter().map(normals).collect()
    }

    /// The share of rows that can meet another by chance at most, since they must agree with it in the column whose values repeat
    /// least among rows that are no copies of each other. `all` is how many training rows there are.
    pub(super) fn repeating(&self, features: &[usize], decimals: Option<i32>, all: f64) -> f64 {
        let columns = self.normals(features, decimals);
        let row = |row: usize| -> Vec<u64> { columns.iter().map(|column| column[row]).collect() };
        let distinct: BTreeSet<Vec<u64>> = (0..self.rows.len()).map(row).collect();
        let scale = all / exact(self.rows.len().max(1) as u64);
        let least = (0..columns.len()).map(|place| {
            let values: Vec<u64> = distinct.iter().map(|row| row[place]).collect();
            let repeating: u32 = count(&values).into_values().filter(|times| *times > 1).sum();
            (f64::from(repeating) * scale + 1.0) / (exact(distinct.len() as u64) + 1.0)
        });
        least.fold(1.0, f64::min)
    }

    /// The share of rows that meet another by chance, by the rows that nearly do: see [`super::Found::nearly`]. `all` is how many
    /// training rows there are.
    pub(super) fn met_by_chance(
        &self,
        features: &[usize],
        target: Option<usize>,
        decimals: Option<i32>,
        all: f64,
    ) -> f64 {
        let columns = self.normals(features, decimals);
        let target = target.map(|place| self.normals(&[place], decimals).concat());
        let rows = self.rows.len();
        let scale = all / exact(rows.max(1) as u64) / exact(columns.len().max(1) as u64);
        let frequencies: Vec<BTreeMap<u64, u32>> = columns.iter().map(|column| count(column)).collect();
        let step = rows.div_ceil(MET_ROWS).max(1);
        let (mut met, mut tried) = (0.0, 0_u64);
        for row in (0..rows).step_by(step) {
            let others =
                (0..rows).filter(|other| target.as_ref().is_none_or(|target| target[*other] == target[row]));
            let expected: f64 = others
                .filter_map(|other| only_difference(&columns, row, other))
                .map(|place| {
                    let frequent = frequencies[place].get(&columns[place][row]).copied().unwrap_or(0);
                    let frequency = (f64::from(frequent) / exact(rows as u64)).min(FREQUENCY_MAX);
                    frequency / (1.0 - frequency)
                })
                .sum();
            met += 1.0 - (-expected * scale).exp();
            tried += 1;
        }
        met / exact(tried.max(1))
    }
}

/// The column in which two rows differ, where it is the only one.
fn only_difference(columns: &[Vec<u64>], row: usize, other: usize) -> Option<usize> {
    let mut differing = (0..columns.len()).filter(|place| columns[*place][row] != columns[*place][other]);
    let first = differing.next()?;
    differing.next().is_none().then_some(first)
}

fn count(values: &[u64]) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(*value).or_insert(0) += 1;
    }
    counts
}

impl Held {
    fn of(cell: Cell<'_>) -> Self {
        let integer = matches!(cell, Cell::Integer(_));
        match Value::of(cell) {
            Value::Nothing => Self::Nothing,
            Value::Number(value) if value.is_nan() => Self::Nothing,
            Value::Number(value) => Self::Number(value, integer),
            Value::Text(text) => match hash::number(text.trim()) {
                _ if text.trim().is_empty() => Self::Nothing,
                Some(value) if value.is_nan() => Self::Nothing,
                Some(value) => Self::Number(value, !text.contains(['.', 'e', 'E'])),
                None => Self::Text(text.trim().to_owned()),
            },
        }
    }

    /// The number by which equal values are found.
    pub(super) fn normal(&self, decimals: Option<i32>) -> u64 {
        match self {
            Self::Nothing => NOTHING,
            Self::Number(value, _) => Value::Number(*value).normal(decimals),
            Self::Text(text) => Value::Text(text.as_str().into()).normal(decimals),
        }
    }
}

/// Which rows carry values that chance does not repeat.
pub(super) struct Telling {
    decimals: Option<i32>,
    /// For each compared column in which at least half of the values are distinct: how often each value occurs.
    columns: Vec<(usize, BTreeMap<u64, u32>)>,
    /// How often each row occurs in the sample.
    rows: BTreeMap<u64, u32>,
}

impl Telling {
    /// `features` are the compared columns' places, `field` the scan's number of a row by them.
    pub(super) fn new(
        sample: &Sample,
        features: &[usize],
        scan: &Scan,
        field: usize,
        decimals: Option<i32>,
    ) -> Self {
        let rows = count(&sample.rows.iter().map(|row| scan.field(*row, field)).collect::<Vec<_>>());
        let of = |place: &usize| {
            let normals = sample.columns[*place].iter().map(|cell| cell.normal(decimals));
            let counts = count(&normals.collect::<Vec<_>>());
            // Copies of whole rows do not make a column less continuous.
            (2 * counts.len() >= rows.len()).then_some((*place, counts))
        };
        Self { decimals, columns: features.iter().filter_map(of).collect(), rows }
    }

    /// Whether a row has two values that stand in no other row but its own copies. `cell` gives the row's cell in one
    /// of the training file's columns, `number` its number by all compared columns.
    pub(super) fn tells(&self, number: u64, mut cell: impl FnMut(usize) -> u64) -> bool {
        let copies = self.rows.get(&number).copied().unwrap_or(0);
        let rare = self.columns.iter().filter(|(place, counts)| {
            let value = cell(*place);
            let seen = counts.get(&value).copied().unwrap_or(0);
            value != NOTHING && value != ZERO && seen <= copies
        });
        rare.take(2).count() == 2
    }

    pub(super) fn decimals(&self) -> Option<i32> {
        self.decimals
    }
}
