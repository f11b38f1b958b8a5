//! Tests on the software adapter. A machine without one fails them: an audit that cannot run is not one that passed.

mod conditions;
mod generated;
mod kernels;
mod oracle;
mod processes;
mod refusals;
mod schedules;

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::vary::schedule::Schedule;
use crate::wgsl::{Binding, Order};

/// A job under construction, over buffers of group 0 in the order of their bindings.
pub(super) struct Bench {
    pub(super) job: Job,
    folder: TempDir,
}

impl Bench {
    fn new(text: &str, grid: [u32; 3]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let job = Job {
            adapter: software(),
            passes: vec![pass(text, grid)],
            buffers: Vec::new(),
            tasks: Vec::new(),
            folder: folder.path().to_owned(),
            contents_max: 100,
            comparison: None,
        };
        Self { job, folder }
    }

    fn buffer(mut self, contents: Contents, read: bool) -> Self {
        let number = u32::try_from(self.job.buffers.len()).unwrap();
        self.job.buffers.push(Buffer {
            name: format!("b{number}"),
            binding: Binding { group: 0, binding: number },
            contents,
            read,
            scratch: read && number > 0,
        });
        self
    }

    fn words(self, words: &[u32]) -> Self {
        let path = self.folder.path().join(format!("input-{}", self.job.buffers.len()));
        std::fs::write(&path, bytes(words)).unwrap();
        self.buffer(Contents::File(path), false)
    }

    fn output(self, words: u64) -> Self {
        self.buffer(Contents::Fill { byte: 0, bytes: 4 * words }, true)
    }

    fn task(mut self, task: Task) -> Self {
        let name = format!("t{}", self.job.tasks.len());
        self.job.tasks.push(Task { name, ..task });
        self
    }

    fn scheduled(self, schedule: Schedule) -> Self {
        self.task(Task { schedule: Some(schedule), ..Task::default() })
    }

    fn plain(self) -> Self {
        self.task(Task::default())
    }

    fn work(&self) -> Reply {
        match work(&self.job) {
            Err(error @ Error::NoAdapter { .. }) => panic!("install `mesa-vulkan-drivers`: {error}"),
            reply => reply.unwrap(),
        }
    }

    fn refused(&self) -> Error {
        work(&self.job).unwrap_err()
    }
}

fn software() -> Choice {
    Choice { backend: Some("vulkan".to_owned()), ..Choice::default() }
}

fn pass(text: &str, grid: [u32; 3]) -> Pass {
    Pass {
        name: "k.wgsl".to_owned(),
        text: text.to_owned(),
        entry: "main".to_owned(),
        overrides: std::collections::BTreeMap::new(),
        grid,
        immediates: Vec::new(),
        bound: Vec::new(),
    }
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn left(path: &Path) -> Vec<u32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// The words of the first content of a task's buffer.
fn content(reply: &Reply, task: usize, buffer: usize) -> Vec<u32> {
    left(reply.tasks[task].buffers[buffer].contents[0].file.as_ref().unwrap())
}

/// What the tasks left in all buffers at first, without repeats.
fn digests(reply: &Reply) -> std::collections::BTreeSet<Vec<&str>> {
    reply
        .tasks
        .iter()
        .map(|done| done.buffers.iter().map(|seen| seen.contents[0].digest.as_str()).collect())
        .collect()
}

/// Floats of spread exponents and both signs: inputs on which another order of a sum shows.
fn spread(count: usize, seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 40).unwrap()
    };
    (0..count).map(|_| (next() & 0x007f_ffff) | (121 + next() % 12) << 23 | (next() & 1) << 31).collect()
}

fn shuffled(seed: u64) -> Schedule {
    Schedule { workgroups: Order::Shuffled(seed), lanes: Order::Shuffled(seed ^ 0xabcd), parts: 1 }
}

/// A job that takes hours.
pub(super) fn endless() -> Bench {
    let bench = Bench::new(kernels::TREE_SUM, [16, 1, 1]).words(&spread(1024, 7)).output(16);
    bench
        .task(Task { repeat: 1_000_000, ..Task::default() })
        .task(Task { repeat: 1_000_000, ..Task::default() })
}

/// This program, and the arguments that make a worker of it.
pub(super) fn this_binary() -> (std::path::PathBuf, Vec<std::ffi::OsString>) {
    let name = concat!(module_path!(), "::processes::worker");
    let name = name.split_once("::").unwrap().1;
    (std::env::current_exe().unwrap(), ["--exact", name].map(std::ffi::OsString::from).to_vec())
}
