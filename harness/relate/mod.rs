//! Relations between two artifacts: what must hold, and where it first fails.

use serde::{Deserialize, Serialize};

/// How two artifacts differ, from harmless to hopeless. The order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The same bytes.
    Identical,
    /// The values are the same bits; only the container differs (zip times, compression, key order in a header).
    ContainerOnly,
    /// The same rows, lines or entries in another order.
    OrderOnly,
    /// Only signs of zero or NaN payloads differ.
    ZeroSignOrNan,
    /// Floating-point values differ by a few units in the last place.
    Rounding,
    /// Values differ by more than rounding.
    Values,
    /// Integer or text values (labels, classes, ids) differ.
    Labels,
    /// Shape, schema, row count or data type differ.
    Shape,
    /// Present on one side only.
    Missing,
    /// Opaque bytes differ: nothing can be said about values.
    Bytes,
}

/// The first place at which two artifacts part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A cell of a table. `row` counts data rows from 1 as they stand in the first artifact.
    Cell {
        /// Data row, from 1.
        row: u64,
        /// `id=value` for keyed tables.
        key: Option<String>,
        /// Column name.
        column: String,
    },
    /// A row that only one side has, or that stands elsewhere.
    Row {
        /// Data row, from 1.
        row: u64,
        /// `id=value` for keyed tables.
        key: Option<String>,
    },
    /// An element of a tensor.
    Element {
        /// Name inside the container; empty for a lone `.npy`.
        tensor: String,
        /// Index along each axis, from 0.
        index: Vec<u64>,
    },
    /// A JSON value, as a JSON pointer (RFC 6901), in document `line` of a `.jsonl`.
    Pointer {
        /// Line from 1, for `.jsonl`.
        line: Option<u64>,
        /// RFC 6901 pointer.
        pointer: String,
    },
    /// A pixel.
    Pixel {
        /// Column from 0.
        x: u64,
        /// Row from 0.
        y: u64,
    },
    /// A line of text, from 1.
    Line(u64),
    /// A byte offset, from 0.
    Byte(u64),
    /// A file inside a directory, and the place inside that file.
    File {
        /// Path relative to the directory.
        path: String,
        /// Where inside, if both sides have it.
        inside: Option<Box<Place>>,
    },
    /// The artifact as a whole (schema, shape, presence).
    Whole,
}

/// What two artifacts differ in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The worst class found.
    pub class: Class,
    /// The first place, in the reading order of the first artifact.
    pub place: Option<Place>,
    /// The first artifact's value there, decimal and, for floats, hex bits: `0.30000000000000004 (0x3fd3333333333334)`.
    pub left: Option<String>,
    /// The second artifact's value there.
    pub right: Option<String>,
    /// How many values (cells, elements, lines, bytes) differ.
    pub differing: u64,
    /// How many values were compared.
    pub compared: u64,
    /// Largest distance in units in the last place, over floats that differ and are finite.
    pub ulps_max: Option<u64>,
    /// Largest absolute difference of finite floats.
    pub abs_max: Option<f64>,
    /// One sentence where the fields above do not say it (`"column `a` is i64 on one side, f64 on the other"`).
    pub note: Option<String>,
}
