//! `eval-mode` and `shuffle` on small programs: what depends on its batch, and what is paired with the wrong id.

use serde_json::Value;

use crate::support::{Project, verdict};

/// Predicts a score and a label for each row; the first argument says how.
const PREDICT: &str = r#"
import csv, math, random, sys
mode, weights, data, batch, seed, out = sys.argv[1:7]
batch = int(batch)
scale = float(open(weights).read())
with open(data) as source:
    reader = csv.DictReader(source)
    header = reader.fieldnames
    rows = list(reader)
if mode == "fussy" and header != ["id", "x", "y"]:
    sys.exit("unexpected header")
x = [float(row["x"]) for row in rows]
random.seed(int(seed))

def logistic(value):
    return 1 / (1 + math.exp(-value))

scores = []
for start in range(0, len(rows), batch):
    part = x[start:start + batch]
    if mode == "batch-norm" or mode == "single":
        if mode == "single" and len(part) == 1:
            sys.exit("ValueError: Expected more than 1 value per channel when training")
        mean = sum(part) / len(part) if mode == "batch-norm" else 0.0
        scores += [logistic((value - mean) * scale) for value in part]
    elif mode == "padding":
        widest = max(int(value) for value in part)
        scores += [logistic(scale * int(value) / widest) for value in part]
    elif mode == "noise":
        scores += [logistic(value * scale) * (1 + 1e-8 * len(part)) for value in part]
    elif mode == "dropout":
        scores += [logistic(value * scale) if random.random() < 0.8 else 0.5 for value in part]
    else:
        scores += [logistic(value * scale) for value in part]
ids = [row["id"] for row in rows]
if mode == "rank":
    scores = [sorted(scores).index(score) / len(scores) + 0.01 for score in scores]
if mode == "sorted-scores":
    scores = sorted(scores)
pairs = list(zip(ids, scores))
if mode == "text-order":
    pairs.sort()
if mode == "number-order":
    pairs.sort(key=lambda pair: int(pair[0]))
if mode == "drops-last":
    pairs = pairs[:-1]
if mode == "adapts":
    with open(weights, "a") as model:
        model.write("0")
with open(out, "w") as target:
    target.write("id,score,label\n")
    for id, score in pairs:
        target.write(f"{id},{score!r},{'yes' if score > 0.5 else 'no'}\n")
"#;

/// The project with this mode; `extra` ends the declaration of the output and may go on.
fn project(mode: &str, extra: &str) -> Project {
    let project = Project::empty();
    project.write("p/predict.py", PREDICT);
    project.write("p/scale.txt", "0.37");
    let rows: Vec<String> =
        (1..=24).map(|row: i32| format!("{row},{}.25,{}", row * 7 % 25 + 1, row % 3)).collect();
    project.write("test.csv", format!("id,x,y\n{}\n", rows.join("\n")));
    project.write(
        "driftless.toml",
        format!(
            r#"[pipeline]
summary = "test"
dir = "p"
[data.test]
path = "test.csv"
id = "id"
held-out = true
[stage.train]
command = ["cp", "scale.txt", "{{out.weights}}"]
out.weights = {{ path = "weights.txt", role = "model" }}
[stage.predict]
command = ["python3", "predict.py", "{mode}", "{{out.weights}}", "{{data.test}}", "{{batch_size}}", "{{seed}}", "{{out.scores}}"]
out.scores = {{ path = "scores.csv", id = "id", role = "predictions"{extra} }}
[knobs]
batch_size = 6
seed = 1
"#
        ),
    );
    project
}

fn judged(project: &Project, audit: &str) -> Value {
    let (_, report) = project.report(&["--audit", audit]);
    verdict(&report, audit).clone()
}

/// All factors of a verdict, sorted.
fn factors(verdict: &Value) -> Vec<String> {
    let findings = verdict["findings"].as_array().expect("findings");
    let all = findings.iter().flat_map(|finding| finding["factors"].as_array().expect("factors"));
    let mut names: Vec<String> = all.map(|name| name.as_str().expect("a name").to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

fn expect(mode: &str, extra: &str, audit: &str, status: &str, names: &[&str]) -> Value {
    let verdict = judged(&project(mode, extra), audit);
    assert_eq!(verdict["status"], status, "{mode}: {verdict:#}");
    assert_eq!(factors(&verdict), names, "{mode}: {verdict:#}");
    verdict
}

#[test]
fn evaluation_mode_holds_and_rounding_is_told_with_its_threshold() {
    let equal = expect("plain", "", "eval-mode", "held", &[]);
    let headline = equal["headline"].as_str().expect("a headline");
    assert!(headline.contains("keep their bits") && headline.contains("1, 7, 24"), "{headline}");
    let noisy = expect("noise", "", "eval-mode", "held", &[]);
    let note = noisy["notes"][0].as_str().expect("a note");
    assert!(note.contains("rounding goes up to 1.2e-4") && note.contains("assumed"), "{note}");
}

#[test]
fn bits_may_be_asked_for() {
    let project = project("noise", "");
    let file = project.path().join("driftless.toml");
    let text = std::fs::read_to_string(&file).expect("a case file");
    project.write("driftless.toml", text + "[audit.eval-mode]\nstrict = true\n");
    let verdict = judged(&project, "eval-mode");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(factors(&verdict), ["batch-composition", "batch-size"]);
}

#[test]
fn statistics_of_the_batch_and_padding_are_suspected_from_their_pattern() {
    let both = ["batch-composition", "batch-size"];
    let norm = expect("batch-norm", "", "eval-mode", "drifted", &both);
    let difference = &norm["findings"][0]["difference"];
    assert!(difference["note"].as_str().expect("a note").contains("batch normalisation"), "{norm:#}");
    assert_eq!(difference["place"]["cell"]["key"], "id=1", "{norm:#}");
    assert!(difference["left"].as_str().expect("a value").contains("(0x3f"), "{norm:#}");
    let padding = expect("padding", "", "eval-mode", "drifted", &both);
    let note = &padding["findings"][0]["difference"]["note"];
    assert!(note.as_str().expect("a note").contains("padding"), "{padding:#}");
}

#[test]
fn a_batch_of_one_that_fails_alone_decides_nothing() {
    let verdict = expect("single", "", "eval-mode", "inconclusive", &["batch-size"]);
    let text = verdict.to_string();
    assert!(text.contains("Expected more than 1 value") && text.contains("model.eval()"), "{verdict:#}");
}

#[test]
fn another_seed_and_a_changed_model_are_found() {
    let verdict = expect("dropout", "", "eval-mode", "drifted", &["batch-composition", "seed"]);
    assert!(verdict.to_string().contains("dropout"), "{verdict:#}");
    let verdict = expect("adapts", "", "eval-mode", "drifted", &["weights"]);
    assert_eq!(verdict["findings"][0]["artifact"], "weights", "{verdict:#}");
}

#[test]
fn predictions_that_belong_to_other_ids_are_swapped() {
    let verdict =
        expect("sorted-scores", "", "shuffle", "drifted", &["doubled-row", "dropped-rows", "row-order"]);
    assert!(verdict.to_string().contains("ids swapped"), "{verdict:#}");
}

#[test]
fn ranks_among_the_test_rows_and_lost_rows_are_found() {
    expect("rank", "", "shuffle", "drifted", &["doubled-row", "dropped-rows"]);
    // The row that is last stays last when others are left out, so only the other two changes lose another one.
    let lost = expect("drops-last", "", "shuffle", "drifted", &["doubled-row", "row-order"]);
    assert!(lost.to_string().contains("rows lost"), "{lost:#}");
}

#[test]
fn what_refuses_other_columns_is_clean() {
    let verdict = expect("fussy", "", "shuffle", "held", &[]);
    assert!(verdict["notes"].to_string().contains("columns in another order are refused"), "{verdict:#}");
}

#[test]
fn the_promised_order_is_kept_or_the_row_is_named() {
    let as_input = ", order = \"as-input\"";
    let by_id = ", order = \"by-id\"";
    expect("plain", as_input, "shuffle", "held", &[]);
    expect("number-order", by_id, "shuffle", "held", &[]);
    let text = expect("text-order", by_id, "shuffle", "drifted", &["output-order"]);
    assert!(text.to_string().contains("puts `10` before `2`"), "{text:#}");
    // In the order of the file the ids ascend; only another order of the file tells the two rules apart.
    expect("number-order", as_input, "shuffle", "drifted", &["output-order"]);
    expect("plain", by_id, "shuffle", "drifted", &["output-order"]);
    let none = expect("text-order", "", "shuffle", "held", &[]);
    assert!(none["notes"].to_string().contains("ascend by id as text"), "{none:#}");
}

#[test]
fn a_sample_file_is_the_authority_for_the_order() {
    let sampled = ", order = { sample = \"sample\" }";
    for (mode, status) in [("text-order", "held"), ("number-order", "drifted")] {
        let project = project(mode, sampled);
        let mut ids: Vec<String> = (1..=24).map(|id| id.to_string()).collect();
        ids.sort();
        project.write("sample.csv", format!("id,score\n{},0\n", ids.join(",0\n")));
        let file = project.path().join("driftless.toml");
        let text = std::fs::read_to_string(&file).expect("a case file");
        project.write("driftless.toml", text + "[data.sample]\npath = \"sample.csv\"\nid = \"id\"\n");
        let verdict = judged(&project, "shuffle");
        assert_eq!(verdict["status"], status, "{mode}: {verdict:#}");
    }
}

#[test]
fn columns_by_position_are_found_without_python() {
    let project = Project::empty();
    project.write("p/run.sh", "awk -F, 'NR == 1 { print \"id,label\" } NR > 1 { print $1 \",\" ($2 > 5 ? \"big\" : \"small\") }' \"$1\" > \"$2\"\n");
    let rows: Vec<String> = (1..=12).map(|row| format!("r{row},{row},0")).collect();
    project.write("test.csv", format!("id,x,y\n{}\n", rows.join("\n")));
    project.write(
        "driftless.toml",
        "[pipeline]\nsummary = \"test\"\ndir = \"p\"\n[data.test]\npath = \"test.csv\"\nid = \"id\"\nheld-out = true\n[stage.predict]\ncommand = [\"sh\", \"run.sh\", \"{data.test}\", \"{out.labels}\"]\nout.labels = { path = \"labels.csv\", id = \"id\", role = \"predictions\", order = \"as-input\" }\n",
    );
    let verdict = judged(&project, "shuffle");
    assert_eq!(
        (verdict["status"].as_str(), factors(&verdict)),
        (Some("drifted"), vec!["column-order".to_owned()]),
        "{verdict:#}"
    );
    let text = project.run(&["run", "--audit", "shuffle"]);
    assert_eq!(text.code, 2, "{text:?}");
    assert!(text.stdout.contains("column-order") && text.stdout.contains("labels"), "{text:?}");
    assert!(judged(&project, "eval-mode")["headline"].as_str().expect("text").contains("does not apply"));
}

#[test]
fn rows_that_may_be_training_rows_are_left_alone() {
    let project = Project::empty();
    project.write("p/run.sh", "cut -d, -f1,2 \"$1\" > \"$2\"\n");
    project.write("all.csv", "id,score,label\n1,0.5,a\n2,0.25,b\n");
    project.write(
        "driftless.toml",
        "[pipeline]\nsummary = \"test\"\ndir = \"p\"\n[data.all]\npath = \"all.csv\"\nid = \"id\"\ntarget = \"label\"\n[stage.fit]\ncommand = [\"sh\", \"run.sh\", \"{data.all}\", \"{out.fitted}\"]\nout.fitted = { path = \"fitted.csv\", id = \"id\", role = \"predictions\" }\n",
    );
    let headline = judged(&project, "shuffle")["headline"].to_string();
    assert!(headline.contains("does not apply") && headline.contains("held-out = true"), "{headline}");
}
