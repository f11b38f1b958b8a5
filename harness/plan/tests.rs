//! Plans of whole case files, and what is asked next for given answers.

use proptest::prelude::*;

use super::inquiry::{self, Searched};
use super::search::{Answer, FactorSet};
use super::{Answers, Question, RepeatWish, Selection, StagePlan, next, plan};
use crate::audit::AUDITS;
use crate::case::{Case, Context, Date, Known};
use crate::vary::FACTORS;

const TWO_STAGES: &str = r#"
[stage.predict]
command = ["python", "predict.py", "{out.weights}", "{out.predictions}"]
out.predictions = "predictions.csv"
[stage.train]
command = ["python", "train.py", "--seed", "{seed}", "--out", "{out.weights}"]
out.weights = "weights.npz"
[knobs]
seed = 42
"#;

fn case(text: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let audits: Vec<_> = AUDITS.iter().map(|audit| audit.name()).collect();
    let factors: Vec<_> = FACTORS.iter().map(|factor| factor.name()).collect();
    let known = Known { audits: &audits, factors: &factors, words: &[] };
    let today = Date { year: 2026, month: 1, day: 1 };
    let context = Context { name: "case", project: folder.path(), today, known };
    let file = folder.path().join("driftless.toml");
    crate::case::read(&file, text, &context).unwrap_or_else(|error| panic!("{error}")).remove(0)
}

/// A plan as text. Which factors this machine can vary is its own affair, so they are counted out.
fn shown(text: &str) -> String {
    let plan = plan(&case(text), &Selection::default());
    let mut lines = vec![format!("audits: {}", plan.audits.join(", "))];
    lines.extend(plan.off.iter().map(|(audit, reason)| format!("off: {audit} ({reason})")));
    for stage in &plan.stages {
        lines.push(format!("stage {}", stage.stage));
        for question in inquiry::clean(stage) {
            let all = question.varied.len() == stage.factors.len() && !question.varied.is_empty();
            let varied: Vec<_> = question.varied.iter().copied().collect();
            let varied = if all { "everything".to_owned() } else { varied.join(" ") };
            let seed = question.seed.as_deref().unwrap_or("-");
            lines.push(format!("  vary [{varied}] seed {seed} repetition {}", question.repetition));
        }
    }
    lines.extend(plan.not_checked.iter().map(|line| format!("not checked: {line}")));
    lines.join("\n")
}

#[test]
fn a_clean_case_costs_two_runs_a_stage_and_one_for_the_seed() {
    insta::assert_snapshot!(shown(TWO_STAGES), @r"
    audits: repeat, nuisance, seed-coverage
    stage train
      vary [] seed - repetition 0
      vary [everything] seed - repetition 0
      vary [] seed 43 repetition 0
    stage predict
      vary [] seed - repetition 0
      vary [everything] seed - repetition 0
    ");
}

#[test]
fn wishes_change_the_plan() {
    let text = format!(
        "{TWO_STAGES}
[audit.repeat]
runs = 3
[audit.nuisance]
off = \"not yet\"
[audit.seed-coverage]
other = 7
[[tolerate]]
factor = \"os-entropy\"
audit = \"seed-coverage\"
reason = \"ids are random on purpose\"
until = 2030-01-01
"
    );
    insta::assert_snapshot!(shown(&text), @r"
    audits: repeat, seed-coverage
    off: nuisance (not yet)
    stage train
      vary [] seed - repetition 0
      vary [] seed - repetition 1
      vary [] seed - repetition 2
      vary [everything] seed - repetition 0
      vary [os-entropy] seed - repetition 0
      vary [] seed 7 repetition 0
    stage predict
      vary [] seed - repetition 0
      vary [] seed - repetition 1
      vary [] seed - repetition 2
      vary [everything] seed - repetition 0
      vary [os-entropy] seed - repetition 0
    ");
}

#[test]
fn what_does_not_apply_says_what_to_declare() {
    let text = "[stage.a]\ncommand = [\"sh\", \"{out.x}\"]\nout.x = \"x\"\n";
    assert!(shown(text).ends_with(
        "not checked: whether the seed has an effect: declare `seed = 42` under `[knobs]` and `{seed}` in a command"
    ));
    let unused = format!("{text}[knobs]\nseed = 1\n");
    assert!(
        shown(&unused).ends_with("not checked: whether the seed has an effect: no command uses `{seed}`")
    );
}

#[test]
fn repeat_alone_runs_the_baseline_twice() {
    let text = format!("{TWO_STAGES}[audit.nuisance]\noff = \"x\"\n[audit.seed-coverage]\noff = \"x\"\n");
    let case = case(&text);
    let plan = plan(&case, &Selection::default());
    assert_eq!(plan.executions_if_clean(&case), [("train", 2), ("predict", 2)]);
}

#[test]
fn a_selection_narrows_audits_and_factors() {
    let selection = Selection {
        audits: ["nuisance".to_owned()].into(),
        factors: ["hash-seed".to_owned()].into(),
        ..Selection::default()
    };
    let plan = plan(&case(TWO_STAGES), &selection);
    assert_eq!(plan.audits, ["nuisance"]);
    assert_eq!(plan.stages[0].factors, ["hash-seed"]);
    assert_eq!(plan.stages[0].seed, None);
}

fn stage(factors: usize) -> StagePlan {
    StagePlan {
        stage: "s".to_owned(),
        factors: FACTORS.iter().map(|factor| factor.name()).take(factors).collect(),
        tolerated: Vec::new(),
        repeat: RepeatWish::Implied,
        seed: None,
    }
}

/// Asks and answers until nothing more is asked; returns the answers and the rounds.
fn interview(plan: &StagePlan, mut answer: impl FnMut(&Question) -> Answer) -> Answers {
    let mut answers = Answers::new();
    for _ in 0..1000 {
        let questions = next(plan, &answers);
        if questions.is_empty() {
            return answers;
        }
        for question in questions {
            assert!(!answers.contains_key(&question), "{question:?} was asked twice");
            let given = answer(&question);
            answers.insert(question, given);
        }
    }
    panic!("the interview does not end");
}

#[test]
fn a_failing_baseline_ends_the_inquiry() {
    assert_eq!(interview(&stage(5), |_| Answer::Failed).len(), 1);
}

#[test]
fn equal_bits_end_the_inquiry_after_two_runs() {
    assert_eq!(interview(&stage(20), |_| Answer::Bits(0)).len(), 2);
}

#[test]
fn a_flaky_baseline_is_repeated_and_nothing_is_searched() {
    let mut run = 0;
    let answers = interview(&stage(20), |_| {
        run += 1;
        Answer::Bits(run)
    });
    assert!(inquiry::pinned_runs_differ(&answers));
    assert_eq!(inquiry::pinned(&answers).count(), inquiry::PINNED_RUNS_ON_DRIFT as usize);
    assert_eq!(answers.len(), inquiry::PINNED_RUNS_ON_DRIFT as usize + 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_inquiry_finds_any_lone_factor_and_pair(guilty in prop::collection::btree_set(0_usize..12, 1..3), together: bool) {
        let plan = stage(12);
        let index = |name: &&str| plan.factors.iter().position(|factor| factor == name).unwrap();
        let effect = |question: &Question| -> Answer {
            let varied: FactorSet = question.varied.iter().map(index).collect();
            let active = guilty.iter().filter(|factor| varied.contains(**factor));
            let bits = active.fold(0, |bits, factor| bits | 1 << factor);
            let all = guilty.iter().fold(0, |bits, factor| bits | 1 << factor);
            Answer::Bits(if together && bits != all { 0 } else { bits })
        };
        let answers = interview(&plan, effect);
        let Searched::Found(outcome) = inquiry::search(&plan, &answers) else { panic!("nothing was searched") };
        prop_assert_eq!(outcome.guilty.iter().collect::<Vec<_>>(), guilty.iter().copied().collect::<Vec<_>>());
        prop_assert!(outcome.settled && outcome.irregular.is_none());
    }
}
