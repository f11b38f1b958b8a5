//! Whole comparisons of small files, against what people would say and against plain definitions.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A folder with a training file and a held-out one.
struct Files {
    _folder: tempfile::TempDir,
    train: TableFile,
    test: TableFile,
}

fn files(name: &str, train: &[u8], test: &[u8], id: &[&str], target: Option<&str>) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let file = |side: &str, bytes: &[u8]| {
        let path = folder.path().join(format!("{side}-{name}"));
        std::fs::write(&path, bytes).unwrap();
        TableFile {
            format: Format::of_extension(&path).unwrap(),
            path,
            id: id.iter().map(|&id| id.to_owned()).collect(),
            target: target.map(str::to_owned),
            rows: None,
        }
    };
    let (train, test) = (file("train", train), file("test", test));
    Files { _folder: folder, train, test }
}

fn csv(train: &str, test: &str) -> Files {
    files("x.csv", train.as_bytes(), test.as_bytes(), &["id"], Some("y"))
}

fn run(files: &Files) -> Overlap {
    overlap(&files.train, &files.test, &Options::default()).unwrap()
}

/// A number between 0 and 1 that looks random, by its place.
fn noise(place: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits of a hash")]
    let bits = (hash::join(7, place.into()) >> 11) as f64;
    bits / 9_007_199_254_740_992.0
}

#[test]
fn the_same_row_is_told_from_another_spelling_and_from_another_target() {
    let train = "id,a,b,y\n1,1.5,New York,0\n2,2.5,Berlin,1\n3,3.5,Rome,0\n";
    let test = "id,b,a,y\n7,New York,1.5,0\n8,berlin ,2.50,1\n9,Rome,3.5,1\n10,Oslo,4,1\n";
    let found = run(&csv(train, test));
    assert_eq!((found.train_rows, found.test_rows), (3, 4));
    assert_eq!(found.compared, ["a", "b"]);
    assert_eq!((found.exact.count, found.normalized.count, found.other_target.count), (1, 1, 1));
    assert!((found.exact.share - 0.25).abs() < 1e-15);
    let pair = &found.normalized.pairs[0];
    assert_eq!(pair.train, RowName { row: 2, id: Some("id=2".to_owned()) });
    assert_eq!(pair.test, RowName { row: 2, id: Some("id=8".to_owned()) });
    let cell = |name: &str, left: &str, right: &str| (name.to_owned(), left.to_owned(), right.to_owned());
    assert_eq!(pair.cells, [cell("a", "2.5", "2.50"), cell("b", "Berlin", "berlin "), cell("y", "1", "1")]);
    assert_eq!(found.other_target.pairs[0].cells[2], cell("y", "0", "1"));
}

#[test]
fn other_rows_are_silent() {
    let rows = |from: u32| {
        (from..from + 100).fold("id,a,b,y\n".to_owned(), |mut text, place| {
            let _ = writeln!(text, "{place},{},{},{}", noise(place), noise(place + 9999), place % 2);
            text
        })
    };
    let found = run(&csv(&rows(0), &rows(100)));
    assert_eq!(found.exact, Found { expected: 100.0 / 101.0, ..Found::default() });
    assert_eq!((found.normalized.count, found.other_target.count), (0, 0));
    assert_eq!((found.keys, found.near, found.group, found.time), (None, None, None, None));
    assert!(found.constant.is_empty() && found.id_like.is_empty() && found.alone.is_empty());
    assert!(found.notes.is_empty());
}

#[test]
fn copies_of_continuous_rows_are_not_excused_by_their_copies_and_few_values_are() {
    let row = |place: u32| format!("{place},{},{},{}\n", noise(place), noise(place + 9999), place % 2);
    // Every row twice: over-sampled before the split.
    let train: String = (0..100).map(|place| row(place % 50)).collect();
    let test: String = (0..50).map(row).collect();
    let found = run(&csv(&format!("id,a,b,y\n{train}"), &format!("id,a,b,y\n{test}")));
    assert_eq!((found.exact.count, found.exact.by_chance), (50, None));

    let row = |place: u32| format!("{place},{},{},{}\n", place % 3 + 1, place % 5, place % 2);
    let train: String = (0..100).map(row).collect();
    let test: String = (100..150).map(row).collect();
    let found = run(&csv(&format!("id,a,b,y\n{train}"), &format!("id,a,b,y\n{test}")));
    assert_eq!(found.exact.count, 50);
    assert!(found.exact.by_chance.is_some_and(|chance| chance > 0.3), "{:?}", found.exact.by_chance);
}

/// Answers of so many people to `columns` questions, who are of eight kinds and mostly answer as their kind does.
fn answers(people: std::ops::Range<u32>, columns: u32) -> Vec<String> {
    let answer = |person: u32, column: u32| {
        let kind = (noise(person * 97 + 13) * 8.0).floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a kind from 0 to 7")]
        let usual = (noise(1_000_000 + kind as u32 * 100 + column) * 4.0).floor();
        let other = noise(2_000_000 + person * 100 + column);
        if other < 0.85 { usual } else { ((other - 0.85) / 0.15 * 4.0).floor() }
    };
    let row = |person| {
        (0..columns).fold(String::new(), |mut row, column| {
            let _ = write!(row, ",a{}", answer(person, column));
            row
        })
    };
    people
        .map(|person| format!("{}{}", row(person), if noise(person * 97 + 13) < 0.5 { ",0" } else { ",1" }))
        .collect()
}

fn survey(train: &[String], test: &[String], columns: u32) -> Overlap {
    let header = (0..columns).fold(String::new(), |mut header, column| {
        let _ = write!(header, ",c{column}");
        header
    });
    let table = |rows: &[String], from: usize| {
        let rows = rows.iter().enumerate().map(|(place, row)| format!("{}{row}\n", from + place));
        format!("id{header},y\n{}", rows.collect::<String>())
    };
    run(&csv(&table(train, 0), &table(test, train.len())))
}

#[test]
fn rows_of_categories_that_meet_by_chance_are_surrounded_by_others_and_copies_are_not() {
    let people = answers(0..600, 16);
    let found = survey(&people[..480], &people[480..], 16).exact;
    assert!((0.1..0.5).contains(&found.share), "{}", found.share);
    assert!(found.by_chance.is_some_and(|chance| chance > 1e-3), "{found:?}");
    assert!(found.nearly > 0.2 * 120.0 * found.share, "{found:?}");

    // So many questions that nobody answers as another does, but one in three answered twice.
    let mut people = answers(0..600, 40);
    people.extend_from_within(..200);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (place, row) in people.into_iter().enumerate() {
        if hash::join(3, place as u64).is_multiple_of(5) { test.push(row) } else { train.push(row) }
    }
    let found = survey(&train, &test, 40).exact;
    assert!((0.1..0.5).contains(&found.share), "{}", found.share);
    assert!(found.by_chance.is_some_and(|chance| chance > 1e-3), "{found:?}");
    assert!(found.nearly < 0.05 * 160.0 * found.share, "{found:?}");
}

#[test]
fn one_column_of_many_values_is_enough_to_tell_a_few_copies() {
    let table = |copies: u32| {
        let row = |place: u32| {
            let place = if place >= 1000 { place - 1000 } else { place };
            format!("{},{:.6},{},{}\n", place % 3 + 1, noise(place), place % 5, place % 2)
        };
        let (mut train, mut test) = ("id,a,b,c,y\n".to_owned(), "id,a,b,c,y\n".to_owned());
        for place in 0..1000 + copies {
            let side = if hash::join(5, place.into()).is_multiple_of(5) { &mut test } else { &mut train };
            let _ = write!(side, "{place},{}", row(place));
        }
        run(&csv(&train, &test)).exact
    };
    let copied = table(30);
    assert!(copied.count > 5 && copied.share < 0.1, "{copied:?}");
    assert!(copied.by_chance.is_none_or(|chance| chance < 1e-3), "{copied:?}");
    assert_eq!(table(0).count, 0);
}

#[test]
fn many_copies_of_rows_that_do_not_repeat_each_other_are_no_chance() {
    // Two digits each, so that no value tells; but no row of the training file repeats another.
    let row = |place: u32| format!("{place},{},{},{}\n", place / 10, place % 10, place % 2);
    let train: String = (0..100).map(row).collect();
    let test: String = (0..20).map(row).collect();
    let found = run(&csv(&format!("id,a,b,y\n{train}"), &format!("id,a,b,y\n{test}")));
    assert_eq!(found.exact.count, 20 - 1 /* the row of zeros */);
    assert!(found.exact.by_chance.is_some_and(|chance| chance < 1e-9), "{:?}", found.exact.by_chance);
}

#[test]
fn rows_of_nothing_but_zeros_are_not_compared() {
    let found = run(&csv("id,a,b,y\n1,0,,0\n", "id,a,b,y\n2,0.0,,0\n"));
    assert_eq!(found.exact.count + found.normalized.count, 0);
}

#[test]
fn declared_keys_and_groups_are_found_even_if_they_are_zero() {
    let train = "id,user,day,a,y\n1,0,mon,1,0\n2,1,tue,2,1\n";
    let test = "id,user,day,a,y\n3,0,tue,3,0\n4,1,tue,4,1\n5,9,wed,5,1\n";
    let files = csv(train, test);
    let options = Options {
        keys: vec!["user".to_owned(), "day".to_owned()],
        group: vec!["user".to_owned()],
        ..Options::default()
    };
    let found = overlap(&files.train, &files.test, &options).unwrap();
    let keys = found.keys.unwrap();
    assert_eq!((keys.count, keys.pairs[0].test.row, keys.pairs[0].train.row), (1, 2, 2));
    assert_eq!(keys.pairs[0].cells[0], ("user".to_owned(), "1".to_owned(), "1".to_owned()));
    let group = found.group.unwrap();
    assert_eq!((group.count, group.by_chance), (2, None));
    let missing = Options { group: vec!["patient".to_owned()], ..Options::default() };
    let error = overlap(&files.train, &files.test, &missing).unwrap_err().to_string();
    assert!(error.ends_with("there is no column `patient`"), "{error}");
}

#[test]
fn rounding_finds_rows_that_are_nearly_equal() {
    let files = csv("id,a,b,y\n1,1.23401,5,0\n2,7,8,1\n", "id,a,b,y\n3,1.23399,5,0\n4,1.3,5,0\n5,7,8,1\n");
    let options = Options { near: Some(Near::Rounding(3)), ..Options::default() };
    let found = overlap(&files.train, &files.test, &options).unwrap();
    let near = found.near.unwrap();
    // The equal row is not reported again.
    assert_eq!((found.exact.count, near.count, near.pairs[0].test.row), (1, 1, 1));
}

#[test]
fn minhash_finds_texts_that_share_most_of_their_words() {
    let words = |from: u32, to: u32| (from..to).map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ");
    let train = format!("id,text,y\n1,{},0\n2,{},1\n", words(0, 60), words(100, 160));
    let test = format!("id,text,y\n3,{} other,0\n4,{},1\n5,short text,1\n", words(0, 59), words(200, 260));
    let files = csv(&train, &test);
    let options = Options { near: Some(Near::MinHash(0.9)), ..Options::default() };
    let near = overlap(&files.train, &files.test, &options).unwrap().near.unwrap();
    assert_eq!((near.count, near.pairs[0].train.row, near.pairs[0].test.row), (1, 1, 1));
}

#[test]
fn training_rows_that_are_not_older_are_counted() {
    let files = csv(
        "id,when,a,y\n1,2024-01-31,1,0\n2,2024-02-01,2,0\n3,2024-03-05T10:00,3,0\n4,,4,0\n",
        "id,when,a,y\n5,2024-02-01,5,0\n6,2024-04-01,6,0\n",
    );
    let options = Options { time: Some("when".to_owned()), ..Options::default() };
    let found = overlap(&files.train, &files.test, &options).unwrap();
    let time = found.time.unwrap();
    assert_eq!((time.count, time.share), (2, 0.5));
    assert_eq!((time.pairs[0].train.row, time.pairs[0].test.row), (3, 1));
    assert_eq!(found.notes, ["1 rows have no date or number in `when`"]);
    let older = csv("id,when,a,y\n1,9,1,0\n", "id,when,a,y\n5,10,5,0\n");
    assert_eq!(overlap(&older.train, &older.test, &options).unwrap().time.unwrap().count, 0);
}

/// A hundred rows of `index`, a noisy feature and what `more` makes of the row.
fn hundred(header: &str, more: impl Fn(u32) -> String) -> String {
    (0..100).fold(format!("{header}\n"), |mut text, place| {
        let _ = writeln!(text, "{}", more(place));
        text
    })
}

#[test]
fn constant_columns_and_undeclared_ids_are_named_and_quantities_are_not() {
    let row = |place: u32| {
        format!(
            "{place},k{},{},{},2024-01-{:02},same,{}",
            place * 7919 % 101,
            noise(place),
            place % 7,
            place % 28 + 1,
            place % 2
        )
    };
    let text = hundred(",name,a,b,day,c,y", row);
    let found = run(&files("x.csv", text.as_bytes(), text.as_bytes(), &[], Some("y")));
    assert_eq!(found.constant, ["c"]);
    let of = |column: &str, monotone, text| IdLike { column: column.to_owned(), monotone, text };
    assert_eq!(found.id_like, [of("", true, false), of("name", false, true)]);
    assert_eq!(found.compared, ["a", "b", "day", "c"]);
    assert_eq!(found.notes.len(), 1);
    assert_eq!(found.exact.count, 100);
}

#[test]
fn a_feature_that_is_the_target_in_disguise_is_named_with_its_score() {
    let class = |place: u32| u32::from(noise(place) > 0.7);
    let row = |place: u32| {
        let y = class(place);
        format!(
            "{},{},{},{},{y}",
            f64::from(y) * 10.0 + noise(place + 500),
            ["no", "yes"][y as usize],
            noise(place + 300),
            place * 31 % 89
        )
    };
    let found = run(&files(
        "x.csv",
        hundred("proxy,word,a,b,y", row).as_bytes(),
        b"proxy,word,a,b,y\n",
        &[],
        Some("y"),
    ));
    let names: Vec<&str> = found.alone.iter().map(|alone| alone.column.as_str()).collect();
    assert_eq!(names, ["proxy", "word"]);
    assert!(found.alone.iter().all(|alone| alone.score >= 0.99 && alone.measure == "balanced accuracy"));
}

#[test]
fn a_feature_that_separates_one_class_of_three_or_remembers_rows_predicts_nothing_alone() {
    let row = |place: u32| {
        let y = place % 3;
        let petal = if y == 0 { noise(place) } else { 3.0 + 2.0 * noise(place) };
        format!("{petal},p{},{y}", place * 7919 % 101)
    };
    let found =
        run(&files("x.csv", hundred("petal,name,y", row).as_bytes(), b"petal,name,y\n", &[], Some("y")));
    assert_eq!(found.alone, []);
    let few = "a,y\n0,0\n1,1\n".repeat(20).replacen("a,y\n", "", 19);
    let found = run(&files("x.csv", few.as_bytes(), b"a,y\n", &[], Some("y")));
    assert_eq!(found.alone, [], "40 rows prove nothing");
}

#[test]
fn a_quantity_is_predicted_by_its_own_copy_only() {
    let row = |place: u32| {
        let y = 100.0 * noise(place);
        format!("{},{},{y}", 2.0 * y + 1.0, y + 30.0 * noise(place + 700))
    };
    let found =
        run(&files("x.csv", hundred("copy,weak,y", row).as_bytes(), b"copy,weak,y\n", &[], Some("y")));
    let names: Vec<&str> = found.alone.iter().map(|alone| alone.column.as_str()).collect();
    assert_eq!(names, ["copy"]);
    assert_eq!(found.alone[0].measure, "R²");
}

#[test]
fn one_file_is_compared_with_itself_by_its_split() {
    let text = "id,a,b,y,fold\n1,1,2,0,train\n2,3,4,1,train\n3,1,2,0,test\n4,5,6,1,test\n";
    let mut files = csv(text, text);
    let held_out = Selection { column: "fold".to_owned(), values: vec!["test".to_owned()], others: false };
    files.train.rows = Some(Selection { others: true, ..held_out.clone() });
    files.test.rows = Some(held_out);
    let found = run(&files);
    assert_eq!((found.train_rows, found.test_rows, found.exact.count), (2, 2, 1));
    assert_eq!((found.exact.pairs[0].train.row, found.exact.pairs[0].test.row), (1, 3));
    assert_eq!(found.compared, ["a", "b"]);
}

#[test]
fn lines_of_json_and_arrays_are_tables_too() {
    let lines = files(
        "x.jsonl",
        b"{\"id\": 1, \"a\": 1.50, \"b\": \"x\"}\n\n{\"id\": 2, \"a\": null, \"b\": \"y\"}\n",
        b"{\"b\": \"X\", \"a\": 1.5, \"id\": 9}\n",
        &["id"],
        None,
    );
    let found = run(&lines);
    assert_eq!((found.normalized.count, found.normalized.pairs[0].test.id.as_deref()), (1, Some("id=9")));
    let array = |values: &[f64]| crate::artifact::npy::tests::encode_f64(&[2, 2], values);
    let arrays = files("x.npy", &array(&[1.0, 2.0, 3.0, 4.0]), &array(&[5.0, 6.0, 3.0, 4.0]), &[], None);
    let found = run(&arrays);
    assert_eq!((found.exact.count, found.exact.pairs[0].train.row), (1, 2));
    let pack = |values: &[f64]| {
        let (features, labels) = (array(values), crate::artifact::npy::tests::encode_f64(&[2], &[0.0, 1.0]));
        crate::artifact::archive::tests::pack(&[("X.npy", &features), ("y.npy", &labels)], false)
    };
    let packed = files("x.npz", &pack(&[1.0, 2.0, 3.0, 4.0]), &pack(&[3.0, 4.0, 5.0, 6.0]), &[], Some("y"));
    let found = run(&packed);
    assert_eq!((found.exact.count, found.other_target.count), (0, 1));
    assert_eq!(found.compared, ["X.0", "X.1"]);
}

#[test]
fn malformed_files_are_errors() {
    let good = "id,a,y\n1,2,3\n";
    for bad in ["id,a,y\n1,2\n", "id,a,y\n1,\"2,3\n", "a,y\n1,2\n"] {
        let files = csv(good, bad);
        assert!(overlap(&files.train, &files.test, &Options::default()).is_err(), "{bad:?}");
    }
    let files = files("x.jsonl", b"[1]\n", b"{}\n", &[], None);
    assert!(overlap(&files.train, &files.test, &Options::default()).is_err());
}

/// Rows of two cells and a target, from few values in several spellings.
fn rows() -> impl Strategy<Value = Vec<[String; 3]>> {
    let cell = proptest::sample::select(vec!["", "0", "-0.0", "1", "1.0", "1.00", "2", "A", "a", " a", "b"]);
    let target = proptest::sample::select(vec!["0", "1"]);
    let row =
        (cell.clone(), cell, target).prop_map(|(one, two, target)| [one, two, target].map(str::to_owned));
    proptest::collection::vec(row, 0..12)
}

/// The slow way: what a cell means, as a text.
fn meaning(cell: &str) -> String {
    match cell.trim().parse::<f64>() {
        Ok(value) => (value + 0.0).to_string(),
        Err(_) => cell.trim().to_lowercase(),
    }
}

proptest! {
    #[test]
    fn every_kind_is_what_comparing_all_pairs_finds(train in rows(), test in rows()) {
        let text = |rows: &[[String; 3]]| {
            rows.iter().fold("a,b,y\n".to_owned(), |text, row| text + &row.join(",") + "\n")
        };
        let files = files("x.csv", text(&train).as_bytes(), text(&test).as_bytes(), &[], Some("y"));
        let found = run(&files);
        let mut expected = [0_u64; 3];
        for row in &test {
            let trivial = row[..2].iter().all(|cell| ["", "0"].contains(&meaning(cell).as_str()));
            let same = |other: &&[String; 3]| (0..2).all(|place| meaning(&other[place]) == meaning(&row[place]));
            let equals: Vec<_> = train.iter().filter(same).collect();
            if trivial || equals.is_empty() {
                continue;
            }
            let kind = if equals.contains(&row) {
                0
            } else if equals.iter().any(|other| other[2] == row[2]) {
                1
            } else {
                2
            };
            expected[kind] += 1;
        }
        prop_assert_eq!([found.exact.count, found.normalized.count, found.other_target.count], expected);
    }

    #[test]
    fn no_bytes_make_it_panic(train in any::<Vec<u8>>(), test in any::<Vec<u8>>()) {
        for name in ["x.csv", "x.jsonl", "x.npy", "x.npz", "x.parquet"] {
            let files = files(name, &train, &test, &[], Some("y"));
            let _ = overlap(&files.train, &files.test, &Options::default());
        }
    }
}
