//! The cells of one column, as far as distributions need them.

use std::collections::BTreeMap;

use crate::artifact::number::{self, Written};
use crate::artifact::table::Cell;

/// A column with more different texts than this has no categories.
pub const TEXTS_MAX: usize = 100_000;

/// The cells of one column. The order of rows is not kept, so that it can decide nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Cells that are numbers; -0 is 0. Sorted by [`Sample::sort`].
    pub numbers: Vec<f64>,
    /// Whether a number has a point or an exponent, or is a float by its type.
    pub floats: bool,
    /// Cells that are something else, with how often each stands there; none where there are too many.
    pub texts: BTreeMap<Box<str>, u64>,
    /// How many cells are something else.
    pub text_cells: u64,
    /// Whether there are more than [`TEXTS_MAX`] different texts; then their cells are counted, and no text is kept: which
    /// ones came first depends on the parts in which a file is read.
    pub too_many: bool,
    /// Cells without a value: null, empty, blank, or NaN.
    pub missing: u64,
}

impl Sample {
    /// A sample of numbers; NaN is missing.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Self {
        let mut sample = Self { floats: true, ..Self::default() };
        for value in numbers {
            sample.number(*value);
        }
        sample.sort();
        sample
    }

    /// A sample of categories; an empty one is missing.
    #[must_use]
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut sample = Self::default();
        for text in texts {
            sample.cell(&Cell::Text(text));
        }
        sample
    }

    /// Adds a cell.
    pub(crate) fn cell(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Null => self.missing += 1,
            Cell::Written(text) => self.written(text),
            Cell::Text(text) => self.text(text),
            #[expect(
                clippy::cast_precision_loss,
                reason = "ranks and bins of integers beyond 2^53 may fall together"
            )]
            Cell::Integer(value) => self.number(*value as f64),
            Cell::Single(value) => self.float(f64::from(*value)),
            Cell::Double(value) => self.float(*value),
            Cell::Bool(value) => self.text(if *value { "true" } else { "false" }),
            Cell::Other(text) => self.text(text),
        }
    }

    /// Adds a cell as it stands in a text file.
    pub(crate) fn written(&mut self, text: &str) {
        match number::written(text) {
            Written::Float(value) => self.float(value),
            Written::Integer => self.number(text.parse().unwrap_or(f64::NAN)),
            Written::Text => match text.trim() {
                trimmed if trimmed.len() != text.len() && number::is_number(trimmed) => self.written(trimmed),
                _ => self.text(text),
            },
        }
    }

    fn float(&mut self, value: f64) {
        self.floats |= !value.is_nan();
        self.number(value);
    }

    fn number(&mut self, value: f64) {
        if value.is_nan() {
            self.missing += 1;
        } else {
            // The sign of zero is no other value.
            self.numbers.push(value + 0.0);
        }
    }

    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            self.missing += 1;
            return;
        }
        self.text_cells += 1;
        self.count(text, 1);
    }

    fn count(&mut self, text: &str, rows: u64) {
        if self.too_many {
            return;
        }
        if let Some(count) = self.texts.get_mut(text) {
            *count += rows;
        } else if self.texts.len() < TEXTS_MAX {
            self.texts.insert(text.into(), rows);
        } else {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.too_many = true;
        self.texts.clear();
    }

    /// Adds the cells of further rows.
    pub fn append(&mut self, mut other: Self) {
        if self.numbers.is_empty() {
            self.numbers = other.numbers;
        } else {
            self.numbers.append(&mut other.numbers);
        }
        self.floats |= other.floats;
        self.text_cells += other.text_cells;
        self.missing += other.missing;
        if other.too_many {
            self.forget();
        }
        for (text, rows) in &other.texts {
            self.count(text, *rows);
        }
    }

    /// Sorts the numbers.
    pub fn sort(&mut self) {
        self.numbers.sort_unstable_by(f64::total_cmp);
    }

    /// Cells that hold something.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.numbers.len() as u64 + self.text_cells
    }

    /// All cells.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.present() + self.missing
    }

    /// The part of the cells that hold something in which it is no number; 0 where none does.
    #[must_use]
    pub fn text_share(&self) -> f64 {
        super::exact(self.text_cells) / super::exact(self.present().max(1))
    }
}
