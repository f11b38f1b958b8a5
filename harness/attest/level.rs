//! What a repetition shows, in the words of ACM, "Artifact Review and Badging", version 1.1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::fingerprint::{CaseFacts, Fingerprint};

/// What was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The same setup gave the same results again. ACM: "same team, same experimental setup".
    Repeatability,
    /// The author's own artifacts gave the same results elsewhere. ACM: "different team, same experimental setup", which of
    /// computational experiments means that an independent group obtains the same result with the author's own artifacts.
    /// Whether the group is an independent one, only people can say.
    Reproducibility,
    /// Nothing: results differ, or what ran were not the author's artifacts.
    Nothing,
}

/// What no attestation can say.
pub(super) const LIMITS: [&str; 3] = [
    "who ran this: the same team or another one",
    "whether anybody gets the same results with artifacts of their own (replicability)",
    "whether the program does what its authors say it does",
];

impl Level {
    /// What this machine can say after it ran the attested cases. `agree` is whether the outputs are the attested ones.
    #[must_use]
    pub fn of(attested: &Fingerprint, here: &Fingerprint, agree: bool) -> (Self, String) {
        if !agree {
            let sentence = "the results are not the attested ones, so neither repeatability nor reproducibility is shown";
            return (Level::Nothing, sentence.to_owned());
        }
        if let Some(case) = attested.cases.iter().find(|case| !is_known(case, here)) {
            let sentence = format!(
                "the results agree, but the files of `{}` are too large to be compared, so whether the attested artifacts ran is not known",
                case.name
            );
            return (Level::Nothing, sentence);
        }
        if let Some(case) = attested.cases.iter().find(|case| !same_artifacts(case, here)) {
            let sentence = format!(
                "the results agree, but the program, the data or the case file of `{}` are not those that were attested: this shows that the results do not depend on the change, not that the attested artifacts reproduce",
                case.name
            );
            return (Level::Nothing, sentence);
        }
        if same_setup(attested, here) {
            let sentence = "repeatability: the same artifacts in what looks like the same setup gave the same results again; a different team or setup is needed for more";
            return (Level::Repeatability, sentence.to_owned());
        }
        let what =
            if attested.machine.id == here.machine.id { "another environment" } else { "another machine" };
        let sentence = format!(
            "reproducibility, as far as a machine can know: the author's artifacts gave the same results on {what}; ACM asks besides that a different team did it, which cannot be seen from here"
        );
        (Level::Reproducibility, sentence)
    }
}

/// Whether the author's artifacts ran here: sources, data and case file.
fn same_artifacts(case: &CaseFacts, here: &Fingerprint) -> bool {
    let same = |own: &CaseFacts| {
        own.program == case.program
            && own.data == case.data
            && own.config == case.config
            && own.lock == case.lock
    };
    here_of(case, here).is_some_and(same)
}

/// Whether both sides know what the program is.
fn is_known(case: &CaseFacts, here: &Fingerprint) -> bool {
    case.program.is_some() && here_of(case, here).is_none_or(|own| own.program.is_some())
}

/// On another machine the folder, and with it the name, may be another one.
fn here_of<'a>(case: &CaseFacts, here: &'a Fingerprint) -> Option<&'a CaseFacts> {
    here.case(&case.name).or(match here.cases.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

/// Whether machine, interpreters and variables look the same. Memory and the kernel count: they are part of a setup even
/// where they change no bits.
fn same_setup(left: &Fingerprint, right: &Fingerprint) -> bool {
    left.machine == right.machine
        && left.pythons == right.pythons
        && left.adapters == right.adapters
        && left.driftless == right.driftless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint() -> Fingerprint {
        let when = serde_json::json!({ "started": "", "ended": "" });
        let machine = serde_json::json!({ "id": "a", "architecture": "x86_64", "processors": 2, "gpus": [] });
        let digest = crate::artifact::Digest::of_bytes(b"").to_string();
        let case = serde_json::json!({
            "name": "c", "file": "driftless.toml", "config": digest, "program": digest, "data": {}, "sources": {},
            "outputs": [], "variables": {}, "not_known": {}
        });
        serde_json::from_value(serde_json::json!({
            "format": 1, "driftless": "0", "cases": [case], "pythons": [], "machine": machine, "variables": {},
            "arguments": [], "not_known": {}, "when": when
        }))
        .unwrap()
    }

    #[test]
    fn the_same_setup_repeats_another_one_reproduces_and_other_artifacts_show_neither() {
        let attested = fingerprint();
        assert_eq!(Level::of(&attested, &attested, true).0, Level::Repeatability);
        let mut other = attested.clone();
        other.machine.id = Some("b".to_owned());
        let (level, sentence) = Level::of(&attested, &other, true);
        assert_eq!(level, Level::Reproducibility);
        assert!(sentence.contains("another machine") && sentence.contains("different team"), "{sentence}");
        assert_eq!(Level::of(&attested, &other, false).0, Level::Nothing);
        other.cases[0].program = Some(crate::artifact::Digest::of_bytes(b"changed"));
        assert_eq!(Level::of(&attested, &other, true).0, Level::Nothing);
        other.cases[0].program = None;
        let (level, sentence) = Level::of(&attested, &other, true);
        assert!(level == Level::Nothing && sentence.contains("not known"), "{sentence}");
    }

    #[test]
    fn another_name_of_the_folder_is_no_other_artifact() {
        let attested = fingerprint();
        let mut here = attested.clone();
        here.cases[0].name = "elsewhere".to_owned();
        assert_eq!(Level::of(&attested, &here, true).0, Level::Repeatability);
    }
}
