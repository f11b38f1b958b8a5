//! Workgroups and invocations that take their turns in a given order: nothing that a kernel may rely on.
//!
//! [`wrap`] gives a program a new entry point. It is launched in one dimension, looks up in a buffer of [`Launch::words`] which
//! workgroup and which invocation of it the turn belongs to, and calls the user's code with builtins that agree with each other:
//! `workgroup_id`, `local_invocation_id`, `local_invocation_index`, `global_invocation_id` and `num_workgroups`, in one to
//! three dimensions, as arguments or as members of a structure. Builtins of subgroups stay what the adapter says: WGSL defines no
//! relation between them and the local index. The module is compiled once; schedules are data.
//!
//! Legality: WGSL gives workgroups no order and no progress relative to each other, so that any order and any split of a dispatch
//! is one that an adapter may choose. Hardware starts workgroups roughly by their number; a permutation of the numbers is therefore
//! a permutation of the turns.

mod wrap;

use serde::{Deserialize, Serialize};

use crate::wgsl::Order;

pub use wrap::{Wrapped, wrap};

/// What names of ours begin with in a rewritten module.
pub const RESERVED: &str = "driftless_";

/// Words before the lanes: the logical grid, and one for alignment.
const HEADER: u32 = 4;

/// Workgroups that one launch may have: what WebGPU guarantees along one dimension, and what adapters have.
const LAUNCH_MAX: u32 = 65_535;

/// Workgroups that a schedule may have; their numbers alone take 256 MiB.
const WORKGROUPS_MAX: u64 = 1 << 26;

/// Why there is no such schedule.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source speaks of names that are ours.
    #[error("{name} contains `{RESERVED}`, which begins the names of the rewritten module")]
    Reserved {
        /// The source's name.
        name: String,
    },
    /// The rewritten module did not pass validation: a mistake of ours, or a construct that cannot be wrapped.
    #[error("{name} cannot be rewritten for other schedules: {message}")]
    Invalid {
        /// The source's name.
        name: String,
        /// What validation said.
        message: String,
    },
    /// The grid has more workgroups than a schedule may hold.
    #[error("a grid of {grid:?} has {have} workgroups; a schedule holds at most {most}")]
    TooMany {
        /// Workgroups along x, y and z.
        grid: [u32; 3],
        /// All of them.
        have: u128,
        /// The limit.
        most: u64,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Reserved { .. } => "rename what the source calls so",
            Self::Invalid { .. } => "report the kernel; its other audits do not need the rewriting",
            Self::TooMany { .. } => "declare a smaller `dispatch` for the audit",
        }
    }
}

/// The turns of one dispatch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Schedule {
    /// The order of the workgroups of the grid, numbered x first, then y, then z.
    pub workgroups: Order,
    /// The order of the invocations of a workgroup, by their local index.
    pub lanes: Order,
    /// How many launches the dispatch is cut into; zero is one.
    pub parts: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { workgroups: Order::Ascending, lanes: Order::Ascending, parts: 1 }
    }
}

/// One real launch of `count` workgroups along x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What the schedule buffer holds: `[nx, ny, nz, 0]`, the lane of each local index, the workgroup of each turn.
    pub words: Vec<u32>,
    /// Workgroups to launch.
    pub count: u32,
}

impl Schedule {
    /// The launches that make up one dispatch of `grid` workgroups; none where a dimension is zero.
    ///
    /// # Errors
    /// The grid is too large to be held as a list of workgroups.
    pub fn launches(&self, grid: [u32; 3], workgroup_size: [u32; 3]) -> Result<Vec<Launch>, Error> {
        let have: u128 = grid.iter().map(|count| u128::from(*count)).product();
        let total = u32::try_from(have).ok().filter(|total| u64::from(*total) <= WORKGROUPS_MAX);
        let total = total.ok_or(Error::TooMany { grid, have, most: WORKGROUPS_MAX })?;
        let lanes = self.lanes.of(workgroup_size.iter().product());
        let order = self.workgroups.of(total);
        let launch = |turns: &[u32]| {
            let header = [grid[0], grid[1], grid[2], 0];
            let words = [header.as_slice(), &lanes, turns].concat();
            Launch { words, count: u32::try_from(turns.len()).unwrap_or(LAUNCH_MAX) }
        };
        let parts = portions(&order, self.parts);
        Ok(parts.flat_map(|part| part.chunks(LAUNCH_MAX as usize)).map(launch).collect())
    }
}

/// Workgroups that a launch of a scheduled dispatch has at most.
#[must_use]
pub fn longest_launch(grid: [u32; 3]) -> u32 {
    grid.into_iter().fold(1, u32::saturating_mul).min(LAUNCH_MAX)
}

/// Cuts into so many neighbours, the first ones longer by one where the length does not divide; fewer where there are fewer turns.
fn portions(order: &[u32], parts: u32) -> impl Iterator<Item = &[u32]> {
    let parts = (parts.max(1) as usize).min(order.len().max(1));
    let (least, longer) = (order.len() / parts, order.len() % parts);
    let start = move |part: usize| part * least + part.min(longer);
    (0..parts).map(move |part| &order[start(part)..start(part + 1)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn launches_together_run_every_workgroup_once(
            grid in [0..9_u32, 0..9_u32, 0..5_u32], parts in 0..12_u32, seed in any::<u64>(),
        ) {
            let schedule = Schedule { workgroups: Order::Shuffled(seed), lanes: Order::Shuffled(seed), parts };
            let launches = schedule.launches(grid, [3, 2, 1]).unwrap();
            let mut all = Vec::new();
            for launch in &launches {
                prop_assert_eq!(&launch.words[..4], &[grid[0], grid[1], grid[2], 0]);
                prop_assert_eq!(launch.words.len(), 4 + 6 + launch.count as usize);
                prop_assert!(launch.count > 0);
                all.extend_from_slice(&launch.words[10..]);
            }
            let total: u32 = grid.iter().product();
            prop_assert_eq!(launches.len(), parts.max(1).min(total) as usize);
            prop_assert_eq!(&all, &Order::Shuffled(seed).of(total));
        }
    }

    #[test]
    fn more_workgroups_than_a_launch_may_have_are_cut() {
        let counts: Vec<u32> = Schedule::default()
            .launches([400, 400, 1], [1, 1, 1])
            .unwrap()
            .iter()
            .map(|launch| launch.count)
            .collect();
        assert_eq!(counts, [65_535, 65_535, 28_930]);
    }

    #[test]
    fn a_grid_beyond_memory_is_an_error_with_its_size() {
        let error = Schedule::default().launches([65_535; 3], [1, 1, 1]).unwrap_err();
        assert!(error.to_string().contains("281462092005375 workgroups"), "{error}");
    }
}
