//! A sample of training rows: every k-th, so that it is the same in every run and spread over the whole file.

use std::collections::BTreeMap;

use super::hash::{self, NOTHING, Value, ZERO};
use super::scan::Scan;
use super::{TableFile, source};
use crate::artifact::Error;
use crate::artifact::table::Cell;

/// Rows of a sample. A score from 20,000 rows is uncertain by less than 0.001 at 0.99.
const ROWS_MAX: usize = 20_000;

/// Cells of a sample; wide tables have fewer rows in it.
const CELLS_MAX: usize = 4_000_000;

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
        let count = |values: &mut dyn Iterator<Item = u64>| {
            let mut counts = BTreeMap::new();
            values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
            counts
        };
        let rows = count(&mut sample.rows.iter().map(|row| scan.field(*row, field)));
        let of = |place: &usize| {
            let counts = count(&mut sample.columns[*place].iter().map(|cell| cell.normal(decimals)));
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
