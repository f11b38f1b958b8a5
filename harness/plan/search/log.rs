//! What has been answered so far, and what follows from it whatever the program does.

use std::collections::BTreeMap;

use super::{Answer, FactorSet};

/// All answers, in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Log {
    full: FactorSet,
    told: usize,
    order: Vec<FactorSet>,
    answers: BTreeMap<FactorSet, Vec<Answer>>,
}

impl Log {
    pub(super) fn new(count: usize, baseline: Answer, all: Answer) -> Self {
        let full = FactorSet::full(count);
        let mut log = Self { full, told: 0, order: Vec::new(), answers: BTreeMap::new() };
        log.tell(FactorSet::EMPTY, baseline);
        if count > 0 {
            log.tell(full, all);
        }
        log
    }

    pub(super) fn tell(&mut self, set: FactorSet, answer: Answer) {
        let set = set.intersection(self.full);
        self.told += 1;
        let answers = self.answers.entry(set).or_default();
        if answers.is_empty() {
            self.order.push(set);
        }
        answers.push(answer);
    }

    /// Every factor of the search.
    pub(super) fn full(&self) -> FactorSet {
        self.full
    }

    /// How many executions were answered, repetitions included.
    pub(super) fn told(&self) -> usize {
        self.told
    }

    /// All answers to one set.
    pub(super) fn answers(&self, set: FactorSet) -> &[Answer] {
        self.answers.get(&set).map_or(&[], Vec::as_slice)
    }

    /// The first answer to one set.
    pub(super) fn answer(&self, set: FactorSet) -> Option<Answer> {
        self.answers(set).first().copied()
    }

    /// The baseline's first answer.
    pub(super) fn baseline(&self) -> Answer {
        self.answers[&FactorSet::EMPTY][0]
    }

    /// Whether the set ever answered something else than the baseline.
    pub(super) fn ever_drifted(&self, set: FactorSet) -> bool {
        self.answers(set).iter().any(|&answer| answer != self.baseline())
    }

    /// Whether the set's first answer is known and is the baseline's.
    pub(super) fn held(&self, set: FactorSet) -> bool {
        self.answer(set) == Some(self.baseline())
    }

    /// Executed sets with their first answers, in the order of execution.
    pub(super) fn executed(&self) -> impl Iterator<Item = (FactorSet, Answer)> {
        self.order.iter().map(|&set| (set, self.answers[&set][0]))
    }

    /// The first set that gave two different answers: the program is not a function of the factors.
    pub(super) fn unrepeatable(&self) -> Option<FactorSet> {
        self.order.iter().copied().find(|set| {
            let answers = &self.answers[set];
            answers.iter().any(|&answer| answer != answers[0])
        })
    }

    /// The executed sets that answer otherwise once `factor` is added to them.
    pub(super) fn contexts_of(&self, factor: usize) -> impl Iterator<Item = FactorSet> {
        self.order.iter().copied().filter(move |&set| {
            !set.contains(factor)
                && self.answer(set.with(factor)).is_some_and(|with| Some(with) != self.answer(set))
        })
    }

    /// The factors that changed an answer when nothing else changed. If equal questions get equal answers,
    /// each of them is guilty, whatever else is the case.
    pub(super) fn proven(&self) -> FactorSet {
        self.full.iter().filter(|&factor| self.contexts_of(factor).next().is_some()).collect()
    }

    /// Two executed sets that vary the same factors out of `known` and yet answer differently, as near to each
    /// other as there are. Some factor in which they differ is guilty and not yet known.
    pub(super) fn conflict(&self, known: FactorSet) -> Option<(FactorSet, FactorSet)> {
        let mut nearest: Option<(FactorSet, FactorSet)> = None;
        for (index, &right) in self.order.iter().enumerate() {
            for &left in &self.order[..index] {
                let apart = left.difference(right);
                if self.answer(left) != self.answer(right)
                    && apart.intersection(known).is_empty()
                    && nearest.is_none_or(|(a, b)| apart.len() < a.difference(b).len())
                {
                    nearest = Some((left, right));
                }
            }
        }
        nearest
    }
}
