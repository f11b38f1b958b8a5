//! Which cases a command means, and where their session lives.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::audit::AUDITS;
use crate::case::{Case, Date, Found, Known};
use crate::run::clock;
use crate::run::store::{Sharing, Store};
use crate::vary::FACTORS;
use crate::vary::words::WORDS;

/// Which cases are meant.
#[derive(Debug, clap::Args)]
pub(super) struct Where {
    /// A case file, the folder of one, or any folder to search
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Only cases whose name contains this (may be given several times)
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
}

impl Where {
    /// The cases, sorted by name.
    pub(super) fn cases(&self) -> Result<Vec<Case>, Failure> {
        let cases: Vec<Case> = read(&crate::case::find(&self.path)?)?
            .into_iter()
            .filter(|case| self.wants(&case.name))
            .collect();
        if cases.is_empty() {
            return Err(Failure::Usage {
                message: format!(
                    "no case below `{}` matches {}",
                    self.path.display(),
                    self.filter.join(", ")
                ),
                hint: format!("`driftless list {}` shows them all", self.path.display()),
            });
        }
        Ok(cases)
    }

    /// The command that means the same cases, to be run in the project.
    pub(super) fn command(&self, subcommand: &str, project: &Path) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let path = path.strip_prefix(project).unwrap_or(Path::new("."));
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let command = format!("driftless {subcommand} {}", path.display());
        self.filter.iter().fold(command, |command, text| command + " --filter " + text)
    }

    fn wants(&self, name: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|text| name.contains(text.as_str()))
    }
}

/// How the runs of a session are made.
#[derive(Debug, clap::Args)]
pub(super) struct Runs {
    /// How many runs at a time [default: the number of processors]
    #[arg(long, short, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Where sessions, logs and environments are kept [default: target/driftless in the project]
    #[arg(long, value_name = "DIR")]
    pub(super) store: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// How many runs are made at a time: as many as asked for, or as there are processors.
pub(crate) fn jobs(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The names that case files may speak of.
pub(crate) struct Names {
    audits: Vec<&'static str>,
    factors: Vec<&'static str>,
    words: Vec<&'static str>,
}

impl Names {
    /// The same, as a case file is read against them.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { audits: &self.audits, factors: &self.factors, words: &self.words }
    }
}

/// The names in the registries.
pub(crate) fn known_names() -> Names {
    Names {
        audits: AUDITS.iter().map(|audit| audit.name()).collect(),
        factors: FACTORS.iter().map(|factor| factor.name()).collect(),
        words: WORDS.iter().map(|word| word.name).collect(),
    }
}

/// Reads case files; the first that has mistakes ends it.
pub(crate) fn read(found: &[Found]) -> Result<Vec<Case>, crate::case::Error> {
    let names = known_names();
    let known = names.known();
    let today = today();
    let mut cases = Vec::new();
    for found in found {
        cases.extend(found.read(today, known)?);
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(cases)
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    let (year, month, day) = clock::today();
    Date { year, month, day }
}

/// Opens the session that this process belongs to: the one of the test runner, or one of its own.
pub(crate) fn open_store(project: &Path, chosen: Option<&Path>) -> Result<Store, crate::run::Error> {
    let root = store_root(project, chosen);
    let name = std::env::var("NEXTEST_RUN_ID").ok();
    let sharing = name.as_deref().map_or(Sharing::Alone, Sharing::Named);
    Store::open(&root, sharing)
}

/// Where the sessions of a project are kept, absolute.
pub(super) fn store_root(project: &Path, chosen: Option<&Path>) -> PathBuf {
    let root = match chosen {
        Some(root) => root.to_path_buf(),
        None => match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) => project.join(target).join("driftless"),
            None => project.join("target").join("driftless"),
        },
    };
    std::path::absolute(&root).unwrap_or(root)
}

/// The project of cases found together; where they have several, that of the first.
pub(crate) fn project(cases: &[Case]) -> PathBuf {
    cases.first().map(|case| case.project.clone()).unwrap_or_default()
}
