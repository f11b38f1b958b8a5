//! The nuisance factors: one file per thing that may change between two runs and must not matter.
//!
//! A factor writes its part of the [`Conditions`] of a run, and nothing else: the runner carries them out. No two factors
//! write the same entry, so the order in which they are applied does not matter.

mod address_layout;
mod clock;
pub mod data;
mod directory_order;
mod environment_noise;
mod hash_seed;
mod home;
mod host_name;
mod instruction_set;
pub mod ledger;
mod locale;
mod memory_fill;
mod numpy_default_rng;
mod numpy_global;
mod os_entropy;
mod preload;
mod python_random;
pub mod schedule;
mod shim;
mod temp_directory;
mod threads;
mod time_zone;
mod torch_cpu;
mod torch_cuda;
mod umask;
pub mod words;
mod working_directory;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use preload::PRELOAD;
pub use shim::shim_files;

/// Where a run may stand with one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The same in every run.
    Pinned,
    /// Changed, in the same way every time.
    Varied,
}

impl Level {
    /// One of two values, by level.
    fn pick<T>(self, pinned: T, varied: T) -> T {
        match self {
            Level::Pinned => pinned,
            Level::Varied => varied,
        }
    }
}

/// Which audit a factor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A condition of the run that must not matter: audit `nuisance`.
    Environment,
    /// The state of a random generator at start: audit `seed-coverage`.
    Generator,
    /// A property of the machine on which correct numeric programs differ too; varied only on request.
    Machine,
}

/// What carries a factor into the process. A factor is only *varied* where its carrier arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// Environment variables, paths, limits: reaches every program.
    Process,
    /// The preload library: reaches dynamically linked programs on Linux.
    Preload,
    /// The Python shim: reaches Python programs that import the library in question.
    Shim,
}

/// The variable that tells the carriers where their settings lie. It holds how the path of the file begins; `-` and the
/// process's limit on file locks follow, or nothing where there is no such file.
pub const SETTINGS: &str = "DRIFTLESS_SETTINGS";

/// The conditions of one run, as plain data that the runner carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a condition of its own, free to combine with the others"
)]
pub struct Conditions {
    /// Environment variables to set.
    pub env: BTreeMap<String, String>,
    /// Settings for the preload library, by key.
    pub preload: BTreeMap<String, String>,
    /// Settings for the Python shim, by key.
    pub shim: BTreeMap<String, String>,
    /// When the inputs were last changed, in seconds since 1970.
    pub input_time_s: u64,
    /// File mode creation mask.
    pub umask: u32,
    /// How many processors the run may use; `None` leaves the affinity alone.
    pub processors: Option<usize>,
    /// Whether the address space is laid out at random.
    pub random_addresses: bool,
    /// Whether the run stands in the other directory (other length, a space, a non-ASCII letter).
    pub other_directory: bool,
    /// Whether HOME and the XDG folders are the other ones.
    pub other_home: bool,
    /// Whether the folder for temporary files is the other one.
    pub other_temp: bool,
}

impl Conditions {
    /// What holds before any factor is applied: an empty environment and the usual umask.
    fn bare() -> Conditions {
        Conditions {
            env: BTreeMap::new(),
            preload: BTreeMap::new(),
            shim: BTreeMap::new(),
            input_time_s: 0,
            umask: 0o022,
            processors: None,
            random_addresses: false,
            other_directory: false,
            other_home: false,
            other_temp: false,
        }
    }

    /// What the carriers are told, as they read it from the file that [`SETTINGS`] names: `NAME=value`, each ended by a zero
    /// byte. It is no part of the environment: a program that writes its environment into its output would otherwise show
    /// every factor that a carrier carries. `ledger` is the folder for what they note.
    #[must_use]
    pub fn settings(&self, ledger: &str) -> Vec<u8> {
        let mut text = format!("LEDGER={ledger}\0");
        for (prefix, table) in [("PRELOAD", &self.preload), ("SHIM", &self.shim)] {
            text.extend(table.iter().map(|(key, value)| format!("{prefix}_{key}={value}\0")));
        }
        text.into_bytes()
    }

    /// Sets an environment variable to one of two values, by level.
    fn set(&mut self, level: Level, name: &str, pinned: &str, varied: &str) {
        self.env.insert(name.to_owned(), level.pick(pinned, varied).to_owned());
    }
}

/// One thing that changes between two runs of the same program on the same inputs.
pub trait Factor: Sync {
    /// Kebab-case name, as in the case file and in reports.
    fn name(&self) -> &'static str;
    /// What it is, in one line that reads after "varied: ".
    fn summary(&self) -> &'static str;
    /// Why programs depend on it and what to do about it: two or three sentences.
    fn mend(&self) -> &'static str;
    /// Which audit it belongs to.
    fn kind(&self) -> Kind;
    /// What carries it into the process.
    fn carrier(&self) -> Carrier;
    /// Writes the factor's part of the conditions.
    fn apply(&self, level: Level, conditions: &mut Conditions);
    /// Why this factor cannot be varied on this machine at all, if so.
    fn unavailable(&self) -> Option<String> {
        None
    }
    /// What of this factor this machine cannot vary, and what to do about it, if there is something.
    fn limit(&self) -> Option<String> {
        None
    }
}

/// Every factor: conditions first, then generators, then properties of the machine.
pub static FACTORS: &[&dyn Factor] = &[
    &hash_seed::HashSeed,
    &threads::Threads,
    &working_directory::WorkingDirectory,
    &home::Home,
    &temp_directory::TempDirectory,
    &locale::Locale,
    &time_zone::TimeZone,
    &clock::Clock,
    &umask::Umask,
    &environment_noise::EnvironmentNoise,
    &host_name::HostName,
    &directory_order::DirectoryOrder,
    &address_layout::AddressLayout,
    &memory_fill::MemoryFill,
    &python_random::PythonRandom,
    &numpy_global::NumpyGlobal,
    &numpy_default_rng::NumpyDefaultRng,
    &os_entropy::OsEntropy,
    &torch_cpu::TorchCpu,
    &torch_cuda::TorchCuda,
    &instruction_set::InstructionSet,
];

/// The seed that generators start from: one constant at each level. Both are prime, and neither is one that people type.
fn seed(level: Level) -> String {
    level.pick("1000003", "2147483647").to_owned()
}

/// The conditions of a run in which exactly the factors named in `varied` are varied and all others are pinned. Names that no factor
/// has change nothing.
pub fn conditions(varied: &BTreeSet<&str>) -> Conditions {
    let mut conditions = Conditions::bare();
    for factor in FACTORS {
        let level = if varied.contains(factor.name()) { Level::Varied } else { Level::Pinned };
        factor.apply(level, &mut conditions);
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the shelf that hold no factor.
    const OTHERS: [&str; 5] = ["ledger", "mod", "preload", "shim", "words"];

    fn applied(order: &[usize], varied: Option<&str>) -> Conditions {
        let mut conditions = Conditions::bare();
        for &index in order {
            let factor = FACTORS[index];
            let level = if varied == Some(factor.name()) { Level::Varied } else { Level::Pinned };
            factor.apply(level, &mut conditions);
        }
        conditions
    }

    #[test]
    fn names_are_unique_and_kebab_case() {
        let names: BTreeSet<&str> = FACTORS.iter().map(|factor| factor.name()).collect();
        assert_eq!(names.len(), FACTORS.len());
        for name in names {
            let words = name.split('-').all(|word| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            });
            assert!(words, "{name}");
        }
    }

    #[test]
    fn every_file_of_the_shelf_is_registered() {
        let shelf = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("harness/vary");
        let files: BTreeSet<String> = std::fs::read_dir(shelf)
            .expect("the shelf is a folder")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.is_file())
            .map(|path| path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned())
            .filter(|name| !OTHERS.contains(&name.as_str()))
            .collect();
        let registered: BTreeSet<String> =
            FACTORS.iter().map(|factor| factor.name().replace('-', "_")).collect();
        assert_eq!(files, registered);
    }

    #[test]
    fn varying_a_factor_changes_the_conditions_unless_it_is_unavailable() {
        let pinned = conditions(&BTreeSet::new());
        for factor in FACTORS {
            let varied = conditions(&BTreeSet::from([factor.name()]));
            assert!(pinned != varied || factor.unavailable().is_some(), "{}", factor.name());
        }
    }

    #[test]
    fn the_order_in_which_factors_are_applied_does_not_matter() {
        let forwards: Vec<usize> = (0..FACTORS.len()).collect();
        let backwards: Vec<usize> = forwards.iter().rev().copied().collect();
        for varied in std::iter::once(None).chain(FACTORS.iter().map(|factor| Some(factor.name()))) {
            assert_eq!(applied(&forwards, varied), applied(&backwards, varied), "{varied:?}");
        }
    }

    #[test]
    fn two_factors_never_share_an_entry() {
        let pinned = conditions(&BTreeSet::new());
        let changed = |factor: &dyn Factor| -> BTreeSet<String> {
            let varied = conditions(&BTreeSet::from([factor.name()]));
            [(&pinned.env, &varied.env), (&pinned.preload, &varied.preload), (&pinned.shim, &varied.shim)]
                .into_iter()
                .enumerate()
                .flat_map(|(table, (before, after))| {
                    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
                    keys.into_iter()
                        .filter(|key| before.get(*key) != after.get(*key))
                        .map(|key| format!("{table}:{key}"))
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        let mut seen = BTreeMap::new();
        for factor in FACTORS {
            for entry in changed(*factor) {
                if let Some(other) = seen.insert(entry.clone(), factor.name()) {
                    panic!("{other} and {} both write {entry}", factor.name());
                }
            }
        }
    }

    #[test]
    fn all_names_of_no_factor_change_nothing() {
        assert_eq!(conditions(&BTreeSet::from(["no-such-factor"])), conditions(&BTreeSet::new()));
    }

    #[test]
    fn texts_are_well_formed() {
        for factor in FACTORS {
            let (name, summary, mend) = (factor.name(), factor.summary(), factor.mend());
            assert!(!summary.ends_with('.') && !summary.contains('\n') && summary.len() <= 100, "{name}");
            assert!(
                summary.starts_with(char::is_lowercase) || summary.starts_with("NumPy"),
                "{name}: {summary}"
            );
            assert!(mend.ends_with('.') && !mend.contains("  ") && !mend.contains('\n'), "{name}");
            let sentences = mend.matches(". ").count() + 1;
            assert!((2..=3).contains(&sentences), "{name}: {sentences} sentences");
        }
    }

    #[test]
    fn environment_variables_can_be_passed_on() {
        let all: BTreeSet<&str> = FACTORS.iter().map(|factor| factor.name()).collect();
        for table in [conditions(&all), conditions(&BTreeSet::new())] {
            for (name, value) in table.env.iter().chain(&table.preload).chain(&table.shim) {
                assert!(!name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0'), "{name}");
            }
        }
    }
}
