//! Images, pixel by pixel.

use super::tally::{Spot, Tally};
use crate::artifact::{Artifact, Error, png};
use crate::relate::{Class, Difference, Place};

/// Compares two PNG images.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (ours, theirs) = (png::read(&left.origin())?, png::read(&right.origin())?);
    let mut tally = Tally::new();
    let describe = |image: &png::Image| format!("{} by {} pixels, {}", image.width, image.height, image.kind);
    if describe(&ours) != describe(&theirs) {
        tally.raise(Class::Shape);
        tally.differing(1, 0, || Spot::both(Place::Whole, describe(&ours), describe(&theirs)));
        return Ok(tally.finish());
    }
    let size = ours.pixel_bytes().max(1);
    let width = u64::from(ours.width).max(1);
    let mut largest = 0;
    for (place, (here, there)) in (0_u64..).zip(ours.samples.chunks(size).zip(theirs.samples.chunks(size))) {
        tally.compared(1);
        if here != there {
            let (here, there) = (ours.samples_of(here), theirs.samples_of(there));
            let apart = here.iter().zip(&there).map(|(here, there)| here.abs_diff(*there)).max();
            largest = largest.max(apart.unwrap_or(0));
            tally.raise(Class::Values);
            tally.differing(1, place, || {
                let place = Place::Pixel { x: place % width, y: place / width };
                Spot::both(place, format!("{here:?}"), format!("{there:?}"))
            });
        }
    }
    if largest > 0 {
        tally.note(format!("samples differ by at most {largest}"));
    }
    Ok(tally.finish())
}
