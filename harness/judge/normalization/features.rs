//! Tables of numbers, and their rows side by side.

use std::collections::BTreeMap;

use crate::artifact::Error;
use crate::relate::metric::canonical;
use crate::relate::overlap::{Selection, TableFile, source};

/// The numeric columns of a table, without ids and target.
pub(super) struct Features {
    /// The id of each row; empty where none is declared.
    pub(super) ids: Vec<String>,
    /// Columns in the order of the file; a missing value is not a number.
    pub(super) columns: Vec<(String, Vec<f64>)>,
    /// Columns that hold anything else.
    pub(super) others: Vec<String>,
    pub(super) rows: usize,
}

impl Features {
    /// Reads the selected rows of a file. `hidden` columns are no features.
    pub(super) fn read(file: &TableFile, hidden: &[String]) -> Result<Self, Error> {
        let mut table = source::open(file)?;
        let names = table.columns().to_vec();
        let selected = Selection::bind(file.rows.as_ref(), &names, file)?;
        let place = |id: &String| {
            let found = names.iter().position(|name| name == id);
            found.ok_or_else(|| file.origin().malformed(format!("there is no column `{id}`")))
        };
        let places = file.id.iter().map(place).collect::<Result<Vec<usize>, Error>>()?;
        let feature = |name: &String| {
            !file.id.contains(name) && !hidden.contains(name) && file.target.as_ref() != Some(name)
        };
        let mut columns: Vec<Option<Vec<f64>>> =
            names.iter().map(|name| feature(name).then(Vec::new)).collect();
        let (mut ids, mut rows) = (Vec::new(), 0);
        while table.advance()? {
            if !selected.keeps(table.as_mut()) {
                continue;
            }
            rows += 1;
            if !places.is_empty() {
                let id: Vec<String> =
                    places.iter().map(|place| canonical(&table.cell(*place).key()).into_owned()).collect();
                ids.push(id.join(", "));
            }
            for (place, column) in columns.iter_mut().enumerate() {
                if let Some(values) = column {
                    match source::number(&table.cell(place)) {
                        Some(value) => values.push(value),
                        None => *column = None,
                    }
                }
            }
        }
        let others = names.iter().zip(&columns).filter(|(name, column)| column.is_none() && feature(name));
        let others = others.map(|(name, _)| name.clone()).collect();
        let columns = names.into_iter().zip(columns).filter_map(|(name, values)| Some((name, values?)));
        Ok(Self { ids, columns: columns.collect(), others, rows })
    }

    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, values)| values.as_slice())
    }

    /// For each row of `other` that stands here, both places: by id where both have one, else by place. Why not, where rows
    /// cannot be told apart.
    pub(super) fn partners(&self, other: &Self) -> Result<Vec<(usize, usize)>, String> {
        if self.ids.is_empty() || other.ids.is_empty() {
            return Ok((0..self.rows.min(other.rows)).map(|row| (row, row)).collect());
        }
        let mut places = BTreeMap::new();
        for (place, id) in self.ids.iter().enumerate() {
            if places.insert(id.as_str(), place).is_some() {
                return Err(format!("the id `{id}` stands there twice"));
            }
        }
        let partner = |(row, id): (usize, &String)| Some((*places.get(id.as_str())?, row));
        Ok(other.ids.iter().enumerate().filter_map(partner).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;

    fn read(text: &str, id: &[&str]) -> Features {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).expect("written");
        let id = id.iter().map(|name| (*name).to_owned()).collect();
        let file = TableFile { path, format: Format::Csv, id, target: Some("y".to_owned()), rows: None };
        Features::read(&file, &[]).expect("a table")
    }

    #[test]
    fn rows_meet_by_id_and_text_is_no_feature() {
        let train = read("id,a,b,y\n1,0.5,x,1\n2,,x,0\n", &["id"]);
        let infer = read("id,a\n2.0,3\n9,4\n", &["id"]);
        assert_eq!(train.columns.len(), 1);
        assert_eq!(train.others, ["b"]);
        assert!(train.column("a").expect("there")[1].is_nan());
        assert_eq!(train.partners(&infer), Ok(vec![(1, 0)]));
        let doubled = read("id,a\n1,0\n1,0\n", &["id"]);
        assert!(doubled.partners(&infer).is_err());
        assert_eq!(read("a\n1\n2\n", &[]).partners(&infer), Ok(vec![(0, 0), (1, 1)]));
    }
}
