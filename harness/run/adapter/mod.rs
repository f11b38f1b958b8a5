//! Kernels on adapters: the only door to wgpu.
//!
//! A [`Job`] is executed by [`work`] in a process of its own that [`spawn`] starts and watches: settings of a driver must stand
//! before it loads, a driver that crashes or hangs takes only its worker along, and caches of compiled shaders are off, because
//! they are not keyed by all that changes the code. The [`Reply`] counts, for each task and buffer, the distinct contents that
//! the repetitions left, with a file for each; everything that goes wrong is an [`Error`] with a kind.

mod bench;
mod child;
mod compare;
mod device;
mod error;
mod facts;
mod job;
mod limits;
mod memory;
mod pipelines;
mod plan;
mod program;
mod reply;
mod strict;
#[cfg(test)]
mod tests;

pub use child::{serve, spawn, survey};
pub use error::Error;
pub use facts::list;
pub use job::{Bound, Buffer, Choice, Comparison, Contents, Job, Pass, Task};
pub use program::{program, serves};
pub use reply::{AdapterFacts, Content, Done, Reply, Seen};

/// The hidden argument that makes a driftless binary a worker; the path of the question follows.
pub const ARGUMENT: &str = "__adapter";

/// Executes a job in this process.
///
/// # Errors
/// See [`Error`]; limits are checked before anything is dispatched.
pub fn work(job: &Job) -> Result<Reply, Error> {
    let plan = plan::Plan::new(job)?;
    let adapter = facts::choose(&job.adapter)?;
    limits::check(&plan, &adapter.limits())?;
    let described = facts::describe(&adapter);
    check_strict(job, &described)?;
    let device = device::Device::open(&adapter)?;
    let whose = if described.is_software() { Comparison::Host } else { Comparison::Device };
    let mut bench = bench::Bench::new(&device, &plan, job.comparison.unwrap_or(whose))?;
    let tasks: Result<Vec<Done>, Error> = job.tasks.iter().map(|task| bench.run(task)).collect();
    Ok(Reply { adapter: described, tasks: tasks? })
}

fn check_strict(job: &Job, adapter: &AdapterFacts) -> Result<(), Error> {
    let can =
        adapter.backend == "vulkan" && adapter.features.iter().any(|name| name == "passthrough-shaders");
    if can || !job.tasks.iter().any(|task| task.strict) {
        return Ok(());
    }
    let what = format!("strict floats on {} ({}): they need Vulkan", adapter.name, adapter.backend);
    Err(Error::Unsupported { what })
}
