//! Which run made a file: by its bytes, from kept sessions, accepted snapshots and attestations, and by its name where it
//! carries the hashes of a run.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Signed, source};
use crate::artifact::Digest;
use crate::keep;
use crate::run::Invocation;
use crate::run::fingerprint::{CaseFacts, Fingerprint};
use crate::run::store::{Kept, sessions};

/// Attestations below the project that are read.
const ATTESTATIONS_MAX: usize = 200;
/// Hexadecimal digits of a hash in a name.
const DIGITS: usize = 8;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whence {
    /// The file.
    pub file: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// The runs that left these bytes, the latest session first.
    pub traces: Vec<Trace>,
    /// What the hashes in its name lead to, where it has any.
    pub name: Vec<String>,
    /// What was searched.
    pub searched: Vec<String>,
}

/// One run that left these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Where it is known from.
    pub known_from: String,
    /// The case.
    pub case: String,
    /// The stage, where it is known.
    pub stage: Option<String>,
    /// The artifact.
    pub artifact: String,
    /// What was changed in that run: `baseline`, `varied: threads`.
    pub run: Option<String>,
    /// When its session began.
    pub when: Option<String>,
    /// The commit, and whether files differed from it.
    pub source: Option<String>,
    /// Of an attestation, what is known of who wrote it.
    pub signature: Option<String>,
    /// Its case's facts at that time.
    pub facts: Option<CaseFacts>,
}

/// The hashes in a name of the form `NAME_<config8>_w<weights8>.EXT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// The first digits of the config hash.
    pub config: String,
    /// The first digits of the weight hash.
    pub weights: String,
}

/// The hashes in a file's name, where it has them.
#[must_use]
pub fn hashes(name: &str) -> Option<Hashes> {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let (rest, weights) = stem.rsplit_once("_w")?;
    let (_, config) = rest.rsplit_once('_')?;
    let is_hash = |text: &str| {
        text.len() == DIGITS
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    (is_hash(config) && is_hash(weights))
        .then(|| Hashes { config: config.to_owned(), weights: weights.to_owned() })
}

/// A name that leads back: the file's own with the hashes of its run, in place of those that it may carry.
#[must_use]
pub fn named(name: &str, facts: &CaseFacts) -> String {
    let (stem, ending) =
        name.split_once('.').map_or((name, String::new()), |(stem, rest)| (stem, format!(".{rest}")));
    let stem = match hashes(name) {
        Some(_) => &stem[..stem.len() - 2 * DIGITS - "__w".len()],
        None => stem,
    };
    let first = |digest: Digest| digest.to_string()[..DIGITS].to_owned();
    let weights = facts.weights().map_or_else(|| "0".repeat(DIGITS), first);
    format!("{stem}_{}_w{weights}{ending}", first(facts.config))
}

/// Searches. `present` are the case files that lie in the project now, as name and config hash.
///
/// # Errors
/// A file that cannot be read.
pub fn search(
    file: &Path,
    store: &Path,
    project: &Path,
    present: &[(String, Digest)],
) -> Result<Whence, crate::artifact::Error> {
    let sha256 = Digest::of_path(&file.canonicalize().unwrap_or_else(|_| file.to_path_buf()))?;
    let mut found = Whence {
        file: file.display().to_string(),
        sha256,
        traces: Vec::new(),
        name: Vec::new(),
        searched: Vec::new(),
    };
    let sessions = sessions(store);
    found.searched.push(format!("{} kept sessions in `{}`", sessions.len(), store.display()));
    for session in &sessions {
        found.traces.extend(in_session(session, &sha256));
    }
    let (held, unread) = keep::holding(project, &sha256);
    found.searched.push(format!("accepted snapshots in `{}`", project.join("snapshots").display()));
    found.searched.extend(unread);
    found.traces.extend(held.into_iter().map(|held| Trace {
        known_from: format!("the accepted snapshot {}", held.file.display()),
        case: held.case,
        stage: held.stage,
        artifact: held.artifact,
        run: Some("baseline".to_owned()),
        when: None,
        source: None,
        signature: None,
        facts: None,
    }));
    let attestations = attestations(project);
    found.searched.push(format!("{} attestations in `{}`", attestations.len(), project.display()));
    for (path, fingerprint, signed) in &attestations {
        found.traces.extend(in_attestation(path, fingerprint, *signed, &sha256));
    }
    if let Some(hashes) = file.file_name().and_then(|name| hashes(&name.to_string_lossy())) {
        let fingerprints: Vec<(String, &Fingerprint)> = sessions
            .iter()
            .filter_map(|session| Some((format!("session {}", session.name), session.fingerprint.as_ref()?)))
            .chain(attestations.iter().map(|(path, found, _)| (path.display().to_string(), found)))
            .collect();
        found.name = led_by(&hashes, present, &fingerprints);
    }
    Ok(found)
}

fn in_session(session: &Kept, sha256: &Digest) -> Vec<Trace> {
    let fingerprint = session.fingerprint.as_ref();
    let mut traces: Vec<Trace> = Vec::new();
    for record in &session.records {
        let twin = record.twin.iter().flat_map(|twin| &twin.outputs);
        let left = record.outputs.iter().chain(twin).filter(|(_, output)| output.digest == *sha256);
        for (artifact, _) in left {
            let Invocation { case, stage, .. } = &record.invocation;
            let run = changed(&record.invocation);
            // One line for a run that stands for all others with the same bits: the baseline, where it is among them.
            let known = traces.iter_mut().find(|trace| trace.case == *case && trace.artifact == *artifact);
            if let Some(known) = known {
                if run == BASELINE {
                    known.run = Some(run);
                }
                continue;
            }
            traces.push(Trace {
                known_from: format!("session {}", session.name),
                case: case.clone(),
                stage: Some(stage.clone()),
                artifact: artifact.clone(),
                run: Some(run),
                when: fingerprint.map(|found| found.when.started.clone()),
                source: fingerprint.and_then(source_of),
                signature: None,
                facts: fingerprint.and_then(|found| found.case(case)).cloned(),
            });
        }
    }
    traces
}

const BASELINE: &str = "baseline";

/// What was changed in a run, in words.
fn changed(invocation: &Invocation) -> String {
    let mut parts = Vec::new();
    if !invocation.varied.is_empty() {
        let names: Vec<&str> = invocation.varied.iter().map(String::as_str).collect();
        parts.push(format!("varied: {}", names.join(", ")));
    }
    if !invocation.edits.is_empty() {
        let names: Vec<&str> = invocation.edits.keys().map(String::as_str).collect();
        parts.push(format!("shown changed data: {}", names.join(", ")));
    }
    if invocation.how != crate::plan::scenario::How::Once {
        parts.push("run more than once in one place".to_owned());
    }
    if invocation.dir.is_some() {
        parts.push("another pipeline's files".to_owned());
    }
    if invocation.repetition > 0 {
        parts.push(format!("repetition {}", invocation.repetition));
    }
    if parts.is_empty() { BASELINE.to_owned() } else { parts.join("; ") }
}

fn source_of(fingerprint: &Fingerprint) -> Option<String> {
    let source = fingerprint.source.as_ref()?;
    let state = match source.dirty {
        Some(true) => ", dirty",
        Some(false) => ", clean",
        None => "",
    };
    Some(format!("{}{state}", source.commit.as_deref()?))
}

fn in_attestation(path: &Path, fingerprint: &Fingerprint, signed: Signed, sha256: &Digest) -> Vec<Trace> {
    let trace = |case: &CaseFacts, artifact: &str, stage: &str| Trace {
        known_from: format!("the attestation {}", path.display()),
        case: case.name.clone(),
        stage: Some(stage.to_owned()),
        artifact: artifact.to_owned(),
        run: Some(BASELINE.to_owned()),
        when: Some(fingerprint.when.started.clone()),
        source: source_of(fingerprint),
        signature: Some(signed.sentence().to_owned()),
        facts: Some(case.clone()),
    };
    let all = fingerprint.cases.iter().flat_map(|case| case.outputs.iter().map(move |left| (case, left)));
    all.filter(|(_, left)| left.sha256 == *sha256)
        .map(|(case, left)| trace(case, &left.name, &left.stage))
        .collect()
}

/// Attestations among the files that version control would keep.
fn attestations(project: &Path) -> Vec<(PathBuf, Fingerprint, Signed)> {
    let paths = crate::project::files(project).paths;
    let json = paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    json.filter(|path| looks_like_one(&project.join(path)))
        .filter_map(|path| {
            let (statement, signed) = source::attestation(&project.join(&path), None).ok()?;
            Some((path, statement.predicate.fingerprint, signed))
        })
        .take(ATTESTATIONS_MAX)
        .collect()
}

/// Data may be JSON too, and large: only what begins as a statement or an envelope is read whole.
fn looks_like_one(path: &Path) -> bool {
    let mut head = Vec::new();
    let file = crate::artifact::open::regular(path);
    let read = file.map(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
    let head = String::from_utf8_lossy(&head);
    read.is_ok() && ["\"_type\"", "\"payloadType\"", "\"payload\""].iter().any(|mark| head.contains(mark))
}

/// Where the first keys stand.
const HEAD_BYTES: u64 = 4096;

fn led_by(hashes: &Hashes, present: &[(String, Digest)], known: &[(String, &Fingerprint)]) -> Vec<String> {
    let begins = |digest: &Digest, first: &str| digest.to_string().starts_with(first);
    let mut lines = Vec::new();
    for (name, config) in present.iter().filter(|(_, config)| begins(config, &hashes.config)) {
        lines.push(format!(
            "config {} is the case file of `{name}` as it lies here ({config})",
            hashes.config
        ));
    }
    for (place, fingerprint) in known {
        for case in &fingerprint.cases {
            let config = begins(&case.config, &hashes.config);
            let weights = case.weights().is_some_and(|digest| begins(&digest, &hashes.weights));
            let what = match (config, weights) {
                (true, true) => "config and weights are those",
                (true, false) => "config is that",
                (false, true) => "weights are those",
                (false, false) => continue,
            };
            lines.push(format!("{what} of `{}` in {place}", case.name));
        }
    }
    if lines.is_empty() {
        lines.push(format!(
            "config {} and weights {} lead to nothing that is known here",
            hashes.config, hashes.weights
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_proposed_from_config_and_weights_and_replaces_the_hashes_that_it_had() {
        let digest = |text: &str| Digest::of_bytes(text.as_bytes()).to_string();
        let left = |role: &str, text: &str| serde_json::json!({ "name": role, "stage": "s", "role": role, "path": "p", "format": "text", "sha256": digest(text) });
        let facts = |outputs: Vec<serde_json::Value>| -> CaseFacts {
            serde_json::from_value(serde_json::json!({
                "name": "c", "file": "f", "config": digest("config"), "data": {}, "sources": {}, "outputs": outputs,
                "variables": {}, "not_known": {}
            }))
            .unwrap()
        };
        let one = facts(vec![left("model", "weights"), left("predictions", "rows")]);
        let expected = format!("sub_{}_w{}.csv.gz", &digest("config")[..8], &digest("weights")[..8]);
        assert_eq!(named("sub.csv.gz", &one), expected);
        assert_eq!(named(&expected, &one), expected);
        assert!(named("sub", &facts(Vec::new())).ends_with("_w00000000"));
    }

    proptest::proptest! {
        #[test]
        fn a_proposed_name_can_be_read_back_and_is_proposed_again(stem in "[a-z_]{0,12}", ending in "(\\.[a-z]{1,4}){0,2}") {
            let facts: CaseFacts = serde_json::from_value(serde_json::json!({
                "name": "c", "file": "f", "config": Digest::of_bytes(stem.as_bytes()), "data": {}, "sources": {},
                "outputs": [], "variables": {}, "not_known": {}
            }))
            .unwrap();
            let name = named(&format!("{stem}{ending}"), &facts);
            let read = hashes(&name).unwrap();
            proptest::prop_assert!(facts.config.to_string().starts_with(&read.config));
            proptest::prop_assert_eq!(named(&name, &facts), name);
        }
    }

    #[test]
    fn hashes_are_read_from_names_of_the_form_and_no_others() {
        let found = hashes("sub_0123abcd_wdeadbeef.csv").unwrap();
        assert_eq!((found.config.as_str(), found.weights.as_str()), ("0123abcd", "deadbeef"));
        assert!(hashes("my_best_sub_0123abcd_wdeadbeef.csv.gz").is_some());
        for name in [
            "sub.csv",
            "sub_0123abcd.csv",
            "sub_0123ABCD_wdeadbeef.csv",
            "sub_0123abc_wdeadbeef.csv",
            "_w",
            "",
        ] {
            assert_eq!(hashes(name), None, "{name}");
        }
    }
}
