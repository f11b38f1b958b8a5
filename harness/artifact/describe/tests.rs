//! Counts against counting by hand.

use super::value::MISSING;
use super::*;
use proptest::prelude::*;

fn of(text: &str, id: &[&str], target: Option<&str>) -> Description {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).expect("written");
    let id: Vec<String> = id.iter().map(|name| (*name).to_owned()).collect();
    describe(&path, Format::Csv, &id, target).expect("readable")
}

#[test]
fn types_ranges_and_missing_values_are_told() {
    let text = "id,x,n,day,flag,word,none\n1,0.5,3,2026-01-31,True,007,\n2,NA,4,2026-02-01 08:00,False,b,NaN\n3,-1.5,inf,,true,b,\n";
    let told = of(text, &["id"], Some("word"));
    assert_eq!(told.rows, 3);
    let kinds: Vec<&str> = told.columns.iter().map(|column| column.kind.word()).collect();
    assert_eq!(kinds, ["integer", "number", "number", "date", "boolean", "text", "empty"]);
    let x = &told.columns[1];
    assert_eq!(x.missing, [("NA".to_owned(), 1)].into());
    assert_eq!(x.numbers, Some(Numbers { min: -1.5, max: 0.5, mean: Some(-0.5), infinite: 0 }));
    assert_eq!(told.columns[2].numbers.as_ref().map(|numbers| numbers.infinite), Some(1));
    assert_eq!(told.columns[6].missing, [(String::new(), 2), ("NaN".to_owned(), 1)].into());
    assert_eq!(told.columns[6].distinct, 0);
    assert_eq!(told.classes, [("007".to_owned(), 1), ("b".to_owned(), 2)].into());
    assert_eq!((told.duplicate_rows, told.duplicate_ids), (Some(0), Some(0)));
}

#[test]
fn repeated_rows_and_ids_are_counted_once_less_than_they_stand_there() {
    let told = of("id,x\n1,a\n1,a\n1,b\n2,a\n", &["id"], None);
    assert_eq!((told.duplicate_rows, told.duplicate_ids), (Some(1), Some(2)));
    assert_eq!(told.columns[0].distinct, 2);
    assert_eq!(of("id,x\n1,a\n1,a\n", &[], None).duplicate_ids, None);
}

#[test]
fn a_target_with_many_values_has_no_classes() {
    let rows: Vec<String> = (0..=CLASSES_MAX).map(|row| format!("{row}\n")).collect();
    assert!(of(&format!("y\n{}", rows.concat()), &[], Some("y")).classes.is_empty());
}

#[test]
fn a_table_without_rows_is_described_and_one_that_is_cut_is_an_error() {
    let told = of("a,b\n", &[], Some("b"));
    assert_eq!((told.rows, told.columns.len(), told.duplicate_rows), (0, 2, Some(0)));
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,b\n1\n").expect("written");
    let error = describe(&path, Format::Csv, &[], None).expect_err("a cell is missing").to_string();
    assert!(error.ends_with("line 2 has 1 field, the header has 2"), "{error}");
    assert!(describe(folder.path(), Format::Csv, &[], None).is_err(), "a folder");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("t.csv");
    std::fs::File::create(&path).and_then(|file| file.set_len(BYTES_MAX + 1)).expect("a hole");
    let error = describe(&path, Format::Csv, &[], None).expect_err("too large").to_string();
    assert!(error.contains("more than the 268435456 allowed"), "{error}");
}

proptest! {
    #[test]
    fn counts_agree_with_counting_by_hand(cells in proptest::collection::vec("[ab0-9]{0,2}|NA|nan", 1..40)) {
        let rows: Vec<String> = cells.iter().map(|cell| format!("{cell},x\n")).collect();
        let told = of(&format!("a,b\n{}", rows.concat()), &[], None);
        let column = &told.columns[0];
        let missing = cells.iter().filter(|cell| MISSING.contains(&cell.as_str())).count() as u64;
        prop_assert_eq!(told.rows, cells.len() as u64);
        prop_assert_eq!(column.missing.values().sum::<u64>(), missing);
        let distinct: BTreeSet<&String> =
            cells.iter().filter(|cell| !MISSING.contains(&cell.as_str())).collect();
        prop_assert_eq!(column.distinct, distinct.len() as u64);
        let whole: BTreeSet<&String> = cells.iter().collect();
        prop_assert_eq!(told.duplicate_rows, Some((cells.len() - whole.len()) as u64));
    }
}
