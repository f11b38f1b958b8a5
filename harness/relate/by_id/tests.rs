use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::read::{Id, Table};
use super::*;

fn table(columns: &str, rows: &[&str]) -> Table {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<String>>();
    let columns: Vec<&str> = columns.split(',').collect();
    Table::of(&columns, &rows.iter().map(|row| cells(row)).collect::<Vec<_>>())
}

fn kind(columns: &str, left: &[&str], right: &[&str]) -> Kind {
    compare(&table(columns, left), &table(columns, right), &Given::NOTHING).kind
}

fn ids(texts: &[&str]) -> BTreeSet<Id> {
    texts.iter().map(|text| vec![(*text).to_owned()]).collect()
}

#[test]
fn equal_rows_are_equal_wherever_they_stand() {
    assert_eq!(kind("id,p", &["1,0.25", "2,0.5"], &["1,0.25", "2,0.5"]), Kind::Equal);
    assert_eq!(kind("id,p", &["1,0.25", "2,0.5"], &["2,0.5", "1,0.25"]), Kind::Order);
}

#[test]
fn float32_noise_is_rounding_and_a_forgotten_evaluation_mode_is_not() {
    let left = ["1,0.27182817", "2,0.70710677", "3,0.57721565"];
    assert_eq!(kind("id,p", &left, &["1,0.2718283", "2,0.70710677", "3,0.57721565"]), Kind::Rounding);
    assert_eq!(kind("id,p", &left, &["1,0.29982817", "2,0.70710677", "3,0.57721565"]), Kind::StateLeak);
    let outcome =
        compare(&table("id,p", &left), &table("id,p", &["1,0.28", "2,0.71", "3,0.58"]), &Given::NOTHING);
    assert_eq!(outcome.ids_differing, 3);
    let place = outcome.difference.place.expect("a place").to_string();
    assert_eq!(place, "row 1 (id=1), column `p`");
    assert!(outcome.difference.left.expect("a value").starts_with("0.27182817 (0x3fd1"));
}

#[test]
fn missing_and_infinite_values_are_never_rounding() {
    assert_eq!(kind("id,p", &["1,0.25", "2,0.5"], &["1,", "2,0.5"]), Kind::StateLeak);
    assert_eq!(kind("id,p", &["1,0.25", "2,0.5"], &["1,nan", "2,0.5"]), Kind::StateLeak);
    assert_eq!(kind("id,p", &["1,0.25", "2,0.5"], &["1,inf", "2,0.5"]), Kind::StateLeak);
}

#[test]
fn a_label_at_a_tie_flips_by_rounding() {
    let flip = |left: &str, right: &str| {
        kind("id,a,b,label", &[left, "2,0.9123456,0.0876544,x"], &[right, "2,0.9123456,0.0876544,x"])
    };
    assert_eq!(flip("1,0.5000001,0.4999999,x", "1,0.4999999,0.5000001,y"), Kind::FlipsByRounding);
    assert_eq!(flip("1,0.6000001,0.3999999,x", "1,0.6000001,0.3999999,y"), Kind::LabelFlips);
    assert_eq!(flip("1,0.6000001,0.3999999,x", "1,0.4000001,0.5999999,y"), Kind::StateLeak);
}

#[test]
fn one_score_parts_two_labels_wherever_the_border_is() {
    let rows = |first: &'static str| [first, "2,0.1234567,no", "3,0.9876543,yes", "4,0.2987654,no"];
    let left = rows("1,0.3000001,yes");
    assert_eq!(kind("id,p,label", &left, &rows("1,0.2999999,no")), Kind::FlipsByRounding);
    let far = rows("1,0.7000001,yes");
    let with_yes_below = [far[0], far[1], far[2], "4,0.2987654,yes"];
    let flipped = ["1,0.7000001,no", far[1], far[2], "4,0.2987654,yes"];
    assert_eq!(kind("id,p,label", &with_yes_below, &flipped), Kind::LabelFlips);
}

#[test]
fn labels_without_scores_may_not_flip() {
    assert_eq!(kind("id,label", &["1,cat", "2,dog"], &["1,dog", "2,dog"]), Kind::LabelFlips);
    assert_eq!(kind("id,label", &["1,0", "2,1"], &["1,1", "2,1"]), Kind::LabelFlips);
    assert_eq!(kind("id,label", &["1,0.0", "2,1.0"], &["1,1.0", "2,1.0"]), Kind::LabelFlips);
}

#[test]
fn rows_are_lost_doubled_or_new() {
    let left = ["1,0.25", "2,0.5", "3,0.75"];
    assert_eq!(kind("id,p", &left, &["1,0.25", "3,0.75"]), Kind::Lost);
    assert_eq!(kind("id,p", &left, &["1,0.25", "2,0.5", "2,0.5", "3,0.75"]), Kind::Doubled);
    assert_eq!(kind("id,p", &left[..2], &left), Kind::Lost);
}

#[test]
fn only_ids_that_were_asked_for_count() {
    let (left, right) = (table("id,p", &["1,0.25", "2,0.5"]), table("id,p", &["1,0.25", "9,0.1"]));
    let asked = ids(&["1"]);
    let given = Given { asked: Some(&asked), ..Given::NOTHING };
    assert_eq!(compare(&left, &right, &given).kind, Kind::Equal);
    let asked = ids(&["1", "2"]);
    assert_eq!(compare(&left, &right, &Given { asked: Some(&asked), ..Given::NOTHING }).kind, Kind::Lost);
}

#[test]
fn a_doubled_id_may_have_one_row_or_two_equal_ones() {
    let left = table("id,p", &["1,0.2512345", "2,0.5678912"]);
    let doubled = ids(&["2"]);
    let given = Given { doubled: Some(&doubled), ..Given::NOTHING };
    let kind = |rows: &[&str]| compare(&left, &table("id,p", rows), &given).kind;
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912"]), Kind::Equal);
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912", "2,0.5678912"]), Kind::Equal);
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912", "2,0.1678912"]), Kind::StateLeak);
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912", "2,0.5678912", "2,0.5678912"]), Kind::Doubled);
    assert_eq!(kind(&["1,0.2512345", "1,0.2512345", "2,0.5678912"]), Kind::Doubled);
    let each = Given { each: true, ..given };
    let kind = |rows: &[&str]| compare(&left, &table("id,p", rows), &each).kind;
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912"]), Kind::Lost);
    assert_eq!(kind(&["1,0.2512345", "2,0.5678912", "2,0.5678912"]), Kind::Equal);
}

#[test]
fn predictions_at_other_ids_are_swapped() {
    let left = ["1,0.1234567", "2,0.2345671", "3,0.3456712", "4,0.4567123"];
    let right = ["1,0.2345671", "2,0.1234567", "3,0.4567123", "4,0.3456712"];
    assert_eq!(kind("id,p", &left, &right), Kind::Swapped);
    // Some are dropped, so that the sets are not the same.
    let asked = ids(&["1", "3"]);
    let given = Given { asked: Some(&asked), ..Given::NOTHING };
    let outcome = compare(&table("id,p", &left), &table("id,p", &["1,0.2345671", "3,0.4567123"]), &given);
    assert_eq!(outcome.kind, Kind::Swapped);
    // A value that many ids get belongs to none of them.
    assert_eq!(
        kind("id,p", &left, &["1,0.4567123", "2,0.4567123", "3,0.4567123", "4,0.4567123"]),
        Kind::StateLeak
    );
    let labels = ["1,a", "2,b", "3,c", "4,d"];
    assert_eq!(kind("id,label", &labels, &["1,b", "2,a", "3,d", "4,c"]), Kind::Swapped);
}

#[test]
fn other_columns_are_told() {
    let outcome = compare(&table("id,p", &["1,0.5"]), &table("id,q", &["1,0.5"]), &Given::NOTHING);
    assert_eq!(outcome.kind, Kind::Columns);
    assert_eq!(outcome.difference.left.as_deref(), Some("columns `p`"));
}

#[test]
fn a_few_values_may_be_carried_over_a_printed_border_and_not_all() {
    let rows = |shifted: usize| -> Vec<String> {
        (0..200)
            .map(|row| {
                format!(
                    "{row},{:.6}",
                    f64::from(row) * 0.004_321
                        + if usize::try_from(row).expect("small") < shifted { 1e-6 } else { 0.0 }
                )
            })
            .collect()
    };
    let rows = |shifted: usize, weights| {
        let texts = [rows(0), rows(shifted)];
        let tables = texts.map(|rows| table("id,p", &rows.iter().map(String::as_str).collect::<Vec<_>>()));
        compare(&tables[0], &tables[1], &Given { weights, ..Given::NOTHING }).kind
    };
    // In float64 hardly one value in a million crosses a border of six decimals; in float32 any may.
    assert_eq!(rows(2, Some(Precision::Double)), Kind::Rounding);
    assert_eq!(rows(100, Some(Precision::Double)), Kind::StateLeak);
    assert_eq!(rows(100, Some(Precision::Single)), Kind::Rounding);
}

#[test]
fn a_reference_excuses_what_moves_as_far_by_rounding_alone() {
    let (left, right) =
        (table("id,p", &["1,0.2512345678", "2,0.5"]), table("id,p", &["1,0.2532345678", "2,0.5"]));
    let reference = BTreeMap::from([("p".to_owned(), 1e-4)]);
    let given = Given { reference: Some(&reference), ..Given::NOTHING };
    assert_eq!(compare(&left, &right, &Given::NOTHING).kind, Kind::StateLeak);
    assert_eq!(compare(&left, &right, &given).kind, Kind::Rounding);
    assert_eq!(compare(&left, &right, &given).spreads().len(), 1);
}

#[test]
fn a_sixteen_bit_type_is_told_by_all_columns_together() {
    // Both columns lie in one octave each, as the outputs of a network with strong biases do.
    let row = |place: u32, more: u32| {
        let (low, high) = (f64::from(128 + place * 3 + more) / 4096.0, f64::from(129 + place * 2) / 128.0);
        format!("{place},{low},{high}")
    };
    let rows =
        |more: u32| (0..40).map(|place| row(place, if place == 7 { more } else { 0 })).collect::<Vec<_>>();
    let tables = [rows(0), rows(1), rows(40)]
        .map(|rows| table("id,p,q", &rows.iter().map(String::as_str).collect::<Vec<_>>()));
    let outcome = compare(&tables[0], &tables[1], &Given::NOTHING);
    assert_eq!((outcome.kind, outcome.noises[0].precision), (Kind::Rounding, Precision::Brain));
    assert_eq!(compare(&tables[0], &tables[2], &Given::NOTHING).kind, Kind::StateLeak);
}

#[test]
fn ids_are_aligned_by_number_only_where_no_text_agrees() {
    let left = table("id,p", &["7,0.5", "12,0.25"]);
    let own =
        |texts: &[&str]| left.aligned(&texts.iter().map(|text| vec![(*text).to_owned()]).collect::<Vec<_>>());
    assert_eq!(own(&["007", "012"]), [["7"], ["12"]]);
    assert_eq!(own(&["7.0", "x"]), [["7"], ["x"]]);
    assert_eq!(own(&["007", "12"]), [["007"], ["12"]]);
}

/// Scores in (0, 1) as float64 text, with labels by a border at one half.
fn scored(scores: &[f64]) -> Vec<Vec<String>> {
    let row = |(place, score): (usize, &f64)| {
        vec![format!("r{place}"), format!("{score:?}"), if *score > 0.5 { "yes" } else { "no" }.to_owned()]
    };
    scores.iter().enumerate().map(row).collect()
}

proptest! {
    #[test]
    fn permuting_rows_is_never_a_finding(
        scores in proptest::collection::vec(0.001_f64..0.999, 1..40),
        order in any::<proptest::sample::Index>(),
    ) {
        let rows = scored(&scores);
        let mut other = rows.clone();
        other.rotate_left(order.index(rows.len()));
        other.reverse();
        let columns = ["id", "p", "label"];
        let outcome = compare(&Table::of(&columns, &rows), &Table::of(&columns, &other), &Given::NOTHING);
        prop_assert!(outcome.kind <= Kind::Order, "{:?}", outcome);
        prop_assert_eq!(outcome.difference.differing, 0);
    }

    #[test]
    fn one_value_beyond_the_threshold_is_found_and_one_below_is_not(
        scores in proptest::collection::vec(0.001_f64..0.999, 2..40),
        place in any::<proptest::sample::Index>(),
        weights in prop_oneof![Just(None), Just(Some(Precision::Double)), Just(Some(Precision::Single))],
    ) {
        let columns = ["id", "p"];
        let rows: Vec<Vec<String>> = scored(&scores).into_iter().map(|row| row[..2].to_vec()).collect();
        let place = place.index(rows.len());
        let left = Table::of(&columns, &rows);
        let given = Given { weights, ..Given::NOTHING };
        let moved = |by: f64| {
            let mut rows = rows.clone();
            rows[place][1] = format!("{:?}", scores[place] + by);
            compare(&left, &Table::of(&columns, &rows), &given)
        };
        let probe = moved(0.25);
        prop_assert_eq!(probe.kind, Kind::StateLeak);
        let scale = scores.iter().copied().fold(0.0, f64::max);
        let epsilon = if weights == Some(Precision::Double) { f64::EPSILON } else { f64::from(f32::EPSILON) };
        let threshold = 1024.0 * epsilon * scale;
        prop_assert_eq!(moved(threshold * 0.9).kind, Kind::Rounding);
        prop_assert_eq!(moved(threshold * 1.2).kind, Kind::StateLeak);
    }

    #[test]
    fn a_lost_row_is_always_found(
        scores in proptest::collection::vec(0.001_f64..0.999, 2..40),
        place in any::<proptest::sample::Index>(),
    ) {
        let rows = scored(&scores);
        let mut other = rows.clone();
        other.remove(place.index(rows.len()));
        let columns = ["id", "p", "label"];
        let (left, right) = (Table::of(&columns, &rows), Table::of(&columns, &other));
        prop_assert_eq!(compare(&left, &right, &Given::NOTHING).kind, Kind::Lost);
        prop_assert_eq!(compare(&right, &left, &Given::NOTHING).kind, Kind::Lost);
    }
}
