//! Inputs as a strategy of proptest, and how a failing one becomes small.
//!
//! The strategies that proptest brings take one element away at a time, which is too slow where a trial runs a kernel over
//! thousands of them. This tree cuts halves, quarters and so on out of an axis, then makes stretches of values the simplest
//! ones, then single values simpler, and begins again until nothing helps any more.

use std::ops::Range;

use proptest::arbitrary::any;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::input::Input;
use super::space::Space;
use crate::wgsl::random::SplitMix;

/// Trials that the shrinking of one input may take.
const TRIALS_MAX: u32 = 4000;

/// Values of a buffer up to which each one is made simpler by itself.
const SINGLES_MAX: usize = 256;

/// Lengths that are tried first.
const SHORT: u64 = 4;

/// All inputs of a space.
#[derive(Debug)]
pub(super) struct Inputs<'a>(pub(super) &'a Space<'a>);

impl<'a> Strategy for Inputs<'a> {
    type Tree = Tree<'a>;
    type Value = Input;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        Ok(Tree::new(self.0, drawn(self.0, seed)))
    }
}

/// The input of a seed.
pub(super) fn drawn(space: &Space<'_>, seed: u64) -> Input {
    let mut random = SplitMix::new(seed);
    let edges = space.edges();
    let lengths: Vec<u64> = space
        .axes
        .iter()
        .map(|axis| {
            let most = axis.length / axis.grain;
            let steps = match random.below(8) {
                0 | 1 => most,
                2 => most.saturating_sub(1),
                3..=5 => edges[usize::try_from(random.below(edges.len() as u64)).unwrap_or(0)],
                6 => 1 + random.below(16),
                _ => 1 + random.below(most),
            };
            steps.clamp(1, most) * axis.grain
        })
        .collect();
    let varied = space.places.iter().filter_map(|(name, place)| Some((name, place.domain.as_ref().ok()?)));
    let values = varied
        .map(|(name, domain)| (name.clone(), domain.draw(space.count(name, &lengths), random.next())))
        .collect();
    Input { lengths, values }
}

/// An input that failed last, and the next simpler one to try.
pub(super) struct Tree<'a> {
    space: &'a Space<'a>,
    best: Input,
    trial: Option<Input>,
    step: Step,
    /// Whether anything helped since the last beginning.
    helped: bool,
    left: u32,
}

/// What is tried next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// The beginning of an axis alone, so many steps long.
    Short { axis: usize, length: u64 },
    /// All but a stretch of an axis; stretches of this length, each time the one that ends before `end`.
    Cut { axis: usize, length: u64, end: u64 },
    /// A stretch of a buffer made simplest, in the same way.
    Plain { buffer: usize, length: usize, end: usize },
    /// One value made simpler: its place, and which of the simpler ones.
    Single { buffer: usize, at: usize, choice: usize },
}

impl<'a> Tree<'a> {
    pub(super) fn new(space: &'a Space<'a>, best: Input) -> Self {
        let step = Step::Short { axis: 0, length: 1 };
        Self { space, best, trial: None, step, helped: false, left: TRIALS_MAX }
    }

    /// Goes to the next simpler input; `false` where there is none.
    fn propose(&mut self) -> bool {
        while self.left > 0 {
            let Some((trial, next)) = self.next() else {
                if !std::mem::take(&mut self.helped) {
                    return false;
                }
                self.step = Step::Short { axis: 0, length: 1 };
                continue;
            };
            self.step = next;
            if let Some(trial) = trial.filter(|trial| *trial != self.best) {
                self.left -= 1;
                self.trial = Some(trial);
                return true;
            }
        }
        false
    }

    /// What the current step tries, if there is anything to try, and the step after it.
    fn next(&self) -> Option<(Option<Input>, Step)> {
        match self.step {
            Step::Short { axis, length } => Some(self.short(axis, length)),
            Step::Cut { axis, length, end } => Some(self.cut(axis, length, end)),
            Step::Plain { buffer, length, end } => Some(self.plain(buffer, length, end)),
            Step::Single { buffer, at, choice } => self.single(buffer, at, choice),
        }
    }

    fn short(&self, axis: usize, length: u64) -> (Option<Input>, Step) {
        let Some(known) = self.space.axes.get(axis) else { return (None, self.first_plain(0)) };
        let (own, wanted) = (self.best.lengths[axis], length * known.grain);
        if length > SHORT || wanted >= own {
            return (None, Step::Cut { axis, length: (own / known.grain).div_ceil(2), end: own });
        }
        let trial = self.best.without(self.space, axis, wanted..own);
        (Some(trial), Step::Short { axis, length: length + 1 })
    }

    fn cut(&self, axis: usize, length: u64, end: u64) -> (Option<Input>, Step) {
        let grain = self.space.axes[axis].grain;
        let (own, part) = (self.best.lengths[axis], length * grain);
        let end = end.min(own);
        if part == 0 || own <= grain {
            return (None, Step::Short { axis: axis + 1, length: 1 });
        }
        let Some(start) = end.checked_sub(part) else {
            let smaller = if length == 1 { 0 } else { length.div_ceil(2) };
            return (None, Step::Cut { axis, length: smaller, end: own });
        };
        let trial = (part < own).then(|| self.best.without(self.space, axis, start..end));
        (trial, Step::Cut { axis, length, end: start })
    }

    fn first_plain(&self, buffer: usize) -> Step {
        let length = self.values(buffer).map_or(0, <[u64]>::len);
        Step::Plain { buffer, length, end: length }
    }

    fn plain(&self, buffer: usize, length: usize, end: usize) -> (Option<Input>, Step) {
        let Some(values) = self.values(buffer) else {
            return (None, Step::Single { buffer: 0, at: 0, choice: 0 });
        };
        if length == 0 {
            return (None, self.first_plain(buffer + 1));
        }
        if end == 0 {
            let smaller = if length == 1 { 0 } else { length.div_ceil(2) };
            return (None, Step::Plain { buffer, length: smaller, end: values.len() });
        }
        let start = end.saturating_sub(length);
        (Some(self.with_plain(buffer, start..end)), Step::Plain { buffer, length, end: start })
    }

    fn single(&self, buffer: usize, at: usize, choice: usize) -> Option<(Option<Input>, Step)> {
        let (name, values) = self.best.values.iter().nth(buffer)?;
        let value = values.get(at).filter(|_| values.len() <= SINGLES_MAX);
        let Some(value) = value else {
            return Some((None, Step::Single { buffer: buffer + 1, at: 0, choice: 0 }));
        };
        let domain = self.space.places[name].domain.as_ref().ok()?;
        let Some(simpler) = domain.simpler(*value).get(choice).copied() else {
            return Some((None, Step::Single { buffer, at: at + 1, choice: 0 }));
        };
        let mut trial = self.best.clone();
        trial.values.get_mut(name)?[at] = simpler;
        Some((Some(trial), Step::Single { buffer, at, choice: choice + 1 }))
    }

    fn values(&self, buffer: usize) -> Option<&[u64]> {
        self.best.values.values().nth(buffer).map(Vec::as_slice)
    }

    fn with_plain(&self, buffer: usize, stretch: Range<usize>) -> Input {
        let mut trial = self.best.clone();
        if let Some((name, values)) = trial.values.iter_mut().nth(buffer)
            && let Ok(domain) = &self.space.places[name].domain
        {
            values[stretch].fill(domain.plain());
        }
        trial
    }
}

impl ValueTree for Tree<'_> {
    type Value = Input;

    fn current(&self) -> Input {
        self.trial.as_ref().unwrap_or(&self.best).clone()
    }

    /// The current one failed as well: goes on from there.
    fn simplify(&mut self) -> bool {
        if let Some(trial) = self.trial.take() {
            self.best = trial;
            self.helped = true;
        }
        self.propose()
    }

    /// The current one did not fail: back to the last that did.
    fn complicate(&mut self) -> bool {
        self.trial = None;
        self.propose()
    }
}
