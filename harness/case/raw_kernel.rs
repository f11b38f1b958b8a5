//! A kernel as the case file writes it: `[kernel]`, `[buffer.NAME]`, `[[pass]]`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::raw::{Named, Text};

/// A compute kernel, in place of a pipeline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Kernel {
    /// One line for lists and reports.
    #[schemars(with = "Option<String>")]
    pub(super) summary: Option<Text>,
    /// File with the WGSL, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(super) wgsl: Option<Text>,
    /// The WGSL itself, in place of a file.
    #[schemars(with = "Option<String>")]
    pub(super) source: Option<Text>,
    /// Compute entry point; `main` by default.
    #[schemars(with = "Option<String>")]
    pub(super) entry: Option<Text>,
    /// Workgroups along x, y and z, or `{ over = "BUFFER", per = 64 }`.
    #[schemars(with = "Option<Dispatch>")]
    pub(super) dispatch: Option<Spanned<Dispatch>>,
    /// Values of `override` constants.
    #[schemars(with = "std::collections::BTreeMap<String, f64>")]
    pub(super) overrides: Named<Spanned<Number>>,
    /// Which buffer a WGSL variable is, where it has another name: `{ variable = "buffer" }`.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(super) bind: Named<Text>,
    /// The numbers of `var<immediate>`, in the order of its members.
    #[schemars(with = "Option<Vec<f64>>")]
    pub(super) immediates: Option<Spanned<Vec<Number>>>,
    /// What the kernel promises; `schedule-independent` by default.
    pub(super) level: Option<Level>,
    /// Distance from the reference machine that is allowed, in units in the last place; by default as much as WGSL grants to
    /// the functions that are used.
    #[schemars(with = "Option<u32>")]
    pub(super) ulps: Option<u32>,
    /// That each row is computed on its own: asks for the audit `batch-invariance`.
    #[schemars(with = "Option<Rows>")]
    pub(super) rows: Option<Spanned<Rows>>,
    /// Other grids that must give the same bits, for kernels that stride over their grid.
    #[schemars(with = "Vec<Vec<u32>>")]
    pub(super) grids: Vec<Spanned<Vec<u32>>>,
    /// Other values of `override` constants that must give the same bits (a tile, a workgroup's size).
    #[schemars(with = "std::collections::BTreeMap<String, Vec<f64>>")]
    pub(super) sizes: Named<Vec<Number>>,
    /// Findings that are meant, each with its reason.
    #[schemars(with = "Vec<Allow>")]
    pub(super) allow: Vec<Spanned<Allow>>,
    /// Adapters that are asked, each a backend (`vulkan`, `gl`, `metal`, `dx12`) or a part of a name; every adapter by default, none
    /// with `[]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) adapters: Option<Vec<Text>>,
    /// Limit on the time of everything that one adapter does, such as `"90s"`; five minutes by default.
    #[schemars(with = "Option<String>")]
    pub(super) timeout: Option<Text>,
}

/// One of several dispatches over the same buffers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Pass {
    /// File with the WGSL, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(super) wgsl: Option<Text>,
    /// The WGSL itself, in place of a file.
    #[schemars(with = "Option<String>")]
    pub(super) source: Option<Text>,
    /// Compute entry point; `main` by default.
    #[schemars(with = "Option<String>")]
    pub(super) entry: Option<Text>,
    /// Workgroups along x, y and z, or `{ over = "BUFFER", per = 64 }`.
    #[schemars(with = "Option<Dispatch>")]
    pub(super) dispatch: Option<Spanned<Dispatch>>,
    /// Values of `override` constants.
    #[schemars(with = "std::collections::BTreeMap<String, f64>")]
    pub(super) overrides: Named<Spanned<Number>>,
    /// Which buffer a WGSL variable is, where it has another name: `{ variable = "buffer" }`.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub(super) bind: Named<Text>,
    /// The numbers of `var<immediate>`, in the order of its members.
    #[schemars(with = "Option<Vec<f64>>")]
    pub(super) immediates: Option<Spanned<Vec<Number>>>,
}

/// A buffer that kernels read or write.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { type = \"f32\", shape = [1024] }"
)]
pub(super) struct Buffer {
    /// `@group` of the variable; not needed where the buffer has the variable's name.
    pub(super) group: Option<u32>,
    /// `@binding` of the variable; not needed where the buffer has the variable's name.
    pub(super) binding: Option<u32>,
    /// Type of the numbers in it: `f32`, `f16`, `i32`, `u32`, `f64`, `i64`, `u64`, `u8`. A structure is declared as the words that it
    /// consists of, padding included.
    #[serde(rename = "type")]
    #[schemars(with = "String", extend("enum" = ["f16", "f32", "f64", "i32", "u32", "i64", "u64", "u8"]))]
    pub(super) scalar: Option<Text>,
    /// How many numbers, along each axis.
    #[schemars(with = "Vec<u64>", length(min = 1))]
    pub(super) shape: Option<Spanned<Vec<u64>>>,
    /// Contents before the run.
    #[schemars(with = "Option<Fill>")]
    pub(super) fill: Option<Spanned<Fill>>,
    /// Whether what stands in it afterwards is compared.
    pub(super) read: bool,
    /// Whether its contents before the run mean nothing; so by default where it is read back and has no `fill`.
    pub(super) scratch: Option<bool>,
}

/// A number, whichever way it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) f64);

/// How many workgroups.
#[derive(Debug)]
pub(super) enum Dispatch {
    /// Along x, y and z.
    Grid(Vec<u32>),
    /// One for each so many numbers of a buffer.
    Over(Over),
}

/// One workgroup for each so many numbers of a buffer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { over = \"input\", per = 64 }"
)]
#[schemars(extend("required" = ["over", "per"]))]
pub(super) struct Over {
    /// The buffer.
    #[schemars(with = "String")]
    pub(super) over: Option<Text>,
    /// Its numbers per workgroup.
    pub(super) per: u64,
}

/// What a kernel promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// The same bits again and again on one adapter.
    RunToRun,
    /// The same bits in whatever order workgroups and invocations take their turns.
    ScheduleIndependent,
    /// The same bits on every adapter.
    AdapterToAdapter,
}

/// Rows that are computed one by one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { buffers = [\"input\", \"output\"], row = 256 }"
)]
#[schemars(extend("required" = ["buffers", "row"]))]
pub(super) struct Rows {
    /// The buffers that hold a row after another.
    #[schemars(with = "Vec<String>")]
    pub(super) buffers: Vec<Text>,
    /// Numbers in a row.
    pub(super) row: u64,
    /// The axis of the grid along which rows are dealt out: `x` (by default), `y` or `z`.
    #[schemars(with = "Option<String>", extend("enum" = ["x", "y", "z"]))]
    pub(super) axis: Option<Text>,
    /// How many rows are computed alone; one and seven by default.
    pub(super) take: Vec<u64>,
}

/// A finding that is meant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
#[schemars(extend("required" = ["finding", "variable", "reason"]))]
pub(super) struct Allow {
    /// Its name, such as `same-value-writes`.
    #[schemars(with = "String")]
    pub(super) finding: Option<Text>,
    /// The variable that it concerns.
    #[schemars(with = "String")]
    pub(super) variable: Option<Text>,
    /// Why it is meant.
    #[schemars(with = "String")]
    pub(super) reason: Option<Text>,
}

/// Contents of a buffer before the run.
#[derive(Debug)]
pub(super) enum Fill {
    /// `"spread"`, `"zeros"`, `"ones"` or `"iota"`.
    Word(String),
    /// One with settings.
    Table(Box<FillTable>),
}

/// One of these.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table like { normal = [0.0, 1.0], seed = 1 }"
)]
pub(super) struct FillTable {
    /// Both signs, exponents from 2^-6 to 2^5; the number is the seed.
    pub(super) spread: Option<u64>,
    /// Uniform from the first to the second number.
    #[schemars(with = "Option<[f64; 2]>")]
    pub(super) uniform: Option<[Number; 2]>,
    /// Normal with this mean and standard deviation.
    #[schemars(with = "Option<[f64; 2]>")]
    pub(super) normal: Option<[Number; 2]>,
    /// Whole numbers from the first to the second.
    pub(super) integers: Option<[i64; 2]>,
    /// These numbers.
    #[schemars(with = "Option<Vec<f64>>")]
    pub(super) values: Option<Vec<Number>>,
    /// The numbers of a structure in the order of its members, laid out as the WGSL says; for a buffer without `type` and `shape`.
    #[schemars(with = "Option<Vec<f64>>")]
    pub(super) members: Option<Vec<Number>>,
    /// A `.npy` file with as many numbers of the same type, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(super) file: Option<Text>,
    /// Numbers that provoke: `cancellation`, `denormals`, `signed-zeros`, `nan-infinity` or `long-sum`.
    #[schemars(with = "Option<String>", extend("enum" = ["cancellation", "denormals", "signed-zeros", "nan-infinity", "long-sum"]))]
    pub(super) adversarial: Option<Text>,
    /// Where random numbers begin; 7 by default.
    pub(super) seed: Option<u64>,
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;
        impl Visitor<'_> for AnyNumber {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, true or false")
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "WGSL has no constant above 2^53 that an override could hold"
            )]
            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Number, E> {
                Ok(Number(f64::from(u8::from(value))))
            }
        }
        deserializer.deserialize_any(AnyNumber)
    }
}

impl<'de> Deserialize<'de> for Dispatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GridOrOver;
        impl<'de> Visitor<'de> for GridOrOver {
            type Value = Dispatch;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list like [256, 1, 1] or a table like { over = \"input\", per = 64 }")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Dispatch, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Dispatch::Grid)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dispatch, A::Error> {
                Over::deserialize(MapAccessDeserializer::new(map)).map(Dispatch::Over)
            }
        }
        deserializer.deserialize_any(GridOrOver)
    }
}

impl<'de> Deserialize<'de> for Fill {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrTable;
        impl<'de> Visitor<'de> for WordOrTable {
            type Value = Fill;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word like \"zeros\" or a table like { normal = [0.0, 1.0], seed = 1 }")
            }
            fn visit_str<E>(self, word: &str) -> Result<Fill, E> {
                Ok(Fill::Word(word.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fill, A::Error> {
                FillTable::deserialize(MapAccessDeserializer::new(map))
                    .map(|table| Fill::Table(Box::new(table)))
            }
        }
        deserializer.deserialize_any(WordOrTable)
    }
}

impl JsonSchema for Dispatch {
    fn schema_name() -> Cow<'static, str> {
        "Dispatch".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Workgroups along x, y and z, or one for each so many numbers of a buffer.",
            "anyOf": [
                { "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 1, "maxItems": 3 },
                generator.subschema_for::<Over>(),
            ],
        })
    }
}

impl JsonSchema for Fill {
    fn schema_name() -> Cow<'static, str> {
        "Fill".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Contents of a buffer before the run.",
            "anyOf": [
                { "enum": ["spread", "zeros", "ones", "iota"] },
                generator.subschema_for::<FillTable>(),
            ],
        })
    }
}
