//! Programs whose faults show under some schedules only.

mod random;

use std::collections::BTreeSet;

use super::super::tests::{at, bytes, program};
use super::super::{Ended, Kind, NotInterpreted};
use super::{End, Explored, Explorer, Grain, Options, Unit};
use crate::wgsl::{Memory, Program};

const WHOLE: End = End::Ended(Ended::Whole);

/// A program over one buffer of words, at binding 0, zeros at first.
struct Lab {
    program: Program,
    memory: Memory,
    groups: u32,
    options: Options,
}

impl Lab {
    /// The text has `state`, an array of atomic words, and is the body of the entry point, with `w` the workgroup's number and `l` the
    /// invocation's in it.
    fn new(groups: u32, size: u32, words: usize, body: &str) -> Self {
        let text = format!(
            "@group(0) @binding(0) var<storage, read_write> state: array<atomic<u32>>;
var<workgroup> local: array<atomic<u32>, 4>;
var<workgroup> plain: array<u32, 64>;
@compute @workgroup_size({size})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) l: u32) {{
let w = id.x;
{body}
}}"
        );
        let memory = [(at(0), bytes(&vec![0; words], |word| word))].into();
        Self { program: program(&text), memory, groups, options: Options::default() }
    }

    fn grain(mut self, grain: Grain) -> Self {
        self.options.grain = Some(grain);
        self
    }

    fn explorer(&self) -> Explorer<'_> {
        let explorer = Explorer::new(&self.program, [self.groups, 1, 1], &self.memory, &self.options);
        explorer.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What every schedule gave, at most so many.
    fn all(&self, budget: u64) -> Vec<(Explored, Vec<u32>)> {
        let mut explorer = self.explorer();
        let count = explorer.count(budget).expect("buffers fit");
        (0..count).map(|number| self.one(&mut explorer, number)).collect()
    }

    fn one(&self, explorer: &mut Explorer<'_>, number: u64) -> (Explored, Vec<u32>) {
        let mut memory = self.memory.clone();
        let result = explorer.run(number, &mut memory).expect("buffers fit");
        (result, words(&memory))
    }
}

fn words(memory: &Memory) -> Vec<u32> {
    let words = memory[&at(0)].chunks_exact(4);
    words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// The line of the whole text for a line of the entry point's body, from 1.
fn body(line: u32) -> u32 {
    line + 6
}

/// Preemptions with numbers of lines: who was interrupted where by whom.
fn brief(explored: &Explored) -> Vec<(u32, u32, u32)> {
    let number = |unit: Unit| match unit {
        Unit::Workgroup(id) | Unit::Invocation(id) => id[0],
    };
    let preemptions = explored.preemptions.iter();
    preemptions
        .map(|one| (number(one.unit), one.line.as_ref().map_or(0, |line| line.number), number(one.went_on)))
        .collect()
}

const LOST: &str = "let old = atomicLoad(&state[0]);
atomicStore(&state[0], old + 1u);";

/// A fault only where the first is interrupted between its loads and the second between its last two stores.
const TWO_FLAGS: &str = "if (who == 0u) {
let a = atomicLoad(&state[0]);
let b = atomicLoad(&state[1]);
atomicStore(&state[2], select(0u, 1u, a == 0u && b == 1u));
} else {
atomicStore(&state[0], 1u);
atomicStore(&state[1], 1u);
atomicStore(&state[1], 0u);
}";

const LOCK: &str = "while (atomicExchange(&state[0], 1u) == 1u) {}
let old = atomicLoad(&state[1]);
atomicStore(&state[1], old + 1u);
atomicStore(&state[0], 0u);";

#[test]
fn a_lost_update_shows_with_one_preemption_before_the_store() {
    let lab = Lab::new(2, 1, 1, LOST);
    let all = lab.all(100);
    assert_eq!((&all[0].0.preemptions[..], &all[0].1[..]), (&[][..], &[2][..]), "no preemption, no fault");
    let (explored, _) = all.iter().find(|(_, words)| words[0] == 1).expect("a lost update");
    assert_eq!(brief(explored), [(0, body(2), 1)]);
    let most = all.iter().map(|(explored, _)| explored.preemptions.len()).max();
    assert_eq!(most, Some(2), "two preemptions are tried, too");
}

#[test]
fn lanes_that_lose_updates_are_found_invocation_by_invocation() {
    let all = Lab::new(1, 3, 1, LOST).all(200);
    assert_eq!(all[0].1, [3]);
    let outcomes: BTreeSet<u32> = all.iter().map(|(_, words)| words[0]).collect();
    assert_eq!(outcomes, [1, 2, 3].into());
}

#[test]
fn a_counter_that_counts_at_once_is_right_under_every_schedule() {
    let all = Lab::new(2, 2, 1, "atomicAdd(&state[0], 1u);\natomicMax(&state[0], 1u);").all(1000);
    assert!(all.len() > 20, "{} schedules", all.len());
    assert!(all.iter().all(|(explored, words)| explored.ended == WHOLE && words == &[4]));
}

#[test]
fn what_only_two_preemptions_show_is_found_in_order_between_workgroups_and_between_lanes() {
    let groups = Lab::new(2, 1, 3, &TWO_FLAGS.replace("who", "w"));
    let lanes = Lab::new(1, 2, 3, &TWO_FLAGS.replace("who", "l"));
    for lab in [groups, lanes] {
        let all = lab.all(200);
        assert!(all.len() < 200, "{} schedules are all that there are", all.len());
        let faults: Vec<_> =
            all.iter().filter(|(_, words)| words[2] == 1).map(|(one, _)| brief(one)).collect();
        assert_eq!(faults, [[(0, body(3), 1), (1, body(8), 0)]]);
    }
}

#[test]
fn workgroups_in_lock_step_take_turns_where_there_are_too_many_invocations() {
    let lab = Lab::new(
        2,
        256,
        1,
        "if (l == 0u) {\nlet old = atomicLoad(&state[0]);\natomicStore(&state[0], old + 1u);\n}",
    );
    assert_eq!(lab.explorer().grain(), Grain::Workgroups);
    let all = lab.all(100);
    let (explored, _) = all.iter().find(|(_, words)| words[0] == 1).expect("a lost update");
    assert_eq!(brief(explored), [(0, body(3), 1)]);
    assert_eq!(explored.preemptions[0].went_on, Unit::Workgroup([1, 0, 0]));
}

#[test]
fn a_number_means_the_same_schedule_whatever_ran_before() {
    let text = format!("{{\n{LOST}\natomicXor(&local[0], old);\n}}\nworkgroupBarrier();\n{LOCK}");
    let mut lab = Lab::new(2, 4, 4, &text);
    lab.options.systematic = 40;
    let in_order = lab.all(60);
    assert_eq!(in_order.len(), 60);
    for number in (0..60).rev().step_by(7) {
        let again = lab.one(&mut lab.explorer(), number);
        assert_eq!(again, in_order[usize::try_from(number).expect("small")], "number {number}");
    }
    let different: BTreeSet<_> = in_order[..40].iter().map(|(explored, _)| brief(explored)).collect();
    assert_eq!(different.len(), 40, "every number of the list has its own preemptions");
}

#[test]
fn random_numbers_find_a_lost_update_among_many_units() {
    let mut lab = Lab::new(64, 1, 1, LOST);
    lab.options.systematic = 0;
    let all = lab.all(40);
    assert_eq!(all.len(), 40);
    assert!(all.iter().any(|(_, words)| words[0] < 64));
    assert!(all.iter().all(|(explored, _)| explored.preemptions.len() <= 2));
}

#[test]
fn a_spin_lock_ends_and_guards_under_every_schedule() {
    for lab in [Lab::new(3, 1, 2, LOCK), Lab::new(1, 3, 2, LOCK)] {
        let all = lab.all(300);
        assert!(all.len() > 30, "{} schedules", all.len());
        assert!(all.iter().all(|(explored, words)| explored.ended == WHOLE && words == &[0, 3]), "{all:?}");
    }
}

#[test]
fn a_lock_among_lanes_in_lock_step_is_stuck() {
    let lab = Lab::new(1, 2, 2, LOCK).grain(Grain::Workgroups);
    let (explored, _) = lab.one(&mut lab.explorer(), 0);
    let End::Stuck(waiting) = explored.ended else { panic!("{:?}", explored.ended) };
    assert_eq!((waiting.len(), waiting[0].unit), (1, Unit::Workgroup([0, 0, 0])));
}

#[test]
fn a_chain_of_workgroups_ends_in_any_order_of_turns() {
    let chain = "while (w > 0u && atomicLoad(&state[w - 1u]) == 0u) {}
let before = select(0u, atomicLoad(&state[max(w, 1u) - 1u]), w > 0u);
atomicStore(&state[w], before + 1u);";
    let mut lab = Lab::new(4, 1, 4, chain);
    lab.options.systematic = 60;
    for (explored, words) in lab.all(100) {
        assert_eq!((explored.ended, &words[..]), (WHOLE, &[1, 2, 3, 4][..]));
    }
}

#[test]
fn the_scan_of_the_catalogue_looks_back_rightly_in_any_order_of_turns() {
    let program = program(include_str!("../../../../../kernels/scan-lookback.wgsl"));
    let input: Vec<u32> = (0..768_u32).map(|index| index * 37 % 11).collect();
    let zeros = |count| bytes(&vec![0; count], |word| word);
    let memory: Memory =
        [(at(0), bytes(&input, |word| word)), (at(1), zeros(768)), (at(2), zeros(1)), (at(3), zeros(3))]
            .into();
    let options = Options { systematic: 20, ..Options::default() };
    let mut explorer = Explorer::new(&program, [3, 1, 1], &memory, &options).expect("interpreted");
    let sums = input.iter().scan(0, |sum, word| {
        *sum += word;
        Some(*sum)
    });
    let right = bytes(&sums.collect::<Vec<u32>>(), |word| word);
    for number in 0..30 {
        let mut memory = memory.clone();
        assert_eq!(explorer.run(number, &mut memory).map(|explored| explored.ended), Ok(WHOLE));
        assert!(memory[&at(1)] == right, "number {number}");
    }
}

#[test]
fn who_waits_for_ever_is_named() {
    let waits = "if (l == 0u) { while (atomicLoad(&state[0]) == 0u) {} }
workgroupBarrier();";
    let lab = Lab::new(1, 2, 1, waits);
    for (explored, _) in lab.all(20) {
        let End::Stuck(waiting) = &explored.ended else { panic!("{:?}", explored.ended) };
        let told: Vec<_> = waiting
            .iter()
            .map(|one| (one.unit, one.line.as_ref().map_or(0, |line| line.number), one.at_barrier))
            .collect();
        let unit = |x| Unit::Invocation([x, 0, 0]);
        assert_eq!(told, [(unit(0), body(1), false), (unit(1), body(2), true)]);
    }
}

#[test]
fn a_wait_that_gives_up_by_itself_is_not_stuck() {
    let tries = "var tries = 0u;
while (atomicLoad(&state[0]) == 0u && tries < 500u) { tries++; }
atomicStore(&state[1 + l], tries);";
    let (explored, words) = {
        let lab = Lab::new(1, 2, 3, tries);
        lab.one(&mut lab.explorer(), 0)
    };
    assert_eq!((explored.ended, words), (WHOLE, vec![0, 500, 500]));
}

#[test]
fn who_changes_memory_while_it_waits_leaves_others_their_share() {
    let counts = "if (w == 0u) {
while (atomicLoad(&state[0]) == 0u) { atomicAdd(&state[1], 1u); }
} else {
atomicStore(&state[0], 1u);
}";
    for (explored, words) in Lab::new(2, 1, 2, counts).all(40) {
        assert_eq!((explored.ended, words[0]), (WHOLE, 1));
    }
}

#[test]
fn who_was_freed_from_waiting_may_wait_again() {
    let twice = "var tries = 0u;
if (l == 1u) {
for (; tries < 500u && atomicLoad(&state[1]) == 0u; tries++) {}
FREE
} else {
while (atomicLoad(&state[0]) == 0u) {}
}
if (l == 0u) {
for (; tries < 500u && atomicLoad(&state[1]) == 0u; tries++) {}
atomicStore(&state[2], tries);
}";
    for free in ["atomicStore(&state[0], 1u);", "atomicAdd(&state[0], 1u);"] {
        let lab = Lab::new(1, 3, 3, &twice.replace("FREE", free));
        let (explored, words) = lab.one(&mut lab.explorer(), 0);
        assert_eq!((explored.ended, words), (WHOLE, vec![1, 0, 500]), "{free}");
    }
}

#[test]
fn a_loop_without_end_uses_up_its_budget() {
    let (explored, _) = {
        let mut lab = Lab::new(2, 1, 1, "loop { atomicAdd(&state[0], 1u); }");
        lab.options.machine.loop_trips_max = 10_000;
        lab.one(&mut lab.explorer(), 0)
    };
    assert!(
        matches!(explored.ended, End::Ended(Ended::LoopBudget { line: Some(_) })),
        "{:?}",
        explored.ended
    );
}

#[test]
fn mistakes_under_a_schedule_are_told() {
    let lab = Lab::new(
        2,
        1,
        1,
        "let old = atomicLoad(&state[0]);\natomicStore(&state[0], old + 1u);\natomicAdd(&state[atomicLoad(&state[0]) - 1u], 0u);",
    );
    let all = lab.all(100);
    let outside = |index: usize| all[index].0.findings.iter().any(|one| one.variable == "state");
    assert!(outside(0), "the second sees a count of two");
    assert!((0..all.len()).any(|index| !outside(index)), "not where one update is lost");
}

#[test]
fn a_barrier_that_some_miss_under_some_schedules_only_is_told() {
    let text = "let seen = atomicLoad(&state[0]);
atomicAdd(&state[0], 1u);
if (seen == l) {
workgroupBarrier();
}";
    let all = Lab::new(1, 2, 1, text).all(50);
    let told = |(explored, _): &(Explored, Vec<u32>)| {
        let findings = explored.findings.iter();
        findings.map(|one| (one.kind, one.detail.clone(), one.count)).collect::<Vec<_>>()
    };
    assert_eq!((told(&all[0]), brief(&all[0].0)), (vec![], vec![]));
    let missed = all.iter().find(|one| !told(one).is_empty()).expect("one that goes wrong");
    let detail = "1 of 2 invocations of the workgroup reach the barrier, local index 1 does not";
    assert_eq!(told(missed), [(Kind::BarrierDivergence, detail.to_owned(), 1)]);
    assert_eq!(brief(&missed.0), [(0, body(2), 1)]);

    let lab = Lab::new(1, 2, 1, "if (l == 0u) {\nworkgroupBarrier();\n}\natomicAdd(&state[0], 1u);");
    let always = lab.one(&mut lab.explorer(), 0);
    assert_eq!((&always.0.ended, &always.1[..], told(&always)), (&WHOLE, &[2][..], told(missed)));
}

#[test]
fn barriers_and_uniform_loads_hold_invocation_by_invocation() {
    let text = "plain[l] = l * 3u + w;
workgroupBarrier();
let other = plain[(l + 1u) % 4u];
workgroupBarrier();
if (l == 2u) { plain[0] = 7u + w; }
let uniform_value = workgroupUniformLoad(&plain[0]);
if (l == 1u) { plain[0] = 100u; }
atomicAdd(&local[1], other + uniform_value);
workgroupBarrier();
if (l == 3u) { atomicStore(&state[w], atomicLoad(&local[1])); }";
    let lab = Lab::new(2, 4, 2, text);
    assert_eq!(lab.explorer().grain(), Grain::Invocations);
    for (explored, words) in lab.all(300) {
        assert_eq!((explored.ended, &words[..]), (WHOLE, &[46, 54][..]));
    }
}

#[test]
fn there_is_nothing_to_explore_without_shared_atomics_or_with_one_unit() {
    let vacuous = |lab: &Lab| lab.explorer().is_vacuous();
    let local = "if (w < 9u) { atomicAdd(&local[0], 1u); }";
    assert!(vacuous(&Lab::new(4, 64, 1, local).grain(Grain::Workgroups)));
    assert!(!vacuous(&Lab::new(4, 64, 1, local).grain(Grain::Invocations)));
    assert!(vacuous(&Lab::new(4, 1, 1, local).grain(Grain::Invocations)));
    assert!(vacuous(&Lab::new(4, 4, 1, "plain[l] = w;\nworkgroupBarrier();")));
    assert!(!vacuous(&Lab::new(2, 1, 1, LOST)));
    assert!(vacuous(&Lab::new(1, 1, 1, LOST)));
    assert!(vacuous(&Lab::new(1, 64, 1, LOST).grain(Grain::Workgroups)));
    assert_eq!(Lab::new(1, 1, 1, LOST).all(100).len(), 1);
}

#[test]
fn subgroup_operations_and_many_invocations_are_refused_invocation_by_invocation() {
    let refused = |lab: &Lab| {
        let explorer = Explorer::new(&lab.program, [lab.groups, 1, 1], &lab.memory, &lab.options);
        explorer.err().map(|NotInterpreted { what, .. }| what)
    };
    let subgroup = Lab::new(1, 4, 1, "atomicAdd(&state[0], subgroupAdd(l));");
    assert_eq!(refused(&subgroup), None, "workgroups take turns");
    let subgroup = subgroup.grain(Grain::Invocations);
    assert_eq!(refused(&subgroup).as_deref(), Some("subgroup operations, invocation by invocation"));
    let many = Lab::new(8, 64, 1, LOST).grain(Grain::Invocations);
    assert_eq!(refused(&many).as_deref(), Some("more than 256 invocations one by one"));
    let groups = Lab::new(5000, 1, 1, LOST);
    assert_eq!(refused(&groups).as_deref(), Some("interleavings of 5000 workgroups"));
}
