//! The table `[card]` as it is written; see `raw` for the rest of the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::raw::{Named, Text};

/// What only you can say of the model, for model cards, datasheets and bills of materials. Everything may be left out;
/// what is left out is listed in the card as missing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Card {
    /// The model's name; the case's by default.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Text>,
    /// What the model is, in a few sentences.
    #[schemars(with = "Option<String>")]
    pub(super) description: Option<Text>,
    /// The model's licence by its SPDX id, such as `"Apache-2.0"`; or `"other"`, with `license-name`.
    #[schemars(with = "Option<String>")]
    pub(super) license: Option<Text>,
    /// The name of a licence without an id.
    #[schemars(with = "Option<String>")]
    pub(super) license_name: Option<Text>,
    /// Where such a licence can be read.
    #[schemars(with = "Option<String>")]
    pub(super) license_link: Option<Text>,
    /// Languages of the data by their codes, such as `["en"]`.
    #[schemars(with = "Vec<String>")]
    pub(super) language: Vec<Text>,
    /// Words by which others find it.
    #[schemars(with = "Vec<String>")]
    pub(super) tags: Vec<Text>,
    /// The task, as hubs name it: `"tabular-classification"`, `"text-generation"`, …
    #[schemars(with = "Option<String>")]
    pub(super) task: Option<Text>,
    /// The library that loads the weights, as hubs name it: `"sklearn"`, `"pytorch"`, …
    #[schemars(with = "Option<String>")]
    pub(super) library: Option<Text>,
    /// The model that this one was made from, by its name on a hub.
    #[schemars(with = "Option<String>")]
    pub(super) base_model: Option<Text>,
    /// Data sets by their names on a hub.
    #[schemars(with = "Vec<String>")]
    pub(super) datasets: Vec<Text>,
    /// Who made it.
    #[schemars(with = "Vec<String>")]
    pub(super) authors: Vec<Text>,
    /// Whom to ask.
    #[schemars(with = "Option<String>")]
    pub(super) contact: Option<Text>,
    /// Address of the code.
    #[schemars(with = "Option<String>")]
    pub(super) code: Option<Text>,
    /// Address of the paper.
    #[schemars(with = "Option<String>")]
    pub(super) paper: Option<Text>,
    /// How to cite it, such as a BibTeX entry.
    #[schemars(with = "Option<String>")]
    pub(super) citation: Option<Text>,
    /// What it is meant for.
    #[schemars(with = "Option<String>")]
    pub(super) intended_use: Option<Text>,
    /// What it is not meant for.
    #[schemars(with = "Option<String>")]
    pub(super) out_of_scope: Option<Text>,
    /// Where it fails, and for whom.
    #[schemars(with = "Option<String>")]
    pub(super) limitations: Option<Text>,
    /// What users should do about that.
    #[schemars(with = "Option<String>")]
    pub(super) recommendations: Option<Text>,
    /// Ethical questions, and how they were answered.
    #[schemars(with = "Option<String>")]
    pub(super) ethics: Option<Text>,
    /// What the model may do to society, for good and bad.
    #[schemars(with = "Option<String>")]
    pub(super) impact: Option<Text>,
    /// What is claimed, and where it is shown.
    #[schemars(with = "Option<String>")]
    pub(super) claims: Option<Text>,
    /// Assumptions and proofs, or that there is no theory.
    #[schemars(with = "Option<String>")]
    pub(super) theory: Option<Text>,
    /// How the model is built: architecture, objective.
    #[schemars(with = "Option<String>")]
    pub(super) architecture: Option<Text>,
    /// How hyper-parameters were chosen: which were tried, in which range, how often.
    #[schemars(with = "Option<String>")]
    pub(super) tuning: Option<Text>,
    /// Hardware and compute beyond what was measured here, such as that of all experiments together.
    #[schemars(with = "Option<String>")]
    pub(super) compute: Option<Text>,
    /// Of declared data, by name.
    #[schemars(with = "BTreeMap<String, CardData>")]
    pub(super) data: Named<CardData>,
}

/// What only you can say of data, for datasheets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct CardData {
    /// The data set's name for people.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Text>,
    /// Its name on a hub, such as `"owner/name"`.
    #[schemars(with = "Option<String>")]
    pub(super) hub: Option<Text>,
    /// Its licence.
    #[schemars(with = "Option<String>")]
    pub(super) license: Option<Text>,
    /// Where it comes from.
    #[schemars(with = "Option<String>")]
    pub(super) source: Option<Text>,
    /// What it was made for, and by whom.
    #[schemars(with = "Option<String>")]
    pub(super) motivation: Option<Text>,
    /// How it was collected.
    #[schemars(with = "Option<String>")]
    pub(super) collection: Option<Text>,
    /// How it was cleaned and labelled.
    #[schemars(with = "Option<String>")]
    pub(super) preprocessing: Option<Text>,
    /// What it should and should not be used for.
    #[schemars(with = "Option<String>")]
    pub(super) uses: Option<Text>,
    /// How it is given to others.
    #[schemars(with = "Option<String>")]
    pub(super) distribution: Option<Text>,
    /// Who keeps it up.
    #[schemars(with = "Option<String>")]
    pub(super) maintenance: Option<Text>,
}
