//! Declared paths: below the project, and there. Also column names against the header line of a table.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::error::closest;
use crate::artifact::Format;

/// Names of a folder's entries looked at for a "did you mean".
const NEIGHBOURS_MAX: usize = 1_000;

/// Bytes of a table's first line that are read.
const HEADER_BYTES_MAX: u64 = 1 << 20;

/// What must stand at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// A file of data, for which a folder may be declared as well.
    Data,
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: String,
}

impl Fault {
    fn new(message: String, help: String) -> Self {
        Self { message, help }
    }
}

/// The absolute path of a declared one, after checks. `project` must be canonical.
///
/// # Errors
/// It lies outside the project, is not there, or is of the wrong kind.
pub(super) fn existing(written: &str, folder: &Path, project: &Path, want: Want) -> Result<PathBuf, Fault> {
    let path = normal(&folder.join(written));
    let found = match path.canonicalize() {
        Ok(found) => found,
        Err(_) if !path.starts_with(project) => return Err(outside(written, &path, project)),
        Err(_) => return Err(missing(written, folder, &path)),
    };
    if !found.starts_with(project) {
        return Err(outside(written, &found, project));
    }
    if !found.is_dir() && !found.is_file() {
        let help = "name a file that can be read twice with the same content".to_owned();
        return Err(Fault::new(format!("`{written}` is neither a file nor a directory"), help));
    }
    match (want, found.is_dir()) {
        (Want::Data | Want::File, true) => Err(Fault::new(
            format!("`{written}` is a directory, not a file"),
            instead_of_folder(want, &found),
        )),
        (Want::Folder, false) => Err(Fault::new(
            format!("`{written}` is a file, not a directory"),
            "name the folder that holds it".to_owned(),
        )),
        _ => Ok(path),
    }
}

/// The absolute path of a declared file that may be there or not. `project` must be canonical.
///
/// # Errors
/// It lies outside the project.
pub(super) fn anywhere(written: &str, folder: &Path, project: &Path) -> Result<PathBuf, Fault> {
    let path = normal(&folder.join(written));
    if path.starts_with(project) { Ok(path) } else { Err(outside(written, &path, project)) }
}

fn outside(written: &str, leads_to: &Path, project: &Path) -> Fault {
    Fault::new(
        format!("`{written}` lies outside the project"),
        format!(
            "it leads to `{}`, the project is `{}`; copy it into the project, nothing else is staged",
            leads_to.display(),
            project.display()
        ),
    )
}

fn missing(written: &str, folder: &Path, path: &Path) -> Fault {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let neighbours = path.parent().map(names_in).unwrap_or_default();
    let help = match closest(&name, neighbours.iter().map(String::as_str)) {
        Some(meant) => {
            format!("did you mean `{}`?", written.strip_suffix(&name).unwrap_or_default().to_owned() + meant)
        }
        None => format!("paths are relative to the folder of the case file, `{}`", folder.display()),
    };
    Fault::new(format!("`{written}` does not exist"), help)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(NEIGHBOURS_MAX);
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn instead_of_folder(want: Want, folder: &Path) -> String {
    let names = names_in(folder);
    let first = names.iter().find(|name| !name.starts_with('.'));
    let holds = first.map_or("it is empty".to_owned(), |name| format!("it holds `{name}`"));
    match want {
        Want::Data => {
            format!("name a file in it ({holds}), or take the whole directory with `format = \"tree\"`")
        }
        Want::File | Want::Folder => format!("name a file in it ({holds})"),
    }
}

/// The path of a declared output, relative to where its stage runs.
///
/// # Errors
/// It is empty, absolute, or climbs out of that place.
pub(super) fn output(written: &str) -> Result<PathBuf, Fault> {
    let climbs = || {
        Fault::new(
            format!("output `{written}` lies outside the place where the stage runs"),
            "write a relative path without `..`; every run gets a fresh place of its own".to_owned(),
        )
    };
    let mut path = PathBuf::new();
    for component in Path::new(written).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(climbs()),
        }
    }
    if path.as_os_str().is_empty() || written.contains('\0') {
        return Err(Fault::new(
            "an output needs a file name".to_owned(),
            "name the file that the stage leaves, such as \"weights.npz\"".to_owned(),
        ));
    }
    Ok(path)
}

/// The path without `.` and `..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The format that the ending of a name stands for; bytes where it says nothing.
pub(super) fn format_of(written: &str) -> Format {
    if written.ends_with('/') {
        return Format::Tree;
    }
    Format::of_extension(Path::new(written)).unwrap_or(Format::Bytes)
}

/// The column names in the header line of a CSV or TSV file; `None` for other formats, and for files that cannot
/// be read (they are told of when they are used).
pub(super) fn header(path: &Path, format: Format) -> Option<Vec<String>> {
    let separator = match format {
        Format::Csv => ',',
        Format::Tsv => '\t',
        _ => return None,
    };
    let mut line = Vec::new();
    BufReader::new(fs::File::open(path).ok()?.take(HEADER_BYTES_MAX)).read_until(b'\n', &mut line).ok()?;
    Some(split_header(String::from_utf8_lossy(&line).trim_start_matches('\u{feff}'), separator))
}

/// Splits a header line as RFC 4180 has it: fields may stand in double quotes, in which a quote is doubled.
fn split_header(line: &str, separator: char) -> Vec<String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let mut names = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let doubled = quoted && letter == '"' && letters.peek() == Some(&'"');
        if letter == '"' && !doubled {
            quoted = !quoted;
        } else if letter == separator && !quoted {
            names.push(String::new());
        } else if let Some(name) = names.last_mut() {
            name.push(letter);
            if doubled {
                letters.next();
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn header_fields_may_be_quoted() {
        assert_eq!(split_header("id,label\r\n", ','), ["id", "label"]);
        assert_eq!(split_header("\"a,b\",\"say \"\"hi\"\"\",c", ','), ["a,b", "say \"hi\"", "c"]);
        assert_eq!(split_header("a\tb c", '\t'), ["a", "b c"]);
        assert_eq!(split_header("", ','), [""]);
    }

    #[test]
    fn outputs_stay_in_their_place() {
        assert_eq!(output("./a/b.csv").unwrap(), Path::new("a/b.csv"));
        for written in ["../a", "/a", "a/../../b"] {
            assert!(output(written).unwrap_err().message.contains("outside"), "{written}");
        }
        for written in ["", ".", "a\0b"] {
            assert!(output(written).unwrap_err().message.contains("file name"), "{written}");
        }
    }

    #[test]
    fn formats_come_from_the_ending() {
        assert_eq!(format_of("a.CSV"), Format::Csv);
        assert_eq!(format_of("model.tar.gz"), Format::Bytes);
        assert_eq!(format_of("model/"), Format::Tree);
        assert_eq!(format_of("model.pth"), Format::Torch);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_header_panic(line in "[\"a,\t\r\né]{0,30}") {
            prop_assert!(!split_header(&line, ',').is_empty());
        }
    }
}
