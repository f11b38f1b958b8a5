//! Judges `augmentation`.

use super::walked::{found, run_failed, unrepeatable};
use super::{Error, Judge, Status, Verdict, View, verdict};
use crate::relate::Class;

/// See the module.
pub(super) struct Augmentation;

impl Judge for Augmentation {
    fn audit(&self) -> &'static str {
        "augmentation"
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let mut findings = Vec::new();
        let mut compared = Vec::new();
        for scenario in view.first(self.audit()) {
            let Some(walk) = view.walk(&scenario) else { continue };
            if !walk.is_whole() {
                return Ok(run_failed(view, self.audit(), walk, &["seed"]));
            }
            for name in &scenario.wanted {
                let Some(difference) = view.difference(walk, name)? else { continue };
                compared.push(format!("`{name}`"));
                if difference.class == Class::Identical {
                    continue;
                }
                let stage = view.case.producer(name).map(|stage| stage.name.clone()).unwrap_or_default();
                if view.is_unrepeatable(&stage) {
                    return Ok(unrepeatable(self.audit(), &stage));
                }
                findings.push(found(view, self.audit(), name, &["seed"], difference));
            }
        }
        let all = compared.join(", ");
        let mut verdict = match findings.first() {
            None => verdict(self.audit(), Status::Held, format!("another seed gives the same bits in {all}")),
            Some(finding) => verdict(
                self.audit(),
                Status::Drifted,
                format!(
                    "another seed changes `{}`: something random is left in at evaluation",
                    finding.artifact.as_deref().unwrap_or_default()
                ),
            ),
        };
        verdict.findings = findings;
        Ok(verdict)
    }
}
