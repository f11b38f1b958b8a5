//! Two tables looked at in part: some rows and columns are left out on both sides.

use std::collections::BTreeSet;

use super::table;
use crate::artifact::table::{self as source, Cell, Table};
use crate::artifact::{Artifact, Error, Format};
use crate::relate::{Difference, Place};

/// What is left out of two tables before they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    ids: BTreeSet<Vec<String>>,
    columns: BTreeSet<String>,
}

impl Lens {
    /// Leaves out the rows with these ids, one text per id column. Numbers may be written in another way (`7`, `007`,
    /// `7.0`): programs rewrite ids.
    #[must_use]
    pub fn without_ids(ids: impl IntoIterator<Item = Vec<String>>) -> Self {
        Self { ids: ids.into_iter().map(|id| canonical(&id)).collect(), columns: BTreeSet::new() }
    }

    /// Whether the row with this id is left out.
    #[must_use]
    pub fn leaves_out(&self, id: &[String]) -> bool {
        self.ids.contains(&canonical(id))
    }

    /// Leaves out these columns, too.
    #[must_use]
    pub fn without_columns(mut self, columns: impl IntoIterator<Item = String>) -> Self {
        self.columns.extend(columns);
        self
    }
}

/// What two tables look like through a lens.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    /// Rows that are left of the first table.
    pub rows: u64,
    /// How what is left differs.
    pub difference: Difference,
}

/// Compares what a lens leaves of two tables; `None` where they are no tables, or rows are to be left out and a table lacks its
/// id columns.
///
/// # Errors
/// When a file cannot be read, or is no valid table.
pub fn compare_part(left: &Artifact, right: &Artifact, lens: &Lens) -> Result<Option<Partial>, Error> {
    let is_table =
        |artifact: &Artifact| matches!(artifact.format, Format::Csv | Format::Tsv | Format::Parquet);
    if !is_table(left) || !is_table(right) {
        return Ok(None);
    }
    let Some(rows) = count(left, lens)? else { return Ok(None) };
    if left.digest == right.digest {
        return Ok(Some(Partial { rows, difference: Difference::identical() }));
    }
    if count(right, lens)?.is_none() {
        return Ok(None);
    }
    let open = |artifact: &Artifact| Ok(Box::new(Part::open(artifact, lens)?) as Box<dyn Table>);
    let mut difference = table::compare_opened(left, right, &open)?;
    let side = if difference.left.is_none() && difference.right.is_some() { right } else { left };
    if let Some(Place::Cell { row, .. } | Place::Row { row, .. }) = &mut difference.place {
        *row = row_in_file(side, lens, *row)?;
    }
    Ok(Some(Partial { rows, difference }))
}

/// Rows that are left; `None` where the id columns are not there.
fn count(artifact: &Artifact, lens: &Lens) -> Result<Option<u64>, Error> {
    let mut part = Part::open(artifact, lens)?;
    if part.keys.len() != artifact.id.len() || (part.keys.is_empty() && !lens.ids.is_empty()) {
        return Ok(None);
    }
    let mut rows = 0;
    while part.advance()? {
        rows += 1;
    }
    Ok(Some(rows))
}

/// The number in the file of the row that is the `wanted`th left, both from 1.
fn row_in_file(artifact: &Artifact, lens: &Lens, wanted: u64) -> Result<u64, Error> {
    let mut part = Part::open(artifact, lens)?;
    for _ in 0..wanted {
        part.advance()?;
    }
    Ok(part.read)
}

/// A table through a lens.
struct Part<'a> {
    inner: Box<dyn Table>,
    lens: &'a Lens,
    /// Places of the id columns in the file.
    keys: Vec<usize>,
    /// Columns that are left, and their places in the file.
    columns: Vec<String>,
    places: Vec<usize>,
    /// Rows read from the file.
    read: u64,
}

impl<'a> Part<'a> {
    fn open(artifact: &Artifact, lens: &'a Lens) -> Result<Self, Error> {
        let inner = source::open(&artifact.origin())?;
        let place = |name: &String| inner.columns().iter().position(|column| column == name);
        let keys = artifact.id.iter().filter_map(place).collect();
        let left = inner.columns().iter().enumerate().filter(|(_, name)| !lens.columns.contains(*name));
        let (places, columns) = left.map(|(place, name)| (place, name.clone())).unzip();
        Ok(Self { inner, lens, keys, columns, places, read: 0 })
    }

    fn is_left_out(&mut self) -> bool {
        if self.lens.ids.is_empty() {
            return false;
        }
        let id: Vec<String> = self.keys.iter().map(|place| self.inner.cell(*place).key()).collect();
        self.lens.leaves_out(&id)
    }
}

impl Table for Part<'_> {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn column_type(&self, column: usize) -> Option<String> {
        self.inner.column_type(self.places[column])
    }

    fn advance(&mut self) -> Result<bool, Error> {
        while self.inner.advance()? {
            self.read += 1;
            if !self.is_left_out() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn position(&self) -> u64 {
        self.inner.position()
    }

    fn visit(&mut self, position: u64) -> Result<(), Error> {
        self.inner.visit(position)
    }

    fn raw(&self) -> Option<&[u8]> {
        // Rows are equal as texts only where all their columns count.
        if self.lens.columns.is_empty() { self.inner.raw() } else { None }
    }

    fn cell(&mut self, column: usize) -> Cell<'_> {
        self.inner.cell(self.places[column])
    }
}

/// Longest number that a double holds exactly, in digits.
const DIGITS_EXACT: usize = 15;

fn canonical(id: &[String]) -> Vec<String> {
    id.iter().map(|part| canonical_part(part.trim())).collect()
}

fn canonical_part(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(value) if text.len() <= DIGITS_EXACT && value.is_finite() => value.to_string(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relate::Class;

    fn tables(left: &str, right: &str) -> (tempfile::TempDir, Artifact, Artifact) {
        let folder = tempfile::tempdir().unwrap();
        let artifact = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Artifact::at(path, Format::Csv, vec!["id".to_owned()]).unwrap()
        };
        let (left, right) = (artifact("left.csv", left), artifact("right.csv", right));
        (folder, left, right)
    }

    fn without(ids: &[&str]) -> Lens {
        Lens::without_ids(ids.iter().map(|id| vec![(*id).to_owned()]))
    }

    #[test]
    fn rows_that_are_left_out_may_differ_and_others_are_named_by_their_row_in_the_file() {
        let (_folder, left, right) = tables("id,x\n1,0.5\n2,0.5\n3,0.5\n", "id,x\n1,9\n3,0.25\n");
        let part = compare_part(&left, &right, &without(&["01", "2.0"])).unwrap().unwrap();
        assert_eq!((part.rows, part.difference.class), (1, Class::Values));
        let text = part.difference.place.unwrap().to_string();
        assert_eq!(text, "row 3 (id=3), column `x`");
        let part = compare_part(&left, &right, &without(&["1", "2", "3"])).unwrap().unwrap();
        assert_eq!((part.rows, part.difference.differing), (0, 0));
    }

    #[test]
    fn columns_that_are_left_out_may_differ() {
        let (_folder, left, right) = tables("id,x,y\n1,0.5,a\n", "id,x,y\n1,0.5,b\n");
        let lens = Lens::default().without_columns(["y".to_owned()]);
        let part = compare_part(&left, &right, &lens).unwrap().unwrap();
        assert_eq!(part.difference.differing, 0, "{:?}", part.difference);
        let part = compare_part(&left, &right, &Lens::default()).unwrap().unwrap();
        assert_eq!(part.difference.class, Class::Labels);
    }

    #[test]
    fn without_its_id_column_no_row_can_be_left_out() {
        let (_folder, left, right) = tables("key,x\n1,0.5\n", "key,x\n1,0.25\n");
        assert_eq!(compare_part(&left, &right, &without(&["1"])).unwrap(), None);
    }

    #[test]
    fn a_row_that_only_the_second_has_is_counted_there() {
        let (_folder, left, right) = tables("id,x\n1,5\n", "id,x\n1,6\n7,1\n");
        let part = compare_part(&left, &right, &without(&["1"])).unwrap().unwrap();
        assert_eq!(part.difference.place.unwrap().to_string(), "row 2 (id=7)");
        assert_eq!(part.difference.class, Class::Shape);
    }
}
