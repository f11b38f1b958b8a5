//! Walks the rooms in order for one case: plan, run, and run again where the answers raise new questions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::artifact::Digest;
use crate::case::Case;
use crate::plan::search::Answer;
use crate::plan::{Answers, Plan, Question, StagePlan};
use crate::run::{End, Error, Interpreter, Invocation, Missing, Record, Runner};

/// Everything that was run for one case.
#[derive(Debug)]
pub struct Session {
    /// What was planned.
    pub plan: Plan,
    /// The interpreter that the runs used, if the case has one.
    pub python: Option<Interpreter>,
    /// What the case requires and the machine lacks; nothing was run if there is any.
    pub missing: Vec<Missing>,
    /// Why the declared environment is not there; nothing was run then.
    pub broken: Option<Error>,
    /// One entry per planned stage.
    pub stages: Vec<StageRun>,
}

/// What was run for one stage.
#[derive(Debug)]
pub struct StageRun {
    /// What was planned.
    pub plan: StagePlan,
    /// Every execution, by what was changed in it.
    pub records: BTreeMap<Question, Record>,
    /// The same as answers to the search.
    pub answers: Answers,
    /// The earlier stage whose baseline failed, so that this one has no input.
    pub blocked: Option<String>,
}

/// Told what happens, so that a person who waits can see it.
pub trait Progress: Sync {
    /// One execution begins.
    fn started(&self, case: &str, stage: &str, change: &str);
    /// One execution has ended.
    fn finished(&self, case: &str, stage: &str, change: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _case: &str, _stage: &str, _change: &str) {}
    fn finished(&self, _case: &str, _stage: &str, _change: &str) {}
}

/// Runs what the plan of a case asks for.
///
/// # Errors
/// Where something around the user's programs fails; how they ended themselves is in the records.
pub fn walk(case: &Case, plan: Plan, runner: &Runner, progress: &dyn Progress) -> Result<Session, Error> {
    if case.environment.lock.is_some() {
        progress.started(&case.name, "environment", "from its lock file");
    }
    let mut session = Session { plan, python: None, missing: Vec::new(), broken: None, stages: Vec::new() };
    let probe = runner.probe();
    match probe.interpreter(&case.environment) {
        Ok(python) => session.python = python,
        Err(error) if error.is_about_environment() => {
            session.broken = Some(error);
            return Ok(session);
        }
        Err(error) => return Err(error),
    }
    session.missing = probe.missing(case, session.python.as_ref())?;
    if !session.missing.is_empty() {
        return Ok(session);
    }
    let mut walk = Walk { case, runner, progress, baseline: BTreeMap::new(), failed: BTreeSet::new() };
    for stage in &session.plan.stages {
        session.stages.push(walk.stage(stage)?);
    }
    Ok(session)
}

struct Walk<'a> {
    case: &'a Case,
    runner: &'a Runner,
    progress: &'a dyn Progress,
    /// Artifacts of the baseline, which later stages are audited on.
    baseline: BTreeMap<String, Digest>,
    failed: BTreeSet<String>,
}

impl Walk<'_> {
    fn stage(&mut self, plan: &StagePlan) -> Result<StageRun, Error> {
        let mut run =
            StageRun { plan: plan.clone(), records: BTreeMap::new(), answers: Answers::new(), blocked: None };
        run.blocked = self.blocked(plan);
        if run.blocked.is_some() {
            self.failed.insert(plan.stage.clone());
            return Ok(run);
        }
        let mut bits = Vec::new();
        loop {
            let questions = crate::plan::next(plan, &run.answers);
            if questions.is_empty() {
                break;
            }
            for (question, record) in self.execute(plan, &questions)? {
                run.answers.insert(question.clone(), answer(&record, &mut bits));
                run.records.insert(question, record);
            }
        }
        match run.records.get(&Question::default()) {
            Some(record) if record.end == End::Finished => {
                let outputs = record.outputs.iter().map(|(name, output)| (name.clone(), output.digest));
                self.baseline.extend(outputs);
            }
            _ => drop(self.failed.insert(plan.stage.clone())),
        }
        Ok(run)
    }

    fn blocked(&self, plan: &StagePlan) -> Option<String> {
        let stage = self.case.stages.iter().find(|stage| stage.name == plan.stage)?;
        let producer =
            |input: &String| self.case.stages.iter().find(|stage| stage.outputs.contains_key(input));
        stage
            .inputs
            .iter()
            .filter_map(producer)
            .find(|stage| self.failed.contains(&stage.name))
            .map(|stage| stage.name.clone())
    }

    /// Executes questions side by side; the runner limits how many at a time.
    fn execute(&self, plan: &StagePlan, questions: &[Question]) -> Result<Vec<(Question, Record)>, Error> {
        if let [question] = questions {
            return Ok(vec![(question.clone(), self.ask(plan, question)?)]);
        }
        let answers = Mutex::new(Vec::new());
        // A scope that ends passes on the panic of a thread, so no answer is lost silently.
        std::thread::scope(|scope| {
            for question in questions {
                scope.spawn(|| {
                    let record = self.ask(plan, question);
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push((question.clone(), record));
                });
            }
        });
        let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        // In the order of the questions, not of the threads: numbers given to bits must not depend on luck.
        answers.sort_by(|left, right| left.0.cmp(&right.0));
        answers.into_iter().map(|(question, record)| Ok((question, record?))).collect()
    }

    fn ask(&self, plan: &StagePlan, question: &Question) -> Result<Record, Error> {
        let invocation = self.invocation(plan, question);
        let change = describe(plan, question);
        self.progress.started(&self.case.name, &plan.stage, &change);
        let record = self.runner.record(self.case, &invocation);
        self.progress.finished(&self.case.name, &plan.stage, &change);
        record
    }

    fn invocation(&self, plan: &StagePlan, question: &Question) -> Invocation {
        let mut knobs = self.case.knobs.clone();
        if let (Some(other), Some((knob, _))) = (&question.seed, &plan.seed) {
            knobs.insert(knob.clone(), other.clone());
        }
        let stage = self.case.stages.iter().find(|stage| stage.name == plan.stage);
        let inputs = stage.map(|stage| stage.inputs.as_slice()).unwrap_or_default();
        let input = |name: &String| Some((name.clone(), *self.baseline.get(name)?));
        Invocation {
            case: self.case.name.clone(),
            // Records are JSON, which holds no path that is not UTF-8.
            file: self.case.file.to_string_lossy().into_owned().into(),
            stage: plan.stage.clone(),
            varied: question.varied.iter().map(|name| (*name).to_owned()).collect(),
            knobs,
            inputs: inputs.iter().filter_map(input).collect(),
            repetition: question.repetition,
        }
    }
}

/// Numbers bits in the order of their first appearance.
fn answer(record: &Record, known: &mut Vec<BTreeMap<String, Digest>>) -> Answer {
    if record.end != End::Finished {
        return Answer::Failed;
    }
    let digests: BTreeMap<_, _> =
        record.outputs.iter().map(|(name, output)| (name.clone(), output.digest)).collect();
    let place = known.iter().position(|other| *other == digests).unwrap_or_else(|| {
        known.push(digests);
        known.len() - 1
    });
    Answer::Bits(u32::try_from(place).unwrap_or(u32::MAX))
}

/// What a question changes, in words.
#[must_use]
pub fn describe(plan: &StagePlan, question: &Question) -> String {
    let joint = crate::plan::inquiry::joint(plan);
    match (&question.seed, question.varied.len(), question.repetition) {
        (Some(other), _, _) => format!("another seed ({other})"),
        (None, 0, 0) => "baseline".to_owned(),
        (None, 0, again) => format!("baseline again ({again})"),
        (None, count, _) if joint.is_some_and(|joint| joint.varied == question.varied) && count > 3 => {
            format!("all {count} factors varied")
        }
        (None, 1..=3, _) => {
            let names: Vec<_> = question.varied.iter().copied().collect();
            format!("varied: {}", names.join(", "))
        }
        (None, count, _) => format!("{count} factors varied"),
    }
}
