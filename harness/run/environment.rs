//! The interpreter of a case: found on the machine, or built from the case's lock file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::store::{Store, lock_file, write_whole};
use super::supervise::Finish;
use super::{Error, process};
use crate::artifact::Digest;
use crate::case::{Case, Environment, Requires};
use crate::project::lock;

/// A Python interpreter, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The real executable, behind every shim of a version manager.
    pub executable: PathBuf,
    /// `3.11.2`.
    pub version: String,
    /// Where packages installed for the user alone lie; lost otherwise, since a run has another HOME.
    pub user_base: String,
}

/// What a case requires and this machine lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// `program `rustc``, `Python module `torch``.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// The file that says that an environment is whole.
const DONE: &str = "driftless-done";

const DESCRIBE: &str = "import json,sys,site;print(json.dumps({'executable':sys.executable,'version':'%d.%d.%d'%sys.version_info[:3],'user_base':site.getuserbase()}))";

/// What conditions of dependencies may ask (PEP 508), and where packages lie. Isolated from the user's variables.
const INSIDE: &str = "import json,os,platform,sys
i=sys.implementation;v=i.version
f='%d.%d.%d'%v[:3]+('' if v.releaselevel=='final' else v.releaselevel[0]+str(v.serial))
n=('site-packages','dist-packages')
print(json.dumps({'executable':sys.executable,'prefix':sys.prefix,
'sites':[p for p in sys.path if os.path.basename(p) in n],
'markers':{'implementation_name':i.name,'implementation_version':f,'os_name':os.name,
'platform_machine':platform.machine(),'platform_python_implementation':platform.python_implementation(),
'platform_release':platform.release(),'platform_system':platform.system(),'platform_version':platform.version(),
'python_full_version':platform.python_version().rstrip('+'),'python_version':'.'.join(platform.python_version_tuple()[:2]),
'sys_platform':sys.platform}}))";

/// The interpreter at a path, else that of an environment in `root` (`.venv`, `venv`), else the first on the path, with
/// what is known of its packages.
///
/// # Errors
/// Where there is none, or it does not answer.
pub fn inside(root: &Path, python: Option<&Path>) -> Result<lock::Interpreter, Error> {
    let beside = || {
        let places = [".venv", "venv"].map(|name| root.join(name).join("bin").join("python"));
        places.into_iter().find(|place| place.is_file())
    };
    let on_path = || ["python3", "python"].iter().find_map(|name| process::on_path(name));
    let missing =
        || Error::NoPython { wanted: python.map_or("3".to_owned(), |path| path.display().to_string()) };
    let path = python.map(Path::to_path_buf).or_else(beside).or_else(on_path).ok_or_else(missing)?;
    let answer = process::ask(&path, &["-I", "-c", INSIDE]).ok_or_else(missing)?;
    serde_json::from_str(&answer).map_err(|_| missing())
}

/// Looks at the machine, each fact once a session.
#[derive(Debug)]
pub struct Probe<'store> {
    store: &'store Store,
}

impl<'store> Probe<'store> {
    /// A probe that keeps what it learns in this session.
    #[must_use]
    pub fn new(store: &'store Store) -> Self {
        Self { store }
    }

    /// What the case requires that is not here. Empty means that it can run.
    ///
    /// # Errors
    /// Where the store cannot be used.
    pub fn missing(&self, case: &Case, python: Option<&Interpreter>) -> Result<Vec<Missing>, Error> {
        let Requires { programs, modules } = &case.requires;
        let mut missing: Vec<Missing> = programs
            .iter()
            .filter(|program| process::on_path(program).is_none())
            .map(|program| Missing {
                what: format!("program `{program}`"),
                hint: format!("install `{program}` and put it on the path"),
            })
            .collect();
        let Some(python) = python else {
            if !modules.is_empty() {
                missing.push(Missing { what: "Python".to_owned(), hint: "install Python 3".to_owned() });
            }
            return Ok(missing);
        };
        for module in modules {
            if !self.has_module(python, module)? {
                let executable = python.executable.display();
                missing.push(Missing {
                    what: format!("Python module `{module}` (for {executable})"),
                    hint: format!("install `{module}` for {executable}"),
                });
            }
        }
        Ok(missing)
    }

    /// The case's interpreter, built from the lock file if one is declared. `None` where none is declared and the
    /// machine has none: the case may not need it.
    ///
    /// # Errors
    /// Where the declared version is absent, or the environment cannot be built.
    pub fn interpreter(&self, wish: &Environment) -> Result<Option<Interpreter>, Error> {
        let base = self.base_interpreter(wish)?;
        match (&wish.lock, base) {
            (None, base) => Ok(base),
            (Some(lock), Some(base)) => self.build(&base, lock).map(Some),
            (Some(_), None) => Err(Error::NoPython { wanted: "3".to_owned() }),
        }
    }

    /// The same without building anything: `None` as well where the environment is not there yet.
    ///
    /// # Errors
    /// Where the session cannot be written.
    pub fn standing(&self, wish: &Environment) -> Result<Option<Interpreter>, Error> {
        let base = match self.base_interpreter(wish) {
            Ok(base) => base,
            Err(error) if error.is_about_environment() => None,
            Err(error) => return Err(error),
        };
        let (Some(lock), Some(base)) = (&wish.lock, &base) else { return Ok(base) };
        let folder = self.home_of(base, &std::fs::read(lock).map_err(Error::io("read", lock))?);
        if folder.join(DONE).exists() { self.describe(&folder.join("bin/python")) } else { Ok(None) }
    }

    /// Where the environment of a lock file lies.
    fn home_of(&self, base: &Interpreter, lock: &[u8]) -> PathBuf {
        let id = format!("{}\n{}\n", base.executable.display(), base.version);
        let name = Digest::of_bytes(&[id.as_bytes(), lock].concat()).short();
        self.store.root().join(format!("env-{name}"))
    }

    fn base_interpreter(&self, wish: &Environment) -> Result<Option<Interpreter>, Error> {
        let Some(wanted) = &wish.python else {
            let found = ["python3", "python"].iter().find_map(|name| process::on_path(name));
            return found.map_or(Ok(None), |path| self.describe(&path));
        };
        if wanted.contains('/') {
            let described = self.describe(Path::new(wanted))?;
            return described.map(Some).ok_or_else(|| Error::NoPython { wanted: wanted.clone() });
        }
        let names = [format!("python{wanted}"), "python3".to_owned(), "python".to_owned()];
        let mut candidates: Vec<PathBuf> = names.iter().filter_map(|name| process::on_path(name)).collect();
        candidates.push(PathBuf::from("/usr/bin/python3"));
        for path in candidates {
            if let Some(python) = self.describe(&path)?
                && is_version(&python.version, wanted)
            {
                return Ok(Some(python));
            }
        }
        Err(Error::NoPython { wanted: wanted.clone() })
    }

    /// Asks an interpreter what it is. Shims of version managers take a while to answer, so the answer is kept.
    fn describe(&self, path: &Path) -> Result<Option<Interpreter>, Error> {
        let answer = self.remembered(&format!("describe {}", path.display()), || {
            process::ask(path, &["-c", DESCRIBE]).unwrap_or_default()
        })?;
        Ok(serde_json::from_str(&answer).ok())
    }

    fn has_module(&self, python: &Interpreter, module: &str) -> Result<bool, Error> {
        let question = format!("module {module} {}", python.executable.display());
        let code = format!("import importlib.util as u,sys;sys.exit(u.find_spec({module:?}) is None)");
        let answer = self.remembered(&question, || {
            process::ask(&python.executable, &["-c", &code]).map_or("no", |_| "yes").to_owned()
        })?;
        Ok(answer == "yes")
    }

    /// One answer per question and session, shared by the session's processes.
    fn remembered(&self, question: &str, answer: impl FnOnce() -> String) -> Result<String, Error> {
        let folder = self.store.session().join("facts");
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let name = Digest::of_bytes(question.as_bytes()).short();
        let file = folder.join(&name);
        if let Ok(known) = std::fs::read_to_string(&file) {
            return Ok(known);
        }
        let lock = lock_file(&folder.join(format!("{name}.lock")))?;
        lock.lock().map_err(Error::io("lock", &folder))?;
        if let Ok(known) = std::fs::read_to_string(&file) {
            return Ok(known);
        }
        let fresh = answer();
        write_whole(&file, fresh.as_bytes())?;
        Ok(fresh)
    }

    /// Builds a virtual environment from a lock file, once per content of the lock file and interpreter.
    fn build(&self, base: &Interpreter, lock: &Path) -> Result<Interpreter, Error> {
        let text = std::fs::read(lock).map_err(Error::io("read", lock))?;
        let folder = self.home_of(base, &text);
        let python = folder.join("bin/python");
        let done = folder.join(DONE);
        std::fs::create_dir_all(self.store.root()).map_err(Error::io("create", self.store.root()))?;
        let guard = lock_file(&folder.with_extension("lock"))?;
        guard.lock().map_err(Error::io("lock", &folder))?;
        if !done.exists() {
            super::place::remove_tree(&folder)?;
            if let Err(error) = install(base, lock, &folder) {
                super::place::remove_tree(&folder)?;
                return Err(error);
            }
            write_whole(&done, b"")?;
            // Environments outlive the session, so this mark must not reach the disk before what it vouches for.
            std::fs::File::open(&done).and_then(|file| file.sync_all()).map_err(Error::io("write", &done))?;
        }
        self.describe(&python)?.ok_or_else(|| Error::Environment {
            lock: lock.to_path_buf(),
            what: format!("`{}` does not run", python.display()),
            hint: format!("delete `{}` and run again", folder.display()),
        })
    }
}

/// Asks an interpreter what it is; `None` if it does not answer.
pub(super) fn describe(path: &Path) -> Option<Interpreter> {
    serde_json::from_str(&process::ask(path, &["-c", DESCRIBE])?).ok()
}

/// Every package comes with `==` and a hash, or the installer refuses: an environment that is not pinned is itself a
/// source of drift.
fn install(base: &Interpreter, lock: &Path, folder: &Path) -> Result<(), Error> {
    let logs = folder.with_extension("log");
    super::place::remove_tree(&logs)?;
    std::fs::create_dir_all(&logs).map_err(Error::io("create", &logs))?;
    for argv in installation(base, lock, folder) {
        let finish = process::helper(argv.clone(), &logs, folder)?;
        if finish != Finish::Exited(0) {
            let tail = super::runner::tail(&logs.join("stderr"));
            return Err(Error::Environment {
                lock: lock.to_path_buf(),
                what: format!("`{}` failed\n{tail}", argv[..3].join(" ")),
                hint: format!(
                    "the whole log is in `{}`; every line of the lock file needs `==` and `--hash`",
                    logs.display()
                ),
            });
        }
    }
    Ok(())
}

/// The commands that make a virtual environment and fill it: uv's where it is there, else those that come with Python.
fn installation(base: &Interpreter, lock: &Path, folder: &Path) -> [Vec<String>; 2] {
    let shown = |path: &Path| path.display().to_string();
    let (base, lock, python) = (shown(&base.executable), shown(lock), shown(&folder.join("bin/python")));
    let folder = shown(folder);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match process::on_path("uv").map(|uv| shown(&uv)) {
        Some(uv) => [
            words(&[&uv, "venv", "--quiet", "--python", &base, &folder]),
            words(&[&uv, "pip", "install", "--quiet", "--require-hashes", "--python", &python, "-r", &lock]),
        ],
        None => [
            words(&[&base, "-m", "venv", &folder]),
            words(&[
                &python,
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                &lock,
            ]),
        ],
    }
}

fn is_version(version: &str, wanted: &str) -> bool {
    version == wanted || version.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

/// The documented minimum that a run gets from the caller's environment, besides what the case passes on.
const INHERITED: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];

/// Toolchains and libraries installed for one user: variable, the folder below HOME where they lie unless it is set, and what
/// follows that folder in its value. Runs have another HOME and would not find them.
const INSTALLED: [(&str, &str, &str); 5] = [
    ("RUSTUP_HOME", ".rustup", ""),
    ("CARGO_HOME", ".cargo", ""),
    ("PYENV_ROOT", ".pyenv", ""),
    ("JULIA_DEPOT_PATH", ".julia", ""),
    // R replaces %p by its platform and %v by its version.
    ("R_LIBS_USER", "R", "/%p-library/%v"),
];

fn installed(home: Option<&Path>, name: &str, folder: &str, rest: &str) -> Option<(String, String)> {
    let usual = || home.map(|home| home.join(folder)).filter(|path| path.is_dir());
    let value = std::env::var(name).ok().or_else(|| Some(format!("{}{rest}", usual()?.display())))?;
    Some((name.to_owned(), value))
}

/// The variables that every run of a case shares, before conditions are applied.
pub(super) fn variables(wish: &Environment, python: Option<&Interpreter>) -> BTreeMap<String, String> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut env: BTreeMap<String, String> = INSTALLED
        .iter()
        .filter_map(|(name, folder, rest)| installed(home.as_deref(), name, folder, rest))
        .collect();
    for name in INHERITED.iter().copied().chain(wish.pass.iter().map(String::as_str)) {
        if let Ok(value) = std::env::var(name) {
            env.insert(name.to_owned(), value);
        }
    }
    if let Some(python) = python {
        let folder = python.executable.parent().map(|path| path.display().to_string()).unwrap_or_default();
        let path = env.get("PATH").map(|rest| format!("{folder}:{rest}")).unwrap_or(folder);
        env.insert("PATH".to_owned(), path);
        env.insert("PYTHONUSERBASE".to_owned(), python.user_base.clone());
        // The interpreter's own folders are the user's: a run may read compiled modules there, but leaves none.
        env.insert("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned());
    }
    env.extend(wish.set.clone());
    env
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{installed, is_version};

    #[test]
    fn what_is_installed_for_the_user_is_found_without_their_home() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("R")).unwrap();
        let find =
            |home: Option<&Path>| installed(home, "NO_SUCH_VARIABLE", "R", "/%v").map(|(_, value)| value);
        assert_eq!(find(Some(home.path())), Some(format!("{}/R/%v", home.path().display())));
        assert_eq!(find(Some(&home.path().join("R"))), None);
        assert_eq!(find(None), None);
    }

    #[test]
    fn a_version_matches_its_prefix_at_a_dot() {
        assert!(is_version("3.11.2", "3.11"));
        assert!(is_version("3.11.2", "3.11.2"));
        assert!(is_version("3.11.2", "3"));
        assert!(!is_version("3.11.2", "3.1"));
        assert!(!is_version("3.11.2", "3.12"));
    }
}
