//! Which outputs are judged, and what is walked, for whole case files.

use super::*;
use crate::case::{Context, Date, Known};

fn case(text: &str) -> (tempfile::TempDir, Case) {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in [("train.csv", 4), ("test.csv", 2), ("all.csv", 6)] {
        let rows = (0..rows).map(|row| format!("{row},0.{row},{row},{}\n", ["one", "TEST"][row % 2]));
        let table = "id,x,y,fold\n".to_owned() + &rows.collect::<String>();
        std::fs::write(folder.path().join(name), table).unwrap();
    }
    let known = Known { audits: &["leakage"], factors: &[], words: &[] };
    let today = Date { year: 2026, month: 1, day: 1 };
    let context = Context { name: "case", project: folder.path(), today, known };
    let file = folder.path().join("driftless.toml");
    let case = crate::case::read(&file, text, &context).unwrap_or_else(|error| panic!("{error}")).remove(0);
    (folder, case)
}

const FILES: &str = r#"
[data.train]
path = "train.csv"
id = "id"
target = "y"
[data.test]
path = "test.csv"
id = "id"
target = "y"
held-out = true
"#;

const STAGES: &str = r#"
[stage.prepare]
command = ["sh", "{data.train}", "{data.test}"]
out.scaler = "scaler.json"
out.x_train = { path = "x_train.npy", role = "features" }
out.x_test = { path = "x_test.npy", role = "features" }
out.features = "features.npy"
out.rows = { path = "rows.csv", id = "id" }
[stage.train]
command = ["sh", "{out.x_train}"]
out.weights = "weights.npz"
out.log = "log.txt"
[stage.predict]
command = ["sh", "{out.weights}", "{data.test}"]
out.summary = "summary.json"
out.predictions = "predictions.csv"
out.metrics = "metrics.json"
"#;

#[test]
fn outputs_of_training_are_judged_and_those_of_prediction_are_not() {
    let (_folder, case) = case(&format!("{FILES}{STAGES}"));
    let wanted: Vec<String> = training_artifacts(&case).into_iter().collect();
    assert_eq!(wanted, ["rows", "scaler", "weights", "x_train"]);
    let of = |name: &str| {
        let stage = case.producer(name).unwrap();
        standing(&case, stage, name, &stage.outputs[name])
    };
    assert_eq!(
        (of("rows"), of("scaler"), of("predictions")),
        (Standing::Rows, Standing::Whole, Standing::Evaluation)
    );
    for (name, why) in [
        ("x_test", "its name speaks of held-out rows"),
        ("features", "it may hold held-out rows, too"),
        ("summary", "its stage only predicts"),
        ("metrics", "metrics may follow"),
        ("log", "a log"),
    ] {
        assert!(matches!(of(name), Standing::LeftOut(text) if text.contains(why)), "{name}: {:?}", of(name));
    }
}

#[test]
fn named_artifacts_are_judged_alone() {
    let (_folder, case) =
        case(&format!("{FILES}{STAGES}\n[audit.leakage]\nartifacts = [\"summary\", \"rows\"]\n"));
    assert_eq!(training_artifacts(&case).into_iter().collect::<Vec<_>>(), ["rows", "summary"]);
}

#[test]
fn everything_changes_at_once_first_and_targets_alone_for_predictions() {
    let (_folder, case) = case(&format!("{FILES}{STAGES}"));
    let first = Leakage.first(&case).unwrap();
    let [joint, targets] = first.as_slice() else { panic!("{first:?}") };
    let parts = ladder(false)[0].clone();
    assert_eq!(joint.edits["test"], [Edit::Change { rows: Rows::All, parts, seed: SEED }]);
    assert!(!joint.edits.contains_key("train"));
    let parts = BTreeSet::from([Part::Targets]);
    assert_eq!(targets.edits["test"], [Edit::Change { rows: Rows::All, parts, seed: SEED }]);
    assert_eq!(targets.wanted.iter().collect::<Vec<_>>(), ["predictions"]);
}

#[test]
fn the_usual_words_of_a_column_are_taken_as_they_are_written() {
    let text = "[data.all]\npath = \"all.csv\"\nid = \"id\"\nsplit = { column = \"fold\" }\n[stage.train]\ncommand = [\"sh\", \"{data.all}\"]\nout.weights = \"w.npz\"\n";
    let (_folder, case) = case(text);
    let held = held_out(&case).unwrap();
    let values = vec!["TEST".to_owned()];
    assert_eq!(held[0].rows, Rows::Where { column: "fold".to_owned(), values });
}

#[test]
fn a_case_without_held_out_rows_says_what_to_declare() {
    let (_folder, case) = case("[stage.train]\ncommand = [\"sh\"]\nout.weights = \"w.npz\"\n");
    assert!(Leakage.first(&case).unwrap_err().contains("held-out = true"));
    assert_eq!(canary(&case), None);
}

#[test]
fn the_two_walks_of_the_canary_differ_in_the_row_that_was_let_through() {
    let (_folder, case) = case(&format!("{FILES}{STAGES}"));
    let (plain, changed) = canary(&case).unwrap();
    let append = Edit::Append { from: "test".to_owned(), rows: Rows::Numbers(vec![0]) };
    assert_eq!(plain.edits["train"], std::slice::from_ref(&append));
    let parts = BTreeSet::from([Part::Features]);
    let change = Edit::Change { rows: Rows::Numbers(vec![4]), parts, seed: SEED };
    assert_eq!(changed.edits["train"], [append, change]);
}
