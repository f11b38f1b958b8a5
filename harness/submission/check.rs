//! The checks in their order: what the bytes are, what the header says, one pass over the rows, and then the words for
//! what was seen.

use std::path::Path;

use super::error::Error;
use super::lay::laid_out;
use super::model::{Model, Reading};
use super::pages::{self, soft};
use super::source::{self, Content, Source};
use super::survey::{Layout, Survey};
use super::wish::{Order, Wish};
use super::{about_bytes, about_ids, about_values};
use crate::artifact::{self, Digest};
use crate::rule::{Looked, Problem};

/// A submission that was looked at.
pub(super) struct Inspection {
    pub(super) looked: Looked,
    pub(super) model: Model,
    /// How its rows are read again; `None` where it could not be read as a table.
    pub(super) shape: Option<Shape>,
}

/// How a submission is laid out.
pub(super) struct Shape {
    pub(super) reading: Reading,
    /// For each column, which of the sample's it is; without a sample, itself.
    pub(super) map: Vec<Option<usize>>,
    pub(super) layout: Layout,
    /// Whether the header ends with a delimiter.
    pub(super) trailing: bool,
}

/// What is known about the file while it is looked at.
pub(super) struct Scene<'a> {
    /// The file as the user names it.
    pub(super) file: String,
    pub(super) wish: &'a Wish,
    pub(super) model: &'a Model,
    pub(super) bom: bool,
    pub(super) names: Vec<String>,
    pub(super) shape: &'a Shape,
}

/// Looks at a file, beside the sample and the test file that the wish names.
pub(super) fn inspect(path: &Path, file: &str, wish: &Wish) -> Result<Inspection, Error> {
    let mut model = Model::read(wish)?;
    let mut source = source::open(path)?;
    let mut looked = Looked::default();
    looked.problems.extend(size(&source, file, wish));
    if source.content != Content::Text {
        looked.problems.extend(no_text(source.content, file));
        looked.not_checked.push("everything else: the file is no text".to_owned());
        return Ok(Inspection { looked, model, shape: None });
    }
    let (delimiter, problem) = delimiter(&source, path, file, wish, &model);
    looked.problems.extend(problem);
    source.scanner.set_delimiter(delimiter);
    let (shape, names) = laid_out(path, &source, delimiter, file, wish, &mut model, &mut looked)?;
    let expected = model.expected.as_ref().map_or(&[][..], |expected| expected.marks.as_slice());
    let bom = source.bom;
    let bytes = source.bytes;
    let packed = source.packed;
    let (survey, digest) = survey(source, path, &shape, expected, wish.order == Some(Order::Id))?;
    let scene = Scene { file: file.to_owned(), wish, model: &model, bom, names, shape: &shape };
    tell(&scene, &survey, &mut looked)?;
    let digest = if packed || survey.too_long.is_some() {
        Digest::of_file(&std::fs::canonicalize(path).unwrap_or_default())?
    } else {
        digest
    };
    let facts = format!(
        "{file}: {}, {}, {}, sha256 {digest}",
        plural(survey.rows, "row"),
        plural(shape.layout.width as u64, "column"),
        plural(bytes, "byte")
    );
    if looked.problems.is_empty() {
        looked.checked.insert(0, facts);
        looked.checked.extend(praise(&scene));
    } else {
        looked.notes.insert(0, facts);
    }
    looked.notes.extend(model.notes.iter().cloned());
    looked.not_checked.extend(model.not_checked.iter().cloned());
    Ok(Inspection { looked, model, shape: Some(shape) })
}

/// `1 field`, `2 fields`.
pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What is said of a packed file that cannot be unpacked to its end.
pub(super) fn broken(file: &str, error: &artifact::Error) -> Looked {
    let problem =
        Problem::new(&pages::ENCODING, file, format!("the file cannot be unpacked: {}", error.fault))
            .mend("Pack it again, and see whether it was copied whole.");
    let not_checked = vec!["everything else: the file cannot be unpacked".to_owned()];
    Looked { problems: vec![problem], not_checked, ..Looked::default() }
}

fn size(source: &Source, file: &str, wish: &Wish) -> Vec<Problem> {
    let bytes = source.bytes;
    let mut problems = Vec::new();
    if let Some(least) = wish.bytes_min.filter(|least| bytes < *least) {
        problems.push(Problem::new(
            &pages::SIZE,
            file,
            format!("{bytes} bytes, fewer than the {least} declared"),
        ));
    }
    if let Some(most) = wish.bytes_max.filter(|most| bytes > *most) {
        problems.push(Problem::new(
            &pages::SIZE,
            file,
            format!("{bytes} bytes, more than the {most} declared"),
        ));
    }
    problems
}

fn no_text(content: Content, file: &str) -> Option<Problem> {
    match content {
        Content::Text => None,
        Content::Empty => Some(Problem::new(&pages::SIZE, file, "the file is empty")),
        Content::Other(what) => {
            let is_text = what.starts_with("UTF");
            let mend = if is_text {
                "Write the file as UTF-8: in pandas `to_csv(..., encoding=\"utf-8\")`, in PowerShell `-Encoding utf8NoBOM`."
            } else {
                "Hand in the text file itself."
            };
            let message = format!("the file is {what}, not UTF-8 text");
            let problem = Problem::new(&pages::ENCODING, file, message).mend(mend);
            // Some contests take binary tables and archives of several files; what is in them is not read.
            Some(if is_text || what == "a binary file" { problem } else { soft(problem) })
        }
    }
}

/// What stands between the fields, and what is wrong with that.
fn delimiter(source: &Source, path: &Path, file: &str, wish: &Wish, model: &Model) -> (u8, Option<Problem>) {
    let head = source.scanner.head();
    let by_ending = source::by_ending(path);
    let sample = model.sample.as_ref().filter(|sample| sample.names.len() > 1);
    let wanted = wish.delimiter.or(sample.map(|sample| sample.reading.delimiter));
    let Some(wanted) = wanted else {
        return (source::guess(head, by_ending).unwrap_or(by_ending), None);
    };
    if source::header_width(head, wanted) > 1 {
        return (wanted, None);
    }
    let found = source::guess(head, wanted).filter(|found| *found != wanted);
    // A file of one column has no delimiter; another one must split the header as the sample's is split.
    let Some(found) = found.filter(|found| {
        let width = source::header_width(head, *found);
        sample.is_none_or(|sample| width.abs_diff(sample.names.len()) <= 1)
    }) else {
        return (wanted, None);
    };
    let word = source::delimiter_word;
    let problem = Problem::new(
        &pages::DELIMITER,
        file,
        format!("{} stands between fields instead of {}", word(found), word(wanted)),
    );
    (found, Some(problem.line(1).mend(format!("Write the file with {} between fields.", word(wanted)))))
}

fn survey<'a>(
    mut source: Source,
    path: &Path,
    shape: &Shape,
    expected: &'a [u64],
    by_id: bool,
) -> Result<(Survey<'a>, Digest), Error> {
    let mut survey = Survey::new(&shape.layout, expected, by_id);
    let mut header = shape.reading.header;
    loop {
        let row = source.scanner.next();
        let Some(row) = row.map_err(|error| artifact::Error::io(path, "read", error))? else { break };
        let filler = source::is_filler(&row);
        let data = filler || !std::mem::take(&mut header);
        survey.record(&row, &shape.layout, data);
        if row.flaws.long {
            break;
        }
    }
    survey.finish();
    Ok((survey, source.scanner.digest()))
}

fn tell(scene: &Scene<'_>, survey: &Survey<'_>, looked: &mut Looked) -> Result<(), Error> {
    looked.problems.extend(about_bytes::problems(scene, survey));
    looked.problems.extend(index(scene, survey));
    if let Some(line) = survey.unclosed.or(survey.too_long) {
        looked
            .not_checked
            .push(format!("rows from line {line} on, row count and ids: the file cannot be read further"));
    } else if !about_bytes::is_numbered(scene, survey) {
        looked.problems.extend(about_ids::problems(scene, survey)?);
    }
    looked.problems.extend(about_values::problems(scene, survey));
    looked.notes.extend(about_bytes::notes(scene, survey));
    Ok(())
}

fn index(scene: &Scene<'_>, survey: &Survey<'_>) -> Option<Problem> {
    let name = scene.names.first()?;
    if !scene.shape.layout.numbered {
        return None;
    }
    let numbers = survey.counts_up == survey.rows;
    let problem = Problem::new(
        &pages::INDEX_COLUMN,
        &scene.file,
        if numbers {
            "the first column only numbers the rows"
        } else {
            "the first column is not in the sample and has no name of its own"
        },
    );
    let problem = problem.line(1).value(name);
    match &scene.model.sample {
        Some(_) => Some(problem),
        None => numbers.then(|| soft(problem)),
    }
}

/// What was found good, in a line.
fn praise(scene: &Scene<'_>) -> Option<String> {
    let Model { sample, expected, .. } = scene.model;
    let mut what = Vec::new();
    if sample.is_some() {
        what.push("header, types");
    }
    if let Some(expected) = expected {
        what.push(if expected.ordered { "ids and their order" } else { "ids" });
    }
    let whose = match (sample, expected) {
        (Some(_), Some(expected)) if expected.whose != "the sample" => "the sample and the test file",
        (Some(_), _) => "the sample",
        (None, _) => "the test file",
    };
    (!what.is_empty()).then(|| format!("as in {whose}: {}", what.join(", ")))
}
