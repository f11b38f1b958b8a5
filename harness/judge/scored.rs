//! Metrics of a walk of the pipeline: read from what the program reports, or computed from predictions and truth.

use std::collections::BTreeMap;

use super::{Error, View};
use crate::artifact::{self, Artifact, column};
use crate::case::{Metric, MetricFrom, Scoring};
use crate::flow::ScenarioRun;
use crate::relate::metric::{self, Scores};

/// Ids that a message lists at most.
const LISTED_MAX: usize = 3;

/// Truth and predictions, row by row.
pub(super) struct Rows {
    /// The true targets.
    pub(super) truth: Vec<String>,
    /// What was predicted for the same rows.
    pub(super) predicted: Vec<String>,
    /// Scores of the same rows, where a column of them is declared.
    pub(super) scores: Option<Scores>,
    /// The values of each declared group column in the same rows, by the column's name.
    pub(super) groups: Vec<(String, Vec<String>)>,
}

/// Where the truth stands.
struct Truth {
    table: Artifact,
    target: String,
    /// The columns that name a group.
    group: Vec<String>,
}

/// A metric, or why there is none, in words for people.
pub(super) type Value = Result<f64, String>;

/// Whether more of a metric is better, by the case file or by its name.
pub(super) fn higher_is_better(metric: &Metric) -> bool {
    let by_name = || match &metric.from {
        MetricFrom::Computed { name, .. } => metric::higher_is_better(name),
        MetricFrom::Reported { pointer, .. } => metric::higher_is_better(last(pointer)),
    };
    metric.lower_is_better.map(|lower| !lower).or_else(by_name).unwrap_or(true)
}

/// The metric's name in sentences.
pub(super) fn name(metric: &Metric) -> &str {
    match &metric.from {
        MetricFrom::Computed { name, .. } => name,
        MetricFrom::Reported { pointer, .. } => last(pointer),
    }
}

/// The last part of a JSON pointer.
pub(super) fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

/// The output that a metric is read from or computed from.
pub(super) fn output(metric: &Metric) -> &str {
    match &metric.from {
        MetricFrom::Computed { scoring, .. } => &scoring.predictions,
        MetricFrom::Reported { output, .. } => output,
    }
}

/// The metric of the baseline, or of a walk.
pub(super) fn value(view: &View<'_>, walk: Option<&ScenarioRun>, metric: &Metric) -> Result<Value, Error> {
    match &metric.from {
        MetricFrom::Reported { output, pointer } => {
            let Some(artifact) = of(view, walk, output) else {
                return Ok(Err(format!("there is no `{output}`")));
            };
            soft(column::number_at(&artifact, pointer)).map_err(Error::from)
        }
        MetricFrom::Computed { name, scoring } => {
            let rows = match rows(view, walk, scoring)? {
                Ok(rows) => rows,
                Err(why) => return Ok(Err(why)),
            };
            Ok(compute(name, &rows, scoring.positive.as_deref()))
        }
    }
}

/// One metric over rows that belong together.
pub(super) fn compute(name: &str, rows: &Rows, positive: Option<&str>) -> Value {
    metric::compute(name, &rows.truth, &rows.predicted, rows.scores.as_ref(), positive)
        .map_err(|unfit| format!("{unfit} ({})", unfit.hint()))
}

/// An artifact of a walk, or of the baseline where there is none.
fn of(view: &View<'_>, walk: Option<&ScenarioRun>, name: &str) -> Option<Artifact> {
    match walk {
        Some(walk) => view.artifact(walk, name),
        None => view.baseline(name),
    }
}

/// A file whose content is not as declared is told in the verdict; one that cannot be read at all is an error.
fn soft<T>(result: Result<T, artifact::Error>) -> Result<Result<T, String>, artifact::Error> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_malformed() => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Predictions beside the truth of the same id.
pub(super) fn rows(
    view: &View<'_>,
    walk: Option<&ScenarioRun>,
    scoring: &Scoring,
) -> Result<Result<Rows, String>, Error> {
    let Some(Truth { table: truth, target, group }) = truth(view, scoring)? else {
        return Ok(Err(format!("`{}` has no declared `target` or is not there", scoring.truth)));
    };
    let Some(predictions) = of(view, walk, &scoring.predictions) else {
        return Ok(Err(format!("there is no `{}`", scoring.predictions)));
    };
    if predictions.id.is_empty() || truth.id.is_empty() {
        return Ok(Err("predictions and truth need an `id` each, to be put side by side".to_owned()));
    }
    let label = match label_column(&predictions, scoring)? {
        Ok(label) => label,
        Err(why) => return Ok(Err(why)),
    };
    let asked: Vec<String> = predictions.id.iter().chain([&label]).chain(&scoring.score).cloned().collect();
    let told = match soft(column::columns(&predictions, &asked))? {
        Ok(columns) => columns,
        Err(why) => return Ok(Err(why)),
    };
    let asked: Vec<String> = truth.id.iter().chain([&target]).chain(&group).cloned().collect();
    let known = match soft(column::columns(&truth, &asked))? {
        Ok(columns) => columns,
        Err(why) => return Ok(Err(why)),
    };
    let whole = view.case.data.get(&scoring.truth).is_some_and(|data| data.split.is_none());
    let rows = side_by_side(&known, &told, truth.id.len(), whole);
    Ok(rows.map(|(rows, groups)| Rows { groups: group.into_iter().zip(groups).collect(), ..rows }))
}

/// The table with the truth, its target column and its groups.
fn truth(view: &View<'_>, scoring: &Scoring) -> Result<Option<Truth>, Error> {
    if let Some(data) = view.case.data.get(&scoring.truth) {
        let Some(target) = data.target.clone() else { return Ok(None) };
        let table = Artifact::at(data.path.clone(), data.format, data.id.clone())?;
        return Ok(Some(Truth { table, target, group: groups(&data.group, scoring) }));
    }
    let Some(output) = view.case.output(&scoring.truth) else { return Ok(None) };
    let Some((table, target)) = view.baseline(&scoring.truth).zip(output.target.clone()) else {
        return Ok(None);
    };
    let mut group = groups(&output.group, scoring);
    if !group.is_empty() {
        // Nobody checked that an output has its declared columns; without one there is still a metric over all rows.
        let there = soft(column::header(&table))?.unwrap_or_default();
        group.retain(|column| there.contains(column));
    }
    Ok(Some(Truth { table, target, group }))
}

/// The columns by which metrics are given, each once.
fn groups(declared: &[String], scoring: &Scoring) -> Vec<String> {
    let mut columns = declared.to_vec();
    columns.extend(scoring.by.iter().filter(|column| !declared.contains(column)).cloned());
    columns
}

/// The declared column of predictions, or the only one beside ids and scores.
fn label_column(predictions: &Artifact, scoring: &Scoring) -> Result<Result<String, String>, Error> {
    if let Some(column) = &scoring.prediction {
        return Ok(Ok(column.clone()));
    }
    let header = match soft(column::header(predictions))? {
        Ok(header) => header,
        Err(why) => return Ok(Err(why)),
    };
    let rest: Vec<String> = header
        .into_iter()
        .filter(|name| !predictions.id.contains(name) && !scoring.score.contains(name))
        .collect();
    Ok(match rest.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(format!(
            "`{}` has the columns {}; say which one is predicted: prediction = \"…\"",
            scoring.predictions,
            rest.join(", ")
        )),
    })
}

/// Joins two lists of columns by their first `ids` columns. Where `whole`, every row of truth needs a prediction. What
/// stands behind the truth's target comes back in the same order.
fn side_by_side(
    known: &[Vec<String>],
    told: &[Vec<String>],
    ids: usize,
    whole: bool,
) -> Result<(Rows, Vec<Vec<String>>), String> {
    let key = |columns: &[Vec<String>], row: usize| -> Vec<String> {
        columns[..ids].iter().map(|column| metric::canonical(&column[row]).into_owned()).collect()
    };
    let mut places = BTreeMap::new();
    for row in 0..told[0].len() {
        let id = key(told, row);
        if places.insert(id.clone(), row).is_some() {
            return Err(format!("two predictions have the id {}", id.join(", ")));
        }
    }
    let (mut truth, mut order, mut without) = (Vec::new(), Vec::new(), Vec::new());
    let mut groups = vec![Vec::new(); known.len() - ids - 1];
    for row in 0..known[0].len() {
        let id = key(known, row);
        match places.remove(&id) {
            Some(place) => {
                truth.push(known[ids][row].clone());
                for (group, column) in groups.iter_mut().zip(&known[ids + 1..]) {
                    group.push(column[row].clone());
                }
                order.push(place);
            }
            None => without.push(id.join(", ")),
        }
    }
    if let Some(stray) = places.keys().next() {
        return Err(format!(
            "{} predictions are for ids without truth, such as {}",
            places.len(),
            stray.join(", ")
        ));
    }
    if whole && !without.is_empty() {
        let listed = without[..without.len().min(LISTED_MAX)].join("; ");
        return Err(format!("{} rows of truth have no prediction, such as {listed}", without.len()));
    }
    let predicted = order.iter().map(|place| told[ids][*place].clone()).collect();
    let scores = scores(&told[ids + 1..], &order)?;
    Ok((Rows { truth, predicted, scores, groups: Vec::new() }, groups))
}

/// Score columns in the order of the truth.
fn scores(columns: &[Vec<String>], order: &[usize]) -> Result<Option<Scores>, String> {
    let number = |text: &String| {
        text.trim().parse::<f64>().map_err(|_| format!("a score is {text:?}, which is no number"))
    };
    let column = |column: &Vec<String>| -> Result<Vec<f64>, String> {
        order.iter().map(|place| number(&column[*place])).collect()
    };
    let mut columns = columns.iter().map(column).collect::<Result<Vec<_>, String>>()?;
    Ok(match columns.len() {
        0 => None,
        1 => Some(Scores::Positive(columns.remove(0))),
        _ => Some(Scores::PerClass(columns)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[&[&str]]) -> Vec<Vec<String>> {
        let width = rows.first().map_or(0, |row| row.len());
        (0..width).map(|at| rows.iter().map(|row| row[at].to_owned()).collect()).collect()
    }

    #[test]
    fn predictions_are_put_beside_the_truth_of_their_id() {
        let known = columns(&[&["1", "cat"], &["2", "dog"], &["3", "cat"]]);
        let told = columns(&[&["3", "dog", "0.5"], &["1.0", "cat", "0.9"], &["2", "dog", "0.1"]]);
        let (rows, groups) = side_by_side(&known, &told, 1, true).expect("they fit");
        assert!(groups.is_empty());
        assert_eq!(rows.truth, ["cat", "dog", "cat"]);
        assert_eq!(rows.predicted, ["cat", "dog", "dog"]);
        assert_eq!(rows.scores, Some(Scores::Positive(vec![0.9, 0.1, 0.5])));
    }

    #[test]
    fn groups_stay_with_their_rows() {
        let known = columns(&[&["1", "cat", "north", "a"], &["2", "dog", "south", "b"]]);
        let told = columns(&[&["2", "dog"]]);
        let (rows, groups) = side_by_side(&known, &told, 1, false).expect("they fit");
        assert_eq!(rows.truth, ["dog"]);
        assert_eq!(groups, [["south"], ["b"]]);
    }

    #[test]
    fn rows_that_do_not_fit_are_said_so() {
        let known = columns(&[&["1", "cat"], &["2", "dog"]]);
        let some = columns(&[&["1", "cat"]]);
        let stray = columns(&[&["1", "cat"], &["2", "cat"], &["9", "cat"]]);
        let twice = columns(&[&["1", "cat"], &["1", "cat"]]);
        let why =
            |told: &[Vec<String>], whole| side_by_side(&known, told, 1, whole).err().unwrap_or_default();
        assert_eq!(why(&some, true), "1 rows of truth have no prediction, such as 2");
        assert_eq!(why(&some, false), "");
        assert_eq!(why(&stray, true), "1 predictions are for ids without truth, such as 9");
        assert_eq!(why(&twice, true), "two predictions have the id 1");
    }
}
