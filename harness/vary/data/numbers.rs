//! How numbers are changed.
//!
//! A mild disturbance misses leaks: statistics of a whole file hardly move, and trees do not notice. So every number moves by at
//! least three standard deviations of its column, away from the mean, in most rows upwards but not in all, and by
//! another amount in each row, so that no constant can take it back.

use super::dice::Dice;
use super::profile::{Spread, as_float};

/// How much farther from the mean a number moves than it stood: 1.7 times as far.
const WIDENING: f64 = 0.7;

/// By how many standard deviations a number moves at least.
const SHIFT_MIN: f64 = 3.0;

/// A feature's new value. What is never negative stays so; ranges other than that are left, also that from 0 to 1.
pub(super) fn feature(old: f64, spread: &Spread, dice: &mut Dice) -> f64 {
    let amount = (4.0 + 4.0 * dice.unit()) * spread.deviation;
    let amount = if dice.once_in(4) { -amount } else { amount };
    let widened = WIDENING * (old - spread.mean) + amount;
    let step = if widened.abs() < SHIFT_MIN * spread.deviation { amount } else { widened };
    let new =
        if spread.low >= 0.0 && old + step < 0.0 { old + step.abs().max(amount.abs()) } else { old + step };
    settle(old, new, spread)
}

/// A target's new value: reflected about the middle of the range and scaled. What is never negative stays so, and so
/// does what lies from 0 to 1, for it may be a probability.
pub(super) fn target(old: f64, spread: &Spread, dice: &mut Dice) -> f64 {
    let middle = spread.low / 2.0 + spread.high / 2.0;
    let within_one = spread.low >= 0.0 && spread.high <= 1.0;
    let scale = if within_one { 1.0 } else { 1.0 + WIDENING };
    let mut new = middle + scale * (middle - old);
    if spread.low >= 0.0 {
        new = new.abs();
    }
    if (new - old).abs() < spread.deviation / 10.0 {
        let reach = if within_one { spread.high - middle } else { 2.0 * spread.deviation };
        new = old + reach * (0.5 + dice.unit() / 2.0);
    }
    settle(old, new, spread)
}

/// Keeps a number whole where all are, and within what its type can hold.
fn settle(old: f64, new: f64, spread: &Spread) -> f64 {
    let new = if spread.whole { new.round() } else { new };
    if new.is_finite() && new.abs() <= spread.limit {
        return new;
    }
    // Where there is no room to move outwards, the only way is inwards.
    if old == 0.0 { spread.limit / 2.0 } else { old / 2.0 }
}

/// The bounds of a column of whole numbers.
pub(super) struct Bounds {
    /// What stands in the column.
    pub(super) low: i128,
    pub(super) high: i128,
    /// What its type can hold.
    pub(super) floor: i128,
    pub(super) ceiling: i128,
}

/// A whole number that may be an index, such as a pixel: reflected in the range of its column and moved towards one end, mostly the
/// upper one.
pub(super) fn index(old: i128, bounds: &Bounds, dice: &mut Dice) -> i128 {
    let reflected = bounds.low + bounds.high - old;
    let end = if dice.once_in(4) { bounds.low } else { bounds.high };
    let new = reflected + scaled(end - reflected, 0.5 + dice.unit() / 2.0);
    if new != old {
        return new;
    }
    if old == bounds.high { bounds.low } else { bounds.high }
}

/// A whole number that counts or measures something.
pub(super) fn integer(old: i128, spread: &Spread, bounds: &Bounds, is_target: bool, dice: &mut Dice) -> i128 {
    let value = as_float(old);
    let new = if is_target { target(value, spread, dice) } else { feature(value, spread, dice) };
    // By its step, since large numbers are not exact as floats.
    let floor = if bounds.low >= 0 { bounds.floor.max(0) } else { bounds.floor };
    let step = whole(new - value);
    let new = old.saturating_add(step).clamp(floor, bounds.ceiling);
    if new != old {
        return new;
    }
    if old < bounds.ceiling { old + 1 } else { old - 1 }
}

fn scaled(distance: i128, share: f64) -> i128 {
    whole(as_float(distance) * share)
}

#[expect(clippy::cast_possible_truncation, reason = "what is too large saturates")]
fn whole(value: f64) -> i128 {
    value.round() as i128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spread(low: f64, high: f64, deviation: f64) -> Spread {
        Spread { low, high, mean: low / 2.0 + high / 2.0, deviation, whole: false, limit: f64::MAX }
    }

    proptest! {
        #[test]
        fn features_move_by_three_deviations_and_keep_their_sign(
            low in -1e6_f64..1e6, width in 0.1_f64..1e6, place in 0.0_f64..1.0, seed in any::<u64>(),
        ) {
            let spread = spread(low, low + width, width / 4.0);
            let old = low + width * place;
            let new = feature(old, &spread, &mut Dice::new(seed, &[]));
            prop_assert!((new - old).abs() >= 2.99 * spread.deviation, "{old} {new}");
            prop_assert!(low < 0.0 || new >= 0.0);
        }

        #[test]
        fn targets_never_stay(low in -1e3_f64..1e3, width in 0.1_f64..1e3, place in 0.0_f64..1.0, seed in any::<u64>()) {
            let spread = spread(low, low + width, width / 4.0);
            let old = low + width * place;
            let new = target(old, &spread, &mut Dice::new(seed, &[]));
            prop_assert!((new - old).abs() > 1e-3 * width);
            prop_assert!(low < 0.0 || new >= 0.0);
        }

        #[test]
        fn indices_stay_in_their_range_and_never_stay_where_they_are(
            high in 1_i128..70_000, place in 0_i128..70_000, seed in any::<u64>(),
        ) {
            let old = place % (high + 1);
            let bounds = Bounds { low: 0, high, floor: i128::MIN, ceiling: i128::MAX };
            let new = index(old, &bounds, &mut Dice::new(seed, &[]));
            prop_assert!(new != old && (0..=high).contains(&new));
        }

        #[test]
        fn extreme_numbers_stay_finite_and_in_range(old in any::<f64>(), deviation in any::<f64>(), seed in any::<u64>()) {
            prop_assume!(old.is_finite());
            let spread = spread(old.min(0.0), old.max(0.0), deviation.abs());
            prop_assert!(feature(old, &spread, &mut Dice::new(seed, &[])).is_finite());
            prop_assert!(target(old, &spread, &mut Dice::new(seed, &[])).is_finite());
        }

        #[test]
        fn whole_numbers_stay_within_their_type(old in any::<i8>(), deviation in 1.0_f64..1e9, is_target in any::<bool>(), seed in any::<u64>()) {
            let bounds = Bounds { low: -128, high: 127, floor: -128, ceiling: 127 };
            let spread = spread(-128.0, 127.0, deviation);
            let new = integer(old.into(), &spread, &bounds, is_target, &mut Dice::new(seed, &[]));
            prop_assert!((-128..=127).contains(&new) && new != i128::from(old));
        }
    }

    #[test]
    fn mean_and_spread_of_a_column_move_together() {
        let spread = spread(0.0, 1.0, 0.25);
        let new: Vec<f64> = (0..400_u32)
            .map(|row| feature(f64::from(row % 100) / 100.0, &spread, &mut Dice::new(u64::from(row), &[])))
            .collect();
        let mean = new.iter().sum::<f64>() / 400.0;
        let deviation = (new.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
        assert!(
            mean > 0.5 + 3.0 * spread.deviation && deviation > 1.4 * spread.deviation,
            "{mean} {deviation}"
        );
    }

    #[test]
    fn numbers_that_cannot_grow_shrink() {
        let half = Spread { limit: 65504.0, ..spread(-60000.0, 60000.0, 30000.0) };
        for seed in 0..100 {
            let new = feature(60000.0, &half, &mut Dice::new(seed, &[]));
            assert!(new.abs() <= 65504.0 && (new - 60000.0).abs() > 1.0);
        }
    }
}
