//! Plans `overlap`: nothing is run, tables are read.

use super::{Planner, Scenario};
use crate::artifact::Format;
use crate::case::{Case, Data, Split, marks_held_out};
use crate::vary::data;

/// See the module.
pub(super) struct Overlap;

/// Rows of a table of the case, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Declared data, or an output.
    pub name: String,
    /// Which of its rows.
    pub rows: Which,
}

/// Which rows of a table are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// By its declared split: those that are held out, or the others.
    Split {
        /// Whether those that are held out are meant.
        held_out: bool,
    },
}

/// The tables that are compared: with training rows, and with held-out rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// Training rows.
    pub train: Vec<Side>,
    /// Held-out rows.
    pub test: Vec<Side>,
}

impl Planner for Overlap {
    fn audit(&self) -> &'static str {
        "overlap"
    }

    fn first(&self, case: &Case) -> Result<Vec<Scenario>, String> {
        sides(case).map(|_| Vec::new())
    }
}

/// The tables that are compared, as the case says it under `[audit.overlap]` or by what is declared as held out.
///
/// # Errors
/// What to declare, where one of the two sides is not known.
pub fn sides(case: &Case) -> Result<Sides, String> {
    let wish = &case.audits.wishes.overlap;
    let named = |names: &[String], held_out| names.iter().map(|name| side(case, name, held_out)).collect();
    let mut sides = Sides { train: named(&wish.train, false), test: named(&wish.test, true) };
    let tables = || case.data.iter().filter(|(_, data)| has_rows(data.format));
    if sides.train.is_empty() {
        let train = tables().filter(|(_, data)| !data.held_out && !matches!(data.split, Some(Split::Inside)));
        sides.train = train.map(|(name, _)| side(case, name, false)).collect();
    }
    if sides.test.is_empty() {
        let split = |split: &Option<Split>| matches!(split, Some(Split::Column { .. } | Split::Output(_)));
        let test = tables().filter(|(_, data)| data.held_out || split(&data.split));
        sides.test = test.map(|(name, _)| side(case, name, true)).collect();
    }
    let missing = match (sides.train.is_empty(), sides.test.is_empty()) {
        (false, false) => return Ok(sides),
        (true, false) => "no table of training rows is declared",
        (false, true) => "no table of held-out rows is declared",
        (true, true) => "no tables of training and held-out rows are declared",
    };
    Err(format!(
        "{missing}: set `held-out = true` or `split = {{ column = \"…\" }}` for data, or name data or outputs under \
         `[audit.overlap]`: train = \"…\", test = \"…\""
    ))
}

/// Rows of a table that has a name, with or without the held-out ones where it is split.
#[must_use]
pub fn side(case: &Case, name: &str, held_out: bool) -> Side {
    let split = case.data.get(name).and_then(|data| data.split.as_ref());
    let rows = match split {
        Some(Split::Column { .. } | Split::Output(_)) => Which::Split { held_out },
        Some(Split::Inside) | None => Which::All,
    };
    Side { name: name.to_owned(), rows }
}

/// The values of a split column that mark held-out rows, as they stand in the file.
///
/// # Errors
/// When the file cannot be read, or has no such column.
pub fn held_out_values(data: &Data, column: &str, declared: &[String]) -> Result<Vec<String>, data::Error> {
    let mut values = data::column(&data.source(data.path.clone()), column)?;
    values.sort();
    values.dedup();
    values.retain(|value| marks_held_out(value, declared));
    Ok(values)
}

/// Whether files of this format hold rows that can be compared.
fn has_rows(format: Format) -> bool {
    format.is_table() || matches!(format, Format::Jsonl | Format::Npy | Format::Npz)
}
