//! What a comparison counts while it walks two artifacts.

use std::fmt::Write;

use super::floats::Floats;
use crate::relate::picture::Sketch;
use crate::relate::{Class, Difference, Place};

/// Limit on the notes of one difference; the rest is counted.
const NOTES_MAX: usize = 3;

/// Limit on a shown value, in characters.
const SHOWN_CHARS_MAX: usize = 160;

/// A difference under way. Places are given with a key that says where they stand in reading order, so that the first
/// is kept whichever is found first.
pub(super) struct Tally {
    difference: Difference,
    first: Option<u64>,
    notes: Vec<String>,
    sketch: Sketch,
    /// Lines of the map, and the names of its columns.
    seen: (u64, Vec<String>),
}

/// A place with what stands there on each side.
pub(super) struct Spot {
    pub(super) place: Place,
    pub(super) left: Option<String>,
    pub(super) right: Option<String>,
}

impl Spot {
    pub(super) fn both(place: Place, left: impl Into<String>, right: impl Into<String>) -> Self {
        Self { place, left: Some(left.into()), right: Some(right.into()) }
    }
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            difference: Difference::identical(),
            first: None,
            notes: Vec::new(),
            sketch: Sketch::new(1),
            seen: (0, Vec::new()),
        }
    }

    /// The same, as many columns wide.
    pub(super) fn widened(mut self, columns: u64) -> Self {
        self.sketch = Sketch::new(columns);
        self
    }

    /// The picture under way.
    pub(super) fn sketch(&mut self) -> &mut Sketch {
        &mut self.sketch
    }

    /// How many lines the picture has, and the names of its columns where they have any.
    pub(super) fn frame(&mut self, lines: u64, columns: Vec<String>) {
        self.seen = (lines, columns);
    }

    pub(super) fn class(&self) -> Class {
        self.difference.class
    }

    /// Raises the class.
    pub(super) fn raise(&mut self, class: Class) {
        self.difference.class = self.difference.class.max(class);
    }

    /// Counts values that were compared.
    pub(super) fn compared(&mut self, count: u64) {
        self.difference.compared += count;
    }

    /// Whether a difference at `key` would come before all others.
    pub(super) fn is_first(&self, key: u64) -> bool {
        self.first.is_none_or(|first| key < first)
    }

    /// Counts values that differ, the first of them at `key` in reading order.
    pub(super) fn differing(&mut self, count: u64, key: u64, spot: impl FnOnce() -> Spot) {
        self.difference.differing += count;
        if self.is_first(key) {
            self.first = Some(key);
            let spot = spot();
            self.difference.place = Some(spot.place);
            self.difference.left = spot.left.map(shorten);
            self.difference.right = spot.right.map(shorten);
        }
    }

    /// Takes in what a group of floats (a tensor, a column) has to say.
    pub(super) fn floats(&mut self, floats: &Floats) {
        self.raise(floats.class());
        self.reach(floats.ulps_max(), floats.abs_max());
        self.sketch.ulps(floats.ulps());
    }

    fn reach(&mut self, ulps_max: Option<u64>, abs_max: Option<f64>) {
        self.difference.ulps_max = self.difference.ulps_max.max(ulps_max);
        if let Some(abs) = abs_max {
            self.difference.abs_max = Some(self.difference.abs_max.map_or(abs, |max| max.max(abs)));
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Takes in the difference of a part, which comes after all parts taken in before.
    pub(super) fn absorb(&mut self, name: &str, part: Difference) {
        self.raise(part.class);
        self.difference.compared += part.compared;
        self.difference.differing += part.differing;
        self.reach(part.ulps_max, part.abs_max);
        self.sketch.absorb(part.picture);
        if self.first.is_none()
            && let Some(place) = part.place
        {
            self.first = Some(0);
            self.difference.place = Some(place);
            self.difference.left = part.left;
            self.difference.right = part.right;
        }
        self.notes.extend(part.note.map(|note| format!("`{name}`: {note}")));
    }

    pub(super) fn finish(mut self) -> Difference {
        let more = self.notes.len().saturating_sub(NOTES_MAX);
        self.notes.truncate(NOTES_MAX);
        if more > 0 {
            self.notes.push(format!("and {more} more"));
        }
        if !self.notes.is_empty() {
            self.difference.note = Some(self.notes.join("; "));
        }
        if self.difference.class > Class::ContainerOnly {
            self.difference.picture = self.sketch.finish(self.seen.0, &self.seen.1);
        }
        self.difference
    }
}

/// Cuts a value that would not fit a line.
pub(super) fn shorten(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => text,
        Some((end, _)) => {
            let mut short = text[..end].to_owned();
            // Writing to a string cannot fail.
            let _ = write!(short, "... ({} characters)", text.chars().count());
            short
        }
    }
}

/// `1 row`, `2 rows`.
pub(super) fn count_of(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_in_reading_order_is_kept() {
        let mut tally = Tally::new();
        for (key, line) in [(5, 6), (2, 3), (9, 10)] {
            tally.differing(1, key, || Spot::both(Place::Line(line), "a", "b"));
        }
        let difference = tally.finish();
        assert_eq!(difference.place, Some(Place::Line(3)));
        assert_eq!(difference.differing, 3);
    }

    #[test]
    fn long_values_and_many_notes_are_cut() {
        let mut tally = Tally::new();
        tally.differing(1, 0, || Spot::both(Place::Whole, "\u{fc}".repeat(200), ""));
        for note in ["a", "b", "c", "d", "e"] {
            tally.note(note);
        }
        let difference = tally.finish();
        assert!(difference.left.unwrap().ends_with("\u{fc}... (200 characters)"));
        assert_eq!(difference.note.unwrap(), "a; b; c; and 2 more");
    }
}
