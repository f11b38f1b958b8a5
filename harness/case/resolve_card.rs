//! The table `[card]`, checked against what else the file declares and the words that hubs know.

use std::collections::BTreeMap;

use toml::Spanned;

use super::card::{Card, LICENSES, TASKS};
use super::error::{Finding, closest};
use super::raw::Text;
use super::raw_card as raw;
use super::resolve::Check;
use super::resolve_wishes::Declared;

/// Letters of one text.
const TEXT_LETTERS_MAX: usize = 20_000;

impl Check<'_> {
    /// What the user says of the model.
    pub(super) fn card(&mut self, raw: &raw::Card, declared: &Declared<'_>) -> Card {
        let mut texts = BTreeMap::new();
        for (key, text) in texts_of(raw) {
            if let Some(text) = self.said(key, text) {
                texts.insert(key.to_owned(), text);
            }
        }
        if let Some(license) = &raw.license {
            texts.insert("license".to_owned(), self.license(license, raw.license_name.as_ref()));
        }
        if let Some(task) = &raw.task {
            self.task(task);
        }
        for language in &raw.language {
            self.language(language);
        }
        let lists = [
            ("language", &raw.language),
            ("tags", &raw.tags),
            ("datasets", &raw.datasets),
            ("authors", &raw.authors),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let lists = lists.map(|(key, list)| (key.to_owned(), self.words(list, key))).collect();
        let names: Vec<&str> = declared.data.keys().map(String::as_str).collect();
        let mut data = BTreeMap::new();
        for (name, raw) in &raw.data {
            self.known(name, "data", &names);
            let texts = texts_of_data(raw);
            let texts =
                texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), self.said(key, text)?)));
            data.insert(name.get_ref().clone(), texts.collect());
        }
        Card { texts, lists, data }
    }

    /// A text that says something.
    fn said(&mut self, key: &str, text: Option<&Text>) -> Option<String> {
        let text = text?;
        let said = text.get_ref().trim();
        if said.is_empty() {
            let finding = Finding::new(text.span(), format!("`{key}` says nothing"));
            self.findings
                .push(finding.help("write what there is to say, or remove it: cards list what is missing"));
        } else if said.chars().count() > TEXT_LETTERS_MAX {
            let message = format!("`{key}` has more than {TEXT_LETTERS_MAX} letters");
            self.findings
                .push(Finding::new(text.span(), message).help("a card is read by people; link to the rest"));
        }
        Some(said.to_owned())
    }

    fn license(&mut self, license: &Text, name: Option<&Text>) -> String {
        let id = license.get_ref().trim().to_lowercase();
        let known: Vec<&str> = LICENSES.iter().map(|(id, _)| *id).collect();
        let spdx = LICENSES.iter().find(|(_, spdx)| spdx.is_some_and(|spdx| spdx.eq_ignore_ascii_case(&id)));
        if let Some((hub, _)) = spdx {
            return (*hub).to_owned();
        }
        if !known.contains(&id.as_str()) {
            let meant = closest(&id, known.iter().copied());
            let meant = meant.map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default();
            let finding = Finding::new(license.span(), format!("unknown licence `{}`", license.get_ref()));
            let help =
                format!("{meant}of any other licence write license = \"other\" and license-name = \"…\"");
            self.findings.push(finding.help(help));
        } else if id == "other" && name.is_none() {
            let finding = Finding::new(license.span(), "a licence without a name");
            self.findings
                .push(finding.help("add license-name = \"…\", and license-link where it can be read"));
        }
        id
    }

    fn task(&mut self, task: &Text) {
        let word = task.get_ref().as_str();
        let plain = word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        let meant = closest(word, TASKS.iter().copied()).filter(|_| !TASKS.contains(&word));
        if meant.is_none() && plain && !word.is_empty() {
            return;
        }
        let otherwise = "write it as hubs do, such as `tabular-classification`".to_owned();
        let help = meant.map_or(otherwise, |meant| format!("did you mean `{meant}`?"));
        self.findings.push(Finding::new(task.span(), format!("unknown task `{word}`")).help(help));
    }

    /// A code of ISO 639, perhaps with a region; or one of the words that hubs know besides.
    fn language(&mut self, language: &Spanned<String>) {
        let word = language.get_ref().as_str();
        let (code, rest) = word.split_once('-').unwrap_or((word, "x"));
        let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|letter| letter.is_ascii_lowercase());
        let is_rest =
            !rest.is_empty() && rest.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
        if !(is_code && is_rest || ["multilingual", "code"].contains(&word)) {
            let finding = Finding::new(language.span(), format!("`{word}` is no code of a language"));
            self.findings.push(finding.help("write the code of ISO 639: \"en\", \"de\", \"zh\""));
        }
    }
}

/// The texts by their keys, the licence excepted.
fn texts_of(raw: &raw::Card) -> [(&'static str, Option<&Text>); 22] {
    [
        ("name", raw.name.as_ref()),
        ("description", raw.description.as_ref()),
        ("license-name", raw.license_name.as_ref()),
        ("license-link", raw.license_link.as_ref()),
        ("task", raw.task.as_ref()),
        ("library", raw.library.as_ref()),
        ("base-model", raw.base_model.as_ref()),
        ("contact", raw.contact.as_ref()),
        ("code", raw.code.as_ref()),
        ("paper", raw.paper.as_ref()),
        ("citation", raw.citation.as_ref()),
        ("intended-use", raw.intended_use.as_ref()),
        ("out-of-scope", raw.out_of_scope.as_ref()),
        ("limitations", raw.limitations.as_ref()),
        ("recommendations", raw.recommendations.as_ref()),
        ("ethics", raw.ethics.as_ref()),
        ("impact", raw.impact.as_ref()),
        ("claims", raw.claims.as_ref()),
        ("theory", raw.theory.as_ref()),
        ("architecture", raw.architecture.as_ref()),
        ("tuning", raw.tuning.as_ref()),
        ("compute", raw.compute.as_ref()),
    ]
}

fn texts_of_data(raw: &raw::CardData) -> [(&'static str, Option<&Text>); 10] {
    [
        ("name", raw.name.as_ref()),
        ("hub", raw.hub.as_ref()),
        ("license", raw.license.as_ref()),
        ("source", raw.source.as_ref()),
        ("motivation", raw.motivation.as_ref()),
        ("collection", raw.collection.as_ref()),
        ("preprocessing", raw.preprocessing.as_ref()),
        ("uses", raw.uses.as_ref()),
        ("distribution", raw.distribution.as_ref()),
        ("maintenance", raw.maintenance.as_ref()),
    ]
}
