//! Whole projects, as people keep them.

use std::path::Path;

use super::super::files;
use super::look;
use crate::rule::Problem;

/// What is found in a project of these files.
fn found(texts: &[(&str, &str)]) -> Vec<Problem> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in texts {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    look(&files(folder.path())).problems
}

/// The same, short: rule, file and line.
fn short(texts: &[(&str, &str)]) -> Vec<String> {
    let place = |problem: &Problem| problem.line.map_or(String::new(), |line| format!(":{line}"));
    let rule = |problem: &Problem| problem.rule.trim_start_matches("environment/").to_owned();
    found(texts).iter().map(|one| format!("{} {}{}", rule(one), one.file, place(one))).collect()
}

const PYTHON: (&str, &str) = (".python-version", "3.11.9\n");

#[test]
fn every_folder_of_the_rules_is_as_it_should_be() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/environment");
    for rule in super::RULES {
        let name = rule.name.trim_start_matches("environment/");
        let good = look(&files(&root.join(name).join("good"))).problems;
        assert!(good.is_empty(), "{name}: {good:#?}");
        let bad = look(&files(&root.join(name).join("bad"))).problems;
        assert!(bad.iter().any(|problem| problem.rule == rule.name), "{name}: {bad:#?}");
        let also = std::fs::read_to_string(root.join(name).join("bad/also")).unwrap_or_default();
        for problem in bad.iter().filter(|problem| problem.rule != rule.name) {
            assert!(also.contains(&problem.rule), "{name}: {problem:#?}");
        }
    }
}

#[test]
fn a_package_for_one_platform_need_not_be_in_a_lock_of_conda() {
    let environment = "name: a\nchannels: [x]\ndependencies:\n  - python=3.11\n  - pywin32  # [win]\n";
    let lock = "version: 1\npackage:\n- name: python\n  version: 3.11.9\n  manager: conda\n  platform: linux-64\n  hash: {md5: x}\n";
    assert!(short(&[("environment.yml", environment), ("conda-lock.yml", lock)]).is_empty());
    let other = environment.replace("  # [win]", "");
    assert_eq!(
        short(&[("environment.yml", &other), ("conda-lock.yml", lock)]),
        ["stale-lock environment.yml:5"]
    );
}

#[test]
fn requirements_that_a_build_or_an_override_decides_are_not_compared() {
    let lock = "version = 1\n[[package]]\nname = \"a\"\nversion = \"0\"\nsource = { editable = \".\" }\n[package.metadata]\nrequires-dist = [{ name = \"six\" }]\n[[package]]\nname = \"six\"\nversion = \"1.17\"\n";
    let project = |more: &str| format!("[project]\nname = \"a\"\nrequires-python = \">=3.11\"\n{more}");
    let open = project("dynamic = [\"dependencies\"]\n");
    assert_eq!(short(&[("pyproject.toml", &open), ("uv.lock", lock)]), ["no-hash uv.lock:9"]);
    let shut = project("dependencies = []\n");
    assert_eq!(
        short(&[("pyproject.toml", &shut), ("uv.lock", lock)]),
        ["no-hash uv.lock:9", "stale-lock uv.lock:7"]
    );
}

#[test]
fn an_empty_project_is_silent() {
    assert!(short(&[]).is_empty());
    assert!(short(&[("main.py", "import os, sys\nfrom . import x\n"), ("x.py", "")]).is_empty());
}

#[test]
fn ranges_are_right_in_an_input_and_wrong_in_the_only_file() {
    assert_eq!(short(&[PYTHON, ("requirements.txt", "numpy>=1\n")]), ["unpinned requirements.txt:1"]);
    assert_eq!(
        short(&[PYTHON, ("requirements.in", "numpy>=1\n"), ("requirements.txt", "numpy==1.26.4\n")]),
        ["no-hash requirements.txt:1"]
    );
    assert_eq!(short(&[PYTHON, ("requirements.in", "numpy>=1\n")]), ["unpinned requirements.in:1"]);
}

#[test]
fn a_file_of_constraints_pins_what_others_name() {
    let texts = [
        PYTHON,
        ("requirements.txt", "-c constraints.txt\nnumpy\n"),
        ("constraints.txt", "numpy==1.26.4\nscipy==1.13.0\n"),
    ];
    assert!(short(&texts).is_empty(), "{:?}", short(&texts));
}

#[test]
fn includes_are_followed_and_broken_ones_are_named() {
    let base = ("base.txt", "numpy>=1\n");
    assert_eq!(short(&[PYTHON, ("requirements.txt", "-r base.txt\n"), base]), ["unpinned base.txt:1"]);
    assert_eq!(short(&[PYTHON, ("requirements.txt", "\n-r nowhere.txt\n")]), ["broken requirements.txt:2"]);
    let circle = [PYTHON, ("requirements.txt", "-r b.txt\n"), ("b.txt", "# x\n-r requirements.txt\n")];
    assert_eq!(short(&circle), ["broken b.txt:2"]);
}

#[test]
fn odd_lines_that_pip_takes_are_taken() {
    let lines = "\u{feff}# comment \\\n\n--index-url https://registry.example/simple\n--extra-index-url=https://registry.example/whl\n\
        -f wheels\n--no-binary :all:\n--only-binary=:all:\n--pre\n\
        torch==2.1.0+cu121 ; sys_platform == 'linux' and python_version<'3.12' # a\n\
        uvicorn[standard]==0.30.1\nzope.interface == 6.4\n\
        name @ https://files.example/name-1.0-py3-none-any.whl#sha256=00\n\
        git+https://code.example/a/b@0123456789abcdef0123456789abcdef01234567#egg=b\n\
        -e .\n-e ./lib\n./wheels/c-1.0-py3-none-any.whl\n\
        numpy==1.26.4 --hash=sha256:00 \\\n  --hash=sha256:01\n";
    let problems = found(&[PYTHON, ("requirements.txt", lines)]);
    assert!(problems.iter().all(|problem| problem.rule == "environment/no-hash"), "{problems:#?}");
}

#[test]
fn junk_is_named_with_its_line() {
    let lines = "numpy @ file:///croot/numpy_1/work\n/home/a/x-1.0.whl\npkg_resources==0.0.0\n-e git+https://code.example/a/b@main#egg=b\nC:\\x\\y-1.0.whl\n";
    let mut names = short(&[PYTHON, ("requirements.txt", lines)]);
    names.retain(|name| name.starts_with("junk"));
    let expected: Vec<String> = (1..=5).map(|line| format!("junk-line requirements.txt:{line}")).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_list_of_conda_under_the_name_of_requirements_is_no_broken_file() {
    let list = "# This file may be used to create an environment using:\n# $ conda create --name <env> --file <this file>\n# platform: linux-64\nnumpy=1.26.4=py311h64a7726_0\npython=3.11.9=hb806964_0_cpython\n";
    assert_eq!(short(&[("requirements.txt", list)]), ["no-hash requirements.txt:4"]);
}

#[test]
fn a_lock_that_lacks_a_requirement_or_is_outside_its_range_is_stale() {
    let hash = |line: &str| format!("{line} --hash=sha256:00\n");
    let lock = hash("numpy==1.26.4") + &hash("six==1.16");
    assert_eq!(
        short(&[
            PYTHON,
            ("requirements.in", "numpy>=2\nsix\npandas\ntomli; python_version<'3.11'\n"),
            ("requirements.txt", &lock)
        ]),
        ["stale-lock requirements.txt:1", "stale-lock requirements.in:3"]
    );
    assert!(
        short(&[PYTHON, ("requirements.in", "numpy~=1.26\nsix\n"), ("requirements.txt", &lock)]).is_empty()
    );
}

#[test]
fn bounds_that_no_version_can_keep_are_a_conflict() {
    let texts = [
        PYTHON,
        ("requirements.txt", "-c constraints.txt\nnumpy==1.26.4\n"),
        ("constraints.txt", "numpy<1.26\n"),
    ];
    assert_eq!(short(&texts), ["no-hash requirements.txt:2", "conflict requirements.txt:2"]);
}

#[test]
fn tools_that_notebooks_need_are_no_tools_for_development_there() {
    let pins = ("requirements.txt", "jupyterlab==4.2.0 --hash=sha256:00\n");
    assert_eq!(short(&[PYTHON, pins]), ["dev-tool requirements.txt:1"]);
    assert!(short(&[PYTHON, pins, ("a.ipynb", "{\"cells\": []}")]).is_empty());
}

#[test]
fn modules_of_the_project_of_a_table_and_of_namespaces_are_known() {
    let code = "import cv2, sklearn.metrics, PIL.Image, yaml, helper, pkg.sub\nfrom google.cloud import storage\nfrom mpl_toolkits.mplot3d import Axes3D\n";
    let names =
        ["opencv-python-headless", "scikit-learn", "Pillow", "PyYAML", "google-cloud-storage", "matplotlib"];
    let pins = names.map(|name| format!("{name}==1.0 --hash=sha256:00\n")).concat();
    let texts = [
        PYTHON,
        ("train.py", code),
        ("src/helper.py", ""),
        ("pkg/sub/x.py", ""),
        ("requirements.txt", &pins),
    ];
    assert!(short(&texts).is_empty(), "{:?}", short(&texts));
}

#[test]
fn a_project_without_any_dependency_file_is_told_once() {
    let problems = found(&[("a.py", "import numpy, pandas\nimport torch\n")]);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].rule.as_str(), problems[0].count), ("environment/unlocked-import", 3));
}

#[test]
fn files_that_are_no_text_are_told_and_nothing_breaks() {
    for name in [
        "requirements.txt",
        "uv.lock",
        "poetry.lock",
        "Pipfile.lock",
        "pylock.toml",
        "conda-lock.yml",
        "pixi.lock",
        "pyproject.toml",
    ] {
        for text in ["\0\u{1}", "{[", "a: [b\n  c: }"] {
            let names = short(&[PYTHON, (name, text)]);
            assert!(
                names.iter().any(|one| one.starts_with(&format!("broken {name}"))),
                "{name} {text:?}: {names:?}"
            );
        }
    }
}

const NAMES: &[&str] = &[
    "requirements.txt",
    "requirements.in",
    "uv.lock",
    "poetry.lock",
    "Pipfile",
    "Pipfile.lock",
    "pylock.toml",
    "conda-lock.yml",
    "environment.yml",
    "pixi.lock",
    "pixi.toml",
    "pyproject.toml",
    "setup.cfg",
    "a.py",
    "a.ipynb",
];

/// Pieces of which dependency files are made, in any order.
const PIECES: &[&str] = &[
    "[[package]]",
    "[package.metadata]",
    "name = \"a\"",
    "version = \"1\"",
    "source = { virtual = \".\" }",
    "requires-dist = [{ name = \"b\" }]",
    "[project]",
    "dependencies = [\"a>=1\", \"b ; x\"]",
    "[tool.poetry.dependencies]",
    "python = \"^3\"",
    "a = \"^0.0\"",
    "b = { version = \"~1\" }",
    "[metadata]",
    "content-hash = \"0\"",
    "lock-version = \"2.1\"",
    "dependencies:",
    "  - numpy=1",
    "  - pip:",
    "    - a==1 \\",
    "channels: [x]",
    "package:",
    "- name: a",
    "  version: 1",
    "a==1 --hash=sha256:0",
    "-r requirements.in",
    "-c requirements.txt",
    "-e .",
    "\\",
    "    # via",
    "#   -r x.in",
    "[options]",
    "install_requires =",
    "    a>=1",
    "\t",
    "import a",
    "try:",
    "    import b",
    "except ImportError:",
    "from . import (",
    "{\"cells\": []}",
    "{\"_meta\": {}}",
    "\"\"\"",
    "@EXPLICIT",
    "a==1+cu1",
    "^",
    "~",
    "é",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 96, ..Default::default() })]

    #[test]
    fn no_files_make_the_readers_panic(
        files in proptest::collection::vec(
            (
                proptest::sample::select(NAMES),
                proptest::collection::vec(proptest::sample::select(PIECES), 0..12),
                proptest::collection::vec(proptest::num::u8::ANY, 0..12),
            ),
            1..4,
        )
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, lines, odd) in files {
            let bytes = [lines.join("\n").as_bytes(), &odd].concat();
            std::fs::write(folder.path().join(name), bytes).expect("a file");
        }
        let files = super::super::files(folder.path());
        proptest::prop_assert_eq!(look(&files), look(&files));
    }
}
