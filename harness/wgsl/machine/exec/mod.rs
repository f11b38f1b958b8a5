//! Execution: a whole workgroup takes each statement together, under a mask.

mod arithmetic;
mod control;
mod convert;
mod erring;
mod memory;
mod pack;
mod rows;
mod scalar;
mod subgroup;

use naga::BuiltIn;

use self::erring::Erring;
use self::rows::Rows;
use super::code::{Code, Origin, Row};
use super::findings::{Log, Seen, Who};
use super::mask::{Active, Mask};
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

/// The masks of a loop or switch.
#[derive(Clone, Copy)]
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
    lanes: usize,
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
    flows: Vec<Flow>,
    /// A buffer for the lanes that store, in their order.
    turns: Vec<usize>,
    /// Rows of the frame that runs.
    frame: usize,
    trips: Vec<u64>,
    group: [u32; 3],
    number: u32,
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
        memory: &mut Memory,
    ) -> Result<Self, NotInterpreted> {
        check_buffers(code, memory)?;
        let lanes = size.iter().product::<u32>();
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
        let depth = code.instances[code.entry].depth as usize;
        let mut machine = Self {
            code,
            options,
            size,
            grid,
            lanes: lanes as usize,
            rows: Rows::new(lanes as usize, &code.constants, depth),
            variables: vec![0; code.variables as usize * lanes as usize],
            spaces,
            shadows: Vec::new(),
            epochs: [0, 0],
            erring: options.perturb.map(Erring::new),
            order: options.lanes.of(lanes),
            flows: Vec::new(),
            turns: Vec::new(),
            frame: code.instances[code.entry].frame as usize,
            trips: vec![0; lanes as usize],
            group: [0; 3],
            number: 0,
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
        self.number = number;
        self.group = split(number, self.grid);
        for (space, bytes) in self.code.spaces.iter().zip(&mut self.spaces) {
            if space.origin == Origin::Workgroup {
                bytes.fill(0);
            }
        }
        self.epochs = self.epochs.map(|epoch| epoch.wrapping_add(1).max(1));
        for (first, words) in &self.code.private {
            for (row, word) in words.iter().enumerate() {
                let start = (*first as usize + row) * self.lanes;
                self.variables[start..start + self.lanes].fill(*word);
            }
        }
        for (builtin, row) in &self.code.builtins {
            self.builtin(*builtin, *row);
        }
        self.trips.fill(0);
        self.flows.clear();
        let code = self.code;
        self.operations += self.lanes as u64;
        let mut active = Active::new(Mask::first(self.lanes));
        let ended = self.block(&code.instances[code.entry].body, &mut active);
        let most = self.trips.iter().copied().max().unwrap_or(0);
        self.trips_max = self.trips_max.max(most);
        ended
    }

    #[expect(clippy::cast_possible_truncation, reason = "a workgroup has at most 1024 lanes")]
    fn builtin(&mut self, builtin: BuiltIn, row: Row) {
        let (size, group, grid) = (self.size, self.group, self.grid);
        let subgroup = self.options.subgroup_size;
        for lane in 0..self.lanes as u32 {
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
                BuiltIn::NumSubgroups => [(self.lanes as u32).div_ceil(subgroup); 3],
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
                self.rows.set(row + axis as u32, lane as usize, *component);
            }
        }
    }

    fn who(&self, lane: usize, site: u32) -> Who {
        Who { group: self.number, lane: u32::try_from(lane).unwrap_or(u32::MAX), site }
    }

    /// Notes a finding of some lanes of this workgroup.
    fn note(&mut self, seen: Seen, manner: &'static str, detail: impl FnOnce() -> String) {
        self.log.note(seen, manner, detail);
    }
}

/// Every buffer must be there and large enough for what has a fixed length.
fn check_buffers(code: &Code, memory: &Memory) -> Result<(), NotInterpreted> {
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
