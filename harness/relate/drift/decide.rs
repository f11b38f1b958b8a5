//! Which columns have drifted.

use std::cmp::Reverse;

use super::{Column, Limits, MODERATE, Shift, holm};

/// Decides all columns that were compared, of one pair of tables or of several: they are one family of tests.
pub fn decide<'a>(columns: impl IntoIterator<Item = &'a mut Column>, limits: &Limits) {
    let mut family: Vec<&mut Column> = Vec::new();
    for column in columns {
        // What was retyped needs no test, but rows.
        if column.shift == Shift::NotDecided || few_rows(column, limits) {
            column.shift = Shift::NotDecided;
        } else if column.shift == Shift::Stable && (column.test.is_some() || column.missing_p.is_some()) {
            // A column without a test, such as one of a single value, must not make the others' tests stricter.
            family.push(column);
        }
    }
    let p: Vec<f64> = family.iter().map(|column| column.p).collect();
    for (column, corrected) in family.into_iter().zip(holm::corrected(&p)) {
        column.corrected = corrected;
        judge(column, limits);
    }
}

/// The columns in the order in which people want to read them: the drifted ones first, among them those that drifted by
/// more than their index, then by the index.
#[must_use]
pub fn worst_first(columns: &[Column]) -> Vec<&Column> {
    let mut order: Vec<&Column> = columns.iter().collect();
    order.sort_by(|left, right| {
        (left.shift, Reverse(left.why.is_some()))
            .cmp(&(right.shift, Reverse(right.why.is_some())))
            .then(right.psi.total_cmp(&left.psi))
    });
    order
}

fn few_rows(column: &mut Column, limits: &Limits) -> bool {
    let present = column.reference.rows - column.reference.missing - column.reference.no_numbers;
    let few = present < limits.rows || column.current.rows < limits.rows;
    if few {
        column.retyped = false;
        let rows = column.current.rows;
        column.why =
            Some(format!("{present} values against {rows} rows, at least {} are asked for", limits.rows));
    }
    few
}

fn judge(column: &mut Column, limits: &Limits) {
    let significant = column.corrected < limits.level;
    let sigmas = column.means.and_then(|means| means.sigmas).unwrap_or(0.0);
    let large = column.psi >= limits.psi;
    let no_accident = column.psi > column.chance;
    if significant && large && no_accident {
        column.shift = Shift::Drifted;
    } else if significant && sigmas > limits.sigma {
        column.shift = Shift::Drifted;
        column.why = Some(format!("the mean moved by {sigmas:.1} standard deviations"));
    } else if large && !no_accident {
        column.shift = Shift::NotDecided;
        column.why = Some(format!("with so few rows chance alone reaches a PSI of {:.2}", column.chance));
    } else if column.psi >= MODERATE && no_accident && significant || large {
        column.shift = Shift::Moderate;
    }
}
