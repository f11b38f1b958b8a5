//! Text files, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::error::{Error, Origin};
use super::open;

/// Limit on one line: 64 MiB.
const LINE_BYTES_MAX: usize = 64 << 20;

/// A file that is read line by line.
pub(crate) struct Lines<R = File> {
    origin: Origin,
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    /// Whether a line ended in `\r\n`.
    pub(crate) carriage_returns: bool,
}

impl Lines<File> {
    /// # Errors
    /// When it is not a regular file, or cannot be opened.
    pub(crate) fn open(origin: &Origin) -> Result<Self, Error> {
        Ok(Self::read(origin, open::regular(&origin.path)?))
    }
}

impl<R: Read> Lines<R> {
    fn read(origin: &Origin, input: R) -> Self {
        let input = BufReader::with_capacity(open::CHUNK_BYTES, input);
        Self { origin: origin.clone(), input, line: Vec::new(), number: 0, carriage_returns: false }
    }

    /// Moves to the next line; false at the end.
    ///
    /// # Errors
    /// When it is not UTF-8, too long, or cannot be read.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        self.line.clear();
        self.number += 1;
        let count = self.input.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut self.line);
        if count.map_err(|source| self.origin.reading(source))? == 0 {
            return Ok(false);
        }
        if self.line.len() == LINE_BYTES_MAX {
            return Err(self
                .origin
                .malformed(format!("line {} is longer than {LINE_BYTES_MAX} bytes", self.number)));
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
                self.carriage_returns = true;
            }
        }
        if std::str::from_utf8(&self.line).is_err() {
            return Err(self.origin.malformed(format!("line {} is not UTF-8", self.number)));
        }
        Ok(true)
    }

    /// The number of the current line, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The current line without its end, valid UTF-8.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Format;
    use proptest::prelude::*;
    use std::path::Path;

    fn lines(text: &[u8]) -> Result<Vec<String>, Error> {
        let mut lines = Lines::read(&Origin::new(Path::new("x.txt"), Format::Text), text);
        let mut found = Vec::new();
        while lines.advance()? {
            found.push(String::from_utf8(lines.line().to_vec()).unwrap());
        }
        Ok(found)
    }

    #[test]
    fn line_ends_of_both_kinds_are_taken_off() {
        assert_eq!(lines(b"a\r\n\nb").unwrap(), ["a", "", "b"]);
        assert!(lines(b"").unwrap().is_empty());
    }

    #[test]
    fn a_line_that_is_not_utf8_is_named() {
        assert_eq!(
            lines(b"a\n\xff\n").unwrap_err().to_string(),
            "`x.txt`: malformed text: line 2 is not UTF-8"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = lines(&bytes);
        }
    }
}
