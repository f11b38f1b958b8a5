//! What was shown of the pipeline's reproducibility, and what was not.

use crate::judge::Verdict;
use crate::report::prose::{self, code, list, sentence, table, text};
use crate::report::subject::Subject;
use crate::report::text::plural;
use crate::report::{Report, Snapshot};

/// Findings of one audit that are listed; the JSON report has all.
const FINDINGS_SHOWN: usize = 8;

/// "Reproducibility".
pub(super) fn section(report: &Report, subject: &Subject<'_>, level: usize) -> String {
    let case = subject.case;
    let row = |verdict: &Verdict| {
        vec![code(&verdict.audit), verdict.status.word().to_owned(), sentence(&verdict.headline)]
    };
    let rows: Vec<Vec<String>> = case.verdicts.iter().map(row).collect();
    let folder = std::path::Path::new(&case.file).parent().map(|folder| folder.display().to_string());
    let folder = folder.filter(|folder| !folder.is_empty()).unwrap_or_else(|| ".".to_owned());
    let again = format!(
        "To see it again: {}. To let others check it: {} writes an attestation, {} rebuilds it elsewhere.",
        code(&format!("driftless run {folder}")),
        code("driftless attest"),
        code("driftless verify")
    );
    let parts = [
        table(&["Audit", "Verdict", "What was seen"], &rows),
        again,
        prose::section(level + 1, "Findings", &[findings(subject)]),
        prose::section(level + 1, "Accepted for a while", &[tolerations(subject)]),
        prose::section(level + 1, "Proofs and snapshots", &[list(&proofs(report, subject))]),
        prose::section(level + 1, "Not checked", &[list(&not_checked(subject))]),
    ];
    prose::section(level, "Reproducibility", &parts)
}

fn findings(subject: &Subject<'_>) -> String {
    let mut lines = Vec::new();
    for verdict in &subject.case.verdicts {
        for finding in verdict.findings.iter().take(FINDINGS_SHOWN) {
            let factors: Vec<String> = finding.factors.iter().map(|name| code(name)).collect();
            let stage = Some(&finding.stage).filter(|stage| !stage.is_empty());
            let stage = stage.map(|stage| format!("stage {}", code(stage)));
            let artifact = finding.artifact.as_ref().map(|name| format!("artifact {}", code(name)));
            let place: Vec<String> = stage.into_iter().chain(artifact).collect();
            let by =
                if factors.is_empty() { String::new() } else { format!(" by {}", factors.join(" with ")) };
            let ended = finding.failure.as_ref().map(|failure| format!("; {}", text(&failure.end)));
            lines.push(format!(
                "{}{by}: {}{}",
                code(&verdict.audit),
                place.join(", "),
                ended.unwrap_or_default()
            ));
        }
        if let Some(more) = verdict.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
            lines.push(format!("{}: {more} more", code(&verdict.audit)));
        }
    }
    list(&lines)
}

fn tolerations(subject: &Subject<'_>) -> String {
    let row = |one: &crate::report::Tolerated| {
        let until = if one.expired { format!("{} (passed)", text(&one.until)) } else { text(&one.until) };
        let needed = if one.used { "yes" } else { "no" };
        vec![code(&one.audit), code(&one.factor), text(&one.reason), until, needed.to_owned()]
    };
    let rows: Vec<Vec<String>> = subject.case.tolerations.iter().map(row).collect();
    table(&["Audit", "Factor", "Reason", "Until", "Needed"], &rows)
}

fn proofs(report: &Report, subject: &Subject<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let snapshots = &subject.case.snapshots;
    let count = |wanted: fn(&Snapshot) -> bool| snapshots.values().filter(|one| wanted(one)).count();
    let (same, changed) =
        (count(|one| matches!(one, Snapshot::Same)), count(|one| matches!(one, Snapshot::Changed(_))));
    if same + changed > 0 {
        let others = snapshots.len() - same - changed;
        lines.push(format!(
            "Verdicts against accepted snapshots: {same} the same, {changed} changed, {others} without one for this class of machines"
        ));
    } else if !snapshots.is_empty() {
        lines.push("No verdict has an accepted snapshot for this class of machines yet".to_owned());
    }
    if let Some(day) = report.measured.canaries.get(&subject.case.name) {
        lines.push(format!("All audits were last proved able to fail on {}, by planted faults", text(day)));
    }
    let runs: usize = subject.case.executions.iter().map(|stage| stage.count).sum();
    if runs > 0 {
        lines.push(format!("These verdicts rest on {} of programs", plural(runs, "execution")));
    }
    lines
}

fn not_checked(subject: &Subject<'_>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for verdict in &subject.case.verdicts {
        for line in &verdict.not_checked {
            let line = sentence(line);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let idle = subject.case.not_asked.iter();
    lines.extend(
        idle.map(|(audit, needs)| format!("{}: does not apply yet; {}", code(audit), sentence(needs))),
    );
    lines
}
