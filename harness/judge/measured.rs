//! The metrics of the baseline as figures: over all rows, and over the rows of each group.

use std::collections::{BTreeMap, BTreeSet};

use super::figure::{Group, Metric};
use super::scored::{self, Rows};
use crate::case::Metrics as Wish;
use crate::relate::metric::{self, Scores};

/// A group with fewer rows gets no metrics of its own: one row more or less would move them by a tenth.
const GROUP_ROWS_MIN: usize = 10;
/// Groups of one column; the largest are shown.
const GROUPS_MAX: usize = 50;

/// What was measured, and what was not.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Over all rows first, then by group.
    pub(super) figures: Vec<Metric>,
    /// Groups without figures, each with the reason.
    pub(super) not_measured: Vec<String>,
}

/// Every metric that has a floor or is reported, or the one that is compared with the majority where neither is
/// declared.
pub(super) fn all(wish: &Wish, rows: &Rows) -> Measured {
    let mut measured = Measured::default();
    let names = names(wish);
    measured.add(wish, &names, rows, None);
    for (column, values) in &rows.groups {
        measured.add_groups(wish, &names, rows, (column, values));
    }
    measured
}

fn names(wish: &Wish) -> BTreeSet<&'static str> {
    let reported = wish.reported.iter().flat_map(|reported| reported.pointers.keys());
    let mut names: BTreeSet<&str> =
        wish.floors.keys().chain(reported).filter_map(|name| metric::canonical_name(name)).collect();
    if names.is_empty() {
        names.insert("accuracy");
    }
    names
}

impl Measured {
    /// Adds the metrics over some rows, those that have a value there.
    fn add(&mut self, wish: &Wish, names: &BTreeSet<&'static str>, rows: &Rows, group: Option<&Group>) {
        let positive = wish.scoring.positive.as_deref();
        for name in names {
            let value = match scored::compute(name, rows, positive) {
                Ok(value) if value.is_finite() => value,
                Ok(value) => {
                    self.without(name, group, &format!("it is {value}"));
                    continue;
                }
                Err(why) => {
                    self.without(name, group, &why);
                    continue;
                }
            };
            self.figures.push(Metric {
                name: (*name).to_owned(),
                averaging: metric::averaging(name, positive),
                value,
                higher_is_better: metric::higher_is_better(name).unwrap_or(true),
                rows: rows.truth.len() as u64,
                truth: wish.scoring.truth.clone(),
                predictions: wish.scoring.predictions.clone(),
                group: group.cloned(),
            });
        }
    }

    fn without(&mut self, name: &str, group: Option<&Group>, why: &str) {
        let of = group.map(|group| format!(" of {}", said(group))).unwrap_or_default();
        self.not_measured.push(format!("no {name}{of}: {why}"));
    }

    fn add_groups(
        &mut self,
        wish: &Wish,
        names: &BTreeSet<&'static str>,
        rows: &Rows,
        (column, values): (&String, &[String]),
    ) {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, value) in values.iter().enumerate() {
            places.entry(value).or_default().push(row);
        }
        let mut largest: Vec<(&str, &Vec<usize>)> =
            places.iter().map(|(value, rows)| (*value, rows)).collect();
        largest.sort_by_key(|(value, rows)| (std::cmp::Reverse(rows.len()), *value));
        if largest.len() > GROUPS_MAX {
            let count = largest.len();
            largest.truncate(GROUPS_MAX);
            self.not_measured.push(format!(
                "metrics by `{column}`: it has {count} values; only the {GROUPS_MAX} with the most rows were looked at"
            ));
        }
        largest.sort_by_key(|(value, _)| *value);
        for (value, places) in largest {
            let group = Group { column: column.clone(), value: value.to_owned() };
            if places.len() < GROUP_ROWS_MIN {
                let rows =
                    if places.len() == 1 { "1 row".to_owned() } else { format!("{} rows", places.len()) };
                self.not_measured.push(format!(
                    "metrics of {}: {rows}, and fewer than {GROUP_ROWS_MIN} say little",
                    said(&group)
                ));
                continue;
            }
            self.add(wish, names, &part(rows, places), Some(&group));
        }
    }
}

/// A group in messages.
fn said(group: &Group) -> String {
    format!("`{}` = {:?}", group.column, group.value)
}

/// Some of the rows.
fn part(rows: &Rows, places: &[usize]) -> Rows {
    let texts = |all: &[String]| places.iter().map(|place| all[*place].clone()).collect();
    let numbers = |all: &[f64]| places.iter().map(|place| all[*place]).collect::<Vec<_>>();
    let scores = rows.scores.as_ref().map(|scores| match scores {
        Scores::Positive(all) => Scores::Positive(numbers(all)),
        Scores::PerClass(columns) => Scores::PerClass(columns.iter().map(|all| numbers(all)).collect()),
    });
    Rows { truth: texts(&rows.truth), predicted: texts(&rows.predicted), scores, groups: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Scoring;

    fn wish(floors: &[&str]) -> Wish {
        let scoring =
            Scoring { truth: "test".to_owned(), predictions: "told".to_owned(), ..Scoring::default() };
        let floors = floors.iter().map(|name| ((*name).to_owned(), 0.0)).collect();
        Wish { scoring, floors, ..Wish::default() }
    }

    /// Rows of `counts` groups named by their number; in each, all but the first row are right.
    fn rows(counts: &[usize]) -> Rows {
        let mut rows = Rows { truth: vec![], predicted: vec![], scores: None, groups: vec![] };
        let mut values = Vec::new();
        for (group, count) in counts.iter().enumerate() {
            for row in 0..*count {
                rows.truth.push((row % 2).to_string());
                rows.predicted.push(if row == 0 { 1 } else { row % 2 }.to_string());
                values.push(format!("{group:03}"));
            }
        }
        rows.groups.push(("site".to_owned(), values));
        rows
    }

    #[test]
    fn all_rows_come_first_and_then_each_group() {
        let measured = all(&wish(&["accuracy", "macro_f1"]), &rows(&[10, 20]));
        let told: Vec<(&str, Option<&str>, u64)> = measured
            .figures
            .iter()
            .map(|one| (one.name.as_str(), one.group.as_ref().map(|group| group.value.as_str()), one.rows))
            .collect();
        let wanted = [
            ("accuracy", None, 30),
            ("macro-f1", None, 30),
            ("accuracy", Some("000"), 10),
            ("macro-f1", Some("000"), 10),
            ("accuracy", Some("001"), 20),
            ("macro-f1", Some("001"), 20),
        ];
        assert_eq!(told, wanted);
        assert_eq!(measured.figures[2].value.to_bits(), 0.9_f64.to_bits());
        assert_eq!(measured.figures[4].value.to_bits(), 0.95_f64.to_bits());
        assert_eq!(measured.not_measured, Vec::<String>::new());
    }

    #[test]
    fn small_groups_are_said_and_not_hidden() {
        let measured = all(&wish(&["accuracy"]), &rows(&[1, 9, 10]));
        assert_eq!(measured.figures.len(), 2);
        assert_eq!(
            measured.not_measured,
            [
                "metrics of `site` = \"000\": 1 row, and fewer than 10 say little",
                "metrics of `site` = \"001\": 9 rows, and fewer than 10 say little",
            ]
        );
    }

    #[test]
    fn of_many_groups_the_largest_are_shown() {
        let mut counts = [10; 60];
        counts[59] = 11;
        let measured = all(&wish(&[]), &rows(&counts));
        assert_eq!(measured.figures.len(), 51, "all rows, and fifty groups");
        let last = measured.figures.last().and_then(|one| one.group.as_ref()).expect("a group");
        assert_eq!(last.value, "059", "the largest is among them");
        assert!(measured.not_measured[0].contains("60 values"), "{:?}", measured.not_measured);
    }

    #[test]
    fn a_metric_that_has_no_value_in_a_group_is_said() {
        let mut rows = rows(&[10]);
        rows.truth = vec!["a".to_owned(); 10];
        let measured = all(&wish(&["rmse", "accuracy"]), &rows);
        assert_eq!(measured.figures.len(), 2, "accuracy of all rows and of the group");
        assert!(measured.not_measured[0].starts_with("no rmse: "), "{:?}", measured.not_measured);
        assert!(
            measured.not_measured[1].starts_with("no rmse of `site` = \"000\": "),
            "{:?}",
            measured.not_measured
        );
    }
}
