//! What repetitions left, told apart: by the adapter where reading back is dear, else here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor,
    ShaderModuleDescriptor, ShaderSource,
};

use super::device::Device;
use super::memory::buffer;
use super::{Content, Error, Job};

/// The contents that were seen, per buffer of the job. The first one stays in memory: that others equal it, which is the rule, is
/// found by comparing bytes, several times faster than by hashing them.
pub(super) struct Register {
    folder: PathBuf,
    files_max: usize,
    buffers: BTreeMap<usize, Known>,
}

#[derive(Default)]
struct Known {
    first: Option<(Vec<u8>, String)>,
    files: BTreeMap<String, Option<PathBuf>>,
}

impl Register {
    pub(super) fn new(job: &Job) -> Self {
        let files_max = job.contents_max as usize;
        Self { folder: job.folder.clone(), files_max, buffers: BTreeMap::new() }
    }

    /// The digest of what a buffer holds; a content that is new is left as a file while there are few.
    pub(super) fn seen(&mut self, buffer: usize, bytes: &[u8]) -> Result<String, Error> {
        let known = self.buffers.entry(buffer).or_default();
        if let Some((_, digest)) = known.first.as_ref().filter(|(first, _)| first == bytes) {
            return Ok(digest.clone());
        }
        let digest = hexadecimal(&Sha256::digest(bytes));
        if !known.files.contains_key(&digest) {
            let path = self.folder.join(&digest);
            let is_left = known.files.len() < self.files_max;
            if is_left {
                std::fs::write(&path, bytes).map_err(|error| Error::file(&path, error))?;
            }
            known.files.insert(digest.clone(), is_left.then_some(path));
        }
        if known.first.is_none() {
            known.first = Some((bytes.to_vec(), digest.clone()));
        }
        Ok(digest)
    }

    /// The digest of the first content that a buffer had.
    pub(super) fn first(&self, buffer: usize) -> Option<&str> {
        self.buffers.get(&buffer)?.first.as_ref().map(|(_, digest)| digest.as_str())
    }

    /// Counts a repetition among the contents of a task.
    pub(super) fn count(&self, contents: &mut Vec<Content>, buffer: usize, digest: String, repetition: u32) {
        if let Some(content) = contents.iter_mut().find(|content| content.digest == digest) {
            content.count += 1;
            return;
        }
        let file = self.buffers.get(&buffer).and_then(|known| known.files.get(&digest)).cloned().flatten();
        contents.push(Content { digest, file, first: repetition, count: 1 });
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

const SAME: &str = "
@group(0) @binding(0) var<storage, read> now: array<u32>;
@group(0) @binding(1) var<storage, read> first: array<u32>;
@group(0) @binding(2) var<storage, read_write> differs: atomic<u32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var word = id.x; word < arrayLength(&now); word += groups.x * 256u) {
        if now[word] != first[word] { atomicStore(&differs, 1u); }
    }
}
";
const LANES: u64 = 256;
const WORD: u64 = 4;

/// Copies of the first contents on the adapter, and the kernel that compares with them.
pub(super) struct Kept {
    pipeline: ComputePipeline,
    buffers: BTreeMap<usize, Reference>,
}

struct Reference {
    first: Buffer,
    flag: Buffer,
    size: u64,
}

impl Kept {
    pub(super) fn new(device: &Device, read: &[(usize, u64)]) -> Result<Self, Error> {
        let pipeline = device.scoped("the comparison", || {
            let source = ShaderSource::Wgsl(SAME.into());
            let module =
                device.gpu.create_shader_module(ShaderModuleDescriptor { label: Some("same"), source });
            device.gpu.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some("same"),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        })?;
        let mut buffers = BTreeMap::new();
        for (number, size) in read.iter().copied() {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST;
            let first = buffer(device, "first content", size, usage)?;
            let flag = buffer(device, "difference", WORD, usage | BufferUsages::COPY_SRC)?;
            buffers.insert(number, Reference { first, flag, size });
        }
        Ok(Self { pipeline, buffers })
    }

    /// Remembers what the buffers hold.
    pub(super) fn keep(&self, encoder: &mut CommandEncoder, working: &[Buffer]) {
        for (number, reference) in &self.buffers {
            encoder.copy_buffer_to_buffer(&working[*number], 0, &reference.first, 0, reference.size);
        }
    }

    /// Compares every buffer; the flags go to `flags`, one word each, in the order of the buffers' numbers.
    pub(super) fn compare(
        &self,
        device: &Device,
        encoder: &mut CommandEncoder,
        working: &[Buffer],
        flags: &Buffer,
    ) {
        for reference in self.buffers.values() {
            encoder.clear_buffer(&reference.flag, 0, None);
        }
        for (number, reference) in &self.buffers {
            let group = self.group(device, &working[*number], reference);
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &group, &[]);
            let most = device.gpu.limits().max_compute_workgroups_per_dimension;
            let groups = (reference.size / WORD).div_ceil(LANES).min(u64::from(most));
            pass.dispatch_workgroups(u32::try_from(groups).unwrap_or(most), 1, 1);
        }
        for (reference, place) in self.buffers.values().zip(0..) {
            encoder.copy_buffer_to_buffer(&reference.flag, 0, flags, place * WORD, WORD);
        }
    }

    fn group(&self, device: &Device, working: &Buffer, reference: &Reference) -> BindGroup {
        let part = |buffer, size| {
            BindingResource::Buffer(BufferBinding {
                buffer,
                offset: 0,
                size: std::num::NonZeroU64::new(size),
            })
        };
        let resources = [
            part(working, reference.size),
            part(&reference.first, reference.size),
            part(&reference.flag, WORD),
        ];
        let entries: Vec<_> =
            (0..).zip(resources).map(|(binding, resource)| BindGroupEntry { binding, resource }).collect();
        device.gpu.create_bind_group(&BindGroupDescriptor {
            label: None,
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    }
}
