//! The header, and which column is which: with a sample by its names, else as the file says.

use std::path::Path;

use super::check::Shape;
use super::error::Error;
use super::header::{self, Likeness};
use super::model::{self, COLUMNS_MAX, Model, Reading};
use super::pages;
use super::source::{self, Source};
use super::survey::{Check, Layout};
use super::wish::Wish;
use crate::rule::{Looked, Problem};

/// Differences of a header that are listed.
const DIFFERENCES_SHOWN: usize = 8;

/// Reads the header and works out which column is which.
pub(super) fn laid_out(
    path: &Path,
    source: &Source,
    delimiter: u8,
    file: &str,
    wish: &Wish,
    model: &mut Model,
    looked: &mut Looked,
) -> Result<(Shape, Vec<String>), Error> {
    let rows = source::first_rows(source.scanner.head(), delimiter);
    let first = rows.first().cloned().unwrap_or_default();
    let own = model::names(&first);
    let (header, likeness) = match &model.sample {
        Some(sample) => beside_sample(&own, &rows, sample, file, looked),
        None => alone(&own, &rows, file, wish, looked),
    };
    let width = if likeness.trailing { own.len() - 1 } else { own.len() };
    let mut reading = Reading { path: path.to_path_buf(), delimiter, header, ids: Vec::new() };
    reading.ids = ids(&own, &likeness, header, file, wish, model)?;
    known_columns(wish, model, &own, header)?;
    let mut layout = layout(width, &own, &likeness, &reading, wish, model, looked);
    layout.numbered = likeness.index;
    let names = if header { own } else { (1..=width).map(|number| number.to_string()).collect() };
    let trailing = likeness.trailing && header;
    Ok((Shape { reading, map: likeness.map, layout, trailing }, names))
}

/// Refuses declarations about columns that are not there: they would check nothing.
fn known_columns(wish: &Wish, model: &Model, own: &[String], header: bool) -> Result<(), Error> {
    let names = model.sample.as_ref().map_or(own, |sample| sample.names.as_slice());
    let ranges = wish.ranges.iter().filter_map(|range| range.column.as_ref());
    let sums = wish.sum_to_one.iter().flat_map(|sum| &sum.columns);
    match ranges.chain(sums).find(|name| !header || !names.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::wish(
            format!("there is no column `{name}`"),
            format!("the columns: {}", names.join(", ")),
        )),
    }
}

fn beside_sample(
    own: &[String],
    rows: &[Vec<Vec<u8>>],
    sample: &model::Sample,
    file: &str,
    looked: &mut Looked,
) -> (bool, Likeness) {
    let by_place = || Likeness {
        map: (0..own.len()).map(|place| Some(place).filter(|place| *place < sample.names.len())).collect(),
        trailing: own.len() == sample.names.len() + 1 && own.last().is_some_and(String::is_empty),
        ..Likeness::default()
    };
    let problem = |message: String| Problem::new(&pages::HEADER, file, message).line(1).value(&own.join(","));
    let first = rows.first().map_or(&[][..], Vec::as_slice);
    if !sample.reading.header {
        let numeric = (0..own.len()).any(|place| sample.is_numeric(place));
        let header = numeric
            && first.iter().enumerate().all(|(place, text)| {
                let kind = super::cell::read(text).kind;
                !sample.is_numeric(place) || kind == super::cell::Kind::Text
            });
        if header {
            looked.problems.push(
                problem("there is a header, and the sample has none".to_owned())
                    .mend("Write the file without a header: in pandas `to_csv(..., header=False)`."),
            );
        }
        return (header, by_place());
    }
    let likeness = header::compare(own, &sample.names);
    let number = |text: &Vec<u8>| super::cell::read(text).kind == super::cell::Kind::Number;
    if likeness.known == 0
        && !likeness.index
        && first.iter().any(number)
        && !sample.names.iter().any(|name| number(&name.as_bytes().to_vec()))
    {
        looked.problems.push(
            problem(format!("there is no header; the sample has `{}`", header_line(&sample.names)))
                .mend("Write the sample's header as the first line: in pandas `to_csv(..., header=True)`."),
        );
        return (false, by_place());
    }
    if !likeness.says.is_empty() {
        looked.problems.push(
            problem(listed(&likeness.says))
                .count(likeness.says.len() as u64)
                .mend(format!("Write the sample's header: `{}`.", header_line(&sample.names))),
        );
    }
    (true, likeness)
}

/// The first of many differences.
fn listed(says: &[String]) -> String {
    let shown = says.iter().take(DIFFERENCES_SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = says.len().saturating_sub(DIFFERENCES_SHOWN);
    if more > 0 { format!("{shown}; and {more} more") } else { shown }
}

/// The names of a header as far as a line can show them.
fn header_line(names: &[String]) -> String {
    crate::rule::shown(&names.join(","))
}

/// The layout of a file without a sample: the header says what it says.
fn alone(
    own: &[String],
    rows: &[Vec<Vec<u8>>],
    file: &str,
    wish: &Wish,
    looked: &mut Looked,
) -> (bool, Likeness) {
    let first = rows.first().map_or(&[][..], Vec::as_slice);
    let number = |text: &Vec<u8>| super::cell::read(text).kind == super::cell::Kind::Number;
    let seems = model::is_header(rows);
    let mut header = wish.header.unwrap_or(seems);
    let problem = |message: &str| Problem::new(&pages::HEADER, file, message).line(1).value(&own.join(","));
    if wish.header == Some(false)
        && !first.iter().any(number)
        && rows.get(1).is_some_and(|second| second.iter().any(number))
    {
        header = true;
        looked.problems.push(
            problem("there is a header, and none is wanted")
                .mend("Write the file without a header: in pandas `to_csv(..., header=False)`."),
        );
    }
    if wish.header == Some(true) && !seems && !first.is_empty() {
        header = false;
        looked.problems.push(problem("there is no header"));
    }
    let last = own.len() > 1 && own.last().is_some_and(String::is_empty);
    let likeness = Likeness {
        map: (0..own.len()).map(Some).collect(),
        index: header && own.len() > 1 && header::is_index_name(&own[0]),
        trailing: header && last,
        ..Likeness::default()
    };
    (header, likeness)
}

/// The columns of the file that identify a row; takes the test file's ids where there is no sample.
fn ids(
    own: &[String],
    likeness: &Likeness,
    header: bool,
    file: &str,
    wish: &Wish,
    model: &mut Model,
) -> Result<Vec<usize>, Error> {
    if let Some(sample) = &model.sample {
        let place = |id: &usize| likeness.map.iter().position(|other| other.as_ref() == Some(id));
        let places: Option<Vec<usize>> = sample.reading.ids.iter().map(place).collect();
        if places.is_none() {
            model.expected = None;
            model.not_checked.push("ids and their order: their column is missing".to_owned());
        }
        return Ok(places.unwrap_or_default());
    }
    let names = match &model.test {
        Some((_, test)) if wish.id.is_empty() && header => {
            let common: Vec<String> = own.iter().filter(|name| test.contains(name)).cloned().collect();
            if common.len() < own.len() { common } else { own.first().cloned().into_iter().collect() }
        }
        _ => wish.id.clone(),
    };
    let places = model::places(&names, own, header).map_err(|name| {
        Error::wish(
            format!("`{file}` has no column `{name}`"),
            if header {
                format!("its columns: {}", own.join(", "))
            } else {
                "without a header, give the column's number".to_owned()
            },
        )
    })?;
    if model.test.is_some() {
        model.beside_test(&names, wish)?;
    } else {
        let what = if names.is_empty() {
            "header, row count, ids and their order"
        } else {
            "header, row count, missing and extra ids"
        };
        model
            .not_checked
            .push(format!("{what}: there is nothing to compare with; give `--sample FILE` or `--test FILE`"));
    }
    Ok(places)
}

fn layout(
    width: usize,
    own: &[String],
    likeness: &Likeness,
    reading: &Reading,
    wish: &Wish,
    model: &Model,
    looked: &mut Looked,
) -> Layout {
    let mut checks = vec![Check::default(); width.min(COLUMNS_MAX)];
    if width > COLUMNS_MAX {
        looked.not_checked.push(format!("values beyond column {COLUMNS_MAX}"));
    }
    let name = |place: usize| -> Option<&str> {
        let sample = model.sample.as_ref().filter(|sample| sample.reading.header);
        match (sample, likeness.map.get(place).copied().flatten()) {
            (Some(sample), Some(other)) => sample.names.get(other).map(String::as_str),
            _ => own.get(place).map(String::as_str),
        }
    };
    let mut predictions = 0;
    for (place, check) in checks.iter_mut().enumerate() {
        if reading.ids.contains(&place) || likeness.index && place == 0 {
            continue;
        }
        predictions += 1;
        check.watched = model.sample.is_none() || likeness.map.get(place).is_some_and(Option::is_some);
        let fits =
            |range: &&super::wish::Range| range.column.is_none() || range.column.as_deref() == name(place);
        check.range = wish.ranges.iter().rev().find(fits).map(|range| (range.low, range.high));
        check.labels = !wish.labels.is_empty();
        check.decimals = wish.decimals;
        check.summed = wish.sum_to_one.as_ref().is_some_and(|sum| {
            sum.columns.is_empty() || sum.columns.iter().any(|column| Some(column.as_str()) == name(place))
        });
    }
    Layout {
        width,
        ids: reading.ids.clone(),
        checks,
        labels: wish.labels.iter().map(|label| label.as_bytes().to_vec()).collect(),
        nulls: wish.null.iter().map(|null| null.as_bytes().to_vec()).collect(),
        tolerance: wish.sum_to_one.as_ref().map_or(0.0, |sum| sum.tolerance),
        predictions,
        numbered: false,
    }
}
