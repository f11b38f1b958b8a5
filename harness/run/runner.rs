//! From an invocation to its record: stage the place, carry out the conditions, run, collect.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::environment::{Interpreter, variables};
use super::harvest::{self, Found};
use super::left;
use super::network::Network;
use super::place::Place;
use super::stock::{self, Linked, Treatment};
use super::store::{FORMAT, Store, lock_file};
use super::supervise::{Finish, Order, Outcome};
use super::tools::Tools;
use super::{Earlier, End, Error, Invocation, Output, Probe, Record, Twin, process};
use crate::artifact::Digest;
use crate::case::{self, Case, Part, Stage, Template};
use crate::plan::scenario::How;
use crate::vary::data::Applied;
use crate::vary::{self, Conditions, ledger};

/// How much of a log is quoted in messages, in bytes and lines.
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 20;

/// Executes invocations of cases in one session.
#[derive(Debug)]
pub struct Runner {
    pub(super) store: Store,
    tools: Tools,
    jobs: Jobs,
}

impl Runner {
    /// A runner that executes at most `jobs` invocations at a time.
    ///
    /// # Errors
    /// Where the carriers cannot be written.
    pub fn new(store: Store, jobs: usize) -> Result<Self, Error> {
        let tools = Tools::install(store.root())?;
        Ok(Self { store, tools, jobs: Jobs::new(jobs) })
    }

    /// The session's store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The machine, as far as this session has looked at it.
    #[must_use]
    pub fn probe(&self) -> Probe<'_> {
        Probe::new(&self.store)
    }

    /// The record of an invocation: from the session if it was executed before, else by executing it now.
    ///
    /// # Errors
    /// Where something around the user's program fails; how the program itself ended is in the record.
    pub fn record(&self, case: &Case, invocation: &Invocation) -> Result<Record, Error> {
        self.store.record(invocation, |folder| {
            let stage = case.stage(&invocation.stage);
            let stage = stage.ok_or_else(|| Error::Supervisor {
                what: format!("knows no stage `{}`", invocation.stage),
            })?;
            Execution { runner: self, case, stage, invocation, folder }.perform()
        })
    }
}

/// What a place was filled with, and what came before the run that counts.
#[derive(Debug, Default)]
pub(super) struct Shown {
    links: Vec<Linked>,
    edited: BTreeMap<String, Applied>,
    before: Vec<Earlier>,
    twin: Option<Twin>,
    undeclared: Vec<PathBuf>,
}

/// One execution under way.
pub(super) struct Execution<'a> {
    pub(super) runner: &'a Runner,
    pub(super) case: &'a Case,
    pub(super) stage: &'a Stage,
    pub(super) invocation: &'a Invocation,
    pub(super) folder: &'a Path,
}

impl Execution<'_> {
    fn perform(&self) -> Result<Record, Error> {
        let python = self.runner.probe().interpreter(&self.case.environment)?;
        let varied: BTreeSet<&str> = self.invocation.varied.iter().map(String::as_str).collect();
        let mut conditions = vary::conditions(&varied);
        if self.network() == Network::Hidden {
            conditions.preload.insert("NETWORK".to_owned(), "off".to_owned());
        }
        let store = self.runner.store.root();
        let place = Place::enter(store, self.invocation, &conditions)?;
        let _job = self.runner.jobs.take();
        let _exclusive = self.exclusive()?;
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(conditions.input_time_s);
        let mut shown = self.lay_out(&place, modified)?;
        place.tell(&conditions)?;
        let at_first = left::files(&place.work());
        shown.before = self.before(&place, &conditions, python.as_ref())?;
        let order = self.order(&place, &conditions, python.as_ref(), &self.invocation.knobs);
        let outcome = if self.invocation.how == How::Twins {
            let (outcome, twin) = self.twins(&place, &order)?;
            shown.twin = Some(self.twin(&place, twin)?);
            outcome
        } else {
            process::supervised(&order, self.folder)?
        };
        shown.undeclared = self.undeclared(&place, &at_first);
        self.record(&place, shown, outcome)
    }

    /// Locks for resources of which there is one; shared by all sessions of this store.
    fn exclusive(&self) -> Result<Vec<std::fs::File>, Error> {
        let mut names = self.stage.exclusive.clone();
        names.sort();
        let lock = |name: &String| {
            let path = self.runner.store.root().join(format!("exclusive-{name}.lock"));
            let file = lock_file(&path)?;
            file.lock().map_err(Error::io("lock", path))?;
            Ok(file)
        };
        names.iter().map(lock).collect()
    }

    fn network(&self) -> Network {
        if self.case.environment.offline { Network::off() } else { Network::Free }
    }

    /// The pipeline's own files: those of the case, or those of the pipeline that it is compared with.
    pub(super) fn dir(&self) -> &Path {
        self.invocation.dir.as_ref().unwrap_or(&self.case.dir)
    }

    fn pipeline_name(&self) -> String {
        let other = self.invocation.dir.as_ref();
        other.map_or("pipeline".to_owned(), |dir| {
            format!("pipeline-{}", Digest::of_bytes(dir.as_os_str().as_encoded_bytes()).short())
        })
    }

    pub(super) fn stock(&self, name: &str) -> PathBuf {
        let whose = format!("{}\n{}", self.case.file.display(), self.case.name);
        let folder = Digest::of_bytes(whose.as_bytes()).short();
        self.runner.store.session().join("stock").join(folder).join(name)
    }

    /// Fills the place: the pipeline's folder, the declared data, artifacts of earlier stages; all last changed at
    /// `modified`.
    fn lay_out(&self, place: &Place, modified: SystemTime) -> Result<Shown, Error> {
        let treatment = |path: &Path| self.treatment(path);
        let pipeline = self.stock(&self.pipeline_name());
        stock::lay_in(self.dir(), &pipeline, &treatment)?;
        let mut links = stock::show(&pipeline, &place.work(), stock::PIPELINE_LINK_BYTES_MIN, modified)?;
        let edited = self.edit(place, modified)?;
        for name in &self.stage.data {
            let stock = self.data_stock(name)?;
            let target = place.data().join(self.data_name(name));
            make_parent(&target)?;
            links.extend(stock::show(&stock, &target, stock::DATA_LINK_BYTES_MIN, modified)?);
        }
        for name in &self.stage.inputs {
            let object = self.runner.store.object(&self.invocation.inputs[name]);
            for target in self.input_paths(place, name) {
                make_parent(&target)?;
                stock::hand_out(&object, &target, modified)?;
            }
        }
        for output in self.stage.outputs.values() {
            make_parent(&output_path(place, output))?;
        }
        Ok(Shown { links, edited, ..Shown::default() })
    }

    /// What becomes of an entry of the user's folders: our own store and `.git` are no part of the pipeline, and what an
    /// earlier run by hand left at the place of a declared output would pass for the output of this run.
    pub(super) fn treatment(&self, path: &Path) -> Treatment {
        let fixed = self.case.stages.iter().flat_map(|stage| stage.outputs.values());
        let left_over = fixed
            .filter(|output| !output.placed)
            .any(|output| is_left_over(path, &self.dir().join(&output.path)));
        if left_over || path == self.runner.store.root() || path == self.dir().join(".git") {
            Treatment::LeaveOut
        } else {
            stock::treatment(path)
        }
    }

    /// A staged data file keeps the user's file name: programs look at extensions.
    pub(super) fn data_name(&self, name: &str) -> PathBuf {
        let file = self.case.data[name].path.file_name();
        Path::new(name).join(file.unwrap_or_else(|| name.as_ref()))
    }

    /// Where an artifact of an earlier stage is shown: beside the data, and, if its producer writes it to a fixed place
    /// below the working directory or this stage's command does not name it, at its path there too.
    pub(super) fn input_paths(&self, place: &Place, name: &str) -> Vec<PathBuf> {
        let Some(output) = self.case.output(name) else { return Vec::new() };
        let mut paths = vec![place.input().join(&output.path)];
        if !output.placed || !self.names_in_command(name) {
            paths.push(place.work().join(&output.path));
        }
        paths
    }

    fn names_in_command(&self, output: &str) -> bool {
        let templates = self.stage.command.iter().chain(self.stage.env.values());
        templates
            .flat_map(|template| &template.0)
            .any(|part| matches!(part, Part::Out(name) if name == output))
    }

    pub(super) fn order(
        &self,
        place: &Place,
        conditions: &Conditions,
        python: Option<&Interpreter>,
        knobs: &BTreeMap<String, String>,
    ) -> Order {
        let mut argv: Vec<String> =
            self.stage.command.iter().map(|part| self.fill(place, part, knobs)).collect();
        if let (Some(python), Some(program)) = (python, argv.first_mut())
            && (program == "python" || program == "python3")
        {
            *program = python.executable.display().to_string();
        }
        let mut env = conditions.env.clone();
        env.extend(self.network().variables());
        env.extend(variables(&self.case.environment, python));
        for (variable, folder) in [("HOME", place.home()), ("TMPDIR", place.temp())] {
            env.insert(variable.to_owned(), folder.display().to_string());
        }
        self.add_carriers(place, &mut env);
        env.extend(self.stage.env.iter().map(|(name, value)| (name.clone(), self.fill(place, value, knobs))));
        Order {
            argv,
            env,
            cwd: place.work(),
            stdout: self.folder.join("stdout"),
            stderr: self.folder.join("stderr"),
            folders: place.folders().map(Path::to_path_buf).into(),
            umask: conditions.umask,
            processors: conditions.processors,
            random_addresses: conditions.random_addresses,
            mark: place.mark(),
            network: self.network(),
            timeout_ms: u64::try_from(self.stage.timeout.as_millis()).unwrap_or(u64::MAX),
            memory_bytes_max: self.stage.memory_bytes_max,
            output_bytes_max: self.stage.output_bytes_max,
            strike: None,
        }
    }

    /// The same in every run of a stage: what differs stands in the file of settings.
    fn add_carriers(&self, place: &Place, env: &mut BTreeMap<String, String>) {
        let tools = &self.runner.tools;
        if let Some(preload) = &tools.preload {
            env.insert("LD_PRELOAD".to_owned(), preload.display().to_string());
        }
        let shim = tools.shim.display().to_string();
        let path = env.get("PYTHONPATH").map(|rest| format!("{shim}:{rest}")).unwrap_or(shim);
        env.insert("PYTHONPATH".to_owned(), path);
        env.insert(vary::SETTINGS.to_owned(), place.settings().display().to_string());
    }

    fn fill(&self, place: &Place, template: &Template, knobs: &BTreeMap<String, String>) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Knob(name) => knobs.get(name).cloned().unwrap_or_default(),
            Part::Data(name) => place.data().join(self.data_name(name)).display().to_string(),
            Part::Out(name) => match self.stage.outputs.get(name) {
                Some(own) => place.out().join(&own.path).display().to_string(),
                None => self
                    .input_paths(place, name)
                    .first()
                    .map(|path| path.display().to_string())
                    .unwrap_or_default(),
            },
        };
        template.0.iter().map(piece).collect()
    }

    fn record(&self, place: &Place, shown: Shown, outcome: Outcome) -> Result<Record, Error> {
        let mut end = end(outcome.finish, self.stage);
        if let Some(path) = stock::changed(&shown.links, &self.stocks()) {
            let path = path.strip_prefix(place.root()).map(Path::to_path_buf).unwrap_or(path);
            end = End::InputChanged { path };
        }
        let outputs = self.collect(place, &mut end, |output| Some(output_path(place, output)))?;
        let reach = ledger::read(&place.ledger(), &[&place.work(), place.root()]).unwrap_or_default();
        Ok(Record {
            format: FORMAT,
            invocation: self.invocation.clone(),
            end,
            outputs,
            cost: outcome.cost,
            reach,
            edited: shown.edited,
            inputs_changed: self.inputs_changed(place),
            undeclared: shown.undeclared,
            before: shown.before,
            twin: shown.twin,
            logs: self.folder.to_path_buf(),
        })
    }

    /// Moves the declared outputs into the store, each from where `path` says that it lies; those without a path are passed over.
    /// What is missing or unfit becomes the end of a run that was well otherwise.
    pub(super) fn collect(
        &self,
        place: &Place,
        end: &mut End,
        path: impl Fn(&case::Output) -> Option<PathBuf>,
    ) -> Result<BTreeMap<String, Output>, Error> {
        let mut outputs = BTreeMap::new();
        let placed = |(name, output)| Some((name, output, path(output)?));
        for (name, output, path) in self.stage.outputs.iter().filter_map(placed) {
            let kept = match harvest::find(&path, place) {
                Found::Nothing => {
                    Err(End::OutputMissing { artifact: name.clone(), path: output.path.clone() })
                }
                Found::Unfit(what) => Err(End::OutputUnfit { artifact: name.clone(), what }),
                Found::Path(path) => self.keep(name, &path)?,
            };
            match kept {
                Ok(kept) => drop(outputs.insert(name.clone(), kept)),
                Err(unfit) if *end == End::Finished => *end = unfit,
                Err(_) => {}
            }
        }
        Ok(outputs)
    }

    /// What cannot be read as an artifact (a pipe in a directory) is the program's doing, all else is ours.
    fn keep(&self, name: &str, path: &Path) -> Result<Result<Output, End>, Error> {
        harvest::make_readable(path);
        match self.runner.store.keep(path) {
            Ok(output) => Ok(Ok(output)),
            Err(Error::Artifact(error)) => {
                Ok(Err(End::OutputUnfit { artifact: name.to_owned(), what: error.to_string() }))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn stocks(&self) -> Vec<PathBuf> {
        let data = self.stage.data.iter().map(|name| self.stock(&self.data_stock_name(name)));
        data.chain([self.stock(&self.pipeline_name())]).collect()
    }
}

/// Whether `path` was left at the place of an output. A folder that version control keeps by a hidden file
/// (`.gitkeep`, `.gitignore`) stays, with that file: the program may count on it.
fn is_left_over(path: &Path, output: &Path) -> bool {
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let kept = |folder: &Path| {
        let mut entries = folder.read_dir().into_iter().flatten().flatten();
        entries.any(|entry| hidden(&entry.path()) && entry.path().is_file())
    };
    path.starts_with(output) && !kept(path) && (path == output || !hidden(path))
}

/// Where an output of a stage is looked for.
pub(super) fn output_path(place: &Place, output: &case::Output) -> PathBuf {
    if output.placed { place.out() } else { place.work() }.join(&output.path)
}

pub(super) fn make_parent(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

pub(super) fn end(finish: Finish, stage: &Stage) -> End {
    match finish {
        Finish::Exited(0) => End::Finished,
        Finish::Exited(status) => End::Failed { status },
        Finish::Signalled(signal) => End::Killed { signal },
        Finish::Timeout => {
            End::TimedOut { limit_ms: u64::try_from(stage.timeout.as_millis()).unwrap_or(u64::MAX) }
        }
        Finish::Limit(limit) => End::OverLimit { limit },
        Finish::NotStarted(reason) => End::NotStarted { reason },
        Finish::Unsupervised(how) => End::Unsupervised { how },
        Finish::Interrupted => End::NotStarted { reason: "interrupted".to_owned() },
    }
}

/// The last lines of a log, with what is not UTF-8 replaced and control characters shown as `?`.
#[must_use]
pub(super) fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    let clean = |line: &&str| line.replace(|letter: char| letter.is_control() && letter != '\t', "?");
    shown.iter().map(clean).collect::<Vec<_>>().join("\n")
}

impl Record {
    /// The end of what the program wrote: of its standard error, or, where that is empty, of its standard output.
    #[must_use]
    pub fn log_tail(&self) -> String {
        log_tail(&self.logs)
    }
}

impl Earlier {
    /// The end of what it wrote, as [`Record::log_tail`].
    #[must_use]
    pub fn log_tail(&self) -> String {
        log_tail(&self.logs)
    }
}

impl Twin {
    /// The end of what it wrote, as [`Record::log_tail`].
    #[must_use]
    pub fn log_tail(&self) -> String {
        log_tail(&self.logs)
    }
}

fn log_tail(logs: &Path) -> String {
    let errors = tail(&logs.join("stderr"));
    if errors.trim().is_empty() { tail(&logs.join("stdout")) } else { errors }
}

/// Counts free places for jobs.
#[derive(Debug)]
struct Jobs {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Jobs {
    fn new(count: usize) -> Self {
        Self { free: Mutex::new(count.max(1)), freed: Condvar::new() }
    }

    fn take(&self) -> Job<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Job(self)
    }
}

struct Job<'a>(&'a Jobs);

impl Drop for Job<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
