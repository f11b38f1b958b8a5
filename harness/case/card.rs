//! What only the user can say of a model and its data, and the words that hubs know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[card]`. Nothing in it was checked by a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Card {
    /// Texts by their keys in the case file: `description`, `intended-use`, … Those that are not declared are absent.
    pub texts: BTreeMap<String, String>,
    /// Lists by their keys: `language`, `tags`, `datasets`, `authors`. Empty ones are absent.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Of data, by name and key.
    pub data: BTreeMap<String, BTreeMap<String, String>>,
}

impl Card {
    /// A declared text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// A declared list; empty where it is not declared.
    #[must_use]
    pub fn list(&self, key: &str) -> &[String] {
        self.lists.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is declared of data.
    #[must_use]
    pub fn of_data(&self, name: &str, key: &str) -> Option<&str> {
        Some(self.data.get(name)?.get(key)?.as_str())
    }

    /// The SPDX id of the declared licence; `None` where it has none.
    #[must_use]
    pub fn spdx(&self) -> Option<&'static str> {
        let id = self.text("license")?;
        LICENSES.iter().find(|(hub, _)| *hub == id).and_then(|(_, spdx)| *spdx)
    }
}

/// Licences by the id that Hugging Face knows (its documentation of repositories, "Licenses"), with the SPDX id (SPDX
/// licence list 3.27) where there is one of the same licence.
pub(super) const LICENSES: &[(&str, Option<&str>)] = &[
    ("apache-2.0", Some("Apache-2.0")),
    ("mit", Some("MIT")),
    ("openrail", None),
    ("bigscience-openrail-m", None),
    ("creativeml-openrail-m", None),
    ("bigscience-bloom-rail-1.0", None),
    ("bigcode-openrail-m", None),
    ("afl-3.0", Some("AFL-3.0")),
    ("artistic-2.0", Some("Artistic-2.0")),
    ("bsl-1.0", Some("BSL-1.0")),
    ("bsd", None),
    ("bsd-2-clause", Some("BSD-2-Clause")),
    ("bsd-3-clause", Some("BSD-3-Clause")),
    ("bsd-3-clause-clear", Some("BSD-3-Clause-Clear")),
    ("c-uda", Some("C-UDA-1.0")),
    ("cc", None),
    ("cc0-1.0", Some("CC0-1.0")),
    ("cc-by-2.0", Some("CC-BY-2.0")),
    ("cc-by-2.5", Some("CC-BY-2.5")),
    ("cc-by-3.0", Some("CC-BY-3.0")),
    ("cc-by-4.0", Some("CC-BY-4.0")),
    ("cc-by-sa-3.0", Some("CC-BY-SA-3.0")),
    ("cc-by-sa-4.0", Some("CC-BY-SA-4.0")),
    ("cc-by-nc-2.0", Some("CC-BY-NC-2.0")),
    ("cc-by-nc-3.0", Some("CC-BY-NC-3.0")),
    ("cc-by-nc-4.0", Some("CC-BY-NC-4.0")),
    ("cc-by-nd-4.0", Some("CC-BY-ND-4.0")),
    ("cc-by-nc-nd-3.0", Some("CC-BY-NC-ND-3.0")),
    ("cc-by-nc-nd-4.0", Some("CC-BY-NC-ND-4.0")),
    ("cc-by-nc-sa-2.0", Some("CC-BY-NC-SA-2.0")),
    ("cc-by-nc-sa-3.0", Some("CC-BY-NC-SA-3.0")),
    ("cc-by-nc-sa-4.0", Some("CC-BY-NC-SA-4.0")),
    ("cdla-sharing-1.0", Some("CDLA-Sharing-1.0")),
    ("cdla-permissive-1.0", Some("CDLA-Permissive-1.0")),
    ("cdla-permissive-2.0", Some("CDLA-Permissive-2.0")),
    ("wtfpl", Some("WTFPL")),
    ("ecl-2.0", Some("ECL-2.0")),
    ("epl-1.0", Some("EPL-1.0")),
    ("epl-2.0", Some("EPL-2.0")),
    ("etalab-2.0", Some("etalab-2.0")),
    ("eupl-1.1", Some("EUPL-1.1")),
    ("eupl-1.2", Some("EUPL-1.2")),
    ("agpl-3.0", None),
    ("gfdl", None),
    ("gpl", None),
    ("gpl-2.0", None),
    ("gpl-3.0", None),
    ("lgpl", None),
    ("lgpl-2.1", None),
    ("lgpl-3.0", None),
    ("isc", Some("ISC")),
    ("h-research", None),
    ("intel-research", None),
    ("lppl-1.3c", Some("LPPL-1.3c")),
    ("ms-pl", Some("MS-PL")),
    ("apple-ascl", None),
    ("apple-amlr", None),
    ("mpl-2.0", Some("MPL-2.0")),
    ("odc-by", Some("ODC-By-1.0")),
    ("odbl", Some("ODbL-1.0")),
    ("openmdw-1.0", None),
    ("openmdw-1.1", None),
    ("openrail++", None),
    ("osl-3.0", Some("OSL-3.0")),
    ("postgresql", Some("PostgreSQL")),
    ("ofl-1.1", Some("OFL-1.1")),
    ("ncsa", Some("NCSA")),
    ("unlicense", Some("Unlicense")),
    ("zlib", Some("Zlib")),
    ("pddl", Some("PDDL-1.0")),
    ("lgpl-lr", Some("LGPLLR")),
    ("deepfloyd-if-license", None),
    ("fair-noncommercial-research-license", None),
    ("llama2", None),
    ("llama3", None),
    ("llama3.1", None),
    ("llama3.2", None),
    ("llama3.3", None),
    ("llama4", None),
    ("gemma", None),
    ("unknown", None),
    ("other", None),
];

/// Tasks that Hugging Face knows. The list grows, so that others are allowed; a word that is almost one of these is a
/// slip.
pub(super) const TASKS: &[&str] = &[
    "any-to-any",
    "audio-classification",
    "audio-text-to-text",
    "audio-to-audio",
    "automatic-speech-recognition",
    "depth-estimation",
    "document-question-answering",
    "feature-extraction",
    "fill-mask",
    "graph-ml",
    "image-classification",
    "image-feature-extraction",
    "image-segmentation",
    "image-text-to-text",
    "image-to-3d",
    "image-to-image",
    "image-to-text",
    "image-to-video",
    "keypoint-detection",
    "mask-generation",
    "multiple-choice",
    "object-detection",
    "question-answering",
    "reinforcement-learning",
    "robotics",
    "sentence-similarity",
    "summarization",
    "table-question-answering",
    "table-to-text",
    "tabular-classification",
    "tabular-regression",
    "tabular-to-text",
    "text-classification",
    "text-generation",
    "text-ranking",
    "text-retrieval",
    "text-to-3d",
    "text-to-audio",
    "text-to-image",
    "text-to-speech",
    "text-to-video",
    "time-series-forecasting",
    "token-classification",
    "translation",
    "unconditional-image-generation",
    "video-classification",
    "video-text-to-text",
    "video-to-video",
    "visual-document-retrieval",
    "visual-question-answering",
    "voice-activity-detection",
    "zero-shot-classification",
    "zero-shot-image-classification",
    "zero-shot-object-detection",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_hubs_stand_once_and_in_lower_case() {
        for (place, (id, spdx)) in LICENSES.iter().enumerate() {
            assert_eq!(*id, id.to_lowercase());
            assert!(LICENSES.iter().skip(place + 1).all(|(other, _)| other != id), "{id}");
            let letters = |text: &str| text.to_lowercase().replace('-', "");
            assert!(spdx.is_none_or(|spdx| letters(spdx).starts_with(&letters(id))), "{id}");
        }
        assert!(TASKS.is_sorted());
    }
}
