//! Generated programs that no schedule may change.

use proptest::prelude::*;

use super::super::super::run;
use super::super::Grain;
use super::{Lab, WHOLE, words};

/// One step that leaves the same memory in whatever order invocations make it.
#[derive(Clone, Debug)]
enum Part {
    Atomic(&'static str, bool, u32, u32),
    /// Every invocation writes a place of its own, and reads that of another after a barrier.
    Rotate(u32),
    Loop(u32, u32),
}

fn part() -> impl Strategy<Value = Part> {
    let atomics = prop::sample::select(vec!["Add", "Min", "Max", "Or", "Xor", "And", "Sub"]);
    prop_oneof![
        (atomics, any::<bool>(), 0..3_u32, 0..1000_u32)
            .prop_map(|(name, local, place, value)| Part::Atomic(name, local, place, value)),
        (0..4_u32).prop_map(Part::Rotate),
        (1..4_u32, 0..100_u32).prop_map(|(trips, value)| Part::Loop(trips, value)),
    ]
}

impl Part {
    /// The text; atomics of buffers have places of their own for each step, so that no two kinds of operation meet.
    fn text(&self, index: u32, size: u32) -> String {
        match self {
            Part::Atomic(name @ ("Add" | "Sub"), true, place, value) => {
                format!("atomic{name}(&local[{place}], x * {value}u);\n")
            }
            Part::Atomic(name, _, place, value) => {
                format!("atomic{name}(&state[{}], x * {value}u);\n", 8 * index + place)
            }
            Part::Rotate(by) => format!(
                "plain[l] = x;\nworkgroupBarrier();\nx = x * 3u + plain[(l + {by}u) % {size}u];\nworkgroupBarrier();\n"
            ),
            Part::Loop(trips, value) => {
                let place = 8 * index + 7;
                format!(
                    "for (var i = 0u; i < {trips}u + l; i++) {{ atomicAdd(&state[{place}], x + {value}u); }}\n"
                )
            }
        }
    }
}

/// The body of a program whose steps leave the same memory in whatever order units make them.
fn text(parts: &[Part], size: u32) -> String {
    let parts: String = (0..).zip(parts).map(|(index, part)| part.text(index, size)).collect();
    format!(
        "var x = l * 7u + w;
{parts}workgroupBarrier();
atomicStore(&state[64u + w * 8u + l], x + atomicLoad(&local[0]) + atomicLoad(&local[2]));"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn programs_that_do_not_depend_on_order_are_the_same_under_every_schedule(
        parts in prop::collection::vec(part(), 1..6),
        groups in 1..4_u32,
        size in 1..5_u32,
        fine in any::<bool>(),
        seed in 1000..u64::MAX,
    ) {
        let grain = if fine { Grain::Invocations } else { Grain::Workgroups };
        let lab = Lab::new(groups, size, 96, &text(&parts, size)).grain(grain);
        let mut memory = lab.memory.clone();
        run(&lab.program, [groups, 1, 1], &mut memory, &lab.options.machine).expect("interpreted");
        let right = words(&memory);
        let mut explorer = lab.explorer();
        let count = explorer.count(60).expect("buffers fit");
        for number in (0..count).chain([seed, seed ^ 1]) {
            let (explored, words) = lab.one(&mut explorer, number);
            prop_assert_eq!(&explored.ended, &WHOLE, "number {}", number);
            prop_assert_eq!(&words, &right, "number {}: {:?}", number, explored.preemptions);
        }
    }
}
