//! Single values of a table: whether they are missing, and which type they have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::number::{self, Written};
use crate::artifact::table::Cell;

/// What `pandas.read_csv` takes for a missing value by default (pandas 2.x, `keep_default_na`).
pub(super) const MISSING: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No value at all.
    Empty,
    /// `true` and `false`, in any of pandas' spellings.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Days, or moments, as ISO 8601 writes them.
    Date,
    /// Anything else.
    Text,
}

impl Kind {
    /// The name in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Date => "date",
            Self::Text => "text",
        }
    }

    /// The narrowest type that holds values of both.
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Empty, kind) | (kind, Self::Empty) => kind,
            (one, same) if one == same => one,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// How a missing value is written; `None` of a value.
pub(super) fn missing(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Null => Some("null".to_owned()),
        Cell::Written(text) => MISSING.contains(text).then(|| (*text).to_owned()),
        Cell::Single(value) => value.is_nan().then(|| "NaN".to_owned()),
        Cell::Double(value) => value.is_nan().then(|| "NaN".to_owned()),
        _ => None,
    }
}

/// The type of a value that is there, and the value of a number.
pub(super) fn read(cell: &Cell<'_>) -> (Kind, Option<f64>) {
    match cell {
        Cell::Null => (Kind::Empty, None),
        Cell::Written(text) => match number::written(text) {
            Written::Integer => (Kind::Integer, number::value(text)),
            Written::Float(value) => (Kind::Number, Some(value)),
            Written::Text if is_boolean(text) => (Kind::Boolean, None),
            Written::Text if is_date(text) => (Kind::Date, None),
            Written::Text => (Kind::Text, None),
        },
        Cell::Integer(value) => (Kind::Integer, value.to_string().parse().ok()),
        Cell::Single(value) => (Kind::Number, Some(f64::from(*value))),
        Cell::Double(value) => (Kind::Number, Some(*value)),
        Cell::Bool(_) => (Kind::Boolean, None),
        Cell::Text(_) | Cell::Other(_) => (Kind::Text, None),
    }
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// Whether a text begins with a day as ISO 8601 writes it, and is a day or a moment: `2026-01-31`,
/// `2026-01-31T08:00:00Z`, `2026-01-31 08:00`.
fn is_date(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let number =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok());
    let parts: Vec<Option<u32>> = day.split('-').map(|part| number(part).flatten()).collect();
    let is_day = day.as_bytes().get(4) == Some(&b'-')
        && matches!(parts.as_slice(), [Some(_), Some(1..=12), Some(1..=31)]);
    let is_moment = rest.strip_prefix(['T', ' ']).is_some_and(|time| {
        time.len() >= 4
            && time.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte))
            && time.contains(':')
    });
    is_day && (rest.is_empty() || is_moment)
}
