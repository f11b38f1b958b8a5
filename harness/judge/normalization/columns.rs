//! One column in both paths: whether they agree, and what one of them does to the other's values.

use super::fit::Line;

/// Units of rounding that the two paths may differ by, at the magnitude that was rounded.
const ROUNDINGS_MAX: f64 = 32.0;

/// Two columns are one if they differ by this part of their largest value: single precision passes.
const ALIKE_MAX: f64 = 2e-6;

/// What one path does to a column that the other does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The same bits.
    Same,
    /// A few units in the last place.
    Rounding,
    /// Raw in one path.
    Missing { training: bool },
    /// Normalised again in one path.
    Double { training: bool },
    /// Anything else.
    Other,
}

/// A column of features.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// How the raw values were shifted and scaled in training; `None` where that is not all, or nothing is known.
    pub(super) ours: Option<Line>,
    /// The same at inference.
    pub(super) theirs: Option<Line>,
    /// Values in both paths, row by row.
    pub(super) values: [Vec<f64>; 2],
    /// The first row in which they differ.
    pub(super) first: Option<usize>,
    raw: Option<Vec<f64>>,
}

impl Column {
    /// A column: all its training values with their raw ones, and row by row those of both paths with their raw ones.
    pub(super) fn new(
        name: &str,
        train: &[f64],
        raw: Option<&[f64]>,
        ours: Vec<f64>,
        theirs: Vec<f64>,
        paired: Option<Vec<f64>>,
    ) -> Self {
        let line = raw.and_then(|raw| Line::of(raw, train));
        let other = paired.as_ref().and_then(|raw| Line::of(raw, &theirs));
        let slack = slack(&[&ours, &theirs], paired.as_deref(), line);
        let differ = |(ours, theirs): (&f64, &f64)| !same(*ours, *theirs, slack);
        let first = ours.iter().zip(&theirs).position(differ);
        let mut column = Self {
            name: name.to_owned(),
            kind: Kind::Same,
            ours: line,
            theirs: other,
            values: [ours, theirs],
            first,
            raw: paired,
        };
        column.kind = column.classify();
        column
    }

    fn classify(&self) -> Kind {
        let [ours, theirs] = &self.values;
        if self.first.is_none() {
            let bits = ours.iter().zip(theirs).all(|(ours, theirs)| same(*ours, *theirs, 0.0));
            return if bits { Kind::Same } else { Kind::Rounding };
        }
        if let Some(raw) = &self.raw {
            if alike(theirs, raw) {
                return Kind::Missing { training: false };
            }
            if alike(ours, raw) {
                return Kind::Missing { training: true };
            }
        }
        let again =
            |line: Line, values: &[f64]| -> Vec<f64> { values.iter().map(|value| line.at(*value)).collect() };
        if self.ours.is_some_and(|line| alike(theirs, &again(line, ours))) {
            return Kind::Double { training: false };
        }
        if self.theirs.is_some_and(|line| alike(ours, &again(line, theirs))) {
            return Kind::Double { training: true };
        }
        Kind::Other
    }

    /// Whether the inference path does what these saved numbers say.
    pub(super) fn follows(&self, saved: Line) -> bool {
        let Some(raw) = &self.raw else { return false };
        let made: Vec<f64> = raw.iter().map(|value| saved.at(*value)).collect();
        let slack = slack(&[&self.values[1], &made], Some(raw), Some(saved));
        self.values[1].iter().zip(&made).all(|(value, made)| same(*value, *made, slack))
    }
}

/// What rounding may do to a column: a few units at the magnitude of what was subtracted.
fn slack(values: &[&[f64]], raw: Option<&[f64]>, line: Option<Line>) -> f64 {
    let largest = |values: &[f64]| {
        values.iter().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()))
    };
    let mut magnitude = values.iter().map(|values| largest(values)).fold(0.0, f64::max);
    if let (Some(raw), Some(line)) = (raw, line) {
        magnitude = magnitude.max((largest(raw) + line.centre.abs()) / line.scale.abs());
    }
    #[expect(clippy::cast_possible_truncation, reason = "asked is whether nothing is lost")]
    let single = |values: &&[f64]| {
        values.iter().all(|value| value.is_nan() || f64::from(*value as f32).to_bits() == value.to_bits())
    };
    // Whole numbers are singles too, but then nothing was divided.
    let unit = if values.iter().any(single) { f64::from(f32::EPSILON) } else { f64::EPSILON };
    ROUNDINGS_MAX * unit * magnitude
}

fn same(one: f64, other: f64, slack: f64) -> bool {
    one.is_nan() && other.is_nan() || one.to_bits() == other.to_bits() || (one - other).abs() <= slack
}

fn alike(one: &[f64], other: &[f64]) -> bool {
    let largest = one.iter().chain(other).filter(|value| value.is_finite());
    let largest = largest.fold(0.0_f64, |most, value| most.max(value.abs()));
    one.iter().zip(other).all(|(one, other)| same(*one, *other, ALIKE_MAX * largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: [f64; 6] = [10.0, 11.5, 14.0, 18.0, 26.0, 43.25];
    const LINE: Line = Line { centre: 20.3, scale: 7.1 };

    fn made(line: Line, values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| line.at(*value)).collect()
    }

    fn kind(ours: Vec<f64>, theirs: Vec<f64>) -> Kind {
        Column::new("x", &ours.clone(), Some(&RAW), ours, theirs, Some(RAW.to_vec())).kind
    }

    #[test]
    fn each_way_to_differ_has_its_name() {
        let once = made(LINE, &RAW);
        let twice = made(LINE, &once);
        assert_eq!(kind(once.clone(), once.clone()), Kind::Same);
        assert_eq!(kind(once.clone(), RAW.to_vec()), Kind::Missing { training: false });
        assert_eq!(kind(RAW.to_vec(), once.clone()), Kind::Missing { training: true });
        assert_eq!(kind(once.clone(), twice.clone()), Kind::Double { training: false });
        assert_eq!(kind(twice, once.clone()), Kind::Double { training: true });
        let nearly = made(Line { scale: 7.100_000_1, ..LINE }, &RAW);
        assert_eq!(kind(once.clone(), nearly), Kind::Other);
        let last: Vec<f64> = once.iter().map(|value| value * (1.0 + f64::EPSILON)).collect();
        assert_eq!(kind(once, last), Kind::Rounding);
    }

    #[test]
    fn saved_numbers_explain_the_inference_that_uses_them() {
        let saved = Line { centre: 20.25, scale: 7.0 };
        let ours = made(LINE, &RAW);
        let column = Column::new("x", &ours.clone(), Some(&RAW), ours, made(saved, &RAW), Some(RAW.to_vec()));
        assert!(column.follows(saved) && !column.follows(LINE));
        assert_eq!(column.first, Some(0));
    }

    #[test]
    fn a_gap_is_no_difference_where_both_paths_have_it() {
        let mut ours = made(LINE, &RAW);
        ours[2] = f64::NAN;
        assert_eq!(kind(ours.clone(), ours.clone()), Kind::Same);
        assert_eq!(kind(ours, made(LINE, &RAW)), Kind::Other);
    }
}
