//! The Python shim: files that the runner writes to a folder of the session and puts first on `PYTHONPATH`.
//!
//! It reaches Python 3.7 and later, also in virtual environments and in forked or spawned workers, unless the interpreter
//! runs with `-I`, `-E` or `-S`. The folder should be writable, so that the interpreter compiles the file once per session.
//!
//! Limits: every spawned worker starts its global generators at the same constant; methods of types written in C cannot be
//! seen (`torch.Generator().seed()`, `numpy.random.mtrand._rand.seed(n)`); of NumPy generators made without a seed only those
//! of `default_rng()` are noted as drawn, though all are varied; unpickling a `random.Random` is noted as a draw; a worker
//! killed by a signal does not say at its end whether it drew.

/// The files of the shim: name and text.
#[must_use]
pub fn shim_files() -> &'static [(&'static str, &'static str)] {
    &[("sitecustomize.py", include_str!("shim/sitecustomize.py"))]
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    use tempfile::TempDir;

    use super::super::ledger::{self, Seen};
    use super::super::{Conditions, FACTORS, Kind, SETTINGS, conditions};
    use super::shim_files;

    const PYTHON: &str = "/usr/bin/python3";

    /// A place with the shim, a ledger folder and a program, run without the preload library.
    struct Place {
        folder: TempDir,
        conditions: Conditions,
        ledger: String,
        env: BTreeMap<String, String>,
    }

    impl Place {
        fn new(program: &str, varied: &[&str]) -> Place {
            let folder = tempfile::tempdir().expect("temporary folder");
            let at = |name: &str| folder.path().join(name);
            for name in ["shim", "ledger", "other", "project"] {
                fs::create_dir(at(name)).expect("create");
            }
            for (name, text) in shim_files() {
                fs::write(at("shim").join(name), text).expect("write");
            }
            fs::write(at("project/train.py"), program).expect("write");
            let conditions = conditions(&varied.iter().copied().collect::<BTreeSet<_>>());
            let mut env = conditions.env.clone();
            env.insert(SETTINGS.to_owned(), at("settings").display().to_string());
            let ledger = at("ledger").display().to_string();
            let path = format!("{}:{}", at("shim").display(), at("other").display());
            env.insert("PYTHONPATH".to_owned(), path);
            env.insert("TMPDIR".to_owned(), folder.path().display().to_string());
            Place { folder, conditions, ledger, env }
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.folder.path().join(name)
        }

        #[expect(clippy::disallowed_methods, reason = "a shelf cannot use the room that runs processes")]
        fn run_with(&self, python: &Path) -> Output {
            fs::write(self.path("settings"), self.conditions.settings(&self.ledger)).expect("write");
            Command::new(python)
                .arg("train.py")
                .current_dir(self.path("project"))
                .env_clear()
                .envs(&self.env)
                .output()
                .expect("python3 is installed: apt-get install -y python3 python3-venv python3-numpy python3-torch")
        }

        /// What a program that succeeds prints on stdout; it prints nothing on stderr.
        fn lines(&self) -> Vec<String> {
            let output = self.run_with(Path::new(PYTHON));
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                !errors.contains("ModuleNotFoundError"),
                "a module is missing: apt-get install -y python3-numpy python3-torch\n{errors}"
            );
            assert!(output.status.success() && errors.is_empty(), "{errors}");
            String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
        }

        fn seen(&self) -> Seen {
            ledger::read(&self.path("ledger"), &[&self.path("project")]).expect("readable")
        }
    }

    fn lines(program: &str, varied: &[&str]) -> Vec<String> {
        Place::new(program, varied).lines()
    }

    /// Draws from every source, a line per source that begins with the factor's name.
    const PROBE: &str = "\
import os, random, secrets, uuid
import numpy as np
print('python-random', random.random(), random.Random().random())
random.seed()
print('python-random', random.random())
print('numpy-global', np.random.rand(), np.random.randn())
print('numpy-default-rng', np.random.default_rng().random(), np.random.RandomState().rand())
print('numpy-default-rng', np.random.SeedSequence().entropy, np.random.PCG64().random_raw())
print('os-entropy', os.urandom(4).hex(), uuid.uuid4(), secrets.token_hex(4), random.SystemRandom().random())
";

    const TORCH_PROBE: &str = "\
import random, torch
print('python-random', random.random())
print('torch-cpu', torch.rand(1).item(), torch.nn.Linear(2, 1).weight.tolist())
print('torch-cpu', torch.seed(), torch.rand(1).item())
";

    fn changes_only_its_own_lines(probe: &str, factors: &[&str]) {
        let pinned = lines(probe, &[]);
        assert_eq!(pinned, lines(probe, &[]), "two runs with everything pinned are equal");
        for factor in factors {
            for (before, after) in pinned.iter().zip(lines(probe, &[factor])) {
                let is_its_own = before.split(' ').next() == Some(factor);
                assert_eq!(*before != after, is_its_own, "{factor} varied: {before} -> {after}");
            }
        }
    }

    #[test]
    fn varying_a_generator_changes_what_is_drawn_from_it_and_nothing_else() {
        changes_only_its_own_lines(
            PROBE,
            &["python-random", "numpy-global", "numpy-default-rng", "os-entropy"],
        );
    }

    #[test]
    fn varying_torch_changes_what_is_drawn_from_torch_and_nothing_else() {
        changes_only_its_own_lines(TORCH_PROBE, &["python-random", "torch-cpu", "torch-cuda"]);
    }

    #[test]
    fn a_program_that_seeds_everything_gets_what_it_gets_without_the_shim() {
        let program = "\
import random, torch, numpy as np
random.seed(42)
np.random.seed(42)
torch.manual_seed(42)
rng = np.random.default_rng(42)
print(random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
print(rng.random(), random.Random(1).random(), np.random.RandomState(3).rand(), random.gauss(0, 1))
";
        let place = Place::new(program, &[]);
        let with = place.lines();
        let mut without = Place::new(program, &[]);
        without.env.remove("PYTHONPATH");
        assert_eq!(with, without.lines());
        let seen = place.seen();
        let at = |source: &str| seen.seeded.get(source).map(String::as_str);
        assert_eq!(at("python-random"), Some("train.py:2"));
        assert_eq!(at("numpy-global"), Some("train.py:3"));
        assert_eq!(at("torch-cpu"), Some("train.py:4"));
        assert_eq!(at("numpy-default-rng"), Some("train.py:5"));
        assert_eq!(seen.drawn, BTreeMap::new());
        assert_eq!(seen.failures, BTreeSet::new());
        assert_eq!(seen.imported, ["numpy", "random", "torch"].map(str::to_owned).into());
    }

    #[test]
    fn what_is_drawn_unseeded_is_named_with_its_place_where_there_is_one() {
        let place = Place::new(PROBE, &[]);
        place.lines();
        let seen = place.seen();
        let expected = [
            ("numpy-default-rng", "train.py:7"),
            ("numpy-global", ""),
            ("os-entropy", "train.py:9"),
            ("python-random", "train.py:3"),
        ];
        assert_eq!(seen.drawn, expected.map(|(source, at)| (source.to_owned(), at.to_owned())).into());
        assert_eq!(seen.seeded, BTreeMap::new());
    }

    #[test]
    fn draws_are_noted_however_the_program_ends() {
        for end in ["sys.exit(3)", "raise ValueError('no')"] {
            let place = Place::new(&format!("import random, sys\nrandom.random()\n{end}\n"), &[]);
            assert!(!place.run_with(Path::new(PYTHON)).status.success());
            assert_eq!(place.seen().drawn, [("python-random".to_owned(), String::new())].into(), "{end}");
        }
    }

    #[test]
    fn drawing_before_seeding_is_drawing_unseeded() {
        let place = Place::new("import random\nrandom.random()\nrandom.seed(1)\nrandom.random()\n", &[]);
        place.lines();
        let seen = place.seen();
        assert_eq!(
            (seen.drawn["python-random"].as_str(), seen.seeded["python-random"].as_str()),
            ("", "train.py:3")
        );
    }

    #[test]
    fn names_of_temporary_files_are_no_draw() {
        let place = Place::new("import random, tempfile\ntempfile.mkdtemp()\n", &[]);
        place.lines();
        assert_eq!(place.seen().drawn, BTreeMap::new());
    }

    #[test]
    fn the_shim_imports_no_library_and_leaves_loaders_and_functions_as_they_were() {
        let program = "\
import sys
print(sorted({'random', 'numpy', 'torch', 'json', 'functools', 'hashlib', 'multiprocessing'} & set(sys.modules)))
import importlib.util, inspect, pickle, random
print(random.seed.__self__ is random._inst, inspect.signature(random.seed), inspect.signature(random.Random.seed))
print(pickle.loads(pickle.dumps(random.Random(5))).random(), random.Random.seed.__qualname__, help is not None)
print(type(random.__loader__).__name__, sorted(vars(random.__loader__)), random.__spec__.name)
print(importlib.reload(random) is random, importlib.util.find_spec('no_such_module'))
import numpy as np
print(np.random.seed.__name__, np.random.seed is np.random.mtrand.seed, type(np.random.mtrand._rand).__name__)
print(pickle.loads(pickle.dumps(np.random.default_rng)) is np.random.default_rng)
";
        let mut without = Place::new(program, &[]);
        without.env.remove("PYTHONPATH");
        assert_eq!(lines(program, &[]), without.lines());
    }

    #[test]
    fn the_shadowed_sitecustomize_runs_and_takes_its_name() {
        let place = Place::new("import sitecustomize\nprint(sitecustomize.__file__)\n", &[]);
        let shadowed = place.path("other/sitecustomize.py");
        fs::write(&shadowed, "print('shadowed', __name__)\n").expect("write");
        assert_eq!(place.lines(), ["shadowed sitecustomize".to_owned(), shadowed.display().to_string()]);
        assert!(place.seen().shim);
    }

    #[test]
    fn a_shadowed_sitecustomize_that_fails_fails_as_it_would_alone() {
        let place = Place::new("import random\nprint(random.random())\n", &[]);
        fs::write(place.path("other/sitecustomize.py"), "raise ValueError('theirs')\n").expect("write");
        let output = place.run_with(Path::new(PYTHON));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.contains("ValueError: theirs"), "{errors}");
        assert_eq!(place.seen().drawn.len(), 1, "the shim goes on working");
    }

    #[test]
    fn a_failure_of_the_shim_is_an_entry_in_its_ledger_and_nothing_else() {
        let mut place = Place::new(PROBE, &[]);
        for value in place.conditions.shim.values_mut() {
            *value = "not a number".to_owned();
        }
        assert_eq!(place.lines().len(), 6);
        assert!(!place.seen().failures.is_empty());
    }

    #[test]
    fn without_a_folder_for_the_ledger_the_program_runs_all_the_same() {
        let mut place = Place::new(PROBE, &[]);
        place.ledger = "/nonexistent/ledger".to_owned();
        assert_eq!(place.lines(), lines(PROBE, &[]));
    }

    /// Three workers, one after the other, each with a draw from four sources.
    const WORKERS: &str = "\
import multiprocessing, os, random, sys
import numpy as np
def work(queue):
    queue.put((np.random.default_rng().random(), random.random(), np.random.rand(), os.urandom(4).hex()))
if __name__ == '__main__':
    random.seed(1)
    context = multiprocessing.get_context('METHOD')
    queue = context.Queue()
    for _ in range(3):
        worker = context.Process(target=work, args=(queue,))
        worker.start()
        print(*queue.get())
        worker.join()
";

    #[test]
    fn workers_repeat_their_draws_differ_from_each_other_and_keep_ledgers_of_their_own() {
        for method in ["fork", "spawn", "forkserver"] {
            let program = WORKERS.replace("METHOD", method);
            let place = Place::new(&program, &[]);
            let drawn = place.lines();
            assert_eq!(drawn, lines(&program, &[]), "{method}");
            let fresh: BTreeSet<&str> = drawn.iter().filter_map(|line| line.split(' ').next()).collect();
            assert_eq!(fresh.len(), 3, "{method}: workers draw different entropy");
            let ledgers = fs::read_dir(place.path("ledger")).expect("readable").count();
            assert!(ledgers >= 4, "{method}: {ledgers} ledgers");
            let seen = place.seen();
            assert_eq!(seen.drawn["numpy-default-rng"], "train.py:4", "{method}");
            assert!(seen.drawn.contains_key("numpy-global"), "{method}: noted when a worker ends");
            assert_eq!(seen.failures, BTreeSet::new(), "{method}");
        }
    }

    #[test]
    fn in_a_forked_worker_python_random_is_unseeded_whatever_the_parent_did() {
        let program = WORKERS.replace("METHOD", "fork");
        let place = Place::new(&program, &[]);
        let pinned = place.lines();
        assert!(place.seen().drawn.contains_key("python-random"));
        assert_ne!(pinned, lines(&program, &["python-random"]));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a shelf cannot use the room that runs processes")]
    fn the_shim_reaches_virtual_environments_where_libraries_are_missing() {
        let place = Place::new("import random\nprint(random.random())\nimport numpy\n", &[]);
        let made = Command::new(PYTHON)
            .args(["-m", "venv", "--without-pip"])
            .arg(place.path("venv"))
            .status()
            .expect("python3 is installed");
        assert!(made.success(), "apt-get install -y python3-venv");
        let output = place.run_with(&place.path("venv/bin/python"));
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError: No module named 'numpy'")
        );
        let expected = lines("import random\nprint(random.random())\n", &[]);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected[0]);
        assert!(place.seen().shim);
    }

    /// As much of torch as the shim touches, with a device that is initialised by its first use.
    const TORCH_WITH_DEVICE: &str = "\
class State(list):
    def tolist(self): return list(self)
    def __getitem__(self, index): return State(list(self)[index])
class Generator:
    state = 0
    def manual_seed(self, seed): self.state = seed
    def get_state(self): return State([self.state])
class Device(Generator):
    def get_state(self): return State([0] * 8 + [0] * 7 + [cuda.offset])
class version: cuda, hip = '12.4', None
class cuda:
    queued, ready, offset, default_generators = [], False, 0, (Device(),)
    def manual_seed_all(seed): cuda.queued.append(seed)
    def manual_seed(seed): cuda.queued.append(seed)
    def is_initialized(): return cuda.ready
    def _is_in_bad_fork(): return False
    class random: pass
    def draw(): cuda.ready, cuda.offset = True, 4
class random: pass
default_generator = Generator()
def equal(a, b): return a == b
def manual_seed(seed): default_generator.manual_seed(seed); cuda.manual_seed_all(seed)
def seed(): return 1
";

    fn with_device(program: &str, varied: &[&str]) -> (Vec<String>, Seen) {
        let program = format!("import torch\n{program}\nprint(torch.cuda.queued, torch.cuda.ready)\n");
        let mut place = Place::new(&program, varied);
        let installed = place.path("other/site-packages");
        fs::create_dir(&installed).expect("create");
        fs::write(installed.join("torch.py"), TORCH_WITH_DEVICE).expect("write");
        let path = format!("{}:{}", place.env["PYTHONPATH"], installed.display());
        place.env.insert("PYTHONPATH".to_owned(), path);
        (place.lines(), place.seen())
    }

    #[test]
    fn the_generators_of_a_device_are_seeded_without_initialising_it() {
        let (pinned, seen) = with_device("", &[]);
        assert_eq!(pinned, ["[1000003] False"]);
        assert_eq!((seen.drawn.len(), seen.seeded.len(), seen.failures), (0, 0, BTreeSet::new()));
        assert_eq!(with_device("", &["torch-cuda"]).0, ["[2147483647] False"]);
        assert_eq!(with_device("", &["torch-cpu"]).0, pinned);
    }

    #[test]
    fn draws_and_seeds_on_a_device_are_noted() {
        assert_eq!(
            with_device("torch.cuda.draw()", &[]).1.drawn,
            [("torch-cuda".to_owned(), String::new())].into()
        );
        let (_, seen) = with_device("torch.manual_seed(5); torch.cuda.draw()", &[]);
        assert_eq!(seen.seeded.get("torch-cuda").map(String::as_str), Some("train.py:2"));
        assert_eq!(seen.drawn, BTreeMap::new());
    }

    #[test]
    fn every_generator_has_a_setting_that_the_shim_knows() {
        let (_, text) = shim_files()[0];
        for factor in FACTORS.iter().filter(|factor| factor.kind() == Kind::Generator) {
            let key = factor.name().replace('-', "_").to_uppercase();
            assert!(text.contains(&format!("_setting(\"{key}\")")), "{key}");
            assert!(conditions(&BTreeSet::new()).shim.contains_key(&key), "{key}");
        }
    }
}
