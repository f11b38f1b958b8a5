//! The sure half of the search, for programs that no short list of causes explains: factors with the same effect,
//! factors that hide or cancel others, runs that fail.
//!
//! It rests on one fact that needs no assumption about the program but that equal questions get equal answers:
//! of two runs that answer differently, some factor in which they differ is guilty, and walking from one to the
//! other by halves ends at two runs that differ in this factor alone. Such a pair is a proof. The search
//! goes on until all runs that vary the same *known* factors answer the same, among them the extreme ones:
//! nothing else varied, and everything else varied.

use super::guess::{self, Guess};
use super::{Cause, FactorSet, Log, Outcome, Step, twice};

/// Up to so many guilty factors, combinations are executed to tell which of them act together.
const COMBINED_MAX: usize = 5;

/// The next step, given that the quick half was refuted.
pub(super) fn step(log: &Log) -> Step {
    let proven = log.proven();
    let question = if proven.is_empty() { midpoint(log, proven) } else { None };
    if let Some(question) = question.or_else(|| unproved(log, proven)) {
        return Step::Ask(question);
    }
    let known = match beyond(log, proven) {
        Ok(known) => known,
        Err(question) => return Step::Ask(question),
    };
    if let Some(question) = midpoint(log, known).or_else(|| unconfirmed(log, known)) {
        return Step::Ask(question);
    }
    causes(log, known)
}

/// Half way between the two nearest runs that contradict each other.
fn midpoint(log: &Log, known: FactorSet) -> Option<FactorSet> {
    let (left, right) = log.conflict(known)?;
    let apart = left.difference(right);
    let half = apart.len() / 2;
    // Down to what both vary first, then up again: small sets hide less.
    let path = left.minus(right).iter().chain(right.minus(left).iter());
    Some(path.take(half).fold(left, |set, factor| set.difference(FactorSet::single(factor))))
}

/// What would show that a "proof" was a flaky factor's accident: the factor alone and, where it does nothing
/// alone or did nothing beside others, the same runs again.
fn unproved(log: &Log, proven: FactorSet) -> Option<FactorSet> {
    let alone = |factor| FactorSet::single(factor);
    if let Some(factor) = proven.iter().find(|&factor| log.answer(alone(factor)).is_none()) {
        return Some(alone(factor));
    }
    proven.iter().find_map(|factor| {
        if log.held(alone(factor)) {
            let context = log.context_of(factor)?;
            return twice(log, [context, context.with(factor)]);
        }
        let hidden = log.executed().map(|(set, _)| set).find(|&set| set.contains(factor) && log.held(set))?;
        twice(log, [hidden, alone(factor)])
    })
}

/// Adds what the quick half finds among the factors that are not known yet; or the question that it needs.
fn beyond(log: &Log, proven: FactorSet) -> Result<FactorSet, FactorSet> {
    let mut known = proven;
    loop {
        let rest = log.full().minus(known);
        match log.answer(rest) {
            None => return Err(rest),
            Some(answer) if answer == log.baseline() => return Ok(known),
            Some(_) => match guess::explain(log, rest) {
                Guess::Ask(question) => return Err(question),
                Guess::Refuted => return Ok(known),
                Guess::Explained(causes) => known = causes.into_iter().fold(known, FactorSet::union),
            },
        }
    }
}

/// Runs that must agree before the known factors are believed to be all: the known ones alone against everything,
/// and each known one alone against the same with all innocent factors.
fn unconfirmed(log: &Log, known: FactorSet) -> Option<FactorSet> {
    let rest = log.full().minus(known);
    let telling = |&factor: &usize| {
        log.answer(FactorSet::single(factor)).is_none_or(|answer| answer != super::Answer::Failed)
    };
    let contexts = known.iter().filter(telling).flat_map(|factor| {
        let alone = FactorSet::single(factor);
        [alone, rest.union(alone)]
    });
    std::iter::once(known).chain(contexts).find(|&set| log.answer(set).is_none())
}

/// Which of the known factors act alone, and which only together; asks for the combinations that tell.
fn causes(log: &Log, known: FactorSet) -> Step {
    let mut causes: Vec<Cause> = Vec::new();
    for factor in known.iter() {
        let together = if log.ever_drifted(FactorSet::single(factor)) || known.len() > COMBINED_MAX {
            let context = log.context_of(factor).unwrap_or_default();
            context.intersection(known).with(factor)
        } else {
            match company(log, known.without(factor), factor) {
                Ok(company) => company.with(factor),
                Err(question) => return Step::Ask(question),
            }
        };
        let cause = Cause::new(log, together);
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    Step::Settled(Outcome::explained(causes))
}

/// The smallest company of other known factors in which `factor` changes the answer.
fn company(log: &Log, others: FactorSet, factor: usize) -> Result<FactorSet, FactorSet> {
    let ones = others.iter().map(FactorSet::single);
    let twos = others.iter().flat_map(|left| {
        others.iter().filter(move |&right| left < right).map(move |right| FactorSet::single(left).with(right))
    });
    for company in ones.chain(twos) {
        for set in [company, company.with(factor)] {
            if log.answer(set).is_none() {
                return Err(set);
            }
        }
        if log.answer(company) != log.answer(company.with(factor)) {
            return Ok(company);
        }
    }
    Ok(log.context_of(factor).unwrap_or_default().intersection(others))
}
