//! JSON Lines, JSON arrays and plain text.

use proptest::prelude::*;

use super::{cells, change, run};
use crate::vary::data::{Edit, Part, Rows};

const LINES: &str = "{\"id\": 1, \"x\": 0.50, \"tags\": [1, 2], \"on\": true, \"y\": \"a\"}\n\
    {\"id\":2,\"x\":1.25,\"tags\":[],\"on\":false,\"y\":\"b\"}\n\n\
    {\"id\": 3, \"x\": null, \"on\": true, \"y\": \"a\\n\"}\n\
    {\"id\": 4, \"y\": \"b\", \"x\": 2.75, \"on\": false}";

fn array() -> String {
    format!("[\n  {}\n]\n", LINES.replace("\n\n", "\n").replace('\n', ",\n  "))
}

fn edited(edit: Edit, name: &str, text: &str) -> String {
    String::from_utf8(run(&[edit], name, text.as_bytes(), &["id", "y"]).unwrap().0).unwrap()
}

fn edited_with(edit: Edit, text: &str) -> String {
    String::from_utf8(run(&[edit], "x.jsonl", text.as_bytes(), &["id"]).unwrap().0).unwrap()
}

#[test]
fn untouched_lines_stay_byte_by_byte_and_values_keep_their_types() {
    let rows = Rows::Ids(vec![vec!["2".to_owned()]]);
    let new = edited(change(rows, &[Part::Features, Part::Targets], 5), "x.jsonl", LINES);
    let (old, lines): (Vec<&str>, Vec<&str>) = (LINES.lines().collect(), new.lines().collect());
    assert_eq!([lines[0], lines[2], lines[3], lines[4]], [old[0], old[2], old[3], old[4]]);
    assert_ne!(lines[1], old[1]);
    let value: serde_json::Value = serde_json::from_str(lines[1]).unwrap();
    assert!(value["on"] == true && value["id"] == 2 && value["tags"] == serde_json::json!([]), "{value}");
    assert!(value["y"].is_string() && value["y"] != "b", "{value}");
}

#[test]
fn an_array_keeps_its_brackets_whatever_becomes_of_its_rows() {
    let text = array();
    let parse = |text: &str| -> Vec<serde_json::Value> { serde_json::from_str(text).unwrap() };
    assert_eq!(parse(&text).len(), 4);
    assert!(parse(&edited(Edit::Empty, "x.json", &text)).is_empty());
    let kept = parse(&edited(Edit::Keep { rows: Rows::Numbers(vec![3]) }, "x.json", &text));
    assert_eq!(kept, parse(&text)[3..]);
    let doubled = parse(&edited(Edit::DoubleRow { seed: 3 }, "x.json", &text));
    assert_eq!(doubled.len(), 5);
    let permuted = edited(Edit::PermuteRows { seed: 3 }, "x.json", &text);
    assert!(permuted.len() == text.len() && permuted != text && parse(&permuted).len() == 4);
    assert_eq!(edited(Edit::Empty, "x.json", "[]"), "[]");
}

#[test]
fn members_move_whole() {
    for name in ["x.jsonl", "x.json"] {
        let text = if name == "x.json" { array() } else { LINES.to_owned() };
        let turned = edited(Edit::PermuteColumns { seed: 2 }, name, &text);
        assert!(turned != text && turned.len() == text.len());
        let sorted = |text: &str| -> Vec<Vec<String>> {
            let table = cells(name, text.as_bytes());
            let mut columns: Vec<Vec<String>> =
                (0..table[0].len()).map(|at| table.iter().map(|row| row[at].clone()).collect()).collect();
            columns.sort();
            columns
        };
        assert_eq!(sorted(&turned), sorted(&text));
    }
}

#[test]
fn what_is_no_object_is_named_by_its_row() {
    for (name, text, what) in [
        ("x.jsonl", "{}\n[1]\n", "row 1: is no object"),
        ("x.jsonl", "{}\n{\"a\":}\n", "row 1: "),
        ("x.json", "[{}, {\"a\": 1}", "row 1: no `,` or `]`"),
        ("x.json", "[{}] x", "something follows the array"),
        ("x.json", "{\"a\": [1]}", "only an array of objects has rows"),
        ("x.json", "[{\"a\"", "row 0: no complete value"),
    ] {
        let error = run(&[Edit::Empty], name, text.as_bytes(), &[]).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn lines_of_text_move_and_go() {
    let text = "b\r\n\r\na\r\nc";
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let permuted =
        String::from_utf8(run(&[Edit::PermuteRows { seed: 1 }], "x.txt", text.as_bytes(), &[]).unwrap().0);
    assert_eq!(sorted(&permuted.unwrap()), sorted(text));
    let kept =
        run(&[Edit::Keep { rows: Rows::Numbers(vec![0, 2]) }], "x.txt", text.as_bytes(), &[]).unwrap().0;
    assert_eq!(kept, b"b\r\na");
    assert!(run(&[Edit::Empty], "x.txt", text.as_bytes(), &[]).unwrap().0.is_empty());
    let columns = run(&[Edit::PermuteColumns { seed: 1 }], "x.txt", text.as_bytes(), &[]);
    assert!(columns.unwrap_err().to_string().contains("no columns"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        bytes in "[\\[\\]{}\",:\\\\ab1.\n -]{0,40}", name in prop::sample::select(vec!["x.json", "x.jsonl", "x.csv", "x.txt"]),
        seed in any::<u64>(),
    ) {
        for edit in [
            change(Rows::All, &[Part::Features, Part::Targets, Part::Categories, Part::Count], seed),
            Edit::PermuteColumns { seed },
            Edit::DoubleRow { seed },
        ] {
            let _ = run(&[edit], name, bytes.as_bytes(), &[]);
        }
        if let Ok((same, _)) = run(&[], name, bytes.as_bytes(), &[]) {
            prop_assert_eq!(same, bytes.as_bytes());
        }
    }

    #[test]
    fn other_rows_stay_and_json_stays_json(
        rows in proptest::collection::vec(("[a-c]{0,3}", -500_i32..500, proptest::option::of(0.0_f64..9.0)), 1..12),
        picked in any::<u16>(), seed in any::<u64>(),
    ) {
        let text: Vec<String> = rows.iter().enumerate()
            .map(|(id, (a, b, c))| serde_json::json!({"id": id, "a": a, "b": b, "c": c}).to_string())
            .collect();
        let chosen: Vec<u64> = (0..rows.len() as u64).filter(|row| picked >> row & 1 == 1).collect();
        let edit = change(Rows::Numbers(chosen.clone()), &[Part::Features, Part::Categories], seed);
        let new = edited_with(edit, &text.join("\n"));
        prop_assert_eq!(new.lines().count(), text.len());
        for (row, (old, new)) in text.iter().zip(new.lines()).enumerate() {
            let value: serde_json::Value = serde_json::from_str(new).unwrap();
            prop_assert_eq!(&value["id"], row);
            prop_assert!(value["a"].is_string() && value["b"].is_i64() && (value["c"].is_f64() || value["c"].is_null()));
            if !chosen.contains(&(row as u64)) {
                prop_assert_eq!(old, new);
            }
        }
    }
}
