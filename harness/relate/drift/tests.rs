//! What must hold of every pair of columns.
#![expect(clippy::float_cmp, reason = "bits that must not change are compared as such")]

use std::fmt::Write as _;
use std::num::NonZero;

use proptest::prelude::*;

use super::read::Cut;
use super::*;
use crate::artifact::Format;
use crate::relate::overlap::{Selection, TableFile};

/// Numbers of all kinds: any finite double, small integers with many ties, and what is not finite.
fn cells() -> impl Strategy<Value = Vec<f64>> {
    let cell = prop_oneof![
        3 => -1e3..1e3_f64,
        3 => (-5_i32..5).prop_map(f64::from),
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)],
    ];
    proptest::collection::vec(cell, 0..150)
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-d]{0,2}", 0..200)
}

fn of_texts(texts: &[String]) -> Sample {
    let mut sample = Sample::of_texts(texts.iter().map(String::as_str));
    sample.sort();
    sample
}

fn all_finite(column: &Column) -> bool {
    let text = serde_json::to_string(column).unwrap();
    serde_json::from_str::<Column>(&text)
        .is_ok_and(|read| read.psi.is_finite() && read.bounds.iter().all(|bound| bound.is_finite()))
}

proptest! {
    #[test]
    fn equal_columns_have_no_distance_at_all(values in cells(), labels in texts()) {
        let (numbers, labels) = (Sample::of(&values), of_texts(&labels));
        for sample in [&numbers, &labels] {
            let found = compare("x", sample, sample);
            prop_assert_eq!((found.psi, found.kl, found.js, found.p), (0.0, 0.0, 0.0, 1.0));
            prop_assert!(found.test.is_none_or(|test| test.p() == 1.0));
            prop_assert!(found.means.and_then(|means| means.sigmas).is_none_or(|sigmas| sigmas == 0.0));
        }
    }

    #[test]
    fn statistics_stay_within_their_bounds(before in cells(), now in cells(), words in texts(), other in texts()) {
        for (left, right) in [(Sample::of(&before), Sample::of(&now)), (of_texts(&words), of_texts(&other)), (Sample::of(&before), of_texts(&other))] {
            let found = compare("x", &left, &right);
            prop_assert!(found.psi >= 0.0 && found.psi.is_finite(), "{:?}", found);
            prop_assert!(found.kl >= 0.0 && (0.0..=1.0).contains(&found.js));
            prop_assert!((0.0..=1.0).contains(&found.p));
            if let Some(Test::KolmogorovSmirnov { distance, p, .. }) = found.test {
                prop_assert!((0.0..=1.0).contains(&distance) && (0.0..=1.0).contains(&p));
            }
            prop_assert!(found.bins.len() <= 21 && all_finite(&found));
            prop_assert_eq!(found.bins.iter().map(|bin| bin.reference).sum::<u64>(), left.rows());
            prop_assert_eq!(found.bins.iter().map(|bin| bin.current).sum::<u64>(), right.rows());
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_bit(mut before in cells(), mut now in cells()) {
        let found = compare("x", &Sample::of(&before), &Sample::of(&now));
        before.reverse();
        let half = now.len() / 2;
        now.rotate_left(half);
        prop_assert_eq!(compare("x", &Sample::of(&before), &Sample::of(&now)), found);
    }

    #[test]
    fn parts_put_together_are_the_whole(values in cells(), at in 0_usize..150) {
        let (head, tail) = values.split_at(at.min(values.len()));
        let mut joined = Sample::of(head);
        joined.append(Sample::of(tail));
        joined.sort();
        prop_assert_eq!(joined, Sample::of(&values));
    }

    #[test]
    fn distances_are_symmetric(before in cells(), now in cells(), words in texts(), other in texts()) {
        let (left, right) = (Sample::of(&before), Sample::of(&now));
        prop_assert_eq!(ks::test(&left.numbers, &right.numbers), ks::test(&right.numbers, &left.numbers));
        let (left, right) = (of_texts(&words), of_texts(&other));
        prop_assert_eq!(compare("x", &left, &right).js, compare("x", &right, &left).js);
    }

    #[test]
    fn a_power_of_two_changes_no_bit(before in proptest::collection::vec(-1e3..1e3_f64, 20..150), now in proptest::collection::vec(-1e3..1e3_f64, 1..150), power in -30_i32..30) {
        let scale = |values: &[f64]| values.iter().map(|value| value * 2_f64.powi(power)).collect::<Vec<_>>();
        let found = compare("x", &Sample::of(&before), &Sample::of(&now));
        let scaled = compare("x", &Sample::of(&scale(&before)), &Sample::of(&scale(&now)));
        prop_assert_eq!((found.psi, found.kl, found.js, found.test), (scaled.psi, scaled.kl, scaled.js, scaled.test));
    }

    #[test]
    fn a_constant_column_changes_nothing_for_the_others(before in cells(), now in cells()) {
        let limits = Limits { rows: 1, ..Limits::default() };
        let mut alone = [compare("x", &Sample::of(&before), &Sample::of(&now))];
        decide(&mut alone, &limits);
        let constant = compare("c", &Sample::of(&[1.0; 50]), &Sample::of(&[1.0; 70]));
        let mut both = [alone[0].clone(), constant];
        both[0] = compare("x", &Sample::of(&before), &Sample::of(&now));
        decide(&mut both, &limits);
        prop_assert_eq!(&both[0], &alone[0]);
        prop_assert_eq!(both[1].shift, Shift::Stable);
    }
}

#[test]
fn a_type_that_changed_has_drifted() {
    let numbers = Sample::of(&(0..200).map(f64::from).collect::<Vec<_>>());
    let words: Vec<String> = (0..200).map(|number| format!("n{number}")).collect();
    let mut found = [compare("x", &numbers, &of_texts(&words)), compare("x", &of_texts(&words), &numbers)];
    decide(&mut found, &Limits::default());
    assert_eq!(found[0].why.as_deref(), Some("numbers with a point became text"));
    assert_eq!(found[1].why.as_deref(), Some("text became numbers with a point"));
    assert!(found.iter().all(|column| column.shift == Shift::Drifted));
}

#[test]
fn a_shift_of_a_third_is_major_and_none_is_none() {
    let before: Vec<f64> = (0..300).map(f64::from).collect();
    let shifted: Vec<f64> = before.iter().map(|value| value + 100.0).collect();
    assert_eq!(stability(&before, &before), Some(0.0));
    assert!(stability(&before, &shifted).unwrap() > MAJOR);
    assert_eq!(stability(&[1.0; 50], &shifted), None);
    assert_eq!(stability(&before[..19], &shifted), None);
}

/// A file of some thousand rows: numbers with gaps, ties, quoted cells with line ends, and more texts than are kept.
fn file(path: &std::path::Path, seed: u64, texts: usize) -> TableFile {
    let mut dice = Dice(seed);
    let mut text = "x,\"a,b\",kind,name\n".to_owned();
    for row in 0..texts {
        let x = if dice.word().is_multiple_of(9) {
            String::new()
        } else {
            (dice.normal() * 1e-3).exp().to_string()
        };
        let kind = ["one", "\"t\nw,o\"", "\"th\"\"ree\n\n\"", ""][usize::try_from(dice.word() % 4).unwrap()];
        let _ = writeln!(text, "{x},{},{kind},n{row}", dice.word() % 7);
    }
    std::fs::write(path, text).unwrap();
    TableFile { path: path.to_owned(), format: Format::Csv, id: Vec::new(), target: None, rows: None }
}

#[test]
fn neither_threads_nor_parts_nor_columns_at_a_time_change_a_bit() {
    let folder = tempfile::tempdir().unwrap();
    let reference = file(&folder.path().join("reference.csv"), 1, TEXTS_MAX + 1);
    let mut current = file(&folder.path().join("current.csv"), 2, 3000);
    let names = ["x", "a,b", "kind", "name"].map(|name| (name.to_owned(), name.to_owned()));
    let found = |reference: &TableFile, current: &TableFile, threads, held| {
        let cut = Cut { threads: NonZero::new(threads), held: NonZero::new(held) };
        let mut columns = tables::cut(reference, current, &names, cut).unwrap();
        decide(&mut columns, &Limits::default());
        // All digits of every number.
        format!("{columns:#?}")
    };
    let one = found(&reference, &current, 1, 4);
    for threads in [2, 5] {
        assert_eq!(found(&reference, &current, threads, 4), one, "{threads} threads");
    }
    assert!(one.contains("more than 100000 different texts"), "{one}");
    // As the audit does it.
    assert_eq!(found(&reference, &current, 0, 0), one);
    let some = Selection { column: "kind".to_owned(), values: vec!["one".to_owned()], others: true };
    current.rows = Some(some);
    let one = found(&current, &current, 1, 4);
    for (threads, held) in [(1, 1), (2, 3), (5, 2), (64, 1)] {
        assert_eq!(found(&current, &current, threads, held), one, "{threads} threads, {held} columns");
    }
}

/// A generator of numbers that is the same everywhere (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014).
struct Dice(u64);

impl Dice {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        exact(self.word() >> 11) / 9_007_199_254_740_992.0
    }

    /// About normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// A table of columns that are hard to tell apart from drift: heavy tails, ties, many zeros, rare and many categories, gaps.
fn table(dice: &mut Dice, rows: usize) -> Vec<Vec<Option<String>>> {
    let column = |draw: &mut dyn FnMut() -> Option<String>| (0..rows).map(|_| draw()).collect::<Vec<_>>();
    let number = |value: f64| Some(value.to_string());
    vec![
        column(&mut || number(dice.normal())),
        column(&mut || number(1.0 / (dice.share() - 0.5))),
        column(&mut || number((dice.normal() * 3.0).round())),
        column(&mut || number(if dice.share() < 0.9 { 0.0 } else { dice.normal() })),
        column(&mut || (dice.share() < 0.9).then(|| dice.normal().exp().to_string())),
        column(&mut || Some(format!("k{:.0}", (1.0 / (dice.share() + 0.001)).floor()))),
        column(&mut || Some(format!("k{}", dice.word() % 300))),
        column(&mut || Some("abc".chars().filter(|_| dice.share() < 0.5).collect())),
        column(&mut || number(f64::from(u8::from(dice.share() < 0.02)))),
        column(&mut || if dice.share() < 0.03 { Some("n/a".to_owned()) } else { number(dice.normal()) }),
    ]
}

/// The columns of two parts of a table, decided.
fn parts(table: &[Vec<Option<String>>], at: usize) -> Vec<Column> {
    let sample = |cells: &[Option<String>]| {
        let mut sample = Sample::default();
        for cell in cells {
            sample.written(cell.as_deref().unwrap_or_default());
        }
        sample.sort();
        sample
    };
    let compared = table.iter().enumerate().map(|(place, cells)| {
        let (ours, theirs) = cells.split_at(at);
        compare(&place.to_string(), &sample(ours), &sample(theirs))
    });
    let mut columns: Vec<Column> = compared.collect();
    decide(&mut columns, &Limits::default());
    columns
}

#[test]
fn parts_of_one_table_have_not_drifted() {
    // Of 10,000 tables in place of 200, each cut twice, 10 alarmed in at least one cut: one table in a thousand.
    let mut alarms = Vec::new();
    for seed in 0..200 {
        let rows = [220, 400, 1000][seed % 3];
        let table = table(&mut Dice(seed as u64), rows);
        for at in [rows / 2, rows - 110] {
            let drifted = parts(&table, at).into_iter().filter(|column| column.shift == Shift::Drifted);
            alarms.extend(drifted.map(|column| (seed, at, column.name, column.psi, column.corrected)));
        }
    }
    assert!(alarms.is_empty(), "{alarms:?}");
}

#[test]
fn shifts_are_found() {
    let mut dice = Dice(1);
    let shifted = |change: &dyn Fn(f64) -> f64, dice: &mut Dice| {
        let cell =
            |place: usize, value: f64| Some(if place < 600 { value } else { change(value) }.to_string());
        (0..1000).map(|place| cell(place, dice.normal())).collect::<Vec<_>>()
    };
    let table = [
        shifted(&|value| value + 0.7, &mut dice),
        shifted(&|value| value * 2.0, &mut dice),
        shifted(&|value| value.max(0.0), &mut dice),
        (0..1000_u64)
            .map(|place| Some(if place % 10 < place / 600 * 4 { "x" } else { "y" }.to_owned()))
            .collect(),
        (0..1000_u64)
            .map(|place| (place < 600 || place % 4 > 0).then(|| dice.normal().to_string()))
            .collect(),
    ];
    for column in parts(&table, 600) {
        assert_eq!(column.shift, Shift::Drifted, "{column:?}");
    }
}
