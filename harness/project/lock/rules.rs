//! The pages of the rules `environment/*`.

use crate::rule::{Rule, Severity};

pub(super) static UNPINNED: Rule = Rule {
    name: "environment/unpinned",
    severity: Severity::Error,
    summary: "a dependency without an exact version, and no lock file that has one",
    why: "An install takes the newest version that fits. The same file gives other packages next month, and other packages give other numbers: a new release of scikit-learn or PyTorch may change defaults, splits and kernels.\nRanges are right in the file that a lock is made from; it is the lock that must have one version of each package.",
    bad: "numpy>=1.26\npandas",
    good: "numpy==1.26.4\npandas==2.2.2",
    mend: "Make a lock file and keep it beside the code: `uv lock`, `poetry lock`, or `uv pip compile --generate-hashes requirements.in -o requirements.txt`.",
};

pub(super) static NO_HASH: Rule = Rule {
    name: "environment/no-hash",
    severity: Severity::Warning,
    summary: "versions that are fixed without hashes of the files",
    why: "A version names several files: wheels for each platform, and builds that may be added later. An index can serve another one, and a mirror can serve anything. With hashes pip, uv and Poetry refuse a file that is not the one that was locked.",
    bad: "numpy==1.26.4",
    good: "numpy==1.26.4 \\\n    --hash=sha256:2a02aba9ed12e4ac4eb3ea9421c420301a0c6460d9830d74a9df87efa4912010",
    mend: "Write the hashes too: `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`; for conda, make a lock with `conda-lock`.",
};

pub(super) static NO_PYTHON_PIN: Rule = Rule {
    name: "environment/no-python-pin",
    severity: Severity::Warning,
    summary: "dependencies without a word about which Python they are for",
    why: "Another Python gets other wheels of the same packages, or none. Python itself changes too: the order of sums in `sum` of floats changed in 3.12, and `random` has changed its algorithms before.",
    bad: "a requirements.txt, and nothing else",
    good: "the same requirements.txt, and a .python-version with `3.11.9`",
    mend: "Say which Python it is: a `.python-version` file, `requires-python` in pyproject.toml, or `python=3.11` in environment.yml.",
};

pub(super) static STALE_LOCK: Rule = Rule {
    name: "environment/stale-lock",
    severity: Severity::Error,
    summary: "a lock file that does not belong to its input any more",
    why: "The input was edited and the lock was not made again. Who installs from the lock lacks a package or gets a version that the input forbids; some tools stop, others make a new lock on the spot and so install what nobody has tried.\nPoetry and Pipenv keep a hash of the input in the lock and uv keeps the requirements themselves: these are compared. For other locks each direct requirement is looked up. Times of files are not asked, since git does not keep them.",
    bad: "requirements.in: numpy>=2     requirements.txt: numpy==1.26.4",
    good: "requirements.in: numpy>=2     requirements.txt: numpy==2.1.0",
    mend: "Make the lock again: `uv lock`, `poetry lock`, `pipenv lock`, or the command at the top of the file.",
};

pub(super) static UNLOCKED_IMPORT: Rule = Rule {
    name: "environment/unlocked-import",
    severity: Severity::Warning,
    summary: "a package that the code imports and no dependency file names",
    why: "It works here because the package happens to be installed, often because another one brings it. Elsewhere the import fails, or finds whatever version is there.\nImport names are translated to packages by the metadata of an environment beside the code (`.venv`, `venv`) and by a list of well-known differences (`cv2` comes from opencv-python). Imports that may fail (`try: … except ImportError`) or only serve type checkers are no problem.",
    bad: "train.py: import pandas     requirements.txt: numpy==1.26.4",
    good: "train.py: import pandas     requirements.txt: numpy==1.26.4, pandas==2.2.2",
    mend: "Add the package to the input of the lock and make the lock again.",
};

pub(super) static UNUSED_PIN: Rule = Rule {
    name: "environment/unused-pin",
    severity: Severity::Warning,
    summary: "a direct requirement that nothing in the project imports or mentions",
    why: "Each package that is not needed is one more that must be found, resolved and kept, and it may hold others back at old versions. Only what people wrote down themselves is looked at (pyproject.toml, requirements.in, Pipfile, pixi.toml), never what a resolver added, and never plugins and tools that work without an import.",
    bad: "pyproject.toml: dependencies = [\"numpy\", \"seaborn\"]     train.py: import numpy",
    good: "pyproject.toml: dependencies = [\"numpy\"]     train.py: import numpy",
    mend: "Remove it from the input and make the lock again, or move it to a group for development.",
};

pub(super) static JUNK_LINE: Rule = Rule {
    name: "environment/junk-line",
    severity: Severity::Error,
    summary: "a line that can only work on the machine that wrote it",
    why: "`pip freeze` writes down how each package came here: a path of this disk, the folder in which conda built a package (`@ file:///croot/…`), or `pkg-resources==0.0.0`, which Debian's pip once made up. An install elsewhere stops there. An editable install of a branch takes whatever the branch holds on that day.",
    bad: "numpy @ file:///croot/numpy_1708638617955/work/dist/numpy-1.26.4-cp311-cp311-linux_x86_64.whl",
    good: "numpy==1.26.4",
    mend: "Write the version instead; `pip list --format=freeze` does, and so does a lock made from the requirements.",
};

pub(super) static MIXED_MANAGERS: Rule = Rule {
    name: "environment/mixed-managers",
    severity: Severity::Warning,
    summary: "one package that conda and pip both install",
    why: "Each overwrites the files of the other. What is left depends on who came last, and conda does not know of it. The documentation of conda advises to install by conda what it has, and the rest by pip afterwards.",
    bad: "dependencies:\n  - numpy=1.26.4\n  - pip:\n    - numpy==1.26.4",
    good: "dependencies:\n  - numpy=1.26.4",
    mend: "Keep one of the two lines.",
};

pub(super) static DEV_TOOL: Rule = Rule {
    name: "environment/dev-tool",
    severity: Severity::Warning,
    summary: "a tool for development among the requirements of the program",
    why: "Formatters, linters, test runners and notebooks bring dozens of packages that the program never uses and that restrict the versions of those it does use.",
    bad: "requirements.txt: numpy==1.26.4, black==24.4.2",
    good: "requirements.txt: numpy==1.26.4     requirements-dev.txt: black==24.4.2",
    mend: "Move it to a file or a group for development (`requirements-dev.txt`, `[dependency-groups]`).",
};

pub(super) static CONFLICT: Rule = Rule {
    name: "environment/conflict",
    severity: Severity::Error,
    summary: "one package with two versions that would have to be installed at once",
    why: "pip stops at it, other installers take one of the two. Lines whose conditions exclude each other (`; sys_platform == 'linux'` and `; sys_platform == 'darwin'`) are fine.",
    bad: "numpy==1.26.4\nnumpy==1.26.2",
    good: "numpy==1.26.4",
    mend: "Keep the line whose version was tried.",
};

pub(super) static CUDA_TAG: Rule = Rule {
    name: "environment/cuda-tag",
    severity: Severity::Warning,
    summary: "wheels of PyTorch that were built for different versions of CUDA",
    why: "`torch`, `torchvision` and `torchaudio` are built together; wheels for different CUDA versions load different libraries, which fails at import or, worse, in the first kernel. The local tag of the version says which CUDA a wheel was built for.",
    bad: "torch==2.1.0+cu121\ntorchvision==0.16.0+cu118",
    good: "torch==2.1.0+cu121\ntorchvision==0.16.0+cu121",
    mend: "Take all of them from one index, with one tag.",
};

pub(super) static BROKEN: Rule = Rule {
    name: "environment/broken",
    severity: Severity::Error,
    summary: "a dependency file that cannot be read",
    why: "Installers stop there as well, so nobody can build the environment. What the rest of the file says was not looked at where it is no requirements file.",
    bad: "numpy=1.26.4",
    good: "numpy==1.26.4",
    mend: "Correct the line, or make the file again with the tool that wrote it.",
};

/// What is found in the files that name dependencies.
pub(crate) static RULES: &[&Rule] = &[
    &UNPINNED,
    &NO_HASH,
    &NO_PYTHON_PIN,
    &STALE_LOCK,
    &UNLOCKED_IMPORT,
    &UNUSED_PIN,
    &JUNK_LINE,
    &MIXED_MANAGERS,
    &DEV_TOOL,
    &CONFLICT,
    &CUDA_TAG,
    &BROKEN,
];
