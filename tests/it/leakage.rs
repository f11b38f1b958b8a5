//! Held-out rows that reach training, in small programs: separate files, a column of folds, an output that names rows, a split that
//! nobody sees. Each fault stands beside the same program without it.

use serde_json::Value;

use crate::support::{Project, verdict};

/// Two files of four columns; test rows have ids of their own.
fn tables(project: &Project) {
    let row = |id: u32| {
        let x = f64::from(id * 37 % 100) / 100.0;
        format!("{id},{x},{},{}\n", ["a", "b", "c"][id as usize % 3], id % 2)
    };
    let table =
        |ids: std::ops::Range<u32>| "id,x,kind,label\n".to_owned() + &ids.map(row).collect::<String>();
    project.write("train.csv", table(1..41));
    project.write("test.csv", table(41..61));
}

const READ: &str = "import csv, json, sys
def read(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))
def number(text):
    return float(text or 0)
def write(path, value):
    with open(path, 'w') as file:
        json.dump(value, file)
def table(path, names, rows):
    with open(path, 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\\n')
        out.writerow(names)
        out.writerows(rows)
";

const FILES: &str = "[pipeline]
summary = \"test\"
dir = \"p\"
[data.train]
path = \"train.csv\"
id = \"id\"
target = \"label\"
[data.test]
path = \"test.csv\"
id = \"id\"
target = \"label\"
held-out = true
";

const ONE_STAGE: &str = "[stage.train]
command = [\"python3\", \"train.py\", \"{data.train}\", \"{data.test}\", \"{out.model}\", \"{out.metrics}\"]
out.model = \"model.json\"
out.metrics = \"metrics.json\"
";

/// A project with two files and one program, which is given both, a place for the model and one for metrics.
fn separate(program: &str) -> Project {
    let project = Project::empty();
    tables(&project);
    project.write("driftless.toml", format!("{FILES}{ONE_STAGE}"));
    project
        .write("p/train.py", format!("{READ}train, test = read(sys.argv[1]), read(sys.argv[2])\n{program}"));
    project
}

/// A project with one file of sixty rows.
fn together(declared: &str, stage: &str, program: &str) -> Project {
    let project = Project::empty();
    let row = |id: u32| {
        let fold = if id.is_multiple_of(5) { "Test" } else { "one" };
        let x = f64::from(id * 37 % 101) / 101.0;
        format!("{id},{x:.4},{fold},{}\n", u32::from(id * 7 % 10 < 4))
    };
    project.write("all.csv", "id,x,fold,label\n".to_owned() + &(1..=60).map(row).collect::<String>());
    let head = "[pipeline]\nsummary = \"test\"\ndir = \"p\"\n[data.all]\npath = \"all.csv\"\nid = \"id\"\ntarget = \"label\"\n";
    project.write("driftless.toml", format!("{head}{declared}\n{stage}"));
    project.write("p/train.py", format!("{READ}rows = read(sys.argv[1])\n{program}"));
    project
}

const MODEL_ALONE: &str = "[stage.train]
command = [\"python3\", \"train.py\", \"{data.all}\", \"{out.model}\"]
out.model = { path = \"model.json\", role = \"model\" }
";

fn audited(project: &Project) -> Value {
    let (ran, report) = project.report(&["--audit", "leakage"]);
    assert!([0, 2, 4].contains(&ran.code), "{ran:?}");
    verdict(&report, "leakage").clone()
}

fn factors(verdict: &Value) -> Vec<String> {
    let findings = verdict["findings"].as_array().expect("findings");
    let all = findings.iter().flat_map(|finding| finding["factors"].as_array().expect("factors"));
    let mut all: Vec<String> = all.map(|factor| factor.as_str().expect("text").to_owned()).collect();
    all.sort();
    all.dedup();
    all
}

fn artifacts(verdict: &Value) -> Vec<&str> {
    let findings = verdict["findings"].as_array().expect("findings");
    let mut all: Vec<&str> = findings.iter().filter_map(|finding| finding["artifact"].as_str()).collect();
    all.dedup();
    all
}

fn assert_status(verdict: &Value, status: &str) {
    assert_eq!(verdict["status"], status, "{verdict:#}");
}

fn tells(verdict: &Value, list: &str, text: &str) {
    let lines = verdict[list].as_array().expect("lines");
    assert!(lines.iter().any(|line| line.as_str().is_some_and(|line| line.contains(text))), "{verdict:#}");
}

const MEAN: &str = "mean = sum(number(row['x']) for row in rows) / len(rows)
write(sys.argv[3], {'mean': mean})
write(sys.argv[4], {'rows': [row['x'] for row in test]})
";

#[test]
fn a_mean_of_both_files_is_found_and_one_of_the_training_rows_is_not() {
    let bad = separate(&format!("rows = train + test\n{MEAN}"));
    let found = audited(&bad);
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-count", "held-out-features"]);
    assert_eq!(artifacts(&found), ["model"]);
    tells(&found, "notes", "`model` declares no role");
    let good = separate(&format!("rows = train\n{MEAN}"));
    let held = audited(&good);
    assert_status(&held, "held");
    tells(
        &held,
        "not_checked",
        "`metrics`: metrics may follow held-out rows (its role was guessed from its name)",
    );
}

#[test]
fn a_leak_reads_well_as_text_and_ends_with_the_status_of_drift() {
    let bad = separate(&format!("rows = train + test\n{MEAN}"));
    let ran = bad.run(&["run", "--audit", "leakage"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    // However the lines are broken.
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "held-out rows reach `model` of stage `train` (by features, count)",
        "held-out-features: the features of held-out rows",
        "driftless explain held-out-features",
    ] {
        assert!(said.contains(line), "{line}: {}", ran.stdout);
    }
}

#[test]
fn targets_and_categories_are_told_apart_from_features() {
    let save = "write(sys.argv[4], {})\nwrite(sys.argv[3], found)\n";
    let answers = "found = [row['label'] for row in test]\n";
    let found = audited(&separate(&format!("{answers}{save}")));
    assert_status(&found, "drifted");
    assert!(factors(&found).contains(&"held-out-targets".to_owned()), "{found:#}");
    assert!(!factors(&found).contains(&"held-out-features".to_owned()), "{found:#}");
    let columns = "found = sorted({row['kind'] for row in train + test})\n";
    let found = audited(&separate(&format!("{columns}{save}")));
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-categories"]);
}

#[test]
fn a_program_that_fails_on_a_new_category_is_judged_by_the_other_changes() {
    let strict = "codes = {'a': 0, 'b': 1, 'c': 2}\nfor row in test:\n    codes[row['kind']]\n";
    let good = audited(&separate(&format!("rows = train\n{strict}{MEAN}")));
    assert_status(&good, "held");
    tells(&good, "notes", "a category never seen makes stage `train` fail: exit status 1");
    tells(&good, "not_checked", "held-out-categories: the pipeline does not bear it");
    let bad = audited(&separate(&format!("rows = train + test\n{strict}{MEAN}")));
    assert_status(&bad, "drifted");
    assert_eq!(factors(&bad), ["held-out-count", "held-out-features"]);
}

#[test]
fn a_program_that_bears_no_change_is_inconclusive_with_its_log() {
    let strict = "if any(number(row['x']) > 1 for row in test):\n    raise SystemExit('out of range')\n";
    let found = audited(&separate(&format!("rows = train\n{strict}{MEAN}")));
    assert_status(&found, "inconclusive");
    assert!(found["findings"][0]["failure"]["log"].as_str().expect("a log").contains("out of range"));
}

#[test]
fn nothing_to_change_and_nothing_held_out_are_never_held() {
    let project = separate(&format!("rows = train\n{MEAN}"));
    project.write("test.csv", "id,x,kind,label\n99,,,\n");
    let found = audited(&project);
    assert_status(&found, "inconclusive");
    assert!(found["headline"].as_str().expect("text").contains("could be changed"), "{found:#}");
    let train = std::fs::read(project.path().join("train.csv")).expect("the table");
    project.write("test.csv", train);
    let found = audited(&project);
    assert_status(&found, "inconclusive");
    assert!(found["headline"].as_str().expect("text").contains("the same bytes"), "{found:#}");
    let program = "write(sys.argv[2], 1)\n";
    let found = audited(&together("split = { column = \"label\" }", MODEL_ALONE, program));
    assert_status(&found, "inconclusive");
    assert!(found["headline"].as_str().expect("text").contains("none of the usual words"), "{found:#}");
}

#[test]
fn a_baseline_that_does_not_repeat_itself_accuses_nobody() {
    // A pair and not a sum: a later process with fewer rows would give the same number by chance.
    let found = audited(&separate(
        "import os\nwrite(sys.argv[3], [os.getpid(), len(test)])\nwrite(sys.argv[4], {})\n",
    ));
    assert_status(&found, "inconclusive");
    assert_eq!(found["cause"], "unrepeatable");
}

#[test]
fn a_fold_in_awk_is_known_by_the_usual_words() {
    let stage = "[stage.train]\ncommand = [\"sh\", \"-c\", \"awk -F, -f mean.awk '{data.all}' > '{out.model}'\"]\nout.model = { path = \"m.txt\", role = \"model\" }\n";
    for (rule, status) in [("NR > 1", "drifted"), ("NR > 1 && $3 == \"one\"", "held")] {
        let project = together("split = { column = \"fold\" }", stage, "");
        project.write("p/mean.awk", format!("{rule} {{ sum += $2; rows++ }}\nEND {{ print sum / rows }}\n"));
        assert_status(&audited(&project), status);
    }
}

const TWO_STAGES: &str = "[stage.prepare]
command = [\"python3\", \"train.py\", \"{data.train}\", \"{data.test}\", \"{out.scaled}\", \"{out.test_scaled}\"]
out.scaled = { path = \"scaled.csv\", id = \"id\", role = \"features\" }
out.test_scaled = { path = \"test_scaled.csv\", id = \"id\", role = \"features\" }
[stage.fit]
command = [\"python3\", \"fit.py\", \"{out.scaled}\", \"{out.weights}\"]
out.weights = { path = \"weights.json\", role = \"model\" }
[stage.predict]
command = [\"python3\", \"predict.py\", \"{out.weights}\", \"{out.test_scaled}\", \"{data.test}\", \"{out.answers}\"]
out.answers = { path = \"answers.csv\", id = \"id\", role = \"predictions\" }
";

fn stages(rows: &str, predict: &str) -> Project {
    let project = separate(&format!(
        "rows = {rows}
mean = sum(number(row['x']) for row in rows) / len(rows)
for part, path in ((train, sys.argv[3]), (test, sys.argv[4])):
    table(path, ['id', 'x', 'label'], [[row['id'], number(row['x']) - mean, row['label']] for row in part])
"
    ));
    project.write("driftless.toml", format!("{FILES}{TWO_STAGES}"));
    let fit = "write(sys.argv[2], sum(number(row['x']) for row in read(sys.argv[1])))\n";
    project.write("p/fit.py", format!("{READ}{fit}"));
    let head = "weight = json.load(open(sys.argv[1]))\nshown, known = read(sys.argv[2]), read(sys.argv[3])\n";
    project.write("p/predict.py", format!("{READ}{head}{predict}"));
    project
}

const PREDICT: &str = "rows = []
for row, other in zip(shown, known):
    score = weight * number(row['x'])
    rows.append([row['id'], score, other['label'], (score > 0) == (other['label'] == '1')])
table(sys.argv[4], ['id', 'score', 'label', 'right'], rows)
";

#[test]
fn the_first_stage_that_leaks_is_named_and_the_next_one_only_noted() {
    let found = audited(&stages("train + test", PREDICT));
    assert_status(&found, "drifted");
    assert_eq!(artifacts(&found), ["scaled"]);
    assert_eq!(found["findings"][0]["stage"], "prepare");
    tells(&found, "notes", "`weights` changes with `scaled`, from which it is made");
}

#[test]
fn features_of_held_out_rows_and_their_targets_beside_predictions_may_change() {
    let held = audited(&stages("train", PREDICT));
    assert_status(&held, "held");
    tells(&held, "not_checked", "`test_scaled`: holds no other rows than held-out ones");
}

#[test]
fn predictions_that_look_at_the_answers_are_found() {
    let peeking = PREDICT
        .replace("weight * number(row['x'])", "weight * number(row['x']) + 1e-9 * int(other['label'])");
    let found = audited(&stages("train", &peeking));
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-targets"]);
    assert_eq!(artifacts(&found), ["answers"]);
}

#[test]
fn rows_that_an_output_names_are_changed_and_its_split_is_watched() {
    let stage = "[stage.train]
command = [\"python3\", \"train.py\", \"{data.all}\", \"{out.model}\", \"{out.kept}\"]
out.model = { path = \"model.json\", role = \"model\" }
out.kept = { path = \"kept.csv\", id = \"id\", role = \"data\" }
";
    let program = |rows: &str| {
        format!(
            "kept, rest = [], []
for label in ('0', '1'):
    ours = [row for row in rows if row['label'] == label]
    kept += ours[::4]
    rest += [row for row in ours if row not in ours[::4]]
table(sys.argv[3], ['id'], [[row['id']] for row in kept])
write(sys.argv[2], sorted(number(row['x']) for row in {rows}))
"
        )
    };
    let split = "split = { output = \"kept\" }";
    let found = audited(&together(split, stage, &program("rows")));
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-features"]);
    let held = audited(&together(split, stage, &program("rest")));
    assert_status(&held, "held");
    tells(&held, "not_checked", "held-out-count: with fewer rows the program would split otherwise");
    tells(&held, "notes", "the program's own split follows held-out-targets");
}

/// Every fifth row of a fixed shuffle is held out.
const SHUFFLED: &str = "import random
order = list(range(len(rows)))
random.Random(7).shuffle(order)
held = [rows[place] for place in order[::5]]
rest = [rows[place] for index, place in enumerate(order) if index % 5]
mean = lambda some: sum(number(row['x']) for row in some) / len(some)
";

fn inside(save: &str) -> Value {
    audited(&together("split = \"inside\"", MODEL_ALONE, &format!("{SHUFFLED}{save}")))
}

#[test]
fn a_split_that_nobody_sees_is_searched_row_by_row() {
    let found = inside("write(sys.argv[2], [mean(rows), mean(rest)])\n");
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-rows"]);
    let held = inside("write(sys.argv[2], mean(rest))\n");
    assert_status(&held, "held");
    assert!(
        held["headline"].as_str().expect("text").contains("4 of them together have none either"),
        "{held:#}"
    );
    tells(&held, "notes", "executions (limit 80)");
}

#[test]
fn a_choice_by_held_out_rows_shows_when_several_change_together() {
    let far = "sum(number(row['x']) > 1.05 for row in held) > 1";
    let found = inside(&format!("write(sys.argv[2], [mean(rest), {far}])\n"));
    assert_status(&found, "drifted");
    assert!(found["headline"].as_str().expect("text").contains("together they have"), "{found:#}");
}

#[test]
fn rows_that_may_have_been_trained_on_accuse_nobody() {
    let found = inside("write(sys.argv[2], sum(number(row['x']) > 1.05 for row in rows) > 1)\n");
    assert_status(&found, "inconclusive");
    tells(&found, "notes", "say which rows are held out");
}

/// A program that deals out the rows of each fold in a random order, and holds out every fifth: the split follows a feature.
const STRATIFIED: &str = "import random
rest = []
for fold in sorted({row['fold'] for row in rows}):
    ours = [row for row in rows if row['fold'] == fold]
    random.Random(len(ours)).shuffle(ours)
    rest += [row for place, row in enumerate(ours) if place % 5]
mean = lambda some: sum(number(row['x']) for row in some) / len(some)
";

#[test]
fn a_split_that_follows_a_feature_is_not_accused_and_its_leak_is() {
    let audit = |declared: &str, save: &str| {
        audited(&together(declared, MODEL_ALONE, &format!("{STRATIFIED}write(sys.argv[2], {save})\n")))
    };
    let doubtful = audit("split = \"inside\"", "mean(rest)");
    assert_status(&doubtful, "inconclusive");
    assert!(doubtful["headline"].as_str().expect("text").contains("trained on with other values of `fold`"));
    tells(&doubtful, "notes", "declare those as `group`");
    let held = audit("split = \"inside\"\ngroup = \"fold\"", "mean(rest)");
    assert_status(&held, "held");
    let found = audit("split = \"inside\"", "[mean(rest), mean(rows)]");
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-rows"]);
}

#[test]
fn held_out_rows_that_leak_by_one_column_are_told_from_a_split_that_follows_it() {
    let counts = "sum(row['fold'] == 'Test' for row in rows)";
    let program = format!("{SHUFFLED}write(sys.argv[2], [mean(rest), {counts}])\n");
    let found = audited(&together("split = \"inside\"", MODEL_ALONE, &program));
    assert_status(&found, "drifted");
    assert!(found["headline"].as_str().expect("text").ends_with("by `fold`"), "{found:#}");
}

#[test]
fn a_split_that_an_output_names_and_that_follows_a_feature_is_judged_by_the_others() {
    let stage = "[stage.train]
command = [\"python3\", \"train.py\", \"{data.all}\", \"{out.model}\", \"{out.kept}\"]
out.model = { path = \"model.json\", role = \"model\" }
out.kept = { path = \"kept.csv\", id = \"id\", role = \"data\" }
";
    let audit = |save: &str| {
        let kept = "table(sys.argv[3], ['id'], [[row['id']] for row in rows if row not in rest])";
        let program = format!("{STRATIFIED}{kept}\nwrite(sys.argv[2], {save})\n");
        audited(&together("split = { output = \"kept\" }", stage, &program))
    };
    let held = audit("mean(rest)");
    assert_status(&held, "held");
    tells(&held, "not_checked", "not of all columns, since the program's own split follows some");
    let found = audit("[mean(rest), mean(rows)]");
    assert_status(&found, "drifted");
    assert_eq!(factors(&found), ["held-out-features"]);
}
