//! Columns that say nothing, or that say which row it is.

use std::collections::BTreeSet;

use super::sample::{Held, Sample};
use super::scan::{Field, scan};
use super::{Rows, TableFile, time};
use crate::artifact::Error;

/// Below this many rows, distinct values are no wonder.
const ROWS_MIN: usize = 50;

/// Longer texts, or texts of more words, are prose: distinct, but no names.
const NAME_LENGTH_MAX: usize = 64;
const NAME_WORDS_MAX: usize = 3;

/// A column that names rows though it is not declared to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdLike {
    /// The column.
    pub column: String,
    /// Whether its numbers grow (or shrink) from row to row: it counts the rows.
    pub monotone: bool,
    /// Whether it holds texts. A column of integers that do not grow may be a quantity after all.
    pub text: bool,
}

impl IdLike {
    /// Whether it is surely no feature.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.monotone || self.text
    }
}

/// Columns of the sample with one value only, confirmed on all rows.
pub(super) fn constant(
    file: &TableFile,
    rows: &Rows,
    sample: &Sample,
    candidates: &[usize],
) -> Result<Vec<usize>, Error> {
    let same = |column: &[Held]| column.windows(2).all(|pair| pair[0] == pair[1]);
    let suspects: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|place| sample.rows.len() > 1 && same(&sample.columns[*place]))
        .collect();
    let fields: Vec<Field> = suspects.iter().map(|place| Field::Key(vec![*place])).collect();
    if suspects.is_empty() {
        return Ok(suspects);
    }
    let found = scan(file, rows, &fields)?;
    let constant = |field: usize| {
        let mut values = found.all(field);
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    Ok((0..suspects.len()).filter(|field| constant(*field)).map(|field| suspects[field]).collect())
}

/// Columns of which every value is distinct and either an integer or a short text, confirmed on all rows. Dates and
/// floating-point numbers name no rows.
pub(super) fn id_like(
    file: &TableFile,
    rows: &Rows,
    sample: &Sample,
    names: &[String],
    candidates: &[usize],
) -> Result<Vec<(usize, IdLike)>, Error> {
    if sample.rows.len() < ROWS_MIN {
        return Ok(Vec::new());
    }
    let mut suspects = Vec::new();
    for place in candidates {
        if let Some((monotone, text)) = names_rows(&sample.columns[*place]) {
            suspects.push((*place, IdLike { column: names[*place].clone(), monotone, text }));
        }
    }
    if suspects.is_empty() {
        return Ok(suspects);
    }
    let fields: Vec<Field> = suspects.iter().map(|(place, _)| Field::Key(vec![*place])).collect();
    let found = scan(file, rows, &fields)?;
    let mut field = 0;
    suspects.retain(|_| {
        let mut values: Vec<u64> = found.all(field).collect();
        field += 1;
        values.sort_unstable();
        values.windows(2).all(|pair| pair[0] != pair[1])
    });
    Ok(suspects)
}

/// Whether the values could name rows: whether they are monotone, and whether they are texts.
fn names_rows(column: &[Held]) -> Option<(bool, bool)> {
    let name = |text: &str| {
        let words = text.split_whitespace().count();
        text.len() <= NAME_LENGTH_MAX && words <= NAME_WORDS_MAX && !time::is_date(text)
    };
    let fits = column.iter().all(|cell| match cell {
        Held::Nothing | Held::Number(_, false) => false,
        Held::Number(_, true) => true,
        Held::Text(text) => name(text),
    });
    let distinct: BTreeSet<u64> = column.iter().map(|cell| cell.normal(None)).collect();
    if !fits || distinct.len() < column.len() {
        return None;
    }
    let numbers: Vec<f64> = column
        .iter()
        .filter_map(|cell| if let Held::Number(value, _) = cell { Some(*value) } else { None })
        .collect();
    let all = numbers.len() == column.len();
    let grows = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let shrinks = numbers.windows(2).all(|pair| pair[0] > pair[1]);
    Some((all && (grows || shrinks), !all))
}
