//! Shelf: a project as it lies on disk, read and never run. Its lock files, its container file and its repository.

mod files;
pub mod lock;

use std::path::Path;

use crate::rule::{Looked, Rule};

pub use files::{Files, files};

/// What is found in a project, in the order of its groups.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    lock::RULES.iter().copied()
}

/// Looks at the project below `root`; nothing is run.
#[must_use]
pub fn look(root: &Path) -> Looked {
    let files = files(root);
    let mut looked = Looked { not_checked: files.not_checked.clone(), ..Looked::default() };
    looked.add(lock::look(&files));
    looked
}
