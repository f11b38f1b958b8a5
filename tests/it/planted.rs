//! A small project with a fault of every class: refused with all of them in one go; mended, it passes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Project, Ran};

const DIGEST: &str = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What a clone of the project holds, by path: with the fault, and mended.
fn files() -> Vec<(&'static str, String, Option<String>)> {
    let bad_image = "FROM nvidia/cuda:latest AS build\nCOPY . /app\nRUN pip install -r requirements.lock\nFROM nvidia/cuda:12.1.1-base\nENV API_KEY=q7w8e9r0t1z2u3\nRUN apt-get update && apt-get install -y git\nRUN pip install torch==2.1.0+cu118 pandas\n";
    let good_image = format!(
        "FROM nvidia/cuda:12.1.1-base{DIGEST}\nRUN apt-get update && apt-get install -y git=1:2.39.2-1.1 && rm -rf /var/lib/apt/lists/*\nRUN pip install torch==2.1.0+cu121 pandas==2.2.2\nRUN useradd trainer\nUSER trainer\nCOPY train.py /app/\n"
    );
    let key = format!("{{\"username\": \"nobody\", \"key\": \"{}\"}}\n", "0bad1dea2cafe3d00d4face5feed6bad");
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n", "ab".repeat(32));
    let tracked = "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: a.csv\n";
    let notebook = |count: u32| {
        format!(
            "{{\"cells\": [{{\"cell_type\": \"code\", \"execution_count\": {count}, \"outputs\": [], \"source\": [\"x\"]}}], \"nbformat\": 4}}\n"
        )
    };
    let same = |text: &str| Some(text.to_owned());
    vec![
        ("Dockerfile", bad_image.to_owned(), Some(good_image)),
        ("old/Dockerfile", "FORM x\n".to_owned(), None),
        ("train.py", "data = open('/home/alice/d/train.csv')\n".to_owned(), same("data = open('d/train.csv')\n")),
        ("kaggle.json", key, None),
        ("explore.ipynb", notebook(4), Some(notebook(1))),
        ("model.pkl", "(dp0\n.".to_owned(), None),
        ("d/train.csv", pointer, same("id,x\n1,2\n")),
        ("d/a.csv", "hellO\n".to_owned(), same("hello\n")),
        ("d/a.csv.dvc", tracked.to_owned(), same(tracked)),
        ("d/Notes.md", "a\n".to_owned(), None),
        ("d/notes.md", "a\n".to_owned(), same("a\n")),
        ("settings.py", "<<<<<<< a\nx = 1\n=======\nx = 2\n>>>>>>> b\n".to_owned(), same("x = 2\n")),
        (
            "run.sh",
            "# driftless:allow repository/none why\n# driftless:allow repository/pickle\n# driftless:allow repository/secret why\npython train.py\n".to_owned(),
            same("python train.py\n"),
        ),
    ]
}

fn gate(project: &Project) -> (Ran, Value) {
    let ran = project.run(&["gate", "--no-run", "--format", "json", "."]);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
    (ran, report)
}

#[test]
fn all_planted_faults_are_listed_at_once_and_mended_the_project_passes() {
    let project = Project::empty();
    for (path, planted, _) in files() {
        project.write(path, planted);
    }
    let large = std::fs::File::create(project.write("d/images.bin", "")).expect("a file");
    large.set_len(10_000_001).expect("its length");

    let (ran, report) = gate(&project);
    assert_eq!((ran.code, &report["submit"]), (2, &Value::Bool(false)));
    let problems = report["problems"].as_array().expect("problems");
    let found: BTreeSet<&str> = problems.iter().filter_map(|problem| problem["rule"].as_str()).collect();
    let groups = ["container/", "repository/", "allow/"];
    let planted: BTreeSet<&str> = driftless::rule::all()
        .map(|rule| rule.name)
        .filter(|name| groups.iter().any(|group| name.starts_with(group)))
        .collect();
    let missed: Vec<&&str> = planted.difference(&found).collect();
    assert!(missed.is_empty(), "not found: {missed:?}\n{report:#}");
    for problem in problems {
        for part in ["file", "message", "mend"] {
            assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{problem:#}");
        }
    }

    for (path, _, mended) in files() {
        match mended {
            Some(text) => drop(project.write(path, text)),
            None => std::fs::remove_file(project.path().join(path)).expect("it was there"),
        }
    }
    std::fs::remove_file(project.path().join("d/images.bin")).expect("it was there");
    let ran = project.run(&["gate", "--no-run", "--strict", "."]);
    assert!(ran.code == 0 && ran.stdout.ends_with("submit: nothing found\n"), "{ran:?}");
}
