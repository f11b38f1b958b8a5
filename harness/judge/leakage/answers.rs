//! Predictions when only the targets of the predicted rows change.
//!
//! Tables of predictions often hold the true targets beside them, and what is made from both (whether a prediction is right, by
//! how much it errs). Those columns must follow the targets; the predictions must not.

use std::collections::BTreeMap;

use super::super::{Error, View};
use crate::artifact::{Artifact, Format, column};
use crate::flow::ScenarioRun;
use crate::plan::scenario::leakage::held_out;
use crate::relate::{self, Difference, Lens};
use crate::vary::data::{self, Source};

/// Beginnings of words in the names of columns that hold predictions.
const PREDICTIONS: &[&str] = &["pred", "prob", "score", "yhat", "hat", "forecast", "logit", "decision"];

/// How predictions differ from the baseline's; `None` where one is not there, a sentence where it cannot be told.
pub(super) fn compare(
    view: &View<'_>,
    walk: &ScenarioRun,
    name: &str,
) -> Result<Option<Result<Difference, String>>, Error> {
    let (Some(left), Some(right)) = (view.baseline(name), view.artifact(walk, name)) else { return Ok(None) };
    if left.digest == right.digest {
        return Ok(Some(Ok(Difference::identical())));
    }
    match left.format {
        Format::Csv | Format::Tsv | Format::Parquet => {}
        Format::Npy => return Ok(Some(Ok(relate::compare(&left, &right)?))),
        _ => {
            let why = "changes with held-out targets, but may hold the targets themselves; leave predictions as a table or `.npy`";
            return Ok(Some(Err(format!("`{name}`: {why}"))));
        }
    }
    let names = match column::header(&left) {
        Ok(names) => names,
        Err(error) if error.is_about_content() => return Ok(Some(Ok(relate::compare(&left, &right)?))),
        Err(error) => return Err(error.into()),
    };
    let values: Vec<&String> = names.iter().filter(|column| !left.id.contains(column)).collect();
    if values.len() < 2 || !holds_truth(view, &left, &values)? {
        return Ok(Some(Ok(relate::compare(&left, &right)?)));
    }
    let others = values.iter().filter(|column| !is_prediction(column)).map(|column| (*column).clone());
    let others: Vec<String> = others.collect();
    if others.len() == values.len() {
        let why = "holds the targets, and no column whose name speaks of predictions";
        return Ok(Some(Err(format!("`{name}`: {why}"))));
    }
    let lens = Lens::default().without_columns(others);
    let part = relate::compare_part(&left, &right, &lens)?;
    Ok(Some(match part {
        Some(part) if part.difference.differing == 0 => Ok(Difference::identical()),
        Some(part) => Ok(part.difference),
        None => Ok(relate::compare(&left, &right)?),
    }))
}

fn is_prediction(column: &str) -> bool {
    let column = column.to_lowercase();
    let mut words = column.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| PREDICTIONS.iter().any(|beginning| word.starts_with(beginning)))
}

/// Whether a column beside the ids is a copy of the targets of the held-out rows: by id, or by place where there is none.
fn holds_truth(view: &View<'_>, artifact: &Artifact, columns: &[&String]) -> Result<bool, Error> {
    let shown = Source::of(artifact);
    let ids = data::ids(&shown)?;
    for held in held_out(view.case)? {
        let (Some(source), Some(target)) = (view.source(&held.data), &view.case.data[&held.data].target)
        else {
            continue;
        };
        let all = data::column(&source, target)?;
        let known = data::ids(&source)?;
        let rows: Vec<usize> = data::select(&held.rows, &source)?
            .into_iter()
            .filter_map(|row| usize::try_from(row).ok())
            .collect();
        let by_id: BTreeMap<&[String], &str> =
            rows.iter().map(|row| (known[*row].as_slice(), all[*row].as_str())).collect();
        let keyed = ids.first().is_some_and(|id| !id.is_empty()) && !source.id.is_empty();
        for column in columns {
            let values = data::column(&shown, column)?;
            let same = |(place, value): (usize, &String)| {
                let truth = if keyed {
                    by_id.get(ids[place].as_slice()).copied()
                } else {
                    rows.get(place).map(|row| all[*row].as_str())
                };
                truth.is_none_or(|truth| alike(truth, value))
            };
            if !values.is_empty() && values.iter().enumerate().all(same) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether two cells hold one value, however it is written.
fn alike(one: &str, other: &str) -> bool {
    match (one.trim().parse::<f64>(), other.trim().parse::<f64>()) {
        (Ok(one), Ok(other)) => {
            one.to_bits() == other.to_bits() || (one - other).abs() <= f64::EPSILON * one.abs()
        }
        _ => one.trim() == other.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_predictions_are_known_by_their_words() {
        for name in ["prediction", "y_pred", "p_hat", "Probability", "score_1"] {
            assert!(is_prediction(name), "{name}");
        }
        for name in ["y_true", "label", "correct", "error", "what"] {
            assert!(!is_prediction(name), "{name}");
        }
    }

    #[test]
    fn values_are_alike_however_they_are_written() {
        assert!(alike("1", "1.0") && alike("cat ", "cat") && alike("0.1", "0.10"));
        assert!(!alike("1", "2") && !alike("cat", "dog") && !alike("1", "cat"));
    }
}
