//! A job whose names are resolved: everything that can be known without a driver.

use std::collections::{BTreeMap, BTreeSet};

use naga::{AddressSpace, TypeInner};

use super::{Error, Job, Pass};
use crate::vary::schedule::{self, Wrapped};
use crate::wgsl::{Access, Binding, Program, Slot, Source};

/// Repetitions of a task; more are a slip of the pen.
const REPEAT_MAX: u32 = 1_000_000;
/// Buffers are copied and bound in units of four bytes.
const UNIT: u64 = 4;

pub(super) struct Plan<'a> {
    pub(super) job: &'a Job,
    pub(super) kernels: Vec<Kernel<'a>>,
    /// The buffers of the job, in its order.
    pub(super) buffers: Vec<Bytes>,
}

/// One pass with its program.
pub(super) struct Kernel<'a> {
    pub(super) pass: &'a Pass,
    pub(super) program: Program,
    /// Present where a task gives the pass a schedule.
    pub(super) wrapped: Option<Wrapped>,
    /// What it binds, each with the number of the job's buffer.
    pub(super) slots: Vec<(Slot, usize)>,
}

/// What is known of a buffer.
#[derive(Clone, Copy, Default)]
pub(super) struct Bytes {
    /// Bytes without padding.
    pub(super) size: u64,
    /// Whether some program sees its length, so that padding may not be bound.
    pub(super) open: bool,
    /// Whether some program may write to it.
    pub(super) written: bool,
}

impl Bytes {
    /// Bytes that are bound, in a task with so much padding.
    pub(super) fn bound(self, padding: u32) -> u64 {
        if self.open { self.size } else { self.whole(padding) }
    }

    /// Bytes that are allocated, in a task with so much padding.
    pub(super) fn whole(self, padding: u32) -> u64 {
        self.size.saturating_add(u64::from(padding).next_multiple_of(UNIT))
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(job: &'a Job) -> Result<Self, Error> {
        check_tasks(job)?;
        let mut buffers = sizes(job)?;
        let mut names = BTreeMap::new();
        for (number, buffer) in job.buffers.iter().enumerate() {
            if names.insert(buffer.name.as_str(), number).is_some() {
                return Err(wrong(format!("two buffers are called `{}`", buffer.name)));
            }
        }
        let mut kernels = Vec::new();
        for (number, pass) in job.passes.iter().enumerate() {
            let wrap = job.tasks.iter().any(|task| task.schedule_of(number).is_some());
            kernels.push(Kernel::new(job, pass, wrap, &names)?);
        }
        for (slot, number) in kernels.iter().flat_map(|kernel| &kernel.slots) {
            let bytes = &mut buffers[*number];
            bytes.open |= slot.stride.is_some();
            bytes.written |= slot.access == Access::ReadWrite;
        }
        Ok(Self { job, kernels, buffers })
    }
}

impl<'a> Kernel<'a> {
    fn new(job: &Job, pass: &'a Pass, wrap: bool, names: &BTreeMap<&str, usize>) -> Result<Self, Error> {
        let source = Source { name: pass.name.clone(), text: pass.text.clone() };
        let program = Program::load(&source, &pass.entry, &pass.overrides)?;
        supported(&program)?;
        let mut slots = Vec::new();
        for slot in program.slots() {
            let number = bound(job, pass, slot.binding, names)?;
            slots.push((slot, number));
        }
        let wrapped = if wrap { Some(schedule::wrap(&program)?) } else { None };
        let have = pass.immediates.len() as u64;
        let need = immediate_bytes(&program);
        if have != need {
            let name = &pass.name;
            return Err(wrong(format!("{name} has {need} bytes of `var<immediate>`; the job gives {have}")));
        }
        Ok(Self { pass, program, wrapped, slots })
    }
}

fn wrong(message: String) -> Error {
    Error::Job { message }
}

fn check_tasks(job: &Job) -> Result<(), Error> {
    if job.passes.is_empty() || job.tasks.is_empty() {
        return Err(wrong("a job needs a pass and a task".to_owned()));
    }
    let mut names = BTreeSet::new();
    for task in &job.tasks {
        if !names.insert(&task.name) {
            return Err(wrong(format!("two tasks are called `{}`", task.name)));
        }
        if task.repeat > REPEAT_MAX {
            let (name, repeat) = (&task.name, task.repeat);
            return Err(wrong(format!("task `{name}` repeats {repeat} times; at most {REPEAT_MAX} are run")));
        }
        let beyond = task.scheduled.iter().flatten().find(|pass| **pass >= job.passes.len());
        if let Some(pass) = beyond {
            return Err(wrong(format!("task `{}` schedules pass {pass}, which the job lacks", task.name)));
        }
    }
    Ok(())
}

fn sizes(job: &Job) -> Result<Vec<Bytes>, Error> {
    let size = |buffer: &super::Buffer| {
        let size = buffer.contents.size()?;
        if size == 0 || size % UNIT != 0 {
            let what = format!("buffer `{}` of {size} bytes: adapters bind multiples of {UNIT}", buffer.name);
            return Err(Error::Unsupported { what });
        }
        Ok(Bytes { size, ..Bytes::default() })
    };
    job.buffers.iter().map(size).collect()
}

/// The number of the buffer that a pass has at a place.
fn bound(job: &Job, pass: &Pass, at: Binding, names: &BTreeMap<&str, usize>) -> Result<usize, Error> {
    if let Some(bound) = pass.bound.iter().find(|bound| bound.at == at) {
        let (name, buffer) = (&pass.name, &bound.buffer);
        let unknown = || wrong(format!("{name} binds `{buffer}`, which is no buffer of the job"));
        return names.get(buffer.as_str()).copied().ok_or_else(unknown);
    }
    let Binding { group, binding } = at;
    job.buffers.iter().position(|buffer| buffer.binding == at).ok_or_else(|| {
        wrong(format!("{} uses group {group}, binding {binding}; no buffer is bound there", pass.name))
    })
}

/// Everything that the entry point binds must be a buffer.
fn supported(program: &Program) -> Result<(), Error> {
    let name = &program.source().name;
    for slot in program.slots() {
        if slot.access == Access::NoBuffer {
            let what = format!("{name} uses `{}`, which is a texture, a sampler or the like", slot.name);
            return Err(Error::Unsupported { what });
        }
    }
    for (_, variable) in used(program).filter(|(_, variable)| variable.binding.is_some()) {
        if matches!(program.module().types[variable.ty].inner, TypeInner::BindingArray { .. }) {
            let variable = variable.name.as_deref().unwrap_or_default();
            return Err(Error::Unsupported {
                what: format!("{name} uses `{variable}`, an array of bindings"),
            });
        }
    }
    Ok(())
}

/// The global variables that the entry point uses.
pub(super) fn used(
    program: &Program,
) -> impl Iterator<Item = (naga::Handle<naga::GlobalVariable>, &naga::GlobalVariable)> {
    let info = program.info().get_entry_point(program.entry_index());
    program.module().global_variables.iter().filter(|(handle, _)| !info[*handle].is_empty())
}

/// Bytes of the variables of an address space that the entry point uses.
pub(super) fn bytes_of(program: &Program, space: AddressSpace, unit: u64) -> u64 {
    let context = program.module().to_ctx();
    let of = |variable: &naga::GlobalVariable| {
        u64::from(program.module().types[variable.ty].inner.size(context)).next_multiple_of(unit)
    };
    used(program).filter(|(_, variable)| variable.space == space).map(|(_, variable)| of(variable)).sum()
}

fn immediate_bytes(program: &Program) -> u64 {
    bytes_of(program, AddressSpace::Immediate, UNIT)
}
