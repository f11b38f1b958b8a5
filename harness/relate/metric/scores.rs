//! Metrics of scores: ROC-AUC and log loss.

use super::labels::Codes;
use super::{Unfit, exact};
use crate::relate::moments;

/// Probabilities are kept away from 0 and 1 by this much before the logarithm, as scikit-learn does for doubles:
/// `clip(p, eps, 1 - eps)` with the distance from 1 to the next larger double.
const CLIP: f64 = f64::EPSILON;

/// The probabilities of a row add up to 1 within this much, the root of [`CLIP`], as scikit-learn checks it.
const SUM_SLACK: f64 = 1.490_116_119_384_765_6e-8;

/// What a program says beside its labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Scores {
    /// One number per row that grows with the belief in the positive class: the declared one, or the last of the two in
    /// class order.
    Positive(Vec<f64>),
    /// One column per class, in class order; see [`super::classes`].
    PerClass(Vec<Vec<f64>>),
}

pub(super) fn compute(
    metric: &str,
    truth: &[String],
    scores: &Scores,
    positive: Option<&str>,
) -> Result<f64, Unfit> {
    let codes = Codes::new(truth.iter());
    let target: Vec<usize> = truth.iter().filter_map(|label| codes.code(label)).collect();
    let classes = codes.names.len();
    if classes < 2 {
        let reason = format!("every row of the truth is of class `{}`", codes.names.join(""));
        return Err(Unfit::undefined(metric, reason));
    }
    let columns = columns(truth.len(), scores)?;
    let positive = match positive {
        Some(class) => codes.named(class).ok_or_else(|| Unfit::NoPositive(class.to_owned()))?,
        None => classes - 1,
    };
    let one_column = matches!(scores, Scores::Positive(_));
    if one_column && classes != 2 {
        let message = format!("one score per row cannot tell {classes} classes apart");
        return Err(Unfit::Scores(message));
    }
    if !one_column && columns.len() != classes {
        let message = format!("{} score columns for {classes} classes of the truth", columns.len());
        return Err(Unfit::Scores(message));
    }
    if metric == "log-loss" {
        return log_loss(&target, &columns, one_column.then_some(positive));
    }
    if classes == 2 {
        let column = if one_column { columns[0] } else { columns[positive] };
        return Ok(auc(target.iter().map(|class| *class == positive), column));
    }
    let areas = (0..classes).map(|class| auc(target.iter().map(|found| *found == class), columns[class]));
    Ok(moments::sum(areas) / exact(classes))
}

/// The score columns, of which each has a finite number for every row.
fn columns(rows: usize, scores: &Scores) -> Result<Vec<&[f64]>, Unfit> {
    let columns: Vec<&[f64]> = match scores {
        Scores::Positive(column) => vec![column],
        Scores::PerClass(columns) => columns.iter().map(Vec::as_slice).collect(),
    };
    for column in &columns {
        if column.len() != rows {
            return Err(Unfit::Lengths { truth: rows, found: column.len(), what: "scores" });
        }
        if let Some(place) = column.iter().position(|score| !score.is_finite()) {
            let text = column[place].to_string();
            return Err(Unfit::NotANumber { row: place + 1, what: "scores", text });
        }
    }
    Ok(columns)
}

/// The area under the curve: the probability that a positive row scores above a negative one, ties by halves (J. A.
/// Hanley and B. J. `McNeil`, "The meaning and use of the area under a receiver operating characteristic curve",
/// Radiology 143, 1982). Both classes occur. Pairs are counted in whole numbers, so nothing is rounded before the end.
pub(crate) fn auc(positive: impl Iterator<Item = bool>, scores: &[f64]) -> f64 {
    let mut rows: Vec<(f64, bool)> = scores.iter().map(|score| score + 0.0).zip(positive).collect();
    rows.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let (mut halves, mut positives, mut below) = (0_u128, 0_u128, 0_u128);
    for tie in rows.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
        let hits = tie.iter().filter(|row| row.1).count() as u128;
        let misses = tie.len() as u128 - hits;
        halves += hits * (2 * below + misses);
        positives += hits;
        below += misses;
    }
    ratio(halves, 2 * positives * below)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts is rounded once")]
fn ratio(part: u128, whole: u128) -> f64 {
    part as f64 / whole as f64
}

/// The mean of `-ln p` of each row's true class. `positive` names the class of a single column.
fn log_loss(target: &[usize], columns: &[&[f64]], positive: Option<usize>) -> Result<f64, Unfit> {
    let mut losses = Vec::with_capacity(target.len());
    for (row, class) in target.iter().enumerate() {
        let told = columns.iter().map(|column| column[row]);
        if let Some(score) = told.clone().find(|score| !(0.0..=1.0).contains(score)) {
            return Err(Unfit::Scores(format!("row {} has the score {score}, not a probability", row + 1)));
        }
        let probability = match positive {
            Some(positive) if *class == positive => columns[0][row],
            Some(_) => 1.0 - columns[0][row],
            None => {
                let total: f64 = told.sum();
                if (total - 1.0).abs() > SUM_SLACK {
                    let what = format!("the probabilities of row {} add up to {total}, not to 1", row + 1);
                    return Err(Unfit::Scores(what));
                }
                columns[*class][row]
            }
        };
        losses.push(-probability.clamp(CLIP, 1.0 - CLIP).ln());
    }
    Ok(moments::sum(losses.iter().copied()) / exact(losses.len()))
}

/// Scores that do not depend on the row.
pub(super) fn baseline(metric: &str, truth: &[String]) -> Result<f64, Unfit> {
    let codes = Codes::new(truth.iter());
    let counts = codes.counts(truth);
    let rows = exact(truth.len());
    #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
    let columns = counts.iter().map(|count| vec![*count as f64 / rows; truth.len()]).collect();
    compute(metric, truth, &Scores::PerClass(columns), None)
}
