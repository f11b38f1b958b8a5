//! Programs -> pipelines, each form of each pass once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wgpu::{
    BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BufferBindingType, ComputePipeline,
    ComputePipelineDescriptor, PipelineCompilationOptions, PipelineLayout, PipelineLayoutDescriptor,
    ShaderModule, ShaderModuleDescriptor, ShaderRuntimeChecks, ShaderSource, ShaderStages,
};

use super::device::Device;
use super::plan::Kernel;
use super::{Error, Task, strict};
use crate::wgsl::{Access, Binding};

/// What makes a pass another pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each is a condition of its own, named as wgpu names it")]
pub(super) struct Form {
    pub(super) pass: usize,
    pub(super) wrapped: bool,
    pub(super) zero: bool,
    pub(super) robust: bool,
    pub(super) strict: bool,
}

impl Form {
    pub(super) fn of(task: &Task, pass: usize) -> Self {
        Self {
            pass,
            wrapped: task.schedule_of(pass).is_some(),
            zero: task.zero_workgroup_memory,
            robust: task.robust,
            strict: task.strict,
        }
    }
}

/// One form of a kernel. Its program is valid and within limits: what wgpu still refuses is what the adapter lacks.
pub(super) fn build(device: &Device, kernel: &Kernel<'_>, form: Form) -> Result<ComputePipeline, Error> {
    refusable(device, kernel, form).map_err(|error| match error {
        Error::Validation { message } => Error::Unsupported { what: message },
        other => other,
    })
}

fn refusable(device: &Device, kernel: &Kernel<'_>, form: Form) -> Result<ComputePipeline, Error> {
    let name = &kernel.pass.name;
    let wrapped = kernel.wrapped.as_ref().filter(|_| form.wrapped);
    let what = format!("the kernel `{}` of {name}", kernel.pass.entry);
    if form.strict {
        let words = strict::words(kernel, form)?;
        return device.scoped(&what, || {
            let module = strict::module(device, kernel, words);
            let layout = explicit_layout(device, kernel, form);
            pipeline(device, kernel, form, &module, Some(&layout), &[])
        });
    }
    let overrides: Vec<(&str, f64)> =
        kernel.pass.overrides.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    device.scoped(&what, || {
        let source = match wrapped {
            Some(wrapped) => ShaderSource::Naga(Cow::Owned(wrapped.module.clone())),
            None => ShaderSource::Wgsl(Cow::Borrowed(&kernel.pass.text)),
        };
        let module = shader(device, ShaderModuleDescriptor { label: Some(name), source }, form.robust);
        // The rewriting has put the values of overrides in.
        let constants = if wrapped.is_some() { &[][..] } else { &overrides };
        pipeline(device, kernel, form, &module, None, constants)
    })
}

/// Without `robust`, wgpu adds no bounds checks of its own; everything else that it guards stays guarded.
#[expect(unsafe_code, reason = "there is no safe way to leave bounds checks out")]
fn shader(device: &Device, descriptor: ShaderModuleDescriptor<'_>, robust: bool) -> ShaderModule {
    if robust {
        return device.gpu.create_shader_module(descriptor);
    }
    let mut checks = ShaderRuntimeChecks::checked();
    checks.bounds_checks = false;
    // SAFETY: an access out of bounds may do anything on the adapter, which is what a task without `robust` asks to see;
    // it happens in a worker process of its own, whose end is contained.
    unsafe { device.gpu.create_shader_module_trusted(descriptor, checks) }
}

fn pipeline(
    device: &Device,
    kernel: &Kernel<'_>,
    form: Form,
    module: &ShaderModule,
    layout: Option<&PipelineLayout>,
    constants: &[(&str, f64)],
) -> ComputePipeline {
    device.gpu.create_compute_pipeline(&ComputePipelineDescriptor {
        label: Some(&kernel.pass.name),
        layout,
        module,
        entry_point: Some(&kernel.pass.entry),
        compilation_options: PipelineCompilationOptions {
            constants,
            zero_initialize_workgroup_memory: form.zero,
        },
        cache: None,
    })
}

/// What a form of a kernel binds, in order of group and binding.
pub(super) fn places(kernel: &Kernel<'_>, form: Form) -> BTreeMap<Binding, Access> {
    let mut places: BTreeMap<Binding, Access> =
        kernel.slots.iter().map(|(slot, _)| (slot.binding, slot.access)).collect();
    let wrapped = kernel.wrapped.as_ref().filter(|_| form.wrapped);
    places.extend(wrapped.map(|wrapped| (wrapped.binding, Access::Read)));
    places
}

/// A module that wgpu does not look into has no layout that could be derived.
fn explicit_layout(device: &Device, kernel: &Kernel<'_>, form: Form) -> PipelineLayout {
    let mut groups: BTreeMap<u32, Vec<BindGroupLayoutEntry>> = BTreeMap::new();
    for (place, access) in places(kernel, form) {
        groups.entry(place.group).or_default().push(entry(place.binding, access));
    }
    let last = groups.keys().next_back().copied().unwrap_or(0);
    let layouts: Vec<_> = (0..=last)
        .map(|group| {
            let entries = groups.get(&group).map_or(&[][..], Vec::as_slice);
            device.gpu.create_bind_group_layout(&BindGroupLayoutDescriptor { label: None, entries })
        })
        .collect();
    let references: Vec<_> = layouts.iter().map(Some).collect();
    device.gpu.create_pipeline_layout(&PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &references,
        immediate_size: u32::try_from(kernel.pass.immediates.len()).unwrap_or(u32::MAX),
    })
}

fn entry(binding: u32, access: Access) -> BindGroupLayoutEntry {
    let ty = match access {
        Access::Uniform => BufferBindingType::Uniform,
        other => BufferBindingType::Storage { read_only: other == Access::Read },
    };
    BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    }
}
