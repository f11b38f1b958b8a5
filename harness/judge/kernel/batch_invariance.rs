//! Judges `batch-invariance`.

use std::collections::BTreeMap;

use super::{MACHINE, Verdict, View, difference, drifted, held, name};
use crate::artifact;
use crate::judge::{Cause, walked};
use crate::plan::kernel::Change;
use crate::run::kernel::Outputs;

const NAME: &str = "batch-invariance";

pub(super) fn judge(view: &View<'_>) -> Result<Verdict, artifact::Error> {
    let reference = view.reference(NAME).ok();
    if let Some(why) = view.has_no_one_result() {
        return Ok(crate::judge::skipped(NAME, why));
    }
    let (mut findings, mut compared) = (Vec::new(), 0);
    if let Some(runs) = reference {
        for (change, alone) in &runs.runs {
            compared += usize::from(matches!(change, Change::Rows(_)));
            findings.extend(look(view, MACHINE, change, &runs.rows, alone)?);
        }
    }
    for (adapter, _) in view.adapters() {
        for (change, left) in &adapter.runs {
            let Ok(left) = left else { continue };
            compared += usize::from(matches!(change, Change::Rows(_)));
            findings.extend(look(view, &name(adapter), change, &adapter.rows, &left.first())?);
        }
    }
    if compared == 0 {
        return Ok(walked::inconclusive(NAME, "no row was computed alone".to_owned(), Cause::NothingVaried));
    }
    // One finding is enough: the same fault shows everywhere.
    findings.truncate(1);
    Ok(match findings.first() {
        None => held(
            view,
            NAME,
            format!("rows computed alone have the bits that they have in the batch ({compared} times)"),
        ),
        Some(one) => {
            let headline = format!(
                "rows of `{}` are others when computed alone",
                one.artifact.as_deref().unwrap_or_default()
            );
            drifted(NAME, headline, findings.clone())
        }
    })
}

fn look(
    view: &View<'_>,
    on: &str,
    change: &Change,
    first_rows: &BTreeMap<u64, Outputs>,
    alone: &Outputs,
) -> Result<Option<super::Finding>, artifact::Error> {
    let Change::Rows(count) = change else { return Ok(None) };
    let Some(whole) = first_rows.get(count) else { return Ok(None) };
    let found = difference(whole.iter(), alone)?;
    Ok(found.map(|found| {
        let mut finding = view.finding(NAME, on, &["rows"], Some(found));
        finding.source.push(format!("with {}", change.describe(view.kernel)));
        finding
    }))
}
