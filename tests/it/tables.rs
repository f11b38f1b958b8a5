//! Overlap of tables and normalisation, on small programs.

use serde_json::Value;

use crate::support::{Project, verdict};

/// Rows of a table: an id, two numbers and a target.
fn rows(ids: std::ops::Range<u32>) -> String {
    let row = |id: u32| {
        let (one, two) = (id * 7919 % 1009, id * 104_729 % 997);
        format!("{id},{}.{:02},{}.{:02},{}\n", one / 10, one % 100, two / 7, two % 100, id % 2)
    };
    ids.map(row).collect()
}

const HEADER: &str = "id,width,height,label\n";

/// A project with a program that reads two tables and copies the first.
fn tables(train: &str, test: &str, more: &str) -> Project {
    let project = Project::empty();
    project.write("train.csv", format!("{HEADER}{train}"));
    project.write("test.csv", format!("{HEADER}{test}"));
    project.write("run.sh", "head -c 100 \"$1\" > \"$3\"\n");
    project.write(
        "driftless.toml",
        format!(
            "[pipeline]\nsummary = \"test\"\n\
             [data.train]\npath = \"train.csv\"\nid = \"id\"\ntarget = \"label\"\n\
             [data.test]\npath = \"test.csv\"\nid = \"id\"\ntarget = \"label\"\nheld-out = true\n\
             [stage.make]\ncommand = [\"sh\", \"run.sh\", \"{{data.train}}\", \"{{data.test}}\", \"{{out.made}}\"]\n\
             out.made = \"made.txt\"\n{more}"
        ),
    );
    project
}

fn overlap(project: &Project) -> Value {
    let (_, report) = project.report(&["--audit", "overlap"]);
    verdict(&report, "overlap").clone()
}

#[test]
fn a_held_out_row_among_the_training_rows_is_named_in_both_files() {
    assert_eq!(overlap(&tables(&rows(0..80), &rows(80..120), ""))["status"], "held");
    let copied = format!("{}900{}", rows(80..120), rows(7..8).trim_start_matches('7'));
    let found = overlap(&tables(&rows(0..80), &copied, ""));
    assert_eq!(found["status"], "drifted", "{found:#}");
    let finding = &found["findings"][0];
    assert_eq!(finding["factors"], serde_json::json!(["exact"]));
    assert_eq!(finding["difference"]["place"], serde_json::json!({"row": {"row": 41, "key": "id=900"}}));
    assert!(finding["difference"]["note"].as_str().unwrap_or_default().contains("row 8 (id=7)"), "{found:#}");
    let accepted = "[audit.overlap]\nwithout = { exact = \"known\" }\n";
    let found = overlap(&tables(&rows(0..80), &copied, accepted));
    assert_eq!(found["status"], "held", "{found:#}");
    assert!(found["notes"][0].as_str().unwrap_or_default().contains("known"), "{found:#}");
}

#[test]
fn the_same_file_twice_and_an_empty_table_are_no_pass() {
    let same = overlap(&tables(&rows(0..80), &rows(0..80), ""));
    assert_eq!((&same["status"], &same["cause"]), (&"inconclusive".into(), &"nothing-varied".into()));
    let empty = overlap(&tables(&rows(0..80), "", ""));
    assert_eq!((&empty["status"], &empty["cause"]), (&"inconclusive".into(), &"nothing-varied".into()));
}

#[test]
fn held_out_rows_without_their_target_are_compared_by_their_features() {
    let project = tables(&rows(0..80), &rows(80..90), "");
    let bare = |ids| -> String {
        let text = rows(ids);
        let rows = text.lines().filter_map(|line| line.rsplit_once(','));
        rows.map(|(row, _)| format!("{row}\n")).collect::<Vec<_>>().concat()
    };
    let again = format!("500{}", bare(5..6).trim_start_matches('5'));
    let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
    let without = case.replace("target = \"label\"\nheld-out", "held-out");
    assert_ne!(without, case);
    project.write("driftless.toml", without);
    project.write("test.csv", format!("id,width,height\n{}{again}", bare(80..90)));
    let found = overlap(&project);
    assert_eq!(found["findings"][0]["factors"], serde_json::json!(["exact"]), "{found:#}");
}

#[test]
fn rows_of_one_file_are_compared_by_their_split() {
    let project = Project::shell("echo made > \"$1\"\n", "");
    let folded = |ids, fold: &str| -> String {
        rows(ids).lines().map(|line| format!("{line},{fold}\n")).collect::<Vec<_>>().concat()
    };
    let write = |ids| {
        let text = folded(0..80, "train") + &folded(ids, "test");
        project.write("p/all.csv", format!("id,width,height,label,fold\n{text}"));
    };
    let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
    let more =
        "[data.all]\npath = \"p/all.csv\"\nid = \"id\"\ntarget = \"label\"\nsplit = { column = \"fold\" }\n";
    project.write("driftless.toml", case + more);
    write(80..120);
    assert_eq!(overlap(&project)["status"], "held");
    write(60..100);
    let found = overlap(&project);
    assert_eq!(found["findings"][0]["factors"], serde_json::json!(["exact"]), "{found:#}");
    assert_eq!(found["findings"][0]["artifact"], "all");
}

/// Standardises two columns by the numbers of the file given first.
const SCALE: &str = r#"BEGIN { FS = OFS = ","; CONVFMT = OFMT = "%.17g" }
FNR == 1 { pass++; if (pass == 2) print "id", "width", "height" > out; next }
pass == 1 { rows++; for (n = 2; n <= 3; n++) { sum[n] += $n; squares[n] += $n * $n } }
pass == 2 {
    for (n = 2; n <= 3; n++) { mean = sum[n] / rows; deviation = sqrt(squares[n] / rows - mean * mean); $n = ($n - mean) / deviation }
    print $1, $2, $3 > out
}
"#;

fn normalization(first: &str, script: &str) -> Value {
    let project = Project::empty();
    project.write("train.csv", format!("{HEADER}{}", rows(0..80)));
    project.write("test.csv", format!("{HEADER}{}", rows(80..120)));
    project.write("scale.awk", SCALE);
    project.write("test.awk", script);
    let data = |name| format!("[data.{name}]\npath = \"{name}.csv\"\nid = \"id\"\ntarget = \"label\"\n");
    let stage = |name, script, first, second| {
        format!(
            "[stage.{name}]\ncommand = [\"awk\", \"-v\", \"out={{out.{name}_features}}\", \"-f\", \"{script}\", \
             \"{{data.{first}}}\", \"{{data.{second}}}\"]\n\
             out.{name}_features = {{ path = \"{name}.csv\", id = \"id\", role = \"features\" }}\n"
        )
    };
    project.write(
        "driftless.toml",
        format!(
            "[pipeline]\nsummary = \"test\"\n{}{}held-out = true\n{}{}[audit.normalization]\n\
             train = \"train_features\"\ninfer = \"test_features\"\nfrom = \"train\"\nto = \"test\"\nmoments = true\n",
            data("train"),
            data("test"),
            stage("train", "scale.awk", "train", "train"),
            stage("test", "test.awk", first, "test")
        ),
    );
    let (_, report) = project.report(&["--audit", "normalization"]);
    verdict(&report, "normalization").clone()
}

#[test]
fn features_that_differ_between_the_paths_are_named_by_what_was_done() {
    assert_eq!(normalization("train", SCALE)["status"], "held");
    for (first, script, word) in [
        ("test", SCALE.to_owned(), "other-split"),
        ("train", SCALE.replace("$n = ($n - mean) / deviation", "$n = $n"), "missing"),
        ("train", SCALE.replace("/ deviation }", "/ deviation; $n = ($n - mean) / deviation }"), "double"),
        ("train", SCALE.replace("/ deviation }", "/ deviation; $n = $n * $n }"), "other-path"),
    ] {
        let found = normalization(first, &script);
        assert_eq!(found["findings"][0]["factors"], serde_json::json!([word]), "{word}: {found:#}");
        assert_eq!(found["findings"].as_array().map(Vec::len), Some(1), "{word}: {found:#}");
    }
}
