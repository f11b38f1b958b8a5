//! Walks the rooms in order for one case: plan, run, and run again where the answers raise new questions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::artifact::Digest;
use crate::case::{Case, Stage};
use crate::plan::scenario::{self, How};
use crate::plan::search::Answer;
use crate::plan::{Answers, Plan, Question, Scenario, StagePlan};
use crate::run::kernel::KernelRuns;
use crate::run::{self, End, Error, Interpreter, Invocation, Missing, Record, Runner};

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
    /// Every walk of the pipeline with something changed.
    pub scenarios: BTreeMap<Scenario, ScenarioRun>,
    /// What was run of a kernel, where the case is one.
    pub kernel: Option<KernelRuns>,
}

/// What was run for one scenario.
#[derive(Clone, Debug, Default)]
pub struct ScenarioRun {
    /// The stages that the change reached, by name; those of the baseline stand for all others.
    pub records: BTreeMap<String, Record>,
    /// The stage that did not finish; those that read its outputs were not run.
    pub failed: Option<String>,
    /// Why the data could not be changed as asked; nothing was run then.
    pub unfit: Option<String>,
}

impl ScenarioRun {
    /// Whether the walk came to its end, so that it left something to compare.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.failed.is_none() && self.unfit.is_none()
    }
}

impl Session {
    /// All executions of a stage, each once: scenarios share them.
    #[must_use]
    pub fn executions(&self, stage: &str) -> Vec<&Record> {
        let own = self.stages.iter().filter(|run| run.plan.stage == stage);
        let all = own
            .flat_map(|run| run.records.values())
            .chain(self.scenarios.values().filter_map(|run| run.records.get(stage)));
        let each: BTreeMap<&Invocation, &Record> = all.map(|record| (&record.invocation, record)).collect();
        each.into_values().collect()
    }

    /// Whether a stage has no baseline that finished.
    #[must_use]
    pub fn baseline_failed(&self) -> bool {
        let finished = |run: &StageRun| {
            run.records.get(&Question::default()).is_some_and(|record| record.end == End::Finished)
        };
        self.stages.is_empty() || !self.stages.iter().all(finished)
    }

    /// The baseline of a stage.
    #[must_use]
    pub fn baseline(&self, stage: &str) -> Option<&Record> {
        self.stages.iter().find(|run| run.plan.stage == stage)?.records.get(&Question::default())
    }
}

/// What was run for one stage.
#[derive(Clone, Debug)]
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

/// The scenarios that must be walked before a session can be judged, those already walked included.
pub type Wanted<'a> = dyn Fn(&Case, &Session) -> Result<Vec<Scenario>, crate::artifact::Error> + 'a;

/// Runs what the plan of a case asks for, and the scenarios that are wanted to judge it.
///
/// # Errors
/// Where something around the user's programs fails; how they ended themselves is in the records.
pub fn walk(
    case: &Case,
    plan: Plan,
    runner: &Runner,
    progress: &dyn Progress,
    wanted: &Wanted<'_>,
) -> Result<Session, Error> {
    if case.environment.lock.is_some() {
        progress.started(&case.name, "environment", "from its lock file");
    }
    let mut session = Session {
        plan,
        python: None,
        missing: Vec::new(),
        broken: None,
        stages: Vec::new(),
        scenarios: BTreeMap::new(),
        kernel: None,
    };
    if let (Some(kernel), Some(plan)) = (&case.kernel, &session.plan.kernel) {
        let tell = |change: &str| progress.started(&case.name, "kernel", change);
        session.kernel = Some(run::kernel::run(kernel, plan, runner.store(), &tell)?);
        return Ok(session);
    }
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
    if walk.failed.is_empty() {
        walk.scenarios(&mut session, wanted)?;
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

    /// Walks what the audits of data and models ask for, until they can be judged.
    fn scenarios(&self, session: &mut Session, wanted: &Wanted<'_>) -> Result<(), Error> {
        loop {
            let asked: Vec<Scenario> = wanted(self.case, session)?
                .into_iter()
                .filter(|scenario| !session.scenarios.contains_key(scenario))
                .collect();
            if asked.is_empty() {
                return Ok(());
            }
            for scenario in asked {
                let run = walk_scenario(self.case, session, &scenario, self.runner, self.progress)?;
                session.scenarios.insert(scenario, run);
            }
            self.second_baselines(session)?;
        }
    }

    /// A difference means something only where the baseline repeats: where a scenario differs and nothing has shown yet that
    /// the stage repeats itself, it runs once more as it was.
    fn second_baselines(&self, session: &mut Session) -> Result<(), Error> {
        let again = crate::plan::inquiry::again();
        for run in &mut session.stages {
            let Some(baseline) = run.records.get(&Question::default()) else { continue };
            let differs = |other: &Record| {
                baseline.outputs.iter().any(|(name, output)| {
                    other.outputs.get(name).is_some_and(|other| other.digest != output.digest)
                })
            };
            let mut walked = session.scenarios.values().filter_map(|walk| walk.records.get(&run.plan.stage));
            let shown = run.records.iter().any(|(question, record)| {
                *question != Question::default() && question.seed.is_none() && !differs(record)
            });
            if shown || run.records.contains_key(&again) || !walked.any(differs) {
                continue;
            }
            let record = self.ask(&run.plan, &again)?;
            let baseline = run.answers.get(&Question::default()).copied();
            let same = record.end == End::Finished && !differs(&record);
            let answer = match (same, baseline) {
                (true, Some(baseline)) => baseline,
                _ if record.end != End::Finished => Answer::Failed,
                _ => Answer::Bits(u32::MAX),
            };
            run.answers.insert(again.clone(), answer);
            run.records.insert(again.clone(), record);
        }
        Ok(())
    }

    fn blocked(&self, plan: &StagePlan) -> Option<String> {
        let stage = self.case.stage(&plan.stage)?;
        let producer = |input: &String| self.case.producer(input);
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
        let stage = self.case.stage(&plan.stage);
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
            edits: BTreeMap::new(),
            how: How::Once,
            dir: None,
            repetition: question.repetition,
        }
    }
}

/// Walks the pipeline once with something changed.
///
/// # Errors
/// Where something around the user's programs fails.
pub fn walk_scenario(
    case: &Case,
    session: &Session,
    scenario: &Scenario,
    runner: &Runner,
    progress: &dyn Progress,
) -> Result<ScenarioRun, Error> {
    let mut walked = ScenarioRun::default();
    let mut artifacts = baseline_artifacts(session);
    for stage in &case.stages {
        let Some(baseline) = session.baseline(&stage.name) else { continue };
        if !scenario::runs(case, scenario, stage) {
            continue;
        }
        let invocation = changed(case, &baseline.invocation, scenario, stage, &artifacts);
        if invocation == baseline.invocation {
            continue;
        }
        let change = scenario.describe();
        progress.started(&case.name, &stage.name, &change);
        let record = runner.record(case, &invocation);
        progress.finished(&case.name, &stage.name, &change);
        let record = match record {
            Err(Error::Data(error)) => {
                walked.unfit = Some(format!("{error} ({})", error.hint()));
                break;
            }
            record => record?,
        };
        let finished = record.end == End::Finished;
        artifacts.extend(record.outputs.iter().map(|(name, output)| (name.clone(), output.digest)));
        walked.records.insert(stage.name.clone(), record);
        if !finished {
            walked.failed = Some(stage.name.clone());
            break;
        }
    }
    Ok(walked)
}

/// The baseline's invocation of a stage with what a scenario changes of it.
fn changed(
    case: &Case,
    baseline: &Invocation,
    scenario: &Scenario,
    stage: &Stage,
    artifacts: &BTreeMap<String, Digest>,
) -> Invocation {
    let mut invocation = baseline.clone();
    for (name, digest) in &mut invocation.inputs {
        *digest = artifacts.get(name).copied().unwrap_or(*digest);
    }
    let shown = |name: &String| scenario::shows(case, stage, name);
    let edits = scenario.edits.iter().filter(|(name, edits)| shown(name) && !edits.is_empty());
    invocation.edits = edits.map(|(name, edits)| (name.clone(), edits.clone())).collect();
    if scenario.concerns(&stage.name) {
        for (knob, value) in &scenario.knobs {
            if scenario::uses_knob(stage, knob) {
                invocation.knobs.insert(knob.clone(), value.clone());
            }
        }
        invocation.varied = scenario.varied.iter().map(|name| (*name).to_owned()).collect();
        invocation.how = scenario.how.clone();
        invocation.dir.clone_from(&scenario.dir);
    }
    if invocation != *baseline {
        invocation.repetition = scenario.repetition;
    }
    invocation
}

/// Every artifact of the baseline.
fn baseline_artifacts(session: &Session) -> BTreeMap<String, Digest> {
    let records = session.stages.iter().filter_map(|run| run.records.get(&Question::default()));
    records
        .flat_map(|record| record.outputs.iter().map(|(name, output)| (name.clone(), output.digest)))
        .collect()
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
