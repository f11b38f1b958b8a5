//! An attestation against what ran here: same bits, same within the declared bound, or drift.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::level::Level;
use super::{Attested, Signed, Statement};
use crate::artifact::{Artifact, Digest, Format};
use crate::case::Case;
use crate::judge::Status;
use crate::relate::{self, Class, Difference};
use crate::report::{CaseReport, Exit, Report, Require};
use crate::run::fingerprint::Left;
use crate::run::fingerprint::diff::{Differing, Effect, diff};
use crate::run::store::held_object;

/// Version of the JSON layout.
pub const FORMAT: u32 = 1;
/// Files below a folder of artifacts that are looked at.
const FILES_MAX: usize = 10_000;

/// Said where outputs agree that an audit calls unsteady.
const UNSTEADY: &str =
    "the outputs agree this time, but not every audit holds here, so nothing is shown that would come again";

/// How an output here stands to the attested one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The same bits.
    Same,
    /// Other bits; the values are the same within the declared bound.
    Within,
    /// Other bits, and either no bound or values beyond it.
    Drift,
    /// Nothing was left here to compare.
    Missing,
}

/// One attested output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// `CASE/ARTIFACT`.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// The attested digest.
    pub attested: Digest,
    /// The digest here.
    pub here: Option<Digest>,
    /// What the values differ in, where the attested artifact is at hand.
    pub difference: Option<Difference>,
    /// What a reader should know besides.
    pub note: Option<String>,
}

/// An audit that says something else here than was attested, or does not hold here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The case.
    pub case: String,
    /// The audit.
    pub audit: String,
    /// What was attested; absent where it did not run then.
    pub attested: Option<String>,
    /// What it says here; absent where it did not run.
    pub here: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// Version of this layout.
    pub format: u32,
    /// Version of driftless.
    pub version: String,
    /// What is known of who wrote the attestation.
    pub signed: Signed,
    /// Whether the attestation is one of audits that held.
    pub attested_held: bool,
    /// The worst state of an output.
    pub state: State,
    /// The outputs, in the order of the attestation.
    pub outputs: Vec<Output>,
    /// Drifts that the author accepts: what held, held with these.
    pub tolerated: Vec<String>,
    /// Audits that do not hold here or say something else.
    pub audits: Vec<Audit>,
    /// What the two fingerprints differ in; results are left out, since the outputs say it.
    pub differences: Vec<Differing>,
    /// What was shown.
    pub level: Level,
    /// The same as a sentence, with what a machine cannot know.
    pub shown: String,
    /// How the audits here ended.
    #[serde(skip)]
    pub ended: Option<Exit>,
}

/// Where the bytes of attested artifacts may lie.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The store: sessions that are still kept.
    pub store: PathBuf,
    /// A folder of the user's.
    pub artifacts: Option<PathBuf>,
}

/// The attested cases here: by name, or the only one where the attestation has one too, since folders have other names
/// elsewhere. `Err` is the name of a case that is not here.
///
/// # Errors
/// A case that is not here.
pub fn cases(statement: &Statement, mut here: Vec<Case>) -> Result<Vec<Case>, String> {
    let wanted = &statement.predicate.cases;
    if let ([only], [_]) = (wanted.as_slice(), here.as_slice()) {
        only.name.clone_into(&mut here[0].name);
        return Ok(here);
    }
    here.retain(|case| wanted.iter().any(|wanted| wanted.name == case.name));
    match wanted.iter().find(|wanted| here.iter().all(|case| case.name != wanted.name)) {
        Some(missing) => Err(missing.name.clone()),
        None => Ok(here),
    }
}

/// Compares. `object` says where an output of this session lies.
///
/// # Errors
/// An artifact that cannot be read.
pub fn check(
    (statement, signed): (&Statement, Signed),
    (cases, report): (&[Case], &Report),
    places: &Places,
    within_ulps: Option<u64>,
) -> Result<Checked, crate::artifact::Error> {
    let predicate = &statement.predicate;
    let mut outputs = Vec::new();
    for attested in &predicate.cases {
        let bound = within_ulps.or(attested.within_ulps);
        let case = cases.iter().find(|case| case.name == attested.name);
        let lefts = predicate.fingerprint.case(&attested.name).map(|facts| facts.outputs.as_slice());
        for left in lefts.unwrap_or_default() {
            let side = Side { case, name: &attested.name, left, report, places, bound };
            outputs.push(side.output()?);
        }
    }
    let state = outputs.iter().map(|output| output.state).max().unwrap_or(State::Missing);
    let here = report.measured.fingerprint.as_ref();
    let agree = state <= State::Within;
    let ended = report.exit(Require::default());
    let (level, shown) = match here {
        Some(_) if agree && ended != Exit::Held => (Level::Nothing, UNSTEADY.to_owned()),
        Some(here) => Level::of(&predicate.fingerprint, here, agree),
        None => (Level::Nothing, "nothing is known of this machine".to_owned()),
    };
    let mut differences = here.map(|here| diff(&predicate.fingerprint, here)).unwrap_or_default();
    differences.retain(|one| one.effect != Effect::Result && one.fact != "arguments");
    Ok(Checked {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        signed,
        attested_held: predicate.held,
        state,
        outputs,
        tolerated: predicate.cases.iter().flat_map(tolerated).collect(),
        audits: predicate.cases.iter().flat_map(|case| audits(case, report)).collect(),
        differences,
        level,
        shown,
        ended: Some(ended),
    })
}

impl Checked {
    /// How the command ends: drift of outputs or audits; else a run that failed; else the audits here. Agreement with an
    /// attested failure is no success.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let ended = match self.ended.unwrap_or(Exit::Held) {
            Exit::Held if !self.attested_held => Exit::Inconclusive,
            ended => ended,
        };
        match self.state {
            State::Drift => Exit::Drift,
            State::Missing if ended == Exit::Held => Exit::Inconclusive,
            State::Same | State::Within | State::Missing => ended,
        }
    }
}

struct Side<'a> {
    case: Option<&'a Case>,
    name: &'a str,
    left: &'a Left,
    report: &'a Report,
    places: &'a Places,
    bound: Option<u64>,
}

impl Side<'_> {
    fn output(&self) -> Result<Output, crate::artifact::Error> {
        let left = self.left;
        let facts = self.report.measured.fingerprint.as_ref().and_then(|found| found.case(self.name));
        let here = facts.and_then(|facts| {
            facts.outputs.iter().find(|other| other.name == left.name && other.stage == left.stage)
        });
        let mut output = Output {
            name: format!("{}/{}", self.name, left.name),
            state: State::Missing,
            attested: left.sha256,
            here: here.map(|here| here.sha256),
            difference: None,
            note: None,
        };
        let Some(here) = here else {
            output.note = Some("no run here left it".to_owned());
            return Ok(output);
        };
        if here.sha256 == left.sha256 {
            output.state = State::Same;
            return Ok(output);
        }
        output.state = State::Drift;
        let (then, now) = (self.attested_bytes(), held_object(&self.places.store, &here.sha256));
        let (Some(then), Some(now)) = (then, now) else {
            output.note = Some(
                "only the digests could be compared: give the attested artifacts with `--artifacts DIR`"
                    .to_owned(),
            );
            return Ok(output);
        };
        let artifact =
            |path: PathBuf, digest| Artifact { path, format: self.format(), id: self.id(), digest };
        let difference = relate::compare(&artifact(then, left.sha256), &artifact(now, here.sha256))?;
        if self.bound.is_some_and(|ulps| is_within(&difference, ulps)) {
            output.state = State::Within;
        }
        output.note = match self.bound {
            Some(ulps) => Some(format!("the declared bound is {ulps} ULPs")),
            None => Some("no bound is declared, so bits must be the same".to_owned()),
        };
        output.difference = Some(difference);
        Ok(output)
    }

    fn format(&self) -> Format {
        let declared = self.case.and_then(|case| case.output(&self.left.name)).map(|output| output.format);
        declared.unwrap_or(if self.case.is_some_and(|case| case.kernel.is_some()) {
            Format::Npy
        } else {
            Format::Bytes
        })
    }

    fn id(&self) -> Vec<String> {
        let declared = self.case.and_then(|case| case.output(&self.left.name));
        declared.map(|output| output.id.clone()).unwrap_or_default()
    }

    /// The attested artifact itself: a kept session may still have it, or the user's folder.
    fn attested_bytes(&self) -> Option<PathBuf> {
        let digest = &self.left.sha256;
        held_object(&self.places.store, digest)
            .or_else(|| in_folder(self.places.artifacts.as_deref()?, Path::new(&self.left.path), digest))
    }
}

/// The file with this digest: at its declared path, by its name, or anywhere below the folder.
fn in_folder(folder: &Path, path: &Path, digest: &Digest) -> Option<PathBuf> {
    let is_it = |path: &PathBuf| Digest::of_path(path).is_ok_and(|found| found == *digest);
    let usual = [Some(folder.join(path)), path.file_name().map(|name| folder.join(name))];
    usual.into_iter().flatten().find(is_it).or_else(|| {
        let all = WalkDir::new(folder).sort_by_file_name().into_iter().flatten().take(FILES_MAX);
        all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).find(is_it)
    })
}

/// Values that are the same, or rounding apart and no further than the bound. What differs by more than rounding, such as
/// a number against NaN, is never within.
fn is_within(difference: &Difference, ulps: u64) -> bool {
    match difference.class {
        Class::Identical | Class::ContainerOnly => true,
        Class::ZeroSignOrNan | Class::Rounding => difference.ulps_max.unwrap_or(1) <= ulps,
        _ => false,
    }
}

fn tolerated(case: &Attested) -> Vec<String> {
    let line = |wish: &super::Tolerated| {
        format!("{}: {} in {} until {} ({})", case.name, wish.factor, wish.audit, wish.until, wish.reason)
    };
    case.tolerations.iter().map(line).collect()
}

fn audits(attested: &Attested, report: &Report) -> Vec<Audit> {
    let said: Option<&CaseReport> = report.cases.iter().find(|said| said.name == attested.name);
    let here = |audit: &str| {
        let verdicts = said.map(|said| said.verdicts.as_slice()).unwrap_or_default();
        verdicts.iter().find(|verdict| verdict.audit == audit).map(|verdict| verdict.status)
    };
    let then = |audit: &str| {
        attested.audits.iter().find(|said| said.audit == audit).map(|said| said.verdict.clone())
    };
    let mut names: Vec<&str> = attested.audits.iter().map(|said| said.audit.as_str()).collect();
    let new = said.into_iter().flat_map(|said| &said.verdicts).map(|verdict| verdict.audit.as_str());
    names.extend(new.filter(|name| then(name).is_none()).collect::<Vec<_>>());
    let one = |name: &str| {
        let (then, here) = (then(name), here(name));
        let same = then.as_deref() == here.map(Status::word);
        let fine = matches!(here, Some(Status::Held | Status::Skipped));
        (!(same && fine)).then(|| Audit {
            case: attested.name.clone(),
            audit: name.to_owned(),
            attested: then,
            here: here.map(|status| status.word().to_owned()),
        })
    };
    names.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rounding_can_be_within_a_bound() {
        let difference = |class, ulps_max| Difference { class, ulps_max, ..Difference::identical() };
        assert!(is_within(&difference(Class::Rounding, Some(4)), 4));
        assert!(!is_within(&difference(Class::Rounding, Some(5)), 4));
        assert!(is_within(&difference(Class::ContainerOnly, None), 0));
        assert!(!is_within(&difference(Class::ZeroSignOrNan, None), 0));
        for class in [Class::Values, Class::Labels, Class::Shape, Class::Bytes, Class::OrderOnly] {
            assert!(!is_within(&difference(class, Some(0)), u64::MAX), "{class:?}");
        }
    }

    #[test]
    fn an_artifact_is_found_by_path_by_name_and_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let digest = Digest::of_bytes(b"x");
        let find = || in_folder(folder.path(), Path::new("out/a.csv"), &digest);
        assert_eq!(find(), None);
        std::fs::write(folder.path().join("other"), "x").unwrap();
        assert_eq!(find(), Some(folder.path().join("other")));
        std::fs::write(folder.path().join("a.csv"), "x").unwrap();
        assert_eq!(find(), Some(folder.path().join("a.csv")));
    }
}
