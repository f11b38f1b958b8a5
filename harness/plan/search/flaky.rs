//! The search when one and the same set of varied factors gave two different answers.
//!
//! Then an equal answer proves nothing, and only drift is evidence: a run that drifts varies at least one guilty
//! factor, as long as the baseline itself is repeatable. So the smallest set that was seen to drift is halved,
//! each half being executed several times, until single factors were seen to drift alone.

use super::{Cause, FactorSet, Irregular, Log, Outcome, Step};

/// How often a set may hold before it is taken to hold.
pub(super) const PATIENCE: usize = 4;

/// The next step.
pub(super) fn step(log: &Log, unrepeatable: FactorSet) -> Step {
    if unrepeatable.is_empty() {
        return Step::Settled(Outcome::stuck(Vec::new(), log.full(), Irregular::Baseline));
    }
    let alone: FactorSet =
        log.full().iter().filter(|&factor| log.ever_drifted(FactorSet::single(factor))).collect();
    let rest = log.full().minus(alone);
    let causes = || alone.iter().map(|factor| Cause::new(log, FactorSet::single(factor))).collect();
    let drifted =
        log.executed().map(|(set, _)| set).filter(|&set| log.ever_drifted(set) && set.is_subset(rest));
    let irregular = Irregular::Unrepeatable { set: unrepeatable };
    match drifted.min_by_key(|set| (set.len(), *set)) {
        Some(suspects) => match patiently(log, halves(suspects)) {
            Some(question) => Step::Ask(question),
            None => Step::Settled(Outcome::stuck(causes(), suspects, irregular)),
        },
        None => match patiently(log, [rest, FactorSet::EMPTY]) {
            Some(question) if !rest.is_empty() => Step::Ask(question),
            _ => Step::Settled(Outcome { irregular: Some(irregular), ..Outcome::explained(causes()) }),
        },
    }
}

fn halves(set: FactorSet) -> [FactorSet; 2] {
    let first = set.iter().take(set.len() / 2).collect();
    [first, set.minus(first)]
}

/// The one of two sets that was executed less often, until both were often enough.
fn patiently(log: &Log, sets: [FactorSet; 2]) -> Option<FactorSet> {
    let fewest = sets.into_iter().min_by_key(|&set| log.answers(set).len())?;
    (log.answers(fewest).len() < PATIENCE).then_some(fewest)
}
