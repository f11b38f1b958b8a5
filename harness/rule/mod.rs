//! What the gate objects to without running anything: named rules, and the problems found under them.
//!
//! A rule has a name such as `submission/header`, whose first word is its group, and a page (`driftless explain NAME`).
//! A problem says where something stands, what stands there and how to mend it. The groups lie on the shelves that look:
//! [`crate::submission`] and [`crate::project`].

pub mod allow;
pub mod rebuild;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Letters of a value that are shown.
const VALUE_SHOWN: usize = 60;

/// What a problem means for the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Do not submit.
    Error,
    /// Worth a look; the gate stays open unless `--strict` is given.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that the gate looks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `group/kebab-case`.
    pub name: &'static str,
    /// What a problem under it means.
    pub severity: Severity,
    /// What is found, in one line: reads on from "Finds: ".
    pub summary: &'static str,
    /// Why it matters: a few sentences, with the source of what they claim.
    pub why: &'static str,
    /// An example that is refused, a line or a few.
    pub bad: &'static str,
    /// The same example, mended.
    pub good: &'static str,
    /// What to do about it: one or two sentences.
    pub mend: &'static str,
}

impl Rule {
    /// Its manual page, in Markdown, without a heading.
    #[must_use]
    pub fn manual(&self) -> String {
        let indented =
            |text: &str| text.lines().fold(String::new(), |lines, line| lines + "    " + line + "\n");
        format!(
            "## Why it matters\n{}\n\n## Bad\n{}\n## Good\n{}\n## Mend\n{}\n",
            self.why,
            indented(self.bad),
            indented(self.good),
            self.mend
        )
    }
}

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Problem {
    /// The rule's name.
    pub rule: String,
    /// What it means for the gate.
    pub severity: Severity,
    /// The file, as the user would name it.
    pub file: String,
    /// Line, counted from 1; `None` where the file as a whole is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What stands there, shortened, with invisible characters spelled out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub mend: String,
    /// How many places of this file break the rule in this way; the first one is named.
    pub count: u64,
}

impl Problem {
    /// A problem with a file as a whole, with the rule's own mend.
    #[must_use]
    pub fn new(rule: &'static Rule, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule: rule.name.to_owned(),
            severity: rule.severity,
            file: file.into(),
            line: None,
            value: None,
            message: message.into(),
            mend: rule.mend.to_owned(),
            count: 1,
        }
    }

    /// The same, in a line (counted from 1).
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same, with what stands there.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        self.value = Some(shown(value));
        self
    }

    /// The same, with a mend that fits this place better than the rule's own.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = mend.into();
        self
    }

    /// The same, for so many places.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}

/// What came of looking at something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// What breaks a rule.
    pub problems: Vec<Problem>,
    /// What was looked at and found good, each in a line.
    pub checked: Vec<String>,
    /// What was not looked at, and why.
    pub not_checked: Vec<String>,
    /// What is worth knowing and no problem.
    pub notes: Vec<String>,
}

impl Looked {
    /// Adds what came of looking at something else.
    pub fn add(&mut self, other: Looked) {
        self.problems.extend(other.problems);
        self.checked.extend(other.checked);
        self.not_checked.extend(other.not_checked);
        self.notes.extend(other.notes);
    }
}

/// A value as a line can show it: controls and invisible characters spelled out, cut where it is long.
#[must_use]
pub fn shown(value: &str) -> String {
    let invisible =
        |letter: char| matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{a0}' | '\u{2060}');
    let mut text = String::new();
    for (place, letter) in value.chars().enumerate() {
        if place == VALUE_SHOWN {
            text.push('…');
            break;
        }
        if letter.is_control() || invisible(letter) {
            text.extend(letter.escape_unicode());
        } else {
            text.push(letter);
        }
    }
    text
}

/// Every rule, in the order of the groups.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    crate::submission::RULES
        .iter()
        .chain(crate::submission::change::RULES)
        .chain(crate::project::rules())
        .chain(allow::RULES)
        .chain(rebuild::RULES)
}

/// The rule of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_whole_page() {
        let mut names = BTreeSet::new();
        for rule in all() {
            let (group, name) = rule.name.split_once('/').expect("a group and a name");
            for part in [group, name] {
                assert!(
                    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                    "{}",
                    rule.name
                );
            }
            assert!(names.insert(rule.name), "{} stands twice", rule.name);
            for text in [rule.summary, rule.why, rule.bad, rule.good, rule.mend] {
                assert!(!text.trim().is_empty(), "{} lacks a text", rule.name);
            }
            assert_ne!(rule.bad, rule.good, "{}", rule.name);
            assert!(
                !rule.summary.ends_with('.') && rule.why.ends_with('.') && rule.mend.ends_with('.'),
                "{}",
                rule.name
            );
        }
    }

    #[test]
    fn a_value_is_cut_and_its_invisible_characters_are_spelled_out() {
        assert_eq!(shown("a\tb\u{feff}"), "a\\u{9}b\\u{feff}");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), VALUE_SHOWN + 1);
    }
}
