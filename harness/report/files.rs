//! Reports as files.

use std::path::{Path, PathBuf};

use super::Report;
use super::format::{Context, Format};
use super::session::Error;
use crate::run::store::write_whole;

/// Writes a report into a folder, a file for each format, and returns where they lie. Each is either absent or whole.
///
/// A file that no report of ours has left is the user's: then nothing is written at all.
///
/// # Errors
/// Where the folder cannot be made, a file cannot be written, or one is not ours.
pub fn write(
    formats: &[&Format],
    report: &Report,
    context: Context<'_>,
    folder: &Path,
) -> Result<Vec<PathBuf>, Error> {
    std::fs::create_dir_all(folder).map_err(crate::run::Error::io("create", folder))?;
    let foreign = formats.iter().map(|format| folder.join(format.file)).find(|path| !is_ours(path));
    if let Some(path) = foreign {
        return Err(Error::Foreign { path });
    }
    let mut written = Vec::new();
    for format in formats {
        let path = folder.join(format.file);
        let text = (format.render)(report, context);
        // A file has no colours.
        let text = if format.name == "text" { anstream::adapter::strip_str(&text).to_string() } else { text };
        write_whole(&path, text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// Every format names the program somewhere.
const NAME: &[u8] = b"driftless";

/// Whether a report may be written to a path: where nothing is, where a report lies, or where a file is empty.
fn is_ours(path: &Path) -> bool {
    match std::fs::read(path) {
        Ok(text) => text.is_empty() || text.windows(NAME.len()).any(|part| part == NAME),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::format::FORMATS;

    fn all(folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let formats: Vec<&Format> = FORMATS.iter().collect();
        write(&formats, &Report::new(Vec::new()), Context::default(), folder)
    }

    #[test]
    fn reports_replace_reports() {
        let folder = tempfile::tempdir().unwrap();
        let written = all(folder.path()).unwrap();
        assert_eq!(written.len(), FORMATS.len());
        assert_eq!(all(folder.path()).unwrap(), written);
    }

    #[test]
    fn a_file_of_the_user_is_left_and_nothing_is_written_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("checklist.md");
        std::fs::write(&mine, "mine").unwrap();
        assert!(matches!(all(folder.path()), Err(Error::Foreign { path }) if path == mine));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
    }
}
