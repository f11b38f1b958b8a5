//! Who has the turn: decisions of one schedule.

use std::collections::BTreeSet;

use super::numbers::{Choice, Measure};
use crate::wgsl::random::SplitMix;

/// How a schedule decides.
pub(super) enum Turns {
    /// Preemptions at known places; where a unit ends or waits, the lowest goes on.
    Listed {
        path: Vec<Choice>,
        /// Preemptions that were made.
        made: usize,
        /// What there was since the last one.
        since: Measure,
    },
    /// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010): every unit has a random priority, and at
    /// a few random points the one that runs falls below all others. Unlike there, a unit that waited and can go on again does not
    /// interrupt the one that runs, so that preemptions are as few as the points.
    Random {
        priorities: Vec<u64>,
        /// Points at which the unit that runs falls; sorted.
        falls: Vec<u64>,
        point: u64,
        /// The next lowest priority.
        lowest: u64,
    },
}

impl Turns {
    pub(super) fn listed(path: Vec<Choice>) -> Self {
        Self::Listed { path, made: 0, since: Measure::default() }
    }

    /// With at most so many preemptions among about so many points.
    pub(super) fn random(seed: u64, units: u32, points: u64, preemptions_max: u32) -> Self {
        let mut dice = SplitMix::new(seed);
        let preemptions = 1 + dice.below(u64::from(preemptions_max.max(1)));
        let mut falls: Vec<u64> = (0..preemptions).map(|_| dice.below(points.max(1))).collect();
        falls.sort_unstable();
        let priorities = (0..units).map(|_| (1 << 63) | dice.next()).collect();
        Self::Random { priorities, falls, point: 0, lowest: 1 << 62 }
    }

    /// At a point where `current` could go on: the unit that goes on instead, if one does.
    pub(super) fn preempt(&mut self, current: u32, ready: &BTreeSet<u32>) -> Option<u32> {
        let candidates = ready.len() - usize::from(ready.contains(&current));
        if candidates == 0 {
            return None;
        }
        match self {
            Self::Listed { path, made, since } => {
                let next = after(current, ready)?;
                let chosen = match path.get(*made) {
                    Some(Choice::Next(point)) if since.points == *point => Some(next),
                    Some(Choice::Other(pair)) if *pair - since.others < candidates as u64 - 1 => {
                        let skip = usize::try_from(*pair - since.others).ok()?;
                        ready.iter().filter(|unit| ![current, next].contains(unit)).nth(skip).copied()
                    }
                    _ => None,
                };
                if chosen.is_some() {
                    *made += 1;
                    *since = Measure::default();
                } else {
                    since.count(candidates);
                }
                chosen
            }
            Self::Random { priorities, falls, point, lowest } => {
                *point += 1;
                if falls.first().is_none_or(|fall| *fall >= *point) {
                    return None;
                }
                falls.remove(0);
                *lowest -= 1;
                priorities[current as usize] = *lowest;
                best(priorities, ready.iter().copied().filter(|unit| *unit != current))
            }
        }
    }

    /// Who goes on where the last unit ended or waits.
    pub(super) fn after_wait(&self, ready: &BTreeSet<u32>) -> Option<u32> {
        match self {
            Self::Listed { .. } => ready.first().copied(),
            Self::Random { priorities, .. } => best(priorities, ready.iter().copied()),
        }
    }

    /// Who goes on where `current` had its fair share.
    pub(super) fn after_share(&mut self, current: u32, ready: &BTreeSet<u32>) -> Option<u32> {
        if let Self::Random { priorities, lowest, .. } = self {
            *lowest -= 1;
            priorities[current as usize] = *lowest;
            return best(priorities, ready.iter().copied());
        }
        after(current, ready)
    }

    /// Preemptions that could follow those that were made.
    pub(super) fn measure(&self) -> Measure {
        match self {
            Self::Listed { since, .. } => *since,
            Self::Random { .. } => Measure::default(),
        }
    }
}

/// The next of a circle; another one, if there is one.
pub(super) fn after(current: u32, circle: &BTreeSet<u32>) -> Option<u32> {
    circle.range(current + 1..).next().or(circle.first()).copied()
}

fn best(priorities: &[u64], units: impl Iterator<Item = u32>) -> Option<u32> {
    units.max_by_key(|unit| priorities[*unit as usize])
}
