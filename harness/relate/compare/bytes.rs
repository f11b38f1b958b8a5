//! Opaque bytes.

use std::io::Read;

use super::tally::{Spot, Tally, count_of};
use crate::artifact::{Artifact, Error, Origin, open};
use crate::relate::{Class, Difference, Place};

/// Compares two files byte by byte.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (mut first, mut second) = (open::regular(&left.path)?, open::regular(&right.path)?);
    streams((&left.origin(), &mut first), (&right.origin(), &mut second))
}

/// Compares two streams byte by byte.
pub(super) fn streams(
    (left, first): (&Origin, &mut dyn Read),
    (right, second): (&Origin, &mut dyn Read),
) -> Result<Difference, Error> {
    let mut tally = Tally::new();
    let (mut ours, mut theirs) = (vec![0; open::CHUNK_BYTES], vec![0; open::CHUNK_BYTES]);
    let (mut lengths, mut at) = ([0_u64; 2], 0_u64);
    loop {
        let here = fill(left, first, &mut ours)?;
        let there = fill(right, second, &mut theirs)?;
        lengths[0] += here as u64;
        lengths[1] += there as u64;
        let longer = here.max(there);
        if longer == 0 {
            break;
        }
        if ours[..here] != theirs[..there] {
            for place in 0..longer {
                let pair = (ours[..here].get(place), theirs[..there].get(place));
                if pair.0 != pair.1 {
                    let key = at + place as u64;
                    let show = |byte: Option<&u8>| byte.map(|byte| format!("0x{byte:02x}"));
                    tally.differing(1, key, || Spot {
                        place: Place::Byte(key),
                        left: show(pair.0),
                        right: show(pair.1),
                    });
                }
            }
            tally.raise(Class::Bytes);
        }
        tally.compared(longer as u64);
        at += longer as u64;
    }
    if lengths[0] != lengths[1] {
        tally.note(format!(
            "{} on one side, {} on the other",
            count_of(lengths[0], "byte"),
            count_of(lengths[1], "byte")
        ));
    }
    Ok(tally.finish())
}

/// Fills the buffer unless the stream ends, so that both sides move in step.
fn fill(origin: &Origin, stream: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(source) => return Err(origin.reading(source)),
        }
    }
    Ok(filled)
}
