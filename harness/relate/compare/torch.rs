//! Files of `torch.save`: every leaf of the pickled value by its path, then whatever else lies in the archive.

use super::floats::Floats;
use super::named::{by_name, in_entry, tensor_place};
use super::tally::{Spot, Tally};
use super::{bytes, tensor};
use crate::artifact::float::Real;
use crate::artifact::torch::{Leaf, Torch};
use crate::artifact::{Artifact, Error, Origin};
use crate::relate::{Class, Difference};

/// Compares two torch files.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (mut ours, mut theirs) = (Torch::open(&left.origin())?, Torch::open(&right.origin())?);
    let mut tally = Tally::new();
    if let Some(reason) = ours.unread().or(theirs.unread()).map(str::to_owned) {
        tally.note(format!("tensors have no names here, for {reason}"));
        ours.forget_leaves();
        theirs.forget_leaves();
        let pickles = (&mut ours.pickle(), &mut theirs.pickle());
        let part = bytes::streams((&left.origin(), pickles.0), (&right.origin(), pickles.1))?;
        tally.absorb("data.pkl", in_entry("data.pkl", part));
    } else {
        let names = (ours.leaves().keys().cloned().collect(), theirs.leaves().keys().cloned().collect());
        by_name(&mut tally, (&names.0, &names.1), tensor_place, |name| leaf(&mut ours, &mut theirs, name))?;
    }
    let names = (ours.other_entries(), theirs.other_entries());
    by_name(&mut tally, (&names.0, &names.1), tensor_place, |name| {
        entry((&left.origin(), &mut ours), (&right.origin(), &mut theirs), name)
    })?;
    Ok(tally.finish())
}

fn leaf(left: &mut Torch, right: &mut Torch, name: &str) -> Result<Difference, Error> {
    let (Some(here), Some(there)) = (left.leaves().get(name).cloned(), right.leaves().get(name).cloned())
    else {
        return Ok(Difference::identical());
    };
    let mut tally = Tally::new();
    match (here, there) {
        (Leaf::Tensor(here), Leaf::Tensor(there)) => {
            return tensor::compare(name, left.elements(&here)?, right.elements(&there)?);
        }
        (Leaf::Float(here), Leaf::Float(there)) => {
            let mut floats = Floats::new::<f64>();
            floats.pair(here, there);
            tally.floats(&floats);
            if here.to_bits() != there.to_bits() {
                tally.differing(1, 0, || Spot::both(tensor_place(name), here.show(), there.show()));
            }
        }
        (Leaf::Plain(here), Leaf::Plain(there)) => {
            if here != there {
                tally.raise(Class::Labels);
                tally.differing(1, 0, || Spot::both(tensor_place(name), here, there));
            }
        }
        (here, there) => {
            tally.raise(Class::Shape);
            tally.differing(1, 0, || Spot::both(tensor_place(name), here.kind(), there.kind()));
        }
    }
    tally.compared(1);
    Ok(tally.finish())
}

fn entry(
    (left, ours): (&Origin, &mut Torch),
    (right, theirs): (&Origin, &mut Torch),
    name: &str,
) -> Result<Difference, Error> {
    let (mut first, mut second) = (ours.entry(name)?.1, theirs.entry(name)?.1);
    Ok(in_entry(name, bytes::streams((left, &mut first), (right, &mut second))?))
}
