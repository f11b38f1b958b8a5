//! Whether one log is another, or the end of it.

use super::Error;
use crate::artifact::{Artifact, table};
use crate::relate::{self, Class, Difference, Place};

/// Rows of a log that are held in memory at most; longer ones are compared as a whole.
const ROWS_MAX: usize = 5_000_000;

/// How the second of two logs differs from the first; `None` where it is the first, or the end of it: a resumed run may
/// write down its own part alone.
pub(super) fn parts_from_end(whole: &Artifact, part: &Artifact) -> Result<Option<Difference>, Error> {
    let difference = relate::compare(whole, part)?;
    if difference.class <= Class::ContainerOnly {
        return Ok(None);
    }
    if !(whole.format.is_table() && part.format.is_table()) {
        return Ok(Some(difference));
    }
    let (Some(all), Some(end)) = (rows(whole)?, rows(part)?) else { return Ok(Some(difference)) };
    let Some(skipped) = all.len().checked_sub(end.len()).filter(|skipped| *skipped > 0 && !end.is_empty())
    else {
        return Ok(Some(difference));
    };
    let parting = all[skipped..].iter().zip(&end).position(|(left, right)| left != right);
    Ok(parting.map(|at| {
        let shown = |rows: &[Vec<String>], row: usize| Some(rows[row].join(", "));
        let place = Place::Row { row: (skipped + at + 1) as u64, key: None };
        Difference {
            class: Class::Labels,
            place: Some(place),
            left: shown(&all, skipped + at),
            right: shown(&end, at),
            note: Some(format!("the resumed run wrote down its own part, {} rows", end.len())),
            ..Difference::identical()
        }
    }))
}

fn rows(artifact: &Artifact) -> Result<Option<Vec<Vec<String>>>, Error> {
    let mut table = match table::open(&artifact.origin()) {
        Err(error) if error.is_about_content() => return Ok(None),
        table => table?,
    };
    let columns = table.columns().len();
    let mut rows = Vec::new();
    while table.advance()? {
        if rows.len() == ROWS_MAX {
            return Ok(None);
        }
        rows.push((0..columns).map(|column| table.cell(column).key()).collect());
    }
    Ok(Some(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;

    fn log(folder: &tempfile::TempDir, name: &str, rows: &[&str]) -> Artifact {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("epoch,row\n{}\n", rows.join("\n"))).unwrap();
        Artifact::at(path, Format::Csv, Vec::new()).unwrap()
    }

    #[test]
    fn a_log_may_be_whole_or_the_end_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let whole = log(&folder, "whole.csv", &["1,5", "1,6", "2,6", "2,5"]);
        let against = |rows: &[&str]| parts_from_end(&whole, &log(&folder, "part.csv", rows)).unwrap();
        assert_eq!(against(&["1,5", "1,6", "2,6", "2,5"]), None);
        assert_eq!(against(&["2,6", "2,5"]), None);
        let other = against(&["2,5", "2,6"]).unwrap();
        assert_eq!(other.place, Some(Place::Row { row: 3, key: None }));
        assert_eq!((other.left.as_deref(), other.right.as_deref()), (Some("2, 6"), Some("2, 5")));
        assert!(against(&["1,5", "1,6", "2,5", "2,6"]).is_some());
    }
}
