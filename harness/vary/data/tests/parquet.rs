//! Parquet.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArrayType, FloatType, Int32Type};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::{cells, change, run};
use crate::artifact::parquet::tests::encode;
use crate::vary::data::{Edit, Part, Rows};

fn sample() -> Vec<u8> {
    let rows = [
        (1, Some(0.5), "a"),
        (2, None, "b"),
        (3, Some(-0.25), "a"),
        (4, Some(2.0), "b"),
        (5, Some(1.5), "a"),
        (6, Some(0.75), "b"),
    ];
    encode(&rows, Compression::SNAPPY)
}

/// Days, small unsigned numbers, truth values, and lists of floats.
fn typed() -> Vec<u8> {
    let schema = "message m { required int32 day (DATE); required int32 small (INTEGER(8, false)); optional boolean on;
        optional group list (LIST) { repeated group list { optional float element; } } }";
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[18_000, 18_001, 18_500], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[0, 200, 255], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<BoolType>().write_batch(&[true, false], Some(&[1, 0, 1]), None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        // [1.0, null], [], [2.0].
        let levels: (&[i16], &[i16]) = (&[3, 2, 1, 3], &[0, 1, 0, 0]);
        column.typed::<FloatType>().write_batch(&[1.0, 2.0], Some(levels.0), Some(levels.1)).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn edited(edit: Edit, bytes: &[u8]) -> Vec<Vec<String>> {
    cells("x.parquet", &run(&[edit], "x.parquet", bytes, &[]).unwrap().0)
}

#[test]
fn a_change_stays_in_its_rows_and_keeps_schema_and_compression() {
    let edit = change(Rows::Numbers(vec![0, 1, 3]), &[Part::Features], 4);
    let (bytes, applied) = run(&[edit], "x.parquet", &sample(), &["id"]).unwrap();
    let (before, after) = (cells("x.parquet", &sample()), cells("x.parquet", &bytes));
    for (row, (old, new)) in before.iter().zip(&after).enumerate() {
        assert_eq!(old[0], new[0]);
        assert!([1, 2, 4].contains(&row) || old == new);
    }
    // A missing value stays missing.
    assert_eq!((after[2][1].as_str(), applied.rows), ("", 6));
    assert_ne!(before[4][1], after[4][1]);
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let schema = reader.metadata().file_metadata().schema();
    let old = SerializedFileReader::new(bytes::Bytes::from(sample())).unwrap();
    assert_eq!(schema, old.metadata().file_metadata().schema());
    assert_eq!(reader.metadata().row_group(0).column(1).compression(), Compression::SNAPPY);
}

#[test]
fn days_small_numbers_and_truth_values_stay_what_they_are_and_lists_are_carried_along() {
    let before = cells("x.parquet", &typed());
    let after = edited(change(Rows::All, &[Part::Features], 4), &typed());
    for (old, new) in before.iter().zip(&after).skip(1) {
        assert!(new[0].parse::<i32>().unwrap() > old[0].parse::<i32>().unwrap() + 1000);
        assert!(new[1].parse::<u8>().is_ok());
        assert!(["", "true", "false"].contains(&new[2].as_str()));
        assert_eq!(old[3], new[3]);
    }
    let column = |rows: &[Vec<String>], place: usize| -> Vec<String> {
        rows.iter().map(|row| row[place].clone()).collect()
    };
    assert_ne!(column(&before, 1), column(&after, 1));
    assert_ne!(column(&before, 2), column(&after, 2));
    let mut permuted = edited(Edit::PermuteRows { seed: 1 }, &typed());
    assert_ne!(before, permuted);
    let mut sorted = before.clone();
    sorted[1..].sort();
    permuted[1..].sort();
    assert_eq!(sorted, permuted);
}

#[test]
fn columns_move_whole_and_rows_come_and_go() {
    let turned = edited(Edit::PermuteColumns { seed: 1 }, &sample());
    let before = cells("x.parquet", &sample());
    assert_ne!(before[0], turned[0]);
    for (row, old) in before.iter().enumerate() {
        for (place, name) in before[0].iter().enumerate() {
            let now = turned[0].iter().position(|other| other == name).unwrap();
            assert_eq!(old[place], turned[row][now]);
        }
    }
    assert_eq!(edited(Edit::Empty, &typed()).len(), 1);
    assert_eq!(edited(Edit::DoubleRow { seed: 1 }, &typed()).len(), 8);
}

#[test]
fn rows_of_a_table_of_text_are_taken_where_the_types_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let own = super::source(folder.path(), "own.parquet", &sample(), &["id"]);
    let out = folder.path().join("out.parquet");
    let take = |text: &[u8]| {
        let other = super::source(folder.path(), "other.csv", text, &["id"]);
        let others = [("other".to_owned(), other)].into();
        crate::vary::data::apply(&[Edit::Take { from: "other".to_owned() }], &own, &others, &out)
    };
    take(b"name,id,score\nx,9,\ny,10,1.5\n").unwrap();
    let rows = cells("own.parquet", &std::fs::read(&out).unwrap());
    assert_eq!(rows[1..], [["9", "", "x"], ["10", "1.5", "y"]]);
    let error = take(b"name,id,score\nx,nine,\n").unwrap_err().to_string();
    assert!(error.contains("row 0: column `id` cannot hold the new value"), "{error}");
}

#[test]
fn texts_become_other_texts() {
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type("message m { required binary note (UTF8); }").unwrap());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&["one two three".into(), "four five six".into(), "x y z".into()], None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let after = edited(change(Rows::All, &[Part::Features], 4), &bytes);
    assert!(after.iter().skip(1).all(|row| row[0].split(' ').count() == 2), "{after:?}");
}

proptest! {
    #[test]
    fn no_mutation_makes_it_panic(place in any::<prop::sample::Index>(), byte in any::<u8>(), nested in any::<bool>()) {
        let mut bytes = if nested { typed() } else { sample() };
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = run(&[change(Rows::All, &[Part::Features, Part::Count], 1)], "x.parquet", &bytes, &[]);
        let _ = run(&[Edit::PermuteColumns { seed: 1 }], "x.parquet", &bytes, &[]);
    }
}
