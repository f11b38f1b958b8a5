//! The room as a whole: what good files mean, and what wrong ones are told.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// The file of the documentation.
pub(super) const EXAMPLE: &str = r#"
[pipeline]
summary = "Handwritten digits, logistic regression"
dir = "pipeline"                      # copied into a fresh place for every run

[environment]                         # optional; built once from the lock file, keyed by its hash
python = "3.11"
lock = "requirements.lock"            # == and hashes; uv when it is there, else venv + pip

[data.train]
path = "data/train.csv"
id = "id"
target = "label"

[data.test]
path = "data/test.csv"
id = "id"
held-out = true

[stage.train]
command = ["python", "train.py", "--train", "{data.train}", "--seed", "{seed}", "--out", "{out.weights}"]
out.weights = "weights.npz"

[stage.predict]
command = ["python", "predict.py", "--weights", "{out.weights}", "--test", "{data.test}", "--out", "{out.predictions}"]
out.predictions = { path = "predictions.csv", id = "id" }

[knobs]
seed = 42

[[tolerate]]                          # named, reasoned, with an end
factor = "threads"
audit = "nuisance"
reason = "float sums over threads; accepted until the solver is pinned"
until = 2027-06-30
"#;

/// A stage that needs nothing.
const STAGE: &str = "[stage.run]\ncommand = [\"sh\", \"run.sh\"]\nout.a = \"a.csv\"\n";

pub(super) const TODAY: Date = Date { year: 2026, month: 7, day: 31 };

const KNOWN: Known<'static> = Known {
    audits: &["repeat", "nuisance", "seed-coverage"],
    factors: &["hash-seed", "threads", "instruction-set", "numpy-global"],
    words: &["held-out-features", "row-order"],
};

/// A project on the disk, and a case file in it.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder };
        project.write("requirements.lock", "");
        project.write("data/train.csv", "id,pixel,label\n1,0,7\n");
        project.write("data/test.csv", "\u{feff}id,\"pixel\"\r\n1,0\r\n");
        project.write("pipeline/train.py", "");
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project").components().collect()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, text: &str) -> Result<Vec<Case>, Error> {
        let root = self.root();
        let context = Context { name: "tour", project: &root, today: TODAY, known: KNOWN };
        read(&root.join("driftless.toml"), text, &context)
    }

    fn case(&self, text: &str) -> Case {
        self.read(text).unwrap_or_else(|error| panic!("{error}")).remove(0)
    }

    /// The rendered error, with the folder of the test left out.
    fn error(&self, text: &str) -> String {
        let root = self.root().canonicalize().unwrap();
        let error = self.read(text).unwrap_err().shown_from(&self.root());
        let shown = error.to_string().replace(&root.display().to_string(), "$PROJECT");
        shown.replace(&root.parent().unwrap().display().to_string(), "$OUTSIDE")
    }

    fn messages(&self, text: &str) -> Vec<String> {
        let findings = self.read(text).unwrap_err().findings;
        findings.into_iter().map(|finding| finding.message).collect()
    }
}

#[test]
fn example_file_means_what_it_says() {
    let project = Project::new();
    let root = project.root().canonicalize().unwrap();
    let case = project.case(EXAMPLE);
    assert_eq!(case.name, "tour");
    assert_eq!(case.file, root.join("driftless.toml"));
    assert_eq!(case.dir, root.join("pipeline"));
    assert_eq!(case.environment.lock, Some(root.join("requirements.lock")));
    assert_eq!(case.data["train"].path, root.join("data/train.csv"));
    assert_eq!(case.data["train"].format, Format::Csv);
    assert_eq!(case.data["train"].target.as_deref(), Some("label"));
    assert!(case.data["test"].held_out && !case.data["train"].held_out);
    assert_eq!(case.knobs["seed"], "42");
    let [train, predict] = &case.stages[..] else { panic!("two stages") };
    assert_eq!((train.name.as_str(), predict.name.as_str()), ("train", "predict"));
    assert_eq!(train.data, ["train"]);
    assert_eq!(train.inputs, Vec::<String>::new());
    assert_eq!(predict.inputs, ["weights"]);
    assert_eq!(train.command[3], Template(vec![Part::Data("train".into())]));
    assert!(train.outputs["weights"].placed);
    assert_eq!(train.outputs["weights"].format, Format::Npz);
    assert_eq!(predict.outputs["predictions"].id, ["id"]);
    assert_eq!(train.timeout, Duration::from_mins(30));
    assert_eq!((train.memory_bytes_max, train.output_bytes_max), (16_000_000_000, 4_000_000_000));
    let [toleration] = &case.tolerations[..] else { panic!("one toleration") };
    assert_eq!((toleration.until.as_str(), toleration.expired), ("2027-06-30", false));
}

#[test]
fn every_setting_is_read() {
    let case = Project::new().case(
        r#"
        [environment]
        python = "/usr/bin/python3"
        pass = ["CUDA_VISIBLE_DEVICES"]
        set = { A = "1" }
        [requires]
        programs = ["cc"]
        modules = ["torch"]
        [stage.b]
        command = ["sh", "b.sh", "{lr}", "{deep}", "{name}", "{n}", "{{x}}"]
        needs = ["w"]
        env = { W = "{out.model}", S = "x{data.t}" }
        out.model = { path = "./model/", format = "tree" }
        out.log = "log.txt"
        timeout = "1h30min"
        memory = "512MB"
        output = "4GiB"
        exclusive = ["gpu"]
        [stage.a]
        command = ["cc"]
        out.w = "w.bin"
        [data.t]
        path = "data/train.csv"
        id = ["id", "pixel"]
        [knobs]
        lr = 1e-3
        deep = true
        name = "x"
        n = 0x1_0
        [audit.repeat]
        runs = 3
        [audit.nuisance]
        off = "slow"
        also = ["instruction-set"]
        without = { threads = "one core" }
        [audit.seed-coverage]
        without = { numpy-global = "legacy" }
        knob = "n"
        other = 43
        "#,
    );
    let [a, b] = &case.stages[..] else { panic!("two stages") };
    assert_eq!((a.name.as_str(), b.name.as_str()), ("a", "b"));
    assert!(!a.outputs["w"].placed && !b.outputs["log"].placed && b.outputs["model"].placed);
    assert_eq!(b.outputs["model"].path, Path::new("model"));
    assert_eq!((&b.inputs[..], &b.data[..]), (&["w".to_owned()][..], &["t".to_owned()][..]));
    assert_eq!(b.timeout, Duration::from_mins(90));
    assert_eq!((b.memory_bytes_max, b.output_bytes_max), (512_000_000, 4 << 30));
    assert_eq!(b.exclusive, ["gpu"]);
    assert_eq!(b.command[6], Template(vec![Part::Text("{x}".into())]));
    let knobs: Vec<(&str, &str)> = case.knobs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(knobs, [("deep", "true"), ("lr", "1e-3"), ("n", "16"), ("name", "x")]);
    assert_eq!(case.audits.repeat.runs, Some(3));
    assert_eq!(case.audits.nuisance.off.as_deref(), Some("slow"));
    assert_eq!(case.audits.nuisance.also, ["instruction-set"]);
    assert_eq!(case.audits.seed_coverage.other.as_deref(), Some("43"));
    assert_eq!(case.audits.seed_coverage.knob.as_deref(), Some("n"));
    assert_eq!(case.environment.pass, ["CUDA_VISIBLE_DEVICES"]);
    assert_eq!(case.requires.modules, ["torch"]);
    assert_eq!(case.dir, case.project);
}

#[test]
fn variants_share_all_but_their_folder() {
    let project = Project::new();
    project.write("bad/run.sh", "");
    let text = format!(
        "{STAGE}[variant.worse]\ndir = \"bad\"\nsummary = \"drifts\"\n[variant.worse.expect.nuisance]\n\
         verdict = \"drifted\"\nfactors = [\"threads\"]\nartifact = \"run/a\"\nplace = \"row 3\"\n\
         [variant.fine]\ndir = \"pipeline\"\n[pipeline]\nsummary = \"both\"\n"
    );
    let cases = project.read(&text).unwrap();
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["tour/worse", "tour/fine"]);
    assert!(cases[0].dir.ends_with("bad") && cases[1].dir.ends_with("pipeline"));
    assert_eq!((cases[0].summary.as_str(), cases[1].summary.as_str()), ("drifts", "both"));
    let expected = &cases[0].expect["nuisance"];
    assert_eq!((expected.verdict.as_str(), &expected.factors[..]), ("drifted", &["threads".to_owned()][..]));
    assert_eq!(expected.artifact.as_deref(), Some("run/a"));
    assert!(cases[1].expect.is_empty());
    assert_eq!(cases[0].stages, cases[1].stages);
}

#[test]
fn colour_only_adds_escapes() {
    let error = Project::new().read("[stage.a]\ncomand = []\n").unwrap_err();
    assert!(!error.render(false).contains('\u{1b}') && error.render(true).contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&error.render(true)).to_string(), error.render(false));
}

#[test]
fn syntax_errors_are_shown_in_place() {
    let project = Project::new();
    insta::assert_snapshot!(project.error("[stage.a]\ncommand = [\"sh\"]\nout.a = \"a\"\n\n[knobs]\nlr = high\n\nx = 1\nx = 2\n"), @r#"
    error: string values must be quoted
     --> driftless.toml:6:6
      |
    6 | lr = high
      |      ^^^^
      |
      = help: write text in quotes: "..."

    error: duplicate key
     --> driftless.toml:9:1
      |
    9 | x = 2
      | ^
      |
      = help: remove one of the two, or give one another name
    "#);
}

#[test]
fn unknown_keys_are_all_told_with_what_was_meant() {
    let text = EXAMPLE
        .replace("held-out", "heldout")
        .replace("[knobs]", "[knob]")
        .replace("out.weights = ", "artifacts.weights = ");
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: unknown key `heldout`
      --> driftless.toml:18:1
       |
    18 | heldout = true
       | ^^^^^^^ not known here
       |
       = help: did you mean `held-out`?

    error: unknown key `artifacts`
      --> driftless.toml:22:1
       |
    22 | artifacts.weights = "weights.npz"
       | ^^^^^^^^^ not known here
       |
       = help: a stage's outputs are `out.NAME = "file"`

    error: unknown key `knob`
      --> driftless.toml:28:2
       |
    28 | [knob]
       |  ^^^^ not known here
       |
       = help: did you mean `knobs`?
    "#);
}

#[test]
fn wrong_types_say_how_to_write_them() {
    let text = "[environment]\npython = 3.11\n[stage.run]\ncommand = \"python train.py\"\ntimeout = 600\nout.a = [\"x\"]\n\
                [data.t]\npath = \"data/train.csv\"\nformat = \"cvs\"\nid = 3\n[knobs]\nseed = [1]\n[[tolerate]]\nuntil = \"2027-06-30\"\n";
    insta::assert_snapshot!(Project::new().error(text), @r#"
    error: `python` must be a string, not the number `3.11`
     --> driftless.toml:2:10
      |
    2 | python = 3.11
      |          ^^^^
      |
      = help: write the version in quotes: python = "3.11"

    error: `command` must be a list, not the string "python train.py"
     --> driftless.toml:4:11
      |
    4 | command = "python train.py"
      |           ^^^^^^^^^^^^^^^^^
      |
      = help: write each argument as a string of its own: command = ["python", "train.py"]

    error: `timeout` must be a string, not the integer `600`
     --> driftless.toml:5:11
      |
    5 | timeout = 600
      |           ^^^
      |
      = help: write a duration with its unit: timeout = "10min"

    error: `a` must be a path like "p.csv" or a table like { path = "p.csv" }, not a list
     --> driftless.toml:6:9
      |
    6 | out.a = ["x"]
      |         ^^^^^
      |
      = help: `driftless schema` prints what each key takes

    error: unknown format `cvs`
     --> driftless.toml:9:10
      |
    9 | format = "cvs"
      |          ^^^^^
      |
      = help: did you mean `csv`?

    error: `id` must be a column name or a list of column names, not the integer `3`
      --> driftless.toml:10:6
       |
    10 | id = 3
       |      ^
       |
       = help: write id = "id", or a list of columns that identify a row together

    error: `seed` must be a number, a string, true or false, not a list
      --> driftless.toml:12:8
       |
    12 | seed = [1]
       |        ^^^
       |
       = help: `driftless schema` prints what each key takes

    error: `until` must be a date, not the string "2027-06-30"
      --> driftless.toml:14:9
       |
    14 | until = "2027-06-30"
       |         ^^^^^^^^^^^^
       |
       = help: write a date without quotes: until = 2027-06-30
    "#);
}

#[test]
fn unknown_placeholders_name_what_exists() {
    let text = EXAMPLE
        .replace("{data.train}", "{dat.train}")
        .replace("\"{out.weights}\", \"--test\"", "\"{out.wights}\", \"--test\"");
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: unknown placeholder `{dat.train}`
      --> driftless.toml:21:46
       |
    21 | command = ["python", "train.py", "--train", "{dat.train}", "--seed", "{seed}", "--out", "{out.weights}"]
       |                                              ^^^^^^^^^^^
       |
       = help: did you mean `{data.train}`?

    error: unknown placeholder `{out.wights}`
      --> driftless.toml:25:50
       |
    25 | command = ["python", "predict.py", "--weights", "{out.wights}", "--test", "{data.test}", "--out", "{out.predictions}"]
       |                                                  ^^^^^^^^^^^^
       |
       = help: did you mean `{out.weights}`?
    "#);
}

#[test]
fn stray_braces_are_told_how_to_double() {
    let text =
        STAGE.replace("\"run.sh\"", "\"-c\", \"awk '{print $1}' {} > x\", \"{data.x}\", \"{seed}\", \"a{b\"");
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: unknown placeholder `{print $1}`
     --> driftless.toml:2:30
      |
    2 | command = ["sh", "-c", "awk '{print $1}' {} > x", "{data.x}", "{seed}", "a{b"]
      |                              ^^^^^^^^^^
      |
      = help: double a brace that is meant as such: `{{`, `}}`; a placeholder is `{data.NAME}`, `{out.NAME}` or `{KNOB}`

    error: empty placeholder
     --> driftless.toml:2:42
      |
    2 | command = ["sh", "-c", "awk '{print $1}' {} > x", "{data.x}", "{seed}", "a{b"]
      |                                          ^^
      |
      = help: double a brace that is meant as such: `{{`, `}}`; a placeholder is `{data.NAME}`, `{out.NAME}` or `{KNOB}`

    error: unknown placeholder `{data.x}`
     --> driftless.toml:2:52
      |
    2 | command = ["sh", "-c", "awk '{print $1}' {} > x", "{data.x}", "{seed}", "a{b"]
      |                                                    ^^^^^^^^
      |
      = help: known: `{out.a}`

    error: unknown placeholder `{seed}`
     --> driftless.toml:2:64
      |
    2 | command = ["sh", "-c", "awk '{print $1}' {} > x", "{data.x}", "{seed}", "a{b"]
      |                                                                ^^^^^^
      |
      = help: declare it below `[knobs]`, such as `seed = 42`; known: `{out.a}`

    error: `{` that is never closed
     --> driftless.toml:2:75
      |
    2 | command = ["sh", "-c", "awk '{print $1}' {} > x", "{data.x}", "{seed}", "a{b"]
      |                                                                           ^
      |
      = help: double a brace that is meant as such: `{{`, `}}`; a placeholder is `{data.NAME}`, `{out.NAME}` or `{KNOB}`
    "#);
}

#[test]
fn missing_and_wrong_kinds_of_files_are_told() {
    let text = format!(
        "{STAGE}[data.a]\npath = \"data/trian.csv\"\n[data.b]\npath = \"data\"\n[data.c]\npath = \"data/test.csv\"\nformat = \"tree\"\n\
         [environment]\nlock = \"uv.lock\"\n[pipeline]\ndir = \"data/train.csv\"\n"
    );
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: `data/trian.csv` does not exist
     --> driftless.toml:5:8
      |
    5 | path = "data/trian.csv"
      |        ^^^^^^^^^^^^^^^^
      |
      = help: did you mean `data/train.csv`?

    error: `data` is a directory, not a file
     --> driftless.toml:7:8
      |
    7 | path = "data"
      |        ^^^^^^
      |
      = help: name a file in it (it holds `test.csv`), or take the whole directory with `format = "tree"`

    error: `data/test.csv` is a file, not a directory
     --> driftless.toml:9:8
      |
    9 | path = "data/test.csv"
      |        ^^^^^^^^^^^^^^^
      |
      = help: name the folder that holds it

    error: `uv.lock` does not exist
      --> driftless.toml:12:8
       |
    12 | lock = "uv.lock"
       |        ^^^^^^^^^
       |
       = help: paths are relative to the folder of the case file, `$PROJECT`

    error: `data/train.csv` is a file, not a directory
      --> driftless.toml:14:7
       |
    14 | dir = "data/train.csv"
       |       ^^^^^^^^^^^^^^^^
       |
       = help: name the folder that holds it
    "#);
}

#[cfg(unix)]
#[test]
fn paths_out_of_the_project_are_refused_also_through_links() {
    let project = Project::new();
    fs::write(project.folder.path().join("secret.csv"), "id\n").unwrap();
    std::os::unix::fs::symlink("../secret.csv", project.root().join("link.csv")).unwrap();
    let text = format!(
        "{STAGE}out.up = \"../up.csv\"\n[data.a]\npath = \"../secret.csv\"\n[data.b]\npath = \"link.csv\"\n[data.c]\npath = \"/etc/passwd\"\n"
    );
    insta::assert_snapshot!(project.error(&text), @r#"
    error: output `../up.csv` lies outside the place where the stage runs
     --> driftless.toml:4:10
      |
    4 | out.up = "../up.csv"
      |          ^^^^^^^^^^^
      |
      = help: write a relative path without `..`; every run gets a fresh place of its own

    error: `../secret.csv` lies outside the project
     --> driftless.toml:6:8
      |
    6 | path = "../secret.csv"
      |        ^^^^^^^^^^^^^^^
      |
      = help: it leads to `$OUTSIDE/secret.csv`, the project is `$PROJECT`; copy it into the project, nothing else is staged

    error: `link.csv` lies outside the project
     --> driftless.toml:8:8
      |
    8 | path = "link.csv"
      |        ^^^^^^^^^^
      |
      = help: it leads to `$OUTSIDE/secret.csv`, the project is `$PROJECT`; copy it into the project, nothing else is staged

    error: `/etc/passwd` lies outside the project
      --> driftless.toml:10:8
       |
    10 | path = "/etc/passwd"
       |        ^^^^^^^^^^^^^
       |
       = help: it leads to `/etc/passwd`, the project is `$PROJECT`; copy it into the project, nothing else is staged
    "#);
}

#[test]
fn cycles_are_named() {
    let text = r#"
[stage.train]
command = ["sh", "t.sh", "{out.scores}", "{out.weights}"]
out.weights = "w.npz"

[stage.predict]
command = ["sh", "p.sh", "{out.weights}", "{out.scores}"]
out.scores = "s.csv"
"#;
    insta::assert_snapshot!(Project::new().error(text), @r#"
    error: stages wait for each other in a cycle: train -> predict -> train
     --> driftless.toml:2:8
      |
    2 | [stage.train]
      |        ^^^^^ reads `scores`, which `predict` writes
      |
      = help: let one of them read something that no later stage writes, or split it in two
    "#);
}

#[test]
fn outputs_that_clash_are_shown_together() {
    let text = r#"
[stage.one]
command = ["sh", "1.sh"]
out.a = "a.csv"
out.b = { path = "./a.csv" }
out.model = "model/"

[stage.two]
command = ["sh", "2.sh"]
out.a = "model/a.npz"
"#;
    insta::assert_snapshot!(Project::new().error(text), @r#"
    error: two outputs have the path `a.csv`
     --> driftless.toml:5:18
      |
    4 | out.a = "a.csv"
      |         ------- first here
    5 | out.b = { path = "./a.csv" }
      |                  ^^^^^^^^^
      |
      = help: give one of them another path, or declare the folder alone

    error: two outputs have the name `a`
      --> driftless.toml:10:5
       |
     4 | out.a = "a.csv"
       |     - first here
    ...
    10 | out.a = "model/a.npz"
       |     ^
       |
       = help: give one of them another name; `{out.NAME}` must mean one file

    error: output `model/a.npz` and output `model` lie in one another
      --> driftless.toml:10:9
       |
     6 | out.model = "model/"
       |             -------- first here
    ...
    10 | out.a = "model/a.npz"
       |         ^^^^^^^^^^^^^
       |
       = help: give one of them another path, or declare the folder alone
    "#);
}

#[test]
fn expired_and_unknown_tolerations_are_errors() {
    let text = format!(
        "{STAGE}\n[[tolerate]]\nfactor = \"thread\"\naudit = \"nuisence\"\nreason = \" \"\nuntil = 2026-07-30\n\n\
         [[tolerate]]\nfactor = \"threads\"\naudit = \"nuisance\"\nreason = \"x\"\nuntil = 2026-07-31T10:00:00\n\n[[tolerate]]\nfactor = \"threads\"\n"
    );
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: unknown factor `thread`
     --> driftless.toml:6:10
      |
    6 | factor = "thread"
      |          ^^^^^^^^
      |
      = help: did you mean `threads`?

    error: unknown audit `nuisence`
     --> driftless.toml:7:9
      |
    7 | audit = "nuisence"
      |         ^^^^^^^^^^
      |
      = help: did you mean `nuisance`?

    error: empty reason
     --> driftless.toml:8:10
      |
    8 | reason = " "
      |          ^^^
      |
      = help: say in a few words why; reports quote it

    error: the toleration of factor `thread` has expired
     --> driftless.toml:9:9
      |
    9 | until = 2026-07-30
      |         ^^^^^^^^^^ its last day; today is 2026-07-31
      |
      = help: mend the drift and remove the toleration, or give it a new reason and a later day

    error: `until` must be a date without a time
      --> driftless.toml:15:9
       |
    15 | until = 2026-07-31T10:00:00
       |         ^^^^^^^^^^^^^^^^^^^
       |
       = help: write the last day on which the drift is accepted: until = 2027-06-30

    error: toleration without `audit`, `reason`, `until`
      --> driftless.toml:17:1
       |
    17 | [[tolerate]]
       | ^^^^^^^^^^^^
       |
       = help: add `audit = "nuisance"`, `reason = "why this drift is accepted"`, `until = 2027-06-30`
    "#);
}

#[test]
fn columns_are_looked_up_in_the_header_line() {
    let text = EXAMPLE
        .replace("target = \"label\"", "target = \"lable\"")
        .replace("id = \"id\"\nheld", "id = [\"nr\"]\nheld");
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: no column `lable` in the header line
      --> driftless.toml:13:10
       |
    13 | target = "lable"
       |          ^^^^^^^
       |
       = help: did you mean `label`?

    error: no column `nr` in the header line
      --> driftless.toml:17:7
       |
    17 | id = ["nr"]
       |       ^^^^
       |
       = help: known: `id`, `pixel`
    "#);
}

#[test]
fn only_tables_have_columns() {
    let text = STAGE.replace("\"a.csv\"", "{ path = \"a.npz\", id = \"id\" }");
    assert_eq!(Project::new().messages(&text), ["`id` names a column, but format `npz` has none"]);
}

#[test]
fn audit_wishes_are_checked_against_what_exists() {
    let text = format!(
        "{STAGE}[audit.repeat]\nruns = 1\n[audit.nuisance]\nalso = [\"instruction_set\", \"threads\"]\nwithout = {{ threads = \"\" }}\n\
         [audit.seed-coverage]\nknob = \"sed\"\nother = 42\n[knobs]\nseed = 42\n"
    );
    insta::assert_snapshot!(Project::new().error(&text), @r#"
    error: `runs` must be from 2 to 100, not 1
     --> driftless.toml:5:8
      |
    5 | runs = 1
      |        ^
      |
      = help: two runs are the fewest that can differ: runs = 2

    error: unknown factor `instruction_set`
     --> driftless.toml:7:9
      |
    7 | also = ["instruction_set", "threads"]
      |         ^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `instruction-set`?

    error: factor `threads` is both added and left out
     --> driftless.toml:7:28
      |
    7 | also = ["instruction_set", "threads"]
      |                            ^^^^^^^^^
    8 | without = { threads = "" }
      |             ------- left out here
      |
      = help: keep it in `also` or in `without`

    error: empty reason
     --> driftless.toml:8:23
      |
    8 | without = { threads = "" }
      |                       ^^
      |
      = help: say in a few words why; reports quote it

    error: unknown knob `sed`
      --> driftless.toml:10:8
       |
    10 | knob = "sed"
       |        ^^^^^
       |
       = help: did you mean `seed`?
    "#);
}

#[test]
fn limits_and_names_are_checked() {
    let text = "[stage.\"a b\"]\ncommand = [\"\"]\nout.\"x/y\" = \"x\"\ntimeout = \"0s\"\nmemory = \"16gb\"\noutput = \"4\"\n\
                exclusive = [\"gpu\", \"gpu\"]\nneeds = [\"nothing\"]\nenv = { \"A=B\" = \"1\" }\n";
    insta::assert_snapshot!(Project::new().error(text), @r#"
    error: `a b` cannot be the name of a stage
     --> driftless.toml:1:8
      |
    1 | [stage."a b"]
      |        ^^^^^
      |
      = help: use 1 to 64 ASCII letters, digits, `-` and `_`

    error: the command of stage `a b` is empty
     --> driftless.toml:2:11
      |
    2 | command = [""]
      |           ^^^^
      |
      = help: name the program and its arguments: command = ["python", "train.py"]

    error: `x/y` cannot be the name of a output
     --> driftless.toml:3:5
      |
    3 | out."x/y" = "x"
      |     ^^^^^
      |
      = help: use 1 to 64 ASCII letters, digits, `-` and `_`

    error: a limit of `0s` lets nothing run
     --> driftless.toml:4:11
      |
    4 | timeout = "0s"
      |           ^^^^
      |
      = help: write whole numbers with units, such as "10min" (units: d, h, min, s, ms)

    error: `16gb` is not a size: it has the unknown unit `gb` (did you mean `GB`?)
     --> driftless.toml:5:10
      |
    5 | memory = "16gb"
      |          ^^^^^^
      |
      = help: write whole numbers with units, such as "16GB" (units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)

    error: `4` is not a size: it has a number without a unit
     --> driftless.toml:6:10
      |
    6 | output = "4"
      |          ^^^
      |
      = help: write whole numbers with units, such as "4GB" (units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)

    error: resource `gpu` stands twice
     --> driftless.toml:7:21
      |
    7 | exclusive = ["gpu", "gpu"]
      |              -----  ^^^^^
      |              |
      |              first here
      |
      = help: remove one of the two

    error: unknown output `nothing`
     --> driftless.toml:8:10
      |
    8 | needs = ["nothing"]
      |          ^^^^^^^^^
      |
      = help: known: `x/y`

    error: `A=B` cannot be the name of a variable
     --> driftless.toml:9:9
      |
    9 | env = { "A=B" = "1" }
      |         ^^^^^
      |
      = help: name it as the program reads it, such as OMP_NUM_THREADS
    "#);
}

#[test]
fn files_that_declare_nothing_say_what_to_add() {
    let project = Project::new();
    assert_eq!(project.messages(""), ["no stage is declared, so there is nothing to run"]);
    insta::assert_snapshot!(project.error("[data.a]\n[stage.b]\nout.x = {}\n[variant.c.expect.repeat]\n"), @r#"
    error: data `a` has no `path`
     --> driftless.toml:1:7
      |
    1 | [data.a]
      |       ^
      |
      = help: add a line `path = "data.csv"`

    error: stage `b` has no `command`
     --> driftless.toml:2:8
      |
    2 | [stage.b]
      |        ^
      |
      = help: add a line `command = ["python", "train.py"]`

    error: output `x` has no `path`
     --> driftless.toml:3:5
      |
    3 | out.x = {}
      |     ^
      |
      = help: add a line `path = "predictions.csv"`

    error: variant `c` has no `dir`
     --> driftless.toml:4:10
      |
    4 | [variant.c.expect.repeat]
      |          ^
      |
      = help: add a line `dir = "bad"`

    error: expectation of `repeat` has no `verdict`
     --> driftless.toml:4:19
      |
    4 | [variant.c.expect.repeat]
      |                   ^^^^^^
      |
      = help: add a line `verdict = "drifted"`
    "#);
}

#[test]
fn unusable_files_are_told_without_a_place() {
    let project = Project::new();
    let file = project.root().join("driftless.toml");
    let root = project.root();
    let context = Context { name: "x", project: &root, today: TODAY, known: KNOWN };
    let error = |file: &Path| read_file(file, &context).unwrap_err().shown_from(&root).to_string();
    insta::assert_snapshot!(error(&file), @r#"
    error: the case file cannot be read: No such file or directory (os error 2)
    --> driftless.toml
     = help: check that it exists and that you may read it
    "#);
    fs::write(&file, b"# \xff\n").unwrap();
    insta::assert_snapshot!(error(&file), @r#"
    error: the case file is not UTF-8 (line 1)
    --> driftless.toml
     = help: save it as UTF-8, which TOML asks for
    "#);
    fs::write(&file, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(error(&file).contains("larger than"));
}

#[test]
fn a_byte_order_mark_does_not_shift_places() {
    let error = Project::new().error("\u{feff}[stage.run]\ncomand = []\n");
    assert!(error.contains("driftless.toml:2:1"), "{error}");
}

/// A few words of case files, so that random files come near good ones.
fn fragment() -> impl Strategy<Value = String> {
    let fragments: Vec<String> =
        EXAMPLE.split_inclusive([' ', '\n', '=', '"', '.']).map(str::to_owned).collect();
    prop_oneof![4 => prop::sample::select(fragments), 1 => "\\PC{0,6}", 1 => "[\\[\\]{}\"'=.,\n]{1,3}"]
}

fn any_value() -> impl Strategy<Value = toml::Value> {
    let keys = [
        "pipeline",
        "environment",
        "requires",
        "data",
        "stage",
        "knobs",
        "audit",
        "tolerate",
        "variant",
        "path",
        "id",
        "format",
        "command",
        "out",
        "needs",
        "timeout",
        "env",
        "expect",
        "verdict",
        "until",
        "factor",
        "a",
        "seed",
        "dir",
        "summary",
        "without",
        "seed-coverage",
        "other",
        "set",
        "pass",
    ];
    let leaf = prop_oneof![
        any::<bool>().prop_map(toml::Value::Boolean),
        any::<i64>().prop_map(toml::Value::Integer),
        any::<f64>().prop_map(toml::Value::Float),
        "[a-z{}./]{0,8}".prop_map(toml::Value::String),
        Just(toml::Value::String("{out.a}".to_owned())),
        Just("2020-01-01".parse().map(toml::Value::Datetime).unwrap()),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(toml::Value::Array),
            prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..6).prop_map(|entries| {
                toml::Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Reads and renders; every mistake must lie in the text and say what to do.
fn survives(text: &str) {
    thread_local!(static PROJECT: Project = Project::new());
    PROJECT.with(|project| {
        if let Err(error) = project.read(text) {
            assert!(!error.findings.is_empty());
            for finding in &error.findings {
                assert!(
                    finding.span.start <= finding.span.end && finding.span.end <= text.len(),
                    "{finding:?}"
                );
                assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{finding:?}");
            }
            assert!(!error.render(false).is_empty() && !error.render(true).is_empty());
        }
    });
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        survives(&text);
    }

    #[test]
    fn no_mixture_of_fragments_makes_the_parser_panic(fragments in prop::collection::vec(fragment(), 0..40)) {
        survives(&fragments.concat());
    }

    #[test]
    fn no_change_of_a_good_file_makes_the_parser_panic(
        changes in prop::collection::vec((0..EXAMPLE.len(), 0_usize..12, fragment()), 1..4),
    ) {
        let mut text = EXAMPLE.to_owned();
        for (at, length, replacement) in changes {
            let start = text.floor_char_boundary(at);
            let end = text.ceil_char_boundary(start + length);
            text.replace_range(start..end, &replacement);
        }
        survives(&text);
    }

    #[test]
    fn no_table_makes_the_parser_panic(value in any_value()) {
        let mut table = toml::Table::new();
        if let toml::Value::Table(inner) = &value {
            table.clone_from(inner);
        }
        table.insert("stage".to_owned(), value);
        survives(&table.to_string());
    }
}

#[test]
fn a_flood_of_mistakes_is_cut_short() {
    let stage = |n| format!("[stage.s{n}]\ncommand = [\"{{x{n}}}\"]\nout.o{n} = \"o{n}\"\n");
    let stages: Vec<String> = (0..200).map(stage).collect();
    let error = Project::new().read(&stages.concat()).unwrap_err();
    assert_eq!(error.findings.len(), 200);
    assert!(error.to_string().ends_with("and 150 more mistakes"));
}

#[test]
fn deep_nesting_is_an_error() {
    survives(&"[".repeat(10_000));
    survives(&format!("a = {}", "[".repeat(10_000)));
    survives(&format!("{}b = 1", "a.".repeat(10_000)));
    survives(&format!("a = {}", "{a=".repeat(10_000)));
}

#[test]
fn a_submission_is_read_whole_and_its_file_need_not_be_there() {
    let project = Project::new();
    project.write("sample.csv", "id,p\n1,0\n");
    let case = project.case(&format!(
        "{EXAMPLE}\n[submission]\nartifact = \"predictions\"\nfile = \"out/sub.csv\"\nsample = \"sample.csv\"\nid = \"id\"\norder = \"id\"\nrange = [0, 1]\nsum-to-one = true\ndecimals = 6\nlimits = {{ wall = \"30min\", memory = \"16GB\" }}\n"
    ));
    let submission = case.submission.expect("a submission");
    assert_eq!(submission.artifact.as_deref(), Some("predictions"));
    assert!(submission.file.expect("a path").ends_with("out/sub.csv"));
    assert_eq!(submission.wall, Some(Duration::from_mins(30)));
    assert_eq!(submission.memory_bytes_max, Some(16_000_000_000));
    assert!(submission.offline && submission.silent.is_none());
    let wish = submission.wish;
    assert_eq!((wish.order, wish.decimals), (Some(crate::submission::Order::Id), Some(6)));
    let [range] = wish.ranges.as_slice() else { panic!("{:?}", wish.ranges) };
    assert!(range.column.is_none() && range.low.abs() < f64::EPSILON && range.high > 0.9);
}

#[test]
fn mistakes_in_a_submission_are_shown_in_place() {
    let text = "\n[submission]\nartifact = \"prediction\"\nrange = [1, 0]\ndelimiter = \"ab\"\nfile = \"../../sub.csv\"\nlimits = { wall = \"soon\" }\n";
    insta::assert_snapshot!(Project::new().messages(&format!("{EXAMPLE}{text}")).join("\n"), @r"
    unknown output `prediction`
    a range begins with its lowest value
    `ab` cannot stand between fields
    `../../sub.csv` lies outside the project
    `soon` is not a duration: it does not start with a whole number
    ");
    let nothing = Project::new().messages(&format!("{EXAMPLE}\n[submission]\norder = \"any\"\n"));
    assert_eq!(nothing, ["`[submission]` names nothing to hand in"]);
}

#[test]
fn what_the_user_says_of_the_model_is_read_by_its_keys() {
    let project = Project::new();
    let card = "[card]\nname = \" wine \"\nlicense = \"Apache-2.0\"\nlanguage = [\"en\", \"pt-BR\"]\ntask = \"tabular-classification\"\n[card.data.train]\nlicense = \"CC0\"\n";
    let case = project.case(&format!("{EXAMPLE}\n{card}"));
    let card = case.card.expect("a card");
    assert_eq!(card.text("name"), Some("wine"));
    assert_eq!((card.text("license"), card.spdx()), (Some("apache-2.0"), Some("Apache-2.0")));
    assert_eq!(card.list("language"), ["en", "pt-BR"]);
    assert_eq!(card.of_data("train", "license"), Some("CC0"));
    assert_eq!(project.case(EXAMPLE).card, None);
}

#[test]
fn slips_in_what_the_user_says_of_the_model_are_told() {
    let project = Project::new();
    let finding = |card: &str| {
        let error = project.read(&format!("{EXAMPLE}\n[card]\n{card}\n")).unwrap_err();
        let finding = error.findings[0].clone();
        (finding.message, finding.help)
    };
    let (message, help) = finding("license = \"apahce-2.0\"");
    assert_eq!(message, "unknown licence `apahce-2.0`");
    assert!(
        help.starts_with("did you mean `apache-2.0`? of any other licence write license = \"other\""),
        "{help}"
    );
    assert_eq!(finding("license = \"other\"").0, "a licence without a name");
    assert_eq!(finding("task = \"tabular-clasification\"").1, "did you mean `tabular-classification`?");
    assert_eq!(finding("language = [\"English\"]").0, "`English` is no code of a language");
    assert_eq!(finding("limitations = \" \"").0, "`limitations` says nothing");
    assert!(finding("intended-usage = \"x\"").1.contains("did you mean `intended-use`?"));
    assert_eq!(finding("[card.data.tset]\nlicense = \"MIT\"").0, "unknown data `tset`");
}
