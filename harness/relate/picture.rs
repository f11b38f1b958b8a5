//! What a difference looks like: how far values lie apart, where they stand, and how they go together.
//!
//! All is counted into few cells, so that a picture of gigabytes is as small as one of a line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a drawing of a difference needs. Parts that say nothing are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Picture {
    /// How many finite floats differ by 1 ULP, by 2 to 3, by 4 to 7, …: entry `k` counts distances from `2^k` to
    /// below `2^(k + 1)`. Ends with the last entry that is not zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ulps: Vec<u64>,
    /// Where values differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<Map>,
    /// Values of both sides at the same places, `[baseline, now]`: an even sample in reading order, finite numbers
    /// only, those that are equal included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<[f64; 2]>,
}

impl Picture {
    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A table or tensor seen from above, as a grid of few cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Map {
    /// What the lines of the grid stand for: `rows` of tables; of tensors, the elements along all axes but the last.
    pub lines: u64,
    /// How many lines one line of the grid holds; the last one may hold fewer.
    pub lines_per_cell: u64,
    /// What the columns of the grid are called, where they are columns of a table; empty for tensors.
    pub columns: Vec<String>,
    /// How many columns (elements along the last axis) one column of the grid holds.
    pub columns_per_cell: u64,
    /// How many values differ, by line and column of the grid.
    pub differing: Vec<Vec<u64>>,
}

/// Lines of a map at most.
const LINES_MAX: u64 = 48;
/// Columns of a map at most.
const COLUMNS_MAX: u64 = 32;
/// Scores of one row that a picture takes at most: a wide table must not fill it with its first rows.
pub(super) const SCORES_MAX: usize = 8;
/// Pairs of values that are kept at most.
const PAIRS_MAX: usize = 200;

/// A picture under way: bounded whatever is compared, and the same in whatever order differences are found.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    ulps: Distances,
    grid: Grid,
    pairs: Pairs,
    /// The finished pictures of parts.
    parts: Vec<Picture>,
}

impl Sketch {
    /// A picture of something as many columns wide.
    pub(super) fn new(width: u64) -> Self {
        let pairs = Pairs { stride: 1, kept: Vec::new() };
        Self { ulps: Distances::default(), grid: Grid::new(width), pairs, parts: Vec::new() }
    }

    /// Counts two floats that lie `distance` ULPs apart.
    pub(super) fn ulp(&mut self, distance: u64) {
        self.ulps.count(distance);
    }

    /// Takes in distances that were counted apart.
    pub(super) fn ulps(&mut self, distances: &Distances) {
        self.ulps.add(&distances.0);
    }

    /// Counts a value that differs, lines and columns from 0.
    pub(super) fn mark(&mut self, line: u64, column: u64) {
        self.grid.mark(line, column);
    }

    /// The first position from `start` on at which the values of both sides are wanted.
    pub(super) fn wanted(&self, start: u64) -> u64 {
        start.next_multiple_of(self.pairs.stride)
    }

    /// Takes the values of both sides at a position that is wanted.
    pub(super) fn pair(&mut self, position: u64, left: f64, right: f64) {
        if left.is_finite() && right.is_finite() {
            self.pairs.add(position, [left, right]);
        }
    }

    /// Takes in a part (a tensor of several, a file of a folder).
    pub(super) fn absorb(&mut self, part: Option<Picture>) {
        self.parts.extend(part);
    }

    /// The picture, of `lines` lines, with the names of all columns where they have any.
    pub(super) fn finish(self, lines: u64, names: &[String]) -> Option<Picture> {
        let mut picture = Picture {
            ulps: self.ulps.0,
            map: self.grid.finish(lines, names),
            pairs: self.pairs.kept.into_iter().map(|(_, pair)| pair).collect(),
        };
        for part in self.parts {
            picture.add(part);
        }
        (!picture.is_empty()).then_some(picture)
    }
}

impl Picture {
    /// Adds a part that comes after this one. Of maps the first stays: those of two tensors do not fit on each other.
    fn add(&mut self, part: Picture) {
        let mut ulps = Distances(std::mem::take(&mut self.ulps));
        ulps.add(&part.ulps);
        self.ulps = ulps.0;
        self.map = self.map.take().or(part.map);
        self.pairs.extend(part.pairs);
        while self.pairs.len() > PAIRS_MAX {
            let mut even = false;
            self.pairs.retain(|_| {
                even = !even;
                even
            });
        }
    }
}

/// How many pairs of floats lie how far apart, as [`Picture::ulps`] counts them.
#[derive(Clone, Debug, Default)]
pub(super) struct Distances(Vec<u64>);

impl Distances {
    /// Counts a pair. One that is 0 apart (zeros of both signs) is not counted.
    pub(super) fn count(&mut self, distance: u64) {
        let Some(power) = distance.checked_ilog2() else { return };
        let place = power as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] += 1;
    }

    fn add(&mut self, other: &[u64]) {
        if self.0.len() < other.len() {
            self.0.resize(other.len(), 0);
        }
        self.0.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
    }
}

/// Counts by cell; cells become coarser when there are too many.
#[derive(Clone, Debug)]
struct Grid {
    width: u64,
    columns_per_cell: u64,
    lines_per_cell: u64,
    cells: Vec<Vec<u64>>,
}

impl Grid {
    fn new(width: u64) -> Self {
        let columns_per_cell = width.div_ceil(COLUMNS_MAX).max(1);
        Self { width, columns_per_cell, lines_per_cell: 1, cells: Vec::new() }
    }

    fn mark(&mut self, line: u64, column: u64) {
        while line / self.lines_per_cell >= LINES_MAX {
            self.coarsen();
        }
        let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let line = small(line / self.lines_per_cell);
        let columns = small(self.width.div_ceil(self.columns_per_cell).max(1));
        if self.cells.len() <= line {
            self.cells.resize(line + 1, vec![0; columns]);
        }
        self.cells[line][small(column / self.columns_per_cell).min(columns - 1)] += 1;
    }

    fn coarsen(&mut self) {
        self.lines_per_cell *= 2;
        let joined = self.cells.chunks(2).map(|two| {
            let mut sum = two[0].clone();
            let more = two.get(1).into_iter().flatten();
            sum.iter_mut().zip(more).for_each(|(sum, count)| *sum += count);
            sum
        });
        self.cells = joined.collect();
    }

    /// `None` where nothing differs, or where there is one cell only, which says nothing.
    fn finish(mut self, lines: u64, names: &[String]) -> Option<Map> {
        if self.cells.is_empty() || lines * self.width <= 1 {
            return None;
        }
        while lines.div_ceil(self.lines_per_cell) > LINES_MAX {
            self.coarsen();
        }
        let whole = usize::try_from(lines.div_ceil(self.lines_per_cell)).unwrap_or(0);
        let columns = self.cells[0].len();
        self.cells.resize(whole.max(self.cells.len()), vec![0; columns]);
        let step = usize::try_from(self.columns_per_cell).unwrap_or(usize::MAX);
        Some(Map {
            lines,
            lines_per_cell: self.lines_per_cell,
            columns: names.iter().step_by(step).cloned().collect(),
            columns_per_cell: self.columns_per_cell,
            differing: self.cells,
        })
    }
}

/// An even sample by position: every `stride`th, the stride doubled whenever there are too many.
#[derive(Clone, Debug)]
struct Pairs {
    stride: u64,
    kept: Vec<(u64, [f64; 2])>,
}

impl Pairs {
    fn add(&mut self, position: u64, pair: [f64; 2]) {
        if !position.is_multiple_of(self.stride) {
            return;
        }
        self.kept.push((position, pair));
        // Several pairs may stand at one position (the scores of a row), far fewer than are kept.
        while self.kept.len() > PAIRS_MAX {
            self.stride *= 2;
            let stride = self.stride;
            self.kept.retain(|(position, _)| position.is_multiple_of(stride));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|place| format!("c{place}")).collect()
    }

    #[test]
    fn distances_are_counted_by_powers_of_two() {
        let mut sketch = Sketch::new(1);
        for distance in [0, 1, 1, 2, 3, 4, 7, 8, u64::MAX] {
            sketch.ulp(distance);
        }
        let ulps = sketch.finish(0, &[]).unwrap().ulps;
        assert_eq!(ulps[..4], [2, 2, 2, 1]);
        assert_eq!((ulps.len(), ulps[63]), (64, 1));
    }

    #[test]
    fn a_map_of_a_small_table_has_a_cell_for_each_value() {
        let mut sketch = Sketch::new(2);
        sketch.mark(0, 1);
        sketch.mark(2, 0);
        let map = sketch.finish(4, &names(2)).unwrap().map.unwrap();
        assert_eq!(map.differing, [[0, 1], [0, 0], [1, 0], [0, 0]]);
        assert_eq!((map.lines_per_cell, map.columns_per_cell), (1, 1));
        assert_eq!(map.columns, ["c0", "c1"]);
    }

    #[test]
    fn what_has_one_value_only_needs_no_map_and_equal_things_no_picture() {
        let mut sketch = Sketch::new(1);
        sketch.mark(0, 0);
        assert_eq!(sketch.finish(1, &[]), None);
        assert_eq!(Sketch::new(3).finish(7, &[]), None);
    }

    #[test]
    fn parts_add_up_and_the_map_of_the_first_stays() {
        let part = |width, distance, pairs: u64| {
            let mut sketch = Sketch::new(width);
            sketch.mark(1, 0);
            sketch.ulp(distance);
            (0..pairs).for_each(|place| sketch.pair(place, 1.0, 2.0));
            sketch.finish(2, &[])
        };
        let mut whole = Sketch::new(0);
        whole.absorb(part(1, 1, 150));
        whole.absorb(None);
        whole.absorb(part(5, 4, 150));
        let picture = whole.finish(0, &[]).unwrap();
        assert_eq!(picture.ulps, [1, 0, 1]);
        assert_eq!(picture.map.unwrap().differing, [[0], [1]]);
        assert_eq!(picture.pairs.len(), 150);
    }

    proptest! {
        #[test]
        fn no_mark_is_lost_and_the_order_does_not_matter(
            marks in prop::collection::vec((0_u64..5000, 0_u64..70), 1..200), width in 1_u64..70
        ) {
            let drawn = |marks: &mut dyn Iterator<Item = &(u64, u64)>| {
                let mut sketch = Sketch::new(width);
                for (line, column) in marks {
                    sketch.mark(*line, column % width);
                    sketch.ulp(line + 1);
                }
                sketch.finish(5000, &names(usize::try_from(width).unwrap()))
            };
            let picture = drawn(&mut marks.iter());
            prop_assert_eq!(&picture, &drawn(&mut marks.iter().rev()));
            let map = picture.unwrap().map.unwrap();
            let sum: u64 = map.differing.iter().flatten().sum();
            prop_assert_eq!(sum, marks.len() as u64);
            prop_assert!(map.differing.len() as u64 <= LINES_MAX);
            prop_assert_eq!(map.differing[0].len(), map.columns.len());
            prop_assert!(map.lines_per_cell * map.differing.len() as u64 >= 5000);
        }

        #[test]
        fn the_sample_is_even_and_bounded(count in 1_u64..3000, chunk in 1_u64..500) {
            let mut sketch = Sketch::new(1);
            let mut start = 0;
            while start < count {
                let end = (start + chunk).min(count);
                let mut position = sketch.wanted(start);
                while position < end {
                    #[expect(clippy::cast_precision_loss, reason = "small")]
                    sketch.pair(position, position as f64, 0.0);
                    position = sketch.wanted(position + 1);
                }
                start = end;
            }
            let pairs = sketch.finish(0, &[]).unwrap().pairs;
            prop_assert!(pairs.len() <= PAIRS_MAX && pairs.len() as u64 >= count.min(PAIRS_MAX as u64 / 2));
            let steps: Vec<f64> = pairs.windows(2).map(|two| two[1][0] - two[0][0]).collect();
            prop_assert!(steps.windows(2).all(|two| two[0].to_bits() == two[1].to_bits()));
        }
    }
}
