//! The sure half of the search, for programs that no short list of causes explains: factors with the same effect,
//! factors that hide or cancel others, runs that fail.
//!
//! It rests on one fact that needs no assumption about the program but that equal questions get equal answers:
//! of two runs that answer differently, some factor in which they differ is guilty, and walking from one to the
//! other by halves ends at two runs that differ in this factor alone. Such a pair is a proof. The search
//! goes on until all runs that vary the same *known* factors answer the same, among them the extreme ones:
//! nothing else varied, and everything else varied.

use std::cmp::Reverse;

use super::guess::{self, Guess};
use super::{Cause, FactorSet, Log, Outcome, Step, again};

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
            let times =
                |context: FactorSet| log.answers(context).len().min(log.answers(context.with(factor)).len());
            let context =
                log.contexts_of(factor).max_by_key(|&context| (times(context), Reverse(context.len())))?;
            return again(log, 3, [context, context.with(factor)]);
        }
        let hidden = log.executed().map(|(set, _)| set).find(|&set| set.contains(factor) && log.held(set))?;
        again(log, 2, [hidden, alone(factor)])
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
    let mut causes = Vec::new();
    for factor in known.iter() {
        let company = match company(log, known, factor) {
            Ok(company) => company,
            Err(question) => return Step::Ask(question),
        };
        causes.push(Cause::new(log, company.with(factor)));
    }
    Step::Settled(Outcome::explained(causes))
}

/// The smallest company of other known factors in which `factor` changes the answer. Only companies within the
/// smallest one that is already known to do are tried, and of two factors at most.
fn company(log: &Log, known: FactorSet, factor: usize) -> Result<FactorSet, FactorSet> {
    let seen = log.contexts_of(factor).map(|context| context.intersection(known));
    let Some(seen) = seen.min_by_key(|context| (context.len(), *context)) else {
        return Ok(FactorSet::EMPTY);
    };
    let ones = seen.iter().map(FactorSet::single);
    let twos = seen
        .iter()
        .flat_map(|right| seen.iter().take_while(move |&left| left < right).map(move |left| (left, right)))
        .map(|(left, right)| FactorSet::single(left).with(right));
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
    Ok(seen)
}
