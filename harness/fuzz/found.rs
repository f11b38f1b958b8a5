//! What a search came to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::kernel::numbers;
use crate::wgsl::Scalar;

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fuzzed {
    /// The case's name.
    pub case: String,
    /// The seed.
    pub seed: u64,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Inputs that were tried, besides the declared one.
    pub inputs: u32,
    /// Whether the limit on operations ended the search.
    pub cut_short: bool,
    /// Buffers whose values were varied.
    pub varied: Vec<String>,
    /// All others, each with the reason.
    pub kept: BTreeMap<String, String>,
    /// Buffers whose lengths were varied.
    pub lengths: Vec<String>,
    /// Why no length was varied, where none was.
    pub lengths_kept: Option<String>,
}

/// How one case came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Outcome {
    /// No input failed.
    Held,
    /// One did.
    Found(Box<Found>),
    /// The declared input fails already: nothing else was tried.
    Declared {
        /// The audit that objects.
        audit: String,
        /// What it shows.
        what: String,
        /// Whether the case says that it must.
        expected: bool,
    },
    /// Nothing was tried.
    PassedOver {
        /// Why.
        why: String,
    },
}

/// An input that fails, made as small as it still does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The audit that objects.
    pub audit: String,
    /// What it shows.
    pub what: String,
    /// The lines concerned.
    pub places: Vec<String>,
    /// Workgroups of each pass along x, y and z.
    pub grids: Vec<[u32; 3]>,
    /// The buffers, by name.
    pub buffers: BTreeMap<String, Contents>,
}

/// A buffer of a failing input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contents {
    /// Type of its numbers.
    pub scalar: &'static str,
    /// How many, along each axis.
    pub shape: Vec<u64>,
    /// Its bytes, where they are not as the case declares them.
    #[serde(skip)]
    pub bytes: Option<Vec<u8>>,
}

impl Contents {
    /// Its first numbers, for people; `None` where they are as the case declares them.
    #[must_use]
    pub fn shown(&self, most: usize) -> Option<String> {
        let scalar = Scalar::named(self.scalar)?;
        let numbers = numbers(scalar, self.bytes.as_ref()?);
        let first: Vec<String> = numbers.iter().take(most).map(|number| shown(scalar, *number)).collect();
        let more = if numbers.len() > most { ", …" } else { "" };
        Some(format!("{}{more}", first.join(", ")))
    }
}

fn shown(scalar: Scalar, number: f64) -> String {
    if scalar.is_float() { format!("{number:?}") } else { format!("{number}") }
}
