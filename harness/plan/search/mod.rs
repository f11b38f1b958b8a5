//! The search for the guilty factors: which of the factors that were varied at once made the output drift.
//!
//! A pure state machine. It says which set of factors to vary next ([`Search::next`]), is told whether the outputs
//! were equal to those of other runs ([`Search::tell`]), and names the guilty factors at the end
//! ([`Search::outcome`]). Equal answers lead to equal questions, so several processes that share executions
//! walk through the same search.
//!
//! Three halves, each used when the one before cannot go on:
//!
//! 1. `guess`: what nearly always is the case, a few factors of which each has an effect of its own,
//!    alone or in pairs. The digests of all runs are compared with each other, not only with the baseline's.
//! 2. `bisect`: any program that answers equal questions equally. Needs more executions, assumes nothing else.
//! 3. `flaky`: the same question got two answers. Only drift counts as evidence.
//!
//! # What is promised
//!
//! - Nothing is believed without its confirmation: varying everything but the guilty factors gave the
//!   baseline's bits, and the guilty factors alone gave the bits of the run with everything varied.
//! - A [`Confidence::Certain`] factor is guilty, even beside flaky ones, as long as the baseline is repeatable: it
//!   was varied alone, and the output drifted.
//! - If equal questions get equal answers, all guilty factors are named, and no other: lone factors even if
//!   they look alike, hide each other or make the run fail; factors that act only together if every
//!   combination has an effect of its own (up to five factors). What hides in all the runs that confirm
//!   cannot be seen.
//! - Executions, with the two that start the search, for n = 14 and lone factors with effects of their own:
//!   at most 8 for one (mean 7.3), 10 for two (9.7), 12 for three (11.0). Otherwise at most
//!   [`executions_stated`] if equal questions get equal answers, and never more than [`executions_max`];
//!   then the search gives up and says what it suspects.
//!
//! What `super::inquiry` asks besides is not counted here: the baseline again on any drift, after every
//! [`super::inquiry::VARIED_RUNS_PER_CHECK`] varied runs, and before [`super::inquiry::GUILTY_TO_CHECK`] or more factors are believed.
//!
//! One guilty factor of 14 takes eight rather than seven because the factor is also varied alone: without that, a
//! flaky factor that showed in the first run only would have an innocent one blamed for it.

mod bisect;
mod flaky;
mod guess;
mod log;
mod set;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::set::FactorSet;

use self::guess::Guess;
use self::log::Log;

/// What one execution answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It left outputs. Two executions carry the same number exactly if all their outputs had the same bits.
    Bits(u32),
    /// It failed or ran out of a limit.
    Failed,
}

/// How sure a cause is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It explains all answers, and was confirmed; but it acts only together with others, or was never varied
    /// quite alone (one of three or more), so that a flaky factor could have feigned it.
    Likely,
    /// It was varied alone, and the output drifted: no innocent factor can do that.
    Certain,
}

/// Factors that change the output: one alone, or several only together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cause {
    /// One factor, or those that must be varied together.
    pub factors: FactorSet,
    /// Whether the run fails when exactly these are varied.
    pub fails: bool,
    /// How sure.
    pub confidence: Confidence,
}

impl Cause {
    fn new(log: &Log, factors: FactorSet) -> Self {
        let certain = factors.len() == 1 && log.ever_drifted(factors);
        let confidence = if certain { Confidence::Certain } else { Confidence::Likely };
        let fails = log.answers(factors).contains(&Answer::Failed);
        Self { factors, fails, confidence }
    }
}

/// Answers that no program gives that answers equal questions equally and has few causes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Irregular {
    /// The baseline itself gave two answers: no factor can be blamed.
    Baseline,
    /// The same set of varied factors gave two answers: a factor in it is flaky.
    Unrepeatable {
        /// The set.
        set: FactorSet,
    },
    /// The limit on executions was reached before anything explained the answers.
    Unexplained,
}

/// What the search found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// Every factor of every cause.
    pub guilty: FactorSet,
    /// What each of them does, in ascending order.
    pub causes: Vec<Cause>,
    /// Factors among which a guilty one remains that could not be singled out; empty if `settled`.
    pub suspects: FactorSet,
    /// Whether the causes explain the drift completely.
    pub settled: bool,
    /// What was odd about the answers.
    pub irregular: Option<Irregular>,
}

impl Outcome {
    fn explained(mut causes: Vec<Cause>) -> Self {
        causes.sort_by_key(|cause| (cause.factors.len(), cause.factors));
        causes.dedup();
        let guilty = causes.iter().fold(FactorSet::EMPTY, |all, cause| all.union(cause.factors));
        Self { guilty, causes, suspects: FactorSet::EMPTY, settled: true, irregular: None }
    }

    fn stuck(causes: Vec<Cause>, suspects: FactorSet, irregular: Irregular) -> Self {
        Self { suspects, settled: false, irregular: Some(irregular), ..Self::explained(causes) }
    }
}

/// The most executions of any search over `count` factors, whatever is answered: 32 + 6n.
#[must_use]
pub const fn executions_max(count: usize) -> usize {
    32 + 6 * count
}

/// The most executions that name `guilty` factors out of `count`, if equal questions get equal answers:
/// 16 + g (12 + log2 n), the logarithm rounded up.
#[must_use]
pub const fn executions_stated(count: usize, guilty: usize) -> usize {
    let halvings = count.next_power_of_two().ilog2() as usize;
    16 + guilty * (12 + halvings)
}

/// The search itself.
#[derive(Clone, Debug)]
pub struct Search {
    log: Log,
    step: Step,
}

/// What comes next.
#[derive(Clone, Debug)]
enum Step {
    Ask(FactorSet),
    Settled(Outcome),
}

impl Search {
    /// Starts from the two executions that showed the drift: nothing varied, and all `count` factors varied.
    ///
    /// If they are equal, the search is over at once: effects that cancel each other exactly cannot be seen.
    ///
    /// # Panics
    ///
    /// If there are more factors than a [`FactorSet`] holds.
    #[must_use]
    pub fn new(count: usize, baseline: Answer, all: Answer) -> Self {
        let log = Log::new(count, baseline, all);
        let step = decide(&log);
        Self { log, step }
    }

    /// The factors to vary in the next execution; `None` when the search is over.
    ///
    /// A set that was answered before ([`Search::repetition`]) must really be executed once more.
    #[must_use]
    pub fn next(&self) -> Option<FactorSet> {
        match self.step {
            Step::Ask(set) => Some(set),
            Step::Settled(_) => None,
        }
    }

    /// How often this set was answered so far: the number of the repetition that another execution would be.
    #[must_use]
    pub fn repetition(&self, set: FactorSet) -> usize {
        self.log.answers(set).len()
    }

    /// Takes the answer of an execution, asked for or not.
    pub fn tell(&mut self, set: FactorSet, answer: Answer) {
        self.log.tell(set, answer);
        self.step = decide(&self.log);
    }

    /// What was found, once the search is over.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.step {
            Step::Ask(_) => None,
            Step::Settled(outcome) => Some(outcome),
        }
    }

    /// How many executions were answered, with the two that started the search.
    #[must_use]
    pub fn executions(&self) -> usize {
        self.log.told()
    }
}

/// The next step: a function of the answers alone.
fn decide(log: &Log) -> Step {
    if log.held(log.full()) && log.unrepeatable().is_none() {
        return Step::Settled(Outcome::explained(Vec::new()));
    }
    let step = match log.unrepeatable() {
        Some(set) => flaky::step(log, set),
        None => match guess::explain(log, log.full()) {
            Guess::Ask(question) => Step::Ask(question),
            Guess::Explained(causes) => confirm_pairs(log, &causes),
            Guess::Refuted => bisect::step(log),
        },
    };
    match step {
        Step::Ask(_) if log.told() >= executions_max(log.full().len()) => Step::Settled(give_up(log)),
        step => step,
    }
}

/// Factors that act only together look like a flaky one and an innocent one: the runs that tell are repeated.
fn confirm_pairs(log: &Log, causes: &[FactorSet]) -> Step {
    let together = causes.iter().copied().filter(|cause| cause.len() > 1);
    let telling =
        together.flat_map(|cause| cause.iter().map(FactorSet::single).chain(std::iter::once(cause)));
    match again(log, 2, telling) {
        Some(question) => Step::Ask(question),
        None => {
            Step::Settled(Outcome::explained(causes.iter().map(|&cause| Cause::new(log, cause)).collect()))
        }
    }
}

/// The first of some sets that was executed less often than wished.
fn again(log: &Log, times: usize, sets: impl IntoIterator<Item = FactorSet>) -> Option<FactorSet> {
    sets.into_iter().find(|&set| log.answers(set).len() < times)
}

/// What can be said when the limit is reached: what was seen to change an answer, and the smallest set that drifted
/// without any of it.
fn give_up(log: &Log) -> Outcome {
    let alone = log.full().iter().filter(|&factor| log.ever_drifted(FactorSet::single(factor)));
    let named = log.proven().union(alone.collect());
    let causes = named.iter().map(|factor| {
        let companies = log.contexts_of(factor).map(|context| context.intersection(named));
        Cause::new(log, companies.min_by_key(|company| company.len()).unwrap_or_default().with(factor))
    });
    let drifted = log.executed().map(|(set, _)| set).filter(|&set| log.ever_drifted(set));
    let smallest = drifted.filter(|set| set.intersection(named).is_empty()).min_by_key(|set| set.len());
    let suspects = smallest.unwrap_or(log.full().minus(named));
    Outcome::stuck(causes.collect(), suspects, Irregular::Unexplained)
}
