//! When the search for held-out rows inside a program ends, and what it then says. Pure.
//!
//! One row at a time becomes another row. If it was trained on, the model follows; if it was held out, nothing may. So:
//!
//! - *All rows have an effect.* With `h` of `n` rows held out and no leak, `k` rows drawn without one of the `h` have the probability
//!   `C(n - h, k) / C(n, k)` (hypergeometric). From [`LEVEL`] on that is called drift: at most one clean program in a hundred is
//!   accused. `h` is the declared share of `n`; a program that holds out fewer rows is accused more often, and one that trains on all
//!   rows in the end is accused with right.
//! - *Rows without effect are found*: up to [`FOUND`] of them then change together. An effect now can only come through something
//!   that no single row moves: a chosen hyper-parameter, a selected feature, a threshold.
//! - But a training row can have no effect, too: on a median, on a tree that splits elsewhere, on a model that is rounded when
//!   written. So before a joint effect is called drift, every found row changes in [`AGAIN`] further ways; those that have an effect now
//!   are dropped and the rest changes together once more. And at least [`TRIED`] rows are tried, to see whether the
//!   rows without effect are more than the share explains (binomial, upper tail, [`LEVEL`]): then nothing is concluded. A training row
//!   that stays silent with probability `q` in each way alone is taken for a held-out one with `q^3`. That is no exact bound, for the
//!   ways are not independent; hence a drift here says how it was found.
//! - *No effect together*: held. What was not tried is told.
//!
//! - *All rows have an effect*, but a program that stratifies, groups or sorts by a feature holds out other rows when that feature
//!   changes, and looks the same. So before it counts, the features are dealt into two hands, of columns with many values where there
//!   are enough, and the same test decides on each hand alone: a split that follows columns of one hand, or of neither, leaves held-out
//!   rows without effect of the other. Where both hands have an effect in all rows, that is drift.
//! - Where a row is without effect of a hand, two changes of that row are compared: of all features, and of all but that hand. They
//!   give the same bits while the row is held out; if they do not, the change has put the row into training, so the split follows
//!   what the rows hold, and nothing is concluded. A split that moves leaves the row where it was with the probability of the share;
//!   when so many rows agree that this has probability [`LEVEL`], held-out rows do reach training, by the other columns.
//!
//! Changing groups of rows at once would save nothing: with two rows in ten held out, even pairs have an effect 24 times in 25.

use statrs::distribution::{Binomial, DiscreteCDF};

use crate::wgsl::random::SplitMix;

/// The probability with which a clean program is accused at most, by each of the two tests.
pub(super) const LEVEL: f64 = 0.01;
/// Rows without effect that are changed together.
pub(super) const FOUND: usize = 4;
/// Further ways in which each of them is changed before a joint effect counts.
pub(super) const AGAIN: u64 = 2;
/// Rows that agree are not asked for beyond this number, which a share of 0.7 needs.
const AGREEING_MAX: usize = 13;
/// Rows that are tried at least before a joint effect counts.
const TRIED: u64 = 20;
/// Failures from which on the search gives up.
const FAILURES: u64 = 3;

/// What a changed row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Something that training leaves differs.
    Effect,
    /// Nothing does.
    Silent,
    /// A run failed.
    Failed,
    /// The row could not be changed.
    Unchanged,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rules {
    /// Its rows.
    pub(super) rows: u64,
    /// The declared share of held-out rows.
    pub(super) share: f64,
    /// Walks that may be made in all.
    pub(super) walks: u64,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// So many further rows, one at a time.
    Singles(usize),
    /// Rows without effect, together.
    Together,
    /// Nothing.
    End(End),
}

/// What the single rows say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// Every row has an effect; how probable that is without a leak.
    AllMatter(f64),
    /// Too few rows could be tried; so many would be needed.
    TooFew(u64),
    /// Runs fail when a row is changed.
    Failing,
}

impl Rules {
    /// Rows held out, by the declared share; at least one.
    fn held_out(&self) -> u64 {
        whole(self.share * exact(self.rows)).clamp(1, self.rows.max(1))
    }

    /// The probability that so many rows hold no held-out one.
    pub(super) fn chance(&self, tried: u64) -> f64 {
        let trained = self.rows.saturating_sub(self.held_out());
        if tried > trained {
            return 0.0;
        }
        (0..tried).map(|row| exact(trained - row) / exact(self.rows - row)).product()
    }

    /// Rows that must all have an effect for that to count.
    pub(super) fn needed(&self) -> u64 {
        (1..=self.rows).find(|tried| self.chance(*tried) <= LEVEL).unwrap_or(self.rows)
    }

    /// Rows that must agree before they are taken for held-out ones that a moving split has not moved.
    pub(super) fn agreeing(&self) -> usize {
        let mut chance = self.share;
        let mut rows = 1;
        while chance > LEVEL && rows < AGREEING_MAX {
            chance *= self.share;
            rows += 1;
        }
        rows
    }

    /// Whether more rows are without effect than the share explains: the upper tail of the binomial distribution.
    pub(super) fn too_silent(&self, silent: u64, tried: u64) -> bool {
        let Some(below) = silent.checked_sub(1) else { return false };
        Binomial::new(self.share, tried).is_ok_and(|binomial| binomial.sf(below) <= LEVEL)
    }

    /// What comes after these single rows, in their order.
    pub(super) fn next(&self, singles: &[Answer]) -> Next {
        let count = |wanted: Answer| singles.iter().filter(|answer| **answer == wanted).count();
        let (effects, silent) = (count(Answer::Effect) as u64, count(Answer::Silent));
        let spent = singles.len() as u64;
        let failed = count(Answer::Failed) as u64;
        if silent >= FOUND {
            return Next::Together;
        }
        if silent == 0
            && effects > 0
            && (self.chance(effects) <= LEVEL || (effects == self.rows && failed == 0))
        {
            return Next::End(End::AllMatter(self.chance(effects)));
        }
        if failed >= FAILURES && effects == 0 {
            return Next::End(End::Failing);
        }
        // What is found must still be changed together, each in further ways, and the rest together once more.
        let kept = 2 + AGAIN * (silent as u64 + 1);
        let left = self.walks.saturating_sub(spent + if silent == 0 { 0 } else { kept });
        let left = left.min(self.rows.saturating_sub(spent));
        if left > 0 {
            let missing = if silent == 0 { self.needed().saturating_sub(effects).max(1) } else { u64::MAX };
            let round = ((FOUND - silent) as u64).min(missing).min(left);
            return Next::Singles(usize::try_from(round).unwrap_or(1));
        }
        match silent {
            0 if failed > 0 && effects == 0 => Next::End(End::Failing),
            0 => Next::End(End::TooFew(self.needed())),
            _ => Next::Together,
        }
    }

    /// How many further rows must be tried before a joint effect counts.
    pub(super) fn more(&self, tried: u64, spent: u64) -> usize {
        let wanted = TRIED.saturating_sub(tried);
        let left = self.walks.saturating_sub(spent).min(self.rows.saturating_sub(tried));
        usize::try_from(wanted.min(left)).unwrap_or(0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a table of 2^53 rows is not searched row by row")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of rows, neither negative nor larger"
)]
fn whole(value: f64) -> u64 {
    value.max(0.0).floor() as u64
}

/// The rows of a file in an order that has nothing to do with theirs and is always the same (Fisher and Yates, on `SplitMix64`).
pub(super) fn order(rows: u64, seed: u64) -> Vec<u64> {
    let mut random = SplitMix::new(seed);
    let mut order: Vec<u64> = (0..rows).collect();
    for place in (1..order.len()).rev() {
        let bound = place as u64 + 1;
        let other = usize::try_from(random.next() % bound).unwrap_or(0);
        order.swap(place, other);
    }
    order
}

/// Two rows whose targets may be exchanged without moving a stratified split: such a split deals out the rows of each class in
/// their order, so no other row of the two classes may stand between them.
pub(super) fn neighbours(rows: &[u64], targets: &[String]) -> Option<[u64; 2]> {
    let target = |row: u64| usize::try_from(row).ok().and_then(|row| targets.get(row));
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let pairs =
        rows.iter().enumerate().flat_map(|(place, one)| rows[place + 1..].iter().map(|other| [*one, *other]));
    let mut apart = pairs.filter(|[one, other]| {
        let (Some(first), Some(second)) = (target(*one), target(*other)) else { return false };
        let between = (one + 1..*other).filter_map(target);
        first != second && !between.into_iter().any(|target| target == first || target == second)
    });
    apart.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { rows: 1_000_000, share: 0.2, walks: 40 };

    #[test]
    fn one_in_a_hundred_is_reached_after_21_rows_of_a_large_file_and_earlier_in_a_small_one() {
        assert_eq!(RULES.needed(), 21);
        assert_eq!(Rules { rows: 60, ..RULES }.needed(), 18);
        assert_eq!(Rules { rows: 5, ..RULES }.needed(), 5);
        assert_eq!(Rules { share: 0.5, ..RULES }.needed(), 7);
        let three = Rules { rows: 10, ..RULES }.chance(3);
        assert!((three - 8.0 * 7.0 * 6.0 / (10.0 * 9.0 * 8.0)).abs() < 1e-12, "{three}");
    }

    #[test]
    fn the_more_rows_are_held_out_the_more_must_agree() {
        assert_eq!(RULES.agreeing(), 3);
        assert_eq!(Rules { share: 0.5, ..RULES }.agreeing(), 7);
        assert_eq!(Rules { share: 0.9, ..RULES }.agreeing(), AGREEING_MAX);
    }

    #[test]
    fn rows_that_all_matter_end_the_search_and_are_never_passed_over() {
        let mut singles = Vec::new();
        while let Next::Singles(more) = RULES.next(&singles) {
            assert!(more > 0);
            singles.extend(vec![Answer::Effect; more]);
        }
        assert_eq!(singles.len(), 21);
        assert!(matches!(RULES.next(&singles), Next::End(End::AllMatter(chance)) if chance <= LEVEL));
    }

    #[test]
    fn rows_without_effect_are_gathered_and_then_changed_together() {
        use Answer::{Effect, Silent};
        assert_eq!(RULES.next(&[]), Next::Singles(4));
        assert_eq!(RULES.next(&[Effect, Silent, Silent]), Next::Singles(2));
        assert_eq!(RULES.next(&[Silent, Effect, Silent, Silent, Silent]), Next::Together);
        let few = Rules { walks: 10, ..RULES };
        assert_eq!(few.next(&[Silent, Effect, Effect, Effect]), Next::Together);
        assert_eq!(few.next(&[Effect; 10]), Next::End(End::TooFew(21)));
    }

    #[test]
    fn a_search_ends_whatever_the_answers_are() {
        let answers = [Answer::Effect, Answer::Silent, Answer::Failed, Answer::Unchanged];
        for rows in [1, 2, 3, 7, 30, 500] {
            for share in [0.01, 0.2, 0.9] {
                for walks in [0, 1, 5, 40, 200] {
                    for seed in 0..40_u64 {
                        let rules = Rules { rows, share, walks };
                        let luck = order(97, seed);
                        let mut singles = Vec::new();
                        while let Next::Singles(more) = rules.next(&singles) {
                            for _ in 0..more {
                                let luck = luck[singles.len() % 97] % (1 + seed % 4);
                                singles.push(answers[usize::try_from(luck).unwrap()]);
                            }
                            assert!(singles.len() as u64 <= walks.min(rows), "{rules:?} {singles:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn failures_alone_are_no_effect() {
        assert_eq!(RULES.next(&[Answer::Failed; 4]), Next::End(End::Failing));
        assert!(matches!(RULES.next(&[Answer::Effect, Answer::Failed]), Next::Singles(_)));
    }

    #[test]
    fn more_rows_without_effect_than_the_share_explains_are_seen() {
        assert!(!RULES.too_silent(4, 20) && !RULES.too_silent(8, 20) && RULES.too_silent(9, 20));
        assert!(!RULES.too_silent(0, 0));
    }

    #[test]
    fn an_order_holds_every_row_once_and_is_not_that_of_the_file() {
        let mut all = order(100, 3);
        assert_ne!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(all, order(100, 3));
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert!(order(0, 3).is_empty());
    }

    #[test]
    fn only_targets_with_no_row_of_their_classes_between_are_exchanged() {
        let targets: Vec<String> = ["a", "b", "c", "a", "c", "b"].map(str::to_owned).to_vec();
        assert_eq!(neighbours(&[0, 1], &targets), Some([0, 1]));
        assert_eq!(neighbours(&[0, 3], &targets), None);
        assert_eq!(neighbours(&[0, 5], &targets), None);
        assert_eq!(neighbours(&[1, 3], &targets), Some([1, 3]));
        assert_eq!(neighbours(&[9, 12], &targets), None);
    }
}
