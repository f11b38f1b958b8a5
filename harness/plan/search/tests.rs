use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// One cause of a made-up program.
#[derive(Clone, Debug)]
struct Effect {
    factors: FactorSet,
    /// What it does to the output; equal numbers cannot be told apart.
    mark: u8,
    fails: bool,
    /// Which earlier effects hide it when they are active.
    hidden_by: u8,
    /// Percentage of the runs in which it shows.
    shows: u8,
}

/// A made-up program: its output is the set of marks of the effects that are active and not hidden.
#[derive(Clone, Debug)]
struct Program {
    count: usize,
    effects: Vec<Effect>,
}

impl Program {
    fn lone(count: usize, guilty: FactorSet) -> Self {
        let effect = |(mark, factor): (u8, usize)| Effect {
            factors: FactorSet::single(factor),
            mark,
            fails: false,
            hidden_by: 0,
            shows: 100,
        };
        Self { count, effects: (0..).zip(guilty.iter()).map(effect).collect() }
    }

    /// The marks of one run; `None` if it fails. `dice` gives numbers below 100.
    fn run(&self, varied: FactorSet, dice: &mut dyn FnMut() -> u8) -> Option<BTreeSet<u8>> {
        let mut active = 0_u8;
        let mut marks = BTreeSet::new();
        for (index, effect) in self.effects.iter().enumerate() {
            if effect.factors.is_subset(varied) && dice() < effect.shows {
                active |= 1 << index;
                if effect.hidden_by & active & !(1 << index) == 0 {
                    if effect.fails {
                        return None;
                    }
                    marks.insert(effect.mark);
                }
            }
        }
        Some(marks)
    }

    /// The factors that change the output in some company.
    fn guilty(&self) -> FactorSet {
        let involved = self.effects.iter().fold(FactorSet::EMPTY, |all, effect| all.union(effect.factors));
        let factors: Vec<usize> = involved.iter().collect();
        let subsets = (0_u32..1 << factors.len()).map(|bits| {
            factors
                .iter()
                .enumerate()
                .filter(|(at, _)| bits >> at & 1 == 1)
                .map(|(_, &factor)| factor)
                .collect()
        });
        let subsets: Vec<FactorSet> = subsets.collect();
        let run = |set| self.run(set, &mut || 0);
        factors
            .iter()
            .copied()
            .filter(|&factor| subsets.iter().any(|&set| run(set.with(factor)) != run(set.without(factor))))
            .collect()
    }
}

/// Numbers outputs, as a caller numbers digests.
#[derive(Default)]
struct Digests(BTreeMap<BTreeSet<u8>, u32>);

impl Digests {
    fn answer(&mut self, output: Option<BTreeSet<u8>>) -> Answer {
        let next = u32::try_from(self.0.len()).expect("few outputs");
        output.map_or(Answer::Failed, |marks| Answer::Bits(*self.0.entry(marks).or_insert(next)))
    }
}

/// Carries a search out; `None` if there is no drift to search.
fn search(program: &Program, dice: &mut dyn FnMut() -> u8) -> Option<Search> {
    let mut digests = Digests::default();
    let baseline = digests.answer(program.run(FactorSet::EMPTY, dice));
    let all = digests.answer(program.run(FactorSet::full(program.count), dice));
    if baseline == all {
        return None;
    }
    let mut search = Search::new(program.count, baseline, all);
    while let Some(set) = search.next() {
        assert!(search.executions() < executions_max(program.count), "no end: {program:?}");
        search.tell(set, digests.answer(program.run(set, dice)));
    }
    Some(search)
}

fn settled(program: &Program) -> Option<(Outcome, usize)> {
    let search = search(program, &mut || 0)?;
    Some((search.outcome().expect("over").clone(), search.executions()))
}

/// All sets of `guilty` factors out of `count`.
fn choices(count: usize, guilty: usize) -> Vec<FactorSet> {
    let mut sets = vec![FactorSet::EMPTY];
    for _ in 0..guilty {
        let longer = sets.iter().flat_map(|&set| {
            let next = set.iter().last().map_or(0, |last| last + 1);
            (next..count).map(move |factor| set.with(factor))
        });
        sets = longer.collect();
    }
    sets
}

/// Executions for every set of `guilty` lone factors with effects of their own: mean in hundredths and maximum.
fn cost(count: usize, guilty: usize) -> (usize, usize) {
    let mut costs = Vec::new();
    let mut open = vec![(
        Search::new(count, Answer::Bits(0), Answer::Bits(1)),
        vec![(FactorSet::EMPTY, Answer::Bits(0)), (FactorSet::full(count), Answer::Bits(1))],
        choices(count, guilty),
    )];
    // Searches that got the same answers so far are one search: they part only where the answers do.
    while let Some((search, told, sets)) = open.pop() {
        let Some(question) = search.next() else {
            let outcome = search.outcome().expect("over");
            assert!(sets.iter().all(|&set| set == outcome.guilty), "{outcome:?} for {sets:?}");
            assert!(outcome.settled && outcome.causes.len() == guilty);
            costs.extend(sets.iter().map(|_| search.executions()));
            continue;
        };
        let mut groups: BTreeMap<Answer, Vec<FactorSet>> = BTreeMap::new();
        for set in sets {
            let shown = question.intersection(set);
            let same = told.iter().find(|(other, _)| other.intersection(set) == shown);
            let fresh = Answer::Bits(u32::try_from(told.len()).expect("few"));
            groups.entry(same.map_or(fresh, |&(_, answer)| answer)).or_default().push(set);
        }
        for (answer, sets) in groups {
            let (mut search, mut told) = (search.clone(), told.clone());
            search.tell(question, answer);
            told.push((question, answer));
            open.push((search, told, sets));
        }
    }
    (costs.iter().sum::<usize>() * 100 / costs.len(), *costs.iter().max().expect("some set"))
}

#[test]
fn equal_bits_need_no_search() {
    for count in [0, 1, 14] {
        let search = Search::new(count, Answer::Bits(3), Answer::Bits(3));
        assert_eq!(search.next(), None);
        let outcome = search.outcome().expect("over at once");
        assert!(outcome.settled && outcome.guilty.is_empty() && outcome.causes.is_empty());
    }
}

#[test]
fn a_single_factor_needs_no_execution_more() {
    let (outcome, executions) = settled(&Program::lone(1, FactorSet::single(0))).expect("drift");
    assert_eq!((outcome.guilty, executions), (FactorSet::single(0), 2));
    assert_eq!(outcome.causes[0].confidence, Confidence::Certain);
}

#[test]
fn lone_factors_of_fourteen_cost_what_the_manual_says() {
    for (guilty, mean, max) in [(1, 730, 8), (2, 980, 10), (3, 1095, 12)] {
        let (seen_mean, seen_max) = cost(14, guilty);
        assert!(
            seen_mean <= mean && seen_max <= max,
            "{guilty} guilty: mean {seen_mean}/100 (stated {mean}/100), max {seen_max} (stated {max})"
        );
    }
}

/// Lone factors, pairs and triples, some with the same mark, with failures and with masks as wished.
fn programs(
    sizes: std::ops::RangeInclusive<usize>,
    masks: bool,
    merged: bool,
) -> impl Strategy<Value = Program> {
    let effect = (
        proptest::collection::vec(0_usize..64, sizes),
        0_u8..5,
        proptest::bool::weighted(if masks { 0.15 } else { 0.0 }),
        if masks { (0_u8..16).boxed() } else { Just(0_u8).boxed() },
    );
    (4_usize..=16, proptest::collection::vec(effect, 0..=4)).prop_map(move |(count, effects)| {
        let effect =
            move |(index, (factors, mark, fails, hidden_by)): (u8, (Vec<usize>, u8, bool, u8))| Effect {
                factors: factors.into_iter().map(|factor| factor % count).collect(),
                mark: if merged { mark } else { index },
                fails,
                hidden_by,
                shows: 100,
            };
        Program { count, effects: (0..).zip(effects).map(effect).collect() }
    })
}

/// The most executions for `guilty` factors out of `count`, if equal questions get equal answers.
fn stated(count: usize, guilty: usize) -> usize {
    let halvings = usize::try_from(count.next_power_of_two().ilog2()).expect("small");
    12 + guilty * (halvings + 6)
}

#[test]
#[expect(clippy::print_stdout, reason = "lab")]
fn lab() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    for (name, sizes, masks, merged) in [
        ("lone", 1..=1, false, true),
        ("lone masks", 1..=1, true, true),
        ("pairs", 1..=2, false, false),
        ("pairs merged", 1..=2, false, true),
        ("pairs masks", 1..=2, true, false),
        ("triples", 1..=3, false, false),
        ("triples masks", 1..=3, true, true),
    ] {
        let mut runner = TestRunner::deterministic();
        let strategy = programs(sizes, masks, merged);
        let mut hist: BTreeMap<usize, (usize, usize, usize, usize, i64)> = BTreeMap::new();
        for _ in 0..3000 {
            let program = strategy.new_tree(&mut runner).unwrap().current();
            let Some((outcome, cost)) = settled(&program) else { continue };
            let truth = program.guilty();
            let entry = hist.entry(truth.len()).or_insert((0, 0, 0, 0, -1000));
            entry.0 += 1;
            entry.1 += cost;
            entry.2 = entry.2.max(cost);
            if !outcome.settled || outcome.irregular.is_some() {
                println!("unsettled {program:?} {outcome:?}");
            }
            if !outcome.guilty.is_subset(truth) {
                println!("UNSOUND {program:?} {outcome:?}");
            }
            if outcome.guilty != truth {
                entry.3 += 1;
                if entry.3 <= 2 {
                    println!("missed {program:?} {outcome:?} {truth:?}");
                }
            }
            entry.4 = entry.4.max(cost as i64 - stated(program.count, truth.len()) as i64);
        }
        println!("{name}");
        for (k, (n, sum, max, missed, over)) in hist {
            println!(
                "  {k} guilty: {n} programs, mean {:.1} max {max} missed {missed} over {over}",
                sum as f64 / n as f64
            );
        }
    }
}
