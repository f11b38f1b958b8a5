//! Shelf: the file that is handed in. Its bytes, its rows and its values beside the sample, the test file and what the
//! user declares; how to mend what is only format; and what changed since the last one.

use crate::rule::Rule;

/// What is found in a submission file.
pub static RULES: &[Rule] = &[];
