//! Text, line by line. The kind of line end is a matter of the container.

use super::tally::{Spot, Tally, count_of, shorten};
use crate::artifact::table::Hashers;
use crate::artifact::text::Lines;
use crate::artifact::{Artifact, Error};
use crate::relate::{Class, Difference, Place};
use std::hash::Hasher;

/// Compares two text files.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (mut ours, mut theirs) = (Lines::open(&left.origin())?, Lines::open(&right.origin())?);
    let mut tally = Tally::new();
    let mut counts = [0_u64; 2];
    // Lines that are equal where they stand cancel out; what is left decides whether only the order differs.
    let mut balance = 0_u128;
    let hash = |line: &[u8]| Hashers::of(|hasher| hasher.write(line));
    loop {
        let (here, there) = (ours.advance()?, theirs.advance()?);
        counts[0] += u64::from(here);
        counts[1] += u64::from(there);
        if !here && !there {
            break;
        }
        tally.compared(1);
        if here && there && ours.line() == theirs.line() {
            continue;
        }
        if here {
            balance = balance.wrapping_add(hash(ours.line()));
        }
        if there {
            balance = balance.wrapping_sub(hash(theirs.line()));
        }
        let number = counts[0].max(counts[1]);
        tally.raise(Class::Labels);
        tally.differing(1, number, || Spot {
            place: Place::Line(number),
            left: here.then(|| quote(ours.line())),
            right: there.then(|| quote(theirs.line())),
        });
    }
    if counts[0] != counts[1] {
        tally.raise(Class::Shape);
        tally.note(format!(
            "{} on one side, {} on the other",
            count_of(counts[0], "line"),
            count_of(counts[1], "line")
        ));
    }
    if ours.carriage_returns != theirs.carriage_returns {
        tally.note("lines end in `\\r\\n` on one side only");
    }
    let mut difference = tally.finish();
    if difference.class == Class::Labels && balance == 0 {
        difference.class = Class::OrderOnly;
    }
    Ok(difference)
}

fn quote(line: &[u8]) -> String {
    shorten(format!("{:?}", String::from_utf8_lossy(line)))
}
