//! What kind of column it is, by all of its cells.

use std::collections::{BTreeMap, BTreeSet};

use super::sheet::{Class, Sheet, Value};
use super::style;

/// Whole numbers with at most so many different values are classes.
const NUMBER_LEVELS_MAX: usize = 12;

/// Texts with at most so many different values are categories.
const TEXT_LEVELS_MAX: usize = 64;

/// Ranges up to this size are looked at for being used as an index: 65,536 values.
const INDEX_RANGE_MAX: i128 = 1 << 16;

/// Ranges within which non-negative whole numbers are taken for an index whatever they are: those of a byte.
const BYTE_MAX: i128 = 255;

/// A column, or a pool of columns that are judged together.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) kind: Kind,
    /// A cell without a value, if there is one: its row and field.
    pub(super) blank: Option<(usize, usize)>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing that could be changed.
    Nothing,
    Float(Spread),
    Integer {
        spread: Spread,
        low: i128,
        high: i128,
        floor: i128,
        ceiling: i128,
        index: bool,
    },
    /// Few different values, sorted: categories and classes.
    Levels {
        names: Vec<String>,
        examples: Vec<(usize, usize)>,
        texts: bool,
    },
    /// ISO dates and times.
    Times,
    /// Points in time of which so many make a day.
    Days(i128),
    Text,
}

/// Where the numbers of a column lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) mean: f64,
    /// Standard deviation, or the size of the numbers where they are all the same.
    pub(super) deviation: f64,
    /// Whether all are whole numbers.
    pub(super) whole: bool,
    /// Largest magnitude that the type can hold.
    pub(super) limit: f64,
}

/// What is gathered in one pass over the cells.
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own to every cell")]
struct Survey {
    filled: usize,
    blank: Option<(usize, usize)>,
    levels: BTreeMap<String, (usize, usize)>,
    many_levels: bool,
    numbers: bool,
    integers: bool,
    times: bool,
    texts: bool,
    opaque: bool,
    low: f64,
    high: f64,
    smallest: i128,
    largest: i128,
    mean: f64,
    squares: f64,
    whole: bool,
}

impl Survey {
    fn new() -> Self {
        Self {
            filled: 0,
            blank: None,
            levels: BTreeMap::new(),
            many_levels: false,
            numbers: true,
            integers: true,
            times: true,
            texts: false,
            opaque: false,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            smallest: i128::MAX,
            largest: i128::MIN,
            mean: 0.0,
            squares: 0.0,
            whole: true,
        }
    }

    fn see(&mut self, value: Value<'_>, row: usize, field: usize) {
        if value.is_blank() {
            self.blank = self.blank.or(Some((row, field)));
            return;
        }
        self.filled += 1;
        match &value {
            Value::Written(text) => {
                let number = style::number(text);
                self.number(number, number.and_then(|_| style::integer(text)));
                self.times &= number.is_none() && style::is_time(text);
                self.texts |= number.is_none();
            }
            Value::Text(text) => {
                self.number(None, None);
                self.times &= style::is_time(text);
                self.texts = true;
            }
            Value::Integer(value) => self.number(Some(as_float(*value)), Some(*value)),
            Value::Single(value) => self.number(Some(f64::from(*value)), None),
            Value::Double(value) => self.number(Some(*value), None),
            Value::Bool(_) => self.number(None, None),
            Value::Opaque(_) | Value::Null => self.opaque = true,
        }
        if !self.many_levels {
            self.levels.entry(value.into_text()).or_insert((row, field));
            self.many_levels = self.levels.len() > TEXT_LEVELS_MAX;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a row count is far below 2^53")]
    fn number(&mut self, value: Option<f64>, integer: Option<i128>) {
        self.integers &= integer.is_some();
        if let Some(integer) = integer {
            self.smallest = self.smallest.min(integer);
            self.largest = self.largest.max(integer);
        }
        let Some(value) = value.filter(|value| value.is_finite()) else {
            self.numbers = false;
            return;
        };
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        self.whole &= value.fract() == 0.0;
        // Welford's recurrence (1962): one pass without cancellation.
        let step = value - self.mean;
        self.mean += step / self.filled as f64;
        self.squares += step * (value - self.mean);
    }

    #[expect(clippy::cast_precision_loss, reason = "a row count is far below 2^53")]
    fn spread(&self, limit: f64) -> Spread {
        let deviation = (self.squares / self.filled.max(1) as f64).sqrt();
        let usable = deviation.is_finite() && deviation > 0.0;
        let size = self.mean.abs().max(1.0);
        let deviation = if usable { deviation } else { size };
        Spread { low: self.low, high: self.high, mean: self.mean, deviation, whole: self.whole, limit }
    }

    /// Whether there are few different values, each of them more than once.
    fn has_levels(&self, most: usize) -> bool {
        let count = self.levels.len();
        !self.many_levels && count <= most && (count <= 2 || count * 2 <= self.filled)
    }
}

/// The kind of the pool to which `fields` belong.
pub(super) fn profile(sheet: &dyn Sheet, fields: &[usize]) -> Profile {
    let mut survey = Survey::new();
    for field in fields {
        for row in 0..sheet.rows() {
            survey.see(sheet.cell(row, *field), row, *field);
        }
    }
    let class = fields
        .first()
        .and_then(|field| sheet.fields().get(*field))
        .map_or(Class::Opaque, |field| field.class);
    let kind = kind(sheet, fields, &survey, class);
    Profile { kind, blank: survey.blank }
}

fn kind(sheet: &dyn Sheet, fields: &[usize], survey: &Survey, class: Class) -> Kind {
    if survey.filled == 0 || survey.opaque || class == Class::Opaque {
        return Kind::Nothing;
    }
    if let Class::Days(unit) = class {
        return Kind::Days(unit);
    }
    let levels = |texts: bool| Kind::Levels {
        names: survey.levels.keys().cloned().collect(),
        examples: survey.levels.values().copied().collect(),
        texts,
    };
    if survey.numbers {
        let limit = if let Class::Float(limit) = class { limit } else { f64::MAX };
        if survey.whole && survey.has_levels(NUMBER_LEVELS_MAX) {
            return levels(false);
        }
        return if survey.integers {
            integers(sheet, fields, survey, class)
        } else {
            Kind::Float(survey.spread(limit))
        };
    }
    if class == Class::FixedText {
        return if survey.has_levels(TEXT_LEVELS_MAX) { levels(false) } else { Kind::Nothing };
    }
    if survey.texts && survey.times {
        return Kind::Times;
    }
    if survey.has_levels(TEXT_LEVELS_MAX) {
        return levels(survey.texts);
    }
    if survey.texts { Kind::Text } else { Kind::Nothing }
}

fn integers(sheet: &dyn Sheet, fields: &[usize], survey: &Survey, class: Class) -> Kind {
    let (low, high) = (survey.smallest, survey.largest);
    let (floor, ceiling) = match class {
        Class::Integer(floor, ceiling) => (floor, ceiling),
        // Programs read written numbers into 64 bits, or 32 where those suffice.
        _ if low >= i128::from(i32::MIN) && high <= i128::from(i32::MAX) => {
            (i32::MIN.into(), i32::MAX.into())
        }
        _ => (low.min(i64::MIN.into()), high.max(i64::MAX.into())),
    };
    let index = low >= 0 && (high <= BYTE_MAX || is_dense(sheet, fields, low, high));
    Kind::Integer { spread: survey.spread(f64::MAX), low, high, floor, ceiling, index }
}

/// Whether the numbers count something out from 0 or 1 and use at least half of their range, as an index does.
fn is_dense(sheet: &dyn Sheet, fields: &[usize], low: i128, high: i128) -> bool {
    if low > 1 || high - low > INDEX_RANGE_MAX {
        return false;
    }
    let mut seen = BTreeSet::new();
    for field in fields {
        for row in 0..sheet.rows() {
            match sheet.cell(row, *field) {
                Value::Integer(value) => _ = seen.insert(value),
                Value::Written(text) => seen.extend(style::integer(&text)),
                _ => {}
            }
        }
    }
    seen.len() as i128 * 2 > high - low
}

#[expect(clippy::cast_precision_loss, reason = "a mean of large numbers need not be exact")]
pub(super) fn as_float(value: i128) -> f64 {
    value as f64
}
