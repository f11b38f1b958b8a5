//! What a result may depend on besides the case file: the source, the data, the interpreter and its libraries, the
//! machine, and the variables that change numbers.
//!
//! Nothing of the user's is imported or executed: libraries are read from the metadata that installers leave, and the
//! few programs that are asked (git, the interpreter, `nvidia-smi`) have a time limit. What could not be found out is
//! absent, and `not_known` says why.

mod case_facts;
pub mod diff;
mod effects;
mod facts;
mod git;
mod gpu;
mod host;
mod libraries;
mod python;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::case::Case;

use super::adapter::AdapterFacts;
use super::{Error, Interpreter, clock, store};

pub use case_facts::config_of;
pub use facts::{
    Adapter, Blas, CaseFacts, Fingerprint, Gpu, Host, Installed, Left, Processor, Python, Source, When,
};

/// Version of the layout.
pub const FORMAT: u32 = 1;

/// A session's fingerprint under way: the machine is looked at beside the first runs.
#[derive(Debug)]
pub struct Gathering {
    machine: std::thread::JoinHandle<Machine>,
    project: PathBuf,
    started: u64,
    arguments: Vec<String>,
}

/// What does not depend on any case.
#[derive(Debug, Default)]
struct Machine {
    host: Host,
    source: Option<Source>,
    variables: BTreeMap<String, String>,
    adapters: Option<Vec<Adapter>>,
    not_known: BTreeMap<String, String>,
}

/// Which adapters are looked for.
#[derive(Clone, Debug)]
pub enum Adapters {
    /// None: drivers take a while to load, and pipelines do not use them.
    NotAsked,
    /// All that the machine has.
    Survey,
}

impl Gathering {
    /// Begins to look at the machine, and at the repository around `project`.
    #[must_use]
    pub fn begin(project: &Path, adapters: Adapters) -> Self {
        let own = project.to_path_buf();
        let project = own.clone();
        let arguments = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let machine = std::thread::spawn(move || look(&project, &adapters));
        Self { machine, project: own, started: clock::unix_seconds(), arguments }
    }

    /// The fingerprint of the session over these cases. `used` are the adapters that kernels ran on.
    #[must_use]
    pub fn finish(self, cases: Vec<(CaseFacts, Option<Interpreter>)>, used: &[AdapterFacts]) -> Fingerprint {
        let lost = || Machine {
            not_known: [("machine".to_owned(), "looking at it failed".to_owned())].into(),
            ..Machine::default()
        };
        let Machine { host, source, variables, adapters, mut not_known } =
            self.machine.join().unwrap_or_else(|_| lost());
        let mut cases = cases;
        cases.sort_by(|left, right| left.0.name.cmp(&right.0.name));
        let mut interpreters: Vec<Interpreter> = Vec::new();
        let mut listed = Vec::new();
        for (mut facts, interpreter) in cases {
            facts.python = interpreter.map(|interpreter| {
                interpreters.iter().position(|known| *known == interpreter).unwrap_or_else(|| {
                    interpreters.push(interpreter);
                    interpreters.len() - 1
                })
            });
            listed.push(facts);
        }
        let pythons =
            interpreters.iter().map(|one| python::look(one, &self.project, &mut not_known)).collect();
        let adapters = if used.is_empty() { adapters } else { Some(used.iter().map(Adapter::of).collect()) };
        Fingerprint {
            format: FORMAT,
            driftless: env!("CARGO_PKG_VERSION").to_owned(),
            source,
            cases: listed,
            pythons,
            machine: host,
            adapters,
            variables,
            arguments: self.arguments,
            not_known,
            when: When {
                started: clock::rfc3339(self.started),
                ended: clock::rfc3339(clock::unix_seconds()),
            },
        }
    }
}

fn look(project: &Path, adapters: &Adapters) -> Machine {
    let mut not_known = BTreeMap::new();
    let source = git::look(project, &mut not_known);
    let host = host::look(&mut not_known);
    let adapters = match adapters {
        Adapters::NotAsked => None,
        Adapters::Survey => match super::machine::adapters_of_child() {
            Ok(found) => Some(found.iter().map(Adapter::of).collect()),
            Err(reason) => {
                not_known.insert("adapters".to_owned(), reason);
                None
            }
        },
    };
    Machine { host, source, variables: variables::of_caller(), adapters, not_known }
}

/// The facts of one case as it lies here: its file, its sources and its data. What it left is for the caller to say.
#[must_use]
pub fn of_case(case: &Case) -> CaseFacts {
    case_facts::look(case)
}

/// Where a session keeps its fingerprint.
pub const FILE: &str = "fingerprint.json";

/// Writes the fingerprint into the session. A session that several processes share has the cases of all of them.
///
/// # Errors
/// Where the file cannot be written.
pub fn keep(fingerprint: &Fingerprint, session: &Path) -> Result<(), Error> {
    let path = session.join(FILE);
    let lock = store::lock_file(&session.join("fingerprint.lock"))?;
    lock.lock().map_err(Error::io("lock", session))?;
    let mut whole = fingerprint.clone();
    let earlier =
        std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Fingerprint>(&text).ok());
    if let Some(earlier) = earlier {
        join(&mut whole, earlier);
    }
    let text = serde_json::to_vec_pretty(&whole)
        .map_err(|error| Error::Record { path: path.clone(), what: error.to_string() })?;
    store::write_whole(&path, &text)
}

/// Adds the cases that another process of the same session ran.
fn join(whole: &mut Fingerprint, earlier: Fingerprint) {
    let Fingerprint { cases, pythons, when, .. } = earlier;
    for mut case in cases.into_iter().filter(|known| whole.case(&known.name).is_none()).collect::<Vec<_>>() {
        let python = case.python.and_then(|place| pythons.get(place));
        case.python = python.map(|python| {
            whole.pythons.iter().position(|known| known == python).unwrap_or_else(|| {
                whole.pythons.push(python.clone());
                whole.pythons.len() - 1
            })
        });
        whole.cases.push(case);
    }
    whole.cases.sort_by(|left, right| left.name.cmp(&right.name));
    whole.when.started = when.started.min(whole.when.started.clone());
}

/// A number from a system file that the kernel keeps in a line of its own.
fn read_short(path: impl AsRef<Path>) -> Option<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(SYSTEM_FILE_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Far above what such files hold, `/proc/cpuinfo` of many processors included.
const SYSTEM_FILE_BYTES_MAX: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Digest;

    fn fingerprint(case: &str, python: Option<&str>, started: &str) -> Fingerprint {
        let config = Digest::of_bytes(case.as_bytes()).to_string();
        let pythons: Vec<serde_json::Value> = python
            .iter()
            .map(|version| serde_json::json!({ "version": version, "executable": "python", "libraries": {} }))
            .collect();
        serde_json::from_value(serde_json::json!({
            "format": FORMAT, "driftless": "0", "pythons": pythons, "variables": {}, "arguments": [], "not_known": {},
            "machine": { "architecture": "x86_64", "processors": 1, "gpus": [] },
            "when": { "started": started, "ended": "9" },
            "cases": [{
                "name": case, "file": "f", "config": config, "data": {}, "sources": {}, "outputs": [], "variables": {},
                "not_known": {}, "python": python.map(|_| 0)
            }]
        }))
        .unwrap()
    }

    #[test]
    fn processes_of_one_session_keep_the_cases_and_interpreters_of_all() {
        let session = tempfile::tempdir().unwrap();
        for (case, python, started) in [
            ("b", Some("3.11"), "2"),
            ("a", Some("3.12"), "1"),
            ("c", None, "3"),
            ("d", Some("3.11"), "4"),
            ("a", Some("3.12"), "5"),
        ] {
            keep(&fingerprint(case, python, started), session.path()).unwrap();
        }
        let text = std::fs::read(session.path().join(FILE)).unwrap();
        let whole: Fingerprint = serde_json::from_slice(&text).unwrap();
        let version = |case: &CaseFacts| Some(whole.pythons[case.python?].version.as_str());
        let found: Vec<_> = whole.cases.iter().map(|case| (case.name.as_str(), version(case))).collect();
        assert_eq!(found, [("a", Some("3.12")), ("b", Some("3.11")), ("c", None), ("d", Some("3.11"))]);
        assert_eq!(whole.when.started, "1");
    }
}
