//! Tables of predictions in memory.

use std::collections::BTreeMap;

use crate::artifact::number::{self, Written};
use crate::artifact::table::{self, Cell};
use crate::artifact::{Artifact, Error};

/// What identifies a row: one text per id column.
pub type Id = Vec<String>;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Missing,
    /// As it stands in a text file.
    Written(Box<str>),
    Single(f32),
    Double(f64),
    /// Integers, texts, truth values.
    Label(Box<str>),
}

impl Value {
    fn of(cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Null | Cell::Written("") => Self::Missing,
            Cell::Written(text) => Self::Written((*text).into()),
            Cell::Single(value) => Self::Single(*value),
            Cell::Double(value) => Self::Double(*value),
            other => Self::Label(other.key().into()),
        }
    }

    /// The number it is, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Written(text) | Self::Label(text) => number::value(text),
            Self::Single(value) => Some(f64::from(*value)),
            Self::Double(value) => Some(*value),
        }
    }

    /// Whether it is a number written without point and exponent.
    pub(super) fn is_integer(&self) -> bool {
        match self {
            Self::Written(text) | Self::Label(text) => number::written(text) == Written::Integer,
            _ => false,
        }
    }

    /// The same bits, or the same text.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Single(one), Self::Single(other)) => one.to_bits() == other.to_bits(),
            (Self::Double(one), Self::Double(other)) => one.to_bits() == other.to_bits(),
            _ => self == other,
        }
    }

    /// As people read it; floats with their bits.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Missing => "null".to_owned(),
            Self::Written(text) => Cell::Written(text).show(),
            Self::Single(value) => Cell::Single(*value).show(),
            Self::Double(value) => Cell::Double(*value).show(),
            Self::Label(text) => text.to_string(),
        }
    }
}

/// A table whose rows are known by their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the id columns.
    pub(super) names: Vec<String>,
    /// Names of all other columns, in the order of the file.
    pub(super) columns: Vec<String>,
    ids: Vec<Id>,
    /// Values row by row, one per column.
    values: Vec<Value>,
}

impl Table {
    /// Reads a whole table; it is kept in memory. Where the same name stands over several columns, the first counts.
    ///
    /// # Errors
    /// When the artifact cannot be read, is no table, or lacks an id column.
    pub fn read(artifact: &Artifact) -> Result<Self, Error> {
        let origin = artifact.origin();
        if !artifact.format.is_table() || artifact.id.is_empty() {
            return Err(origin.malformed("is no table with declared `id` columns"));
        }
        let mut file = table::open(&origin)?;
        let names = file.columns().to_vec();
        let keys = artifact.id.iter().map(|id| {
            let place = names.iter().position(|name| name == id);
            place.ok_or_else(|| origin.malformed(format!("has no column `{id}`")))
        });
        let keys: Vec<usize> = keys.collect::<Result<_, _>>()?;
        let first = |place: &usize| names.iter().position(|name| *name == names[*place]) == Some(*place);
        let others: Vec<usize> =
            (0..names.len()).filter(|place| !keys.contains(place)).filter(first).collect();
        let columns = others.iter().map(|place| names[*place].clone()).collect();
        let mut table = Self { names: artifact.id.clone(), columns, ids: Vec::new(), values: Vec::new() };
        while file.advance()? {
            table.ids.push(keys.iter().map(|key| file.cell(*key).key()).collect());
            table.values.extend(others.iter().map(|place| Value::of(&file.cell(*place))));
        }
        Ok(table)
    }

    /// The ids, in the order of the rows.
    #[must_use]
    pub fn ids(&self) -> &[Id] {
        &self.ids
    }

    /// The values of one row.
    pub(super) fn row(&self, row: usize) -> &[Value] {
        let width = self.columns.len();
        &self.values[row * width..(row + 1) * width]
    }

    /// The rows of each id, in their order.
    pub(super) fn rows(&self) -> BTreeMap<&Id, Vec<usize>> {
        let mut rows: BTreeMap<&Id, Vec<usize>> = BTreeMap::new();
        for (row, id) in self.ids.iter().enumerate() {
            rows.entry(id).or_default().push(row);
        }
        rows
    }

    /// `id=17`, as places show it.
    #[must_use]
    pub fn key(&self, id: &Id) -> String {
        self.names
            .iter()
            .zip(id)
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Ids of another file as this table writes them: where none of them stands here, whole numbers are taken for equal
    /// in whatever spelling (`007`, `7`, `7.0`).
    #[must_use]
    pub fn aligned(&self, ids: &[Id]) -> Vec<Id> {
        let own = self.rows();
        if ids.iter().any(|id| own.contains_key(id)) {
            return ids.to_vec();
        }
        let plain: BTreeMap<Id, &Id> = own.keys().map(|id| (plain(id), *id)).collect();
        ids.iter()
            .map(|id| plain.get(&self::plain(id)).map_or_else(|| id.clone(), |own| (*own).clone()))
            .collect()
    }
}

/// An id with whole numbers in their shortest spelling.
fn plain(id: &Id) -> Id {
    let shortest = |text: &String| {
        let whole = text.strip_suffix(".0").unwrap_or(text);
        let digits = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return text.clone();
        }
        let trimmed = whole.trim_start_matches('0');
        if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
    };
    id.iter().map(shortest).collect()
}

#[cfg(test)]
impl Table {
    /// A table from text cells, the first column being the id.
    pub(super) fn of(columns: &[&str], rows: &[Vec<String>]) -> Self {
        let written = |text: &String| Value::of(&Cell::Written(text));
        Self {
            names: vec![columns[0].to_owned()],
            columns: columns[1..].iter().map(|name| (*name).to_owned()).collect(),
            ids: rows.iter().map(|row| vec![row[0].clone()]).collect(),
            values: rows.iter().flat_map(|row| row[1..].iter().map(written)).collect(),
        }
    }
}
