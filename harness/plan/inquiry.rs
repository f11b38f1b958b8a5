//! The questions put to one stage: baseline, everything varied at once, the other seed; and only on drift, more.
//!
//! A pure function from the answers so far to the next questions. Every process of a session asks the same questions
//! in the same order, so that they share the executions.

use std::collections::{BTreeMap, BTreeSet};

use super::search::{Answer, FactorSet, Outcome, Search};
use super::{RepeatWish, StagePlan};

/// Pinned runs in all, once two of them have differed: enough to tell a rare drift from a constant one.
pub const PINNED_RUNS_ON_DRIFT: u32 = 6;

/// Varied runs after which the baseline is looked at once more. A search that finds one or two plain factors ends before.
pub const VARIED_RUNS_PER_CHECK: usize = 10;

/// Guilty factors from which on the baseline is looked at once more before they are believed.
pub const GUILTY_TO_CHECK: usize = 3;

/// What is changed in one run of a stage. The default is the baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Factors varied.
    pub varied: BTreeSet<&'static str>,
    /// The seed's other value, if that is what changes.
    pub seed: Option<String>,
    /// 0 for the first run under these conditions.
    pub repetition: u32,
}

impl Question {
    fn repeated(repetition: u32) -> Self {
        Self { repetition, ..Self::default() }
    }

    fn varying(factors: impl IntoIterator<Item = &'static str>) -> Self {
        Self { varied: factors.into_iter().collect(), ..Self::default() }
    }
}

/// What the runs answered. Equal bits have equal numbers.
pub type Answers = BTreeMap<Question, Answer>;

/// Everything varied at once, if anything is varied.
#[must_use]
pub fn joint(plan: &StagePlan) -> Option<Question> {
    (!plan.factors.is_empty()).then(|| Question::varying(plan.factors.iter().copied()))
}

/// All tolerated factors at once, if there are any.
#[must_use]
pub fn tolerated(plan: &StagePlan) -> Option<Question> {
    (!plan.tolerated.is_empty()).then(|| Question::varying(plan.tolerated.iter().copied()))
}

/// The other seed, where the stage has one.
#[must_use]
pub fn seed(plan: &StagePlan) -> Option<Question> {
    plan.seed.as_ref().map(|(_, other)| Question { seed: Some(other.clone()), ..Question::default() })
}

/// The baseline once more.
#[must_use]
pub fn again() -> Question {
    Question::repeated(1)
}

/// The questions of a stage that holds: what `driftless plan` counts.
#[must_use]
pub fn clean(plan: &StagePlan) -> Vec<Question> {
    let mut questions = vec![Question::default()];
    questions.extend(first_round(plan));
    if plan.repeat == RepeatWish::Implied && joint(plan).is_none() {
        questions.push(again());
    }
    questions
}

/// The next questions; none when the stage is settled. Questions returned together may run at the same time.
#[must_use]
pub fn next(plan: &StagePlan, answers: &Answers) -> Vec<Question> {
    let Some(baseline) = answers.get(&Question::default()) else { return vec![Question::default()] };
    if *baseline == Answer::Failed {
        return Vec::new();
    }
    let open = |questions: Vec<Question>| -> Vec<Question> {
        questions.into_iter().filter(|question| !answers.contains_key(question)).collect()
    };
    let first = open(first_round(plan));
    if !first.is_empty() {
        return first;
    }
    if needs_second_baseline(plan, answers) && !answers.contains_key(&again()) {
        return vec![again()];
    }
    if pinned_runs_differ(answers) {
        return open((1..PINNED_RUNS_ON_DRIFT).map(Question::repeated).collect());
    }
    let due = checks_due(answers);
    let overdue = open(checks(due));
    if !overdue.is_empty() {
        return overdue;
    }
    match search(plan, answers) {
        Searched::Asks(question) => vec![question],
        // A search that no fixed set of causes explains has met chance: look harder at the baseline.
        Searched::Found(outcome) if outcome.irregular.is_some() => {
            open((1..PINNED_RUNS_ON_DRIFT).map(Question::repeated).collect())
        }
        // So many at once are rare, and what a slow change looks like to a search.
        Searched::Found(outcome) if outcome.guilty.len() >= GUILTY_TO_CHECK => {
            open(checks(due.saturating_add(1)))
        }
        Searched::Found(_) | Searched::NotNeeded => Vec::new(),
    }
}

/// The baseline again, once for every so many varied runs. What changes slowly (the date, a service, a machine that is
/// being updated) holds in two runs side by side, and would have a long search blame whatever was varied at the moment.
fn checks_due(answers: &Answers) -> u32 {
    let varied = answers.keys().filter(|question| !question.varied.is_empty()).count();
    u32::try_from(varied / VARIED_RUNS_PER_CHECK).unwrap_or(u32::MAX)
}

/// So many runs of the baseline after the first two.
fn checks(count: u32) -> Vec<Question> {
    (0..count).map(|check| Question::repeated(check.saturating_add(2))).collect()
}

fn first_round(plan: &StagePlan) -> Vec<Question> {
    let pinned = match plan.repeat {
        RepeatWish::Runs(runs) => runs,
        RepeatWish::None | RepeatWish::Implied => 1,
    };
    let asked = [joint(plan), tolerated(plan), seed(plan)];
    (1..pinned).map(Question::repeated).chain(asked.into_iter().flatten()).collect()
}

/// A second pinned run is needed where nothing implies it, and where a difference must be told from chance.
fn needs_second_baseline(plan: &StagePlan, answers: &Answers) -> bool {
    let differs = |question: Option<Question>| question.is_some_and(|question| differs(answers, &question));
    let implied =
        joint(plan).is_some_and(|question| answers.get(&question) == answers.get(&Question::default()));
    differs(joint(plan)) || differs(tolerated(plan)) || (plan.repeat == RepeatWish::Implied && !implied)
}

/// Whether the answer to a question was given and is not the baseline's.
#[must_use]
pub fn differs(answers: &Answers, question: &Question) -> bool {
    answers.get(question).is_some_and(|answer| Some(answer) != answers.get(&Question::default()))
}

/// Whether two pinned runs gave different bits.
#[must_use]
pub fn pinned_runs_differ(answers: &Answers) -> bool {
    pinned(answers).any(|(question, _)| differs(answers, question))
}

/// All pinned runs, the baseline included.
pub fn pinned(answers: &Answers) -> impl Iterator<Item = (&Question, &Answer)> {
    answers.iter().filter(|(question, _)| question.varied.is_empty() && question.seed.is_none())
}

/// Where the search for guilty factors stands.
#[derive(Debug)]
pub enum Searched {
    /// The joint run did not differ, or was not made.
    NotNeeded,
    /// One more run is needed.
    Asks(Question),
    /// Done.
    Found(Outcome),
}

/// Replays the search over the answers so far. The search may ask the same set again, to see whether it answers alike:
/// that is the next repetition of the question.
#[must_use]
pub fn search(plan: &StagePlan, answers: &Answers) -> Searched {
    let Some(all) = joint(plan).filter(|question| differs(answers, question)) else {
        return Searched::NotNeeded;
    };
    let count = plan.factors.len();
    let mut search = Search::new(count, answers[&Question::default()], answers[&all]);
    let mut asked = BTreeMap::from([(FactorSet::EMPTY, 1), (FactorSet::full(count), 1)]);
    while let Some(set) = search.next() {
        let repetition = asked.entry(set).or_insert(0);
        let question = Question { repetition: *repetition, ..Question::varying(names(plan, set)) };
        *repetition += 1;
        match answers.get(&question) {
            Some(answer) => search.tell(set, *answer),
            None => return Searched::Asks(question),
        }
    }
    search.outcome().map_or(Searched::NotNeeded, |outcome| Searched::Found(outcome.clone()))
}

/// The names of a set of factors.
pub fn names(plan: &StagePlan, set: FactorSet) -> impl Iterator<Item = &'static str> {
    set.iter().map(|index| plan.factors[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> StagePlan {
        StagePlan {
            stage: "train".to_owned(),
            factors: crate::vary::FACTORS.iter().map(|factor| factor.name()).take(14).collect(),
            tolerated: Vec::new(),
            repeat: RepeatWish::Implied,
            seed: None,
        }
    }

    /// Answers everything that is asked by `program`, and returns it all.
    fn asked(mut program: impl FnMut(&Question, usize) -> u32) -> Answers {
        let mut answers = Answers::new();
        loop {
            let questions = next(&plan(), &answers);
            if questions.is_empty() {
                return answers;
            }
            for question in questions {
                let answer = Answer::Bits(program(&question, answers.len()));
                assert_eq!(answers.insert(question, answer), None);
            }
        }
    }

    #[test]
    fn a_short_search_looks_at_the_baseline_twice() {
        let answers = asked(|question, _| u32::from(question.varied.contains("clock")));
        assert_eq!(pinned(&answers).count(), 2);
    }

    #[test]
    fn what_changes_slowly_is_not_blamed_on_a_factor() {
        // The clock matters, and besides, everything changes after every fourth run.
        let answers = asked(|question, before| {
            let slow = u32::try_from(before / 4).expect("small");
            slow + if question.varied.contains("clock") { 1000 } else { 0 }
        });
        assert!(pinned_runs_differ(&answers), "{answers:?}");
    }

    #[test]
    fn what_changes_slowly_is_found_however_little_of_it_shows() {
        // A minute begins after every third run, and the runs with something varied show some of its digits.
        for shows in [1, 4, 14] {
            let answers = asked(|question, before| {
                let minute = u32::try_from(before / 3).expect("small");
                if question.varied.is_empty() { minute } else { 1000 + minute % shows }
            });
            assert!(pinned_runs_differ(&answers), "{shows}");
        }
    }

    #[test]
    fn three_factors_are_believed_after_one_more_look_at_the_baseline() {
        for (count, pinned_runs) in [(1, 2), (2, 2), (3, 3), (4, 3)] {
            let guilty: Vec<&str> = plan().factors.into_iter().take(count).collect();
            let answers = asked(|question, _| {
                let effect = |(bit, name): (usize, &&str)| u32::from(question.varied.contains(name)) << bit;
                guilty.iter().enumerate().map(effect).sum()
            });
            assert!(pinned(&answers).count() >= pinned_runs && !pinned_runs_differ(&answers), "{count}");
            let varied = answers.len() - pinned(&answers).count();
            let checks = varied / VARIED_RUNS_PER_CHECK + usize::from(count >= GUILTY_TO_CHECK);
            assert_eq!(pinned(&answers).count(), 2 + checks, "{count}");
        }
    }
}
