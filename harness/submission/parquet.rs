//! Parquet as the text that would say the same: a header and rows, separated by commas, so that one set of rules serves
//! both. Row n of the file is line n + 1.

use std::io::{self, Read};
use std::path::Path;

use crate::artifact::table::{self, Cell, Table};
use crate::artifact::{Error, Format, Origin, csv};

/// Rows of a file, written one after another as they are read.
pub(super) struct Rows {
    table: Box<dyn Table>,
    width: usize,
    line: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Rows {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it is broken, or takes more memory than is allowed.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let table = table::open(&Origin::new(path, Format::Parquet))?;
        let mut line = Vec::new();
        for (place, name) in table.columns().iter().enumerate() {
            separate(&mut line, place);
            text(&mut line, name);
        }
        line.push(b'\n');
        let width = table.columns().len();
        Ok(Self { table, width, line, at: 0, ended: false })
    }

    fn next_line(&mut self) -> Result<bool, Error> {
        if self.ended || !self.table.advance()? {
            self.ended = true;
            return Ok(false);
        }
        self.line.clear();
        self.at = 0;
        for place in 0..self.width {
            separate(&mut self.line, place);
            cell(&mut self.line, &self.table.cell(place));
        }
        self.line.push(b'\n');
        Ok(true)
    }
}

impl Read for Rows {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() && !self.next_line().map_err(io::Error::other)? {
            return Ok(0);
        }
        let count = (&self.line[self.at..]).read(target)?;
        self.at += count;
        Ok(count)
    }
}

fn separate(line: &mut Vec<u8>, place: usize) {
    if place > 0 {
        line.push(b',');
    }
}

/// A value as pandas writes it: numbers with the fewest digits that read back to the same bits, nothing for null.
fn cell(line: &mut Vec<u8>, cell: &Cell<'_>) {
    let written = match cell {
        Cell::Null => return,
        Cell::Written(value) | Cell::Text(value) => return text(line, value),
        Cell::Integer(value) => value.to_string(),
        Cell::Single(value) => format!("{value:?}"),
        Cell::Double(value) => format!("{value:?}"),
        Cell::Bool(true) => "True".to_owned(),
        Cell::Bool(false) => "False".to_owned(),
        Cell::Other(value) => return text(line, value),
    };
    line.extend_from_slice(written.as_bytes());
}

fn text(line: &mut Vec<u8>, value: &str) {
    csv::write_field(line, value, b',', false);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(all: &[Cell<'_>]) -> String {
        let mut line = Vec::new();
        for (place, one) in all.iter().enumerate() {
            separate(&mut line, place);
            cell(&mut line, one);
        }
        String::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn values_are_written_so_that_they_read_back() {
        let row = [Cell::Integer(7), Cell::Double(0.1), Cell::Null, Cell::Text("a,\"b\""), Cell::Bool(true)];
        assert_eq!(written(&row), "7,0.1,,\"a,\"\"b\"\"\",True");
        assert_eq!(written(&[Cell::Double(f64::NAN), Cell::Single(0.1)]), "NaN,0.1");
    }
}
