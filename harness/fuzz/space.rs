//! Which shapes and values of a kernel may be varied without leaving what its case declares.
//!
//! A shape is varied along one axis at a time: the rows, where the case declares some; else the first axis of a buffer over
//! which a pass is dispatched, together with that of every buffer of the same length, and with that of buffers that hold one
//! entry for each workgroup. It stays where the kernel can know its length from elsewhere than `arrayLength`: a fixed
//! array, a number in a parameter buffer, in the WGSL or in an override, or the range of the indices in some buffer.

use std::collections::{BTreeMap, BTreeSet};

use super::domain::Domain;
use super::told::Told;
use crate::case::Kernel;
use crate::case::kernel::{Buffer, Contents, Pass};
use crate::run::Error;
use crate::wgsl::Slot;
use crate::wgsl::fill::Fill;

/// Which lengths are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// The declared ones only.
    Declared,
    /// Those that give every workgroup as many elements as it takes: for kernels that may count on it.
    Whole,
    /// All up to the declared ones.
    Any,
}

/// What may be varied of a kernel.
#[derive(Debug)]
pub(super) struct Space<'a> {
    pub(super) kernel: &'a Kernel,
    /// Axes whose length is varied.
    pub(super) axes: Vec<Axis>,
    /// Every buffer, by name.
    pub(super) places: BTreeMap<String, Place>,
    /// Why no shape is varied, where none is.
    pub(super) fixed: Option<String>,
}

/// An axis that several buffers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Its declared length, which is the greatest that is tried.
    pub(super) length: u64,
    /// Its length is a multiple of this.
    pub(super) grain: u64,
}

/// A buffer in the space.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// What its length follows.
    pub(super) follows: Follows,
    /// Elements for each step of the axis.
    pub(super) each: u64,
    /// The values that are tried, or why none are.
    pub(super) domain: Result<Domain, String>,
}

/// What the length of a buffer follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// Nothing.
    Nothing,
    /// An axis.
    Axis(usize),
    /// The workgroups of a pass.
    Workgroups(usize),
}

impl<'a> Space<'a> {
    /// The space around a kernel.
    ///
    /// # Errors
    /// A fill cannot be made, or a file cannot be read.
    pub(super) fn of(kernel: &'a Kernel, lengths: Lengths, non_finite: bool) -> Result<Self, Error> {
        let place = |(name, buffer): (&String, &Buffer)| {
            let domain = Domain::of(buffer, non_finite);
            (name.clone(), Place { follows: Follows::Nothing, each: buffer.count(), domain })
        };
        let places = kernel.buffers.iter().map(place).collect();
        let mut space = Self { kernel, axes: Vec::new(), places, fixed: None };
        if lengths == Lengths::Declared {
            space.fixed = Some("not asked for".to_owned());
            return Ok(space);
        }
        let told = Told::of(kernel)?;
        let found = if kernel.rows.is_some() { space.rows() } else { space.dispatched(&told) };
        space.fixed = found.err();
        if lengths == Lengths::Whole {
            space.fill_workgroups();
        }
        Ok(space)
    }

    /// Rows as the case declares them.
    fn rows(&mut self) -> Result<(), String> {
        let Some(rows) = &self.kernel.rows else { return Ok(()) };
        for pass in &self.kernel.passes {
            let scales = pass
                .over
                .as_ref()
                .is_none_or(|over| rows.buffers.contains(&over.buffer) && rows.row.is_multiple_of(over.per));
            if !scales {
                return Err("a workgroup works on several rows".to_owned());
            }
        }
        let grain = self.grain(&rows.buffers, rows.count)?;
        for name in &rows.buffers {
            if !self.kernel.buffers[name].shape[0].is_multiple_of(rows.count) {
                return Err(format!("the first axis of `{name}` is not that of the rows"));
            }
        }
        self.follow(&rows.buffers.clone(), rows.count);
        self.axes.push(Axis { length: rows.count, grain });
        Ok(())
    }

    /// The buffers over which passes are dispatched, and those that go with them.
    fn dispatched(&mut self, told: &Told) -> Result<(), String> {
        let over: BTreeSet<u64> = self
            .kernel
            .passes
            .iter()
            .filter_map(|pass| Some(self.kernel.buffers[&pass.over.as_ref()?.buffer].shape[0]))
            .collect();
        if over.is_empty() {
            return Err("the case gives the workgroups as fixed counts".to_owned());
        }
        let mut why = None;
        for length in over {
            if let Err(one) = self.axis(length, told) {
                why = Some(one);
            }
        }
        why.filter(|_| self.axes.is_empty()).map_or(Ok(()), Err)
    }

    /// Makes the steps of each axis as long as what a workgroup takes; an axis that does not hold such steps stays.
    fn fill_workgroups(&mut self) {
        for pass in &self.kernel.passes {
            let Some(over) = &pass.over else { continue };
            let place = &self.places[&over.buffer];
            let Follows::Axis(axis) = place.follows else { continue };
            let (axis, steps) = (&mut self.axes[axis], over.per.div_ceil(place.each));
            if !steps.is_multiple_of(axis.grain) && !axis.grain.is_multiple_of(steps) {
                axis.grain = axis.length;
            }
            axis.grain = axis.grain.max(steps);
            if !axis.length.is_multiple_of(axis.grain) {
                axis.grain = axis.length;
            }
        }
    }

    fn axis(&mut self, length: u64, told: &Told) -> Result<(), String> {
        let kernel = self.kernel;
        let names: Vec<String> = kernel
            .buffers
            .iter()
            .filter(|(_, b)| b.shape[0] == length)
            .map(|(name, _)| name.clone())
            .collect();
        let mut lengths = BTreeSet::from([length]);
        lengths.extend(names.iter().map(|name| kernel.buffers[name].count()));
        let mut followers = Vec::new();
        for (number, pass) in kernel.passes.iter().enumerate() {
            let goes = pass.over.as_ref().is_some_and(|over| names.contains(&over.buffer));
            let groups = u64::from(pass.grid[0]);
            if !goes || groups == 1 || groups == length {
                continue;
            }
            let held = kernel.buffers.iter().filter(|(_, buffer)| buffer.shape[0] == groups);
            for (name, _) in held {
                lengths.insert(groups);
                followers.push((name.clone(), number));
            }
        }
        told.nothing_of(&lengths)?;
        let grain = self.grain(&names, length)?;
        for (name, _) in &followers {
            self.is_unsized(name)?;
        }
        self.follow(&names, length);
        for (name, number) in followers {
            let place = self.places.get_mut(&name).filter(|place| place.follows == Follows::Nothing);
            if let Some(place) = place {
                place.each = kernel.buffers[&name].count() / kernel.buffers[&name].shape[0];
                place.follows = Follows::Workgroups(number);
            }
        }
        self.axes.push(Axis { length, grain });
        Ok(())
    }

    /// Ties buffers to the axis that comes next.
    fn follow(&mut self, names: &[String], length: u64) {
        for name in names {
            if let Some(place) = self.places.get_mut(name) {
                place.each = self.kernel.buffers[name].count() / length;
                place.follows = Follows::Axis(self.axes.len());
            }
        }
    }

    /// The least steps of an axis at which every buffer on it holds whole elements of its array.
    fn grain(&self, names: &[String], length: u64) -> Result<u64, String> {
        let mut grain = 1;
        for name in names {
            let strides = self.is_unsized(name)?;
            let step = self.kernel.buffers[name].bytes() / length;
            for stride in strides {
                if stride.is_multiple_of(step) {
                    grain = grain.max(stride / step);
                } else if !step.is_multiple_of(stride) {
                    return Err(format!("the elements of `{name}` do not fit its first axis"));
                }
            }
        }
        if length.is_multiple_of(grain) { Ok(grain) } else { Err("elements lie across rows".to_owned()) }
    }

    /// The bytes from one element to the next of a buffer that is one unsized array in every pass, and whose declared
    /// contents do not fix its length.
    fn is_unsized(&self, name: &str) -> Result<Vec<u64>, String> {
        let buffer = &self.kernel.buffers[name];
        if matches!(buffer.contents, Contents::File(_) | Contents::Made(Fill::Values(_))) {
            return Err(format!("the numbers in `{name}` are given"));
        }
        let own = self.kernel.passes.iter().flat_map(|pass| {
            let bound = |slot: &Slot| pass.bound.get(&slot.binding).is_some_and(|bound| bound == name);
            pass.program.slots().into_iter().filter(bound).collect::<Vec<_>>()
        });
        own.map(|slot| match slot.stride {
            Some(stride) if slot.bytes_min == u64::from(stride) => Ok(u64::from(stride)),
            _ => Err(format!("`{name}` is no array of any length in the WGSL")),
        })
        .collect()
    }

    /// The shape of a buffer where the axes have these lengths.
    pub(super) fn shape(&self, name: &str, lengths: &[u64]) -> Vec<u64> {
        let mut shape = self.kernel.buffers[name].shape.clone();
        match self.places[name].follows {
            Follows::Nothing => {}
            Follows::Axis(axis) => shape[0] = shape[0] / self.axes[axis].length * lengths[axis],
            Follows::Workgroups(pass) => shape[0] = self.grid(&self.kernel.passes[pass], lengths)[0].into(),
        }
        shape
    }

    /// How many elements it then holds.
    pub(super) fn count(&self, name: &str, lengths: &[u64]) -> u64 {
        self.shape(name, lengths).iter().product()
    }

    /// The grid of a pass where the axes have these lengths.
    pub(super) fn grid(&self, pass: &Pass, lengths: &[u64]) -> [u32; 3] {
        let mut grid = pass.grid;
        let whole = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        match (&pass.over, &self.kernel.rows, lengths) {
            (Some(over), ..) => grid[0] = whole(self.count(&over.buffer, lengths).div_ceil(over.per)),
            (None, Some(rows), [count]) => {
                grid[rows.axis] = whole(u64::from(grid[rows.axis]) / rows.count.max(1) * count);
            }
            _ => {}
        }
        grid
    }

    /// Lengths that are likely to show faults: small ones, and those around multiples of what a workgroup takes.
    pub(super) fn edges(&self) -> Vec<u64> {
        let mut edges = BTreeSet::from([1, 2, 3, 5, 7, 31, 61, 127, 257, 509, 1021]);
        for pass in &self.kernel.passes {
            let lanes: u64 = pass.program.workgroup_size().iter().map(|count| u64::from(*count)).product();
            let over = pass.over.as_ref().map(|over| (over.per, self.places[&over.buffer].each.max(1)));
            let per = over.map_or(lanes, |(per, each)| per / each);
            for unit in [lanes, per] {
                edges.extend([1, 2, 3].into_iter().flat_map(|times| {
                    let whole = unit * times;
                    [whole.saturating_sub(1), whole, whole + 1]
                }));
            }
        }
        edges.remove(&0);
        edges.into_iter().collect()
    }
}
