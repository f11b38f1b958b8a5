//! Faults that are planted: every audit must see its own, and reports say when it last did.

use serde_json::Value;

use crate::support::Project;

/// Training keeps the mean of the training rows and prediction adds it to each test row.
const TRAIN: &str = "awk -F, 'NR > 1 { s += $2; n++ } END { print s / n }' \"$1\" > \"$2\"\n";
const PREDICT: &str = "mean=$(cat \"$1\")\nawk -F, -v m=\"$mean\" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; print \"id,score\" }\n\
                       NR > 1 { print $c[\"id\"] \",\" $c[\"x\"] + m }' \"$2\" > \"$3\"\n";
const CASE: &str = r#"
[pipeline]
summary = "test"
dir = "p"
[data.train]
path = "train.csv"
id = "id"
target = "y"
[data.test]
path = "test.csv"
id = "id"
held-out = true
[stage.train]
command = ["sh", "train.sh", "{data.train}", "{out.model}"]
out.model = "model.txt"
[stage.predict]
command = ["sh", "predict.sh", "{out.model}", "{data.test}", "{out.predictions}"]
out.predictions = { path = "predictions.csv", id = "id", order = "as-input" }
[audit.idempotence]
"#;

fn project() -> Project {
    let project = Project::empty();
    let rows = |from: u32, to: u32, last: &str| -> String {
        (from..to)
            .map(|row| format!("{row},{}{last}\n", row * row * 7919 % 10007))
            .collect::<Vec<_>>()
            .concat()
    };
    project.write("train.csv", format!("id,x,y\n{}", rows(0, 40, ",1")));
    project.write("test.csv", format!("id,x\n{}", rows(40, 60, "")));
    project.write("p/train.sh", TRAIN);
    project.write("p/predict.sh", PREDICT);
    project.write("driftless.toml", CASE);
    project
}

fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value.as_array().expect("a list").iter().map(|item| item[key].as_str().unwrap_or_default()).collect()
}

#[test]
fn every_audit_of_a_case_sees_the_fault_that_is_planted_for_it() {
    let project = project();
    let (ran, report) = project.report(&["--canary"]);
    let case = &report["cases"][0];
    let judged = texts(&case["verdicts"], "audit");
    assert!(judged.contains(&"leakage") && judged.contains(&"shuffle"), "{judged:?}");
    assert_eq!(texts(&case["canaries"], "audit"), judged);
    for canary in case["canaries"].as_array().expect("a list") {
        assert_eq!(canary["outcome"], "proved", "{canary:#}");
    }
    let statuses = texts(&case["verdicts"], "status");
    assert!(statuses.iter().all(|status| *status == "held"), "{:#}", case["verdicts"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (_, later) = project.report(&[]);
    assert_eq!(later["measured"]["canaries"].as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_case_whose_canaries_were_never_tried_is_not_called_proved() {
    let project = project();
    let (_, report) = project.report(&["--audit", "repeat"]);
    assert_eq!(report["measured"]["canaries"].as_object().map(serde_json::Map::len), Some(0));
}

/// One stage that scales rows, one that scales them again for prediction, a classifier, and a checkpoint.
const SCALE: &str =
    "awk -F, 'NR == 1 { print \"id,x\" } NR > 1 { print $1 \",\" $2 / 100 }' \"$1\" > \"$2\"\n";
const CLASSIFY: &str = "awk -F, 'NR == 1 { print \"id,label\" } NR > 1 { print $1 \",\" ($2 > 5000) }' \"$1\" > \"$2\"\n\
                        echo '{\"model\": {\"w\": [1]}, \"optimizer\": {\"lr\": 1}, \"epoch\": 3, \"rng\": [1]}' > \"$3\"\n";
const SCORED: &str = r#"
[pipeline]
summary = "test"
dir = "p"
[data.all]
path = "all.csv"
id = "id"
target = "y"
[stage.train]
command = ["sh", "scale.sh", "{data.all}", "{out.ours}"]
out.ours = { path = "ours.csv", id = "id", role = "features" }
[stage.infer]
command = ["sh", "scale.sh", "{data.all}", "{out.theirs}"]
out.theirs = { path = "theirs.csv", id = "id", role = "features" }
[stage.classify]
command = ["sh", "classify.sh", "{data.all}", "{out.predictions}", "{out.checkpoint}"]
out.predictions = { path = "predictions.csv", id = "id" }
out.checkpoint = { path = "checkpoint.json", role = "checkpoint" }
[audit.normalization]
train = "ours"
infer = "theirs"
from = "all"
to = "all"
[audit.metrics]
truth = "all"
predictions = "predictions"
prediction = "label"
floors = { accuracy = 0.85 }
[audit.payload]
needs = ["model", "optimizer"]
"#;

#[test]
fn audits_that_look_at_the_baseline_alone_see_it_spoilt() {
    let project = Project::empty();
    let row = |row: u32| {
        let x = row * row * 7919 % 10007;
        format!("{row},{x},{}\n", u32::from(x > 5000))
    };
    project.write("all.csv", "id,x,y\n".to_owned() + &(0..60).map(row).collect::<String>());
    project.write("p/scale.sh", SCALE);
    project.write("p/classify.sh", CLASSIFY);
    project.write("driftless.toml", SCORED);
    let audits = ["--audit", "normalization", "--audit", "metrics", "--audit", "payload", "--canary"];
    let (_, report) = project.report(&audits);
    let case = &report["cases"][0];
    assert_eq!(texts(&case["canaries"], "audit"), ["normalization", "payload", "metrics"]);
    for canary in case["canaries"].as_array().expect("a list") {
        assert_eq!(canary["outcome"], "proved", "{canary:#}");
    }
    let statuses = texts(&case["verdicts"], "status");
    assert!(statuses.iter().all(|status| *status == "held"), "{:#}", case["verdicts"]);
}
