//! Containers of named tensors, in the order of their names.

use std::collections::BTreeSet;

use super::tally::{Spot, Tally};
use super::{bytes, tensor};
use crate::artifact::archive::Archive;
use crate::artifact::npy::{self, Array};
use crate::artifact::safetensors::Safetensors;
use crate::artifact::{Artifact, Error};
use crate::relate::{Class, Difference, Place};

/// Calls `both` for every name on both sides and counts the others as missing.
pub(super) fn by_name(
    tally: &mut Tally,
    (left, right): (&BTreeSet<String>, &BTreeSet<String>),
    place: impl Fn(&str) -> Place,
    mut both: impl FnMut(&str) -> Result<Difference, Error>,
) -> Result<(), Error> {
    for name in left.union(right) {
        let sides = (left.contains(name), right.contains(name));
        let part = if sides == (true, true) {
            both(name)?
        } else {
            let mut missing = Tally::new();
            missing.raise(Class::Missing);
            missing.compared(1);
            let show = |there: bool| there.then(|| "present".to_owned());
            missing.differing(1, 0, || Spot {
                place: place(name),
                left: show(sides.0),
                right: show(sides.1),
            });
            missing.finish()
        };
        tally.absorb(name, part);
    }
    Ok(())
}

/// A tensor as a whole.
pub(super) fn tensor_place(name: &str) -> Place {
    Place::Element { tensor: name.to_owned(), index: Vec::new() }
}

/// Names the archive entry in which opaque bytes differ, as if it were a tensor of bytes.
pub(super) fn in_entry(name: &str, mut part: Difference) -> Difference {
    if let Some(Place::Byte(byte)) = part.place {
        part.place = Some(Place::Element { tensor: name.to_owned(), index: vec![byte] });
    }
    part
}

/// Compares two zip files of NumPy arrays.
pub(super) fn compare_npz(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let mut ours = Archive::open(&left.origin())?;
    let mut theirs = Archive::open(&right.origin())?;
    let names = (ours.names().iter().cloned().collect(), theirs.names().iter().cloned().collect());
    let mut tally = Tally::new();
    let bare = |name: &str| tensor_place(name.strip_suffix(".npy").unwrap_or(name));
    by_name(&mut tally, (&names.0, &names.1), bare, |name| npz_entry(&mut ours, &mut theirs, name))?;
    Ok(tally.finish())
}

fn npz_entry(left: &mut Archive, right: &mut Archive, name: &str) -> Result<Difference, Error> {
    let origins = (left.origin().clone(), right.origin().clone());
    let array = name.strip_suffix(".npy");
    if let Some(bare) = array {
        let (first, second) = (left.entry(name)?, right.entry(name)?);
        let arrays = (npy::read(&origins.0, first.0, first.1)?, npy::read(&origins.1, second.0, second.1)?);
        if let (Array::Elements(ours), Array::Elements(theirs)) = arrays {
            return tensor::compare(bare, ours, theirs);
        }
    }
    let (mut first, mut second) = (left.entry(name)?.1, right.entry(name)?.1);
    let mut part = bytes::streams((&origins.0, &mut first), (&origins.1, &mut second))?;
    if part.class > Class::Identical && array.is_some() {
        part.note = Some(tensor::OBJECTS.to_owned());
    }
    Ok(in_entry(name, part))
}

/// Compares two safetensors files.
pub(super) fn compare_safetensors(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (ours, theirs) = (Safetensors::open(&left.origin())?, Safetensors::open(&right.origin())?);
    let names = (ours.names().into_iter().collect(), theirs.names().into_iter().collect());
    let mut tally = Tally::new();
    by_name(&mut tally, (&names.0, &names.1), tensor_place, |name| {
        tensor::compare(name, ours.elements(name)?, theirs.elements(name)?)
    })?;
    if ours.notes() != theirs.notes() {
        tally.note("the texts under `__metadata__` differ");
    }
    Ok(tally.finish())
}
