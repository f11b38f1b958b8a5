//! What the sample and the test file say about the submission.

use std::path::{Path, PathBuf};

use super::cell::{self, Kind};
use super::error::Error;
use super::scan::Row;
use super::source::{self, Content, is_filler};
use super::survey::{Check, Layout, Survey, Tally, mark};
use super::wish::{Order, Wish};
use crate::artifact;

/// How many leading columns may identify a row together where none are declared.
const PREFIX_MAX: usize = 4;

/// Columns whose cells are looked at; a file with more is no table of predictions.
pub(super) const COLUMNS_MAX: usize = 1 << 16;

/// How a file is to be read again.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) path: PathBuf,
    pub(super) delimiter: u8,
    pub(super) header: bool,
    /// The columns that identify a row.
    pub(super) ids: Vec<usize>,
}

impl Reading {
    /// Reads every row again; `each` gets its place among the rows, counted from 0. True where the file was read to its
    /// end.
    pub(super) fn each_row(&self, mut each: impl FnMut(usize, &Row<'_>)) -> Result<bool, artifact::Error> {
        let mut source = source::open(&self.path)?;
        source.scanner.set_delimiter(self.delimiter);
        let (mut header, mut place) = (self.header, 0);
        loop {
            let row = source.scanner.next();
            let Some(row) = row.map_err(|error| artifact::Error::io(&self.path, "read", error))? else {
                return Ok(true);
            };
            if is_filler(&row) {
                continue;
            }
            if std::mem::take(&mut header) {
                continue;
            }
            if row.flaws.unclosed || row.flaws.long {
                return Ok(false);
            }
            each(place, &row);
            place += 1;
        }
    }

    /// The marks of all ids, in the order of the rows; `None` where the file breaks off.
    fn marks(&self) -> Result<Option<Vec<u64>>, artifact::Error> {
        let mut marks = Vec::new();
        let whole = self.each_row(|_, row| marks.push(mark(row, &self.ids)))?;
        Ok(whole.then_some(marks))
    }
}

/// The sample file.
pub(super) struct Sample {
    pub(super) reading: Reading,
    pub(super) names: Vec<String>,
    pub(super) bom: bool,
    /// Whether its header ends with a delimiter.
    pub(super) trailing: bool,
    pub(super) survey: Survey<'static>,
}

impl Sample {
    pub(super) fn column(&self, place: usize) -> Option<&Tally> {
        self.survey.columns.get(place).filter(|_| self.survey.rows > 0)
    }

    /// Whether the column holds numbers and nothing else but what stands for none.
    pub(super) fn is_numeric(&self, place: usize) -> bool {
        self.column(place).is_some_and(|tally| {
            tally.count(Kind::Number) + tally.count(Kind::Comma) > 0
                && tally.count(Kind::Text) + tally.count(Kind::List) == 0
        })
    }
}

/// The ids that a submission must have.
pub(super) struct Expected {
    pub(super) reading: Reading,
    pub(super) marks: Vec<u64>,
    /// Whether the order is wanted too.
    pub(super) ordered: bool,
    /// In words: `the sample`.
    pub(super) whose: &'static str,
    /// Whether each stands once.
    pub(super) unique: bool,
}

/// What is known about the submission before it is opened.
#[derive(Default)]
pub(super) struct Model {
    pub(super) sample: Option<Sample>,
    pub(super) expected: Option<Expected>,
    /// The header of the test file.
    pub(super) test: Option<(Reading, Vec<String>)>,
    pub(super) notes: Vec<String>,
    pub(super) not_checked: Vec<String>,
}

impl Model {
    /// Reads the sample and the test file, as far as they are given.
    pub(super) fn read(wish: &Wish) -> Result<Self, Error> {
        let mut model = Self::default();
        if let Some(path) = &wish.test {
            model.test = Some(test_header(path, wish)?);
        }
        if let Some(path) = &wish.sample {
            model.read_sample(path, wish)?;
        }
        if let (Some(sample), Some(_)) = (&model.sample, &model.test) {
            let names: Vec<String> =
                sample.reading.ids.iter().filter_map(|id| sample.names.get(*id).cloned()).collect();
            model.beside_test(&names, wish)?;
        }
        Ok(model)
    }

    fn read_sample(&mut self, path: &Path, wish: &Wish) -> Result<(), Error> {
        let mut sample = sample(path, wish, self.test.as_ref().map(|(_, names)| names.as_slice()))?;
        let mut marks = std::mem::take(&mut sample.survey.ids.rest);
        if wish.id.is_empty() && !sample.reading.ids.is_empty() {
            (sample.reading.ids, marks) = identifying(&sample, marks)?;
        }
        if sample.survey.rows == 0 {
            if wish.id.is_empty() && self.test.is_none() {
                sample.reading.ids.clear();
            }
            self.not_checked.push("row count and types: the sample has no rows".to_owned());
        } else if sample.reading.ids.is_empty() {
            self.not_checked
                .push("ids and their order: no column of the sample identifies its rows".to_owned());
        } else {
            let ordered = wish.order.unwrap_or(Order::Sample) == Order::Sample;
            let unique = is_unique(&marks);
            let reading = sample.reading.clone();
            self.expected = Some(Expected { reading, marks, ordered, whose: "the sample", unique });
        }
        self.sample = Some(sample);
        Ok(())
    }

    /// Takes the ids of the test file, where they say more than the sample's.
    pub(super) fn beside_test(&mut self, names: &[String], wish: &Wish) -> Result<(), Error> {
        let Some((reading, columns)) = &self.test else { return Ok(()) };
        let places: Option<Vec<usize>> =
            names.iter().map(|name| columns.iter().position(|column| column == name)).collect();
        let Some(places) = places.filter(|places| !places.is_empty()) else {
            self.not_checked.push(format!(
                "ids of `{}`: it has no column {}; `--id NAME` names one that both files have",
                reading.path.display(),
                if names.is_empty() {
                    "that is known as an id".to_owned()
                } else {
                    format!("`{}`", names.join("`, `"))
                }
            ));
            return Ok(());
        };
        let reading = Reading { ids: places, ..reading.clone() };
        let Some(marks) = reading.marks()? else {
            self.not_checked
                .push(format!("ids of `{}`: a quote in it is never closed", reading.path.display()));
            return Ok(());
        };
        let unique = is_unique(&marks);
        let ordered = wish.order == Some(Order::Sample);
        let from_test = Expected { reading, marks, ordered, whose: "the test file", unique };
        match &self.expected {
            None => self.expected = Some(from_test),
            Some(_) if from_test.marks.is_empty() => {
                self.not_checked
                    .push("ids and row count: the test file has no rows, and the sample has".to_owned());
                self.expected = None;
            }
            Some(sample) => match relation(&sample.marks, &from_test.marks) {
                Relation::Same => {}
                Relation::Excerpt => {
                    self.notes.push(format!(
                        "the sample has {} of the test file's {} ids: the test file says which ids are wanted, and their order is free",
                        sample.marks.len(),
                        from_test.marks.len()
                    ));
                    self.expected = Some(from_test);
                }
                Relation::Other => self
                    .notes
                    .push("the sample and the test file have different ids: the sample counts".to_owned()),
            },
        }
        Ok(())
    }
}

enum Relation {
    Same,
    Excerpt,
    Other,
}

fn relation(sample: &[u64], test: &[u64]) -> Relation {
    let set = |marks: &[u64]| {
        let mut sorted = marks.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    };
    let (sample, test) = (set(sample), set(test));
    if sample == test {
        Relation::Same
    } else if sample.iter().all(|mark| test.binary_search(mark).is_ok()) {
        Relation::Excerpt
    } else {
        Relation::Other
    }
}

fn is_unique(marks: &[u64]) -> bool {
    let mut sorted = marks.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The fewest leading columns that identify the sample's rows, and their marks; none where it takes all columns, or
/// numbers with fractions, which are more likely predictions.
fn identifying(sample: &Sample, first: Vec<u64>) -> Result<(Vec<usize>, Vec<u64>), Error> {
    let mut marks = first;
    let mut ids = sample.reading.ids.clone();
    let fraction = |id: &usize| sample.column(*id).is_some_and(|tally| tally.fraction);
    loop {
        if ids.iter().any(fraction) {
            return Ok((Vec::new(), Vec::new()));
        }
        if is_unique(&marks) {
            return Ok((ids, marks));
        }
        let next = (0..sample.names.len()).find(|place| !ids.contains(place));
        let Some(next) = next.filter(|_| ids.len() + 2 <= sample.names.len() && ids.len() < PREFIX_MAX)
        else {
            return Ok((Vec::new(), Vec::new()));
        };
        ids.push(next);
        let reading = Reading { ids: ids.clone(), ..sample.reading.clone() };
        marks = reading.marks()?.unwrap_or_default();
    }
}

/// The names in a header, as text.
pub(super) fn names(row: &[Vec<u8>]) -> Vec<String> {
    row.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// Whether a first row is a header. It is none where all its cells are numbers, or where some are and all others are made
/// like those below them, as `a1` and `a2` are.
pub(super) fn is_header(rows: &[Vec<Vec<u8>>]) -> bool {
    let Some(first) = rows.first() else { return false };
    let is_number = |text: &Vec<u8>| cell::read(text).kind == Kind::Number;
    let alike = |second: &Vec<Vec<u8>>| {
        first.len() == second.len()
            && first.iter().zip(second).all(|(upper, lower)| {
                let made = make(upper);
                is_number(upper) && is_number(lower) || made.contains(&b'0') && made == make(lower)
            })
    };
    let numbers = first.iter().filter(|text| is_number(text)).count();
    numbers < first.len() && (numbers == 0 || !rows.get(1).is_some_and(alike))
}

/// How a text is made: runs of letters and of digits, and what stands between them.
fn make(text: &[u8]) -> Vec<u8> {
    let mut made: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'0'..=b'9' => b'0',
            byte if byte.is_ascii_alphabetic() || *byte >= 0x80 => b'a',
            byte => *byte,
        })
        .collect();
    made.dedup();
    made
}

fn text_only(path: &Path, content: Content) -> Result<(), Error> {
    let (what, hint) = match content {
        Content::Text => return Ok(()),
        Content::Empty => ("empty", "give the file as the contest hands it out"),
        Content::Other(what) => (what, "give it as comma-separated text in UTF-8"),
    };
    Err(Error::wish(format!("`{}` is {what}", path.display()), hint))
}

/// An open file, its delimiter, and its first rows.
type Opened = (source::Source, u8, Vec<Vec<Vec<u8>>>);

fn opened(path: &Path, wish: &Wish) -> Result<Opened, Error> {
    let mut source = source::open(path)?;
    text_only(path, source.content)?;
    let ending = source::by_ending(path);
    let delimiter = source::guess(source.scanner.head(), wish.delimiter.unwrap_or(ending)).unwrap_or(ending);
    source.scanner.set_delimiter(delimiter);
    let rows = source::first_rows(source.scanner.head(), delimiter);
    Ok((source, delimiter, rows))
}

fn test_header(path: &Path, wish: &Wish) -> Result<(Reading, Vec<String>), Error> {
    let (_, delimiter, rows) = opened(path, &Wish { delimiter: None, ..wish.clone() })?;
    let names = rows.first().map(|row| names(row)).unwrap_or_default();
    let reading = Reading { path: path.to_path_buf(), delimiter, header: true, ids: Vec::new() };
    Ok((reading, names))
}

/// Where the declared id columns are among names; without a header they are numbers.
pub(super) fn places(wanted: &[String], names: &[String], header: bool) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        let by_name = names.iter().position(|other| other == name);
        let by_number = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let found = if header { by_name } else { by_number.filter(|place| *place < names.len()) };
        found.ok_or_else(|| name.clone())
    };
    wanted.iter().map(place).collect()
}

fn sample(path: &Path, wish: &Wish, test: Option<&[String]>) -> Result<Sample, Error> {
    let (mut source, delimiter, rows) = opened(path, wish)?;
    let first = rows.first().cloned().unwrap_or_default();
    let header = wish.header.unwrap_or_else(|| is_header(&rows));
    let mut names = names(&first);
    let trailing = names.len() > 1 && header && names.last().is_some_and(String::is_empty);
    if trailing {
        names.pop();
    }
    let declared = places(&wish.id, &names, header).map_err(|name| {
        Error::wish(
            format!("`{}` has no column `{name}`", path.display()),
            if header {
                format!("its columns: {}", names.join(", "))
            } else {
                "without a header, give the column's number".to_owned()
            },
        )
    })?;
    let common: Vec<usize> =
        (0..names.len()).filter(|place| test.is_some_and(|test| test.contains(&names[*place]))).collect();
    let ids = if !declared.is_empty() {
        declared
    } else if !common.is_empty() && common.len() < names.len() && header {
        common
    } else if names.len() > 1 {
        vec![0]
    } else {
        Vec::new()
    };
    let checks = vec![Check { watched: true, ..Check::default() }; names.len().min(COLUMNS_MAX)];
    let layout = Layout { width: names.len(), ids: ids.clone(), checks, ..Layout::default() };
    let mut survey = Survey::new(&layout, &[], false);
    let mut waiting = header;
    loop {
        let row = source.scanner.next();
        let Some(row) = row.map_err(|error| artifact::Error::io(path, "read", error))? else { break };
        let data = is_filler(&row) || !std::mem::take(&mut waiting);
        survey.record(&row, &layout, data);
    }
    survey.finish();
    if let Some(line) = survey.unclosed.or(survey.too_long) {
        return Err(Error::wish(
            format!("`{}`:{line}: a quote is never closed", path.display()),
            "give the sample as the contest hands it out",
        ));
    }
    let reading = Reading { path: path.to_path_buf(), delimiter, header, ids };
    Ok(Sample { reading, names, bom: source.bom, trailing, survey })
}
