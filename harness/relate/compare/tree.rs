//! Directories, file by file in the order of their names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::tally::{Spot, Tally};
use crate::artifact::tree::{self, Kind};
use crate::artifact::{Artifact, Error, Format};
use crate::relate::{Class, Difference, Place};

type Listing = BTreeMap<Vec<u8>, (PathBuf, Kind)>;

/// Compares two directories. Counts are of files, links and directories.
pub(super) fn compare(left: &Artifact, right: &Artifact) -> Result<Difference, Error> {
    let (ours, theirs) = (listing(left)?, listing(right)?);
    let mut tally = Tally::new();
    let mut names: Vec<&Vec<u8>> = ours.keys().chain(theirs.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let path = String::from_utf8_lossy(name).into_owned();
        let (here, there) = (ours.get(name), theirs.get(name));
        let mut part = match (here, there) {
            (Some((path, first)), Some((_, second))) => entries((left, right), path, (*first, *second))?,
            _ => Difference {
                class: Class::Missing,
                left: here.map(|(_, kind)| describe(*kind).to_owned()),
                right: there.map(|(_, kind)| describe(*kind).to_owned()),
                ..Difference::identical()
            },
        };
        part.compared = 1;
        part.differing = u64::from(part.class > Class::Identical);
        if part.class > Class::ContainerOnly {
            let inside = part.place.take().filter(|place| *place != Place::Whole).map(Box::new);
            part.place = Some(Place::File { path: path.clone(), inside });
        }
        tally.absorb(&path, part);
    }
    Ok(tally.finish())
}

fn listing(artifact: &Artifact) -> Result<Listing, Error> {
    let entries = tree::list(&artifact.path)?;
    Ok(entries.into_iter().map(|entry| (tree::path_bytes(&entry.path), (entry.path, entry.kind))).collect())
}

fn entries(
    (left, right): (&Artifact, &Artifact),
    path: &PathBuf,
    kinds: (Kind, Kind),
) -> Result<Difference, Error> {
    let (here, there) = (left.path.join(path), right.path.join(path));
    let mut tally = Tally::new();
    match kinds {
        (Kind::File { .. }, Kind::File { .. }) => {
            let artifact = |path: PathBuf| {
                let format = Format::detect(&path)?;
                Artifact::at(path, format, Vec::new())
            };
            return super::compare(&artifact(here)?, &artifact(there)?);
        }
        (Kind::Link, Kind::Link) => {
            let (here, there) = (tree::link_target(&here)?, tree::link_target(&there)?);
            if here != there {
                tally.raise(Class::Labels);
                let show = |target: Vec<u8>| format!("link to `{}`", String::from_utf8_lossy(&target));
                tally.differing(1, 0, || Spot::both(Place::Whole, show(here), show(there)));
            }
        }
        (Kind::Directory, Kind::Directory) => {}
        (first, second) => {
            tally.raise(Class::Shape);
            tally.differing(1, 0, || Spot::both(Place::Whole, describe(first), describe(second)));
        }
    }
    Ok(tally.finish())
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::File { .. } => "file",
        Kind::Directory => "directory",
        Kind::Link => "link",
    }
}
