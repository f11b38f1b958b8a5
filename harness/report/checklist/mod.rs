//! Checklists, answered from executed evidence only.
//!
//! One entry is a question, the audits whose holding answers it, and what else must be there. The answer is `yes` only
//! where every one of these audits held without a toleration; `declared` where the user says so and none of them
//! objects; `not shown` otherwise, with what would show it.

mod items;

use items::{ACM, Item, LISTS};

use super::prose::{code, list, section, sentence, table, text};
use super::{CaseReport, Report};
use crate::judge::{Status, Verdict};

/// What items look at.
pub(super) struct Look<'a> {
    report: &'a Report,
    case: &'a CaseReport,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
enum Answer<'a> {
    /// These audits held.
    Yes(Vec<&'a Verdict>),
    /// The user says so, in these words.
    Declared(String),
    /// Why not, where there is something to say beyond that nothing was asked.
    NotShown(Option<String>),
}

/// The checklists of every pipeline.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut parts = vec!["# Checklists".to_owned(), HOW.to_owned()];
    let pipelines: Vec<&CaseReport> = report.cases.iter().filter(|case| case.pipeline.is_some()).collect();
    for (number, case) in pipelines.iter().enumerate() {
        parts.push(of_case(&Look { report, case }, number + 1));
    }
    if pipelines.is_empty() {
        parts.push("No pipeline was audited in this session.".to_owned());
    }
    let kernels = report.cases.len() - pipelines.len();
    if kernels > 0 {
        let cases = super::text::plural(kernels, "kernel");
        parts.push(format!("Not answered here: {cases}; these lists ask about training and evaluation."));
    }
    parts.join("\n\n") + "\n"
}

const HOW: &str = "**yes**: the linked audits held in this session. **declared**: the case file says so, and no run showed it. **not shown**: neither; the last column says what would show it.";

fn of_case(look: &Look<'_>, number: usize) -> String {
    let mut parts = Vec::new();
    for (title, items) in LISTS {
        parts.push(section(3, title, &[rows(look, items, number)]));
    }
    parts.push(section(3, "Levels of the ACM", &[LEVELS.to_owned(), rows(look, ACM, number)]));
    parts.push(section(3, "Evidence", &[evidence(look.case, number)]));
    section(2, &text(&look.case.name), &parts)
}

/// The words of the ACM's policy "Artifact Review and Badging", version 1.1 (2020), in our own.
const LEVELS: &str = "After the ACM's policy on artifact review, version 1.1. Repeatability: the same team measures the same with the same setup. Reproducibility: another team measures the same with the artifacts of the first. Replicability: another team measures the same with a setup of its own. One session on one machine can only show the first.";

fn rows(look: &Look<'_>, items: &[Item], number: usize) -> String {
    let row = |item: &Item| {
        let answer = answer(look, item);
        let next = match &answer {
            Answer::Yes(_) => String::new(),
            _ => sentence(&next(look, item)),
        };
        vec![text(item.topic), text(item.question), said(&answer, number), next]
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    table(&["Topic", "Question", "Answer", "What would show it"], &rows)
}

/// What would show it; where an audit objects, that comes first.
fn next(look: &Look<'_>, item: &Item) -> String {
    let objects = |verdict: &&Verdict| objects(verdict) && item.audits.contains(&verdict.audit.as_str());
    match look.case.verdicts.iter().find(objects) {
        Some(verdict) => format!("mend what `{}` found, and run it again", verdict.audit),
        None => item.next.to_owned(),
    }
}

fn said(answer: &Answer<'_>, number: usize) -> String {
    match answer {
        Answer::Yes(held) => {
            let link = |verdict: &&Verdict| {
                format!("[{}](#{})", text(&verdict.audit), anchor(number, &verdict.audit))
            };
            let links: Vec<String> = held.iter().map(link).collect();
            format!("**yes**: {}", links.join(", "))
        }
        Answer::Declared(words) => format!("**declared**: {}", text(words)),
        Answer::NotShown(Some(why)) => format!("**not shown**: {}", text(why)),
        Answer::NotShown(None) => "**not shown**".to_owned(),
    }
}

/// The name of an audit's line below "Evidence".
fn anchor(number: usize, audit: &str) -> String {
    format!("evidence-{number}-{audit}")
}

fn evidence(case: &CaseReport, number: usize) -> String {
    let line = |verdict: &Verdict| {
        let tolerated = if verdict.tolerated.is_empty() { "" } else { ", with a toleration" };
        format!(
            "<a id=\"{}\"></a>{}: {}{tolerated}. {}",
            anchor(number, &verdict.audit),
            code(&verdict.audit),
            verdict.status.word(),
            sentence(&verdict.headline)
        )
    };
    list(&case.verdicts.iter().map(line).collect::<Vec<_>>())
}

fn answer<'a>(look: &Look<'a>, item: &Item) -> Answer<'a> {
    let verdict = |audit: &&str| look.case.verdicts.iter().find(|verdict| verdict.audit == **audit);
    let asked: Vec<&Verdict> = item.audits.iter().filter_map(verdict).collect();
    let (held, others): (Vec<&Verdict>, Vec<&Verdict>) =
        asked.into_iter().partition(|verdict| holds(verdict));
    let all = !item.audits.is_empty() && held.len() == item.audits.len();
    if all && (item.also)(look) {
        return Answer::Yes(held);
    }
    let objects = others.iter().any(|verdict| objects(verdict));
    if let Some(words) = (item.declared)(look).filter(|_| !objects) {
        return Answer::Declared(words);
    }
    let why: Vec<String> = others.iter().map(|verdict| stands(verdict)).collect();
    Answer::NotShown((!why.is_empty()).then(|| why.join("; ")))
}

/// A drift that is accepted is a drift.
fn holds(verdict: &Verdict) -> bool {
    verdict.status == Status::Held && verdict.tolerated.is_empty()
}

fn objects(verdict: &Verdict) -> bool {
    matches!(verdict.status, Status::Drifted | Status::Blind)
}

fn stands(verdict: &Verdict) -> String {
    match verdict.status {
        Status::Held => format!("{} held with a toleration only", verdict.audit),
        status => format!("{} says {}", verdict.audit, status.word()),
    }
}

#[cfg(test)]
mod tests;
