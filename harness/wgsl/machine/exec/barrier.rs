//! Barriers, and invocations that miss them.

use super::super::findings::{Kind, Seen, Who};
use super::super::mask::Active;
use super::Machine;

impl Machine<'_> {
    pub(super) fn barrier(
        &mut self,
        storage: bool,
        workgroup: bool,
        subgroup: bool,
        site: u32,
        active: &Active,
    ) {
        self.convergence(subgroup, site, active);
        if workgroup {
            self.epochs[0] = self.epochs[0].wrapping_add(1).max(1);
        }
        if storage {
            self.epochs[1] = self.epochs[1].wrapping_add(1).max(1);
        }
    }

    /// Notes a barrier that some invocations do not reach.
    fn convergence(&mut self, subgroup: bool, site: u32, active: &Active) {
        let missing = if subgroup { self.missing_in_subgroups(active) } else { self.missing(active) };
        let Some(missing) = missing else { return };
        let first = self.who(active.lanes().next().unwrap_or(0), site);
        let of = if subgroup { "their subgroups" } else { "the workgroup" };
        self.diverged(first, of, missing);
    }

    /// Notes that only some invocations reach a barrier: `first` and others, but not this local index, and how many of how many do.
    pub(in super::super) fn diverged(
        &mut self,
        first: Who,
        of: &'static str,
        (lane, reached, all): (usize, u64, u64),
    ) {
        let seen = Seen {
            kind: Kind::BarrierDivergence,
            scope: None,
            name: None,
            byte: None,
            first,
            second: None,
            detail: String::new(),
            count: all - reached,
        };
        self.note(seen, of, || {
            format!("{reached} of {all} invocations of {of} reach the barrier, local index {lane} does not")
        });
    }

    /// The first lane that is not active, how many are, and of how many.
    fn missing(&self, active: &Active) -> Option<(usize, u64, u64)> {
        let lane = (0..self.lanes).find(|lane| !active.mask.has(*lane))?;
        Some((lane, active.count as u64, self.lanes as u64))
    }

    fn missing_in_subgroups(&self, active: &Active) -> Option<(usize, u64, u64)> {
        let size = self.options.subgroup_size as usize;
        for start in (0..self.lanes).step_by(size) {
            let lanes = start..(start + size).min(self.lanes);
            let reached = lanes.clone().filter(|lane| active.mask.has(*lane)).count();
            if reached > 0 && reached < lanes.len() {
                let lane = lanes.clone().find(|lane| !active.mask.has(*lane))?;
                return Some((lane, reached as u64, lanes.len() as u64));
            }
        }
        None
    }
}
