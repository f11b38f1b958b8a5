//! Rows and columns by name.

use std::collections::BTreeSet;

use super::change::Role;
use super::error::Error;
use super::sheet::{Sheet, Value};
use super::{Rows, Source};

/// How many columns an error lists.
const KNOWN_MAX: usize = 12;

/// The fields of a column: one, or as many as an array has elements in a row.
///
/// # Errors
/// When there is no such column.
pub(super) fn fields_of(sheet: &dyn Sheet, source: &Source, name: &str) -> Result<Vec<usize>, Error> {
    let fields = sheet.fields();
    let found: Vec<usize> = (0..fields.len()).filter(|place| fields[*place].name == name).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    names.dedup();
    let more = names.len().saturating_sub(KNOWN_MAX);
    names.truncate(KNOWN_MAX);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let known = if names.is_empty() { "no columns".to_owned() } else { names.join(", ") };
    Err(Error::NoColumn { path: source.path.clone(), column: name.to_owned(), known })
}

/// What every field is. The target stays one although it is listed among the fixed columns, the id does not.
///
/// # Errors
/// When a declared column does not exist.
pub(super) fn roles(sheet: &dyn Sheet, source: &Source) -> Result<Vec<Role>, Error> {
    let mut roles = vec![Role::Feature; sheet.fields().len()];
    let fixed = source.fixed.iter().map(|name| (name, Role::Fixed));
    let target = source.target.iter().map(|name| (name, Role::Target));
    let id = source.id.iter().map(|name| (name, Role::Fixed));
    for (name, role) in fixed.chain(target).chain(id) {
        for field in fields_of(sheet, source, name)? {
            roles[field] = role;
        }
    }
    Ok(roles)
}

/// A row's cell in a column, by its fields.
pub(super) fn text(sheet: &dyn Sheet, row: usize, fields: &[usize]) -> String {
    if let [field] = fields {
        return sheet.cell(row, *field).into_text();
    }
    let parts: Vec<String> = fields.iter().map(|field| sheet.cell(row, *field).into_text()).collect();
    parts.join(",")
}

pub(super) fn column(sheet: &dyn Sheet, source: &Source, name: &str) -> Result<Vec<String>, Error> {
    let fields = fields_of(sheet, source, name)?;
    Ok((0..sheet.rows()).map(|row| text(sheet, row, &fields)).collect())
}

pub(super) fn ids(sheet: &dyn Sheet, source: &Source) -> Result<Vec<Vec<String>>, Error> {
    let columns: Vec<Vec<usize>> =
        source.id.iter().map(|name| fields_of(sheet, source, name)).collect::<Result<_, _>>()?;
    let id = |row| columns.iter().map(|fields| text(sheet, row, fields)).collect();
    Ok((0..sheet.rows()).map(id).collect())
}

/// The rows that are meant, ascending.
///
/// # Errors
/// When a column does not exist, or ids are asked for where none are declared.
pub(super) fn select(rows: &Rows, sheet: &dyn Sheet, source: &Source) -> Result<Vec<usize>, Error> {
    let count = sheet.rows();
    match rows {
        Rows::All => Ok((0..count).collect()),
        Rows::Numbers(numbers) => {
            let wanted: BTreeSet<usize> =
                numbers.iter().filter_map(|number| usize::try_from(*number).ok()).collect();
            Ok(wanted.into_iter().filter(|row| *row < count).collect())
        }
        Rows::Where { column, values } => {
            let wanted: BTreeSet<&str> = values.iter().map(String::as_str).collect();
            let fields = fields_of(sheet, source, column)?;
            let cell = |row| text(sheet, row, &fields);
            Ok((0..count).filter(|row| is_one_of(&cell(*row), &wanted)).collect())
        }
        Rows::Ids(_) if source.id.is_empty() => Err(Error::not_supported(
            &source.path,
            "rows are asked for by id, but none is declared",
            "declare `id = \"COLUMN\"` for this data",
        )),
        Rows::Ids(wanted) => {
            let wanted: BTreeSet<&Vec<String>> = wanted.iter().collect();
            let found = ids(sheet, source)?;
            Ok((0..count).filter(|row| wanted.contains(&found[*row])).collect())
        }
    }
}

/// Blanks around a cell do not count, for `a, b` is written with them.
fn is_one_of(cell: &str, wanted: &BTreeSet<&str>) -> bool {
    wanted.contains(cell) || wanted.contains(cell.trim())
}

/// Whether two values are the same for a reader.
pub(super) fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    left == right || (left.is_blank() && right.is_blank())
}
