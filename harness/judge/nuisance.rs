//! Judges `nuisance`.

use super::blame::{self, Blame};
use super::{Error, Judge, Status, Verdict, View, gathered, verdict};
use crate::artifact;
use crate::vary::Kind;

const AUDIT: &str = "nuisance";
const KINDS: &[Kind] = &[Kind::Environment, Kind::Machine];

pub(super) struct Nuisance;

impl Judge for Nuisance {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        Ok(judge(view)?)
    }
}

fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let gathered = gathered::gather(view, AUDIT, KINDS)?;
    let mut verdict = gathered.conclude(AUDIT).unwrap_or_else(|| held(view));
    verdict.notes.extend(gathered.notes);
    verdict.not_checked = gathered::not_varied(view, KINDS);
    for run in view.stages() {
        verdict.not_checked.extend(blame::unreached(run, KINDS));
        verdict.notes.extend(gathered::tolerations(run, KINDS));
    }
    Ok(verdict)
}

fn held(view: &View<'_>) -> Verdict {
    let factors =
        view.stages().iter().map(|run| gathered::count(&run.plan.factors, KINDS)).max().unwrap_or(0);
    let elsewhere = view.stages().iter().any(|run| matches!(blame::blame(run), Blame::Found(_)));
    let headline = if elsewhere {
        format!("{factors} factors varied, none of them guilty of the drift that another audit reports")
    } else {
        format!("{factors} factors varied at once, the same bits")
    };
    verdict(AUDIT, Status::Held, headline)
}
