//! Buffers on the adapter: initial contents that are uploaded once, and those that kernels work on.

use std::collections::BTreeMap;

use wgpu::{Buffer, BufferDescriptor, BufferUsages, CommandEncoder};

use super::device::Device;
use super::plan::Plan;
use super::{Contents, Error, Task};

pub(super) struct Memory {
    /// What each buffer holds at first; `None` for zeros, which need no source.
    pristine: Vec<Option<Buffer>>,
    /// Sources of one byte again and again.
    poison: BTreeMap<u8, Buffer>,
    /// The padding that the working buffers have, and these.
    working: Option<(u32, Vec<Buffer>)>,
}

pub(super) fn buffer(device: &Device, name: &str, size: u64, usage: BufferUsages) -> Result<Buffer, Error> {
    let descriptor = BufferDescriptor { label: Some(name), size, usage, mapped_at_creation: false };
    device.scoped(&format!("{size} bytes for buffer `{name}`"), || device.gpu.create_buffer(&descriptor))
}

/// A buffer that is written once and then copied from.
fn source(device: &Device, name: &str, bytes: &[u8]) -> Result<Buffer, Error> {
    let made = buffer(device, name, bytes.len() as u64, BufferUsages::COPY_SRC | BufferUsages::COPY_DST)?;
    device
        .scoped(&format!("the upload of buffer `{name}`"), || device.queue.write_buffer(&made, 0, bytes))?;
    Ok(made)
}

impl Memory {
    pub(super) fn new(device: &Device, plan: &Plan<'_>) -> Result<Self, Error> {
        let mut pristine = Vec::new();
        for (buffer, bytes) in plan.job.buffers.iter().zip(&plan.buffers) {
            let contents = match &buffer.contents {
                Contents::Fill { byte: 0, .. } => None,
                Contents::Fill { byte, .. } => Some(filled(*byte, bytes.size)?),
                Contents::File(path) => {
                    let read = std::fs::read(path).map_err(|error| Error::file(path, error))?;
                    if read.len() as u64 != bytes.size {
                        return Err(Error::file(path, "changed its size while it was read"));
                    }
                    Some(read)
                }
            };
            pristine.push(contents.map(|contents| source(device, &buffer.name, &contents)).transpose()?);
            // Uploads are staged in host memory until they are submitted; one at a time keeps the peak low.
            device.queue.submit([]);
        }
        Ok(Self { pristine, poison: BTreeMap::new(), working: None })
    }

    /// Makes ready what a task needs.
    pub(super) fn prepare(&mut self, device: &Device, plan: &Plan<'_>, task: &Task) -> Result<(), Error> {
        if let Some(byte) = task.poison.filter(|byte| *byte != 0)
            && !self.poison.contains_key(&byte)
        {
            let scratch = plan.job.buffers.iter().zip(&plan.buffers).filter(|(buffer, _)| buffer.scratch);
            let longest = scratch.map(|(_, bytes)| bytes.size).max().unwrap_or(0);
            let paddings = plan.job.tasks.iter().map(|task| u64::from(task.padding).next_multiple_of(4));
            let size = longest.max(paddings.max().unwrap_or(0)).max(4);
            self.poison.insert(byte, source(device, "poison", &filled(byte, size)?)?);
        }
        if self.working.as_ref().is_none_or(|(padding, _)| *padding != task.padding) {
            self.working = None;
            let usage = BufferUsages::STORAGE
                | BufferUsages::UNIFORM
                | BufferUsages::COPY_SRC
                | BufferUsages::COPY_DST;
            let mut working = Vec::new();
            for (named, bytes) in plan.job.buffers.iter().zip(&plan.buffers) {
                working.push(buffer(device, &named.name, bytes.whole(task.padding), usage)?);
            }
            self.working = Some((task.padding, working));
        }
        Ok(())
    }

    /// What kernels work on, in the job's order; empty before the first task was prepared.
    pub(super) fn working(&self) -> &[Buffer] {
        self.working.as_ref().map_or(&[], |(_, buffers)| buffers)
    }

    /// Gives every buffer its contents again, or only those that a kernel may have written to.
    pub(super) fn restore(&self, encoder: &mut CommandEncoder, plan: &Plan<'_>, task: &Task, every: bool) {
        let poison = task.poison.and_then(|byte| self.poison.get(&byte));
        for (number, working) in self.working().iter().enumerate() {
            let bytes = plan.buffers[number];
            if !(every || bytes.written || !task.robust) {
                continue;
            }
            let is_poisoned = plan.job.buffers[number].scratch && task.poison.is_some();
            let from = if is_poisoned { poison } else { self.pristine[number].as_ref() };
            fill(encoder, from, working, 0, bytes.size);
            fill(encoder, poison, working, bytes.size, working.size() - bytes.size);
        }
    }
}

/// Copies from the beginning of a source, or clears where there is none.
fn fill(encoder: &mut CommandEncoder, from: Option<&Buffer>, to: &Buffer, offset: u64, size: u64) {
    match from {
        _ if size == 0 => {}
        Some(from) => encoder.copy_buffer_to_buffer(from, 0, to, offset, size),
        None => encoder.clear_buffer(to, offset, Some(size)),
    }
}

fn filled(byte: u8, size: u64) -> Result<Vec<u8>, Error> {
    let none = || Error::OutOfMemory { message: format!("{size} bytes to fill a buffer with") };
    let size = usize::try_from(size).map_err(|_| none())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| none())?;
    bytes.resize(size, byte);
    Ok(bytes)
}
