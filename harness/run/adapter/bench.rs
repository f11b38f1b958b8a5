//! The bench on which tasks are executed: pipelines and buffers are made once and used by all tasks.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferUsages,
    CommandEncoder, CommandEncoderDescriptor, ComputePassDescriptor, ComputePipeline, MapMode,
    SubmissionIndex,
};

use super::compare::{Kept, Register};
use super::device::Device;
use super::memory::{Memory, buffer};
use super::pipelines::{self, Form};
use super::plan::Plan;
use super::{Comparison, Content, Done, Error, Seen, Task};
use crate::run::clock::Stopwatch;

/// Repetitions that are under way at a time: while one is compared here, the adapter works on the next.
const UNDER_WAY: u32 = 2;
const WORD: u64 = 4;

pub(super) struct Bench<'a> {
    device: &'a Device,
    plan: &'a Plan<'a>,
    pipelines: BTreeMap<Form, ComputePipeline>,
    memory: Memory,
    register: Register,
    /// The buffers that are read, by number, with their sizes.
    read: Vec<(usize, u64)>,
    /// Where the adapter writes for us to read; one set for each repetition under way.
    staging: Vec<Vec<Buffer>>,
    /// Where the adapter compares.
    kept: Option<Kept>,
    flags: Buffer,
}

/// Everything that one dispatch needs.
struct Launch {
    pipeline: ComputePipeline,
    groups: Vec<(u32, BindGroup)>,
    grid: [u32; 3],
    pass: usize,
}

/// A repetition that was submitted.
struct Sent {
    repetition: u32,
    submission: SubmissionIndex,
    maps: Vec<Mapping>,
}

type Mapping = (Buffer, Arc<Mutex<Option<Result<(), wgpu::BufferAsyncError>>>>);

impl<'a> Bench<'a> {
    pub(super) fn new(device: &'a Device, plan: &'a Plan<'a>, comparison: Comparison) -> Result<Self, Error> {
        let numbered = plan.job.buffers.iter().zip(&plan.buffers).enumerate();
        let read: Vec<(usize, u64)> = numbered
            .filter(|(_, (buffer, _))| buffer.read)
            .map(|(number, (_, bytes))| (number, bytes.size))
            .collect();
        let sets = if comparison == Comparison::Host { UNDER_WAY } else { 1 };
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let mut staging = Vec::new();
        for _ in 0..sets {
            let set: Result<Vec<_>, _> =
                read.iter().map(|(_, size)| buffer(device, "staging", *size, usage)).collect();
            staging.push(set?);
        }
        let kept = match comparison {
            Comparison::Device => Some(Kept::new(device, &read)?),
            Comparison::Host => None,
        };
        let flags = buffer(device, "differences", WORD * (read.len() as u64).max(1), usage)?;
        let memory = Memory::new(device, plan)?;
        let register = Register::new(plan.job);
        Ok(Self { device, plan, pipelines: BTreeMap::new(), memory, register, read, staging, kept, flags })
    }

    /// Executes a task.
    pub(super) fn run(&mut self, task: &Task) -> Result<Done, Error> {
        let watch = Stopwatch::start();
        self.memory.prepare(self.device, self.plan, task)?;
        let launches = self.launches(task)?;
        let mut seen = vec![Vec::new(); self.read.len()];
        if self.kept.is_some() {
            for repetition in 0..task.repeat {
                self.compared_there(task, &launches, repetition, &mut seen)?;
            }
        } else {
            self.compared_here(task, &launches, &mut seen)?;
        }
        let named = |(contents, (number, _)): (Vec<Content>, &(usize, u64))| Seen {
            buffer: self.plan.job.buffers[*number].name.clone(),
            contents,
        };
        Ok(Done {
            name: task.name.clone(),
            buffers: seen.into_iter().zip(&self.read).map(named).collect(),
            launches: launches.len(),
            seconds: watch.elapsed().as_secs_f64(),
        })
    }

    fn compared_here(
        &mut self,
        task: &Task,
        launches: &[Launch],
        seen: &mut [Vec<Content>],
    ) -> Result<(), Error> {
        let mut before = None;
        for repetition in 0..task.repeat {
            let set = (repetition % UNDER_WAY) as usize;
            let next = self.send(repetition, &self.staging[set], |encoder| {
                self.execute(encoder, task, launches, repetition == 0);
                self.read_back(encoder, set);
            })?;
            if let Some(done) = before.replace(next) {
                self.collect(&done, seen)?;
            }
        }
        before.map_or(Ok(()), |last| self.collect(&last, seen))
    }

    fn compared_there(
        &mut self,
        task: &Task,
        launches: &[Launch],
        repetition: u32,
        seen: &mut [Vec<Content>],
    ) -> Result<(), Error> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let is_first = self.read.iter().any(|(number, _)| self.register.first(*number).is_none());
        let working = self.memory.working();
        if is_first {
            let sent = self.send(repetition, &self.staging[0], |encoder| {
                self.execute(encoder, task, launches, true);
                kept.keep(encoder, working);
                self.read_back(encoder, 0);
            })?;
            return self.collect(&sent, seen);
        }
        let sent = self.send(repetition, std::slice::from_ref(&self.flags), |encoder| {
            self.execute(encoder, task, launches, repetition == 0);
            kept.compare(self.device, encoder, working, &self.flags);
        })?;
        let flags = finished(self.device, &sent, |_, bytes| bytes.to_vec())?.concat();
        if flags.iter().any(|byte| *byte != 0) {
            let sent = self.send(repetition, &self.staging[0], |encoder| self.read_back(encoder, 0))?;
            return self.collect(&sent, seen);
        }
        for ((number, _), seen) in self.read.iter().zip(seen) {
            let digest = self.register.first(*number).unwrap_or_default().to_owned();
            self.register.count(seen, *number, digest, repetition);
        }
        Ok(())
    }

    fn execute(&self, encoder: &mut CommandEncoder, task: &Task, launches: &[Launch], every: bool) {
        self.memory.restore(encoder, self.plan, task, every);
        for launch in launches {
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            pass.set_pipeline(&launch.pipeline);
            for (group, bound) in &launch.groups {
                pass.set_bind_group(*group, bound, &[]);
            }
            let immediates = &self.plan.job.passes[launch.pass].immediates;
            if !immediates.is_empty() {
                pass.set_immediates(0, immediates);
            }
            let [x, y, z] = launch.grid;
            pass.dispatch_workgroups(x, y, z);
        }
    }

    fn read_back(&self, encoder: &mut CommandEncoder, set: usize) {
        for ((number, size), staging) in self.read.iter().zip(&self.staging[set]) {
            encoder.copy_buffer_to_buffer(&self.memory.working()[*number], 0, staging, 0, *size);
        }
    }

    /// Submits commands after which `maps` are read.
    fn send(
        &self,
        repetition: u32,
        maps: &[Buffer],
        commands: impl FnOnce(&mut CommandEncoder),
    ) -> Result<Sent, Error> {
        let submission = self.device.scoped("a repetition", || {
            let mut encoder = self.device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
            commands(&mut encoder);
            self.device.queue.submit([encoder.finish()])
        })?;
        let map = |buffer: &Buffer| {
            let done = Arc::new(Mutex::new(None));
            let told = Arc::clone(&done);
            buffer.map_async(MapMode::Read, .., move |result| {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            });
            (buffer.clone(), done)
        };
        let maps = self.device.scoped("reading back", || maps.iter().map(map).collect())?;
        Ok(Sent { repetition, submission, maps })
    }

    fn collect(&mut self, sent: &Sent, seen: &mut [Vec<Content>]) -> Result<(), Error> {
        let Self { device, register, read, .. } = self;
        let shown = finished(device, sent, |place, bytes| {
            let number = read[place].0;
            let digest = register.seen(number, bytes)?;
            register.count(&mut seen[place], number, digest, sent.repetition);
            Ok(())
        });
        shown?.into_iter().collect()
    }

    /// The dispatches of one repetition, with everything that they bind.
    fn launches(&mut self, task: &Task) -> Result<Vec<Launch>, Error> {
        let mut all = Vec::new();
        for (number, kernel) in self.plan.kernels.iter().enumerate() {
            let form = Form::of(task, number);
            if !self.pipelines.contains_key(&form) {
                self.pipelines.insert(form, pipelines::build(self.device, kernel, form)?);
            }
            let pipeline = self.pipelines[&form].clone();
            match task.schedule_of(number) {
                None => {
                    let groups = self.groups(task, form, &pipeline, None)?;
                    all.push(Launch { pipeline, groups, grid: kernel.pass.grid, pass: number });
                }
                Some(schedule) => {
                    for part in schedule.launches(kernel.pass.grid, kernel.program.workgroup_size())? {
                        let words = self.schedule_buffer(&part.words)?;
                        let groups = self.groups(task, form, &pipeline, Some(&words))?;
                        let grid = [part.count, 1, 1];
                        all.push(Launch { pipeline: pipeline.clone(), groups, grid, pass: number });
                    }
                }
            }
        }
        Ok(all)
    }

    fn schedule_buffer(&self, words: &[u32]) -> Result<Buffer, Error> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST;
        let made = buffer(self.device, "schedule", bytes.len() as u64, usage)?;
        self.device
            .scoped("the upload of a schedule", || self.device.queue.write_buffer(&made, 0, &bytes))?;
        Ok(made)
    }

    fn groups(
        &self,
        task: &Task,
        form: Form,
        pipeline: &ComputePipeline,
        schedule: Option<&Buffer>,
    ) -> Result<Vec<(u32, BindGroup)>, Error> {
        let kernel = &self.plan.kernels[form.pass];
        let mut groups: BTreeMap<u32, Vec<BindGroupEntry<'_>>> = BTreeMap::new();
        let part = |binding, buffer, size| BindGroupEntry {
            binding,
            resource: BindingResource::Buffer(BufferBinding {
                buffer,
                offset: 0,
                size: NonZeroU64::new(size),
            }),
        };
        for (slot, number) in &kernel.slots {
            let size = self.plan.buffers[*number].bound(task.padding);
            let entry = part(slot.binding.binding, &self.memory.working()[*number], size);
            groups.entry(slot.binding.group).or_default().push(entry);
        }
        if let (Some(buffer), Some(wrapped)) = (schedule, &kernel.wrapped) {
            let entry = part(wrapped.binding.binding, buffer, buffer.size());
            groups.entry(wrapped.binding.group).or_default().push(entry);
        }
        let bound = |(group, entries): (u32, Vec<BindGroupEntry<'_>>)| {
            let layout = &pipeline.get_bind_group_layout(group);
            let descriptor = BindGroupDescriptor { label: None, layout, entries: &entries };
            (group, self.device.gpu.create_bind_group(&descriptor))
        };
        let what = format!("the buffers of {}", kernel.pass.name);
        self.device.scoped(&what, || groups.into_iter().map(bound).collect())
    }
}

/// Waits for a repetition and shows what it left.
fn finished<T>(
    device: &Device,
    sent: &Sent,
    mut show: impl FnMut(usize, &[u8]) -> T,
) -> Result<Vec<T>, Error> {
    device.wait(&sent.submission)?;
    let lost = |message: String| Error::DeviceLost { message };
    let mut shown = Vec::new();
    for (place, (buffer, done)) in sent.maps.iter().enumerate() {
        let told = done.lock().unwrap_or_else(PoisonError::into_inner).take();
        if !matches!(told, Some(Ok(()))) {
            return Err(lost("what a repetition left could not be read back".to_owned()));
        }
        let view = buffer.get_mapped_range(..).map_err(|error| lost(error.to_string()))?;
        shown.push(show(place, &view));
        drop(view);
        buffer.unmap();
    }
    Ok(shown)
}
