//! What a column of predictions holds: labels, or scores.

use super::read::Value;

/// Whole numbers up to here are labels, even where they are written as `1.0`. Scores as large as this may be whole by
/// their magnitude alone.
const LABEL_MAX: f64 = 1e6;

/// Whether a column holds labels: texts, integers, or whole numbers throughout. `values` are those of both tables.
pub(super) fn holds_labels<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let (mut labels, mut whole, mut integers, mut any) = (false, true, true, false);
    for value in values {
        if *value == Value::Missing {
            continue;
        }
        any = true;
        match value.number() {
            None => labels = true,
            Some(number) => {
                integers &= value.is_integer();
                whole &= number.is_finite() && number.fract() == 0.0 && number.abs() <= LABEL_MAX;
            }
        }
    }
    labels || any && (whole || integers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(cells: &[&str]) -> bool {
        let values: Vec<Value> = cells
            .iter()
            .map(|cell| if cell.is_empty() { Value::Missing } else { Value::Written((*cell).into()) })
            .collect();
        holds_labels(values.iter())
    }

    #[test]
    fn labels_are_texts_integers_and_whole_numbers() {
        assert!(labels(&["cat", "dog"]));
        assert!(labels(&["0", "1", ""]));
        assert!(labels(&["0.0", "1.0"]));
        assert!(labels(&["12345678901", "2"]));
    }

    #[test]
    fn scores_have_fractions_or_are_large() {
        assert!(!labels(&["0.0", "0.5"]));
        assert!(!labels(&["16777216.0", "33554432.0"]));
        assert!(!labels(&["", ""]));
        assert!(!labels(&["1.0", "nan", "0.25"]));
    }
}
