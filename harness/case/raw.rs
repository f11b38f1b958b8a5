//! The case file as it is written: names, shapes and places of values, before anything is checked against
//! anything else. The doc comments below are what editors show, through the published schema.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::value::Datetime;

use super::raw_card as card;
use super::raw_kernel as kernel;
use super::raw_submission as submission;
use super::raw_wishes as wishes;
use crate::artifact::Format;

/// A string and where it stands.
pub(super) type Text = Spanned<String>;

/// Tables by the name that the user gave them.
pub(super) type Named<T> = BTreeMap<Text, T>;

/// One pipeline, what it reads and leaves, and how it is audited.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(title = "driftless case file")]
pub(super) struct File {
    /// What the pipeline is and where its files lie.
    pub(super) pipeline: Pipeline,
    /// The interpreter and the environment variables of every stage.
    pub(super) environment: Environment,
    /// What the machine must have; where it is missing, the case is skipped with the reason.
    pub(super) requires: Requires,
    /// Inputs, by name. A command reads one as `{data.NAME}`.
    #[schemars(with = "BTreeMap<String, Data>", extend("propertyNames" = name_schema()))]
    pub(super) data: Named<Data>,
    /// Program runs, by name. They run in the order in which they need each other's outputs.
    #[schemars(with = "BTreeMap<String, Stage>", extend("propertyNames" = name_schema()))]
    pub(super) stage: Named<Stage>,
    /// Values that a command takes as `{NAME}`, such as `seed = 42`.
    #[schemars(with = "BTreeMap<String, Knob>", extend("propertyNames" = name_schema()))]
    pub(super) knobs: Named<Spanned<Knob>>,
    /// Settings of the audits, by audit.
    pub(super) audit: Audits,
    /// Drifts that are accepted for a while.
    #[schemars(with = "Vec<Tolerate>")]
    pub(super) tolerate: Vec<Spanned<Tolerate>>,
    /// Pipelines that share everything in this file but their directory; each is a case of its own.
    #[schemars(with = "BTreeMap<String, Variant>", extend("propertyNames" = name_schema()))]
    pub(super) variant: Named<Variant>,
    /// A compute kernel, in place of stages.
    #[schemars(with = "Option<kernel::Kernel>")]
    pub(super) kernel: Option<Spanned<kernel::Kernel>>,
    /// Buffers of a kernel, by the name of the WGSL variable.
    #[schemars(with = "BTreeMap<String, kernel::Buffer>", extend("propertyNames" = name_schema()))]
    pub(super) buffer: Named<Spanned<kernel::Buffer>>,
    /// Several dispatches over the same buffers, one after another.
    pub(super) pass: Vec<kernel::Pass>,
    /// The file that is handed in, and what it must be like: for `driftless gate`.
    #[schemars(with = "Option<submission::Submission>")]
    pub(super) submission: Option<Spanned<submission::Submission>>,
    /// What only you can say of the model, for model cards, datasheets and bills of materials.
    pub(super) card: Option<card::Card>,
}

/// What the pipeline is and where its files lie.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Pipeline {
    /// One line for lists and reports.
    #[schemars(with = "Option<String>")]
    pub(super) summary: Option<Text>,
    /// Folder of the pipeline's own files, copied into a fresh place for every run. Relative to this
    /// file; by default the folder of this file.
    #[schemars(with = "Option<String>")]
    pub(super) dir: Option<Text>,
    /// Whether the outputs are promised to have the same bits on every machine. Snapshots of such a pipeline are
    /// compared everywhere; those of all others only on machines of the same class.
    pub(super) portable: bool,
}

/// The interpreter and the environment variables of every stage.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Environment {
    /// A Python version such as `"3.11"`, or the absolute path of an interpreter.
    #[schemars(with = "Option<String>")]
    pub(super) python: Option<Text>,
    /// Requirements with `==` and hashes, from which the environment is built once.
    #[schemars(with = "Option<String>")]
    pub(super) lock: Option<Text>,
    /// Variables of the caller that are handed on.
    #[schemars(with = "Vec<String>")]
    pub(super) pass: Vec<Text>,
    /// Variables set for every stage.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) set: Named<Text>,
    /// `"off"` runs every stage without a network, as many graders do; `"on"` without a word.
    pub(super) network: Switch,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Switch {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

/// What the machine must have for this case to run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Requires {
    /// Programs that must be on the path.
    #[schemars(with = "Vec<String>")]
    pub(super) programs: Vec<Text>,
    /// Python modules that must be importable.
    #[schemars(with = "Vec<String>")]
    pub(super) modules: Vec<Text>,
}

/// An input of the pipeline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { path = \"train.csv\" }"
)]
#[schemars(extend("required" = ["path"]))]
pub(super) struct Data {
    /// File or folder, relative to this file.
    #[schemars(with = "String")]
    pub(super) path: Option<Text>,
    /// How to read it; by default from the ending of its name.
    pub(super) format: Option<Format>,
    /// Column or columns that identify a row.
    #[schemars(with = "Option<Columns>")]
    pub(super) id: Option<Spanned<Columns>>,
    /// Column to predict.
    #[schemars(with = "Option<String>")]
    pub(super) target: Option<Text>,
    /// Whether training must not learn from it.
    pub(super) held_out: bool,
    /// Column or columns that name a group (patient, user): rows of one group belong into one split.
    #[schemars(with = "Option<Columns>")]
    pub(super) group: Option<Spanned<Columns>>,
    /// Column with the time of a row: training rows must be older than held-out ones.
    #[schemars(with = "Option<String>")]
    pub(super) time: Option<Text>,
    /// Which of its rows are held out: `{ column = "fold", held-out = ["test"] }`, `{ output = "NAME" }`, or `"inside"`
    /// where the program splits by itself.
    #[schemars(with = "Option<wishes::Split>")]
    pub(super) split: Option<Spanned<wishes::Split>>,
}

/// One program run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { command = [\"python\", \"train.py\"] }"
)]
#[schemars(extend("required" = ["command"]))]
pub(super) struct Stage {
    /// Program and arguments. `{data.NAME}`, `{out.NAME}` and `{KNOB}` are filled in; `{{` and `}}` are braces.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(super) command: Option<Spanned<Vec<Text>>>,
    /// Variables of this stage, with the same placeholders.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) env: Named<Text>,
    /// What the stage must leave, by name. A command writes or reads one as `{out.NAME}`.
    #[schemars(with = "BTreeMap<String, Output>", extend("propertyNames" = name_schema()))]
    pub(super) out: Named<Spanned<Output>>,
    /// Outputs of other stages that it reads without naming them in its command.
    #[schemars(with = "Vec<String>")]
    pub(super) needs: Vec<Text>,
    /// Wall-clock limit, such as `"90s"`, `"10min"`, `"1h30min"`; 30 minutes by default.
    #[schemars(with = "Option<String>")]
    pub(super) timeout: Option<Text>,
    /// Limit on resident memory, such as `"512MB"`, `"4GiB"`; 16 GB by default.
    #[schemars(with = "Option<String>")]
    pub(super) memory: Option<Text>,
    /// Limit on what the stage writes; 4 GB by default.
    #[schemars(with = "Option<String>")]
    pub(super) output: Option<Text>,
    /// Resources that only one run at a time may hold, such as `"gpu"`.
    #[schemars(with = "Vec<String>")]
    pub(super) exclusive: Vec<Text>,
    /// Whether anything may be printed on standard output; `"silent"` forbids it.
    #[schemars(with = "Option<Stdout>")]
    pub(super) stdout: Option<Stdout>,
}

/// What may be printed on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stdout {
    /// Anything.
    Free,
    /// Nothing.
    Silent,
}

/// A declared output: its path, or a table with more.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a case file has a handful of them")]
pub(super) enum Output {
    /// The path alone.
    Path(String),
    /// Path and how to read it.
    Table(OutputTable),
}

/// A declared output.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a path or a table like { path = \"p.csv\" }"
)]
#[schemars(extend("required" = ["path"]))]
pub(super) struct OutputTable {
    /// File or folder, relative to where the stage runs.
    #[schemars(with = "String")]
    pub(super) path: Option<Text>,
    /// How to read it; by default from the ending of its name.
    pub(super) format: Option<Format>,
    /// Column or columns that identify a row.
    #[schemars(with = "Option<Columns>")]
    pub(super) id: Option<Spanned<Columns>>,
    /// What it is to the pipeline; by default guessed from its name.
    pub(super) role: Option<Role>,
    /// The order of its rows: `"as-input"`, `"by-id"`, or `{ sample = "NAME OF DATA" }`.
    #[schemars(with = "Option<wishes::Order>")]
    pub(super) order: Option<Spanned<wishes::Order>>,
    /// Column to predict, where the output holds rows of data.
    #[schemars(with = "Option<String>")]
    pub(super) target: Option<Text>,
    /// Column or columns that name a group, where the output holds rows of data.
    #[schemars(with = "Option<Columns>")]
    pub(super) group: Option<Spanned<Columns>>,
    /// Column with the time of a row, where the output holds rows of data.
    #[schemars(with = "Option<String>")]
    pub(super) time: Option<Text>,
}

/// A column name, or several.
#[derive(Debug)]
pub(super) enum Columns {
    /// One column.
    One(String),
    /// Several that identify a row together.
    Several(Vec<Text>),
}

/// A knob's value. It goes into a command line as text.
#[derive(Debug)]
pub(super) enum Knob {
    /// As is.
    Text(String),
    /// In decimal.
    Integer(String),
    /// As the file spells it.
    Float,
    /// `true` or `false`.
    Boolean(bool),
}

/// Settings of the audits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Audits {
    /// The same run twice gives the same bits.
    pub(super) repeat: Repeat,
    /// What must not matter does not matter.
    pub(super) nuisance: Nuisance,
    /// Every source of random numbers obeys the seed.
    pub(super) seed_coverage: SeedCoverage,
    /// What is held out does not reach what training leaves.
    pub(super) leakage: wishes::Leakage,
    /// No row of train stands in test.
    pub(super) overlap: wishes::Overlap,
    /// Tables are distributed as those that they are compared with.
    #[schemars(with = "wishes::Drift")]
    pub(super) drift: Option<Spanned<wishes::Drift>>,
    /// Training on permuted targets falls to chance.
    #[schemars(with = "wishes::ShuffledTargets")]
    pub(super) shuffled_targets: Option<Spanned<wishes::ShuffledTargets>>,
    /// A prediction does not depend on its batch.
    pub(super) eval_mode: wishes::EvalMode,
    /// Predictions stay with their ids.
    pub(super) shuffle: wishes::Shuffle,
    /// Evaluation inputs do not depend on a seed.
    pub(super) augmentation: wishes::Augmentation,
    /// Training and inference make the same features.
    #[schemars(with = "wishes::Normalization")]
    pub(super) normalization: Option<Spanned<wishes::Normalization>>,
    /// A run that was interrupted ends as one that was not.
    #[schemars(with = "wishes::Resume")]
    pub(super) resume: Option<Spanned<wishes::Resume>>,
    /// A checkpoint holds all that is needed to go on.
    pub(super) payload: wishes::Payload,
    /// A second run over the first one's outputs changes nothing.
    #[schemars(with = "wishes::Idempotence")]
    pub(super) idempotence: Option<Spanned<wishes::Idempotence>>,
    /// What should differ differs: epochs, workers, ranks.
    #[schemars(with = "wishes::TooDeterministic")]
    pub(super) too_deterministic: Option<Spanned<wishes::TooDeterministic>>,
    /// How much of a metric is the luck of the seed.
    #[schemars(with = "wishes::Variance")]
    pub(super) variance: Option<Spanned<wishes::Variance>>,
    /// The promised floors are reached, and the majority is beaten.
    #[schemars(with = "wishes::Metrics")]
    pub(super) metrics: Option<Spanned<wishes::Metrics>>,
    /// The order of workgroups and invocations does not matter.
    pub(super) schedule: OnlyOff,
    /// No invocations of a kernel race.
    pub(super) races: OnlyOff,
    /// What nobody wrote does not reach the result.
    pub(super) memory: OnlyOff,
    /// Adapters agree with the reference machine.
    pub(super) reference: OnlyOff,
    /// A row alone is the row in a batch.
    pub(super) batch_invariance: OnlyOff,
    /// Settings of a driver do not matter.
    pub(super) environment: OnlyOff,
    /// All adapters give the same bits.
    pub(super) adapters: OnlyOff,
}

/// Settings of an audit that has none but this.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct OnlyOff {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
}

/// Settings of the audit `repeat`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Repeat {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// How many equal runs must agree.
    #[schemars(with = "Option<u32>", range(min = 2, max = 100))]
    pub(super) runs: Option<Spanned<u32>>,
}

/// Settings of the audit `nuisance`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Nuisance {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Factors varied on top of the default ones.
    #[schemars(with = "Vec<String>")]
    pub(super) also: Vec<Text>,
    /// Factors left out, each with its reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) without: Named<Text>,
}

/// Settings of the audit `seed-coverage`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct SeedCoverage {
    /// Switches the audit off, for this reason.
    #[schemars(with = "Option<String>")]
    pub(super) off: Option<Text>,
    /// Sources left out, each with its reason.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) without: Named<Text>,
    /// The knob that holds the seed; `seed` by default.
    #[schemars(with = "Option<String>")]
    pub(super) knob: Option<Text>,
    /// The other seed, which must give other bits; by default the declared one plus one.
    #[schemars(with = "Option<Knob>")]
    pub(super) other: Option<Spanned<Knob>>,
}

/// A drift that is accepted for a while.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["factor", "audit", "reason", "until"]))]
pub(super) struct Tolerate {
    /// The factor that may make the pipeline drift.
    #[schemars(with = "String")]
    pub(super) factor: Option<Text>,
    /// The audit that would report it.
    #[schemars(with = "String")]
    pub(super) audit: Option<Text>,
    /// Why it is accepted.
    #[schemars(with = "String")]
    pub(super) reason: Option<Text>,
    /// The last day on which it is accepted, such as `2027-06-30` (no quotes).
    #[schemars(with = "String", extend("format" = "date"))]
    pub(super) until: Option<Spanned<Datetime>>,
}

/// A pipeline that shares everything but its directory, or a kernel that shares everything but its WGSL.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { dir = \"bad\" }"
)]
#[schemars(extend("anyOf" = [{ "required": ["dir"] }, { "required": ["wgsl"] }]))]
pub(super) struct Variant {
    /// Folder of this variant's own files, in place of the pipeline's.
    #[schemars(with = "Option<String>")]
    pub(super) dir: Option<Text>,
    /// File with this variant's WGSL, in place of the kernel's.
    #[schemars(with = "Option<String>")]
    pub(super) wgsl: Option<Text>,
    /// One line, in place of the pipeline's.
    #[schemars(with = "Option<String>")]
    pub(super) summary: Option<Text>,
    /// What the audits must say of it, by audit.
    #[schemars(with = "BTreeMap<String, Expect>")]
    pub(super) expect: Named<Expect>,
}

/// What one audit must say of a variant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { verdict = \"drifted\" }"
)]
#[schemars(extend("required" = ["verdict"]))]
pub(super) struct Expect {
    /// The verdict.
    #[schemars(with = "Verdict")]
    pub(super) verdict: Option<Verdict>,
    /// The guilty factors, exactly these.
    #[schemars(with = "Vec<String>")]
    pub(super) factors: Vec<Text>,
    /// The output that must be named: `NAME` or `STAGE/NAME`.
    #[schemars(with = "Option<String>")]
    pub(super) artifact: Option<Text>,
    /// A text that the first place of difference must contain.
    #[schemars(with = "Option<String>")]
    pub(super) place: Option<Text>,
}

/// A verdict that can be expected.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// What must not matter did not.
    Held,
    /// It did.
    Drifted,
    /// What must matter did not.
    Blind,
    /// No answer.
    Inconclusive,
}

/// What an output is to the pipeline.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    /// What training leaves: weights, scaler, chosen hyper-parameters.
    Model,
    /// Features of rows.
    Features,
    /// What the model is shown at evaluation.
    Inputs,
    /// Rows of data: a split, a cleaned table.
    Data,
    /// Predictions.
    Predictions,
    /// Scores of an evaluation.
    Metrics,
    /// A checkpoint to go on from.
    Checkpoint,
    /// A log.
    Log,
}

impl Verdict {
    /// As in the file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Drifted => "drifted",
            Self::Blind => "blind",
            Self::Inconclusive => "inconclusive",
        }
    }
}

fn name_schema() -> serde_json::Value {
    serde_json::json!({ "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PathOrTable;
        impl<'de> Visitor<'de> for PathOrTable {
            type Value = Output;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path like \"p.csv\" or a table like { path = \"p.csv\" }")
            }
            fn visit_str<E>(self, path: &str) -> Result<Output, E> {
                Ok(Output::Path(path.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Output, A::Error> {
                OutputTable::deserialize(MapAccessDeserializer::new(map)).map(Output::Table)
            }
        }
        deserializer.deserialize_any(PathOrTable)
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;
        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Columns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column name or a list of column names")
            }
            fn visit_str<E>(self, name: &str) -> Result<Columns, E> {
                Ok(Columns::One(name.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Columns, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Columns::Several(names))
            }
        }
        deserializer.deserialize_any(OneOrSeveral)
    }
}

impl<'de> Deserialize<'de> for Knob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Knob;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a string, true or false")
            }
            fn visit_str<E>(self, text: &str) -> Result<Knob, E> {
                Ok(Knob::Text(text.to_owned()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Knob, E> {
                Ok(Knob::Integer(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Knob, E> {
                Ok(Knob::Integer(number.to_string()))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Knob, E> {
                Ok(Knob::Float)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Knob, E> {
                Ok(Knob::Boolean(value))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

impl JsonSchema for Output {
    fn schema_name() -> Cow<'static, str> {
        "Output".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A declared output: its path, or a table with more.",
            "anyOf": [{ "type": "string", "minLength": 1 }, generator.subschema_for::<OutputTable>()],
        })
    }
}

impl JsonSchema for Columns {
    fn schema_name() -> Cow<'static, str> {
        "Columns".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A column name, or several that identify a row together.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
            ],
        })
    }
}

impl JsonSchema for Knob {
    fn schema_name() -> Cow<'static, str> {
        "Knob".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value that goes into a command line as text.",
            "type": ["integer", "number", "boolean", "string"],
        })
    }
}
