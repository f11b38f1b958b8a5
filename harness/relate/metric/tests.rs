//! Metrics against scikit-learn's values, and against plain definitions on random rows.

#![expect(clippy::float_cmp, reason = "what is compared is exact by construction")]

use super::*;
use proptest::prelude::*;

fn labels(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-300), "{found} is not {expected}");
}

const SCORES: [f64; 10] = [0.9, 0.1, 0.4, 0.8, 0.4, 0.6, 0.7, 0.2, 0.3, 0.95];

fn letters() -> (Vec<String>, Vec<String>) {
    (labels("a b a c b a c c a b"), labels("a b b c a a c a a b"))
}

fn digits() -> (Vec<String>, Vec<String>) {
    (labels("1 0 1 1 0 0 1 0 0 1"), labels("1 0 0 1 0 1 1 0 0 1"))
}

// The literals of the following tests were computed with scikit-learn 1.2.1.

#[test]
fn three_classes_agree_with_scikit_learn() {
    let (truth, predicted) = letters();
    for (name, expected) in [
        ("accuracy", 0.7),
        ("balanced-accuracy", 0.694_444_444_444_444_3),
        ("precision", 0.755_555_555_555_555_5),
        ("recall", 0.694_444_444_444_444_3),
        ("f1", 0.711_111_111_111_110_9),
        ("macro_f1", 0.711_111_111_111_110_9),
        ("weighted-f1", 0.706_666_666_666_666_7),
    ] {
        close(compute(name, &truth, &predicted, None, None).unwrap(), expected);
    }
    let reports = per_class(&truth, &predicted).unwrap();
    let b = &reports[1];
    assert_eq!((b.class.as_str(), b.support, b.predicted), ("b", 3, 3));
    close(b.precision.unwrap(), 2.0 / 3.0);
    close(reports[2].f1, 0.8);
}

#[test]
fn two_classes_agree_with_scikit_learn() {
    let (truth, predicted) = digits();
    for name in ["precision", "recall", "f1", "accuracy", "balanced-accuracy"] {
        close(compute(name, &truth, &predicted, None, Some("1")).unwrap(), 0.8);
    }
    let scores = Scores::Positive(SCORES.to_vec());
    close(compute("roc-auc", &truth, &[], Some(&scores), None).unwrap(), 0.940_000_000_000_000_1);
    close(compute("log_loss", &truth, &[], Some(&scores), Some("1.0")).unwrap(), 0.376_505_840_372_338_8);
}

#[test]
fn certain_scores_are_clipped_as_scikit_learn_does() {
    let (truth, _) = digits();
    let mut scores = SCORES;
    scores[..2].copy_from_slice(&[1.0, 0.0]);
    let loss = |scores: [f64; 10]| {
        compute("log-loss", &truth, &[], Some(&Scores::Positive(scores.to_vec())), None).unwrap()
    };
    close(loss(scores), 0.355_433_737_240_773_6);
    scores[..2].copy_from_slice(&[0.0, 1.0]);
    close(loss(scores), 7.564_164_415_064_203);
}

#[test]
fn scores_per_class_agree_with_scikit_learn() {
    let (truth, _) = letters();
    let rows = [
        [0.7, 0.2, 0.1],
        [0.1, 0.8, 0.1],
        [0.3, 0.5, 0.2],
        [0.1, 0.1, 0.8],
        [0.5, 0.4, 0.1],
        [0.9, 0.05, 0.05],
        [0.2, 0.2, 0.6],
        [0.4, 0.3, 0.3],
        [0.6, 0.2, 0.2],
        [0.2, 0.6, 0.2],
    ];
    let columns = (0..3).map(|class| rows.iter().map(|row| row[class]).collect()).collect();
    let scores = Scores::PerClass(columns);
    close(compute("roc-auc", &truth, &[], Some(&scores), None).unwrap(), 0.956_349_206_349_206_4);
    close(compute("log-loss", &truth, &[], Some(&scores), None).unwrap(), 0.576_503_577_404_897_7);
}

#[test]
fn regressions_agree_with_scikit_learn() {
    let (truth, predicted) = (labels("3.0 -0.5 2.0 7.0 4.25"), labels("2.5 0 2.1 7.8 4"));
    for (name, expected) in
        [("rmse", 0.492_442_890_089_805_2), ("mae", 0.43), ("r2", 0.960_504_885_993_485_4)]
    {
        close(compute(name, &truth, &predicted, None, None).unwrap(), expected);
    }
}

#[test]
fn spellings_of_one_number_are_one_class_and_long_integers_are_names() {
    let found = compute("accuracy", &labels("1 0 1"), &labels("1.0 0e0 1.00"), None, None);
    assert_eq!(found, Ok(1.0));
    let found = compute("accuracy", &labels("9007199254740993"), &labels("9007199254740992"), None, None);
    assert_eq!(found, Ok(0.0));
    assert_eq!(classes(&labels("10 9 1.0 b 1 a -0 0")), ["0", "1", "9", "10", "a", "b"]);
}

#[test]
fn what_is_undefined_says_why() {
    let reason = |name, truth: &str, predicted: &str, positive| {
        compute(name, &labels(truth), &labels(predicted), None, positive).unwrap_err().to_string()
    };
    assert_eq!(
        reason("precision", "1 0", "0 0", Some("1")),
        "precision is undefined: class `1` is never predicted"
    );
    assert_eq!(
        reason("recall", "0 0", "1 0", Some("1")),
        "recall is undefined: the truth has no row of class `1`"
    );
    assert_eq!(reason("r2", "2 2", "1 3", None), "r2 is undefined: every value of the truth is the same");
    assert_eq!(reason("accuracy", "", "", None), "accuracy is undefined: there are no rows");
    assert_eq!(reason("mae", "1 x", "1 2", None), "row 2 of the truth is \"x\", not a finite number");
    assert_eq!(
        reason("mae", "1 2", "1 nan", None),
        "row 2 of the predictions is \"nan\", not a finite number"
    );
    assert_eq!(reason("accuracy", "1", "1 2", None), "1 rows of truth, but 2 of predictions");
    assert_eq!(reason("gini", "1", "1", None), "there is no metric `gini`");
    assert_eq!(
        reason("f1", "a b", "a b", Some("c")),
        "the positive class `c` stands neither in the truth nor in the predictions"
    );
    assert_eq!(compute("f1", &labels("1 0"), &labels("0 0"), None, Some("1")), Ok(0.0));
}

#[test]
fn scores_that_do_not_fit_are_refused() {
    let of = |name, truth: &str, scores: Option<Scores>| {
        compute(name, &labels(truth), &[], scores.as_ref(), None).unwrap_err().to_string()
    };
    assert_eq!(of("roc-auc", "1 0", None), "roc-auc needs scores, and only labels are declared");
    let one = |scores: &[f64]| Some(Scores::Positive(scores.to_vec()));
    assert_eq!(
        of("roc-auc", "1 1", one(&[0.1, 0.2])),
        "roc-auc is undefined: every row of the truth is of class `1`"
    );
    assert_eq!(of("roc-auc", "a b c", one(&[0.1; 3])), "one score per row cannot tell 3 classes apart");
    assert_eq!(
        of("roc-auc", "1 0", one(&[0.1, f64::NAN])),
        "row 2 of the scores is \"NaN\", not a finite number"
    );
    assert_eq!(of("log-loss", "1 0", one(&[0.1, 1.5])), "row 2 has the score 1.5, not a probability");
    assert_eq!(of("log-loss", "1 0", one(&[0.1])), "2 rows of truth, but 1 of scores");
    let two = Some(Scores::PerClass(vec![vec![0.5, 0.5], vec![0.5, 0.4]]));
    assert_eq!(of("log-loss", "1 0", two.clone()), "the probabilities of row 2 add up to 0.9, not to 1");
    assert_eq!(
        of("log-loss", "1 0 2", two),
        "2 rows of truth, but 1 of scores".replace("2 rows of truth, but 1", "3 rows of truth, but 2")
    );
}

#[test]
fn baselines_are_those_of_the_majority_and_of_the_mean() {
    let truth = labels("a a b a b c a a");
    assert_eq!(baseline("accuracy", &truth, None), Ok(0.625));
    assert_eq!(baseline("balanced-accuracy", &truth, None), Ok(1.0 / 3.0));
    assert_eq!(baseline("roc-auc", &truth, None), Ok(0.5));
    assert!(matches!(baseline("precision", &truth, Some("b")), Err(Unfit::Undefined { .. })));
    let numbers = labels("1 2 3 6");
    close(baseline("rmse", &numbers, None).unwrap(), 3.5_f64.sqrt());
    close(baseline("mae", &numbers, None).unwrap(), 1.5);
    assert_eq!(baseline("r2", &numbers, None), Ok(0.0));
    // The entropy of 5, 2 and 1 of 8.
    let entropy: f64 = [5.0, 2.0, 1.0].map(|count: f64| -count / 8.0 * (count / 8.0).ln()).iter().sum();
    close(baseline("log-loss", &truth, None).unwrap(), entropy);
}

#[test]
fn every_name_has_a_direction_and_an_unknown_one_has_none() {
    for name in NAMES {
        assert_eq!(canonical_name(&name.replace('-', "_")), Some(*name));
        assert_eq!(higher_is_better(name), Some(!["log-loss", "rmse", "mae"].contains(name)), "{name}");
        assert!(Unfit::Unknown(String::new()).hint().contains(name), "{name}");
    }
    assert_eq!(higher_is_better("loss"), None);
    assert_eq!(averaging("f1", Some("1")).as_deref(), Some("of class `1`"));
    assert_eq!(averaging("f1", None).as_deref(), Some("plain mean over the classes"));
    assert_eq!(averaging("accuracy", None), None);
}

/// Rows of truth, prediction and score of two classes, both of which occur.
fn two_classes() -> impl Strategy<Value = Vec<(bool, bool, u8)>> {
    proptest::collection::vec(any::<(bool, bool, u8)>(), 2..40)
        .prop_filter("both classes", |rows| rows.iter().any(|row| row.0) && rows.iter().any(|row| !row.0))
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order(rows in two_classes()) {
        let truth: Vec<String> = rows.iter().map(|row| u8::from(row.0).to_string()).collect();
        // Few values, so that there are ties.
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.2 % 8)).collect();
        let mut pairs = Vec::new();
        for (here, _) in rows.iter().zip(&scores).enumerate().filter(|(_, (row, _))| row.0) {
            for (there, _) in rows.iter().enumerate().filter(|(_, row)| !row.0) {
                pairs.push(match scores[here].total_cmp(&scores[there]) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                });
            }
        }
        let expected = pairs.iter().sum::<f64>() / exact(pairs.len());
        let found = compute("roc-auc", &truth, &[], Some(&Scores::Positive(scores)), None).unwrap();
        prop_assert!((found - expected).abs() < 1e-12);
    }

    #[test]
    fn counts_of_two_classes_give_the_textbook_values(rows in two_classes()) {
        let text = |value: bool| u8::from(value).to_string();
        let truth: Vec<String> = rows.iter().map(|row| text(row.0)).collect();
        let predicted: Vec<String> = rows.iter().map(|row| text(row.1)).collect();
        let count = |here, there| exact(rows.iter().filter(|row| row.0 == here && row.1 == there).count());
        let (hit, miss, false_alarm) = (count(true, true), count(true, false), count(false, true));
        let of = |name| compute(name, &truth, &predicted, None, Some("1"));
        if let Ok(value) = of("precision") { prop_assert!((value - hit / (hit + false_alarm)).abs() < 1e-12) } else { prop_assert_eq!(hit + false_alarm, 0.0) }
        prop_assert!((of("recall").unwrap() - hit / (hit + miss)).abs() < 1e-12);
        prop_assert!((of("f1").unwrap() - 2.0 * hit / (2.0 * hit + miss + false_alarm)).abs() < 1e-12);
        let accuracy = (hit + count(false, false)) / exact(rows.len());
        prop_assert!((of("accuracy").unwrap() - accuracy).abs() < 1e-12);
    }

    #[test]
    fn r2_is_one_less_the_squared_errors_over_those_of_the_mean(
        rows in proptest::collection::vec((-100_i32..100, -100_i32..100), 2..30),
    ) {
        let (truth, predicted): (Vec<String>, Vec<String>) =
            rows.iter().map(|row| (row.0.to_string(), row.1.to_string())).unzip();
        let rmse = compute("rmse", &truth, &predicted, None, None).unwrap();
        let mean = baseline("rmse", &truth, None).unwrap();
        match compute("r2", &truth, &predicted, None, None) {
            Ok(value) => prop_assert!((value - (1.0 - (rmse / mean).powi(2))).abs() < 1e-9 * (1.0 + value.abs())),
            Err(_) => prop_assert!(rows.iter().all(|row| row.0 == rows[0].0)),
        }
    }

    #[test]
    fn no_labels_make_it_panic(
        truth in proptest::collection::vec("[01a.e-]{0,3}", 0..6),
        predicted in proptest::collection::vec("[01a.e-]{0,3}", 0..6),
    ) {
        for name in NAMES {
            let scores = Scores::Positive(vec![0.5; truth.len()]);
            let found = compute(name, &truth, &predicted, Some(&scores), Some("1"));
            prop_assert!(found.is_err() || found.is_ok_and(f64::is_finite));
        }
    }
}
