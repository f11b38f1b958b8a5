//! The in-toto Statement, and the predicate of ours in it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::level::{LIMITS, Level};
use crate::case::Case;
use crate::judge::Verdict;
use crate::plan::{self, Selection};
use crate::report::{CaseReport, Exit, Report, Require};
use crate::run::fingerprint::{self, Fingerprint, Left};

/// The type of in-toto statements, version 1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of our predicate. Another number at the end is another layout.
pub const PREDICATE_TYPE: &str = "urn:driftless:attestation:v1";
/// Version of the predicate's layout.
pub const FORMAT: u32 = 1;

/// A statement over outputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// The type of the statement.
    #[serde(rename = "_type")]
    pub kind: String,
    /// The outputs.
    pub subject: Vec<Subject>,
    /// The type of the predicate.
    pub predicate_type: String,
    /// What was shown of them.
    pub predicate: Predicate,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// `CASE/ARTIFACT`.
    pub name: String,
    /// `sha256` of a file's bytes; of a directory `driftlessTree`, the sha256 of its sorted listing with the sha256 of
    /// each file.
    pub digest: BTreeMap<String, String>,
}

/// What was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "driftless attestation predicate")]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// Version of this layout.
    pub format: u32,
    /// Version of driftless.
    pub driftless: String,
    /// Whether every audit that ran held. Where this is false, the attestation is one of a failure.
    pub held: bool,
    /// What was shown, in the words of ACM, "Artifact Review and Badging", version 1.1.
    pub level: Level,
    /// The cases.
    pub cases: Vec<Attested>,
    /// What the results may depend on.
    pub fingerprint: Fingerprint,
    /// What nobody looked at, besides what each case says.
    pub not_checked: Vec<String>,
    /// The command that audits again, to be run in the project.
    pub command: String,
}

/// What was shown of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The case's name; its outputs stand in the fingerprint under the same one.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Whether every audit of it that ran held.
    pub held: bool,
    /// The audits.
    pub audits: Vec<Audited>,
    /// What was varied: what must not matter.
    pub factors: Vec<String>,
    /// Drifts that its author accepts for a while.
    pub tolerations: Vec<Tolerated>,
    /// How far floating-point numbers may lie apart elsewhere, in units in the last place; absent where bits must be the
    /// same.
    pub within_ulps: Option<u64>,
    /// How often each stage was executed.
    pub executions: BTreeMap<String, u64>,
    /// Audits that do not apply, each with what would have to be declared.
    pub not_asked: BTreeMap<String, String>,
}

/// What one audit said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audited {
    /// Its name.
    pub audit: String,
    /// `held`, `drifted`, `blind`, `inconclusive` or `skipped`.
    pub verdict: String,
    /// One sentence.
    pub headline: String,
    /// Guilty factors and what they change, one finding each.
    pub findings: Vec<String>,
    /// What it did not check.
    pub not_checked: Vec<String>,
}

/// An accepted drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tolerated {
    /// The factor.
    pub factor: String,
    /// The audit.
    pub audit: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
}

/// The JSON schema (draft 2020-12) of the predicate.
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Predicate>().to_value()
}

/// The statement over what a report says of these cases. `None` where the report has no fingerprint or left no output.
#[must_use]
pub fn statement(
    cases: &[Case],
    report: &Report,
    within_ulps: Option<u64>,
    command: String,
) -> Option<Statement> {
    let fingerprint = report.measured.fingerprint.clone()?;
    let subject = subjects(&fingerprint);
    if subject.is_empty() {
        return None;
    }
    let one = |said: &CaseReport| {
        let case = cases.iter().find(|case| case.name == said.name)?;
        Some(attested(case, said, within_ulps))
    };
    let cases: Vec<Attested> = report.cases.iter().filter_map(one).collect();
    let held = cases.iter().all(|case| case.held);
    let predicate = Predicate {
        format: FORMAT,
        driftless: report.version.clone(),
        held,
        level: if held { Level::Repeatability } else { Level::Nothing },
        cases,
        fingerprint,
        not_checked: LIMITS.map(str::to_owned).to_vec(),
        command,
    };
    Some(Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject,
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate,
    })
}

fn subjects(fingerprint: &Fingerprint) -> Vec<Subject> {
    let of = |case: &str, left: &Left| {
        let algorithm = if left.format == "tree" { "driftlessTree" } else { "sha256" };
        let digest = [(algorithm.to_owned(), left.sha256.to_string())].into();
        Subject { name: format!("{case}/{}", left.name), digest }
    };
    let all = fingerprint.cases.iter();
    all.flat_map(|case| case.outputs.iter().map(|left| of(&case.name, left))).collect()
}

fn attested(case: &Case, said: &CaseReport, within_ulps: Option<u64>) -> Attested {
    let own = case.kernel.as_ref().and_then(|kernel| kernel.ulps).map(u64::from);
    let tolerations = case.tolerations.iter().map(|wish| Tolerated {
        factor: wish.factor.clone(),
        audit: wish.audit.clone(),
        reason: wish.reason.clone(),
        until: wish.until.clone(),
    });
    Attested {
        name: said.name.clone(),
        summary: said.summary.clone(),
        held: held(said),
        audits: said.verdicts.iter().map(audited).collect(),
        factors: factors(case),
        tolerations: tolerations.collect(),
        within_ulps: within_ulps.or(own),
        executions: said.executions.iter().map(|one| (one.stage.clone(), one.count as u64)).collect(),
        not_asked: said.not_asked.clone(),
    }
}

/// Whether every audit that ran held, and at least one did: what was skipped shows nothing.
fn held(said: &CaseReport) -> bool {
    let ran = said.verdicts.iter().any(|verdict| verdict.status == crate::judge::Status::Held);
    ran && said.exit(Require::default()) == Exit::Held
}

fn audited(verdict: &Verdict) -> Audited {
    let finding = |finding: &crate::judge::Finding| {
        let factors =
            if finding.factors.is_empty() { "nothing".to_owned() } else { finding.factors.join(" + ") };
        let artifact = finding.artifact.as_deref().unwrap_or("no artifact");
        let how = finding.difference.as_ref().map(|difference| format!(": {}", difference.sentence()));
        let end = finding.failure.as_ref().map(|failure| format!(": {}", failure.end));
        format!("{factors} changes {artifact} of stage {}{}", finding.stage, how.or(end).unwrap_or_default())
    };
    Audited {
        audit: verdict.audit.clone(),
        verdict: verdict.status.word().to_owned(),
        headline: verdict.headline.clone(),
        findings: verdict.findings.iter().map(finding).collect(),
        not_checked: verdict.not_checked.clone(),
    }
}

/// Everything that the plan of a case varies.
fn factors(case: &Case) -> Vec<String> {
    let plan = plan::plan(case, &Selection::default());
    let stages = plan.stages.iter().flat_map(|stage| stage.factors.iter().map(|name| (*name).to_owned()));
    let mut all: BTreeSet<String> = stages.collect();
    if let (Some(kernel), Some(plan)) = (&case.kernel, &plan.kernel) {
        all.extend(plan.reference.iter().chain(&plan.adapter).map(|change| change.describe(kernel)));
    }
    all.into_iter().collect()
}

/// Why a report must not be attested any more: what lies here is not what was audited.
#[must_use]
pub fn unfit(cases: &[Case], report: &Report) -> Option<String> {
    let Some(found) = &report.measured.fingerprint else {
        return Some("has no fingerprint".to_owned());
    };
    for said in &report.cases {
        let name = &said.name;
        let (Some(case), Some(then)) = (cases.iter().find(|case| case.name == *name), found.case(name))
        else {
            return Some(format!("speaks of the case `{name}`, which is not here"));
        };
        let now = fingerprint::of_case(case);
        if now.config != then.config {
            return Some(format!("was written before the case file of `{name}` changed"));
        }
        if now.data != then.data || now.lock != then.lock {
            return Some(format!("was written before the data or the lock file of `{name}` changed"));
        }
        if now.program != then.program {
            return Some(format!("was written before the program of `{name}` changed"));
        }
        let asked = plan::plan(case, &Selection::default()).audits;
        if let Some(missing) = asked.iter().find(|audit| said.verdicts.iter().all(|one| one.audit != **audit))
        {
            return Some(format!("lacks the audit `{missing}` of `{name}`: it was narrowed"));
        }
    }
    None
}

/// What in a statement contradicts itself: only a change after it was written does.
pub(super) fn contradiction(statement: &Statement) -> Option<String> {
    let predicate = &statement.predicate;
    if predicate.format != FORMAT {
        return Some(format!("has layout {}, this program knows {FORMAT}", predicate.format));
    }
    if statement.subject != subjects(&predicate.fingerprint) {
        return Some("names other outputs as its subject than in its predicate".to_owned());
    }
    // Otherwise a case could be taken out, and its outputs would pass unchecked.
    let audited: BTreeSet<&String> = predicate.cases.iter().map(|case| &case.name).collect();
    if audited != predicate.fingerprint.cases.iter().map(|case| &case.name).collect() {
        return Some("speaks of other cases than its fingerprint".to_owned());
    }
    let failing = |audit: &Audited| !["held", "skipped"].contains(&audit.verdict.as_str());
    let wrong = |case: &Attested| case.held && case.audits.iter().any(failing);
    if predicate.cases.iter().any(wrong) || predicate.held && predicate.cases.iter().any(|case| !case.held) {
        return Some("says that all held, and that an audit did not".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_was_changed_contradicts_itself() {
        let digest = crate::artifact::Digest::of_bytes(b"").to_string();
        let case = serde_json::json!({
            "name": "c", "file": "f", "config": digest, "data": {}, "sources": {}, "variables": {}, "not_known": {},
            "outputs": [{ "name": "o", "stage": "s", "path": "p", "format": "csv", "sha256": digest }]
        });
        let good = serde_json::json!({
            "_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE,
            "subject": [{ "name": "c/o", "digest": { "sha256": digest } }],
            "predicate": {
                "format": FORMAT, "driftless": "0", "held": true, "level": "repeatability", "not_checked": [], "command": "x",
                "cases": [{
                    "name": "c", "summary": "", "held": true, "factors": [], "tolerations": [], "executions": {},
                    "not_asked": {},
                    "audits": [{ "audit": "repeat", "verdict": "held", "headline": "", "findings": [], "not_checked": [] }]
                }],
                "fingerprint": {
                    "format": 1, "driftless": "0", "cases": [case], "pythons": [], "variables": {}, "arguments": [],
                    "machine": { "architecture": "x86_64", "processors": 1, "gpus": [] }, "not_known": {},
                    "when": { "started": "", "ended": "" }
                }
            }
        });
        let said = |value: &Value| contradiction(&serde_json::from_value(value.clone()).unwrap());
        assert_eq!(said(&good), None);
        for (pointer, value) in [
            ("/subject/0/digest/sha256", serde_json::json!(digest.replace('e', "f"))),
            ("/subject", serde_json::json!([])),
            ("/predicate/cases", serde_json::json!([])),
            ("/predicate/format", serde_json::json!(2)),
            ("/predicate/cases/0/audits/0/verdict", serde_json::json!("drifted")),
            ("/predicate/cases/0/held", serde_json::json!(false)),
        ] {
            let mut changed = good.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert!(said(&changed).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_schema_names_its_draft_and_describes_every_key() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], "driftless attestation predicate");
        assert!(jsonschema::meta::is_valid(&schema));
        let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for table in tables {
            for (key, property) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
                assert!(property.get("description").is_some(), "{key} has no description");
            }
        }
    }
}
