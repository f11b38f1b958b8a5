//! Orders in which workgroups, or the invocations of one, take their turns.

use serde::{Deserialize, Serialize};

use super::random::SplitMix;

/// A permutation, in words that say how to make it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// 0, 1, 2, …
    #[default]
    Ascending,
    /// The last first.
    Descending,
    /// Blocks of so many, each from its last to its first.
    Blocks(u32),
    /// Fisher and Yates on `SplitMix64` with this seed.
    Shuffled(u64),
    /// Ascending, but for two that change places.
    Swapped(u32, u32),
    /// These, one after another.
    Given(Vec<u32>),
}

impl Order {
    /// Who comes at each turn: a permutation of `0..count`. Numbers of [`Order::Swapped`] and [`Order::Given`] that are no part of
    /// it are left out, and missing ones come last, so that every order is one of any count.
    #[must_use]
    pub fn of(&self, count: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count).collect();
        match self {
            Order::Descending => order.reverse(),
            Order::Blocks(size) => order.chunks_mut((*size).max(1) as usize).for_each(<[u32]>::reverse),
            Order::Shuffled(seed) => shuffle(&mut order, *seed),
            Order::Swapped(one, other) if *one < count && *other < count => {
                order.swap(*one as usize, *other as usize);
            }
            Order::Ascending | Order::Swapped(..) => {}
            Order::Given(given) => {
                let mut taken = vec![false; count as usize];
                let first = |one: &&u32| {
                    taken.get_mut(**one as usize).is_some_and(|taken| !std::mem::replace(taken, true))
                };
                let mut all: Vec<u32> = given.iter().filter(first).copied().collect();
                all.extend(order.into_iter().filter(|one| !taken[*one as usize]));
                return all;
            }
        }
        order
    }
}

/// Fisher and Yates: every order is equally likely.
fn shuffle(order: &mut [u32], seed: u64) {
    let mut dice = SplitMix::new(seed);
    for last in (1..order.len()).rev() {
        let other = dice.below(last as u64 + 1);
        order.swap(last, usize::try_from(other).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order() -> impl Strategy<Value = Order> {
        prop_oneof![
            Just(Order::Ascending),
            Just(Order::Descending),
            (0..70_u32).prop_map(Order::Blocks),
            any::<u64>().prop_map(Order::Shuffled),
            (0..80_u32, 0..80_u32).prop_map(|(one, other)| Order::Swapped(one, other)),
            proptest::collection::vec(0..80_u32, 0..60).prop_map(Order::Given),
        ]
    }

    proptest! {
        #[test]
        fn every_order_is_a_permutation(order in order(), count in 0..70_u32) {
            let mut all = order.of(count);
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn orders_are_what_their_names_say() {
        assert_eq!(Order::Blocks(2).of(5), [1, 0, 3, 2, 4]);
        assert_eq!(Order::Swapped(0, 2).of(3), [2, 1, 0]);
        assert_eq!(Order::Given(vec![2, 9, 2]).of(3), [2, 0, 1]);
        assert_eq!(Order::Descending.of(3), [2, 1, 0]);
        assert_ne!(Order::Shuffled(1).of(16), Order::Shuffled(2).of(16));
        assert_eq!(Order::Shuffled(1).of(16), Order::Shuffled(1).of(16));
    }
}
