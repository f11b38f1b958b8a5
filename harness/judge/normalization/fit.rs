//! Straight lines through raw values and features: which numbers a column was shifted and scaled by, and whose they are.

use crate::relate::moments::{Moments, agrees, sum};

/// A line fits where no residual is larger than this part of the largest value: single precision and six printed digits pass.
const RESIDUAL_MAX: f64 = 5e-6;

/// Fitted numbers are those of some rows up to this part of their scale.
const ORIGIN_MAX: f64 = 1e-6;

/// How a column was normalised: `(x - centre) / scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) centre: f64,
    pub(super) scale: f64,
}

impl Line {
    /// The line through raw values and what was made of them; `None` where there is none, or the raw values are constant.
    pub(super) fn of(raw: &[f64], made: &[f64]) -> Option<Self> {
        let pairs: Vec<(f64, f64)> = raw
            .iter()
            .copied()
            .zip(made.iter().copied())
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        if pairs.len() < 3 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
        let count = pairs.len() as f64;
        let mean_x = sum(pairs.iter().map(|pair| pair.0)) / count;
        let mean_y = sum(pairs.iter().map(|pair| pair.1)) / count;
        let squares = sum(pairs.iter().map(|pair| (pair.0 - mean_x).powi(2)));
        let slope = sum(pairs.iter().map(|pair| (pair.0 - mean_x) * (pair.1 - mean_y))) / squares;
        let largest = pairs.iter().map(|pair| (pair.1 - mean_y).abs()).fold(0.0, f64::max);
        let fits = |(x, y): &(f64, f64)| (y - mean_y - slope * (x - mean_x)).abs() <= RESIDUAL_MAX * largest;
        // A constant column gives a slope that is no number, or zero.
        let usable = slope.is_finite() && slope != 0.0 && pairs.iter().all(fits);
        usable.then(|| Self { centre: mean_x - mean_y / slope, scale: 1.0 / slope })
    }

    /// A value as this line makes it.
    pub(super) fn at(&self, raw: f64) -> f64 {
        (raw - self.centre) / self.scale
    }
}

/// Numbers of some rows, by which columns are usually shifted and scaled.
pub(super) const FAMILIES: [&str; 5] = [
    "mean and deviation (n)",
    "mean and deviation (n - 1)",
    "least value and range",
    "median and quartile distance",
    "greatest magnitude",
];

fn family(moments: &Moments) -> [Option<Line>; 5] {
    let line = |centre, scale| (scale > 0.0).then_some(Line { centre, scale });
    let [low, middle, high] = moments.quartiles;
    [
        line(moments.mean, moments.deviation),
        moments.sample_deviation.and_then(|deviation| line(moments.mean, deviation)),
        line(moments.min, moments.max - moments.min),
        line(middle, high - low),
        line(0.0, moments.max.abs().max(moments.min.abs())),
    ]
}

/// Which family of numbers of these rows a fitted line has.
pub(super) fn of_rows(line: Line, moments: &Moments) -> Option<usize> {
    let near = |own: &Option<Line>| {
        own.is_some_and(|own| {
            (line.centre - own.centre).abs() <= ORIGIN_MAX * own.scale
                && (line.scale / own.scale - 1.0).abs() <= ORIGIN_MAX
        })
    };
    family(moments).iter().position(near)
}

/// Which family of numbers of these rows saved numbers are, up to the rounding of sums.
pub(super) fn saved_of_rows(saved: Line, moments: &Moments) -> Option<usize> {
    let mean = moments.mean_agrees(saved.centre);
    let is = |claimed: f64, own: f64| agrees(claimed, own, 1, own.abs().max(moments.magnitude));
    let ours = family(moments);
    (0..ours.len()).find(|place| {
        let Some(own) = ours[*place] else { return false };
        match place {
            0 | 1 => mean && agrees_with(saved.scale, own.scale, moments),
            _ => is(saved.centre, own.centre) && is(saved.scale, own.scale),
        }
    })
}

/// Whether a saved deviation is this one, up to the rounding of the sum of squares.
fn agrees_with(claimed: f64, own: f64, moments: &Moments) -> bool {
    agrees(claimed, own, moments.count, own * (1.0 + (moments.mean / own).powi(2)))
}

/// Why two lines differ, where their numbers say it.
pub(super) fn why(ours: Line, theirs: Line, count: u64) -> Option<&'static str> {
    #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
    let rows = count as f64;
    let ratio = theirs.scale / ours.scale;
    let shift = (theirs.centre - ours.centre).abs() / ours.scale.abs();
    let bessel = (rows / (rows - 1.0)).sqrt();
    let is = |expected: f64| (ratio / expected - 1.0).abs() <= 1e-2 * (bessel - 1.0);
    if rows > 1.0 && shift <= ORIGIN_MAX && (is(bessel) || is(1.0 / bessel)) {
        Some("one divides by n, the other by n - 1")
    } else if shift <= 1e-4 && (ratio - 1.0).abs() <= 1e-4 {
        Some("statistics were rounded")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 33.0];

    fn made(line: Line) -> Vec<f64> {
        RAW.iter().map(|value| line.at(*value)).collect()
    }

    #[test]
    fn a_line_gives_back_the_numbers_it_was_made_with() {
        let line = Line::of(&RAW, &made(Line { centre: 3.0, scale: 7.0 })).expect("a line");
        assert!((line.centre - 3.0).abs() < 1e-12 && (line.scale - 7.0).abs() < 1e-12, "{line:?}");
        let mut bent = made(line);
        bent[2] += 0.1;
        assert_eq!(Line::of(&RAW, &bent), None);
        assert_eq!(Line::of(&[1.0; 6], &RAW), None);
        assert_eq!(Line::of(&RAW, &[1.0; 6]), None);
    }

    #[test]
    fn numbers_of_rows_are_recognised_by_their_family() {
        let moments = Moments::of(&RAW).expect("numbers");
        for (place, line) in family(&moments).into_iter().enumerate() {
            let line = line.expect("not constant");
            let fitted = Line::of(&RAW, &made(line)).expect("a line");
            assert_eq!(of_rows(fitted, &moments), Some(place));
            assert_eq!(saved_of_rows(line, &moments), Some(place));
        }
        let other = Line { centre: moments.mean + 1e-3, scale: moments.deviation };
        assert_eq!((of_rows(other, &moments), saved_of_rows(other, &moments)), (None, None));
    }

    #[test]
    fn bessels_factor_and_lost_digits_are_told_apart() {
        let ours = Line { centre: 3.0, scale: 2.0 };
        let sample = Line { scale: 2.0 * (100.0_f64 / 99.0).sqrt(), ..ours };
        assert_eq!(why(ours, sample, 100), Some("one divides by n, the other by n - 1"));
        assert_eq!(why(ours, Line { centre: 3.000_01, scale: 2.0 }, 100), Some("statistics were rounded"));
        assert_eq!(why(ours, Line { centre: 4.0, scale: 2.0 }, 100), None);
    }
}
