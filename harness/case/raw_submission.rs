//! The table `[submission]` as it is written; see `raw` for the rest of the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::raw::{Columns, Stdout, Switch, Text};

/// The file that is handed in, and what it must be like.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Submission {
    /// The output of a stage that is handed in. The gate rebuilds it and compares it with `file`.
    #[schemars(with = "Option<String>")]
    pub(super) artifact: Option<Text>,
    /// The file as it will be handed in, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(super) file: Option<Text>,
    /// The contest's sample: header, ids, their order, and the types of the columns.
    #[schemars(with = "Option<String>")]
    pub(super) sample: Option<Text>,
    /// The test file: its ids.
    #[schemars(with = "Option<String>")]
    pub(super) test: Option<Text>,
    /// The last submission, to say what changed.
    #[schemars(with = "Option<String>")]
    pub(super) previous: Option<Text>,
    /// Column or columns that identify a row.
    #[schemars(with = "Option<Columns>")]
    pub(super) id: Option<Spanned<Columns>>,
    /// Whether an id may stand in several rows.
    pub(super) ids_repeat: bool,
    /// In which order rows stand; as in the sample by default.
    pub(super) order: Option<Order>,
    /// Whether there is a header; yes by default.
    pub(super) header: Option<bool>,
    /// How the file ends; with one newline by default, or as the sample does.
    pub(super) final_newline: Option<FinalNewline>,
    /// How lines end; `\n` by default, or as in the sample.
    pub(super) line_end: Option<LineEnd>,
    /// Where predictions lie: `[0, 1]` for all, or `{ column = [0, 1] }`.
    #[schemars(with = "Option<Ranges>")]
    pub(super) range: Option<Spanned<Ranges>>,
    /// The texts that a prediction may be.
    pub(super) labels: Vec<String>,
    /// Whether the predictions of a row sum to one: `true`, or `{ columns = ["a", "b"], tolerance = 1e-6 }`.
    #[schemars(with = "Option<SumToOne>")]
    pub(super) sum_to_one: Option<Spanned<SumToOne>>,
    /// Digits after the point of every predicted number.
    #[schemars(with = "Option<usize>", range(max = 17))]
    pub(super) decimals: Option<Spanned<usize>>,
    /// Whether one and the same prediction in all rows is meant.
    pub(super) constant: bool,
    /// Spellings of a missing value that are allowed.
    pub(super) null: Vec<String>,
    /// What stands between fields, one character.
    #[schemars(with = "Option<String>")]
    pub(super) delimiter: Option<Text>,
    /// How large the file may be.
    pub(super) size: Size,
    /// What the contest allows for the whole pipeline.
    pub(super) limits: Limits,
    /// Whether the stage that makes it may print on standard output; a warning where nothing is said.
    pub(super) stdout: Option<Stdout>,
    /// Whether the gate rebuilds it with a network; `"off"` by default.
    pub(super) network: Option<Switch>,
}

/// In which order rows stand.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// As in the sample.
    Sample,
    /// Ascending by id.
    Id,
    /// In any.
    Any,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FinalNewline {
    /// With exactly one line end.
    One,
    /// Without a line end.
    None,
    /// With one or without.
    Any,
}

/// How lines end.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LineEnd {
    /// `\n`.
    Lf,
    /// `\r\n`.
    Crlf,
    /// Either.
    Any,
}

/// Lowest and highest value, for all predictions or by column.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "two numbers like [0, 1], or a table like { column = [0, 1] }")]
pub(super) enum Ranges {
    /// For all predictions.
    All([f64; 2]),
    /// By column.
    Columns(BTreeMap<String, [f64; 2]>),
}

/// Which columns sum to one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "true, or a table like { columns = [\"a\", \"b\"], tolerance = 1e-6 }")]
pub(super) enum SumToOne {
    /// All predictions, or none.
    All(bool),
    /// Some.
    Some(SomeColumns),
}

/// Columns and how exact their sum is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SomeColumns {
    /// The columns; all predictions by default.
    pub(super) columns: Vec<String>,
    /// How far a sum may be from one; 0.001 by default.
    pub(super) tolerance: Option<f64>,
}

/// Bounds on the size of the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { max = \"100MB\" }"
)]
pub(super) struct Size {
    /// The least, such as `"1kB"`.
    #[schemars(with = "Option<String>")]
    pub(super) min: Option<Text>,
    /// The most, such as `"100MB"`.
    #[schemars(with = "Option<String>")]
    pub(super) max: Option<Text>,
}

/// What the contest allows for the whole pipeline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { wall = \"30min\", memory = \"16GB\" }"
)]
pub(super) struct Limits {
    /// Wall time of all stages together, such as `"30min"`.
    #[schemars(with = "Option<String>")]
    pub(super) wall: Option<Text>,
    /// Resident memory of any stage, such as `"16GB"`.
    #[schemars(with = "Option<String>")]
    pub(super) memory: Option<Text>,
}
