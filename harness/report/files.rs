//! Reports as files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Report;
use super::format::{Context, Format};
use super::session::Error;
use crate::artifact::Digest;
use crate::run::store::write_whole;

/// What we wrote into a folder, a line for each file: its sha256 and its name. By it a report is told from a file of the
/// user that has its name, and from a report that the user has changed since.
pub const WRITTEN: &str = ".driftless-reports";

/// Writes a report into a folder, a file for each format, and returns where they lie. Each is either absent or whole.
/// Where a file stands in the way that is not as we left it, nothing is written at all.
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
    let known = known(folder);
    let foreign = formats.iter().map(|format| folder.join(format.file)).find(|path| !is_ours(path, &known));
    if let Some(path) = foreign {
        return Err(Error::Foreign { path });
    }
    let texts: Vec<(&str, String)> =
        formats.iter().map(|format| (format.file, text(format, report, context))).collect();
    let new: BTreeSet<String> =
        texts.iter().map(|(file, text)| line(&Digest::of_bytes(text.as_bytes()), file)).collect();
    // Both, until all are written: whoever is cut off in between leaves files that are still known.
    remember(folder, known.union(&new))?;
    let mut written = Vec::new();
    for (file, text) in &texts {
        let path = folder.join(file);
        write_whole(&path, text.as_bytes())?;
        written.push(path);
    }
    let of_another = |line: &&String| !texts.iter().any(|(file, _)| line.ends_with(&format!("  {file}")));
    remember(folder, known.iter().filter(of_another).chain(&new))?;
    Ok(written)
}

/// A report in one format, as a file holds it: without colours.
fn text(format: &Format, report: &Report, context: Context<'_>) -> String {
    let text = (format.render)(report, context);
    if format.name == "text" { anstream::adapter::strip_str(&text).to_string() } else { text }
}

fn line(digest: &Digest, file: &str) -> String {
    format!("{digest}  {file}")
}

fn known(folder: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder.join(WRITTEN)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn remember<'a>(folder: &Path, lines: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let lines: BTreeSet<&String> = lines.collect();
    let text: String = lines.into_iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    Ok(write_whole(&folder.join(WRITTEN), text.as_bytes())?)
}

/// Whether a report may be written to a path: where nothing is, or what we left.
fn is_ours(path: &Path, known: &BTreeSet<String>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match std::fs::read(path) {
        Ok(text) => known.contains(&line(&Digest::of_bytes(&text), &name)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::format::FORMATS;

    fn all(folder: &Path, version: &str) -> Result<Vec<PathBuf>, Error> {
        let formats: Vec<&Format> = FORMATS.iter().collect();
        let report = Report { version: version.to_owned(), ..Report::new(Vec::new()) };
        write(&formats, &report, Context::default(), folder)
    }

    #[test]
    fn reports_replace_reports() {
        let folder = tempfile::tempdir().unwrap();
        let written = all(folder.path(), "1").unwrap();
        assert_eq!(written.len(), FORMATS.len());
        for version in ["1", "2", "1"] {
            assert_eq!(all(folder.path(), version).unwrap(), written);
            assert_eq!(known(folder.path()).len(), FORMATS.len());
        }
    }

    #[test]
    fn a_file_of_the_user_is_left_and_nothing_is_written_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("checklist.md");
        std::fs::write(&mine, "mine").unwrap();
        assert!(matches!(all(folder.path(), "1"), Err(Error::Foreign { path }) if path == mine));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
    }

    #[test]
    fn a_report_that_the_user_changed_is_left() {
        let folder = tempfile::tempdir().unwrap();
        all(folder.path(), "1").unwrap();
        let card = folder.path().join("model-card.md");
        std::fs::write(&card, "better").unwrap();
        assert!(matches!(all(folder.path(), "2"), Err(Error::Foreign { path }) if path == card));
        assert_eq!(std::fs::read_to_string(&card).unwrap(), "better");
    }
}
