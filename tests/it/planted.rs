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

#[test]
fn what_cannot_run_here_was_not_rebuilt_and_is_refused() {
    let project = Project::shell("echo done > \"$1\"\n", "[requires]\nprograms = [\"no-such-program\"]\n");
    let ran = project.run(&["gate", "--quiet"]);
    assert!(ran.code == 2 && ran.stdout.contains("rebuild/failed"), "{ran:?}");
    assert!(ran.stdout.contains("no-such-program"), "{ran:?}");
}

const CASE: &str = "[pipeline]
summary = \"Words and how often they stand in the test rows\"

[data.test]
path = \"test.csv\"
id = \"id\"
held-out = true

[stage.predict]
command = [\"python3\", \"predict.py\", \"{data.test}\", \"{out.predictions}\"]
out.predictions = { path = \"predictions.csv\", id = \"id\" }

[submission]
artifact = \"predictions\"
file = \"sub.csv\"
sample = \"sample.csv\"
range = [0, 1]
limits = { wall = \"2min\", memory = \"2GB\" }
";

/// A program that writes one row for each id, in the order that `ids` gives them.
fn predict(ids: &str) -> String {
    format!(
        "import csv\nimport sys\n\nrows = {{row['id']: row['word'] for row in csv.DictReader(open(sys.argv[1]))}}\nwith open(sys.argv[2], 'w', newline='\\n') as out:\n    out.write('id,p\\n')\n    for name in {ids}:\n        out.write(f'{{name}},{{len(rows[name]) / 8}}\\n')\n"
    )
}

#[test]
fn a_fault_in_every_layer_is_refused_in_one_go_and_mended_the_whole_passes() {
    let ids = ["007", "008", "009", "010"];
    let table = |head: &str, cell: &dyn Fn(usize) -> String| {
        let rows = ids.iter().enumerate().map(|(place, id)| format!("{id},{}\n", cell(place)));
        format!("{head}\n{}", rows.collect::<String>())
    };
    let project = Project::empty();
    project.write("driftless.toml", CASE);
    project.write("test.csv", table("id,word", &|place| "abcdefg"[place..].to_owned()));
    project.write("sample.csv", table("id,p", &|_| "0.5".to_owned()));
    project.write("plot.py", "import numpy\n");
    // The order of a set follows the hash seed, the file is of another day, and nothing says which NumPy it was.
    project.write("predict.py", predict("set(rows)"));
    project.write("requirements.txt", "numpy\n");
    project.write("sub.csv", "\u{feff}id,p\n7,0.875\n008,1.5\n009,nan\n");

    let ran = project.run(&["gate", "--format", "json", "--quiet"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
    let problems = report["problems"].as_array().expect("problems");
    let found: BTreeSet<&str> = problems.iter().filter_map(|problem| problem["rule"].as_str()).collect();
    let planted = [
        "environment/no-python-pin",
        "environment/unpinned",
        "rebuild/drift",
        "rebuild/other-file",
        "submission/bom",
        "submission/id-missing",
        "submission/id-type",
        "submission/not-finite",
        "submission/range",
    ];
    assert_eq!(found, planted.into(), "{report:#}");
    assert_eq!(ran.code, 2, "{ran:?}");

    project.write("predict.py", predict("sorted(rows)"));
    project.write("requirements.txt", format!("numpy==2.0.0 --hash=sha256:{}\n", "0a".repeat(32)));
    project.write(".python-version", "3.11\n");
    project.write("sub.csv", table("id,p", &|place| ["0.875", "0.75", "0.625", "0.5"][place].to_owned()));
    let ran = project.run(&["gate", "--strict", "--quiet"]);
    assert!(ran.code == 0 && ran.stdout.contains("comes out of a rebuild bit by bit"), "{ran:?}");
}
