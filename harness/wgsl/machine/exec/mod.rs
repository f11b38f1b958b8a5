//! Execution: a whole workgroup takes each statement together, under a mask.

mod arithmetic;
mod barrier;
mod control;
mod convert;
mod erring;
mod memory;
mod pack;
mod plain;
mod rows;
mod scalar;
mod slots;
mod subgroup;
mod unit;

use naga::BuiltIn;

use self::control::Level;
use self::erring::Erring;
use self::rows::Rows;
pub(super) use self::unit::{Kept, Pausing, Standing};
use super::code::{Code, Origin, Row};
use super::findings::{Log, Seen, Who};
use super::mask::Mask;
use super::shadow::{Shadow, Unset};
use super::{NotInterpreted, Options, split};
use crate::wgsl::Memory;

/// Buffers larger than this have no place for the bit that marks pointers out of bounds.
const BUFFER_MAX: usize = 0x7fff_0000;

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The loop at this site.
    Loops(u32),
    Operations,
}

/// Why a run paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// Before an atomic access at this site, with a number that tells apart what is accessed.
    Access {
        site: u32,
        access: u64,
    },
    /// At a barrier.
    Barrier {
        site: u32,
    },
    Ended,
}

/// The masks of a loop or switch.
#[derive(Clone, Copy, PartialEq)]
struct Flow {
    broken: Mask,
    continued: Mask,
    looping: bool,
}

/// A dispatch that runs.
pub(super) struct Machine<'a> {
    code: &'a Code,
    options: &'a Options,
    size: [u32; 3],
    grid: [u32; 3],
    /// Lanes of the unit that runs: those of a workgroup, or one.
    lanes: usize,
    pausing: Pausing,
    rows: Rows,
    /// Variables of one invocation, row by row.
    variables: Vec<u32>,
    spaces: Vec<Vec<u8>>,
    shadows: Vec<Option<Shadow>>,
    /// Epochs of workgroup and storage memory.
    epochs: [u32; 2],
    /// Errors at random, where they are wanted.
    erring: Option<Erring>,
    /// The order in which lanes store.
    order: Vec<u32>,
    /// Blocks that run, each inside the one before it.
    levels: Vec<Level<'a>>,
    flows: Vec<Flow>,
    /// A buffer for the lanes that store, in their order.
    turns: Vec<usize>,
    /// Rows of the frame that runs.
    frame: usize,
    trips: Vec<u64>,
    group: [u32; 3],
    number: u32,
    /// The first lane's index in its workgroup.
    first: u32,
    /// How much of the step that the unit pauses at is done.
    done: u8,
    /// How often a store or an atomic changed what was in memory.
    pub(super) changes: u64,
    pub(super) log: Log,
    pub(super) trips_max: u64,
    pub(super) operations: u64,
}

impl<'a> Machine<'a> {
    /// Takes the buffers out of `memory`; [`Machine::give_back`] returns them.
    pub(super) fn new(
        code: &'a Code,
        options: &'a Options,
        size: [u32; 3],
        grid: [u32; 3],
        pausing: Pausing,
        memory: &mut Memory,
    ) -> Result<Self, NotInterpreted> {
        check_buffers(code, memory)?;
        let lanes = if pausing == Pausing::Invocations { 1 } else { size.iter().product::<u32>() };
        let mut spaces = Vec::with_capacity(code.spaces.len());
        for space in &code.spaces {
            spaces.push(match space.origin {
                Origin::Bound { binding, .. } => {
                    memory.get_mut(&binding).map(std::mem::take).unwrap_or_default()
                }
                Origin::Workgroup => vec![0; space.bytes as usize],
                Origin::Immediate => {
                    let mut bytes = options.immediates.clone();
                    bytes.resize(space.bytes as usize, 0);
                    bytes
                }
            });
        }
        let unit = Kept::new(code, lanes as usize);
        let mut machine = Self {
            code,
            options,
            size,
            grid,
            lanes: lanes as usize,
            pausing,
            rows: unit.rows,
            variables: unit.variables,
            spaces,
            shadows: Vec::new(),
            epochs: [0, 0],
            erring: None,
            order: options.lanes.of(lanes),
            levels: unit.levels,
            flows: unit.flows,
            turns: Vec::new(),
            frame: unit.frame,
            trips: unit.trips,
            group: unit.group,
            number: unit.number,
            first: unit.first,
            done: unit.done,
            changes: 0,
            log: Log::default(),
            trips_max: 0,
            operations: 0,
        };
        machine.shadows = (0..code.spaces.len()).map(|space| machine.shadow(space)).collect();
        Ok(machine)
    }

    fn shadow(&self, index: usize) -> Option<Shadow> {
        let space = &self.code.spaces[index];
        let bytes = self.spaces[index].len();
        if !self.options.check {
            return None;
        }
        match space.origin {
            Origin::Workgroup => Some(Shadow::new(bytes, space.unit, false, Unset::Workgroup, true)),
            Origin::Immediate => None,
            Origin::Bound { binding, writable } => {
                let unset = self.options.unset.contains(&binding);
                let unset = if unset { Unset::Dispatch } else { Unset::Never };
                let needed = writable || unset == Unset::Dispatch;
                needed.then(|| Shadow::new(bytes, space.unit, true, unset, writable))
            }
        }
    }

    /// Puts the buffers back.
    pub(super) fn give_back(self, memory: &mut Memory) -> Log {
        for (space, bytes) in self.code.spaces.iter().zip(self.spaces) {
            if let Origin::Bound { binding, .. } = space.origin {
                memory.insert(binding, bytes);
            }
        }
        self.log
    }

    /// Runs one workgroup to its end.
    pub(super) fn workgroup(&mut self, number: u32) -> Result<(), Stop> {
        for (space, bytes) in self.code.spaces.iter().zip(&mut self.spaces) {
            if space.origin == Origin::Workgroup {
                bytes.fill(0);
            }
        }
        self.begin(number, 0);
        let ended = self.advance();
        self.count_trips();
        ended.map(|_| ())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a workgroup has at most 1024 lanes")]
    fn builtin(&mut self, builtin: BuiltIn, row: Row) {
        let (size, group, grid) = (self.size, self.group, self.grid);
        let subgroup = self.options.subgroup_size;
        let all = size.iter().product::<u32>();
        for (index, lane) in (self.first..).take(self.lanes).enumerate() {
            let local = split(lane, size);
            let components: [u32; 3] = match builtin {
                BuiltIn::GlobalInvocationId => {
                    std::array::from_fn(|axis| group[axis].wrapping_mul(size[axis]).wrapping_add(local[axis]))
                }
                BuiltIn::LocalInvocationId => local,
                BuiltIn::LocalInvocationIndex => [lane; 3],
                BuiltIn::WorkGroupId => group,
                BuiltIn::WorkGroupSize => size,
                BuiltIn::NumWorkGroups => grid,
                BuiltIn::NumSubgroups => [all.div_ceil(subgroup); 3],
                BuiltIn::SubgroupId => [lane / subgroup; 3],
                BuiltIn::SubgroupSize => [subgroup; 3],
                BuiltIn::SubgroupInvocationId => [lane % subgroup; 3],
                _ => [0; 3],
            };
            let vector = matches!(
                builtin,
                BuiltIn::GlobalInvocationId
                    | BuiltIn::LocalInvocationId
                    | BuiltIn::WorkGroupId
                    | BuiltIn::WorkGroupSize
                    | BuiltIn::NumWorkGroups
            );
            for (axis, component) in components.iter().enumerate().take(if vector { 3 } else { 1 }) {
                self.rows.set(row + axis as u32, index, *component);
            }
        }
    }

    fn who(&self, lane: usize, site: u32) -> Who {
        let lane = u32::try_from(lane).unwrap_or(u32::MAX).saturating_add(self.first);
        Who { group: self.number, lane, site }
    }

    /// Notes a finding of some lanes of this workgroup.
    fn note(&mut self, seen: Seen, manner: &'static str, detail: impl FnOnce() -> String) {
        self.log.note(seen, manner, detail);
    }
}

/// Every buffer must be there and large enough for what has a fixed length.
pub(super) fn check_buffers(code: &Code, memory: &Memory) -> Result<(), NotInterpreted> {
    let mut seen = std::collections::BTreeSet::new();
    for space in &code.spaces {
        let Origin::Bound { binding, .. } = space.origin else { continue };
        let place = format!("`{}` (group {}, binding {})", space.name, binding.group, binding.binding);
        let refuse = |what: String| NotInterpreted { what, line: None };
        let Some(bytes) = memory.get(&binding) else {
            return Err(refuse(format!("nothing bound to {place}")));
        };
        if bytes.len() < space.bytes as usize {
            let what =
                format!("{} bytes bound to {place}, which takes at least {}", bytes.len(), space.bytes);
            return Err(refuse(what));
        }
        if bytes.len() > BUFFER_MAX {
            return Err(refuse(format!("{} bytes bound to {place}", bytes.len())));
        }
        if !seen.insert(binding) {
            return Err(refuse(format!("two variables in the binding of {place}")));
        }
    }
    Ok(())
}
