//! What every format promises, and what tables promise byte by byte.

mod arrays;
mod objects;
mod parquet;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;

use super::sheet;
use super::{Applied, Edit, Error, Part, Rows, Source, apply, column, ids, row_count, select};
use crate::artifact::Format;

pub(super) const FEATURES: [Part; 1] = [Part::Features];

/// A source whose id is `id` and whose target is `y`, as far as `columns` has them.
pub(super) fn source(folder: &Path, name: &str, bytes: &[u8], columns: &[&str]) -> Source {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    let has = |name: &str| columns.contains(&name).then(|| name.to_owned());
    let format = Format::of_extension(&path).unwrap();
    Source {
        path,
        format,
        id: has("id").into_iter().collect(),
        target: has("y"),
        fixed: has("group").into_iter().collect(),
    }
}

/// The bytes of a file after edits, and what they did.
pub(super) fn run(
    edits: &[Edit],
    name: &str,
    bytes: &[u8],
    columns: &[&str],
) -> Result<(Vec<u8>, Applied), Error> {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), name, bytes, columns);
    let out = folder.path().join("out");
    let applied = apply(edits, &source, &BTreeMap::new(), &out)?;
    Ok((std::fs::read(out).unwrap(), applied))
}

pub(super) fn change(rows: Rows, parts: &[Part], seed: u64) -> Edit {
    Edit::Change { rows, parts: parts.iter().copied().collect(), seed }
}

fn text(edits: &[Edit], bytes: &str) -> String {
    String::from_utf8(run(edits, "x.csv", bytes.as_bytes(), &["id"]).unwrap().0).unwrap()
}

/// A file as a list of rows of texts, the header first.
pub(super) fn cells(name: &str, bytes: &[u8]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), name, bytes, &[]);
    let sheet = sheet::parse(&source, bytes.to_vec()).unwrap();
    let width = sheet.fields().len();
    let mut rows = vec![sheet.fields().iter().map(|field| field.name.clone()).collect::<Vec<_>>()];
    rows.extend(
        (0..sheet.rows()).map(|row| (0..width).map(|field| sheet.cell(row, field).into_text()).collect()),
    );
    rows
}

const PATIENTS: &str = "\u{feff}id,age,dose,sex,\"note\",seen,group,y\r\n\
    1,34,0.50,f,\"a long, quoted text\",2020-01-31,g1,0\r\n\
    2,61,1.25,m,another text here,2020-02-29,g1,1\r\n\
    3,47,,f,\"said \"\"no\"\" and left\",2021-05-06,g2,0\r\n\
    4,250,2.75,f,one two three four,2021-07-08,g2,1\r\n\
    5,19,3.00,m,five six seven eight,2019-12-31,g3,0\r\n\
    6,300,2.10,m,nine ten eleven,2019-11-30,g3,1";

const COLUMNS: [&str; 3] = ["id", "y", "group"];

fn patients(edits: &[Edit]) -> (Vec<u8>, Applied) {
    run(edits, "x.csv", PATIENTS.as_bytes(), &COLUMNS).unwrap()
}

#[test]
fn without_edits_and_without_selected_rows_the_bytes_stay() {
    let nobody = Rows::Ids(vec![vec!["99".to_owned()]]);
    for edits in [vec![], vec![change(nobody, &[Part::Features, Part::Targets, Part::Count], 1)]] {
        let (bytes, applied) = patients(&edits);
        assert_eq!(bytes, PATIENTS.as_bytes());
        assert_eq!((applied.rows, applied.rows_changed, applied.cells_changed), (6, 0, 0));
    }
}

#[test]
fn a_change_leaves_other_rows_ids_and_fixed_columns_byte_by_byte() {
    let rows = Rows::Where { column: "group".to_owned(), values: vec!["g3".to_owned(), "g2".to_owned()] };
    let (bytes, applied) = patients(&[change(rows, &FEATURES, 3)]);
    let new = String::from_utf8(bytes.clone()).unwrap();
    let old: Vec<&str> = PATIENTS.split("\r\n").collect();
    let lines: Vec<&str> = new.split("\r\n").collect();
    assert_eq!(lines[..3], old[..3]);
    assert_eq!(lines.len(), 7);
    let (before, after) = (cells("x.csv", PATIENTS.as_bytes()), cells("x.csv", &bytes));
    for row in 3..7 {
        for fixed in [0, 6, 7] {
            assert_eq!(before[row][fixed], after[row][fixed]);
        }
        for changed in [1, 4, 5] {
            assert_ne!(before[row][changed], after[row][changed], "{}", lines[row]);
        }
        assert_eq!(after[row][2].is_empty(), row == 3 || after[row][2].is_empty());
        assert!(after[row][2].is_empty() || after[row][2].split_once('.').unwrap().1.len() == 2);
    }
    assert_eq!(applied.columns, ["age", "dose", "sex", "note", "seen"]);
    assert_eq!((applied.rows, applied.rows_changed), (6, 4));
}

#[test]
fn every_target_becomes_another_class() {
    let (bytes, applied) = patients(&[change(Rows::All, &[Part::Targets], 3)]);
    for (before, after) in cells("x.csv", PATIENTS.as_bytes()).iter().zip(&cells("x.csv", &bytes)).skip(1) {
        assert_eq!(before[..7], after[..7]);
        assert_ne!(before[7], after[7]);
    }
    assert_eq!((applied.cells_changed, applied.columns.as_slice()), (6, ["y".to_owned()].as_slice()));
}

#[test]
fn categories_gain_one_that_no_row_had_and_counts_shrink() {
    let (bytes, _) = patients(&[change(Rows::All, &[Part::Categories, Part::Count], 3)]);
    let rows = cells("x.csv", &bytes);
    assert_eq!(rows.len(), 1 + 5);
    assert!(rows.iter().any(|row| row[3] == "new-category"));
    assert_eq!(rows[0][3], "sex");
}

#[test]
fn rows_and_columns_move_whole() {
    let three = "id,a,b\n1,x,\"y,z\"\n2,,w\n3,u,v";
    let permuted = text(&[Edit::PermuteRows { seed: 1 }], three);
    let mut lines: Vec<&str> = permuted.split('\n').collect();
    assert_ne!(permuted, three);
    lines.sort_unstable();
    assert_eq!(lines, ["1,x,\"y,z\"", "2,,w", "3,u,v", "id,a,b"]);
    let turned = text(&[Edit::PermuteColumns { seed: 1 }], "a,b\n1,\"2\"\n3,4\n");
    assert_eq!(turned, "b,a\n\"2\",1\n4,3\n");
    let doubled = text(&[Edit::DoubleRow { seed: 1 }], three);
    assert_eq!(doubled.lines().count(), 5);
    let dropped = text(&[Edit::DropRows { seed: 1, percent: 1 }], three);
    assert_eq!(dropped.lines().count(), 3);
    assert_eq!(text(&[Edit::Keep { rows: Rows::Numbers(vec![1, 9]) }], three), "id,a,b\n2,,w");
    assert_eq!(text(&[Edit::Empty], three), "id,a,b\n");
    assert_eq!(text(&[Edit::Empty], "id\n"), "id\n");
}

#[test]
fn permuted_targets_are_never_where_they_were() {
    for seed in 0..50 {
        let edit = Edit::PermuteTargets { rows: Rows::Numbers(vec![0, 2, 3]), seed };
        let (bytes, applied) = run(&[edit], "x.csv", b"id,y\n1,a\n2,b\n3,a\n4,b\n", &["id", "y"]).unwrap();
        let found: Vec<String> =
            cells("x.csv", &bytes).into_iter().skip(1).map(|row| row[1].clone()).collect();
        assert_eq!(found[1], "b");
        assert_ne!(found, ["a", "b", "a", "b"]);
        assert_eq!(applied.cells_changed, 2);
    }
}

#[test]
fn other_data_are_taken_and_appended_in_this_files_columns() {
    let folder = tempfile::tempdir().unwrap();
    let own = source(folder.path(), "own.csv", b"id,a,b\r\n1,x,y", &["id"]);
    let other = source(folder.path(), "other.tsv", b"b\tid\n\"p,q\"\t7\nr\t8\n", &["id"]);
    let others = BTreeMap::from([("other".to_owned(), other)]);
    let out = folder.path().join("out.csv");
    let from = "other".to_owned();
    let rows = Rows::Ids(vec![vec!["8".to_owned()]]);
    let applied = apply(&[Edit::Append { from: from.clone(), rows }], &own, &others, &out).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "id,a,b\r\n1,x,y\r\n8,,r");
    assert_eq!(applied.notes, ["`other` has no `a`: left empty"]);
    let applied = apply(&[Edit::Take { from }], &own, &others, &out).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "id,a,b\r\n7,,\"p,q\"\r\n8,,r");
    assert_eq!((applied.rows, applied.rows_changed), (2, 3));
}

#[test]
fn rows_are_found_by_id_value_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), "x.csv", PATIENTS.as_bytes(), &COLUMNS);
    assert_eq!(row_count(&source).unwrap(), 6);
    assert_eq!(ids(&source).unwrap()[5], ["6"]);
    assert_eq!(column(&source, "note").unwrap()[2], "said \"no\" and left");
    let by_value = Rows::Where { column: "sex".to_owned(), values: vec!["m".to_owned()] };
    assert_eq!(select(&by_value, &source).unwrap(), [1, 4, 5]);
    assert_eq!(select(&Rows::Ids(vec![vec!["3".to_owned()]]), &source).unwrap(), [2]);
    assert_eq!(select(&Rows::Numbers(vec![4, 1, 1, 77]), &source).unwrap(), [1, 4]);
    assert_eq!(select(&Rows::All, &source).unwrap().len(), 6);
}

#[test]
fn errors_name_the_file_and_what_is_wrong() {
    let complaint = |edit: Edit, name: &str, bytes: &[u8]| {
        let error = run(&[edit], name, bytes, &["id"]).unwrap_err();
        assert!(!error.hint().is_empty());
        error.to_string()
    };
    let shuffle = || Edit::PermuteRows { seed: 1 };
    assert!(
        complaint(shuffle(), "x.csv", b"id,a\n1\n")
            .ends_with("x.csv`: malformed csv: line 2 has 1 field, the header has 2")
    );
    assert!(complaint(shuffle(), "x.csv", b"id,a\n1,\"b\n").contains("line 2 opens a quote"));
    assert!(complaint(shuffle(), "x.csv", b"id\n1\n\xff\n").contains("line 3 is not UTF-8"));
    assert!(complaint(shuffle(), "x.png", b"").contains("the rows of a png file cannot be changed"));
    assert!(
        complaint(change(Rows::All, &FEATURES, 1), "x.csv", b"a,b\n")
            .contains("no column `id`; it has `a`, `b`")
    );
    assert!(
        complaint(Edit::PermuteTargets { rows: Rows::All, seed: 1 }, "x.csv", b"id\n")
            .contains("none is declared")
    );
    assert!(complaint(Edit::Take { from: "z".to_owned() }, "x.csv", b"id\n").contains("no data set `z`"));
}

#[test]
fn one_edit_of_one_file_gives_the_same_bytes_everywhere() {
    // Digits that were once written down: a change here is a change of every audit's inputs.
    let (bytes, _) = run(
        &[change(Rows::All, &[Part::Features, Part::Targets], 7)],
        "x.csv",
        b"id,a,b,c,y\n1,0.5,700,u,0\n2,1.5,-20,v,1\n3,2.5,31,u,0\n4,3.5,4,v,1\n5,4.5,55,u,1\n",
        &["id", "y"],
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "id,a,b,c,y\n1,7.7,2423,v,1\n2,11.0,1124,v,0\n3,12.8,1325,v,1\n4,13.8,1803,v,0\n5,16.3,1332,v,0\n"
    );
}

/// Cells of every kind, as columns of one kind each.
fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    let row = (
        "[1-9]?[0-9]\\.[0-9]{2}|",
        "-?[1-9][0-9]{2,5}",
        "[abc]",
        "[a-z\"]{1,4}( [a-z,\n]{1,5}){0,3}",
        "20[0-4][0-9]-0[1-9]-[0-2]1",
        "[0-9]",
    );
    proptest::collection::vec(row.prop_map(|row| vec![row.0, row.1, row.2, row.3, row.4, row.5]), 1..30)
}

fn write_csv(table: &[Vec<String>], quote_all: bool, end: &str, last: bool) -> String {
    let quote = |cell: &String| {
        let special = cell.contains([',', '"', '\n', '\r']);
        if special || quote_all { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let mut lines = vec!["id,float,int,cat,text,date,y".to_owned()];
    for (number, row) in table.iter().enumerate() {
        lines.push(format!("r{number},{}", row.iter().map(quote).collect::<Vec<_>>().join(",")));
    }
    lines.join(end) + if last { end } else { "" }
}

fn any_parts() -> impl Strategy<Value = BTreeSet<Part>> {
    proptest::collection::btree_set(
        prop::sample::select(vec![Part::Features, Part::Targets, Part::Categories]),
        0..4,
    )
}

fn kind_of(cell: &str) -> &'static str {
    match cell {
        "" => "empty",
        text if text.parse::<i128>().is_ok() => "integer",
        text if text.starts_with(|letter: char| letter.is_ascii_digit()) && text.parse::<f64>().is_ok() => {
            "float"
        }
        text if super::style::is_time(text) => "time",
        _ => "text",
    }
}

proptest! {
    #[test]
    fn a_change_keeps_all_that_it_must(
        table in table(), quote_all in any::<bool>(), windows in any::<bool>(), last in any::<bool>(),
        parts in any_parts(), seed in any::<u64>(), picked in any::<u32>(),
    ) {
        let old = write_csv(&table, quote_all, if windows { "\r\n" } else { "\n" }, last);
        let chosen: Vec<u64> = (0..table.len() as u64).filter(|row| picked >> (row % 32) & 1 == 1).collect();
        let edit = Edit::Change { rows: Rows::Numbers(chosen.clone()), parts: parts.clone(), seed };
        let (bytes, applied) = run(&[edit], "x.csv", old.as_bytes(), &["id", "y"]).unwrap();
        let (before, after) = (cells("x.csv", old.as_bytes()), cells("x.csv", &bytes));
        prop_assert_eq!(before.len(), after.len());
        prop_assert_eq!(&before[0], &after[0]);
        let mut changed = 0;
        for (number, (old, new)) in before.iter().zip(&after).enumerate().skip(1) {
            prop_assert_eq!(&old[0], &new[0]);
            if !chosen.contains(&(number as u64 - 1)) {
                prop_assert_eq!(old, new);
            }
            for (old, new) in old.iter().zip(new) {
                changed += u64::from(old != new);
                let kinds = (kind_of(old), kind_of(new));
                prop_assert!(kinds.0 == kinds.1 || kinds == ("float", "empty"), "{:?} {:?}", old, new);
            }
        }
        prop_assert_eq!(applied.cells_changed, changed);
        if chosen.is_empty() || parts.is_empty() {
            prop_assert_eq!(bytes, old.as_bytes());
        }
    }

    #[test]
    fn a_permutation_of_rows_is_one(table in table(), windows in any::<bool>(), last in any::<bool>(), seed in any::<u64>()) {
        let old = write_csv(&table, false, if windows { "\r\n" } else { "\n" }, last);
        let (bytes, _) = run(&[Edit::PermuteRows { seed }], "x.csv", old.as_bytes(), &["id"]).unwrap();
        prop_assert_eq!(bytes.len(), old.len());
        let (mut before, mut after) = (cells("x.csv", old.as_bytes()), cells("x.csv", &bytes));
        prop_assert!(table.len() < 2 || before != after);
        before[1..].sort();
        after[1..].sort();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn a_permutation_of_columns_moves_them_whole(table in table(), quote_all in any::<bool>(), seed in any::<u64>()) {
        let old = write_csv(&table, quote_all, "\n", true);
        let (bytes, _) = run(&[Edit::PermuteColumns { seed }], "x.csv", old.as_bytes(), &["id"]).unwrap();
        let columns = |bytes: &[u8]| -> BTreeSet<Vec<String>> {
            let rows = cells("x.csv", bytes);
            (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column].clone()).collect()).collect()
        };
        prop_assert_eq!(columns(old.as_bytes()), columns(&bytes));
        prop_assert_ne!(old.as_bytes(), bytes);
    }

    #[test]
    fn no_edits_give_the_same_bytes(bytes in "[ab1.,\"\n\r]{0,40}") {
        if let Ok((same, _)) = run(&[], "x.csv", bytes.as_bytes(), &[]) {
            prop_assert_eq!(bytes.as_bytes(), same);
        }
    }

    #[test]
    fn the_reader_of_artifacts_sees_the_same_cells(bytes in "[ab1,\"\n\r]{0,30}") {
        use crate::artifact::{Origin, table};
        let folder = tempfile::tempdir().unwrap();
        let source = source(folder.path(), "x.csv", bytes.as_bytes(), &[]);
        let read = || -> Result<Vec<Vec<String>>, crate::artifact::Error> {
            let mut table = table::open(&Origin::new(&source.path, source.format))?;
            let mut rows = vec![table.columns().to_vec()];
            let width = rows[0].len();
            while table.advance()? {
                rows.push((0..width).map(|column| table.cell(column).key()).collect());
            }
            Ok(rows)
        };
        match (read(), sheet::parse(&source, bytes.clone().into_bytes())) {
            (Ok(rows), Ok(_)) => prop_assert_eq!(rows, cells("x.csv", bytes.as_bytes())),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours.is_ok(), theirs.is_ok()),
        }
    }
}

#[test]
fn hands_of_features_are_disjoint_parts_of_the_change_of_all() {
    let rows = || Rows::Numbers(vec![1, 4]);
    let (all, _) = patients(&[change(rows(), &FEATURES, 3)]);
    let (all, old) = (cells("x.csv", &all), cells("x.csv", PATIENTS.as_bytes()));
    let mut columns = Vec::new();
    for hand in Part::DEALT {
        let (bytes, applied) = patients(&[change(rows(), &[hand], 3)]);
        for (row, cells) in cells("x.csv", &bytes).iter().enumerate() {
            for (field, cell) in cells.iter().enumerate() {
                let changed = applied.columns.contains(&old[0][field]);
                assert_eq!(cell, if changed { &all[row][field] } else { &old[row][field] });
            }
        }
        columns.push(applied.columns);
    }
    // The measured number first, then the count, then times and texts; the column of two values is not dealt.
    assert_eq!(columns, [vec!["dose", "note"], vec!["age", "seen"], vec!["sex"]]);
    let (both, _) = patients(&[change(rows(), &Part::DEALT, 3)]);
    assert_eq!(cells("x.csv", &both), all);
}

#[test]
fn a_single_column_of_many_values_is_a_hand_against_those_of_few() {
    let hands = |file: &str| {
        let one = |hand| run(&[change(Rows::All, &[hand], 1)], "x.csv", file.as_bytes(), &["id"]).unwrap().1;
        Part::DEALT.map(|hand| one(hand).columns.concat())
    };
    assert_eq!(hands("id,a,b\n1,u,0.5\n2,v,1.25\n3,u,2.5\n4,v,3.75\n"), ["b", "a", ""]);
    assert_eq!(hands("id,a,b\n1,u,x\n2,v,y\n3,u,x\n4,v,y\n"), ["a", "b", ""]);
    assert_eq!(hands("id,a\n1,u\n2,v\n3,u\n4,v\n"), ["", "", "a"]);
    assert_eq!(hands("id,a\n1,0.5\n2,1.25\n"), ["a", "", ""]);
}
