//! Shelf: the file that is handed in. Its bytes, its rows and its values beside the sample, the test file and what the
//! user declares; how to mend what is only format; and what changed since the last one.
//!
//! ```text
//!   sample, test -> model      what is wanted
//!   file -> source -> scan     records, byte by byte; gzip, zip and parquet are unpacked on the way
//!            lay, header       which column is which
//!            survey            one pass: everything that was seen, in bounded memory
//!            ids               beside those that are wanted
//!            about_*           the words for what was seen
//!            mend              a copy in which only the format differs
//! ```
//!
//! A file of any size is read in bounded memory (one record, at most 64 MiB), except for the ids: 8 bytes for each row of
//! the sample, and where the file's ids differ from them, about 60 bytes for each row while they are compared.

mod about_bytes;
mod about_ids;
mod about_values;
mod cell;
pub mod change;
mod check;
mod error;
mod header;
mod ids;
mod lay;
mod mend;
mod model;
mod packed;
mod pages;
mod parquet;
mod scan;
mod source;
mod survey;
#[cfg(test)]
mod tests;
mod wish;

use std::path::Path;

use crate::rule::{Looked, Rule};

pub use error::Error;
pub use mend::{Mended, mend};
pub use wish::{FinalNewline, LineEnd, Order, Range, SumToOne, Wish};

/// What is found in a submission file.
pub static RULES: &[Rule] = pages::ALL;

/// Looks at a submission file: all problems at once.
///
/// # Errors
/// When the file, the sample or the test file cannot be read, or the wish names a column that is not there. What is wrong
/// inside the submission is a problem and no error.
pub fn check(file: &Path, wish: &Wish) -> Result<Looked, Error> {
    check_as(file, &file.display().to_string(), wish)
}

/// Looks at a submission file that lies under another name than the user knows it by.
///
/// # Errors
/// As [`check`].
pub fn check_as(file: &Path, shown: &str, wish: &Wish) -> Result<Looked, Error> {
    match check::inspect(file, shown, wish) {
        // A packed file that is cut off or damaged was handed in broken, however well it lies on this disk.
        Err(Error::Artifact(error)) if error.path == file && packed::is_gzip(file) => {
            Ok(check::broken(shown, &error))
        }
        inspected => Ok(inspected?.looked),
    }
}
