//! The edits, each as one draft of a new file.

use std::collections::BTreeMap;

use super::change::{Change, Plan, Role};
use super::dice::Dice;
use super::error::Error;
use super::rows::{fields_of, roles, same, select, text};
use super::sheet::{self, Draft, Foreign, New, Sheet};
use super::{Applied, Edit, Part, Rows, Source};

/// How many of a hundred selected rows the part `count` removes.
const COUNT_PERCENT: usize = 30;

/// Applies one edit and returns the bytes of the new file.
pub(super) fn apply(
    edit: &Edit,
    sheet: &dyn Sheet,
    source: &Source,
    others: &BTreeMap<String, Source>,
    applied: &mut Applied,
) -> Result<Vec<u8>, Error> {
    let count = sheet.rows();
    let all: Vec<usize> = (0..count).collect();
    let rows = match edit {
        Edit::Change { rows, parts, seed } => {
            let selected = select(rows, sheet, source)?;
            let roles = roles(sheet, source)?;
            note_missing(parts.contains(&Part::Targets), &roles, applied);
            let plan = Plan { sheet, roles: &roles, parts, seed: *seed, selected: &selected };
            let removed = if parts.contains(&Part::Count) { fewer(&selected, *seed) } else { Vec::new() };
            let change = Change::new(plan);
            return rebuild(sheet, without(&all, &removed), &|row, field| change.cell(row, field), applied);
        }
        Edit::PermuteTargets { rows, seed } => {
            let selected = select(rows, sheet, source)?;
            let fields = targets(sheet, source)?;
            let partners = partners(sheet, &selected, &fields, *seed);
            let change = |row: usize, field: usize| {
                let place = selected.binary_search(&row).ok()?;
                fields.contains(&field).then(|| New::Of(partners[place], field))
            };
            return rebuild(sheet, all, &change, applied);
        }
        Edit::PermuteColumns { seed } => return permute_columns(sheet, source, *seed, applied),
        Edit::Take { from } => return append(sheet, source, (from, &Rows::All), Vec::new(), others, applied),
        Edit::Append { from, rows } => return append(sheet, source, (from, rows), all, others, applied),
        Edit::PermuteRows { seed } => Dice::new(*seed, &[3]).order(count),
        Edit::DropRows { seed, percent } => {
            let dropped = share(count, usize::from(*percent));
            without(&all, &Dice::new(*seed, &[4]).choose(dropped, count))
        }
        Edit::DoubleRow { seed } => double(all, *seed),
        Edit::Keep { rows } => select(rows, sheet, source)?,
        Edit::Empty => Vec::new(),
    };
    applied.rows = rows.len() as u64;
    applied.rows_changed += match edit {
        Edit::PermuteRows { .. } => {
            rows.iter().enumerate().filter(|(place, row)| place != *row).count() as u64
        }
        _ => count.abs_diff(rows.len()) as u64,
    };
    sheet.build(Draft::of_rows(rows))
}

fn note_missing(wanted: bool, roles: &[Role], applied: &mut Applied) {
    if wanted && !roles.contains(&Role::Target) {
        applied.notes.push("no target is declared, so that none was changed".to_owned());
    }
}

/// So many of a hundred: at least one of two, never all.
fn share(count: usize, percent: usize) -> usize {
    if count < 2 { 0 } else { (count * percent / 100).clamp(1, count - 1) }
}

/// The rows that the part `count` removes.
fn fewer(selected: &[usize], seed: u64) -> Vec<usize> {
    let removed = share(selected.len(), COUNT_PERCENT);
    Dice::new(seed, &[5]).choose(removed, selected.len()).into_iter().map(|place| selected[place]).collect()
}

/// Rows without some of them; both ascending.
fn without(rows: &[usize], removed: &[usize]) -> Vec<usize> {
    rows.iter().copied().filter(|row| removed.binary_search(row).is_err()).collect()
}

/// One row a second time, not beside itself where that is possible.
fn double(mut rows: Vec<usize>, seed: u64) -> Vec<usize> {
    let count = rows.len();
    if count == 0 {
        return rows;
    }
    let mut dice = Dice::new(seed, &[6]);
    let row = dice.below(count);
    let apart: Vec<usize> = (0..=count).filter(|place| *place != row && *place != row + 1).collect();
    let place = if apart.is_empty() { count } else { apart[dice.below(apart.len())] };
    rows.insert(place, row);
    rows
}

fn targets(sheet: &dyn Sheet, source: &Source) -> Result<Vec<usize>, Error> {
    match &source.target {
        Some(target) => fields_of(sheet, source, target),
        None => Err(Error::not_supported(
            &source.path,
            "targets are to be permuted, but none is declared",
            "declare `target = \"COLUMN\"` for this data",
        )),
    }
}

/// For each selected row the one whose target it gets; never all their own where two differ.
fn partners(sheet: &dyn Sheet, selected: &[usize], fields: &[usize], seed: u64) -> Vec<usize> {
    let order = Dice::new(seed, &[7]).order(selected.len());
    let mut partners: Vec<usize> = order.into_iter().map(|place| selected[place]).collect();
    let target = |row: &usize| text(sheet, *row, fields);
    if selected.iter().zip(&partners).all(|(row, partner)| target(row) == target(partner)) {
        // One step round changes something, unless all are the same.
        partners = selected.to_vec();
        let step = usize::from(!selected.is_empty());
        partners.rotate_left(step);
    }
    partners
}

/// Builds the rows anew with changed cells, and counts these.
fn rebuild(
    sheet: &dyn Sheet,
    rows: Vec<usize>,
    change: &dyn Fn(usize, usize) -> Option<New>,
    applied: &mut Applied,
) -> Result<Vec<u8>, Error> {
    let mut changed_rows = vec![false; sheet.rows()];
    let mut changed_fields = vec![false; sheet.fields().len()];
    let mut cells = 0;
    let removed = sheet.rows().abs_diff(rows.len());
    applied.rows = rows.len() as u64;
    let mut cell = |row: usize, field: usize| {
        let new = change(row, field)?;
        if let New::Of(other, column) = new
            && same(&sheet.cell(row, field), &sheet.cell(other, column))
        {
            return None;
        }
        changed_rows[row] = true;
        changed_fields[field] = true;
        cells += 1;
        Some(new)
    };
    let bytes = sheet.build(Draft { cell: Some(&mut cell), ..Draft::of_rows(rows) })?;
    applied.cells_changed += cells;
    applied.rows_changed += (changed_rows.iter().filter(|changed| **changed).count() + removed) as u64;
    for (field, _) in sheet.fields().iter().zip(changed_fields).filter(|(_, changed)| *changed) {
        if !applied.columns.contains(&field.name) {
            applied.columns.push(field.name.clone());
        }
    }
    Ok(bytes)
}

fn permute_columns(
    sheet: &dyn Sheet,
    source: &Source,
    seed: u64,
    applied: &mut Applied,
) -> Result<Vec<u8>, Error> {
    if sheet.fields().is_empty() {
        return Err(Error::not_supported(
            &source.path,
            "there are no columns to put in another order",
            "declare a table with named columns",
        ));
    }
    let order = Dice::new(seed, &[8]).order(sheet.fields().len());
    applied.rows = sheet.rows() as u64;
    for (place, field) in order.iter().enumerate() {
        let name = &sheet.fields()[*field].name;
        if place != *field && !applied.columns.contains(name) {
            applied.columns.push(name.clone());
        }
    }
    let rows = (0..sheet.rows()).collect();
    sheet.build(Draft { columns: Some(order), ..Draft::of_rows(rows) })
}

/// Rows of another data set behind the given own ones.
fn append(
    sheet: &dyn Sheet,
    source: &Source,
    (from, rows): (&str, &Rows),
    own: Vec<usize>,
    others: &BTreeMap<String, Source>,
    applied: &mut Applied,
) -> Result<Vec<u8>, Error> {
    let other_source = others.get(from).ok_or_else(|| Error::NoData { name: from.to_owned() })?;
    let other = sheet::parse(other_source, sheet::read(other_source)?)?;
    let rows = select(rows, other.as_ref(), other_source)?;
    let fields = matching(sheet, other.as_ref());
    let unmatched: Vec<&str> = sheet
        .fields()
        .iter()
        .zip(&fields)
        .filter(|(_, other)| other.is_none())
        .map(|(field, _)| field.name.as_str())
        .collect();
    if unmatched.len() == sheet.fields().len() {
        return Err(Error::not_supported(
            &other_source.path,
            format!("shares no column with `{}`", source.path.display()),
            "declare two tables with the same columns",
        ));
    }
    if !unmatched.is_empty() {
        applied.notes.push(format!("`{from}` has no `{}`: left empty", unmatched.join("`, `")));
    }
    applied.rows = (own.len() + rows.len()) as u64;
    applied.rows_changed += (rows.len() + sheet.rows() - own.len()) as u64;
    let foreign = Foreign { sheet: other.as_ref(), rows, fields };
    sheet.build(Draft { foreign: Some(foreign), ..Draft::of_rows(own) })
}

/// For every field the one of the same name, and of the same place among those of its name.
fn matching(sheet: &dyn Sheet, other: &dyn Sheet) -> Vec<Option<usize>> {
    let numbered = |sheet: &dyn Sheet| -> Vec<(String, usize)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let number = |name: &String| {
            let number = seen.entry(name.clone()).or_default();
            *number += 1;
            (name.clone(), *number)
        };
        sheet.fields().iter().map(|field| &field.name).map(number).collect()
    };
    let places: BTreeMap<(String, usize), usize> =
        numbered(other).into_iter().enumerate().map(|(place, name)| (name, place)).collect();
    numbered(sheet).iter().map(|name| places.get(name).copied()).collect()
}
