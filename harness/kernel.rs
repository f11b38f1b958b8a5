//! Kernels audited from Rust: what a case file with `[kernel]` declares, as a call in a test.
//!
//! ```
//! use driftless::kernel::{Buffer, Kernel};
//!
//! let doubled = "
//!     @group(0) @binding(0) var<storage, read> input: array<f32>;
//!     @group(0) @binding(1) var<storage, read_write> output: array<f32>;
//!     @compute @workgroup_size(64)
//!     fn main(@builtin(global_invocation_id) id: vec3<u32>) {
//!         if id.x < arrayLength(&input) { output[id.x] = 2.0 * input[id.x]; }
//!     }";
//! let report = Kernel::new(doubled)
//!     .dispatch([4, 1, 1])
//!     .buffer(Buffer::f32("input", &[250]))
//!     .buffer(Buffer::f32("output", &[250]).read())
//!     .audit(&["races", "memory", "schedule"])?;
//! assert!(report.holds(), "{report}");
//! # Ok::<(), driftless::kernel::Error>(())
//! ```
//!
//! Adapters are asked in processes of their own, because a driver that crashes takes its process along. A test binary cannot be
//! started as one, so they are asked where the program `driftless` is found, named by the variable `DRIFTLESS` or on the path;
//! otherwise the report says that only the reference machine ran.

use std::fmt;
use std::path::PathBuf;

use toml::{Table, Value};

use crate::case::kernel::Level;
use crate::cli::{known_names, open_store, today};
use crate::flow::{self, Silent};
use crate::fuzz::{self, Fuzzed};
use crate::plan::{self, Selection};
use crate::report::{CaseReport, Exit, Require, text};
use crate::run::Runner;
use crate::wgsl::Scalar;
use crate::wgsl::fill::Fill;
use crate::{case, judge};

/// Why a kernel could not be audited.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The declaration is wrong; the text shows each mistake.
    #[error("{0}")]
    Declaration(String),
    /// Something around the runs failed.
    #[error(transparent)]
    Run(#[from] crate::run::Error),
    /// A result could not be read back.
    #[error(transparent)]
    Artifact(#[from] crate::artifact::Error),
}

/// A compute kernel and what it works on.
#[derive(Clone, Debug)]
pub struct Kernel {
    name: String,
    declared: Table,
    passes: Vec<Value>,
    buffers: Table,
}

impl Kernel {
    /// The kernel of this WGSL text, with the entry point `main`.
    #[must_use]
    pub fn new(wgsl: impl Into<String>) -> Self {
        let declared = Table::from_iter([("source".to_owned(), Value::String(wgsl.into()))]);
        Self { name: "kernel".to_owned(), declared, passes: Vec::new(), buffers: Table::new() }
    }

    /// Its name in reports.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Another entry point.
    #[must_use]
    pub fn entry(self, entry: &str) -> Self {
        self.with("entry", Value::String(entry.to_owned()))
    }

    /// Workgroups along x, y and z.
    #[must_use]
    pub fn dispatch(self, grid: [u32; 3]) -> Self {
        self.with("dispatch", whole_numbers(&grid))
    }

    /// Which buffer a WGSL variable is, where it has another name.
    #[must_use]
    pub fn bind(mut self, variable: &str, buffer: &str) -> Self {
        bind(&mut self.declared, variable, buffer);
        self
    }

    /// The numbers of `var<immediate>`, in the order of its members.
    #[must_use]
    pub fn immediates(self, numbers: &[f64]) -> Self {
        self.with("immediates", numbers_of(numbers))
    }

    /// One of several dispatches over the same buffers, after those that were added before. What it does not say is as it is for
    /// the kernel.
    #[must_use]
    pub fn pass(mut self, pass: Pass) -> Self {
        self.passes.push(Value::Table(pass.declared));
        self
    }

    /// The adapters that are asked, each a backend (`vulkan`, `gl`, `metal`, `dx12`) or a part of a name; every adapter unless
    /// said otherwise, none with an empty list.
    #[must_use]
    pub fn adapters(self, names: &[&str]) -> Self {
        let names = names.iter().map(|name| Value::String((*name).to_owned())).collect();
        self.with("adapters", Value::Array(names))
    }

    /// The value of an `override` constant.
    #[must_use]
    pub fn constant(mut self, name: &str, value: f64) -> Self {
        let all = self.declared.entry("overrides").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(all) = all {
            all.insert(name.to_owned(), Value::Float(value));
        }
        self
    }

    /// What it promises; [`Level::ScheduleIndependent`] unless said otherwise.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        self.with("level", Value::String(level.word().to_owned()))
    }

    /// Distance from the reference machine that is allowed to adapters, in units in the last place.
    #[must_use]
    pub fn ulps(self, ulps: u32) -> Self {
        self.with("ulps", Value::Integer(ulps.into()))
    }

    /// That it computes rows of so many numbers one by one, a workgroup (or several) along x for each.
    #[must_use]
    pub fn rows(self, buffers: &[&str], row: u32) -> Self {
        let names = buffers.iter().map(|name| Value::String((*name).to_owned())).collect();
        let rows =
            [("buffers".to_owned(), Value::Array(names)), ("row".to_owned(), Value::Integer(row.into()))];
        self.with("rows", Value::Table(Table::from_iter(rows)))
    }

    /// That a finding in a variable is meant, and why.
    #[must_use]
    pub fn allow(mut self, finding: &str, variable: &str, reason: &str) -> Self {
        let pairs = [("finding", finding), ("variable", variable), ("reason", reason)];
        let one = pairs.map(|(key, value)| (key.to_owned(), Value::String(value.to_owned())));
        let all = self.declared.entry("allow").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(all) = all {
            all.push(Value::Table(Table::from_iter(one)));
        }
        self
    }

    /// A buffer that it works on.
    #[must_use]
    pub fn buffer(mut self, buffer: Buffer) -> Self {
        self.buffers.insert(buffer.name, Value::Table(buffer.table));
        self
    }

    /// Runs these audits, or all that apply where none is named.
    ///
    /// # Errors
    /// The declaration is wrong (invalid WGSL, a buffer that lacks or has another size, an unknown audit), or something around
    /// the runs fails. What the audits find is in the report.
    pub fn audit(&self, audits: &[&str]) -> Result<Report, Error> {
        if let Some(unknown) = audits.iter().find(|name| crate::audit::by_name(name).is_none()) {
            return Err(Error::Declaration(format!("there is no audit `{unknown}`")));
        }
        let case = self.case()?;
        let store = open_store(&case.project, None)?;
        let runner = Runner::new(store, 1)?;
        let selection = Selection {
            audits: audits.iter().map(|name| (*name).to_owned()).collect(),
            ..Selection::default()
        };
        let session = flow::walk(&case, plan::plan(&case, &selection), &runner, &Silent, &judge::wanted)?;
        let verdicts = judge::judge(&case, &session)?;
        Ok(Report(CaseReport::new(&case, &session, verdicts)))
    }

    /// Looks for an input on which it fails, among so many of other lengths and values, and makes it small; see [`crate::fuzz`].
    /// One seed gives one result. Nothing is stored.
    ///
    /// # Errors
    /// The declaration is wrong, or a fill cannot be made.
    pub fn fuzz(&self, inputs: u32, seed: u64) -> Result<Fuzzed, Error> {
        let options = fuzz::Options { inputs, seed, ..fuzz::Options::default() };
        Ok(fuzz::search(&self.case()?, &options, &|_, _| ())?)
    }

    fn case(&self) -> Result<case::Case, Error> {
        let mut file = Table::from_iter([("kernel".to_owned(), Value::Table(self.declared.clone()))]);
        file.insert("buffer".to_owned(), Value::Table(self.buffers.clone()));
        file.insert("pass".to_owned(), Value::Array(self.passes.clone()));
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let names = known_names();
        let context =
            case::Context { name: &self.name, project: &folder, today: today(), known: names.known() };
        let path = folder.join(&self.name);
        let cases = case::read(&path, &file.to_string(), &context);
        let cases = cases.map_err(|error| Error::Declaration(error.render(false)))?;
        let none = || Error::Declaration("nothing is declared".to_owned());
        cases.into_iter().next().ok_or_else(none)
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.declared.insert(key.to_owned(), value);
        self
    }
}

/// One dispatch of several.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    declared: Table,
}

impl Pass {
    /// A dispatch like that of the kernel; the methods say what is different.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another WGSL text.
    #[must_use]
    pub fn wgsl(self, text: impl Into<String>) -> Self {
        self.with("source", Value::String(text.into()))
    }

    /// Another entry point.
    #[must_use]
    pub fn entry(self, entry: &str) -> Self {
        self.with("entry", Value::String(entry.to_owned()))
    }

    /// Workgroups along x, y and z.
    #[must_use]
    pub fn dispatch(self, grid: [u32; 3]) -> Self {
        self.with("dispatch", whole_numbers(&grid))
    }

    /// Which buffer a WGSL variable is in this dispatch.
    #[must_use]
    pub fn bind(mut self, variable: &str, buffer: &str) -> Self {
        bind(&mut self.declared, variable, buffer);
        self
    }

    /// The numbers of `var<immediate>`, in the order of its members.
    #[must_use]
    pub fn immediates(self, numbers: &[f64]) -> Self {
        self.with("immediates", numbers_of(numbers))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.declared.insert(key.to_owned(), value);
        self
    }
}

fn bind(declared: &mut Table, variable: &str, buffer: &str) {
    let all = declared.entry("bind").or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(all) = all {
        all.insert(variable.to_owned(), Value::String(buffer.to_owned()));
    }
}

fn whole_numbers(numbers: &[u32]) -> Value {
    Value::Array(numbers.iter().map(|number| Value::Integer((*number).into())).collect())
}

fn numbers_of(numbers: &[f64]) -> Value {
    Value::Array(numbers.iter().copied().map(Value::Float).collect())
}

/// A buffer of a kernel, known by the name of its WGSL variable.
#[derive(Clone, Debug)]
pub struct Buffer {
    name: String,
    table: Table,
}

impl Buffer {
    /// A buffer of numbers, `shape` of them along each axis. What is read and has no fill counts as memory whose contents mean
    /// nothing; all else is filled with [`Fill::Spread`].
    #[must_use]
    pub fn new(name: &str, scalar: Scalar, shape: &[u32]) -> Self {
        let table = [
            ("type".to_owned(), Value::String(scalar.name().to_owned())),
            ("shape".to_owned(), whole_numbers(shape)),
        ];
        Self { name: name.to_owned(), table: Table::from_iter(table) }
    }

    /// A structure, or anything else of a fixed size, as the numbers of its members in their order; types, offsets and padding are
    /// those of the WGSL.
    #[must_use]
    pub fn structure(name: &str, members: &[f64]) -> Self {
        let fill = Table::from_iter([("members".to_owned(), numbers_of(members))]);
        Self { name: name.to_owned(), table: Table::new() }.with("fill", Value::Table(fill))
    }

    /// A buffer of `f32`.
    #[must_use]
    pub fn f32(name: &str, shape: &[u32]) -> Self {
        Self::new(name, Scalar::F32, shape)
    }

    /// A buffer of `u32`.
    #[must_use]
    pub fn u32(name: &str, shape: &[u32]) -> Self {
        Self::new(name, Scalar::U32, shape)
    }

    /// Where it is bound, where its name is not that of the variable.
    #[must_use]
    pub fn at(self, group: u32, binding: u32) -> Self {
        self.with("group", Value::Integer(group.into())).with("binding", Value::Integer(binding.into()))
    }

    /// Its contents before the run.
    #[must_use]
    pub fn fill(self, fill: &Fill) -> Self {
        self.with("fill", written(fill))
    }

    /// That it holds a result, which is compared.
    #[must_use]
    pub fn read(self) -> Self {
        self.with("read", Value::Boolean(true))
    }

    /// That its contents before the run mean nothing.
    #[must_use]
    pub fn scratch(self) -> Self {
        self.with("scratch", Value::Boolean(true))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.table.insert(key.to_owned(), value);
        self
    }
}

/// A fill as a case file writes it.
fn written(fill: &Fill) -> Value {
    let whole = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let pair = |low: f64, high: f64| Value::Array(vec![Value::Float(low), Value::Float(high)]);
    let table = |entries: Vec<(&str, Value)>| {
        Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    };
    match fill {
        Fill::Spread { seed } => table(vec![("spread", whole(*seed))]),
        Fill::Zeros => Value::String("zeros".to_owned()),
        Fill::Ones => Value::String("ones".to_owned()),
        Fill::Iota => Value::String("iota".to_owned()),
        Fill::Uniform { low, high, seed } => {
            table(vec![("uniform", pair(*low, *high)), ("seed", whole(*seed))])
        }
        Fill::Normal { mean, deviation, seed } => {
            table(vec![("normal", pair(*mean, *deviation)), ("seed", whole(*seed))])
        }
        Fill::Integers { low, high, seed } => {
            let ends = Value::Array(vec![Value::Integer(*low), Value::Integer(*high)]);
            table(vec![("integers", ends), ("seed", whole(*seed))])
        }
        Fill::Values(values) => table(vec![("values", numbers_of(values))]),
        Fill::Adversarial { kind, seed } => {
            table(vec![("adversarial", Value::String(kind.word().to_owned())), ("seed", whole(*seed))])
        }
    }
}

/// What the audits say; shown as `driftless run` shows it.
#[derive(Clone, Debug)]
pub struct Report(CaseReport);

impl Report {
    /// Whether no audit objects, and none is inconclusive. Skipped ones do not count against it.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.exit(Require::default()) == Exit::Held
    }

    /// The verdicts and findings.
    #[must_use]
    pub fn case(&self) -> &CaseReport {
        &self.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&anstream::adapter::strip_str(&text::case_block(&self.0)).to_string())
    }
}
