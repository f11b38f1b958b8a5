//! A mended copy of a submission in which only the format was wrong. Predictions are never touched.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::cell::{self, Kind};
use super::check::{Inspection, Shape, inspect};
use super::error::Error;
use super::ids;
use super::model::Model;
use super::pages;
use super::scan::Row;
use super::survey::Ids;
use super::wish::{FinalNewline, LineEnd, Order, Wish};
use crate::rule::{Looked, Problem, Rule, Severity};

/// What can be mended, and what is said when it was.
const MENDABLE: [(&Rule, &str); 11] = [
    (&pages::BOM, "dropped the byte order mark"),
    (&pages::LINE_END, "changed line ends"),
    (&pages::FINAL_NEWLINE, "mended the end of the file"),
    (&pages::BLANK_LINE, "dropped blank lines"),
    (&pages::TRAILING_COMMA, "dropped delimiters at the end of rows"),
    (&pages::INDEX_COLUMN, "dropped the column that numbers the rows"),
    (&pages::HEADER, "put the columns into the sample's order"),
    (&pages::ORDER, "put the rows into order"),
    (&pages::DELIMITER, "changed the character between fields"),
    (&pages::WHITESPACE, "dropped blanks around numbers"),
    (&pages::FLOAT_FORMAT, "wrote numbers with the declared decimals, their values unchanged"),
];

/// What came of mending.
#[derive(Debug)]
pub struct Mended {
    /// Of the copy where one was written, else of the file.
    pub looked: Looked,
    /// What was done, each in a line; empty where no copy was written.
    pub did: Vec<String>,
}

/// Writes a copy of `file` at `out` in which what is only format is mended, whole or not at all. Where there is something
/// else wrong, or nothing to mend, nothing is written.
///
/// # Errors
/// As [`super::check`]; and when `out` exists, or cannot be written.
pub fn mend(file: &Path, wish: &Wish, out: &Path) -> Result<Mended, Error> {
    if out.symlink_metadata().is_ok() {
        return Err(Error::wish(
            format!("`{}` exists", out.display()),
            "give the mended copy another name; nothing is overwritten",
        ));
    }
    let Inspection { mut looked, model, shape } = inspect(file, &file.display().to_string(), wish)?;
    let shape =
        shape.filter(|shape| !looked.problems.iter().any(|problem| stands(problem, &model, shape, wish)));
    let mendable: Vec<&Problem> =
        looked.problems.iter().filter(|problem| phrase(problem).is_some()).collect();
    let Some(shape) = shape.filter(|_| !mendable.is_empty()) else {
        let why = if looked.problems.iter().any(|problem| problem.severity == Severity::Error) {
            "what is wrong is not only format"
        } else {
            "there is nothing to mend"
        };
        looked.notes.push(format!("`{}` was not written: {why}", out.display()));
        return Ok(Mended { looked, did: Vec::new() });
    };
    let did: Vec<String> =
        mendable.iter().filter_map(|problem| phrase(problem).map(|phrase| told(phrase, problem))).collect();
    let has = |rule: &Rule| mendable.iter().any(|problem| problem.rule == rule.name);
    let job = Job {
        shape: &shape,
        model: &model,
        wish,
        columns: columns(&shape, &model, has(&pages::INDEX_COLUMN)),
        trimmed: has(&pages::WHITESPACE),
        ordered: has(&pages::ORDER),
    };
    let copy = job.write(out)?;
    let again = inspect(copy.path(), &out.display().to_string(), wish)?.looked;
    if again.problems.iter().any(|problem| problem.severity == Severity::Error) {
        looked
            .notes
            .push(format!("`{}` was not written: a mended copy would still have problems", out.display()));
        return Ok(Mended { looked, did: Vec::new() });
    }
    copy.persist_noclobber(out)
        .map_err(|error| Error::Write { path: out.to_path_buf(), source: error.error })?;
    Ok(Mended { looked: again, did })
}

fn phrase(problem: &Problem) -> Option<&'static str> {
    MENDABLE.iter().find(|(rule, _)| rule.name == problem.rule).map(|(_, phrase)| *phrase)
}

fn told(phrase: &str, problem: &Problem) -> String {
    if problem.count > 1 { format!("{phrase} ({} places)", problem.count) } else { phrase.to_owned() }
}

/// Whether a problem stands in the way: an error that is more than format.
fn stands(problem: &Problem, model: &Model, shape: &Shape, wish: &Wish) -> bool {
    if problem.severity != Severity::Error {
        return false;
    }
    let is = |rule: &Rule| problem.rule == rule.name;
    if is(&pages::HEADER) {
        // Only the order of the columns may differ: a name is the user's to change.
        return !shape.reading.header
            || shape.map.iter().filter(|other| other.is_some()).count() != sample_width(model)
            || !same_names(problem);
    }
    if is(&pages::INDEX_COLUMN) {
        return !shape.layout.numbered;
    }
    if is(&pages::ORDER) {
        return wish.order == Some(Order::Id)
            || model.expected.as_ref().is_none_or(|expected| !expected.unique);
    }
    // Blanks around ids are a part of them.
    is(&pages::WHITESPACE) || phrase(problem).is_none()
}

fn sample_width(model: &Model) -> usize {
    model.sample.as_ref().map_or(0, |sample| sample.names.len())
}

/// Whether a problem of the header is that of the order alone.
fn same_names(problem: &Problem) -> bool {
    problem.count == 1 && problem.message.starts_with(super::header::ORDER_DIFFERS)
}

/// The columns of the copy, as columns of the file.
fn columns(shape: &Shape, model: &Model, drop_index: bool) -> Vec<usize> {
    let own = 0..shape.layout.width;
    if model.sample.is_none() {
        return own.filter(|place| *place > 0 || !drop_index).collect();
    }
    let mut pairs: Vec<(usize, usize)> =
        own.filter_map(|place| Some((shape.map.get(place).copied().flatten()?, place))).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, place)| place).collect()
}

/// How a copy is written.
struct Job<'a> {
    shape: &'a Shape,
    model: &'a Model,
    wish: &'a Wish,
    columns: Vec<usize>,
    trimmed: bool,
    ordered: bool,
}

impl Job<'_> {
    /// Writes the copy into a temporary file beside `out`.
    fn write(&self, out: &Path) -> Result<NamedTempFile, Error> {
        let failed = |source| Error::Write { path: out.to_path_buf(), source };
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let copy = temporary(folder).map_err(failed)?;
        let mut lines = Lines { out: BufWriter::new(copy.as_file()), end: self.end(), first: true };
        if self.shape.reading.header {
            self.header(&mut lines)?.map_err(failed)?;
        }
        if self.ordered {
            self.in_order(&mut lines, folder, out)?;
        } else {
            let mut outcome = Ok(());
            self.shape.reading.each_row(|_, row| {
                if outcome.is_ok() {
                    outcome = lines.line(&self.line(row));
                }
            })?;
            outcome.map_err(failed)?;
        }
        let last = self.wish.final_newline != Some(FinalNewline::None);
        lines.finish(last).map_err(failed)?;
        Ok(copy)
    }

    fn end(&self) -> &'static [u8] {
        let sample = self.model.sample.as_ref().map(|sample| &sample.survey.ends);
        match self.wish.line_end {
            Some(LineEnd::Crlf) => b"\r\n",
            None if sample.is_some_and(|ends| ends[0].count == 0 && ends[1].count > 0) => b"\r\n",
            _ => b"\n",
        }
    }

    fn header(&self, lines: &mut Lines<'_>) -> Result<io::Result<()>, Error> {
        let mut source = super::source::open(&self.shape.reading.path)?;
        source.scanner.set_delimiter(self.shape.reading.delimiter);
        loop {
            let path = &self.shape.reading.path;
            let row = source.scanner.next();
            match row.map_err(|error| crate::artifact::Error::io(path, "read", error))? {
                Some(row) if super::source::is_filler(&row) => {}
                Some(row) => return Ok(lines.line(&self.fields(&row, false))),
                None => return Ok(Ok(())),
            }
        }
    }

    fn line(&self, row: &Row<'_>) -> Vec<u8> {
        self.fields(row, true)
    }

    /// A record of the copy. Fields stay as they are written, quotes included, unless something in them is mended.
    fn fields(&self, row: &Row<'_>, data: bool) -> Vec<u8> {
        let from = self.shape.reading.delimiter;
        let sample = self.model.sample.as_ref().map(|sample| sample.reading.delimiter);
        let to = self.wish.delimiter.or(sample).unwrap_or(from);
        let mut line = Vec::with_capacity(row.bytes.len());
        for (place, column) in self.columns.iter().enumerate() {
            if place > 0 {
                line.push(to);
            }
            let written = row.written(*column);
            let mended = if data { self.number(row, *column) } else { None };
            let field = mended.as_deref().unwrap_or(written);
            if from != to && !field.starts_with(b"\"") && field.contains(&to) {
                line.push(b'"');
                line.extend_from_slice(field);
                line.push(b'"');
            } else {
                line.extend_from_slice(field);
            }
        }
        line
    }

    /// A prediction that is a number, in the form that is wanted; `None` where it stays as it is.
    fn number(&self, row: &Row<'_>, column: usize) -> Option<Vec<u8>> {
        let check = self.shape.layout.checks.get(column).filter(|check| check.watched)?;
        let content = row.field(column);
        let text = content.trim_ascii();
        if cell::read(&content).kind != Kind::Number {
            return None;
        }
        if let Some(decimals) = check.decimals {
            return fixed(text, decimals);
        }
        (self.trimmed && text.len() < content.len()).then(|| text.to_vec())
    }

    /// Writes the rows in the order of the sample: once as they come, and from there in order.
    fn in_order(&self, lines: &mut Lines<'_>, folder: &Path, out: &Path) -> Result<(), Error> {
        let failed = |source| Error::Write { path: out.to_path_buf(), source };
        let Some(expected) = &self.model.expected else { return Ok(()) };
        let waiting = temporary(folder).map_err(failed)?;
        let mut writer = BufWriter::new(waiting.as_file());
        let (mut marks, mut places) = (Vec::new(), vec![0_u64]);
        let mut outcome = Ok(());
        self.shape.reading.each_row(|_, row| {
            let line = self.line(row);
            marks.push(super::survey::mark(row, &self.shape.reading.ids));
            places.push(places.last().copied().unwrap_or(0) + line.len() as u64);
            if outcome.is_ok() {
                outcome = writer.write_all(&line);
            }
        })?;
        outcome.and_then(|()| writer.flush()).map_err(failed)?;
        drop(writer);
        let mut own = Ids::new(&[]);
        own.rest = marks;
        let mut pairs = ids::differences(&expected.marks, &own).unwrap_or_default().common;
        pairs.sort_unstable_by_key(|pair| pair.1);
        let mut reader = BufReader::new(waiting.reopen().map_err(failed)?);
        for (row, _) in pairs {
            Self::copy(&mut reader, places[row], places[row + 1], lines).map_err(failed)?;
        }
        Ok(())
    }

    fn copy(reader: &mut BufReader<File>, from: u64, to: u64, lines: &mut Lines<'_>) -> io::Result<()> {
        reader.seek(SeekFrom::Start(from))?;
        let mut line = Vec::new();
        reader.by_ref().take(to - from).read_to_end(&mut line)?;
        lines.line(&line)
    }
}

/// A file beside the one that is to be, readable like any other once it is kept.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".driftless-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Lines on their way out, with ends between them.
struct Lines<'a> {
    out: BufWriter<&'a File>,
    end: &'static [u8],
    first: bool,
}

impl Lines<'_> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(self.end)?;
        }
        self.out.write_all(line)
    }

    fn finish(mut self, last: bool) -> io::Result<()> {
        if last {
            self.out.write_all(self.end)?;
        }
        self.out.flush()?;
        self.out.get_ref().sync_all()
    }
}

/// A number with so many decimals and no exponent, if that is the very same number.
fn fixed(text: &[u8], decimals: usize) -> Option<Vec<u8>> {
    /// Exponents beyond this make texts that nobody wants to write out.
    const EXPONENT_MAX: i64 = 400;
    let text = std::str::from_utf8(text).ok()?;
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok().filter(|power: &i64| power.abs() <= EXPONENT_MAX)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    // The value is `digits` times ten to this power; it becomes minus `decimals`.
    let power = exponent - i64::try_from(fraction.len()).ok()? + i64::try_from(decimals).ok()?;
    if power >= 0 {
        digits.extend(std::iter::repeat_n('0', usize::try_from(power).ok()?));
    } else {
        let cut = usize::try_from(-power).ok()?;
        let kept = digits.len().saturating_sub(cut);
        if digits[kept..].bytes().any(|digit| digit != b'0') {
            return None;
        }
        digits.truncate(kept);
    }
    let digits = digits.trim_start_matches('0');
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals > 0 { "." } else { "" };
    Some(format!("{sign}{whole}{point}{fraction}").into_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fixed_text(text: &str, decimals: usize) -> Option<String> {
        fixed(text.as_bytes(), decimals).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn decimals_are_changed_only_where_the_number_stays_the_same() {
        for (text, decimals, expected) in [
            ("0.5", 3, Some("0.500")),
            ("5e-1", 2, Some("0.50")),
            ("+.5", 1, Some("0.5")),
            ("1.", 0, Some("1")),
            ("-12e2", 1, Some("-1200.0")),
            ("0.1250", 3, Some("0.125")),
            ("-0", 2, Some("-0.00")),
            ("0.126", 2, None),
            ("1e999999999999", 2, None),
        ] {
            assert_eq!(fixed_text(text, decimals).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_written_otherwise_has_the_same_bits(
            text in "[+-]?[0-9]{1,5}(\\.[0-9]{0,6})?(e-?[0-9])?", decimals in 0_usize..12,
        ) {
            if let Some(other) = fixed_text(&text, decimals) {
                let (left, right): (f64, f64) = (text.parse().unwrap(), other.parse().unwrap());
                prop_assert_eq!(left.to_bits(), right.to_bits());
            }
        }
    }
}
