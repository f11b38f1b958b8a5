//! Races against their definition: two accesses of one place by different invocations, one a write, not ordered by a barrier.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{Kind, Scope};
use super::{Bench, Order};

const GROUPS: usize = 3;
const LANES: usize = 4;
const PLACES: u32 = 6;

/// Each invocation reads (1), writes (2) or does nothing (0) at a place, in several phases with a barrier after each.
const SCRIPTED: &str = "
struct Act { what: u32, place: u32 }
@group(0) @binding(0) var<storage, read> script: array<Act>;
@group(0) @binding(1) var<storage, read_write> data: array<u32>;
var<workgroup> shared_data: array<u32, 6>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) w: vec3<u32>) {
    var sum = 0u;
    if (l == 0u) { for (var i = 0u; i < 6u; i++) { shared_data[i] = 0u; } }
    workgroupBarrier();
    for (var at = w.x * 4u + l; at < arrayLength(&script); at += 12u) {
        let act = script[at];
        if (act.what == 1u) { sum += data[act.place] + shared_data[act.place]; }
        if (act.what == 2u) { data[act.place] = at + 1u; shared_data[act.place] = at + 1u; }
        workgroupBarrier();
        storageBarrier();
    }
}";

type Script = Vec<(u32, u32)>;

/// Scopes in which some pair of accesses is a race.
fn races(script: &Script) -> BTreeSet<Scope> {
    let acts: Vec<_> = script.iter().enumerate().filter(|(_, (what, _))| *what != 0).collect();
    let mut scopes = BTreeSet::new();
    for (one, (what, place)) in &acts {
        for (other, (other_what, other_place)) in &acts {
            let cell = GROUPS * LANES;
            let (phase, invocation) = (one / cell, one % cell);
            let (other_phase, other_invocation) = (other / cell, other % cell);
            if place != other_place || invocation == other_invocation || *what + *other_what < 3 {
                continue;
            }
            if invocation / LANES != other_invocation / LANES {
                scopes.insert(Scope::Across);
            } else if phase == other_phase {
                scopes.insert(Scope::Inside);
            }
        }
    }
    scopes
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![Just(Order::Ascending), Just(Order::Descending), any::<u64>().prop_map(Order::Shuffled)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn exactly_the_races_that_there_are_are_found_under_every_order(
        script in prop::collection::vec((prop_oneof![3 => Just(0_u32), 1 => Just(1), 1 => Just(2)], 0..PLACES), GROUPS * LANES * 3),
        busy in 0..36_usize,
        workgroups in order(),
        lanes in order(),
    ) {
        let script: Script = script.into_iter().enumerate().map(|(at, (what, place))| (if at < busy { what } else { 0 }, place)).collect();
        let words: Vec<u32> = script.iter().flat_map(|(what, place)| [*what, *place]).collect();
        let outcome = Bench::new(SCRIPTED).words(0, &words).zeros(1, PLACES as usize).grid(3, 1, 1).orders(workgroups, lanes).go();
        let found = |variable: &str| -> BTreeSet<Scope> {
            let races = outcome.findings.iter().filter(|one| one.variable == variable && matches!(one.kind, Kind::Race | Kind::SameValueWrites));
            races.filter_map(|one| one.scope).collect()
        };
        let expected = races(&script);
        prop_assert_eq!(found("shared_data"), expected.iter().copied().filter(|scope| *scope == Scope::Inside).collect());
        prop_assert_eq!(found("data"), expected);
        prop_assert!(outcome.findings.iter().all(|one| one.scope.is_some()), "{:?}", outcome.findings);
    }
}
