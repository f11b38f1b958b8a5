//! The repository: what lies in it that should not, and what it notes about files that are other files now.

mod dvc;
mod home_path;
mod marks;
mod names;
mod notebook;
mod pickle;
mod pointer;
mod secrets;
mod size;

use std::collections::BTreeSet;
use std::path::Path;

use super::texts::{self, Opened};
use super::{Files, container};
use crate::rule::{Looked, Rule};

/// What is found in a repository.
pub(super) static RULES: &[Rule] = &[
    home_path::RULE,
    secrets::RULE,
    size::RULE,
    notebook::RULE,
    pickle::RULE,
    pointer::RULE,
    dvc::RULE,
    names::RULE,
    marks::RULE,
];

/// What the look at one file needs to know of the others.
struct Around<'a> {
    root: &'a Path,
    stored: size::Stored,
    image_users: BTreeSet<String>,
}

/// Looks at every file of the project's own.
pub(super) fn look(files: &Files) -> Looked {
    let own = texts::own(files);
    let around =
        Around { root: &files.root, stored: size::Stored::of(files), image_users: image_users(files, &own) };
    let mut looked = Looked { problems: names::look(&own), ..Looked::default() };
    let mut too_long = 0_u64;
    for path in &own {
        match texts::open(&files.root.join(path)) {
            Ok(opened) => {
                too_long += u64::from(opened.text.is_none() && !opened.binary());
                looked.add(one(&around, path, &opened));
            }
            Err(error) => looked.not_checked.push(error),
        }
    }
    let foreign = files.paths.len() - own.len();
    if foreign > 0 {
        looked.not_checked.push(format!("{foreign} files of environments, installed packages and caches"));
    }
    if too_long > 0 {
        let limit = texts::TEXT_BYTES_MAX >> 20;
        let files = if too_long == 1 { "file" } else { "files" };
        looked
            .not_checked
            .push(format!("text of {too_long} {files} of more than {limit} MiB: secrets, paths"));
    }
    looked
}

fn one(around: &Around, path: &Path, opened: &Opened) -> Looked {
    let mut looked = Looked::default();
    let pointer = opened.text.as_deref().and_then(|text| pointer::read(opened.size, text));
    if let Some(pointer) = pointer {
        looked.problems.push(pointer::look(path, &pointer));
        return looked;
    }
    looked.problems.extend(size::look(path, opened.size, &around.stored));
    looked.problems.extend(pickle::look(around.root, path, &opened.head));
    let Some(text) = &opened.text else { return looked };
    looked.problems.extend(secrets::look(path, text));
    looked.problems.extend(marks::look(path, text));
    looked.problems.extend(home_path::look(path, text, &around.image_users));
    if texts::ending(path) == "ipynb" {
        looked.problems.extend(notebook::look(path, text));
    }
    if dvc::is_dvc(path) {
        looked.add(dvc::look(around.root, path, text));
    }
    looked
}

fn image_users(files: &Files, own: &[&Path]) -> BTreeSet<String> {
    let container = own.iter().filter(|path| container::is_container_file(path));
    let texts = container.filter_map(|path| texts::open(&files.root.join(path)).ok()?.text);
    texts.flat_map(|text| home_path::users_of_image(&text)).collect()
}
