//! Floats as they stand in the source: SPIR-V in which every float result is decorated `NoContraction`.
//!
//! WGSL lets a compiler fuse `a * b + c` and reassociate sums; SPIR-V lets a module forbid both, result by result, but wgpu does
//! not. So the module is written here and handed to the driver as it is, which wgpu does for Vulkan only.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use naga::back::spv;
use wgpu::ShaderModuleDescriptorPassthrough;

use super::Error;
use super::device::Device;
use super::pipelines::{Form, places};
use super::plan::Kernel;
use crate::wgsl::validator;

/// Words before the first instruction.
const HEADER: usize = 5;
const OP_TYPE_FLOAT: u32 = 22;
const OP_TYPE_VECTOR: u32 = 23;
const OP_TYPE_MATRIX: u32 = 24;
const OP_DECORATE: u32 = 71;
const NO_CONTRACTION: u32 = 42;
/// `OpFNegate`, `OpFAdd`, `OpFSub`, `OpFMul`, `OpFDiv`, `OpFRem`, `OpFMod`, the products of vectors and matrices, `OpDot`.
const ARITHMETIC: [u32; 14] = [127, 129, 131, 133, 136, 140, 141, 142, 143, 144, 145, 146, 147, 148];
/// `OpTypeVoid`: the first instruction that decorations must precede, whatever naga writes first of the types.
const FIRST_TYPE: std::ops::RangeInclusive<u32> = 19..=33;

/// The decorated module of a kernel.
pub(super) fn words(kernel: &Kernel<'_>, form: Form) -> Result<Vec<u32>, Error> {
    let refuse =
        |what: String| Error::Unsupported { what: format!("{} as strict floats: {what}", kernel.pass.name) };
    let module = match &kernel.wrapped {
        Some(wrapped) if form.wrapped => &wrapped.module,
        _ => kernel.program.module(),
    };
    let info = validator().validate(module).map_err(|error| refuse(error.to_string()))?;
    let pipeline = spv::PipelineOptions {
        shader_stage: naga::ShaderStage::Compute,
        entry_point: kernel.pass.entry.clone(),
    };
    let words = spv::write_vec(module, &info, &options(kernel, form), Some(&pipeline))
        .map_err(|error| refuse(error.to_string()))?;
    Ok(decorated(&words))
}

/// wgpu numbers the bindings of a group without gaps on Vulkan; modules that it does not write must do so themselves.
fn options(kernel: &Kernel<'_>, form: Form) -> spv::Options<'static> {
    let mut next: BTreeMap<u32, u32> = BTreeMap::new();
    let mut numbered = |place: &crate::wgsl::Binding| {
        let number = next.entry(place.group).or_default();
        let info =
            spv::BindingInfo { descriptor_set: place.group, binding: *number, binding_array_size: None };
        *number += 1;
        (naga::ResourceBinding { group: place.group, binding: place.binding }, info)
    };
    let policy = if form.robust {
        naga::proc::BoundsCheckPolicy::Restrict
    } else {
        naga::proc::BoundsCheckPolicy::Unchecked
    };
    spv::Options {
        lang_version: (1, 3),
        flags: spv::WriterFlags::empty(),
        binding_map: places(kernel, form).keys().map(&mut numbered).collect(),
        bounds_check_policies: naga::proc::BoundsCheckPolicies {
            index: policy,
            buffer: policy,
            image_load: policy,
            binding_array: naga::proc::BoundsCheckPolicy::Unchecked,
        },
        zero_initialize_workgroup_memory: if form.zero {
            spv::ZeroInitializeWorkgroupMemoryMode::Polyfill
        } else {
            spv::ZeroInitializeWorkgroupMemoryMode::None
        },
        ..spv::Options::default()
    }
}

/// Adds the decoration to every float result of arithmetic.
fn decorated(words: &[u32]) -> Vec<u32> {
    let mut floats = BTreeSet::new();
    let mut results = Vec::new();
    let mut types_at = None;
    for (at, instruction) in instructions(words) {
        let opcode = instruction[0] & 0xffff;
        if FIRST_TYPE.contains(&opcode) {
            types_at.get_or_insert(at);
        }
        match (opcode, instruction) {
            (OP_TYPE_FLOAT, [_, id, ..]) => {
                floats.insert(*id);
            }
            (OP_TYPE_VECTOR | OP_TYPE_MATRIX, [_, id, of, ..]) if floats.contains(of) => {
                floats.insert(*id);
            }
            (_, [_, ty, id, ..]) if ARITHMETIC.contains(&opcode) && floats.contains(ty) => results.push(*id),
            _ => {}
        }
    }
    let decorations = results.into_iter().flat_map(|id| [3 << 16 | OP_DECORATE, id, NO_CONTRACTION]);
    let (before, after) = words.split_at(types_at.unwrap_or(words.len()));
    before.iter().copied().chain(decorations).chain(after.iter().copied()).collect()
}

/// Every instruction with its place. A length that leads nowhere ends them; naga writes none.
fn instructions(words: &[u32]) -> impl Iterator<Item = (usize, &[u32])> {
    let mut at = HEADER;
    std::iter::from_fn(move || {
        let length = (*words.get(at)? >> 16) as usize;
        let instruction = words.get(at..at.checked_add(length)?).filter(|words| !words.is_empty())?;
        let place = at;
        at += length;
        Some((place, instruction))
    })
}

/// Hands a module to the driver as it is.
#[expect(unsafe_code, reason = "wgpu cannot look into a module that it did not write")]
pub(super) fn module(device: &Device, kernel: &Kernel<'_>, words: Vec<u32>) -> wgpu::ShaderModule {
    let [x, y, z] = kernel.program.workgroup_size();
    let entry = wgpu::PassthroughShaderEntryPoint {
        name: Cow::Borrowed(kernel.pass.entry.as_str()),
        workgroup_size: (x, y, z),
    };
    let descriptor = ShaderModuleDescriptorPassthrough {
        label: Some(kernel.pass.name.as_str()),
        entry_points: Cow::Owned(vec![entry]),
        spirv: Some(Cow::Owned(words)),
        ..ShaderModuleDescriptorPassthrough::default()
    };
    // SAFETY: naga wrote the module from one that passed validation; only decorations were added, which change no types and
    // no addresses. The worker is a process of its own.
    unsafe { device.gpu.create_shader_module_passthrough(descriptor) }
}
