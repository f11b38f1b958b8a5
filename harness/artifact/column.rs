//! Single columns of tables and single numbers of JSON files, for audits that compute with them.

use super::error::{Error, Fault};
use super::json::{self, Value};
use super::{Artifact, open, table};

/// Bytes of a JSON file that are read for one number.
const JSON_BYTES_MAX: u64 = 256 << 20;

/// Names of the columns of a table, in order.
///
/// # Errors
/// When the file cannot be read or its beginning is malformed.
pub fn header(artifact: &Artifact) -> Result<Vec<String>, Error> {
    Ok(table::open(&artifact.origin())?.columns().to_vec())
}

/// The cells of some columns as text, column by column in the order asked for. An empty cell is an empty text.
///
/// # Errors
/// When the file cannot be read, is malformed, or has no such column.
pub fn columns(artifact: &Artifact, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
    let origin = artifact.origin();
    let mut table = table::open(&origin)?;
    let place = |name: &String| {
        table.columns().iter().position(|column| column == name).ok_or_else(|| {
            origin
                .malformed(format!("there is no column `{name}`; there are: {}", table.columns().join(", ")))
        })
    };
    let places = names.iter().map(place).collect::<Result<Vec<usize>, Error>>()?;
    let mut columns = vec![Vec::new(); names.len()];
    while table.advance()? {
        for (column, place) in columns.iter_mut().zip(&places) {
            column.push(match table.cell(*place) {
                table::Cell::Null => String::new(),
                cell => cell.key(),
            });
        }
    }
    Ok(columns)
}

/// The number at a JSON pointer (RFC 6901). `NaN` and the infinities, which Python writes, are numbers.
///
/// # Errors
/// When the file cannot be read, is no JSON, or holds no number there.
pub fn number_at(artifact: &Artifact, pointer: &str) -> Result<f64, Error> {
    let origin = artifact.origin();
    let bytes = open::whole(&origin, JSON_BYTES_MAX)?;
    let document = json::read(&bytes).map_err(|what| origin.malformed(what))?;
    let value = pointer.split('/').skip(1).try_fold(&document, |value, name| {
        let name = name.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Object(members) => members.iter().find(|(key, _)| *key == name).map(|(_, value)| value),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    });
    match value {
        Some(Value::Number(digits)) => digits.parse::<f64>().ok(),
        _ => None,
    }
    .ok_or_else(|| origin.malformed(format!("there is no number at `{pointer}`")))
}

impl Error {
    /// Whether something that was asked for is not in the file.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.fault, Fault::Malformed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;

    fn artifact(folder: &std::path::Path, name: &str, text: &str, format: Format) -> Artifact {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        Artifact::at(path, format, Vec::new()).expect("there")
    }

    #[test]
    fn columns_come_in_the_order_asked_for() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let table = artifact(folder.path(), "t.csv", "a,b,c\n1,x,\n2,\"y,z\",0.50\n", Format::Csv);
        let asked = ["c".to_owned(), "b".to_owned()];
        assert_eq!(columns(&table, &asked).expect("there"), [["", "0.50"], ["x", "y,z"]]);
        assert_eq!(header(&table).expect("there"), ["a", "b", "c"]);
        let error = columns(&table, &["d".to_owned()]).expect_err("no such column").to_string();
        assert!(error.ends_with("there is no column `d`; there are: a, b, c"), "{error}");
    }

    #[test]
    fn numbers_are_found_by_pointer() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = r#"{"a": {"b/c": [1, 0.25]}, "nan": NaN, "text": "1"}"#;
        let json = artifact(folder.path(), "m.json", text, Format::Json);
        assert_eq!(number_at(&json, "/a/b~1c/1").expect("there").to_bits(), 0.25_f64.to_bits());
        assert!(number_at(&json, "/nan").expect("there").is_nan());
        for wrong in ["/text", "/a", "/x", "/a/b~1c/2", ""] {
            assert!(number_at(&json, wrong).is_err(), "{wrong}");
        }
    }
}
