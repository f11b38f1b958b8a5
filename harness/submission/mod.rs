//! Shelf: the file that is handed in. Its bytes, its rows and its values beside the sample, the test file and what the
//! user declares; how to mend what is only format; and what changed since the last one.

mod wish;

use crate::rule::Rule;

pub use wish::{FinalNewline, LineEnd, Order, Range, SumToOne, Wish};

/// What is found in a submission file.
pub static RULES: &[Rule] = &[];
