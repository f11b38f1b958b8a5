//! What an adapter allows, asked before anything is dispatched.

use std::collections::BTreeMap;

use naga::AddressSpace;
use wgpu::Limits;

use super::plan::{Kernel, Plan, bytes_of};
use super::{Error, Task};
use crate::vary::schedule;
use crate::wgsl::Access;

/// wgpu counts workgroup variables in units of so many bytes.
const WORKGROUP_UNIT: u64 = 16;

/// The first limit that a job would pass.
pub(super) fn check(plan: &Plan<'_>, limits: &Limits) -> Result<(), Error> {
    for kernel in &plan.kernels {
        check_workgroup(kernel, limits)?;
        check_bindings(kernel, limits)?;
    }
    for task in &plan.job.tasks {
        check_buffers(plan, task, limits)?;
        for (number, kernel) in plan.kernels.iter().enumerate() {
            let grid = match task.schedule_of(number) {
                None => kernel.pass.grid,
                Some(_) => [schedule::longest_launch(kernel.pass.grid), 1, 1],
            };
            check_grid(kernel, grid, limits)?;
        }
    }
    Ok(())
}

fn at_most(have: impl Into<u64>, need: impl Into<u64>, what: impl FnOnce() -> String) -> Result<(), Error> {
    let (have, need) = (have.into(), need.into());
    if need <= have { Ok(()) } else { Err(Error::Limits { what: what(), have, need }) }
}

fn check_workgroup(kernel: &Kernel<'_>, limits: &Limits) -> Result<(), Error> {
    let name = &kernel.pass.name;
    let size = kernel.program.workgroup_size();
    let sizes = [
        limits.max_compute_workgroup_size_x,
        limits.max_compute_workgroup_size_y,
        limits.max_compute_workgroup_size_z,
    ];
    for (axis, (have, need)) in ["x", "y", "z"].into_iter().zip(sizes.into_iter().zip(size)) {
        at_most(have, need, || format!("{name}: workgroup size along {axis}"))?;
    }
    let invocations: u64 = size.iter().map(|size| u64::from(*size)).product();
    at_most(limits.max_compute_invocations_per_workgroup, invocations, || {
        format!("{name}: invocations of a workgroup")
    })?;
    let bytes = bytes_of(&kernel.program, AddressSpace::WorkGroup, WORKGROUP_UNIT);
    at_most(limits.max_compute_workgroup_storage_size, bytes, || {
        format!("{name}: bytes of workgroup memory")
    })?;
    at_most(limits.max_immediate_size, kernel.pass.immediates.len() as u64, || {
        format!("{name}: bytes of `var<immediate>`")
    })
}

fn check_bindings(kernel: &Kernel<'_>, limits: &Limits) -> Result<(), Error> {
    let name = &kernel.pass.name;
    let mut places: Vec<_> = kernel.slots.iter().map(|(slot, _)| slot.binding).collect();
    places.extend(kernel.wrapped.as_ref().map(|wrapped| wrapped.binding));
    for place in &places {
        at_most(limits.max_bind_groups, u64::from(place.group) + 1, || format!("{name}: bind groups"))?;
        at_most(limits.max_bindings_per_bind_group, u64::from(place.binding) + 1, || {
            format!("{name}: numbers of bindings in a group")
        })?;
    }
    let uniform = kernel.slots.iter().filter(|(slot, _)| slot.access == Access::Uniform).count();
    let storage = places.len() - uniform;
    at_most(limits.max_uniform_buffers_per_shader_stage, uniform as u64, || {
        format!("{name}: uniform buffers")
    })?;
    at_most(limits.max_storage_buffers_per_shader_stage, storage as u64, || match &kernel.wrapped {
        Some(_) => format!("{name}: storage buffers, with the one that holds the schedule"),
        None => format!("{name}: storage buffers"),
    })
}

fn check_grid(kernel: &Kernel<'_>, grid: [u32; 3], limits: &Limits) -> Result<(), Error> {
    for (axis, need) in ["x", "y", "z"].into_iter().zip(grid) {
        at_most(limits.max_compute_workgroups_per_dimension, need, || {
            format!("{}: workgroups along {axis}", kernel.pass.name)
        })?;
    }
    Ok(())
}

fn check_buffers(plan: &Plan<'_>, task: &Task, limits: &Limits) -> Result<(), Error> {
    for (buffer, bytes) in plan.job.buffers.iter().zip(&plan.buffers) {
        at_most(limits.max_buffer_size, bytes.whole(task.padding), || {
            format!("bytes of buffer `{}`", buffer.name)
        })?;
    }
    let mut binds = BTreeMap::new();
    for (slot, number) in plan.kernels.iter().flat_map(|kernel| &kernel.slots) {
        let name = &plan.job.buffers[*number].name;
        let bytes = plan.buffers[*number];
        if bytes.size < slot.bytes_min {
            let message =
                format!("buffer `{name}` has {} bytes; `{}` needs {}", bytes.size, slot.name, slot.bytes_min);
            return Err(Error::Job { message });
        }
        let uniform = slot.access == Access::Uniform;
        binds.insert((name, uniform), bytes.bound(task.padding));
    }
    for ((name, uniform), need) in binds {
        let (have, what) = if uniform {
            (limits.max_uniform_buffer_binding_size, "a uniform")
        } else {
            (limits.max_storage_buffer_binding_size, "a storage")
        };
        at_most(have, need, || format!("bytes of buffer `{name}` bound as {what} buffer"))?;
    }
    Ok(())
}
