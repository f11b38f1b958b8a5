//! Metrics of predicted numbers.

use super::{Unfit, exact};
use crate::artifact::number;
use crate::relate::moments;

pub(super) fn compute(metric: &str, truth: &[String], predicted: &[String]) -> Result<f64, Unfit> {
    let (truth, predicted) = (numbers("truth", truth)?, numbers("predictions", predicted)?);
    of_numbers(metric, &truth, &predicted)
}

/// The mean for every row, whatever the metric; for the mean absolute error the median would be better still.
pub(super) fn baseline(metric: &str, truth: &[String]) -> Result<f64, Unfit> {
    let truth = numbers("truth", truth)?;
    let mean = moments::sum(truth.iter().copied()) / exact(truth.len());
    of_numbers(metric, &truth, &vec![mean; truth.len()])
}

fn of_numbers(metric: &str, truth: &[f64], predicted: &[f64]) -> Result<f64, Unfit> {
    let rows = exact(truth.len());
    let errors = || truth.iter().zip(predicted).map(|(here, there)| here - there);
    let squares = moments::sum(errors().map(|error| error * error));
    match metric {
        "mae" => Ok(moments::sum(errors().map(f64::abs)) / rows),
        "rmse" => Ok((squares / rows).sqrt()),
        _ => {
            let mean = moments::sum(truth.iter().copied()) / rows;
            let spread = moments::sum(truth.iter().map(|value| (value - mean).powi(2)));
            if truth.iter().all(|value| value.total_cmp(&truth[0]).is_eq()) || spread <= 0.0 {
                return Err(Unfit::undefined(metric, "every value of the truth is the same"));
            }
            Ok(1.0 - squares / spread)
        }
    }
}

fn numbers(what: &'static str, texts: &[String]) -> Result<Vec<f64>, Unfit> {
    let read = |(row, text): (usize, &String)| {
        let value = number::value(text.trim()).filter(|value| value.is_finite());
        value.ok_or_else(|| Unfit::NotANumber { row: row + 1, what, text: text.clone() })
    };
    texts.iter().enumerate().map(read).collect()
}
