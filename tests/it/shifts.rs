//! `drift` over small tables, with the real binary: what has drifted, what has not, and what cannot be said.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

use crate::support::{Project, verdict};

const BESIDE: &str = "reference = \"train\"\ncurrent = \"now\"\n";

/// A number that is spread evenly over any two hundred rows, moved by something.
fn number(id: u32, moved: u32) -> String {
    format!("{:.6}", f64::from(id * 7919 % 1009) / 1009.0 + f64::from(moved) / 2.0)
}

fn kind(id: u32) -> &'static str {
    ["a", "b", "c"][id as usize % 3]
}

/// A table with an id, and cells that are made from it.
fn table(header: &str, ids: Range<u32>, cells: impl Fn(u32) -> String) -> String {
    let row = |id| format!("{id},{}\n", cells(id));
    let rows: String = ids.map(row).collect();
    format!("id,{header}\n{rows}")
}

/// Two columns, of which the first one may have moved.
fn plain(ids: Range<u32>, moved: u32) -> String {
    table("x,kind", ids, |id| format!("{},{}", number(id, moved), kind(id)))
}

/// One column.
fn single(ids: Range<u32>, cell: impl Fn(u32) -> String) -> String {
    table("x,c", ids, |id| format!("{},{}", number(id, 0), cell(id)))
}

/// A project with these tables as data, and a stage that only counts the rows of the first one.
fn project(tables: &[(&str, String)], audit: &str) -> Project {
    let project = Project::empty();
    let mut case = "[pipeline]\nsummary = \"test\"\ndir = \"p\"\n".to_owned();
    for (name, text) in tables {
        project.write(&format!("{name}.csv"), text);
        let _ = write!(case, "[data.{name}]\npath = \"{name}.csv\"\nid = \"id\"\n");
    }
    let stage = "[stage.make]\ncommand = [\"sh\", \"run.sh\", \"{data.train}\", \"{out.made}\"]\nout.made = \"made.txt\"\n";
    project.write("p/run.sh", "wc -l < \"$1\" > \"$2\"\n");
    project.write("driftless.toml", format!("{case}{stage}[audit.drift]\n{audit}"));
    project
}

/// Asks for the verdict alone, which must come with the exit code that it has.
fn judged(project: &Project, status: &str) -> Value {
    let (ran, report) = project.report(&["--audit", "drift"]);
    let found = verdict(&report, "drift").clone();
    assert_eq!(found["status"], status, "{found:#}");
    let code = match status {
        "held" => 0,
        "drifted" => 2,
        _ => 4,
    };
    assert_eq!(ran.code, code, "{ran:?}");
    found
}

/// The verdict over a reference and one other table.
fn beside(reference: String, now: String, more: &str, status: &str) -> Value {
    judged(&project(&[("train", reference), ("now", now)], &format!("{BESIDE}{more}")), status)
}

fn lines<'a>(found: &'a Value, list: &str) -> Vec<&'a str> {
    let lines = found[list].as_array().map(Vec::as_slice).unwrap_or_default();
    lines.iter().filter_map(Value::as_str).collect()
}

/// The word, the artifact and the column of each finding.
fn findings(found: &Value) -> Vec<[&str; 3]> {
    let findings = found["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let three = |finding| {
        let text = |pointer| Value::pointer(finding, pointer).and_then(Value::as_str).unwrap_or_default();
        [text("/factors/0"), text("/artifact"), text("/difference/place/cell/column")]
    };
    findings.iter().map(three).collect()
}

fn headline(found: &Value) -> &str {
    found["headline"].as_str().expect("a headline")
}

fn note(found: &Value) -> &str {
    found["findings"][0]["difference"]["note"].as_str().expect("a note")
}

#[test]
fn rows_that_are_spread_alike_hold_and_moved_ones_drift() {
    let held = beside(plain(0..200, 0), plain(200..400, 0), "", "held");
    assert_eq!(headline(&held), "no drift: 2 columns of `now` beside `train`, largest PSI 0.002 (`x`)");
    assert_eq!(lines(&held, "not_checked"), ["column `id` of `now`: an id"]);
    let moved = beside(plain(0..200, 0), plain(200..400, 1), "", "drifted");
    assert_eq!(headline(&moved), "1 of 2 columns of `now` beside `train` drifted");
    assert_eq!(findings(&moved), [["distribution", "now", "x"]]);
}

#[test]
fn several_tables_are_judged_each_for_itself() {
    let tables = [("train", plain(0..200, 0)), ("later", plain(400..600, 1)), ("now", plain(200..400, 0))];
    let found =
        judged(&project(&tables, "reference = \"train\"\ncurrent = [\"now\", \"later\"]\n"), "drifted");
    assert_eq!(findings(&found), [["distribution", "later", "x"]]);
    assert_eq!(headline(&found), "1 of 2 columns of `later` beside `train` drifted");
    let held = judged(&project(&tables, "reference = \"train\"\ncurrent = [\"now\"]\n"), "held");
    assert_eq!(findings(&held), [[""; 3]; 0]);
}

#[test]
fn held_out_rows_of_one_file_are_put_beside_the_others() {
    let split = |moved: u32| {
        table("x,fold", 0..400, |id| {
            let held_out = id % 2 == 1;
            format!(
                "{},{}",
                number(id, if held_out { moved } else { 0 }),
                if held_out { "test" } else { "train" }
            )
        })
    };
    for (moved, status) in [(0, "held"), (1, "drifted")] {
        let project = project(&[("train", split(moved))], "reference = \"train\"\ncurrent = \"train\"\n");
        let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
        let with_split = case.replace("[stage.make]", "split = { column = \"fold\" }\n[stage.make]");
        project.write("driftless.toml", with_split);
        let found = judged(&project, status);
        let told = [
            "no drift: 1 column of held-out rows of `train` beside the others",
            "1 of 1 column of held-out rows",
        ];
        assert!(headline(&found).starts_with(told[moved as usize]), "{found:#}");
        assert!(lines(&found, "not_checked").contains(&"column `fold` of `train`: the column of the split"));
        let columns = found["figures"][0]["columns"].as_array().expect("columns");
        assert_eq!(columns.len(), 1, "{found:#}");
        assert_eq!([&columns[0]["reference"]["rows"], &columns[0]["current"]["rows"]], [200, 200]);
        project.write("driftless.toml", case);
        assert!(headline(&judged(&project, "inconclusive")).contains("are the same rows of one file"));
    }
}

/// A project whose stage predicts a label for each row; every `no`th is a no.
fn predictions(no: u32, audit: &str) -> Project {
    let label = |id: u32| if id.is_multiple_of(2) { "no" } else { "yes" };
    let truth = table("x,label", 1..201, |id| format!("{},{}", number(id, 0), label(id)));
    let project =
        project(&[("train", truth)], &format!("reference = \"train\"\ncurrent = \"made\"\n{audit}"));
    let program = format!(
        "awk -F, 'NR == 1 {{ print \"id,x,prediction\"; next }} {{ print $1 \",\" $2 \",\" ($1 % {no} ? \"yes\" : \"no\") }}' \"$1\" > \"$2\"\n"
    );
    project.write("p/run.sh", program);
    let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
    let output = "out.made = { path = \"made.csv\", id = \"id\", role = \"predictions\" }";
    let case = case.replace("out.made = \"made.txt\"", output);
    project.write("driftless.toml", case.replace("[stage.make]", "target = \"label\"\n[stage.make]"));
    project
}

#[test]
fn predictions_are_put_beside_the_targets_of_training() {
    let same = "columns = [\"label\"]\nsame = { label = \"prediction\" }\n";
    let held = judged(&predictions(2, same), "held");
    assert_eq!(headline(&held), "no drift: 1 column of `made` beside `train`, largest PSI 0.000 (`label`)");
    let found = judged(&predictions(10, same), "drifted");
    assert_eq!(findings(&found), [["distribution", "made", "label"]]);
    let column = &found["figures"][0]["columns"][0];
    assert_eq!(column["now_named"], "prediction", "{column:#}");
    // Without the pair of names the target has nothing beside it, which is no fault, and is said.
    let alone = judged(&predictions(10, ""), "held");
    assert!(lines(&alone, "not_checked").contains(&"the target `label`: `made` has none"), "{alone:#}");
}

#[test]
fn a_declared_column_that_is_nowhere_is_never_passed_over() {
    let found = judged(&predictions(10, "same = { label = \"predicton\" }\n"), "inconclusive");
    assert_eq!(headline(&found), "no table in `current` has the column `predicton` that `same` names");
    let asked = |more: &str| beside(plain(0..200, 0), plain(200..400, 1), more, "inconclusive");
    let found = asked("without = { xx = \"winter\" }\n");
    assert_eq!(headline(&found), "no table has the column `xx` that `without` names");
    assert_eq!(headline(&asked("columns = [\"kin\"]\n")), "`train` has no column `kin`");
    let held = beside(plain(0..200, 0), plain(200..400, 1), "without = { x = \"winter\" }\n", "held");
    assert!(lines(&held, "not_checked").contains(&"column `x` of `now`: winter"), "{held:#}");
}

#[test]
fn a_name_that_is_not_declared_is_an_error_with_its_line() {
    let tables = [("train", plain(0..200, 0)), ("now", plain(200..400, 0))];
    for (audit, wrong, meant) in [
        ("reference = \"trian\"\ncurrent = \"now\"\n", "trian", "train"),
        ("current = [\"now\", \"mad\"]\nreference = \"train\"\n", "mad", "made"),
    ] {
        let project = project(&tables, audit);
        let ran = project.run(&["run", "--audit", "drift"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
        let line =
            case.lines().position(|line| line.contains(&format!("\"{wrong}\""))).expect("the line") + 1;
        for told in [
            format!("unknown data or output `{wrong}`"),
            format!("driftless.toml:{line}:"),
            format!("did you mean `{meant}`?"),
        ] {
            assert!(ran.stderr.contains(&told), "{told}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_schema_that_changed_is_found_or_noted() {
    let gone = beside(plain(0..200, 0), table("x", 200..400, |id| number(id, 0)), "", "drifted");
    assert_eq!(findings(&gone), [["schema", "now", "kind"]]);
    assert_eq!(note(&gone), "`now` has no column `kind`, which `train` has");
    let words = table("x,kind", 200..400, |id| format!("n{},{}", number(id, 0), kind(id)));
    let text = beside(plain(0..200, 0), words, "", "drifted");
    assert_eq!(findings(&text), [["schema", "now", "x"]]);
    assert!(note(&text).starts_with("`x`: numbers with a point became text; "), "{}", note(&text));
    let whole = |ids, point| table("x", ids, move |id| format!("{}{point}", id * 7919 % 1009));
    let floats = beside(whole(0..200, ""), whole(200..400, ".0"), "", "held");
    let told = "`now` beside `train`: `x`: whole numbers became numbers with a point";
    assert!(lines(&floats, "notes").contains(&told), "{floats:#}");
    let more = table("kind,new,x", 200..400, |id| format!("{},1,{}", kind(id), number(id, 0)));
    let more = beside(plain(0..200, 0), more, "", "held");
    for told in ["columns that the reference lacks: `new`", "the columns stand in another order"] {
        assert!(
            lines(&more, "notes").contains(&format!("`now` beside `train`: {told}").as_str()),
            "{more:#}"
        );
    }
    let twice = |ids| plain(ids, 0).replacen("kind", "x", 1);
    let twice = beside(twice(0..200), twice(200..400), "", "inconclusive");
    assert_eq!(headline(&twice), "`train` and `now` have no column to compare");
}

#[test]
fn too_few_rows_and_empty_tables_decide_nothing() {
    let few = beside(plain(0..200, 0), plain(200..250, 9), "", "inconclusive");
    let told = "column `x` of `now`: 200 values against 50 rows, at least 100 are asked for";
    assert_eq!(headline(&few), format!("no column could be decided: {told}"));
    assert!(lines(&few, "not_checked").contains(&told), "{few:#}");
    beside(plain(0..200, 0), plain(200..250, 9), "rows = 50\n", "drifted");
    let empty = || plain(0..0, 0);
    for (reference, now) in [(empty(), plain(0..200, 0)), (plain(0..200, 0), empty())] {
        let found = beside(reference, now, "", "inconclusive");
        assert!(
            headline(&found).starts_with("no column could be decided: column `kind` of `now`: "),
            "{found:#}"
        );
    }
}

#[test]
fn constant_columns_and_columns_without_values_are_told_apart() {
    let five = || single(0..200, |_| "5".to_owned());
    let held = beside(five(), single(200..400, |_| "5".to_owned()), "", "held");
    assert!(headline(&held).starts_with("no drift: 2 columns"), "{held:#}");
    let moved = beside(five(), single(200..400, |_| "6".to_owned()), "", "drifted");
    assert_eq!(findings(&moved), [["distribution", "now", "c"]]);
    let nothing = || single(0..200, |_| String::new());
    let both = beside(nothing(), single(200..400, |_| String::new()), "", "held");
    assert!(headline(&both).starts_with("no drift: 1 column of"), "{both:#}");
    assert!(lines(&both, "not_checked").contains(&"column `c` of `now`: no values on either side"));
    let filled = beside(nothing(), single(200..400, |id| number(id, 0)), "", "held");
    let told = "column `c` of `now`: 0 values against 200 rows, at least 100 are asked for";
    assert!(lines(&filled, "not_checked").contains(&told), "{filled:#}");
    let full = || single(0..200, |id| number(id * 3, 0));
    let lost = beside(full(), single(200..400, |_| String::new()), "", "drifted");
    assert_eq!(findings(&lost), [["distribution", "now", "c"]]);
    assert!(note(&lost).ends_with("0.0 % were missing, 100.0 % are"), "{}", note(&lost));
}

#[test]
fn names_of_columns_may_hold_anything() {
    let names = ["a\"b", "c,d", "e\nf", "<b>g</b>", "\u{1f980}", "`h`|i"];
    let header = names.map(|name| format!("\"{}\"", name.replace('"', "\"\""))).join(",");
    let cells = |id: u32, moved| (3..9).map(|step| number(id * step, moved)).collect::<Vec<_>>().join(",");
    let hostile = |ids, moved| table(&header, ids, |id| cells(id, moved));
    let held = beside(hostile(0..200, 0), hostile(200..400, 0), "", "held");
    assert!(headline(&held).starts_with("no drift: 6 columns"), "{held:#}");
    let project = project(&[("train", hostile(0..200, 0)), ("now", hostile(200..400, 1))], BESIDE);
    let found = judged(&project, "drifted");
    let mut columns: Vec<&str> = findings(&found).iter().map(|finding| finding[2]).collect();
    columns.sort_unstable();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(columns, expected);
    assert!(lines(&found, "notes").iter().all(|line| !line.contains('\n')), "{found:#}");
    let page = project.run(&["report", "--format", "html"]);
    assert!(page.stdout.contains("&lt;b&gt;g&lt;/b&gt;") && !page.stdout.contains("<b>g"), "{}", page.stdout);
    let text = project.run(&["run", "--audit", "drift"]);
    assert!(text.stdout.contains("  drift: artifact `now`\n"), "{}", text.stdout);
}
