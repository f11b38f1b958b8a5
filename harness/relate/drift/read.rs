//! The columns of a file, as samples.
//!
//! Delimited text is read by several threads, Parquet column by column. Only so many columns are held at a time as
//! [`HELD_BYTES`] allow, and the file is read again for the next ones, so that memory is bounded by the larger of that limit
//! and one column of each table (8 bytes for a number, and as much again while a list grows).

use std::io::Read;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Sample;
use crate::artifact::csv::Record;
use crate::artifact::parquet::ParquetTable;
use crate::artifact::table::{Cell, Table};
use crate::artifact::{Error, Format, Origin, open};
use crate::relate::overlap::{Rows, Selection, TableFile, columns_of, source};
use crate::relate::parts::{self, Sink};

/// What the numbers of the columns that are held at a time may take, of both tables together.
const HELD_BYTES: u64 = open::MEMORY_BYTES_MAX;

/// From how many bytes the length of rows is estimated.
const SAMPLED_BYTES: u64 = 1 << 20;

/// How the work is cut, where that is not left to the machine and the files. Nothing that is found depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    /// Threads, and the parts in which delimited text is read.
    pub(super) threads: Option<NonZero<usize>>,
    /// Columns that are held at a time.
    pub(super) held: Option<NonZero<usize>>,
}

impl Cut {
    fn threads(self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get)
    }
}

/// A file and some of its columns.
pub(super) struct Columns<'a> {
    pub(super) file: &'a TableFile,
    /// Places of the columns in the file.
    pub(super) places: Vec<usize>,
}

impl Columns<'_> {
    /// About how many rows the file has.
    fn rows(&self) -> Result<u64, Error> {
        let origin = self.file.origin();
        if self.file.format == Format::Parquet {
            return ParquetTable::outline(&origin).map(|(_, rows)| rows);
        }
        let file = open::regular(&self.file.path)?;
        let length = open::length(&file, &self.file.path)?;
        let mut head = Vec::new();
        file.take(SAMPLED_BYTES).read_to_end(&mut head).map_err(|source| origin.reading(source))?;
        let lines = head.split(|byte| *byte == b'\n').count() as u64;
        Ok((length / head.len().max(1) as u64 + 1).saturating_mul(lines))
    }
}

/// How many columns are held at a time.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn at_a_time(tables: [&Columns<'_>; 2]) -> Result<usize, Error> {
    let mut rows = 0_u64;
    for table in tables {
        rows = rows.saturating_add(table.rows()?);
    }
    Ok(usize::try_from(HELD_BYTES / rows.saturating_mul(8).max(1)).unwrap_or(usize::MAX).max(1))
}

/// The samples of some columns, in the order of `places`; numbers are not sorted.
///
/// # Errors
/// When the file cannot be read or is malformed.
pub(super) fn samples(columns: &Columns<'_>, cut: Cut) -> Result<Vec<Sample>, Error> {
    let file = columns.file;
    let rows = Selection::bind(file.rows.as_ref(), &columns_of(file)?, file)?;
    match file.format {
        Format::Csv => delimited(&file.origin(), b',', &rows, columns, cut),
        Format::Tsv => delimited(&file.origin(), b'\t', &rows, columns, cut),
        Format::Parquet if file.rows.is_none() => {
            let one = |place: usize| {
                let wanted = columns.places[place];
                let mut table = ParquetTable::open_some(&file.origin(), |other| other == wanted)?;
                walk(&mut table, &Rows::all(), &[0])
                    .map(|samples| samples.into_iter().next().unwrap_or_default())
            };
            in_parallel(columns.places.len(), cut, one).into_iter().collect()
        }
        _ => walk(source::open(file)?.as_mut(), &rows, &columns.places),
    }
}

fn walk(table: &mut dyn Table, rows: &Rows, places: &[usize]) -> Result<Vec<Sample>, Error> {
    let mut samples = vec![Sample::default(); places.len()];
    while table.advance()? {
        if rows.keeps(table) {
            for (sample, place) in samples.iter_mut().zip(places) {
                sample.cell(&table.cell(*place));
            }
        }
    }
    Ok(samples)
}

/// Takes in the cells of some columns.
struct Cells<'a> {
    rows: &'a Rows,
    places: &'a [usize],
    samples: Vec<Sample>,
}

impl Sink for Cells<'_> {
    fn row(&mut self, _position: u64, _number: u64, record: &mut Record) {
        if self.rows.keeps_by(|column| Cell::Written(record.field(column))) {
            for (sample, place) in self.samples.iter_mut().zip(self.places) {
                sample.written(record.field(*place));
            }
        }
    }
}

fn delimited(
    origin: &Origin,
    delimiter: u8,
    rows: &Rows,
    columns: &Columns<'_>,
    cut: Cut,
) -> Result<Vec<Sample>, Error> {
    let places = columns.places.as_slice();
    let make = || Cells { rows, places, samples: vec![Sample::default(); places.len()] };
    let mut whole = vec![Sample::default(); places.len()];
    let parts = match cut.threads {
        Some(threads) => parts::read_in(origin, delimiter, &make, threads.get() as u64),
        None => parts::read(origin, delimiter, &make),
    };
    for part in parts? {
        for (sample, more) in whole.iter_mut().zip(part.sink.samples) {
            sample.append(more);
        }
    }
    Ok(whole)
}

/// Does something for each number below `count`, on several processors; the results are in order.
pub(super) fn in_parallel<T: Send>(count: usize, cut: Cut, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = cut.threads().min(count);
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return done;
            }
            done.push((place, work(place)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        // A thread that panicked has a bug of ours to show.
        handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
