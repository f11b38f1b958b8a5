//! The tables of the audits of data and models as they are written; see `raw` for the rest of the file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::raw::{Columns, Knob, Named, Text};

/// Settings of the audit `leakage`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Leakage {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Outputs that must not depend on held-out rows; by default all models, features and checkpoints.
    #[schemars(with = "Vec<String>")]
    pub(super) artifacts: Vec<Text>,
    /// For `split = "inside"`: how many executions the search for held-out rows may take; 80 by default.
    #[schemars(with = "Option<u32>", range(min = 4, max = 10000))]
    pub(super) executions: Option<Spanned<u32>>,
    /// For `split = "inside"`: the share of rows that the program holds out; 0.2 by default.
    #[schemars(with = "Option<f64>", range(min = 0.01, max = 0.9))]
    pub(super) share: Option<Spanned<f64>>,
}

/// Settings of the audit `overlap`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Overlap {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Data or outputs with training rows; by default all data that is not held out.
    #[schemars(with = "Option<Columns>")]
    pub(super) train: Option<Spanned<Columns>>,
    /// Data or outputs with held-out rows; by default all data that is held out.
    #[schemars(with = "Option<Columns>")]
    pub(super) test: Option<Spanned<Columns>>,
    /// Columns that together must not agree between a training row and a held-out row.
    #[schemars(with = "Vec<String>")]
    pub(super) keys: Vec<Text>,
    /// Also look for near duplicates: `{ rounding = 3 }` (decimals) or `{ minhash = 0.9 }` (Jaccard similarity).
    #[schemars(with = "Option<Near>")]
    pub(super) near: Option<Spanned<Near>>,
    /// The score from which one feature predicts the target almost alone; 0.99 by default.
    #[schemars(with = "Option<f64>", range(min = 0.5, max = 1.0))]
    pub(super) alone: Option<Spanned<f64>>,
    /// Findings that are known and accepted (`group`, `time`, `id-like`, …), each with its reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) without: Named<Text>,
}

/// How near two rows are near duplicates.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { rounding = 3 } or { minhash = 0.9 }"
)]
pub(super) struct Near {
    /// Equal after rounding every number to so many decimals.
    #[schemars(range(max = 15))]
    pub(super) rounding: Option<u32>,
    /// Jaccard similarity of their words from here on, found by `MinHash`.
    #[schemars(range(min = 0.1, max = 1.0))]
    pub(super) minhash: Option<f64>,
}

/// Settings of the audit `drift`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["reference", "current"]))]
pub(super) struct Drift {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Data or an output whose distributions are taken as right.
    #[schemars(with = "String")]
    pub(super) reference: Option<Text>,
    /// Data or outputs that are compared with it.
    #[schemars(with = "Columns")]
    pub(super) current: Option<Spanned<Columns>>,
    /// The columns that are compared; by default all that both have, but ids, groups and times.
    #[schemars(with = "Vec<String>")]
    pub(super) columns: Vec<Text>,
    /// Columns that are not compared, each with its reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) without: Named<Text>,
    /// Columns that have another name in the compared table, such as `{ species = "prediction" }`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) same: Named<Text>,
    /// The population stability index from which a column has drifted; 0.25 by default.
    #[schemars(with = "Option<f64>", range(min = 0.01, max = 10.0))]
    pub(super) psi: Option<Spanned<f64>>,
    /// How many standard deviations the mean may move; 3 by default.
    #[schemars(with = "Option<f64>", range(min = 0.01, max = 1000.0))]
    pub(super) sigma: Option<Spanned<f64>>,
    /// The level of the tests, after Holm's correction; 0.05 by default.
    #[schemars(with = "Option<f64>", range(min = 0.000_001, max = 0.5))]
    pub(super) level: Option<Spanned<f64>>,
    /// Rows that either side must have; 100 by default.
    #[schemars(with = "Option<u64>", range(min = 20, max = 1_000_000_000))]
    pub(super) rows: Option<Spanned<u64>>,
    /// The share of drifted columns from which the table has drifted; by default one column is enough.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub(super) share: Option<Spanned<f64>>,
}

/// A number that says how good a model is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { output = \"metrics\", pointer = \"/accuracy\" }"
)]
pub(super) struct Metric {
    /// The JSON output that holds it.
    #[schemars(with = "Option<String>")]
    pub(super) output: Option<Text>,
    /// Where in that output, as a JSON pointer such as `/accuracy`.
    #[schemars(with = "Option<String>")]
    pub(super) pointer: Option<Text>,
    /// Or: the metric that driftless computes, such as `accuracy`.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Text>,
    /// Data with the target.
    #[schemars(with = "Option<String>")]
    pub(super) truth: Option<Text>,
    /// The output with predictions by id.
    #[schemars(with = "Option<String>")]
    pub(super) predictions: Option<Text>,
    /// Its column of labels or numbers.
    #[schemars(with = "Option<String>")]
    pub(super) prediction: Option<Text>,
    /// Its column of scores, or one for each class.
    #[schemars(with = "Option<Columns>")]
    pub(super) score: Option<Spanned<Columns>>,
    /// The positive class.
    #[schemars(with = "Option<Knob>")]
    pub(super) positive: Option<Spanned<Knob>>,
    /// Whether `"higher"` or `"lower"` is better, where the name does not say it.
    #[schemars(with = "Option<Better>")]
    pub(super) better: Option<Better>,
}

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// Settings of the audit `shuffled-targets`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct ShuffledTargets {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The score that must fall to chance.
    #[schemars(with = "Metric")]
    pub(super) metric: Option<Spanned<Metric>>,
    /// How many permutations; 19 by default, which lets p fall to 0.05.
    #[schemars(with = "Option<u32>", range(min = 1, max = 10000))]
    pub(super) permutations: Option<Spanned<u32>>,
    /// The level of the test; 0.05 by default.
    #[schemars(with = "Option<f64>", range(min = 0.000_1, max = 0.5))]
    pub(super) level: Option<Spanned<f64>>,
}

/// Settings of the audit `eval-mode`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct EvalMode {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The knob that holds the batch size; by default `batch_size`, `batch-size` or `batch`.
    #[schemars(with = "Option<String>")]
    pub(super) knob: Option<Text>,
    /// Batch sizes to try; by default 1, a prime, and the number of rows.
    #[schemars(with = "Vec<u64>")]
    pub(super) sizes: Vec<Spanned<u64>>,
    /// Whether differences of rounding count as well.
    pub(super) strict: bool,
}

/// Settings of the audit `shuffle`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Shuffle {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Whether differences of rounding count as well.
    pub(super) strict: bool,
}

/// Settings of the audit `augmentation`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Augmentation {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The knob that holds the seed; `seed` by default.
    #[schemars(with = "Option<String>")]
    pub(super) knob: Option<Text>,
}

/// Settings of the audit `normalization`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["train", "infer", "from", "to"]))]
pub(super) struct Normalization {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The output with the features of the training path.
    #[schemars(with = "String")]
    pub(super) train: Option<Text>,
    /// The output with the features of the inference path.
    #[schemars(with = "String")]
    pub(super) infer: Option<Text>,
    /// The data that the training path reads.
    #[schemars(with = "String")]
    pub(super) from: Option<Text>,
    /// The data that the inference path reads.
    #[schemars(with = "String")]
    pub(super) to: Option<Text>,
    /// Outputs that hold the statistics (means, deviations, …).
    #[schemars(with = "Vec<String>")]
    pub(super) statistics: Vec<Text>,
    /// Whether the training features are meant to have mean 0 and deviation 1.
    pub(super) moments: bool,
}

/// Settings of the audit `resume`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["stage", "stop", "checkpoint"]))]
#[expect(clippy::struct_field_names, reason = "named as in the case file")]
pub(super) struct Resume {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The training stage.
    #[schemars(with = "String")]
    pub(super) stage: Option<Text>,
    /// Knobs that make it stop early, such as `{ epochs = 2 }`.
    #[schemars(with = "BTreeMap<String, Knob>")]
    pub(super) stop: Named<Spanned<Knob>>,
    /// Knobs that make it go on, such as `{ resume = "yes" }`.
    #[schemars(with = "BTreeMap<String, Knob>")]
    pub(super) resume: Named<Spanned<Knob>>,
    /// The output that holds the checkpoint.
    #[schemars(with = "String")]
    pub(super) checkpoint: Option<Text>,
    /// At how many moments it is killed; 3 by default.
    #[schemars(with = "Option<u32>", range(max = 20))]
    pub(super) kills: Option<Spanned<u32>>,
}

/// Settings of the audit `payload`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Payload {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// What must be in a checkpoint: `model`, `optimizer`, `scheduler`, `epoch`, `step`, `best`, `generators`, `metadata`.
    #[schemars(with = "Vec<String>")]
    pub(super) needs: Vec<Text>,
}

/// Settings of the audit `idempotence`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Idempotence {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Data that is handed over without rows.
    #[schemars(with = "Option<String>")]
    pub(super) empty: Option<Text>,
    /// Whether two copies run at the same time; true by default.
    pub(super) twins: Option<bool>,
    /// Whether each stage runs again over its own outputs; true by default.
    pub(super) again: Option<bool>,
    /// Whether files that nobody declared count; true by default.
    pub(super) undeclared: Option<bool>,
}

/// Settings of the audit `too-deterministic`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["output", "index"]))]
pub(super) struct TooDeterministic {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The output that logs which rows were used when: a table.
    #[schemars(with = "String")]
    pub(super) output: Option<Text>,
    /// Its column of row numbers or ids.
    #[schemars(with = "String")]
    pub(super) index: Option<Text>,
    /// Its column of epochs.
    #[schemars(with = "Option<String>")]
    pub(super) epoch: Option<Text>,
    /// Its column of data-loader workers.
    #[schemars(with = "Option<String>")]
    pub(super) worker: Option<Text>,
    /// Its column of ranks.
    #[schemars(with = "Option<String>")]
    pub(super) rank: Option<Text>,
}

/// Settings of the audit `variance`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["seeds", "metric"]))]
pub(super) struct Variance {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// The seeds: three at least.
    #[schemars(with = "Vec<Knob>")]
    pub(super) seeds: Option<Spanned<Vec<Spanned<Knob>>>>,
    /// The knob that holds the seed; `seed` by default.
    #[schemars(with = "Option<String>")]
    pub(super) knob: Option<Text>,
    /// The metric.
    #[schemars(with = "Metric")]
    pub(super) metric: Option<Spanned<Metric>>,
    /// The number that is claimed somewhere.
    pub(super) claim: Option<f64>,
    /// Folder of a second pipeline that shares everything else in this file, to be compared seed by seed.
    #[schemars(with = "Option<String>")]
    pub(super) against: Option<Text>,
}

/// Settings of the audit `metrics`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["truth", "predictions"]))]
pub(super) struct Metrics {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Data with the target.
    #[schemars(with = "String")]
    pub(super) truth: Option<Text>,
    /// The output with predictions by id.
    #[schemars(with = "String")]
    pub(super) predictions: Option<Text>,
    /// Its column of labels or numbers.
    #[schemars(with = "Option<String>")]
    pub(super) prediction: Option<Text>,
    /// Its column of scores, or one for each class.
    #[schemars(with = "Option<Columns>")]
    pub(super) score: Option<Spanned<Columns>>,
    /// The positive class.
    #[schemars(with = "Option<Knob>")]
    pub(super) positive: Option<Spanned<Knob>>,
    /// Least values by metric, such as `{ accuracy = 0.85 }`; greatest ones for errors such as `rmse`.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub(super) floors: Named<Spanned<f64>>,
    /// Column or columns of the truth by whose values the metrics are given, too, such as `"sex"`. A group that must
    /// not stand in both splits is the `group` of the data instead.
    #[schemars(with = "Option<Columns>")]
    pub(super) by: Option<Spanned<Columns>>,
    /// Numbers that the program reports and that must equal the recomputed ones.
    pub(super) reported: Option<Reported>,
}

/// Metrics that the program reports itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["output", "pointers"]))]
pub(super) struct Reported {
    /// The JSON output.
    #[schemars(with = "String")]
    pub(super) output: Option<Text>,
    /// Where each metric stands, such as `{ accuracy = "/accuracy" }`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) pointers: Named<Text>,
}

/// Which rows of a file are held out.
#[derive(Debug)]
pub(super) enum Split {
    /// `"inside"`, or a word that is a mistake.
    Word(String),
    /// By a column, or by the ids in an output.
    Table(SplitTable),
}

/// Which rows of a file are held out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { column = \"fold\", held-out = [\"test\"] }"
)]
pub(super) struct SplitTable {
    /// The column that says it.
    #[schemars(with = "Option<String>")]
    pub(super) column: Option<Text>,
    /// Its values in held-out rows; by default words such as `test`, `val`, `holdout`.
    #[schemars(with = "Vec<Knob>")]
    pub(super) held_out: Vec<Spanned<Knob>>,
    /// Or: the output whose ids are the held-out rows.
    #[schemars(with = "Option<String>")]
    pub(super) output: Option<Text>,
}

/// The order in which an output lists its rows.
#[derive(Debug)]
pub(super) enum Order {
    /// `"as-input"` or `"by-id"`, or a word that is a mistake.
    Word(String),
    /// As in a sample file.
    Table(OrderTable),
}

/// The order of a sample file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table like { sample = \"NAME\" }")]
#[schemars(extend("required" = ["sample"]))]
pub(super) struct OrderTable {
    /// The data whose rows give the order.
    #[schemars(with = "String")]
    pub(super) sample: Option<Text>,
}

macro_rules! word_or_table {
    ($type:ident, $table:ident, $expecting:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct WordOrTable;
                impl<'de> Visitor<'de> for WordOrTable {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E>(self, word: &str) -> Result<$type, E> {
                        Ok($type::Word(word.to_owned()))
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$type, A::Error> {
                        $table::deserialize(MapAccessDeserializer::new(map)).map($type::Table)
                    }
                }
                deserializer.deserialize_any(WordOrTable)
            }
        }
    };
}

word_or_table!(Split, SplitTable, "\"inside\" or a table like { column = \"fold\" }");
word_or_table!(Order, OrderTable, "\"as-input\", \"by-id\" or a table like { sample = \"NAME\" }");

impl JsonSchema for Split {
    fn schema_name() -> Cow<'static, str> {
        "Split".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Which rows are held out: the program decides inside, or a column or an output says it.",
            "anyOf": [{ "const": "inside" }, generator.subschema_for::<SplitTable>()],
        })
    }
}

impl JsonSchema for Order {
    fn schema_name() -> Cow<'static, str> {
        "Order".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The order of the rows of an output.",
            "anyOf": [{ "enum": ["as-input", "by-id"] }, generator.subschema_for::<OrderTable>()],
        })
    }
}
