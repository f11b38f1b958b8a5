//! From two tables to an [`Outcome`].

use std::collections::BTreeSet;

use super::columns::holds_labels;
use super::flips::Ties;
use super::noise::Noise;
use super::pairs::{Pairs, pairs};
use super::precision::Precision;
use super::read::{Table, Value};
use super::{Given, Kind, Outcome};
use crate::artifact::float::ulps;
use crate::relate::picture::{SCORES_MAX, Sketch};
use crate::relate::{Class, Difference, Place};

/// Rows from which equal sets of labels at other ids are told as swapped.
const SWAPPED_LABELS_MIN: usize = 4;
/// The same for scores.
const SWAPPED_SCORES_MIN: usize = 2;

/// Compares two tables of predictions by id.
#[must_use]
pub fn compare(left: &Table, right: &Table, given: &Given<'_>) -> Outcome {
    let names = |table: &Table| table.columns.iter().cloned().collect::<BTreeSet<String>>();
    if names(left) != names(right) {
        return other_columns(left, right);
    }
    let found = pairs(left, right, given);
    let columns = Columns::new(left, right, given);
    let sketch = Sketch::new(left.columns.len() as u64);
    let mut look =
        Look { left, right, columns, marks: Vec::new(), differing: 0, ulps_max: None, abs_max: None, sketch };
    look.cells(&found.matched);
    look.finish(&found)
}

fn other_columns(left: &Table, right: &Table) -> Outcome {
    let quoted =
        |table: &Table| table.columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let difference = Difference {
        class: Class::Shape,
        place: Some(Place::Whole),
        left: Some(format!("columns {}", quoted(left))),
        right: Some(format!("columns {}", quoted(right))),
        ..Difference::identical()
    };
    Outcome {
        kind: Kind::Columns,
        difference,
        noises: Vec::new(),
        ids: 0,
        ids_differing: 0,
        reordered: false,
    }
}

/// The columns of the first table, each with its place in the second.
struct Columns {
    places: Vec<usize>,
    /// What is noise, for scores; `None` for labels.
    noises: Vec<Option<Noise>>,
}

impl Columns {
    fn new(left: &Table, right: &Table, given: &Given<'_>) -> Self {
        let place = |name: &String| right.columns.iter().position(|other| other == name).unwrap_or_default();
        let places: Vec<usize> = left.columns.iter().map(place).collect();
        let values = |column: usize| {
            let other = places[column];
            let here = (0..left.ids().len()).map(move |row| &left.row(row)[column]);
            here.chain((0..right.ids().len()).map(move |row| &right.row(row)[other]))
        };
        let scores: Vec<usize> = (0..places.len()).filter(|column| !holds_labels(values(*column))).collect();
        // One column may be too narrow to tell a type that all together tell.
        let common = Precision::of_values(scores.iter().flat_map(|column| values(*column)));
        let noise = |column: usize| {
            let name = &left.columns[column];
            let reference = given.reference.map(|spreads| spreads.get(name).copied().unwrap_or(0.0));
            scores
                .contains(&column)
                .then(|| Noise::of(name, values(column), common, given.weights, reference))
        };
        let noises = (0..places.len()).map(noise).collect();
        Self { places, noises }
    }

    fn labels(&self) -> Vec<usize> {
        (0..self.noises.len()).filter(|column| self.noises[*column].is_none()).collect()
    }

    fn scores(&self) -> Vec<(usize, &Noise)> {
        self.noises.iter().enumerate().filter_map(|(column, noise)| Some((column, noise.as_ref()?))).collect()
    }
}

/// One cell that differs.
struct Mark {
    pair: (usize, usize),
    column: usize,
    kind: Kind,
    /// Beyond rounding, but within one printed unit of it.
    carried: bool,
}

struct Look<'a> {
    left: &'a Table,
    right: &'a Table,
    columns: Columns,
    marks: Vec<Mark>,
    differing: u64,
    ulps_max: Option<u64>,
    abs_max: Option<f64>,
    sketch: Sketch,
}

impl Look<'_> {
    /// Marks every cell that differs.
    fn cells(&mut self, pairs: &[(usize, usize)]) {
        for pair in pairs {
            for column in 0..self.left.columns.len() {
                let here = &self.left.row(pair.0)[column];
                let there = &self.right.row(pair.1)[self.columns.places[column]];
                self.sample(pair.0 as u64, column, here, there);
                if here.is_same(there) {
                    continue;
                }
                self.differing += 1;
                self.sketch.mark(pair.0 as u64, column as u64);
                self.reach(here, there);
                let (kind, carried) = match &mut self.columns.noises[column] {
                    None => (Kind::LabelFlips, false),
                    Some(noise) => scored(noise, here, there),
                };
                self.marks.push(Mark { pair: *pair, column, kind, carried });
            }
        }
        self.carry(pairs.len() as u64);
        self.excuse_flips();
    }

    /// Takes the scores of a row for the picture, where it wants that row.
    fn sample(&mut self, line: u64, column: usize, here: &Value, there: &Value) {
        let is_score = self.columns.noises[column].is_some();
        if is_score
            && column < SCORES_MAX
            && self.sketch.wanted(line) == line
            && let (Some(here), Some(there)) = (here.number(), there.number())
        {
            self.sketch.pair(line, here, there);
        }
    }

    fn reach(&mut self, here: &Value, there: &Value) {
        let distance = match (here, there) {
            (Value::Single(one), Value::Single(other)) => ulps(*one, *other),
            _ => here.number().zip(there.number()).and_then(|(one, other)| ulps(one, other)),
        };
        self.ulps_max = self.ulps_max.max(distance);
        if let Some(distance) = distance {
            self.sketch.ulp(distance);
        }
        let apart = here.number().zip(there.number()).map(|(one, other)| (one - other).abs());
        if let Some(apart) = apart.filter(|apart| apart.is_finite()) {
            self.abs_max = Some(self.abs_max.map_or(apart, |max| max.max(apart)));
        }
    }

    /// Where more cells of a column moved by a printed unit than rounding can carry, it is no rounding.
    fn carry(&mut self, rows: u64) {
        for (column, noise) in self.columns.noises.iter().enumerate() {
            let Some(noise) = noise else { continue };
            let carried = |mark: &&mut Mark| mark.column == column && mark.carried;
            let count = self.marks.iter_mut().filter(carried).count() as u64;
            if count > noise.carried_max(rows) {
                self.marks.iter_mut().filter(carried).for_each(|mark| mark.kind = Kind::StateLeak);
            }
        }
    }

    /// A label that flips where its scores are all but equal flips by rounding.
    fn excuse_flips(&mut self) {
        let labels = self.columns.labels();
        if labels.is_empty() || !self.marks.iter().any(|mark| mark.kind == Kind::LabelFlips) {
            return;
        }
        let ties = Ties::new(self.left, &labels, self.columns.scores());
        let leaking: BTreeSet<(usize, usize)> =
            self.marks.iter().filter(|mark| mark.kind == Kind::StateLeak).map(|mark| mark.pair).collect();
        for mark in self.marks.iter_mut().filter(|mark| mark.kind == Kind::LabelFlips) {
            let there = &self.right.row(mark.pair.1)[self.columns.places[mark.column]];
            if !leaking.contains(&mark.pair) && ties.is_tie(mark.pair.0, mark.column, there) {
                mark.kind = Kind::FlipsByRounding;
            }
        }
    }

    /// Rows that differ by more than rounding.
    fn bad(&self) -> BTreeSet<(usize, usize)> {
        self.marks.iter().filter(|mark| mark.kind >= Kind::LabelFlips).map(|mark| mark.pair).collect()
    }

    fn finish(mut self, found: &Pairs) -> Outcome {
        let bad = self.bad();
        if self.is_swapped(&found.matched, &bad) {
            for mark in self.marks.iter_mut().filter(|mark| bad.contains(&mark.pair)) {
                mark.kind = Kind::Swapped;
            }
        }
        let worst = self.marks.iter().map(|mark| mark.kind).max().unwrap_or(Kind::Equal);
        let lost = !found.lost.is_empty() || !found.new.is_empty();
        let rows = if lost {
            Kind::Lost
        } else if found.doubled.is_empty() {
            Kind::Equal
        } else {
            Kind::Doubled
        };
        let order = if found.reordered { Kind::Order } else { Kind::Equal };
        let kind = worst.max(rows).max(order);
        let mut difference = self.difference(kind, found);
        if difference.class > Class::OrderOnly {
            let lines = self.left.ids().len() as u64;
            difference.picture = self.sketch.finish(lines, &self.left.columns);
        }
        let differing: BTreeSet<usize> = bad.iter().map(|(row, _)| *row).collect();
        Outcome {
            kind,
            difference,
            noises: self.columns.noises.into_iter().flatten().filter(|noise| noise.spread > 0.0).collect(),
            ids: found.matched.len() as u64,
            ids_differing: differing.len() as u64,
            reordered: found.reordered,
        }
    }

    fn difference(&self, kind: Kind, found: &Pairs) -> Difference {
        let mut difference = Difference {
            class: kind.class(),
            differing: self.differing,
            compared: (found.matched.len() * self.left.columns.len()) as u64,
            ulps_max: self.ulps_max,
            abs_max: self.abs_max,
            ..Difference::identical()
        };
        let row_of = |table: &Table, row: usize| Place::Row {
            row: row as u64 + 1,
            key: Some(table.key(&table.ids()[row])),
        };
        let present = || Some("present".to_owned());
        match kind {
            Kind::Lost | Kind::Doubled => {
                if let Some(row) = found.lost.first().filter(|_| kind == Kind::Lost) {
                    (difference.place, difference.left) = (Some(row_of(self.left, *row)), present());
                } else if let Some(row) = found.new.first().or(found.doubled.first()) {
                    (difference.place, difference.right) = (Some(row_of(self.right, *row)), present());
                }
            }
            Kind::Order => {
                let wrong = found.matched.windows(2).find(|two| two[0].1 > two[1].1).map(|two| two[1].0);
                difference.place = wrong.map(|row| row_of(self.left, row));
            }
            _ => self.point(&mut difference, kind),
        }
        difference.note = self.note(kind, found);
        difference
    }

    /// The first cell of a kind.
    fn point(&self, difference: &mut Difference, kind: Kind) {
        let Some(mark) = self.marks.iter().find(|mark| mark.kind == kind) else { return };
        let (row, other) = mark.pair;
        difference.place = Some(Place::Cell {
            row: row as u64 + 1,
            key: Some(self.left.key(&self.left.ids()[row])),
            column: self.left.columns[mark.column].clone(),
        });
        difference.left = Some(self.left.row(row)[mark.column].show());
        difference.right = Some(self.right.row(other)[self.columns.places[mark.column]].show());
    }

    /// The kinds found, with how many rows or values there are of each.
    fn note(&self, kind: Kind, found: &Pairs) -> Option<String> {
        let mut parts = Vec::new();
        let mut tell = |count: usize, one: &str, many: &str| {
            if count > 0 {
                parts.push(format!("{count} {}", if count == 1 { one } else { many }));
            }
        };
        tell(found.lost.len(), "row is lost", "rows are lost");
        tell(found.new.len(), "row is there only now", "rows are there only now");
        tell(found.doubled.len(), "row is doubled", "rows are doubled");
        for (other, one, many) in [
            (Kind::Swapped, "value that belongs to another id", "values that belong to other ids"),
            (Kind::StateLeak, "value beyond rounding", "values beyond rounding"),
            (Kind::LabelFlips, "label flips", "labels flip"),
            (
                Kind::FlipsByRounding,
                "label flips where rounding decides",
                "labels flip where rounding decides",
            ),
        ] {
            tell(self.marks.iter().filter(|mark| mark.kind == other).count(), one, many);
        }
        (!parts.is_empty()).then(|| format!("{}: {}", kind.name(), parts.join(", ")))
    }

    /// Whether the rows that differ hold the predictions of other ids: the set of all rows is the same, or every value that
    /// differs stands, up to a few roundings, at another id (only where that is no matter of chance).
    fn is_swapped(&self, pairs: &[(usize, usize)], bad: &BTreeSet<(usize, usize)>) -> bool {
        let scores = self.columns.scores();
        let least = if scores.is_empty() { SWAPPED_LABELS_MIN } else { SWAPPED_SCORES_MIN };
        if bad.len() < least {
            return false;
        }
        self.same_set(pairs)
            || scores.first().is_some_and(|(column, noise)| self.stand_elsewhere(*column, noise, bad))
    }

    fn same_set(&self, pairs: &[(usize, usize)]) -> bool {
        let shown = |values: Vec<&Value>| values.into_iter().map(Value::show).collect::<Vec<String>>();
        let mut here: Vec<_> =
            pairs.iter().map(|(row, _)| shown(self.left.row(*row).iter().collect())).collect();
        let there =
            |row: usize| self.columns.places.iter().map(|place| &self.right.row(row)[*place]).collect();
        let mut there: Vec<_> = pairs.iter().map(|(_, row)| shown(there(*row))).collect();
        here.sort_unstable();
        there.sort_unstable();
        here == there
    }

    fn stand_elsewhere(&self, column: usize, noise: &Noise, bad: &BTreeSet<(usize, usize)>) -> bool {
        let near = 8.0 * noise.precision.epsilon() * noise.scale + noise.unit(noise.scale, 0.0);
        let mut known: Vec<f64> =
            (0..self.left.ids().len()).filter_map(|row| self.left.row(row)[column].number()).collect();
        known.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "an estimate of chance")]
        let by_chance = 2.0 * near * known.len() as f64 >= 0.25 * noise.scale;
        let mut moved: Vec<f64> = Vec::with_capacity(bad.len());
        for (own, row) in bad {
            let own = self.left.row(*own)[column].number();
            let value = self.right.row(*row)[self.columns.places[column]].number();
            match own.zip(value) {
                Some((own, value)) if (own - value).abs() > near => moved.push(value),
                _ => return false,
            }
        }
        moved.sort_unstable_by(f64::total_cmp);
        // Each known value stands for one id, so it is used once.
        let mut next = 0;
        let mut taken = |value: &f64| {
            while known.get(next).is_some_and(|other| *other < value - near) {
                next += 1;
            }
            next += 1;
            known.get(next - 1).is_some_and(|other| *other <= value + near)
        };
        !by_chance && moved.iter().all(&mut taken)
    }
}

/// How a pair of scores differs, and whether only a printed unit excuses it.
fn scored(noise: &mut Noise, here: &Value, there: &Value) -> (Kind, bool) {
    let (Some(one), Some(other)) = (here.number(), there.number()) else { return (Kind::StateLeak, false) };
    if one.is_nan() && other.is_nan() {
        return (Kind::Rounding, false);
    }
    let apart = (one - other).abs();
    if !apart.is_finite() {
        return (if one.to_bits() == other.to_bits() { Kind::Rounding } else { Kind::StateLeak }, false);
    }
    noise.spread = noise.spread.max(apart);
    let tolerance = noise.tolerance(one, other);
    if apart <= tolerance {
        (Kind::Rounding, false)
    } else if apart <= tolerance + noise.unit(one, other) {
        (Kind::Rounding, true)
    } else {
        (Kind::StateLeak, false)
    }
}
