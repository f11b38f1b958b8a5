//! Runs on adapters, each job in a child process: a driver reads its settings when it is loaded, and some crash.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::OnceLock;

use super::{AdapterRuns, Bench, Left, buffers, reference};
use crate::case::Kernel;
use crate::case::kernel::Pass;
use crate::plan::kernel::Change;
use crate::run::adapter::{self, AdapterFacts, Bound, Choice, Contents, Done, Job, Reply, Task};
use crate::run::{Error, machine};
use crate::vary::schedule::Schedule;
use crate::wgsl::Binding;

/// Trips of all loops of an invocation together after which Mesa's llvmpipe stops a shader without a word
/// (`LP_MAX_TGSI_LOOP_ITERATIONS` in gallivm).
pub const LOOP_TRIPS_MAX: u64 = 65_535;

/// Bytes of poison behind every buffer with [`Change::Padding`].
const PADDING: u32 = 256;
/// What they hold: a NaN in every float.
const PADDING_POISON: u8 = 0xff;

/// What differs for all runs of a kernel on one adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// In words, after "with".
    pub name: &'static str,
    /// The word that findings use for it.
    pub factor: &'static str,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// A variable of the environment and its value: drivers read it when they are loaded.
    Variable(&'static str, &'static str),
    /// The compiler may neither fuse nor reassociate floats.
    StrictFloats,
}

/// A setting of Mesa's llvmpipe.
const fn driver(name: &'static str, variable: &'static str, value: &'static str) -> Setting {
    Setting { name, factor: "driver-settings", how: How::Variable(variable, value) }
}

impl Setting {
    /// Every setting that is tried.
    pub const ALL: [Self; 4] = [
        driver("vectors of 128 bits", "LP_NATIVE_VECTOR_WIDTH", "128"),
        driver("an older processor", "GALLIUM_OVERRIDE_CPU_CAPS", "sse4.1"),
        driver("one thread", "LP_NUM_THREADS", "1"),
        Self {
            name: "floats neither fused nor reassociated",
            factor: "strict-floats",
            how: How::StrictFloats,
        },
    ];

    /// Whether an adapter knows it: llvmpipe's variables are its own, and only Vulkan takes a module that was not made by wgpu.
    fn fits(&self, facts: &AdapterFacts, kernel: &Kernel) -> bool {
        let vulkan = facts.backend == "vulkan";
        match self.how {
            How::Variable(..) => vulkan && is_llvmpipe(facts),
            How::StrictFloats => {
                vulkan
                    && facts.features.iter().any(|feature| feature == "passthrough-shaders")
                    && kernel.passes.iter().any(|pass| pass.program.has_floats())
            }
        }
    }
}

/// Whether an adapter is Mesa's software adapter.
#[must_use]
pub fn is_llvmpipe(facts: &AdapterFacts) -> bool {
    facts.name.starts_with("llvmpipe")
}

/// The adapters of this machine, asked for once in a process.
fn list() -> &'static Result<Vec<AdapterFacts>, String> {
    static LIST: OnceLock<Result<Vec<AdapterFacts>, String>> = OnceLock::new();
    LIST.get_or_init(machine::adapters_of_child)
}

/// What helps where there is none.
const BRING_ONE: &str = "`apt-get install mesa-vulkan-drivers` brings one in software";

/// Why this machine has no adapter, if it has none.
#[must_use]
pub fn no_adapter() -> Option<String> {
    match list() {
        Ok(all) if all.is_empty() => Some(format!("no adapter: no driver was found; {BRING_ONE}")),
        Ok(_) => None,
        Err(reason) => Some(format!("no adapter: {reason}; {BRING_ONE}")),
    }
}

/// Whether the case wants this adapter.
fn is_asked(kernel: &Kernel, facts: &AdapterFacts) -> bool {
    let name = facts.name.to_lowercase();
    let fits = |wanted: &String| {
        wanted.eq_ignore_ascii_case(&facts.backend) || name.contains(&wanted.to_lowercase())
    };
    kernel.adapters.as_ref().is_none_or(|wanted| wanted.iter().any(fits))
}

/// Why none of the adapters is asked, if so.
fn not_asked(kernel: &Kernel, all: &[AdapterFacts]) -> Option<String> {
    if all.iter().any(|facts| is_asked(kernel, facts)) {
        return None;
    }
    let wanted = kernel.adapters.as_ref().filter(|wanted| !wanted.is_empty());
    let Some(wanted) = wanted else { return Some("the case asks for no adapter".to_owned()) };
    let here: Vec<String> = all.iter().map(|facts| format!("{} ({})", facts.name, facts.backend)).collect();
    Some(format!("no adapter is {}; here are {}", wanted.join(" or "), here.join(", ")))
}

impl Bench<'_> {
    /// The runs on every adapter; `Err` inside says why there is none. With `guarded`, none goes without checks of its indices.
    pub(super) fn adapters(&self, guarded: bool) -> Result<Result<Vec<AdapterRuns>, String>, Error> {
        if self.plan.adapter.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let all = match (list(), no_adapter()) {
            (Ok(all), None) => all,
            (_, reason) => return Ok(Err(reason.unwrap_or_default())),
        };
        if let Some(reason) = not_asked(self.kernel, all) {
            return Ok(Err(reason));
        }
        let files = self.files(&Change::Nothing)?;
        let mut runs = Vec::new();
        for (index, facts) in all.iter().enumerate().filter(|(_, facts)| is_asked(self.kernel, facts)) {
            let twins = all[..index]
                .iter()
                .filter(|other| other.backend == facts.backend && other.name == facts.name);
            let choice = Choice {
                backend: Some(facts.backend.clone()),
                name: Some(facts.name.clone()),
                index: Some(twins.count()),
            };
            runs.push(self.usual(facts, &choice, &files, guarded)?);
            let fits = |setting: &&Setting| self.plan.environments && setting.fits(facts, self.kernel);
            for setting in Setting::ALL.iter().filter(fits) {
                runs.push(self.with_setting(facts, &choice, &files, *setting)?);
            }
        }
        Ok(Ok(runs))
    }

    fn usual(
        &self,
        facts: &AdapterFacts,
        choice: &Choice,
        files: &Files,
        guarded: bool,
    ) -> Result<AdapterRuns, Error> {
        let mut runs =
            AdapterRuns { facts: facts.clone(), setting: None, runs: BTreeMap::new(), rows: BTreeMap::new() };
        let plain = BTreeMap::new();
        let own = |change: &&Change| matches!(change, Change::Grid(_) | Change::Size(_) | Change::Rows(_));
        let mut together = self.plan.adapter.clone();
        together.retain(|change| !(own(&change) || guarded && *change == Change::Unguarded));
        self.go_on(&format!("{} ({}), {} runs", facts.name, facts.backend, together.len()))?;
        runs.runs.extend(self.job(choice, &together, &Way { files, environment: &plain, strict: false })?);
        for change in self.plan.adapter.iter().filter(own) {
            self.go_on(&format!("{} ({}), {}", facts.name, facts.backend, change.describe(self.kernel)))?;
            let files = self.files(change)?;
            let way = Way { files: &files, environment: &plain, strict: false };
            runs.runs.extend(self.job(choice, std::slice::from_ref(change), &way)?);
        }
        if let Some(Ok(left)) = runs.runs.get(&Change::Nothing) {
            runs.rows = self.first_rows(&left.first())?;
        }
        Ok(runs)
    }

    fn with_setting(
        &self,
        facts: &AdapterFacts,
        choice: &Choice,
        files: &Files,
        setting: Setting,
    ) -> Result<AdapterRuns, Error> {
        self.go_on(&format!("{} ({}), {}", facts.name, facts.backend, setting.name))?;
        let mut choice = choice.clone();
        let mut environment = BTreeMap::new();
        if let How::Variable(variable, value) = setting.how {
            environment.insert(variable.to_owned(), value.to_owned());
            // The vectors' width is part of the adapter's name.
            choice.name = Some("llvmpipe".to_owned());
        }
        let plain = Way { files, environment: &environment, strict: setting.how == How::StrictFloats };
        let runs = self.job(&choice, &[Change::Nothing], &plain)?;
        Ok(AdapterRuns { facts: facts.clone(), setting: Some(setting), runs, rows: BTreeMap::new() })
    }

    /// What each change left in one child. One that changes passes, grid or buffers has a job of its own.
    fn job(
        &self,
        choice: &Choice,
        changes: &[Change],
        way: &Way<'_>,
    ) -> Result<BTreeMap<Change, Result<Left, String>>, Error> {
        let folder = tempfile::tempdir_in(self.folder).map_err(Error::io("create", self.folder))?;
        let first = changes.first().unwrap_or(&Change::Nothing);
        let passes = self.passes(first).iter().map(|pass| self.pass(pass, first)).collect();
        let job = Job {
            adapter: choice.clone(),
            passes,
            buffers: self.buffers(way.files),
            tasks: changes
                .iter()
                .enumerate()
                .map(|(number, change)| self.task(number, change, way))
                .collect(),
            folder: folder.path().to_path_buf(),
            contents_max: 8,
            comparison: None,
        };
        let arguments = [OsString::from(adapter::ARGUMENT)];
        let timeout = self.kernel.timeout;
        let ask = |program: std::path::PathBuf| {
            adapter::spawn(&program, &arguments, &job, folder.path(), timeout, way.environment)
        };
        let reply = adapter::program().map_err(|message| adapter::Error::Job { message }).and_then(ask);
        match reply {
            Ok(reply) => self.left(changes, &reply),
            Err(adapter::Error::Interrupted) => Err(Error::Interrupted),
            Err(error) => {
                let why = one_line(&error.to_string());
                Ok(changes.iter().map(|change| (change.clone(), Err(why.clone()))).collect())
            }
        }
    }

    fn pass(&self, pass: &Pass, change: &Change) -> adapter::Pass {
        let source = pass.program.source();
        adapter::Pass {
            name: source.name.clone(),
            text: source.text.clone(),
            entry: pass.program.entry().name.clone(),
            overrides: pass.overrides.clone(),
            grid: reference::grid(self.kernel, pass, change),
            immediates: pass.immediates.clone(),
            bound: pass.bound.iter().map(|(at, buffer)| Bound { at: *at, buffer: buffer.clone() }).collect(),
        }
    }

    fn buffers(&self, files: &Files) -> Vec<adapter::Buffer> {
        // Every pass says itself where it binds what.
        let nowhere = Binding { group: u32::MAX, binding: u32::MAX };
        let buffer = |(name, buffer): (&String, &crate::case::kernel::Buffer)| adapter::Buffer {
            name: name.clone(),
            binding: nowhere,
            contents: Contents::File(files[name].clone()),
            read: buffer.read,
            scratch: buffer.is_scratch(),
        };
        self.kernel.buffers.iter().map(buffer).collect()
    }

    fn task(&self, number: usize, change: &Change, way: &Way<'_>) -> Task {
        let mut task = Task { name: number.to_string(), strict: way.strict, ..Task::default() };
        match change {
            Change::Nothing => task.repeat = self.plan.repetitions.max(1),
            Change::Turns { workgroups, lanes } => {
                task.schedule =
                    Some(Schedule { workgroups: workgroups.clone(), lanes: lanes.clone(), parts: 1 });
            }
            Change::Split(parts) => {
                task.schedule = Some(Schedule { parts: *parts, ..Schedule::default() });
            }
            Change::Poison(byte) => task.poison = Some(*byte),
            Change::Padding => (task.padding, task.poison) = (PADDING, Some(PADDING_POISON)),
            Change::Unzeroed => task.zero_workgroup_memory = false,
            Change::Unguarded => task.robust = false,
            Change::Grid(_) | Change::Size(_) | Change::Rows(_) | Change::Subgroups(_) => {}
        }
        task
    }

    fn left(
        &self,
        changes: &[Change],
        reply: &Reply,
    ) -> Result<BTreeMap<Change, Result<Left, String>>, Error> {
        let done = |(number, change): (usize, &Change)| {
            let found = reply.tasks.iter().find(|done| done.name == number.to_string());
            let left = match found {
                Some(done) => Ok(self.contents(done)?),
                None => Err("the adapter's worker left no answer".to_owned()),
            };
            Ok((change.clone(), left))
        };
        changes.iter().enumerate().map(done).collect()
    }

    fn contents(&self, done: &Done) -> Result<Left, Error> {
        let mut left = Left::default();
        for seen in &done.buffers {
            let Some(buffer) = self.kernel.buffers.get(&seen.buffer) else { continue };
            let mut contents: Vec<(crate::artifact::Artifact, u32)> = Vec::new();
            for content in &seen.contents {
                let Some(file) = &content.file else {
                    // Counted, but no longer kept: as good as the last one that was.
                    if let Some((_, count)) = contents.last_mut() {
                        *count += content.count;
                    }
                    continue;
                };
                let bytes = std::fs::read(file).map_err(Error::io("read", file))?;
                let kept = buffers::keep(buffer, &bytes, self.store, self.folder)?;
                // Contents that differ in bytes of no number are one.
                match contents.iter_mut().find(|(known, _)| known.digest == kept.digest) {
                    Some((_, count)) => *count += content.count,
                    None => contents.push((kept, content.count)),
                }
            }
            left.contents.insert(seen.buffer.clone(), contents);
        }
        Ok(left)
    }

    /// Files with the bytes of every buffer.
    fn files(&self, change: &Change) -> Result<Files, Error> {
        let mut files = Files::new();
        for (name, bytes) in buffers::changed(self.kernel, &self.inputs, change) {
            let path = self.folder.join(format!("{name}-{}.bin", bytes.len()));
            std::fs::write(&path, bytes).map_err(Error::io("write", &path))?;
            files.insert(name, path);
        }
        Ok(files)
    }
}

/// What a driver or a validation layer says in many lines, with pictures of the source, in one.
fn one_line(said: &str) -> String {
    let frame = |line: &&str| {
        let drawn = line.starts_with(|letter: char| letter.is_ascii_digit() || "┌│└=^".contains(letter));
        !line.is_empty() && !drawn && !line.starts_with("In ") && *line != "Caused by:"
    };
    let lines: Vec<&str> = said.lines().map(str::trim).filter(frame).collect();
    lines.join(" ").replace("Validation Error ", "")
}

/// What all tasks of a job share.
struct Way<'a> {
    files: &'a Files,
    /// Variables that the child is given.
    environment: &'a BTreeMap<String, String>,
    /// Whether the compiler may neither fuse nor reassociate floats.
    strict: bool,
}

/// Where the bytes of each buffer lie, by its name.
type Files = BTreeMap<String, std::path::PathBuf>;

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_is_said_in_many_lines_becomes_one() {
        let said = "not supported: Validation Error\n\nCaused by:\n  In Device::create_shader_module, label = 'a'\n\nShader 'a' parsing error: no f16\n  ┌─ wgsl:2:8\n2 │ enable f16;\n  = note: x\n\n";
        assert_eq!(one_line(said), "not supported: Shader 'a' parsing error: no f16");
        assert_eq!(one_line("out of memory: 3 GiB"), "out of memory: 3 GiB");
    }
}
