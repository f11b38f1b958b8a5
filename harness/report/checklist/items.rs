//! The questions. A new one is an entry.

use super::Look;
use crate::judge::Figure;

/// A question, and what answers it.
pub(super) struct Item {
    pub(super) topic: &'static str,
    pub(super) question: &'static str,
    /// All of these must have held for a `yes`; none: no run of ours can show it.
    pub(super) audits: &'static [&'static str],
    /// What must be there besides.
    pub(super) also: fn(&Look<'_>) -> bool,
    /// What the user says of it.
    pub(super) declared: fn(&Look<'_>) -> Option<String>,
    /// What would show it.
    pub(super) next: &'static str,
}

/// The lists by their titles.
pub(super) static LISTS: &[(&str, &[Item])] =
    &[("Ten questions of the NeurIPS paper checklist", NEURIPS), ("Reproducibility checklist", USUAL)];

/// After the first ten questions of the `NeurIPS` paper checklist (2024), in our own words.
static NEURIPS: &[Item] = &[
    Item {
        topic: "Claims",
        question: "Do the claimed numbers agree with what was measured?",
        audits: &["variance"],
        also: has_claim,
        declared: |look| card(look, "claims"),
        next: "`claim = NUMBER` in `[audit.variance]`; or `claims` below `[card]`",
    },
    Item {
        topic: "Limitations",
        question: "Are the limitations told?",
        declared: |look| card(look, "limitations"),
        next: "`limitations` below `[card]`",
        ..PEOPLE
    },
    Item {
        topic: "Theory",
        question: "Are assumptions and proofs given?",
        declared: |look| card(look, "theory"),
        next: "`theory` below `[card]`, if only to say that there is none",
        ..PEOPLE
    },
    Item {
        topic: "Results can be reproduced",
        question: "Does the same program give the same results again, whatever must not matter?",
        audits: &["repeat", "nuisance"],
        next: "a session in which repeat and nuisance hold",
        ..RUNS
    },
    Item {
        topic: "Open data and code",
        question: "Can others get the data and the code?",
        declared: open,
        next: "`code` below `[card]`, and `source` or `hub` below `[card.data.NAME]` for all data",
        ..PEOPLE
    },
    Item {
        topic: "Setting",
        question: "Are splits, hyper-parameters and how they were chosen told?",
        declared: |look| card(look, "tuning"),
        next: "`tuning` below `[card]`; values and data stand in the model card",
        ..PEOPLE
    },
    Item {
        topic: "Statistical significance",
        question: "Is the spread over repeated experiments measured?",
        audits: &["variance"],
        next: "`[audit.variance]` with seeds and a metric",
        ..RUNS
    },
    Item {
        topic: "Compute",
        question: "Are time, memory and hardware of the experiments known?",
        audits: &["repeat"],
        also: has_cost,
        declared: |look| card(look, "compute"),
        next: "a session in which repeat holds, reported with what was measured; or `compute` below `[card]`",
    },
    Item {
        topic: "Ethics",
        question: "Does the work keep to a code of ethics?",
        declared: |look| card(look, "ethics"),
        next: "`ethics` below `[card]`",
        ..PEOPLE
    },
    Item {
        topic: "Impact",
        question: "Are good and bad effects on society told?",
        declared: |look| card(look, "impact"),
        next: "`impact` below `[card]`",
        ..PEOPLE
    },
];

static USUAL: &[Item] = &[
    Item {
        topic: "Code",
        question: "Do two runs with the same inputs and seed agree bit for bit?",
        audits: &["repeat"],
        next: "a session in which repeat holds",
        ..RUNS
    },
    Item {
        topic: "Code",
        question: "Does it not matter where, when and as whom it runs?",
        audits: &["nuisance"],
        next: "a session in which nuisance holds",
        ..RUNS
    },
    Item {
        topic: "Code",
        question: "Does a second run over the outputs of the first change nothing?",
        audits: &["idempotence"],
        next: "`[audit.idempotence]`, and a session in which it holds",
        ..RUNS
    },
    Item {
        topic: "Data",
        question: "Are the data identified by digests, and is their licence known?",
        declared: licensed,
        next: "`license` below `[card.data.NAME]` for all data; digests stand in the datasheet",
        ..PEOPLE
    },
    Item {
        topic: "Data",
        question: "Do held-out rows not reach what training leaves?",
        audits: &["leakage"],
        next: "held-out data or a split, and a session in which leakage holds",
        ..RUNS
    },
    Item {
        topic: "Data",
        question: "Does no row of the training data stand in the test data?",
        audits: &["overlap"],
        next: "training and held-out data, and a session in which overlap holds",
        ..RUNS
    },
    Item {
        topic: "Data",
        question: "Do training and inference make the same features?",
        audits: &["normalization"],
        next: "`[audit.normalization]`, and a session in which it holds",
        ..RUNS
    },
    Item {
        topic: "Environment",
        question: "Are all dependencies pinned, with hashes?",
        declared: |look| {
            let lock = look.case.pipeline.as_ref()?.lock.as_ref()?;
            Some(format!("programs run in an environment built from {lock}"))
        },
        next: "`lock` below `[environment]`; `driftless gate` checks every pin",
        ..PEOPLE
    },
    Item {
        topic: "Environment",
        question: "Does it run without a network?",
        audits: &["repeat"],
        also: |look| look.case.pipeline.as_ref().is_some_and(|pipeline| pipeline.offline),
        declared: nothing,
        next: "`network = \"off\"` below `[environment]`, and a session in which repeat holds",
    },
    Item {
        topic: "Randomness",
        question: "Does every source of random numbers obey the seed?",
        audits: &["seed-coverage"],
        next: "a session in which seed-coverage holds",
        ..RUNS
    },
    Item {
        topic: "Randomness",
        question: "Is evaluation free of chance and of the batch?",
        audits: &["eval-mode", "augmentation"],
        next: "a session in which eval-mode and augmentation hold; the manual says what they need",
        ..RUNS
    },
    Item {
        topic: "Randomness",
        question: "Is the metric's spread over seeds reported?",
        audits: &["variance"],
        next: "`[audit.variance]` with seeds and a metric",
        ..RUNS
    },
    Item {
        topic: "Hyper-parameters",
        question: "Are the values written down?",
        declared: |look| {
            let knobs = &look.case.pipeline.as_ref()?.knobs;
            let each: Vec<String> = knobs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            (!each.is_empty()).then(|| each.join(", "))
        },
        next: "values below `[knobs]`, used in commands as `{NAME}`",
        ..PEOPLE
    },
    Item {
        topic: "Hyper-parameters",
        question: "Is it told how they were chosen?",
        declared: |look| card(look, "tuning"),
        next: "`tuning` below `[card]`",
        ..PEOPLE
    },
    Item {
        topic: "Evaluation",
        question: "Are the metrics computed from predictions and truth, and better than naming the majority?",
        audits: &["metrics"],
        next: "`[audit.metrics]` with truth, predictions and floors",
        ..RUNS
    },
    Item {
        topic: "Evaluation",
        question: "Do predictions stay with their ids?",
        audits: &["shuffle"],
        next: "id of data and predictions, and a session in which shuffle holds",
        ..RUNS
    },
    Item {
        topic: "Checkpoints",
        question: "Does a run that was interrupted end as one that was not?",
        audits: &["resume"],
        next: "`[audit.resume]`, and a session in which it holds",
        ..RUNS
    },
    Item {
        topic: "Hardware",
        question: "Is it known on what it ran?",
        audits: &["repeat"],
        also: has_machine,
        declared: |look| card(look, "compute"),
        next: "a report with what was measured; or `compute` below `[card]`",
    },
];

pub(super) static ACM: &[Item] = &[
    Item {
        topic: "Repeatability",
        question: "Same team, same setup: does it come out the same?",
        audits: &["repeat"],
        next: "a session in which repeat holds",
        ..RUNS
    },
    Item {
        topic: "Reproducibility",
        question: "Another team, same artifacts: does it come out the same?",
        next: "another team runs `driftless verify` on the attestation that `driftless attest` writes",
        ..PEOPLE
    },
    Item {
        topic: "Replicability",
        question: "Another team, artifacts of its own: does it come out the same?",
        next: "another team measures the claim with a program of its own",
        ..PEOPLE
    },
];

/// What only people can say.
const PEOPLE: Item = Item { topic: "", question: "", audits: &[], also: always, declared: nothing, next: "" };
/// What only runs can show.
const RUNS: Item = PEOPLE;

fn always(_: &Look<'_>) -> bool {
    true
}

fn nothing(_: &Look<'_>) -> Option<String> {
    None
}

/// A declared text; of a long one, its beginning.
fn card(look: &Look<'_>, key: &str) -> Option<String> {
    const LETTERS: usize = 200;
    let words = look.case.declared.as_ref()?.text(key)?;
    if words.chars().count() <= LETTERS {
        return Some(words.to_owned());
    }
    Some(words.chars().take(LETTERS).chain(['…']).collect())
}

fn has_claim(look: &Look<'_>) -> bool {
    let figures = look.case.verdicts.iter().flat_map(|verdict| &verdict.figures);
    figures.into_iter().any(|figure| matches!(figure, Figure::Seeds(seeds) if seeds.claim.is_some()))
}

fn has_cost(look: &Look<'_>) -> bool {
    look.report.measured.executions.iter().any(|one| one.case == look.case.name) && has_machine(look)
}

fn has_machine(look: &Look<'_>) -> bool {
    look.report.measured.fingerprint.as_ref().is_some_and(|found| found.machine.processor.is_some())
}

fn open(look: &Look<'_>) -> Option<String> {
    let code = card(look, "code")?;
    let declared = look.case.declared.as_ref()?;
    let data = &look.case.pipeline.as_ref()?.data;
    let place = |name: &str| declared.of_data(name, "hub").or_else(|| declared.of_data(name, "source"));
    let places = data.iter().map(|data| place(&data.name)).collect::<Option<Vec<_>>>()?;
    Some([vec![code.as_str()], places].concat().join(", "))
}

fn licensed(look: &Look<'_>) -> Option<String> {
    let declared = look.case.declared.as_ref()?;
    let data = &look.case.pipeline.as_ref()?.data;
    let known = |name: &str| look.case.data.iter().any(|sheet| sheet.name == name && sheet.sha256.is_some());
    let each = data.iter().map(|data| {
        let license = declared.of_data(&data.name, "license").filter(|_| known(&data.name))?;
        Some(format!("{}: {license}", data.name))
    });
    let each = each.collect::<Option<Vec<_>>>()?;
    (!each.is_empty()).then(|| each.join(", "))
}
