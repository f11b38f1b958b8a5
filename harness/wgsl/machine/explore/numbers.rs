//! Which number stands for which schedule.
//!
//! Number 0 has no preemption. A schedule with preemptions is the child of the one without its last preemption: the two are the same up to that place.
//! Children are numbered after all children of smaller numbers. So all schedules with one preemption come before those with two, and what a
//! number means follows from runs of smaller numbers alone.

/// The last preemption of a schedule, among all that could follow those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// At this point, counted from the preemption before: the unit that comes next in the circle goes on.
    Next(u64),
    /// This one of all other pairs of a point and a unit, point by point.
    Other(u64),
}

/// How many preemptions could follow those of a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// Points at which another unit could go on.
    pub(super) points: u64,
    /// Pairs of such a point and a unit that is not the next one.
    pub(super) others: u64,
}

impl Measure {
    /// Notes a point at which so many other units could go on.
    pub(super) fn count(&mut self, candidates: usize) {
        if candidates > 0 {
            self.points += 1;
            self.others += candidates as u64 - 1;
        }
    }
}

/// What is known of the numbers so far.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    preemptions_max: usize,
    /// Of the schedules 0, 1, 2, …: the number of the first child, and how many there are.
    measured: Vec<(u64, Measure)>,
    /// Numbers known to stand for a schedule: all below this.
    known: u64,
}

impl Numbers {
    pub(super) fn new(preemptions_max: u32) -> Self {
        Self { preemptions_max: preemptions_max.max(1) as usize, measured: Vec::new(), known: 1 }
    }

    /// All numbers below this are known to stand for schedules.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    /// The preemptions of a schedule, if it is known.
    pub(super) fn path(&self, number: u64) -> Option<Vec<Choice>> {
        let mut path = Vec::new();
        let mut at = number;
        while at > 0 {
            if at >= self.known {
                return None;
            }
            // Schedules without children share the number of their first child with the next one.
            let parent = self.measured.partition_point(|(first, _)| *first <= at).checked_sub(1)?;
            let (first, measure) = self.measured.get(parent)?;
            let index = at - first;
            path.push(match index.checked_sub(measure.points) {
                None => Choice::Next(index),
                Some(other) => Choice::Other(other),
            });
            at = parent as u64;
        }
        path.reverse();
        Some(path)
    }

    /// The schedule that has to be measured before more numbers are known; `None` if there are no more.
    pub(super) fn next(&self) -> Option<u64> {
        let next = self.measured.len() as u64;
        // Those that come later have no fewer preemptions.
        let path = self.path(next)?;
        (path.len() < self.preemptions_max).then_some(next)
    }

    /// Notes the measure of the schedule that [`Numbers::next`] names.
    pub(super) fn note(&mut self, measure: Measure) {
        self.measured.push((self.known, measure));
        self.known = self.known.saturating_add(measure.points).saturating_add(measure.others);
    }

    /// Points of the schedule without preemptions; 0 before it is measured.
    pub(super) fn points(&self) -> u64 {
        self.measured.first().map_or(0, |(_, measure)| measure.points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_from_few_preemptions_to_many_and_stand_for_one_schedule_each() {
        let mut numbers = Numbers::new(2);
        assert_eq!((numbers.next(), numbers.path(0), numbers.path(1)), (Some(0), Some(vec![]), None));
        // Two points: one with three candidates, one with one.
        numbers.note(Measure { points: 2, others: 2 });
        numbers.note(Measure::default());
        numbers.note(Measure { points: 1, others: 0 });
        numbers.note(Measure { points: 1, others: 1 });
        assert_eq!(numbers.next(), Some(4));
        numbers.note(Measure::default());
        assert_eq!(numbers.next(), None, "schedules with two preemptions are not extended");
        let paths: Vec<_> = (0..9).map(|number| numbers.path(number)).collect();
        let (next, other) = (Choice::Next, Choice::Other);
        assert_eq!(
            paths,
            [
                Some(vec![]),
                Some(vec![next(0)]),
                Some(vec![next(1)]),
                Some(vec![other(0)]),
                Some(vec![other(1)]),
                Some(vec![next(1), next(0)]),
                Some(vec![other(0), next(0)]),
                Some(vec![other(0), other(0)]),
                None
            ]
        );
    }
}
