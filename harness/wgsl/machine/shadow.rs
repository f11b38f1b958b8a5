//! Shadow memory: who touched each unit (a scalar of at most four bytes) of a buffer or workgroup variable since when.
//!
//! Inside a workgroup, two accesses are ordered if a barrier that orders this kind of memory lies between them, that is, if they carry
//! different epochs. Accesses of different workgroups are never ordered. Two different readers and two different writers are kept of each
//! epoch, and of two different workgroups: whoever comes next differs from one of them, so no unit that is raced on stays silent.
//! Atomic accesses are not shadowed, because WGSL lets no other access reach an atomic.

use super::findings::{Scope, Who};

const PAGE: usize = 256;

/// Somebody of the workgroup that runs.
#[derive(Clone, Copy, Debug, Default)]
struct Near {
    lane: u32,
    site: u32,
    /// The epoch; 0 is nobody.
    epoch: u32,
}

/// Somebody of any workgroup.
#[derive(Clone, Copy, Debug, Default)]
struct Far {
    /// The workgroup's number plus one; 0 is nobody.
    group: u32,
    lane: u32,
    site: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct NearCell {
    writers: [Near; 2],
    readers: [Near; 2],
    /// Number plus one of the last workgroup that stored here.
    stored: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct FarCell {
    writers: [Far; 2],
    readers: [Far; 2],
}

/// Cells in pages that are made when they are first touched.
#[derive(Debug)]
struct Pages<T>(Vec<Option<Box<[T; PAGE]>>>);

impl<T: Copy + Default> Pages<T> {
    fn new(units: usize) -> Self {
        Self((0..units.div_ceil(PAGE)).map(|_| None).collect())
    }

    fn cell(&mut self, unit: usize) -> Option<&mut T> {
        let page = self.0.get_mut(unit / PAGE)?;
        let page = page.get_or_insert_with(|| Box::new([T::default(); PAGE]));
        Some(&mut page[unit % PAGE])
    }
}

/// When reading something that was not stored is a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unset {
    /// Never: the contents were given.
    Never,
    /// Until the dispatch stores it.
    Dispatch,
    /// Until the workgroup that runs stores it.
    Workgroup,
}

/// What a clash is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
    ReadAfterWrite,
    WriteAfterRead,
    /// With whether the value was the same.
    WriteAfterWrite(bool),
}

/// A clash of the access at hand with an earlier one.
pub(super) struct Met {
    pub(super) clash: Clash,
    pub(super) scope: Scope,
    pub(super) earlier: Who,
}

/// The shadow of one buffer or workgroup variable.
#[derive(Debug)]
pub(super) struct Shadow {
    unit: u32,
    near: Pages<NearCell>,
    far: Option<Pages<FarCell>>,
    unset: Unset,
    /// Whether the program can store here at all.
    writable: bool,
}

/// The access at hand.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) who: Who,
    pub(super) epoch: u32,
}

impl Shadow {
    /// For so many bytes; `across` where several workgroups can reach them.
    pub(super) fn new(bytes: usize, unit: u32, across: bool, unset: Unset, writable: bool) -> Self {
        let unit = unit.max(1);
        let units = bytes.div_ceil(unit as usize);
        let far = (across && writable).then(|| Pages::new(units));
        Self { unit, near: Pages::new(units), far, unset, writable }
    }

    fn units(&self, byte: u32, bytes: u32) -> std::ops::Range<usize> {
        (byte / self.unit) as usize..(byte + bytes).div_ceil(self.unit) as usize
    }

    fn stamp(&self, group: u32) -> u32 {
        if self.unset == Unset::Dispatch { 1 } else { group + 1 }
    }

    /// Whether WGSL sets it to zero before each workgroup. A counter may count on that: atomics that nobody stored are no slip.
    pub(super) fn begins_with_zeros(&self) -> bool {
        self.unset == Unset::Workgroup
    }

    /// Whether a part of this was never stored.
    pub(super) fn unset(&mut self, byte: u32, bytes: u32, group: u32) -> bool {
        if self.unset == Unset::Never {
            return false;
        }
        let stamp = self.stamp(group);
        self.units(byte, bytes).any(|unit| self.near.cell(unit).is_some_and(|cell| cell.stored != stamp))
    }

    /// Marks this as stored.
    pub(super) fn stored(&mut self, byte: u32, bytes: u32, group: u32) {
        if self.unset == Unset::Never {
            return;
        }
        let stamp = self.stamp(group);
        for unit in self.units(byte, bytes) {
            if let Some(cell) = self.near.cell(unit) {
                cell.stored = stamp;
            }
        }
    }

    /// Notes a read and reports the writes that it clashes with.
    pub(super) fn read(&mut self, byte: u32, bytes: u32, now: Now, mut report: impl FnMut(Met)) {
        if !self.writable {
            return;
        }
        for unit in self.units(byte, bytes) {
            if let Some(cell) = self.near.cell(unit) {
                if let Some(earlier) = other(&cell.writers, now) {
                    report(Met { clash: Clash::ReadAfterWrite, scope: Scope::Inside, earlier });
                }
                remember(&mut cell.readers, now);
            }
            if let Some(cell) = self.far.as_mut().and_then(|far| far.cell(unit)) {
                if let Some(earlier) = foreign(&cell.writers, now) {
                    report(Met { clash: Clash::ReadAfterWrite, scope: Scope::Across, earlier });
                }
                remember_far(&mut cell.readers, now);
            }
        }
    }

    /// Notes a write and reports the accesses that it clashes with; `same` is whether it changes nothing.
    pub(super) fn write(&mut self, byte: u32, bytes: u32, now: Now, same: bool, mut report: impl FnMut(Met)) {
        for unit in self.units(byte, bytes) {
            if let Some(cell) = self.near.cell(unit) {
                if let Some(earlier) = other(&cell.writers, now) {
                    report(Met { clash: Clash::WriteAfterWrite(same), scope: Scope::Inside, earlier });
                }
                if let Some(earlier) = other(&cell.readers, now) {
                    report(Met { clash: Clash::WriteAfterRead, scope: Scope::Inside, earlier });
                }
                remember(&mut cell.writers, now);
            }
            if let Some(cell) = self.far.as_mut().and_then(|far| far.cell(unit)) {
                if let Some(earlier) = foreign(&cell.writers, now) {
                    report(Met { clash: Clash::WriteAfterWrite(same), scope: Scope::Across, earlier });
                }
                if let Some(earlier) = foreign(&cell.readers, now) {
                    report(Met { clash: Clash::WriteAfterRead, scope: Scope::Across, earlier });
                }
                remember_far(&mut cell.writers, now);
            }
        }
    }
}

/// Another invocation of the workgroup in the same epoch; the later one where there are two.
fn other(pair: &[Near; 2], now: Now) -> Option<Who> {
    let unlike = |near: &&Near| near.epoch == now.epoch && near.lane != now.who.lane;
    let near = pair.iter().rev().find(unlike)?;
    Some(Who { group: now.who.group, lane: near.lane, site: near.site })
}

fn remember(pair: &mut [Near; 2], now: Now) {
    let near = Near { lane: now.who.lane, site: now.who.site, epoch: now.epoch };
    if pair[0].epoch != now.epoch {
        *pair = [near, Near::default()];
    } else if pair[0].lane != near.lane {
        pair[1] = near;
    }
}

/// An invocation of another workgroup.
fn foreign(pair: &[Far; 2], now: Now) -> Option<Who> {
    let unlike = |far: &&Far| far.group != 0 && far.group != now.who.group + 1;
    let far = pair.iter().rev().find(unlike)?;
    Some(Who { group: far.group - 1, lane: far.lane, site: far.site })
}

fn remember_far(pair: &mut [Far; 2], now: Now) {
    let far = Far { group: now.who.group + 1, lane: now.who.lane, site: now.who.site };
    if pair[0].group == 0 {
        pair[0] = far;
    } else if pair[0].group != far.group {
        pair[1] = far;
    }
}
