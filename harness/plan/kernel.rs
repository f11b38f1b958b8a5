//! What a kernel's audits ask for. Pure.
//!
//! A run of a kernel costs milliseconds, so unlike with pipelines nothing is searched for: each change is made alone and
//! together with others, and the guilty one is read off.

use crate::audit::Audit;
use crate::case::Kernel;
use crate::case::kernel::Level;
use crate::wgsl::Order;

/// Repetitions of the plain run on an adapter, unless the case says otherwise.
const REPETITIONS: u32 = 100;

/// Seeds of the shuffled orders of each kind. With the fixed orders and the splits an adapter runs 54 schedules.
const SHUFFLES_ALONE: u64 = 9;
/// Shuffles of workgroups and invocations at once.
const SHUFFLES_JOINT: u64 = 25;
/// On the reference machine fewer do: there the race check sees what an order can only provoke.
const SHUFFLES_REFERENCE: u64 = 4;

/// Runs in which every operation errs at random: what an adapter may be away is measured with them.
const PERTURBED: u64 = 6;

/// Sizes of subgroups besides the reference machine's usual 32: WGSL allows powers of two from 4 to 128.
const SUBGROUP_SIZES: [u32; 5] = [4, 8, 16, 64, 128];

/// Audits that look at adapters; for `races` alone none is started.
const COMPARED: [&str; 7] =
    ["repeat", "schedule", "memory", "reference", "batch-invariance", "environment", "adapters"];

/// What is done differently in one run of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing: the baseline.
    Nothing,
    /// Workgroups, and the invocations in each, take their turns in these orders.
    Turns {
        /// Of workgroups.
        workgroups: Order,
        /// Of the invocations of a workgroup.
        lanes: Order,
    },
    /// One dispatch becomes several, one after another.
    Split(u32),
    /// Another of the declared grids.
    Grid(usize),
    /// Another of the declared sizes.
    Size(usize),
    /// Only so many rows.
    Rows(u64),
    /// Buffers whose contents mean nothing hold this byte everywhere.
    Poison(u8),
    /// Buffers are larger than declared, where no array has their length; the rest holds a poison.
    Padding,
    /// Workgroup memory is not set to zero before it is used.
    Unzeroed,
    /// The adapter does not check indices: nothing that stays inside its buffers can tell.
    Unguarded,
    /// The reference machine's subgroups have so many invocations.
    Subgroups(u32),
}

impl Change {
    /// The words that findings use for what is changed.
    #[must_use]
    pub fn factors(&self) -> Vec<&'static str> {
        match self {
            Change::Nothing => Vec::new(),
            Change::Turns { workgroups, lanes } => {
                let moved = |order: &Order, word| (*order != Order::Ascending).then_some(word);
                [moved(workgroups, "workgroup-order"), moved(lanes, "lane-order")]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            Change::Split(_) => vec!["split"],
            Change::Grid(_) => vec!["grid"],
            Change::Size(_) => vec!["workgroup-size"],
            Change::Rows(_) => vec!["rows"],
            Change::Poison(_) => vec!["poison"],
            Change::Padding => vec!["padding"],
            Change::Unzeroed => vec!["zeroing"],
            Change::Unguarded => vec!["bounds-checks"],
            Change::Subgroups(_) => vec!["subgroup-size"],
        }
    }

    /// In words, after "with".
    #[must_use]
    pub fn describe(&self, kernel: &Kernel) -> String {
        match self {
            Change::Nothing => "nothing changed".to_owned(),
            Change::Turns { workgroups, lanes } => {
                let said = |order: &Order, who: &str| {
                    (*order != Order::Ascending).then(|| format!("{who} {}", in_words(order)))
                };
                let both = [said(workgroups, "workgroups"), said(lanes, "invocations")];
                both.into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
            Change::Split(parts) => format!("the dispatch split into {parts}"),
            Change::Grid(at) => match kernel.grids.get(*at) {
                Some([x, y, z]) => format!("a grid of {x} x {y} x {z}"),
                None => "another grid".to_owned(),
            },
            Change::Size(at) => {
                kernel.sizes.get(*at).map_or_else(|| "another size".to_owned(), |(what, _)| what.clone())
            }
            Change::Rows(1) => "the first row alone".to_owned(),
            Change::Rows(count) => format!("the first {count} rows alone"),
            Change::Poison(byte) => format!("buffers that nobody wrote filled with 0x{byte:02x}"),
            Change::Padding => "larger buffers, the rest filled with a poison".to_owned(),
            Change::Unzeroed => "workgroup memory not set to zero".to_owned(),
            Change::Unguarded => "indices not checked".to_owned(),
            Change::Subgroups(size) => format!("subgroups of {size} invocations"),
        }
    }
}

/// An order as people say it.
fn in_words(order: &Order) -> String {
    match order {
        Order::Ascending => "in ascending order".to_owned(),
        Order::Descending => "from the last to the first".to_owned(),
        Order::Blocks(size) => format!("in blocks of {size}, each backwards"),
        Order::Shuffled(seed) => format!("shuffled (seed {seed})"),
        Order::Swapped(one, other) => format!("{one} and {other} changing places"),
        Order::Given(_) => "in a given order".to_owned(),
    }
}

/// Numbers of interleavings that each pass has: those of the first begin here, those of the second at twice as much.
pub const INTERLEAVINGS_OF_A_PASS: u64 = 1000;

/// Interleavings of one dispatch that are tried: those with one interruption and as many with two as fit, then random ones.
pub const INTERLEAVINGS_MAX: u64 = 320;

/// Which interleavings run on the reference machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interleavings {
    /// None.
    #[default]
    None,
    /// As many of every pass as there is time for.
    All,
    /// The one with this number.
    Only(u64),
}

impl Interleavings {
    /// Of a series of schedules that begins at the number `first`, those that run, counted from 0; at most `most`.
    #[must_use]
    pub fn from(self, first: u64, most: u64) -> std::ops::Range<u64> {
        let series = INTERLEAVINGS_OF_A_PASS / 2;
        match self {
            Interleavings::All => 0..most.min(series),
            Interleavings::Only(number) if (first..first + series).contains(&number) => {
                number - first..number - first + 1
            }
            Interleavings::None | Interleavings::Only(_) => 0..0,
        }
    }
}

/// What is run for a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KernelPlan {
    /// Runs on the reference machine, the baseline first.
    pub reference: Vec<Change>,
    /// Runs on each adapter, the baseline first; none where no audit looks at adapters.
    pub adapter: Vec<Change>,
    /// How often the baseline runs on an adapter.
    pub repetitions: u32,
    /// Runs on the reference machine in which every operation errs at random.
    pub perturbed: u64,
    /// Interleavings of workgroups or invocations on the reference machine, where nothing simpler decides.
    pub interleavings: Interleavings,
    /// Whether the input is asked if it can show drift at all.
    pub power: bool,
    /// Whether adapters run once more with other settings, and with floats taken strictly.
    pub environments: bool,
}

/// What the audits ask for; `repetitions` where the case says how many.
#[must_use]
pub fn plan(kernel: &Kernel, audits: &[&'static str], repetitions: Option<u32>) -> KernelPlan {
    let asked = |name: &str| audits.contains(&name);
    let compared = COMPARED.iter().any(|name| asked(name));
    let mut plan = KernelPlan {
        reference: vec![Change::Nothing],
        adapter: if compared { vec![Change::Nothing] } else { Vec::new() },
        repetitions: if asked("repeat") { repetitions.unwrap_or(REPETITIONS) } else { 1 },
        perturbed: if asked("reference") { PERTURBED } else { 0 },
        interleavings: if asked("schedule") { Interleavings::All } else { Interleavings::None },
        power: asked("schedule"),
        environments: asked("environment"),
    };
    if asked("schedule") {
        plan.reference.extend(turns(SHUFFLES_REFERENCE, SHUFFLES_REFERENCE));
        plan.reference.extend(others(kernel));
        plan.adapter.extend(schedules(kernel));
    }
    if asked("memory") {
        let poisons = [0x00, 0xff, 0x7f].map(Change::Poison);
        plan.reference.extend(poisons.clone());
        plan.adapter.extend(poisons);
        plan.adapter.extend([Change::Padding, Change::Unzeroed, Change::Unguarded]);
    }
    if (asked("environment") || asked("races"))
        && kernel.passes.iter().any(|pass| pass.program.uses_subgroups())
    {
        plan.reference.extend(SUBGROUP_SIZES.map(Change::Subgroups));
    }
    if let Some(rows) = kernel.rows.as_ref().filter(|_| asked("batch-invariance")) {
        let taken = rows.take.iter().copied().map(Change::Rows);
        plan.reference.extend(taken.clone());
        plan.adapter.extend(taken);
    }
    plan
}

/// Everything that is tried on adapters as another schedule. A schedule's number is its place here, from 1.
fn schedules(kernel: &Kernel) -> Vec<Change> {
    let mut all = turns(SHUFFLES_ALONE, SHUFFLES_JOINT);
    all.extend([2, 3, 5, 7, 16].map(Change::Split));
    all.extend(others(kernel));
    all
}

/// Other grids and sizes.
fn others(kernel: &Kernel) -> Vec<Change> {
    let grids = (0..kernel.grids.len()).map(Change::Grid);
    grids.chain((0..kernel.sizes.len()).map(Change::Size)).collect()
}

/// The number by which `--schedule` runs a change again; `None` for one that is no schedule with a number.
#[must_use]
pub fn number(kernel: &Kernel, change: &Change) -> Option<u64> {
    let place = schedules(kernel).iter().position(|one| one == change)?;
    Some(place as u64 + 1)
}

impl KernelPlan {
    /// The plan with the schedule of this number alone, once, and nothing else; without any where there is no such number.
    #[must_use]
    pub fn only(self, kernel: &Kernel, number: u64) -> Self {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let one = place.and_then(|place| schedules(kernel).into_iter().nth(place));
        let all: Vec<Change> = std::iter::once(Change::Nothing).chain(one).collect();
        // The reference machine has no dispatch to split.
        let reference = all.iter().filter(|change| !matches!(change, Change::Split(_))).cloned().collect();
        let interleavings = Interleavings::Only(number);
        Self { reference, adapter: all, repetitions: 1, interleavings, power: false, ..self }
    }
}

/// Orders of turns: the fixed ones first, since those are easy to understand, then shuffles.
fn turns(alone: u64, joint: u64) -> Vec<Change> {
    let turns = |workgroups: Order, lanes: Order| Change::Turns { workgroups, lanes };
    let mut all = vec![turns(Order::Descending, Order::Ascending)];
    all.extend((1..=alone).map(|seed| turns(Order::Shuffled(seed), Order::Ascending)));
    let fixed = [Order::Descending, Order::Blocks(4), Order::Blocks(8), Order::Blocks(16), Order::Blocks(32)];
    all.extend(fixed.map(|lanes| turns(Order::Ascending, lanes)));
    all.extend((1..=alone).map(|seed| turns(Order::Ascending, Order::Shuffled(seed))));
    all.extend((1..=joint).map(|seed| turns(Order::Shuffled(seed), Order::Shuffled(seed + joint))));
    all
}

/// What a kernel lacks for an audit to apply.
#[must_use]
pub fn lacks(kernel: &Kernel, audit: &dyn Audit) -> Option<String> {
    match audit.name() {
        "schedule" if kernel.level < Level::ScheduleIndependent => {
            Some("the kernel promises the level `run-to-run` only".to_owned())
        }
        "batch-invariance" if kernel.rows.is_none() => {
            Some("declare `rows = { buffers = [\"input\", \"output\"], row = 256 }` in `[kernel]`".to_owned())
        }
        "adapters" if kernel.level < Level::AdapterToAdapter => Some(
            "declare `level = \"adapter-to-adapter\"` in `[kernel]` where it promises equal bits on all"
                .to_owned(),
        ),
        _ => None,
    }
}
