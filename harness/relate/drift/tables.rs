//! The columns of two tables, put side by side.

use super::read::{self, Columns, Cut};
use super::{Column, Holds, column};
use crate::artifact::Error;
use crate::relate::overlap::{TableFile, columns_of};

/// Compares columns of two tables, each given by its name in the reference and its name now. What comes of it is not decided
/// yet: see [`super::decide`].
///
/// # Errors
/// When a file cannot be read, is malformed, or lacks one of the columns.
pub fn tables(
    reference: &TableFile,
    current: &TableFile,
    names: &[(String, String)],
) -> Result<Vec<Column>, Error> {
    cut(reference, current, names, Cut::default())
}

/// As [`tables`], with the work cut in another way.
pub(super) fn cut(
    reference: &TableFile,
    current: &TableFile,
    names: &[(String, String)],
    cut: Cut,
) -> Result<Vec<Column>, Error> {
    let places = |file: &TableFile, names: Vec<&String>| -> Result<Vec<usize>, Error> {
        let columns = columns_of(file)?;
        let place = |name: &&String| {
            let found = columns.iter().position(|column| column == *name);
            found.ok_or_else(|| file.origin().malformed(format!("there is no column `{name}`")))
        };
        names.iter().map(place).collect()
    };
    let ours = places(reference, names.iter().map(|(ours, _)| ours).collect())?;
    let theirs = places(current, names.iter().map(|(_, theirs)| theirs).collect())?;
    let all = |file, places| Columns { file, places };
    let held = match cut.held {
        Some(held) => held.get(),
        None => read::at_a_time([&all(reference, Vec::new()), &all(current, Vec::new())])?,
    };
    let mut columns = Vec::with_capacity(names.len());
    for first in (0..names.len()).step_by(held) {
        let group = first..names.len().min(first.saturating_add(held));
        let ours = read::samples(&all(reference, ours[group.clone()].to_vec()), cut)?;
        let theirs = read::samples(&all(current, theirs[group.clone()].to_vec()), cut)?;
        let pairs: Vec<_> =
            ours.into_iter().zip(theirs).map(|pair| std::sync::Mutex::new(Some(pair))).collect();
        let compare = |place: usize| {
            // Taken out, so that its memory is free as soon as it was compared.
            let pair = pairs[place].lock().ok().and_then(|mut pair| pair.take());
            let (mut ours, mut theirs) = pair.unwrap_or_default();
            ours.sort();
            theirs.sort();
            let (name, now) = &names[first + place];
            let now_named = (name != now).then(|| now.clone());
            Column { now_named, ..column::compare(name, &ours, &theirs) }
        };
        columns.extend(read::in_parallel(group.len(), cut, compare));
    }
    Ok(columns)
}

/// What the schema of a column says now and did not say before, in words: whole numbers that are floats now. A file of text
/// shows only what stands in it, so that it is no fault by itself.
#[must_use]
pub fn retyped(column: &Column) -> Option<String> {
    let (before, now) = (column.reference.holds, column.current.holds);
    let told = |holds: Holds| matches!(holds, Holds::Integers | Holds::Floats);
    (before != now && told(before) && told(now)).then(|| format!("{} became {}", before.word(), now.word()))
}
