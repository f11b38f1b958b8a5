//! Relations between two artifacts: what must hold, and where it first fails.
//!
//! [`compare`] says how two artifacts differ; a [`Relation`] says whether that is allowed. A new relation is one file
//! and one line in [`RELATIONS`].

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, Error};

pub mod by_id;
mod compare;
mod different_bits;
pub mod drift;
pub mod metric;
pub mod moments;
pub mod overlap;
mod parts;
mod picture;
mod same_bits;
mod same_rows;

pub use compare::{Lens, Partial, compare, compare_part};
pub use different_bits::DifferentBits;
pub use picture::{Map, Picture};
pub use same_bits::SameBits;
pub use same_rows::SameRows;

/// All relations, in the order of the manual.
pub static RELATIONS: &[&dyn Relation] = &[&SameBits, &SameRows, &DifferentBits];

/// What must hold between two artifacts.
pub trait Relation: Sync {
    /// Kebab-case name, as in plans and reports.
    fn name(&self) -> &'static str;

    /// What it asks for, in one line that reads after "must be: ".
    fn summary(&self) -> &'static str;

    /// Whether it holds.
    ///
    /// # Errors
    /// When an artifact cannot be read at all; one that cannot be parsed is compared byte by byte.
    fn check(&self, left: &Artifact, right: &Artifact) -> Result<Finding, Error>;
}

/// What a relation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The relation's name.
    pub relation: String,
    /// Whether it holds.
    pub holds: bool,
    /// How the artifacts differ.
    pub difference: Difference,
}

/// How two artifacts differ, from harmless to hopeless. The order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

impl Class {
    /// The name in sentences.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::ContainerOnly => "container only",
            Self::OrderOnly => "order only",
            Self::ZeroSignOrNan => "sign of zero or NaN payload",
            Self::Rounding => "rounding",
            Self::Values => "values",
            Self::Labels => "labels",
            Self::Shape => "shape",
            Self::Missing => "missing",
            Self::Bytes => "bytes",
        }
    }
}

/// The first place at which two artifacts part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// A row that only one side has, or that stands elsewhere. A row that only the second artifact has is counted there.
    Row {
        /// Data row, from 1.
        row: u64,
        /// `id=value` for keyed tables.
        key: Option<String>,
    },
    /// An element of a tensor.
    Element {
        /// Name inside the container; empty for a lone `.npy`. An archive entry that is no tensor counts as one of bytes.
        tensor: String,
        /// Index along each axis, from 0; empty for a single number, and for a tensor as a whole.
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

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { row, key: Some(key), column } => {
                write!(formatter, "row {row} ({key}), column `{column}`")
            }
            Self::Cell { row, key: None, column } => write!(formatter, "row {row}, column `{column}`"),
            Self::Row { row, key: Some(key) } => write!(formatter, "row {row} ({key})"),
            Self::Row { row, key: None } => write!(formatter, "row {row}"),
            Self::Element { tensor, index } => match (tensor.as_str(), index.as_slice()) {
                ("", []) => formatter.write_str("the only element"),
                ("", index) => write!(formatter, "element {index:?}"),
                (tensor, []) => write!(formatter, "`{tensor}`"),
                (tensor, index) => write!(formatter, "`{tensor}`{index:?}"),
            },
            Self::Pointer { line, pointer } => match (line, pointer.as_str()) {
                (None, "") => formatter.write_str("the document"),
                (None, pointer) => write!(formatter, "`{pointer}`"),
                (Some(line), "") => write!(formatter, "line {line}"),
                (Some(line), pointer) => write!(formatter, "line {line}, `{pointer}`"),
            },
            Self::Pixel { x, y } => write!(formatter, "pixel ({x}, {y})"),
            Self::Line(line) => write!(formatter, "line {line}"),
            Self::Byte(byte) => write!(formatter, "byte {byte}"),
            Self::File { path, inside: None } => write!(formatter, "file `{path}`"),
            Self::File { path, inside: Some(inside) } => write!(formatter, "file `{path}`: {inside}"),
            Self::Whole => formatter.write_str("as a whole"),
        }
    }
}

/// What two artifacts differ in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct Difference {
    /// The worst class found.
    pub class: Class,
    /// The first place, in the reading order of the first artifact.
    pub place: Option<Place>,
    /// The first artifact's value there, decimal and, for floats, hex bits: `0.30000000000000004 (0x3fd3333333333334)`.
    pub left: Option<String>,
    /// The second artifact's value there.
    pub right: Option<String>,
    /// How many values differ: cells, elements, pixels, lines, bytes; of directories, files; where only the order
    /// differs, rows or lines that stand elsewhere.
    pub differing: u64,
    /// How many values were compared.
    pub compared: u64,
    /// Largest distance in units in the last place, over floats that differ and are finite.
    pub ulps_max: Option<u64>,
    /// Largest absolute difference of finite floats.
    pub abs_max: Option<f64>,
    /// One sentence where the fields above do not say it (`"column `a` is i64 on one side, f64 on the other"`).
    pub note: Option<String>,
    /// What it looks like, where there is something to draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

impl Difference {
    /// No difference.
    #[must_use]
    pub fn identical() -> Self {
        Self {
            class: Class::Identical,
            place: None,
            left: None,
            right: None,
            differing: 0,
            compared: 0,
            ulps_max: None,
            abs_max: None,
            note: None,
            picture: None,
        }
    }

    /// The difference in one short line for people: place, both values, how many, which class, how far.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut sentence = match self.class {
            Class::Identical => "identical".to_owned(),
            Class::ContainerOnly => "the same values; only the container differs".to_owned(),
            _ => self.first_place(),
        };
        if self.class > Class::ContainerOnly {
            sentence.push_str("; ");
            sentence.push_str(&self.extent());
        }
        if let Some(note) = &self.note {
            sentence.push_str("; ");
            sentence.push_str(note);
        }
        sentence
    }

    fn first_place(&self) -> String {
        let Some(place) = &self.place else { return "differs".to_owned() };
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => format!("{place}: {left} against {right}"),
            (Some(left), None) => format!("{place}: {left} only in the first"),
            (None, Some(right)) => format!("{place}: {right} only in the second"),
            (None, None) if self.class == Class::OrderOnly => format!("{place} stands elsewhere"),
            (None, None) => place.to_string(),
        }
    }

    /// How many values differ, of which class, how far.
    #[must_use]
    pub fn extent(&self) -> String {
        let class = self.class.name();
        if self.compared == 0 {
            return class.to_owned();
        }
        let units = match &self.place {
            Some(Place::Row { .. }) if self.class == Class::OrderOnly => "rows",
            Some(Place::Line(_) | Place::Pointer { line: Some(_), .. }) => "lines",
            Some(Place::Byte(_)) => "bytes",
            Some(Place::Pixel { .. }) => "pixels",
            Some(Place::File { .. }) => "files",
            _ => "values",
        };
        let verb = if self.differing == 1 { "differs" } else { "differ" };
        let mut extent = format!("{} of {} {units} {verb}, {class}", self.differing, self.compared);
        if let Some(ulps) = self.ulps_max.filter(|ulps| *ulps > 0) {
            let unit = if ulps == 1 { "ULP" } else { "ULPs" };
            extent.extend([", at most ", &ulps.to_string(), " ", unit]);
        }
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_relations_are_unique_and_kebab_case() {
        let mut names: Vec<_> = RELATIONS.iter().map(|relation| relation.name()).collect();
        for (relation, name) in RELATIONS.iter().zip(&names) {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(!relation.summary().is_empty() && !relation.summary().ends_with('.'), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RELATIONS.len());
    }

    #[test]
    fn places_read_well() {
        let cell = |key: Option<&str>| Place::Cell {
            row: 3,
            key: key.map(str::to_owned),
            column: "score".to_owned(),
        };
        let element =
            |tensor: &str, index: &[u64]| Place::Element { tensor: tensor.to_owned(), index: index.to_vec() };
        let pointer = |line, pointer: &str| Place::Pointer { line, pointer: pointer.to_owned() };
        let file =
            |inside: Option<Place>| Place::File { path: "a/b.csv".to_owned(), inside: inside.map(Box::new) };
        for (place, text) in [
            (cell(Some("id=17")), "row 3 (id=17), column `score`"),
            (cell(None), "row 3, column `score`"),
            (Place::Row { row: 3, key: Some("id=17".to_owned()) }, "row 3 (id=17)"),
            (Place::Row { row: 3, key: None }, "row 3"),
            (element("coef", &[2, 0]), "`coef`[2, 0]"),
            (element("coef", &[]), "`coef`"),
            (element("", &[2, 0]), "element [2, 0]"),
            (element("", &[]), "the only element"),
            (pointer(None, "/a/0"), "`/a/0`"),
            (pointer(None, ""), "the document"),
            (pointer(Some(4), "/a"), "line 4, `/a`"),
            (pointer(Some(4), ""), "line 4"),
            (Place::Pixel { x: 1, y: 2 }, "pixel (1, 2)"),
            (Place::Line(4), "line 4"),
            (Place::Byte(117), "byte 117"),
            (file(Some(Place::Line(4))), "file `a/b.csv`: line 4"),
            (file(None), "file `a/b.csv`"),
            (Place::Whole, "as a whole"),
        ] {
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn a_difference_is_one_sentence() {
        let mut difference = Difference {
            class: Class::Rounding,
            place: Some(Place::Cell { row: 3, key: Some("id=17".to_owned()), column: "score".to_owned() }),
            left: Some("0.1 (0x3fb999999999999a)".to_owned()),
            right: Some("0.10000000000000002 (0x3fb999999999999b)".to_owned()),
            differing: 4,
            compared: 120,
            ulps_max: Some(1),
            abs_max: Some(1.4e-17),
            note: None,
            picture: None,
        };
        assert_eq!(
            difference.sentence(),
            "row 3 (id=17), column `score`: 0.1 (0x3fb999999999999a) against 0.10000000000000002 \
             (0x3fb999999999999b); 4 of 120 values differ, rounding, at most 1 ULP"
        );
        difference.class = Class::OrderOnly;
        difference.place = Some(Place::Row { row: 1, key: None });
        (difference.left, difference.right, difference.ulps_max) = (None, None, None);
        difference.note = Some("why".to_owned());
        assert_eq!(difference.sentence(), "row 1 stands elsewhere; 4 of 120 rows differ, order only; why");
        difference.class = Class::ContainerOnly;
        assert_eq!(difference.sentence(), "the same values; only the container differs; why");
        assert_eq!(Difference::identical().sentence(), "identical");
    }

    #[test]
    fn a_difference_survives_json() {
        let difference = Difference {
            class: Class::ZeroSignOrNan,
            place: Some(Place::File { path: "a".to_owned(), inside: Some(Box::new(Place::Byte(7))) }),
            differing: 1,
            ..Difference::identical()
        };
        let text = serde_json::to_string(&difference).unwrap();
        assert!(text.contains("\"zero-sign-or-nan\""), "{text}");
        assert_eq!(serde_json::from_str::<Difference>(&text).unwrap(), difference);
    }
}
