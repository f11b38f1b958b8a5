//! The quick half of the search: explanations in which everything that can be told apart answers apart.
//!
//! An explanation is a short list of causes, each a set of one or two factors that must be varied together. It
//! claims that two runs answer the same exactly if the same causes were active in both. So every answer
//! speaks about every earlier one, which is worth far more than "same or different from the baseline": a run
//! that equals the run with everything varied contains *all* guilty factors.
//!
//! The next question is the one after which the remaining explanations are fewest on average (the sum of
//! squared weights of the groups that it would tell apart). Weights are integers: the same answers lead to the
//! same questions on every machine.

use super::{Answer, FactorSet, Log};

/// What the quick half says.
pub(super) enum Guess {
    /// No explanation of this kind fits the answers.
    Refuted,
    /// The next set to execute.
    Ask(FactorSet),
    /// These causes, confirmed.
    Explained(Vec<FactorSet>),
}

/// How many causes an explanation may have.
const CAUSES_MAX: usize = 4;

/// Explanations by number of lone factors and of pairs, with the weight of all explanations of that shape
/// together. A later tier is only looked at when nothing of the earlier one fits. The weights were chosen by
/// exact simulation over all sets of one to three lone factors out of 14.
const TIERS: [&[(usize, usize, u64)]; 2] =
    [&[(1, 0, 40), (2, 0, 40), (3, 0, 20), (0, 1, 2), (1, 1, 2)], &[(4, 0, 4), (2, 1, 1), (0, 2, 1)]];

/// What the weight of a shape is multiplied with before it is divided among its explanations.
const SCALE: u64 = 1 << 20;

/// Starting points of the climb to the best question; more did not save executions.
const STARTS: usize = 12;

/// A list of causes that might explain the answers.
#[derive(Clone, Copy)]
struct Explanation {
    causes: [FactorSet; CAUSES_MAX],
    count: usize,
    weight: u64,
}

impl Explanation {
    fn causes(&self) -> &[FactorSet] {
        &self.causes[..self.count]
    }

    fn guilty(&self) -> FactorSet {
        self.causes().iter().fold(FactorSet::EMPTY, |all, &cause| all.union(cause))
    }

    /// Which causes are active in a run that varies `set`, as bits.
    fn active(&self, set: FactorSet) -> u32 {
        let bit = |(index, cause): (usize, &FactorSet)| u32::from(cause.is_subset(set)) << index;
        self.causes().iter().enumerate().map(bit).sum()
    }

    /// This explanation beside what was executed, if equal answers are equal activity and different answers
    /// different activity.
    fn fitted(self, executed: &[(FactorSet, Answer)]) -> Option<Fitting> {
        let mut active: Vec<u32> = Vec::with_capacity(executed.len());
        for &(set, answer) in executed {
            let now = self.active(set);
            if active.iter().zip(executed).any(|(&then, &(_, other))| (then == now) != (other == answer)) {
                return None;
            }
            active.push(now);
        }
        Some(Fitting { guilty: self.guilty(), explanation: self, active })
    }
}

/// An explanation that fits everything that was executed.
struct Fitting {
    explanation: Explanation,
    guilty: FactorSet,
    /// Which causes were active in each execution.
    active: Vec<u32>,
}

impl Fitting {
    /// The earlier execution that a run which varies `question` must equal; `None` for an output never seen.
    fn expected(&self, question: FactorSet) -> Option<usize> {
        let active = self.explanation.active(question);
        self.active.iter().position(|&earlier| earlier == active)
    }
}

/// Looks only at runs within `ground` (itself executed, and drifted), as if there were no other factors.
pub(super) fn explain(log: &Log, ground: FactorSet) -> Guess {
    let executed: Vec<_> = log.executed().filter(|(set, _)| set.is_subset(ground)).collect();
    let fitting = TIERS.iter().map(|tier| fitting(tier, ground, &executed)).find(|list| !list.is_empty());
    fitting.map_or(Guess::Refuted, |fitting| Room { log, ground, executed, fitting }.decide())
}

/// All explanations of one tier that fit.
fn fitting(
    tier: &[(usize, usize, u64)],
    ground: FactorSet,
    executed: &[(FactorSet, Answer)],
) -> Vec<Fitting> {
    let factors: Vec<usize> = ground.iter().collect();
    let singles: Vec<FactorSet> = factors.iter().map(|&factor| FactorSet::single(factor)).collect();
    let pairs: Vec<FactorSet> = factors
        .iter()
        .enumerate()
        .flat_map(|(index, &right)| {
            factors[..index].iter().map(move |&left| FactorSet::single(left).with(right))
        })
        .collect();
    let mut found = Vec::new();
    for &(lone, paired, weight) in tier {
        let shapes = choose(singles.len(), lone).saturating_mul(choose(pairs.len(), paired));
        let weight = (weight * SCALE).checked_div(shapes).unwrap_or(0).max(1);
        let start = Explanation { causes: [FactorSet::EMPTY; CAUSES_MAX], count: 0, weight };
        extend(start, &singles, lone, &mut |half| {
            extend(half, &pairs, paired, &mut |whole| {
                found.extend(whole.fitted(executed));
            });
        });
    }
    found
}

/// Every way of adding `more` of the `causes` to an explanation.
fn extend(explanation: Explanation, causes: &[FactorSet], more: usize, take: &mut dyn FnMut(Explanation)) {
    if more == 0 {
        return take(explanation);
    }
    for (index, &cause) in causes.iter().enumerate() {
        let mut longer = explanation;
        longer.causes[longer.count] = cause;
        longer.count += 1;
        extend(longer, &causes[index + 1..], more - 1, take);
    }
}

/// The binomial coefficient.
fn choose(from: usize, count: usize) -> u64 {
    (0..count).fold(1, |product, taken| product * (from.saturating_sub(taken)) as u64 / (taken as u64 + 1))
}

/// The explanations still standing, and what they stand on.
struct Room<'a> {
    log: &'a Log,
    ground: FactorSet,
    executed: Vec<(FactorSet, Answer)>,
    fitting: Vec<Fitting>,
}

impl Room<'_> {
    fn decide(&self) -> Guess {
        let heaviest = self.heaviest();
        let confirmation = self.best(self.missing(heaviest).into_iter());
        // From a fifth of the weight on, a confirmation is as good a question as any, and needed anyway.
        let likely = heaviest.explanation.weight * 5 > self.weight();
        let question =
            if likely { confirmation.or_else(|| self.climb()) } else { self.climb().or(confirmation) };
        question.map_or_else(|| Guess::Explained(heaviest.explanation.causes().to_vec()), Guess::Ask)
    }

    fn weight(&self) -> u64 {
        self.fitting.iter().map(|fitting| fitting.explanation.weight).sum()
    }

    /// The heaviest explanation, the first of equals.
    fn heaviest(&self) -> &Fitting {
        let heavier = |best: &Fitting, next: &Fitting| next.explanation.weight > best.explanation.weight;
        self.fitting.iter().fold(&self.fitting[0], |best, next| if heavier(best, next) { next } else { best })
    }

    /// The executions that confirm an explanation and are still missing: everything but the guilty factors
    /// (must equal the baseline), the guilty factors alone (must equal everything), and each guilty factor by
    /// itself, so that no factor is blamed for what a flaky one did beside it. With three or more guilty
    /// factors a run in which no *other guilty* factor varied serves for the last, to save executions.
    /// Factors that act only together are rare, and easily feigned by others that hide or equal each other: they
    /// must drift together, and neither may drift alone, nor with everything innocent.
    fn missing(&self, fitting: &Fitting) -> Vec<FactorSet> {
        let guilty = fitting.guilty;
        let rest = self.ground.minus(guilty);
        let mut missing = vec![rest, guilty];
        for &cause in fitting.explanation.causes() {
            let together = cause.len() > 1;
            for factor in cause.iter() {
                let alone = FactorSet::single(factor);
                let shown = || self.executed.iter().any(|(set, _)| set.intersection(guilty) == alone);
                if guilty.len() == 2 || together || !shown() {
                    missing.push(alone);
                }
                if together {
                    missing.push(rest.union(alone));
                }
            }
            if together {
                missing.push(cause);
            }
        }
        missing.retain(|&set| self.log.answer(set).is_none());
        missing
    }

    /// The best of some questions.
    fn best(&self, questions: impl Iterator<Item = FactorSet>) -> Option<FactorSet> {
        questions.min_by_key(|&question| (self.score(question), question))
    }

    /// What would be left on average after a question, times the whole weight; less is better. A quarter is
    /// taken off for explanations of which the question would also show one factor without the others.
    fn score(&self, question: FactorSet) -> i128 {
        let mut groups = vec![0_u64; self.executed.len() + 1];
        let mut alone = 0_u64;
        for fitting in &self.fitting {
            let weight = fitting.explanation.weight;
            groups[fitting.expected(question).unwrap_or(self.executed.len())] += weight;
            let part = question.intersection(fitting.guilty);
            let shown = || self.executed.iter().any(|(set, _)| set.intersection(fitting.guilty) == part);
            if fitting.guilty.len() > 1 && part.len() == 1 && !shown() {
                alone += weight;
            }
        }
        let left: i128 = groups.iter().map(|&weight| i128::from(weight) * i128::from(weight)).sum();
        left - i128::from(self.weight()) * i128::from(alone) / 4
    }

    /// Whether some explanations expect another answer than others do.
    fn splits(&self, question: FactorSet) -> bool {
        let first = self.fitting[0].expected(question);
        self.fitting.iter().any(|fitting| fitting.expected(question) != first)
    }

    /// The best question found by climbing from several starting points, one factor in or out at a time.
    fn climb(&self) -> Option<FactorSet> {
        if self.fitting.len() == 1 {
            return None;
        }
        let peaks: Vec<FactorSet> = starts(self.ground).map(|start| self.climb_from(start)).collect();
        let fresh = |set: &FactorSet| self.log.answer(*set).is_none() && self.splits(*set);
        self.best(peaks.into_iter().filter(fresh)).or_else(|| self.best(self.neighbours().filter(fresh)))
    }

    fn climb_from(&self, start: FactorSet) -> FactorSet {
        let (mut here, mut score) = (start, self.score(start));
        loop {
            let before = score;
            for step in self.kinds() {
                // Factors of one kind are interchangeable so far: moving one of each side in or out is enough.
                for side in [step.intersection(here), step.minus(here)] {
                    let Some(factor) = side.iter().next() else { continue };
                    let there = here.difference(FactorSet::single(factor));
                    let new = self.score(there);
                    if new < score {
                        (here, score) = (there, new);
                        break;
                    }
                }
            }
            if score == before {
                return here;
            }
        }
    }

    /// Factors that no execution has told apart yet, together.
    fn kinds(&self) -> Vec<FactorSet> {
        let mut kinds = vec![self.ground];
        for &(set, _) in &self.executed {
            let parts = kinds.iter().flat_map(|kind| [kind.intersection(set), kind.minus(set)]);
            kinds = parts.filter(|kind| !kind.is_empty()).collect();
        }
        kinds
    }

    /// Executed sets with one factor more or less: the last resort when the climb finds nothing new.
    fn neighbours(&self) -> impl Iterator<Item = FactorSet> {
        self.executed.iter().flat_map(|&(set, _)| {
            self.ground.iter().map(move |factor| set.difference(FactorSet::single(factor)))
        })
    }
}

/// Starting points: about half, a quarter and three quarters of the factors, picked by a fixed xorshift sequence.
fn starts(ground: FactorSet) -> impl Iterator<Item = FactorSet> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..STARTS).map(move |index| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bits = match index % 3 {
            0 => state,
            1 => state & state.rotate_left(17),
            _ => state | state.rotate_left(29),
        };
        ground.iter().filter(|&factor| bits >> factor & 1 == 1).collect()
    })
}
