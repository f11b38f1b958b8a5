//! Adapters found, described and chosen.

use std::collections::BTreeMap;

use wgpu::{Backend, Backends, DeviceType, Features, Instance, InstanceDescriptor, InstanceFlags, Limits};

use super::{AdapterFacts, Choice, Error};

/// What kernels may use, and what we use ourselves; asked for wherever the adapter has it.
const FEATURES: [(Features, &str); 10] = [
    (Features::IMMEDIATES, "immediates"),
    (Features::PASSTHROUGH_SHADERS, "passthrough-shaders"),
    (Features::SHADER_F16, "shader-f16"),
    (Features::SHADER_F64, "shader-f64"),
    (Features::SHADER_FLOAT32_ATOMIC, "shader-float32-atomic"),
    (Features::SHADER_INT64, "shader-int64"),
    (Features::SHADER_INT64_ATOMIC_ALL_OPS, "shader-int64-atomic-all-ops"),
    (Features::SHADER_INT64_ATOMIC_MIN_MAX, "shader-int64-atomic-min-max"),
    (Features::SUBGROUP, "subgroup"),
    (Features::SUBGROUP_BARRIER, "subgroup-barrier"),
];

/// Every adapter of every backend, software included, in the order in which the drivers name them.
#[must_use]
pub fn list() -> Vec<AdapterFacts> {
    adapters().iter().map(describe).collect()
}

/// The no-op backend is not compiled in; were it ever, it must not pass for an adapter: it executes nothing and says that it is a CPU.
fn adapters() -> Vec<wgpu::Adapter> {
    let backends = Backends::all() - Backends::NOOP;
    let descriptor = InstanceDescriptor {
        backends,
        // Validation layers and debug marks would be another environment than users have.
        flags: InstanceFlags::empty(),
        ..InstanceDescriptor::new_without_display_handle()
    };
    let instance = Instance::new(descriptor);
    let mut all = pollster::block_on(instance.enumerate_adapters(backends));
    all.retain(|adapter| adapter.get_info().backend != Backend::Noop);
    all
}

/// The adapter that fits; of several, the fastest kind of device.
pub(super) fn choose(choice: &Choice) -> Result<wgpu::Adapter, Error> {
    let all = adapters();
    let names: Vec<String> = all.iter().map(|one| named(&one.get_info())).collect();
    let mut fitting: Vec<wgpu::Adapter> =
        all.into_iter().filter(|one| fits(&one.get_info(), choice)).collect();
    // A stable sort: adapters of one kind stay in the order of their drivers.
    fitting.sort_by_key(|one| rank(one.get_info().device_type));
    let found = fitting.into_iter().nth(choice.index.unwrap_or(0));
    found.ok_or_else(|| Error::NoAdapter {
        asked: asked(choice),
        message: if names.is_empty() {
            "no driver offers any (Vulkan, GL, Metal and DX12 were asked)".to_owned()
        } else {
            format!("there is {}", names.join(", "))
        },
    })
}

fn named(info: &wgpu::AdapterInfo) -> String {
    format!("{} ({})", info.name, info.backend.to_str())
}

fn fits(info: &wgpu::AdapterInfo, choice: &Choice) -> bool {
    let backend =
        choice.backend.as_ref().is_none_or(|backend| backend.eq_ignore_ascii_case(info.backend.to_str()));
    let holds = |part: &String| info.name.to_lowercase().contains(&part.to_lowercase());
    backend && choice.name.as_ref().is_none_or(holds)
}

fn rank(device: DeviceType) -> u8 {
    match device {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Cpu => 3,
        DeviceType::Other => 4,
    }
}

fn asked(choice: &Choice) -> String {
    let mut words = Vec::new();
    words.extend(choice.backend.as_ref().map(|backend| format!("of backend `{backend}`")));
    words.extend(choice.name.as_ref().map(|name| format!("with `{name}` in its name")));
    words.extend(choice.index.map(|index| format!("at place {index}")));
    if words.is_empty() { "at all".to_owned() } else { words.join(" ") }
}

/// What of [`FEATURES`] the adapter has.
pub(super) fn features(adapter: &wgpu::Adapter) -> Features {
    let has = adapter.features();
    let of_interest = FEATURES.iter().fold(Features::empty(), |all, (feature, _)| all | *feature);
    has & of_interest
}

pub(super) fn describe(adapter: &wgpu::Adapter) -> AdapterFacts {
    let info = adapter.get_info();
    let has = features(adapter);
    let sizes = [info.subgroup_min_size, info.subgroup_max_size];
    AdapterFacts {
        backend: info.backend.to_str().to_owned(),
        device_type: kind(info.device_type).to_owned(),
        subgroup_sizes: has.contains(Features::SUBGROUP).then_some(sizes),
        features: FEATURES.iter().filter(|one| has.contains(one.0)).map(|one| one.1.to_owned()).collect(),
        limits: limits(&adapter.limits()),
        name: info.name,
        driver: info.driver,
        driver_info: info.driver_info,
        vendor: info.vendor,
        device: info.device,
    }
}

fn kind(device: DeviceType) -> &'static str {
    match device {
        DeviceType::DiscreteGpu => "discrete-gpu",
        DeviceType::IntegratedGpu => "integrated-gpu",
        DeviceType::VirtualGpu => "virtual-gpu",
        DeviceType::Cpu => "cpu",
        DeviceType::Other => "other",
    }
}

fn limits(limits: &Limits) -> BTreeMap<String, u64> {
    let of = |name: &str, value: u64| (name.to_owned(), value);
    let wide = |name: &str, value: u32| (name.to_owned(), u64::from(value));
    BTreeMap::from([
        of("max-buffer-size", limits.max_buffer_size),
        of("max-storage-buffer-binding-size", limits.max_storage_buffer_binding_size),
        of("max-uniform-buffer-binding-size", limits.max_uniform_buffer_binding_size),
        wide("max-bind-groups", limits.max_bind_groups),
        wide("max-bindings-per-bind-group", limits.max_bindings_per_bind_group),
        wide("max-storage-buffers-per-shader-stage", limits.max_storage_buffers_per_shader_stage),
        wide("max-uniform-buffers-per-shader-stage", limits.max_uniform_buffers_per_shader_stage),
        wide("max-compute-workgroup-storage-size", limits.max_compute_workgroup_storage_size),
        wide("max-compute-invocations-per-workgroup", limits.max_compute_invocations_per_workgroup),
        wide("max-compute-workgroup-size-x", limits.max_compute_workgroup_size_x),
        wide("max-compute-workgroup-size-y", limits.max_compute_workgroup_size_y),
        wide("max-compute-workgroup-size-z", limits.max_compute_workgroup_size_z),
        wide("max-compute-workgroups-per-dimension", limits.max_compute_workgroups_per_dimension),
        wide("max-immediate-size", limits.max_immediate_size),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_software_adapter_is_found_and_described() {
        let all = list();
        assert!(!all.is_empty(), "no adapter: install `mesa-vulkan-drivers`");
        for one in &all {
            assert!(!one.name.is_empty() && one.backend != "noop", "{one:?}");
            assert!(one.limits["max-compute-invocations-per-workgroup"] >= 128, "{one:?}");
        }
    }

    #[test]
    fn an_adapter_that_is_not_there_is_named_with_those_that_are() {
        let choice = Choice { name: Some("Voodoo".to_owned()), ..Choice::default() };
        let error = choose(&choice).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`Voodoo`"), "{text}");
        assert!(error.hint().is_some_and(|hint| hint.contains("mesa-vulkan-drivers")));
    }
}
