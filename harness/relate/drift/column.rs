//! One column of two tables, put side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::bins::{self, BINS};
use super::{Bin, CHANCE, Column, Holds, Kind, Means, Sample, Shift, Side, Test};
use super::{chi_square, divergence, exact, ks};
use crate::relate::moments::sum;

/// Up to this part of the cells of a column of numbers may be something else.
const STRAY_MAX: f64 = 0.05;

/// From this part on, texts are what a column holds.
const TEXT_MIN: f64 = 0.5;

/// Categories that have a bin of their own; the rest shares one.
const CATEGORIES_MAX: usize = 18;

/// What a category must have of the rows of both sides together to have a bin of its own, and how many rows at least.
const CATEGORY_SHARE_MIN: f64 = 0.01;
const CATEGORY_ROWS_MIN: u64 = 10;

/// New and vanished categories that are named.
const NAMED_MAX: usize = 5;

/// The population stability index of `now` against `before`, over the deciles of `before`; `None` where `before` has one value
/// only, or fewer than two rows for each bin.
#[must_use]
pub fn stability(before: &[f64], now: &[f64]) -> Option<f64> {
    if before.len() < 2 * BINS || now.is_empty() {
        return None;
    }
    let [before, now] = [before, now].map(|values| Sample::of(values).numbers);
    let bounds = bins::bounds(&before);
    let shares = |sorted: &[f64]| bins::shares(&bins::counts(sorted, &bounds));
    (!bounds.is_empty()).then(|| divergence::population_stability(&shares(&before), &shares(&now)))
}

/// Compares the cells of one column, sorted. What comes of it is not decided yet: see [`super::decide`].
#[must_use]
pub fn compare(name: &str, reference: &Sample, current: &Sample) -> Column {
    let kind = kind(reference, current);
    let mut column = match kind {
        Kind::Number => numbers(reference, current),
        Kind::Category => categories(reference, current),
    };
    name.clone_into(&mut column.name);
    let shares = |side: fn(&Bin) -> u64| bins::shares(&column.bins.iter().map(side).collect::<Vec<_>>());
    let (p, q) = (shares(|bin| bin.reference), shares(|bin| bin.current));
    column.psi = divergence::population_stability(&p, &q);
    column.kl = divergence::kullback_leibler(&p, &q);
    column.js = divergence::jensen_shannon(&p, &q);
    column.chance = chance(&column);
    let p = column.test.map_or(1.0, |test| test.p());
    column.p = column.missing_p.map_or(p, |missing| (2.0 * p.min(missing)).min(1.0));
    column.corrected = column.p;
    let (obstacle, retyped) = (obstacle(kind, reference, current), retyped(reference, current));
    if obstacle.is_some() {
        column.shift = Shift::NotDecided;
        column.why = obstacle;
    } else if retyped.is_some() {
        column.shift = Shift::Drifted;
        column.why = retyped;
        column.retyped = true;
    }
    column
}

fn kind(reference: &Sample, current: &Sample) -> Kind {
    let tells = if reference.present() > 0 { reference } else { current };
    let stray = tells.text_share() <= STRAY_MAX;
    if stray && tells.present() > 0 && (reference.numbers.is_empty() || retyped(reference, current).is_some())
    {
        return Kind::Number;
    }
    if stray && !few_values(reference, current) { Kind::Number } else { Kind::Category }
}

/// Whether both sides together have no more different numbers than there are bins.
fn few_values(reference: &Sample, current: &Sample) -> bool {
    let mut seen = BTreeSet::new();
    for sorted in [&reference.numbers, &current.numbers] {
        let mut rest = sorted.as_slice();
        while let Some(value) = rest.first() {
            seen.insert(value.to_bits());
            if seen.len() > BINS {
                return false;
            }
            rest = &rest[rest.partition_point(|other| other <= value)..];
        }
    }
    true
}

/// What keeps the column from being compared.
fn obstacle(kind: Kind, reference: &Sample, current: &Sample) -> Option<String> {
    if reference.present() == 0 && current.present() == 0 {
        return Some("no values on either side".to_owned());
    }
    if kind == Kind::Category && (reference.too_many || current.too_many) {
        return Some(format!("more than {} different texts", super::TEXTS_MAX));
    }
    None
}

/// In words, where numbers became texts or texts numbers.
fn retyped(reference: &Sample, current: &Sample) -> Option<String> {
    if reference.present() == 0 || current.present() == 0 {
        return None;
    }
    let [before, now] = [reference, current].map(Sample::text_share);
    let changed = before <= STRAY_MAX && now > TEXT_MIN || before > TEXT_MIN && now <= STRAY_MAX;
    changed.then(|| format!("{} became {}", holds(reference).word(), holds(current).word()))
}

fn holds(sample: &Sample) -> Holds {
    match (sample.numbers.is_empty(), sample.text_cells == 0) {
        (true, true) => Holds::Nothing,
        (true, false) => Holds::Texts,
        (false, false) => Holds::Mixed,
        (false, true) if sample.floats => Holds::Floats,
        (false, true) => Holds::Integers,
    }
}

fn numbers(reference: &Sample, current: &Sample) -> Column {
    let bounds = bins::bounds(&reference.numbers);
    let counts = [reference, current].map(|sample| bins::counts(&sample.numbers, &bounds));
    let labels = (0..=bounds.len()).map(|place| range(&bounds, place));
    let both = counts[0].iter().zip(&counts[1]);
    let mut bins: Vec<Bin> =
        labels.zip(both).map(|(label, (ours, theirs))| bin(label, *ours, *theirs)).collect();
    let absent = [reference, current].map(|sample| sample.missing + sample.text_cells);
    let mut missing_p = None;
    if absent != [0, 0] {
        let present = (reference.numbers.len() as u64, current.numbers.len() as u64);
        missing_p = chi_square::test(&[present, (absent[0], absent[1])]).map(|found| found.p);
        bins.push(bin("missing".to_owned(), absent[0], absent[1]));
    }
    let test = ks::test(&reference.numbers, &current.numbers).map(|found| Test::KolmogorovSmirnov {
        distance: found.distance,
        p: found.p,
        exact: found.exact,
    });
    let side = |sample: &Sample| Side { no_numbers: sample.text_cells, ..side(sample) };
    let means = means(&reference.numbers, &current.numbers);
    let bounds = bounds.iter().map(|bound| bound.clamp(f64::MIN, f64::MAX)).collect();
    let sides = (side(reference), side(current));
    Column { bounds, test, missing_p, means, ..plain(Kind::Number, sides, bins) }
}

fn categories(reference: &Sample, current: &Sample) -> Column {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    count(reference, |label, rows| counts.entry(label).or_default().0 += rows);
    count(current, |label, rows| counts.entry(label).or_default().1 += rows);
    let total = reference.rows() + current.rows();
    // The most frequent of both sides together: chosen by one side alone, its luck would look like a shift.
    let mut order: Vec<_> = counts.iter().collect();
    order.sort_by_key(|(label, (ours, theirs))| (std::cmp::Reverse(ours + theirs), *label));
    let own = order.iter().take(CATEGORIES_MAX + 1).filter(|(_, (ours, theirs))| {
        let rows = ours + theirs;
        rows >= CATEGORY_ROWS_MIN && exact(rows) >= CATEGORY_SHARE_MIN * exact(total)
    });
    let own = own.count();
    // A bin for one category more needs no bin for others.
    let own = if order.len() > own { own.min(CATEGORIES_MAX) } else { own };
    let mut bins: Vec<Bin> =
        order[..own].iter().map(|(label, (ours, theirs))| bin((*label).clone(), *ours, *theirs)).collect();
    if own < order.len() {
        let (ours, theirs) = order[own..]
            .iter()
            .fold((0, 0), |(left, right), (_, (ours, theirs))| (left + ours, right + theirs));
        bins.push(bin(format!("{} others", order.len() - own), ours, theirs));
    }
    if reference.missing + current.missing > 0 {
        bins.push(bin("missing".to_owned(), reference.missing, current.missing));
    }
    let pairs: Vec<(u64, u64)> = bins.iter().map(|bin| (bin.reference, bin.current)).collect();
    let test = chi_square::test(&pairs).map(|found| Test::ChiSquare {
        statistic: found.statistic,
        freedom: found.freedom,
        p: found.p,
    });
    let only = |absent: fn(&(u64, u64)) -> bool| -> Vec<Bin> {
        let found = order.iter().filter(|(_, counts)| absent(counts));
        found.map(|(label, (ours, theirs))| bin((*label).clone(), *ours, *theirs)).collect()
    };
    let (mut new, mut vanished) = (only(|counts| counts.0 == 0), only(|counts| counts.1 == 0));
    let (new_count, vanished_count) = (new.len() as u64, vanished.len() as u64);
    new.truncate(NAMED_MAX);
    vanished.truncate(NAMED_MAX);
    let sides = (side(reference), side(current));
    Column { test, new, new_count, vanished, vanished_count, ..plain(Kind::Category, sides, bins) }
}

/// How often each category stands in a column.
fn count(sample: &Sample, mut add: impl FnMut(String, u64)) {
    for group in sample.numbers.chunk_by(|left, right| left.total_cmp(right).is_eq()) {
        add(number(group[0]), group.len() as u64);
    }
    for (text, rows) in &sample.texts {
        add(text.to_string(), *rows);
    }
}

fn means(reference: &[f64], current: &[f64]) -> Option<Means> {
    let mean = |values: &[f64]| sum(values.iter().copied()) / exact(values.len() as u64);
    let (before, now) = (mean(reference), mean(current));
    let squares = sum(reference.iter().map(|value| (value - before).powi(2)));
    let deviation = (squares / (exact(reference.len() as u64) - 1.0)).sqrt();
    let sigmas = ((now - before) / deviation).abs();
    let finite = [before, now, deviation].iter().all(|value| value.is_finite());
    let sigmas = (deviation > 0.0 && sigmas.is_finite()).then_some(sigmas);
    finite.then_some(Means { reference: before, deviation, current: now, sigmas })
}

/// The index that chance alone passes with probability [`CHANCE`].
fn chance(column: &Column) -> f64 {
    let used = column.bins.iter().filter(|bin| bin.reference + bin.current > 0).count();
    let freedom = u32::try_from(used.saturating_sub(1)).unwrap_or(0);
    let rows = 1.0 / exact(column.reference.rows.max(1)) + 1.0 / exact(column.current.rows.max(1));
    if freedom == 0 { 0.0 } else { chi_square::quantile(CHANCE, freedom) * rows }
}

fn plain(kind: Kind, (reference, current): (Side, Side), bins: Vec<Bin>) -> Column {
    Column {
        name: String::new(),
        now_named: None,
        kind,
        shift: Shift::Stable,
        why: None,
        retyped: false,
        reference,
        current,
        bins,
        bounds: Vec::new(),
        psi: 0.0,
        chance: 0.0,
        kl: 0.0,
        js: 0.0,
        test: None,
        missing_p: None,
        p: 1.0,
        corrected: 1.0,
        means: None,
        new: Vec::new(),
        new_count: 0,
        vanished: Vec::new(),
        vanished_count: 0,
    }
}

fn side(sample: &Sample) -> Side {
    Side { rows: sample.rows(), missing: sample.missing, no_numbers: 0, holds: holds(sample) }
}

fn bin(label: String, reference: u64, current: u64) -> Bin {
    Bin { label, reference, current }
}

/// The range of a bin, in words.
fn range(bounds: &[f64], place: usize) -> String {
    match (place.checked_sub(1).and_then(|below| bounds.get(below)), bounds.get(place)) {
        (None, None) => "all".to_owned(),
        (None, Some(high)) => format!("below {}", number(*high)),
        (Some(low), Some(high)) => format!("{} to {}", number(*low), number(*high)),
        (Some(low), None) => format!("{} and above", number(*low)),
    }
}

/// A number in the shortest way that reads back, whole ones without a point.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:?}") }
}
