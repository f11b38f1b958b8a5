//! What two fingerprints differ in, and what each difference does to results.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effects;
use super::facts::Fingerprint;

/// What a difference does to results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It is known to change bits.
    Bits,
    /// It may.
    May,
    /// It is a result itself.
    Result,
    /// It is not known to matter.
    NotKnown,
    /// One side does not know the fact, so nothing can be said.
    OneSided,
}

impl Effect {
    /// The heading under which such differences stand.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Effect::Bits => "known to change bits",
            Effect::May => "may change bits",
            Effect::Result => "results",
            Effect::NotKnown => "not known to change bits",
            Effect::OneSided => "known on one side only",
        }
    }
}

/// A fact that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Differing {
    /// The fact, as words between dots: `pythons.0.libraries.numpy`.
    pub fact: String,
    /// The first side's value; absent where it has none.
    pub left: Option<String>,
    /// The second side's value.
    pub right: Option<String>,
    /// What it does to results.
    pub effect: Effect,
    /// Why.
    pub reason: String,
    /// Where that is written down; empty where it needs no source.
    pub source: String,
}

/// All differences, those first that are known to change bits. Begin and end are no facts.
#[must_use]
pub fn diff(left: &Fingerprint, right: &Fingerprint) -> Vec<Differing> {
    let (left, right) = (flat(left), flat(right));
    let paths: std::collections::BTreeSet<&Vec<String>> = left.keys().chain(right.keys()).collect();
    let mut all: Vec<Differing> = paths
        .into_iter()
        .filter(|path| left.get(*path) != right.get(*path))
        .map(|path| differing(path, left.get(path), right.get(path)))
        .collect();
    all.sort_by(|left, right| (left.effect, &left.fact).cmp(&(right.effect, &right.fact)));
    all
}

/// A fact's value: `None` where the fingerprint says that it is not known.
type Facts = BTreeMap<Vec<String>, Option<Leaf>>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Leaf {
    Word(String),
    /// Words whose order does not matter.
    Words(Vec<String>),
}

fn differing(path: &[String], left: Option<&Option<Leaf>>, right: Option<&Option<Leaf>>) -> Differing {
    let fact = path.join(".");
    let (left, right) = match (left.cloned().flatten(), right.cloned().flatten()) {
        // Of long lists only what one side has and the other lacks is worth reading.
        (Some(Leaf::Words(left)), Some(Leaf::Words(right))) => {
            let only = |these: &[String], those: &[String]| {
                let words: Vec<&str> =
                    these.iter().filter(|word| !those.contains(word)).map(String::as_str).collect();
                Some(if words.is_empty() {
                    "nothing more".to_owned()
                } else {
                    format!("also {}", words.join(", "))
                })
            };
            (only(&left, &right), only(&right, &left))
        }
        (left, right) => (left.map(shown), right.map(shown)),
    };
    let (mut effect, mut reason, mut source) = effects::of(path);
    if is_patch(path, left.as_deref(), right.as_deref()) {
        effect = Effect::May;
        "a patch release, which mends faults".clone_into(&mut reason);
    }
    let unknown = |side: &Option<String>| side.is_none() && !is_listed(path);
    if unknown(&left) || unknown(&right) {
        effect = Effect::OneSided;
        "one side does not know it".clone_into(&mut reason);
        source.clear();
    }
    Differing { fact, left, right, effect, reason, source }
}

/// Whether two versions of an interpreter are `3.11.2` and `3.11.9`: algorithms change between minor versions.
fn is_patch(path: &[String], left: Option<&str>, right: Option<&str>) -> bool {
    let minor = |version: Option<&str>| version?.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    path.len() == 3
        && path[0] == "pythons"
        && path[2] == "version"
        && minor(left).is_some()
        && minor(left) == minor(right)
}

fn shown(leaf: Leaf) -> String {
    match leaf {
        Leaf::Word(word) => word,
        Leaf::Words(words) => words.join(", "),
    }
}

/// Whether a side that lacks the fact knows that it is not there: a library that is not installed, a variable that is not
/// set. Of all other facts absence means that nobody could say.
fn is_listed(path: &[String]) -> bool {
    let lists =
        ["libraries", "variables", "sources", "data", "outputs", "gpus", "changed", "threads", "lock"];
    path.iter().any(|word| lists.contains(&word.as_str()))
}

fn flat(fingerprint: &Fingerprint) -> Facts {
    let mut facts = Facts::new();
    let mut value = serde_json::to_value(fingerprint).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        for key in ["when", "not_known", "format"] {
            object.remove(key);
        }
    }
    for case in value.get_mut("cases").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(object) = case.as_object_mut() {
            object.remove("not_known");
        }
    }
    add(&mut facts, &mut Vec::new(), &value);
    facts
}

fn add(facts: &mut Facts, path: &mut Vec<String>, value: &Value) {
    let mut below = |word: String, value: &Value| {
        path.push(word);
        add(facts, path, value);
        path.pop();
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (place, entry) in list.iter().enumerate() {
                let name = entry.get("name").and_then(Value::as_str);
                below(name.map_or_else(|| place.to_string(), str::to_owned), entry);
            }
        }
        Value::Array(list) => {
            let words = list.iter().map(word).collect();
            facts.insert(path.clone(), Some(Leaf::Words(words)));
        }
        Value::Null => drop(facts.insert(path.clone(), None)),
        other => drop(facts.insert(path.clone(), Some(Leaf::Word(word(other))))),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Host, Processor, Python, When};
    use super::*;

    fn fingerprint() -> Fingerprint {
        Fingerprint {
            format: super::super::FORMAT,
            driftless: "0".to_owned(),
            source: None,
            cases: Vec::new(),
            pythons: vec![Python {
                version: "3.11.2".to_owned(),
                libraries: [("numpy".to_owned(), "1.26.4".to_owned())].into(),
                ..Python::default()
            }],
            machine: Host {
                libc: Some("glibc 2.36".to_owned()),
                kernel: Some("Linux 6.1".to_owned()),
                processor: Some(Processor {
                    flags: ["avx2", "avx512f", "fma"].map(str::to_owned).into(),
                    ..Processor::default()
                }),
                ..Host::default()
            },
            adapters: None,
            variables: BTreeMap::new(),
            arguments: Vec::new(),
            not_known: BTreeMap::new(),
            when: When::default(),
        }
    }

    #[test]
    fn begin_and_end_make_no_difference() {
        let mut other = fingerprint();
        other.when.started = "2026-01-01T00:00:00Z".to_owned();
        assert_eq!(diff(&fingerprint(), &other), []);
    }

    #[test]
    fn what_changes_bits_stands_first_with_reason_and_source() {
        let mut other = fingerprint();
        other.machine.kernel = Some("Linux 6.8".to_owned());
        other.machine.processor =
            Some(Processor { flags: ["avx2", "fma"].map(str::to_owned).into(), ..Processor::default() });
        other.pythons[0].libraries.clear();
        other.variables.insert("OMP_NUM_THREADS".to_owned(), "4".to_owned());
        other.machine.libc = None;
        let found = diff(&fingerprint(), &other);
        let facts: Vec<(&str, Effect)> = found.iter().map(|one| (one.fact.as_str(), one.effect)).collect();
        assert_eq!(
            facts,
            [
                ("machine.processor.flags", Effect::Bits),
                ("pythons.0.libraries.numpy", Effect::Bits),
                ("variables.OMP_NUM_THREADS", Effect::Bits),
                ("machine.kernel", Effect::NotKnown),
                ("machine.libc", Effect::OneSided),
            ]
        );
        assert_eq!(found[0].left.as_deref(), Some("also avx512f"));
        assert_eq!(found[0].right.as_deref(), Some("nothing more"));
        assert!(found[..2].iter().all(|one| !one.reason.is_empty() && !one.source.is_empty()));
        assert_eq!(found[2].left, None);
    }

    #[test]
    fn a_patch_release_of_python_may_change_bits_and_a_minor_one_does() {
        let mut other = fingerprint();
        "3.11.9".clone_into(&mut other.pythons[0].version);
        assert_eq!(diff(&fingerprint(), &other)[0].effect, Effect::May);
        "3.12.2".clone_into(&mut other.pythons[0].version);
        assert_eq!(diff(&fingerprint(), &other)[0].effect, Effect::Bits);
    }

    #[test]
    fn a_fingerprint_survives_its_json() {
        let text = serde_json::to_string(&fingerprint()).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), fingerprint());
    }
}
