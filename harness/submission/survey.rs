//! One pass over a file: everything about its bytes, rows, ids and values that the checks ask about, in bounded memory.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::cell::{self, KINDS, Kind};
use super::scan::{End, Row};
use super::source::is_filler;

/// Bytes of a value that are kept to be shown.
const VALUE_KEPT: usize = 200;

/// How far a sum may be from one for rows that seem to be meant as probabilities.
const NEAR_ONE: f64 = 1e-3;

/// How far it must be from one for a row that seems not to be.
const FAR_FROM_ONE: f64 = 1e-2;

/// How often something was seen, and where first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) line: u64,
    pub(super) value: Vec<u8>,
}

impl Seen {
    pub(super) fn add(&mut self, line: u64, value: &[u8]) {
        if self.count == 0 {
            self.line = line;
            self.value = value[..value.len().min(VALUE_KEPT)].to_vec();
        }
        self.count += 1;
    }

    /// The value as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// What is asked of the cells of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Check {
    /// Whether the column's values are looked at.
    pub(super) watched: bool,
    pub(super) range: Option<(f64, f64)>,
    pub(super) labels: bool,
    pub(super) decimals: Option<usize>,
    /// Whether it belongs to the columns that sum to one.
    pub(super) summed: bool,
}

/// What is known before the first row is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// How many fields a row has.
    pub(super) width: usize,
    /// The columns that identify a row.
    pub(super) ids: Vec<usize>,
    /// What is asked of each column.
    pub(super) checks: Vec<Check>,
    /// Texts that a cell with declared labels may be.
    pub(super) labels: Vec<Vec<u8>>,
    /// Spellings of a missing value that are allowed.
    pub(super) nulls: Vec<Vec<u8>>,
    /// How far a sum may be from one.
    pub(super) tolerance: f64,
    /// How many columns hold predictions.
    pub(super) predictions: usize,
    /// Whether the first column may be one that numbers the rows.
    pub(super) numbered: bool,
}

/// What was seen in one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tally {
    /// By [`Kind`].
    pub(super) kinds: [Seen; KINDS],
    pub(super) padded: Seen,
    pub(super) out_of_range: Seen,
    pub(super) no_label: Seen,
    pub(super) decimals: Seen,
    /// `nan` and the like, in texts.
    pub(super) leftover: Seen,
    /// The first cell, and whether all others are the same.
    pub(super) first: Option<Vec<u8>>,
    pub(super) constant: bool,
    /// Whether a number has a fraction.
    pub(super) fraction: bool,
    /// Whether a text has a blank inside.
    pub(super) spaced: bool,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            kinds: Default::default(),
            padded: Seen::default(),
            out_of_range: Seen::default(),
            no_label: Seen::default(),
            decimals: Seen::default(),
            leftover: Seen::default(),
            first: None,
            constant: true,
            fraction: false,
            spaced: false,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        }
    }
}

impl Tally {
    pub(super) fn kind(&self, kind: Kind) -> &Seen {
        &self.kinds[kind as usize]
    }

    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.kind(kind).count
    }

    /// Takes in a cell and returns its value, if it is a number.
    fn add(&mut self, line: u64, text: &[u8], check: &Check, layout: &Layout) -> Option<f64> {
        let cell = cell::read(text);
        if cell.kind != Kind::Number && layout.nulls.iter().any(|null| null == text) {
            return None;
        }
        // NUL bytes are a problem of their own, which needs no follower.
        if cell.kind == Kind::Text && text.contains(&0) {
            return None;
        }
        let sort = &mut self.kinds[cell.kind as usize];
        // What is good needs no place, and most cells are good.
        if cell.kind == Kind::Number {
            sort.count += 1;
        } else {
            sort.add(line, text);
        }
        if cell.padded {
            self.padded.add(line, text);
        }
        match &self.first {
            None => self.first = Some(text.to_vec()),
            Some(first) if self.constant => self.constant = first == text,
            Some(_) => {}
        }
        if check.labels && !is_label(text, cell.value, &layout.labels) {
            self.no_label.add(line, text);
        }
        match cell.kind {
            Kind::Number | Kind::Comma => {
                self.number(line, text, cell.value, check);
                Some(cell.value)
            }
            Kind::Text | Kind::Null | Kind::NotFinite => {
                self.spaced |= text.trim_ascii().contains(&b' ');
                if cell::is_leftover(text) {
                    self.leftover.add(line, text);
                }
                None
            }
            Kind::Empty | Kind::List => None,
        }
    }

    fn number(&mut self, line: u64, text: &[u8], value: f64, check: &Check) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        self.fraction |= value.fract() != 0.0;
        if check.range.is_some_and(|(low, high)| value < low || value > high) {
            self.out_of_range.add(line, text);
        }
        if let Some(decimals) = check.decimals {
            let shape = cell::shape(text.trim_ascii(), b'.');
            let found = shape.filter(|shape| !shape.exponent).map(|shape| shape.decimals);
            if found != Some((decimals > 0).then_some(decimals)) {
                self.decimals.add(line, text);
            }
        }
    }
}

/// Whether a text is an allowed label, or the same number as one.
fn is_label(text: &[u8], value: f64, labels: &[Vec<u8>]) -> bool {
    labels.iter().any(|label| label == text)
        || !value.is_nan()
            && labels.iter().any(|label| cell::read(label).value.partial_cmp(&value) == Some(Ordering::Equal))
}

/// Ids as they come, compared with those that are expected: as long as both are the same, none is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids<'a> {
    expected: &'a [u64],
    pub(super) matching: usize,
    /// What came from the first difference on: eight bytes for each row.
    pub(super) rest: Vec<u64>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(expected: &'a [u64]) -> Self {
        Self { expected, matching: 0, rest: Vec::new() }
    }

    /// All marks, in the order of the rows.
    pub(super) fn marks(&self) -> impl Iterator<Item = u64> {
        self.expected[..self.matching].iter().chain(&self.rest).copied()
    }

    fn push(&mut self, id: u64) {
        if self.rest.is_empty() && self.expected.get(self.matching) == Some(&id) {
            self.matching += 1;
        } else {
            self.rest.push(id);
        }
    }
}

/// A 64-bit mark of a row's id. Two of a million ids share one with a probability of 3e-8; what is said about ids is
/// said after reading them again.
pub(super) fn mark(row: &Row<'_>, ids: &[usize]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for id in ids {
        row.field(*id).hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether ids ascend, as numbers or as texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Ascent {
    last: Vec<Vec<u8>>,
    pub(super) text_breaks: Seen,
    pub(super) number_breaks: Seen,
}

impl Ascent {
    fn push(&mut self, row: &Row<'_>, ids: &[usize]) {
        let now: Vec<Vec<u8>> = ids.iter().map(|id| row.field(*id).into_owned()).collect();
        if !self.last.is_empty() {
            let shown = now.first().map_or(&[][..], Vec::as_slice);
            if now < self.last {
                self.text_breaks.add(row.line, shown);
            }
            let numbers =
                |texts: &[Vec<u8>]| -> Vec<f64> { texts.iter().map(|text| cell::read(text).value).collect() };
            let (left, right) = (numbers(&self.last), numbers(&now));
            // What is no number compares with nothing, which counts as a break.
            if !matches!(left.partial_cmp(&right), Some(order) if order.is_le()) {
                self.number_breaks.add(row.line, shown);
            }
        }
        self.last = now;
    }
}

/// Whether a row begins with its own number, counted from 0 or from 1.
fn counts(row: &Row<'_>, before: u64) -> bool {
    let text = row.field(0);
    let number = std::str::from_utf8(&text).ok().and_then(|text| text.parse::<u64>().ok());
    number.is_some_and(|number| number == before || number == before + 1)
}

/// Everything that one pass saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey<'a> {
    pub(super) rows: u64,
    /// Line ends: `\n`, `\r\n`, `\r`, `\r\r\n`.
    pub(super) ends: [Seen; 4],
    /// Whether the last line has an end.
    pub(super) ended: bool,
    /// Blank lines before the end of the file.
    pub(super) blank: Seen,
    /// Empty lines at the end of the file.
    pub(super) surplus: Seen,
    pub(super) trailing: Seen,
    pub(super) ragged: Seen,
    /// How many fields the first ragged row has.
    pub(super) ragged_width: usize,
    /// Ragged rows that would be none if their numbers had a point instead of a comma.
    pub(super) comma_rows: Seen,
    /// Ragged rows that begin with their own number and have one field too many.
    pub(super) numbered_rows: Seen,
    pub(super) stray: Seen,
    pub(super) nul: Seen,
    pub(super) garbled: Seen,
    /// A quote that is never closed, or a line beyond the limit: nothing after it was read.
    pub(super) unclosed: Option<u64>,
    pub(super) too_long: Option<u64>,
    pub(super) columns: Vec<Tally>,
    /// How often the first cell is the number of its row, counted from 0 or from 1.
    pub(super) counts_up: u64,
    pub(super) ids: Ids<'a>,
    pub(super) ascent: Option<Ascent>,
    /// Rows whose declared columns do not sum to one.
    pub(super) sums: Seen,
    pub(super) near_one: u64,
    pub(super) far_from_one: Seen,
    /// Blank lines of which it is not known yet whether they stand at the end.
    waiting: Vec<u64>,
    waiting_count: u64,
}

impl<'a> Survey<'a> {
    pub(super) fn new(layout: &Layout, expected: &'a [u64], by_id: bool) -> Self {
        Self {
            columns: vec![Tally::default(); layout.checks.len()],
            ids: Ids::new(expected),
            ascent: by_id.then(Ascent::default),
            ..Self::default()
        }
    }

    /// Takes in a record. `data` says whether it can be a row; a header is none.
    pub(super) fn record(&mut self, row: &Row<'_>, layout: &Layout, data: bool) {
        self.bytes(row);
        if row.bytes.is_empty() && row.end != End::File {
            self.wait(row.line);
            return;
        }
        self.settle();
        if is_filler(row) {
            self.blank.add(row.line, row.bytes);
        } else if data && self.unclosed.is_none() && self.too_long.is_none() {
            self.row(row, layout);
        }
    }

    fn bytes(&mut self, row: &Row<'_>) {
        let place = match row.end {
            End::Lf => Some(0),
            End::Crlf => Some(1),
            End::Cr => Some(2),
            End::CrCrLf => Some(3),
            End::File => None,
        };
        self.ended = place.is_some();
        if let Some(place) = place {
            self.ends[place].add(row.line, &[]);
        }
        if row.flaws == super::scan::Flaws::default() {
            return;
        }
        if row.flaws.stray {
            self.stray.add(row.line, row.bytes);
        }
        if row.flaws.garbled {
            self.garbled.add(row.line, row.bytes);
        }
        if row.flaws.nuls > 0 {
            self.nul.add(row.line, row.bytes);
            self.nul.count += row.flaws.nuls - 1;
        }
        if row.flaws.long {
            self.too_long = Some(row.line);
        }
        if row.flaws.unclosed {
            self.unclosed = Some(row.line);
        }
    }

    fn wait(&mut self, line: u64) {
        if self.waiting.is_empty() {
            self.waiting.push(line);
        }
        self.waiting_count += 1;
    }

    /// The blank lines that wait are followed by something.
    fn settle(&mut self) {
        if let Some(line) = self.waiting.pop() {
            self.blank.add(line, &[]);
            self.blank.count += std::mem::take(&mut self.waiting_count) - 1;
        }
    }

    /// The file has ended.
    pub(super) fn finish(&mut self) {
        if let Some(line) = self.waiting.pop() {
            self.surplus.add(line, &[]);
            self.surplus.count = std::mem::take(&mut self.waiting_count);
        }
    }

    fn row(&mut self, row: &Row<'_>, layout: &Layout) {
        if !layout.ids.is_empty() && layout.ids.iter().all(|id| *id < row.width()) {
            self.ids.push(mark(row, &layout.ids));
            if let Some(ascent) = &mut self.ascent {
                ascent.push(row, &layout.ids);
            }
        }
        let width = row.width();
        let counted = (layout.numbered || width == layout.width + 1) && counts(row, self.rows);
        self.counts_up += u64::from(counted);
        self.rows += 1;
        if width == layout.width {
            self.cells(row, layout);
        } else if width == layout.width + 1 && row.field(width - 1).is_empty() {
            self.trailing.add(row.line, row.bytes);
            self.cells(row, layout);
        } else {
            self.ragged(row, layout, counted);
        }
    }

    fn ragged(&mut self, row: &Row<'_>, layout: &Layout, counted: bool) {
        if self.ragged.count == 0 {
            self.ragged_width = row.width();
        }
        self.ragged.add(row.line, row.bytes);
        let ids = layout.width - layout.predictions.min(layout.width);
        let digits = |place: usize| {
            let text = row.field(place);
            !text.is_empty()
                && text.iter().enumerate().all(|(at, byte)| byte.is_ascii_digit() || at == 0 && *byte == b'-')
        };
        if row.width() == layout.width + layout.predictions && (ids..row.width()).all(digits) {
            self.comma_rows.add(row.line, row.bytes);
        }
        if row.width() == layout.width + 1 && counted {
            self.numbered_rows.add(row.line, row.bytes);
        }
    }

    fn cells(&mut self, row: &Row<'_>, layout: &Layout) {
        let (mut sum, mut summed, mut fraction) = (0.0, true, false);
        let (mut declared, mut declared_sum) = (false, 0.0);
        for (place, (check, tally)) in layout.checks.iter().zip(&mut self.columns).enumerate() {
            if !check.watched {
                continue;
            }
            let value = tally.add(row.line, &row.field(place), check, layout);
            summed &= value.is_some_and(|value| (0.0..=1.0).contains(&value));
            sum += value.unwrap_or(0.0);
            fraction |= value.is_some_and(|value| value.fract() != 0.0);
            if check.summed {
                declared = true;
                declared_sum += value.unwrap_or(0.0);
            }
        }
        if declared && (declared_sum - 1.0_f64).abs() > layout.tolerance {
            self.sums.add(row.line, format!("{declared_sum}").as_bytes());
        }
        // Zeros and ones are as likely several labels of one row as probabilities.
        if summed && fraction && layout.predictions > 1 {
            let off = (sum - 1.0_f64).abs();
            self.near_one += u64::from(off <= NEAR_ONE);
            if off > FAR_FROM_ONE {
                self.far_from_one.add(row.line, format!("{sum}").as_bytes());
            }
        }
    }
}
